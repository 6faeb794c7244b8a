//! Audit chains: entries, their heads (place 0), and seals (SAFE-01).

use aws_sdk_dynamodb::types::AttributeValue;
use licensing::{
    Timestamp,
    audit::{Entry, Head, Note, Seal, append},
};
use serde::{Deserialize, Serialize};

use crate::{Error, Item, Slot, Store, Table, Write, from_item, number, read::Query, text, wire::Action};

/// The head of a chain as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHead {
    /// The newest entry's place.
    pub newest: u64,
    /// Its hash.
    pub hash: String,
}

/// The newest seal of a chain as it is stored: in a partition of its own, so that what writes entries need not be able to
/// write it, and can't take it away when it computes a chain again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSeal {
    /// The seal.
    pub seal: Seal,
}

/// What a change does to the head of a chain.
#[derive(Debug)]
pub(crate) struct HeadChange {
    /// The newest entry's place as it was read; none where there was no chain yet.
    seen: Option<u64>,
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

/// The slot of a chain's newest seal.
pub fn seal(chain: &str) -> Slot<StoredSeal> {
    Slot::new(Table::Audit, format!("seal#{chain}"), Some("0".into()))
}

fn entry(chain: &str, seq: u64) -> Slot<Entry> {
    Slot::new(Table::Audit, chain, Some(seq.to_string()))
}

impl Write {
    /// Appends an entry to a chain whose head was read as `seen`. The head as it will be.
    pub fn audit(
        &mut self,
        store: &Store,
        chain: &str,
        seen: Option<&StoredHead>,
        note: Note,
        now: Timestamp,
    ) -> StoredHead {
        self.audit_all(store, chain, seen, vec![note], now)
    }

    /// Appends entries to a chain whose head was read as `seen`. The head as it will be.
    pub fn audit_all(
        &mut self,
        store: &Store,
        chain: &str,
        seen: Option<&StoredHead>,
        notes: Vec<Note>,
        now: Timestamp,
    ) -> StoredHead {
        let mut newest = seen.map_or_else(Head::empty, StoredHead::head);
        for note in notes {
            let next = append(chain, &newest, note, now, || store.salt());
            newest = Head { seq: next.seq, hash: next.hash.clone() };
            self.put(store, &entry(chain, next.seq), &next, vec![]);
        }
        let newest = StoredHead { newest: newest.seq, hash: newest.hash };
        let change = HeadChange { seen: seen.map(|seen| seen.newest), newest: newest.clone() };
        self.move_head(chain.into(), change);
        newest
    }
}

impl Store {
    /// A page of a chain's entries in order, after the place `after`.
    pub async fn audit_page(&self, chain: &str, after: u64, limit: i32) -> Result<(Vec<Entry>, Option<u64>), Error> {
        let (items, next) = self
            .query(&Query {
                sort: Some(("seq", "#s > :a", vec![number(after)])),
                limit: Some(limit),
                ..Query::of(Table::Audit, chain)
            })
            .await?;
        let entries = items.into_iter().map(from_item).collect::<Result<Vec<Entry>, _>>()?;
        let next = next.and(entries.last().map(|entry| entry.seq));
        Ok((entries, next))
    }

    /// The newest entries of a chain, newest first, before the place `before`.
    pub async fn audit_newest(&self, chain: &str, before: Option<u64>, limit: i32) -> Result<Vec<Entry>, Error> {
        let (items, _) = self
            .query(&Query {
                sort: Some((
                    "seq",
                    "#s BETWEEN :a AND :b",
                    vec![number(1), number(before.map_or(u64::MAX >> 1, |before| before.saturating_sub(1)))],
                )),
                backwards: true,
                limit: Some(limit),
                ..Query::of(Table::Audit, chain)
            })
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// The head of a chain.
    pub async fn audit_head(&self, chain: &str) -> Result<Option<StoredHead>, Error> {
        self.get(&head(chain)).await
    }

    /// A page of the chains of one shard with entries that no seal covers yet, and where the next page begins.
    pub async fn unsealed(
        &self,
        shard: u32,
        limit: i32,
        after: Option<Item>,
    ) -> Result<(Vec<String>, Option<Item>), Error> {
        let (items, next) = self
            .query(&Query {
                limit: Some(limit),
                after,
                ..Query::of_index(Table::Audit, "unsealed", ("unsealed", format!("#{shard}")))
            })
            .await?;
        Ok((items.iter().filter_map(|item| item.get("chain")?.as_s().ok().cloned()).collect(), next))
    }

    /// Keeps a seal; an older one never takes the place of a newer one.
    pub async fn put_seal(&self, new: &Seal) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Audit))
            .set_key(Some(seal(&new.chain).key()))
            .update_expression("SET #s = :s")
            .condition_expression("attribute_not_exists(#s) OR #s.seq < :n")
            .expression_attribute_names("#s", "seal")
            .expression_attribute_values(":s", AttributeValue::M(crate::to_item(new)))
            .expression_attribute_values(":n", number(new.seq));
        self.update_one(update).await.map(drop)
    }

    /// A chain leaves the unsealed ones, unless it has grown beyond this entry.
    pub async fn all_is_sealed(&self, chain: &str, newest: u64) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Audit))
            .set_key(Some(head(chain).key()))
            .update_expression("REMOVE unsealed")
            .condition_expression("newest = :n")
            .expression_attribute_values(":n", number(newest));
        self.update_one(update).await.map(drop)
    }
}

/// Unsealed chains are spread over a few partitions by the same spread as what falls due.
fn unsealed_slot(chain: &str) -> String {
    let slot = licensing::due::slot(Timestamp::UNIX_EPOCH, chain);
    slot.rsplit_once('#').map(|(_, shard)| format!("#{shard}")).unwrap_or_default()
}
