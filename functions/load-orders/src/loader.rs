//! Rows are judged against the database and written.

use std::collections::{BTreeSet, HashSet};

use gateway::App;
use licensing::{
    Address, Licence, Policy, Sku, Timestamp,
    account::Account,
    activation::{Activation, Entitlement},
    audit::{Actor, Note, licence_chain},
    event::Event,
    import::{
        LineReport, Record, Refusal, Row, RowOutcome,
        record::{self, Digest},
    },
    policy::LoadPolicy,
    providers::is_public,
};
use store::{
    Batch, Error, Failed, Store, Write,
    audit::StoredHead,
    licences::{Versioned, rows_to_write},
    optimistic,
    optimistic::ROUNDS,
};

use crate::{
    allowed::{Allowed, Brought, not_kept_yet},
    known::{Known, as_stored},
    loaded::Loaded,
    pipeline::{ADMINISTRATORS_AT_ONCE, Group, PRODUCTS_AT_ONCE, Pipeline, Stop, Touched},
};

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

/// A row that could not be taken.
pub type Refused = Refusal;

/// Judges and writes rows. It holds what the rows of late depended on, within bounds.
pub struct Loader<'a> {
    store: &'a Store,
    policy: &'a Policy,
    options: Options,
    now: Timestamp,
    known: Known,
    /// How the next rows are begun with.
    pace: Pace,
    /// Who was welcomed.
    welcomed: HashSet<Digest>,
    /// Welcome mails that wait for the end of the load.
    held: Vec<String>,
    /// Whether the report names the rows that were taken and those that are stored already.
    every_row: bool,
    /// What may be loaded.
    allowed: Allowed,
    brought: Brought,
}

/// Beyond so many people, welcome mails are let go before the end of the load. Who is listed anew after that has a second
/// event and still one mail: letters are named after the load and the person.
const MOST_WELCOMED: usize = 100_000;

impl<'a> Loader<'a> {
    /// A load that begins.
    pub fn new(app: &'a App, options: Options) -> Self {
        Self::at(&app.store, &app.policy, app.now(), options)
    }

    /// A load as of `now`.
    pub fn at(store: &'a Store, policy: &'a Policy, now: Timestamp, options: Options) -> Self {
        let pace = if options.dry_run { Pace::Together } else { Pace::Trusting };
        let known = Known::new(options.dry_run, pace == Pace::Trusting);
        Self {
            store,
            policy,
            options,
            now,
            known,
            pace,
            welcomed: HashSet::new(),
            held: Vec::new(),
            every_row: false,
            allowed: Allowed::default(),
            brought: Brought::new(),
        }
    }

    /// The same load with what a token allows.
    #[must_use]
    pub fn allowing(mut self, allowed: Allowed) -> Self {
        self.allowed = allowed;
        self
    }

    /// The deployment's numbers for loading.
    pub const fn policy(&self) -> &LoadPolicy {
        &self.policy.loads
    }

    /// The same load with each row in its report, not only those that are refused.
    #[must_use]
    pub fn with_every_row(mut self) -> Self {
        self.every_row = true;
        self
    }

    /// Takes rows in order: some thousands at a time work best.
    pub async fn take(&mut self, rows: &[Row]) -> Result<Loaded, Error> {
        if self.known.is_large() && !self.options.dry_run {
            self.known = Known::new(false, self.pace == Pace::Trusting);
        }
        let mut chunk = Chunk::of(rows);
        let (mut pace, mut again) = (self.pace, 0);
        loop {
            match self.take_all(&mut chunk, pace).await {
                Ok(()) => break,
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Lost) => match pace.slower() {
                    Some(slower) => pace = slower,
                    // What the row was judged by has changed, so it is judged afresh.
                    None if again < ROUNDS => {
                        again += 1;
                        self.store.pause(again).await;
                    }
                    None => return Err(Error::Busy),
                },
            }
            self.known = Known::new(false, false);
        }
        if self.welcomed.len() > MOST_WELCOMED {
            self.finish().await?;
        }
        let loaded = chunk.loaded();
        if !self.options.dry_run {
            // Where much of these rows was stored already, the next ones are most likely as well.
            self.pace = if loaded.unchanged * 2 > loaded.rows { Pace::Together } else { Pace::Trusting };
            if self.pace == Pace::Trusting && pace != Pace::Trusting {
                self.known = Known::new(false, true);
            }
        }
        Ok(loaded)
    }

    /// Ends the load: lets the welcome mails go. A load that breaks off before has them sent by the sweep.
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.welcomed.clear();
        self.store.release_events(&std::mem::take(&mut self.held)).await
    }

    /// Takes what is left of a chunk. Where that stops, the chunk knows which of its rows are stored.
    async fn take_all(&mut self, chunk: &mut Chunk<'_>, pace: Pace) -> Result<(), Stop> {
        let left = chunk.left();
        let rows: Vec<&Row> = left.iter().map(|index| &chunk.rows[*index]).collect();
        self.known.fetch(self.store, &rows, self.now).await?;
        if self.options.dry_run {
            for index in left {
                let (becomes, _) = self.judge(&chunk.rows[index]);
                chunk.became[index] = Some(becomes);
            }
            return Ok(());
        }
        self.known.fetch_for_writing(self.store, &rows).await?;
        let load = self.options.load.clone();
        let mut pipeline = Pipeline::new(self.store, &load, self.now);
        let mut outcome = Ok(());
        for index in left {
            outcome = self.take_one(index, chunk, pace, &mut pipeline).await;
            if outcome.is_err() {
                break;
            }
        }
        if outcome.is_ok() {
            outcome = pipeline.all_stored().await;
        }
        let stored = pipeline.end().await;
        for (index, becomes) in stored.rows {
            chunk.became[index] = Some(becomes);
        }
        self.held.extend(stored.held);
        for person in stored.unwelcome {
            self.welcomed.remove(&person.digest());
        }
        outcome
    }

    async fn take_one(
        &mut self,
        index: usize,
        chunk: &mut Chunk<'_>,
        pace: Pace,
        pipeline: &mut Pipeline<'_>,
    ) -> Result<(), Stop> {
        let row = &chunk.rows[index];
        let mut touched = Touched::by(row, &self.known.world);
        let (becomes, change) = self.judge(row);
        self.known.test(self.store, row, change.is_some(), self.now).await?;
        let Some(record) = change else {
            return pipeline.add(index, becomes, touched.unchanged(), Group::default()).await;
        };
        if pace == Pace::OneByOne || self.is_more_than_one_transaction(&record) {
            pipeline.all_stored().await?;
            self.store_record(&record).await?;
            chunk.became[index] = Some(becomes);
            return Ok(());
        }
        let group = self.change_of(&record, &mut touched).await?;
        pipeline.add(index, becomes, touched, group).await
    }

    /// What becomes of a row, and what there is to be stored then.
    fn judge(&mut self, row: &Row) -> (Loaded, Option<Record>) {
        let mut becomes = Loaded { rows: 1, ..Loaded::default() };
        let refused = not_kept_yet(row).or_else(|| self.allowed.refuses(row, &self.known, &self.brought));
        let taken = match refused {
            Some(refusal) => Err(refusal),
            None => self.known.world.take(row.clone(), self.now, &self.policy.links),
        };
        if self.allowed.is_for_some()
            && self.options.dry_run
            && let Ok(RowOutcome::Stored(Record::Agreement(agreement))) = &taken
        {
            self.brought.insert(agreement.licence.clone(), agreement.customer.clone());
        }
        let change = match taken {
            Err(refusal) => {
                becomes.refused = 1;
                becomes.lines.push(json_of(&refusal));
                becomes.warnings.extend(refusal.hint.map(|hint| format!("row {}: {hint}", row.number())));
                None
            }
            Ok(RowOutcome::Unchanged) => {
                becomes.unchanged = 1;
                self.report(row, "unchanged", &mut becomes);
                None
            }
            Ok(RowOutcome::Ordered(order, verdicts)) => {
                becomes.taken = 1;
                if self.options.dry_run {
                    becomes.lines.extend(LineReport::of(&order.id, &verdicts).map(|line| json_of(&line)));
                }
                self.report(row, "stored", &mut becomes);
                Some(Record::Order(order))
            }
            Ok(RowOutcome::Stored(record)) => {
                becomes.taken = 1;
                becomes.warnings.extend(warnings(row.number(), &record));
                self.report(row, "stored", &mut becomes);
                Some(record)
            }
        };
        (becomes, change)
    }

    /// A line about a row that was not refused, where every row is reported.
    fn report(&self, row: &Row, outcome: &'static str, becomes: &mut Loaded) {
        if self.every_row && !self.options.dry_run {
            becomes.lines.push(json_of(&serde_json::json!({ "row": row.number(), "outcome": outcome })));
        }
    }

    /// The products of which this is the first order, each once.
    fn ordered_first(&self, order: &record::Order) -> BTreeSet<Sku> {
        let is_first = |sku: &&Sku| matches!(self.known.products.get(*sku), Some(Some(product)) if !product.ordered);
        order.lines.iter().map(|line| &line.product).filter(is_first).cloned().collect()
    }

    /// Notes of an order's products that they are ordered, where those are more than one transaction has room for. That one is
    /// noted without its order only if the load is cut here; loading the order again completes it.
    async fn note_ordered(&mut self, order: &record::Order) -> Result<(), Failed> {
        let first: Vec<Sku> = self.ordered_first(order).into_iter().collect();
        for some in first.chunks(PRODUCTS_AT_ONCE) {
            let mut write = Write::new();
            for sku in some {
                if let Some(Some(product)) = self.known.products.get_mut(sku) {
                    *product = write.product_ordered(self.store, product);
                }
            }
            write.commit(self.store).await?;
        }
        Ok(())
    }

    /// Whether an account has more administrators, or an order more products, than one transaction has room for.
    fn is_more_than_one_transaction(&self, record: &Record) -> bool {
        let account = match record {
            Record::Account(account) => account,
            Record::Order(order) => return self.ordered_first(order).len() > PRODUCTS_AT_ONCE,
            _ => return false,
        };
        let before = self.known.accounts.get(&account.id).and_then(Option::as_ref);
        rows_to_write(before, &as_stored(account, before)).len() > ADMINISTRATORS_AT_ONCE
    }

    /// What a row changes. From here on it counts as stored: the next row's change is made on it.
    async fn change_of(&mut self, record: &Record, touched: &mut Touched) -> Result<Group, Error> {
        let mut group = Group::default();
        match record {
            Record::Account(account) => {
                let before = self.known.accounts.get(&account.id).cloned().flatten();
                let after = as_stored(account, before.as_ref());
                group.write.account(self.store, before.as_ref(), &after);
                self.known.accounts.insert(account.id.clone(), Some(after));
            }
            Record::Order(order) => {
                // The first order of a product fixes its kind.
                for line in &order.lines {
                    let Some(Some(product)) = self.known.products.get_mut(&line.product) else { continue };
                    if !product.ordered {
                        *product = group.write.product_ordered(self.store, product);
                        touched.orders_first(&line.product);
                    }
                }
                group.write.order(self.store, order, self.now);
                if let Some(reseller) = &order.reseller {
                    let first = self.known.resellers.insert((reseller.clone(), order.licence.clone()));
                    if first {
                        group.write.resells(self.store, reseller, &order.licence);
                    }
                    touched.names_reseller(reseller, &order.licence, first);
                }
            }
            other => self.add_change(&mut group, other, touched).await?,
        }
        Ok(group)
    }

    async fn store_record(&mut self, record: &Record) -> Result<(), Stop> {
        // Others do write at the same time: `send-activation` appends to the same audit while it takes in the orders of the
        // rows above.
        let store = self.store;
        optimistic!(store, self.store_once(record))?
    }

    async fn store_once(&mut self, record: &Record) -> Result<Result<(), Stop>, Failed> {
        self.look_again(record).await?;
        // What is left of an order after that fits into one transaction.
        while let Record::Order(order) = record
            && self.is_more_than_one_transaction(record)
        {
            self.note_ordered(order).await?;
            self.look_again(record).await?;
        }
        let (mut group, mut held) = (Group::default(), Vec::new());
        let written = match record {
            Record::Account(account) => self.write_account(account).await,
            other => {
                group = self.change_of(other, &mut Touched::default()).await?;
                let (write, welcomes) = group.written(self.store, &self.options.load, self.now);
                held = welcomes;
                write.commit(self.store).await
            }
        };
        let Err(Failed::Lost(lost)) = written else {
            written?;
            self.held.extend(held);
            return Ok(Ok(self.look_again(record).await?));
        };
        for person in group.welcomes {
            self.welcomed.remove(&person.digest());
        }
        if let Record::Order(order) = record
            && let Some(reseller) = &order.reseller
        {
            self.known.resellers.remove(&(reseller.clone(), order.licence.clone()));
        }
        match lost.part {
            // It was looked up and was not there, so somebody else has loaded it since; an order is a fact.
            "order" => Err(Error::Busy.into()),
            "parent" | "family" => Ok(Err(Stop::Lost)),
            _ => Err(Failed::Lost(lost)),
        }
    }

    async fn add_change(&mut self, group: &mut Group, record: &Record, touched: &mut Touched) -> Result<(), Error> {
        let write = &mut group.write;
        match record {
            Record::Product(product) => {
                let before = self.known.products.get(&product.sku).and_then(Option::as_ref);
                let after = write.product(self.store, before, product);
                self.known.products.insert(product.sku.clone(), Some(after));
            }
            Record::Customer(customer) => {
                let before = self.known.customers.get(&customer.id).and_then(Option::as_ref);
                let renamed = before.is_some_and(|before| before.record.name != customer.name);
                let after = write.customer(self.store, before, customer);
                if renamed {
                    let mark = format!("customer|{}", after.version);
                    let event = Event::RejudgeCustomer { customer: customer.id.clone(), after: None, mark };
                    write.event(self.store, &event, self.now, false);
                }
                self.known.customers.insert(customer.id.clone(), Some(after));
            }
            Record::Agreement(agreement) => self.add_agreement(group, agreement, touched).await?,
            Record::Activation(told) => self.add_activation(group, told).await?,
            Record::Suppression(suppression) => {
                write.suppression(self.store, suppression, self.now);
                let mark = format!("suppressed|{}", self.now);
                let event = Event::RejudgeAddress { address: suppression.address.clone(), mark };
                write.event(self.store, &event, self.now, false);
            }
            // The first two have transactions of their own, the others were refused.
            Record::Account(_) | Record::Order(_) | Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_) => {}
        }
        Ok(())
    }

    /// An account may have more administrators than one transaction has room for. Then it is written in several, each of
    /// which leaves a whole account behind, with some of its administrators; loading the row again goes on from there.
    async fn write_account(&self, account: &record::Account) -> Result<(), Failed> {
        self.store.make_way_for(&account.id).await?;
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
        let renamed = self.known.accounts.get(&account.id).cloned().flatten().is_some_and(|it| it.name != after.name);
        let mut tells = renamed.then(|| {
            let mark = format!("account|{}", after.version);
            Event::RejudgeAccount { account: account.id.clone(), mark }
        });
        loop {
            let next = toward(&after, before.as_ref());
            let mut write = Write::new();
            write.account(self.store, before.as_ref(), &next);
            if let Some(event) = tells.take() {
                write.event(self.store, &event, self.now, false);
            }
            write.commit(self.store).await?;
            if rows_to_write(Some(&next), &after).is_empty() {
                return Ok(());
            }
            before = Some(next);
        }
    }

    async fn add_agreement(
        &mut self,
        group: &mut Group,
        agreement: &record::Agreement,
        touched: &mut Touched,
    ) -> Result<(), Error> {
        let head = self.head_of(&agreement.licence).await?;
        let before = self.known.agreements.get(&agreement.licence).and_then(Option::as_ref);
        let customer = self.known.customers.get(&agreement.customer).and_then(Option::as_ref);
        let customer_name = customer.map_or("", |customer| customer.record.name.as_str());
        let write = &mut group.write;
        let after = write.agreement(self.store, before, agreement, customer_name);
        let above = agreement.parent_but_master().and_then(|parent| self.known.agreements.get(parent)?.as_ref());
        write.family(self.store, before, agreement, above.map(|above| above.version));
        if let Some(parent) = before.and_then(|before| before.record.parent_but_master()) {
            touched.leaves(parent);
        }

        let action = if before.is_some() { "agreement.changed" } else { "agreement.loaded" };
        let mut note = Note::new(action, self.actor())
            .fact("load", &self.options.load)
            .fact("customer", &agreement.customer)
            .fact("starts", agreement.starts)
            .fact("ends", agreement.ends);
        for (name, address) in &agreement.loaded_contacts {
            note = note.personal(name.as_str(), address.as_str());
        }
        let head = write.audit(self.store, &licence_chain(&agreement.licence), head.as_ref(), note, self.now);

        if before.is_some() {
            let mark = format!("agreement|{}", after.version);
            write.events(self.store, &[Event::Rejudge { licence: agreement.licence.clone(), mark }], self.now);
        }
        for address in newly_listed(before, agreement) {
            // One for a person and load (ACT-17): a row above may have brought it.
            let first = self.welcomed.insert(address.digest());
            if first {
                group.welcomes.push(address.clone());
            }
            touched.welcomes(address, first);
        }
        self.known.heads.insert(agreement.licence.clone(), Some(head));
        self.known.agreements.insert(agreement.licence.clone(), Some(after));
        Ok(())
    }

    async fn add_activation(&mut self, group: &mut Group, told: &record::Activation) -> Result<(), Error> {
        let head = self.head_of(&told.licence).await?;
        let key = (told.licence.clone(), told.product.clone());
        let before = match self.known.activations.get(&key) {
            Some(known) => known.clone(),
            None => self.store.activation(&told.licence, &told.product).await?,
        };
        let agreement = self.known.agreements.get(&told.licence).and_then(Option::as_ref);
        let product = self.known.products.get(&told.product).and_then(Option::as_ref);
        let account = self.known.accounts.get(&told.account).and_then(Option::as_ref);
        let (Some(agreement), Some(product), Some(account)) = (agreement, product, account) else {
            return Err(Error::Busy);
        };
        let customer = match self.known.customers.get(&agreement.record.customer) {
            Some(known) => known.clone(),
            None => self.store.get(&store::licences::customer(&agreement.record.customer)).await?,
        };
        let entitlement = Entitlement {
            licence: &told.licence,
            product: &told.product,
            product_name: product.record.name.as_str(),
            kind: product.record.kind,
            customer: &agreement.record.customer,
            customer_name: customer.as_ref().map_or("", |customer| customer.record.name.as_str()),
            contacts: agreement.record.contacts(),
            by_endpoint: product.endpoint.is_some(),
        };
        let step =
            Activation::load(before.as_ref(), &entitlement, &told.account, &account.name, told.activated, self.actor());
        let write = &mut group.write;
        write.step(self.store, &step, self.now, &self.policy.links);
        if let Some(kept) = account.kept() {
            write.account_used("account", self.store, account);
            self.known.accounts.insert(told.account.clone(), Some(kept));
        }
        let chain = licence_chain(&told.licence);
        let head = write.audit(self.store, &chain, head.as_ref(), step.note().clone(), self.now);
        let id = agreement.record.customer.clone();
        self.known.customers.entry(id).or_insert(customer);
        self.known.heads.insert(told.licence.clone(), Some(head));
        self.known.activations.insert(key, Some(step.into_after()));
        Ok(())
    }

    async fn head_of(&self, licence: &Licence) -> Result<Option<StoredHead>, Error> {
        match self.known.heads.get(licence) {
            Some(known) => Ok(known.clone()),
            None => self.store.audit_head(&licence_chain(licence)).await,
        }
    }

    /// Reads what a row is written on as it is stored now.
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
                self.known.heads.remove(&agreement.licence);
            }
            Record::Activation(told) => {
                self.known.heads.remove(&told.licence);
                self.known.activations.remove(&(told.licence.clone(), told.product.clone()));
                let account = self.known.accounts.get(&told.account).and_then(Option::as_ref);
                if account.is_some_and(|account| account.made_for.is_some()) {
                    let stored = self.store.get(&store::licences::account(&told.account)).await?;
                    self.known.accounts.insert(told.account.clone(), stored);
                }
            }
            Record::Order(order) => {
                let mut batch = Batch::default();
                for line in &order.lines {
                    batch.add(&store::licences::product(&line.product));
                }
                let got = batch.read(self.store).await?;
                for line in &order.lines {
                    let stored = got.get(&store::licences::product(&line.product))?;
                    self.known.products.insert(line.product.clone(), stored);
                }
            }
            Record::Suppression(_) | Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_) => {}
        }
        Ok(())
    }

    fn actor(&self) -> Actor {
        Actor::Operator { name: self.options.operator.clone() }
    }
}

/// How rows are written: slower each time that somebody else has written what they were made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// The changes of many rows in one transaction. What rows bring is taken for new; conditions say if it is not.
    Trusting,
    /// The same, but everything is looked up before.
    Together,
    /// Each row's change in a transaction of its own, read again and tried again where somebody else writes too.
    OneByOne,
}

impl Pace {
    const fn slower(self) -> Option<Self> {
        match self {
            Self::Trusting => Some(Self::Together),
            Self::Together => Some(Self::OneByOne),
            Self::OneByOne => None,
        }
    }
}

/// Rows that are taken together, and what became of those that are done.
struct Chunk<'r> {
    rows: &'r [Row],
    became: Vec<Option<Loaded>>,
}

impl<'r> Chunk<'r> {
    fn of(rows: &'r [Row]) -> Self {
        Self { rows, became: rows.iter().map(|_| None).collect() }
    }

    /// The rows that are not done, in order.
    fn left(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|index| self.became[*index].is_none()).collect()
    }

    /// What became of all of them, in order.
    fn loaded(self) -> Loaded {
        let mut all = Loaded::default();
        self.became.into_iter().flatten().for_each(|became| all.add(became));
        all
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
        before.is_none_or(|before| !before.record.loaded_contacts.values().any(|other| other == *address))
    };
    after.loaded_contacts.values().filter(known).collect()
}

/// Contacts at public mail providers are taken, with a warning (ACT-01).
fn warnings(row: u64, record: &Record) -> Vec<String> {
    let Record::Agreement(agreement) = record else { return Vec::new() };
    agreement
        .loaded_contacts
        .iter()
        .filter(|(_, address)| is_public(address.domain()))
        .map(|(name, _)| format!("row {row}: contacts.{name} is an address at a public mail provider"))
        .collect()
}

fn json_of(line: &impl serde::Serialize) -> String {
    serde_json::to_string(line).expect("report lines are plain data")
}
