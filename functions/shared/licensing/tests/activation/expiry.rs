//! What time does: scheduled mails, reminders, the end, the sweep (EXP-01, EXP-03, EXP-05, EXP-06).

use licensing::{
    ContactName::{Notices, OnlineServicesManager as Osm},
    Timestamp,
    activation::{LinkState, Refused, Setup, State},
    event::Why,
    phase::Phase,
};

use crate::story::{
    BOUGHT, END, Story, USABLE, address, expired, link, policy, reminder, second_before, stuck_since, time,
};

/// ACT-03 EXP-05 what is stuck ends when its link would have; a corrected contact then mails nothing.
#[test]
fn act_03_what_is_stuck_ends_with_its_link() {
    let mut story = Story::stuck();
    assert_eq!(story.due(), Some(time(END)));
    story.now = second_before(time(END));
    assert!(!story.it().has_expired(story.now));
    assert_eq!(story.sweep(), None);
    assert!(story.it().has_expired(time(END)));
    story.now = time(END);
    assert_eq!(story.corrects(Osm, "new-osm").unwrap(), [], "only who sees it changes");
    assert_eq!(story.sweep(), Some(vec![]));
    assert_eq!((story.sweep(), story.due()), (None, None));
    assert!(story.it().has_expired(story.now));
    assert_eq!(story.it().link_state(1, story.now), LinkState::Expired);
}

/// ACT-06 a scheduled mail goes out exactly 24 hours before the usage starts, and its end counts from then.
#[test]
fn act_06_a_scheduled_mail_goes_out_24_hours_before() {
    let mut story = Story::new();
    assert_eq!(story.order(BOUGHT, "2027-05-01"), []);
    let at = time("2027-04-30T00:00:00Z");
    assert!(matches!(&story.it().state, State::Scheduled { to, send_at } if to.contact == Osm && *send_at == at));
    assert_eq!(story.due(), Some(at));
    assert_eq!(story.sweep_at(second_before(at)), None);
    assert_eq!(story.sweep_at(at), Some(vec![link(1, Why::First, 1)]));
    assert_eq!((story.invitation().mailed, story.invitation().expires_at), (at, time("2027-05-30T00:00:00Z")));
}

/// ACT-06 ACT-03 a scheduled mail goes to whom it can when it is due; to nobody: stuck, and a correction schedules again.
#[test]
fn act_06_a_scheduled_mail_goes_to_whom_it_can() {
    let mut story = Story::new();
    story.order(BOUGHT, "2027-05-01");
    assert_eq!(story.fails("osm"), Some(vec![]));
    assert_eq!(story.it().addressee().map(|to| to.contact), Some(Notices));
    story.fails("notices");
    story.fails("primary");
    assert_eq!(story.it().state, stuck_since(story.now, None));
    assert_eq!(story.due(), None);
    assert_eq!(story.corrects(Notices, "new-notices"), Some(vec![]));
    assert_eq!(story.due(), Some(time("2027-04-30T00:00:00Z")));
    story.failing.insert(address("new-notices"));
    assert_eq!(story.sweep_at(time("2027-04-30T00:00:00Z")), Some(vec![]));
    assert_eq!(story.it().state, stuck_since(story.now, None));
    assert_eq!(story.corrects(Notices, "newer-notices"), Some(vec![link(1, Why::ContactChanged, 1)]));
}

/// LINK-07 the sweep closes the time for undo the second it ends, and then nothing falls due any more.
#[test]
fn link_07_the_sweep_closes_the_time_for_undo() {
    let mut story = Story::activated();
    let until = story.in_use().undo_until.unwrap();
    assert_eq!(story.due(), Some(until));
    assert_eq!(story.sweep_at(second_before(until)), None);
    assert_eq!(story.sweep_at(until), Some(vec![]));
    assert_eq!((story.in_use().undo_until, story.in_use().before.as_ref(), story.due()), (None, None, None));
    assert_eq!(story.undo("osm").unwrap_err(), Refused::TooLateToUndo);
}

/// EXP-01 the sweep has to look when something happens, and never at what has ended.
#[test]
fn exp_01_what_has_ended_never_falls_due() {
    for story in [Story::expired(), Story::loaded()] {
        assert_eq!(story.due(), None);
        assert_eq!(story.it().sweep(&story.contacts, |_| false, Timestamp::MAX, &policy()), None);
    }
}

/// EXP-03 a second sweep at the same time does nothing, whatever the first one did.
#[test]
fn exp_03_a_second_sweep_does_nothing() {
    for mut story in [Story::invited(), Story::delivered(), Story::stuck(), Story::scheduled(), Story::activated()] {
        story.now = story.due().unwrap();
        assert!(story.sweep().is_some());
        assert_eq!(story.sweep(), None, "{:?}", story.it().state);
    }
}

/// EXP-03 a clock that is a minute slow ends nothing early; one write wins, as both have the same condition.
#[test]
fn exp_03_two_sweeps_have_the_same_condition() {
    let mut story = Story::delivered();
    story.now = time(END);
    let sweep = |now| story.it().sweep(&story.contacts, |_| false, now, &policy());
    let (one, other) = (sweep(time(END)).unwrap(), sweep(time("2027-05-11T00:01:00Z")).unwrap());
    assert_eq!((one.seen(), one.after()), (other.seen(), other.after()));
    assert_eq!(one.events(), [expired(1)]);
    let slow = sweep(time("2027-05-10T23:59:00Z")).unwrap();
    assert_eq!(slow.events(), [reminder(1, 1)]);
}

/// EXP-05 a link is expired the second it is, swept or not, and every use is judged by that.
#[test]
fn exp_05_a_link_is_expired_the_second_it_is() {
    let mut story = Story::invited();
    story.now = second_before(time(END));
    assert!(!story.it().has_expired(story.now));
    assert!(story.confirmed("osm", Some(1)).is_ok());
    story.now = time(END);
    assert!(story.it().has_expired(story.now));
    assert_eq!(story.it().link_state(1, story.now), LinkState::Expired);
    assert_eq!(story.confirm("osm", Some(1)).unwrap_err(), Refused::Expired);
    assert_eq!(story.confirm("primary", None).unwrap_err(), Refused::Expired);
    assert_eq!(story.ask_again().unwrap_err(), Refused::Expired);
    story.failing.insert(address("osm"));
    assert_eq!(story.rejudged(), None, "a bounce after the end mails nobody");
}

/// EXP-05 the row of Manage activations carries the end, so that it can be judged there.
#[test]
fn exp_05_the_row_of_manage_activations_carries_the_end() {
    let end = Some(time(END));
    for (story, phase, ends) in [
        (Story::invited(), Phase::Invited, end),
        (Story::stuck(), Phase::Stuck, end),
        (Story::expired(), Phase::Expired, end),
        (Story::scheduled(), Phase::Scheduled, None),
        (Story::activated(), Phase::Activated, None),
    ] {
        let row = story.it().summary();
        assert_eq!((row.state, row.ends, row.quantity), (phase, ends, 250));
        let date = match &story.it().state {
            State::Stuck { since, .. } => *since,
            State::Scheduled { send_at, .. } => *send_at,
            State::Invited(invitation) | State::Expired { invitation, .. } => invitation.expires_at,
            State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => in_use.at,
        };
        assert_eq!((row.date, row.account_name.is_some()), (Some(date), phase == Phase::Activated));
    }
}

/// EXP-06 reminders go out exactly 30, 7 and 1 days before the end, each once, with the same link; then it ends.
#[test]
fn exp_06_reminders_go_out_at_the_second_and_once() {
    let mut story = Story::delivered();
    for (at, days) in [("2027-04-11T00:00:00Z", 30), ("2027-05-04T00:00:00Z", 7), ("2027-05-10T00:00:00Z", 1)] {
        assert_eq!(story.due(), Some(time(at)));
        assert_eq!(story.sweep_at(second_before(time(at))), None);
        assert_eq!(story.sweep_at(time(at)), Some(vec![reminder(1, days)]));
        assert_eq!((story.sweep(), story.it().generation), (None, 1));
    }
    assert_eq!(story.due(), Some(time(END)));
    assert_eq!(story.sweep_at(time(END)), Some(vec![expired(1)]));
    assert!(matches!(&story.it().state, State::Expired { revival_asked: None, .. }));
}

/// EXP-06 of several that were slept through only the nearest is sent; past the end, none.
#[test]
fn exp_06_only_the_nearest_is_sent_when_slept_through() {
    let mut story = Story::delivered();
    assert_eq!(story.sweep_at(time("2027-05-09T23:59:59Z")), Some(vec![reminder(1, 7)]));
    assert_eq!((story.sweep(), story.due()), (None, Some(time("2027-05-10T00:00:00Z"))));
    let mut story = Story::delivered();
    assert_eq!(story.sweep_at(time("2027-05-10T00:00:00Z")), Some(vec![reminder(1, 1)]));
    assert_eq!(story.sweep(), None);
    let mut story = Story::delivered();
    assert_eq!(story.sweep_at(time(END)), Some(vec![expired(1)]));
}

/// EXP-06 none after it is used, and none made up for after it was taken back.
#[test]
fn exp_06_none_after_use() {
    let mut story = Story::delivered();
    story.now = time("2027-04-10T23:59:59Z");
    story.confirm("osm", Some(1)).unwrap();
    for at in ["2027-04-11T00:00:00Z", "2027-05-10T00:00:00Z", END] {
        assert!(story.sweep_at(time(at)).is_none_or(|events| events.is_empty()));
    }
}

/// EXP-06 ACT-11 with the floor of 30 days the mail itself is no reminder: only 7 and 1 days are left.
#[test]
fn exp_06_none_before_the_first_mail_with_the_floor() {
    let mut story = Story { now: time("2027-05-01T00:00:00Z"), ..Story::new() };
    story.order(BOUGHT, USABLE);
    assert_eq!(story.invitation().expires_at, time("2027-05-31T00:00:00Z"));
    story.take(story.it().delivered(1, &address("osm")));
    assert_eq!((story.sweep(), story.due()), (None, Some(time("2027-05-24T00:00:00Z"))));
    assert_eq!(story.sweep_at(time("2027-05-24T00:00:00Z")), Some(vec![reminder(1, 7)]));
}

/// EXP-06 ACT-14 a resent link is not followed by a reminder that was due before it; later ones carry the new link.
#[test]
fn exp_06_a_resent_link_needs_no_earlier_reminder() {
    let mut story = Story::delivered();
    story.now = time("2027-05-05T00:00:00Z");
    story.resend().unwrap();
    story.take(story.it().delivered(2, &address("osm")));
    assert_eq!(story.sweep(), None);
    assert_eq!(story.sweep_at(time("2027-05-10T00:00:00Z")), Some(vec![reminder(2, 1)]));
}

/// EXP-06 EXP-03 ACT-15 a reminder that was sent is not sent again to who came next, told by a clock that is a minute slow.
#[test]
fn exp_06_a_slow_clock_repeats_no_reminder() {
    let mut story = Story::delivered();
    let at = time("2027-05-04T00:00:00Z");
    assert_eq!(story.sweep_at(at), Some(vec![reminder(1, 7)]));
    story.now = time("2027-05-03T23:59:00Z");
    assert_eq!(story.corrects(Osm, "new-osm"), Some(vec![link(2, Why::ContactChanged, 1)]));
    assert_eq!(story.sweep_at(at), None);
    assert_eq!(story.invitation().reminded, Some(7));
}
