//! To whom is written next, when one contact fails or contacts change (ACT-03, ACT-04, ACT-15).

use std::collections::BTreeSet;

use licensing::{
    ContactName::{BillTo, Notices, OnlineAdministrator, OnlineServicesManager as Osm, Primary},
    ProductKind::Consumption,
    activation::{Refused, State},
    event::Why,
    judge::Contacts,
};

use crate::story::{BOUGHT, END, Story, USABLE, address, link, second_before, stuck_since, time};

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
