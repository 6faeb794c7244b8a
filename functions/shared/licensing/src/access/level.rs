//! One agreement as far as rights depend on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::holder::{By, Holder};
use crate::{
    judge::Contacts,
    when::{Date, Timestamp},
    words::{Address, ContactName, Licence},
};

/// An agreement, and what one address holds on it.
#[derive(Debug, Clone, Copy)]
pub struct Level<'a> {
    /// Which.
    pub licence: &'a Licence,
    /// Its first day.
    pub starts: Date,
    /// Its last day.
    pub ends: Date,
    /// The people who were loaded with it.
    pub contacts: &'a Contacts,
    /// What was corrected since.
    pub corrections: Option<&'a Corrections>,
    /// What the address holds here.
    pub holder: Option<&'a Holder>,
}

impl<'a> Level<'a> {
    /// Whether the agreement runs on this day; it does on its first and on its last. Rights don't depend on it.
    pub fn is_active(&self, day: Date) -> bool {
        (self.starts..=self.ends).contains(&day)
    }

    /// The contact of this name: a correction stands over what was loaded (ACT-15).
    pub fn contact(&self, name: ContactName) -> Option<&'a Address> {
        self.correction(name).map(|correction| &correction.address).or_else(|| self.contacts.get(&name))
    }

    /// As what the address is listed here, in the listed order.
    pub(super) fn listed(self, address: &Address, now: Timestamp) -> impl Iterator<Item = ContactName> {
        ContactName::ALL.iter().copied().filter(move |name| {
            self.contact(*name) == Some(address)
                || ContactName::LASTING.contains(name)
                    && self.correction(*name).is_some_and(|correction| correction.keeps(address, now))
        })
    }

    /// As which of those who can't be removed the address counts here: a contact who was corrected away keeps the rights for a
    /// while, and nobody else cuts that short (PERM-03, ACT-15).
    pub fn lasting(self, address: &Address, now: Timestamp) -> Option<ContactName> {
        self.listed(address, now).find(|name| ContactName::LASTING.contains(name))
    }

    fn correction(&self, name: ContactName) -> Option<&'a Correction> {
        self.corrections.and_then(|corrections| corrections.0.get(&name))
    }
}

/// The contacts of an agreement that were corrected since it was loaded (ACT-15).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Corrections(BTreeMap<ContactName, Correction>);

/// A corrected contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Who it is now.
    pub address: Address,
    /// Who it was, and until when a primary or notices contact keeps its rights. There are several if it was corrected again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replaced: BTreeMap<Address, Timestamp>,
    /// Who corrected it.
    pub by: By,
    /// When.
    pub at: Timestamp,
}

impl Correction {
    /// Whether the address that was replaced keeps its rights for now.
    fn keeps(&self, address: &Address, now: Timestamp) -> bool {
        self.replaced.get(address).is_some_and(|until| now < *until)
    }
}

impl Corrections {
    /// Whether nothing is corrected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who was made a contact, or was one and may still have its rights.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.0.values().flat_map(|correction| correction.replaced.keys().chain([&correction.address]))
    }

    /// Corrects a contact. Who it was keeps the rights of a primary or notices contact until `keeps_until`: the policy's
    /// hours are counted when it is corrected, so that another policy later moves nobody's time.
    pub fn correct(
        &mut self,
        name: ContactName,
        before: Option<&Address>,
        after: Address,
        by: By,
        at: Timestamp,
        keeps_until: Timestamp,
    ) {
        let mut replaced = self.0.remove(&name).map(|correction| correction.replaced).unwrap_or_default();
        replaced.retain(|_, until| at < *until);
        if let Some(before) = before {
            replaced.insert(before.clone(), keeps_until);
        }
        replaced.remove(&after);
        self.0.insert(name, Correction { address: after, replaced, by, at });
    }

    /// The agreement was loaded again: where the row says something else of a contact than the row before, it knows better.
    pub fn loaded(&mut self, before: &Contacts, after: &Contacts) {
        self.0.retain(|name, _| before.get(name) == after.get(name));
    }
}
