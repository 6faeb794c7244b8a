//! Rows are judged against the database and written.

use std::collections::{BTreeSet, HashSet};

use gateway::App;
use licensing::{
    Address, Licence, Policy, Sku, Timestamp,
    account::Account,
    activation::{Activation, Of},
    audit::{Actor, Note, licence_chain},
    event::Event,
    import::{LineReport, Record, Refusal, Row, Taken, record},
    providers::is_public,
};
use store::{
    Error, Failed, Store, Write,
    activations::AroundSlots,
    licences::{Versioned, rows_to_write},
};

use crate::known::{Known, as_stored};

/// How a file is loaded.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names the load: a person who is listed gets one welcome mail a load (ACT-17).
    pub load: String,
    /// Who loads, as the audit names them.
    pub operator: String,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What became of the rows so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that were read, blank ones not counted.
    pub rows: u64,
    /// Rows that changed something.
    pub taken: u64,
    /// Rows that are stored like this already.
    pub unchanged: u64,
    /// Rows that can't be taken.
    pub refused: u64,
    /// What the import format prints, as JSON: an object a refused row and, in a dry run, one an order line.
    pub lines: Vec<String>,
    /// Contacts at public mail providers.
    pub warnings: Vec<String>,
}

/// A row that could not be taken.
pub type Refused = Refusal;

/// Judges and writes rows. It holds what the rows of late depended on, within bounds.
pub struct Loader<'a> {
    store: &'a Store,
    policy: &'a Policy,
    options: Options,
    now: Timestamp,
    known: Known,
    /// Welcome mails that wait for the end of the load.
    welcomes: BTreeSet<String>,
}

/// A row is tried again so often when others write at the same time: `send-activation` appends to the same audit while it
/// takes in the orders of the rows above.
const ATTEMPTS: u32 = 12;

/// One transaction takes so many orders: an order is one item, or two with its reseller.
const ORDERS_AT_ONCE: usize = 48;

/// One transaction takes so many changes of an account's administrators: it has room for a hundred items, the account's
/// own and its customer's included.
const ADMINISTRATORS_AT_ONCE: usize = 90;

/// Beyond so many, welcome mails are let go before the end of the load.
const MOST_WELCOMES: usize = 100_000;

impl<'a> Loader<'a> {
    /// A load that begins.
    pub fn new(app: &'a App, options: Options) -> Self {
        Self::at(&app.store, &app.policy, app.now(), options)
    }

    /// A load as of `now`.
    pub fn at(store: &'a Store, policy: &'a Policy, now: Timestamp, options: Options) -> Self {
        let dry_run = options.dry_run;
        Self { store, policy, options, now, known: Known::new(dry_run, dry_run), welcomes: BTreeSet::new() }
    }

    /// Takes rows in order: some hundreds at a time work best.
    pub async fn take(&mut self, rows: &[Row]) -> Result<Loaded, Error> {
        if self.known.is_large() && !self.options.dry_run {
            self.known = Known::new(false, false);
        }
        let mut loaded = Loaded::default();
        match self.take_all(rows, &mut loaded).await {
            Ok(()) => Ok(loaded),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::KnownOrder(done)) => {
                // An order among them is stored already, so from here on they are looked up before they are judged.
                self.known = Known::new(false, true);
                let rest = self.take_all(&rows[done..], &mut loaded).await;
                self.known = Known::new(false, false);
                match rest {
                    Ok(()) => Ok(loaded),
                    Err(Stop::Error(error)) => Err(error),
                    Err(Stop::KnownOrder(_)) => Err(Error::Busy),
                }
            }
        }
    }

    /// Ends the load: lets the welcome mails go. A load that breaks off before has them sent by the sweep.
    pub async fn finish(&mut self) -> Result<(), Error> {
        for id in std::mem::take(&mut self.welcomes) {
            self.store.release_event(&id).await?;
        }
        Ok(())
    }

    async fn take_all(&mut self, rows: &[Row], loaded: &mut Loaded) -> Result<(), Stop> {
        self.known.fetch(self.store, rows, self.now).await?;
        let mut orders = Orders::default();
        // Counted apart until their transaction is through, so that rows that are tried again count once.
        let mut begun = 0;
        let mut pending = Loaded::default();
        for (index, row) in rows.iter().enumerate() {
            pending.rows += 1;
            let taken = self.known.world.take(row.clone(), self.now, &self.policy.links);
            match taken {
                Err(refusal) => {
                    pending.refused += 1;
                    pending.lines.push(json_of(&refusal));
                }
                Ok(Taken::Unchanged) => pending.unchanged += 1,
                Ok(Taken::Ordered(order, verdicts)) => {
                    pending.taken += 1;
                    if self.options.dry_run {
                        pending.lines.extend(LineReport::of(&order.id, &verdicts).map(|line| json_of(&line)));
                    } else {
                        self.note_ordered(&order).await?;
                        orders.add(self.store, &order, self.now);
                    }
                }
                Ok(Taken::Stored(record)) => {
                    pending.taken += 1;
                    pending.warnings.extend(warnings(row.number(), &record));
                    if !self.options.dry_run {
                        orders.write(self.store, begun).await?;
                        loaded.add(std::mem::take(&mut pending));
                        begun = index + 1;
                        self.store_record(&record).await?;
                    }
                }
            }
            if orders.count >= ORDERS_AT_ONCE {
                orders.write(self.store, begun).await?;
                loaded.add(std::mem::take(&mut pending));
                begun = index + 1;
            }
        }
        orders.write(self.store, begun).await?;
        loaded.add(pending);
        if self.welcomes.len() > MOST_WELCOMES {
            self.finish().await?;
        }
        Ok(())
    }

    /// The first order of a product fixes its kind.
    async fn note_ordered(&mut self, order: &record::Order) -> Result<(), Error> {
        for line in &order.lines {
            self.fix_kind(&line.product).await?;
        }
        Ok(())
    }

    async fn fix_kind(&mut self, sku: &Sku) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let Some(Some(product)) = self.known.products.get_mut(sku) else { return Ok(()) };
            if product.ordered {
                return Ok(());
            }
            let mut write = Write::new();
            write.product_ordered(self.store, product);
            match write.commit(self.store).await {
                Ok(()) => {
                    product.ordered = true;
                    product.version += 1;
                }
                Err(Failed::Lost(lost)) => {
                    if let Some(stored) = lost.stored() {
                        *product = stored;
                    }
                }
                Err(Failed::Error(error)) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn store_record(&mut self, record: &Record) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.store.pause(attempt).await;
                self.look_again(record).await?;
            }
            let written = match record {
                Record::Account(account) => self.write_account(account).await,
                other => self.write_of(other).await?.commit(self.store).await,
            };
            match written {
                Ok(()) => return self.after(record).await,
                Err(Failed::Lost(_)) => {}
                Err(Failed::Error(error)) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn write_of(&mut self, record: &Record) -> Result<Write, Error> {
        let mut write = Write::new();
        match record {
            Record::Product(product) => {
                write.product(self.store, self.known.products.get(&product.sku).and_then(Option::as_ref), product);
            }
            Record::Customer(customer) => {
                let before = self.known.customers.get(&customer.id).and_then(Option::as_ref);
                write.customer(self.store, before, customer);
            }
            Record::Agreement(agreement) => self.write_agreement(&mut write, agreement).await?,
            Record::Activation(told) => self.write_activation(&mut write, told).await?,
            Record::Suppression(suppression) => {
                write.suppression(self.store, suppression);
                let mark = format!("suppressed|{}", self.now);
                let event = Event::RejudgeAddress { address: suppression.address.clone(), mark };
                write.event(self.store, &event, self.now, false);
            }
            // An account is more than a transaction may have room for; orders are written together.
            Record::Account(_) | Record::Order(_) => {}
        }
        Ok(write)
    }

    /// An account may have more administrators than one transaction has room for. Then it is written in several, each of
    /// which leaves a whole account behind, with some of its administrators; loading the row again goes on from there.
    async fn write_account(&self, account: &record::Account) -> Result<(), Failed> {
        let mut before = self.known.accounts.get(&account.id).cloned().flatten();
        let after = as_stored(account, before.as_ref());
        if let Some(stored) = &mut before
            && rows_to_write(Some(stored), &after).len() > ADMINISTRATORS_AT_ONCE
        {
            let seen = stored.clone();
            for some in rows_to_write(Some(&seen), &after).stale.chunks(ADMINISTRATORS_AT_ONCE) {
                let mut write = Write::new();
                write.administrators(self.store, &seen, &after, some);
                write.commit(self.store).await?;
            }
            // Their rows say it already.
            (stored.name, stored.loaded) = (after.name.clone(), after.loaded);
        }
        loop {
            let next = toward(&after, before.as_ref());
            let mut write = Write::new();
            write.account(self.store, before.as_ref(), &next);
            write.commit(self.store).await?;
            if rows_to_write(Some(&next), &after).is_empty() {
                return Ok(());
            }
            before = Some(next);
        }
    }

    async fn write_agreement(&mut self, write: &mut Write, agreement: &record::Agreement) -> Result<(), Error> {
        let before = self.known.agreements.get(&agreement.licence).and_then(Option::as_ref);
        let customer = self.known.customers.get(&agreement.customer).and_then(Option::as_ref);
        let customer_name = customer.map_or("", |customer| customer.record.name.as_str());
        write.agreement(self.store, before, agreement, customer_name);

        let chain = licence_chain(&agreement.licence);
        let head = self.store.audit_head(&chain).await?;
        let action = if before.is_some() { "agreement.changed" } else { "agreement.loaded" };
        let mut note = Note::new(action, self.actor())
            .fact("load", &self.options.load)
            .fact("customer", &agreement.customer)
            .fact("starts", agreement.starts)
            .fact("ends", agreement.ends);
        for (name, address) in &agreement.contacts {
            note = note.personal(name.as_str(), address.as_str());
        }
        write.audit(self.store, &chain, head.as_ref(), note, self.now);

        if let Some(before) = before {
            let mark = format!("agreement|{}", before.version + 1);
            write.events(self.store, &[Event::Rejudge { licence: agreement.licence.clone(), mark }], self.now);
        }
        for address in newly_listed(before, agreement) {
            let event = Event::Welcome { load: self.options.load.clone(), address: address.clone() };
            write.event(self.store, &event, self.now, true);
            self.welcomes.insert(event.id());
        }
        Ok(())
    }

    async fn write_activation(&self, write: &mut Write, told: &record::Activation) -> Result<(), Error> {
        let slots = AroundSlots::new(&told.licence, &told.product);
        let mut batch = store::Batch::default();
        slots.add_to(&mut batch);
        let around = slots.from(&batch.read(self.store).await?)?;
        let product = self.known.products.get(&told.product).and_then(Option::as_ref);
        let account = self.known.accounts.get(&told.account).and_then(Option::as_ref);
        let (Some(agreement), Some(product), Some(account)) = (&around.agreement, product, account) else {
            return Err(Error::Busy);
        };
        let customer_slot = store::licences::customer(&agreement.record.customer);
        let customer = self.store.get(&customer_slot).await?;
        let of = Of {
            licence: &told.licence,
            product: &told.product,
            product_name: product.record.name.as_str(),
            kind: product.record.kind,
            customer: &agreement.record.customer,
            customer_name: customer.as_ref().map_or("", |customer| customer.record.name.as_str()),
            contacts: &agreement.record.contacts,
        };
        let before = around.activation.as_ref();
        let step = Activation::load(before, &of, &told.account, &account.name, told.activated, self.actor());
        write.step(self.store, &step, self.now, &self.policy.links);
        write.audit(self.store, &licence_chain(&told.licence), around.head.as_ref(), step.note().clone(), self.now);
        Ok(())
    }

    /// What was just written is what the next row is written on.
    async fn after(&mut self, record: &Record) -> Result<(), Error> {
        self.look_again(record).await
    }

    async fn look_again(&mut self, record: &Record) -> Result<(), Error> {
        match record {
            Record::Product(product) => {
                let stored = self.store.get(&store::licences::product(&product.sku)).await?;
                self.known.products.insert(product.sku.clone(), stored);
            }
            Record::Customer(customer) => {
                let stored = self.store.get(&store::licences::customer(&customer.id)).await?;
                self.known.customers.insert(customer.id.clone(), stored);
            }
            Record::Account(account) => {
                let stored = self.store.get(&store::licences::account(&account.id)).await?;
                self.known.accounts.insert(account.id.clone(), stored);
            }
            Record::Agreement(agreement) => {
                let stored = self.store.get(&store::licences::agreement(&agreement.licence)).await?;
                self.known.agreements.insert(agreement.licence.clone(), stored);
            }
            Record::Activation(_) | Record::Suppression(_) | Record::Order(_) => {}
        }
        Ok(())
    }

    fn actor(&self) -> Actor {
        Actor::Operator { name: self.options.operator.clone() }
    }
}

/// Why a chunk of rows was left.
enum Stop {
    Error(Error),
    /// An order that was taken for new is stored already; so many of the chunk's rows are done.
    KnownOrder(usize),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Orders that are written together.
#[derive(Default)]
struct Orders {
    write: Write,
    count: usize,
    resellers: HashSet<(Address, Licence)>,
}

impl Orders {
    fn add(&mut self, store: &Store, order: &record::Order, now: Timestamp) {
        self.write.order(store, order, now);
        self.count += 1;
        if let Some(reseller) = &order.reseller
            && self.resellers.insert((reseller.clone(), order.licence.clone()))
        {
            self.write.resells(store, reseller, &order.licence);
        }
    }

    async fn write(&mut self, store: &Store, done: usize) -> Result<(), Stop> {
        let Self { write, .. } = std::mem::take(self);
        if write.is_empty() {
            return Ok(());
        }
        match write.commit(store).await {
            Ok(()) => Ok(()),
            Err(Failed::Lost(_)) => Err(Stop::KnownOrder(done)),
            Err(Failed::Error(error)) => Err(Stop::Error(error)),
        }
    }
}

impl Loaded {
    /// Adds what became of further rows.
    pub fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.taken += more.taken;
        self.unchanged += more.unchanged;
        self.refused += more.refused;
        self.lines.extend(more.lines);
        self.warnings.extend(more.warnings);
    }
}

/// `after`, or as much of it as can be written at once.
fn toward(after: &Account, before: Option<&Account>) -> Account {
    let version = before.map_or(0, |before| before.version) + 1;
    let rows = rows_to_write(before, after);
    if rows.len() <= ADMINISTRATORS_AT_ONCE {
        return Account { version, ..after.clone() };
    }
    // Who leaves goes first. Who stays may turn from one kind of administrator into the other only in the end.
    let left_over = ADMINISTRATORS_AT_ONCE.saturating_sub(rows.gone.len());
    let absent: HashSet<&Address> =
        rows.gone.iter().take(ADMINISTRATORS_AT_ONCE).chain(rows.new.iter().skip(left_over)).copied().collect();
    let of = |before: Option<&Vec<Address>>, after: &Vec<Address>| -> Vec<Address> {
        let all: BTreeSet<&Address> = before.into_iter().flatten().chain(after).collect();
        all.into_iter().filter(|person| !absent.contains(person)).cloned().collect()
    };
    Account {
        version,
        global_admins: of(before.map(|before| &before.global_admins), &after.global_admins),
        billing_admins: of(before.map(|before| &before.billing_admins), &after.billing_admins),
        ..after.clone()
    }
}

fn newly_listed<'b>(
    before: Option<&Versioned<record::Agreement>>,
    after: &'b record::Agreement,
) -> BTreeSet<&'b Address> {
    let known = |address: &&Address| {
        before.is_none_or(|before| !before.record.contacts.values().any(|other| other == *address))
    };
    after.contacts.values().filter(known).collect()
}

/// Contacts at public mail providers are taken, with a warning (ACT-01).
fn warnings(row: u64, record: &Record) -> Vec<String> {
    let Record::Agreement(agreement) = record else { return Vec::new() };
    agreement
        .contacts
        .iter()
        .filter(|(_, address)| is_public(address.domain()))
        .map(|(name, _)| format!("row {row}: contacts.{name} is an address at a public mail provider"))
        .collect()
}

fn json_of(line: &impl serde::Serialize) -> String {
    serde_json::to_string(line).expect("report lines are plain data")
}
