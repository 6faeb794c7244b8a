//! What is asked for, or granted: roles, with what comes with them (REQ-01).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Access, Given, outlasts};
use crate::{
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

    /// What of this somebody does not have yet. Who has a role until a day does not have it for longer (ROLE-09).
    #[must_use]
    pub fn without(self, has: &Access) -> Self {
        let until = self.until;
        // An Administrator may do all of it.
        if has.sources_of(Role::Administrator).iter().any(|given| !outlasts(until, given.until)) {
            return Self::default();
        }
        self.without_each(has)
    }

    /// The same role by role: what is given by name beside Administrator is there when that goes.
    #[must_use]
    pub(crate) fn without_each(mut self, has: &Access) -> Self {
        let until = self.until;
        let held = |role: Role| has.sources_of(role).iter().filter(move |given| !outlasts(until, given.until));
        self.benefits.retain(|benefit| {
            let lasts = |given: &Given| !outlasts(until, given.benefit_until(*benefit));
            !held(Role::SoftwareAssuranceManager).any(|given| given.benefits.contains(benefit) && lasts(given))
        });
        let lasts = |given: &Given| !outlasts(until, given.reservations_until());
        self.reservations &= !held(Role::OnlineServicesManager).any(|given| given.reservations && lasts(given));
        let (more_benefits, more_reservations) = (!self.benefits.is_empty(), self.reservations);
        self.roles.retain(|role| {
            held(*role).next().is_none()
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
            && !outlasts(self.until, other.until)
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
