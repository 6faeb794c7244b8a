//! Asking to join an account, and deciding on it, at the exact second.
//!
//! Each test tells a story: who asks, who decides, what time passes. Random histories at the end check what must hold in
//! all of them.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use licensing::{
    Address, Policy, ProductKind, Timestamp,
    account::{Account, AccountRole},
    activation::{Activation, Entitlement, Line, Person},
    audit::Actor,
    event::Event,
    join::{AskContext, AskOutcome, Decider, Deciding, Decision, Join, Refused, State, Step},
    judge::{Administers, Contacts, Facts, Progress, Undeliverable, judge},
    limit::TryAgainAt,
};
use proptest::prelude::*;

use AccountRole::{BillingAdministrator as Billing, GlobalAdministrator as Global};

const START: &str = "2026-11-22T03:00:00Z";
/// Thirty days later.
const END: &str = "2026-12-22T03:00:00Z";

/// LINK-03 ORG-04 asking opens a request that ends after thirty days, and asks the administrators once.
#[test]
fn link_03_asking_opens_a_request() {
    let mut story = Story::new();
    assert_eq!(story.ask(), Ok(vec![asked(1)]));
    let join = story.it();
    assert_eq!((join.asked_at, join.ends_at, join.generation), (time(START), time(END), 1));
    assert_eq!((join.by.address.clone(), join.account_name.as_str()), (address("osm"), "Contoso"));
    assert_eq!(join.occasion.product_name, "Mail");
    assert!(join.state.is_pending());
}

/// ORG-04 an identical request that waits is returned, not doubled; once it has ended, asking is asking anew.
#[test]
fn org_04_an_identical_request_is_returned() {
    let mut story = Story::new();
    story.ask().unwrap();
    story.now = second_before(time(END));
    let before = story.it().clone();
    assert_eq!(story.ask(), Ok(vec![]));
    assert_eq!(story.it(), &before);
    story.now = time(END);
    assert_eq!(story.ask(), Ok(vec![ended(1), asked(2)]), "the sweep was not here yet");
    assert_eq!((story.it().generation, story.it().asked_at), (2, time(END)));
    assert_eq!(story.it().state_of(1, story.now), Some(State::Ended { at: time(END) }));
}

/// LINK-03 only the customer's account can be asked for, and only by who does not administer it.
#[test]
fn link_03_only_the_customers_account_by_who_does_not_administer_it() {
    let mut other = Story::new();
    other.account.customer = Some("fabrikam".parse().unwrap());
    assert_eq!(other.ask(), Err(Refused::NotLinked));
    other.account.customer = None;
    assert_eq!(other.ask(), Err(Refused::NotLinked));
    for who in ["boss", "pays"] {
        let mut story = Story::new();
        story.asker = Person { address: address(who), ..story.asker };
        assert_eq!(story.ask(), Err(Refused::Administers), "{who}");
        assert_eq!(story.stored, None);
    }
}

/// ORG-04 where none of the global administrators can be reached, nobody would decide: that is said instead.
#[test]
fn org_04_without_a_reachable_administrator_it_is_said() {
    let mut story = Story::new();
    story.failing = BTreeSet::from([address("boss"), address("chief")]);
    assert_eq!(story.ask(), Err(Refused::NobodyDecides), "a billing administrator does not decide");
    story.failing.remove(&address("chief"));
    assert_eq!(story.ask(), Ok(vec![asked(1)]));

    let mut nobody = Story::new();
    nobody.account.global_admins.clear();
    assert_eq!(nobody.ask(), Err(Refused::NobodyDecides));
}

/// SAFE-07 ORG-04 three requests a day; the fourth is told when.
#[test]
fn safe_07_three_requests_a_day() {
    let mut story = Story::new();
    for number in 1..=3 {
        assert_eq!(story.ask(), Ok(vec![asked(number)]));
        story.now += SignedDuration::from_mins(1);
        story.withdraw().unwrap();
    }
    let again = time("2026-11-23T03:00:00Z");
    assert_eq!(story.ask(), Err(Refused::TooOften(TryAgainAt(again))));
    story.now = again;
    assert_eq!(story.ask(), Ok(vec![asked(4)]));
}

/// SAFE-07 ORG-04 whom an administrator refused asks again after a day; refused again, after a week; then after a month each
/// time. Withdrawing in between changes nothing, and who joined and left begins anew.
#[test]
fn safe_07_each_refusal_makes_the_next_request_wait_longer() {
    let mut story = Story::new();
    for days in [1, 7, 30, 30] {
        story.ask().unwrap();
        story.decide("boss", Decision::Deny).unwrap();
        let again = story.now + SignedDuration::from_hours(24 * days);
        for waited in [SignedDuration::ZERO, SignedDuration::from_hours(24 * days) - SignedDuration::from_secs(1)] {
            let now = story.now;
            story.now += waited;
            assert_eq!(story.ask(), Err(Refused::TooOften(TryAgainAt(again))), "after {waited}");
            story.now = now;
        }
        story.now = again;
        story.ask().unwrap();
        story.withdraw().unwrap();
    }
    assert_eq!(story.it().denials.map(|denials| denials.count), Some(4));

    // The clock was set back by months: it locks nobody out.
    let now = std::mem::replace(&mut story.now, time("2026-01-01T00:00:00Z"));
    assert!(story.ask().is_ok());
    story.withdraw().unwrap();
    story.now = now;

    story.ask().unwrap();
    story.decide("boss", Decision::Grant(Billing)).unwrap();
    assert_eq!(story.it().denials, None);
    story.account = Story::new().account;
    story.ask().unwrap();
    story.decide("boss", Decision::Deny).unwrap();
    story.now += SignedDuration::from_hours(24);
    assert!(story.ask().is_ok(), "it is the first again");
}

/// SAFE-07 OPS-06 what an earlier release stored of refusals counts: those that the request remembers.
#[test]
fn safe_07_refusals_that_were_stored_before_count() {
    let mut story = Story::decided(Decision::Deny);
    story.now += SignedDuration::from_hours(24);
    story.ask().unwrap();
    story.decide("boss", Decision::Deny).unwrap();
    let mut before = story.it().clone();
    before.denials = None;
    story.stored = Some(before);
    let again = story.now + SignedDuration::from_hours(7 * 24);
    assert_eq!(story.ask(), Err(Refused::TooOften(TryAgainAt(again))));
}

/// ORG-04 APR-05 granting adds the address by which it was asked to the account, by the role that was chosen.
#[test]
fn apr_05_granting_makes_a_member() {
    for role in [Billing, Global] {
        let mut story = Story::asked();
        assert_eq!(story.decide("boss", Decision::Grant(role)), Ok(vec![decided(1)]));
        let State::Granted { role: given, decided } = &story.it().state else { panic!("{:?}", story.it().state) };
        assert_eq!((*given, decided.at, decided.message.as_str()), (role, time(START), "welcome"));
        assert!(story.account.is_administered_by(&[address("osm")]));
        assert_eq!(story.account.is_global_admin(&[address("osm")]), role == Global);
        assert_eq!(story.it().due_at(), None);
    }
}

/// APR-02 denying works from the mailed link alone; granting needs a session.
#[test]
fn apr_02_a_link_denies_and_does_not_grant() {
    let mut story = Story::asked();
    let link = Decider::Link(address("boss"));
    let before = story.account.clone();
    for role in [Billing, Global] {
        assert_eq!(story.decides(&link, &[address("boss")], Decision::Grant(role)), Err(Refused::SignInToGrant));
    }
    assert_eq!(story.decides(&link, &[address("boss")], Decision::Deny), Ok(vec![decided(1)]));
    assert!(matches!(&story.it().state, State::Denied { decided } if decided.by == link));
    assert_eq!(story.account, before);
}

/// APR-03 the first decision wins; a later one changes nothing, whoever makes it.
#[test]
fn apr_03_the_first_decision_wins() {
    let mut story = Story::asked();
    story.decide("boss", Decision::Deny).unwrap();
    let first = story.it().clone();
    story.now += SignedDuration::from_hours(1);
    for who in ["boss", "chief"] {
        assert_eq!(story.decide(who, Decision::Grant(Global)), Err(Refused::Over));
        assert_eq!(story.decide(who, Decision::Deny), Err(Refused::Over));
    }
    assert_eq!(story.it(), &first);
    assert_eq!(story.withdraw(), Err(Refused::Over));
}

/// APR-03 who comes later is told what was decided, by whom and when; where nobody decided, when it ended.
#[test]
fn apr_03_it_is_told_who_decided_and_when() {
    let pending = Story::asked();
    assert_eq!((pending.it().state.ended_at(), pending.it().state.decided()), (None, None));
    for decision in [Decision::Deny, Decision::Grant(Billing)] {
        let story = Story::decided(decision);
        let decided = story.it().state.decided().expect("somebody decided");
        assert_eq!((decided.by.address(), decided.message.as_str()), (&address("boss"), "welcome"));
        assert_eq!((story.it().state.ended_at(), decided.at), (Some(time(START)), time(START)));
    }
    let withdrawn = Story::withdrawn();
    assert_eq!((withdrawn.it().state.ended_at(), withdrawn.it().state.decided()), (Some(time(START)), None));
    let ended = State::Ended { at: time(END) };
    assert_eq!((ended.ended_at(), ended.decided()), (Some(time(END)), None));
    assert_eq!(Decider::Link(address("boss")).address(), &address("boss"));
}

/// SAFE-01 ORG-04 the audits of the account and of who asked say as what the person joined.
#[test]
fn org_04_the_audit_says_as_what_a_person_joined() {
    let story = Story::asked();
    for (role, name) in [(Billing, "billing-administrator"), (Global, "global-administrator")] {
        let (by, addresses) = (session("boss"), [address("boss")]);
        let deciding = story.deciding(&by, &addresses);
        let step = story.it().clone().decide(Decision::Grant(role), "", &deciding, story.now).unwrap();
        for note in [step.note(), step.told_asker()] {
            assert_eq!(
                (note.action, note.facts["role"].as_str(), note.facts["request"].as_str()),
                ("join.granted", name, "1")
            );
        }
    }
}

/// APR-03 two decisions on what was read once are written on the same condition, so that one of them loses.
#[test]
fn apr_03_two_decisions_have_the_same_condition() {
    let story = Story::asked();
    let step = |who: &str, decision| {
        let by = session(who);
        story.it().clone().decide(decision, "", &story.deciding(&by, &[address(who)]), story.now).unwrap()
    };
    let (one, other) = (step("boss", Decision::Grant(Global)), step("chief", Decision::Deny));
    assert_eq!((one.seen(), other.seen()), (Some(1), Some(1)));
    assert_eq!((one.judged_by(), other.judged_by()), (Some(7), Some(7)), "they still administer it at that moment");
    assert_eq!((one.admits().map(|account| account.version), other.admits()), (Some(8), None));
}

/// APR-04 nobody decides their own request, not even who has become a global administrator meanwhile.
#[test]
fn apr_04_nobody_decides_their_own() {
    let mut story = Story::asked();
    story.account.global_admins.push(address("osm"));
    for decision in [Decision::Deny, Decision::Grant(Billing)] {
        assert_eq!(story.decide("osm", decision), Err(Refused::Own));
        let by = Decider::Session(Person { profile: story.asker.profile.clone(), address: address("boss") });
        assert_eq!(story.decides(&by, &[address("boss")], decision), Err(Refused::Own), "by another address");
        let link = Decider::Link(address("osm"));
        assert_eq!(story.decides(&link, &[address("osm")], decision), Err(Refused::Own));
    }
}

/// ORG-04 only global administrators decide, as they are now: not billing administrators, strangers, or who was one.
#[test]
fn org_04_only_global_administrators_decide() {
    let mut story = Story::asked();
    for who in ["pays", "else"] {
        assert_eq!(story.decide(who, Decision::Deny), Err(Refused::NotYours), "{who}");
    }
    story.account.global_admins.retain(|admin| *admin != address("boss"));
    assert_eq!(
        story.decides(&Decider::Link(address("boss")), &[address("boss")], Decision::Deny),
        Err(Refused::NotYours)
    );
    assert_eq!(story.decide("chief", Decision::Deny), Ok(vec![decided(1)]));
}

/// ORG-03 ORG-04 an address that the person no longer has makes nobody a member; denying still works.
#[test]
fn org_04_an_address_that_moved_on_is_not_let_in() {
    let mut story = Story::asked();
    story.asker_has_address = false;
    assert_eq!(story.decide("boss", Decision::Grant(Billing)), Err(Refused::AskerGone));
    assert_eq!(story.decide("boss", Decision::Deny), Ok(vec![decided(1)]));
}

/// EXP-05 ORG-04 a request past its end has ended the second it is, swept or not: nobody decides or withdraws it.
#[test]
fn exp_05_it_ends_to_the_second() {
    let mut story = Story::asked();
    story.now = time(END);
    assert_eq!(story.it().state_at(story.now), State::Ended { at: time(END) });
    assert_eq!(story.decide("boss", Decision::Grant(Billing)), Err(Refused::Over));
    assert_eq!(story.withdraw(), Err(Refused::Over));
    story.now = second_before(time(END));
    assert_eq!(story.decide("boss", Decision::Grant(Billing)), Ok(vec![decided(1)]));
}

/// EXP-01 EXP-03 the sweep ends it once, when it is due, and who asked is told.
#[test]
fn exp_01_the_sweep_ends_it_once() {
    let mut story = Story::asked();
    assert_eq!(story.it().due_at(), Some(time(END)));
    story.now = second_before(time(END));
    assert_eq!(story.sweep(), None);
    for at in [END, "2026-12-22T03:04:00Z"] {
        let mut story = Story { now: time(at), ..Story::asked() };
        assert_eq!(story.sweep(), Some(vec![ended(1)]), "{at}");
        assert_eq!(
            story.it().state,
            State::Ended { at: time(END) },
            "it ended when it was due, not when the sweep came"
        );
        assert_eq!(story.sweep(), None);
    }
    for over in [Story::decided(Decision::Deny), Story::decided(Decision::Grant(Global)), Story::withdrawn()] {
        let mut over = over;
        over.now = time(END);
        assert_eq!(over.sweep(), None);
    }
}

/// ORG-04 APR-02 who asked may withdraw while it waits; the link of every request goes on showing what became of it.
#[test]
fn apr_02_links_show_the_outcome_after_the_end() {
    let mut story = Story::asked();
    assert_eq!(story.withdraw(), Ok(vec![]));
    assert_eq!(story.it().state, State::Withdrawn { at: time(START) });
    assert_eq!(story.decide("boss", Decision::Deny), Err(Refused::Over));
    story.ask().unwrap();
    story.decide("boss", Decision::Deny).unwrap();
    story.now += SignedDuration::from_hours(24);
    story.ask().unwrap();
    assert_eq!(story.it().state_of(1, story.now), Some(State::Withdrawn { at: time(START) }));
    assert!(matches!(story.it().state_of(2, story.now), Some(State::Denied { .. })));
    assert_eq!(story.it().state_of(3, story.now), Some(State::Pending));
    assert_eq!(story.it().state_of(4, story.now), None);
}

/// REQ-03 SAFE-01 the account's audit names who did it; that of who asked does not name the administrators.
#[test]
fn req_03_the_askers_audit_names_no_administrator() {
    let story = Story::asked();
    let deny = |by: &Decider| {
        story.it().clone().decide(Decision::Deny, "", &story.deciding(by, &[address("boss")]), story.now).unwrap()
    };
    let signed_in = deny(&session("boss"));
    assert!(matches!(&signed_in.note().actor, Actor::Person { address: by, .. } if *by == address("boss")));
    let by_link = deny(&Decider::Link(address("boss")));
    assert_eq!(by_link.note().actor, Actor::LinkHolder);
    assert_eq!(by_link.note().personal["mailed-to"], "boss@contoso.example");
    for step in [signed_in, by_link] {
        assert_eq!(step.note().action, "join.denied");
        assert_eq!(step.note().personal["asked-by"], "osm@contoso.example");
        let told = step.told_asker();
        assert_eq!((told.action, &told.actor), ("join.denied", &Actor::Administrator));
        assert!(!format!("{told:?}").contains("boss"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// APR-03 EXP-03 ORG-04 no history panics, and in each of them: a step rises the version by one; nobody joins but by a
    /// grant; each request is asked, decided and ended at most once; and something falls due exactly when the sweep finds it.
    #[test]
    fn apr_03_every_history_keeps_the_promises(acts in prop::collection::vec(any_act(), 1..40)) {
        let mut story = Story::new();
        let mut keys = BTreeSet::new();
        for act in acts {
            let (before, members) = (story.stored.clone(), story.account.members.len());
            let events = story.act(&act);
            for event in &events {
                prop_assert!(keys.insert(event.id()), "{} is written twice", event.id());
            }
            let Some(after) = &story.stored else { continue };
            let due = after.due_at().is_some_and(|due| due <= story.now);
            prop_assert_eq!(due, after.clone().end(story.now).is_some());
            prop_assert_eq!(after.due_at().is_some(), after.state.is_pending());
            if story.account.members.len() > members {
                prop_assert!(matches!(after.state, State::Granted { .. }), "{act:?}");
            }
            let Some(before) = before else { continue };
            if !before.state_at(story.now).is_pending() && !matches!(act, Act::Ask) {
                let (was, is) = (before.state_at(story.now), after.state_at(story.now));
                prop_assert_eq!(was, is, "{:?} changed what was over", act);
            }
            prop_assert!(after.past.len() <= 10 && after.generation >= before.generation);
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Wait(i64),
    Ask,
    Withdraw,
    Sweep,
    Decide(&'static str, bool, Decision),
    Fails(&'static str),
    Heals(&'static str),
    Moves,
}

fn any_act() -> impl Strategy<Value = Act> {
    let who = || prop::sample::select(vec!["boss", "chief", "pays", "osm", "else"]);
    let decision = prop::sample::select(vec![Decision::Deny, Decision::Grant(Billing), Decision::Grant(Global)]);
    prop_oneof![
        4 => (0_i64..40 * 24).prop_map(Act::Wait),
        4 => Just(Act::Ask),
        1 => Just(Act::Withdraw),
        2 => Just(Act::Sweep),
        3 => (who(), any::<bool>(), decision).prop_map(|(who, link, decision)| Act::Decide(who, link, decision)),
        1 => who().prop_map(Act::Fails),
        1 => who().prop_map(Act::Heals),
        1 => Just(Act::Moves),
    ]
}

/// One person, one account, and a clock.
struct Story {
    now: Timestamp,
    asker: Person,
    account: Account,
    activation: Activation,
    failing: BTreeSet<Address>,
    asker_has_address: bool,
    stored: Option<Join>,
}

impl Story {
    /// `boss` and `chief` are global administrators, `pays` is billing administrator; `osm` is about to activate.
    fn new() -> Self {
        Self {
            now: time(START),
            asker: Person { profile: "p-osm".parse().unwrap(), address: address("osm") },
            account: Account {
                id: "acc-1".parse().unwrap(),
                name: "Contoso".into(),
                customer: Some("contoso".parse().unwrap()),
                domains: Vec::new(),
                global_admins: vec![address("boss"), address("chief")],
                billing_admins: vec![address("pays")],
                members: Vec::new(),
                loaded: true,
                made_for: None,
                version: 7,
            },
            activation: activation(),
            failing: BTreeSet::new(),
            asker_has_address: true,
            stored: None,
        }
    }

    fn asked() -> Self {
        let mut story = Self::new();
        story.ask().unwrap();
        story
    }

    fn decided(decision: Decision) -> Self {
        let mut story = Self::asked();
        story.decide("boss", decision).unwrap();
        story
    }

    fn withdrawn() -> Self {
        let mut story = Self::asked();
        story.withdraw().unwrap();
        story
    }

    fn it(&self) -> &Join {
        self.stored.as_ref().expect("it was asked")
    }

    fn ask(&mut self) -> Result<Vec<Event>, Refused> {
        let addresses = [self.asker.address.clone()];
        let asking = AskContext {
            by: &self.asker,
            addresses: &addresses,
            name: "Olga Smith",
            account: &self.account,
            activation: &self.activation,
        };
        let fails = |address: &Address| self.failing.contains(address);
        match Join::ask(self.stored.clone(), &asking, fails, self.now, &Policy::default().joins)? {
            AskOutcome::New(step) => Ok(self.take(*step)),
            AskOutcome::Pending(join) => {
                assert_eq!(Some(&*join), self.stored.as_ref(), "what waits is as it was");
                Ok(Vec::new())
            }
        }
    }

    fn deciding<'a>(&'a self, by: &'a Decider, addresses: &'a [Address]) -> Deciding<'a> {
        Deciding { by, addresses, account: &self.account, asker_has_address: self.asker_has_address }
    }

    fn decides(&mut self, by: &Decider, addresses: &[Address], decision: Decision) -> Result<Vec<Event>, Refused> {
        let deciding = self.deciding(by, addresses);
        let may = self.it().may_be_decided(decision, &deciding, self.now);
        let step = self.it().clone().decide(decision, "welcome", &deciding, self.now);
        assert_eq!(may.is_ok(), step.is_ok(), "what is offered is what is taken");
        step.map(|step| self.take(step))
    }

    fn decide(&mut self, who: &str, decision: Decision) -> Result<Vec<Event>, Refused> {
        self.decides(&session(who), &[address(who)], decision)
    }

    fn withdraw(&mut self) -> Result<Vec<Event>, Refused> {
        self.it().clone().withdraw(self.now).map(|step| self.take(step))
    }

    fn sweep(&mut self) -> Option<Vec<Event>> {
        self.it().clone().end(self.now).map(|step| self.take(step))
    }

    /// Stores a step as the store would, checks what must hold of each, and gives its events.
    fn take(&mut self, step: Step) -> Vec<Event> {
        assert_eq!(step.seen(), self.stored.as_ref().map(|join| join.version));
        assert_eq!(step.after().version, step.seen().unwrap_or_default() + 1);
        assert_eq!(step.note().facts["account"], "acc-1");
        assert_eq!(step.note().action, step.told_asker().action);
        if let Some(account) = step.admits() {
            assert_eq!((step.judged_by(), account.version), (Some(self.account.version), self.account.version + 1));
            self.account = account.clone();
        }
        let events = step.events().to_vec();
        self.stored = Some(step.into_after());
        events
    }

    fn act(&mut self, act: &Act) -> Vec<Event> {
        if self.stored.is_none() && !matches!(act, Act::Ask | Act::Wait(_) | Act::Fails(_) | Act::Heals(_)) {
            return Vec::new();
        }
        match act {
            Act::Wait(hours) => self.now += SignedDuration::from_hours(*hours),
            Act::Ask => return self.ask().unwrap_or_default(),
            Act::Withdraw => return self.withdraw().unwrap_or_default(),
            Act::Sweep => return self.sweep().unwrap_or_default(),
            Act::Decide(who, true, decision) => {
                return self.decides(&Decider::Link(address(who)), &[address(who)], *decision).unwrap_or_default();
            }
            Act::Decide(who, false, decision) => return self.decide(who, *decision).unwrap_or_default(),
            Act::Fails(who) => drop(self.failing.insert(address(who))),
            Act::Heals(who) => drop(self.failing.remove(&address(who))),
            Act::Moves => self.asker_has_address = !self.asker_has_address,
        }
        Vec::new()
    }
}

fn activation() -> Activation {
    let (licence, product, customer) =
        ("enterprise/1".parse().unwrap(), "MAIL".parse().unwrap(), "contoso".parse().unwrap());
    let contacts = Contacts::from([(licensing::ContactName::OnlineServicesManager, address("osm"))]);
    let line = Line {
        order: "PO-1".parse().unwrap(),
        line: 1,
        quantity: 25,
        purchased: "2026-11-10".parse().unwrap(),
        usage_starts: "2026-11-10".parse().unwrap(),
    };
    let policy = Policy::default().links;
    let facts = Facts {
        kind: ProductKind::OnlineService,
        contacts: &contacts,
        undeliverable: Undeliverable::default(),
        progress: Progress::None,
        osm_administers: Administers::Nothing,
        purchased: line.purchased,
        usage_starts: line.usage_starts,
    };
    let entitlement = Entitlement {
        licence: &licence,
        product: &product,
        product_name: "Mail",
        kind: ProductKind::OnlineService,
        customer: &customer,
        customer_name: "Contoso Ltd",
        contacts: &contacts,
        by_endpoint: false,
    };
    let verdict = judge(&facts, time(START), &policy);
    Activation::open(&entitlement, &line, &verdict, "", time(START), &policy).expect("a first order opens").into_after()
}

fn session(who: &str) -> Decider {
    Decider::Session(Person { profile: format!("p-{who}").parse().unwrap(), address: address(who) })
}

fn address(who: &str) -> Address {
    format!("{who}@contoso.example").parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn second_before(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_secs(1)
}

fn asked(generation: u32) -> Event {
    Event::JoinAsked { account: "acc-1".parse().unwrap(), asker: "p-osm".parse().unwrap(), generation }
}

fn decided(generation: u32) -> Event {
    let (account, asker) = ("acc-1".parse().unwrap(), "p-osm".parse().unwrap());
    Event::JoinDecided { account, asker, generation, to: address("osm") }
}

fn ended(generation: u32) -> Event {
    let (account, asker) = ("acc-1".parse().unwrap(), "p-osm".parse().unwrap());
    Event::JoinEnded { account, asker, generation, to: address("osm") }
}
