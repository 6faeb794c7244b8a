//! What is asked for, or granted: roles, with what comes with them (REQ-01).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    access::Access,
    roles::{Benefit, Role},
    when::Date,
};

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
