//! Where is my activation? (ACT-12): how far it has come at this second, why, and what the reader can do about it.

use crate::{
    activation::{Activation, State, Summary},
    when::Timestamp,
};

/// How far an activation has come, judged at a time: a link past its end is expired, swept or not (EXP-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// Nobody could be written to.
    Stuck,
    /// A mail is due.
    Scheduled,
    /// The link was mailed.
    Invited,
    /// In use.
    Activated,
    /// The link ended unused.
    Expired,
}

impl Activation {
    /// How far it has come at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match &self.state {
            _ if self.has_expired(now) => Standing::Expired,
            State::Stuck { .. } => Standing::Stuck,
            State::Scheduled { .. } => Standing::Scheduled,
            State::Invited(_) => Standing::Invited,
            State::Activated(_) => Standing::Activated,
            State::Expired { .. } => Standing::Expired,
        }
    }
}

impl Summary {
    /// How far it has come at `now`: the same as its activation says.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.state.as_str() {
            "scheduled" => Standing::Scheduled,
            "activated" => Standing::Activated,
            "expired" => Standing::Expired,
            _ if self.ends.is_some_and(|end| now >= end) => Standing::Expired,
            "invited" => Standing::Invited,
            _ => Standing::Stuck,
        }
    }
}
