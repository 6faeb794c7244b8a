//! Who may do what, and why.

use std::collections::{BTreeMap, BTreeSet};

use licensing::{
    Address, ContactName, Date, Licence, Timestamp,
    access::{
        Access, Action, Assigned, By, Claim, Corrections, Deniable, Denied, Explained, Extra, GivenUpBy, Grant, Holder,
        Level, Loss, Missing, OptOutOf, Shorter, Source, Told, access, access_without, explain, must_stay,
        newly_lasting,
    },
    import::record::Digest,
    judge::Contacts,
    roles::{Benefit, LIMITED_SET, Role, Scheme},
};

const ANN: &str = "ann@contoso.example";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T00:00:00Z")
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// An agreement, and what Ann holds on it.
struct Stage {
    licence: Licence,
    contacts: Contacts,
    corrections: Corrections,
    holder: Holder,
}

impl Stage {
    fn of(licence: &str, contacts: &[(ContactName, &str)]) -> Self {
        Self {
            licence: licence.parse().unwrap(),
            contacts: contacts.iter().map(|(name, who)| (*name, address(who))).collect(),
            corrections: Corrections::default(),
            holder: Holder::default(),
        }
    }

    fn holding(mut self, change: impl FnOnce(&mut Holder)) -> Self {
        change(&mut self.holder);
        self
    }

    fn level(&self) -> Level<'_> {
        Level {
            licence: &self.licence,
            starts: "2026-01-01".parse().unwrap(),
            ends: "2028-12-31".parse().unwrap(),
            contacts: &self.contacts,
            corrections: Some(&self.corrections),
            holder: Some(&self.holder),
        }
    }
}

fn levels(stages: &[Stage]) -> Vec<Level<'_>> {
    stages.iter().map(Stage::level).collect()
}

fn of(stages: &[Stage], now: Timestamp) -> Access {
    access(&levels(stages), &address(ANN), now)
}

/// Roles and sources as `administrator: contact:primary parent:master/7, …`.
fn written(access: &Access) -> String {
    let of = |role: Role| {
        let sources = access.sources_of(role).iter().map(|given| given.source.to_string());
        format!("{role}: {}", sources.collect::<Vec<_>>().join(" "))
    };
    access.roles().map(of).collect::<Vec<_>>().join(", ")
}

fn rights(stages: &[Stage]) -> String {
    written(&of(stages, now()))
}

fn granted(until: Option<&str>, scheme: Option<Scheme>) -> Grant {
    Grant { by: By::Row, at: now(), until: until.map(|day| day.parse::<Date>().unwrap()), scheme }
}

fn assigned(roles: &[Role]) -> Assigned {
    Assigned { roles: roles.iter().map(|role| (*role, granted(None, None))).collect(), ..Assigned::default() }
}

fn assigned_until(day: &str) -> Assigned {
    Assigned { roles: [(Role::Download, granted(Some(day), None))].into(), ..Assigned::default() }
}

fn assign(roles: &[Role]) -> impl FnOnce(&mut Holder) {
    let assigned = assigned(roles);
    move |holder| holder.assigned = assigned
}

fn claimed(from: &str) -> impl Fn(&mut Holder) {
    let claim = Claim { at: now(), counts_from: at(from) };
    move |holder| holder.claim = Some(claim.clone())
}

fn ordered(holder: &mut Holder) {
    holder.ordered(&"PO-1".parse().unwrap());
}

fn denied(what: &[Deniable]) -> BTreeMap<Deniable, Denied> {
    what.iter().map(|what| (*what, Denied { by: By::Row, at: now(), undo_until: now() })).collect()
}

/// ROLE-03 what each listing gives, on an agreement of each kind.
#[test]
fn role_03_each_listing_gives_its_role() {
    use ContactName as C;
    for (name, here, on_master) in [
        (C::Primary, "administrator: contact:primary", "administrator: contact:primary"),
        (C::Notices, "administrator: contact:notices", "administrator: contact:notices"),
        (
            C::OnlineAdministrator,
            "administrator: contact:online-administrator",
            "administrator: contact:online-administrator",
        ),
        (C::SoftwareAssuranceManager, "software-assurance-manager: contact:software-assurance-manager", ""),
        (C::OnlineServicesManager, "online-services-manager: contact:online-services-manager", ""),
        (C::SubscriptionsManager, "subscriptions-manager: contact:subscriptions-manager", ""),
        (C::BillTo, "", ""),
    ] {
        assert_eq!(rights(&[Stage::of("select/1", &[(name, ANN)])]), here);
        assert_eq!(rights(&[Stage::of("master/1", &[(name, ANN)])]), on_master, "{name}");
        assert_eq!(rights(&[Stage::of("select/1", &[(name, "bob@contoso.example")])]), "");
    }
    let all = C::ALL.iter().map(|name| (*name, ANN)).collect::<Vec<_>>();
    let both = of(&[Stage::of("select/1", &all)], now());
    let administrator: Vec<_> =
        both.sources_of(Role::Administrator).iter().map(|given| given.source.to_string()).collect();
    assert_eq!(administrator, ["contact:primary", "contact:notices", "contact:online-administrator"]);
    assert_eq!(both.benefits().len(), 8, "by listing all benefits come with the role");
    let with_benefits: Vec<Role> =
        both.sources().filter(|(_, given)| !given.benefits.is_empty()).map(|(role, _)| role).collect();
    assert_eq!(with_benefits, [Role::SoftwareAssuranceManager], "and with no other");
    assert!(!both.reservations(), "by listing reservations don't");
}

/// ROLE-01 ROLE-07 a `master` has two roles, whatever was given on it.
#[test]
fn role_01_a_programme_without_a_role_does_not_give_it() {
    let all = |licence: &str| Stage::of(licence, &[]).holding(assign(Role::ALL));
    assert_eq!(rights(&[all("master/1")]), "administrator: assigned, licensing-info: assigned");
    assert_eq!(of(&[all("open-value/1")], now()).roles().count(), 7);
}

/// ROLE-04 Administrator goes down through any number of levels, by whatever source, however the agreements above stand.
#[test]
fn role_04_an_administrator_above_is_one_below() {
    let chain = |top: Stage| [Stage::of("select/1", &[]), Stage::of("select/2", &[]), top];
    let given = "administrator: parent:select/2";
    for name in [ContactName::Primary, ContactName::Notices] {
        let rights = rights(&chain(Stage::of("master/7", &[(name, ANN)])));
        assert_eq!(rights, format!("{given}, licensing-info: above:master/7"));
    }
    assert_eq!(rights(&chain(Stage::of("master/7", &[(ContactName::OnlineAdministrator, ANN)]))), given);
    assert_eq!(rights(&chain(Stage::of("master/7", &[]).holding(assign(&[Role::Administrator])))), given);
    for other in [Role::LicensingInfo, Role::OnlineServicesManager] {
        assert_eq!(rights(&chain(Stage::of("master/7", &[]).holding(assign(&[other])))), "", "{other}");
    }
    // The nearer first, and each level for itself.
    let twice = [
        Stage::of("select/1", &[]),
        Stage::of("select/2", &[(ContactName::Notices, ANN)]),
        Stage::of("master/7", &[(ContactName::Primary, ANN)]),
    ];
    assert_eq!(rights(&twice), format!("{given}, licensing-info: above:select/2 above:master/7"));
    assert_eq!(rights(&twice[1..]), "administrator: contact:notices parent:master/7, licensing-info: above:master/7");
}

/// ROLE-04 opting out ends inheritance there and below, and nothing else; both ways at each of three levels.
#[test]
fn role_04_opting_out_at_each_level() {
    let out = |level: usize, of: OptOutOf| {
        let mut stages = [
            Stage::of("select/1", &[]),
            Stage::of("select/2", &[]),
            Stage::of("master/7", &[(ContactName::Notices, ANN)]),
        ];
        stages[level].holder.opt_out(of, now());
        [rights(&stages), rights(&stages[1..]), rights(&stages[2..])]
    };
    let (below, sees, top) =
        ("administrator: parent", "licensing-info: above:master/7", "administrator: contact:notices");
    let all = [format!("{below}:select/2, {sees}"), format!("{below}:master/7, {sees}"), top.to_owned()];
    let stays = |kept: [bool; 2]| {
        let of = |index: usize| if kept[index] { all[index].clone() } else { sees.to_owned() };
        [of(0), of(1), top.to_owned()]
    };
    assert_eq!(out(0, OptOutOf::Itself), stays([false, true]));
    assert_eq!(out(0, OptOutOf::Children), stays([true, true]), "nothing stands below");
    assert_eq!(out(1, OptOutOf::Itself), stays([false, false]), "who is none in the middle is none below");
    assert_eq!(out(1, OptOutOf::Children), stays([false, true]));
    assert_eq!(out(2, OptOutOf::Itself), stays([true, true]), "nothing stands above");
    assert_eq!(out(2, OptOutOf::Children), stays([false, false]));
}

/// ROLE-04 opting out takes inheritance only: what stands on the agreement itself stays, and opting in restores everything.
#[test]
fn role_04_opting_out_leaves_what_stands_there() {
    let mut stages = [
        Stage::of("select/1", &[(ContactName::Primary, ANN)]),
        Stage::of("select/2", &[(ContactName::OnlineAdministrator, ANN)]),
    ];
    let before = rights(&stages);
    stages[0].holder.opt_out(OptOutOf::Itself, now());
    stages[1].holder.opt_out(OptOutOf::Children, now());
    stages[1].holder.opt_out(OptOutOf::Children, at("2027-01-01T00:00:00Z"));
    assert_eq!(stages[1].holder.opted_out_below, Some(now()), "since when is kept");
    assert_eq!((rights(&stages).as_str(), stages[0].holder.is_empty()), ("administrator: contact:primary", false));
    stages[0].holder.opt_in(OptOutOf::Itself);
    assert_eq!(rights(&stages), "administrator: contact:primary");
    stages[1].holder.opt_in(OptOutOf::Children);
    assert_eq!((rights(&stages), stages[1].holder.is_empty()), (before, true));
}

/// PERM-04 ROLE-04 once given up, listings, inheritance and orders give nothing; what acts gave since does, and Licensing Info
/// from above stays.
#[test]
fn perm_04_once_given_up_only_acts_and_above_count() {
    let stages = |change: fn(&mut Holder)| {
        let here =
            Stage::of("open-licence/1", &[(ContactName::Primary, ANN), (ContactName::OnlineServicesManager, ANN)]);
        let here = here.holding(ordered).holding(claimed("2026-11-22T00:00:00Z"));
        let here = here.holding(assign(&[Role::Download])).holding(change);
        [here, Stage::of("master/7", &[(ContactName::Notices, ANN)])]
    };
    let before = of(&stages(|_| ()), now());
    assert_eq!(
        written(&before),
        "administrator: contact:primary parent:master/7, licensing-info: order claim above:master/7, \
         download: assigned order claim, product-keys: order claim, \
         online-services-manager: contact:online-services-manager, subscriptions-manager: order claim"
    );
    let gone = |holder: &mut Holder| holder.give_up(GivenUpBy::Oneself, now());
    assert_eq!(rights(&stages(gone)), "licensing-info: above:master/7");
    let mut since = stages(gone);
    ordered(&mut since[0].holder);
    assert_eq!(rights(&since), "licensing-info: above:master/7", "an order since is noted and gives nothing");
    since[0].holder.assigned = assigned(&[Role::ProductKeys]);
    assert_eq!(rights(&since), "licensing-info: above:master/7, product-keys: assigned");
    claimed("2026-11-22T00:00:00Z")(&mut since[0].holder);
    let with_claim = "licensing-info: claim above:master/7, download: claim, product-keys: assigned claim, subscriptions-manager: claim";
    assert_eq!(rights(&since), with_claim, "a claim gives what it names and no more");
    since[0].holder.revive();
    assert!(
        rights(&since).starts_with("administrator: contact:primary parent:master/7, licensing-info: order claim above")
    );
}

/// PERM-04 ROLE-04 who gave an agreement up is no Administrator below it either, and stays what they are below by other sources.
#[test]
fn perm_04_what_was_given_up_gives_nothing_below() {
    let mut stages = [
        Stage::of("select/1", &[(ContactName::OnlineServicesManager, ANN)]),
        Stage::of("select/2", &[(ContactName::OnlineAdministrator, ANN)]),
    ];
    let osm = "online-services-manager: contact:online-services-manager";
    assert_eq!(rights(&stages), format!("administrator: parent:select/2, {osm}"));
    stages[1].holder.give_up(GivenUpBy::Another, now());
    assert_eq!(rights(&stages), osm);
    stages[1].holder.assigned = assigned(&[Role::Administrator]);
    assert_eq!(rights(&stages), format!("administrator: parent:select/2, {osm}"), "an act since gives it below, too");
}

/// ROLE-05 orders and claims give the limited set, unless they were denied; undoing the denial restores exactly what it hid.
#[test]
fn role_05_orders_and_claims_give_the_limited_set() {
    let mut stages = [Stage::of("open-licence/1", &[])
        .holding(ordered)
        .holding(claimed("2026-11-22T00:00:00Z"))
        .holding(assign(&[Role::Download]))];
    let sources = |stages: &[Stage]| {
        let all = of(stages, now());
        let of_keys: Vec<_> = all.sources_of(Role::ProductKeys).iter().map(|given| given.source.clone()).collect();
        assert!(!all.has(Role::Administrator));
        assert_eq!(all.sources_of(Role::Download)[0].source, Source::Assigned, "what was assigned is not denied");
        of_keys
    };
    assert_eq!(sources(&stages), [Source::Order, Source::Claim]);
    assert!(of(&stages, now()).roles().eq(LIMITED_SET.iter().copied()));
    for (what, left) in [
        (&[Deniable::Orders][..], vec![Source::Claim]),
        (&[Deniable::Claim], vec![Source::Order]),
        (&[Deniable::Orders, Deniable::Claim], vec![]),
    ] {
        stages[0].holder.denied = denied(what);
        assert_eq!(sources(&stages), left);
    }
    ordered(&mut stages[0].holder);
    assert_eq!(sources(&stages), [], "a later order does not bring it back");
    assert_eq!(stages[0].holder.orders.as_ref().map(|orders| orders.count), Some(2));
    stages[0].holder.denied.clear();
    assert_eq!(sources(&stages), [Source::Order, Source::Claim]);
}

/// ROLE-05 a claim counts once the time to object has passed, to the second.
#[test]
fn role_05_a_claim_counts_from_its_time() {
    let stages = [Stage::of("open-licence/1", &[]).holding(claimed("2026-11-23T12:00:00Z"))];
    assert!(of(&stages, at("2026-11-23T11:59:59Z")).is_empty());
    assert_eq!(of(&stages, at("2026-11-23T12:00:00Z")).roles().count(), 4);
}

/// ROLE-06 a role that was given until a day counts through that day, in UTC; each role has its own end, and what comes with it
/// ends with it.
#[test]
fn role_06_a_role_ends_after_its_last_day() {
    let roles = BTreeMap::from([
        (Role::SoftwareAssuranceManager, granted(Some("2026-12-31"), None)),
        (Role::OnlineServicesManager, granted(Some("2027-01-31"), Some(Scheme::BenefitRoles))),
        (Role::Download, granted(None, None)),
    ]);
    let benefits = BTreeSet::from([Benefit::Support]);
    let given = Assigned { roles, benefits, reservations: true, ..Assigned::default() };
    let stages = [Stage::of("select/1", &[]).holding(|holder| holder.assigned = given)];
    for (time, expected, benefits, reservations) in [
        (
            "2026-12-31T23:59:59Z",
            "download: assigned, software-assurance-manager: assigned, online-services-manager: migrated:benefit-roles",
            1,
            true,
        ),
        ("2027-01-01T00:00:00Z", "download: assigned, online-services-manager: migrated:benefit-roles", 0, true),
        ("2027-02-01T00:00:00Z", "download: assigned", 0, false),
    ] {
        let found = of(&stages, at(time));
        assert_eq!(
            (written(&found).as_str(), found.benefits().len(), found.reservations()),
            (expected, benefits, reservations)
        );
    }
    let parent = |until: &str| {
        let roles = BTreeMap::from([(Role::Administrator, granted(Some(until), None))]);
        let upper =
            Stage::of("select/2", &[]).holding(|holder| holder.assigned = Assigned { roles, ..Assigned::default() });
        rights(&[Stage::of("select/1", &[]), upper])
    };
    assert_eq!((parent("2026-11-22").as_str(), parent("2026-11-21").as_str()), ("administrator: parent:select/2", ""));
}

/// ROLE-06 rights don't depend on the agreement's days; whether it runs is said beside them, its first and last day included.
#[test]
fn role_06_whether_an_agreement_runs_is_another_question() {
    let stage = Stage::of("select/1", &[(ContactName::Primary, ANN)]);
    let active = |day: &str| stage.level().is_active(day.parse().unwrap());
    assert_eq!(["2025-12-31", "2026-01-01", "2028-12-31", "2029-01-01"].map(active), [false, true, true, false]);
    assert!(!of(&[stage], at("2031-01-01T00:00:00Z")).is_empty());
}

/// ROLE-03 ROLE-04 a correction stands over what was loaded. Whom it replaced as primary or notices contact keeps that, here and
/// below, until the time that was said; others lose it at once.
#[test]
fn role_03_a_correction_counts_at_once_and_a_lasting_contact_has_time() {
    use ContactName as C;
    let (new, until) = ("new@contoso.example", at("2026-11-25T00:00:00Z"));
    for (name, role, keeps) in [
        (C::Primary, Role::Administrator, true),
        (C::Notices, Role::Administrator, true),
        (C::OnlineAdministrator, Role::Administrator, false),
        (C::OnlineServicesManager, Role::OnlineServicesManager, false),
    ] {
        let mut upper = Stage::of("select/2", &[(name, ANN)]);
        upper.corrections.correct(name, Some(&address(ANN)), address(new), By::Row, now(), until);
        let stages = [Stage::of("select/1", &[]), upper];
        let has = |who: &str, time: &str| access(&levels(&stages[1..]), &address(who), at(time)).has(role);
        assert!(has(new, "2026-11-22T00:00:00Z"));
        assert_eq!(has(ANN, "2026-11-24T23:59:59Z"), keeps, "{name}");
        assert!(!has(ANN, "2026-11-25T00:00:00Z"));
        let below = access(&levels(&stages), &address(ANN), now());
        assert_eq!((below.has(Role::LicensingInfo), below.has(Role::Administrator)), (keeps, keeps));
        assert_eq!(stages[1].level().contact(name), Some(&address(new)));
    }
}

/// ROLE-03 a contact that is corrected twice leaves time to both whom it replaced, each their own; one who comes back is the
/// contact again; and a load that says something else of the contact ends its correction, no other.
#[test]
fn role_03_corrections_follow_each_other_and_end_with_a_load() {
    use ContactName as C;
    let (bob, cyd) = (address("bob@contoso.example"), address("cyd@contoso.example"));
    let mut stage = Stage::of("select/1", &[(C::Primary, ANN), (C::Notices, "nils@contoso.example")]);
    let correct = |stage: &mut Stage, before: &Address, after: &Address, time: &str, until: &str| {
        stage.corrections.correct(C::Primary, Some(before), after.clone(), By::Row, at(time), at(until));
    };
    let who = |stage: &Stage, time: &str| {
        [&address(ANN), &bob, &cyd].map(|who| access(&[stage.level()], who, at(time)).has(Role::Administrator))
    };
    correct(&mut stage, &address(ANN), &bob, "2026-11-22T00:00:00Z", "2026-11-25T00:00:00Z");
    correct(&mut stage, &bob, &cyd, "2026-11-23T00:00:00Z", "2026-11-26T00:00:00Z");
    assert_eq!(who(&stage, "2026-11-24T00:00:00Z"), [true, true, true]);
    assert_eq!(who(&stage, "2026-11-25T00:00:00Z"), [false, true, true]);
    assert_eq!(who(&stage, "2026-11-26T00:00:00Z"), [false, false, true]);
    correct(&mut stage, &cyd, &bob, "2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z");
    assert_eq!(who(&stage, "2026-11-28T00:00:00Z"), [false, true, false]);

    let kept = |stage: &Stage| -> Vec<String> {
        let kept = serde_json::to_value(&stage.corrections).unwrap();
        kept["primary"]["replaced"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(kept(&stage), [ANN, cyd.as_str()], "whoever is the contact is none that was replaced");
    correct(&mut stage, &bob, &cyd, "2026-11-25T00:00:00Z", "2026-11-29T00:00:00Z");
    assert_eq!(kept(&stage), [bob.as_str()], "nor is one kept whose time is over");

    let loaded = stage.contacts.clone();
    stage.corrections.loaded(&loaded, &loaded);
    assert!(!stage.corrections.is_empty(), "the same row again changes nothing");
    let other_notices = Contacts::from([(C::Primary, address(ANN)), (C::Notices, cyd.clone())]);
    stage.corrections.loaded(&loaded, &other_notices);
    assert!(!stage.corrections.is_empty(), "it is another contact that changed");
    stage.corrections.loaded(&other_notices, &Contacts::from([(C::Primary, cyd.clone())]));
    assert!(stage.corrections.is_empty());
}

/// ROLE-02 which role allows what: the table that every function and page goes by.
#[test]
fn role_02_who_may_do_what() {
    let benefits = |some: &[Benefit]| Assigned {
        benefits: some.iter().copied().collect(),
        ..assigned(&[Role::SoftwareAssuranceManager])
    };
    let held: [(&str, Assigned); 11] = [
        ("administrator", assigned(&[Role::Administrator])),
        ("licensing-info", assigned(&[Role::LicensingInfo])),
        ("download", assigned(&[Role::Download])),
        ("product-keys", assigned(&[Role::ProductKeys])),
        ("software-assurance-manager with all benefits", benefits(Benefit::ALL)),
        ("software-assurance-manager with e-learning", benefits(&[Benefit::ELearning])),
        ("online-services-manager", assigned(&[Role::OnlineServicesManager])),
        (
            "online-services-manager with reservations",
            Assigned { reservations: true, ..assigned(&[Role::OnlineServicesManager]) },
        ),
        ("subscriptions-manager", assigned(&[Role::SubscriptionsManager])),
        ("the limited set", assigned(LIMITED_SET)),
        ("nothing", Assigned::default()),
    ];
    let letters = "ABCDEFGHIJK";
    let mut table = String::new();
    for (letter, (name, _)) in letters.chars().zip(&held) {
        table += &format!("{letter} = {name}\n");
    }
    let columns: Vec<String> = letters.chars().map(String::from).collect();
    table += &format!("\n{:<38}{}\n", "", columns.join(" "));
    let held =
        held.map(|(_, given)| of(&[Stage::of("enterprise/1", &[]).holding(|holder| holder.assigned = given)], now()));
    for action in Action::all() {
        let allowed = held.each_ref().map(|access| if access.allows(action).is_ok() { "x" } else { "." });
        table += &format!("{:<38}{}\n", action.to_string(), allowed.join(" "));
    }
    insta::assert_snapshot!(table);
    let all: BTreeSet<Action> = Action::all().collect();
    let names: BTreeSet<String> = Action::all().map(|action| action.to_string()).collect();
    assert_eq!((all.len(), names.len()), (Action::all().count(), all.len()), "each once, each with a name of its own");
}

/// ROLE-02 who may not is told what is missing: a role, or what has to come with it.
#[test]
fn role_02_what_is_missing_is_said() {
    let holding = |given: Assigned| of(&[Stage::of("select/1", &[]).holding(|holder| holder.assigned = given)], now());
    let nothing = holding(Assigned::default());
    assert_eq!(nothing.allows(Action::ManageUsers), Err(Missing::Role(None)), "Administrator only");
    assert_eq!(nothing.allows(Action::ReadLicence), Err(Missing::Role(Some(Role::LicensingInfo))));
    let support = Action::ManageBenefit(Benefit::Support);
    assert_eq!(nothing.allows(support), Err(Missing::Role(Some(Role::SoftwareAssuranceManager))));
    let some = Assigned {
        benefits: BTreeSet::from([Benefit::ELearning]),
        ..assigned(&[Role::SoftwareAssuranceManager, Role::OnlineServicesManager])
    };
    let some = holding(some);
    assert_eq!(some.allows(support), Err(Missing::Extra(Extra::Benefit(Benefit::Support))));
    assert_eq!(some.allows(Action::ManageReservations), Err(Missing::Extra(Extra::Reservations)));
    assert!(some.allows(Action::ManageBenefit(Benefit::ELearning)).is_ok() && some.allows(Action::Activate).is_ok());
}

/// ROLE-02 of several sources the nearest decides, for whoever acts by it depends on each agreement up to it.
#[test]
fn role_02_the_nearest_source_decides() {
    let top = || Stage::of("master/7", &[(ContactName::OnlineAdministrator, ANN)]);
    let ground = |stages: &[Stage], action: Action| {
        let found = of(stages, now());
        let ground = found.allows(action).unwrap();
        format!("{} by {}, {} up", ground.role, ground.given.source, ground.given.levels)
    };
    let inherited = [Stage::of("select/1", &[]), Stage::of("select/2", &[]), top()];
    assert_eq!(ground(&inherited, Action::Activate), "administrator by parent:select/2, 2 up");
    assert_eq!(ground(&inherited[1..], Action::Activate), "administrator by parent:master/7, 1 up");
    let nearer = [Stage::of("select/1", &[]), Stage::of("select/2", &[(ContactName::Notices, ANN)]), top()];
    assert_eq!(ground(&nearer, Action::Activate), "administrator by parent:select/2, 1 up", "not by way of the top");
    assert_eq!(ground(&nearer, Action::ReadLicence), "licensing-info by above:select/2, 1 up");
    let both_here = [Stage::of("select/1", &[(ContactName::Primary, ANN), (ContactName::OnlineServicesManager, ANN)])];
    let smaller = "online-services-manager by contact:online-services-manager, 0 up";
    assert_eq!(ground(&both_here, Action::Activate), smaller, "of two here, what is enough for this");
    let osm = [Stage::of("select/1", &[(ContactName::OnlineServicesManager, ANN)]), top()];
    assert_eq!(ground(&osm, Action::Activate), "online-services-manager by contact:online-services-manager, 0 up");
    assert_eq!(ground(&osm, Action::ManageUsers), "administrator by parent:master/7, 1 up");
    assert_eq!(ground(&osm, Action::ManageReservations), "administrator by parent:master/7, 1 up");
    let assigned = Assigned { reservations: true, ..assigned(&[Role::OnlineServicesManager]) };
    let [osm, top] = osm;
    let both = [osm.holding(|holder| holder.assigned = assigned), top];
    assert_eq!(ground(&both, Action::ManageReservations), "online-services-manager by assigned, 0 up");
}

/// ROLE-06 each source says what it gives, and what would go without it: only what nothing else gives.
#[test]
fn role_06_a_source_says_what_hangs_on_it() {
    let given = Assigned {
        benefits: BTreeSet::from([Benefit::Support]),
        reservations: true,
        ..assigned(&[Role::SoftwareAssuranceManager, Role::OnlineServicesManager, Role::LicensingInfo])
    };
    let stages = [
        Stage::of("select/1", &[(ContactName::Primary, ANN), (ContactName::OnlineServicesManager, ANN)])
            .holding(|holder| holder.assigned = given),
        Stage::of("select/2", &[(ContactName::Notices, ANN)]),
    ];
    let explained = explain(&levels(&stages), &address(ANN), now());
    let line = |one: &Explained| {
        let Explained { source, gives, goes: Loss { roles, benefits, reservations } } = one;
        let names = |roles: &BTreeSet<Role>| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
        let lost: Vec<String> = [names(roles)]
            .into_iter()
            .chain(benefits.iter().map(|benefit| format!("+{benefit}")))
            .chain(reservations.then(|| "+reservations".to_owned()))
            .filter(|text| !text.is_empty())
            .collect();
        format!("{source} gives {}; goes: {}", names(gives), lost.join(" "))
    };
    assert_eq!(
        explained.iter().map(line).collect::<Vec<_>>(),
        [
            "contact:primary gives administrator; goes: ",
            "parent:select/2 gives administrator; goes: ",
            "assigned gives licensing-info software-assurance-manager online-services-manager; \
             goes: software-assurance-manager +support +reservations",
            "above:select/2 gives licensing-info; goes: ",
            "contact:online-services-manager gives online-services-manager; goes: ",
        ]
    );
    assert!(explain(&[], &address(ANN), now()).is_empty() && explained[0].goes.is_empty());
}

/// ROLE-06 what goes above goes below with all that it gives there.
#[test]
fn role_06_what_goes_above_goes_below() {
    let stages = [
        Stage::of("select/1", &[]),
        Stage::of("select/2", &[(ContactName::Notices, ANN)]),
        Stage::of("master/7", &[(ContactName::OnlineAdministrator, ANN)]),
    ];
    let without = |source: Source, of: &str| {
        written(&access_without(&levels(&stages), &address(ANN), now(), &source, &of.parse().unwrap()))
    };
    let (notices, online) = (Source::Contact(ContactName::Notices), Source::Contact(ContactName::OnlineAdministrator));
    assert_eq!(without(notices.clone(), "select/2"), "administrator: parent:select/2", "by way of the top");
    assert_eq!(without(online.clone(), "master/7"), rights(&stages));
    assert_eq!(without(notices, "master/7"), rights(&stages), "it does not stand there");
    assert_eq!(without(online, "select/1"), rights(&stages));
    let parent = Source::Parent("master/7".parse().unwrap());
    assert_eq!(without(parent, "select/2"), rights(&stages));
    let above = Source::Above("select/2".parse().unwrap());
    assert_eq!(without(above, "select/1"), "administrator: parent:select/2");
}

/// ROLE-09 benefits and reservations that are given until a day end on that day, however long the role lasts; an end moves out and
/// never in, and a role that is prolonged prolongs nothing that comes with it.
#[test]
fn role_09_what_comes_with_a_role_has_an_end_of_its_own() {
    const EARLY: Option<&str> = Some("2026-11-30");
    const LATE: Option<&str> = Some("2026-12-31");
    let managers = [Role::SoftwareAssuranceManager, Role::OnlineServicesManager];
    for (acts, role_ends, more_ends) in [
        ([(None, false), (EARLY, true)], None, EARLY),
        ([(LATE, false), (EARLY, true)], LATE, EARLY),
        ([(EARLY, true), (LATE, false)], LATE, EARLY),
        ([(EARLY, true), (None, false)], None, EARLY),
        ([(EARLY, true), (LATE, true)], LATE, LATE),
        ([(LATE, true), (EARLY, true)], LATE, LATE),
        ([(LATE, true), (EARLY, false)], LATE, LATE),
        ([(None, true), (EARLY, true)], None, None),
        ([(EARLY, true), (None, true)], None, None),
    ] {
        let mut stages = [Stage::of("select/1", &[])];
        let holder = &mut stages[0].holder;
        for (until, with_more) in acts {
            let benefits = BTreeSet::from_iter(with_more.then_some(Benefit::HomeUse));
            holder.assign(managers, &benefits, with_more, &granted(until, None));
        }
        let lasting = BTreeSet::from_iter((role_ends == more_ends).then_some(Benefit::HomeUse));
        assert_eq!(holder.assigned.benefits, lasting, "{acts:?}: what lasts as long as the role is kept as before");
        assert_eq!(holder.assigned.shorter.is_empty(), role_ends == more_ends, "{acts:?}");

        let day = |end: Option<&str>| end.map(|end| end.parse::<Date>().unwrap());
        let all = of(&stages, now());
        for role in managers {
            assert_eq!(all.until(role), day(role_ends), "{acts:?}");
        }
        assert_eq!(all.benefit_until(Benefit::HomeUse), day(more_ends), "{acts:?}");
        assert_eq!((all.benefit_until(Benefit::Support), all.reservations_until()), (None, day(more_ends)), "{acts:?}");
        let Some(last) = more_ends else { continue };
        let on_the_day = of(&stages, at(&format!("{last}T23:59:59Z")));
        assert!(on_the_day.benefits().contains(&Benefit::HomeUse) && on_the_day.reservations(), "{acts:?}");
        let after = of(&stages, at(&format!("{last}T23:59:59Z")) + jiff::SignedDuration::from_secs(1));
        assert!(after.benefits().is_empty() && !after.reservations(), "{acts:?}");
        assert_eq!(after.has(Role::OnlineServicesManager), role_ends != more_ends, "{acts:?}");
        assert!(after.allows(Action::ManageBenefit(Benefit::HomeUse)).is_err(), "{acts:?}");
    }
}

/// ROLE-04 ROLE-09 who is Administrator above until a day is so below until that day, however far down; of several reasons above the
/// latest end counts.
#[test]
fn role_09_what_is_inherited_ends_with_its_reason() {
    let until = |days: &[Option<&str>]| {
        let upper = |(number, day): (usize, Option<&str>)| {
            let roles = [(Role::Administrator, granted(day, None))].into();
            let given = Assigned { roles, ..Assigned::default() };
            Stage::of(&format!("select/{}", number + 2), &[]).holding(|holder| holder.assigned = given)
        };
        let above = days.iter().copied().enumerate().map(upper);
        let stages: Vec<_> = [Stage::of("select/1", &[])].into_iter().chain(above).collect();
        let inherited = of(&stages, now());
        assert!(inherited.has(Role::Administrator));
        inherited.until(Role::Administrator).map(|day| day.to_string())
    };
    assert_eq!(until(&[Some("2026-12-31")]).as_deref(), Some("2026-12-31"));
    assert_eq!(until(&[Some("2026-11-21"), Some("2026-12-31")]).as_deref(), Some("2026-12-31"), "from two levels up");
    assert_eq!(until(&[Some("2027-01-31"), Some("2026-12-31")]).as_deref(), Some("2027-01-31"));
    assert_eq!(until(&[Some("2026-12-31"), Some("2027-01-31")]).as_deref(), Some("2027-01-31"));
    assert_eq!(until(&[Some("2026-12-31"), None]), None);
}

/// ROLE-09 what has ended by the day of the next act is not kept, and a role that has ended brings nothing back.
#[test]
fn role_09_what_has_ended_is_forgotten_with_the_next_act() {
    let managers = [Role::SoftwareAssuranceManager, Role::OnlineServicesManager];
    for (role_until, day, kept) in [
        (Some("2026-12-31"), "2026-11-30T23:59:59Z", true),
        (Some("2026-12-31"), "2026-12-01T00:00:00Z", false),
        (Some("2026-11-30"), "2026-12-01T00:00:00Z", false),
    ] {
        let mut holder = Holder::default();
        let home_use = BTreeSet::from([Benefit::HomeUse]);
        holder.assign(managers, &BTreeSet::new(), false, &granted(role_until, None));
        holder.assign(managers, &home_use, true, &granted(Some("2026-11-30"), None));
        let later = Grant { at: at(day), ..granted(None, None) };
        holder.assign(managers, &BTreeSet::from([Benefit::Support]), false, &later);
        assert_eq!(holder.assigned.benefits, [Benefit::Support].into(), "{day}");
        assert!(!holder.assigned.reservations);
        let last = kept.then(|| "2026-11-30".parse::<Date>().unwrap());
        let shorter =
            Shorter { benefits: last.map(|last| (Benefit::HomeUse, last)).into_iter().collect(), reservations: last };
        assert_eq!(holder.assigned.shorter, shorter, "{role_until:?} {day}");
    }
}

/// ROLE-09 what was stored before ends were kept of benefits and reservations lasts as long as the role; a function that does not
/// know of them takes what has an end of its own for not given.
#[test]
fn role_09_earlier_forms_are_read_and_earlier_functions_give_no_more() {
    let stored = serde_json::json!({
        "roles": {
            "software-assurance-manager": {"by": {"who": "row"}, "at": "2026-11-22T00:00:00Z", "until": "2026-12-31"},
            "online-services-manager": {"by": {"who": "row"}, "at": "2026-11-22T00:00:00Z"},
        },
        "benefits": ["support"],
        "reservations": true,
    });
    let read = |value: &serde_json::Value| serde_json::from_value::<Assigned>(value.clone()).unwrap();
    let before = read(&stored);
    assert!(before.shorter.is_empty());
    assert_eq!(serde_json::to_value(&before).unwrap(), stored, "and it is written as it was");

    let mut holder = Holder { assigned: before, ..Holder::default() };
    let home_use = BTreeSet::from([Benefit::HomeUse]);
    holder.assign([Role::SoftwareAssuranceManager], &home_use, false, &granted(Some("2026-11-30"), None));
    let mut as_read_before = serde_json::to_value(&holder.assigned).unwrap();
    as_read_before.as_object_mut().unwrap().remove("shorter").expect("it is kept by itself");
    assert_eq!(read(&as_read_before).benefits, [Benefit::Support].into());
}

/// PERM-03 notices and primary contacts stay, there and on everything below.
#[test]
fn perm_03_notices_and_primary_contacts_stay() {
    use ContactName as C;
    for name in C::ALL {
        let stays = |level: usize| {
            let mut all = vec![Contacts::new(); 3];
            all[level].insert(*name, address(ANN));
            must_stay(&all, &address(ANN))
        };
        let expected = |level: usize| C::LASTING.contains(name).then_some((level, *name));
        assert_eq!([0, 1, 2].map(stays), [0, 1, 2].map(expected), "{name}");
    }
    assert_eq!(must_stay(&[Contacts::from([(C::Primary, address("bob@contoso.example"))])], &address(ANN)), None);
}

/// PERM-04 newly named is who is primary or notices contact by a row and was neither by the row before.
#[test]
fn perm_04_newly_named_is_who_was_neither_before() {
    use ContactName as C;
    let named = |all: &[(C, &str)]| all.iter().map(|(name, who)| (*name, address(who))).collect::<Contacts>();
    let newly = |before: &Contacts, after: &Contacts| {
        newly_lasting(before, after).map(|address| address.as_str().to_owned()).collect::<Vec<_>>()
    };
    let (nobody, primary, notices) = (Contacts::new(), named(&[(C::Primary, ANN)]), named(&[(C::Notices, ANN)]));
    assert_eq!((newly(&nobody, &primary), newly(&nobody, &notices)), (vec![ANN.to_owned()], vec![ANN.to_owned()]));
    for before in [&primary, &notices] {
        assert!(newly(before, &primary).is_empty() && newly(before, &notices).is_empty());
        assert!(newly(before, &nobody).is_empty());
    }
    let osm = named(&[(C::OnlineServicesManager, ANN)]);
    assert_eq!((newly(&osm, &primary), newly(&nobody, &osm)), (vec![ANN.to_owned()], vec![]));
}

/// PERM-01 PERM-04 whoever was given something by an act, an order or a claim has the licence in their list, also before it counts and
/// after its end; whoever only gave it up, was denied something or does not want to inherit does not.
#[test]
fn perm_01_what_was_given_is_told_from_what_was_not() {
    let holding = |change: &dyn Fn(&mut Holder)| {
        let mut holder = Holder::default();
        change(&mut holder);
        holder
    };
    let ended = assigned_until("2026-11-21");
    let given: [&dyn Fn(&mut Holder); 3] =
        [&|holder| holder.assigned = ended.clone(), &ordered, &claimed("2027-01-01T00:00:00Z")];
    for change in given {
        let mut holder = holding(change);
        assert!(holder.gives_something());
        holder.give_up(GivenUpBy::Oneself, now());
        assert!(!holder.gives_something());
    }
    assert!(!holding(&|_| ()).gives_something());
    assert!(!holding(&|holder| holder.denied = denied(&[Deniable::Orders, Deniable::Claim])).gives_something());
    assert!(!holding(&|holder| holder.opt_out(OptOutOf::Itself, now())).gives_something());
}

/// ROLE-07 what people do in the portal is told from what rows do, and stays noted whatever rows do afterwards.
#[test]
fn role_07_an_act_in_the_portal_is_noted() {
    let person = By::Person { profile: "p-1".parse().unwrap(), address: address(ANN) };
    let gives = |holder: &mut Holder, by: &By| {
        holder.assign([Role::Download], &[].into(), false, &Grant { by: by.clone(), ..granted(None, None) });
    };
    let mut holder = Holder::default();
    gives(&mut holder, &By::Row);
    holder.give_up(GivenUpBy::Row, now());
    assert!(!holder.told.acted_since, "nobody acted");
    let (mut given, mut gone) = (holder.clone(), holder);
    gives(&mut given, &person);
    gone.give_up(GivenUpBy::Oneself, now());
    for mut holder in [given, gone] {
        assert!(holder.told.acted_since);
        gives(&mut holder, &By::Row);
        holder.give_up(GivenUpBy::Row, now());
        assert!(holder.told.acted_since, "a row is no act that undoes it");
    }
}

/// ROLE-03 a person has what all proven addresses have together.
#[test]
fn role_03_addresses_of_a_person_add_up() {
    let stages = [
        Stage::of("select/1", &[(ContactName::OnlineServicesManager, "bob@contoso.example")]),
        Stage::of("select/2", &[(ContactName::OnlineAdministrator, ANN)]),
    ];
    let mut all = of(&stages, now());
    all.join(access(&levels(&stages), &address("bob@contoso.example"), now()));
    assert_eq!(
        written(&all),
        "administrator: parent:select/2, online-services-manager: contact:online-services-manager"
    );
    let bob = Stage::of("select/1", &[(ContactName::Primary, "bob@contoso.example")]);
    all.join(access(&[bob.level()], &address("bob@contoso.example"), now()));
    let administrator: Vec<usize> = all.sources_of(Role::Administrator).iter().map(|given| given.levels).collect();
    assert_eq!(administrator, [0, 1], "the nearest first");
}

/// ROLE-07 what is kept of an address is read again as it was written, and what is not there is not written.
#[test]
fn role_07_what_an_address_holds_is_written_and_read() {
    let person = By::Person { profile: "p-1".parse().unwrap(), address: address("boss@contoso.example") };
    let mut holder = Holder {
        assigned: Assigned {
            roles: BTreeMap::from([
                (Role::Download, Grant { by: person.clone(), ..granted(Some("2027-01-31"), None) }),
                (Role::SoftwareAssuranceManager, granted(None, Some(Scheme::BenefitRoles))),
            ]),
            benefits: BTreeSet::from([Benefit::Support]),
            reservations: false,
            shorter: Shorter {
                benefits: BTreeMap::from([(Benefit::HomeUse, "2026-12-31".parse().unwrap())]),
                reservations: Some("2027-01-15".parse().unwrap()),
            },
        },
        denied: denied(&[Deniable::Orders]),
        ..Holder::default()
    };
    ordered(&mut holder);
    claimed("2026-11-23T00:00:00Z")(&mut holder);
    holder.opt_out(OptOutOf::Itself, now());
    holder.opt_out(OptOutOf::Children, now());
    insta::assert_snapshot!(serde_json::to_string_pretty(&holder).unwrap());
    let read = |holder: &Holder| serde_json::from_str::<Holder>(&serde_json::to_string(holder).unwrap()).unwrap();
    assert_eq!(read(&holder), holder);
    holder.give_up(GivenUpBy::Row, now());
    assert_eq!(read(&holder), holder);
    assert!(holder.assigned.is_empty() && holder.orders.is_none() && holder.claim.is_none());
    assert!(
        !holder.denied.is_empty() && holder.opted_out(OptOutOf::Itself),
        "what was taken, and what is not wanted, stays"
    );
    assert_eq!(serde_json::to_string(&Holder::default()).unwrap(), "{}");

    let row = Digest::try_from("5".repeat(32)).unwrap();
    for told in [
        Told { row: Some(row), ..Told::default() },
        Told { acted_since: true, ..Told::default() },
        Told { opt_outs: [OptOutOf::Children].into(), ..Told::default() },
    ] {
        let holder = Holder { told, ..Holder::default() };
        assert_eq!(read(&holder), holder, "or the row of the next night undoes what people did");
    }

    let mut corrections = Corrections::default();
    let old = address(ANN);
    corrections.correct(ContactName::Primary, Some(&old), address("new@contoso.example"), person, now(), now());
    let text = serde_json::to_string(&corrections).unwrap();
    assert_eq!(serde_json::from_str::<Corrections>(&text).unwrap(), corrections);
}
