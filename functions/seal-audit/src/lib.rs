//! Seals audit chains that have grown (SAFE-01): signs each head with a key that the functions that write entries do not
//! hold, so that a chain that is computed again as a whole does not fit its seal any more.
//!
//! Runs on a schedule. What is unsealed is found by a sparse index, so the work is what has grown, never what is stored.

use std::time::Duration;

use gateway::{App, boot::Deadline};
use licensing::{audit, due::SHARDS};
use serde::Serialize;
use store::{Batch, Error, audit::head};

/// Chains of one page.
const PAGE: i32 = 100;
/// Pages of one shard in one call: a chain that others keep writing to must not keep the call from the other shards.
const PAGES: u32 = 100;
/// With less than this left, the call ends and the next one goes on.
const LEFT: Duration = Duration::from_secs(5);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// Chains that are sealed now.
    pub chains: u64,
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
        sealed.more |= seal_shard(app, shard, deadline, &mut sealed.chains).await?;
    }
    println!("{{\"level\":\"info\",\"sealed\":{},\"more\":{}}}", sealed.chains, sealed.more);
    Ok(sealed)
}

/// Whether chains of this shard were left.
async fn seal_shard(app: &App, shard: u32, deadline: Deadline, done: &mut u64) -> Result<bool, Error> {
    let key = app.keys.seal.as_ref().expect("this function is deployed with COUNTERSIGN_SEAL_KEY");
    let mut after = None;
    for _ in 0..PAGES {
        let (chains, next) = app.store.unsealed(shard, PAGE, after).await?;
        let slots: Vec<_> = chains.iter().map(|chain| head(chain)).collect();
        let mut batch = Batch::default();
        for slot in &slots {
            batch.add(slot);
        }
        // Read consistently: the index may be a moment behind, and name what was sealed just now.
        let heads = batch.read(&app.store).await?;
        for (chain, slot) in chains.iter().zip(&slots) {
            if deadline.is_within(LEFT) {
                return Ok(true);
            }
            let grown = heads.get(slot)?.filter(|head| head.seal.as_ref().is_none_or(|seal| seal.seq < head.newest));
            let Some(head) = grown else { continue };
            app.store.put_seal(&audit::seal(chain, &head.head(), app.now(), key)).await?;
            *done += 1;
        }
        match next {
            None => return Ok(false),
            next => after = next,
        }
    }
    Ok(true)
}
