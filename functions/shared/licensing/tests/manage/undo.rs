//! What is undone.

use licensing::{
    access::{Holder, Settled},
    manage::{Change, Refused},
    roles::Role,
};

use Role::{Administrator, Download, LicensingInfo};

use crate::desk::{ANN, BOB, CAT, Desk, NEW, address, assign, assign_until, date, now, sweep};

/// APR-07 undoing restores exactly what was there, unless somebody changed it since; who registered since stays registered.
#[test]
fn apr_07_undo_restores_exactly_what_was_there() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[LicensingInfo], None);
    let before = desk.held(BOB);
    let changed = desk.done(ANN, BOB, &assign(&[Administrator]));
    let undo = |desk: &Desk| desk.with(ANN, BOB, |managing| managing.undo(Some(&before), changed.digest()));
    let outcome = undo(&desk).unwrap();
    let undone = desk.clone().write(BOB, outcome);
    assert_eq!((undone.holder, undone.note.action), (before.clone(), "people.undone"));
    desk.done(ANN, BOB, &assign(&[Download]));
    assert_eq!(undo(&desk), Err(Refused::ChangedSince));

    let mut desk = Desk::of_ann();
    let changed = desk.done(ANN, NEW, &assign(&[Download]));
    desk.registered.insert(address(NEW), now());
    assert_eq!(sweep(&mut desk), Settled::Registered);
    let outcome = desk.with(ANN, NEW, |managing| managing.undo(None, changed.digest())).unwrap();
    desk.write(NEW, outcome);
    assert_eq!(desk.held(NEW), Holder::default());
}

/// APR-07 ROLE-08 ROLE-09 undoing is judged like any other change: the last Administrator stays, nobody gives beyond their own
/// end, and nobody undoes what was done to them.
#[test]
fn role_08_undo_is_judged_like_a_change() {
    let mut desk = Desk::of_ann();
    let made = desk.done(ANN, BOB, &assign(&[Administrator]));
    desk.done(BOB, ANN, &Change::Remove);
    desk.done(BOB, CAT, &assign_until(&[Administrator], "2026-12-31"));
    let undo = |desk: &Desk, by, who, before: Option<&Holder>, left| desk.with(by, who, |it| it.undo(before, left));
    assert_eq!(undo(&desk, CAT, BOB, None, made.digest()), Err(Refused::LastAdministrator));
    let before = Desk::of_ann().held(ANN);
    let removed = desk.held(ANN).digest();
    assert_eq!(undo(&desk, CAT, ANN, Some(&before), removed), Err(Refused::BeyondYours { day: date("2026-12-31") }));
    assert_eq!(undo(&desk, ANN, ANN, Some(&before), removed), Err(Refused::NotYours));
    assert_eq!(undo(&desk, BOB, BOB, None, made.digest()), Err(Refused::Own));
    let outcome = undo(&desk, BOB, ANN, Some(&before), removed).unwrap();
    desk.write(ANN, outcome);
    assert_eq!(desk.held(ANN), before);
}
