//! Being set up by a provisioning endpoint, which may refuse (LINK-11).

use serde::{Deserialize, Serialize};

use super::{Activation, InUse, Refused, State, Step};
use crate::{
    audit::{Actor, Note},
    event::Event,
    message::MessageKind,
    policy::LinkPolicy,
    when::{Timestamp, add_minutes},
};

/// What a provisioning endpoint was asked to set up (LINK-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// How it will be in use; it may be taken back until then, whenever that is.
    pub in_use: InUse,
    /// The version by which it was confirmed: what the endpoint knows the request by, however often it is asked.
    pub first: u64,
    /// The version by which the endpoint is being asked now.
    pub asked: u64,
    /// The endpoint has refused, and is not asked again unless an operator says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// A provisioning endpoint's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// Why, in its own words.
    pub reason: String,
}

impl Activation {
    /// Whether its provisioning endpoint has not answered for longer than usual (LINK-11).
    pub fn takes_long(&self, now: Timestamp, policy: &LinkPolicy) -> bool {
        match &self.state {
            State::Provisioning(Setup { in_use, refused: None, .. }) => {
                now >= add_minutes(in_use.at, policy.provisioning_minutes)
            }
            _ => false,
        }
    }

    /// The endpoint said that it is set up, or there is none any more (LINK-11): it is in use, and the time in which it may
    /// be taken back begins. None if nothing is being set up.
    pub fn provisioned(&self, now: Timestamp, policy: &LinkPolicy) -> Option<Step> {
        let State::Provisioning(setup) = &self.state else { return None };
        let mut after = self.next();
        let note = Note::new("activation.provisioned", Actor::Service)
            .fact("product", &self.product)
            .fact("account", &setup.in_use.account);
        let mail = after.use_from(setup.in_use.clone(), now, policy);
        let events = vec![mail, after.told(MessageKind::Provisioned, now, None)];
        Some(self.step(note, after, events))
    }

    /// The endpoint refused for good (LINK-11): it stays as it is, with the reason, until it is taken back or an operator has
    /// it asked again. Who activated is mailed. None if nothing is being set up, or it was refused before.
    pub fn provisioning_refused(&self, reason: &str, now: Timestamp) -> Option<Step> {
        let State::Provisioning(setup @ Setup { refused: None, .. }) = &self.state else { return None };
        let mut after = self.next();
        let refused = Some(Refusal { at: now, reason: reason.into() });
        after.state = State::Provisioning(Setup { refused, ..setup.clone() });
        let note = Note::new("activation.provisioning-refused", Actor::Service)
            .fact("product", &self.product)
            .fact("account", &setup.in_use.account)
            .fact("reason", reason);
        let (licence, product) = (self.licence.clone(), self.product.clone());
        let mail = Event::SetUpRefused { licence, product, version: after.version };
        let events = vec![mail, after.told(MessageKind::Refused, now, None)];
        Some(self.step(note, after, events))
    }

    /// An operator has the endpoint asked again, at once: after a refusal, or instead of waiting (LINK-11).
    pub fn ask_endpoint_again(&self, operator: Actor, reason: &str) -> Result<Step, Refused> {
        let State::Provisioning(setup) = &self.state else { return Err(Refused::NotProvisioning) };
        let mut after = self.next();
        after.state = State::Provisioning(Setup { asked: after.version, refused: None, ..setup.clone() });
        let note = Note::new("activation.provisioning-asked", operator)
            .fact("product", &self.product)
            .fact("account", &setup.in_use.account)
            .fact("reason", reason);
        let (licence, product) = (self.licence.clone(), self.product.clone());
        let event = Event::Provision { licence, product, version: after.version };
        Ok(self.step(note, after, vec![event]))
    }
}
