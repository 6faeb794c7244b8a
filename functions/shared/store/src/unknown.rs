//! What this code does not know of items that it reads, changes and writes back whole: a later release's attributes. They are
//! still there afterwards, at the top of an item and inside the records that it holds.
//!
//! Where an item with a version is read, what was read is compared with what this code would write of it. What is left over is
//! kept, by the item's place and version, and put back when that version is written over: it is the write's condition, so
//! nothing else can be meant. Where nothing is left over, which is nearly always, nothing is kept and nothing is written
//! besides.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Item, Table, place::Place, to_item};

/// What the store itself adds to items, and takes away.
const OF_THE_STORE: [&str; 4] = ["due_slot", "due_at", "expires", "unsealed"];

/// So many items with something unknown are remembered, the oldest are forgotten first. A function reads far fewer before it
/// writes, and all of a load's pipeline are fewer.
const MOST: usize = 20_000;

/// What was left over of the items that were read, by where they lie and their version.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    left: HashMap<(Place, u64), Arc<[Left]>>,
    order: VecDeque<(Place, u64)>,
}

/// What one record within an item holds that this code does not know.
#[derive(Debug, Clone, PartialEq)]
struct Left {
    /// Where the record was: names of attributes and places in lists.
    path: Vec<Step>,
    /// What this code knows of it, by which it is found again where it has moved.
    known: Item,
    /// The rest.
    unknown: Item,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Place(usize),
}

/// How records say which variant they are: what another variant is not known to hold is not put into this one.
const TAGS: [&str; 2] = ["name", "kind"];

impl Unknown {
    /// Remembers what was not understood of an item with a version.
    pub(crate) fn note<T: Serialize + DeserializeOwned>(&self, place: &Place, raw: &Item, read: &T) {
        let Some(version) = version_of(place.0, raw) else { return };
        let mut known = to_item(read);
        let mut left = Vec::new();
        difference(raw, &known, &mut Vec::new(), &mut left);
        if let Some(top) = left.first_mut().filter(|left| left.path.is_empty()) {
            let own = own_attributes(place.0);
            top.unknown.retain(|name, _| !own.contains(name.as_str()));
        }
        left.retain(|left| !left.unknown.is_empty());
        if left.is_empty() {
            return;
        }
        // An attribute of an earlier form, which is read and written as another, is not unknown: without it, the item would be
        // read as something else.
        let mut without = raw.clone();
        for left in &left {
            take_away(&mut without, left);
        }
        let same = serde_dynamo::from_item::<_, T>(without).is_ok_and(|other| {
            let other = to_item(&other);
            other == std::mem::take(&mut known)
        });
        if same {
            self.keep(place.clone(), version, left.into());
        }
    }

    /// Puts back what was not understood of the version `seen` of an item, into the one that takes its place.
    pub(crate) fn put_back(&self, place: &Place, seen: u64, item: &mut Item) {
        let left = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.left.is_empty() {
                return;
            }
            kept.left.get(&(place.clone(), seen)).cloned()
        };
        let Some(left) = left else { return };
        for record in left.iter() {
            if let Some(into) = find(item, record) {
                for (name, value) in &record.unknown {
                    into.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        // Who writes it again has it from this write, and does not read it before.
        if let Some(version) = version_of(place.0, item) {
            self.keep(place.clone(), version, left);
        }
    }

    fn keep(&self, place: Place, version: u64, left: Arc<[Left]>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (place, version);
        if kept.left.insert(key.clone(), left).is_none() {
            kept.order.push_back(key);
        }
        if kept.order.len() > MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.left.remove(&oldest);
        }
    }
}

/// What an item is known by when it is written over; none where it is never written over as a whole. Suppressions of the first
/// releases have no version: 0.
fn version_of(table: Table, item: &Item) -> Option<u64> {
    let name = if table == Table::Audit { "newest" } else { "version" };
    match item.get(name) {
        Some(AttributeValue::N(number)) => number.parse().ok(),
        None if table == Table::Listings && item.contains_key("reason") => Some(0),
        _ => None,
    }
}

fn own_attributes(table: Table) -> HashSet<&'static str> {
    let (partition, sort) = table.key();
    let indexes = table.indexes().iter().flat_map(|index| [index.partition, index.sort.0]);
    let keys = [partition].into_iter().chain(sort.map(|(name, _)| name));
    keys.chain(indexes).chain(OF_THE_STORE).collect()
}

/// What stands in `raw` and not in `known`, record by record, the outermost first.
fn difference(raw: &Item, known: &Item, path: &mut Vec<Step>, left: &mut Vec<Left>) {
    let unknown: Item = raw.iter().filter(|(name, _)| !known.contains_key(*name)).map(owned).collect();
    if !unknown.is_empty() {
        left.push(Left { path: path.clone(), known: known.clone(), unknown });
    }
    for (name, inner) in known {
        if let Some(raw) = raw.get(name) {
            path.push(Step::Name(name.clone()));
            difference_within(raw, inner, path, left);
            path.pop();
        }
    }
}

fn difference_within(raw: &AttributeValue, known: &AttributeValue, path: &mut Vec<Step>, left: &mut Vec<Left>) {
    match (raw, known) {
        (AttributeValue::M(raw), AttributeValue::M(known)) => difference(raw, known, path, left),
        (AttributeValue::L(raw), AttributeValue::L(known)) if raw.len() == known.len() => {
            for (place, (raw, known)) in raw.iter().zip(known).enumerate() {
                path.push(Step::Place(place));
                difference_within(raw, known, path, left);
                path.pop();
            }
        }
        _ => {}
    }
}

fn owned((name, value): (&String, &AttributeValue)) -> (String, AttributeValue) {
    (name.clone(), value.clone())
}

fn take_away(item: &mut Item, left: &Left) {
    if let Some(record) = at(item, &left.path) {
        record.retain(|name, _| !left.unknown.contains_key(name));
    }
}

/// The record at a path.
fn at<'i>(item: &'i mut Item, path: &[Step]) -> Option<&'i mut Item> {
    let Some((first, rest)) = path.split_first() else { return Some(item) };
    let Step::Name(name) = first else { return None };
    let (mut value, mut rest) = (item.get_mut(name)?, rest);
    while let Some((Step::Place(place), further)) = rest.split_first() {
        let AttributeValue::L(list) = value else { return None };
        (value, rest) = (list.get_mut(*place)?, further);
    }
    let AttributeValue::M(inner) = value else { return None };
    at(inner, rest)
}

/// Where a record is now: unchanged somewhere in the item, or changed where it was. One that gave way to another variant or
/// went from its list is nowhere.
fn find<'i>(item: &'i mut Item, left: &Left) -> Option<&'i mut Item> {
    if left.path.is_empty() {
        return Some(item);
    }
    let is_same =
        |record: &Item| left.known.iter().all(|(name, value)| is_tag(name) || record.get(name) == Some(value));
    let in_list = matches!(left.path.last(), Some(Step::Place(_)));
    if at(item, &left.path).is_some_and(|record| is_same(record) && tags(record) == tags(&left.known)) {
        return at(item, &left.path);
    }
    // By the name of a variant alone nothing is known again: any record would do.
    let has_more = left.known.keys().any(|name| !is_tag(name));
    if let Some(path) = has_more.then(|| path_to(item, &is_same, &mut Vec::new())).flatten() {
        return at(item, &path);
    }
    // Of a list it is not known which one was changed and which one came or went.
    at(item, &left.path).filter(|record| !in_list && tags(record) == tags(&left.known))
}

fn is_tag(name: &str) -> bool {
    TAGS.contains(&name)
}

fn tags(record: &Item) -> [Option<&AttributeValue>; 2] {
    TAGS.map(|tag| record.get(tag))
}

fn path_to(item: &Item, is_same: &impl Fn(&Item) -> bool, path: &mut Vec<Step>) -> Option<Vec<Step>> {
    let mut names: Vec<&String> = item.keys().collect();
    names.sort();
    for name in names {
        path.push(Step::Name(name.clone()));
        if let Some(found) = path_within(&item[name], is_same, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

fn path_within(value: &AttributeValue, is_same: &impl Fn(&Item) -> bool, path: &mut Vec<Step>) -> Option<Vec<Step>> {
    match value {
        AttributeValue::M(record) if is_same(record) => Some(path.clone()),
        AttributeValue::M(record) => path_to(record, is_same, path),
        AttributeValue::L(list) => {
            for (place, value) in list.iter().enumerate() {
                path.push(Step::Place(place));
                if let Some(found) = path_within(value, is_same, path) {
                    return Some(found);
                }
                path.pop();
            }
            None
        }
        _ => None,
    }
}
