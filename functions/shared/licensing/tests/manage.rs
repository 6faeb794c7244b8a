//! What an Administrator does about others: assigned, edited, removed, denied, invited; and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use licensing::{
    Address, ContactName, Date, Licence, Timestamp,
    access::{
        Access, Action, By, Claim, Corrections, Deniable, GivenUpBy, Grant, Holder, InvitationState, Level, OptOutOf,
        Roster, Settled, Source, Standing, StandingLevel, access,
    },
    activation::Person,
    judge::Contacts,
    manage::{AdministratorChange, Change, Changed, Managing, Outcome, Refused, is_guarded, with_roster},
    policy::PeoplePolicy,
    request::Asked,
    roles::{Benefit, LIMITED_SET, Role, Scheme},
    when::{add_days, add_hours},
};
use proptest::{prelude::*, sample::select};

use Role::{Administrator, Download, LicensingInfo, OnlineServicesManager, ProductKeys, SoftwareAssuranceManager};

const ANN: &str = "ann@contoso.example";
const BOB: &str = "bob@contoso.example";
const CAT: &str = "cat@contoso.example";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn asked(roles: &[Role]) -> Asked {
    Asked { roles: roles.iter().copied().collect(), ..Asked::default() }
}

fn until(roles: &[Role], day: &str) -> Asked {
    Asked { until: Some(date(day)), ..asked(roles) }
}

fn assign(roles: &[Role]) -> Change {
    Change::Assign { roles: asked(roles), listings_count: false }
}

fn assign_until(roles: &[Role], day: &str) -> Change {
    Change::Assign { roles: until(roles, day), listings_count: false }
}

/// An agreement with its people.
#[derive(Clone)]
struct Stage {
    licence: Licence,
    contacts: Contacts,
    corrections: Corrections,
    holders: BTreeMap<Address, Holder>,
}

/// A Licensing ID with what stands above it, and who has proven their address since when.
#[derive(Clone)]
struct Desk {
    stages: Vec<Stage>,
    registered: BTreeMap<Address, Timestamp>,
    now: Timestamp,
    policy: PeoplePolicy,
}

impl Desk {
    fn of(licences: &[&str]) -> Self {
        let stage = |licence: &&str| Stage {
            licence: licence.parse().unwrap(),
            contacts: Contacts::new(),
            corrections: Corrections::default(),
            holders: BTreeMap::new(),
        };
        let registered = [ANN, BOB, CAT].map(|who| (address(who), at("2026-01-01T00:00:00Z"))).into();
        Self { stages: licences.iter().map(stage).collect(), registered, now: now(), policy: PeoplePolicy::default() }
    }

    /// One Licensing ID of which Ann is Administrator.
    fn of_ann() -> Self {
        Self::of(&["enterprise/100"]).holding(0, ANN, &[Administrator], None)
    }

    fn holding(mut self, level: usize, who: &str, roles: &[Role], until: Option<&str>) -> Self {
        let grant = Grant { by: By::Row, at: at("2026-10-01T00:00:00Z"), until: until.map(date), scheme: None };
        let all: BTreeSet<Benefit> = Benefit::ALL.iter().copied().collect();
        self.holder(level, who).assign(roles.iter().copied(), &all, true, &grant);
        self
    }

    fn naming(mut self, level: usize, name: ContactName, who: &str) -> Self {
        self.stages[level].contacts.insert(name, address(who));
        self
    }

    fn holder(&mut self, level: usize, who: &str) -> &mut Holder {
        self.stages[level].holders.entry(address(who)).or_default()
    }

    fn held(&self, who: &str) -> Holder {
        self.stages[0].holders.get(&address(who)).cloned().unwrap_or_default()
    }

    fn standing(&self) -> Standing {
        let level = |stage: &Stage| {
            let mut roster = Roster::default();
            for (address, holder) in &stage.holders {
                roster.note(address, holder).unwrap();
            }
            StandingLevel {
                licence: stage.licence.clone(),
                starts: date("2026-01-01"),
                ends: date("2028-12-31"),
                contacts: stage.contacts.clone(),
                corrections: stage.corrections.clone(),
                roster,
            }
        };
        Standing { levels: self.stages.iter().map(level).collect() }
    }

    fn with<T>(&self, by: &str, who: &str, act: impl FnOnce(&Managing<'_>) -> T) -> T {
        let (by, who) = (address(by), address(who));
        let levels: Vec<Level<'_>> = self
            .stages
            .iter()
            .map(|stage| Level {
                licence: &stage.licence,
                starts: date("2026-01-01"),
                ends: date("2028-12-31"),
                contacts: &stage.contacts,
                corrections: Some(&stage.corrections),
                holder: stage.holders.get(&who),
            })
            .collect();
        let person = Person { profile: by.as_str().parse().unwrap(), address: by.clone() };
        let own = [by];
        act(&Managing {
            profile: &person,
            counting: &own,
            own: &own,
            address: &who,
            registered_since: self.registered.get(&who).copied().filter(|since| *since <= self.now),
            levels: &levels,
            standing: &self.standing(),
            is_proven: &|address| self.registered.get(address).is_some_and(|since| *since <= self.now),
            now: self.now,
            policy: &self.policy,
        })
    }

    fn judge(&self, by: &str, who: &str, change: &Change) -> Result<Outcome, Refused> {
        self.with(by, who, |managing| change.judge(managing))
    }

    fn refuses(&self, by: &str, who: &str, change: &Change) -> Refused {
        self.judge(by, who, change).expect_err("it is refused")
    }

    fn write(&mut self, who: &str, outcome: Outcome) -> Box<Changed> {
        let Outcome::Changed(changed) = outcome else { panic!("nothing is written") };
        self.stages[0].holders.insert(address(who), changed.holder.clone());
        let standing = self.standing();
        assert_eq!(changed.roster.unwrap_or(standing.levels[0].roster.clone()), standing.levels[0].roster);
        assert_eq!(changed.after, self.access(who), "the preview is what becomes true");
        Box::new(Changed { roster: None, ..*changed })
    }

    fn done(&mut self, by: &str, who: &str, change: &Change) -> Box<Changed> {
        let outcome = self.judge(by, who, change).expect("it is done");
        self.write(who, outcome)
    }

    fn access(&self, who: &str) -> Access {
        let who = address(who);
        let levels: Vec<Level<'_>> = self
            .stages
            .iter()
            .map(|stage| Level {
                licence: &stage.licence,
                starts: date("2026-01-01"),
                ends: date("2028-12-31"),
                contacts: &stage.contacts,
                corrections: Some(&stage.corrections),
                holder: stage.holders.get(&who),
            })
            .collect();
        access(&levels, &who, self.now)
    }

    fn roles(&self, who: &str) -> Vec<Role> {
        self.access(who).roles().collect()
    }
}

// ---- Assigning ----

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
/// 72 hours are not over (ACT-15). Other contacts can be removed.
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

/// OPEN-03 OPEN-08 APR-07 a reseller is denied what orders give, and a claimant the claim, each by itself; it is hidden and comes
/// back exactly, for seven days to the second.
#[test]
fn open_03_a_denial_is_undone_for_seven_days() {
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

/// OPEN-03 ROLE-09 what orders give has no end, so who holds until a day denies it and does not bring it back.
#[test]
fn role_09_who_holds_until_a_day_undoes_no_denial() {
    let mut desk = Desk::of(&["open-licence/5"]).holding(0, ANN, &[Administrator], Some("2026-12-31"));
    desk.holder(0, BOB).ordered(&"PO-1".parse().unwrap());
    desk.done(ANN, BOB, &Change::Deny { what: Deniable::Orders });
    let refused = desk.refuses(ANN, BOB, &Change::UndoDenial { what: Deniable::Orders });
    assert_eq!(refused, Refused::BeyondYours { day: date("2026-12-31") });
}

// ---- Invitations ----

const NEW: &str = "new@contoso.example";

fn state(desk: &Desk, fails: bool) -> InvitationState {
    let registered = desk.registered.get(&address(NEW)).is_some_and(|since| *since <= desk.now);
    InvitationState::of(desk.stages[0].holders.get(&address(NEW)), registered, fails, desk.now)
}

fn sweep(desk: &mut Desk) -> Settled {
    let (since, now) = (desk.registered.get(&address(NEW)).copied(), desk.now);
    desk.holder(0, NEW).settle(since.filter(|since| *since <= now), now)
}

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

// ---- Undo ----

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

// ---- Properties ----

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
        let roles = asked.roles.iter().map(|role| role.to_string());
        let benefits = asked.benefits.iter().map(|benefit| format!("benefit {benefit}"));
        for name in roles.chain(benefits).chain(asked.reservations.then(|| "reservations".to_owned())) {
            let end = ends.entry(name).or_insert(Date::MIN);
            *end = (*end).max(asked.until.unwrap_or(Date::MAX));
        }
    }
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

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
    #![proptest_config(ProptestConfig::with_cases(5_000))]

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
                    desks.iter_mut().for_each(|desk| desk.holder(0, NEW).assign([role], &BTreeSet::new(), false, &grant));
                    given.insert(role, (None, false));
                }
                Story::Register => {
                    registered = true;
                    given.values_mut().for_each(|(_, by_portal)| *by_portal = false);
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
            desks.iter_mut().for_each(|desk| desk.now = now);
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
