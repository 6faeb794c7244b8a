//! Assigned, edited, removed and denied; and what is refused.

use std::collections::BTreeSet;

use licensing::{
    Address, ContactName,
    access::{By, Claim, Deniable, GivenUpBy, Holder, OptOutOf, Roster, Source},
    manage::{AdministratorChange, Change, Managing, Outcome, Refused, is_guarded, with_roster},
    request::Asked,
    roles::{Benefit, LIMITED_SET, Role},
    when::{add_days, add_hours},
};

use Role::{Administrator, Download, LicensingInfo, OnlineServicesManager, ProductKeys, SoftwareAssuranceManager};

use crate::desk::{ANN, BOB, CAT, Desk, NEW, address, asked, assign, assign_until, date, now, until};

/// APR-07 an Administrator gives roles; what is there already is left out, and all of it changes nothing. The audit says what and
/// to whom.
#[test]
fn apr_07_what_is_there_already_changes_nothing() {
    let mut desk = Desk::of_ann();
    let changed = desk.done(ANN, BOB, &assign(&[LicensingInfo, Download]));
    assert_eq!(changed.given, Some(asked(&[LicensingInfo, Download])));
    assert_eq!((changed.by.0.as_str(), changed.by.1, changed.invites), (ANN, 0, false));
    assert_eq!(
        (changed.note.action, changed.note.facts["given"].as_str()),
        ("people.assigned", "licensing-info download")
    );
    assert_eq!(changed.note.personal["address"], BOB);
    assert_eq!(
        desk.held(BOB).assigned.roles[&Download].by,
        By::Person { profile: ANN.parse().unwrap(), address: address(ANN) }
    );
    assert_eq!(desk.judge(ANN, BOB, &assign(&[Download])), Ok(Outcome::Unchanged));
    let changed = desk.done(ANN, BOB, &assign(&[Download, ProductKeys]));
    assert_eq!((changed.gains().roles, changed.given), ([ProductKeys].into(), Some(asked(&[ProductKeys]))));
    assert_eq!(desk.roles(BOB), [LicensingInfo, Download, ProductKeys]);
}

/// APR-07 a role by name beside Administrator is kept by name: it is still there when Administrator goes.
#[test]
fn apr_07_a_role_is_given_beside_administrator() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Administrator], None);
    desk.done(ANN, BOB, &assign(&[Download]));
    desk.done(ANN, BOB, &Change::Edit { roles: vec![asked(&[Download])] });
    assert_eq!(desk.roles(BOB), [Download]);
}

/// ROLE-02 ROLE-05 only Administrators manage users: nobody with any other role, a reseller, or who claimed the licence.
#[test]
fn role_05_the_limited_set_manages_nobody() {
    let others: Vec<Role> = Role::ALL.iter().copied().filter(|role| *role != Administrator).collect();
    let mut desk = Desk::of(&["open-licence/5"]).holding(0, CAT, &[Administrator], None).holding(0, BOB, &others, None);
    desk.holder(0, ANN).ordered(&"PO-1".parse().unwrap());
    desk.holder(0, ANN).claim = Some(Claim { at: now(), counts_from: now() });
    assert_eq!(desk.roles(ANN), LIMITED_SET.iter().copied().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
    let whole = [
        assign(&[LicensingInfo]),
        Change::Edit { roles: vec![asked(&[LicensingInfo])] },
        Change::Remove,
        Change::InheritAgain,
        Change::Deny { what: Deniable::Orders },
        Change::UndoDenial { what: Deniable::Claim },
    ];
    for by in [ANN, BOB, "eve@fabrikam.example"] {
        for change in &whole {
            assert_eq!(desk.refuses(by, CAT, change), Refused::NotYours, "{by} {change:?}");
            // Whether it is one's own is not looked at first: that would say that the number is known.
            assert_eq!(desk.refuses(by, by, change), Refused::NotYours, "{by} {change:?}");
        }
        assert_eq!(desk.with(by, CAT, |managing| managing.invite_again(false)), Err(Refused::NotYours));
        assert_eq!(desk.with(by, CAT, |managing| managing.undo(None, desk.held(CAT).digest())), Err(Refused::NotYours));
    }
}

/// PERM-02 ROLE-09 nobody gives themselves a role, drops one, prolongs one or takes a removal back, by any address of theirs.
#[test]
fn role_09_nobody_prolongs_their_own() {
    let desk = Desk::of_ann().holding(0, BOB, &[Administrator], Some("2026-12-31"));
    for change in [
        assign(&[Administrator]),
        assign_until(&[Administrator], "2027-01-31"),
        Change::Edit { roles: vec![asked(&[Download])] },
        Change::Remove,
        Change::InheritAgain,
        Change::Deny { what: Deniable::Claim },
        Change::UndoDenial { what: Deniable::Claim },
    ] {
        assert_eq!(desk.refuses(BOB, BOB, &change), Refused::Own, "{change:?}");
        // An address that lapsed is still theirs.
        let own = [address(BOB), address(CAT)];
        let by_another = desk.with(BOB, CAT, |managing| change.judge(&Managing { own: &own, ..*managing }));
        assert_eq!(by_another, Err(Refused::Own), "{change:?}");
    }
}

/// ROLE-09 who holds until a day gives until that day at most, and is told so; who may longer is not cut, and another
/// Administrator prolongs.
#[test]
fn role_09_who_holds_until_a_day_gives_until_that_day() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Administrator], Some("2026-12-31"));
    for (wanted, given, cut) in [
        (assign(&[Download]), "2026-12-31", true),
        (assign_until(&[Download], "2027-06-30"), "2026-12-31", true),
        (assign_until(&[Download], "2026-12-31"), "2026-12-31", false),
        (assign_until(&[Download], "2026-12-01"), "2026-12-01", false),
    ] {
        let Ok(Outcome::Changed(changed)) = desk.judge(BOB, CAT, &wanted) else { panic!("{wanted:?}") };
        assert_eq!(changed.given.unwrap().until, Some(date(given)), "{wanted:?}");
        assert_eq!(changed.cut_to, cut.then(|| date("2026-12-31")), "{wanted:?}");
    }
    desk.done(BOB, CAT, &assign(&[Administrator]));
    assert_eq!(desk.access(CAT).until(Administrator), Some(date("2026-12-31")));
    assert_eq!(
        desk.judge(CAT, BOB, &assign(&[Administrator])),
        Ok(Outcome::Unchanged),
        "they can't prolong each other"
    );
    assert_eq!(desk.done(ANN, CAT, &assign(&[Administrator])).cut_to, None);
    assert_eq!(desk.access(CAT).until(Administrator), None);
    assert_eq!(desk.judge(BOB, CAT, &assign(&[Administrator])), Ok(Outcome::Unchanged), "what lasts longer stays");
}

/// ROLE-01 ROLE-09 REQ-01 no roles, roles that the programme lacks and a last day that is over are refused by name; today is not.
#[test]
fn role_01_what_can_not_be_given_is_refused_by_name() {
    let desk = Desk::of(&["master/7"]).holding(0, ANN, &[Administrator], None);
    let edit = |roles: Asked| Change::Edit { roles: vec![roles] };
    assert_eq!(desk.refuses(ANN, BOB, &assign(&[])), Refused::NoRoles);
    assert_eq!(desk.refuses(ANN, BOB, &Change::Edit { roles: Vec::new() }), Refused::NoRoles);
    assert_eq!(desk.refuses(ANN, BOB, &assign(&[Download])), Refused::NoSuchRole { role: Download });
    assert_eq!(desk.refuses(ANN, BOB, &edit(asked(&[Download]))), Refused::NoSuchRole { role: Download });
    let yesterday = Refused::EndIsPast { until: date("2026-11-21") };
    assert_eq!(desk.refuses(ANN, BOB, &assign_until(&[LicensingInfo], "2026-11-21")), yesterday);
    assert_eq!(desk.refuses(ANN, BOB, &edit(until(&[LicensingInfo], "2026-11-21"))), yesterday);
    assert!(desk.judge(ANN, BOB, &assign_until(&[LicensingInfo], "2026-11-22")).is_ok());
    // What only goes with a role is left out without it.
    let alone = Asked { benefits: [Benefit::Support].into(), reservations: true, ..asked(&[]) };
    assert_eq!(desk.refuses(ANN, BOB, &Change::Assign { roles: alone, listings_count: false }), Refused::NoRoles);
}

/// PERM-04 an assignment gives what it names and no more; listings count again only where that is ticked, and never by one who
/// holds until a day.
#[test]
fn perm_04_listings_count_again_only_if_that_is_ticked() {
    let mut desk = Desk::of_ann().naming(0, ContactName::OnlineServicesManager, BOB);
    desk.holder(0, BOB).give_up(GivenUpBy::Another, now());
    let ticked = Change::Assign { roles: asked(&[Download]), listings_count: true };
    let plain = desk.clone().done(ANN, BOB, &assign(&[Download]));
    assert_eq!(plain.after.roles().collect::<Vec<_>>(), [Download]);
    let revived = desk.done(ANN, BOB, &ticked);
    assert_eq!(revived.after.roles().collect::<Vec<_>>(), [Download, OnlineServicesManager]);
    assert!(desk.held(BOB).told.acted_since);
    assert_eq!(desk.judge(ANN, BOB, &ticked), Ok(Outcome::Unchanged), "there is nothing left to bring back");

    let mut desk = Desk::of_ann().holding(0, CAT, &[Administrator], Some("2026-12-31"));
    desk.holder(0, BOB).give_up(GivenUpBy::Oneself, now());
    assert_eq!(desk.refuses(CAT, BOB, &ticked), Refused::RevivesBeyondYours { day: date("2026-12-31") });
    assert!(desk.judge(CAT, BOB, &assign(&[Download])).is_ok());
    // The tick alone is enough where the roles are there.
    desk.done(ANN, BOB, &assign(&[Download]));
    let changed = desk.done(ANN, BOB, &ticked);
    assert_eq!((changed.given, desk.held(BOB).gave_up), (None, None));
}

// ---- Editing ----

/// APR-07 ROLE-09 editing says all that acts give: roles go and come, ends move both ways, what comes with a role has an end of
/// its own; what is said already changes nothing, and what stays was given by whom it was.
#[test]
fn apr_07_an_edit_says_all_that_acts_give() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[LicensingInfo, Download], None);
    let edit = |roles: &[Asked]| Change::Edit { roles: roles.to_vec() };
    let changed = desk.done(ANN, BOB, &edit(&[asked(&[Download, ProductKeys])]));
    assert_eq!((changed.loses().roles, changed.gains().roles), ([LicensingInfo].into(), [ProductKeys].into()));
    let facts = |name: &str| changed.note.facts.get(name).map(String::as_str);
    assert_eq!((facts("given"), facts("gone")), (Some("product-keys"), Some("licensing-info")));
    assert_eq!(desk.held(BOB).assigned.roles[&Download].by, By::Row);
    assert_eq!(desk.judge(ANN, BOB, &edit(&[asked(&[Download, ProductKeys])])), Ok(Outcome::Unchanged));

    desk.done(ANN, BOB, &edit(&[until(&[Download], "2027-01-31")]));
    assert_eq!(desk.access(BOB).until(Download), Some(date("2027-01-31")), "an end moves in");
    desk.done(ANN, BOB, &edit(&[until(&[Download], "2027-03-31")]));
    assert_eq!(desk.access(BOB).until(Download), Some(date("2027-03-31")), "and out");

    let support = Asked { benefits: [Benefit::Support].into(), ..asked(&[SoftwareAssuranceManager]) };
    let home = Asked { benefits: [Benefit::HomeUse].into(), ..until(&[SoftwareAssuranceManager], "2026-12-31") };
    let reserves = Asked { reservations: true, ..until(&[OnlineServicesManager], "2026-12-31") };
    let wanted = [home.clone(), reserves.clone(), support.clone()];
    desk.done(ANN, BOB, &edit(&wanted));
    let both = Asked { roles: [SoftwareAssuranceManager, OnlineServicesManager].into(), reservations: true, ..home };
    assert_eq!(desk.held(BOB).given(now()), [both, support.clone()]);
    assert_eq!(desk.access(BOB).benefit_until(Benefit::HomeUse), Some(date("2026-12-31")));
    desk.done(ANN, BOB, &edit(&[support]));
    assert_eq!(desk.access(BOB).benefits(), [Benefit::Support].into());
    assert!(!desk.held(BOB).assigned.reservations && desk.held(BOB).assigned.shorter.is_empty());
}

/// ROLE-09 who holds until a day prolongs nothing beyond it by editing, and leaves alone what lasts longer.
#[test]
fn role_09_an_edit_prolongs_no_further_than_ones_own() {
    let mut desk = Desk::of_ann()
        .holding(0, CAT, &[Administrator], Some("2026-12-31"))
        .holding(0, BOB, &[Download], None)
        .holding(0, BOB, &[ProductKeys], Some("2026-12-01"));
    let changed = desk.done(CAT, BOB, &Change::Edit { roles: vec![asked(&[Download, ProductKeys])] });
    assert_eq!(changed.cut_to, Some(date("2026-12-31")));
    assert_eq!(
        (desk.access(BOB).until(Download), desk.access(BOB).until(ProductKeys)),
        (None, Some(date("2026-12-31")))
    );
}

// ---- Removing ----

/// APR-07 PERM-04 whoever is removed has nothing there any more: what acts gave goes, and listings and inheritance count no longer.
/// They confirm nothing, and what was taken says by whom.
#[test]
fn apr_07_who_is_removed_has_nothing_left() {
    let mut desk = Desk::of(&["select/1", "select/2"])
        .holding(0, ANN, &[Administrator], None)
        .holding(0, BOB, &[Download], None)
        .holding(1, BOB, &[Administrator], None)
        .naming(0, ContactName::SubscriptionsManager, BOB);
    let changed = desk.done(ANN, BOB, &Change::Remove);
    assert!(changed.after.is_empty());
    assert_eq!(changed.administrator(), Some(AdministratorChange::Removed));
    assert_eq!(desk.held(BOB).gave_up.unwrap().by, GivenUpBy::Another);
    assert_eq!(desk.refuses(ANN, BOB, &Change::Remove), Refused::HoldsNothing);
}

/// PERM-03 notices and primary contacts stay, of this agreement or of one above, and so does who was one until a correction whose
/// 72 hours are not over. Other contacts can be removed.
#[test]
fn perm_03_lasting_contacts_can_not_be_removed() {
    for level in 0..3 {
        for name in ContactName::ALL {
            let desk = Desk::of(&["select/1", "select/2", "master/7"])
                .holding(0, ANN, &[Administrator], None)
                .holding(0, BOB, &[Download], None)
                .naming(level, *name, BOB);
            let outcome = desk.judge(ANN, BOB, &Change::Remove);
            match name {
                ContactName::Primary | ContactName::Notices => {
                    assert_eq!(outcome, Err(Refused::MustStay { contact: *name, level }));
                }
                _ => assert!(outcome.is_ok(), "{name} {level}"),
            }
        }
    }
    let mut desk = Desk::of_ann().naming(0, ContactName::Notices, BOB).holding(0, BOB, &[Download], None);
    let (before, by) = (address(BOB), By::Row);
    desk.stages[0].corrections.correct(
        ContactName::Notices,
        Some(&before),
        address(CAT),
        by,
        now(),
        add_hours(now(), 72),
    );
    let stays = Refused::MustStay { contact: ContactName::Notices, level: 0 };
    assert_eq!((desk.refuses(ANN, BOB, &Change::Remove), desk.refuses(ANN, CAT, &Change::Remove)), (stays, stays));
    desk.now = add_hours(now(), 72);
    assert!(desk.judge(ANN, BOB, &Change::Remove).is_ok());
}

/// APR-07 an address that holds nothing can't be removed: nobody, who gave up, whose role ended, who was denied; and who sees it
/// as a contact above can't either, but one whose claim waits can.
#[test]
fn apr_07_who_holds_nothing_can_not_be_removed() {
    let mut desk = Desk::of(&["open-licence/5"]).holding(0, ANN, &[Administrator], None);
    assert_eq!(desk.refuses(ANN, BOB, &Change::Remove), Refused::HoldsNothing);
    desk.holder(0, BOB).give_up(GivenUpBy::Oneself, now());
    assert_eq!(desk.refuses(ANN, BOB, &Change::Remove), Refused::HoldsNothing);
    let ended = Desk::of_ann().holding(0, BOB, &[Download], Some("2026-11-21"));
    assert_eq!(ended.refuses(ANN, BOB, &Change::Remove), Refused::HoldsNothing);
    desk.holder(0, CAT).ordered(&"PO-1".parse().unwrap());
    desk.done(ANN, CAT, &Change::Deny { what: Deniable::Orders });
    assert_eq!(desk.refuses(ANN, CAT, &Change::Remove), Refused::HoldsNothing);
    desk.holder(0, CAT).claim = Some(Claim { at: now(), counts_from: add_hours(now(), 24) });
    assert!(desk.access(CAT).is_empty());
    desk.done(ANN, CAT, &Change::Remove);
    assert_eq!(desk.held(CAT).claim, None);
}

/// APR-07 ROLE-04 whoever is Administrator from above only is removed here only: above nothing changes, they don't opt in by
/// themselves, and an Administrator above undoes it; none of here does.
#[test]
fn apr_07_an_inherited_administrator_is_removed_here_only() {
    let mut desk = Desk::of(&["select/1", "select/2"])
        .holding(0, ANN, &[Administrator], None)
        .holding(1, BOB, &[Administrator], None)
        .holding(1, CAT, &[Administrator], None);
    let before = desk.held(BOB);
    let changed = desk.done(ANN, BOB, &Change::Remove);
    assert_eq!(
        (changed.note.action, changed.administrator()),
        ("people.removed-here", Some(AdministratorChange::Removed))
    );
    assert!(desk.access(BOB).is_empty() && desk.held(BOB).gave_up.is_none());
    assert_eq!(desk.held(BOB).opted_out_here, Some(now()));
    assert!(!desk.held(BOB).may_opt_in(OptOutOf::Itself) && desk.held(BOB).may_opt_in(OptOutOf::Children));
    assert_eq!(desk.refuses(ANN, BOB, &Change::Remove), Refused::HoldsNothing);
    assert_eq!(desk.refuses(ANN, BOB, &Change::InheritAgain), Refused::NotAbove);
    assert_eq!(desk.refuses(BOB, BOB, &Change::InheritAgain), Refused::NotYours);
    assert_eq!(desk.refuses(CAT, ANN, &Change::InheritAgain), Refused::NothingToUndo);
    let changed = desk.done(CAT, BOB, &Change::InheritAgain);
    assert_eq!((changed.by.0.as_str(), changed.by.1), (CAT, 1));
    assert_eq!(changed.after.sources_of(Administrator)[0].source, Source::Parent("select/2".parse().unwrap()));
    assert_eq!(desk.held(BOB), before);
    // Who opted out of their own accord is not brought back.
    desk.holder(0, BOB).opt_out(OptOutOf::Itself, now());
    assert!(desk.held(BOB).may_opt_in(OptOutOf::Itself));
    assert_eq!(desk.refuses(CAT, BOB, &Change::InheritAgain), Refused::NothingToUndo);
    // Nobody brings themselves back, also where something else makes them Administrator here.
    desk.holder(0, BOB).opt_in(OptOutOf::Itself);
    desk.done(ANN, BOB, &Change::Remove);
    let mut desk = desk.holding(0, BOB, &[Administrator], None);
    assert_eq!(desk.refuses(BOB, BOB, &Change::InheritAgain), Refused::Own);
    desk.done(ANN, BOB, &Change::Remove);
    assert!(desk.held(BOB).removed_here.is_some(), "it stays as it is when they are removed again");
}

/// ROLE-08 the last Administrator without an end and with a proven address is neither removed nor edited away nor cut short;
/// one who remains counts only without an end and proven, from above too. Who does not count can be removed.
#[test]
fn role_08_the_last_administrator_stays() {
    let ending = |desk: Desk| desk.holding(0, BOB, &[Administrator], Some("2026-12-31"));
    let takes = [
        Change::Remove,
        Change::Edit { roles: vec![asked(&[Download])] },
        Change::Edit { roles: vec![until(&[Administrator], "2027-12-31")] },
    ];
    let all_refuse = |desk: &Desk, refused: Option<Refused>| {
        for change in &takes {
            assert_eq!(desk.judge(BOB, ANN, change).err(), refused, "{change:?}");
        }
    };
    all_refuse(&ending(Desk::of_ann()), Some(Refused::LastAdministrator));
    // One more without an end, whose address is not proven.
    let unproven = ending(Desk::of_ann()).holding(0, "dan@contoso.example", &[Administrator], None);
    all_refuse(&unproven, Some(Refused::LastAdministrator));
    // And proven, by an act or from above.
    all_refuse(&ending(Desk::of_ann()).holding(0, CAT, &[Administrator], None), None);
    let above = Desk::of(&["select/1", "select/2"]).holding(0, ANN, &[Administrator], None);
    all_refuse(&ending(above).naming(1, ContactName::Primary, CAT), None);
    // Ann does not count: her address is not proven, as where it was mistyped.
    let mut mistyped = ending(Desk::of_ann());
    mistyped.registered.remove(&address(ANN));
    all_refuse(&mistyped, None);
    // What is left without her does.
    let listed = ending(Desk::of_ann()).naming(0, ContactName::OnlineAdministrator, ANN);
    assert!(listed.judge(BOB, ANN, &Change::Edit { roles: vec![asked(&[Download])] }).is_ok());
    assert_eq!(listed.refuses(BOB, ANN, &Change::Remove), Refused::LastAdministrator);
    // Who remains is named, so that the write checks that they still do.
    let two = ending(Desk::of_ann()).holding(0, CAT, &[Administrator], None);
    let Ok(Outcome::Changed(changed)) = two.judge(BOB, ANN, &Change::Remove) else { panic!("it is done") };
    assert_eq!(changed.remains, Some(address(CAT)));
}

/// ROLE-08 two who remove each other at once: whichever is written first, the other is refused when it is judged again.
#[test]
fn role_08_two_who_remove_each_other_do_not_both() {
    let desk = Desk::of_ann().holding(0, BOB, &[Administrator], None);
    assert!(desk.judge(ANN, BOB, &Change::Remove).is_ok() && desk.judge(BOB, ANN, &Change::Remove).is_ok());
    for (first, second) in [(ANN, BOB), (BOB, ANN)] {
        let mut desk = desk.clone();
        desk.done(first, second, &Change::Remove);
        assert_eq!(desk.refuses(second, first, &Change::Remove), Refused::NotYours);
    }
}

/// ROLE-08 where somebody goes from a parent, the preview tells which children would have nobody.
#[test]
fn role_08_children_that_would_have_nobody_are_told() {
    let child = Desk::of(&["select/1", "select/2"]).holding(1, BOB, &[Administrator], None);
    let guarded = Desk::of(&["select/3", "select/2"]).holding(0, CAT, &[Administrator], None).holding(
        1,
        BOB,
        &[Administrator],
        None,
    );
    let proven = |address: &Address| child.registered.contains_key(address);
    let empty = Roster::default();
    for (desk, after) in [(&child, false), (&guarded, true)] {
        assert!(is_guarded(&desk.standing(), proven, now()));
        assert_eq!(is_guarded(&with_roster(desk.standing(), 1, &empty), proven, now()), after);
        assert!(!is_guarded(&desk.standing(), |_| false, now()));
    }
}

/// APR-07 notices and primary contact are told of each Administrator made or removed, and of nobody else.
#[test]
fn apr_07_who_becomes_administrator_is_told() {
    let mut desk = Desk::of_ann();
    assert_eq!(desk.done(ANN, BOB, &assign(&[Download])).administrator(), None);
    assert_eq!(
        desk.done(ANN, BOB, &assign_until(&[Administrator], "2027-01-31")).administrator(),
        Some(AdministratorChange::Made)
    );
    assert_eq!(desk.done(ANN, BOB, &assign(&[Administrator])).administrator(), None);
    let edited = desk.done(ANN, BOB, &Change::Edit { roles: vec![asked(&[Download])] });
    assert_eq!(edited.administrator(), Some(AdministratorChange::Removed));
}

// ---- Resellers ----

/// APR-07 a reseller is denied what orders give, and a claimant the claim, each by itself; it is hidden and comes
/// back exactly, for seven days to the second.
#[test]
fn apr_07_a_denial_is_undone_for_seven_days() {
    let mut desk = Desk::of(&["open-licence/5"]).holding(0, ANN, &[Administrator], None);
    desk.holder(0, BOB).ordered(&"PO-1".parse().unwrap());
    desk.holder(0, BOB).claim = Some(Claim { at: now(), counts_from: now() });
    let before = desk.held(BOB);
    let [deny_orders, deny_claim] = [Deniable::Orders, Deniable::Claim].map(|what| Change::Deny { what });
    desk.done(ANN, BOB, &deny_orders);
    assert_eq!(desk.roles(BOB).len(), LIMITED_SET.len(), "the claim still gives it");
    assert_eq!(desk.judge(ANN, BOB, &deny_orders), Ok(Outcome::Unchanged));
    assert_eq!(desk.done(ANN, BOB, &deny_claim).note.action, "people.denied");
    assert!(desk.access(BOB).is_empty());
    desk.now = add_days(now(), 7);
    let undo = |what| Change::UndoDenial { what };
    assert_eq!(desk.refuses(ANN, BOB, &undo(Deniable::Claim)), Refused::TooLateToUndo { at: desk.now });
    desk.now = desk.now.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    desk.done(ANN, BOB, &undo(Deniable::Claim));
    desk.done(ANN, BOB, &undo(Deniable::Orders));
    assert_eq!(desk.held(BOB), before);
    assert_eq!(desk.refuses(ANN, BOB, &undo(Deniable::Orders)), Refused::NothingToUndo);
    assert_eq!(desk.refuses(ANN, CAT, &deny_orders), Refused::HoldsNothing);
}

/// APR-07 ROLE-09 what orders give has no end, so who holds until a day denies it and does not bring it back.
#[test]
fn role_09_who_holds_until_a_day_undoes_no_denial() {
    let mut desk = Desk::of(&["open-licence/5"]).holding(0, ANN, &[Administrator], Some("2026-12-31"));
    desk.holder(0, BOB).ordered(&"PO-1".parse().unwrap());
    desk.done(ANN, BOB, &Change::Deny { what: Deniable::Orders });
    let refused = desk.refuses(ANN, BOB, &Change::UndoDenial { what: Deniable::Orders });
    assert_eq!(refused, Refused::BeyondYours { day: date("2026-12-31") });
}

// ---- What is stored, and what is said ----

/// APR-07 every refusal names its field, why and what to do, in whole sentences, and is read as it was written.
#[test]
fn apr_07_every_refusal_says_what_to_do() {
    let day = date("2026-12-31");
    for refused in [
        Refused::NotYours,
        Refused::Own,
        Refused::NoRoles,
        Refused::NoSuchRole { role: Download },
        Refused::EndIsPast { until: day },
        Refused::RevivesBeyondYours { day },
        Refused::BeyondYours { day },
        Refused::MustStay { contact: ContactName::Notices, level: 0 },
        Refused::MustStay { contact: ContactName::Primary, level: 1 },
        Refused::LastAdministrator,
        Refused::HoldsNothing,
        Refused::NotAbove,
        Refused::NothingToUndo,
        Refused::TooLateToUndo { at: now() },
        Refused::ChangedSince,
        Refused::RosterFull,
        Refused::Registered,
        Refused::MailFails,
        Refused::TooOften { at: now() },
    ] {
        assert!(["licence", "address", "roles", "until", "listings_count"].contains(&refused.field()));
        for said in [refused.to_string(), refused.next().to_owned()] {
            assert!(said.ends_with('.') && said.starts_with(char::is_uppercase), "{said}");
        }
        let stored = serde_json::to_string(&refused).unwrap();
        assert_eq!(serde_json::from_str::<Refused>(&stored).unwrap(), refused);
    }
}

/// APR-08 what is stored of an invitation and a removal is written and read; what has neither is stored as it was before there were
/// any, and earlier items are read.
#[test]
fn apr_08_what_is_stored_is_read_again() {
    let mut desk = Desk::of(&["select/1", "select/2"]).holding(0, ANN, &[Administrator], None).holding(
        1,
        BOB,
        &[Administrator],
        None,
    );
    desk.done(ANN, NEW, &assign(&[Administrator]));
    desk.done(ANN, BOB, &Change::Remove);
    desk.holder(0, BOB).told_of_end = Some(date("2026-12-31"));
    for who in [NEW, BOB] {
        let stored = serde_json::to_string(&desk.held(who)).unwrap();
        assert_eq!(serde_json::from_str::<Holder>(&stored).unwrap(), desk.held(who));
    }
    let roster = desk.standing().levels[0].roster.clone();
    assert_eq!(serde_json::from_value::<Roster>(serde_json::to_value(&roster).unwrap()).unwrap(), roster);
    let plain = serde_json::to_value(desk.held(ANN)).unwrap();
    assert_eq!(plain.as_object().unwrap().keys().collect::<Vec<_>>(), ["assigned"]);
    assert_eq!(serde_json::from_str::<Holder>(r#"{"assigned":{"roles":{}}}"#).unwrap(), Holder::default());
}

/// APR-07 the roster's limit refuses giving, never taking.
#[test]
fn apr_07_a_full_roster_refuses_giving_only() {
    let mut desk = Desk::of_ann().holding(0, BOB, &[Administrator], None);
    let long = "x".repeat(60);
    let full = (0..).map(|number| format!("{long}{number:04}@{long}.example")).take_while(|who| {
        let mut roster = desk.standing().levels[0].roster.clone();
        let admin = Desk::of_ann().held(ANN);
        let fits = roster.note(&address(who), &admin).is_ok();
        if fits {
            desk.holder(0, who).assigned = admin.assigned;
        }
        fits
    });
    assert!(full.count() > 100);
    let one_more = format!("{long}more@{long}.example");
    assert_eq!(desk.judge(ANN, &one_more, &assign(&[Administrator])).err(), Some(Refused::RosterFull));
    assert!(desk.judge(ANN, &one_more, &assign(&[Download])).is_ok());
    assert!(desk.judge(ANN, BOB, &Change::Remove).is_ok());
}
