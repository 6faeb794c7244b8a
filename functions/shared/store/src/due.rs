//! What has fallen due, from the sparse indexes: pages of keys, never a scan (EXP-02).

use licensing::{AccountId, Address, Licence, OrderId, ProfileId, Sku, Timestamp};

use crate::{Error, Item, Store, Table, number, read::Query};

/// Something that is due: which, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// An activation.
    Activation(Licence, Sku),
    /// A request to join an account.
    Join(AccountId, ProfileId),
    /// A request for permission.
    Request(Licence, ProfileId),
    /// What an address holds: an invitation that ends, an end that is to be told.
    Holder(Licence, Address),
    /// An event that was not done in time.
    Event(String),
    /// An order that was not taken in in time.
    Order(OrderId),
}

/// A page of what is due in one slot of one table.
#[derive(Debug, Clone)]
pub struct Page {
    /// What, with the second since which it is due.
    pub rows: Vec<(Due, i64)>,
    /// Where the next page begins.
    pub next: Option<Item>,
}

/// The tables with a due index.
pub const TABLES: [Table; 3] = [Table::Licences, Table::Orders, Table::Outbox];

impl Store {
    /// One page of what is due in a slot by `now`, oldest first.
    pub async fn due(&self, table: Table, slot: &str, now: Timestamp, after: Option<Item>) -> Result<Page, Error> {
        let (items, next) = self
            .query(&Query {
                sort: Some(("due_at", "#s <= :a", vec![number(now.as_second())])),
                limit: Some(200),
                after,
                ..Query::of_index(table, "due", ("due_slot", slot.into()))
            })
            .await?;
        let rows = items.iter().filter_map(|item| Some((due_of(table, item)?, due_at(item)))).collect();
        Ok(Page { rows, next })
    }
}

fn due_of(table: Table, item: &Item) -> Option<Due> {
    let plain = |name: &str| item.get(name)?.as_s().ok();
    match table {
        Table::Licences => {
            let (of, item) = (plain("licensing_id")?, plain("item")?);
            if let (Some(account), Some(asker)) = (of.strip_prefix("account#"), item.strip_prefix("join#")) {
                return Some(Due::Join(account.parse().ok()?, asker.parse().ok()?));
            }
            if let Some(asker) = item.strip_prefix("request#") {
                return Some(Due::Request(of.parse().ok()?, asker.parse().ok()?));
            }
            if let Some(address) = item.strip_prefix("holder#") {
                return Some(Due::Holder(of.parse().ok()?, address.parse().ok()?));
            }
            Some(Due::Activation(of.parse().ok()?, item.strip_prefix("activation#")?.parse().ok()?))
        }
        Table::Orders => Some(Due::Order(plain("order_id")?.parse().ok()?)),
        Table::Outbox => Some(Due::Event(plain("event_id")?.clone())),
        _ => None,
    }
}

fn due_at(item: &Item) -> i64 {
    item.get("due_at").and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok()).unwrap_or_default()
}
