//! A Licensing ID with what stands above it, as far as it decides who acts there: contacts and rosters of each level.

use std::collections::BTreeSet;

use super::{Access, Action, Ground, Level, Missing, access, level::Corrections, roster::Roster};
use crate::{
    judge::Contacts,
    providers::is_public,
    roles::Role,
    when::{Date, Timestamp, start_of},
    words::{Address, ContactName, Licence, Programme},
};

/// One agreement with its roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingLevel {
    /// Which.
    pub licence: Licence,
    /// Its first day.
    pub starts: Date,
    /// Its last day.
    pub ends: Date,
    /// The people who were loaded with it.
    pub contacts: Contacts,
    /// What was corrected since.
    pub corrections: Corrections,
    /// Who acts by an act, and who gave up.
    pub roster: Roster,
}

/// The levels of one Licensing ID: itself, what stands above, and what stands above that. None: it is not loaded.
///
/// What it says of [`Role::Administrator`] and [`Role::OnlineServicesManager`] is whole; of other roles it knows listings only, as
/// rosters do not hold what else an act gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// From the Licensing ID upwards.
    pub levels: Vec<StandingLevel>,
}

impl Standing {
    /// One agreement that names these people, and of which nothing else is known.
    pub fn naming(contacts: &Contacts) -> Self {
        let licence = Licence { programme: Programme::Enterprise, number: "0".parse().expect("a number") };
        Self {
            levels: vec![StandingLevel {
                licence,
                starts: Date::MIN,
                ends: Date::MAX,
                contacts: contacts.clone(),
                corrections: Corrections::default(),
                roster: Roster::default(),
            }],
        }
    }

    /// What an address may do, at `now`.
    pub fn of(&self, address: &Address, now: Timestamp) -> Access {
        let holders: Vec<_> = self.levels.iter().map(|level| level.roster.holder(address)).collect();
        let levels: Vec<Level<'_>> = self
            .levels
            .iter()
            .zip(&holders)
            .map(|(level, holder)| Level {
                licence: &level.licence,
                starts: level.starts,
                ends: level.ends,
                contacts: &level.contacts,
                corrections: Some(&level.corrections),
                holder: holder.as_ref(),
            })
            .collect();
        access(&levels, address, now)
    }

    /// What a person may do with all of these addresses.
    pub fn of_all<'a>(&self, addresses: impl IntoIterator<Item = &'a Address>, now: Timestamp) -> Access {
        let mut all = Access::default();
        for address in addresses {
            all.join(self.of(address, now));
        }
        all
    }

    /// By which of these addresses somebody may do this, and how many levels up the reason stands: the nearest decides.
    pub fn who_may<'a>(
        &self,
        addresses: impl IntoIterator<Item = &'a Address>,
        action: Action,
        now: Timestamp,
    ) -> Result<(&'a Address, usize), Missing> {
        let mut missing = Missing::Role(action.role());
        let mut nearest: Option<(&Address, usize)> = None;
        for address in addresses {
            match self.of(address, now).allows(action) {
                Ok(Ground { given, .. }) if nearest.is_none_or(|(_, levels)| given.levels < levels) => {
                    nearest = Some((address, given.levels));
                }
                // Who has the role by one address lacks only what comes with it, whatever the others lack.
                Err(why @ Missing::Extra(_)) => missing = why,
                Ok(_) | Err(Missing::Role(_)) => {}
            }
        }
        nearest.ok_or(missing)
    }

    /// All Administrators, inherited ones too, each once (REQ-03).
    pub fn administrators(&self, now: Timestamp) -> BTreeSet<Address> {
        let named = self.levels.iter().flat_map(|level| level.contacts.values().chain(level.roster.addresses()));
        let corrected = self.levels.iter().flat_map(|level| level.corrections.addresses());
        let candidates: BTreeSet<&Address> = named.chain(corrected).collect();
        candidates.into_iter().filter(|address| self.of(address, now).has(Role::Administrator)).cloned().collect()
    }

    /// Whether an address gave this Licensing ID up, or was removed from it (PERM-04).
    pub fn gave_up(&self, address: &Address) -> bool {
        let holder = self.levels.first().and_then(|level| level.roster.holder(address));
        holder.is_some_and(|holder| holder.gave_up.is_some())
    }

    /// The contact of this name here, where it did not give up.
    pub fn contact(&self, name: ContactName) -> Option<&Address> {
        let level = self.levels.first()?;
        level.as_level().contact(name).filter(|address| !self.gave_up(address))
    }

    /// Whether somebody with these addresses belongs to the customer: one of them is at a domain of the contacts, as they were
    /// corrected, or of the customer's accounts. Public mail domains never count (the word *outsider* of the specification).
    pub fn is_colleague(&self, addresses: &[Address], domains_of_accounts: &BTreeSet<String>) -> bool {
        let at_home = |domain: &str| {
            let level = self.levels.first().map(StandingLevel::as_level);
            let mut contacts = level
                .into_iter()
                .flat_map(|level| ContactName::ALL.iter().filter_map(move |name| level.contact(*name)));
            domains_of_accounts.contains(domain) || contacts.any(|contact| contact.domain() == domain)
        };
        addresses.iter().any(|address| !is_public(address.domain()) && at_home(address.domain()))
    }

    /// When the agreement ends: at the end of its last day.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.levels.first().and_then(|level| level.ends.tomorrow().ok()).map(start_of)
    }
}

impl StandingLevel {
    fn as_level(&self) -> Level<'_> {
        Level {
            licence: &self.licence,
            starts: self.starts,
            ends: self.ends,
            contacts: &self.contacts,
            corrections: Some(&self.corrections),
            holder: None,
        }
    }
}
