//! Who has which right when a file's last row is taken: what `--access` prints (ROLE-10).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    Record, RowOutcome,
    record::{Agreement, Order},
};
use crate::{
    access::{Access, Given, Holder, Level, Source, access, newly_lasting},
    roles::{Benefit, Role},
    when::{Timestamp, day_of},
    words::{Address, ContactName, Licence, OrderId},
};

/// All agreements that rows told of, with what addresses hold on them. Unlike a [`super::World`] it keeps whole records, for
/// it prints them.
#[derive(Debug, Default)]
pub struct Everybody(BTreeMap<Licence, Told>);

#[derive(Debug)]
struct Told {
    agreement: Agreement,
    holders: BTreeMap<Address, HolderWithOrders>,
}

#[derive(Debug, Default)]
struct HolderWithOrders {
    holder: Holder,
    /// The ids of [`Holder::orders`].
    orders: BTreeSet<OrderId>,
}

/// What one address has on one Licensing ID. Fields and their order are part of the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLine<'a> {
    licence: &'a Licence,
    address: &'a Address,
    active: bool,
    access: Access,
    orders: Option<&'a BTreeSet<OrderId>>,
}

impl Everybody {
    /// Takes in what became of a row.
    pub fn note(&mut self, taken: &RowOutcome, at: Timestamp) {
        match taken {
            RowOutcome::Stored(Record::Agreement(agreement)) => self.agreement(agreement),
            RowOutcome::Stored(record) => {
                let Some((licence, address)) = record.holder() else { return };
                self.change(licence, address, |held| {
                    held.holder.loaded(record, at);
                    if held.holder.orders.is_none() {
                        held.orders.clear();
                    }
                });
            }
            RowOutcome::Ordered(order, _) => self.order(order),
            RowOutcome::Unchanged => {}
        }
    }

    /// Puts in an agreement as it is stored, without what anybody holds on it.
    pub fn put_agreement(&mut self, agreement: Agreement) {
        let licence = agreement.licence.clone();
        self.0.insert(licence, Told { agreement, holders: BTreeMap::new() });
    }

    /// Puts in what is stored of what an address holds on an agreement that was put in before.
    pub fn put_holder(&mut self, licence: &Licence, address: &Address, stored: Holder) {
        self.change(licence, address, |held| held.holder = stored);
    }

    /// Puts in an order as it is stored: the address that it gives something had given the agreement up so often when it came.
    /// What it holds was put in before.
    pub fn put_order(&mut self, order: &Order, times_given_up: u32) {
        if let Some(reseller) = order.gives_to() {
            self.change(&order.licence, reseller, |held| {
                if held.holder.orders.is_some() && held.holder.times_given_up == times_given_up {
                    held.orders.insert(order.id.clone());
                }
            });
        }
    }

    /// The agreements that were put in or told of.
    pub fn licences(&self) -> impl Iterator<Item = &Licence> {
        self.0.keys()
    }

    /// Whether an agreement was put in or told of.
    pub fn knows(&self, licence: &Licence) -> bool {
        self.0.contains_key(licence)
    }

    /// Whether orders give somebody something on an agreement.
    pub fn has_orders(&self, licence: &Licence) -> bool {
        self.0.get(licence).is_some_and(|told| told.holders.values().any(|held| held.holder.orders.is_some()))
    }

    /// Who has which right at `now`, ordered by Licensing ID and address.
    pub fn lines(&self, now: Timestamp) -> impl Iterator<Item = AccessLine<'_>> {
        self.lines_of(self.0.keys(), now)
    }

    /// The same of some agreements.
    pub fn lines_of<'a>(
        &'a self,
        licences: impl Iterator<Item = &'a Licence>,
        now: Timestamp,
    ) -> impl Iterator<Item = AccessLine<'a>> {
        let mut administrators = HashMap::new();
        licences.filter_map(|licence| self.0.get_key_value(licence)).flat_map(move |(licence, told)| {
            let active = Level::of(&told.agreement, None, None).is_active(day_of(now));
            self.rights(licence, now, &mut administrators).into_iter().map(move |(address, access)| {
                let orders = told.holders.get(address).map(|held| &held.orders);
                AccessLine { licence, address, active, access, orders }
            })
        })
    }

    fn agreement(&mut self, agreement: &Agreement) {
        let Some(told) = self.0.get_mut(&agreement.licence) else {
            let told = Told { agreement: agreement.clone(), holders: BTreeMap::new() };
            self.0.insert(agreement.licence.clone(), told);
            return;
        };
        for address in newly_lasting(&told.agreement.loaded_contacts, &agreement.loaded_contacts) {
            if let Some(held) = told.holders.get_mut(address) {
                held.holder.revive();
            }
        }
        told.agreement = agreement.clone();
    }

    fn order(&mut self, order: &Order) {
        if let Some(reseller) = order.gives_to() {
            self.change(&order.licence, reseller, |held| {
                held.holder.ordered(&order.id);
                held.orders.insert(order.id.clone());
            });
        }
    }

    fn change(&mut self, licence: &Licence, address: &Address, change: impl FnOnce(&mut HolderWithOrders)) {
        // What was taken refers to an agreement that is there.
        if let Some(told) = self.0.get_mut(licence) {
            change(told.holders.entry(address.clone()).or_default());
        }
    }

    /// What everybody has who has anything there. The Administrators of an agreement are worked out once for all below it.
    fn rights<'a>(
        &'a self,
        licence: &'a Licence,
        now: Timestamp,
        administrators: &mut HashMap<&'a Licence, Vec<&'a Address>>,
    ) -> BTreeMap<&'a Address, Access> {
        let levels = self.levels(licence);
        let mut addresses = BTreeSet::new();
        if let Some((told, above)) = levels.split_first() {
            addresses.extend(told.agreement.loaded_contacts.values().chain(told.holders.keys()));
            let lasting = |told: &&'a Told| ContactName::LASTING.map(|name| told.agreement.loaded_contacts.get(&name));
            addresses.extend(above.iter().flat_map(lasting).flatten());
            if let Some(parent) = above.first() {
                let parent = &parent.agreement.licence;
                if !administrators.contains_key(parent) {
                    let rights = self.rights(parent, now, administrators).into_iter();
                    let found = rights.filter(|(_, access)| access.has(Role::Administrator));
                    let found = found.map(|(address, _)| address).collect();
                    administrators.insert(parent, found);
                }
                addresses.extend(administrators.get(parent).into_iter().flatten());
            }
        }
        let of = |address: &Address| {
            let holder = |told: &'a Told| told.holders.get(address).map(|held| &held.holder);
            let levels: Vec<Level<'_>> =
                levels.iter().map(|told| Level::of(&told.agreement, None, holder(told))).collect();
            access(&levels, address, now)
        };
        addresses.into_iter().map(|address| (address, of(address))).filter(|(_, access)| !access.is_empty()).collect()
    }

    /// An agreement and what stands above it: at most two more.
    fn levels(&self, licence: &Licence) -> Vec<&Told> {
        let above = |told: &&Told| self.0.get(told.agreement.parent.as_ref()?);
        std::iter::successors(self.0.get(licence), above).take(3).collect()
    }
}

impl AccessLine<'_> {
    /// The line as it is printed. It holds ASCII only: numbers may be in any script, and people compare such lines by their
    /// bytes.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string(self).expect("names and texts have a form in JSON");
        if text.is_ascii() {
            return text;
        }
        let mut escaped = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if c.is_ascii() {
                escaped.push(c);
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a text takes what is written to it");
            }
        }
        escaped
    }

    /// The cells of the same as a table, one row for each role and source: programme, number, address, whether it is active, role,
    /// source; with Software Assurance Manager the benefits, and with Online Services Manager whether reservations come with it.
    pub fn to_cells(&self) -> Vec<[String; 8]> {
        let mut rows = Vec::new();
        for role in self.access.roles() {
            for given in self.access.sources_of(role) {
                for source in self.sources(std::slice::from_ref(given)) {
                    let benefits: Vec<&str> = given.benefits.iter().map(|benefit| benefit.as_str()).collect();
                    let reservations = if role == Role::OnlineServicesManager {
                        given.reservations.to_string()
                    } else {
                        String::new()
                    };
                    rows.push([
                        self.licence.programme.to_string(),
                        self.licence.number.to_string(),
                        self.address.as_str().to_owned(),
                        self.active.to_string(),
                        role.to_string(),
                        source,
                        benefits.join(" "),
                        reservations,
                    ]);
                }
            }
        }
        rows
    }

    /// The sources of a role by their names: each order by its own.
    fn sources(&self, all: &[Given]) -> Vec<String> {
        let mut names = Vec::with_capacity(all.len());
        for given in all {
            match &given.source {
                Source::Order => names.extend(self.orders.into_iter().flatten().map(|id| format!("order:{id}"))),
                other => names.push(other.to_string()),
            }
        }
        names
    }
}

impl Serialize for AccessLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let roles: Vec<(Role, Vec<String>)> =
            self.access.roles().map(|role| (role, self.sources(self.access.sources_of(role)))).collect();
        let benefits = self.access.benefits();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("programme", &self.licence.programme)?;
        map.serialize_entry("number", &self.licence.number)?;
        map.serialize_entry("address", self.address)?;
        map.serialize_entry("active", &self.active)?;
        map.serialize_entry("roles", &InOrder(&roles))?;
        if !benefits.is_empty() && benefits.len() < Benefit::ALL.len() {
            map.serialize_entry("benefits", &benefits)?;
        }
        if self.access.reservations() {
            map.serialize_entry("reservations", &true)?;
        }
        map.end()
    }
}

/// Members of an object in this order.
struct InOrder<'a>(&'a [(Role, Vec<String>)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(role, sources)| (role, sources)))
    }
}
