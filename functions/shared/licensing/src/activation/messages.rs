//! What subscribers and provisioning endpoints are told of an activation (LINK-11).

use super::{Activation, State};
use crate::{
    event::Event,
    key::joined,
    message::{ActivationData, Message, MessageKind},
    when::Timestamp,
    words::AccountId,
};

impl Activation {
    /// What the endpoint is asked (LINK-11): the same message, by its id, however often it is asked. `first` is the version
    /// by which the activation was confirmed.
    pub fn to_provision(&self, first: u64, at: Timestamp) -> Message {
        Message { mark: self.mark(first), ..self.message(MessageKind::Provision, at, None) }
    }

    /// The event by which subscribers are told of it as it is after a change.
    pub(super) fn told(&self, what: MessageKind, now: Timestamp, previous_account: Option<AccountId>) -> Event {
        Event::announce(self.message(what, now, previous_account))
    }

    fn message(&self, what: MessageKind, at: Timestamp, previous_account: Option<AccountId>) -> Message {
        let on = self.on_account();
        let reason = match &self.state {
            State::Provisioning(setup) => setup.refused.as_ref().map(|refusal| refusal.reason.clone()),
            _ => None,
        };
        let standing = ActivationData {
            version: self.version,
            licence: self.licence.clone(),
            product: self.product.clone(),
            product_name: self.product_name.clone(),
            customer: self.customer.clone(),
            customer_name: self.customer_name.clone(),
            quantity: self.quantity,
            state: self.state.phase(),
            account: on.map(|on| on.account.clone()),
            account_name: on.map(|on| on.account_name.clone()),
            previous_account,
            how: on.map(|on| on.how),
            reason,
        };
        Message { what, at, mark: self.mark(self.version), standing: Some(standing) }
    }

    fn mark(&self, version: u64) -> String {
        joined(&[&self.licence.key(), self.product.as_str(), &version.to_string()])
    }
}
