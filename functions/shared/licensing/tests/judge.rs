//! The rules by which an order line is judged, one by one, and the order in which they are asked.

use licensing::{
    AccountId, Address, ContactName, Date, Policy, ProductKind, Timestamp,
    judge::{Addressee, Administers, Contacts, Facts, Outcome, Progress, Rule, Sending, Undeliverable, Verdict, judge},
    policy::LinkPolicy,
};
use proptest::prelude::*;

use ContactName::{BillTo, Notices, OnlineServicesManager as Osm, Primary};
use ProductKind::{Consumption, KeyedService, OnPremises, OnlineService};

fn policy() -> LinkPolicy {
    Policy::from_json(include_str!("../../../../tests/data/policy.json")).expect("a policy").links
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-11-22T00:00:00Z")
}

fn account() -> AccountId {
    "acc-1".parse().unwrap()
}

fn address(name: ContactName) -> Address {
    format!("{name}@contoso.example").parse().unwrap()
}

fn contacts(names: &[ContactName]) -> Contacts {
    names.iter().map(|name| (*name, address(*name))).collect()
}

/// An order line that is judged to be mailed to the OSM; tests change what they are about.
#[derive(Debug, Clone)]
struct Case {
    kind: ProductKind,
    contacts: Contacts,
    suppressed: Vec<ContactName>,
    progress: Progress<'static>,
    administers: Administers<'static>,
    purchased: Date,
    usage_starts: Date,
    now: Timestamp,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            kind: OnlineService,
            contacts: contacts(&[Osm, Notices, Primary, BillTo]),
            suppressed: Vec::new(),
            progress: Progress::None,
            administers: Administers::Nothing,
            purchased: day("2026-11-10"),
            usage_starts: day("2026-11-20"),
            now: now(),
        }
    }
}

impl Case {
    fn verdict(&self) -> Verdict {
        let suppressed: Vec<_> = self.suppressed.iter().map(|name| address(*name)).collect();
        let facts = Facts {
            kind: self.kind,
            contacts: &self.contacts,
            undeliverable: Undeliverable::among(&self.contacts, |address| suppressed.contains(address)),
            progress: self.progress,
            osm_administers: self.administers,
            purchased: self.purchased,
            usage_starts: self.usage_starts,
        };
        judge(&facts, self.now, &policy())
    }

    fn ends(&self, rule: Rule, outcome: &Outcome) {
        let verdict = self.verdict();
        assert_eq!((verdict.rule, &verdict.outcome), (rule, outcome));
        assert_eq!(verdict.checks().last().map(|check| (check.rule, check.holds)), Some((rule, true)));
    }
}

fn mail(to: ContactName) -> Outcome {
    let expires_at = time("2027-05-11T00:00:00Z");
    Outcome::Mail(Sending { to: Addressee { contact: to, address: address(to) }, send_at: now(), expires_at })
}

fn leaked() -> &'static AccountId {
    Box::leak(Box::new(account()))
}

/// ACT-02 the first order of an online service is mailed to the OSM.
#[test]
fn act_02_an_online_service_is_mailed_to_the_osm() {
    Case::default().ends(Rule::Act02, &mail(Osm));
}

/// ACT-03 without a deliverable OSM it goes to the notices contact, then to the primary contact, and to nobody else.
#[test]
fn act_03_the_fallback_is_notices_then_primary_then_stuck() {
    let case = Case::default();
    Case { suppressed: vec![Osm], ..case.clone() }.ends(Rule::Act03, &mail(Notices));
    Case { contacts: contacts(&[Notices, Primary]), ..case.clone() }.ends(Rule::Act03, &mail(Notices));
    Case { suppressed: vec![Osm, Notices], ..case.clone() }.ends(Rule::Act03, &mail(Primary));
    Case { contacts: contacts(&[Primary]), ..case.clone() }.ends(Rule::Act03, &mail(Primary));
    Case { suppressed: vec![Osm, Notices, Primary], ..case.clone() }.ends(Rule::Act03, &Outcome::Stuck);
    Case { contacts: contacts(&[BillTo]), ..case.clone() }.ends(Rule::Act03, &Outcome::Stuck);
    Case { contacts: contacts(&[]), usage_starts: day("2027-11-20"), ..case }.ends(Rule::Act03, &Outcome::Stuck);
}

/// ACT-03 a stuck activation is judged afresh by a further order.
#[test]
fn act_03_a_further_order_un_sticks_it() {
    Case { progress: Progress::Stuck, ..Case::default() }.ends(Rule::Act02, &mail(Osm));
}

/// ACT-04 consumption goes to the notices contact, not to the OSM.
#[test]
fn act_04_consumption_goes_to_the_notices_contact() {
    let case = Case { kind: Consumption, ..Case::default() };
    case.ends(Rule::Act04, &mail(Notices));
    Case { suppressed: vec![Notices], ..case.clone() }.ends(Rule::Act03, &mail(Primary));
    Case { contacts: contacts(&[Osm]), ..case.clone() }.ends(Rule::Act03, &Outcome::Stuck);
    Case { administers: Administers::One(leaked()), ..case }.ends(Rule::Act04, &mail(Notices));
}

/// ACT-05 a keyed service has no link: the notices contact, else the primary contact, learns where the key is.
#[test]
fn act_05_a_keyed_service_is_a_key_notice() {
    let case = Case { kind: KeyedService, ..Case::default() };
    let notice = |contact| Outcome::KeyNotice(Addressee { contact, address: address(contact) });
    case.ends(Rule::Act05, &notice(Notices));
    Case { suppressed: vec![Notices], ..case.clone() }.ends(Rule::Act05, &notice(Primary));
    Case { suppressed: vec![Notices, Primary], ..case.clone() }.ends(Rule::Act03, &Outcome::Stuck);
    Case { contacts: contacts(&[Osm]), ..case.clone() }.ends(Rule::Act03, &Outcome::Stuck);
    Case { progress: Progress::Activated(leaked()), ..case.clone() }.ends(Rule::Act05, &notice(Notices));
    Case { usage_starts: day("2028-01-01"), ..case }.ends(Rule::Act05, &notice(Notices));
}

/// ACT-06 nothing is mailed until 24 hours before the usage start, whoever it goes to.
#[test]
fn act_06_a_later_usage_start_is_scheduled() {
    let case = Case { usage_starts: day("2027-06-01"), ..Case::default() };
    let scheduled = |contact, send_at: &str, expires_at: &str| {
        let to = Addressee { contact, address: address(contact) };
        Outcome::Scheduled(Sending { to, send_at: time(send_at), expires_at: time(expires_at) })
    };
    let (send_at, expires_at) = ("2027-05-31T00:00:00Z", "2027-06-30T00:00:00Z");
    case.ends(Rule::Act06, &scheduled(Osm, send_at, expires_at));
    Case { suppressed: vec![Osm], ..case.clone() }.ends(Rule::Act06, &scheduled(Notices, send_at, expires_at));
    Case { kind: Consumption, ..case }.ends(Rule::Act06, &scheduled(Notices, send_at, expires_at));
}

/// ACT-06 the moment at which a mail is due belongs to the sending.
#[test]
fn act_06_exactly_24_hours_before_it_is_mailed() {
    let case = Case { usage_starts: day("2026-11-23"), ..Case::default() };
    case.ends(Rule::Act02, &mail(Osm));
    let earlier = Case { now: time("2026-11-21T23:59:59Z"), ..case };
    assert_eq!(earlier.verdict().rule, Rule::Act06);
}

/// ACT-06 a further order with an earlier usage start brings it forward.
#[test]
fn act_06_a_further_order_brings_it_forward() {
    let due = time("2027-05-31T00:00:00Z");
    let case = Case { progress: Progress::Scheduled(due), ..Case::default() };
    case.ends(Rule::Act02, &mail(Osm));
    let verdict = Case { usage_starts: day("2027-03-01"), ..case }.verdict();
    assert_eq!(verdict.rule, Rule::Act06);
    assert!(matches!(verdict.outcome, Outcome::Scheduled(sending) if sending.send_at == time("2027-02-28T00:00:00Z")));
}

/// ACT-07 what is activated already joins the same account at once, without mail.
#[test]
fn act_07_a_further_order_joins_the_account() {
    let case = Case { progress: Progress::Activated(leaked()), ..Case::default() };
    case.ends(Rule::Act07, &Outcome::Joined(account()));
    Case { kind: Consumption, contacts: contacts(&[]), ..case.clone() }.ends(Rule::Act07, &Outcome::Joined(account()));
    Case { usage_starts: day("2030-01-01"), ..case }.ends(Rule::Act07, &Outcome::Joined(account()));
}

/// ACT-08 an OSM who administers exactly one account has the licence assigned to it, suppressed or not.
#[test]
fn act_08_the_licence_is_assigned_to_the_osms_only_account() {
    let case = Case { administers: Administers::One(leaked()), ..Case::default() };
    case.ends(Rule::Act08, &Outcome::Assigned(account()));
    Case { suppressed: vec![Osm], ..case.clone() }.ends(Rule::Act08, &Outcome::Assigned(account()));
    Case { usage_starts: day("2030-01-01"), ..case.clone() }.ends(Rule::Act08, &Outcome::Assigned(account()));
    Case { progress: Progress::Stuck, ..case.clone() }.ends(Rule::Act08, &Outcome::Assigned(account()));
    Case { administers: Administers::Several, ..case.clone() }.ends(Rule::Act02, &mail(Osm));
    Case { contacts: contacts(&[Notices]), ..case }.ends(Rule::Act03, &mail(Notices));
}

/// ACT-09 on premises nothing is sent, whatever else is the case.
#[test]
fn act_09_on_premises_nothing_is_sent() {
    let case = Case { kind: OnPremises, ..Case::default() };
    case.ends(Rule::Act09, &Outcome::Nothing);
    Case { progress: Progress::Activated(leaked()), contacts: contacts(&[]), ..case }
        .ends(Rule::Act09, &Outcome::Nothing);
}

/// ACT-10 a further order adds to an activation that is invited, or scheduled for no later than its own time.
#[test]
fn act_10_a_further_order_adds_to_the_open_activation() {
    let case = Case { progress: Progress::Invited, ..Case::default() };
    case.ends(Rule::Act10, &Outcome::Added);
    Case { administers: Administers::One(leaked()), contacts: contacts(&[]), ..case.clone() }
        .ends(Rule::Act10, &Outcome::Added);
    let own_time = time("2027-05-31T00:00:00Z");
    let later = |progress| Case { progress, usage_starts: day("2027-06-01"), ..case.clone() };
    later(Progress::Scheduled(own_time)).ends(Rule::Act10, &Outcome::Added);
    let a_second = jiff::SignedDuration::from_secs(1);
    later(Progress::Scheduled(own_time - a_second)).ends(Rule::Act10, &Outcome::Added);
    assert_eq!(later(Progress::Scheduled(own_time + a_second)).verdict().rule, Rule::Act06);
}

/// ACT-11 the expiry counts from the earliest purchase and from the first mail.
#[test]
fn act_11_the_expiry_is_that_of_the_purchase_or_the_floor() {
    let expiry = |case: Case| match case.verdict().outcome {
        Outcome::Mail(sending) | Outcome::Scheduled(sending) => sending.expires_at,
        other => panic!("{other:?}"),
    };
    let case = Case { purchased: day("2026-08-31"), ..Case::default() };
    assert_eq!(expiry(case.clone()), time("2027-03-01T00:00:00Z"));
    assert_eq!(expiry(Case { purchased: day("2026-03-01"), ..case.clone() }), time("2026-12-22T00:00:00Z"));
    assert_eq!(expiry(Case { usage_starts: day("2027-03-01"), ..case }), time("2027-03-30T00:00:00Z"));
}

/// ACT-12 the explanation is the decision: every rule that was asked before failed, and the last one decided.
#[test]
fn act_12_the_checks_tell_how_it_was_decided() {
    let checks = |case: Case| case.verdict().checks().map(|check| (check.rule.id(), check.holds)).collect::<Vec<_>>();
    assert_eq!(
        checks(Case::default()),
        [
            ("ACT-09", false),
            ("ACT-05", false),
            ("ACT-07", false),
            ("ACT-10", false),
            ("ACT-08", false),
            ("ACT-06", false),
            ("ACT-02", true)
        ]
    );
    assert_eq!(checks(Case { kind: OnPremises, ..Case::default() }), [("ACT-09", true)]);
}

fn any_case() -> impl Strategy<Value = Case> {
    let kind = prop::sample::select(ProductKind::ALL);
    let names = prop::collection::vec(prop::sample::select(ContactName::ALL), 0..5);
    let suppressed = prop::collection::vec(prop::sample::select(ContactName::ALL), 0..5);
    let progress = prop_oneof![
        Just(Progress::None),
        Just(Progress::Stuck),
        Just(Progress::Invited),
        Just(Progress::Activated(leaked())),
        (-400_i64..400).prop_map(|days| Progress::Scheduled(now() + jiff::SignedDuration::from_hours(days * 24))),
    ];
    let administers =
        prop_oneof![Just(Administers::Nothing), Just(Administers::Several), Just(Administers::One(leaked()))];
    let days = (-400_i64..400, -400_i64..400, -100_i64..100);
    (kind, names, suppressed, progress, administers, days).prop_map(
        |(kind, names, suppressed, progress, administers, (purchased, usage_starts, hours))| {
            let at = |days: i64| licensing::when::day_of(now() + jiff::SignedDuration::from_hours(days * 24));
            Case {
                kind,
                contacts: contacts(&names),
                suppressed,
                progress,
                administers,
                purchased: at(purchased),
                usage_starts: at(usage_starts),
                now: now() + jiff::SignedDuration::from_hours(hours),
            }
        },
    )
}

/// The table of the format, row by row, as directly as it can be put: number of the row and name of the outcome.
fn by_the_table(case: &Case) -> (u8, &'static str) {
    let deliverable = |names: &[ContactName]| {
        names.iter().any(|name| case.contacts.contains_key(name) && !case.suppressed.contains(name))
    };
    let own_time = licensing::when::start_of(case.usage_starts) - jiff::SignedDuration::from_hours(24);
    let open = match case.progress {
        Progress::Invited => true,
        Progress::Scheduled(at) => at <= own_time,
        _ => false,
    };
    let online = case.kind == OnlineService;
    let sole = matches!(case.administers, Administers::One(_)) && case.contacts.contains_key(&Osm);
    let reachable = if online { deliverable(&[Osm, Notices, Primary]) } else { deliverable(&[Notices, Primary]) };
    match () {
        () if case.kind == OnPremises => (1, "none"),
        () if case.kind == KeyedService && reachable => (2, "key-notice"),
        () if case.kind == KeyedService => (2, "stuck"),
        () if matches!(case.progress, Progress::Activated(_)) => (3, "joined"),
        () if open => (4, "added"),
        () if online && sole => (5, "assigned"),
        () if !reachable => (6, "stuck"),
        () if case.now < own_time => (7, "scheduled"),
        () => (8, "mail"),
    }
}

proptest! {
    /// ACT-12 whatever the facts, the decision is that of the table, it is the last of its own reasons, and no reason
    /// before it held.
    #[test]
    fn act_12_every_decision_is_that_of_the_table(case in any_case()) {
        let verdict = case.verdict();
        let (_, outcome) = by_the_table(&case);
        prop_assert_eq!(verdict.outcome.as_str(), outcome);
        let checks: Vec<_> = verdict.checks().collect();
        let (last, before) = checks.split_last().unwrap();
        prop_assert_eq!((last.rule, last.holds), (verdict.rule, true));
        // A keyed service of which nobody can be told is the one case in which a rule holds and another one decides.
        let keyed_and_stuck = case.kind == KeyedService && verdict.outcome == Outcome::Stuck;
        prop_assert!(before.iter().all(|check| !check.holds || keyed_and_stuck && check.rule == Rule::Act05));
    }

    /// ACT-03 nobody is ever written to who isn't named, is suppressed, or isn't in the line of contacts.
    #[test]
    fn act_03_only_deliverable_contacts_are_written_to(case in any_case()) {
        let to = match case.verdict().outcome {
            Outcome::KeyNotice(to) => Some(to),
            Outcome::Mail(sending) | Outcome::Scheduled(sending) => Some(sending.to),
            _ => None,
        };
        if let Some(to) = to {
            prop_assert_eq!(case.contacts.get(&to.contact), Some(&to.address));
            prop_assert!(!case.suppressed.contains(&to.contact));
            prop_assert!([Osm, Notices, Primary].contains(&to.contact));
        }
    }
}
