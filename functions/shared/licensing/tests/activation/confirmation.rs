//! Confirming and taking back, with who may (LINK-02, LINK-04, LINK-07, ACT-08).

use jiff::SignedDuration;
use licensing::{
    ContactName::{OnlineAdministrator, OnlineServicesManager as Osm, Primary},
    ProductKind::Consumption,
    activation::{How, LinkState, Refused, State},
    event::{Event, Why},
    judge::{Administers, Contacts},
};

use crate::story::{
    BOUGHT, END, Story, USABLE, account, address, expired, leaked, licence, link, person, second_before, sku,
    stuck_since, time, undone,
};

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
