//! Agreements, products, customers, organisation accounts, and what hangs on an address because of them.

use std::collections::BTreeSet;

use licensing::{
    AccountId, Address, ContactName, CustomerId, Date, Licence, Sku, Timestamp,
    account::Account,
    import::record::{Agreement, Customer, Product, Reason, Suppression},
    judge::Contacts,
    outside::Endpoint,
    reach::Reach,
};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, BatchResult, Error, Failed, Slot, Store, Table, Write, from_item, left_out, number, read::Query,
    table::BY_CUSTOMER, text, understood, wire::Action,
};

/// A record with the number of times it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The record.
    #[serde(flatten)]
    pub record: T,
    /// From 1.
    pub version: u64,
    /// Whether the agreement above it counts it among those below ([`Family`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
}

/// How many agreements stand below one that is no `master`: what has some may get no parent but a `master`, so that chains
/// stay short. Those that were loaded before this was counted are counted when their row changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// So many.
    pub children: u32,
}

/// A product, and whether it was ordered: from then on its kind does not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProduct {
    /// The record.
    #[serde(flatten)]
    pub record: Product,
    /// Whether an order names it.
    #[serde(default)]
    pub ordered: bool,
    /// What sets it up when it is activated (LINK-11): an operator's setting, which a load leaves as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// From 1.
    pub version: u64,
}

/// An address is named on an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Which agreement.
    pub licence: Licence,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's name when it was written.
    pub customer_name: String,
    /// As what.
    pub contacts: Vec<ContactName>,
    /// First day.
    pub starts: Date,
    /// Last day.
    pub ends: Date,
    /// What stood above it when it was written, so that a list can read it beside the agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Licence>,
}

/// An agreement stands below another. Rows of one agreement lie together in the order of their keys: who may see what stands
/// below pages through them. A row is a key, never the ground of a right; the agreement itself says what stands above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// Which stands below.
    pub licence: Licence,
    /// Its customer's name when it was written.
    pub customer_name: String,
    /// Its last day when it was written.
    pub ends: Date,
}

/// An address administers an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administers {
    /// Which account.
    pub account: AccountId,
    /// Its name when it was written.
    pub name: String,
    /// Whether licences may be assigned to the account without asking (ACT-08).
    pub takes_assignments: bool,
}

impl Administers {
    fn of(account: &Account) -> Self {
        Self { account: account.id.clone(), name: account.name.clone(), takes_assignments: account.takes_assignments() }
    }
}

/// An order named an address as its reseller (REG-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resells {
    /// Under which Licensing ID.
    pub licence: Licence,
}

/// What the listings keep under one address, its activations left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressRecords {
    /// Where it is named.
    pub listings: Vec<Listing>,
    /// What it administers.
    pub administers: Vec<Administers>,
    /// Where it resells.
    pub resells: Vec<Resells>,
}

/// The slot of an agreement.
pub fn agreement(licence: &Licence) -> Slot<Versioned<Agreement>> {
    Slot::new(Table::Licences, licence.key(), Some("agreement".into()))
}

/// The contacts that count under a Licensing ID. Without an agreement nobody is named.
pub fn contacts_of(agreement: Option<&Versioned<Agreement>>) -> Contacts {
    agreement.map(|agreement| agreement.record.contacts().clone()).unwrap_or_default()
}

/// The slot of how many stand below an agreement.
pub fn family(licence: &Licence) -> Slot<Family> {
    Slot::new(Table::Licences, licence.key(), Some("family".into()))
}

/// The slot of the row by which an agreement finds what stands directly below it.
pub fn below(parent: &Licence, licence: &Licence) -> Slot<Below> {
    Slot::new(Table::Licences, format!("{BELOW}{parent}"), Some(format!("child#{licence}")))
}

/// Where a list of Licensing IDs goes on, in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    /// With the first.
    Beginning,
    /// With this one.
    At(&'a Licence),
    /// Behind this one.
    Behind(&'a Licence),
}

impl<'a> Start<'a> {
    /// Behind this one, if one is named.
    pub fn behind(after: Option<&'a Licence>) -> Self {
        after.map_or(Self::Beginning, Self::Behind)
    }

    /// Rows whose keys are this word, a `#`, and the Licensing ID.
    pub(crate) fn of(self, query: Query, key: &'static str, word: &str) -> Query {
        let from = match self {
            Self::Beginning => return query.beginning_with(&format!("{word}#")),
            Self::At(licence) => format!("{word}#{licence}"),
            // The smallest text behind it.
            Self::Behind(licence) => format!("{word}#{licence}\0"),
        };
        Query { sort: Some((key, "#s BETWEEN :a AND :b", vec![text(from), text(format!("{word}$"))])), ..query }
    }
}

/// How the partitions begin that hold what stands below an agreement: no programme is called so. They are partitions of their
/// own, so that a load of thousands below one agreement keeps nobody from working on that.
const BELOW: &str = "children#";

/// The slot of a product.
pub fn product(sku: &Sku) -> Slot<StoredProduct> {
    Slot::new(Table::Catalogue, format!("product#{sku}"), None)
}

/// The slot of a customer.
pub fn customer(id: &CustomerId) -> Slot<Versioned<Customer>> {
    Slot::new(Table::Catalogue, format!("customer#{id}"), None)
}

/// The slot of an organisation account. Its key is the id alone, so nothing else may lie in this table; what customers were
/// linked to lay there until their keys met.
pub fn account(id: &AccountId) -> Slot<Account> {
    Slot::new(Table::Accounts, id.as_str(), None).having("domains")
}

/// Where the account lies that a customer is linked to first: beside the customer, or, where it was linked before accounts
/// had a table to themselves, among those.
#[derive(Debug)]
pub struct LinkedAccount {
    slot: Slot<Administers>,
    before: Slot<Administers>,
}

impl LinkedAccount {
    /// Of this customer.
    pub fn of(customer: &CustomerId) -> Self {
        Self {
            slot: Slot::new(Table::Catalogue, format!("account-of#{customer}"), None),
            before: Slot::new(Table::Accounts, format!("{LINKED_BEFORE}{customer}"), None).having("takes_assignments"),
        }
    }

    /// Whose link lies under a key among the accounts, where it lay before.
    pub(crate) fn customer_of(key: &str) -> Option<CustomerId> {
        key.strip_prefix(LINKED_BEFORE)?.parse().ok()
    }

    /// Where links are written.
    pub(crate) const fn slot(&self) -> &Slot<Administers> {
        &self.slot
    }

    /// Where they were written before accounts had a table to themselves.
    pub(crate) const fn before(&self) -> &Slot<Administers> {
        &self.before
    }

    /// Adds both places to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.slot);
        batch.add(&self.before);
    }

    /// The account from what the batch found. The first one stays the customer's, so the older place goes first.
    pub fn from(&self, got: &BatchResult) -> Result<Option<AccountId>, Error> {
        let first = got.get(&self.before)?;
        let linked = if first.is_some() { first } else { got.get(&self.slot)? };
        Ok(linked.map(|linked| linked.account))
    }

    /// Where the batch found the link to this account: in one place, or in both after an upgrade.
    pub fn links_to(self, account: &AccountId, got: &BatchResult) -> Result<Vec<Slot<Administers>>, Error> {
        let mut links = Vec::new();
        for slot in [self.before, self.slot] {
            if got.get(&slot)?.is_some_and(|linked| linked.account == *account) {
                links.push(slot);
            }
        }
        Ok(links)
    }
}

/// How the keys of links began that lay among the accounts.
const LINKED_BEFORE: &str = "customer#";

/// The slot of whether mail reaches an address: there only where it failed.
pub fn suppression(address: &Address) -> Slot<Reach> {
    Slot::new(Table::Listings, address.as_str(), Some("suppression".into()))
}

/// The slot of a listing.
pub fn listing(address: &Address, licence: &Licence) -> Slot<Listing> {
    Slot::new(Table::Listings, address.as_str(), Some(format!("licence#{licence}")))
}

/// The slot of an account's administrator.
pub fn administers(address: &Address, id: &AccountId) -> Slot<Administers> {
    Slot::new(Table::Listings, address.as_str(), Some(format!("account#{id}")))
}

/// The slot of a reseller's order.
pub fn resells(address: &Address, licence: &Licence) -> Slot<Resells> {
    Slot::new(Table::Listings, address.as_str(), Some(format!("reseller#{licence}")))
}

/// That an ordered product's name was corrected at some time. What lists keep of a product is only read beside its name then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductsRenamed {}

/// The slot of that mark.
pub fn products_renamed() -> Slot<ProductsRenamed> {
    Slot::new(Table::Catalogue, "products-renamed", None)
}

/// What a change of an account does to the rows of its administrators.
#[derive(Debug, Default)]
pub struct AdministratorRows<'a> {
    /// Administrators no longer.
    pub gone: Vec<&'a Address>,
    /// Administrators from now on.
    pub new: Vec<&'a Address>,
    /// Administrators still, whose row would say what is no longer true of the account.
    pub stale: Vec<&'a Address>,
}

impl AdministratorRows<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.gone.len() + self.new.len() + self.stale.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What has to be written of an account's administrators when it changes.
pub fn rows_to_write<'a>(before: Option<&'a Account>, after: &'a Account) -> AdministratorRows<'a> {
    let were = before.map(Account::administrators).unwrap_or_default();
    let will = after.administrators();
    let is_stale = before.is_some_and(|before| Administers::of(before) != Administers::of(after));
    AdministratorRows {
        gone: were.difference(&will).copied().collect(),
        new: will.difference(&were).copied().collect(),
        stale: if is_stale { were.intersection(&will).copied().collect() } else { Vec::new() },
    }
}

impl Store {
    /// All that hangs on an address, its activations left out. For operators alone, as it reads everything: a reseller's address
    /// may be named thousands of times.
    pub async fn records_of_address(&self, address: &Address) -> Result<AddressRecords, Error> {
        let items = self
            .query_all(Query {
                // "activation#…" sorts between "account#…" and the rest; accounts are read on their own below.
                sort: Some(("what", "#s > :a", vec![text("activation$")])),
                ..Query::of(Table::Listings, address.as_str())
            })
            .await?;
        let mut records =
            AddressRecords { administers: self.administered_by(address).await?, ..AddressRecords::default() };
        for item in items {
            let what = item.get("what").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            match what.split('#').next() {
                Some("licence") => records.listings.extend(left_out(Table::Listings, from_item(item))?),
                Some("reseller") => records.resells.extend(left_out(Table::Listings, from_item(item))?),
                _ => {}
            }
        }
        Ok(records)
    }

    /// Whether an agreement, an order, an act or an account names an address (REG-02): two queries of one item each, however many do.
    pub async fn is_named(&self, address: &Address) -> Result<bool, Error> {
        // Between the two lie what acts gave, the requests that an Administrator decides on, listings and resold orders.
        let sort = ("what", "#s BETWEEN :a AND :b", vec![text("held#"), text("reseller$")]);
        let of = || Query { limit: Some(1), ..Query::of(Table::Listings, address.as_str()) };
        let (named, _) = self.query(&Query { sort: Some(sort), ..of() }).await?;
        let (administers, _) = self.query(&of().beginning_with("account#")).await?;
        Ok(!named.is_empty() || !administers.is_empty())
    }

    /// The accounts that an address administers (ACT-08, LINK-02).
    pub async fn administered_by(&self, address: &Address) -> Result<Vec<Administers>, Error> {
        self.all_understood(Query::of(Table::Listings, address.as_str()).beginning_with("account#")).await
    }

    /// Some of a customer's agreements, in the order of their first day, behind the one that is named; and whether there may
    /// be more.
    pub async fn agreements_of(
        &self,
        customer: &CustomerId,
        after: Option<&(Licence, Date)>,
        limit: i32,
    ) -> Result<(Vec<(Licence, Date)>, bool), Error> {
        let after = after.map(|(licence, starts)| {
            let mut key = agreement(licence).key();
            key.insert(BY_CUSTOMER.partition.into(), text(customer.as_str()));
            key.insert(BY_CUSTOMER.sort.0.into(), text(starts.to_string()));
            key
        });
        let (items, next) = self
            .query(&Query {
                after,
                limit: Some(limit),
                ..Query::of_index(
                    Table::Licences,
                    BY_CUSTOMER.name,
                    (BY_CUSTOMER.partition, customer.as_str().to_owned()),
                )
            })
            .await?;
        let plain = |item: &crate::Item, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let of = |item: &crate::Item| {
            Some((plain(item, "licensing_id")?.parse().ok()?, plain(item, BY_CUSTOMER.sort.0)?.parse().ok()?))
        };
        Ok((items.iter().filter_map(of).collect(), next.is_some()))
    }

    /// Where an address is named, and as what: so many in the order of their keys, and whether there are more.
    pub async fn listings_of(
        &self,
        address: &Address,
        start: Start<'_>,
        limit: i32,
    ) -> Result<(Vec<Listing>, bool), Error> {
        let query = Query { limit: Some(limit), ..Query::of(Table::Listings, address.as_str()) };
        let (items, next) = self.query(&start.of(query, "what", "licence")).await?;
        Ok((understood(Table::Listings, items)?, next.is_some()))
    }

    /// What stands directly below an agreement: so many in the order of their keys, and whether there are more.
    pub async fn below(&self, parent: &Licence, start: Start<'_>, limit: i32) -> Result<(Vec<Below>, bool), Error> {
        let query = Query { limit: Some(limit), ..Query::of(Table::Licences, format!("{BELOW}{parent}")) };
        let (items, next) = self.query(&start.of(query, "item", "child")).await?;
        Ok((understood(Table::Licences, items)?, next.is_some()))
    }

    /// The first of the places where an address is named: one page.
    pub async fn first_listings_of(&self, address: &Address, most: i32) -> Result<Vec<Listing>, Error> {
        let query = Query::of(Table::Listings, address.as_str()).beginning_with("licence#");
        let (items, _) = self.query(&Query { limit: Some(most), ..query }).await?;
        understood(Table::Listings, items)
    }

    /// Those of the contacts to whom mail is known to fail (ACT-03): one call.
    pub async fn failing_among(&self, contacts: &Contacts, now: Timestamp) -> Result<BTreeSet<Address>, Error> {
        self.failing(&with_suppressions(Batch::default(), contacts).read(self).await?, contacts, now)
    }

    /// A customer, and those of the contacts to whom mail is known to fail (ACT-03): one call.
    pub async fn customer_and_failing(
        &self,
        customer: &CustomerId,
        contacts: &Contacts,
        now: Timestamp,
    ) -> Result<(Option<Versioned<Customer>>, BTreeSet<Address>), Error> {
        let slot = self::customer(customer);
        let got = with_suppressions(Batch::default().with(&slot), contacts).read(self).await?;
        Ok((got.get(&slot)?, self.failing(&got, contacts, now)?))
    }

    /// The account that a customer is linked to first. One call.
    pub async fn linked_account(&self, customer: &CustomerId) -> Result<Option<AccountId>, Error> {
        let (linked, mut batch) = (LinkedAccount::of(customer), Batch::default());
        linked.add_to(&mut batch);
        linked.from(&batch.read(self).await?)
    }

    /// Takes a link that lies where this account is to lie out of its way. Nearly always there is none to look for.
    pub async fn make_way_for(&self, account: &AccountId) -> Result<(), Error> {
        let customer = account.as_str().strip_prefix(LINKED_BEFORE).and_then(|customer| customer.parse().ok());
        let Some(customer) = customer else { return Ok(()) };
        let linked = LinkedAccount::of(&customer);
        let Some(first) = self.get(&linked.before).await? else { return Ok(()) };
        let mut write = Write::new();
        write.put(self, &linked.slot, &first, vec![]);
        let delete = Action::delete(self.name(Table::Accounts), linked.before.key());
        write.push("linked-account", &linked.before, &delete.on_condition("attribute_exists(takes_assignments)"));
        match write.commit(self).await {
            // Somebody else did it at the same time.
            Ok(()) | Err(Failed::Lost(_)) => Ok(()),
            Err(Failed::Error(error)) => Err(error),
        }
    }

    /// Whether mail to an address is known to fail now.
    pub fn fails(&self, reach: &Reach, now: Timestamp) -> bool {
        reach.fails(now, &self.mails)
    }

    fn failing(&self, got: &BatchResult, contacts: &Contacts, now: Timestamp) -> Result<BTreeSet<Address>, Error> {
        let mut failing = BTreeSet::new();
        for address in contacts.values() {
            if got.get(&suppression(address))?.is_some_and(|reach| self.fails(&reach, now)) {
                failing.insert(address.clone());
            }
        }
        Ok(failing)
    }
}

fn with_suppressions(mut batch: Batch, contacts: &Contacts) -> Batch {
    for address in contacts.values() {
        batch.add(&suppression(address));
    }
    batch
}

impl Write {
    /// An agreement as it is now, its listings with it: those of people no longer named are removed. What is stored must
    /// still be `before`. The agreement as it will be stored.
    pub fn agreement(
        &mut self,
        store: &Store,
        before: Option<&Versioned<Agreement>>,
        after: &Agreement,
        customer_name: &str,
    ) -> Versioned<Agreement> {
        let version = before.map_or(0, |before| before.version) + 1;
        let stored = Versioned { record: after.clone(), version, counted: after.parent_but_master().is_some() };
        self.put_version(
            "agreement",
            store,
            &agreement(&after.licence),
            &stored,
            before.map(|before| before.version),
            vec![],
        );
        let people: BTreeSet<&Address> = after.loaded_contacts.values().collect();
        let were: BTreeSet<&Address> =
            before.iter().flat_map(|before| before.record.loaded_contacts.values()).collect();
        for gone in were.difference(&people) {
            self.delete(store, &listing(gone, &after.licence));
        }
        let above = before.and_then(|before| before.record.parent.as_ref());
        if let Some(left) = above.filter(|left| after.parent.as_ref() != Some(left)) {
            self.delete(store, &below(left, &after.licence));
        }
        self.put_listings(store, after, customer_name);
        stored
    }

    /// The rows of the people whom an agreement names, and of the one above, with the customer's name as it is now; the agreement
    /// must still be as it was read.
    pub fn listings(&mut self, store: &Store, seen: &Versioned<Agreement>, customer_name: &str) {
        self.check_version("agreement", store, &agreement(&seen.record.licence), seen.version);
        self.put_listings(store, &seen.record, customer_name);
    }

    fn put_listings(&mut self, store: &Store, after: &Agreement, customer_name: &str) {
        // One person may be several contacts, and an item may be written once in a transaction.
        let people: BTreeSet<&Address> = after.loaded_contacts.values().collect();
        for address in people {
            let contacts =
                after.loaded_contacts.iter().filter(|(_, other)| *other == address).map(|(name, _)| *name).collect();
            let row = Listing {
                licence: after.licence.clone(),
                customer: after.customer.clone(),
                customer_name: customer_name.into(),
                contacts,
                starts: after.starts,
                ends: after.ends,
                parent: after.parent.clone(),
            };
            self.put(store, &listing(address, &after.licence), &row, vec![]);
        }
        if let Some(parent) = &after.parent {
            let row = Below { licence: after.licence.clone(), customer_name: customer_name.into(), ends: after.ends };
            self.put(store, &below(parent, &after.licence), &row, vec![]);
        }
    }

    /// Where an agreement stands, if that changes: the one above, of version `above`, counts it, the one before no longer.
    /// Nothing may stand below it, nor may the one above have changed, as that might make the chain longer.
    pub fn family(
        &mut self,
        store: &Store,
        before: Option<&Versioned<Agreement>>,
        after: &Agreement,
        above: Option<u64>,
    ) {
        let was = before.filter(|before| before.counted).and_then(|before| before.record.parent_but_master());
        let will = after.parent_but_master();
        if was == will {
            return;
        }
        if let Some(parent) = will {
            self.check_version("parent", store, &agreement(parent), above.unwrap_or_default());
            let slot = family(&after.licence);
            let none = "attribute_not_exists(children) OR children <= :none";
            let check = Action::check(store.name(slot.table), slot.key(), none).value(":none", number(0));
            self.push("family", &slot, &check);
        }
        for (parent, more) in [(was, -1), (will, 1)] {
            if let Some(parent) = parent {
                let slot = family(parent);
                let update = Self::update_of(store, &slot, "ADD children :more").value(":more", number(more));
                self.push("family", &slot, &update);
            }
        }
    }

    /// A product; what is stored must still be `before`. The product as it will be stored.
    pub fn product(&mut self, store: &Store, before: Option<&StoredProduct>, after: &Product) -> StoredProduct {
        let stored = StoredProduct {
            record: after.clone(),
            ordered: before.is_some_and(|before| before.ordered),
            endpoint: before.and_then(|before| before.endpoint.clone()),
            version: before.map_or(0, |before| before.version) + 1,
        };
        self.put_version("product", store, &product(&after.sku), &stored, before.map(|before| before.version), vec![]);
        if before.is_some_and(|before| before.ordered && before.record.name != after.name) {
            self.put(store, &products_renamed(), &ProductsRenamed {}, vec![]);
        }
        stored
    }

    /// Notes that a product was ordered. The product as it will be stored.
    pub fn product_ordered(&mut self, store: &Store, before: &StoredProduct) -> StoredProduct {
        let stored = StoredProduct { ordered: true, version: before.version + 1, ..before.clone() };
        self.put_version("product", store, &product(&before.record.sku), &stored, Some(before.version), vec![]);
        stored
    }

    /// Sets a product's provisioning endpoint, or takes it away; what is stored must still be `before` (LINK-11).
    pub fn product_endpoint(&mut self, store: &Store, before: &StoredProduct, endpoint: Option<Endpoint>) {
        let stored = StoredProduct { endpoint, version: before.version + 1, ..before.clone() };
        self.put_version("product", store, &product(&before.record.sku), &stored, Some(before.version), vec![]);
    }

    /// A customer; what is stored must still be `before`. The customer as it will be stored.
    pub fn customer(
        &mut self,
        store: &Store,
        before: Option<&Versioned<Customer>>,
        after: &Customer,
    ) -> Versioned<Customer> {
        let version = before.map_or(0, |before| before.version) + 1;
        let stored = Versioned { record: after.clone(), version, counted: false };
        self.put_version("customer", store, &customer(&after.id), &stored, before.map(|before| before.version), vec![]);
        stored
    }

    /// An organisation account with its administrators; what is stored must still be `before`. It writes at most as many
    /// items as [`rows_to_write`] has, and two.
    pub fn account(&mut self, store: &Store, before: Option<&Account>, after: &Account) {
        self.put_version("account", store, &account(&after.id), after, before.map(|before| before.version), vec![]);
        let row = Administers::of(after);
        let rows = rows_to_write(before, after);
        for gone in rows.gone {
            self.delete(store, &administers(gone, &after.id));
        }
        for address in rows.new.into_iter().chain(rows.stale) {
            self.put(store, &administers(address, &after.id), &row, vec![]);
        }
        if let Some(customer) = &after.customer {
            // The first account stays the customer's; a later one is found by its administrators.
            let set = "SET account = if_not_exists(account, :a), #n = if_not_exists(#n, :n), \
                       takes_assignments = if_not_exists(takes_assignments, :t)";
            let slot = LinkedAccount::of(customer).slot;
            let update = Self::update_of(store, &slot, set)
                .name("#n", "name")
                .value(":a", text(row.account.as_str()))
                .value(":n", text(&row.name))
                .value(":t", aws_sdk_dynamodb::types::AttributeValue::Bool(row.takes_assignments));
            self.push("linked-account", &slot, &update);
        }
    }

    /// That something is put on an account, or somebody asks to join it: it must still be as it was read, and is kept from now
    /// on (LINK-07).
    pub fn account_used(&mut self, part: &'static str, store: &Store, seen: &Account) {
        match seen.kept() {
            Some(kept) => self.put_version(part, store, &account(&seen.id), &kept, Some(seen.version), vec![]),
            None => self.check_version(part, store, &account(&seen.id), seen.version),
        }
    }

    /// An account goes with its administrators' rows, and the customer's links to it; what is stored must still be `seen`.
    pub fn account_gone(&mut self, store: &Store, seen: &Account, links: &[Slot<Administers>]) {
        let slot = account(&seen.id);
        let delete = Action::delete(store.name(slot.table), slot.key())
            .on_condition("#v = :seen")
            .name("#v", "version")
            .value(":seen", number(seen.version))
            .showing_what_is_stored();
        self.push("account", &slot, &delete);
        for address in seen.administrators() {
            self.delete(store, &administers(address, &seen.id));
        }
        for link in links {
            self.delete(store, link);
        }
    }

    /// An organisation account with one more administrator; what is stored must still have the version `seen`. The rows of
    /// the others stay as they are, however many there are.
    pub(crate) fn admit(&mut self, store: &Store, seen: u64, after: &Account, joined: &Address) {
        self.put_version("account", store, &account(&after.id), after, Some(seen), vec![]);
        self.put(store, &administers(joined, &after.id), &Administers::of(after), vec![]);
    }

    /// The rows of some of an account's administrators as they will be once it is `after`; what is stored must still be
    /// `before`.
    pub fn administrators(&mut self, store: &Store, before: &Account, after: &Account, whose: &[&Address]) {
        self.check_version("account", store, &account(&before.id), before.version);
        for address in whose {
            self.put(store, &administers(address, &after.id), &Administers::of(after), vec![]);
        }
    }

    /// A loaded row says that mail to an address fails: it takes the place of whatever was known.
    pub fn suppression(&mut self, store: &Store, record: &Suppression, now: Timestamp) {
        let slot = suppression(&record.address);
        let (known, other) = match record.reason {
            Reason::HardBounce => ("bounced_at", "complained_at"),
            Reason::Complaint => ("complained_at", "bounced_at"),
        };
        let set = "SET #a = :a, #r = :r, #k = :n REMOVE #o, lifted_at ADD #v :one";
        let update = Self::update_of(store, &slot, set)
            .name("#a", "address")
            .name("#r", "reason")
            .name("#k", known)
            .name("#o", other)
            .name("#v", "version")
            .value(":a", text(record.address.as_str()))
            .value(":r", text(record.reason.as_str()))
            .value(":n", text(now.to_string()))
            .value(":one", number(1));
        self.push("suppression", &slot, &update);
    }

    /// Whether mail reaches an address, as it is known now; lost if somebody else wrote since it was read.
    pub fn reach(&mut self, store: &Store, after: &Reach) {
        let slot = suppression(&after.address);
        // Rows of the first releases have no version, and where there is no row there is none either.
        let (condition, seen) = match after.version {
            0 | 1 => ("attribute_not_exists(#v)", None),
            version => ("#v = :seen", Some(version - 1)),
        };
        let mut item = crate::to_item(after);
        item.extend(slot.key());
        store.unknown.put_back(&slot.place(), seen.unwrap_or(0), &mut item);
        let mut put = Action::put(store.name(Table::Listings), item).on_condition(condition).name("#v", "version");
        if let Some(seen) = seen {
            put = put.value(":seen", number(seen));
        }
        self.push("reach", &slot, &put.showing_what_is_stored());
    }

    /// That an order names a reseller.
    pub fn resells(&mut self, store: &Store, address: &Address, licence: &Licence) {
        self.put(store, &resells(address, licence), &Resells { licence: licence.clone() }, vec![]);
    }
}
