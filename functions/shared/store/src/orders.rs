//! Orders: facts that are written once, and what became of each of their lines.

use std::collections::BTreeMap;

use licensing::{Licence, OrderId, Timestamp, import::record::Order};
use serde::{Deserialize, Serialize};

use crate::{Batch, Error, Item, Slot, Store, Table, Write, from_item, read::Query, text, write::due_attributes};

/// An order as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOrder {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// How often the reseller whom it gives something had given the Licensing ID up by then
    /// ([`licensing::access::Holder::times_given_up`]).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub times_given_up: u32,
    /// What became of its lines, by their number from 1, as text so that it can be a key: absent until it is taken in.
    #[serde(default)]
    pub outcomes: BTreeMap<String, LineOutcome>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it like this")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What became of a line when it was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOutcome {
    /// When.
    pub at: Timestamp,
    /// The import's outcome: `mail`, `scheduled`, …
    pub outcome: String,
    /// Each rule that was asked, in order; the last one decided.
    pub checks: Vec<licensing::judge::Check>,
}

/// The slot of an order.
pub fn order(id: &OrderId) -> Slot<StoredOrder> {
    Slot::new(Table::Orders, id.as_str(), None)
}

/// Orders of more lines keep what becomes of each line beside them: within, each line would write all the others again.
pub const LINES_WITHIN: usize = 20;

/// The slot of what became of a line of an order with many.
fn line_beside(order: &Order, line: u32) -> Slot<LineOutcome> {
    Slot::new(Table::Licences, order.licence.key(), Some(format!("line#{line}#{}", order.id)))
}

/// An order of a stream's record.
pub fn of_record(item: Item) -> Result<StoredOrder, Error> {
    from_item(item)
}

impl StoredOrder {
    /// Whether what becomes of its lines is kept beside it.
    const fn keeps_lines_beside(&self) -> bool {
        self.order.lines.len() > LINES_WITHIN
    }

    /// The lines that were not taken in yet, numbered from 1.
    pub fn open_lines(&self) -> impl Iterator<Item = u32> + '_ {
        (1..)
            .zip(&self.order.lines)
            .map(|(number, _)| number)
            .filter(|number| !self.outcomes.contains_key(&number.to_string()))
    }
}

impl Write {
    /// A new order; lost if one with its id is stored.
    pub fn order(&mut self, store: &Store, new: &Order, now: Timestamp) {
        self.order_after(store, new, 0, now);
    }

    /// The same of one that gives its reseller something, who had given the Licensing ID up so often.
    pub fn order_after(&mut self, store: &Store, new: &Order, times_given_up: u32, now: Timestamp) {
        let stored = StoredOrder { order: new.clone(), loaded_at: now, times_given_up, outcomes: BTreeMap::new() };
        let mut extra = due_attributes(Some(store.redriven_at(now)), new.id.as_str());
        extra.push(("licensing_id", text(new.licence.key())));
        self.put_new("order", store, &order(&new.id), &stored, extra);
    }

    /// That a line was taken in, with what became of it; lost if it was before. The last line ends the order's waiting.
    pub fn line_taken(&mut self, store: &Store, of: &StoredOrder, line: u32, taken: &LineOutcome, last: bool) {
        let id = &of.order.id;
        if of.keeps_lines_beside() {
            self.put_new("line", store, &line_beside(&of.order, line), taken, vec![]);
            if last {
                let end = Self::update_of(store, &order(id), "REMOVE due_slot, due_at");
                self.push("order", &order(id), &end.on_condition("attribute_exists(order_id)"));
            }
            return;
        }
        let set = if last { "SET outcomes.#l = :t REMOVE due_slot, due_at" } else { "SET outcomes.#l = :t" };
        let line = line.to_string();
        let update = Self::update_of(store, &order(id), set)
            .on_condition("attribute_exists(order_id) AND attribute_not_exists(outcomes.#l)")
            .name("#l", &line)
            .value(":t", aws_sdk_dynamodb::types::AttributeValue::M(crate::to_item(taken)));
        self.push("line", &order(id), &update);
    }
}

impl Store {
    /// The orders of a Licensing ID, as many as were ever bought under it: some hundred bytes each, so thousands are a few calls.
    /// What became of their lines is asked for with [`Self::with_lines`], of those that are shown. One query of an index, so an
    /// order that was loaded this second may be missing.
    pub async fn orders_of(&self, licence: &Licence) -> Result<Vec<StoredOrder>, Error> {
        self.all_understood(Query::of_index(Table::Orders, "by-licence", ("licensing_id", licence.key()))).await
    }

    /// Adds what became of their lines to orders that keep it beside them: no call where none does.
    pub async fn with_lines(&self, orders: &mut [StoredOrder]) -> Result<(), Error> {
        let mut batch = Batch::default();
        for order in orders.iter().filter(|order| order.keeps_lines_beside()) {
            for line in order.open_lines() {
                batch.add(&line_beside(&order.order, line));
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        let got = batch.read(self).await?;
        for order in orders.iter_mut().filter(|order| order.keeps_lines_beside()) {
            let open: Vec<u32> = order.open_lines().collect();
            for line in open {
                if let Some(taken) = got.get(&line_beside(&order.order, line))? {
                    order.outcomes.insert(line.to_string(), taken);
                }
            }
        }
        Ok(())
    }
}

impl Store {
    /// Drives an order again that was not taken in in time: the stream carries it once more. Whether this call did it.
    pub async fn drive_order(&self, id: &OrderId, now: Timestamp) -> Result<bool, Error> {
        let mut update = self
            .client()
            .update_item()
            .table_name(self.name(Table::Orders))
            .set_key(Some(order(id).key()))
            .update_expression("SET driven_at = :now, due_slot = :due_slot, due_at = :due_at")
            .condition_expression("attribute_exists(order_id) AND due_at <= :now")
            .expression_attribute_values(":now", crate::number(now.as_second()));
        for (name, value) in due_attributes(Some(self.redriven_at(now)), id.as_str()) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        self.update_one(update).await
    }
}
