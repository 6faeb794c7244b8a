//! A story: one activation with everything around it, and what can happen to it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use licensing::{
    AccountId, Address,
    ContactName::{self, BillTo, Notices, OnlineServicesManager as Osm, Primary},
    Date, Licence, Policy,
    ProductKind::{self, OnlineService},
    Sku, Timestamp,
    access::Standing,
    activation::{Activation, Entitlement, InUse, Invitation, Line, Person, Proposer, Refused, State, Step},
    audit::Actor,
    event::{Event, Why},
    judge::{Administers, Contacts, Facts, Undeliverable, judge},
    message::{Message, MessageKind},
    phase::Phase,
    policy::LinkPolicy,
    rights::Rights,
};

/// When the first order is taken in, unless a story says otherwise.
pub(crate) const START: &str = "2026-11-22T03:00:00Z";
/// When a link ends that was bought on [`BOUGHT`].
pub(crate) const END: &str = "2027-05-11T00:00:00Z";
pub(crate) const BOUGHT: &str = "2026-11-10";
pub(crate) const USABLE: &str = "2026-11-20";

/// One activation with everything around it.
pub(crate) struct Story {
    pub(crate) kind: ProductKind,
    pub(crate) contacts: Contacts,
    pub(crate) failing: BTreeSet<Address>,
    pub(crate) administers: Administers<'static>,
    pub(crate) now: Timestamp,
    pub(crate) orders: u32,
    pub(crate) by_endpoint: bool,
    pub(crate) stored: Option<Activation>,
    /// What subscribers were told.
    pub(crate) told: Vec<Message>,
}

impl Story {
    /// Nothing is ordered yet.
    pub(crate) fn new() -> Self {
        Self {
            kind: OnlineService,
            contacts: contacts(),
            failing: BTreeSet::new(),
            administers: Administers::Nothing,
            now: time(START),
            orders: 0,
            by_endpoint: false,
            stored: None,
            told: Vec::new(),
        }
    }

    pub(crate) fn invited() -> Self {
        let mut story = Self::new();
        story.order(BOUGHT, USABLE);
        story
    }

    pub(crate) fn delivered() -> Self {
        let mut story = Self::invited();
        story.take(story.it().delivered(1, &address("osm")));
        story
    }

    pub(crate) fn scheduled() -> Self {
        let mut story = Self::new();
        story.order(BOUGHT, "2027-05-01");
        story
    }

    /// It was mailed, and nobody can be reached.
    pub(crate) fn stuck() -> Self {
        let mut story = Self::invited();
        story.failing = ["osm", "notices", "primary"].map(address).into();
        assert_eq!(story.take(story.rejudged()), Some(vec![]));
        story
    }

    /// Confirmed, and the product's endpoint is being asked.
    pub(crate) fn provisioning() -> Self {
        let mut story = Self::delivered();
        story.by_endpoint = true;
        story.confirm("osm", Some(1)).unwrap();
        story.told.clear();
        story
    }

    pub(crate) fn activated() -> Self {
        let mut story = Self::delivered();
        story.stored = Some(Activation { version: 1, ..story.it().clone() });
        story.confirm("osm", Some(1)).unwrap();
        story
    }

    pub(crate) fn expired() -> Self {
        let mut story = Self::delivered();
        story.sweep_at(time(END));
        story
    }

    pub(crate) fn loaded() -> Self {
        let mut story = Self::new();
        story.load("acc-9");
        story
    }

    pub(crate) fn it(&self) -> &Activation {
        self.stored.as_ref().expect("it was opened")
    }

    pub(crate) fn invitation(&self) -> &Invitation {
        let State::Invited(invitation) = &self.it().state else { panic!("not invited: {:?}", self.it().state) };
        invitation
    }

    pub(crate) fn in_use(&self) -> &InUse {
        let State::Activated(in_use) = &self.it().state else { panic!("not in use: {:?}", self.it().state) };
        in_use
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.it().due_at(&policy())
    }

    pub(crate) fn pass_minutes(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    /// Stores a step as the store would, checks what must hold of each, and gives its events. None stays none.
    pub(crate) fn take(&mut self, step: Option<Step>) -> Option<Vec<Event>> {
        let step = step?;
        let after = step.after();
        let read = self.stored.as_ref();
        assert_eq!(step.seen(), read.map(|read| read.version), "it is written on condition of what was read");
        assert_eq!(after.version, read.map_or(1, |read| read.version + 1));
        assert_eq!(step.operators_saw_it(), read.is_some_and(Activation::may_need_operators));
        let gone = read.iter().flat_map(|read| read.viewers.difference(&after.viewers));
        assert!(step.no_longer_viewers().eq(gone), "it is taken out of the lists of those who see it no more");
        let generation = read.map_or(0, |read| read.generation);
        assert!((generation..=generation + 1).contains(&after.generation), "a link never gets an older number");
        for event in step.events() {
            if let Event::ActivationLink { generation: mailed, why, mail, .. } = event {
                assert_eq!((*mailed, *mail), (after.generation, after.mails));
                assert_eq!(after.generation == generation, *why == Why::AskedAgain);
            }
        }
        let written = serde_json::to_string(after).unwrap();
        assert_eq!(&serde_json::from_str::<Activation>(&written).unwrap(), after, "it is read as it was written");
        // What subscribers are told is looked at apart: it is told once a step, of the activation as it is after it.
        let mut told = Vec::new();
        let is_told = |event: &Event| match event {
            Event::Announce { message } => {
                told.push((**message).clone());
                true
            }
            _ => false,
        };
        let (_, events): (Vec<Event>, Vec<Event>) = step.events().to_vec().into_iter().partition(is_told);
        for message in &told {
            let standing = message.standing.as_ref().unwrap();
            assert_eq!((standing.version, standing.quantity), (after.version, after.quantity));
            assert_eq!(standing.account.as_ref(), after.on_account().map(|on| &on.account));
        }
        assert!(told.len() <= 1, "{told:?}");
        self.told.extend(told);
        self.stored = Some(step.into_after());
        Some(events)
    }

    /// Takes a step that may be refused.
    pub(crate) fn try_take(&mut self, step: Result<Step, Refused>) -> Result<Vec<Event>, Refused> {
        step.map(|step| self.take(Some(step)).unwrap_or_default())
    }

    /// A further line of 250 seats, judged and taken in.
    pub(crate) fn order(&mut self, bought: &str, usable: &str) -> Vec<Event> {
        self.order_on(day(bought), day(usable))
    }

    pub(crate) fn order_on(&mut self, purchased: Date, usage_starts: Date) -> Vec<Event> {
        self.orders += 1;
        let order = format!("order-{}", self.orders).parse().unwrap();
        let line = Line { order, line: 1, quantity: 250, purchased, usage_starts };
        let open = self.stored.as_ref().filter(|activation| !activation.has_expired(self.now));
        let facts = Facts {
            kind: self.kind,
            contacts: &self.contacts,
            undeliverable: Undeliverable::among(&self.contacts, |address| self.failing.contains(address)),
            progress: Activation::progress(open),
            osm_administers: self.administers,
            purchased: open.and_then(|it| it.purchased).map_or(purchased, |day| day.min(purchased)),
            usage_starts,
        };
        let verdict = judge(&facts, self.now, &policy());
        let entitlement = OwnedEntitlement { by_endpoint: self.by_endpoint, ..entitlement(self.kind, &self.contacts) };
        let step = match &self.stored {
            None => Activation::open(&entitlement.borrowed(), &line, &verdict, "Contoso", self.now, &policy()),
            Some(it) => it.add(&entitlement.borrowed(), &line, &verdict, "Contoso", self.now, &policy()),
        };
        self.take(step).unwrap_or_default()
    }

    pub(crate) fn load(&mut self, id: &str) {
        let operator = Actor::Operator { name: "one".into() };
        let entitlement = entitlement(self.kind, &self.contacts);
        let activated = day("2026-10-01");
        let step =
            Activation::load(self.stored.as_ref(), &entitlement.borrowed(), &account(id), id, activated, operator);
        assert_eq!(self.take(Some(step)), Some(vec![]));
    }

    pub(crate) fn sweep(&mut self) -> Option<Vec<Event>> {
        let step = self.it().sweep(&self.contacts, |address| self.failing.contains(address), self.now, &policy());
        self.take(step)
    }

    pub(crate) fn sweep_at(&mut self, now: Timestamp) -> Option<Vec<Event>> {
        self.now = now;
        self.sweep()
    }

    /// Sweeps until nothing is due.
    pub(crate) fn exhaust(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        for _ in 0..10 {
            let Some(events) = self.sweep() else { return all };
            all.extend(events);
        }
        panic!("the sweep does not come to an end: {:?}", self.it().state)
    }

    pub(crate) fn rejudged(&self) -> Option<Step> {
        let entitlement = entitlement(self.kind, &self.contacts);
        self.it().rejudge(&entitlement.borrowed(), |address| self.failing.contains(address), self.now, &policy())
    }

    /// Mail to this address bounced.
    pub(crate) fn fails(&mut self, who: &str) -> Option<Vec<Event>> {
        self.failing.insert(address(who));
        self.take(self.rejudged())
    }

    pub(crate) fn corrects(&mut self, name: ContactName, who: &str) -> Option<Vec<Event>> {
        self.contacts.insert(name, address(who));
        self.take(self.rejudged())
    }

    pub(crate) fn rights(&self, who: &str) -> Rights {
        Rights::by(&Standing::naming(&self.contacts), &[address(who)], Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn confirmed(&self, who: &str, generation: Option<u32>) -> Result<Step, Refused> {
        let (addresses, rights) = ([address(who)], self.rights(who));
        let preview = self.it().may_be_confirmed(&addresses, &rights, generation, self.now);
        let step = self.it().confirm(
            person(who),
            &addresses,
            &rights,
            generation,
            account("acc-1"),
            "Contoso".into(),
            "request-1".into(),
            self.by_endpoint,
            self.now,
            &policy(),
        );
        let preview = preview.and_then(|()| self.it().one_more_confirmation(self.now, &policy()).map(drop));
        assert_eq!(preview.err(), step.as_ref().err().cloned(), "the preview says what the confirmation does");
        step
    }

    pub(crate) fn confirm(&mut self, who: &str, generation: Option<u32>) -> Result<Vec<Event>, Refused> {
        self.try_take(self.confirmed(who, generation))
    }

    /// The endpoint says that it is done.
    pub(crate) fn answered(&mut self) -> Option<Vec<Event>> {
        self.take(self.it().provisioned(self.now, &policy()))
    }

    pub(crate) fn refused(&mut self, reason: &str) -> Option<Vec<Event>> {
        self.take(self.it().provisioning_refused(reason, self.now))
    }

    /// What subscribers were told since this was asked last, with the state that each message names.
    pub(crate) fn told(&mut self) -> Vec<(MessageKind, Phase)> {
        let told = std::mem::take(&mut self.told);
        told.into_iter().map(|message| (message.what, message.standing.unwrap().state)).collect()
    }

    pub(crate) fn undo(&mut self, who: &str) -> Result<Vec<Event>, Refused> {
        self.undo_of(who, true)
    }

    /// Takes it back; `mailed` says whether a mail with its link went out.
    pub(crate) fn undo_of(&mut self, who: &str, mailed: bool) -> Result<Vec<Event>, Refused> {
        let (by, addresses, rights) = (person(who), [address(who)], self.rights(who));
        let step = self.it().undo(by, &addresses, &rights, &self.contacts, mailed, None, self.now, &policy());
        self.try_take(step)
    }

    pub(crate) fn resend(&mut self) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().resend(Actor::Service, self.now, &policy()))
    }

    pub(crate) fn ask_again(&mut self) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().ask_again(self.it().generation, self.now, &policy()))
    }

    pub(crate) fn ask_revival(&mut self, who: &str) -> Result<Option<Vec<Event>>, Refused> {
        let step = self.it().ask_revival(person(who), self.now, &policy())?;
        Ok(self.take(step))
    }

    pub(crate) fn revive(&mut self) -> Result<Vec<Event>, Refused> {
        let operator = Actor::Operator { name: "one".into() };
        let fails = |address: &Address| self.failing.contains(address);
        let step = self.it().revive(operator, "asked for by telephone", &self.contacts, fails, self.now, &policy());
        self.try_take(step)
    }

    pub(crate) fn remap(&mut self, by: Proposer, to: &str) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().remap(by, &account(to), &format!("Name of {to}"), "a reason", self.now, &policy()))
    }

    pub(crate) fn decline(&mut self, by: &Proposer, to: &str) -> Result<Vec<Event>, Refused> {
        self.try_take(self.it().decline_remap(by, &account(to), "", self.now, &policy()))
    }
}

/// An entitlement that holds its names.
pub(crate) struct OwnedEntitlement<'a> {
    pub(crate) licence: Licence,
    pub(crate) product: Sku,
    pub(crate) kind: ProductKind,
    pub(crate) customer: licensing::CustomerId,
    pub(crate) contacts: &'a Contacts,
    pub(crate) by_endpoint: bool,
}

impl OwnedEntitlement<'_> {
    pub(crate) fn borrowed(&self) -> Entitlement<'_> {
        Entitlement {
            licence: &self.licence,
            product: &self.product,
            product_name: "Northwind Mail",
            kind: self.kind,
            customer: &self.customer,
            customer_name: "Contoso",
            contacts: self.contacts,
            by_endpoint: self.by_endpoint,
        }
    }
}

pub(crate) fn entitlement(kind: ProductKind, contacts: &Contacts) -> OwnedEntitlement<'_> {
    let customer = "contoso".parse().unwrap();
    OwnedEntitlement { licence: licence(), product: sku(), kind, customer, contacts, by_endpoint: false }
}

pub(crate) fn link(generation: u32, why: Why, mail: u32) -> Event {
    Event::ActivationLink { licence: licence(), product: sku(), generation, why, mail }
}

pub(crate) fn reminder(generation: u32, days: u32) -> Event {
    Event::Reminder { licence: licence(), product: sku(), generation, days }
}

pub(crate) fn expired(generation: u32) -> Event {
    Event::LinkExpired { licence: licence(), product: sku(), generation }
}

pub(crate) fn undone(version: u64, to: &str, by_them: bool) -> Event {
    let (to, account) = (address(to), account("acc-1"));
    let account_name = "Contoso".into();
    Event::Undone { licence: licence(), product: sku(), version, to, account, account_name, by_them }
}

pub(crate) fn remap(version: u64, from: Option<&str>) -> Event {
    Event::Remap { licence: licence(), product: sku(), version, from: from.map(account) }
}

pub(crate) fn remap_ended(version: u64, to: &str, sees_it: bool, declined: bool) -> Event {
    let (to, account) = (address(to), account("acc-2"));
    Event::RemapEnded { licence: licence(), product: sku(), version, to, account, sees_it, declined }
}

pub(crate) fn stuck_since(since: Timestamp, expires_at: Option<Timestamp>) -> State {
    State::Stuck { since, expires_at, revival_asked: None }
}

pub(crate) fn policy() -> LinkPolicy {
    Policy::from_json(include_str!("../../../../../tests/data/policy.json")).expect("a policy").links
}

pub(crate) fn contacts() -> Contacts {
    [(Osm, "osm"), (Notices, "notices"), (Primary, "primary"), (BillTo, "bills")]
        .map(|(name, who)| (name, address(who)))
        .into()
}

pub(crate) fn address(who: &str) -> Address {
    format!("{who}@contoso.example").parse().unwrap()
}

pub(crate) fn person(who: &str) -> Person {
    Person { profile: format!("profile-{who}").parse().unwrap(), address: address(who) }
}

pub(crate) fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

pub(crate) fn leaked(id: &str) -> &'static AccountId {
    Box::leak(Box::new(account(id)))
}

pub(crate) fn licence() -> Licence {
    "enterprise/7001".parse().unwrap()
}

pub(crate) fn sku() -> Sku {
    "NW-MAIL".parse().unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn second_before(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_secs(1)
}
