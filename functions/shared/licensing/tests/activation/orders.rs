//! Order lines open an activation, add to it, or load what was in use before (ACT-02, ACT-05 … ACT-07, ACT-09 … ACT-11).

use licensing::{
    ContactName::{OnlineServicesManager as Osm, Primary},
    ProductKind::{KeyedService, OnPremises},
    activation::{How, LinkState, Refused, State},
    event::Why,
    judge::Contacts,
};

use crate::story::{
    BOUGHT, END, START, Story, USABLE, account, address, contacts, day, link, second_before, stuck_since, time,
};

/// ACT-02 the first order mails a link to the OSM, good through the day six months after the purchase.
#[test]
fn act_02_the_first_order_mails_a_link_to_the_osm() {
    let mut story = Story::new();
    assert_eq!(story.order(BOUGHT, USABLE), [link(1, Why::First, 1)]);
    let invitation = story.invitation();
    assert_eq!((invitation.to.contact, &invitation.to.address), (Osm, &address("osm")));
    assert_eq!((invitation.first_mailed, invitation.mailed), (time(START), time(START)));
    assert_eq!((invitation.expires_at, invitation.delivered), (time(END), false));
    assert_eq!(story.it().quantity, 250);
}

/// ACT-03 a further order un-sticks it, to those who were written to in vain as well; the end that was told stays.
#[test]
fn act_03_a_further_order_unsticks_it() {
    let mut story = Story::invited();
    story.sweep_at(time("2026-11-25T03:00:00Z"));
    story.sweep_at(time("2026-11-28T03:00:00Z"));
    story.sweep_at(time("2026-12-01T03:00:00Z"));
    assert!(matches!(story.it().state, State::Stuck { .. }));
    story.now = time("2027-01-01T00:00:00Z");
    assert_eq!(story.order("2026-06-01", "2026-06-01"), [link(4, Why::First, 1)]);
    assert_eq!((story.invitation().to.contact, story.it().quantity), (Osm, 500));
    assert_eq!(story.invitation().expires_at, time(END), "neither earlier nor later than told");
    assert_eq!(story.it().tried, []);
}

/// ACT-03 a further order that un-sticks nothing keeps the end that was told.
#[test]
fn act_03_a_further_order_in_vain_keeps_the_end() {
    let mut story = Story::stuck();
    story.pass_minutes(1);
    assert_eq!(story.order(BOUGHT, USABLE), []);
    assert_eq!(story.it().state, stuck_since(story.now, Some(time(END))));
}

/// ACT-03 ACT-06 a further order for later use does not put off what was mailed, or what is usable, already.
#[test]
fn act_03_a_further_order_for_later_does_not_put_off_what_is_usable() {
    let mut mailed_before = Story::stuck();
    mailed_before.failing.clear();
    assert_eq!(mailed_before.order(BOUGHT, "2027-03-01"), [link(2, Why::Fallback, 1)]);
    assert_eq!(mailed_before.invitation().expires_at, time(END));

    let mut never_mailed = Story { contacts: Contacts::new(), ..Story::new() };
    assert_eq!(never_mailed.order(BOUGHT, USABLE), []);
    never_mailed.contacts = contacts();
    assert_eq!(never_mailed.order(BOUGHT, "2027-03-01"), [link(1, Why::First, 1)]);
    assert_eq!(never_mailed.it().usage_starts, Some(day(USABLE)));
}

/// ACT-03 a further order to a pending one does not start the line of contacts again.
#[test]
fn act_03_a_further_order_to_a_pending_one_does_not_start_the_line_again() {
    let mut story = Story::invited();
    story.sweep_at(time("2026-11-25T03:00:00Z"));
    assert_eq!(story.order(BOUGHT, USABLE), []);
    story.sweep_at(time("2026-11-28T03:00:00Z"));
    assert_eq!(story.invitation().to.contact, Primary);
}

/// ACT-05 nothing is opened for a keyed service, which has no link: not even where nobody can be told of its key.
#[test]
fn act_05_nothing_is_opened_for_a_keyed_service() {
    let mut story = Story { kind: KeyedService, ..Story::new() };
    assert_eq!((story.order(BOUGHT, USABLE), &story.stored), (vec![], &None));
    story.contacts.clear();
    assert_eq!((story.order(BOUGHT, USABLE), &story.stored), (vec![], &None));
}

/// ACT-06 a further order with an earlier usage start brings it forward; with a later one it does not put it off.
#[test]
fn act_06_a_further_order_brings_it_forward() {
    let mut story = Story::new();
    story.order(BOUGHT, "2027-05-01");
    story.order(BOUGHT, "2027-06-01");
    assert_eq!(story.due(), Some(time("2027-04-30T00:00:00Z")));
    assert_eq!(story.order(BOUGHT, "2027-03-01"), []);
    assert_eq!(story.due(), Some(time("2027-02-28T00:00:00Z")));
    assert_eq!(story.order("2026-11-20", USABLE), [link(1, Why::First, 1)]);
    assert_eq!((story.it().quantity, story.it().usage_starts), (1000, Some(day(USABLE))));
    assert_eq!(story.invitation().expires_at, time(END), "the earliest purchase counts");
}

/// ACT-07 what is activated takes a further order's quantity at once and mails nothing.
#[test]
fn act_07_a_further_order_joins_what_is_activated() {
    let mut story = Story::activated();
    let before = story.in_use().clone();
    assert_eq!(story.order("2026-12-01", "2027-12-01"), []);
    assert_eq!((story.it().quantity, story.in_use()), (500, &before));
}

/// ACT-09 nothing is opened for what runs on premises.
#[test]
fn act_09_nothing_is_opened_for_what_runs_on_premises() {
    let mut story = Story { kind: OnPremises, ..Story::new() };
    assert_eq!(story.order(BOUGHT, USABLE), []);
    assert_eq!(story.stored, None);
}

/// ACT-10 a further order before the activation adds to it: no second mail, the same link, the same end.
#[test]
fn act_10_a_further_order_adds_without_a_mail() {
    let mut story = Story::invited();
    let before = story.invitation().clone();
    assert_eq!(story.order("2026-01-01", "2026-01-01"), []);
    assert_eq!((story.invitation(), story.it().quantity, story.it().generation), (&before, 500, 1));
    assert_eq!((story.it().purchased, story.it().usage_starts), (Some(day("2026-01-01")), Some(day("2026-01-01"))));
}

/// ACT-11 a further order after the end opens it anew: a new link for the seats of all orders, for none of them was
/// activated, and an end that the old orders don't count for.
#[test]
fn act_11_a_further_order_after_the_end_opens_it_anew() {
    for swept in [false, true] {
        let mut story = Story::invited();
        story.now = time(END);
        if swept {
            story.exhaust();
        }
        assert_eq!(story.order("2027-05-01", "2027-05-01"), [link(2, Why::First, 1)]);
        assert_eq!(story.invitation().expires_at, time("2027-11-02T00:00:00Z"));
        assert_eq!(story.it().quantity, 500);
        assert_eq!(story.it().link_state(1, story.now), LinkState::Replaced);
    }
    let mut a_second_before = Story::invited();
    a_second_before.now = second_before(time(END));
    assert_eq!(a_second_before.order("2027-05-01", "2027-05-01"), []);
    assert_eq!(a_second_before.invitation().expires_at, time(END));
}

/// ACT-11 ACT-06 opened anew for later use, it waits, and nobody to write to does not make it go out early.
#[test]
fn act_11_opened_anew_for_later_it_waits() {
    let mut story = Story::stuck();
    story.now = time(END);
    assert_eq!(story.order("2027-05-11", "2027-09-01"), []);
    assert_eq!(story.it().state, stuck_since(story.now, None));
    assert!(!story.it().has_expired(story.now));
    assert_eq!(story.corrects(Osm, "new-osm"), Some(vec![]));
    assert_eq!(story.due(), Some(time("2027-08-31T00:00:00Z")));
    assert_eq!(story.it().link_state(1, story.now), LinkState::Waiting);
}

/// LINK-04 what was activated before the data came here counts as activated, and can't be taken back.
#[test]
fn link_04_what_was_loaded_counts_as_activated() {
    for mut story in [Story::new(), Story::invited()] {
        story.load("acc-9");
        assert_eq!((story.in_use().how, story.in_use().at), (How::Loaded, time("2026-10-01T00:00:00Z")));
        assert_eq!((story.due(), story.it().addressee()), (None, None));
        assert_eq!(story.confirm("osm", None).unwrap_err(), Refused::AlreadyActivated);
        assert_eq!(story.undo("primary").unwrap_err(), Refused::TooLateToUndo);
        story.order(BOUGHT, USABLE);
        assert_eq!(story.in_use().account, account("acc-9"));
    }
}
