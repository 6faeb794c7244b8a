//! Being set up by a provisioning endpoint, and what subscribers are told (LINK-11).

use jiff::SignedDuration;
use licensing::{
    activation::{How, LinkState, Proposer, Refused, State},
    audit::Actor,
    event::Event,
    judge::Administers,
    message::MessageKind,
    phase::Phase,
};

use crate::story::{BOUGHT, START, Story, USABLE, account, leaked, licence, policy, second_before, sku, undone};

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
    assert_eq!(story.told(), [(MessageKind::Confirmed, Phase::Provisioning)]);
    assert_eq!(story.it().link_state(1, story.now), LinkState::Provisioning);
    assert_eq!((story.due(), story.sweep()), (None, None));
    assert_eq!(story.confirm("primary", None).unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(story.resend().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(story.ask_again().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(story.ask_revival("osm").unwrap_err(), Refused::NotExpired);
    story.pass_minutes(24 * 60);
    let (licence, product) = (licence(), sku());
    assert_eq!(story.answered(), Some(vec![Event::Activated { licence, product, version: version + 1 }]));
    assert_eq!(story.told(), [(MessageKind::Provisioned, Phase::Activated)]);
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
    assert_eq!(story.told(), [(MessageKind::Confirmed, Phase::Activated)]);
    story.order(BOUGHT, USABLE);
    assert_eq!(story.told.last().unwrap().standing.as_ref().unwrap().quantity, 500);
    assert_eq!(story.told(), [(MessageKind::QuantityRaised, Phase::Activated)]);
    story.remap(Proposer::Operator("one".into()), "acc-2").unwrap();
    assert_eq!(story.told(), [], "a move that is only proposed is none");
    story.remap(Proposer::Operator("two".into()), "acc-2").unwrap();
    let moved = story.told.last().unwrap().standing.clone().unwrap();
    assert_eq!((moved.previous_account, moved.account), (Some(account("acc-1")), Some(account("acc-2"))));
    assert_eq!(story.told(), [(MessageKind::Moved, Phase::Activated)]);
    story.undo("osm").unwrap();
    let undone = story.told.last().unwrap().standing.clone().unwrap();
    assert_eq!((undone.previous_account, undone.account), (Some(account("acc-2")), None));
    assert_eq!(story.told(), [(MessageKind::Undone, Phase::Invited)]);
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
            assert_eq!(story.told(), [(MessageKind::Confirmed, Phase::Provisioning)]);
            assert_eq!(story.answered(), Some(vec![assigned(2)]));
            assert_eq!(story.told(), [(MessageKind::Provisioned, Phase::Activated)]);
        } else {
            assert_eq!(events, [assigned(1)]);
            assert_eq!(story.told(), [(MessageKind::Confirmed, Phase::Activated)]);
        }
        assert_eq!(story.in_use().how, How::Assigned);
    }
}

/// LINK-11 ACT-07 ACT-10 a further order joins what is being set up, and does not ask anew.
#[test]
fn link_11_a_further_order_joins_what_is_being_set_up() {
    let mut story = Story::provisioning();
    assert_eq!(story.order(BOUGHT, USABLE), []);
    assert_eq!((story.it().quantity, story.told()), (500, vec![(MessageKind::QuantityRaised, Phase::Provisioning)]));
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
            assert_eq!(story.told(), [(MessageKind::Refused, Phase::Provisioning)]);
        }
        assert_eq!(story.undo("else").unwrap_err(), Refused::NotYours);
        let version = story.it().version + 1;
        assert_eq!(story.undo("osm").unwrap(), [undone(version, "osm", true)]);
        assert_eq!(story.told(), [(MessageKind::Undone, Phase::Invited)]);
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
