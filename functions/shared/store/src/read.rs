//! Reading: what a request needs in one `BatchGetItem`, and queries.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    sync::Arc,
};

use aws_sdk_dynamodb::{
    operation::query::QueryOutput,
    types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity, Select},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::task::JoinSet;

use crate::{
    Error, Item, Kind, Store, Table, failed, from_item,
    place::{Place, key_of, place_of},
    text, understood,
    unknown::Unknown,
};

/// One item's place, and what it is read as.
#[derive(Debug)]
pub struct Slot<T> {
    pub(crate) table: Table,
    pub(crate) partition: String,
    pub(crate) sort: Option<String>,
    /// What is stored there counts only if it has this attribute.
    having: Option<&'static str>,
    what: PhantomData<fn() -> T>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { partition: self.partition.clone(), sort: self.sort.clone(), ..*self }
    }
}

impl<T> Slot<T> {
    pub(crate) fn new(table: Table, partition: impl Into<String>, sort: Option<String>) -> Self {
        let partition = partition.into();
        debug_assert!(
            Kind::at(table, &partition, sort.as_deref()).is_some() || partition == PRIME,
            "a place of no known kind: give it one in kind.rs, and frozen examples (`cargo xtask freeze`)"
        );
        Self { table, partition, sort, having: None, what: PhantomData }
    }

    /// Where something else may lie: an item counts only if it has this attribute, which all of this kind have.
    pub(crate) fn having(self, attribute: &'static str) -> Self {
        Self { having: Some(attribute), ..self }
    }

    pub(crate) fn key(&self) -> Item {
        key_of(self.table, &self.partition, self.sort.as_deref())
    }

    pub(crate) fn place(&self) -> Place {
        (self.table, self.partition.clone(), self.sort.clone())
    }

    fn counts(&self, item: &Item) -> bool {
        self.having.is_none_or(|attribute| item.contains_key(attribute))
    }
}

/// A place where nothing ever lies.
const PRIME: &str = "prime";

/// One call reads so many items.
const MOST_KEYS: usize = 100;

/// So many calls of a batch are on their way at a time.
const CALLS: usize = 4;

/// Items to be read together: one call for up to a hundred, consistent.
#[derive(Debug, Default)]
pub struct Batch {
    keys: Vec<Place>,
    /// The same, once they are many: looking through a list for each would cost their number squared.
    among: HashSet<Place>,
}

/// Up to so many keys are looked through one by one.
const FEW: usize = 16;

/// What a batch found.
#[derive(Debug, Default)]
pub struct BatchResult {
    items: HashMap<Place, Item>,
    unknown: Arc<Unknown>,
}

impl Batch {
    /// Adds an item; the same slot gets it from what was found.
    pub fn add<T>(&mut self, slot: &Slot<T>) {
        let key = slot.place();
        if self.keys.len() < FEW {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
            return;
        }
        if self.among.is_empty() {
            self.among.extend(self.keys.iter().cloned());
        }
        if self.among.insert(key.clone()) {
            self.keys.push(key);
        }
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// With one more item.
    #[must_use]
    pub fn with<T>(mut self, slot: &Slot<T>) -> Self {
        self.add(slot);
        self
    }

    /// Reads all, several calls at a time where one does not do.
    pub async fn read(self, store: &Store) -> Result<BatchResult, Error> {
        if self.keys.len() <= MOST_KEYS {
            return read_part(store, &self.keys).await;
        }
        let (mut got, mut reading) =
            (BatchResult { unknown: Arc::clone(&store.unknown), ..BatchResult::default() }, JoinSet::new());
        let mut parts = self.keys.chunks(MOST_KEYS);
        loop {
            while reading.len() < CALLS
                && let Some(part) = parts.next()
            {
                let (store, part) = (store.clone(), part.to_vec());
                reading.spawn(async move { read_part(&store, &part).await });
            }
            let Some(part) = reading.join_next().await else { return Ok(got) };
            got.items.extend(part.expect("reading does not panic and nobody cancels it")?.items);
        }
    }
}

/// Reads as much as one call may ask for. What the database leaves unprocessed is asked for again.
async fn read_part(store: &Store, keys: &[Place]) -> Result<BatchResult, Error> {
    let mut got = BatchResult { unknown: Arc::clone(&store.unknown), ..BatchResult::default() };
    let mut request: HashMap<String, KeysAndAttributes> = HashMap::new();
    let mut by_table: HashMap<Table, Vec<Item>> = HashMap::new();
    for (table, partition, sort) in keys {
        by_table.entry(*table).or_default().push(key_of(*table, partition, sort.as_deref()));
    }
    for (table, keys) in by_table {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        request.insert(store.name(table), keys.expect("there are keys"));
    }
    let mut attempt = 0;
    while !request.is_empty() {
        if attempt > 0 {
            store.pause(attempt).await;
        }
        if attempt > 5 {
            return Err(Error::Unavailable("the database leaves reads unprocessed".into()));
        }
        attempt += 1;
        let call = store
            .client
            .batch_get_item()
            .set_request_items(Some(request))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = store.meter.call(call.send()).await.map_err(|error| failed(&error))?;
        store.meter.used_read(answer.consumed_capacity());
        for (name, items) in answer.responses.unwrap_or_default() {
            let Some(table) = Table::ALL.iter().find(|table| store.name(**table) == name) else { continue };
            for item in items {
                got.items.insert(place_of(*table, &item), item);
            }
        }
        request = answer.unprocessed_keys.unwrap_or_default();
    }
    Ok(got)
}

impl BatchResult {
    /// The item of a slot, if it is stored.
    pub fn get<T: DeserializeOwned + Serialize>(&self, slot: &Slot<T>) -> Result<Option<T>, Error> {
        let place = slot.place();
        let Some(item) = self.items.get(&place).filter(|item| slot.counts(item)) else { return Ok(None) };
        let read = from_item(item.clone())?;
        self.unknown.note(&place, item, &read);
        Ok(Some(read))
    }

    /// Whether something is stored there, understood or not.
    pub(crate) fn has<T>(&self, slot: &Slot<T>) -> bool {
        self.items.contains_key(&slot.place())
    }

    /// The same for one of many that are shown: none also where a later release wrote it, which is logged.
    pub fn get_understood<T: DeserializeOwned + Serialize>(&self, slot: &Slot<T>) -> Result<Option<T>, Error> {
        crate::left_out(slot.table, self.get(slot)).map(Option::flatten)
    }
}

/// A query: one partition of a table or index, in order.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which table.
    pub table: Table,
    /// Which index, if any.
    pub index: Option<&'static str>,
    /// The partition attribute.
    pub partition: (&'static str, String),
    /// A condition on the sort key: attribute, expression with `#s` and `:a`, `:b`, values.
    pub sort: Option<(&'static str, &'static str, Vec<AttributeValue>)>,
    /// Newest (largest) first.
    pub backwards: bool,
    /// So many items at most.
    pub limit: Option<i32>,
    /// Begin after this item.
    pub after: Option<Item>,
}

impl Query {
    /// All items of a partition of a table, the smallest sort key first.
    pub fn of(table: Table, partition: impl Into<String>) -> Self {
        let partition = (table.key().0, partition.into());
        Self { table, index: None, partition, sort: None, backwards: false, limit: None, after: None }
    }

    /// All items of a partition of an index, likewise.
    pub fn of_index(table: Table, index: &'static str, partition: (&'static str, String)) -> Self {
        Self { index: Some(index), partition, ..Self::of(table, String::new()) }
    }

    /// Those of them whose sort key is a text that begins like this.
    #[must_use]
    pub fn beginning_with(self, start: &str) -> Self {
        let sort = self.table.key().1.map(|(name, _)| (name, "begins_with(#s, :a)", vec![text(start)]));
        Self { sort, ..self }
    }
}

impl Store {
    /// Reads one item, consistently.
    ///
    /// A batch of one: it costs what `GetItem` does, and a function from cold has one operation less to run for the first time.
    pub async fn get<T: DeserializeOwned + Serialize>(&self, slot: &Slot<T>) -> Result<Option<T>, Error> {
        read_part(self, &[slot.place()]).await?.get(slot)
    }

    /// Opens the connection, so that the first request does not wait for it. What comes back does not matter.
    pub async fn prime(&self) {
        let nothing: Slot<()> = Slot::new(Table::Marks, PRIME, None);
        let _ = Batch::default().with(&nothing).read(self).await;
    }

    /// An item as it is stored: for tests and measurements that hand it over as a stream does.
    #[cfg(feature = "testing")]
    pub async fn raw<T>(&self, slot: &Slot<T>) -> Result<Option<Item>, Error> {
        let get = self.client.get_item().table_name(self.name(slot.table)).set_key(Some(slot.key()));
        let answer = get.consistent_read(true).send().await.map_err(|error| failed(&error))?;
        Ok(answer.item)
    }

    /// One page of a query: items, and where the next page begins.
    pub(crate) async fn query(&self, query: &Query) -> Result<(Vec<Item>, Option<Item>), Error> {
        let answer = self.ask(query, None).await?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// How many items a query finds: all its pages, of which only the numbers come.
    pub(crate) async fn count(&self, mut query: Query) -> Result<usize, Error> {
        let mut count = 0;
        loop {
            let answer = self.ask(&query, Some(Select::Count)).await?;
            count += usize::try_from(answer.count).unwrap_or_default();
            query.after = answer.last_evaluated_key;
            if query.after.is_none() {
                return Ok(count);
            }
        }
    }

    async fn ask(&self, query: &Query, select: Option<Select>) -> Result<QueryOutput, Error> {
        let mut condition = String::from("#p = :p");
        let mut request = self
            .client
            .query()
            .table_name(self.name(query.table))
            .set_index_name(query.index.map(Into::into))
            .expression_attribute_names("#p", query.partition.0)
            .expression_attribute_values(":p", text(&query.partition.1))
            .set_limit(query.limit)
            .set_select(select)
            .scan_index_forward(!query.backwards)
            .set_exclusive_start_key(query.after.clone())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if query.index.is_none() {
            request = request.consistent_read(true);
        }
        if let Some((name, expression, values)) = &query.sort {
            condition.push_str(" AND ");
            condition.push_str(expression);
            request = request.expression_attribute_names("#s", *name);
            for (value, placeholder) in values.iter().zip([":a", ":b"]) {
                request = request.expression_attribute_values(placeholder, value.clone());
            }
        }
        let answer = self
            .meter
            .call(request.key_condition_expression(condition).send())
            .await
            .map_err(|error| failed(&error))?;
        self.meter.used_read(answer.consumed_capacity.as_slice());
        Ok(answer)
    }

    /// All pages of a query, each item as what it is read as: to do something about each of them. Nothing is done where one is
    /// not understood.
    pub(crate) async fn all<T: DeserializeOwned + Serialize>(&self, query: Query) -> Result<Vec<T>, Error> {
        let table = query.table;
        let read = |item: Item| {
            let read = from_item(item.clone())?;
            self.unknown.note(&place_of(table, &item), &item, &read);
            Ok(read)
        };
        self.query_all(query).await?.into_iter().map(read).collect()
    }

    /// The same to show them: what is not understood is left out.
    pub(crate) async fn all_understood<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, Error> {
        let table = query.table;
        understood(table, self.query_all(query).await?)
    }

    /// All pages of a query.
    pub(crate) async fn query_all(&self, mut query: Query) -> Result<Vec<Item>, Error> {
        let mut all = Vec::new();
        loop {
            let (items, next) = self.query(&query).await?;
            all.extend(items);
            match next {
                Some(next) => query.after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

/// An item as a stream writes it: `{"pk":{"S":"…"},"n":{"N":"1"}}`. None if it is not of that form.
pub fn item_of_json(image: &serde_json::Value) -> Option<Item> {
    image.as_object()?.iter().map(|(name, value)| Some((name.clone(), value_of_json(value)?))).collect()
}

fn value_of_json(value: &serde_json::Value) -> Option<AttributeValue> {
    let (kind, inner) = value.as_object()?.iter().next()?;
    let texts = || inner.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    Some(match kind.as_str() {
        "S" => AttributeValue::S(inner.as_str()?.into()),
        "N" => AttributeValue::N(inner.as_str()?.into()),
        "BOOL" => AttributeValue::Bool(inner.as_bool()?),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(texts()?),
        "NS" => AttributeValue::Ns(texts()?),
        "M" => AttributeValue::M(item_of_json(inner)?),
        "L" => AttributeValue::L(inner.as_array()?.iter().map(value_of_json).collect::<Option<_>>()?),
        _ => return None,
    })
}
