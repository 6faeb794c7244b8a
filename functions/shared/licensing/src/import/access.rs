//! What records say of who may do what: [`crate::access`] knows nothing of rows.

use std::collections::BTreeSet;

use super::record::{Agreement, Assignment, OptOut, Order, Record, Removal};
use crate::{
    access::{Assigned, By, Corrections, GivenUpBy, Grant, Holder, Level, Told, newly_lasting},
    roles::{Role, role_of_contact},
    when::Timestamp,
    words::{Address, ContactName, Licence, Programme},
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
            ..Assigned::default()
        };
        self.told = Told { row: Some(row.digest()), acted_since: false, ..std::mem::take(&mut self.told) };
        self.revive();
    }

    /// A row tells that the address gave the Licensing ID up (PERM-02, PERM-04).
    pub fn load_removal(&mut self, row: &Removal, at: Timestamp) {
        self.give_up(GivenUpBy::Row, at);
        self.told = Told { row: Some(row.digest()), acted_since: false, ..std::mem::take(&mut self.told) };
    }

    /// A row tells that the address does not want to be Administrator by inheritance (ROLE-04).
    pub fn load_opt_out(&mut self, row: &OptOut, at: Timestamp) {
        self.opt_out(row.of, at);
        self.told.opt_outs.insert(row.of);
    }

    /// What a row tells of the address; nothing where it is no row of a holder's.
    pub fn loaded(&mut self, row: &Record, at: Timestamp) {
        match row {
            Record::Assignment(row) => self.load(row, at),
            Record::Removal(row) => self.load_removal(row, at),
            Record::OptOut(row) => self.load_opt_out(row, at),
            _ => {}
        }
    }
}

impl Agreement {
    /// Whom it makes Administrators by naming them (ROLE-03).
    pub fn administrators(&self) -> BTreeSet<&Address> {
        let is_one = |name: &ContactName| role_of_contact(*name) == Some(Role::Administrator);
        self.contacts().iter().filter(|(name, _)| is_one(name)).map(|(_, address)| address).collect()
    }

    /// Whether it makes others Administrators than the row before, or newly names somebody who may have given it up (PERM-04).
    pub fn changes_who_acts(&self, before: &Self) -> bool {
        self.administrators() != before.administrators()
            || newly_lasting(&before.loaded_contacts, &self.loaded_contacts).next().is_some()
    }
}

impl Record {
    /// Whose rights on which agreement it tells of, if it does (ROLE-07).
    pub const fn holder(&self) -> Option<(&Licence, &Address)> {
        match self {
            Self::Assignment(Assignment { licence, address, .. })
            | Self::Removal(Removal { licence, address })
            | Self::OptOut(OptOut { licence, address, .. }) => Some((licence, address)),
            _ => None,
        }
    }
}

impl Order {
    /// To whom it gives the limited set: the reseller of an open licence (OPEN-08).
    pub fn gives_to(&self) -> Option<&Address> {
        self.reseller.as_ref().filter(|_| self.licence.programme == Programme::OpenLicence)
    }
}
