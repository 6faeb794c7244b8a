//! Asking for permission on a Licensing ID (REQ, APR): its states, and every way from one to the next.
//!
//! There is one request per person and Licensing ID, so that a repeated one meets the first. It is taken whether or not the
//! number is known, by the same writes (REQ-02); who decides is found out afterwards ([`Request::route`]). The first decision
//! counts, denying works from the mailed link alone, granting needs an Administrator's session, and nobody decides their own
//! request (APR-02 … APR-04). A transition consumes the request as it was read and gives a [`Step`]; the store writes nothing
//! else. Its end is judged at use, swept or not (EXP-05).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Action, By, Grant, Holder, Standing},
    activation::Person,
    audit::{Actor, Note},
    event::{Event, RequestMail},
    limit::{TryAgainAt, Window, hit},
    policy::RequestPolicy,
    roles::{Benefit, Role},
    when::{Date, Timestamp, add_days, add_working_days, day_of, start_of},
    words::{Address, Licence},
};

pub use crate::join::{Decided, Decider};

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
    /// Rises with each step: the condition of the next write.
    pub version: u64,
}

/// What is asked for, or granted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// With Software Assurance Manager: benefits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub benefits: BTreeSet<Benefit>,
    /// With Online Services Manager: the permission to reserve.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// Until the end of which day (ROLE-09); none: without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
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
    /// All proven addresses of who asks.
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

/// Earlier requests that are remembered.
const REMEMBERED: usize = 10;

impl Asked {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// What only comes with a role goes where the role is not asked for.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        if !self.roles.contains(&Role::SoftwareAssuranceManager) {
            self.benefits.clear();
        }
        self.reservations &= self.roles.contains(&Role::OnlineServicesManager);
        self
    }

    /// What of this somebody does not have yet.
    #[must_use]
    pub fn without(mut self, has: &Access) -> Self {
        let (benefits, reservations) = (has.benefits(), has.reservations());
        self.benefits.retain(|benefit| !benefits.contains(benefit));
        self.reservations &= !reservations;
        let (more_benefits, more_reservations) = (!self.benefits.is_empty(), self.reservations);
        self.roles.retain(|role| {
            !has.has(*role)
                || *role == Role::SoftwareAssuranceManager && more_benefits
                || *role == Role::OnlineServicesManager && more_reservations
        });
        self
    }

    /// Whether this is no more than the other.
    pub fn is_part_of(&self, other: &Self) -> bool {
        self.roles.is_subset(&other.roles)
            && self.benefits.is_subset(&other.benefits)
            && (!self.reservations || other.reservations)
            && match (self.until, other.until) {
                (_, None) => true,
                (Some(mine), Some(theirs)) => mine <= theirs,
                (None, Some(_)) => false,
            }
    }
}

impl std::fmt::Display for Asked {
    /// As audits say it: `administrator software-assurance-manager:home-use online-services-manager:reservations`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, role) in self.roles.iter().enumerate() {
            write!(f, "{}{role}", if index == 0 { "" } else { " " })?;
            match role {
                Role::SoftwareAssuranceManager => {
                    for (index, benefit) in self.benefits.iter().enumerate() {
                        write!(f, "{}{benefit}", if index == 0 { ":" } else { "," })?;
                    }
                }
                Role::OnlineServicesManager if self.reservations => f.write_str(":reservations")?,
                _ => {}
            }
        }
        Ok(())
    }
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
    /// Asks for permission (REQ-01), or finds the same request that waits already (REQ-06).
    pub fn ask(
        before: Option<Self>,
        new: &NewRequest<'_>,
        now: Timestamp,
        policy: &RequestPolicy,
    ) -> Result<AskOutcome, Refused> {
        let asked = new.asked.clone().tidy();
        if asked.is_empty() || asked.roles.iter().any(|role| !role.is_of(new.licence.programme)) {
            return Err(Refused::NoSuchRole);
        }
        let asked = asked.without(new.has);
        if asked.is_empty() {
            return Err(Refused::HasAll);
        }
        let before = match before {
            Some(request) if request.state_at(now).is_pending() && request.asked == asked => {
                return Ok(AskOutcome::Pending(Box::new(request)));
            }
            before => before,
        };
        let asks = hit(before.as_ref().and_then(|request| request.asks), now, 24 * 60, policy.asks_a_day);
        let asks = asks.map_err(Refused::TooOften)?;
        let seen = before.as_ref().map(|request| request.version);
        let mut after = Self {
            licence: new.licence.clone(),
            by: new.by.clone(),
            name: new.name.to_owned(),
            asked,
            comment: new.comment.to_owned(),
            asked_at: now,
            ends_at: add_days(now, policy.days),
            generation: before.as_ref().map_or(0, |request| request.generation) + 1,
            route: None,
            told: Told::default(),
            state: State::Pending,
            asks: Some(asks),
            past: Vec::new(),
            version: seen.unwrap_or_default() + 1,
        };
        if let Some(before) = before {
            let state = match before.state_at(now) {
                State::Pending => State::Replaced { at: now },
                state => state,
            };
            after.past = before.past;
            after.past.push(Past {
                generation: before.generation,
                asked: before.asked,
                asked_at: before.asked_at,
                state,
            });
            let forgotten = after.past.len().saturating_sub(REMEMBERED);
            after.past.drain(..forgotten);
        }
        let told_asker = Some(after.note("permission.asked", after.asker()).fact("ends-at", after.ends_at));
        let events = vec![Event::PermissionAsked {
            licence: after.licence.clone(),
            asker: after.by.profile.clone(),
            generation: after.generation,
        }];
        Ok(AskOutcome::New(Box::new(Step { after, seen, grants: None, note: None, told_asker, events })))
    }

    /// Whether somebody waits for it to be found out who decides.
    pub fn is_to_be_routed(&self, generation: u32, now: Timestamp) -> bool {
        self.generation == generation && self.route.is_none() && self.state_at(now).is_pending()
    }

    /// Who decides on it: all Administrators but who asks. They are written to at once, or where an outsider asks, with the
    /// others of the day (REQ-03).
    pub fn route(self, found: &Found<'_>, now: Timestamp) -> Step {
        let deciders = found.standing.map(|standing| self.deciders(standing, found.addresses, now)).unwrap_or_default();
        let nobody = match (found.standing, deciders.len()) {
            (None, _) => Some(Nobody::Unknown),
            (Some(_), 0) => Some(Nobody::NoAdministrator),
            (Some(_), all) if found.unreachable >= all => Some(Nobody::Unreachable),
            _ => None,
        };
        let digest_at = (nobody.is_none() && !found.colleague).then(|| next_day(now));
        let mut after = self.next();
        // Who asks from outside learns nothing of the agreement, its end included.
        if let Some(ends) = found.standing.and_then(Standing::ends_at).filter(|_| found.colleague) {
            after.ends_at = after.ends_at.min(ends);
        }
        after.route = Some(Route {
            at: now,
            colleague: found.colleague,
            sent_to: u32::try_from(deciders.len()).unwrap_or(u32::MAX),
            digest_at,
            nobody,
        });
        let mut events = Vec::new();
        match nobody {
            None if found.colleague => {
                let changed = matches!(after.past.last(), Some(Past { state: State::Replaced { .. }, .. }));
                events.push(after.mail(if changed { RequestMail::Changed } else { RequestMail::Asked }));
            }
            None => {}
            Some(_) if found.colleague => events.push(after.mail(RequestMail::NobodyDecides)),
            Some(_) => {}
        }
        let note = (nobody != Some(Nobody::Unknown)).then(|| {
            let note = after.note("permission.asked", after.asker()).fact("ends-at", after.ends_at);
            note.fact("administrators", deciders.len()).fact("outsider", !found.colleague)
        });
        Step { seen: Some(self.version), after, grants: None, note, told_asker: None, events }
    }

    /// Who decides: the Administrators, without who asks.
    pub fn deciders(&self, standing: &Standing, asker: &[Address], now: Timestamp) -> BTreeSet<Address> {
        let mut all = standing.administrators(now);
        all.retain(|address| !asker.contains(address) && *address != self.by.address);
        all
    }

    /// Decides (APR-01 … APR-04). `shown` is the request that was shown: its number.
    pub fn decide(
        self,
        decision: Decision,
        message: &str,
        shown: u32,
        deciding: &Deciding<'_>,
        now: Timestamp,
    ) -> Result<Step, Refused> {
        let action = matches!(decision, Decision::Deny);
        self.may_be_decided(action, shown, deciding, now)?;
        let Deciding { by, addresses, standing, .. } = *deciding;
        let decided = Decided { by: by.clone(), at: now, message: message.to_owned() };
        let (action, state, granted) = match decision {
            Decision::Deny => ("permission.denied", State::Denied { decided }, None),
            Decision::Grant(granted) => {
                let mut granted = granted.tidy();
                if granted.is_empty() || !granted.is_part_of(&Asked { until: None, ..self.asked.clone() }) {
                    return Err(Refused::NotAsked);
                }
                let mut ends: Vec<Date> = granted.until.into_iter().chain(self.asked.until).collect();
                // Who is Administrator until a day gives until that day at most (ROLE-09).
                ends.extend(standing.of_all(addresses, now).until(Role::Administrator));
                granted.until = ends.into_iter().min();
                ("permission.granted", State::Granted { granted: granted.clone(), decided }, Some(granted))
            }
        };
        let said = |note: Note| match &granted {
            Some(granted) => {
                let note = note.fact("granted", granted);
                granted.until.into_iter().fold(note, |note, until| note.fact("until", until))
            }
            None => note,
        };
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
        let grants = granted.map(|asked| {
            let by = match by {
                Decider::Session(person) => {
                    By::Person { profile: person.profile.clone(), address: person.address.clone() }
                }
                // A link alone grants nothing.
                Decider::Link(_) => By::Row,
            };
            Granted { grant: Grant { by, at: now, until: asked.until, scheme: None }, asked }
        });
        let event = self.mail(RequestMail::Decided);
        let step = self.step(state, Some(note), Some(told_asker), vec![event]);
        Ok(Step { grants, ..step })
    }

    /// Whether [`Self::decide`] would be taken now: what pages ask before they offer it.
    pub fn may_be_decided(
        &self,
        deny: bool,
        shown: u32,
        deciding: &Deciding<'_>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Deciding { by, addresses, standing, asker_has_address } = *deciding;
        let profile = match by {
            Decider::Session(person) => Some(&person.profile),
            Decider::Link(_) => None,
        };
        if profile == Some(&self.by.profile) || addresses.contains(&self.by.address) {
            return Err(Refused::Own);
        }
        if standing.who_may(addresses, Action::DecideRequests, now).is_err() {
            return Err(Refused::NotYours);
        }
        if shown != self.generation {
            return Err(Refused::Changed);
        }
        if !self.state_at(now).is_pending() || standing.has_ended(now) && self.is_colleagues() {
            return Err(Refused::Over);
        }
        if deny {
            return Ok(());
        }
        if matches!(by, Decider::Link(_)) {
            return Err(Refused::SignInToGrant);
        }
        // Whoever has the address now would have the roles.
        if asker_has_address { Ok(()) } else { Err(Refused::AskerGone) }
    }

    /// Takes it back: who asked, while nobody has decided (REQ-09).
    pub fn withdraw(self, now: Timestamp) -> Result<Step, Refused> {
        if !self.state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        let told_asker = self.note("permission.withdrawn", self.asker());
        // Only where those who decide know of it.
        let note = self.is_known_to_deciders().then(|| told_asker.clone());
        let events = if self.was_mailed(now) { vec![self.mail(RequestMail::Withdrawn)] } else { Vec::new() };
        Ok(self.step(State::Withdrawn { at: now }, note, Some(told_asker), events))
    }

    /// Has those who decide reminded: who asked, once, after two working days (REQ-09). An outsider is answered alike, whether
    /// or not anybody is reminded.
    pub fn remind(self, now: Timestamp, policy: &RequestPolicy) -> Result<Step, Refused> {
        if !self.state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        if self.told.reminded_by_asker_at.is_some() {
            return Err(Refused::NothingToRemind);
        }
        let from = self.remindable_at(policy);
        if now < from {
            return Err(Refused::TooEarly(from));
        }
        let told_asker = self.note("permission.reminded", self.asker());
        let note = self.is_known_to_deciders().then(|| told_asker.clone());
        let events =
            if self.is_known_to_deciders() { vec![self.mail(RequestMail::RemindedByAsker)] } else { Vec::new() };
        let mut after = self.next();
        after.told.reminded_by_asker_at = Some(now);
        Ok(Step { seen: Some(self.version), after, grants: None, note, told_asker: Some(told_asker), events })
    }

    /// From when on who asked may have others reminded.
    pub fn remindable_at(&self, policy: &RequestPolicy) -> Timestamp {
        add_working_days(self.asked_at, policy.asker_reminds_working_days)
    }

    /// What is due by `now`: the email of the day, the reminder, that nobody decided, the end. None if nothing is (another sweep
    /// was here).
    pub fn sweep(self, now: Timestamp, policy: &RequestPolicy) -> Option<Step> {
        if self.due_at(policy).is_none_or(|due| now < due) {
            return None;
        }
        let seen = Some(self.version);
        if let ended @ State::Ended { .. } = self.state_at(now) {
            let told_asker = self.note("permission.ended", Actor::Service).fact("ended", self.ends_at);
            let note = self.is_known_to_deciders().then(|| told_asker.clone());
            let event = self.mail(RequestMail::Ended);
            return Some(self.step(ended, note, Some(told_asker), vec![event]));
        }
        let mut after = self.next();
        let mut events = Vec::new();
        let action;
        if self.digest_is_due().is_some_and(|at| at <= now) {
            after.told.digest_at = Some(now);
            action = "permission.put-before";
            events.push(Event::PermissionDigest { licence: self.licence.clone(), day: day_of(now) });
        } else if self.undecided_at(policy).is_some_and(|at| at <= now) {
            after.told.undecided_at = Some(now);
            // Who would only be reminded now has been told more.
            after.told.reminded_at.get_or_insert(now);
            action = "permission.undecided";
            events.push(self.mail(RequestMail::Undecided));
        } else {
            after.told.reminded_at = Some(now);
            action = "permission.reminded";
            events.push(self.mail(RequestMail::Reminder));
        }
        let note = self.is_known_to_deciders().then(|| self.note(action, Actor::Service));
        Some(Step { after, seen, grants: None, note, told_asker: None, events })
    }

    /// What the state is at `now`, whether or not the sweep was here (EXP-05).
    pub fn state_at(&self, now: Timestamp) -> State {
        match &self.state {
            State::Pending if now >= self.ends_at => {
                State::Ended { at: self.ends_at, with_agreement: self.ends_early() }
            }
            state => state.clone(),
        }
    }

    /// What became of one of the person's requests, and what was asked for, as its links show it. None where it was forgotten.
    pub fn past_of(&self, generation: u32, now: Timestamp) -> Option<Past> {
        if generation == self.generation {
            return Some(Past {
                generation,
                asked: self.asked.clone(),
                asked_at: self.asked_at,
                state: self.state_at(now),
            });
        }
        self.past.iter().find(|past| past.generation == generation).cloned()
    }

    /// When the sweep has to look at it next, if ever (EXP-01).
    pub fn due_at(&self, policy: &RequestPolicy) -> Option<Timestamp> {
        if !self.state.is_pending() {
            return None;
        }
        let steps = [self.digest_is_due(), self.reminder_at(policy), self.undecided_at(policy), Some(self.ends_at)];
        steps.into_iter().flatten().min()
    }

    /// When the reminder goes out (REQ-04, REQ-05); none where it did, or nobody decides.
    pub fn reminder_at(&self, policy: &RequestPolicy) -> Option<Timestamp> {
        let at = add_days(self.asked_at, policy.reminder_days);
        (self.has_deciders() && self.told.reminded_at.is_none() && at < self.ends_at).then_some(at)
    }

    /// When the notices contact learns that nobody decided (REQ-04, REQ-05); none where it did, or nobody decides.
    pub fn undecided_at(&self, policy: &RequestPolicy) -> Option<Timestamp> {
        let at = add_days(self.asked_at, policy.undecided_days);
        (self.has_deciders() && self.told.undecided_at.is_none() && at < self.ends_at).then_some(at)
    }

    /// Whether it is an outsider's, or nobody knows yet: then dates are all that is told (REQ-04).
    pub fn is_colleagues(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.colleague)
    }

    /// Whether operators have to see it: nobody decides, or nobody decided for long (REQ-05, REQ-07).
    pub fn needs_operators(&self) -> bool {
        self.state.is_pending()
            && (self.told.undecided_at.is_some() || self.route.as_ref().is_some_and(|route| route.nobody.is_some()))
    }

    fn digest_is_due(&self) -> Option<Timestamp> {
        self.route.as_ref().and_then(|route| route.digest_at).filter(|_| self.told.digest_at.is_none())
    }

    fn has_deciders(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.nobody.is_none())
    }

    /// Whether the Licensing ID's audit names it: it is loaded.
    fn is_known_to_deciders(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.nobody != Some(Nobody::Unknown))
    }

    /// Whether those who decide were written to.
    fn was_mailed(&self, now: Timestamp) -> bool {
        let digest = self.route.as_ref().and_then(|route| route.digest_at);
        self.has_deciders() && digest.is_none_or(|at| at <= now && self.told.digest_at.is_some())
    }

    fn ends_early(&self) -> bool {
        // A request that was not cut short ends at the second at which it was asked.
        start_of(day_of(self.ends_at)) == self.ends_at && self.is_colleagues()
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
        let seen = Some(self.version);
        let after = Self { state, version: self.version + 1, ..self };
        Step { after, seen, grants: None, note, told_asker, events }
    }
}

impl Granted {
    /// What the address holds afterwards.
    pub fn given_to(&self, holder: Option<&Holder>) -> Holder {
        let mut holder = holder.cloned().unwrap_or_default();
        let Asked { roles, benefits, reservations, .. } = &self.asked;
        holder.assign(roles.iter().copied(), benefits, *reservations, &self.grant);
        holder
    }
}

/// 00:00 UTC on the day after `now`.
fn next_day(now: Timestamp) -> Timestamp {
    day_of(now).tomorrow().map_or(now, start_of)
}
