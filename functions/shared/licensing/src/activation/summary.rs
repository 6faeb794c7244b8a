//! The row of Manage activations (LINK-05).

use serde::{Deserialize, Serialize};

use super::{Activation, Setup, State};
use crate::{
    phase::Phase,
    when::Timestamp,
    words::{Licence, Sku},
};

/// One row of Manage activations (LINK-05), as it is kept for each who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Under which Licensing ID.
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// The product's name.
    pub product_name: String,
    /// Whose.
    pub customer_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// How far it had come when it was written. What it is by now, [`Self::phase`] says.
    pub state: Phase,
    /// The account, where it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// What the state's date is: stuck since, sent at, ends at, confirmed at, activated at, ended at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// The end of its link, where one was mailed and it is not in use: the list judges it at use as well (EXP-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

impl Summary {
    /// How far it has come at `now`: the same as its activation says.
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.state {
            Phase::Stuck | Phase::Invited if self.ends.is_some_and(|end| now >= end) => Phase::Expired,
            written => written,
        }
    }
}

impl Activation {
    /// The row of Manage activations.
    pub fn summary(&self) -> Summary {
        let date = match &self.state {
            State::Stuck { since, .. } => *since,
            State::Scheduled { send_at, .. } => *send_at,
            State::Provisioning(Setup { in_use, .. }) | State::Activated(in_use) => in_use.at,
            State::Invited(invitation) | State::Expired { invitation, .. } => invitation.expires_at,
        };
        Summary {
            licence: self.licence.clone(),
            product: self.product.clone(),
            product_name: self.product_name.clone(),
            customer_name: self.customer_name.clone(),
            quantity: self.quantity,
            state: self.state.phase(),
            account_name: self.on_account().map(|in_use| in_use.account_name.clone()),
            date: Some(date),
            ends: match &self.state {
                State::Stuck { expires_at, .. } => *expires_at,
                State::Invited(invitation) | State::Expired { invitation, .. } => Some(invitation.expires_at),
                State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) => None,
            },
        }
    }
}
