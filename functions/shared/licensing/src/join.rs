//! Asking to join an organisation account (LINK-03, ORG-04): its states, and every way from one to the next.
//!
//! There is one request per person and account, so that a repeated one meets the first. The account's global
//! administrators decide as approvers do (APR-01 … APR-04): the first decision wins, denying works from the mailed link
//! alone, granting needs the administrator's session, and nobody decides their own request. A transition consumes the
//! request as it was read and gives a [`Step`]; the store writes nothing else. Its end is judged at use, swept or not.

use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, AccountRole},
    activation::{Activation, Person},
    audit::{Actor, Note},
    event::Event,
    limit::{TryAgainAt, Window, hit, is_beyond},
    policy::JoinPolicy,
    when::{Timestamp, add_days},
    words::{AccountId, Address, Licence, ProfileId, Sku},
};

/// One person's request to join one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Which account.
    pub account: AccountId,
    /// Its name when it was asked.
    pub account_name: String,
    /// Who asks. The address is the one that becomes a member: it was proven when they asked.
    pub by: Person,
    /// The name on their profile when they asked; may be empty.
    #[serde(default)]
    pub name: String,
    /// What they were about to activate.
    pub occasion: Occasion,
    /// Since when.
    pub asked_at: Timestamp,
    /// It ends then if nobody decides.
    pub ends_at: Timestamp,
    /// Which of the person's requests for this account it is, from 1.
    pub generation: u32,
    /// How far it has come.
    pub state: State,
    /// Requests of the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Window>,
    /// How often an administrator refused them since they last joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denials: Option<Denials>,
    /// What became of earlier ones, the oldest first: their links show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
    /// Rises with each step: the condition of the next write.
    pub version: u64,
}

/// How often a person was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denials {
    /// So often.
    pub count: u32,
    /// When the last time.
    pub last: Timestamp,
}

impl Denials {
    /// Until when they may not ask again, while that lasts. The pause grows with each refusal.
    fn pause(&self, now: Timestamp, policy: &JoinPolicy) -> Option<TryAgainAt> {
        let place = usize::try_from(self.count.saturating_sub(1)).unwrap_or(usize::MAX);
        let days = policy.denied_days.get(place).or(policy.denied_days.last())?;
        let until = add_days(self.last, *days);
        (now < until && !is_beyond(self.last, now)).then_some(TryAgainAt(until))
    }
}

/// What a person was about to activate when they met an account that they do not administer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// Under which Licensing ID.
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// Its name, as pages show it.
    pub product_name: String,
    /// The customer's name, as pages show it.
    pub customer_name: String,
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum State {
    /// Nobody has decided yet.
    Pending,
    /// The person joined.
    Granted {
        /// As what.
        role: AccountRole,
        /// By whom, when, and what was said.
        #[serde(flatten)]
        decided: Decided,
    },
    /// The person did not join.
    Denied {
        /// By whom, when, and what was said.
        #[serde(flatten)]
        decided: Decided,
    },
    /// Taken back by who asked.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Nobody decided in time.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// Who decided, when, and what they said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Who.
    pub by: Decider,
    /// When.
    pub at: Timestamp,
    /// What they want to say to who asked; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decider {
    /// A person who is signed in.
    Session(Person),
    /// The person who holds the link that was emailed to this address.
    Link(Address),
}

/// A request that has ended, as its own links show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Which of the person's requests.
    pub generation: u32,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// What became of it.
    pub state: State,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// They join, as this.
    Grant(AccountRole),
    /// They do not.
    Deny,
}

/// What asking depends on.
#[derive(Debug, Clone, Copy)]
pub struct AskContext<'a> {
    /// Who asks, by the address that is to become a member.
    pub by: &'a Person,
    /// All their proven addresses.
    pub addresses: &'a [Address],
    /// The name on their profile; may be empty.
    pub name: &'a str,
    /// The account.
    pub account: &'a Account,
    /// What they are about to activate.
    pub activation: &'a Activation,
}

/// What deciding depends on.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// Who decides.
    pub by: &'a Decider,
    /// The addresses that count for them: the proven ones of the session, or the one that the link was mailed to.
    pub addresses: &'a [Address],
    /// The account as it is now.
    pub account: &'a Account,
    /// Whether the address by which it was asked still belongs to who asked.
    pub asker_has_address: bool,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskOutcome {
    /// The same request waits already: it is this one.
    Pending(Box<Join>),
    /// A new request.
    New(Box<Step>),
}

/// Why a transition is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The account is not the customer's: there is no occasion to join it.
    NotLinked,
    /// The person administers it already.
    Administers,
    /// None of its global administrators can be reached by mail.
    NobodyDecides,
    /// Too often: when it is taken again.
    TooOften(TryAgainAt),
    /// Who wants to decide is no global administrator of the account.
    NotYours,
    /// Nobody decides their own request (APR-04).
    Own,
    /// A link alone denies; granting needs a session (APR-02).
    SignInToGrant,
    /// Who asked no longer has the address by which they asked.
    AskerGone,
    /// It was decided, withdrawn, or has ended.
    Over,
}

/// One change: the request as it is written next, on condition that it still is as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    after: Join,
    seen: Option<u64>,
    judged_by: Option<u64>,
    admits: Option<Account>,
    note: Note,
    told_asker: Note,
    events: Vec<Event>,
}

impl Step {
    /// The request after the change.
    pub const fn after(&self) -> &Join {
        &self.after
    }

    /// The version that must still be stored; none: nothing may be stored yet.
    pub const fn seen(&self) -> Option<u64> {
        self.seen
    }

    /// The version of the account by which it was decided: it must still be stored, so that whoever decides is its global
    /// administrator at the moment of the change.
    pub const fn judged_by(&self) -> Option<u64> {
        self.judged_by
    }

    /// The account with its new member, where one joins.
    pub const fn admits(&self) -> Option<&Account> {
        self.admits.as_ref()
    }

    /// What the account's audit says.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// What the audit of who asked says: it does not name the account's administrators (REQ-03).
    pub const fn told_asker(&self) -> &Note {
        &self.told_asker
    }

    /// What is to be done afterwards.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The request, given up by the step.
    pub fn into_after(self) -> Join {
        self.after
    }
}

/// Earlier requests that are remembered.
const REMEMBERED: usize = 10;

impl Decider {
    /// By which address they decide.
    pub const fn address(&self) -> &Address {
        match self {
            Self::Session(person) => &person.address,
            Self::Link(address) => address,
        }
    }

    fn profile(&self) -> Option<&ProfileId> {
        match self {
            Self::Session(person) => Some(&person.profile),
            Self::Link(_) => None,
        }
    }
}

impl State {
    /// Whether somebody may still decide.
    pub const fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }

    /// When it ended; none while it is pending.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending => None,
            Self::Granted { decided, .. } | Self::Denied { decided } => Some(decided.at),
            Self::Withdrawn { at } | Self::Ended { at } => Some(*at),
        }
    }

    /// Who decided it, if anybody did.
    pub const fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Granted { decided, .. } | Self::Denied { decided } => Some(decided),
            Self::Pending | Self::Withdrawn { .. } | Self::Ended { .. } => None,
        }
    }
}

impl Join {
    /// Asks to join (LINK-03), or finds the request that waits already. `fails` says to whom mail is known to fail.
    pub fn ask(
        before: Option<Self>,
        asking: &AskContext<'_>,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &JoinPolicy,
    ) -> Result<AskOutcome, Refused> {
        let AskContext { by, addresses, name, account, activation } = *asking;
        if account.customer.as_ref() != Some(&activation.customer) {
            return Err(Refused::NotLinked);
        }
        if account.is_administered_by(addresses) {
            return Err(Refused::Administers);
        }
        let before = match before {
            Some(join) if join.state_at(now).is_pending() => return Ok(AskOutcome::Pending(Box::new(join))),
            before => before,
        };
        if !account.reaches_somebody(fails) {
            return Err(Refused::NobodyDecides);
        }
        let denials = before.as_ref().and_then(Self::denials);
        if let Some(until) = denials.and_then(|denials| denials.pause(now, policy)) {
            return Err(Refused::TooOften(until));
        }
        let asks = before.as_ref().and_then(|join| join.asks);
        let asks = hit(asks, now, 24 * 60, policy.asks_a_day).map_err(Refused::TooOften)?;
        let seen = before.as_ref().map(|join| join.version);
        let mut after = Self {
            account: account.id.clone(),
            account_name: account.name.clone(),
            by: by.clone(),
            name: name.to_owned(),
            occasion: Occasion {
                licence: activation.licence.clone(),
                product: activation.product.clone(),
                product_name: activation.product_name.clone(),
                customer_name: activation.customer_name.clone(),
            },
            asked_at: now,
            ends_at: add_days(now, policy.days),
            generation: before.as_ref().map_or(0, |join| join.generation) + 1,
            state: State::Pending,
            asks: Some(asks),
            denials,
            past: Vec::new(),
            version: seen.unwrap_or_default() + 1,
        };
        let mut events = Vec::new();
        if let Some(mut join) = before {
            // Where the sweep was not here yet, this is what ends the one before.
            events.extend(join.state.is_pending().then(|| join.ended_event()));
            let past = Past { generation: join.generation, asked_at: join.asked_at, state: join.state_at(now) };
            join.past.push(past);
            let forgotten = join.past.len().saturating_sub(REMEMBERED);
            after.past = join.past.split_off(forgotten);
        }
        events.push(Event::JoinAsked {
            account: after.account.clone(),
            asker: after.by.profile.clone(),
            generation: after.generation,
        });
        let actor = || Actor::Person { profile: by.profile.clone(), address: by.address.clone() };
        let note = |join: &Self| join.note("join.asked", actor()).fact("ends-at", join.ends_at);
        Ok(AskOutcome::New(Box::new(Step {
            note: note(&after),
            told_asker: note(&after),
            after,
            seen,
            judged_by: None,
            admits: None,
            events,
        })))
    }

    /// Decides (APR-01 … APR-04).
    pub fn decide(
        self,
        decision: Decision,
        message: &str,
        deciding: &Deciding<'_>,
        now: Timestamp,
    ) -> Result<Step, Refused> {
        self.may_be_decided(decision, deciding, now)?;
        let Deciding { by, account, .. } = *deciding;
        let decided = Decided { by: by.clone(), at: now, message: message.to_owned() };
        let (action, state, admits) = match decision {
            Decision::Deny => ("join.denied", State::Denied { decided }, None),
            Decision::Grant(role) => {
                let admits = account.admit(&self.by.address, role, now);
                ("join.granted", State::Granted { role, decided }, Some(admits))
            }
        };
        let role = match decision {
            Decision::Grant(role) => Some(role),
            Decision::Deny => None,
        };
        let said = |note: Note| role.into_iter().fold(note, |note, role| note.fact("role", role.as_str()));
        let note = match by {
            Decider::Session(person) => {
                let (profile, address) = (person.profile.clone(), person.address.clone());
                said(self.note(action, Actor::Person { profile, address }))
            }
            Decider::Link(address) => {
                said(self.note(action, Actor::LinkHolder)).personal("mailed-to", address.as_str())
            }
        };
        let note = note.personal("asked-by", self.by.address.as_str());
        let told_asker = said(self.note(action, Actor::Administrator));
        let event = Event::JoinDecided {
            account: self.account.clone(),
            asker: self.by.profile.clone(),
            generation: self.generation,
            to: self.by.address.clone(),
        };
        let denials = match decision {
            Decision::Grant(_) => None,
            Decision::Deny => {
                let before = self.denials().map_or(0, |denials| denials.count);
                Some(Denials { count: before.saturating_add(1), last: now })
            }
        };
        let step = Self { denials, ..self }.step(state, note, told_asker, vec![event]);
        Ok(Step { judged_by: Some(account.version), admits, ..step })
    }

    /// How often they were refused since they last joined. Where an earlier release wrote the request, what it remembers says it.
    fn denials(&self) -> Option<Denials> {
        let states = self.past.iter().map(|past| &past.state).chain([&self.state]);
        let remembered = states.fold(None, |before: Option<Denials>, state| match state {
            State::Denied { decided } => {
                Some(Denials { count: before.map_or(0, |denials| denials.count) + 1, last: decided.at })
            }
            State::Granted { .. } => None,
            State::Pending | State::Withdrawn { .. } | State::Ended { .. } => before,
        });
        self.denials.or(remembered)
    }

    /// Whether [`Self::decide`] would be taken now: what pages ask before they offer it.
    pub fn may_be_decided(&self, decision: Decision, deciding: &Deciding<'_>, now: Timestamp) -> Result<(), Refused> {
        let Deciding { by, addresses, account, asker_has_address } = *deciding;
        if by.profile() == Some(&self.by.profile) || addresses.contains(&self.by.address) {
            return Err(Refused::Own);
        }
        if !account.is_global_admin(addresses) {
            return Err(Refused::NotYours);
        }
        if !self.state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        match decision {
            Decision::Grant(_) if matches!(by, Decider::Link(_)) => Err(Refused::SignInToGrant),
            // Whoever has the address now would become the member.
            Decision::Grant(_) if !asker_has_address => Err(Refused::AskerGone),
            Decision::Deny | Decision::Grant(_) => Ok(()),
        }
    }

    /// Takes it back: who asked, while nobody has decided.
    pub fn withdraw(self, now: Timestamp) -> Result<Step, Refused> {
        if !self.state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        let actor = || Actor::Person { profile: self.by.profile.clone(), address: self.by.address.clone() };
        let (note, told_asker) = (self.note("join.withdrawn", actor()), self.note("join.withdrawn", actor()));
        Ok(self.step(State::Withdrawn { at: now }, note, told_asker, Vec::new()))
    }

    /// Ends it, nobody having decided: the sweep's act. None if it is not due (another sweep was here).
    pub fn end(self, now: Timestamp) -> Option<Step> {
        if self.due_at().is_none_or(|due| now < due) {
            return None;
        }
        let (state, event) = (self.state_at(now), self.ended_event());
        let note = |join: &Self| join.note("join.ended", Actor::Service).fact("ended", join.ends_at);
        let (note, told_asker) = (note(&self), note(&self));
        Some(self.step(state, note, told_asker, vec![event]))
    }

    /// What the state is at `now`, whether or not the sweep was here (EXP-05).
    pub fn state_at(&self, now: Timestamp) -> State {
        match &self.state {
            State::Pending if now >= self.ends_at => State::Ended { at: self.ends_at },
            state => state.clone(),
        }
    }

    /// What became of one of the person's requests, as its links show it. None where it was forgotten.
    pub fn state_of(&self, generation: u32, now: Timestamp) -> Option<State> {
        if generation == self.generation {
            return Some(self.state_at(now));
        }
        self.past.iter().find(|past| past.generation == generation).map(|past| past.state.clone())
    }

    /// When the sweep has to look at it next, if ever (EXP-01).
    pub const fn due_at(&self) -> Option<Timestamp> {
        if self.state.is_pending() { Some(self.ends_at) } else { None }
    }

    fn ended_event(&self) -> Event {
        Event::JoinEnded {
            account: self.account.clone(),
            asker: self.by.profile.clone(),
            generation: self.generation,
            to: self.by.address.clone(),
        }
    }

    fn note(&self, action: &'static str, actor: Actor) -> Note {
        Note::new(action, actor)
            .fact("account", &self.account)
            .fact("account-name", &self.account_name)
            .fact("request", self.generation)
    }

    fn step(self, state: State, note: Note, told_asker: Note, events: Vec<Event>) -> Step {
        let seen = Some(self.version);
        let after = Self { state, version: self.version + 1, ..self };
        Step { after, seen, judged_by: None, admits: None, note, told_asker, events }
    }
}
