//! Whether a chain is still what was sealed, and leads on from it.

use gateway::App;
use licensing::audit::{Head, leads};
use store::Error;

/// Entries that one query asks for; the database gives 1 MB at most.
const ENTRIES: u64 = 1000;

/// So many entries of what was sealed are read again before the next seal: all of them in most chains; of a longer one, a
/// part that chance picks, so that sealing stays as much work as what has grown.
const LOOKED_BACK: u64 = 1000;

/// What is wrong with it, if anything is.
pub(crate) async fn fault(app: &App, chain: &str, sealed: &Head, head: &Head) -> Result<Option<&'static str>, Error> {
    if head.seq < sealed.seq {
        return Ok(Some("entries that were sealed are missing"));
    }
    let begin = match sealed.seq.checked_sub(LOOKED_BACK) {
        None | Some(0) => 0,
        Some(last) => u64::from_le_bytes(app.chance.bytes()) % (last + 1),
    };
    let end = sealed.seq.min(begin + LOOKED_BACK);
    let reached = walk(app, chain, Head { seq: begin, hash: String::new() }, end).await?;
    if reached.is_none_or(|reached| reached.seq == sealed.seq && reached != *sealed) {
        return Ok(Some("entries that were sealed were changed"));
    }
    if walk(app, chain, sealed.clone(), head.seq).await?.as_ref() != Some(head) {
        return Ok(Some("the entries since the last seal do not follow from what was sealed"));
    }
    Ok(None)
}

/// Where the entries after a place lead to, up to another: nothing edited, left out or put in between. None where something was.
/// A place within a chain may be given without its hash: then what stands behind it says what it follows.
async fn walk(app: &App, chain: &str, from: Head, to: u64) -> Result<Option<Head>, Error> {
    let mut reached = from;
    while reached.seq < to {
        let limit = i32::try_from(ENTRIES.min(to - reached.seq)).unwrap_or(i32::MAX);
        let (entries, _) = app.store.audit_page(chain, reached.seq, limit).await?;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
        if reached.hash.is_empty() && reached.seq > 0 {
            reached.hash.clone_from(&first.previous);
        }
        let next = Head { seq: last.seq, hash: last.hash.clone() };
        if next.seq > to || !leads(chain, &reached, &entries, &next) {
            return Ok(None);
        }
        reached = next;
    }
    Ok(Some(reached))
}
