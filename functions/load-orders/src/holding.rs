//! What rows change of what single addresses hold on an agreement (ROLE-07, PERM-04).

use licensing::{
    Address, Licence,
    access::{Holder, Roster, RosterEntry, TooLong},
    import::record::Agreement,
};
use store::{Store, Write, licences::Versioned};

use crate::known::Known;

/// A change of what addresses hold on one agreement, as it is written: each of them, and once what the roster says of them.
pub(crate) struct HolderChange {
    pub(crate) licence: Licence,
    pub(crate) holders: Vec<Held>,
    roster_before: Option<Versioned<Roster>>,
    /// None: it says the same as before.
    roster: Option<Roster>,
}

/// What an address held, and what it holds now.
pub(crate) struct Held {
    pub(crate) address: Address,
    before: Option<Versioned<Holder>>,
    pub(crate) after: Holder,
}

impl Held {
    pub(crate) fn before(&self) -> Option<&Holder> {
        self.before.as_ref().map(|before| &before.record)
    }

    /// Of what is stored from now on.
    pub(crate) fn version(&self) -> u64 {
        self.before.as_ref().map_or(0, |before| before.version) + 1
    }

    /// Whether listings count from now on and did not before, or the other way round.
    pub(crate) fn counts_otherwise(&self) -> bool {
        self.before().is_some_and(|before| before.gave_up.is_some()) != self.after.gave_up.is_some()
    }
}

impl HolderChange {
    /// The roster after it, if there is one.
    pub(crate) fn roster(&self) -> Option<&Roster> {
        self.roster.as_ref().or(self.roster_before.as_ref().map(|roster| &roster.record))
    }

    pub(crate) fn write(&self, store: &Store, write: &mut Write, agreement: &Agreement, customer_name: &str) {
        for held in &self.holders {
            write.holder(store, agreement, customer_name, &held.address, held.before.as_ref(), &held.after);
        }
        if let Some(roster) = &self.roster {
            write.roster(store, &self.licence, self.roster_before.as_ref(), roster);
        }
    }
}

impl Known {
    /// What a change of what these addresses hold leads to. What they hold was fetched before, and the roster where the change is
    /// one that it tells of.
    pub(crate) fn holder_change(
        &self,
        licence: &Licence,
        addresses: &[&Address],
        change: impl Fn(&mut Holder),
    ) -> Result<HolderChange, TooLong> {
        let roster_before = self.rosters.get(licence).cloned().flatten();
        let mut roster = roster_before.as_ref().map(|roster| roster.record.clone()).unwrap_or_default();
        let (mut holders, mut says_otherwise) = (Vec::with_capacity(addresses.len()), false);
        for address in addresses {
            let before = self.holder(licence, address).cloned();
            let mut after = before.as_ref().map(|before| before.record.clone()).unwrap_or_default();
            change(&mut after);
            // An order changes nothing that the roster says, so nobody looks it up for one.
            let said = before.as_ref().map(|before| RosterEntry::of(&before.record)).unwrap_or_default();
            if RosterEntry::of(&after) != said {
                says_otherwise |= roster.note(address, &after)?;
            }
            holders.push(Held { address: (*address).clone(), before, after });
        }
        let roster = says_otherwise.then_some(roster);
        Ok(HolderChange { licence: licence.clone(), holders, roster_before, roster })
    }

    /// From here on a change counts as stored: the next one is made on it.
    pub(crate) fn hold(&mut self, change: HolderChange) {
        for held in change.holders {
            let version = held.version();
            let stored = Versioned { record: held.after, version, counted: false };
            self.holders.insert((change.licence.clone(), held.address), Some(stored));
        }
        if let Some(roster) = change.roster {
            let version = change.roster_before.map_or(0, |before| before.version) + 1;
            self.rosters.insert(change.licence, Some(Versioned { record: roster, version, counted: false }));
        }
    }

    /// What is stored of what an address holds.
    pub(crate) fn holder(&self, licence: &Licence, address: &Address) -> Option<&Versioned<Holder>> {
        // Most loads tell of nobody, and then there is no key to make.
        if self.holders.is_empty() {
            return None;
        }
        self.holders.get(&(licence.clone(), address.clone())).and_then(Option::as_ref)
    }
}
