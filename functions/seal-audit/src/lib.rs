//! Seals audit chains that have grown (SAFE-01): signs each head with a key that the functions that write entries do not
//! hold, so that a chain that is computed again as a whole does not fit its seal any more.
//!
//! Before it seals it reads what was written since the last seal, and computes the hashes itself: a chain that does not lead
//! on from what was sealed is not sealed, and told.
//!
//! Runs on a schedule. What is unsealed is found by a sparse index, so the work is what has grown, never what is stored.

use std::time::Duration;

use gateway::{App, boot::Deadline};
use licensing::{
    audit::{self, Head},
    due::SHARDS,
};
use serde::Serialize;
use serde_json::json;
use store::{
    Batch, Error,
    audit::{head, seal as seal_of},
};

/// Chains of one page.
const PAGE: i32 = 50;
/// Entries that one query asks for; the database gives 1 MB at most.
const ENTRIES: i32 = 1000;
/// Pages of one shard in one call: a chain that others keep writing to must not keep the call from the other shards.
const PAGES: u32 = 100;
/// With less than this left, the call ends and the next one goes on.
const LEFT: Duration = Duration::from_secs(5);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// Chains that are sealed now.
    pub chains: u64,
    /// Chains that were tampered with: their new entries do not follow from what was sealed before.
    pub broken: u64,
    /// Whether some were left for the next call.
    pub more: bool,
}

/// Seals all chains that have grown.
pub async fn seal(app: &App) -> Result<Sealed, Error> {
    seal_until(app, Deadline::NONE).await
}

/// Seals chains that have grown until the time for it is nearly over.
pub async fn seal_until(app: &App, deadline: Deadline) -> Result<Sealed, Error> {
    let mut sealed = Sealed::default();
    for shard in 0..SHARDS {
        sealed.more |= seal_shard(app, shard, deadline, &mut sealed).await?;
    }
    Ok(sealed)
}

/// Whether chains of this shard were left.
async fn seal_shard(app: &App, shard: u32, deadline: Deadline, done: &mut Sealed) -> Result<bool, Error> {
    let mut after = None;
    for _ in 0..PAGES {
        let (chains, next) = app.store.unsealed(shard, PAGE, after).await?;
        let mut batch = Batch::default();
        for chain in &chains {
            batch.add(&head(chain));
            batch.add(&seal_of(chain));
        }
        // Read consistently: the index may be a moment behind, and name what was sealed just now.
        let got = batch.read(&app.store).await?;
        for chain in &chains {
            if deadline.is_within(LEFT) {
                return Ok(true);
            }
            let Some(head) = got.get(&head(chain))?.map(|head| head.head()) else { continue };
            let sealed = got.get(&seal_of(chain))?.map_or_else(Head::empty, |stored| stored.seal.head());
            seal_one(app, chain, &sealed, &head, done).await?;
        }
        match next {
            None => return Ok(false),
            next => after = next,
        }
    }
    Ok(true)
}

async fn seal_one(app: &App, chain: &str, sealed: &Head, head: &Head, done: &mut Sealed) -> Result<(), Error> {
    let key = app.keys.seal.as_ref().expect("this function is deployed with COUNTERSIGN_SEAL_KEY");
    if sealed != head {
        if !leads_on(app, chain, sealed, head).await? {
            // The chain's name is a Licensing ID, an account or a profile: no address.
            let why = "the entries since the last seal do not follow from what was sealed";
            eprintln!("{}", json!({ "level": "error", "function": "seal-audit", "chain": chain, "error": why }));
            done.broken += 1;
            return Ok(());
        }
        app.store.put_seal(&audit::seal(chain, head, app.now(), key)).await?;
        done.chains += 1;
    }
    app.store.all_is_sealed(chain, head.seq).await
}

/// Whether the entries after what was sealed lead to the head, page by page.
async fn leads_on(app: &App, chain: &str, sealed: &Head, head: &Head) -> Result<bool, Error> {
    let mut reached = sealed.clone();
    while reached.seq < head.seq {
        let (mut entries, _) = app.store.audit_page(chain, reached.seq, ENTRIES).await?;
        // What was written since the head was read is sealed next time.
        entries.retain(|entry| entry.seq <= head.seq);
        let Some(last) = entries.last() else { return Ok(false) };
        let to = Head { seq: last.seq, hash: last.hash.clone() };
        if !audit::leads(chain, &reached, &entries, &to) {
            return Ok(false);
        }
        reached = to;
    }
    Ok(reached == *head)
}
