//! What records say of who may do what: [`crate::access`] knows nothing of rows.

use super::record::{Agreement, Assignment};
use crate::{
    access::{Assigned, By, Corrections, Grant, Holder, Level},
    when::Timestamp,
};

impl<'a> Level<'a> {
    /// The level of an agreement.
    pub fn of(agreement: &'a Agreement, corrections: Option<&'a Corrections>, holder: Option<&'a Holder>) -> Self {
        let (starts, ends) = (agreement.starts, agreement.ends);
        Self { licence: &agreement.licence, starts, ends, contacts: agreement.contacts(), corrections, holder }
    }
}

impl Holder {
    /// A row tells which roles the address has: they take the place of all that acts gave before, and listings, inheritance and
    /// orders count again (ROLE-07, PERM-04).
    pub fn load(&mut self, row: &Assignment, at: Timestamp) {
        let grant = Grant { by: By::Row, at, until: None, scheme: row.given.scheme() };
        self.assigned = Assigned {
            roles: row.given.here().into_iter().map(|role| (role, grant.clone())).collect(),
            benefits: row.all_benefits(),
            reservations: row.reservations,
        };
        self.revive();
    }
}
