//! Writing: one conditional transaction a state change.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        transact_write_items::TransactWriteItemsError,
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{AttributeValue, ReturnConsumedCapacity},
};
use licensing::{Licence, Sku, glance::GlanceChange};
use serde::Serialize;

use crate::{
    Error, Item, Slot, Store, Table, bought, failed,
    head::HeadChange,
    number,
    place::key_of,
    text, to_item,
    wire::{self, Action},
};

/// A state change that is being put together.
#[derive(Debug, Default)]
pub struct Write {
    /// Each as the text that is sent.
    items: Vec<String>,
    names: Vec<&'static str>,
    places: HashSet<Place>,
    /// Heads of audit chains, by chain: however many entries are appended to a chain, its head is written once.
    pub(crate) heads: BTreeMap<String, HeadChange>,
    /// What changes of what is told at a glance, by chain: the next entry of the chain takes it along.
    pub(crate) glances: BTreeMap<String, GlanceChange>,
    /// Products to be noted of Licensing IDs: however many, one item is written for each Licensing ID.
    bought: BTreeMap<String, (Licence, BTreeSet<Sku>)>,
    /// How long all texts are.
    weight: usize,
}

/// Where an item lies: a hash of its key. Two items of one hash would only be kept out of one transaction for nothing.
type Place = u64;

/// A transaction takes so many items.
const MOST_ITEMS: usize = 100;

/// A transaction takes 4 MB of items; their texts are longer than that by names of types and conditions.
const MOST_WEIGHT: usize = 4_000_000;

/// A condition did not hold: somebody wrote in between, or it was done before.
#[derive(Debug, Clone)]
pub struct Lost {
    /// Which part of the change.
    pub part: &'static str,
    /// What is stored there instead.
    pub stored: Option<Item>,
}

/// The change was not made.
#[derive(Debug, Clone)]
pub enum Failed {
    /// A condition did not hold.
    Lost(Lost),
    /// The database did not do it.
    Error(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Lost {
    /// What is stored instead, read as what it is.
    pub fn stored<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.stored.clone().and_then(|item| crate::from_item(item).ok())
    }
}

/// Transactions that meet others are tried again so often.
const ATTEMPTS: u32 = 8;

/// What an attempt met.
enum Met {
    /// Another transaction on its way, or too many of them: nothing was written.
    Others,
    /// The same transaction, sent before and still being made.
    Itself,
    /// No answer, or one that says nothing: it was made or not.
    Silence,
    /// Nothing was written, and trying again would not help.
    Failed(Failed),
}

impl Write {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many items.
    pub fn len(&self) -> usize {
        self.items.len() + self.heads.len() + self.bought.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes an item whatever is stored there.
    pub(crate) fn put<T>(
        &mut self,
        store: &Store,
        slot: &Slot<T>,
        value: &impl Serialize,
        extra: Vec<(&str, AttributeValue)>,
    ) {
        self.push("put", slot, &Self::put_of(store, slot, value, extra));
    }

    /// Writes an item where none is stored.
    pub(crate) fn put_new<T>(
        &mut self,
        part: &'static str,
        store: &Store,
        slot: &Slot<T>,
        value: &impl Serialize,
        extra: Vec<(&str, AttributeValue)>,
    ) {
        let put = Self::put_of(store, slot, value, extra)
            .on_condition("attribute_not_exists(#k)")
            .name("#k", slot.table.key().0)
            .showing_what_is_stored();
        self.push(part, slot, &put);
    }

    /// Writes an item if the stored one has this version; none: if there is none.
    pub(crate) fn put_version<T>(
        &mut self,
        part: &'static str,
        store: &Store,
        slot: &Slot<T>,
        value: &impl Serialize,
        seen: Option<u64>,
        extra: Vec<(&str, AttributeValue)>,
    ) {
        let Some(seen) = seen else { return self.put_new(part, store, slot, value, extra) };
        let mut item = Self::item_of(slot, value, extra);
        store.unknown.put_back(&slot.place(), seen, &mut item);
        let put = Action::put(store.name(slot.table), item)
            .on_condition("#v = :seen")
            .name("#v", "version")
            .value(":seen", number(seen))
            .showing_what_is_stored();
        self.push(part, slot, &put);
    }

    /// Writes an item on a condition of its own, which may name one value, `:now`.
    pub(crate) fn put_if<T>(
        &mut self,
        part: &'static str,
        store: &Store,
        slot: &Slot<T>,
        value: &impl Serialize,
        (condition, now): (String, AttributeValue),
        extra: Vec<(&str, AttributeValue)>,
    ) {
        let put = Self::put_of(store, slot, value, extra);
        self.push(part, slot, &put.on_condition(condition).value(":now", now).showing_what_is_stored());
    }

    /// Deletes an item, stored or not.
    pub(crate) fn delete<T>(&mut self, store: &Store, slot: &Slot<T>) {
        self.push("delete", slot, &Action::delete(store.name(slot.table), slot.key()));
    }

    /// Requires that an item still has this version.
    pub fn check_version<T>(&mut self, part: &'static str, store: &Store, slot: &Slot<T>, seen: u64) {
        let check = Action::check(store.name(slot.table), slot.key(), "#v = :seen")
            .name("#v", "version")
            .value(":seen", number(seen))
            .showing_what_is_stored();
        self.push(part, slot, &check);
    }

    /// Requires that nothing is stored there yet.
    pub(crate) fn check_absent<T>(&mut self, part: &'static str, store: &Store, slot: &Slot<T>) {
        let check = Action::check(store.name(slot.table), slot.key(), "attribute_not_exists(#k)");
        self.push(part, slot, &check.name("#k", slot.table.key().0).showing_what_is_stored());
    }

    /// Requires that an item still has this text.
    pub(crate) fn check_text<T>(
        &mut self,
        part: &'static str,
        store: &Store,
        slot: &Slot<T>,
        name: &'static str,
        seen: &str,
    ) {
        let check = Action::check(store.name(slot.table), slot.key(), "#n = :seen").name("#n", name);
        self.push(part, slot, &check.value(":seen", text(seen)));
    }

    /// A change of an item, to be completed and handed to [`Write::push`].
    pub(crate) fn update_of<'a, T>(store: &Store, slot: &Slot<T>, expression: &'a str) -> Action<'a> {
        Action::update(store.name(slot.table), slot.key(), expression)
    }

    /// Takes over everything of another change, which was made on what is stored after this one.
    pub fn merge(&mut self, other: Self) {
        self.items.extend(other.items);
        self.names.extend(other.names);
        self.places.extend(other.places);
        self.weight += other.weight;
        for (chain, change) in other.heads {
            self.move_head(chain, change);
        }
        for (chain, change) in other.glances {
            self.glances.entry(chain).or_default().and(change);
        }
        for (licence, products) in other.bought.into_values() {
            for product in products {
                self.bought(&licence, &product);
            }
        }
    }

    /// Notes that a product was ordered under a Licensing ID, or is in use there (LIC-03). What is noted already stays.
    pub fn bought(&mut self, licence: &Licence, product: &Sku) {
        let (_, products) = self.bought.entry(licence.key()).or_insert_with(|| (licence.clone(), BTreeSet::new()));
        products.insert(product.clone());
    }

    /// Whether another change can go into the same transaction, and so many further items besides: there is room, and no
    /// item is in both, but for the heads of audit chains that go on where this change leaves them.
    pub fn has_room_for(&self, other: &Self, further: usize) -> bool {
        let mut shared = 0;
        for (chain, change) in &other.heads {
            match self.heads.get(chain) {
                None => {}
                Some(head) if head.leads_to(change) => shared += 1,
                Some(_) => return false,
            }
        }
        self.len() + other.len() - shared + further <= MOST_ITEMS
            && self.weight + other.weight <= MOST_WEIGHT
            && self.places.is_disjoint(&other.places)
    }

    /// What changes at a glance; nothing where nothing does.
    pub(crate) fn glance(&mut self, chain: String, change: GlanceChange) {
        if !change.is_empty() {
            self.glances.entry(chain).or_default().and(change);
        }
    }

    pub(crate) fn move_head(&mut self, chain: String, change: HeadChange) {
        match self.heads.get_mut(&chain) {
            Some(head) => head.newest = change.newest,
            None => drop(self.heads.insert(chain, change)),
        }
    }

    /// Makes the change: all of it or nothing. Where it meets another transaction it is tried again a bounded number of
    /// times; where a condition does not hold, nothing is written and the caller sees what is stored instead.
    ///
    /// All attempts are the same text and bear one name, so that the database makes the change once: a repeat of what was
    /// made is answered with success, a repeat of what was not made makes it. With that, an answer that was lost is settled
    /// here, and no caller takes its own change for somebody else's.
    pub async fn commit(mut self, store: &Store) -> Result<(), Failed> {
        if self.is_empty() {
            return Ok(());
        }
        debug_assert!(
            self.glances.is_empty(),
            "what counts at a glance changes with an entry of the audit, which follows it"
        );
        for (chain, change) in std::mem::take(&mut self.heads) {
            self.push_text("audit", &change.put(store, &chain));
        }
        for (licence, products) in std::mem::take(&mut self.bought).into_values() {
            self.push_text("bought", &bought::note(store, &licence, &products));
        }
        let body = wire::transaction(&std::mem::take(&mut self.items), &licensing::seal::to_text(&store.salt()));
        let body: Arc<str> = body.into();
        let mut unclear = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                store.pause(attempt).await;
            }
            let body = Arc::clone(&body);
            let call =
                store.client.transact_write_items().customize().mutate_request(move |it| wire::put_body(it, &body));
            let sent = store.meter.call(call.send()).await;
            let error = match sent {
                Ok(answer) => {
                    store.meter.used_write(answer.consumed_capacity());
                    return Ok(());
                }
                Err(error) => error,
            };
            match self.met(&error) {
                Met::Others => {}
                Met::Itself => unclear = Some(failed(&error)),
                // The client has tried several times by now, so one more round must do.
                Met::Silence if unclear.is_none() => unclear = Some(failed(&error)),
                Met::Silence => return Err(Failed::Error(failed(&error))),
                Met::Failed(failed) => return Err(failed),
            }
        }
        // What is still being made may yet come about, so "nothing was changed" would be too much said.
        Err(Failed::Error(unclear.map_or(Error::Busy, |error| Error::Unavailable(error.to_string()))))
    }

    fn met(&self, error: &SdkError<TransactWriteItemsError>) -> Met {
        let cancelled = match error {
            SdkError::ServiceError(answer) => match answer.err() {
                TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled,
                TransactWriteItemsError::TransactionInProgressException(_) => return Met::Itself,
                _ if answer.raw().status().is_server_error() => return Met::Silence,
                _ => return Met::Failed(Failed::Error(failed(error))),
            },
            SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => return Met::Silence,
            // Also where all attempts were made for which there is time: whoever asked is waiting.
            _ => return Met::Failed(Failed::Error(failed(error))),
        };
        let reasons = cancelled.cancellation_reasons();
        let lost = reasons.iter().zip(&self.names).find(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"));
        if let Some((reason, part)) = lost {
            return Met::Failed(Failed::Lost(Lost { part, stored: reason.item().cloned() }));
        }
        let passing = |code: &str| {
            matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "None")
        };
        if reasons.iter().filter_map(|reason| reason.code()).all(passing) {
            return Met::Others;
        }
        let why = cancelled.meta().message().unwrap_or("cancelled").to_owned();
        Met::Failed(Failed::Error(Error::Refused(why)))
    }

    pub(crate) fn put_of<T>(
        store: &Store,
        slot: &Slot<T>,
        value: &impl Serialize,
        extra: Vec<(&str, AttributeValue)>,
    ) -> Action<'static> {
        Action::put(store.name(slot.table), Self::item_of(slot, value, extra))
    }

    fn item_of<T>(slot: &Slot<T>, value: &impl Serialize, extra: Vec<(&str, AttributeValue)>) -> Item {
        let mut item = to_item(value);
        item.extend(slot.key());
        item.extend(extra.into_iter().map(|(name, value)| (name.to_owned(), value)));
        item
    }

    /// One more action, on the item of this slot.
    pub(crate) fn push<T>(&mut self, part: &'static str, slot: &Slot<T>, action: &Action<'_>) {
        self.push_text(part, action);
        let mut place = DefaultHasher::new();
        (slot.table, &slot.partition, &slot.sort).hash(&mut place);
        self.places.insert(place.finish());
    }

    fn push_text(&mut self, part: &'static str, action: &Action<'_>) {
        let text = action.text();
        self.weight += text.len();
        self.items.push(text);
        self.names.push(part);
    }
}

impl Store {
    /// An update of one item that is a change of its own. Whether its condition held.
    pub(crate) async fn update_one(&self, update: UpdateItemFluentBuilder) -> Result<bool, Error> {
        let sent = self.meter.call(update.return_consumed_capacity(ReturnConsumedCapacity::Total).send()).await;
        match sent {
            Ok(answer) => {
                self.meter.used_write(answer.consumed_capacity.as_slice());
                Ok(true)
            }
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Deletes one item, stored or not.
    pub(crate) async fn delete(&self, table: Table, partition: &str, sort: Option<&str>) -> Result<(), Error> {
        let delete = self
            .client
            .delete_item()
            .table_name(self.name(table))
            .set_key(Some(key_of(table, partition, sort)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = self.meter.call(delete.send()).await.map_err(|error| failed(&error))?;
        self.meter.used_write(answer.consumed_capacity.as_slice());
        Ok(())
    }
}

/// The attributes by which the sweep finds an item (EXP-02).
pub(crate) fn due_attributes(at: Option<licensing::Timestamp>, id: &str) -> Vec<(&'static str, AttributeValue)> {
    at.map_or_else(Vec::new, |at| {
        let seconds = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
        vec![("due_slot", text(licensing::due::slot(at, id))), ("due_at", number(seconds))]
    })
}

/// The attribute by which DynamoDB deletes an item some time after `at`.
pub(crate) fn expires(at: licensing::Timestamp) -> (&'static str, AttributeValue) {
    ("expires", number(at.as_second()))
}
