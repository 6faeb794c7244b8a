//! Writes the changes of a chunk's rows: several transactions at a time, in queues beside each other.
//!
//! A row that depends on a change that is not stored yet goes into the same queue, behind that change. So whatever a row
//! is judged by is stored before the row is, and two rows that write the same stay in their order: after a crash at any
//! point nothing stands without what it rests on. Rows that have nothing to do with each other may overtake each other.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use licensing::{
    AccountId, Address, CustomerId, Licence, OrderId, Sku, Timestamp,
    event::Event,
    import::{Need, Record, Row, World},
};
use store::{Error, Failed, Store, Write};
use tokio::task::JoinSet;

use crate::loaded::Loaded;

/// So many transactions are on their way at a time.
const QUEUES: usize = 6;

/// One transaction takes so many changes of an account's administrators: it may hold a hundred items, the account's
/// own and its customer's included.
pub(crate) const ADMINISTRATORS_AT_ONCE: usize = 90;

/// One transaction notes so many products as ordered, with room for the order itself.
pub(crate) const PRODUCTS_AT_ONCE: usize = 90;

/// One event welcomes so many people: they get their mails in one call of `deliver-mail`.
const WELCOMED_AT_ONCE: usize = 50;

/// What rows have to do with. Of each only a hash is kept; where two have the same, a row waits for nothing.
#[derive(Hash)]
enum RecordKey<'a> {
    Product(&'a Sku),
    Customer(&'a CustomerId),
    Account(&'a AccountId),
    /// The account that a customer is linked to.
    Linked(&'a CustomerId),
    Agreement(&'a Licence),
    /// Its audit.
    Audit(&'a Licence),
    Activation(&'a Licence, &'a Sku),
    Suppression(&'a Address),
    Administered(&'a Address),
    Order(&'a OrderId),
    Reseller(&'a Address, &'a Licence),
    Welcome(&'a Address),
    /// How many stand below it.
    Family(&'a Licence),
    /// What an address holds on it.
    Holder(&'a Licence, &'a Address),
    /// Its roster.
    Roster(&'a Licence),
}

/// What a row depends on, and what it changes.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    depends: Vec<u64>,
    changes: Vec<u64>,
}

impl Touched {
    /// By a row, as far as it says itself.
    pub(crate) fn by(row: &Row, world: &World) -> Self {
        let mut touched = Self::default();
        let Some(record) = row.record() else {
            touched.depends.extend(world.depends_on(row).iter().map(|need| RecordKey::of(need).hash()));
            return touched;
        };
        let mut changes = |thing: RecordKey<'_>| touched.changes.push(thing.hash());
        let mut depends = |thing: RecordKey<'_>| touched.depends.push(thing.hash());
        match record {
            Record::Product(product) => changes(RecordKey::Product(&product.sku)),
            Record::Customer(customer) => changes(RecordKey::Customer(&customer.id)),
            Record::Account(account) => {
                changes(RecordKey::Account(&account.id));
                if let Some(customer) = &account.customer {
                    depends(RecordKey::Customer(customer));
                    changes(RecordKey::Linked(customer));
                }
            }
            Record::Agreement(agreement) => {
                changes(RecordKey::Agreement(&agreement.licence));
                changes(RecordKey::Audit(&agreement.licence));
                depends(RecordKey::Customer(&agreement.customer));
                if let Some(parent) = &agreement.parent {
                    depends(RecordKey::Agreement(parent));
                }
                if let Some(parent) = agreement.parent_but_master() {
                    depends(RecordKey::Family(&agreement.licence));
                    changes(RecordKey::Family(parent));
                }
            }
            Record::Activation(told) => {
                changes(RecordKey::Activation(&told.licence, &told.product));
                changes(RecordKey::Audit(&told.licence));
                depends(RecordKey::Agreement(&told.licence));
                depends(RecordKey::Product(&told.product));
                depends(RecordKey::Account(&told.account));
            }
            Record::Suppression(suppression) => changes(RecordKey::Suppression(&suppression.address)),
            Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_) => {
                if let Some((licence, address)) = record.holder() {
                    changes(RecordKey::Holder(licence, address));
                    changes(RecordKey::Roster(licence));
                    changes(RecordKey::Audit(licence));
                    for level in world.levels(licence) {
                        depends(RecordKey::Agreement(&level));
                    }
                }
            }
            Record::Order(order) => {
                changes(RecordKey::Order(&order.id));
                if let Some(reseller) = order.gives_to() {
                    changes(RecordKey::Holder(&order.licence, reseller));
                }
                depends(RecordKey::Agreement(&order.licence));
                for line in &order.lines {
                    changes(RecordKey::Activation(&order.licence, &line.product));
                    depends(RecordKey::Product(&line.product));
                }
            }
        }
        touched
    }

    /// By a row that changes nothing.
    pub(crate) fn unchanged(mut self) -> Self {
        self.depends.append(&mut self.changes);
        self
    }

    /// It notes that a product was ordered.
    pub(crate) fn orders_first(&mut self, product: &Sku) {
        self.changes.push(RecordKey::Product(product).hash());
    }

    /// It stands no longer below this one.
    pub(crate) fn leaves(&mut self, parent: &Licence) {
        self.changes.push(RecordKey::Family(parent).hash());
    }

    /// It names a reseller, and is the first to note it or not.
    pub(crate) fn names_reseller(&mut self, reseller: &Address, licence: &Licence, first: bool) {
        let whose = if first { &mut self.changes } else { &mut self.depends };
        whose.push(RecordKey::Reseller(reseller, licence).hash());
    }

    /// It stands in the audit of this agreement.
    pub(crate) fn is_audited(&mut self, licence: &Licence) {
        self.changes.push(RecordKey::Audit(licence).hash());
    }

    /// It makes what this address is listed as count again.
    pub(crate) fn revives(&mut self, licence: &Licence, address: &Address) {
        self.changes.push(RecordKey::Holder(licence, address).hash());
        self.changes.push(RecordKey::Roster(licence).hash());
    }

    /// A person is welcomed because of it, or was because of a row before.
    pub(crate) fn welcomes(&mut self, person: &Address, first: bool) {
        let whose = if first { &mut self.changes } else { &mut self.depends };
        whose.push(RecordKey::Welcome(person).hash());
    }
}

impl<'a> RecordKey<'a> {
    fn hash(&self) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(self)
    }

    const fn of(need: &'a Need) -> Self {
        match need {
            Need::Product(sku) => Self::Product(sku),
            Need::Customer(id) => Self::Customer(id),
            Need::Account(id) => Self::Account(id),
            Need::Agreement(licence) => Self::Agreement(licence),
            Need::Order(id) => Self::Order(id),
            Need::Suppression(address) => Self::Suppression(address),
            Need::Administered(address) => Self::Administered(address),
            Need::Activation(licence, sku) => Self::Activation(licence, sku),
            Need::Family(licence) => Self::Family(licence),
            Need::Holder(licence, address) => Self::Holder(licence, address),
        }
    }
}

/// The changes of rows that are written together.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) write: Write,
    /// Who is welcomed because of them.
    pub(crate) welcomes: Vec<Address>,
    /// What becomes of which row.
    rows: Vec<(usize, Loaded)>,
    depends: HashSet<u64>,
    changes: HashSet<u64>,
}

impl Group {
    fn has_room_for(&self, more: &Self) -> bool {
        let welcomes = (self.welcomes.len() + more.welcomes.len()).div_ceil(WELCOMED_AT_ONCE);
        self.write.has_room_for(&more.write, welcomes)
    }

    fn add(&mut self, more: Self) {
        self.write.merge(more.write);
        self.welcomes.extend(more.welcomes);
        self.rows.extend(more.rows);
        self.depends.extend(more.depends);
        self.changes.extend(more.changes);
    }

    fn meets(&self, touched: &Touched) -> bool {
        touched.depends.iter().any(|thing| self.changes.contains(thing))
            || touched.changes.iter().any(|thing| self.changes.contains(thing) || self.depends.contains(thing))
    }

    /// All that is written, the held welcome mails with it; and the names of those.
    pub(crate) fn written(&mut self, store: &Store, load: &str, now: Timestamp) -> (Write, Vec<String>) {
        let mut write = std::mem::take(&mut self.write);
        let mut held = Vec::new();
        for some in self.welcomes.chunks(WELCOMED_AT_ONCE) {
            let event = Event::Welcome { load: load.into(), addresses: some.iter().cloned().collect::<BTreeSet<_>>() };
            write.event(store, &event, now, true);
            held.push(event.id());
        }
        (write, held)
    }
}

/// Why the rest of a chunk was left.
pub(crate) enum Stop {
    /// The database does not do it.
    Error(Error),
    /// What a transaction was made on has changed, or an order that was taken for new is stored already.
    Lost,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// All queues.
pub(crate) struct Pipeline<'a> {
    store: &'a Store,
    load: &'a str,
    now: Timestamp,
    all: [Queue; QUEUES],
    /// Takes the rows that could go anywhere.
    current: usize,
    /// So many transactions were sent.
    turn: usize,
    flying: JoinSet<(usize, Result<(), Failed>)>,
    stored: Stored,
}

#[derive(Default)]
struct Queue {
    /// Takes further rows.
    open: Group,
    /// On its way, with the welcome mails in it.
    sent: Option<(Group, Vec<String>)>,
    /// The how many-th of all it was.
    turn: usize,
}

/// What is stored of a chunk.
#[derive(Default)]
pub(crate) struct Stored {
    /// What became of which row.
    pub(crate) rows: Vec<(usize, Loaded)>,
    /// Welcome mails that wait for the end of the load.
    pub(crate) held: Vec<String>,
    /// Who was to be welcomed because of rows that are not stored.
    pub(crate) unwelcome: Vec<Address>,
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(store: &'a Store, load: &'a str, now: Timestamp) -> Self {
        let (flying, stored) = (JoinSet::new(), Stored::default());
        Self { store, load, now, all: Default::default(), current: 0, turn: 0, flying, stored }
    }

    /// Takes a row's change: `group` holds nothing else. It may be empty, then the row counts when what it depends on is
    /// stored.
    pub(crate) async fn add(
        &mut self,
        row: usize,
        becomes: Loaded,
        touched: Touched,
        mut group: Group,
    ) -> Result<(), Stop> {
        let mut behind = (0..QUEUES).filter(|queue| self.all[*queue].meets(&touched));
        let (queue, only) = match (behind.next(), behind.next()) {
            (None, _) if group.write.is_empty() => {
                self.stored.rows.push((row, becomes));
                return Ok(());
            }
            (None, _) => (self.current, true),
            (Some(queue), other) => (queue, other.is_none()),
        };
        group.rows.push((row, becomes));
        group.depends.extend(touched.depends);
        group.changes.extend(touched.changes);
        let room = if !only {
            self.all_stored().await
        } else if !self.all[queue].open.has_room_for(&group) {
            self.send(queue).await
        } else {
            Ok(())
        };
        // It is among what is not stored, whether there was room or not.
        self.all[queue].open.add(group);
        room
    }

    /// Waits until everything is stored.
    pub(crate) async fn all_stored(&mut self) -> Result<(), Stop> {
        for queue in 0..QUEUES {
            self.send(queue).await?;
        }
        while !self.flying.is_empty() {
            self.answer().await?;
        }
        Ok(())
    }

    /// The end: nothing more is sent, but what is on its way is waited for.
    pub(crate) async fn end(mut self) -> Stored {
        while !self.flying.is_empty() {
            let _ = self.answer().await;
        }
        for queue in self.all {
            let sent = queue.sent.into_iter().map(|(group, _)| group);
            self.stored.unwelcome.extend(sent.chain([queue.open]).flat_map(|group| group.welcomes));
        }
        self.stored
    }

    /// Sends what a queue has gathered, once its previous transaction is stored.
    async fn send(&mut self, queue: usize) -> Result<(), Stop> {
        while self.all[queue].sent.is_some() {
            self.answer().await?;
        }
        let mut group = std::mem::take(&mut self.all[queue].open);
        if group.rows.is_empty() {
            return Ok(());
        }
        let (write, held) = group.written(self.store, self.load, self.now);
        let store = self.store.clone();
        self.flying.spawn(async move { (queue, write.commit(&store).await) });
        self.all[queue].sent = Some((group, held));
        self.turn += 1;
        self.all[queue].turn = self.turn;
        // Where one thread does everything, a request leaves only when others get their turn: the one who makes it, and
        // the connection.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        while let Some(answered) = self.flying.try_join_next() {
            self.settle(answered)?;
        }
        // The fullest of the queues that could send at once; if there is none, the one that has waited longest.
        let free = (0..QUEUES).filter(|queue| self.all[*queue].sent.is_none());
        let fullest = free.max_by_key(|queue| self.all[*queue].open.write.len());
        let oldest = || (0..QUEUES).min_by_key(|queue| self.all[*queue].turn);
        self.current = fullest.or_else(oldest).unwrap_or_default();
        Ok(())
    }

    async fn answer(&mut self) -> Result<(), Stop> {
        match self.flying.join_next().await {
            Some(answered) => self.settle(answered),
            None => Ok(()),
        }
    }

    fn settle(&mut self, answered: Result<(usize, Result<(), Failed>), tokio::task::JoinError>) -> Result<(), Stop> {
        let (queue, outcome) = answered.expect("writing does not panic and nobody cancels it");
        match outcome {
            Ok(()) => {
                if let Some((group, held)) = self.all[queue].sent.take() {
                    self.stored.rows.extend(group.rows);
                    self.stored.held.extend(held);
                }
                Ok(())
            }
            Err(Failed::Lost(_)) => Err(Stop::Lost),
            Err(Failed::Error(error)) => Err(Stop::Error(error)),
        }
    }
}

impl Queue {
    fn meets(&self, touched: &Touched) -> bool {
        self.open.meets(touched) || self.sent.as_ref().is_some_and(|(group, _)| group.meets(touched))
    }
}
