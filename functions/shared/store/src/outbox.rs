//! The outbox: what is to be done after a change, written with it and carried by the stream.

use licensing::{Timestamp, event::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Failed, Item, Slot, Store, Table, Write, from_item, number, text,
    write::{due_attributes, expires},
};

/// An event on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// What is to be done.
    pub event: Event,
    /// Since when.
    pub queued_at: Timestamp,
    /// `codes`, `mail`, `activations` or `outside`: the stream's filters pass it on by this.
    pub consumer: String,
    /// How often the sweep drove it again.
    #[serde(default)]
    pub driven: u32,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// Held back: until a load has ended, so that a person gets one digest (ACT-17), or until the sweep drives it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// How often it was tried in vain, where others decide whether it can be done (LINK-11).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
    /// Why the last try was in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One transaction lets so many events go.
const MOST_RELEASED: usize = 100;

/// Done events are kept so long, days.
const KEPT_DAYS: u32 = 30;

/// The slot of an event.
pub fn queued(id: &str) -> Slot<Queued> {
    Slot::new(Table::Outbox, id, None)
}

/// An event of an outbox item, as the stream carries it; none if it is done or held.
pub fn of_record(item: Item) -> Result<Option<Queued>, Error> {
    let queued: Queued = from_item(item)?;
    Ok((queued.done_at.is_none() && !queued.held).then_some(queued))
}

impl Write {
    /// Queues events.
    pub fn events(&mut self, store: &Store, events: &[Event], now: Timestamp) {
        for event in events {
            self.event(store, event, now, false);
        }
    }

    /// Queues one event, held back or not. It falls due for the sweep after the policy's time.
    pub fn event(&mut self, store: &Store, event: &Event, now: Timestamp, held: bool) {
        let id = event.id();
        let item = Queued {
            event: event.clone(),
            queued_at: now,
            consumer: event.consumer().as_str().into(),
            driven: 0,
            done_at: None,
            held,
            tries: 0,
            trouble: None,
        };
        self.put(store, &queued(&id), &item, due_attributes(Some(store.redriven_at(now)), &id));
    }

    /// Marks an event as done in the transaction of what it led to. Lost if it was done before.
    pub fn event_done(&mut self, store: &Store, id: &str, now: Timestamp) {
        let (name, value) = expires(licensing::when::add_days(now, KEPT_DAYS));
        let update = Self::update_of(store, &queued(id), "SET done_at = :n, #e = :e REMOVE due_slot, due_at")
            .on_condition("attribute_exists(event_id) AND attribute_not_exists(done_at)")
            .name("#e", name)
            .value(":n", text(now.to_string()))
            .value(":e", value);
        self.push("event", &queued(id), &update);
    }
}

impl Store {
    /// Marks an event as done: it leaves the due index and is deleted after a while.
    pub async fn event_done(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let (name, value) = expires(licensing::when::add_days(now, KEPT_DAYS));
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Outbox))
            .set_key(Some(queued(id).key()))
            .update_expression("SET done_at = :n, #e = :e REMOVE due_slot, due_at")
            // Where it does not hold, the event was deleted already: done long ago.
            .condition_expression("attribute_exists(event_id)")
            .expression_attribute_names("#e", name)
            .expression_attribute_values(":n", text(now.to_string()))
            .expression_attribute_values(":e", value);
        self.update_one(update).await.map(drop)
    }

    /// Puts off what could not be done now, for a reason that is kept: it is held back until `until`, when the sweep drives it
    /// again. Whether this call did it; not, where it was done meanwhile.
    pub async fn put_event_off(&self, id: &str, tries: u32, trouble: &str, until: Timestamp) -> Result<bool, Error> {
        let mut update = self
            .client
            .update_item()
            .table_name(self.name(Table::Outbox))
            .set_key(Some(queued(id).key()))
            .update_expression("SET held = :yes, tries = :t, trouble = :w, due_slot = :due_slot, due_at = :due_at")
            .condition_expression("attribute_exists(event_id) AND attribute_not_exists(done_at)")
            .expression_attribute_values(":yes", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
            .expression_attribute_values(":t", number(tries))
            .expression_attribute_values(":w", text(trouble));
        for (name, value) in due_attributes(Some(until), id) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        self.update_one(update).await
    }

    /// Drives an event again: the stream carries it once more, and it falls due again later. Whether this call did it.
    pub async fn drive_event(&self, id: &str, now: Timestamp) -> Result<bool, Error> {
        let next = due_attributes(Some(self.redriven_at(now)), id);
        let mut update = self
            .client
            .update_item()
            .table_name(self.name(Table::Outbox))
            .set_key(Some(queued(id).key()))
            .update_expression("SET driven = driven + :one, held = :no, due_slot = :due_slot, due_at = :due_at")
            .condition_expression("attribute_exists(event_id) AND attribute_not_exists(done_at) AND due_at <= :now")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":no", aws_sdk_dynamodb::types::AttributeValue::Bool(false))
            .expression_attribute_values(":now", number(now.as_second()));
        for (name, value) in next {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        self.update_one(update).await
    }

    /// Lets held events go: many in one transaction, or one by one where some of them are done or gone already.
    pub async fn release_events(&self, ids: &[String]) -> Result<(), Error> {
        for some in ids.chunks(MOST_RELEASED) {
            let mut write = Write::new();
            for id in some {
                let slot = queued(id);
                let update = Write::update_of(self, &slot, "SET held = :no")
                    .on_condition("attribute_exists(event_id) AND attribute_not_exists(done_at)")
                    .value(":no", aws_sdk_dynamodb::types::AttributeValue::Bool(false));
                write.push("event", &slot, &update);
            }
            match write.commit(self).await {
                Ok(()) => {}
                Err(Failed::Lost(_)) => {
                    for id in some {
                        self.release_event(id).await?;
                    }
                }
                Err(Failed::Error(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets a held event go.
    pub async fn release_event(&self, id: &str) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Outbox))
            .set_key(Some(queued(id).key()))
            .update_expression("SET held = :no")
            .condition_expression("attribute_exists(event_id) AND attribute_not_exists(done_at)")
            .expression_attribute_values(":no", aws_sdk_dynamodb::types::AttributeValue::Bool(false));
        self.update_one(update).await.map(drop)
    }
}
