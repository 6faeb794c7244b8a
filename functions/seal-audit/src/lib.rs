//! Seals audit chains that have grown (SAFE-01): signs each head with a key that the functions that write entries do not
//! hold, so that a chain that is computed again as a whole does not fit its seal any more.
//!
//! It remembers what it signed: each seal is kept in the place of the entry that it seals, and its signature says for which.
//! Before it seals again it reads what was sealed and what was written since, and computes the hashes itself. A chain whose
//! sealed part was changed, or that does not lead on from it, is not sealed; that is noted, counted and told.
//!
//! Runs on a schedule. What is unsealed is found by a sparse index, so the work is what has grown, never what is stored.

mod sound;

use std::time::Duration;

use gateway::{
    App,
    boot::Deadline,
    log::{self, Metrics},
};
use licensing::{audit, due::SHARDS};
use serde::Serialize;
use serde_json::json;
use store::{
    Batch, Error,
    audit::{finding, head},
};

/// What a call tells: chains that were tampered with, for which the template has an alarm.
pub const METRICS: Metrics = Metrics { namespace: "Countersign/Audit", units: &[("broken", "Count")] };

/// Chains of one page.
const PAGE: i32 = 50;
/// Pages of one shard in one call: a chain that others keep writing to must not keep the call from the other shards.
const PAGES: u32 = 100;
/// With less than this left, the call ends and the next one goes on.
const LEFT: Duration = Duration::from_secs(5);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// Chains that are sealed now.
    pub chains: u64,
    /// Chains that were tampered with: what was sealed was changed, or their new entries do not follow from it.
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
            batch.add(&finding(chain));
        }
        // Read consistently: the index may be a moment behind, and name what was sealed just now.
        let got = batch.read(&app.store).await?;
        for chain in &chains {
            if deadline.is_within(LEFT) {
                return Ok(true);
            }
            let known = got.get(&finding(chain)).unwrap_or_default();
            let was_broken = known.is_some_and(|finding| finding.ended_at.is_none());
            let outcome = match got.get(&head(chain)) {
                Ok(None) => continue,
                Ok(Some(head)) => seal_one(app, chain, &head.head()).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(Outcome::Sealed { anew }) => {
                    done.chains += u64::from(anew);
                    if was_broken {
                        app.store.end_finding(chain, app.now()).await?;
                    }
                }
                Ok(Outcome::Broken(why)) => tell(app, chain, why, done).await?,
                // What can't be read was not written by this service, and keeps nobody else from being sealed.
                Err(Error::Corrupt(_)) => tell(app, chain, "an item of the chain can't be read", done).await?,
                Err(error) => return Err(error),
            }
        }
        match next {
            None => return Ok(false),
            next => after = next,
        }
    }
    Ok(true)
}

/// What became of a chain.
enum Outcome {
    /// All of it is sealed; anew, or it was already.
    Sealed { anew: bool },
    /// It is not what was sealed, for this reason.
    Broken(&'static str),
}

async fn seal_one(app: &App, chain: &str, head: &audit::Head) -> Result<Outcome, Error> {
    let key = app.keys.seal.as_ref().expect("this function is deployed with COUNTERSIGN_SEAL_KEY");
    let last = match app.store.last_seal(chain).await? {
        None => None,
        // The release before kept the newest seal alone, in place 0.
        Some((place, seal)) if seal.chain == chain && (place == seal.seq || place == 0) => Some(seal),
        Some(_) => return Ok(Outcome::Broken("a seal was put in the place of another")),
    };
    if last.as_ref().is_some_and(|seal| !seal.is_made_with(&app.keys.published)) {
        return Ok(Outcome::Broken("its seal was not made with a known key"));
    }
    let sealed = last.as_ref().map_or_else(audit::Head::empty, audit::Seal::head);
    if let Some(why) = sound::fault(app, chain, &sealed, head).await? {
        return Ok(Outcome::Broken(why));
    }
    let anew = sealed != *head;
    match last {
        // A call that was cut off may have kept it without showing it.
        Some(seal) if !anew => app.store.show_seal(&seal).await?,
        _ => app.store.put_seal(&audit::seal(chain, head, app.now(), key)).await?,
    }
    app.store.all_is_sealed(chain, head.seq).await?;
    Ok(Outcome::Sealed { anew })
}

async fn tell(app: &App, chain: &str, why: &'static str, done: &mut Sealed) -> Result<(), Error> {
    // The chain's name is a Licensing ID, an account or a profile: no address.
    log::error("an audit chain is not sound", why, json!({ "chain": chain }));
    done.broken += 1;
    app.store.put_finding(chain, why, app.now()).await
}
