//! A link that ended is asked for again, and revived or declined (LINK-10).

use serde::{Deserialize, Serialize};

use super::{Activation, Invitation, Person, Refused, State, Step, next_contact, person};
use crate::{
    audit::{Actor, Note},
    event::{Event, Why},
    judge::Contacts,
    limit::hit,
    policy::LinkPolicy,
    when::{Timestamp, add_days},
    words::Address,
};

/// Who asked, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevivalRequest {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Timestamp,
}

/// A request for revival that an operator declined (LINK-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Who had asked, and when.
    pub asked: RevivalRequest,
    /// When it was declined.
    pub at: Timestamp,
    /// Why, in the operator's words.
    pub reason: String,
}

impl Activation {
    /// Asks for the revival of an expired link (LINK-10); asking twice changes nothing.
    pub fn ask_revival(&self, by: Person, now: Timestamp, policy: &LinkPolicy) -> Result<Option<Step>, Refused> {
        if !self.has_expired(now) {
            return Err(Refused::NotExpired);
        }
        if self.revival_asked().is_some() {
            return Ok(None);
        }
        let asks = hit(self.revival_asks, now, 24 * 60, policy.revival_asks_a_day).map_err(Refused::TooOften)?;
        let note = Note::new("activation.revival-asked", person(&by)).fact("product", &self.product);
        let revival_asked = Some(RevivalRequest { by, at: now });
        let mut events = Vec::new();
        let state = match &self.state {
            State::Expired { invitation, .. } => State::Expired { invitation: invitation.clone(), revival_asked },
            State::Invited(invitation) => {
                // The sweep was not here yet, so this is what ends it.
                events.push(self.expired_event());
                State::Expired { invitation: invitation.clone(), revival_asked }
            }
            // Nobody was left to be written to when its link ended, nor has to be now: an operator decides.
            State::Stuck { expires_at, .. } => State::Stuck { since: now, expires_at: *expires_at, revival_asked },
            State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) => {
                return Err(Refused::NotExpired);
            }
        };
        let after = Self { state, revival_asks: Some(asks), revival_declined: None, ..self.next() };
        Ok(Some(self.step(note, after, events)))
    }

    /// Who waits for its revival, since when (LINK-10).
    pub const fn revival_asked(&self) -> Option<&RevivalRequest> {
        match &self.state {
            State::Expired { revival_asked, .. } | State::Stuck { revival_asked, .. } => revival_asked.as_ref(),
            _ => None,
        }
    }

    /// Declines to revive it: an operator's act (LINK-10). Who asked is mailed, and may ask again.
    pub fn decline_revival(&self, operator: Actor, reason: &str, now: Timestamp) -> Result<Step, Refused> {
        let asked = self.revival_asked().cloned().ok_or(Refused::NothingAsked)?;
        let mut after = self.next();
        if let State::Expired { revival_asked, .. } | State::Stuck { revival_asked, .. } = &mut after.state {
            *revival_asked = None;
        }
        let note = Note::new("activation.revival-declined", operator)
            .fact("product", &self.product)
            .fact("asked-at", asked.at)
            .fact("reason", reason);
        let event = after.revival_answered(&asked, false);
        after.revival_declined = Some(Declined { asked, at: now, reason: reason.into() });
        Ok(self.step(note, after, vec![event]))
    }

    /// Revives an expired link: an operator's act (LINK-10). New link, new end, counted.
    pub fn revive(
        &self,
        operator: Actor,
        reason: &str,
        contacts: &Contacts,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Result<Step, Refused> {
        if !self.has_expired(now) {
            return Err(Refused::NotExpired);
        }
        let mut after = self.next();
        after.revivals += 1;
        after.revival_declined = None;
        after.tried.clear();
        let note = Note::new("activation.revived", operator)
            .fact("product", &self.product)
            .fact("revival", after.revivals)
            .fact("reason", reason);
        let events = match next_contact(self.kind, contacts, &[], fails) {
            None => {
                after.state = State::Stuck {
                    since: now,
                    expires_at: Some(add_days(now, policy.revival_days)),
                    revival_asked: None,
                };
                Vec::new()
            }
            Some(to) => {
                after.generation += 1;
                after.mails = 1;
                after.state = State::Invited(Invitation {
                    to,
                    first_mailed: now,
                    mailed: now,
                    expires_at: add_days(now, policy.revival_days),
                    delivered: false,
                    reminded: None,
                });
                vec![after.link_event(Why::Revived)]
            }
        };
        // Whoever asked and is not the one who gets the link is told that there is one.
        let other =
            self.revival_asked().filter(|asked| after.addressee().is_some_and(|to| to.address != asked.by.address));
        let told = other.map(|asked| after.revival_answered(asked, true));
        let events = events.into_iter().chain(told).collect();
        Ok(self.step(note, after, events))
    }

    fn revival_answered(&self, asked: &RevivalRequest, granted: bool) -> Event {
        Event::RevivalAnswered {
            licence: self.licence.clone(),
            product: self.product.clone(),
            version: self.version,
            to: asked.by.address.clone(),
            granted,
        }
    }
}
