//! Asking for permission on a Licensing ID (REQ, APR): its states, and every way from one to the next.
//!
//! There is one request per person and Licensing ID, so that a repeated one meets the first. It is taken whether or not the
//! number is known, by the same writes (REQ-02); who decides is found out afterwards ([`Request::route`]). The first decision
//! counts, denying works from the mailed link alone, granting needs an Administrator's session, and nobody decides their own
//! request (APR-02 … APR-04). A transition consumes the request as it was read and gives a [`Step`]; the store writes nothing
//! else. Its end is judged at use, swept or not (EXP-05).

mod asking;
mod deciding;
mod waiting;

use serde::{Deserialize, Serialize};

pub use crate::{
    access::Asked,
    join::{Decided, Decider},
};
use crate::{
    access::{Access, Grant, Standing},
    activation::Person,
    audit::{Actor, Note},
    event::{Event, RequestMail},
    limit::{TryAgainAt, Window},
    when::Timestamp,
    words::{Address, Licence},
};

/// One person's request for permission on one Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// On which Licensing ID. Nobody says that it is known.
    pub licence: Licence,
    /// Who asks. What is granted belongs to this address.
    pub by: Person,
    /// The name on their profile when they asked; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// For what.
    pub asked: Asked,
    /// What they say of it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Since when.
    pub asked_at: Timestamp,
    /// It ends then if nobody decides.
    pub ends_at: Timestamp,
    /// Which of the person's requests for this Licensing ID it is, from 1: another choice is another one (REQ-06).
    pub generation: u32,
    /// Who decides, once that was found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// What was emailed so far, besides the request itself.
    #[serde(default)]
    pub told: Told,
    /// How far it has come.
    pub state: State,
    /// Requests of the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Window>,
    /// What became of earlier ones, the oldest first: their links show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
    /// Whether the Licensing ID's glance counts it among those that wait: as its audit was told last. None where it was written by a
    /// release that did not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<bool>,
    /// Rises with each step: the condition of the next write.
    pub version: u64,
}

/// Who decides, as it was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// When that was.
    pub at: Timestamp,
    /// Whether who asks belongs to the customer. Outsiders learn dates only (REQ-04).
    pub colleague: bool,
    /// So many Administrators were written to.
    pub sent_to: u32,
    /// When outsiders' requests are put before them, in one email a day (REQ-03).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest_at: Option<Timestamp>,
    /// The Licensing ID is not loaded, or nobody can decide there: operators see it (REQ-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nobody: Option<Nobody>,
    /// The agreement ends first, and a colleague's request with it (REQ-05).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_with_agreement: bool,
    /// When it would end otherwise: it may, if the agreement is prolonged. None where it ends by itself; where an earlier release cut
    /// it without keeping this, its end moves in and never out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_otherwise_at: Option<Timestamp>,
}

/// Why nobody decides (REQ-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nobody {
    /// The Licensing ID is not loaded.
    Unknown,
    /// It has no Administrator besides who asks.
    NoAdministrator,
    /// Mail reaches none of them.
    Unreachable,
}

/// What was emailed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Outsiders' requests: with the email of its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest_at: Option<Timestamp>,
    /// The reminder (REQ-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
    /// The reminder that who asked had sent (REQ-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_by_asker_at: Option<Timestamp>,
    /// The notices contact learnt that nobody decided (REQ-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided_at: Option<Timestamp>,
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum State {
    /// Nobody has decided yet.
    Pending,
    /// All or a part was granted.
    Granted {
        /// What.
        granted: Asked,
        /// By whom, when, and what was said.
        #[serde(flatten)]
        decided: Decided,
    },
    /// Nothing was.
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
    /// The same person asked for something else instead (REQ-06).
    Replaced {
        /// When.
        at: Timestamp,
    },
    /// Nobody decided in time, or the agreement ended (REQ-05).
    Ended {
        /// When.
        at: Timestamp,
        /// Whether it was the agreement that ended.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        with_agreement: bool,
    },
}

/// A request that has ended, as its own links show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Which of the person's requests.
    pub generation: u32,
    /// For what.
    pub asked: Asked,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// What became of it.
    pub state: State,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This is granted: all that was asked for, or a part.
    Grant(Asked),
    /// Nothing is.
    Deny,
}

/// What asking depends on.
#[derive(Debug, Clone, Copy)]
pub struct NewRequest<'a> {
    /// On which Licensing ID.
    pub licence: &'a Licence,
    /// Who asks, by the address that is to have the roles.
    pub by: &'a Person,
    /// The name on their profile; may be empty.
    pub name: &'a str,
    /// For what.
    pub asked: &'a Asked,
    /// What they say of it; may be empty.
    pub comment: &'a str,
    /// What the address has already, as far as it is known: that is left out (REQ-06).
    pub has: &'a Access,
}

/// What was found out of a Licensing ID after somebody asked.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The Licensing ID; none if it is not loaded.
    pub standing: Option<&'a Standing>,
    /// All addresses of who asks, whether they count or not.
    pub addresses: &'a [Address],
    /// Whether they belong to the customer.
    pub colleague: bool,
    /// To how many of the Administrators mail is known to fail: all of those who decide.
    pub unreachable: usize,
}

/// What deciding depends on.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// Who decides.
    pub by: &'a Decider,
    /// The addresses that count for them: the proven ones of the session, or the one that the link was emailed to.
    pub addresses: &'a [Address],
    /// The Licensing ID as it is now.
    pub standing: &'a Standing,
    /// Whether the address by which it was asked still belongs to who asked.
    pub asker_has_address: bool,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskOutcome {
    /// The same request waits already: it is this one.
    Pending(Box<Request>),
    /// A new request.
    New(Box<Step>),
}

/// Why a transition is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// No role was chosen, or one that agreements of this programme don't have.
    NoSuchRole,
    /// All that was chosen is there already (REQ-06).
    HasAll,
    /// Too often: when it is taken again.
    TooOften(TryAgainAt),
    /// Who wants to decide is no Administrator of the Licensing ID.
    NotYours,
    /// Nobody decides their own request (APR-04).
    Own,
    /// A link alone denies; granting needs a session (APR-02).
    SignInToGrant,
    /// Who asked no longer has the address by which they asked.
    AskerGone,
    /// What is to be granted was not asked for.
    NotAsked,
    /// Another request took its place, or its roles changed since it was shown (APR-03).
    Changed,
    /// It was decided, withdrawn, or has ended.
    Over,
    /// It is too early to have others reminded: from then on (REQ-09).
    TooEarly(Timestamp),
    /// Who decides was reminded already, or nobody decides.
    NothingToRemind,
}

/// One change: the request as it is written next, on condition that it still is as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    after: Request,
    seen: Option<u64>,
    seen_counted: bool,
    grants: Option<Granted>,
    note: Option<Note>,
    told_asker: Option<Note>,
    events: Vec<Event>,
}

/// What a decision gives to the address by which it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// What.
    pub asked: Asked,
    /// By whom, when, and until when.
    pub grant: Grant,
}

impl Step {
    /// The request after the change.
    pub const fn after(&self) -> &Request {
        &self.after
    }

    /// The version that must still be stored; none: nothing may be stored yet.
    pub const fn seen(&self) -> Option<u64> {
        self.seen
    }

    /// The request is counted anew where the Licensing ID's audit is told.
    fn counting(mut self) -> Self {
        let after = &mut self.after;
        let waits = after.state.is_pending() && after.is_known_to_deciders();
        after.counted = Some(if self.note.is_some() { waits } else { self.seen_counted });
        self
    }

    /// Whether the Licensing ID's glance counted it before the change.
    pub const fn seen_counted(&self) -> bool {
        self.seen_counted
    }

    /// What the address gets by which it was asked.
    pub const fn grants(&self) -> Option<&Granted> {
        self.grants.as_ref()
    }

    /// What the Licensing ID's audit says; none while it is not known who decides (REQ-02).
    pub const fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }

    /// What the audit of who asked says: it names nobody else (REQ-03).
    pub const fn told_asker(&self) -> Option<&Note> {
        self.told_asker.as_ref()
    }

    /// What is to be done afterwards.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// What the step is, in the audit's word for it.
    pub fn action(&self) -> &'static str {
        self.note.as_ref().or(self.told_asker.as_ref()).map_or("permission.looked-up", |note| note.action)
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
            Self::Withdrawn { at } | Self::Replaced { at } | Self::Ended { at, .. } => Some(*at),
        }
    }

    /// Who decided it, if anybody did.
    pub const fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Granted { decided, .. } | Self::Denied { decided } => Some(decided),
            _ => None,
        }
    }
}

impl Request {
    /// Whether who asks belongs to the customer. While nobody knows yet they are an outsider, who is told dates only (REQ-04).
    pub fn is_colleagues(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.colleague)
    }

    /// Whether operators had to see it until it ended.
    pub fn needed_operators(&self) -> bool {
        self.told.undecided_at.is_some() || self.route.as_ref().is_some_and(|route| route.nobody.is_some())
    }

    /// Whether operators have to see it: nobody decides, or nobody decided for long (REQ-05, REQ-07).
    pub fn needs_operators(&self) -> bool {
        self.state.is_pending() && self.needed_operators()
    }

    /// Whether the Licensing ID's glance counts it among the requests that wait. It changes with the Licensing ID's audit only: asking
    /// for something else instead writes nothing there (REQ-02), until it was found out who decides.
    pub fn is_counted(&self) -> bool {
        let waits = self.state.is_pending() && self.is_known_to_deciders();
        match self.counted {
            None => waits,
            // What a release decided that did not count is over all the same.
            Some(counted) => counted && (waits || self.route.is_none()),
        }
    }

    fn has_deciders(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.nobody.is_none())
    }

    /// Whether the Licensing ID's audit names it: it is loaded.
    fn is_known_to_deciders(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.nobody != Some(Nobody::Unknown))
    }

    /// Whether those who decide were written to.
    fn was_mailed(&self) -> bool {
        self.has_deciders() && self.digest_is_due().is_none()
    }

    fn mail(&self, mail: RequestMail) -> Event {
        Event::Permission {
            licence: self.licence.clone(),
            asker: self.by.profile.clone(),
            generation: self.generation,
            mail,
            to: self.by.address.clone(),
        }
    }

    fn asker(&self) -> Actor {
        Actor::Person { profile: self.by.profile.clone(), address: self.by.address.clone() }
    }

    fn note(&self, action: &'static str, actor: Actor) -> Note {
        let note = Note::new(action, actor).fact("licence", self.licence.key()).fact("roles", &self.asked);
        note.fact("request", self.generation)
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn step(self, state: State, note: Option<Note>, told_asker: Option<Note>, events: Vec<Event>) -> Step {
        let (seen, seen_counted) = (Some(self.version), self.is_counted());
        let after = Self { state, version: self.version + 1, ..self };
        Step { after, seen, seen_counted, grants: None, note, told_asker, events }.counting()
    }
}
