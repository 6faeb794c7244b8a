//! What is known of the database while rows are judged: fetched when a row asks for it, forgotten when it becomes much.

use std::collections::{HashMap, HashSet};

use licensing::{
    AccountId, Address, CustomerId, Licence, Sku, Timestamp,
    account::{Account, Domain},
    activation::{Activation, How, Setup, State},
    audit::licence_chain,
    import::{Need, Reached, Row, Standing, World, record},
    when::day_of,
};
use store::{
    Batch, Error, Store, activations,
    audit::{StoredHead, head},
    licences::{self, StoredProduct, Versioned},
    orders,
};

/// The part of the database that rows have asked for.
pub(crate) struct Known {
    /// What rows are judged against.
    pub(crate) world: World,
    /// The stored records that a write needs the version of.
    pub(crate) products: HashMap<Sku, Option<StoredProduct>>,
    pub(crate) customers: HashMap<CustomerId, Option<Versioned<record::Customer>>>,
    pub(crate) agreements: HashMap<Licence, Option<Versioned<record::Agreement>>>,
    pub(crate) accounts: HashMap<AccountId, Option<Account>>,
    /// Audit heads and activations that a write is appended to or made on.
    pub(crate) heads: HashMap<Licence, Option<StoredHead>>,
    pub(crate) activations: HashMap<(Licence, Sku), Option<Activation>>,
    /// The resellers of orders that are noted as such.
    pub(crate) resellers: HashSet<(Address, Licence)>,
    /// Whether verdicts are wanted: then everything is fetched that they depend on.
    verdicts: bool,
    /// Whether orders are looked up before they are written. Without, an order is taken for new, and the condition of its
    /// write says so if it is not.
    orders: bool,
    /// Activations and suppressions that were taken for absent without a look, because no verdict was wanted.
    assumed: HashSet<(Licence, Sku)>,
    unsuppressed: HashSet<Address>,
}

/// Beyond so many keys everything is forgotten and fetched again when it is asked for: memory stays bounded.
const MOST_KEYS: usize = 50_000;

impl Known {
    pub(crate) fn new(verdicts: bool, orders: bool) -> Self {
        Self {
            world: World::partial(),
            products: HashMap::new(),
            customers: HashMap::new(),
            agreements: HashMap::new(),
            accounts: HashMap::new(),
            heads: HashMap::new(),
            activations: HashMap::new(),
            resellers: HashSet::new(),
            verdicts,
            orders,
            assumed: HashSet::new(),
            unsuppressed: HashSet::new(),
        }
    }

    /// Whether it has become much.
    pub(crate) fn is_large(&self) -> bool {
        self.world.keys() > MOST_KEYS
    }

    /// Fetches all that these rows depend on: rounds of one call for up to a hundred keys.
    pub(crate) async fn fetch(&mut self, store: &Store, rows: &[Row], now: Timestamp) -> Result<(), Error> {
        let assumed = |row: &Row| match row.record() {
            Some(record::Record::Activation(told)) => {
                self.assumed.contains(&(told.licence.clone(), told.product.clone()))
            }
            Some(record::Record::Suppression(suppression)) => self.unsuppressed.contains(&suppression.address),
            _ => false,
        };
        if rows.iter().any(assumed) {
            *self = Self::new(self.verdicts, self.orders);
        }
        loop {
            let mut needs: Vec<Need> = rows.iter().flat_map(|row| self.world.needs(row)).collect();
            needs.sort_unstable();
            needs.dedup();
            if needs.is_empty() {
                return Ok(());
            }
            let mut wanted = Vec::new();
            for need in needs {
                match &need {
                    Need::Order(id) if !self.orders => self.world.put_order(id, None),
                    Need::Administered(address) if !self.verdicts => self.world.put_administered(address, []),
                    Need::Suppression(address) if !self.verdicts && !asks_suppression(rows, address) => {
                        self.unsuppressed.insert(address.clone());
                        self.world.put_suppression(address, None);
                    }
                    Need::Activation(licence, sku) if !self.verdicts && !asks_activation(rows, licence, sku) => {
                        self.assumed.insert((licence.clone(), sku.clone()));
                        self.world.put_activation(licence, sku, None);
                    }
                    _ => wanted.push(need),
                }
            }
            self.fetch_wanted(store, &wanted, now).await?;
        }
    }

    /// Fetches what the writes of these rows are made on, besides what they are judged by.
    pub(crate) async fn fetch_for_writing(&mut self, store: &Store, rows: &[Row]) -> Result<(), Error> {
        let (mut batch, mut heads, mut activations) = (Batch::default(), Vec::new(), Vec::new());
        for record in rows.iter().filter_map(Row::record) {
            let licence = match record {
                record::Record::Agreement(agreement) => &agreement.licence,
                record::Record::Activation(told) => {
                    let key = (told.licence.clone(), told.product.clone());
                    if !self.activations.contains_key(&key) {
                        batch.add(&activations::activation(&key.0, &key.1));
                        activations.push(key);
                    }
                    &told.licence
                }
                _ => continue,
            };
            if !self.heads.contains_key(licence) {
                batch.add(&head(&licence_chain(licence)));
                heads.push(licence.clone());
            }
        }
        let got = batch.read(store).await?;
        for licence in heads {
            let stored = got.get(&head(&licence_chain(&licence)))?;
            self.heads.insert(licence, stored);
        }
        for key in activations {
            let stored = got.get(&activations::activation(&key.0, &key.1))?;
            self.activations.insert(key, stored);
        }
        Ok(())
    }

    async fn fetch_wanted(&mut self, store: &Store, wanted: &[Need], now: Timestamp) -> Result<(), Error> {
        let mut batch = Batch::default();
        for need in wanted {
            match need {
                Need::Product(sku) => batch.add(&licences::product(sku)),
                Need::Customer(id) => batch.add(&licences::customer(id)),
                Need::Account(id) => batch.add(&licences::account(id)),
                Need::Agreement(licence) => batch.add(&licences::agreement(licence)),
                Need::Order(id) => batch.add(&orders::order(id)),
                Need::Suppression(address) => batch.add(&licences::suppression(address)),
                Need::Administered(_) => {}
                Need::Activation(licence, sku) => batch.add(&activations::activation(licence, sku)),
            }
        }
        let got = batch.read(store).await?;
        for need in wanted {
            match need {
                Need::Product(sku) => {
                    let stored = got.get(&licences::product(sku))?;
                    self.world.put_product(sku, stored.as_ref().map(|stored| (&stored.record, stored.ordered)));
                    self.products.insert(sku.clone(), stored);
                }
                Need::Customer(id) => {
                    let stored = got.get(&licences::customer(id))?;
                    self.world.put_customer(id, stored.as_ref().map(|stored| &stored.record));
                    self.customers.insert(id.clone(), stored);
                }
                Need::Account(id) => {
                    let stored = got.get(&licences::account(id))?;
                    self.world.put_account(id, stored.as_ref().map(as_record).as_ref());
                    self.accounts.insert(id.clone(), stored);
                }
                Need::Agreement(licence) => {
                    let stored = got.get(&licences::agreement(licence))?;
                    self.world.put_agreement(licence, stored.as_ref().map(|stored| &stored.record));
                    self.agreements.insert(licence.clone(), stored);
                }
                Need::Order(id) => {
                    let stored = got.get(&orders::order(id))?;
                    self.world.put_order(id, stored.map(|stored| stored.order.digest()));
                }
                Need::Suppression(address) => {
                    let stored = got.get(&licences::suppression(address))?;
                    self.world.put_suppression(address, stored.map(|stored| stored.reason));
                }
                Need::Administered(address) => {
                    let stored = store.administered_by(address).await?;
                    let assignable = stored.iter().filter(|row| row.takes_assignments).map(|row| &row.account);
                    self.world.put_administered(address, assignable);
                }
                Need::Activation(licence, sku) => {
                    let stored = got.get(&activations::activation(licence, sku))?;
                    self.world.put_activation(licence, sku, stored.map(|stored| standing(&stored, now)).as_ref());
                }
            }
        }
        Ok(())
    }
}

/// Whether one of the rows is an `activation` row of this product: then what is stored decides about a conflict.
fn asks_activation(rows: &[Row], licence: &Licence, sku: &Sku) -> bool {
    rows.iter().any(|row| {
        matches!(row.record(), Some(record::Record::Activation(told)) if told.licence == *licence && told.product == *sku)
    })
}

/// Whether one of the rows is the suppression of this address: then what is stored decides whether it changes anything.
fn asks_suppression(rows: &[Row], address: &Address) -> bool {
    let of = |row: &Row| matches!(row.record(), Some(record::Record::Suppression(told)) if told.address == *address);
    rows.iter().any(of)
}

/// An account as the import knows it.
pub(crate) fn as_record(account: &Account) -> record::Account {
    record::Account {
        id: account.id.clone(),
        name: account.name.parse().expect("names of accounts are checked when they are made"),
        customer: account.customer.clone(),
        domains: account.domains.iter().filter_map(|domain| domain.name.parse().ok()).collect(),
        global_admins: account.global_admins.iter().cloned().collect(),
        billing_admins: account.billing_admins.iter().cloned().collect(),
    }
}

/// An account as it is stored: loaded, so its domains count as verified and its administrators as accepted.
pub(crate) fn as_stored(account: &record::Account, before: Option<&Account>) -> Account {
    Account {
        id: account.id.clone(),
        name: account.name.as_str().into(),
        customer: account.customer.clone(),
        domains: account.domains.iter().map(|name| Domain { name: name.as_str().into(), verified: true }).collect(),
        global_admins: account.global_admins.iter().cloned().collect(),
        billing_admins: account.billing_admins.iter().cloned().collect(),
        // Who joined by a decision does not stand in the row, and stays (ACT-01, ORG-04).
        members: before.map(|before| before.members.clone()).unwrap_or_default(),
        loaded: true,
        version: before.map_or(0, |before| before.version) + 1,
    }
}

fn standing(activation: &Activation, now: Timestamp) -> Standing {
    let reached = match &activation.state {
        _ if activation.has_expired(now) => None,
        State::Expired { .. } => None,
        State::Stuck { .. } => Some(Reached::Stuck),
        State::Scheduled { send_at, .. } => Some(Reached::Scheduled(*send_at)),
        State::Invited(_) => Some(Reached::Invited),
        // What is being set up is on its account: another one can't be loaded over it.
        State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => {
            Some(Reached::Activated(in_use.account.clone()))
        }
    };
    let told = match &activation.state {
        State::Activated(in_use) if in_use.how == How::Loaded => Some((in_use.account.clone(), day_of(in_use.at))),
        _ => None,
    };
    Standing { reached, purchased: activation.purchased, told }
}
