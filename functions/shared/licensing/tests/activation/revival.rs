//! A link that ended is asked for again, and revived or declined (LINK-10).

use jiff::SignedDuration;
use licensing::{
    ContactName::OnlineServicesManager as Osm,
    activation::{LinkState, Refused, RevivalRequest, State},
    audit::Actor,
    event::{Event, Why},
};

use crate::story::{
    END, Story, address, expired, licence, link, person, policy, second_before, sku, stuck_since, time,
};

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
        let asked = Some(RevivalRequest { by: person("osm"), at: asked_at });
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
