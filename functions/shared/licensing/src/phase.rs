//! How far an activation has come and how it came into use, without the facts: the names that rows, pages, files, subscribers and
//! the audit share.

use serde::{Deserialize, Serialize};

/// How far an activation has come. It is derived: an activation stores its [`State`](crate::activation::State), with the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nobody could be written to.
    Stuck,
    /// A mail is due.
    Scheduled,
    /// The link was mailed.
    Invited,
    /// Confirmed, and being set up by the product's provisioning endpoint (LINK-11).
    Provisioning,
    /// In use.
    Activated,
    /// The link ended unused.
    Expired,
}

/// How a product came into use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A person confirmed it.
    Confirmed,
    /// It was assigned to the OSM's only account (ACT-08).
    Assigned,
    /// It was activated before the data came here.
    Loaded,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Stuck, Self::Scheduled, Self::Invited, Self::Provisioning, Self::Activated, Self::Expired];

    /// Its name, as it is stored, sent and written into files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Scheduled => "scheduled",
            Self::Invited => "invited",
            Self::Provisioning => "provisioning",
            Self::Activated => "activated",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LINK-05 a phase has one name, in whatever it is written.
    #[test]
    fn link_05_each_phase_has_one_name() {
        for phase in Phase::ALL {
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.as_str());
        }
    }
}
