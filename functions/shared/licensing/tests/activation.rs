//! The activation's states and every way from one to the next, at the exact second.
//!
//! Each test tells a story: orders, mails, people and the passing of time. [`Story::take`] checks every step that is made
//! in any of them, and random histories at the end check what must hold in all of them.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use licensing::{
    AccountId, Address, ContactName, Date, Licence, Policy, ProductKind, Sku, Timestamp,
    activation::{
        Activation, Asked, How, InUse, Invitation, Line, LinkState, Of, Person, Proposer, Refused, Setup, State, Step,
    },
    audit::Actor,
    event::{Event, Why},
    judge::{Administers, Contacts, Facts, Undeliverable, judge},
    limit::TryAgainAt,
    message::{Message, What},
    phase::Phase,
    policy::LinkPolicy,
    rights::Rights,
    when::day_of,
};
use proptest::prelude::*;

use ContactName::{BillTo, Notices, OnlineAdministrator, OnlineServicesManager as Osm, Primary};
use ProductKind::{Consumption, KeyedService, OnPremises, OnlineService};

/// When the first order is taken in, unless a story says otherwise.
const START: &str = "2026-11-22T03:00:00Z";
/// When a link ends that was bought on [`BOUGHT`].
const END: &str = "2027-05-11T00:00:00Z";
const BOUGHT: &str = "2026-11-10";
const USABLE: &str = "2026-11-20";

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

/// ACT-03 without a delivery report it goes on after three days to the second: notices, primary, and then nobody.
#[test]
fn act_03_without_delivery_it_goes_on_every_three_days_until_nobody_is_left() {
    let mut story = Story::invited();
    for (day, contact, generation) in [("2026-11-25", Notices, 2), ("2026-11-28", Primary, 3)] {
        let due = time(&format!("{day}T03:00:00Z"));
        assert_eq!(story.due(), Some(due));
        assert_eq!(story.sweep_at(second_before(due)), None);
        assert_eq!(story.sweep_at(due), Some(vec![link(generation, Why::Fallback, 1)]));
        assert_eq!((story.invitation().to.contact, story.invitation().mailed), (contact, due));
        assert_eq!(story.invitation().expires_at, time(END), "the end that was told stays");
    }
    assert_eq!(story.sweep_at(time("2026-12-01T03:00:00Z")), Some(vec![]));
    assert_eq!(story.it().state, stuck_since(story.now, Some(time(END))));
    assert_eq!(story.it().tried, [address("osm"), address("notices"), address("primary")]);
}

/// ACT-03 a reported delivery ends the waiting; one of an older link, to another address or told twice changes nothing.
#[test]
fn act_03_a_delivery_ends_the_waiting() {
    let mut story = Story::invited();
    assert_eq!(story.it().delivered(0, &address("osm")), None);
    assert_eq!(story.it().delivered(1, &address("notices")), None);
    assert_eq!(story.take(story.it().delivered(1, &address("osm"))), Some(vec![]));
    assert_eq!(story.it().delivered(1, &address("osm")), None);
    assert_eq!(story.sweep_at(time("2026-11-25T03:00:00Z")), None);
    assert_eq!(story.due(), Some(time("2027-04-11T00:00:00Z")), "the first reminder is next");
}

/// ACT-03 a bounce goes on at once, and skips who is known to fail.
#[test]
fn act_03_a_bounce_goes_on_at_once() {
    let mut story = Story::invited();
    story.pass_minutes(1);
    assert_eq!(story.fails("osm"), Some(vec![link(2, Why::Fallback, 1)]));
    assert_eq!(story.invitation().to.contact, Notices);
    assert_eq!(story.fails("primary"), None, "nobody waits for a mail to the primary contact");
    assert_eq!(story.fails("notices"), Some(vec![]));
    assert_eq!(story.it().state, stuck_since(story.now, Some(time(END))));
}

/// ACT-03 ACT-15 a corrected contact un-sticks it with a mail to the new address; the end that was told stays.
#[test]
fn act_03_a_corrected_contact_unsticks_it() {
    let mut story = Story::stuck();
    assert_eq!(story.corrects(BillTo, "bills"), None, "nobody writes to the bill-to contact");
    assert_eq!(story.corrects(Osm, "new-osm"), Some(vec![link(2, Why::ContactChanged, 1)]));
    assert_eq!(story.invitation().to.address, address("new-osm"));
    assert_eq!(story.invitation().expires_at, time(END));
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

/// ACT-04 consumption is mailed to the notices contact, and falls back to the primary contact, never to the OSM.
#[test]
fn act_04_consumption_is_mailed_to_the_notices_contact() {
    let mut story = Story { kind: Consumption, ..Story::new() };
    assert_eq!(story.order(BOUGHT, USABLE), [link(1, Why::First, 1)]);
    assert_eq!(story.invitation().to.contact, Notices);
    story.sweep_at(time("2026-11-25T03:00:00Z"));
    assert_eq!(story.invitation().to.contact, Primary);
    story.sweep_at(time("2026-11-28T03:00:00Z"));
    assert!(matches!(story.it().state, State::Stuck { .. }));
}

/// ACT-05 nothing is opened for a keyed service, which has no link: not even where nobody can be told of its key.
#[test]
fn act_05_nothing_is_opened_for_a_keyed_service() {
    let mut story = Story { kind: KeyedService, ..Story::new() };
    assert_eq!((story.order(BOUGHT, USABLE), &story.stored), (vec![], &None));
    story.contacts.clear();
    assert_eq!((story.order(BOUGHT, USABLE), &story.stored), (vec![], &None));
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

/// ACT-06 ACT-03 what is scheduled to whom it still goes is left as it is, whatever else becomes known.
#[test]
fn act_06_what_is_scheduled_is_left_alone_while_its_addressee_is() {
    let mut story = Story::scheduled();
    assert_eq!(story.corrects(BillTo, "new-bills"), None);
    assert_eq!(story.fails("notices"), None);
    assert_eq!(story.it().version, 1);
}

/// ACT-06 a correction at the second at which the mail would have gone out mails it, one second before schedules it.
#[test]
fn act_06_a_correction_schedules_until_the_second() {
    let at = time("2027-04-30T00:00:00Z");
    for (now, mails) in [(second_before(at), 0), (at, 1)] {
        let mut story = Story { contacts: Contacts::new(), ..Story::new() };
        story.order(BOUGHT, "2027-05-01");
        story.now = now;
        assert_eq!(story.corrects(Primary, "primary").unwrap().len(), mails, "at {now}");
    }
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

/// ACT-08 an assigned licence needs no link; taken back, it gets its first mail.
#[test]
fn act_08_assigned_and_taken_back_it_gets_its_first_mail() {
    let mut story = Story { administers: Administers::One(leaked("acc-1")), ..Story::new() };
    let (licence, product) = (licence(), sku());
    assert_eq!(story.order(BOUGHT, USABLE), [Event::Assigned { licence, product, version: 1 }]);
    let in_use = story.in_use();
    assert_eq!((in_use.how, &in_use.by, in_use.account_name.as_str()), (How::Assigned, &None, "Contoso"));
    assert_eq!(in_use.undo_until, Some(time("2026-11-25T03:00:00Z")));
    assert_eq!((story.it().generation, story.it().link_state(1, story.now)), (0, LinkState::Used));

    story.now = time("2026-11-25T02:59:59Z");
    assert_eq!(story.undo("bills").unwrap_err(), Refused::NotYours);
    assert_eq!(story.undo("osm").unwrap(), [link(1, Why::Undone, 1)]);
    assert_eq!((story.invitation().to.contact, story.invitation().mailed), (Osm, story.now));
    assert_eq!(story.invitation().expires_at, time(END));
}

/// ACT-08 ACT-06 taken back before its usage starts, the first mail waits for its time.
#[test]
fn act_08_taken_back_early_the_first_mail_waits() {
    let mut story = Story { administers: Administers::One(leaked("acc-1")), ..Story::new() };
    story.order(BOUGHT, "2027-05-01");
    assert_eq!(story.undo("osm").unwrap(), []);
    assert_eq!(story.due(), Some(time("2027-04-30T00:00:00Z")));
}

/// ACT-08 ACT-03 taken back with nobody to write to, it is stuck.
#[test]
fn act_08_taken_back_with_nobody_to_write_to_it_is_stuck() {
    let mut story = Story { administers: Administers::One(leaked("acc-1")), ..Story::new() };
    story.order(BOUGHT, USABLE);
    story.contacts = Contacts::from([(OnlineAdministrator, address("admin"))]);
    assert_eq!(story.undo("admin").unwrap(), []);
    assert_eq!(story.it().state, stuck_since(story.now, None));
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

/// ACT-14 three resends a day: each kills the link before and moves no end; the fourth is told when.
#[test]
fn act_14_three_resends_a_day_kill_the_old_link_and_move_no_end() {
    let mut story = Story::invited();
    for generation in [2, 3, 4] {
        story.pass_minutes(60);
        assert_eq!(story.resend().unwrap(), [link(generation, Why::Resent, 1)]);
        assert_eq!(story.it().link_state(generation - 1, story.now), LinkState::Replaced);
        assert_eq!(story.it().link_state(generation, story.now), LinkState::Good);
        assert_eq!(story.invitation().expires_at, time(END));
    }
    let again = time("2026-11-23T04:00:00Z");
    story.now = second_before(again);
    assert_eq!(story.resend().unwrap_err(), Refused::TooOften(TryAgainAt(again)));
    assert_eq!(story.confirm("osm", Some(3)).unwrap_err(), Refused::Replaced);
    story.now = again;
    assert_eq!(story.resend().unwrap(), [link(5, Why::Resent, 1)]);
    assert_eq!(story.due(), Some(time("2026-11-26T04:00:00Z")), "delivery is waited for from the new mail on");
}

/// ACT-14 ACT-03 the delivery of a resent link is waited for, also where that of the link before was reported.
#[test]
fn act_14_the_delivery_of_a_resent_link_is_waited_for() {
    let mut story = Story::delivered();
    story.resend().unwrap();
    assert!(!story.invitation().delivered);
    assert_eq!(story.sweep_at(time("2026-11-25T03:00:00Z")), Some(vec![link(3, Why::Fallback, 1)]));
}

/// ACT-14 only an open link is resent.
#[test]
fn act_14_only_an_open_link_is_resent() {
    assert_eq!(Story::activated().resend().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(Story::stuck().resend().unwrap_err(), Refused::NotInvited);
    assert_eq!(Story::scheduled().resend().unwrap_err(), Refused::NotInvited);
    let mut story = Story::invited();
    story.now = second_before(time(END));
    assert!(story.resend().is_ok());
    story.now = time(END);
    assert_eq!(story.resend().unwrap_err(), Refused::Expired);
}

/// ACT-15 a changed contact is mailed a new link at the new address; who sees it follows.
#[test]
fn act_15_a_changed_contact_is_mailed_at_the_new_address() {
    let mut story = Story::invited();
    assert_eq!(story.it().viewers, BTreeSet::from(["osm", "notices", "primary"].map(address)));
    story.contacts.insert(Osm, address("new-osm"));
    let step = story.rejudged().unwrap();
    assert_eq!(step.no_longer_viewers().collect::<Vec<_>>(), [&address("osm")]);
    assert_eq!(story.take(Some(step)), Some(vec![link(2, Why::ContactChanged, 1)]));
    assert_eq!((story.invitation().to.contact, &story.invitation().to.address), (Osm, &address("new-osm")));
    assert_eq!(story.invitation().expires_at, time(END));
    assert_eq!(story.it().viewers, BTreeSet::from(["new-osm", "notices", "primary"].map(address)));
    assert_eq!(story.confirm("osm", Some(1)).unwrap_err(), Refused::NotYours);
    assert_eq!(story.rejudged(), None, "told twice, it changes nothing");
}

/// ACT-15 the same person under another title keeps the link; another contact's change mails nothing; viewers follow.
#[test]
fn act_15_the_same_person_keeps_the_link_and_viewers_follow() {
    let mut story = Story::invited();
    story.contacts.remove(&Osm);
    story.contacts.insert(Notices, address("osm"));
    assert_eq!(story.take(story.rejudged()), Some(vec![]));
    assert_eq!((story.invitation().to.contact, story.it().generation), (Notices, 1));
    assert_eq!(story.it().viewers, BTreeSet::from(["osm", "primary"].map(address)));

    assert_eq!(story.corrects(OnlineAdministrator, "admin"), Some(vec![]));
    assert!(story.it().viewers.contains(&address("admin")));
    assert_eq!(story.it().generation, 1);
}

/// ACT-15 who sees it follows in every state.
#[test]
fn act_15_viewers_follow_in_every_state() {
    for mut story in [Story::scheduled(), Story::invited(), Story::stuck(), Story::activated(), Story::expired()] {
        let state = story.it().state.clone();
        assert_eq!(story.corrects(OnlineAdministrator, "admin"), Some(vec![]), "{state:?}");
        assert!(story.it().viewers.contains(&address("admin")), "{state:?}");
        assert_eq!(story.it().state, state);
    }
}

/// ACT-15 a contact that changed while it was in use gets a new link when it is taken back.
#[test]
fn act_15_a_contact_that_changed_meanwhile_is_mailed_after_the_undo() {
    let mut story = Story::activated();
    story.corrects(Osm, "new-osm");
    let events = story.undo("primary").unwrap();
    assert!(events.contains(&link(2, Why::ContactChanged, 1)));
    assert_eq!(story.invitation().to.address, address("new-osm"));
    assert_eq!(story.invitation().expires_at, time(END));
    assert_eq!(story.confirm("osm", Some(1)).unwrap_err(), Refused::NotYours);
}

/// LINK-02 the addressee, the OSM and Administrators may confirm; nobody else.
#[test]
fn link_02_the_addressee_and_managers_may_confirm() {
    for (who, may) in
        [("osm", true), ("notices", true), ("primary", true), ("admin", true), ("bills", false), ("else", false)]
    {
        let mut story = Story::new();
        story.contacts.insert(OnlineAdministrator, address("admin"));
        story.order(BOUGHT, USABLE);
        let taken = story.confirm(who, Some(1));
        assert_eq!(taken.map(|_| ()), if may { Ok(()) } else { Err(Refused::NotYours) }, "{who}");
    }
    // The addressee may for as long as the link is theirs, listed or not.
    let mut story = Story::invited();
    story.contacts.remove(&Osm);
    assert!(story.confirm("osm", Some(1)).is_ok());
}

/// LINK-02 LINK-05 before anything is mailed managers start from the portal, and nobody else; the addressee waits.
#[test]
fn link_02_before_the_mail_managers_start_from_the_portal() {
    for mut story in [Story::scheduled(), Story::stuck()] {
        assert!(story.confirm("primary", None).is_ok());
        assert!(matches!(story.it().state, State::Activated(_)));
    }
    let mut waits = Story { kind: Consumption, ..Story::new() };
    waits.order(BOUGHT, "2027-05-01");
    waits.contacts.clear();
    assert_eq!(waits.confirm("notices", None).unwrap_err(), Refused::NotInvited);
    assert_eq!(waits.confirm("else", None).unwrap_err(), Refused::NotYours);
}

/// LINK-04 a confirmation activates once; who comes second is told so, whoever it is and whichever link they hold.
#[test]
fn link_04_a_confirmation_activates_once() {
    let mut story = Story::delivered();
    let invitation = story.invitation().clone();
    story.pass_minutes(5);
    let (licence, product) = (licence(), sku());
    assert_eq!(story.confirm("osm", Some(1)).unwrap(), [Event::Activated { licence, product, version: 3 }]);
    let in_use = story.in_use();
    assert_eq!((in_use.at, in_use.how, in_use.request.as_str()), (story.now, How::Confirmed, "request-1"));
    assert_eq!((&in_use.account, in_use.by.as_ref()), (&account("acc-1"), Some(&person("osm"))));
    assert_eq!((in_use.before.as_ref(), in_use.undo_until), (Some(&invitation), Some(time("2026-11-25T03:05:00Z"))));
    for (who, generation) in [("osm", Some(1)), ("primary", None), ("else", Some(0))] {
        assert_eq!(story.confirm(who, generation).unwrap_err(), Refused::AlreadyActivated);
    }
}

/// LINK-04 two confirmations of what was read once are written on the same condition, so that one of them loses.
#[test]
fn link_04_two_confirmations_have_the_same_condition() {
    let story = Story::invited();
    let (one, other) = (story.confirmed("osm", Some(1)).unwrap(), story.confirmed("primary", None).unwrap());
    assert_eq!((one.seen(), other.seen()), (Some(1), Some(1)));
    assert_eq!((one.after().version, other.after().version), (2, 2));
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

/// LINK-07 within 72 hours to the second it is taken back by who activated; the state returns to what it was.
#[test]
fn link_07_undo_within_72_hours_returns_to_invited() {
    let mut story = Story::delivered();
    let invitation = story.invitation().clone();
    story.confirm("osm", Some(1)).unwrap();
    let until = time("2026-11-25T03:00:00Z");
    story.now = until;
    assert_eq!(story.undo("osm").unwrap_err(), Refused::TooLateToUndo);
    story.now = second_before(until);
    let events = story.undo("osm").unwrap();
    assert_eq!(events, [undone(4, "osm", true)]);
    assert_eq!((story.invitation(), story.it().generation), (&invitation, 1), "the same link is good again");
    assert_eq!(story.it().link_state(1, story.now), LinkState::Good);
    assert_eq!(story.undo("osm").unwrap_err(), Refused::NotActivated);
}

/// LINK-07 ACT-03 who used the link had got the mail: taken back later, it does not go to the next contact.
#[test]
fn link_07_a_link_that_was_used_was_delivered() {
    let mut story = Story::invited();
    story.pass_minutes(60);
    story.confirm("osm", Some(1)).unwrap();
    story.now = time("2026-11-25T03:30:00Z");
    story.undo("osm").unwrap();
    assert_eq!((story.sweep(), story.it().link_state(1, story.now)), (None, LinkState::Good));

    let mut from_the_portal = Story::invited();
    from_the_portal.confirm("primary", None).unwrap();
    assert!(!from_the_portal.in_use().before.as_ref().unwrap().delivered);
}

/// LINK-07 an Administrator may take back what another person did; another manager may not.
#[test]
fn link_07_an_administrator_may_undo_and_an_osm_may_not() {
    let mut story = Story::invited();
    story.confirm("primary", None).unwrap();
    assert_eq!(story.undo("osm").unwrap_err(), Refused::NotYours);
    assert_eq!(story.undo("else").unwrap_err(), Refused::NotYours);
    assert_eq!(story.undo("notices").unwrap(), [undone(3, "primary", false)]);
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

/// LINK-07 EXP-05 taken back after its link's end, it has expired at once: the end does not move.
#[test]
fn link_07_taken_back_after_the_end_it_has_expired() {
    let mut story = Story::invited();
    story.now = second_before(time(END));
    story.confirm("osm", Some(1)).unwrap();
    story.pass_minutes(60);
    story.contacts.insert(Osm, address("new-osm"));
    assert_eq!(story.undo("notices").unwrap(), [undone(3, "osm", false)], "an ended link is mailed to nobody");
    assert!(story.it().has_expired(story.now));
    assert_eq!(story.sweep(), Some(vec![expired(1)]));
}

/// LINK-07 ACT-11 what was mailed once and is stuck can be activated in the portal; taken back, the end that was told stays.
#[test]
fn link_07_a_stuck_one_taken_back_keeps_the_end_that_was_told() {
    let stuck_and_confirmed = || {
        let mut story = Story::stuck();
        story.confirm("primary", None).unwrap();
        assert_eq!((story.in_use().before.as_ref(), story.in_use().told), (None, Some(time(END))));
        story
    };
    let mut story = stuck_and_confirmed();
    let told = |story: &Story| undone(story.it().version + 1, "primary", true);
    let expected = [link(2, Why::Undone, 1), told(&story)];
    assert_eq!(story.undo("primary").unwrap(), expected, "a new link, and who had activated is told");
    assert_eq!(story.invitation().expires_at, time(END), "not six months after this day, and not thirty days");

    let mut nobody = stuck_and_confirmed();
    nobody.contacts = Contacts::from([(OnlineAdministrator, address("admin"))]);
    let expected = undone(nobody.it().version + 1, "primary", false);
    assert_eq!(nobody.undo("admin").unwrap(), [expected]);
    assert_eq!(nobody.it().state, stuck_since(nobody.now, Some(time(END))));

    let mut late = Story::stuck();
    late.now = second_before(time(END));
    late.confirm("primary", None).unwrap();
    late.pass_minutes(60);
    let expected = told(&late);
    assert_eq!(late.undo("primary").unwrap(), [expected], "an ended link is mailed to nobody");
    assert!(late.it().has_expired(late.now));
    assert_eq!((late.due(), late.sweep()), (None, None));

    let mut assigned = Story { administers: Administers::One(leaked("acc-1")), ..Story::stuck() };
    assigned.order(BOUGHT, USABLE);
    assert_eq!((assigned.in_use().how, assigned.in_use().told), (How::Assigned, Some(time(END))));
    assigned.failing.clear();
    assigned.undo("primary").unwrap();
    assert_eq!(assigned.invitation().expires_at, time(END), "assigned by a further order and taken back, likewise");

    let mut settled = stuck_and_confirmed();
    settled.sweep_at(settled.in_use().undo_until.unwrap()).unwrap();
    assert_eq!(settled.in_use().told, None);
}

/// LINK-07 SAFE-07 one activation is confirmed at most 5 times a day, and taken back as often; the sixth is told when.
#[test]
fn link_07_confirming_and_undoing_are_limited_a_day() {
    let mut story = Story::delivered();
    let again = licensing::limit::TryAgainAt(story.now + SignedDuration::from_hours(24));
    for _ in 0..5 {
        story.confirm("osm", Some(1)).unwrap();
        story.undo("osm").unwrap();
    }
    assert_eq!(story.confirm("osm", Some(1)).unwrap_err(), Refused::TooOften(again));
    story.now = again.0;
    story.confirm("osm", Some(1)).unwrap();
    story.it().undos.expect("they are counted");
    story.undo("osm").unwrap();
}

/// LINK-07 who activated and is the addressee no more may not take it back; Administrators may.
#[test]
fn link_07_who_may_not_confirm_any_more_may_not_take_it_back() {
    let mut story = Story::stuck();
    story.failing.clear();
    story.confirm("primary", None).unwrap();
    story.contacts.remove(&Primary);
    assert_eq!(story.undo("primary").unwrap_err(), Refused::NotYours);
    story.undo("notices").unwrap();
}

/// LINK-07 ACT-16 where no mail with its link ever went out, because it was confirmed first, one goes out once it is taken back:
/// to the same person, with the same end.
#[test]
fn link_07_what_was_never_mailed_is_mailed_after_an_undo() {
    let mut story = Story::invited();
    let (to, end) = (story.invitation().to.clone(), story.invitation().expires_at);
    story.confirm("osm", None).unwrap();
    story.pass_minutes(60);
    let events = story.undo_of("osm", false).unwrap();
    assert_eq!(events[0], link(2, Why::Undone, 1));
    let invitation = story.invitation();
    assert_eq!((&invitation.to, invitation.expires_at, invitation.mailed), (&to, end, story.now));
    assert_eq!(story.it().link_events().collect::<Vec<_>>(), [link(2, Why::First, 1)]);

    for (generation, mailed) in [(None, true), (Some(1), false)] {
        let mut story = Story::invited();
        story.confirm("osm", generation).unwrap();
        let events = story.undo_of("osm", mailed).unwrap();
        assert!(!events.iter().any(|event| matches!(event, Event::ActivationLink { .. })), "it was mailed: {events:?}");
    }
}

/// LINK-10 an operator declines with a reason: who asked is told, it is audited, and they may ask again, three times a day.
#[test]
fn link_10_a_revival_is_declined_and_asked_for_again() {
    let mut story = Story::delivered();
    let operator = || Actor::Operator { name: "one".into() };
    story.now = time(END);
    let decline = |story: &mut Story| {
        let step = story.it().decline_revival(operator(), "sold twice", story.now);
        story.try_take(step)
    };
    assert_eq!(decline(&mut story).unwrap_err(), Refused::NothingAsked);
    for _ in 0..3 {
        story.ask_revival("osm").unwrap().unwrap();
        assert_eq!(story.ask_revival("osm").unwrap(), None, "asking twice changes nothing");
        let answered = Event::RevivalAnswered {
            licence: licence(),
            product: sku(),
            version: story.it().version + 1,
            to: address("osm"),
            granted: false,
        };
        assert_eq!(decline(&mut story).unwrap(), [answered]);
        let declined = story.it().revival_declined.as_ref().unwrap();
        assert_eq!(
            (declined.reason.as_str(), declined.at, &declined.asked.by),
            ("sold twice", story.now, &person("osm"))
        );
        assert!(!story.it().may_need_operators());
    }
    assert!(matches!(story.ask_revival("osm").unwrap_err(), Refused::TooOften(_)));
    story.pass_minutes(24 * 60);
    story.ask_revival("osm").unwrap().unwrap();
    assert_eq!(story.it().revival_declined, None);
}

/// LINK-10 who asked and does not get the link is told that it was revived.
#[test]
fn link_10_who_asked_for_somebody_elses_link_learns_that_it_was_revived() {
    for (who, told) in [("primary", 1), ("osm", 0)] {
        let mut story = Story::delivered();
        story.now = time(END);
        story.ask_revival(who).unwrap().unwrap();
        let events = story.revive().unwrap();
        let answered = events.iter().filter(|it| matches!(it, Event::RevivalAnswered { granted: true, .. }));
        assert_eq!(answered.count(), told, "{who}");
    }
}

/// LINK-07 a move needs both sides: two people, one of each account; who proposed can't agree to it.
#[test]
fn link_07_a_move_needs_both_sides() {
    use Proposer::{Holder, Operator, Receiver};
    let to = "acc-2";
    for (first, second) in [
        (Holder(person("osm")), Receiver(person("else"))),
        (Receiver(person("else")), Holder(person("osm"))),
        (Operator("one".into()), Operator("two".into())),
    ] {
        let mut story = Story::activated();
        assert_eq!(story.remap(first.clone(), to).unwrap(), [remap(3, None)]);
        assert_eq!(story.in_use().account, account("acc-1"), "it is only proposed");
        let proposed = story.in_use().remap.as_ref().unwrap();
        assert_eq!((&proposed.by, &proposed.account, proposed.at), (&first, &account(to), story.now));
        assert_eq!(story.remap(first, to).unwrap_err(), Refused::NeedsOtherSide);
        assert_eq!(story.remap(second, to).unwrap(), [remap(4, Some("acc-1"))]);
        assert_eq!((&story.in_use().account, &story.in_use().remap), (&account(to), &None));
        assert_eq!(story.in_use().account_name, "Name of acc-2");
    }
    for (first, second) in [
        (Holder(person("osm")), Holder(person("else"))),
        (Holder(person("osm")), Receiver(person("osm"))),
        (Receiver(person("osm")), Receiver(person("else"))),
        (Operator("one".into()), Receiver(person("else"))),
        (Holder(person("osm")), Operator("one".into())),
    ] {
        let mut story = Story::activated();
        story.remap(first, to).unwrap();
        assert_eq!(story.remap(second, to).unwrap_err(), Refused::NeedsOtherSide);
    }
}

/// LINK-07 who administers both accounts needs nobody else; what operators proposed is theirs.
#[test]
fn link_07_who_administers_both_moves_it_alone() {
    let mut story = Story::activated();
    assert_eq!(story.remap(Proposer::Both(person("osm")), "acc-2").unwrap(), [remap(3, Some("acc-1"))]);
    assert_eq!(story.in_use().account, account("acc-2"));
    story.remap(Proposer::Receiver(person("else")), "acc-3").unwrap();
    story.remap(Proposer::Both(person("osm")), "acc-3").unwrap();
    assert_eq!(story.in_use().account, account("acc-3"));
    story.remap(Proposer::Operator("one".into()), "acc-2").unwrap();
    assert_eq!(story.remap(Proposer::Both(person("osm")), "acc-2").unwrap_err(), Refused::NeedsOtherSide);
}

/// LINK-07 a person speaks for the account that it is on, and for another one of the same customer, or one to which it was
/// proposed; naming somebody else's activation gives no say in it.
#[test]
fn link_07_naming_an_activation_gives_no_say_in_it() {
    use licensing::account::Account;
    let account = |id: &str, customer: &str, admin: &str| Account {
        global_admins: vec![address(admin)],
        ..Account::create(self::account(id), "Name", &customer.parse().unwrap(), &address(admin))
    };
    let (from, sister, foreign) =
        (account("acc-1", "contoso", "osm"), account("acc-2", "contoso", "else"), account("acc-3", "evil", "else"));
    let mut story = Story::activated();
    let speaks = |story: &Story, who: &str, to: &Account| {
        let addresses = [address(who)];
        story.it().mover(&person(who), &addresses, Some(&from), Some(to), story.now, &policy())
    };
    assert_eq!(speaks(&story, "else", &sister), Some(Proposer::Receiver(person("else"))));
    assert_eq!(speaks(&story, "else", &foreign), None, "an account of another customer");
    assert_eq!(speaks(&story, "osm", &foreign), Some(Proposer::Holder(person("osm"))));
    assert_eq!(speaks(&story, "notices", &sister), None, "administers neither");
    story.remap(Proposer::Operator("one".into()), "acc-3").unwrap();
    assert_eq!(speaks(&story, "else", &foreign), None, "what operators propose, operators decide");
    story.decline(&Proposer::Operator("two".into()), "acc-3").unwrap();
    story.remap(Proposer::Holder(person("osm")), "acc-3").unwrap();
    assert_eq!(speaks(&story, "else", &foreign), Some(Proposer::Receiver(person("else"))), "it was asked");
    story.pass_minutes(30 * 24 * 60);
    assert_eq!(speaks(&story, "else", &foreign), None, "and no longer");
}

/// LINK-07 a proposal ends after 30 days, judged at use and noticed by the sweep once; who proposed it is told.
#[test]
fn link_07_a_proposal_ends_after_30_days() {
    let mut story = Story::activated();
    story.remap(Proposer::Holder(person("osm")), "acc-2").unwrap();
    let ends = story.now + SignedDuration::from_hours(30 * 24);
    story.sweep_at(story.in_use().undo_until.unwrap()).unwrap();
    assert_eq!(story.due(), Some(ends));
    story.now = ends;
    let late = story.remap(Proposer::Receiver(person("else")), "acc-2").unwrap();
    assert_eq!(late.last(), Some(&remap(5, None)), "that is a proposal of its own, not an agreement");
    assert!(matches!(&late[0], Event::RemapEnded { to, declined: false, .. } if *to == address("osm")));
    let ends = ends + SignedDuration::from_hours(30 * 24);
    let events = story.sweep_at(ends).unwrap();
    assert_eq!(events, [remap_ended(6, "else", false, false)]);
    assert_eq!((&story.in_use().remap, story.due()), (&None, None));
    assert_eq!(story.sweep(), None);

    let mut slept = Story::activated();
    slept.remap(Proposer::Holder(person("osm")), "acc-2").unwrap();
    slept.pass_minutes(40 * 24 * 60);
    assert_eq!(slept.sweep().unwrap().len(), 1, "and the time for undo with it");
    assert_eq!((slept.in_use().undo_until, slept.due()), (None, None));
}

/// LINK-07 either side declines, who proposed it withdraws; the proposer is told only of what others did.
#[test]
fn link_07_a_proposal_can_be_declined_and_withdrawn() {
    use Proposer::{Both, Holder, Operator, Receiver};
    for (by, ends, told) in [
        (Holder(person("osm")), Receiver(person("else")), Some((true, "osm"))),
        (Receiver(person("else")), Holder(person("osm")), Some((false, "else"))),
        (Receiver(person("else")), Both(person("osm")), Some((false, "else"))),
        (Holder(person("osm")), Operator("one".into()), Some((true, "osm"))),
        (Holder(person("osm")), Holder(person("primary")), None),
        (Receiver(person("else")), Receiver(person("else")), None),
        (Operator("one".into()), Operator("two".into()), None),
    ] {
        let mut story = Story::activated();
        story.remap(by.clone(), "acc-2").unwrap();
        assert_eq!(story.decline(&ends, "acc-3").unwrap_err(), Refused::NothingProposed);
        let expected: Vec<Event> = told.map(|(sees, who)| remap_ended(4, who, sees, true)).into_iter().collect();
        assert_eq!(story.decline(&ends, "acc-2").unwrap(), expected, "{by:?} {ends:?}");
        assert_eq!((&story.in_use().remap, &story.in_use().account), (&None, &account("acc-1")));
        assert_eq!(story.decline(&ends, "acc-2").unwrap_err(), Refused::NothingProposed);
    }
    let mut story = Story::activated();
    story.remap(Operator("one".into()), "acc-2").unwrap();
    assert_eq!(story.decline(&Holder(person("osm")), "acc-2").unwrap_err(), Refused::NotYours);
}

/// LINK-07 one move is proposed at a time: another one is refused until that one's end, and an honest proposal stands.
#[test]
fn link_07_one_move_is_proposed_at_a_time() {
    let mut story = Story::activated();
    story.remap(Proposer::Holder(person("osm")), "acc-2").unwrap();
    let ends = story.now + SignedDuration::from_hours(30 * 24);
    for by in [Proposer::Receiver(person("else")), Proposer::Both(person("osm")), Proposer::Operator("one".into())] {
        assert_eq!(story.remap(by, "acc-3").unwrap_err(), Refused::MoveWaits(ends));
    }
    assert_eq!(story.in_use().remap.as_ref().unwrap().account, account("acc-2"));
}

/// LINK-07 SAFE-07 people propose at most 5 moves a day of one activation; agreeing and operators are not counted.
#[test]
fn link_07_moves_are_limited_a_day() {
    let mut story = Story::activated();
    for _ in 0..5 {
        story.remap(Proposer::Holder(person("osm")), "acc-2").unwrap();
        story.decline(&Proposer::Receiver(person("else")), "acc-2").unwrap();
    }
    let again = story.now + SignedDuration::from_hours(24);
    let refused = story.remap(Proposer::Holder(person("osm")), "acc-2").unwrap_err();
    assert_eq!(refused, Refused::TooOften(licensing::limit::TryAgainAt(again)));
    story.remap(Proposer::Operator("one".into()), "acc-2").unwrap();
    story.remap(Proposer::Operator("two".into()), "acc-2").unwrap();
    story.now = again;
    story.remap(Proposer::Holder(person("osm")), "acc-1").unwrap();
}

/// LINK-07 OPS-03 SAFE-01 the audit says who proposed and who agreed, from where to where, and why where a reason was given.
#[test]
fn link_07_the_audit_says_who_moves_it_and_why() {
    let story = Story::activated();
    for (by, reason, says) in [
        (Proposer::Operator("one".into()), "they merged", Some("they merged")),
        (Proposer::Holder(person("osm")), "", None),
    ] {
        let step = story.it().remap(by, &account("acc-2"), "Name", reason, story.now, &policy()).unwrap();
        let facts = &step.note().facts;
        assert_eq!((facts["from"].as_str(), facts["to"].as_str()), ("acc-1", "acc-2"));
        assert_eq!((step.note().action, facts.get("reason").map(String::as_str)), ("activation.remap-proposed", says));
    }
    let by = Proposer::Both(person("osm"));
    let both = story.it().remap(by, &account("acc-2"), "Name", "", story.now, &policy()).unwrap();
    assert_eq!(both.note().action, "activation.remapped");
}

/// LINK-07 only what is in use is moved, and somewhere else.
#[test]
fn link_07_what_is_in_use_is_moved_somewhere_else() {
    let mut story = Story::activated();
    story.remap(Proposer::Operator("one".into()), "acc-2").unwrap();
    assert_eq!(story.remap(Proposer::Operator("one".into()), "acc-1").unwrap_err(), Refused::SameAccount);
    let invited = Story::invited().remap(Proposer::Operator("one".into()), "acc-2");
    assert_eq!(invited.unwrap_err(), Refused::NotActivated);
}

/// LINK-07 a proposed move outlives the time for undo.
#[test]
fn link_07_a_proposed_move_outlives_the_time_for_undo() {
    let mut story = Story::activated();
    story.remap(Proposer::Operator("one".into()), "acc-2").unwrap();
    story.sweep_at(story.in_use().undo_until.unwrap()).unwrap();
    assert_eq!(story.remap(Proposer::Operator("two".into()), "acc-2").unwrap(), [remap(5, Some("acc-1"))]);
}

/// LINK-08 asking again mails the same link once a day and voids nothing; an older link's holder gets the newest mailed.
#[test]
fn link_08_asking_again_mails_the_same_link_once_a_day() {
    let mut story = Story::invited();
    let before = story.invitation().clone();
    assert_eq!(story.ask_again().unwrap(), [link(1, Why::AskedAgain, 2)]);
    assert_eq!((story.invitation(), story.it().generation), (&before, 1));
    let again = time("2026-11-23T03:00:00Z");
    story.now = second_before(again);
    assert_eq!(story.ask_again().unwrap_err(), Refused::TooOften(TryAgainAt(again)));
    story.now = again;
    assert_eq!(story.ask_again().unwrap(), [link(1, Why::AskedAgain, 3)]);
    story.resend().unwrap();
    story.now = time("2026-11-24T03:00:00Z");
    let step = story.it().ask_again(1, story.now, &policy()).unwrap();
    assert_eq!(story.take(Some(step)), Some(vec![link(2, Why::AskedAgain, 2)]));
}

/// LINK-08 asking again says why it does not help.
#[test]
fn link_08_asking_again_says_why_it_does_not_help() {
    assert_eq!(Story::activated().ask_again().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(Story::stuck().ask_again().unwrap_err(), Refused::NotInvited);
    assert_eq!(Story::scheduled().ask_again().unwrap_err(), Refused::NotInvited);
    assert_eq!(Story::expired().ask_again().unwrap_err(), Refused::Expired);
}

/// LINK-08 a link says which it is: good, replaced, expired, used, or waiting for a new contact.
#[test]
fn link_08_a_link_says_which_it_is() {
    let mut story = Story::invited();
    story.resend().unwrap();
    assert_eq!(story.it().link_state(2, second_before(time(END))), LinkState::Good);
    assert_eq!(story.it().link_state(2, time(END)), LinkState::Expired);
    for at in [START, END] {
        assert_eq!(story.it().link_state(1, time(at)), LinkState::Replaced);
    }
    for (story, says) in [
        (Story::stuck(), LinkState::Waiting),
        (Story::activated(), LinkState::Used),
        (Story::expired(), LinkState::Expired),
    ] {
        assert_eq!(story.it().link_state(1, story.now), says);
    }
}

/// LINK-10 a revival is asked for once, by the first who asks, and only of what has ended.
#[test]
fn link_10_a_revival_is_asked_for_once() {
    let mut story = Story::invited();
    story.now = second_before(time(END));
    assert_eq!(story.it().ask_revival(person("osm"), story.now, &policy()).unwrap_err(), Refused::NotExpired);
    story.now = time(END);
    assert_eq!(story.ask_revival("osm").unwrap(), Some(vec![expired(1)]), "the sweep was not here yet");
    story.pass_minutes(1);
    assert_eq!(story.ask_revival("primary").unwrap(), None);
    let State::Expired { revival_asked: Some(asked), .. } = &story.it().state else { panic!("it was asked for") };
    assert_eq!((&asked.by, asked.at), (&person("osm"), time(END)));
    assert_eq!(story.sweep(), None, "it has ended once");

    let mut swept = Story::expired();
    assert_eq!(swept.ask_revival("osm").unwrap(), Some(vec![]));
    for other in [Story::scheduled(), Story::stuck(), Story::activated()] {
        assert_eq!(other.it().ask_revival(person("osm"), other.now, &policy()).unwrap_err(), Refused::NotExpired);
    }
}

/// LINK-10 where nobody was left to be written to and the link's end has passed, its revival is asked for as well: once,
/// swept or not, and a bounce or a further sweep forgets nothing of it.
#[test]
fn link_10_a_revival_of_what_is_stuck_is_asked_for_once() {
    for swept in [false, true] {
        let mut story = Story::stuck();
        story.now = second_before(time(END));
        assert_eq!(story.it().ask_revival(person("osm"), story.now, &policy()).unwrap_err(), Refused::NotExpired);
        story.now = time(END);
        if swept {
            assert_eq!(story.sweep(), Some(vec![]));
        }
        let (since, asked_at) = (story.now, story.now);
        assert_eq!(story.ask_revival("osm").unwrap(), Some(vec![]));
        story.pass_minutes(1);
        assert_eq!(story.ask_revival("primary").unwrap(), None);
        assert_eq!((story.sweep(), story.due()), (None, None));
        let asked = Some(Asked { by: person("osm"), at: asked_at });
        assert_eq!(story.it().state, State::Stuck { since, expires_at: Some(time(END)), revival_asked: asked });
        assert!(story.it().has_expired(story.now));
        story.failing.clear();
        assert_eq!(story.revive().unwrap(), [link(2, Why::Revived, 1)]);
    }
}

/// LINK-10 an operator revives it: a new link, 30 days to the second, counted; asked for or not, swept or not.
#[test]
fn link_10_an_operator_revives_it_for_30_days() {
    let mut story = Story::invited();
    assert_eq!(story.revive().unwrap_err(), Refused::NotExpired);
    story.now = time(END);
    for revival in 1..=2 {
        assert_eq!(story.revive().unwrap(), [link(revival + 1, Why::Revived, 1)]);
        let end = story.now + SignedDuration::from_hours(30 * 24);
        assert_eq!((story.invitation().expires_at, story.it().revivals), (end, revival));
        assert_eq!(story.it().link_state(revival, story.now), LinkState::Replaced);
        story.now = end;
        assert!(story.it().has_expired(end));
        story.exhaust();
        story.ask_revival("osm").unwrap();
    }
    assert_eq!(Story::activated().revive().unwrap_err(), Refused::NotExpired);
}

/// LINK-10 ACT-03 revived with nobody to write to it is stuck, and a correction within the 30 days mails it.
#[test]
fn link_10_revived_with_nobody_to_write_to_it_is_stuck() {
    let mut story = Story::expired();
    story.failing = ["osm", "notices", "primary"].map(address).into();
    assert_eq!(story.revive().unwrap(), []);
    let end = story.now + SignedDuration::from_hours(30 * 24);
    assert_eq!(story.it().state, stuck_since(story.now, Some(end)));
    story.pass_minutes(60);
    assert_eq!(story.corrects(Osm, "new-osm"), Some(vec![link(2, Why::ContactChanged, 1)]));
    assert_eq!(story.invitation().expires_at, end);
}

/// LINK-10 ACT-03 who was written to in vain before is written to again, unless they are known to fail.
#[test]
fn link_10_a_revival_starts_the_line_of_contacts_again() {
    let mut story = Story::invited();
    story.sweep_at(time("2026-11-25T03:00:00Z"));
    story.now = time(END);
    story.revive().unwrap();
    assert_eq!((story.invitation().to.contact, story.it().tried.len()), (Osm, 0));
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

fn provision(version: u64) -> Event {
    Event::Provision { licence: licence(), product: sku(), version }
}

/// LINK-11 a product with an endpoint is being set up until it answers, and only then whoever confirmed is mailed, and their
/// time to take it back begins.
#[test]
fn link_11_with_an_endpoint_it_is_in_use_once_that_has_answered() {
    let mut story = Story::delivered();
    story.by_endpoint = true;
    let version = story.it().version + 1;
    assert_eq!(story.confirm("osm", Some(1)).unwrap(), [provision(version)]);
    assert_eq!(story.told(), [(What::Confirmed, Phase::Provisioning)]);
    assert_eq!(story.it().link_state(1, story.now), LinkState::Provisioning);
    assert_eq!((story.due(), story.sweep()), (None, None));
    assert_eq!(story.confirm("primary", None).unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(story.resend().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(story.ask_again().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(story.ask_revival("osm").unwrap_err(), Refused::NotExpired);
    story.pass_minutes(24 * 60);
    let (licence, product) = (licence(), sku());
    assert_eq!(story.answered(), Some(vec![Event::Activated { licence, product, version: version + 1 }]));
    assert_eq!(story.told(), [(What::Provisioned, Phase::Activated)]);
    assert_eq!(story.in_use().undo_until, Some(story.now + SignedDuration::from_hours(72)));
    assert_eq!(story.in_use().at, story.now - SignedDuration::from_hours(24));
    assert_eq!(story.answered(), None, "an answer that comes twice counts once");
    assert_eq!(story.refused("late"), None);
}

/// LINK-11 without an endpoint subscribers are told at once, of every way into use and out of it.
#[test]
fn link_11_subscribers_are_told_of_each_change_of_what_is_in_use() {
    let mut story = Story::delivered();
    assert_eq!(story.told(), []);
    story.confirm("osm", Some(1)).unwrap();
    assert_eq!(story.told(), [(What::Confirmed, Phase::Activated)]);
    story.order(BOUGHT, USABLE);
    assert_eq!(story.told.last().unwrap().standing.as_ref().unwrap().quantity, 500);
    assert_eq!(story.told(), [(What::QuantityRaised, Phase::Activated)]);
    story.remap(Proposer::Operator("one".into()), "acc-2").unwrap();
    assert_eq!(story.told(), [], "a move that is only proposed is none");
    story.remap(Proposer::Operator("two".into()), "acc-2").unwrap();
    let moved = story.told.last().unwrap().standing.clone().unwrap();
    assert_eq!((moved.previous_account, moved.account), (Some(account("acc-1")), Some(account("acc-2"))));
    assert_eq!(story.told(), [(What::Moved, Phase::Activated)]);
    story.undo("osm").unwrap();
    let undone = story.told.last().unwrap().standing.clone().unwrap();
    assert_eq!((undone.previous_account, undone.account), (Some(account("acc-2")), None));
    assert_eq!(story.told(), [(What::Undone, Phase::Invited)]);
}

/// LINK-11 ACT-08 what is assigned without asking is told and set up like what a person confirms.
#[test]
fn link_11_what_is_assigned_is_told_and_set_up_as_well() {
    for by_endpoint in [false, true] {
        let mut story = Story::new();
        (story.administers, story.by_endpoint) = (Administers::One(leaked("acc-1")), by_endpoint);
        let (licence, product) = (licence(), sku());
        let assigned = |version| Event::Assigned { licence: licence.clone(), product: product.clone(), version };
        let events = story.order(BOUGHT, USABLE);
        if by_endpoint {
            assert_eq!(events, [provision(1)]);
            assert_eq!(story.told(), [(What::Confirmed, Phase::Provisioning)]);
            assert_eq!(story.answered(), Some(vec![assigned(2)]));
            assert_eq!(story.told(), [(What::Provisioned, Phase::Activated)]);
        } else {
            assert_eq!(events, [assigned(1)]);
            assert_eq!(story.told(), [(What::Confirmed, Phase::Activated)]);
        }
        assert_eq!(story.in_use().how, How::Assigned);
    }
}

/// LINK-11 ACT-07 ACT-10 a further order joins what is being set up, and does not ask anew.
#[test]
fn link_11_a_further_order_joins_what_is_being_set_up() {
    let mut story = Story::provisioning();
    assert_eq!(story.order(BOUGHT, USABLE), []);
    assert_eq!((story.it().quantity, story.told()), (500, vec![(What::QuantityRaised, Phase::Provisioning)]));
    assert!(story.answered().is_some());
}

/// LINK-11 LINK-07 while it is being set up it may be taken back, however long that lasts; a late answer changes nothing.
#[test]
fn link_11_what_is_being_set_up_may_be_taken_back() {
    for refused in [false, true] {
        let mut story = Story::provisioning();
        story.pass_minutes(30 * 24 * 60);
        if refused {
            story.refused("no seats left").unwrap();
            assert_eq!(story.told(), [(What::Refused, Phase::Provisioning)]);
        }
        assert_eq!(story.undo("else").unwrap_err(), Refused::NotYours);
        let version = story.it().version + 1;
        assert_eq!(story.undo("osm").unwrap(), [undone(version, "osm", true)]);
        assert_eq!(story.told(), [(What::Undone, Phase::Invited)]);
        assert_eq!(story.answered(), None);
        assert_eq!(story.it().link_state(1, story.now), LinkState::Good);
    }
}

/// LINK-11 a refusal stays, with its reason, until an operator has the endpoint asked again.
#[test]
fn link_11_a_refusal_stays_until_an_operator_has_it_asked_again() {
    let mut story = Story::provisioning();
    let first = story.it().version;
    let mail = Event::SetUpRefused { licence: licence(), product: sku(), version: first + 1 };
    assert_eq!(story.refused("no seats left"), Some(vec![mail]), "who activated is told");
    assert_eq!(story.told.last().unwrap().standing.as_ref().unwrap().reason.as_deref(), Some("no seats left"));
    assert_eq!(story.refused("no seats left"), None);
    let operator = || Actor::Operator { name: "one".into() };
    let step = story.it().ask_endpoint_again(operator(), "mended");
    assert_eq!(story.try_take(step).unwrap(), [provision(first + 2)]);
    let State::Provisioning(setup) = &story.it().state else { panic!("it is being set up") };
    assert_eq!((setup.first, setup.asked, &setup.refused), (first, first + 2, &None));
    assert!(story.answered().is_some());
    assert_eq!(story.it().ask_endpoint_again(operator(), "mended").unwrap_err(), Refused::NotProvisioning);
}

/// LINK-11 an endpoint knows a request by one id, however often it is asked; what is confirmed anew is another request.
#[test]
fn link_11_a_request_has_one_id_however_often_it_is_asked() {
    let mut story = Story::provisioning();
    let first = story.it().version;
    let id = |story: &Story, first| story.it().to_provision(first, story.now).id();
    let asked = id(&story, first);
    assert!(asked.starts_with("prv_"), "{asked}");
    story.pass_minutes(1);
    story.refused("no seats left").unwrap();
    assert_eq!(id(&story, first), asked);
    assert_ne!(id(&story, first + 1), asked);
}

/// LINK-11 after ten minutes, to the second, it takes long; what was refused or has come to its end does not.
#[test]
fn link_11_after_ten_minutes_it_takes_long() {
    let mut story = Story::provisioning();
    let due = story.now + SignedDuration::from_mins(10);
    assert!(!story.it().takes_long(second_before(due), &policy()));
    assert!(story.it().takes_long(due, &policy()) && story.it().may_need_operators());
    story.refused("no").unwrap();
    assert!(!story.it().takes_long(due, &policy()) && story.it().may_need_operators());
    assert!(!Story::activated().it().takes_long(due, &policy()) && !Story::activated().it().may_need_operators());
    assert!(Story::stuck().it().may_need_operators());
    assert!(!Story::invited().it().may_need_operators());
}

/// LINK-10 operators see that somebody asks for an ended link to be revived, until it is.
#[test]
fn link_10_operators_see_who_asks_for_a_revival() {
    let mut story = Story::invited();
    story.now = time(END);
    story.sweep().unwrap();
    assert!(!story.it().may_need_operators(), "that it ended needs nobody");
    story.ask_revival("osm").unwrap().unwrap();
    assert!(story.it().may_need_operators());
    story.revive().unwrap();
    assert!(!story.it().may_need_operators());
}

/// LINK-03 who may activate may ask to join, and so may their colleagues once it is in use: those who manage activations.
#[test]
fn link_03_colleagues_of_who_activated_may_ask_to_join() {
    let asks =
        |story: &Story, who: &str| story.it().may_ask_to_join(&[address(who)], &story.rights(who), None, story.now);
    for story in [Story::invited(), Story::activated(), Story::provisioning()] {
        assert_eq!(asks(&story, "osm"), Ok(()));
        assert_eq!(asks(&story, "primary"), Ok(()));
        assert_ne!(asks(&story, "stranger"), Ok(()));
    }
    let mut ended = Story::invited();
    ended.now = time(END);
    assert_eq!(asks(&ended, "osm"), Err(Refused::Expired));
    let on = |story: Story| story.it().account().cloned();
    let theirs = Some(account("acc-1"));
    assert_eq!(
        [on(Story::activated()), on(Story::provisioning()), on(Story::invited())],
        [theirs.clone(), theirs, None]
    );
}

/// LINK-11 what is told names no person and no address.
#[test]
fn link_11_what_is_told_names_nobody() {
    let mut story = Story::delivered();
    story.confirm("osm", Some(1)).unwrap();
    let message = story.told.last().unwrap();
    let body: serde_json::Value = serde_json::from_str(&message.body()).unwrap();
    let expected = serde_json::json!({
        "type": "activation.confirmed", "timestamp": START,
        "data": {
            "version": 3, "programme": "enterprise", "number": "7001", "product": "NW-MAIL",
            "product_name": "Northwind Mail", "customer": "contoso", "customer_name": "Contoso", "quantity": 250,
            "state": "activated", "account": "acc-1", "account_name": "Contoso", "how": "confirmed",
        },
    });
    assert_eq!(body, expected);
    assert_eq!(message.id(), message.clone().id());
    assert_ne!(message.id(), story.it().to_provision(3, story.now).id());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// ACT-11 EXP-03 EXP-05 EXP-06 LINK-04 no history panics, and in each of them: a step rises the version by one and is
    /// made on condition of what was read; a link never gets an older number; a told end stays; no mail is lost to another
    /// one's key; what is in use reminds nobody; and something falls due exactly when the sweep finds it.
    #[test]
    fn exp_03_every_history_keeps_the_promises(acts in prop::collection::vec(any_act(), 1..60)) {
        let mut story = Story::new();
        let mut keys = BTreeSet::new();
        for act in acts {
            let (before, now) = (story.stored.clone(), story.now);
            let events = story.act(&act);
            for event in &events {
                prop_assert!(keys.insert(event.id()), "{} is written twice", event.id());
            }
            let Some(after) = &story.stored else { continue };
            prop_assert_eq!(story.due_is_when_the_sweep_finds_it(), Ok(()));
            let Some(before) = before else { continue };
            if matches!((&before.state, &act), (State::Activated(_), Act::Sweep | Act::Exhaust)) {
                prop_assert!(events.is_empty());
            }
            if let (Some(told), Some(tells)) = (end(&before), end(after)) {
                let opened = before.has_expired(now) && matches!(act, Act::Order { .. } | Act::Revive);
                prop_assert!(told == tells || opened, "{act:?} moved the end from {told} to {tells}");
            }
            if matches!(act, Act::Exhaust) {
                prop_assert!(after.due_at(&policy()).is_none_or(|due| due > now));
                prop_assert_eq!(before.has_expired(now), after.has_expired(now));
            }
            for event in &events {
                let Event::ActivationLink { why, .. } = event else { continue };
                let to = &story.invitation().to;
                if !matches!(why, Why::Resent | Why::AskedAgain) {
                    prop_assert_eq!(story.contacts.get(&to.contact), Some(&to.address));
                    prop_assert!(matches!(act, Act::Undo(_)) || !story.failing.contains(&to.address));
                }
            }
        }
    }
}

/// What happens in a random history.
#[derive(Debug, Clone)]
enum Act {
    Wait(u32),
    WaitUntilDue,
    Sweep,
    Exhaust,
    Order {
        bought: i32,
        usable: i32,
    },
    Load,
    Fails(&'static str),
    Heals(&'static str),
    Corrects(ContactName, &'static str),
    Leaves(ContactName),
    Administers(Administers<'static>),
    Delivered,
    Confirm(&'static str, Option<u32>),
    Undo(&'static str),
    Resend,
    AskAgain,
    AskRevival,
    Revive,
    Remap(bool, &'static str),
    /// From now on an endpoint sets the product up, or none does any more.
    Endpoint(bool),
    /// The endpoint says that it is done, or refuses.
    Answers(bool),
    AskEndpointAgain,
}

fn any_act() -> impl Strategy<Value = Act> {
    let contact = || prop::sample::select(vec![Osm, Notices, Primary, OnlineAdministrator, BillTo]);
    let who = || prop::sample::select(vec!["osm", "notices", "primary", "admin", "new-osm", "else"]);
    let account = || prop::sample::select(vec!["acc-1", "acc-2"]);
    prop_oneof![
        4 => (0_u32..24 * 60).prop_map(Act::Wait),
        2 => (0_u32..200).prop_map(|days| Act::Wait(days * 24 * 60)),
        4 => Just(Act::WaitUntilDue),
        4 => Just(Act::Sweep),
        3 => Just(Act::Exhaust),
        3 => (-200_i32..200, -100_i32..200).prop_map(|(bought, usable)| Act::Order { bought, usable }),
        1 => Just(Act::Load),
        2 => who().prop_map(Act::Fails),
        1 => who().prop_map(Act::Heals),
        2 => (contact(), who()).prop_map(|(name, who)| Act::Corrects(name, who)),
        1 => contact().prop_map(Act::Leaves),
        1 => prop_oneof![Just(Administers::Nothing), account().prop_map(|id| Administers::One(leaked(id)))]
            .prop_map(Act::Administers),
        2 => Just(Act::Delivered),
        2 => (who(), prop::option::of(0_u32..4)).prop_map(|(who, generation)| Act::Confirm(who, generation)),
        2 => who().prop_map(Act::Undo),
        1 => Just(Act::Resend),
        1 => Just(Act::AskAgain),
        1 => Just(Act::AskRevival),
        1 => Just(Act::Revive),
        1 => (any::<bool>(), account()).prop_map(|(one, to)| Act::Remap(one, to)),
        1 => any::<bool>().prop_map(Act::Endpoint),
        2 => any::<bool>().prop_map(Act::Answers),
        1 => Just(Act::AskEndpointAgain),
    ]
}

/// The end of the link, where one was told.
fn end(activation: &Activation) -> Option<Timestamp> {
    match &activation.state {
        State::Stuck { expires_at, .. } => *expires_at,
        State::Invited(invitation) | State::Expired { invitation, .. } => Some(invitation.expires_at),
        State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => {
            in_use.before.as_ref().map(|invitation| invitation.expires_at).or(in_use.told)
        }
        State::Scheduled { .. } => None,
    }
}

/// One activation with everything around it.
struct Story {
    kind: ProductKind,
    contacts: Contacts,
    failing: BTreeSet<Address>,
    administers: Administers<'static>,
    now: Timestamp,
    orders: u32,
    by_endpoint: bool,
    stored: Option<Activation>,
    /// What subscribers were told.
    told: Vec<Message>,
}

impl Story {
    /// Nothing is ordered yet.
    fn new() -> Self {
        Self {
            kind: OnlineService,
            contacts: contacts(),
            failing: BTreeSet::new(),
            administers: Administers::Nothing,
            now: time(START),
            orders: 0,
            by_endpoint: false,
            stored: None,
            told: Vec::new(),
        }
    }

    fn invited() -> Self {
        let mut story = Self::new();
        story.order(BOUGHT, USABLE);
        story
    }

    fn delivered() -> Self {
        let mut story = Self::invited();
        story.take(story.it().delivered(1, &address("osm")));
        story
    }

    fn scheduled() -> Self {
        let mut story = Self::new();
        story.order(BOUGHT, "2027-05-01");
        story
    }

    /// It was mailed, and nobody can be reached.
    fn stuck() -> Self {
        let mut story = Self::invited();
        story.failing = ["osm", "notices", "primary"].map(address).into();
        assert_eq!(story.take(story.rejudged()), Some(vec![]));
        story
    }

    /// Confirmed, and the product's endpoint is being asked.
    fn provisioning() -> Self {
        let mut story = Self::delivered();
        story.by_endpoint = true;
        story.confirm("osm", Some(1)).unwrap();
        story.told.clear();
        story
    }

    fn activated() -> Self {
        let mut story = Self::delivered();
        story.stored = Some(Activation { version: 1, ..story.it().clone() });
        story.confirm("osm", Some(1)).unwrap();
        story
    }

    fn expired() -> Self {
        let mut story = Self::delivered();
        story.sweep_at(time(END));
        story
    }

    fn loaded() -> Self {
        let mut story = Self::new();
        story.load("acc-9");
        story
    }

    fn it(&self) -> &Activation {
        self.stored.as_ref().expect("it was opened")
    }

    fn invitation(&self) -> &Invitation {
        let State::Invited(invitation) = &self.it().state else { panic!("not invited: {:?}", self.it().state) };
        invitation
    }

    fn in_use(&self) -> &InUse {
        let State::Activated(in_use) = &self.it().state else { panic!("not in use: {:?}", self.it().state) };
        in_use
    }

    fn due(&self) -> Option<Timestamp> {
        self.it().due_at(&policy())
    }

    fn pass_minutes(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    /// Stores a step as the store would, checks what must hold of each, and gives its events. None stays none.
    fn take(&mut self, step: Option<Step>) -> Option<Vec<Event>> {
        let step = step?;
        let after = step.after();
        let read = self.stored.as_ref();
        assert_eq!(step.seen(), read.map(|read| read.version), "it is written on condition of what was read");
        assert_eq!(after.version, read.map_or(1, |read| read.version + 1));
        assert_eq!(step.operators_saw_it(), read.is_some_and(Activation::may_need_operators));
        let gone = read.iter().flat_map(|read| read.viewers.difference(&after.viewers));
        assert!(step.no_longer_viewers().eq(gone), "it is taken out of the lists of those who see it no more");
        let generation = read.map_or(0, |read| read.generation);
        assert!((generation..=generation + 1).contains(&after.generation), "a link never gets an older number");
        for event in step.events() {
            if let Event::ActivationLink { generation: mailed, why, mail, .. } = event {
                assert_eq!((*mailed, *mail), (after.generation, after.mails));
                assert_eq!(after.generation == generation, *why == Why::AskedAgain);
            }
        }
        let written = serde_json::to_string(after).unwrap();
        assert_eq!(&serde_json::from_str::<Activation>(&written).unwrap(), after, "it is read as it was written");
        // What subscribers are told is looked at apart: it is told once a step, of the activation as it is after it.
        let mut told = Vec::new();
        let is_told = |event: &Event| match event {
            Event::Announce { message } => {
                told.push((**message).clone());
                true
            }
            _ => false,
        };
        let (_, events): (Vec<Event>, Vec<Event>) = step.events().to_vec().into_iter().partition(is_told);
        for message in &told {
            let standing = message.standing.as_ref().unwrap();
            assert_eq!((standing.version, standing.quantity), (after.version, after.quantity));
            assert_eq!(standing.account.as_ref(), after.on_account().map(|on| &on.account));
        }
        assert!(told.len() <= 1, "{told:?}");
        self.told.extend(told);
        self.stored = Some(step.into_after());
        Some(events)
    }

    /// Takes a step that may be refused.
    fn try_take(&mut self, step: Result<Step, Refused>) -> Result<Vec<Event>, Refused> {
        step.map(|step| self.take(Some(step)).unwrap_or_default())
    }

    /// A further line of 250 seats, judged and taken in.
    fn order(&mut self, bought: &str, usable: &str) -> Vec<Event> {
        self.order_on(day(bought), day(usable))
    }

    fn order_on(&mut self, purchased: Date, usage_starts: Date) -> Vec<Event> {
        self.orders += 1;
        let order = format!("order-{}", self.orders).parse().unwrap();
        let line = Line { order, line: 1, quantity: 250, purchased, usage_starts };
        let open = self.stored.as_ref().filter(|activation| !activation.has_expired(self.now));
        let facts = Facts {
            kind: self.kind,
            contacts: &self.contacts,
            undeliverable: Undeliverable::among(&self.contacts, |address| self.failing.contains(address)),
            progress: Activation::progress(open),
            osm_administers: self.administers,
            purchased: open.and_then(|it| it.purchased).map_or(purchased, |day| day.min(purchased)),
            usage_starts,
        };
        let verdict = judge(&facts, self.now, &policy());
        let of = Ours { by_endpoint: self.by_endpoint, ..of(self.kind, &self.contacts) };
        let step = match &self.stored {
            None => Activation::open(&of.borrowed(), &line, &verdict, "Contoso", self.now, &policy()),
            Some(it) => it.add(&of.borrowed(), &line, &verdict, "Contoso", self.now, &policy()),
        };
        self.take(step).unwrap_or_default()
    }

    fn load(&mut self, id: &str) {
        let operator = Actor::Operator { name: "one".into() };
        let of = of(self.kind, &self.contacts);
        let activated = day("2026-10-01");
        let step = Activation::load(self.stored.as_ref(), &of.borrowed(), &account(id), id, activated, operator);
        assert_eq!(self.take(Some(step)), Some(vec![]));
    }

    fn sweep(&mut self) -> Option<Vec<Event>> {
        let step = self.it().sweep(&self.contacts, |address| self.failing.contains(address), self.now, &policy());
        self.take(step)
    }

    fn sweep_at(&mut self, now: Timestamp) -> Option<Vec<Event>> {
        self.now = now;
        self.sweep()
    }

    /// Sweeps until nothing is due.
    fn exhaust(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        for _ in 0..10 {
            let Some(events) = self.sweep() else { return all };
            all.extend(events);
        }
        panic!("the sweep does not come to an end: {:?}", self.it().state)
    }

    fn rejudged(&self) -> Option<Step> {
        let of = of(self.kind, &self.contacts);
        self.it().rejudge(&of.borrowed(), |address| self.failing.contains(address), self.now, &policy())
    }

    /// Mail to this address bounced.
    fn fails(&mut self, who: &str) -> Option<Vec<Event>> {
        self.failing.insert(address(who));
        self.take(self.rejudged())
    }

    fn corrects(&mut self, name: ContactName, who: &str) -> Option<Vec<Event>> {
        self.contacts.insert(name, address(who));
        self.take(self.rejudged())
    }

    fn rights(&self, who: &str) -> Rights {
        Rights::of(&self.contacts, &[address(who)])
    }

    fn confirmed(&self, who: &str, generation: Option<u32>) -> Result<Step, Refused> {
        let (addresses, rights) = ([address(who)], self.rights(who));
        let preview = self.it().may_be_confirmed(&addresses, &rights, generation, self.now);
        let step = self.it().confirm(
            person(who),
            &addresses,
            &rights,
            generation,
            account("acc-1"),
            "Contoso".into(),
            "request-1".into(),
            self.by_endpoint,
            self.now,
            &policy(),
        );
        let preview = preview.and_then(|()| self.it().one_more_confirmation(self.now, &policy()).map(drop));
        assert_eq!(preview.err(), step.as_ref().err().cloned(), "the preview says what the confirmation does");
        step
    }

    fn confirm(&mut self, who: &str, generation: Option<u32>) -> Result<Vec<Event>, Refused> {
        self.try_take(self.confirmed(who, generation))
    }

    /// The endpoint says that it is done.
    fn answered(&mut self) -> Option<Vec<Event>> {
        self.take(self.it().provisioned(self.now, &policy()))
    }

    fn refused(&mut self, reason: &str) -> Option<Vec<Event>> {
        self.take(self.it().provisioning_refused(reason, self.now))
    }

    /// What subscribers were told since this was asked last, with the state that each message names.
    fn told(&mut self) -> Vec<(What, Phase)> {
        let told = std::mem::take(&mut self.told);
        told.into_iter().map(|message| (message.what, message.standing.unwrap().state)).collect()
    }

    fn undo(&mut self, who: &str) -> Result<Vec<Event>, Refused> {
        self.undo_of(who, true)
    }

    /// Takes it back; `mailed` says whether a mail with its link went out.
    fn undo_of(&mut self, who: &str, mailed: bool) -> Result<Vec<Event>, Refused> {
        let (by, addresses, rights) = (person(who), [address(who)], self.rights(who));
        let step = self.it().undo(by, &addresses, &rights, &self.contacts, mailed, None, self.now, &policy());
        self.try_take(step)
    }

    fn resend(&mut self) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().resend(Actor::Service, self.now, &policy()))
    }

    fn ask_again(&mut self) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().ask_again(self.it().generation, self.now, &policy()))
    }

    fn ask_revival(&mut self, who: &str) -> Result<Option<Vec<Event>>, Refused> {
        let step = self.it().ask_revival(person(who), self.now, &policy())?;
        Ok(self.take(step))
    }

    fn revive(&mut self) -> Result<Vec<Event>, Refused> {
        let operator = Actor::Operator { name: "one".into() };
        let fails = |address: &Address| self.failing.contains(address);
        let step = self.it().revive(operator, "asked for by telephone", &self.contacts, fails, self.now, &policy());
        self.try_take(step)
    }

    fn remap(&mut self, by: Proposer, to: &str) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().remap(by, &account(to), &format!("Name of {to}"), "a reason", self.now, &policy()))
    }

    fn decline(&mut self, by: &Proposer, to: &str) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().decline_remap(by, &account(to), "", self.now, &policy()))
    }

    /// Does what can be done of it, and gives the events of every step that was made.
    fn act(&mut self, act: &Act) -> Vec<Event> {
        match act {
            Act::Wait(minutes) => self.pass_minutes((*minutes).into()),
            Act::Order { bought, usable } => {
                let today = day_of(self.now);
                let on = |days: i32| today.saturating_add(jiff::Span::new().days(days));
                return self.order_on(on(*bought), on(*usable));
            }
            Act::Load => self.load("acc-9"),
            Act::Administers(whom) => self.administers = *whom,
            _ if self.stored.is_none() => {}
            Act::WaitUntilDue => self.now = self.due().map_or(self.now, |due| due.max(self.now)),
            Act::Sweep => return self.sweep().unwrap_or_default(),
            Act::Exhaust => return self.exhaust(),
            Act::Fails(who) => return self.fails(who).unwrap_or_default(),
            Act::Heals(who) => {
                self.failing.remove(&address(who));
                return self.take(self.rejudged()).unwrap_or_default();
            }
            Act::Corrects(name, who) => return self.corrects(*name, who).unwrap_or_default(),
            Act::Leaves(name) => {
                self.contacts.remove(name);
                return self.take(self.rejudged()).unwrap_or_default();
            }
            Act::Delivered => {
                if let Some(to) = self.it().addressee().cloned() {
                    self.take(self.it().delivered(self.it().generation, &to.address));
                }
            }
            Act::Confirm(who, generation) => return self.confirm(who, *generation).unwrap_or_default(),
            Act::Undo(who) => return self.undo(who).unwrap_or_default(),
            Act::Resend => return self.resend().unwrap_or_default(),
            Act::AskAgain => return self.ask_again().unwrap_or_default(),
            Act::AskRevival => return self.ask_revival("osm").ok().flatten().unwrap_or_default(),
            Act::Revive => return self.revive().unwrap_or_default(),
            Act::Remap(one, to) => {
                let by = Proposer::Operator(if *one { "one" } else { "two" }.into());
                return self.remap(by, to).unwrap_or_default();
            }
            Act::Endpoint(there) => self.by_endpoint = *there,
            Act::Answers(done) => {
                let it = self.it();
                let step =
                    if *done { it.provisioned(self.now, &policy()) } else { it.provisioning_refused("no", self.now) };
                return self.take(step).unwrap_or_default();
            }
            Act::AskEndpointAgain => {
                let step = self.it().ask_endpoint_again(Actor::Operator { name: "one".into() }, "mended");
                return self.try_take(step).unwrap_or_default();
            }
        }
        Vec::new()
    }

    /// At the time at which it falls due the sweep finds something to do, a second before it nothing.
    fn due_is_when_the_sweep_finds_it(&self) -> Result<(), String> {
        let finds = |now| self.it().sweep(&self.contacts, |_| false, now, &policy()).is_some();
        match self.due() {
            Some(due) if !finds(due) => Err(format!("nothing to do at {due}")),
            Some(due) if finds(second_before(due)) => Err(format!("something to do before {due}")),
            None if finds(Timestamp::MAX) => Err("something to do that never falls due".into()),
            _ => Ok(()),
        }
    }
}

/// What an activation is of, with its names.
struct Ours<'a> {
    licence: Licence,
    product: Sku,
    kind: ProductKind,
    customer: licensing::CustomerId,
    contacts: &'a Contacts,
    by_endpoint: bool,
}

impl Ours<'_> {
    fn borrowed(&self) -> Of<'_> {
        Of {
            licence: &self.licence,
            product: &self.product,
            product_name: "Northwind Mail",
            kind: self.kind,
            customer: &self.customer,
            customer_name: "Contoso",
            contacts: self.contacts,
            by_endpoint: self.by_endpoint,
        }
    }
}

fn of(kind: ProductKind, contacts: &Contacts) -> Ours<'_> {
    let customer = "contoso".parse().unwrap();
    Ours { licence: licence(), product: sku(), kind, customer, contacts, by_endpoint: false }
}

fn link(generation: u32, why: Why, mail: u32) -> Event {
    Event::ActivationLink { licence: licence(), product: sku(), generation, why, mail }
}

fn reminder(generation: u32, days: u32) -> Event {
    Event::Reminder { licence: licence(), product: sku(), generation, days }
}

fn expired(generation: u32) -> Event {
    Event::LinkExpired { licence: licence(), product: sku(), generation }
}

fn undone(version: u64, to: &str, by_them: bool) -> Event {
    let (to, account) = (address(to), account("acc-1"));
    let account_name = "Contoso".into();
    Event::Undone { licence: licence(), product: sku(), version, to, account, account_name, by_them }
}

fn remap(version: u64, from: Option<&str>) -> Event {
    Event::Remap { licence: licence(), product: sku(), version, from: from.map(account) }
}

fn remap_ended(version: u64, to: &str, sees_it: bool, declined: bool) -> Event {
    let (to, account) = (address(to), account("acc-2"));
    Event::RemapEnded { licence: licence(), product: sku(), version, to, account, sees_it, declined }
}

fn stuck_since(since: Timestamp, expires_at: Option<Timestamp>) -> State {
    State::Stuck { since, expires_at, revival_asked: None }
}

fn policy() -> LinkPolicy {
    Policy::from_json(include_str!("../../../../tests/data/policy.json")).expect("a policy").links
}

fn contacts() -> Contacts {
    [(Osm, "osm"), (Notices, "notices"), (Primary, "primary"), (BillTo, "bills")]
        .map(|(name, who)| (name, address(who)))
        .into()
}

fn address(who: &str) -> Address {
    format!("{who}@contoso.example").parse().unwrap()
}

fn person(who: &str) -> Person {
    Person { profile: format!("profile-{who}").parse().unwrap(), address: address(who) }
}

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn leaked(id: &str) -> &'static AccountId {
    Box::leak(Box::new(account(id)))
}

fn licence() -> Licence {
    "enterprise/7001".parse().unwrap()
}

fn sku() -> Sku {
    "NW-MAIL".parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn second_before(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_secs(1)
}
