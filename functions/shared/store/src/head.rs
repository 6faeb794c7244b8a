//! The heads of audit chains (SAFE-01): however many entries a change appends, the head is written once.

use licensing::{Timestamp, audit::Head};
use serde::{Deserialize, Serialize};

use crate::{Slot, Store, Table, number, text, wire::Action};

/// The head of a chain as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHead {
    /// The newest entry's place.
    pub newest: u64,
    /// Its hash.
    pub hash: String,
}

/// What a change does to the head of a chain.
#[derive(Debug)]
pub(crate) struct HeadChange {
    /// The newest entry's place as it was read; none where there was no chain yet.
    pub(crate) seen: Option<u64>,
    /// The head as it will be.
    pub(crate) newest: StoredHead,
}

impl HeadChange {
    /// Whether another change goes on where this one ends.
    pub(crate) fn leads_to(&self, next: &Self) -> bool {
        next.seen == Some(self.newest.newest)
    }

    /// The head with all its attributes; lost if somebody else has appended to the chain.
    pub(crate) fn put(self, store: &Store, chain: &str) -> Action<'static> {
        let mut item = crate::to_item(&self.newest);
        item.extend(head(chain).key());
        item.insert("unsealed".into(), text(unsealed_slot(chain)));
        if let Some(seen) = self.seen {
            store.unknown.put_back(&head(chain).place(), seen, &mut item);
        }
        let put = Action::put(store.name(Table::Audit), item);
        match self.seen {
            None => put.on_condition("attribute_not_exists(chain)"),
            Some(seen) => put.on_condition("newest = :seen").value(":seen", number(seen)),
        }
    }
}

impl StoredHead {
    /// As the rules know it.
    pub fn head(&self) -> Head {
        Head { seq: self.newest, hash: self.hash.clone() }
    }
}

/// The slot of a chain's head.
pub fn head(chain: &str) -> Slot<StoredHead> {
    Slot::new(Table::Audit, chain, Some("0".into()))
}

/// Unsealed chains are spread over a few partitions by the same spread as what falls due.
fn unsealed_slot(chain: &str) -> String {
    let slot = licensing::due::slot(Timestamp::UNIX_EPOCH, chain);
    slot.rsplit_once('#').map(|(_, shard)| format!("#{shard}")).unwrap_or_default()
}
