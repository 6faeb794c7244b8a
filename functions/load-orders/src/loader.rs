//! Rows are judged against the database and written.

use std::collections::{BTreeSet, HashSet};

use gateway::App;
use licensing::{
    Address, ContactName, CustomerId, Licence, Policy, Sku, Timestamp,
    access::{Holder, Level, Roster, TooLong, access, newly_lasting},
    account::Account,
    activation::{Activation, Entitlement},
    audit::{Actor, Note, licence_chain},
    event::Event,
    import::{
        Code, LineReport, Record, Refusal, Row, RowOutcome,
        record::{self, Digest},
    },
    policy::LoadPolicy,
    providers::is_public,
    roles::Role,
};
use store::{
    Batch, Error, Failed, Store, Write,
    audit::StoredHead,
    licences::{Versioned, rows_to_write},
    optimistic,
    optimistic::ROUNDS,
};

use crate::{
    allowed::{Allowed, Brought, refused_for_release_before},
    holding::HolderChange,
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
    /// Whether rows may undo what people did in the portal.
    over_portal: bool,
    /// What may be loaded.
    allowed: Allowed,
    brought: Brought,
}

/// What an address holds on an agreement, as it is known to be stored.
type KnownHolder = ((Licence, Address), Option<Versioned<Holder>>);

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
        let known = Known::new(options.dry_run, pace == Pace::Trusting, false);
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
            over_portal: false,
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

    /// The same load, where rows may undo what people did in the portal: an operator says so.
    #[must_use]
    pub fn over_portal(mut self) -> Self {
        self.over_portal = true;
        self.known = Known::new(self.options.dry_run, self.pace == Pace::Trusting, true);
        self
    }

    /// Takes rows in order: some thousands at a time work best.
    pub async fn take(&mut self, rows: &[Row]) -> Result<Loaded, Error> {
        if self.known.is_large() && !self.options.dry_run {
            self.known = Known::new(false, self.pace == Pace::Trusting, self.over_portal);
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
            self.known = Known::new(false, false, self.over_portal);
        }
        if self.welcomed.len() > MOST_WELCOMED {
            self.finish().await?;
        }
        let loaded = chunk.loaded();
        if !self.options.dry_run {
            // Where much of these rows was stored already, the next ones are most likely as well.
            self.pace = if loaded.unchanged * 2 > loaded.rows { Pace::Together } else { Pace::Trusting };
            if self.pace == Pace::Trusting && pace != Pace::Trusting {
                self.known = Known::new(false, true, self.over_portal);
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
            self.known.fetch_rosters(self.store, &rows).await?;
            for index in left {
                self.known.complete(self.store, &chunk.rows[index], self.now).await?;
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
        self.known.complete(self.store, row, self.now).await?;
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
        let refused = self.allowed.refuses(row, &self.known, &self.brought);
        let refused = refused.or_else(|| refused_for_release_before(row, self.policy.stored));
        let taken = match refused {
            Some(refusal) => Err(refusal),
            None => self.known.world.take(row.clone(), self.now, &self.policy.links),
        };
        let taken = taken.and_then(|taken| self.fits_into_the_roster(row, taken));
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

    /// Refuses what would make an agreement's roster too long: everybody's rights there are judged by it, so it is one item.
    fn fits_into_the_roster(&mut self, row: &Row, taken: RowOutcome) -> Result<RowOutcome, Refusal> {
        let RowOutcome::Stored(record) = &taken else { return Ok(taken) };
        let Some((licence, address)) = record.holder() else { return Ok(taken) };
        match self.known.holder_change(licence, &[address], |holder| holder.loaded(record, self.now)) {
            Ok(change) => {
                if self.options.dry_run {
                    self.known.hold(change);
                }
                Ok(taken)
            }
            Err(TooLong) => {
                let before =
                    self.known.holder(licence, address).map(|holder| holder.record.clone()).unwrap_or_default();
                self.known.world.put_back_holder(licence, address, &before);
                Err(Refusal {
                    row: row.number(),
                    code: Code::Conflict,
                    field: Some("address".into()),
                    hint: Some(
                        "this agreement has as many Administrators and Online Services Managers as it can have. Remove some \
                         first"
                            .into(),
                    ),
                })
            }
        }
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
    async fn change_of(&mut self, record: &Record, touched: &mut Touched) -> Result<Group, Stop> {
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
                let times_given_up = match order.gives_to() {
                    Some(reseller) => self.add_ordered(&mut group, order, reseller, touched).await?,
                    None => 0,
                };
                group.write.order_after(self.store, order, times_given_up, self.now);
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
        let judged = self.holders_of(record);
        let written = match record {
            Record::Account(account) => self.write_account(account).await,
            other => {
                group = match self.change_of(other, &mut Touched::default()).await {
                    Ok(group) => group,
                    Err(Stop::Error(error)) => return Err(error.into()),
                    Err(stop) => return Ok(Err(stop)),
                };
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
        // Nothing was written: the next round is made on what the row was judged by.
        self.known.holders.extend(judged);
        if let Record::Order(order) = record
            && let Some(reseller) = &order.reseller
        {
            self.known.resellers.remove(&(reseller.clone(), order.licence.clone()));
        }
        match lost.part {
            // It was looked up and was not there, so somebody else has loaded it since; an order is a fact.
            "order" => Err(Error::Busy.into()),
            "parent" | "family" | "holder" | "judged-by" => Ok(Err(Stop::Lost)),
            _ => Err(Failed::Lost(lost)),
        }
    }

    /// What a row that changes what addresses hold was judged by.
    fn holders_of(&self, record: &Record) -> Vec<KnownHolder> {
        let whose = |licence: &Licence, address: &Address| {
            let key = (licence.clone(), address.clone());
            self.known.holders.get(&key).cloned().map(|stored| (key, stored))
        };
        match record {
            Record::Order(order) => {
                order.gives_to().and_then(|reseller| whose(&order.licence, reseller)).into_iter().collect()
            }
            Record::Agreement(agreement) => {
                let named = ContactName::LASTING.iter().filter_map(|name| agreement.loaded_contacts.get(name));
                named.filter_map(|address| whose(&agreement.licence, address)).collect()
            }
            other => other.holder().and_then(|(licence, address)| whose(licence, address)).into_iter().collect(),
        }
    }

    async fn add_change(&mut self, group: &mut Group, record: &Record, touched: &mut Touched) -> Result<(), Stop> {
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
            Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_) => self.add_held(group, record).await?,
            // They have transactions of their own.
            Record::Account(_) | Record::Order(_) => {}
        }
        Ok(())
    }

    /// What a row tells of what an address holds (ROLE-07, PERM-04, ROLE-04). A removal is written only where who has to stay is
    /// still who it was judged by (PERM-03).
    async fn add_held(&mut self, group: &mut Group, record: &Record) -> Result<(), Stop> {
        let Some((licence, address)) = record.holder() else { return Ok(()) };
        let head = self.head_of(licence).await?;
        let levels = self.levels_of(licence).ok_or(Stop::Lost)?;
        let Some(agreement) = levels.first().map(|level| level.record.clone()) else { return Err(Stop::Lost) };
        let customer_name = self.customer_name(&agreement.customer).await?;
        let write = &mut group.write;
        if matches!(record, Record::Removal(_)) {
            for level in &levels {
                let slot = store::licences::agreement(&level.record.licence);
                write.check_version("judged-by", self.store, &slot, level.version);
            }
        }
        let change = self.known.holder_change(licence, &[address], |holder| holder.loaded(record, self.now));
        let change = change.map_err(|TooLong| Stop::Lost)?;
        change.write(self.store, write, &agreement, &customer_name);
        let head = write.audit(self.store, &licence_chain(licence), head.as_ref(), self.note_of(record), self.now);
        let mut events = Vec::new();
        for held in &change.holders {
            let mark = format!("holder|{}|{}", held.address.as_str(), held.version());
            if held.counts_otherwise() {
                // What is addressed to them goes to the next contact, or they are one again (PERM-04).
                events.push(Event::Rejudge { licence: licence.clone(), mark: mark.clone() });
            }
            let was = self.is_administrator(&levels, &held.address, held.before());
            let is = self.is_administrator(&levels, &held.address, Some(&held.after));
            if was != is {
                let (licence, address) = (licence.clone(), held.address.clone());
                events.push(Event::AdministratorChanged { licence, address, made: is, mark });
            }
        }
        write.events(self.store, &events, self.now);
        self.known.heads.insert(licence.clone(), Some(head));
        self.known.hold(change);
        Ok(())
    }

    /// How the audit names what a row tells of an address.
    fn note_of(&self, record: &Record) -> Note {
        let (action, what, address) = match record {
            Record::Assignment(row) => {
                let roles: Vec<&str> = row.given.here().into_iter().map(Role::as_str).collect();
                ("permission.assigned", Some(("roles", roles.join(" "))), &row.address)
            }
            Record::OptOut(row) => ("permission.opted-out", Some(("of", row.of.to_string())), &row.address),
            Record::Removal(row) => ("permission.removed", None, &row.address),
            _ => unreachable!("only rows of what an address holds are written like this"),
        };
        let note = Note::new(action, self.actor()).fact("load", &self.options.load);
        let note = what.into_iter().fold(note, |note, (name, value)| note.fact(name, value));
        note.personal("address", address.as_str())
    }

    /// An agreement with what stands above it, as they are known; none where one of them is not.
    fn levels_of(&self, licence: &Licence) -> Option<Vec<Versioned<record::Agreement>>> {
        let known = |licence: &Licence| self.known.agreements.get(licence).and_then(Option::as_ref);
        let mut levels = vec![known(licence)?.clone()];
        while let Some(above) = levels.last().and_then(|level| level.record.parent.as_ref())
            && levels.len() < 3
        {
            levels.push(known(above)?.clone());
        }
        Some(levels)
    }

    /// Whether an address is Administrator where it holds this.
    fn is_administrator(
        &self,
        levels: &[Versioned<record::Agreement>],
        address: &Address,
        here: Option<&Holder>,
    ) -> bool {
        let above = |level: &Versioned<record::Agreement>| self.known.holder(&level.record.licence, address);
        let levels: Vec<Level<'_>> = levels
            .iter()
            .enumerate()
            .map(|(index, level)| {
                let holder = if index == 0 { here } else { above(level).map(|holder| &holder.record) };
                Level::of(&level.record, None, holder)
            })
            .collect();
        access(&levels, address, self.now).has(Role::Administrator)
    }

    async fn customer_name(&mut self, id: &CustomerId) -> Result<String, Error> {
        if !self.known.customers.contains_key(id) {
            let stored = self.store.get(&store::licences::customer(id)).await?;
            self.known.customers.insert(id.clone(), stored);
        }
        let known = self.known.customers.get(id).and_then(Option::as_ref);
        Ok(known.map_or_else(|| id.to_string(), |customer| customer.record.name.to_string()))
    }

    /// An order gives its reseller the limited set, while that is not denied or given up (OPEN-08). How often it was given up: the
    /// order keeps that.
    async fn add_ordered(
        &mut self,
        group: &mut Group,
        order: &record::Order,
        reseller: &Address,
        touched: &mut Touched,
    ) -> Result<u32, Stop> {
        let licence = &order.licence;
        let change = self.known.holder_change(licence, &[reseller], |holder| holder.ordered(&order.id));
        let change = change.map_err(|TooLong| Stop::Lost)?;
        let agreement = self.known.agreements.get(licence).cloned().flatten().ok_or(Stop::Lost)?.record;
        let customer_name = self.customer_name(&agreement.customer).await?;
        change.write(self.store, &mut group.write, &agreement, &customer_name);
        let Some(held) = change.holders.first() else { return Err(Stop::Lost) };
        let times_given_up = held.after.times_given_up;
        if held.before().is_none_or(|before| before.orders.is_none()) {
            let head = self.head_of(licence).await?;
            let note = Note::new("permission.ordered", self.actor())
                .fact("load", &self.options.load)
                .fact("order", &order.id)
                .personal("address", reseller.as_str());
            let head = group.write.audit(self.store, &licence_chain(licence), head.as_ref(), note, self.now);
            self.known.heads.insert(licence.clone(), Some(head));
            touched.is_audited(licence);
        }
        self.known.hold(change);
        Ok(times_given_up)
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
    ) -> Result<(), Stop> {
        let head = self.head_of(&agreement.licence).await?;
        let revived = self.revived_by(agreement).await?;
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

        if let Some(before) = before {
            let mark = format!("agreement|{}", after.version);
            let mut events = vec![Event::Rejudge { licence: agreement.licence.clone(), mark: mark.clone() }];
            events.extend(self.administrators_changed(&before.record, agreement, revived.as_ref(), &mark));
            if before.record.ends != agreement.ends {
                // Requests that wait end with it, as it ends now (REQ-05).
                events.push(Event::AgreementEndMoved { licence: agreement.licence.clone(), mark });
            }
            // Whoever is newly named and gives up at this moment is revived by the next try.
            for address in newly_lasting(&before.record.loaded_contacts, &agreement.loaded_contacts)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .filter(|address| !revived.iter().flat_map(|it| &it.holders).any(|held| held.address == **address))
            {
                let seen = self.known.holder(&agreement.licence, address).map(|holder| holder.version);
                write.holds_still(self.store, &agreement.licence, address, seen);
            }
            if let Some(revived) = &revived {
                revived.write(self.store, write, agreement, customer_name);
                for held in &revived.holders {
                    touched.revives(&agreement.licence, &held.address);
                }
            }
            write.events(self.store, &events, self.now);
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
        if let Some(revived) = revived {
            self.known.hold(revived);
        }
        Ok(())
    }

    /// Whose listings count again, because an agreement row newly names them primary or notices contact (PERM-04).
    async fn revived_by(&mut self, after: &record::Agreement) -> Result<Option<HolderChange>, Stop> {
        let licence = &after.licence;
        let Some(before) = self.known.agreements.get(licence).and_then(Option::as_ref) else { return Ok(None) };
        if after.changes_who_acts(&before.record) && !self.known.rosters.contains_key(licence) {
            let stored = self.store.get(&store::standing::roster(licence)).await?;
            self.known.rosters.insert(licence.clone(), stored);
        }
        let Some(before) = self.known.agreements.get(licence).and_then(Option::as_ref) else { return Ok(None) };
        let gave_up = |address: &&Address| {
            self.known.holder(licence, address).is_some_and(|holder| holder.record.gave_up.is_some())
        };
        // One address may be both.
        let named: BTreeSet<&Address> =
            newly_lasting(&before.record.loaded_contacts, &after.loaded_contacts).filter(gave_up).collect();
        if named.is_empty() {
            return Ok(None);
        }
        let named: Vec<&Address> = named.into_iter().collect();
        self.known.holder_change(licence, &named, Holder::revive).map(Some).map_err(|TooLong| Stop::Lost)
    }

    /// Whom an agreement row makes Administrator by naming them, or removes by naming them no longer. What stands above is looked at
    /// when it is told.
    fn administrators_changed(
        &self,
        before: &record::Agreement,
        after: &record::Agreement,
        revived: Option<&HolderChange>,
        mark: &str,
    ) -> Vec<Event> {
        let stored = self.known.rosters.get(&after.licence).and_then(Option::as_ref).map(|roster| &roster.record);
        let now_there = revived.and_then(HolderChange::roster).or(stored);
        let is = |agreement, roster: Option<&Roster>, address: &Address| {
            let holder = roster.and_then(|roster| roster.holder(address));
            access(&[Level::of(agreement, None, holder.as_ref())], address, self.now).has(Role::Administrator)
        };
        let (were, are) = (before.administrators(), after.administrators());
        let revived = revived.into_iter().flat_map(|revived| &revived.holders).map(|held| &held.address);
        let candidates: BTreeSet<&Address> = were.symmetric_difference(&are).copied().chain(revived).collect();
        let mut events = Vec::new();
        for address in candidates {
            let made = is(after, now_there, address);
            if is(before, stored, address) != made {
                let (licence, address) = (after.licence.clone(), address.clone());
                events.push(Event::AdministratorChanged { licence, address, made, mark: mark.into() });
            }
        }
        events
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
                self.known.rosters.remove(&agreement.licence);
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
                if order.gives_to().is_some() {
                    self.known.heads.remove(&order.licence);
                }
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
            // What the address holds and what stands above stay as they were when the row was judged.
            Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_) => {
                if let Some((licence, _)) = record.holder() {
                    let slots = (store::standing::roster(licence), store::audit::head(&licence_chain(licence)));
                    let got = Batch::default().with(&slots.0).with(&slots.1).read(self.store).await?;
                    self.known.rosters.insert(licence.clone(), got.get(&slots.0)?);
                    self.known.heads.insert(licence.clone(), got.get(&slots.1)?);
                }
            }
            Record::Suppression(_) => {}
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
