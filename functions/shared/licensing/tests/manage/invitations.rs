//! Invitations, and ends that are told.

use std::collections::BTreeSet;

use licensing::{
    Timestamp,
    access::{By, Grant, InvitationState, Settled},
    manage::{Change, Refused},
    request::Asked,
    roles::{Benefit, Role},
    when::{add_days, add_hours},
};

use Role::{Administrator, Download, LicensingInfo, ProductKeys, SoftwareAssuranceManager};

use crate::desk::{ANN, BOB, Desk, NEW, address, asked, assign, assign_until, at, now, state, sweep, until};

/// APR-08 whoever is assigned and has not registered is invited; what they were given ends with that after 30 days, to the second,
/// swept or not, and an expired invitation blocks no new one.
#[test]
fn apr_08_an_assignment_ends_with_its_invitation() {
    let mut desk = Desk::of_ann();
    assert!(desk.done(ANN, NEW, &assign(&[Download, Administrator])).invites);
    let ends_at = add_days(now(), 30);
    assert_eq!(state(&desk, false), InvitationState::Invited { ends_at });
    assert_eq!(desk.roles(NEW), [Administrator, Download]);
    desk.now = ends_at.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    assert_eq!((sweep(&mut desk), desk.roles(NEW).len()), (Settled::Waits, 2));
    desk.now = ends_at;
    assert_eq!(state(&desk, false), InvitationState::Expired { at: ends_at });
    assert!(desk.roles(NEW).is_empty(), "before the sweep was here");
    assert!(!desk.standing().administrators(desk.now).contains(&address(NEW)), "the roster knows it, too");
    assert_eq!(desk.refuses(ANN, NEW, &Change::Remove), Refused::HoldsNothing);
    // Registered too late: nothing comes back.
    let mut late = desk.clone();
    late.registered.insert(address(NEW), ends_at);
    assert_eq!(sweep(&mut late), Settled::Ended([Administrator, Download].into()));
    assert!(late.roles(NEW).is_empty() && !late.held(NEW).gives_something());
    assert_eq!(late.held(NEW).invitation.unwrap().ended, [asked(&[Administrator, Download])]);
    // Swept or not, another one is not blocked.
    let mut swept = desk.clone();
    sweep(&mut swept);
    assert_eq!(sweep(&mut swept), Settled::Waits, "it ends once");
    for mut desk in [desk, swept] {
        let changed = desk.done(ANN, NEW, &assign(&[Download]));
        assert_eq!((changed.invites, desk.roles(NEW)), (true, vec![Download]));
        assert_eq!(state(&desk, false), InvitationState::Invited { ends_at: add_days(ends_at, 30) });
    }
}

/// APR-08 REG-08 proving the address writes nothing here: what was given counts on, and the sweep that asks a day before the end
/// takes the end away.
#[test]
fn apr_08_who_registers_in_time_keeps_it() {
    let mut desk = Desk::of_ann();
    desk.done(ANN, NEW, &assign(&[Download]));
    let (asks, ends_at) = (add_days(now(), 29), add_days(now(), 30));
    assert_eq!(desk.held(NEW).due_at(14), Some(asks));
    desk.registered.insert(address(NEW), add_days(now(), 3));
    desk.now = add_days(now(), 3);
    assert_eq!(state(&desk, false), InvitationState::Registered);
    // Nobody registered by the first time, somebody does in the last day.
    let mut last_day = desk.clone();
    last_day.registered.insert(address(NEW), add_hours(asks, 23));
    last_day.now = asks;
    assert_eq!((sweep(&mut last_day), last_day.held(NEW).due_at(14)), (Settled::Waits, Some(ends_at)));
    last_day.now = ends_at;
    for mut desk in [Desk { now: asks, ..desk.clone() }, last_day] {
        assert_eq!(sweep(&mut desk), Settled::Registered);
        assert_eq!((desk.held(NEW).invitation.clone(), desk.held(NEW).due_at(14)), (None, None));
        desk.now = add_days(ends_at, 300);
        assert_eq!(desk.roles(NEW), [Download]);
    }
}

/// APR-08 ROLE-07 what rows gave does not end with an invitation: it stays, and is flagged; what the portal gives besides does end.
#[test]
fn apr_08_loaded_ones_stay() {
    let mut desk = Desk::of_ann().holding(0, NEW, &[LicensingInfo], None);
    assert_eq!(state(&desk, false), InvitationState::NeverRegistered);
    assert!(desk.with(ANN, NEW, |managing| managing.invite_again(false)).is_ok());
    desk.done(ANN, NEW, &assign(&[LicensingInfo, Download]));
    desk.now = add_days(now(), 30);
    assert_eq!(desk.roles(NEW), [LicensingInfo]);
    assert_eq!(sweep(&mut desk), Settled::Ended([Download].into()));
    assert_eq!(desk.roles(NEW), [LicensingInfo]);

    let mut asked_again = Desk::of_ann().holding(0, NEW, &[LicensingInfo], None);
    let outcome = asked_again.with(ANN, NEW, |managing| managing.invite_again(false)).unwrap();
    asked_again.write(NEW, outcome);
    assert_eq!(asked_again.held(NEW).due_at(14), None, "nothing hangs on it");
    asked_again.now = add_days(now(), 30);
    assert_eq!(
        (state(&asked_again, false), asked_again.roles(NEW)),
        (InvitationState::NeverRegistered, vec![LicensingInfo])
    );
}

/// APR-08 ROLE-07 a loaded role to which the portal adds something stays when the invitation ends, as before.
#[test]
fn apr_08_what_is_added_to_a_loaded_role_ends_nothing() {
    let mut desk = Desk::of_ann();
    let row = Grant { by: By::Row, at: now(), until: None, scheme: None };
    desk.holder(0, NEW).assign([SoftwareAssuranceManager], &[Benefit::Support].into(), false, &row);
    let home = Asked { benefits: [Benefit::HomeUse].into(), ..asked(&[SoftwareAssuranceManager]) };
    assert!(desk.done(ANN, NEW, &Change::Assign { roles: home, listings_count: false }).invites);
    desk.now = add_days(now(), 30);
    sweep(&mut desk);
    assert_eq!(desk.roles(NEW), [SoftwareAssuranceManager]);
}

/// APR-08 two assignments are one invitation: the later moves its end out for both. Roles that a request gives besides stay.
#[test]
fn apr_08_two_invitations_are_one() {
    let mut desk = Desk::of_ann();
    desk.done(ANN, NEW, &assign_until(&[Download], "2027-06-30"));
    desk.now = add_days(now(), 20);
    desk.done(ANN, NEW, &assign(&[Download, ProductKeys]));
    assert_eq!(desk.held(NEW).invitation.as_ref().map(|it| it.letter), Some(2));
    desk.now = add_days(now(), 49);
    assert_eq!(desk.roles(NEW), [Download, ProductKeys]);
    let by_request = Grant { by: By::Row, at: desk.now, until: None, scheme: None };
    desk.holder(0, NEW).assign([Download], &BTreeSet::new(), false, &by_request);
    desk.now = add_days(now(), 50);
    assert_eq!(desk.roles(NEW), [Download]);
}

/// APR-08 the letter is sent again, three a day, and the days are counted anew; not to who has registered, to whom email fails, or
/// who has nothing there.
#[test]
fn apr_08_an_invitation_is_sent_again() {
    let mut desk = Desk::of_ann();
    let again = |desk: &Desk, fails| desk.with(ANN, NEW, |managing| managing.invite_again(fails));
    assert_eq!(again(&desk, false), Err(Refused::HoldsNothing));
    desk.done(ANN, NEW, &assign(&[Download]));
    assert_eq!(again(&desk, true), Err(Refused::MailFails));
    assert_eq!(state(&desk, true), InvitationState::Bounced { ends_at: Some(add_days(now(), 30)) });
    desk.now = add_hours(now(), 1);
    for letter in 2..=3 {
        let outcome = again(&desk, false).unwrap();
        assert!(desk.write(NEW, outcome).invites);
        assert_eq!(desk.held(NEW).invitation.unwrap().letter, letter);
    }
    assert_eq!(state(&desk, false), InvitationState::Invited { ends_at: add_days(desk.now, 30) });
    assert_eq!(again(&desk, false), Err(Refused::TooOften { at: add_days(now(), 1) }));
    // What is given is told all the same.
    assert!(desk.done(ANN, NEW, &assign(&[ProductKeys])).invites);
    desk.now = add_days(now(), 1);
    assert!(again(&desk, false).is_ok());
    desk.registered.insert(address(NEW), desk.now);
    assert_eq!(again(&desk, false), Err(Refused::Registered));
    desk.registered.clear();
    desk.done(ANN, NEW, &Change::Remove);
    assert_eq!((desk.held(NEW).invitation.clone(), again(&desk, false)), (None, Err(Refused::HoldsNothing)));
}

// ---- Ends ----

/// ROLE-09 Administrators and the holder are told of an end 14 days before, once; of one that was given for less, with the act; of
/// one that moved, again.
#[test]
fn role_09_ends_are_told_14_days_before() {
    let mut desk = Desk::of_ann();
    desk.done(ANN, BOB, &assign_until(&[Download], "2027-01-31"));
    desk.done(ANN, BOB, &assign_until(&[ProductKeys], "2026-12-01"));
    let due = at("2027-01-17T00:00:00Z");
    assert_eq!(desk.held(BOB).due_at(14), Some(due));
    let tell = |desk: &mut Desk, at: Timestamp| desk.holder(0, BOB).tell_of_ends(14, at);
    assert_eq!(tell(&mut desk, due.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap()), []);
    assert_eq!(tell(&mut desk, due), [until(&[Download], "2027-01-31")]);
    assert_eq!((tell(&mut desk, due), desk.held(BOB).due_at(14)), (vec![], None));
    desk.now = due;
    desk.done(ANN, BOB, &assign_until(&[Download], "2027-03-31"));
    assert_eq!(desk.held(BOB).due_at(14), Some(at("2027-03-17T00:00:00Z")));
    // A sweep that comes after the end has nothing to tell, and does not come again.
    assert_eq!(tell(&mut desk, at("2027-04-01T00:00:00Z")), []);
    assert_eq!(desk.held(BOB).due_at(14), None);
}

/// ROLE-09 what comes with a role and ends before it is told, too.
#[test]
fn role_09_the_end_of_a_benefit_is_told() {
    let mut desk = Desk::of_ann();
    let support = Asked { benefits: [Benefit::Support].into(), ..asked(&[SoftwareAssuranceManager]) };
    let home = Asked { benefits: [Benefit::HomeUse].into(), ..until(&[SoftwareAssuranceManager], "2027-01-31") };
    for roles in [support, home.clone()] {
        desk.done(ANN, BOB, &Change::Assign { roles, listings_count: false });
    }
    let due = at("2027-01-17T00:00:00Z");
    assert_eq!(desk.held(BOB).due_at(14), Some(due));
    assert_eq!(desk.holder(0, BOB).tell_of_ends(14, due), [home]);
}
