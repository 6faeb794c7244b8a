//! Who acts on a Licensing ID, as its rosters and contacts say: the same as all that everybody holds there would say.

use std::collections::BTreeSet;

use licensing::{
    Address, ContactName, Date, Licence, Timestamp,
    access::{
        Access, Action, Assigned, By, Claim, Corrections, Deniable, Denied, GaveUp, Given, GivenUpBy, Grant, Holder,
        Level, Missing, OptOutOf, Roster, RosterEntry, Shorter, Source, Standing, StandingLevel, TooLong, access,
        leaving::{self, Leaving, Stays},
    },
    judge::Contacts,
    roles::{Benefit, Role, Scheme},
    when::{add_days, add_hours, day_of},
};
use proptest::{prelude::*, sample::select};

use Role::{Administrator, Download, LicensingInfo, OnlineServicesManager, SoftwareAssuranceManager};

/// From the Licensing ID upwards; a master alone is one, too.
const CHAINS: [&[&str]; 4] = [
    &["enterprise/1"],
    &["enterprise/1", "enterprise/2"],
    &["enterprise/1", "enterprise/2", "master/3"],
    &["master/3"],
];

/// One is at a public provider, and one belongs to nobody whom the agreements name.
const PEOPLE: [&str; 5] =
    ["ann@contoso.example", "bob@contoso.example", "cas@contoso.example", "dot@gmail.com", "eve@fabrikam.example"];

// ---- Rosters ----

/// ROLE-02 a roster repeats of a holder what lets somebody act on what belongs to others, and nothing else.
#[test]
fn role_02_a_roster_says_who_acts() {
    let mut roster = Roster::default();
    let mut holder =
        holding(&[Administrator, OnlineServicesManager, Download, SoftwareAssuranceManager], Some("2026-12-31"));
    holder.assigned.reservations = true;
    holder.assigned.benefits = Benefit::ALL.iter().copied().collect();
    assert_eq!(roster.note(&person(0), &holder), Ok(true));
    let ends = Some(date("2026-12-31"));
    let entry = RosterEntry {
        roles: [(Administrator, ends), (OnlineServicesManager, ends)].into(),
        reservations: true,
        ..RosterEntry::default()
    };
    assert_eq!(RosterEntry::of(&holder), entry);
    assert_eq!((roster.addresses().collect::<Vec<_>>(), roster.is_empty()), (vec![&person(0)], false));
    assert_eq!(roster.note(&person(0), &holder), Ok(false), "it says so already");

    for nothing in [Holder::default(), holding(&[Download, SoftwareAssuranceManager], None), ordered()] {
        let mut empty = Roster::default();
        assert_eq!(empty.note(&person(1), &nothing), Ok(false));
        assert!(empty.is_empty() && empty.holder(&person(1)).is_none());
        let mut roster = roster.clone();
        assert_eq!(roster.note(&person(0), &nothing), Ok(true));
        assert!(roster.is_empty(), "where there is nothing to say, nothing is kept");
    }
    let reservations_alone = Holder {
        assigned: Assigned { reservations: true, ..holding(&[Administrator], None).assigned },
        ..Holder::default()
    };
    assert!(!RosterEntry::of(&reservations_alone).reservations);
}

/// ROLE-02 ROLE-09 a roster keeps the end of reservations that is before the role's; without the role there are none.
#[test]
fn role_09_a_roster_keeps_how_long_reservations_come() {
    let shorter = Shorter { reservations: Some(date("2026-11-30")), ..Shorter::default() };
    let with = |roles: &[Role]| {
        let mut holder = holding(roles, Some("2026-12-31"));
        holder.assigned.shorter = shorter.clone();
        holder
    };
    let mut roster = Roster::default();
    assert_eq!(roster.note(&person(0), &with(&[OnlineServicesManager])), Ok(true));
    let kept = roster.holder(&person(0)).expect("there is something to say");
    assert_eq!((kept.assigned.reservations, &kept.assigned.shorter), (false, &shorter));
    let stored = serde_json::to_string(&roster).unwrap();
    assert_eq!(serde_json::from_str::<Roster>(&stored).unwrap(), roster);
    assert_eq!(RosterEntry::of(&with(&[Administrator])).reservations_until, None);
    assert_eq!(RosterEntry::of(&with(&[OnlineServicesManager])).reservations_until, Some(date("2026-11-30")));
}

/// PERM-04 ROLE-04 a roster keeps since when somebody gave up, and what they do not want to inherit.
#[test]
fn perm_04_a_roster_keeps_who_gave_up() {
    let mut roster = Roster::default();
    let mut holder = holding(&[Administrator], None);
    holder.give_up(GivenUpBy::Oneself, now());
    holder.opt_out(OptOutOf::Itself, now());
    holder.opt_out(OptOutOf::Children, now());
    assert_eq!(roster.note(&person(0), &holder), Ok(true));
    let kept = roster.holder(&person(0)).expect("there is something to say");
    assert_eq!(kept.gave_up.as_ref().map(|gave_up| gave_up.at), Some(now()));
    assert!(kept.opted_out(OptOutOf::Itself) && kept.opted_out(OptOutOf::Children) && kept.assigned.is_empty());
    holder.revive();
    holder.opt_in(OptOutOf::Itself);
    holder.opt_in(OptOutOf::Children);
    assert_eq!((roster.note(&person(0), &holder), roster.is_empty()), (Ok(true), true));
}

/// ROLE-02 a roster that is full takes nobody more, and stays as it was; taking a right away is never refused, however long it is.
#[test]
fn role_02_a_full_roster_still_lets_rights_go() {
    let manager = |until| {
        let mut holder = holding(&[Administrator, OnlineServicesManager], until);
        holder.assigned.reservations = true;
        holder
    };
    let (mut roster, count) = full_of(&manager(Some("2026-12-31")));
    // 64 KB, and each with 24 bytes of address.
    assert_eq!(count, 64 * 1024 / (24 + 120));
    let full = roster.clone();
    // Those who gave up come on top of a roster that is full.
    for more in count..count + 100 {
        let mut gone = Holder::default();
        gone.give_up(GivenUpBy::Another, now());
        assert_eq!(roster.note(&numbered(more), &gone), Ok(true));
    }
    assert_eq!(roster.addresses().count(), count + 100);

    let later = manager(Some("2027-01-01"));
    let one_later = {
        let mut holder = manager(Some("2026-12-31"));
        holder.assigned.roles.get_mut(&Administrator).unwrap().until = Some(date("2027-01-01"));
        holder.assigned.roles.remove(&OnlineServicesManager);
        holder
    };
    for (who, gives) in [
        (count + 500, holding(&[Administrator], Some("2026-11-30"))),
        (count + 500, holding(&[OnlineServicesManager], None)),
        (count, holding(&[Administrator], None)),
        (0, later),
        (0, manager(None)),
        (0, one_later),
    ] {
        let before = roster.clone();
        assert_eq!(roster.note(&numbered(who), &gives), Err(TooLong), "{who}");
        assert_eq!(roster, before);
    }
    let without_reservations = holding(&[Administrator, OnlineServicesManager], Some("2026-12-31"));
    for (who, takes) in [
        (0, holding(&[OnlineServicesManager], Some("2026-12-31"))),
        (1, holding(&[Administrator], Some("2026-12-31"))),
        (2, manager(Some("2026-12-30"))),
        (3, without_reservations.clone()),
        (4, Holder::default()),
        (5, Holder { opted_out_here: Some(now()), ..manager(Some("2026-12-31")) }),
        (6, Holder { opted_out_below: Some(now()), ..holding(&[Administrator], Some("2026-11-30")) }),
    ] {
        assert_eq!(roster.note(&numbered(who), &takes), Ok(true), "{who}");
        assert_eq!(
            roster.holder(&numbered(who)).map(|kept| RosterEntry::of(&kept)),
            (who != 4).then(|| RosterEntry::of(&takes))
        );
    }
    assert_eq!(roster.note(&numbered(3), &manager(Some("2026-12-31"))), Err(TooLong), "reservations again");

    let mut roster = full;
    assert_eq!(roster.note(&numbered(0), &Holder::default()), Ok(true));
    assert_eq!(roster.note(&numbered(count), &holding(&[Administrator], None)), Ok(true), "there is room again");
}

/// ROLE-02 a full roster of Administrators with an end takes no more than 64 KB as it is stored.
#[test]
fn role_02_a_full_roster_is_as_long_as_it_says() {
    let (roster, count) = full_of(&holding(&[Administrator], Some("2026-12-31")));
    let stored = serde_json::to_string(&roster).unwrap();
    assert!(stored.len() <= 64 * 1024 && count > 400, "{} bytes for {count}", stored.len());
    assert_eq!(serde_json::from_str::<Roster>(&stored).unwrap(), roster);
}

/// ROLE-02 a roster may be exactly as long as one may be, and not a byte longer.
#[test]
fn role_02_a_roster_is_full_to_the_byte() {
    let administrator = holding(&[Administrator], None);
    let of_length = |bytes: usize| format!("{}@contoso.example", "x".repeat(bytes - 16)).parse().unwrap();
    let mut roster = Roster::default();
    for number in 0..454 {
        roster.note(&numbered(number), &administrator).unwrap();
    }
    let left = 64 * 1024 - 454 * (24 + 120) - 120;
    assert_eq!(roster.note(&of_length(left + 1), &administrator), Err(TooLong));
    assert_eq!(roster.note(&of_length(left), &administrator), Ok(true));
}

/// A roster with as many as it takes who hold this, and how many they are.
fn full_of(holder: &Holder) -> (Roster, usize) {
    let mut roster = Roster::default();
    let count = (0..1_000).find(|number| roster.note(&numbered(*number), holder).is_err());
    (roster, count.expect("a roster is full at some time"))
}

fn any_holding() -> impl Strategy<Value = Holder> {
    let of_role = || prop::option::weighted(0.6, prop::option::of(0..3_u32));
    ([of_role(), of_role(), of_role(), of_role()], any::<bool>(), any::<[bool; 3]>()).prop_map(
        |([a, b, c, shorter], reservations, [gave_up, here, below])| {
            let roles = [a, b, c];
            let grant = |days: Option<u32>| {
                let until = days.map(|days| day_of(add_days(now(), days)));
                Grant { by: By::Row, at: now(), until, scheme: None }
            };
            let named = [Administrator, OnlineServicesManager, Download].into_iter().zip(roles);
            let roles = named.filter_map(|(role, days)| Some((role, grant(days?)))).collect();
            let mut holder = Holder::default();
            if gave_up {
                holder.give_up(GivenUpBy::Another, now());
            }
            let until = shorter.flatten().filter(|_| !reservations).map(|days| day_of(add_days(now(), days)));
            let shorter = Shorter { reservations: until, ..Shorter::default() };
            holder.assigned = Assigned { roles, reservations, shorter, ..Assigned::default() };
            holder.opted_out_here = here.then(now);
            holder.opted_out_below = below.then(now);
            holder
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// ROLE-02 whatever changes: a roster that is too long refuses exactly what gives somebody a role, a later end or reservations, and
    /// is then as it was.
    #[test]
    fn role_02_a_roster_that_is_too_long_refuses_only_what_gives(before in any_holding(), after in any_holding()) {
        let mut roster = Roster::default();
        roster.note(&person(0), &before).unwrap();
        let mut gone = Holder::default();
        gone.give_up(GivenUpBy::Another, now());
        for number in 0..500 {
            roster.note(&numbered(number), &gone).unwrap();
        }
        let end = |holder: &Holder, role| holder.assigned.roles.get(&role).map(|grant| grant.until.unwrap_or(Date::MAX));
        let reserves = |holder: &Holder| {
            end(holder, OnlineServicesManager)?;
            if holder.assigned.reservations { Some(Date::MAX) } else { holder.assigned.shorter.reservations }
        };
        let gives = [Administrator, OnlineServicesManager].into_iter().any(|role| end(&after, role) > end(&before, role))
            || reserves(&after) > reserves(&before);
        let unchanged = roster.clone();
        match roster.note(&person(0), &after) {
            Err(TooLong) => prop_assert!(gives && roster == unchanged),
            Ok(changed) => {
                prop_assert!(!gives);
                prop_assert_eq!(changed, roster != unchanged);
                let kept = roster.holder(&person(0)).map(|kept| RosterEntry::of(&kept)).unwrap_or_default();
                prop_assert_eq!(kept, RosterEntry::of(&after));
            }
        }
    }
}

// ---- Standing ----

/// ROLE-03 where only its contacts are known of a Licensing ID, those act whom they make Administrator or Online Services Manager.
#[test]
fn role_03_contacts_alone_say_who_acts() {
    let contacts = [(ContactName::Notices, 0), (ContactName::OnlineServicesManager, 1), (ContactName::BillTo, 2)];
    let standing = Standing::naming(&contacts.map(|(name, who)| (name, person(who))).into());
    assert_eq!(standing.administrators(now()), [person(0)].into());
    let may_activate = [0, 1, 2].map(|who| standing.of(&person(who), now()).allows(Action::Activate).is_ok());
    assert_eq!(may_activate, [true, true, false]);
}

/// REQ-03 ACT-15 a contact who was replaced twice in three days is Administrator like the others, and decides until then.
#[test]
fn act_15_who_was_replaced_twice_is_still_among_the_administrators() {
    let mut standing = loaded(CHAINS[0], &[(ContactName::Primary, 0)]);
    let corrections = &mut standing.levels[0].corrections;
    corrections.correct(ContactName::Primary, Some(&person(0)), person(1), By::Row, now(), add_hours(now(), 72));
    let next = add_hours(now(), 24);
    corrections.correct(ContactName::Primary, Some(&person(1)), person(2), By::Row, next, add_hours(next, 72));
    let all = |hours| standing.administrators(add_hours(now(), hours));
    assert_eq!(all(24), [0, 1, 2].map(person).into());
    assert_eq!(all(72), [1, 2].map(person).into());
    assert_eq!(all(96), [person(2)].into());
}

/// REQ-05 PERM-04 the notices contact is the one that was corrected last, unless they gave up.
#[test]
fn req_05_the_notices_contact_is_who_it_is_now() {
    let mut standing = loaded(CHAINS[1], &[(ContactName::Notices, 0)]);
    standing.levels[1].contacts.insert(ContactName::Primary, person(3));
    assert_eq!(standing.contact(ContactName::Notices), Some(&person(0)));
    assert_eq!(standing.contact(ContactName::Primary), None, "those above are others");
    let corrections = &mut standing.levels[0].corrections;
    corrections.correct(ContactName::Notices, Some(&person(0)), person(1), By::Row, now(), now());
    assert_eq!(standing.contact(ContactName::Notices), Some(&person(1)));
    let mut gone = Holder::default();
    gone.give_up(GivenUpBy::Oneself, now());
    standing.levels[1].roster.note(&person(1), &gone).unwrap();
    assert!(!standing.gave_up(&person(1)), "it is another agreement that was given up");
    standing.levels[0].roster.note(&person(1), &gone).unwrap();
    assert!(standing.gave_up(&person(1)) && !standing.gave_up(&person(0)));
    assert_eq!(standing.contact(ContactName::Notices), None);
    assert_eq!(Standing::default().contact(ContactName::Notices), None);
}

/// REQ-02 REQ-03 who shares a domain with the contacts, as they are now, or with the customer's accounts is no outsider; a public
/// provider's domain is nobody's.
#[test]
fn req_03_who_belongs_to_the_customer_is_no_outsider() {
    let mut standing = loaded(CHAINS[1], &[(ContactName::BillTo, 0), (ContactName::Primary, 3)]);
    standing.levels[1].contacts.insert(ContactName::Primary, "x@above.example".parse().unwrap());
    let domains = |all: &[&str]| all.iter().map(|domain| (*domain).to_owned()).collect::<BTreeSet<_>>();
    let is = |standing: &Standing, who: &[&str], accounts: &[&str]| {
        let addresses: Vec<Address> = who.iter().map(|who| who.parse().unwrap()).collect();
        standing.is_colleague(&addresses, &domains(accounts))
    };
    assert!(is(&standing, &["new@contoso.example"], &[]));
    assert!(is(&standing, &["new@fabrikam.example", "new@contoso.example"], &[]));
    assert!(is(&standing, &["new@fabrikam.example"], &["fabrikam.example"]));
    for outsider in ["new@fabrikam.example", "new@sub.contoso.example", "new@gmail.com", "x@above.example"] {
        assert!(!is(&standing, &[outsider], &["gmail.com"]), "{outsider}");
    }
    assert!(!is(&standing, &[], &["contoso.example"]));
    assert!(!is(&Standing::default(), &["new@contoso.example"], &[]));
    let corrections = &mut standing.levels[0].corrections;
    let corrected = "pays@fabrikam.example".parse().unwrap();
    corrections.correct(ContactName::BillTo, Some(&person(0)), corrected, By::Row, now(), now());
    assert!(is(&standing, &["new@fabrikam.example"], &[]));
    assert!(!is(&standing, &["new@contoso.example"], &[]), "that contact was wrong");
}

/// REQ-05 an agreement has ended when its last day is over in UTC; one without an end does not end.
#[test]
fn req_05_an_agreement_ends_after_its_last_day() {
    let mut standing = loaded(CHAINS[0], &[]);
    standing.levels[0].ends = date("2026-11-30");
    assert_eq!(standing.ends_at(), Some(at("2026-12-01T00:00:00Z")));
    standing.levels[0].ends = date("9999-12-31");
    assert_eq!((standing.ends_at(), Standing::default().ends_at()), (None, None));
}

/// ROLE-02 of several addresses the one with the nearest reason acts; if none may, what is missing is said of all together.
#[test]
fn role_02_of_several_addresses_the_nearest_acts() {
    let mut standing = loaded(CHAINS[2], &[(ContactName::OnlineServicesManager, 2)]);
    standing.levels[1].contacts.insert(ContactName::Primary, person(1));
    standing.levels[1].contacts.insert(ContactName::Notices, person(3));
    standing.levels[2].contacts.insert(ContactName::Primary, person(0));
    let who = |people: &[usize], action| {
        let addresses: Vec<Address> = people.iter().map(|who| person(*who)).collect();
        standing.who_may(&addresses, action, now()).map(|(address, levels)| (address.clone(), levels))
    };
    assert_eq!(who(&[0, 1, 4], Action::DecideRequests), Ok((person(1), 1)));
    assert_eq!(who(&[1, 0], Action::DecideRequests), Ok((person(1), 1)));
    assert_eq!(who(&[3, 1], Action::DecideRequests), Ok((person(3), 1)), "of two as near the first");
    assert_eq!(who(&[1, 3], Action::DecideRequests), Ok((person(1), 1)));
    assert_eq!(who(&[0], Action::DecideRequests), Ok((person(0), 2)));
    assert_eq!(who(&[0, 1, 2], Action::SeeActivations), Ok((person(2), 0)));
    assert_eq!(who(&[2, 4], Action::DecideRequests), Err(Missing::Role(None)));
    for people in [[2, 4], [4, 2]] {
        let missing = who(&people, Action::ManageReservations);
        assert_eq!(missing, Err(Missing::Extra(licensing::access::Extra::Reservations)));
    }
    assert_eq!(who(&[], Action::ManageReservations), Err(Missing::Role(Some(OnlineServicesManager))));
}

// ---- Giving up ----

/// PERM-02 who gives a Licensing ID up has nothing there afterwards, neither what an act gave nor what a listing gives. Who is no
/// Administrator needs nobody who remains.
#[test]
fn perm_02_who_gives_up_keeps_nothing_of_it() {
    let standing = loaded(CHAINS[0], &[(ContactName::OnlineServicesManager, 0)]);
    let left = gives_up(&standing, &holding(&[Download], None), &[]).expect("it can be given up");
    assert_eq!(left.holder.gave_up, Some(GaveUp { at: now(), by: GivenUpBy::Oneself }));
    assert_eq!((left.holder.assigned.is_empty(), left.keeps), (true, BTreeSet::new()));
    let after = as_level(&standing.levels[0], Some(&left.holder));
    assert!(access(&[after], &person(0), now()).is_empty());
    assert_eq!(gives_up(&standing, &left.holder, &[]), Err(Stays::Nothing), "there is nothing left to give up");
    assert_eq!(gives_up(&loaded(CHAINS[0], &[]), &Holder::default(), &[]), Err(Stays::Nothing), "nor was there ever");
}

/// PERM-02 ROLE-04 who gives a Licensing ID up is told what they keep: whom a primary contact above replaced may still look.
#[test]
fn perm_02_who_gives_up_keeps_what_stands_above() {
    let mut standing = loaded(CHAINS[1], &[(ContactName::OnlineServicesManager, 0)]);
    let above = &mut standing.levels[1];
    above.contacts.insert(ContactName::Primary, person(1));
    above.corrections.correct(ContactName::Primary, Some(&person(0)), person(1), By::Row, now(), add_hours(now(), 72));
    let left = gives_up(&standing, &Holder::default(), &[1]).expect("it can be given up");
    assert_eq!(left.keeps, [LicensingInfo].into());
    assert_eq!(gives_up(&standing, &left.holder, &[1]), Err(Stays::Nothing), "what they keep is nothing to give up");
}

/// PERM-03 notices and primary contacts stay, and are told as what they are named, and how far up.
#[test]
fn perm_03_who_must_stay_learns_why() {
    for name in ContactName::LASTING {
        for level in 0..3 {
            let mut standing = loaded(CHAINS[2], &[(ContactName::OnlineServicesManager, 0)]);
            standing.levels[level].contacts.insert(name, person(0));
            assert_eq!(gives_up(&standing, &Holder::default(), &[1]), Err(Stays::Contact(name, level)));
        }
    }
}

/// ROLE-08 an Administrator leaves only where another one remains who has no end and has proven their address, also by inheritance.
#[test]
fn role_08_the_last_administrator_stays() {
    let with = |others: &[(usize, Option<&str>)]| {
        let mut standing = loaded(CHAINS[1], &[]);
        for (who, until) in [(0, None)].iter().chain(others) {
            standing.levels[0].roster.note(&person(*who), &holding(&[Administrator], *until)).unwrap();
        }
        standing
    };
    let (ann, until) = (holding(&[Administrator], None), Some("2026-12-31"));
    let goes = |standing: &Standing, proven: &[usize]| match gives_up(standing, &ann, proven) {
        Ok(_) => true,
        Err(why) => {
            assert_eq!(why, Stays::LastAdministrator);
            false
        }
    };
    assert!(!goes(&with(&[]), &[0]), "who leaves does not remain");
    assert!(goes(&with(&[(1, None)]), &[1]));
    assert!(!goes(&with(&[(1, None)]), &[0, 2]), "the other has not proven their address");
    assert!(!goes(&with(&[(1, until)]), &[1]), "the other has an end");
    let two_others = with(&[(1, until), (2, None)]);
    assert!(goes(&two_others, &[2]) && !goes(&two_others, &[1]));
    assert_eq!(leaving::others(&two_others, &person(0), now()), [person(2)].into());
    let mut inherited = with(&[]);
    inherited.levels[1].contacts.insert(ContactName::Primary, person(3));
    assert!(goes(&inherited, &[3]));
}

/// What becomes of the first person's giving up the lowest level, of which they hold this; `proven` have proven their address.
fn gives_up(standing: &Standing, holder: &Holder, proven: &[usize]) -> Result<Leaving, Stays> {
    let levels = standing.levels.iter().enumerate();
    let levels: Vec<_> = levels.map(|(index, level)| as_level(level, (index == 0).then_some(holder))).collect();
    let remains = |other: &Address| proven.iter().any(|who| person(*who) == *other);
    leaving::give_up(&levels, standing, &person(0), remains, now())
}

// ---- Any history ----

/// Something that happens to an address on a level. Numbers are places in the lists above.
#[derive(Debug, Clone)]
enum Event {
    Assign { level: usize, who: usize, roles: BTreeSet<Role>, reservations: bool, days: Option<u32> },
    Loses { level: usize, who: usize, role: Role },
    Migrated { level: usize, who: usize },
    GiveUp { level: usize, who: usize },
    Revive { level: usize, who: usize },
    Papers { level: usize, who: usize, denied: bool },
    Opt { level: usize, who: usize, of: OptOutOf, out: bool },
    Correct { level: usize, name: ContactName, who: usize },
    Load { level: usize, contacts: Contacts },
    Hours(u32),
}

fn any_contacts() -> impl Strategy<Value = Contacts> {
    prop::collection::vec((select(ContactName::ALL), 0..PEOPLE.len()), 0..4)
        .prop_map(|all| all.into_iter().map(|(name, who)| (name, person(who))).collect())
}

fn any_event() -> impl Strategy<Value = Event> {
    let place = || (0..3_usize, 0..PEOPLE.len());
    let roles = prop::collection::btree_set(
        select(&[Administrator, OnlineServicesManager, SoftwareAssuranceManager, Download][..]),
        1..3,
    );
    let of = select(&[OptOutOf::Itself, OptOutOf::Children][..]);
    prop_oneof![
        3 => (place(), roles, any::<bool>(), prop::option::of(0..4_u32))
            .prop_map(|((level, who), roles, reservations, days)| Event::Assign { level, who, roles, reservations, days }),
        1 => (place(), select(&[Administrator, OnlineServicesManager, Download][..])).prop_map(|((level, who), role)| Event::Loses { level, who, role }),
        1 => place().prop_map(|(level, who)| Event::Migrated { level, who }),
        2 => place().prop_map(|(level, who)| Event::GiveUp { level, who }),
        1 => place().prop_map(|(level, who)| Event::Revive { level, who }),
        1 => (place(), any::<bool>()).prop_map(|((level, who), denied)| Event::Papers { level, who, denied }),
        2 => (place(), of, prop::bool::weighted(0.7)).prop_map(|((level, who), of, out)| Event::Opt { level, who, of, out }),
        2 => (place(), select(ContactName::ALL)).prop_map(|((level, who), name)| Event::Correct { level, name, who }),
        1 => (0..3_usize, any_contacts()).prop_map(|(level, contacts)| Event::Load { level, contacts }),
        2 => select(&[1_u32, 24, 71, 72][..]).prop_map(Event::Hours),
    ]
}

/// The standing, and beside it all that everybody holds on each level.
struct Stage {
    standing: Standing,
    holders: Vec<Vec<Holder>>,
    now: Timestamp,
}

impl Stage {
    fn new(chain: &[&str], contacts: &[Contacts]) -> Self {
        let mut standing = loaded(chain, &[]);
        for (level, contacts) in standing.levels.iter_mut().zip(contacts) {
            level.contacts = contacts.clone();
        }
        let holders = chain.iter().map(|_| PEOPLE.iter().map(|_| Holder::default()).collect()).collect();
        Self { standing, holders, now: now() }
    }

    fn act(&mut self, event: &Event) {
        let (now, most) = (self.now, self.standing.levels.len() - 1);
        match event {
            Event::Assign { level, who, roles, reservations, days } => self.change(*level, *who, |holder| {
                let until = days.map(|days| day_of(add_days(now, days)));
                let grant = Grant { by: By::Row, at: now, until, scheme: None };
                let benefits =
                    [Benefit::Support].into_iter().filter(|_| roles.contains(&SoftwareAssuranceManager)).collect();
                let reservations = *reservations && roles.contains(&OnlineServicesManager);
                holder.assign(roles.iter().copied(), &benefits, reservations, &grant);
            }),
            Event::Loses { level, who, role } => {
                self.change(*level, *who, |holder| drop(holder.assigned.roles.remove(role)));
            }
            Event::Migrated { level, who } => self.change(*level, *who, |holder| {
                let grant = Grant { by: By::Row, at: now, until: None, scheme: Some(Scheme::RoleLess) };
                holder.assigned = Assigned { roles: [(Administrator, grant)].into(), ..Assigned::default() };
                holder.revive();
            }),
            Event::GiveUp { level, who } => self.change(*level, *who, |holder| holder.give_up(GivenUpBy::Another, now)),
            Event::Revive { level, who } => self.change(*level, *who, Holder::revive),
            Event::Papers { level, who, denied } => self.change(*level, *who, |holder| {
                holder.ordered(&"PO-1".parse().unwrap());
                holder.claim = Some(Claim { at: now, counts_from: now });
                if *denied {
                    holder.denied.insert(Deniable::Claim, Denied { by: By::Row, at: now, undo_until: now });
                }
            }),
            Event::Opt { level, who, of, out: true } => self.change(*level, *who, |holder| holder.opt_out(*of, now)),
            Event::Opt { level, who, of, out: false } => self.change(*level, *who, |holder| holder.opt_in(*of)),
            Event::Correct { level, name, who } => {
                let level = &mut self.standing.levels[*level.min(&most)];
                let before = as_level(level, None).contact(*name).cloned();
                level.corrections.correct(*name, before.as_ref(), person(*who), By::Row, now, add_hours(now, 72));
            }
            Event::Load { level, contacts } => {
                let level = &mut self.standing.levels[*level.min(&most)];
                level.corrections.loaded(&level.contacts, contacts);
                level.contacts.clone_from(contacts);
            }
            Event::Hours(hours) => self.now = add_hours(now, *hours),
        }
    }

    fn change(&mut self, level: usize, who: usize, change: impl FnOnce(&mut Holder)) {
        let level = level.min(self.standing.levels.len() - 1);
        let holder = &mut self.holders[level][who];
        let before = RosterEntry::of(holder);
        change(holder);
        let changed = self.standing.levels[level].roster.note(&person(who), holder);
        assert_eq!(changed, Ok(before != RosterEntry::of(holder)));
    }

    /// By all that everybody holds.
    fn access(&self, who: usize) -> Access {
        let levels: Vec<Level<'_>> = self
            .standing
            .levels
            .iter()
            .zip(&self.holders)
            .map(|(level, holders)| as_level(level, Some(&holders[who])))
            .collect();
        access(&levels, &person(who), self.now)
    }
}

/// Of this role: each source, how far up it looks, until when it counts, whether reservations come with it, and until when. Rosters do
/// not keep from which older portal somebody came.
fn sources(access: &Access, role: Role) -> Vec<Given> {
    let as_assigned = |given: &Given| match &given.source {
        Source::Migrated(_) => Given { source: Source::Assigned, ..given.clone() },
        _ => given.clone(),
    };
    access.sources_of(role).iter().map(as_assigned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// ROLE-02 ROLE-03 ROLE-04 PERM-04 REQ-03 after each step of any history, rosters and contacts say of Administrators and Online
    /// Services Managers what all holders say; of other roles never more. All Administrators are those for whom the evaluation says so.
    #[test]
    fn role_02_rosters_say_what_all_holders_say(
        chain in select(&CHAINS[..]),
        contacts in prop::array::uniform3(any_contacts()),
        history in prop::collection::vec(any_event(), 1..24),
    ) {
        let mut stage = Stage::new(chain, &contacts);
        for event in history {
            stage.act(&event);
            let (standing, now) = (&stage.standing, stage.now);
            let everybody: Vec<Access> = (0..PEOPLE.len()).map(|who| stage.access(who)).collect();
            for (who, whole) in everybody.iter().enumerate() {
                let said = standing.of(&person(who), now);
                for role in [Administrator, OnlineServicesManager] {
                    prop_assert_eq!(sources(&said, role), sources(whole, role), "{:?} {}", event, PEOPLE[who]);
                }
                prop_assert!(said.roles().all(|role| whole.has(role)) && said.benefits().is_subset(&whole.benefits()));
                prop_assert_eq!(standing.gave_up(&person(who)), stage.holders[0][who].gave_up.is_some());
            }
            let administrators = (0..PEOPLE.len()).filter(|who| everybody[*who].has(Administrator)).map(person);
            prop_assert_eq!(standing.administrators(now), administrators.collect::<BTreeSet<_>>(), "{:?}", event);

            for people in [&[0, 1][..], &[2, 0, 4], &[3, 4]] {
                let addresses: Vec<Address> = people.iter().map(|who| person(*who)).collect();
                let mut whole = Access::default();
                for who in people {
                    whole.join(everybody[*who].clone());
                }
                let said = standing.of_all(&addresses, now);
                for role in [Administrator, OnlineServicesManager] {
                    prop_assert_eq!(sources(&said, role), sources(&whole, role));
                }
                for action in Action::all().filter(|action| action.role().is_none_or(|role| role == OnlineServicesManager)) {
                    let may = standing.who_may(&addresses, action, now);
                    prop_assert_eq!(may.map(|(_, levels)| levels), whole.allows(action).map(|ground| ground.given.levels), "{}", action);
                    if let Ok((address, _)) = may {
                        prop_assert!(standing.of(address, now).allows(action).is_ok());
                    }
                }
            }
        }
        for level in &stage.standing.levels {
            let stored = serde_json::to_string(&level.roster).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Roster>(&stored).unwrap(), &level.roster);
        }
    }
}

fn as_level<'a>(level: &'a StandingLevel, holder: Option<&'a Holder>) -> Level<'a> {
    Level {
        licence: &level.licence,
        starts: level.starts,
        ends: level.ends,
        contacts: &level.contacts,
        corrections: Some(&level.corrections),
        holder,
    }
}

fn loaded(chain: &[&str], contacts: &[(ContactName, usize)]) -> Standing {
    let level = |licence: &str| StandingLevel {
        licence: licence.parse::<Licence>().unwrap(),
        starts: date("2026-01-01"),
        ends: date("2028-12-31"),
        contacts: Contacts::default(),
        corrections: Corrections::default(),
        roster: Roster::default(),
    };
    let mut standing = Standing { levels: chain.iter().map(|licence| level(licence)).collect() };
    standing.levels[0].contacts = contacts.iter().map(|(name, who)| (*name, person(*who))).collect();
    standing
}

fn holding(roles: &[Role], until: Option<&str>) -> Holder {
    let grant = Grant { by: By::Row, at: now(), until: until.map(date), scheme: None };
    let roles = roles.iter().map(|role| (*role, grant.clone())).collect();
    Holder { assigned: Assigned { roles, ..Assigned::default() }, ..Holder::default() }
}

fn ordered() -> Holder {
    let mut holder = Holder::default();
    holder.ordered(&"PO-1".parse().unwrap());
    holder
}

fn person(who: usize) -> Address {
    PEOPLE[who].parse().unwrap()
}

fn numbered(number: usize) -> Address {
    format!("p{number:07}@contoso.example").parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}
