//! Who acts on a Licensing ID: its agreement and its roster, and those of the agreements above. All that judges somebody reads
//! these, and its transaction checks that they are still as they were read.

use licensing::{
    Address, ContactName, CustomerId, Date, Licence, Timestamp,
    access::{Access, Corrections, Holder, Level, Roster, Standing, StandingLevel, access},
    import::record::Agreement,
    judge::Contacts,
    when::start_of,
};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, BatchResult, Error, Slot, Store, Table, Write,
    licences::{self, Start, Versioned},
    read::Query,
    text, understood,
    write::due_attributes,
};

/// No agreement stands higher: below a `master`, one agreement, and that one's children.
const MOST_LEVELS: usize = 3;

/// The slot of a Licensing ID's roster.
pub fn roster(licence: &Licence) -> Slot<Versioned<Roster>> {
    Slot::new(Table::Licences, licence.key(), Some("roster".into()))
}

/// The roster's version, and nothing else: what transactions check. A check is charged as a write of the whole item, and a roster
/// may name hundreds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// The roster's.
    pub version: u64,
}

/// The slot of that version.
pub fn authority(licence: &Licence) -> Slot<Authority> {
    Slot::new(Table::Licences, licence.key(), Some("authority".into()))
}

/// The slot of what an address holds on a Licensing ID by acts.
pub fn holder(licence: &Licence, address: &Address) -> Slot<Versioned<Holder>> {
    Slot::new(Table::Licences, licence.key(), Some(format!("{HOLDER}{}", address.as_str())))
}

/// How the keys begin of what addresses hold.
pub const HOLDER: &str = "holder#";

/// What an address holds, as a row with its key: for whoever reads all of them.
#[derive(Debug, Deserialize)]
pub struct HolderRow {
    licensing_id: String,
    item: String,
    #[serde(default)]
    version: u64,
    #[serde(flatten)]
    holder: Holder,
}

impl HolderRow {
    /// Where, whose, and what. None where the key is no holder's.
    pub fn of_whom(self) -> Option<(Licence, Address, Holder)> {
        let address = self.item.strip_prefix(HOLDER)?.parse().ok()?;
        Some((self.licensing_id.parse().ok()?, address, self.holder))
    }

    /// Whose, and what with its version.
    fn versioned(self) -> Option<(Address, Versioned<Holder>)> {
        let version = self.version;
        let (_, address, record) = self.of_whom()?;
        Some((address, Versioned { record, version, counted: false }))
    }
}

/// That an address holds something on a Licensing ID by an act: beside its listings, so that lists find both. It is a key, never
/// the ground of a right; names and dates are copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which.
    pub licence: Licence,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's name when it was written.
    pub customer_name: String,
    /// The agreement's first day when it was written.
    pub starts: Date,
    /// Its last day.
    pub ends: Date,
    /// What stood above it when it was written, so that a list can read it beside the agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Licence>,
}

/// The slot of that row.
pub fn held(address: &Address, licence: &Licence) -> Slot<Held> {
    Slot::new(Table::Listings, address.as_str(), Some(format!("held#{licence}")))
}

/// One agreement with its roster, as they were read.
#[derive(Debug, Clone)]
pub struct LoadedLevel {
    /// The agreement.
    pub agreement: Versioned<Agreement>,
    /// Its roster; none: nobody was given or gave up anything that matters there.
    pub roster: Option<Versioned<Roster>>,
}

/// The levels of a Licensing ID as they were read: it alone, or with what stands above.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// From the Licensing ID upwards.
    pub levels: Vec<LoadedLevel>,
}

/// Where the first level is read from.
#[derive(Debug, Clone)]
pub struct StandingSlots {
    agreement: Slot<Versioned<Agreement>>,
    roster: Slot<Versioned<Roster>>,
}

impl StandingSlots {
    /// Of this Licensing ID.
    pub fn of(licence: &Licence) -> Self {
        Self { agreement: licences::agreement(licence), roster: roster(licence) }
    }

    /// Adds both to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.agreement);
        batch.add(&self.roster);
    }

    /// Takes both from what the batch found; none if the Licensing ID is not loaded.
    pub fn from(&self, got: &BatchResult) -> Result<Option<Loaded>, Error> {
        let level = self.level(got)?;
        Ok(level.map(|level| Loaded { levels: vec![level] }))
    }

    /// The same for lists, which leave out what a later release wrote.
    pub fn understood(&self, got: &BatchResult) -> Result<Option<LoadedLevel>, Error> {
        let Some(agreement) = got.get_understood(&self.agreement)? else { return Ok(None) };
        let roster = got.get_understood(&self.roster)?;
        // Without its roster nobody could say who gave it up.
        let is_whole = roster.is_some() || !got.has(&self.roster);
        Ok(is_whole.then_some(LoadedLevel { agreement, roster }))
    }

    fn level(&self, got: &BatchResult) -> Result<Option<LoadedLevel>, Error> {
        let Some(agreement) = got.get(&self.agreement)? else { return Ok(None) };
        Ok(Some(LoadedLevel { agreement, roster: got.get(&self.roster)? }))
    }
}

impl Loaded {
    /// Of an agreement and its roster, as something else read them.
    pub fn of(agreement: Versioned<Agreement>, roster: Option<Versioned<Roster>>) -> Self {
        Self { levels: vec![LoadedLevel { agreement, roster }] }
    }

    /// The Licensing ID's agreement.
    pub fn agreement(&self) -> &Agreement {
        &self.levels[0].agreement.record
    }

    /// When the Licensing ID's agreement ends: at the end of its last day.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.agreement().ends.tomorrow().ok().map(start_of)
    }

    /// The Licensing ID's roster.
    pub fn roster(&self) -> Option<&Versioned<Roster>> {
        self.levels[0].roster.as_ref()
    }

    /// The contacts that count: without those who gave the Licensing ID up, who are written to as if not named (PERM-04).
    pub fn contacts(&self) -> Contacts {
        let roster = self.roster().map(|roster| &roster.record);
        let gone = |address: &Address| {
            roster.and_then(|roster| roster.holder(address)).is_some_and(|holder| holder.gave_up.is_some())
        };
        let named = self.agreement().contacts().iter();
        named.filter(|(_, address)| !gone(address)).map(|(name, address)| (*name, address.clone())).collect()
    }

    /// What rules go by: as far up as it was read.
    pub fn standing(&self) -> Standing {
        let level = |level: &LoadedLevel| StandingLevel {
            licence: level.agreement.record.licence.clone(),
            starts: level.agreement.record.starts,
            ends: level.agreement.record.ends,
            contacts: level.agreement.record.contacts().clone(),
            corrections: Corrections::default(),
            roster: level.roster.as_ref().map(|roster| roster.record.clone()).unwrap_or_default(),
        };
        Standing { levels: self.levels.iter().map(level).collect() }
    }

    /// The levels from one on, each with what an address holds there, as the evaluation takes them.
    pub fn levels_with<'a>(
        &'a self,
        from: usize,
        holders: impl IntoIterator<Item = Option<&'a Holder>>,
    ) -> Vec<Level<'a>> {
        let level = |(level, holder): (&'a LoadedLevel, Option<&'a Holder>)| Level {
            licence: &level.agreement.record.licence,
            starts: level.agreement.record.starts,
            ends: level.agreement.record.ends,
            contacts: level.agreement.record.contacts(),
            corrections: None,
            holder,
        };
        self.levels.iter().skip(from).zip(holders).map(level).collect()
    }

    /// What an address may do here by what it holds here. Of what stands above, rosters say what gives something here.
    pub fn access(&self, address: &Address, holder: Option<&Holder>, now: Timestamp) -> Access {
        let above = self.levels.iter().skip(1).map(|level| level.roster.as_ref()?.record.holder(address));
        let above: Vec<Option<Holder>> = above.collect();
        let holders = std::iter::once(holder).chain(above.iter().map(Option::as_ref));
        access(&self.levels_with(0, holders), address, now)
    }

    /// As which of those who can't be removed an address counts, and how many levels up (PERM-03).
    pub fn lasting(&self, address: &Address, now: Timestamp) -> Option<(usize, ContactName)> {
        let levels = self.levels_with(0, self.levels.iter().map(|_| None));
        levels.iter().enumerate().find_map(|(nth, level)| Some((nth, level.lasting(address, now)?)))
    }

    /// The agreement above the highest that was read, unless so many levels are all there may be.
    pub fn next_above(&self) -> Option<&Licence> {
        let above = self.levels.last().and_then(|level| level.agreement.record.parent.as_ref());
        above.filter(|_| self.levels.len() < MOST_LEVELS)
    }
}

impl Store {
    /// A Licensing ID with all that stands above it: one call for each level.
    pub async fn standing_of(&self, licence: &Licence) -> Result<Option<Loaded>, Error> {
        let slots = StandingSlots::of(licence);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        match slots.from(&batch.read(self).await?)? {
            Some(loaded) => Ok(Some(self.with_all_above(loaded).await?)),
            None => Ok(None),
        }
    }

    /// The same with one more level, if there is one: one call.
    pub async fn with_above(&self, mut loaded: Loaded) -> Result<(Loaded, bool), Error> {
        let Some(above) = loaded.next_above() else { return Ok((loaded, false)) };
        let slots = StandingSlots::of(above);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        let level = slots.level(&batch.read(self).await?)?;
        let more = level.is_some();
        loaded.levels.extend(level);
        Ok((loaded, more))
    }

    /// The same with all levels: one call for each.
    pub async fn with_all_above(&self, mut loaded: Loaded) -> Result<Loaded, Error> {
        loop {
            let (next, more) = self.with_above(loaded).await?;
            loaded = next;
            if !more {
                return Ok(loaded);
            }
        }
    }

    /// Asks what [`Self::with_all_above`] would have asked if as much stood above as there may be. Before somebody is refused who
    /// has nothing there: so a refusal takes as long whatever stands above, and whether the Licensing ID is loaded at all (REQ-02).
    pub async fn as_if_all_above(&self, licence: &Licence, loaded: Option<&Loaded>) -> Result<(), Error> {
        let asked = loaded.map_or(0, |loaded| loaded.levels.len() - 1 + usize::from(loaded.next_above().is_some()));
        for _ in asked..MOST_LEVELS - 1 {
            let mut batch = Batch::default();
            StandingSlots::of(licence).add_to(&mut batch);
            batch.read(self).await?;
        }
        Ok(())
    }

    /// All that addresses hold on a Licensing ID by acts, or do not want there. For operators and reports: there may be thousands.
    pub async fn holders_of(&self, licence: &Licence) -> Result<Vec<(Address, Holder)>, Error> {
        let query = Query::of(Table::Licences, licence.key()).beginning_with(HOLDER);
        let rows: Vec<HolderRow> = self.all_understood(query).await?;
        Ok(rows.into_iter().filter_map(HolderRow::of_whom).map(|(_, address, holder)| (address, holder)).collect())
    }

    /// The same, so many in the order of their addresses, and whether there are more.
    pub async fn holders_from(
        &self,
        licence: &Licence,
        after: Option<&Address>,
        most: usize,
    ) -> Result<(Vec<(Address, Versioned<Holder>)>, bool), Error> {
        let query =
            Query { limit: Some(i32::try_from(most).unwrap_or(i32::MAX)), ..Query::of(Table::Licences, licence.key()) };
        let query = match after {
            None => query.beginning_with(HOLDER),
            Some(after) => {
                // The smallest text behind it.
                let from = text(format!("{HOLDER}{}\0", after.as_str()));
                Query { sort: Some(("item", "#s BETWEEN :a AND :b", vec![from, text("holder$")])), ..query }
            }
        };
        let (items, next) = self.query(&query).await?;
        let rows: Vec<HolderRow> = understood(Table::Licences, items)?;
        Ok((rows.into_iter().filter_map(HolderRow::versioned).collect(), next.is_some()))
    }

    /// Where an address holds something by an act: so many rows in the order of their keys, and whether there are more.
    pub async fn held_by(&self, address: &Address, start: Start<'_>, limit: i32) -> Result<(Vec<Held>, bool), Error> {
        let query = Query { limit: Some(limit), ..Query::of(Table::Listings, address.as_str()) };
        let (items, next) = self.query(&start.of(query, "what", "held")).await?;
        Ok((understood(Table::Listings, items)?, next.is_some()))
    }
}

impl Write {
    /// Requires that what somebody was judged by is still as it was read: agreements and rosters, so many levels above the
    /// Licensing ID. Where the change writes the Licensing ID's own roster, that write is its condition.
    pub fn judged_by(&mut self, store: &Store, loaded: &Loaded, levels: usize, writes_roster: bool) {
        for (index, level) in loaded.levels.iter().enumerate().take(levels + 1) {
            let licence = &level.agreement.record.licence;
            self.check_version("judged-by", store, &licences::agreement(licence), level.agreement.version);
            if index == 0 && writes_roster {
                continue;
            }
            match &level.roster {
                Some(roster) => self.check_version("judged-by", store, &authority(licence), roster.version),
                None => self.check_absent("judged-by", store, &authority(licence)),
            }
        }
    }

    /// What an address holds from now on, with its row among the address's listings; what is stored must still be `before`.
    pub fn holder(
        &mut self,
        store: &Store,
        agreement: &Agreement,
        customer_name: &str,
        address: &Address,
        before: Option<&Versioned<Holder>>,
        after: &Holder,
    ) {
        let licence = &agreement.licence;
        let version = before.map_or(0, |before| before.version) + 1;
        let stored = Versioned { record: after.clone(), version, counted: false };
        let due = due_attributes(after.due_at(store.end_notice_days), &format!("{licence}#{}", address.as_str()));
        self.put_version("holder", store, &holder(licence, address), &stored, before.map(|it| it.version), due);
        if after.gives_something() {
            let row = Held {
                licence: licence.clone(),
                customer: agreement.customer.clone(),
                customer_name: customer_name.to_owned(),
                starts: agreement.starts,
                ends: agreement.ends,
                parent: agreement.parent.clone(),
            };
            self.put(store, &held(address, licence), &row, vec![]);
        } else if before.is_some_and(|before| before.record.gives_something()) {
            self.delete(store, &held(address, licence));
        }
    }

    /// Requires that what an address holds on a Licensing ID is still as it was read.
    pub fn holds_still(&mut self, store: &Store, licence: &Licence, address: &Address, seen: Option<u64>) {
        let slot = holder(licence, address);
        match seen {
            Some(seen) => self.check_version("judged-by", store, &slot, seen),
            None => self.check_absent("judged-by", store, &slot),
        }
    }

    /// The roster as it is from now on, and its version by itself; what is stored must still be `before`.
    pub fn roster(&mut self, store: &Store, licence: &Licence, before: Option<&Versioned<Roster>>, after: &Roster) {
        let version = before.map_or(0, |before| before.version) + 1;
        let stored = Versioned { record: after.clone(), version, counted: false };
        self.put_version("roster", store, &roster(licence), &stored, before.map(|it| it.version), vec![]);
        self.put(store, &authority(licence), &Authority { version }, vec![]);
    }
}
