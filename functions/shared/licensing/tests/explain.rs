//! ACT-12 explanation and decision hold together, whatever happened before.

use std::collections::BTreeSet;

use licensing::{
    Address, ContactName, Licence, Policy, ProductKind, Sku, Timestamp,
    access::Standing,
    account::Account,
    activation::{Activation, Entitlement, How, Line, Person, Setup, State},
    audit::Actor,
    explain::{self, Case, Context, Cure, Mail, MailState, Reader, explain},
    judge::{self, Administers, Check, Contacts, Facts, Undeliverable, judge},
    limit::Window,
    phase::Phase,
    rights::Rights,
    when::{add_hours, day_of, less_hours},
};
use proptest::prelude::*;

/// What can happen.
#[derive(Debug, Clone)]
enum Happens {
    /// An order line with so many days between now, purchase and usage start.
    Order { bought_days_ago: u32, starts_in_days: u32 },
    /// Time passes.
    Hours(u32),
    /// The sweep runs.
    Sweep,
    /// Mail to the addressee bounces.
    Bounce,
    /// The newest mail was delivered.
    Delivered,
    /// A contact is corrected to another address.
    Corrected(usize, usize),
    /// Somebody presses a button that they are offered.
    Press(usize, usize),
    /// Somebody who holds the link asks for it again.
    AskedAgain,
    /// An operator revives it.
    Revived,
    /// From now on an endpoint sets the product up.
    Endpoint,
    /// The endpoint says that it is done, or refuses.
    Answers(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => (0u32..260, 0u32..40).prop_map(|(bought_days_ago, starts_in_days)| Happens::Order { bought_days_ago, starts_in_days }),
        4 => prop_oneof![Just(1u32), Just(24), Just(72), Just(24 * 31), Just(24 * 200)].prop_map(Happens::Hours),
        4 => Just(Happens::Sweep),
        2 => Just(Happens::Bounce),
        1 => Just(Happens::Delivered),
        1 => (0usize..3, 0usize..5).prop_map(|(contact, person)| Happens::Corrected(contact, person)),
        6 => (0usize..5, 0usize..6).prop_map(|(person, cure)| Happens::Press(person, cure)),
        1 => Just(Happens::AskedAgain),
        1 => Just(Happens::Revived),
        1 => Just(Happens::Endpoint),
        1 => any::<bool>().prop_map(Happens::Answers),
    ]
}

const CONTACTS: [ContactName; 3] = [ContactName::OnlineServicesManager, ContactName::Notices, ContactName::Primary];
const PEOPLE: [&str; 5] = [
    "osm@contoso.example",
    "notices@contoso.example",
    "primary@contoso.example",
    "next@contoso.example",
    "it@fabrikam.example",
];

fn address(number: usize) -> Address {
    PEOPLE[number].parse().unwrap()
}

struct World {
    now: Timestamp,
    policy: Policy,
    kind: ProductKind,
    licence: Licence,
    product: Sku,
    contacts: Contacts,
    failing: BTreeSet<Address>,
    accounts: Vec<Account>,
    by_endpoint: bool,
    activation: Option<Activation>,
    taken: Vec<(Line, &'static str, Vec<Check>)>,
}

impl World {
    fn new(kind: ProductKind, assigns: bool) -> Self {
        let mut one = Account::create("one".parse().unwrap(), "One", &"c1".parse().unwrap(), &address(0));
        one.loaded = assigns;
        let two = Account::create("two".parse().unwrap(), "Two", &"c1".parse().unwrap(), &address(4));
        Self {
            now: "2026-11-22T00:00:00Z".parse().unwrap(),
            policy: Policy::from_json(include_str!("../../../../tests/data/policy.json")).expect("a policy"),
            kind,
            licence: "enterprise/100".parse().unwrap(),
            product: "MAIL".parse().unwrap(),
            contacts: CONTACTS.into_iter().zip(0..).map(|(name, person)| (name, address(person))).collect(),
            failing: BTreeSet::new(),
            accounts: vec![one, two],
            by_endpoint: false,
            activation: None,
            taken: Vec::new(),
        }
    }

    /// Calls with what an activation is of.
    fn entitled<T>(&self, call: impl FnOnce(&Entitlement<'_>) -> T) -> T {
        call(&Entitlement {
            licence: &self.licence,
            product: &self.product,
            product_name: "Mail",
            kind: self.kind,
            customer: &"c1".parse().unwrap(),
            customer_name: "Contoso",
            contacts: &self.contacts,
            by_endpoint: self.by_endpoint,
        })
    }

    fn osm_administers(&self) -> Administers<'_> {
        let osm = self.contacts.get(&ContactName::OnlineServicesManager);
        let one = self
            .accounts
            .iter()
            .find(|account| account.takes_assignments() && osm.is_some_and(|osm| account.global_admins.contains(osm)));
        one.map_or(Administers::Nothing, |account| Administers::One(&account.id))
    }

    fn happen(&mut self, what: &Happens) {
        let links = self.policy.links.clone();
        let fails = |address: &Address| self.failing.contains(address);
        let step = match what {
            Happens::Order { bought_days_ago, starts_in_days } => {
                self.order(*bought_days_ago, *starts_in_days);
                None
            }
            Happens::Hours(hours) => {
                self.now = add_hours(self.now, *hours);
                None
            }
            Happens::Sweep => self.activation.as_ref().and_then(|it| it.sweep(&self.contacts, fails, self.now, &links)),
            Happens::Bounce => {
                let to = self.activation.as_ref().and_then(Activation::addressee).map(|to| to.address.clone());
                self.failing.extend(to);
                self.rejudged()
            }
            Happens::Delivered => {
                self.activation.as_ref().and_then(|it| it.delivered(it.generation, &it.addressee()?.address))
            }
            Happens::Corrected(contact, person) => {
                self.contacts.insert(CONTACTS[*contact], address(*person));
                self.rejudged()
            }
            Happens::Press(person, cure) if self.by_endpoint && Cure::ALL[*cure] == Cure::Activate => {
                self.as_reader(*person, |case| {
                    let (by, it) = (case.reader.person.clone(), case.activation);
                    let (addresses, rights) = (case.reader.addresses, case.reader.rights);
                    let account = "one".parse().unwrap();
                    it.confirm(by, addresses, rights, None, account, "One".into(), "r".into(), true, self.now, &links)
                        .ok()
                })
            }
            Happens::Press(person, cure) => self.as_reader(*person, |case| {
                case.press(Cure::ALL[*cure]).ok().flatten().filter(|_| case.cures().contains(&Cure::ALL[*cure]))
            }),
            Happens::AskedAgain => {
                self.activation.as_ref().and_then(|it| it.ask_again(it.generation, self.now, &links).ok())
            }
            Happens::Endpoint => {
                self.by_endpoint = true;
                None
            }
            Happens::Answers(done) => self.activation.as_ref().and_then(|it| match done {
                true => it.provisioned(self.now, &links),
                false => it.provisioning_refused("no", self.now),
            }),
            Happens::Revived => {
                let operator = Actor::Operator { name: "ops".into() };
                let it = self.activation.as_ref();
                it.and_then(|it| it.revive(operator, "asked", &self.contacts, fails, self.now, &links).ok())
            }
        };
        if let Some(step) = step {
            self.activation = Some(step.into_after());
        }
    }

    fn rejudged(&self) -> Option<licensing::activation::Step> {
        let it = self.activation.as_ref()?;
        self.entitled(|entitlement| {
            it.rejudge(entitlement, |address| self.failing.contains(address), self.now, &self.policy.links)
        })
    }

    /// Takes an order line in, as `send-activation` does.
    fn order(&mut self, bought_days_ago: u32, starts_in_days: u32) {
        let purchased = day_of(licensing::when::less_hours(self.now, bought_days_ago * 24));
        let usage_starts = day_of(add_hours(self.now, starts_in_days * 24));
        let line = Line { order: "o1".parse().unwrap(), line: 1, quantity: 5, purchased, usage_starts };
        let open = self.activation.as_ref().filter(|it| !it.has_expired(self.now));
        let facts = Facts {
            kind: self.kind,
            contacts: &self.contacts,
            undeliverable: Undeliverable::among(&self.contacts, |address| self.failing.contains(address)),
            progress: Activation::progress(open),
            osm_administers: self.osm_administers(),
            purchased,
            usage_starts,
        };
        let verdict = judge(&facts, self.now, &self.policy.links);
        let links = &self.policy.links;
        let step = self.entitled(|entitlement| match &self.activation {
            None => Activation::open(entitlement, &line, &verdict, "One", self.now, links),
            Some(it) => it.add(entitlement, &line, &verdict, "One", self.now, links),
        });
        let checks: Vec<Check> = verdict.checks().collect();
        self.taken.push((line, verdict.outcome.as_str(), checks));
        if let Some(step) = step {
            self.activation = Some(step.into_after());
        }
    }

    fn as_reader<T>(&self, person: usize, call: impl FnOnce(&Case<'_>) -> Option<T>) -> Option<T> {
        let addresses = [address(person)];
        let person = Person { profile: PEOPLE[person].parse().unwrap(), address: addresses[0].clone() };
        let rights = Rights::by(&Standing::naming(&self.contacts), &addresses, Timestamp::UNIX_EPOCH);
        call(&Case {
            activation: self.activation.as_ref()?,
            contacts: &self.contacts,
            reader: Reader { person: &person, addresses: &addresses, rights: &rights, accounts: &self.accounts },
            now: self.now,
            policy: &self.policy.links,
        })
    }

    /// What a button would do, told from the specification and not from the rules.
    fn works(&self, person: usize, cure: Cure, now: Timestamp) -> bool {
        let Some(it) = &self.activation else { return false };
        let me = address(person);
        let is = |name| self.contacts.get(&name) == Some(&me);
        let administrator = is(ContactName::Notices) || is(ContactName::Primary);
        let manager = administrator || is(ContactName::OnlineServicesManager);
        let addressee = it.addressee().is_some_and(|to| to.address == me);
        let ended = match &it.state {
            State::Expired { .. } => true,
            State::Invited(invitation) => now >= invitation.expires_at,
            State::Stuck { expires_at, .. } => expires_at.is_some_and(|end| now >= end),
            State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) => false,
        };
        match (cure, &it.state) {
            (Cure::Activate, State::Activated(_) | State::Provisioning(_)) => false,
            (Cure::Activate, _) if it.confirms.is_some_and(|it| now < add_hours(it.since, 24) && it.count >= 5) => {
                false
            }
            (Cure::Activate, State::Invited(_)) => !ended && (manager || addressee),
            (Cure::Activate, _) => !ended && manager,
            (Cure::Resend, State::Invited(_)) => {
                let day = it.resends.filter(|window| now < add_hours(window.since, 24));
                !ended && (manager || addressee) && day.is_none_or(|window| window.count < 3)
            }
            (Cure::AskRevival, State::Invited(_)) => ended && (administrator || addressee),
            (Cure::AskRevival, State::Expired { revival_asked, .. }) => {
                revival_asked.is_none() && (administrator || addressee)
            }
            (Cure::AskRevival, State::Stuck { revival_asked, .. }) => ended && revival_asked.is_none() && manager,
            (Cure::Undo, _) if it.undos.is_some_and(|it| now < add_hours(it.since, 24) && it.count >= 5) => false,
            (Cure::Undo, State::Provisioning(Setup { in_use, .. })) => {
                let mine = in_use.by.as_ref().is_some_and(|by| by.profile.as_str() == PEOPLE[person]);
                let mine = mine && (manager || addressee);
                mine || administrator || (in_use.how == How::Assigned && manager)
            }
            (Cure::Undo, State::Activated(in_use)) => {
                let mine = in_use.by.as_ref().is_some_and(|by| by.profile.as_str() == PEOPLE[person]);
                let mine = mine && (manager || addressee);
                let may = mine || administrator || (in_use.how == How::Assigned && manager);
                may && in_use.undo_until.is_some_and(|until| now < until)
            }
            (Cure::DeclineRemap, State::Activated(in_use)) => {
                let administers =
                    |id: &str| self.accounts.iter().any(|it| it.id.as_str() == id && it.global_admins.contains(&me));
                let proposed = in_use.remap.as_ref().filter(|remap| now < add_hours(remap.at, 24 * 30));
                proposed.is_some_and(|it| administers(in_use.account.as_str()) || administers(it.account.as_str()))
            }
            (Cure::Remap | Cure::ConfirmRemap, State::Activated(in_use)) => {
                let administers =
                    |id: &str| self.accounts.iter().any(|it| it.id.as_str() == id && it.global_admins.contains(&me));
                let proposed = in_use.remap.as_ref().filter(|remap| now < add_hours(remap.at, 24 * 30));
                let day = it.moves.filter(|window| now < add_hours(window.since, 24));
                let often = day.is_some_and(|window| window.count >= 5);
                let works = |to: &str| {
                    let (holds, receives) = (administers(in_use.account.as_str()), administers(to));
                    let waits_for_me =
                        proposed.filter(|remap| remap.account.as_str() == to).map(|remap| match &remap.by {
                            licensing::activation::Proposer::Holder(_) => receives,
                            licensing::activation::Proposer::Receiver(_) => holds,
                            _ => false,
                        });
                    to != in_use.account.as_str() && waits_for_me.unwrap_or(holds || receives)
                };
                match cure {
                    Cure::Remap => proposed.is_none() && !often && ["one", "two"].into_iter().any(works),
                    _ => proposed.is_some_and(|remap| works(remap.account.as_str())),
                }
            }
            _ => false,
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let Some(it) = &self.activation else { return Ok(()) };
        self.check_cures(it)?;
        self.check_phase(it)?;
        self.check_lines()
    }

    fn check_cures(&self, before: &Activation) -> Result<(), TestCaseError> {
        for (person, name) in PEOPLE.into_iter().enumerate() {
            let offered = self.as_reader(person, |case| Some(case.cures())).unwrap_or_default();
            for cure in Cure::ALL {
                let pressed = self.as_reader(person, |case| case.press(cure).ok().flatten());
                prop_assert_eq!(offered.contains(&cure), pressed.is_some());
                prop_assert_eq!(
                    offered.contains(&cure),
                    self.works(person, cure, self.now),
                    "{} {:?} {:?}",
                    name,
                    cure,
                    before
                );
                let Some(step) = pressed else { continue };
                let after = step.after();
                let unchanged = Activation { version: after.version, ..before.clone() };
                prop_assert_ne!(after, &unchanged, "{:?} changes nothing", cure);
                let phase = after.phase(self.now);
                let changed = match cure {
                    Cure::Activate => phase == Phase::Activated,
                    Cure::Resend => after.generation == before.generation + 1,
                    Cure::Undo => !matches!(phase, Phase::Activated | Phase::Provisioning),
                    Cure::AskRevival => matches!(
                        after.state,
                        State::Expired { revival_asked: Some(_), .. } | State::Stuck { revival_asked: Some(_), .. }
                    ),
                    Cure::Remap | Cure::ConfirmRemap | Cure::DeclineRemap => {
                        matches!(after.state, State::Activated(_))
                    }
                };
                prop_assert!(changed);
            }
            for (cure, at) in self.as_reader(person, |case| Some(case.later())).unwrap_or_default() {
                prop_assert!(self.now < at && at <= add_hours(self.now, 24), "{:?} at {}", cure, at);
                prop_assert!(!offered.contains(&cure) && self.works(person, cure, at), "{} {:?}", name, cure);
            }
        }
        Ok(())
    }

    fn check_phase(&self, it: &Activation) -> Result<(), TestCaseError> {
        let row = it.summary();
        for at in [less_hours(self.now, 1), self.now, add_hours(self.now, 24 * 29), add_hours(self.now, 24 * 400)] {
            prop_assert_eq!(it.phase(at), row.phase(at));
            prop_assert_eq!(it.phase(at) == Phase::Expired, it.has_expired(at));
        }
        if let State::Invited(invitation) = &it.state {
            let second = jiff::SignedDuration::from_secs(1);
            let just_before = invitation.expires_at.checked_sub(second).unwrap();
            prop_assert_eq!(it.phase(just_before), Phase::Invited);
            prop_assert_eq!(it.phase(invitation.expires_at), Phase::Expired);
        }
        // The sweep notes an end; it neither makes nor undoes one.
        let swept = it.sweep(&self.contacts, |address| self.failing.contains(address), self.now, &self.policy.links);
        if let Some(step) = swept {
            let ended = it.phase(self.now) == Phase::Expired;
            prop_assert_eq!(step.after().phase(self.now) == Phase::Expired, ended);
            prop_assert!(
                step.after().due_at(&self.policy.links).is_none_or(|due| due > self.now),
                "swept for ever: {:?}",
                it
            );
        }
        Ok(())
    }

    fn check_lines(&self) -> Result<(), TestCaseError> {
        let context = Context {
            contacts: &self.contacts,
            failing: &self.failing,
            osm_administers: self.osm_administers(),
            activation: self.activation.as_ref(),
            mails: &[],
            sender: "licensing@northwind.example",
        };
        for (line, outcome, checks) in &self.taken {
            let line = explain::Line {
                kind: self.kind,
                purchased: line.purchased,
                usage_starts: line.usage_starts,
                taken: Some((outcome, checks)),
            };
            let said = explain(&line, &context, self.now, &self.policy.links);
            prop_assert_eq!(said.outcome.as_str(), *outcome);
            let rules: Vec<Check> =
                said.checks.iter().map(|check| Check { rule: check.rule, holds: check.holds }).collect();
            prop_assert!(rules.starts_with(checks), "the recorded decision is what is shown");
            prop_assert!(rules.last().is_some_and(|check| check.holds));
            let whole = format!("{said:?}");
            prop_assert!(PEOPLE.iter().all(|address| !whole.contains(address)), "an address is not masked: {}", whole);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// ACT-12 LINK-07 LINK-10 EXP-05 after any history, for any reader: a button is offered if and only if its press is
    /// taken, it changes something, and none that would work is missing; the state that is shown is the state at this second.
    #[test]
    fn act_12_explanation_and_decision_hold_together(
        kind in prop_oneof![3 => Just(ProductKind::OnlineService), 1 => Just(ProductKind::Consumption)],
        assigns in prop_oneof![4 => Just(false), 1 => Just(true)],
        history in proptest::collection::vec(happens(), 1..40),
    ) {
        let mut world = World::new(kind, assigns);
        for what in &history {
            world.happen(what);
            world.check()?;
        }
    }
}

fn context<'a>(world: &'a World, mails: &'a [Mail]) -> Context<'a> {
    Context {
        contacts: &world.contacts,
        failing: &world.failing,
        osm_administers: world.osm_administers(),
        activation: world.activation.as_ref(),
        mails,
        sender: "licensing@northwind.example",
    }
}

fn line(world: &World, taken: Option<(&str, &[Check])>, mails: &[Mail]) -> explain::Explained {
    let order = &world.taken[0].0;
    let line = explain::Line { kind: world.kind, purchased: order.purchased, usage_starts: order.usage_starts, taken };
    explain(&line, &context(world, mails), world.now, &world.policy.links)
}

/// What is said of the line that was taken in as the how many-th, a rule each: its id, whether it held, its evidence.
fn said(world: &World, number: usize, context: &Context<'_>) -> Vec<String> {
    let (order, outcome, checks) = &world.taken[number];
    let taken = Some((*outcome, checks.as_slice()));
    let line = explain::Line { kind: world.kind, purchased: order.purchased, usage_starts: order.usage_starts, taken };
    let said = explain(&line, context, world.now, &world.policy.links);
    let written = |check: &explain::Checked| {
        let held = format!("{} {}", check.rule.id(), if check.holds { "held" } else { "did not" });
        let evidence = check.evidence.iter().map(|(name, value)| format!("{name} {value}"));
        std::iter::once(held).chain(evidence).collect::<Vec<_>>().join("; ")
    };
    said.checks.iter().map(written).collect()
}

/// What is said of the rule that decided, or of what came of it since.
fn said_last(world: &World, number: usize, mails: &[Mail]) -> String {
    said(world, number, &context(world, mails)).pop().unwrap()
}

/// To which of the people the button is offered.
fn offered(world: &World, cure: Cure) -> Vec<usize> {
    let has = |person: &usize| world.as_reader(*person, |case| Some(case.cures().contains(&cure)));
    (0..PEOPLE.len()).filter(|person| has(person) == Some(true)).collect()
}

fn ordered(kind: ProductKind, starts_in_days: u32) -> World {
    let mut world = World::new(kind, false);
    world.happen(&Happens::Order { bought_days_ago: 12, starts_in_days });
    world
}

fn mail(person: usize, state: MailState) -> Mail {
    Mail { to: address(person), subject: "Activate Mail".into(), state, at: "2026-11-22T00:01:00Z".parse().unwrap() }
}

/// ACT-12 a delivered mail: look in junk for this sender and subject.
#[test]
fn act_12_a_delivered_mail_is_looked_for_in_junk() {
    let mut world = World::new(ProductKind::OnlineService, false);
    world.happen(&Happens::Order { bought_days_ago: 12, starts_in_days: 0 });
    let (_, outcome, checks) = &world.taken[0];
    let said = line(&world, Some((outcome, checks)), &[mail(0, MailState::Delivered)]);
    let last = said.checks.last().unwrap();
    assert_eq!((said.outcome.as_str(), last.rule, last.holds), ("mail", judge::Rule::Act02, true));
    let facts: Vec<(&str, &str)> = last.evidence.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        facts,
        [
            ("mailed-at", "2026-11-22T00:00:00Z"),
            ("contact", "online-services-manager"),
            ("to", "o•••@contoso.example"),
            ("mail", "delivered"),
            ("mail-reported-at", "2026-11-22T00:01:00Z"),
            ("look-in-junk-for-sender", "licensing@northwind.example"),
            ("look-in-junk-for-subject", "Activate Mail"),
            ("purchased", "2026-11-10"),
            ("link-ends", "2027-05-11T00:00:00Z"),
        ]
    );
}

/// ACT-03 ACT-12 after a bounce the answer says who was passed over, why, and to whom it went instead.
#[test]
fn act_12_a_bounce_is_told_with_the_contact_that_came_next() {
    let mut world = World::new(ProductKind::OnlineService, false);
    world.happen(&Happens::Order { bought_days_ago: 0, starts_in_days: 0 });
    world.happen(&Happens::Bounce);
    let (_, outcome, checks) = &world.taken[0];
    let said = line(&world, Some((outcome, checks)), &[mail(0, MailState::Bounced), mail(1, MailState::Accepted)]);
    let last = said.checks.last().unwrap();
    assert_eq!((last.rule, last.holds), (judge::Rule::Act03, true));
    assert_eq!(last.evidence[0], ("bounced", "online-services-manager o•••@contoso.example".into()));
    assert!(last.evidence.contains(&("to", "n•••@contoso.example".into())));
    assert!(last.evidence.contains(&("mail", "accepted".into())));

    world.happen(&Happens::Bounce);
    world.happen(&Happens::Bounce);
    let (_, outcome, checks) = &world.taken[0];
    let said = line(&world, Some((outcome, checks)), &[]);
    let names: Vec<&str> = said.checks.last().unwrap().evidence.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["known-to-fail", "known-to-fail", "known-to-fail", "stuck-since", "link-ends"]);
}

/// ACT-06 ACT-12 a line that waits to be taken in is judged now; one that is scheduled says when its mail goes out.
#[test]
fn act_12_a_waiting_line_is_judged_now() {
    let mut world = World::new(ProductKind::OnlineService, false);
    world.happen(&Happens::Order { bought_days_ago: 0, starts_in_days: 20 });
    world.activation = None;
    let said = line(&world, None, &[]);
    assert_eq!(said.outcome, "waiting");
    let last = said.checks.last().unwrap();
    assert_eq!((last.rule, last.holds), (judge::Rule::Act06, true));
    assert_eq!(
        last.evidence,
        [("usage-starts", "2026-12-12".into()), ("mail-goes-out", "2026-12-11T00:00:00Z".into())]
    );
}

/// ACT-12 each rule that was asked says what it was judged by, and only the one that decided says what came of it.
#[test]
fn act_12_each_rule_says_what_it_was_judged_by() {
    let world = ordered(ProductKind::OnlineService, 0);
    let mailed = "mailed-at 2026-11-22T00:00:00Z; contact online-services-manager; to o•••@contoso.example; \
                  purchased 2026-11-10; link-ends 2027-05-11T00:00:00Z";
    let osm = "online-services-manager o•••@contoso.example; accounts-administered-now";
    let expected = |accounts: &str| {
        [
            "ACT-09 did not; kind online-service".to_owned(),
            "ACT-05 did not; kind online-service".to_owned(),
            "ACT-07 did not".to_owned(),
            "ACT-10 did not".to_owned(),
            format!("ACT-08 did not; {osm} {accounts}"),
            "ACT-06 did not; usage-starts 2026-11-22".to_owned(),
            format!("ACT-02 held; {mailed}"),
        ]
    };
    let one = "one".parse().unwrap();
    for (osm_administers, accounts) in
        [(Administers::Nothing, "0"), (Administers::One(&one), "1"), (Administers::Several, "2 or more")]
    {
        let context = Context { osm_administers, ..context(&world, &[]) };
        assert_eq!(said(&world, 0, &context), expected(accounts));
    }
}

/// ACT-03 ACT-12 where no OSM is named that is said, once, and to whom it went instead.
#[test]
fn act_12_a_contact_that_is_not_named_is_told() {
    let mut world = World::new(ProductKind::OnlineService, false);
    world.contacts.remove(&ContactName::OnlineServicesManager);
    world.happen(&Happens::Order { bought_days_ago: 12, starts_in_days: 0 });
    let all = said(&world, 0, &context(&world, &[]));
    assert!(all.contains(&"ACT-08 did not; online-services-manager not named".to_owned()), "{all:?}");
    assert_eq!(all.iter().filter(|rule| rule.starts_with("ACT-03")).count(), 1);
    let last = "ACT-03 held; not-named online-services-manager; mailed-at 2026-11-22T00:00:00Z; contact notices; \
                to n•••@contoso.example; purchased 2026-11-10; link-ends 2027-05-11T00:00:00Z";
    assert_eq!(all.last().unwrap(), last);
}

/// ACT-03 ACT-12 where no delivery was reported that is said of whom it went to in vain; the newest mail to each counts.
#[test]
fn act_12_a_delivery_that_was_not_reported_is_told() {
    let mut world = ordered(ProductKind::OnlineService, 0);
    world.happen(&Happens::Hours(72));
    world.happen(&Happens::Sweep);
    let expected = |passed_over: &str, mail: &str| {
        format!(
            "ACT-03 held; {passed_over}mailed-at 2026-11-25T00:00:00Z; contact notices; to n•••@contoso.example{mail}; \
             purchased 2026-11-10; link-ends 2027-05-11T00:00:00Z"
        )
    };
    let osm = |why: &str| format!("{why} online-services-manager o•••@contoso.example; ");
    let queued = "; mail queued; mail-reported-at 2026-11-22T00:01:00Z";
    let mails = [
        mail(0, MailState::Bounced),
        mail(0, MailState::Accepted),
        mail(1, MailState::Complained),
        mail(1, MailState::Queued),
    ];
    assert_eq!(said_last(&world, 0, &mails), expected(&osm("no-delivery-reported"), queued));
    assert_eq!(said_last(&world, 0, &mails[..1]), expected(&osm("bounced"), ""));
    assert_eq!(said_last(&world, 0, &[mail(0, MailState::GaveUp)]), expected(&osm("not-delivered"), ""));
    let all = said(&world, 0, &context(&world, &mails));
    assert_eq!(all[all.len() - 2], "ACT-02 held", "it decided, and where it is now is said at the end");

    world.failing.insert(address(0));
    assert_eq!(said_last(&world, 0, &[]), expected(&osm("known-to-fail"), ""));
    world.failing.clear();
    world.contacts.insert(ContactName::OnlineServicesManager, address(3));
    assert_eq!(said_last(&world, 0, &[]), expected("", ""), "nothing is wrong with who is named now");
    world.contacts.clear();
    assert!(said_last(&world, 0, &[]).starts_with("ACT-02 held; mailed-at"), "nobody is named who comes first");
}

/// ACT-06 ACT-10 ACT-12 what is scheduled says when its mail goes out and to whom, once, also where a line was added to it.
#[test]
fn act_12_what_is_scheduled_says_when_its_mail_goes_out() {
    let mut world = ordered(ProductKind::OnlineService, 20);
    world.happen(&Happens::Order { bought_days_ago: 0, starts_in_days: 30 });
    let (to, at) = ("contact online-services-manager; to o•••@contoso.example", "mail-goes-out 2026-12-11T00:00:00Z");
    assert_eq!(said_last(&world, 0, &[]), format!("ACT-06 held; usage-starts 2026-12-12; {at}; {to}"));
    assert_eq!(said_last(&world, 1, &[]), format!("ACT-10 held; {to}; {at}"));
}

/// ACT-07 ACT-08 ACT-12 what was assigned says on which account it is and since when, as does a line that joined it; taken
/// back and stuck, it says that as well.
#[test]
fn act_12_what_was_assigned_says_on_which_account_it_is() {
    let mut world = World::new(ProductKind::OnlineService, true);
    for _ in 0..2 {
        world.happen(&Happens::Order { bought_days_ago: 12, starts_in_days: 0 });
    }
    let account = "account One; activated-at 2026-11-22T00:00:00Z";
    let osm = "online-services-manager o•••@contoso.example";
    assert_eq!(said_last(&world, 0, &[]), format!("ACT-08 held; {osm}; {account}"));
    assert_eq!(said_last(&world, 1, &[]), format!("ACT-07 held; {account}"));

    world.happen(&Happens::Press(1, 2));
    for _ in 0..3 {
        world.happen(&Happens::Bounce);
    }
    let stuck = "stuck-since 2026-11-22T00:00:00Z; link-ends 2027-05-11T00:00:00Z";
    let all = said(&world, 1, &context(&world, &[]));
    assert_eq!(all[all.len() - 2], format!("ACT-07 held; {stuck}"));
    assert!(all[all.len() - 1].starts_with("ACT-03 held; known-to-fail online-services-manager"));
    assert!(all[all.len() - 1].ends_with(stuck));
}

/// LINK-11 ACT-12 what is being set up says where and since when, a refusal why, and once it is in use that.
#[test]
fn act_12_what_is_being_set_up_says_where_and_why_not() {
    let mut world = ordered(ProductKind::OnlineService, 0);
    world.happen(&Happens::Endpoint);
    world.happen(&Happens::Press(1, 0));
    let confirmed = "ACT-02 held; account One; confirmed-at 2026-11-22T00:00:00Z";
    assert_eq!(said_last(&world, 0, &[]), confirmed);
    world.happen(&Happens::Hours(1));
    world.happen(&Happens::Answers(false));
    let refused = "set-up-refused-at 2026-11-22T01:00:00Z; set-up-refused-because no";
    assert_eq!(said_last(&world, 0, &[]), format!("{confirmed}; {refused}"));
    world.happen(&Happens::Answers(true));
    assert_eq!(said_last(&world, 0, &[]), confirmed.replace("confirmed-at", "activated-at"));
}

/// ACT-05 ACT-09 ACT-12 a keyed service says who learns where the key is, what runs on premises only what it is.
#[test]
fn act_12_what_has_no_link_says_what_it_is() {
    let mut keyed = ordered(ProductKind::KeyedService, 0);
    let kind = "ACT-05 held; kind keyed-service";
    let sent = "mail bounced; mail-reported-at 2026-11-22T00:01:00Z";
    let to = "contact notices; to n•••@contoso.example";
    assert_eq!(said_last(&keyed, 0, &[mail(1, MailState::Bounced)]), format!("{kind}; {to}; {sent}"));
    keyed.failing.insert(address(1));
    assert_eq!(said_last(&keyed, 0, &[]), format!("{kind}; contact primary; to p•••@contoso.example"));
    keyed.failing.insert(address(2));
    assert_eq!(said_last(&keyed, 0, &[]), kind);
    let premises = ordered(ProductKind::OnPremises, 0);
    assert_eq!(said(&premises, 0, &context(&premises, &[])), ["ACT-09 held; kind on-premises"]);
}

/// ACT-10 ACT-11 ACT-12 a line that waits is judged beside what is open, and anew where that has ended.
#[test]
fn act_12_a_waiting_line_is_judged_beside_what_is_open() {
    let mut world = ordered(ProductKind::OnlineService, 0);
    let decided = |world: &World| line(world, None, &[]).checks.last().map(|check| (check.rule, check.holds));
    assert_eq!(decided(&world), Some((judge::Rule::Act10, true)));
    world.happen(&Happens::Hours(24 * 200));
    assert_eq!(decided(&world), Some((judge::Rule::Act02, true)));
}

/// ACT-12 ACT-13 each state of a mail has its name.
#[test]
fn act_12_each_state_of_a_mail_has_its_name() {
    let states = [
        MailState::Queued,
        MailState::Accepted,
        MailState::Delivered,
        MailState::PutOff,
        MailState::GaveUp,
        MailState::Bounced,
        MailState::Complained,
        MailState::Suppressed,
    ];
    let names = "queued accepted delivered put-off gave-up bounced complained suppressed";
    assert_eq!(states.map(MailState::as_str).join(" "), names);
}

/// LINK-07 each side of a move is offered its part, and nobody else; who administers both accounts moves it alone.
#[test]
fn link_07_each_side_is_offered_its_part_of_a_move() {
    let both = |world: &World| (offered(world, Cure::Remap), offered(world, Cure::ConfirmRemap));
    let on = |world: &World| world.activation.as_ref().and_then(Activation::on_account).unwrap().account.to_string();
    let assigned = || {
        let mut world = World::new(ProductKind::OnlineService, true);
        world.happen(&Happens::Order { bought_days_ago: 12, starts_in_days: 0 });
        world
    };
    // Person 0 is global administrator of the account that it is on, person 4 of the other one.
    for (proposes, agrees) in [(0, 4), (4, 0)] {
        let mut world = assigned();
        assert_eq!(both(&world), (vec![0, 4], vec![]));
        world.happen(&Happens::Press(proposes, 4));
        assert_eq!((both(&world), on(&world)), ((vec![], vec![agrees]), "one".into()));
        world.happen(&Happens::Press(agrees, 5));
        assert_eq!((both(&world), on(&world)), ((vec![0, 4], vec![]), "two".into()));
    }
    let mut alone = assigned();
    alone.accounts[1].global_admins.push(address(0));
    alone.happen(&Happens::Press(0, 4));
    assert_eq!(on(&alone), "two");
}

/// SAFE-07 ACT-14 LINK-07 LINK-10 a button that was pressed as often as a day allows is named with the time from when it works
/// again, to those to whom it was offered; one that does not work then, or is not theirs, is not.
#[test]
fn safe_07_a_button_that_is_used_up_says_from_when_it_works_again() {
    let later = |world: &World, person| world.as_reader(person, |case| Some(case.later())).unwrap();
    let press = |world: &mut World, person, cure| {
        let place = Cure::ALL.iter().position(|it| *it == cure).unwrap();
        world.happen(&Happens::Press(person, place));
    };
    let mut resent = ordered(ProductKind::OnlineService, 0);
    let tomorrow = add_hours(resent.now, 24);
    (0..3).for_each(|_| press(&mut resent, 0, Cure::Resend));
    resent.happen(&Happens::Hours(1));
    assert_eq!(
        (later(&resent, 0), later(&resent, 1)),
        (vec![(Cure::Resend, tomorrow)], vec![(Cure::Resend, tomorrow)])
    );
    assert!(later(&resent, 4).is_empty(), "not theirs");
    resent.happen(&Happens::Hours(23));
    assert_eq!((later(&resent, 0), offered(&resent, Cure::Resend)), (vec![], vec![0, 1, 2]));

    let mut undone = ordered(ProductKind::OnlineService, 0);
    for _ in 0..5 {
        press(&mut undone, 0, Cure::Activate);
        press(&mut undone, 0, Cure::Undo);
    }
    assert_eq!(later(&undone, 0), [(Cure::Activate, tomorrow)]);
    let end = undone.activation.as_ref().unwrap().summary().ends.unwrap();
    undone.now = less_hours(end, 1);
    undone.activation.as_mut().unwrap().confirms = Some(Window { since: undone.now, count: 5 });
    assert!(later(&undone, 0).is_empty(), "its link ends before");

    let mut moved = World::new(ProductKind::OnlineService, true);
    moved.happen(&Happens::Order { bought_days_ago: 12, starts_in_days: 0 });
    for _ in 0..5 {
        press(&mut moved, 4, Cure::Remap);
        press(&mut moved, 4, Cure::DeclineRemap);
    }
    assert_eq!((later(&moved, 4), later(&moved, 1)), (vec![(Cure::Remap, tomorrow)], vec![]));

    let mut asked = ordered(ProductKind::OnlineService, 0);
    asked.happen(&Happens::Hours(24 * 200));
    for _ in 0..3 {
        press(&mut asked, 1, Cure::AskRevival);
        let declined = asked.activation.as_ref().unwrap().decline_revival(Actor::Service, "no", asked.now).unwrap();
        asked.activation = Some(declined.into_after());
    }
    assert_eq!(later(&asked, 1), [(Cure::AskRevival, add_hours(asked.now, 24))]);
}

/// LINK-10 the addressee, listed or not, and Administrators may ask for a revival; the OSM where nobody was left to write to.
#[test]
fn link_10_the_addressee_and_administrators_may_ask_for_a_revival() {
    let half_a_year = Happens::Hours(24 * 200);
    let mut to_osm = ordered(ProductKind::OnlineService, 0);
    assert!(offered(&to_osm, Cure::AskRevival).is_empty(), "it has not ended");
    to_osm.happen(&half_a_year);
    to_osm.happen(&Happens::Corrected(0, 3));
    assert_eq!(offered(&to_osm, Cure::AskRevival), [0, 1, 2]);

    let mut to_notices = ordered(ProductKind::OnlineService, 0);
    to_notices.happen(&Happens::Bounce);
    to_notices.happen(&half_a_year);
    assert_eq!(offered(&to_notices, Cure::AskRevival), [1, 2]);

    let mut stuck = ordered(ProductKind::OnlineService, 0);
    (0..3).for_each(|_| stuck.happen(&Happens::Bounce));
    stuck.happen(&half_a_year);
    assert_eq!(offered(&stuck, Cure::AskRevival), [0, 1, 2]);
    stuck.happen(&Happens::Press(0, 3));
    assert!(offered(&stuck, Cure::AskRevival).is_empty(), "it is asked for once");
}

/// EXP-05 EXP-03 what the sweep has ended reads as ended on every page, also by a clock that is slow.
#[test]
fn exp_05_what_was_ended_reads_as_ended_by_a_slow_clock() {
    let mut world = ordered(ProductKind::OnlineService, 0);
    world.happen(&Happens::Delivered);
    world.now = "2027-05-11T00:00:00Z".parse().unwrap();
    world.happen(&Happens::Sweep);
    let it = world.activation.as_ref().unwrap();
    let slow = "2027-05-10T23:59:00Z".parse().unwrap();
    assert_eq!((it.phase(slow), it.summary().phase(slow)), (Phase::Expired, Phase::Expired));
}
