//! Requests for permission that wait for the reader's decision: colleagues' before outsiders', the oldest first (APR-01).

use std::collections::BTreeMap;

use api::{
    Code, Problem,
    requests::{ApprovalRow, Approvals, RequestKey},
};
use futures_util::future::join_all;
use gateway::{ApiError, App, Request, Response, Who, answer, request::RequestParts};
use licensing::access::Action;
use store::{
    Batch,
    requests::{self, Inbox},
    standing::{Loaded, StandingSlots},
};

/// Rows of a page.
const ROWS: usize = 50;
/// What the keys of these rows begin with.
const KEY: &str = "inbox#";
/// The longest place in the list that is taken.
const LONGEST_AFTER: usize = 1000;
/// A page reads so often at most, where most rows are of requests that have ended.
const READS: usize = 5;

/// Three steps: who is signed in, their rows, and the requests with their Licensing IDs; one more for each level above, for those
/// who are Administrator there only. Rows are keys: what has ended, or is no longer the reader's to decide, is left out.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, ApiError> {
    let after = request.query("after");
    if after.as_ref().is_some_and(|after| after.len() > LONGEST_AFTER) {
        return Err(Problem::new(Code::BadField).field("after").into());
    }
    let who = Who::of(app, request).await?;
    let read = page(app, &who, after.map(|after| format!("{KEY}{after}")));
    let (read, touched) = tokio::join!(read, who.touch(app));
    touched?;
    Ok(answer::ok(&read?))
}

async fn page(app: &App, who: &Who, mut after: Option<String>) -> Result<Approvals, ApiError> {
    let proven = who.proven();
    let mut waiting = Vec::new();
    let mut ended = false;
    for _ in 0..READS {
        let most = i32::try_from(ROWS + 1).unwrap_or(i32::MAX);
        let read = |address| app.store.inbox_of(address, after.as_deref(), most);
        let mut rows: BTreeMap<String, Inbox> = BTreeMap::new();
        // Beyond the last row of an address that has more to give, another address's rows may have gaps before them.
        let mut sure_until: Option<String> = None;
        for pages in join_all(proven.iter().map(read)).await {
            let (page, more) = pages?;
            if let Some((last, _)) = page.last().filter(|_| more) {
                sure_until = Some(sure_until.map_or_else(|| last.clone(), |sure| sure.min(last.clone())));
            }
            rows.extend(page);
        }
        match sure_until {
            None => ended = true,
            Some(sure) => {
                rows.retain(|key, _| *key <= sure);
                after = Some(sure);
            }
        }
        waiting.extend(of_reader(app, who, rows).await?);
        if ended || waiting.len() > ROWS {
            break;
        }
    }
    let mut next = after.filter(|_| !ended);
    if waiting.len() > ROWS {
        waiting.truncate(ROWS);
        next = waiting.last().map(|(key, _)| key.clone());
    }
    Ok(Approvals {
        requests: waiting.into_iter().map(|(_, row)| row).collect(),
        next: next.map(|key| key.strip_prefix(KEY).unwrap_or(&key).to_owned()),
    })
}

/// Those that still wait, and that the reader may decide now.
async fn of_reader(
    app: &App,
    who: &Who,
    rows: BTreeMap<String, Inbox>,
) -> Result<Vec<(String, ApprovalRow)>, ApiError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = Batch::default();
    for row in rows.values() {
        batch.add(&requests::request(&row.licence, &row.asker));
        StandingSlots::of(&row.licence).add_to(&mut batch);
    }
    let got = batch.read(&app.store).await?;
    let now = app.now();
    let mut standings: BTreeMap<String, Option<Loaded>> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (key, row) in rows {
        let Some(request) = got.get(&requests::request(&row.licence, &row.asker))? else { continue };
        let ends = StandingSlots::of(&row.licence).from(&got)?.as_ref().and_then(Loaded::ends_at);
        let request = request.followed(ends);
        let is_it = request.generation == row.generation && request.state_at(now).is_pending();
        if !is_it || request.by.profile == who.profile.profile {
            continue;
        }
        let name = row.licence.key();
        if !standings.contains_key(&name) {
            let loaded = StandingSlots::of(&row.licence).from(&got)?;
            standings.insert(name.clone(), judged(app, who, loaded).await?);
        }
        if standings.get(&name).is_none_or(Option::is_none) {
            continue;
        }
        let shown = ApprovalRow {
            key: RequestKey { licence: row.licence, asker: row.asker, number: row.generation },
            customer_name: row.customer_name,
            colleague: request.is_colleagues(),
            name: request.name,
            address: request.by.address,
            asked: request.asked.into(),
            comment: request.comment,
            asked_at: request.asked_at.into(),
            ends_at: request.ends_at.into(),
        };
        waiting.push((key, shown));
    }
    Ok(waiting)
}

/// The Licensing ID, if the reader decides there.
async fn judged(app: &App, who: &Who, loaded: Option<Loaded>) -> Result<Option<Loaded>, ApiError> {
    let Some(mut loaded) = loaded else { return Ok(None) };
    let proven = who.proven();
    loop {
        if loaded.standing().who_may(&proven, Action::DecideRequests, app.now()).is_ok() {
            return Ok(Some(loaded));
        }
        let (next, more) = app.store.with_above(loaded).await?;
        loaded = next;
        if !more {
            return Ok(None);
        }
    }
}
