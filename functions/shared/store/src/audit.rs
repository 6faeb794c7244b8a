//! Audit chains: entries, their heads (place 0), and seals (SAFE-01).
//!
//! Seals and findings lie in partitions of their own, which only the role of `seal-audit` may write; what writes entries may
//! write neither, and `seal-audit` no entries. A permission tells them apart by how the partition's key begins.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue};
use licensing::{
    Timestamp,
    audit::{Entry, Head, Note, Seal, append, licence_of_chain},
    glance::Glance,
};
use serde::{Deserialize, Serialize};

pub use crate::head::{StoredHead, head};
use crate::{Error, Item, Slot, Store, Table, Write, from_item, head::HeadChange, number, read::Query, text};

/// A seal of a chain as it is stored: the newest in place 0, where readers look, and each in the place of the entry that it
/// seals, where it stays. So what was signed can be told from what is shown, also if an old seal is put in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSeal {
    /// The seal.
    pub seal: Seal,
}

/// What `seal-audit` found wrong with a chain, which it therefore does not seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// When it was found first.
    pub since: Timestamp,
    /// What it is.
    pub why: String,
    /// When the chain was found sound again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// The slot of a chain's newest seal.
pub fn seal(chain: &str) -> Slot<StoredSeal> {
    Slot::new(Table::Audit, format!("seal#{chain}"), Some("0".into()))
}

/// The slot of what is wrong with a chain.
pub fn finding(chain: &str) -> Slot<Finding> {
    Slot::new(Table::Audit, format!("finding#{chain}"), Some("0".into()))
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
            // What is there stays: an entry is written once.
            self.put_new("audit entry", store, &entry(chain, next.seq), &next, vec![]);
        }
        // A chain that begins has nothing to count yet.
        let glance = match seen {
            Some(seen) => seen.glance().cloned(),
            None => licence_of_chain(chain).map(|_| Glance::default()),
        };
        let change = self.glances.remove(chain).unwrap_or_default();
        let newest = StoredHead::new(&newest, glance.and_then(|glance| glance.changed(&change)));
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

    /// The newest seal that was ever made of a chain, and the place where it is kept: 0 where the release before kept its only
    /// one.
    pub async fn last_seal(&self, chain: &str) -> Result<Option<(u64, Seal)>, Error> {
        let newest = Query { backwards: true, limit: Some(1), ..Query::of(Table::Audit, seal(chain).partition) };
        let (items, _) = self.query(&newest).await?;
        let Some(item) = items.into_iter().next() else { return Ok(None) };
        let place = item.get("seq").and_then(|place| place.as_n().ok()?.parse().ok());
        let place = place.ok_or_else(|| Error::Corrupt(format!("a seal of {chain} lies in no place")))?;
        Ok(Some((place, from_item::<StoredSeal>(item)?.seal)))
    }

    /// Keeps a seal for good, then shows it to readers. What is kept in a place stays there.
    pub async fn put_seal(&self, new: &Seal) -> Result<(), Error> {
        let kept = self.seal_update(new, &new.seq.to_string(), "attribute_not_exists(#s)");
        self.update_one(kept).await?;
        self.show_seal(new).await
    }

    /// Shows a seal to readers; an older one never takes the place of a newer one.
    pub async fn show_seal(&self, new: &Seal) -> Result<(), Error> {
        let shown = self.seal_update(new, "0", "attribute_not_exists(#s) OR #s.seq < :n");
        self.update_one(shown.expression_attribute_values(":n", number(new.seq))).await.map(drop)
    }

    fn seal_update(&self, new: &Seal, place: &str, condition: &str) -> UpdateItemFluentBuilder {
        let slot: Slot<StoredSeal> = Slot::new(Table::Audit, seal(&new.chain).partition, Some(place.into()));
        self.client
            .update_item()
            .table_name(self.name(Table::Audit))
            .set_key(Some(slot.key()))
            .update_expression("SET #s = :s")
            .condition_expression(condition)
            .expression_attribute_names("#s", "seal")
            .expression_attribute_values(":s", AttributeValue::M(crate::to_item(new)))
    }

    /// Notes what is wrong with a chain; since when stays.
    pub async fn put_finding(&self, chain: &str, why: &str, now: Timestamp) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Audit))
            .set_key(Some(finding(chain).key()))
            .update_expression("SET since = if_not_exists(since, :now), why = :why REMOVE ended_at")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":why", text(why));
        self.update_one(update).await.map(drop)
    }

    /// Notes that a chain is sound again.
    pub async fn end_finding(&self, chain: &str, now: Timestamp) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Audit))
            .set_key(Some(finding(chain).key()))
            .update_expression("SET ended_at = :now")
            .condition_expression("attribute_exists(since)")
            .expression_attribute_values(":now", text(now.to_string()));
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
