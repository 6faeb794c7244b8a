//! Whatever is given, edited and undone, and whoever registers when.

use std::collections::{BTreeMap, BTreeSet};

use licensing::{
    Date, Timestamp,
    access::{Action, By, Grant},
    manage::{Change, Outcome},
    request::Asked,
    roles::{Benefit, Role, Scheme},
    when::{add_days, add_hours},
};
use proptest::{prelude::*, sample::select};

use Role::{Administrator, Download, ProductKeys};

use crate::desk::{ANN, BOB, CAT, Desk, NEW, address, date, now, sweep};

fn any_asked() -> impl Strategy<Value = Asked> {
    let roles = prop::collection::btree_set(select(Role::ALL), 1..4);
    let benefits = prop::collection::btree_set(select(Benefit::ALL), 0..3);
    let until = prop::option::of(select(&["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"][..]));
    (roles, benefits, any::<bool>(), until).prop_map(|(roles, benefits, reservations, until)| {
        Asked { roles, benefits, reservations, until: until.map(date) }.tidy()
    })
}

/// Until when each role, benefit and reservations are given, `9999-12-31` for ever: a model of what acts give.
fn ends(given: &[Asked]) -> BTreeMap<String, Date> {
    let mut ends = BTreeMap::new();
    for asked in given {
        let roles = asked.roles.iter().map(ToString::to_string);
        let benefits = asked.benefits.iter().map(|benefit| format!("benefit {benefit}"));
        for name in roles.chain(benefits).chain(asked.reservations.then(|| "reservations".to_owned())) {
            let end = ends.entry(name).or_insert(Date::MIN);
            *end = (*end).max(asked.until.unwrap_or(Date::MAX));
        }
    }
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// APR-07 ROLE-09 whatever is assigned in whatever order, each right lasts as long as the longest of them; what acts give, told
    /// by its ends and given to somebody else, is the same; and once more it changes nothing.
    #[test]
    fn apr_07_what_is_given_is_the_longest_of_all(all in prop::collection::vec(any_asked(), 1..5)) {
        let mut desk = Desk::of_ann();
        for roles in &all {
            let change = Change::Assign { roles: roles.clone(), listings_count: false };
            if let Outcome::Changed(changed) = desk.judge(ANN, BOB, &change).unwrap() {
                desk.write(BOB, Outcome::Changed(changed));
            }
            prop_assert_eq!(desk.judge(ANN, BOB, &change).unwrap(), Outcome::Unchanged);
        }
        let given = desk.held(BOB).given(now());
        prop_assert_eq!(ends(&given), ends(&all));
        for reversed in [false, true] {
            let order: Vec<&Asked> = if reversed { given.iter().rev().collect() } else { given.iter().collect() };
            for roles in order {
                let change = Change::Assign { roles: roles.clone(), listings_count: false };
                let outcome = desk.judge(ANN, CAT, &change).unwrap();
                if matches!(outcome, Outcome::Changed(_)) {
                    desk.write(CAT, outcome);
                }
            }
            prop_assert_eq!(desk.held(CAT).given(now()), given.clone());
            desk.stages[0].holders.remove(&address(CAT));
        }
    }

    /// APR-07 ROLE-09 after an edit acts give exactly what it says, whatever they gave; by one who holds until a day what is new or
    /// longer ends then; and undoing it is as if nothing had been.
    #[test]
    fn apr_07_an_edit_is_exact_and_can_be_undone(
        before in prop::collection::vec(any_asked(), 0..4),
        wanted in prop::collection::vec(any_asked(), 1..4),
        limited in any::<bool>(),
    ) {
        let mut desk = Desk::of_ann().holding(0, CAT, &[Administrator], Some("2026-12-31"));
        for roles in &before {
            let outcome = desk.judge(ANN, BOB, &Change::Assign { roles: roles.clone(), listings_count: false }).unwrap();
            if matches!(outcome, Outcome::Changed(_)) {
                desk.write(BOB, outcome);
            }
        }
        let (held, by) = (desk.held(BOB), if limited { CAT } else { ANN });
        let expected: BTreeMap<String, Date> = ends(&wanted).into_iter().map(|(name, end)| {
            let had = ends(&before).get(&name).copied().unwrap_or(Date::MIN);
            let new = if limited { end.min(date("2026-12-31")) } else { end };
            (name, if end <= had { end } else { had.max(new) })
        }).collect();
        let outcome = desk.judge(by, BOB, &Change::Edit { roles: wanted.clone() }).unwrap();
        if let Outcome::Changed(changed) = &outcome {
            let taken_only = expected.iter().all(|(name, end)| ends(&before).get(name).is_some_and(|had| end <= had));
            prop_assert_eq!(changed.given.is_none(), taken_only);
            desk.write(BOB, outcome.clone());
            let undone = desk.with(ANN, BOB, |managing| managing.undo(Some(&held), changed.digest())).unwrap();
            let Outcome::Changed(undone) = undone else { panic!("something was changed") };
            prop_assert_eq!(undone.holder, held);
        }
        prop_assert_eq!(ends(&desk.held(BOB).given(now())), expected);
    }
}

/// What happens to one address that nobody has proven at first.
#[derive(Debug, Clone)]
enum Story {
    Assign(Role, Option<u32>),
    Row(Role),
    Register,
    Again,
    Days(u32),
    Hours(u32),
}

fn any_story() -> impl Strategy<Value = Vec<Story>> {
    let role = || select(&[Administrator, Download, ProductKeys][..]);
    prop::collection::vec(
        prop_oneof![
            3 => (role(), prop::option::weighted(0.3, 0..60_u32)).prop_map(|(role, days)| Story::Assign(role, days)),
            1 => role().prop_map(Story::Row),
            1 => Just(Story::Register),
            1 => Just(Story::Again),
            3 => select(&[1_u32, 15, 29, 30][..]).prop_map(Story::Days),
            2 => select(&[1_u32, 23, 24][..]).prop_map(Story::Hours),
        ],
        1..14,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// APR-08 REG-08 EXP-05 any history of assignments, rows, letters and registration gives what a model says that reads all of it
    /// from the start: what the portal gave counts while its invitation runs, and for good once somebody registered in time; what
    /// rows gave counts always. A sweep that never comes gives nobody more.
    #[test]
    fn apr_08_any_history_of_invitations_gives_what_the_model_says(story in any_story()) {
        let mut desks = [Desk::of_ann(), Desk::of_ann()];
        // Role to its last day (none: for ever), whether the portal gave it, and the end of what hangs on the invitation.
        let mut given: BTreeMap<Role, (Option<Date>, bool)> = BTreeMap::new();
        let mut invitation: Option<Timestamp> = None;
        let mut registered = false;
        let mut now = now();
        for step in story {
            let counts = |given: &BTreeMap<Role, (Option<Date>, bool)>, now: Timestamp| -> BTreeSet<Role> {
                given.iter().filter(|(_, (last, _))| last.is_none_or(|last| licensing::when::day_of(now) <= last)).map(|(role, _)| *role).collect()
            };
            match step {
                Story::Assign(role, days) => {
                    let last = days.map(|days| licensing::when::day_of(add_days(now, days)));
                    let roles = Asked { roles: [role].into(), until: last, ..Asked::default() };
                    let change = Change::Assign { roles, listings_count: false };
                    let mut news = false;
                    for desk in &mut desks {
                        let outcome = desk.judge(ANN, NEW, &change).unwrap();
                        news = matches!(outcome, Outcome::Changed(_));
                        if news {
                            desk.write(NEW, outcome);
                        }
                    }
                    let had = counts(&given, now).contains(&role).then(|| given[&role]);
                    let longer = had.is_none_or(|(had, _)| had.is_some_and(|had| last.is_none_or(|last| had < last)));
                    prop_assert_eq!(news, longer);
                    if longer {
                        given.insert(role, (last, had.map_or(!registered, |(_, by_portal)| by_portal && !registered)));
                        invitation = (!registered).then(|| add_days(now, 30)).or(invitation);
                    }
                }
                Story::Row(role) => {
                    let grant = Grant { by: By::Row, at: now, until: None, scheme: Some(Scheme::BenefitRoles) };
                    for desk in &mut desks {
                        desk.holder(0, NEW).assign([role], &BTreeSet::new(), false, &grant);
                    }
                    given.insert(role, (None, false));
                }
                Story::Register => {
                    registered = true;
                    for (_, by_portal) in given.values_mut() {
                        *by_portal = false;
                    }
                    for desk in &mut desks {
                        desk.registered.entry(address(NEW)).or_insert(now);
                    }
                }
                Story::Again => {
                    for desk in &mut desks {
                        if let Ok(outcome) = desk.with(ANN, NEW, |managing| managing.invite_again(false)) {
                            desk.write(NEW, outcome);
                            invitation = Some(add_days(now, 30));
                        }
                    }
                }
                Story::Days(days) => now = add_days(now, days),
                Story::Hours(hours) => now = add_hours(now, hours),
            }
            for desk in &mut desks {
                desk.now = now;
            }
            if invitation.is_some_and(|end| end <= now) {
                given.retain(|_, (_, by_portal)| !*by_portal);
            }
            let [swept, unswept] = &mut desks;
            if swept.held(NEW).due_at(14).is_some_and(|due| due <= now) {
                sweep(swept);
            }
            let expected = counts(&given, now);
            let (swept, unswept) = (swept.access(NEW), unswept.access(NEW));
            prop_assert_eq!(&swept.roles().collect::<BTreeSet<_>>(), &expected);
            prop_assert!(unswept.roles().all(|role| expected.contains(&role)));
            prop_assert_eq!(swept.allows(Action::ManageUsers).is_ok(), expected.contains(&Administrator));
        }
    }
}
