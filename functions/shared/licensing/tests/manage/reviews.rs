//! Reviews of who may do what (ROLE-10).

use licensing::{
    Timestamp,
    access::GivenUpBy,
    activation::Person,
    review::{Became, Decided, Refused, Review, ReviewMail, Reviewing, State, Step, Verdict},
    roles::Role,
    when::add_days,
};
use proptest::prelude::*;

use crate::desk::{ANN, BOB, CAT, Desk, NEW, address, assign, now};

use Role::{Administrator, Download};

fn person(who: &str) -> Person {
    Person { profile: who.parse().unwrap(), address: address(who) }
}

fn with<T>(desk: &Desk, by: &str, act: impl FnOnce(&Reviewing<'_>) -> T) -> T {
    let (by, own) = (person(by), [address(by)]);
    act(&Reviewing { by: &by, counting: &own, own: &own, standing: &desk.standing(), now: desk.now })
}

fn start(desk: &Desk, by: &str, before: Option<&Review>) -> Result<Step, Refused> {
    let licence = desk.stages[0].licence.clone();
    with(desk, by, |reviewing| Review::start(before, &licence, reviewing, &desk.policy))
}

fn begun(desk: &Desk) -> Review {
    start(desk, ANN, None).unwrap().after
}

fn after(days: u32) -> Timestamp {
    add_days(now(), days)
}

/// ROLE-10 an Administrator starts a review, one at a time; the next has the next number.
#[test]
fn role_10_one_review_is_open_at_a_time() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Download], None);
    assert_eq!(start(&desk, BOB, None), Err(Refused::NotYours));
    let step = start(&desk, ANN, None).unwrap();
    assert_eq!((step.seen, step.mail, step.note.action), (None, Some(ReviewMail::Started), "review.started"));
    let review = step.after;
    assert_eq!((review.number, review.ends_at, review.version), (1, after(30), 1));
    assert_eq!(start(&desk, ANN, Some(&review)), Err(Refused::AlreadyOpen(1)));
    // It has ended the second it is over, swept or not.
    desk.now = after(30).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    assert_eq!(start(&desk, ANN, Some(&review)), Err(Refused::AlreadyOpen(1)));
    desk.now = after(30);
    let next = start(&desk, ANN, Some(&review)).unwrap();
    assert_eq!((next.after.number, next.seen, next.after.version), (2, Some(1), 2));
}

/// ROLE-10 each holder is confirmed or removed while it is open: by Administrators, who have something there, and never oneself.
#[test]
fn role_10_holders_are_confirmed_or_removed() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Download], None).holding(0, CAT, &[Administrator], None);
    let review = begun(&desk);
    let confirm = |desk: &Desk, by: &str, who: &str| {
        with(desk, by, |reviewing| review.confirm(&address(who), &desk.access(who), reviewing))
    };
    let (decided, note) = confirm(&desk, ANN, BOB).unwrap();
    let expected =
        Decided { review: 1, address: address(BOB), verdict: Verdict::Confirmed, by: person(ANN), at: now() };
    assert_eq!((decided, note.action, note.personal["address"].as_str()), (expected, "review.confirmed", BOB));
    assert_eq!(confirm(&desk, ANN, ANN), Err(Refused::Own));
    assert_eq!(confirm(&desk, BOB, ANN), Err(Refused::NotYours));
    assert_eq!(confirm(&desk, ANN, NEW), Err(Refused::HoldsNothing));
    let removed =
        |desk: &Desk, by: &str, who: &str| with(desk, by, |reviewing| review.removed(&address(who), reviewing));
    assert_eq!(removed(&desk, CAT, ANN).map(|decided| decided.verdict), Ok(Verdict::Removed));
    assert_eq!((removed(&desk, ANN, ANN), removed(&desk, BOB, ANN)), (Err(Refused::Own), Err(Refused::NotYours)));
    desk.now = after(30);
    assert_eq!((confirm(&desk, ANN, BOB), removed(&desk, ANN, BOB)), (Err(Refused::Over), Err(Refused::Over)));
}

/// ROLE-10 reminders after 7 and 14 days, where somebody is not decided on, and the end after 30; a sweep that comes late reminds
/// once, and one that comes again finds nothing.
#[test]
fn role_10_reminders_after_7_and_14_days_and_the_end_after_30() {
    let desk = Desk::of_ann();
    let sweep = |review: &Review, undecided, at| review.clone().sweep(undecided, at, &desk.policy);
    let review = begun(&desk);
    assert_eq!(review.due_at(&desk.policy), Some(after(7)));
    assert_eq!(sweep(&review, 3, after(7).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap()), None);
    let first = sweep(&review, 3, after(7)).unwrap();
    assert_eq!(
        (first.mail, first.seen, first.note.facts["undecided"].as_str()),
        (Some(ReviewMail::Reminder), Some(1), "3")
    );
    assert_eq!((sweep(&first.after, 3, after(7)), first.after.due_at(&desk.policy)), (None, Some(after(14))));
    let second = sweep(&first.after, 0, after(14)).unwrap();
    assert_eq!((second.mail, second.after.due_at(&desk.policy)), (None, Some(after(30))));
    let ended = sweep(&second.after, 2, after(31)).unwrap();
    assert_eq!((ended.mail, ended.after.state.clone()), (Some(ReviewMail::Ended), State::Ended { at: after(30) }));
    assert_eq!((ended.after.due_at(&desk.policy), sweep(&ended.after, 2, after(60))), (None, None));
    let late = sweep(&review, 3, after(20)).unwrap();
    assert_eq!((late.mail, late.after.due_at(&desk.policy)), (Some(ReviewMail::Reminder), Some(after(30))));
    let very_late = sweep(&review, 3, after(40)).unwrap();
    assert_eq!((very_late.mail, very_late.after.state), (Some(ReviewMail::Ended), State::Ended { at: after(30) }));
}

/// ROLE-10 it is ended before its time only where nobody is left undecided.
#[test]
fn role_10_it_is_finished_when_all_are_decided() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Download], None);
    let review = begun(&desk);
    let finish = |desk: &Desk, by: &str, left| with(desk, by, |reviewing| review.clone().finish(left, reviewing));
    assert_eq!(finish(&desk, ANN, 2), Err(Refused::Undecided(2)));
    assert_eq!(finish(&desk, BOB, 0), Err(Refused::NotYours));
    let step = finish(&desk, ANN, 0).unwrap();
    assert_eq!((step.after.state.clone(), step.mail), (State::Finished { at: now() }, Some(ReviewMail::Ended)));
    assert_eq!(step.after.due_at(&desk.policy), None);
    assert!(start(&desk, ANN, Some(&step.after)).is_ok());
    desk.now = after(30);
    assert_eq!(finish(&desk, ANN, 0), Err(Refused::Over));
}

/// ROLE-10 the result says of each what became of them: decided, given after it began, or undecided, who keep what they have. A
/// decision of an earlier review counts for nothing.
#[test]
fn role_10_the_result_lists_who_was_not_decided_on() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Download], None).holding(0, CAT, &[Download], None);
    let review = begun(&desk);
    desk.now = after(2);
    desk.done(ANN, NEW, &assign(&[Download]));
    let decided = with(&desk, ANN, |reviewing| review.confirm(&address(BOB), &desk.access(BOB), reviewing)).unwrap().0;
    let row = |who: &str, decided: Option<&Decided>| {
        review.row(address(who), desk.access(who), desk.stages[0].holders.get(&address(who)), decided)
    };
    assert_eq!(row(BOB, Some(&decided)).became, Became::Decided(Verdict::Confirmed, person(ANN), after(2)));
    assert_eq!((row(CAT, None).became, row(NEW, None).became), (Became::Undecided, Became::NewSince));
    assert_eq!(row(CAT, None).access, desk.access(CAT), "nothing is removed by itself");
    assert_eq!(row(BOB, Some(&Decided { review: 0, ..decided.clone() })).became, Became::Undecided);
    assert_eq!(row(CAT, Some(&decided)).became, Became::Undecided, "it is somebody else's");
    // Who was given more since had something before.
    desk.done(ANN, CAT, &assign(&[Administrator]));
    let row = review.row(address(CAT), desk.access(CAT), Some(&desk.held(CAT)), None);
    assert_eq!((row.became.as_str(), Became::NewSince.as_str()), ("undecided", "new-since"));
    // Who was removed is listed with nothing.
    desk.holder(0, BOB).give_up(GivenUpBy::Another, after(2));
    let removed = Decided { verdict: Verdict::Removed, ..decided };
    let row = review.row(address(BOB), desk.access(BOB), Some(&desk.held(BOB)), Some(&removed));
    assert_eq!((row.became.as_str(), row.access.is_empty()), ("removed", true));
}

/// ROLE-10 what is stored of a review is written and read.
#[test]
fn role_10_what_is_stored_of_a_review_is_read_again() {
    let desk = Desk::of_ann().holding(0, BOB, &[Download], None);
    let mut review = begun(&desk);
    for state in [State::Open, State::Finished { at: now() }, State::Ended { at: now() }] {
        review.state = state;
        assert_eq!(serde_json::from_value::<Review>(serde_json::to_value(&review).unwrap()).unwrap(), review);
    }
    review.state = State::Open;
    let decided = with(&desk, ANN, |reviewing| review.removed(&address(BOB), reviewing)).unwrap();
    assert_eq!(serde_json::from_value::<Decided>(serde_json::to_value(&decided).unwrap()).unwrap(), decided);
}

proptest! {
    /// ROLE-10 EXP-03 whenever sweeps come, and however many: at most two reminders, one end, and nothing after it.
    #[test]
    fn role_10_any_sweeps_remind_twice_at_most_and_end_once(mut hours in prop::collection::vec(0..1000_u32, 1..30)) {
        hours.sort_unstable();
        let desk = Desk::of_ann();
        let mut review = begun(&desk);
        let mut mails = Vec::new();
        for hours in hours {
            let now = licensing::when::add_hours(now(), hours);
            if let Some(step) = review.clone().sweep(1, now, &desk.policy) {
                prop_assert_eq!(step.seen, Some(review.version));
                review = step.after;
                mails.extend(step.mail);
            }
            prop_assert!(review.due_at(&desk.policy).is_none_or(|due| now < due), "all that is due was done");
            prop_assert_eq!(review.state_at(now).is_open(), now < after(30));
        }
        prop_assert!(mails.iter().filter(|mail| **mail == ReviewMail::Reminder).count() <= 2);
        prop_assert!(mails.iter().filter(|mail| **mail == ReviewMail::Ended).count() <= 1);
        prop_assert!(mails.iter().rposition(|mail| *mail == ReviewMail::Ended).is_none_or(|at| at + 1 == mails.len()));
    }
}
