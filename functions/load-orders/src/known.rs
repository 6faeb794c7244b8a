//! What is known of the database while rows are judged: fetched when a row asks for it, forgotten when it becomes much.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use licensing::{
    AccountId, Address, CustomerId, Licence, Sku, Timestamp,
    access::{Holder, Roster},
    account::{Account, Domain},
    activation::{Activation, How, State},
    audit::licence_chain,
    import::{Need, Reached, Row, Standing, Suppressed, World, record},
    when::day_of,
};
use store::{
    Batch, Error, Store, activations,
    audit::{StoredHead, head},
    licences::{self, StoredProduct, Versioned},
    orders, standing as standings,
};

use crate::pipeline::ADMINISTRATORS_AT_ONCE;

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
    /// What addresses hold, and the rosters that say so.
    pub(crate) holders: HashMap<(Licence, Address), Option<Versioned<Holder>>>,
    pub(crate) rosters: HashMap<Licence, Option<Versioned<Roster>>>,
    /// Whether rows may undo what people did in the portal.
    over_portal: bool,
    /// Whether verdicts are wanted: then everything is fetched that they depend on.
    verdicts: bool,
    /// Whether what rows bring is taken for new without a look: the condition of its write says so if it is not.
    trusting: bool,
    /// Customers, accounts and agreements that were taken for absent, until the row that brings them is taken.
    untested: HashSet<Need>,
    /// Activations that orders were judged by without a look, because no verdict is wanted: hashes of their keys.
    assumed: HashSet<u64>,
}

/// Beyond so many keys everything is forgotten and fetched again when it is asked for: memory stays bounded.
const MOST_KEYS: usize = 50_000;

impl Known {
    pub(crate) fn new(verdicts: bool, trusting: bool, over_portal: bool) -> Self {
        let world = if verdicts { World::partial() } else { World::partial_without_verdicts() };
        Self {
            world: if over_portal { world.over_portal() } else { world },
            products: HashMap::new(),
            customers: HashMap::new(),
            agreements: HashMap::new(),
            accounts: HashMap::new(),
            heads: HashMap::new(),
            activations: HashMap::new(),
            resellers: HashSet::new(),
            holders: HashMap::new(),
            rosters: HashMap::new(),
            over_portal,
            verdicts,
            trusting,
            untested: HashSet::new(),
            assumed: HashSet::new(),
        }
    }

    /// Whether it has become much.
    pub(crate) fn is_large(&self) -> bool {
        self.world.keys() > MOST_KEYS
    }

    /// Fetches all that these rows depend on: rounds of one call for up to a hundred keys.
    pub(crate) async fn fetch(&mut self, store: &Store, rows: &[&Row], now: Timestamp) -> Result<(), Error> {
        if !self.verdicts {
            self.forget_if_assumed(rows);
        }
        let brought = if self.trusting { self.brought_first(rows) } else { HashSet::new() };
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
                    Need::Order(id) if self.trusting => self.world.put_order(id, None),
                    Need::Activation(licence, sku) if self.is_brought(licence) => {
                        self.world.put_activation(licence, sku, None);
                    }
                    Need::Family(licence) if self.is_brought(licence) => self.world.put_family(licence, 0),
                    Need::Holder(licence, address) if self.is_brought(licence) => {
                        self.world.put_holder(licence, address, None);
                        self.holders.insert((licence.clone(), address.clone()), None);
                    }
                    new if brought.contains(new) => self.take_for_absent(new),
                    _ => wanted.push(need),
                }
            }
            self.fetch_wanted(store, &wanted, now).await?;
        }
    }

    /// What orders did to activations that nobody had looked up is forgotten when an `activation` row asks for them.
    fn forget_if_assumed(&mut self, rows: &[&Row]) {
        let hash =
            |licence: &Licence, sku: &Sku| BuildHasherDefault::<DefaultHasher>::default().hash_one((licence, sku));
        let records = || rows.iter().filter_map(|row| row.record());
        let told: HashSet<u64> = records()
            .filter_map(|record| match record {
                record::Record::Activation(told) => Some(hash(&told.licence, &told.product)),
                _ => None,
            })
            .collect();
        if !told.is_disjoint(&self.assumed) {
            *self = Self::new(self.verdicts, self.trusting, self.over_portal);
        }
        for record in records() {
            if let record::Record::Order(order) = record {
                let lines = order.lines.iter().map(|line| hash(&order.licence, &line.product));
                self.assumed.extend(lines.filter(|line| !told.contains(line)));
            }
        }
    }

    /// Fetches what a row depends on, where a row above has just changed what that is: an agreement's parent or contacts.
    pub(crate) async fn complete(&mut self, store: &Store, row: &Row, now: Timestamp) -> Result<(), Error> {
        let Some(record) = row.record() else { return Ok(()) };
        if record.holder().is_none() && !matches!(record, record::Record::Agreement(_)) {
            return Ok(());
        }
        if !self.world.needs(row).is_empty() {
            self.fetch(store, &[row], now).await?;
        }
        self.fetch_rosters(store, &[row]).await
    }

    /// Fetches the rosters that tell whether there is room for what these rows give.
    pub(crate) async fn fetch_rosters(&mut self, store: &Store, rows: &[&Row]) -> Result<(), Error> {
        let (mut batch, mut wanted) = (Batch::default(), HashSet::new());
        for (licence, _) in rows.iter().filter_map(|row| row.record()?.holder()) {
            self.want_roster(licence, &mut batch, &mut wanted);
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let got = batch.read(store).await?;
        for licence in wanted {
            let stored = got.get(&standings::roster(&licence))?;
            self.rosters.insert(licence, stored);
        }
        Ok(())
    }

    fn want_roster(&mut self, licence: &Licence, batch: &mut Batch, wanted: &mut HashSet<Licence>) {
        if self.is_brought(licence) {
            self.rosters.entry(licence.clone()).or_insert(None);
        } else if !self.rosters.contains_key(licence) && wanted.insert(licence.clone()) {
            batch.add(&standings::roster(licence));
        }
    }

    /// Whether an agreement row changes who acts by being named, or may make listings count again.
    fn changes_who_acts(&self, after: &record::Agreement) -> bool {
        let before = self.agreements.get(&after.licence).and_then(Option::as_ref);
        before.is_some_and(|before| after.changes_who_acts(&before.record))
    }

    /// Fetches what the writes of these rows are made on, besides what they are judged by.
    pub(crate) async fn fetch_for_writing(&mut self, store: &Store, rows: &[&Row]) -> Result<(), Error> {
        let (mut batch, mut heads, mut activations) = (Batch::default(), Vec::new(), Vec::new());
        let (mut rosters, mut customers) = (HashSet::new(), HashSet::new());
        for record in rows.iter().filter_map(|row| row.record()) {
            let holder = match record {
                record::Record::Order(order) => order.gives_to().map(|reseller| (&order.licence, reseller)),
                other => other.holder(),
            };
            if let Some((licence, _)) = holder {
                let agreement = self.agreements.get(licence).and_then(Option::as_ref);
                let customer = agreement.map(|agreement| agreement.record.customer.clone());
                if let Some(id) = customer.filter(|id| !self.customers.contains_key(id))
                    && customers.insert(id.clone())
                {
                    batch.add(&licences::customer(&id));
                }
            }
            let licence = match record {
                record::Record::Agreement(agreement) => {
                    if self.changes_who_acts(agreement) {
                        self.want_roster(&agreement.licence, &mut batch, &mut rosters);
                    }
                    &agreement.licence
                }
                record::Record::Order(order) => {
                    let Some(reseller) = order.gives_to() else { continue };
                    // Only the first grant stands in the audit.
                    if self.holder(&order.licence, reseller).is_some_and(|holder| holder.record.orders.is_some()) {
                        continue;
                    }
                    &order.licence
                }
                record::Record::Assignment(_) | record::Record::Removal(_) | record::Record::OptOut(_) => {
                    let Some((licence, _)) = record.holder() else { continue };
                    self.want_roster(licence, &mut batch, &mut rosters);
                    licence
                }
                record::Record::Activation(told) => {
                    let key = (told.licence.clone(), told.product.clone());
                    if self.is_brought(&told.licence) {
                        self.activations.entry(key).or_insert(None);
                    } else if !self.activations.contains_key(&key) {
                        batch.add(&activations::activation(&key.0, &key.1));
                        activations.push(key);
                    }
                    &told.licence
                }
                _ => continue,
            };
            if self.is_brought(licence) {
                self.heads.entry(licence.clone()).or_insert(None);
            } else if !self.heads.contains_key(licence) {
                batch.add(&head(&licence_chain(licence)));
                heads.push(licence.clone());
            }
        }
        let got = batch.read(store).await?;
        for licence in rosters {
            let stored = got.get(&standings::roster(&licence))?;
            self.rosters.insert(licence, stored);
        }
        for id in customers {
            let stored = got.get(&licences::customer(&id))?;
            self.customers.insert(id, stored);
        }
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

    /// Customers, accounts and agreements that no row refers to before one brings them. That row must most likely be taken,
    /// too: what it refers to is there, or is brought likewise. What a refused row would have brought is looked up while
    /// everything waits for it.
    fn brought_first(&self, rows: &[&Row]) -> HashSet<Need> {
        let (mut referred, mut first) = (HashSet::new(), HashSet::new());
        for row in rows {
            let references = references(row, &self.world);
            if let Some(brought) = row.record().and_then(brought_by)
                && !referred.contains(&brought)
                && references.iter().all(|need| first.contains(need) || self.is_there(need))
            {
                first.insert(brought);
            }
            referred.extend(references);
        }
        first
    }

    /// Whether something is known to be stored.
    fn is_there(&self, need: &Need) -> bool {
        match need {
            Need::Customer(id) => self.customers.get(id).is_some_and(Option::is_some),
            Need::Account(id) => self.accounts.get(id).is_some_and(Option::is_some),
            Need::Agreement(licence) => self.agreements.get(licence).is_some_and(Option::is_some),
            _ => false,
        }
    }

    /// Whether an agreement was taken for absent, so that neither its audit nor an activation is there.
    fn is_brought(&self, licence: &Licence) -> bool {
        !self.untested.is_empty() && self.untested.contains(&Need::Agreement(licence.clone()))
    }

    /// Somebody brings it, so it is most likely not there yet.
    fn take_for_absent(&mut self, brought: &Need) {
        match brought {
            Need::Customer(id) => {
                self.world.put_customer(id, None);
                self.customers.insert(id.clone(), None);
            }
            Need::Account(id) => {
                self.world.put_account(id, None);
                self.accounts.insert(id.clone(), None);
            }
            Need::Agreement(licence) => {
                self.world.put_agreement(licence, None);
                self.agreements.insert(licence.clone(), None);
            }
            _ => return,
        }
        self.untested.insert(brought.clone());
    }

    /// What a row brings is tested by its write. If it is refused, nothing tests whether what it would have brought is
    /// there all the same, so that is looked up.
    pub(crate) async fn test(&mut self, store: &Store, row: &Row, taken: bool, now: Timestamp) -> Result<(), Error> {
        if self.untested.is_empty() {
            return Ok(());
        }
        let Some(brought) = row.record().and_then(brought_by) else { return Ok(()) };
        if self.untested.remove(&brought) && !taken {
            self.world.ask_again(&brought);
            self.fetch_wanted(store, &[brought], now).await?;
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
                Need::Family(licence) => batch.add(&licences::family(licence)),
                Need::Holder(licence, address) => batch.add(&standings::holder(licence, address)),
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
                    let known =
                        stored.map(|stored| Suppressed { reason: stored.reason, fails: store.fails(&stored, now) });
                    self.world.put_suppression(address, known);
                }
                Need::Administered(address) => {
                    let stored = store.administered_by(address).await?;
                    let assignable = stored.iter().filter(|row| row.takes_assignments).map(|row| &row.account);
                    self.world.put_administered(address, assignable);
                }
                Need::Family(licence) => {
                    let stored = got.get(&licences::family(licence))?;
                    self.world.put_family(licence, stored.map_or(0, |stored| stored.children));
                }
                Need::Holder(licence, address) => {
                    let stored = got.get(&standings::holder(licence, address))?;
                    self.world.put_holder(licence, address, stored.as_ref().map(|stored| &stored.record));
                    self.holders.insert((licence.clone(), address.clone()), stored);
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

/// What a row refers to of what other rows bring.
fn references(row: &Row, world: &World) -> Vec<Need> {
    let Some(record) = row.record() else { return world.depends_on(row) };
    match record {
        record::Record::Account(account) => account.customer.iter().cloned().map(Need::Customer).collect(),
        record::Record::Agreement(agreement) => {
            let parent = agreement.parent.clone().map(Need::Agreement);
            parent.into_iter().chain([Need::Customer(agreement.customer.clone())]).collect()
        }
        record::Record::Activation(told) => {
            vec![Need::Agreement(told.licence.clone()), Need::Account(told.account.clone())]
        }
        record::Record::Order(order) => vec![Need::Agreement(order.licence.clone())],
        record::Record::Assignment(_) | record::Record::Removal(_) | record::Record::OptOut(_) => {
            record.holder().map(|(licence, _)| Need::Agreement(licence.clone())).into_iter().collect()
        }
        record::Record::Product(_) | record::Record::Customer(_) | record::Record::Suppression(_) => vec![],
    }
}

/// What a row brings that others refer to.
fn brought_by(record: &record::Record) -> Option<Need> {
    match record {
        record::Record::Customer(customer) => Some(Need::Customer(customer.id.clone())),
        // One that takes several transactions is read before each of them, so none of their conditions tests this.
        record::Record::Account(account) if account.administrators().count() <= ADMINISTRATORS_AT_ONCE => {
            Some(Need::Account(account.id.clone()))
        }
        record::Record::Agreement(agreement) => Some(Need::Agreement(agreement.licence.clone())),
        _ => None,
    }
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
        made_for: None,
        version: before.map_or(0, |before| before.version) + 1,
    }
}

fn standing(activation: &Activation, now: Timestamp) -> Standing {
    let open = Some(activation).filter(|activation| !activation.has_expired(now));
    // What is being set up is on its account: another one can't be loaded over it.
    let reached = Reached::of(Activation::progress(open));
    let told = match &activation.state {
        State::Activated(in_use) if in_use.how == How::Loaded => Some((in_use.account.clone(), day_of(in_use.at))),
        _ => None,
    };
    Standing { reached, purchased: activation.purchased, told }
}
