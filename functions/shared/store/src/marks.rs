//! Short-lived items: counters of limits, requests that were answered, and how far the sweep has come.

use licensing::{
    Timestamp,
    limits::{Domain, Network, Reserve, Share},
    when::add_days,
};
use serde::{Deserialize, Serialize};

use crate::{Error, Slot, Store, Table, Write, number, text, write::expires};

/// A request that was answered, so that its repeat gets the same answer (APR-06). Holds no cookies, codes or keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The hash of what was asked: the same key with other content is refused.
    pub content: String,
    /// The version of what it changed.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The answer, as it was sent, where the next read could not tell it any more; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// How often something was done in one span of the clock: counted up without being read first, so that many at once do not
/// wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// So often.
    pub tally: u32,
}

/// How far the sweep has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// Everything due before was done.
    pub at: Timestamp,
}

/// The slot of an answered request: bound to person, route and key.
pub fn answered(person: &str, route: &str, key: &str) -> Slot<Answered> {
    Slot::new(Table::Marks, format!("answered#{person}#{route}#{}", licensing::seal::short_name(key)), None)
}

/// The slot of a tally. `what` names the limit and whom it is for, already hashed where it is personal.
pub fn tally(what: &str, span: i64) -> Slot<Tally> {
    Slot::new(Table::Marks, format!("tally#{what}#{span}"), None)
}

/// The slot of what strangers had done from a network, which is named by a pseudonym.
pub fn network(pseudonym: &str) -> Slot<Network> {
    Slot::new(Table::Marks, format!("network#{pseudonym}"), None)
}

/// The slot of what strangers had mailed to a domain.
pub fn domain(name: &str) -> Slot<Domain> {
    Slot::new(Table::Marks, format!("domain#{name}"), None)
}

/// The slot of a share of what strangers had done in the whole deployment.
pub fn share(number: u32) -> Slot<Share> {
    Slot::new(Table::Marks, format!("strangers#{number}"), None)
}

/// The slot of a part of the reserve of known browsers.
pub fn reserve(number: u32) -> Slot<Reserve> {
    Slot::new(Table::Marks, format!("known#{number}"), None)
}

/// What is counted is forgotten after so many days: no limit looks back further than one.
const COUNTED_DAYS: u32 = 2;

/// The slot of a sweep's watermark.
pub fn watermark(of: &str) -> Slot<Watermark> {
    Slot::new(Table::Marks, format!("watermark#{of}"), None)
}

impl Write {
    /// That a request was answered; lost if it was before.
    pub fn answered(&mut self, store: &Store, slot: &Slot<Answered>, answer: &Answered) {
        self.put_new("answered", store, slot, answer, vec![expires(add_days(answer.at, 2))]);
    }

    /// What is counted as it is now; lost if somebody counted in between. Version 0 is what was never stored.
    pub fn counted<T: Serialize>(
        &mut self,
        part: &'static str,
        store: &Store,
        slot: &Slot<T>,
        (seen, after): (u64, &T),
        now: Timestamp,
    ) {
        let seen = Some(seen).filter(|version| *version > 0);
        self.put_version(part, store, slot, after, seen, vec![expires(add_days(now, COUNTED_DAYS))]);
    }

    /// One more; lost if that would be more than `most`.
    pub fn tally(&mut self, part: &'static str, store: &Store, slot: &Slot<Tally>, most: u32, now: Timestamp) {
        let (name, forgotten) = expires(add_days(now, 2));
        let update = Self::update_of(store, slot, "SET #e = :e ADD tally :one")
            .on_condition("attribute_not_exists(mark) OR tally < :most")
            .name("#e", name)
            .value(":e", forgotten)
            .value(":one", number(1))
            .value(":most", number(most));
        self.push(part, slot, &update);
    }
}

impl Store {
    /// Moves a watermark forward; it never goes back.
    pub async fn advance_watermark(&self, of: &str, to: Timestamp) -> Result<(), Error> {
        let slot = watermark(of);
        let update = self
            .client()
            .update_item()
            .table_name(self.name(Table::Marks))
            .set_key(Some(slot.key()))
            .update_expression("SET #a = :a, at_second = :s")
            .condition_expression("attribute_not_exists(mark) OR at_second < :s")
            .expression_attribute_names("#a", "at")
            .expression_attribute_values(":a", text(to.to_string()))
            .expression_attribute_values(":s", number(to.as_second()));
        self.update_one(update).await.map(drop)
    }
}
