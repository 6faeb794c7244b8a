//! The heads of audit chains (SAFE-01): however many entries a change appends, the head is written once. Beside a Licensing ID's head
//! lies its glance: every change that counts there is in the audit, so it costs no write of its own.

use licensing::{Timestamp, audit::Head, glance::Glance};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Slot, Store, Table, number, text, wire::Action};

/// The head of a chain as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHead {
    /// The newest entry's place.
    pub newest: u64,
    /// Its hash.
    pub hash: String,
    /// What of the Licensing ID is told at a glance, with the entry that it was written with. A release that does not know it writes
    /// the head without it, or leaves an older one there: see [`Self::glance`].
    #[serde(default, deserialize_with = "understood", skip_serializing_if = "Option::is_none")]
    glance: Option<StoredGlance>,
}

/// A glance as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredGlance {
    /// The entry that the head was written with.
    at: u64,
    #[serde(flatten)]
    glance: Glance,
}

/// What a later release may have written is no reason not to read the head.
fn understood<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StoredGlance>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
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
    /// The head of a chain that begins with this entry, or goes on with it.
    pub(crate) fn new(head: &Head, glance: Option<Glance>) -> Self {
        let glance = glance.map(|glance| StoredGlance { at: head.seq, glance });
        Self { newest: head.seq, hash: head.hash.clone(), glance }
    }

    /// What of the Licensing ID is told at a glance. None where it was not written with the newest entry: nobody knows then, until
    /// `countersign upgrade` has counted.
    pub fn glance(&self) -> Option<&Glance> {
        self.glance.as_ref().filter(|stored| stored.at == self.newest).map(|stored| &stored.glance)
    }

    /// The same with what was counted.
    pub(crate) fn counted(&self, glance: Glance) -> Self {
        Self::new(&self.head(), Some(glance))
    }

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
