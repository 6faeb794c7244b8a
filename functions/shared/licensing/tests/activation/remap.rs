//! Moves to another account, which take two sides (LINK-07).

use jiff::SignedDuration;
use licensing::{
    activation::{Proposer, Refused},
    event::Event,
};

use crate::story::{Story, account, address, person, policy, remap, remap_ended};

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
