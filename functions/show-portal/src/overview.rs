//! What there is at a glance, for Home: how many activations by state, seats in use of seats bought, and what ends first, over all
//! Licensing IDs whose activations the reader sees. Counted from what lies beside each one's audit head, so that no activation is
//! read.

use std::collections::BTreeMap;

use api::me::{NextEnd, Overview, PhaseCount};
use futures_util::future::try_join_all;
use gateway::{ApiError, App, Request, Response, answer, session::WhoSlots};
use licensing::{
    Address, Licence, Timestamp,
    access::Action,
    activation::Activation,
    glance::{Counts, Glance},
    phase::Phase,
};
use store::{Batch, Error};

use crate::walk::{Found, Place, Walk};

/// So many Licensing IDs are counted: with more, the answer says of how many.
const MOST: usize = 1000;
/// Looked for so often: rows may lead to nothing that the reader has, and the answer says then that there may be more.
const READS: usize = 20;
/// So many are told of those where links end next.
const ENDS: usize = 10;
/// Where no glance is stored, so many Licensing IDs are counted side by side.
const AT_ONCE: usize = 16;

/// Answers. Three steps, one more for each level of what stands above or below.
pub(crate) async fn told(app: &App, request: &Request) -> Result<Response, ApiError> {
    let who = WhoSlots::of(app, request);
    let mut batch = Batch::default();
    who.add_to(&mut batch);
    let who = who.take(app, &batch.read(&app.store).await?)?;
    let addresses = who.proven();
    let (overview, touched) = tokio::join!(count(app, &addresses, app.now()), who.touch(app));
    touched?;
    Ok(answer::ok(&overview?))
}

async fn count(app: &App, addresses: &[Address], now: Timestamp) -> Result<Overview, Error> {
    let mut walk = Walk::with_glances(app, addresses, Place::Start);
    let (mut overview, mut phases, mut seen) = (Overview::default(), BTreeMap::<Phase, u64>::new(), 0);
    for _ in 0..READS {
        if walk.has_ended() || seen >= MOST {
            break;
        }
        let found = walk.next(MOST - seen).await?;
        seen += found.len();
        let shown: Vec<&Found> = found.iter().filter(|it| it.access.allows(Action::SeeActivations).is_ok()).collect();
        let unknown = shown.iter().filter(|found| glanced(found, now).is_none()).map(|found| found.licence());
        let counted = counted(app, unknown.collect(), now).await?;
        for found in shown {
            let counts = glanced(found, now).or_else(|| counted.get(found.licence()).cloned()).unwrap_or_default();
            overview.licences += 1;
            for (phase, count) in counts.phases {
                *phases.entry(phase).or_default() += count;
            }
            overview.bought = overview.bought.saturating_add(counts.bought);
            overview.activated = overview.activated.saturating_add(counts.activated);
            if found.access.allows(Action::DecideRequests).is_ok() {
                overview.requests += counts.waiting;
            }
            overview.ends.extend(counts.next_end.map(|(at, count)| NextEnd {
                licence: found.licence().clone(),
                customer_name: found.customer_name.clone(),
                at: at.into(),
                count,
            }));
        }
    }
    overview.more = !walk.has_ended();
    overview.ends.sort_by(|one, other| (&one.at.0, &one.licence).cmp(&(&other.at.0, &other.licence)));
    overview.ends.truncate(ENDS);
    overview.activations = phases.into_iter().map(|(state, count)| PhaseCount { state, count }).collect();
    Ok(overview)
}

/// As it is stored; none where that does not say.
fn glanced(found: &Found, now: Timestamp) -> Option<Counts> {
    match &found.head {
        Some(head) => head.glance()?.counts(now),
        None => None,
    }
}

/// Counted one by one: of Licensing IDs that a release wrote which kept no glance, or whose glance does not say.
async fn counted(app: &App, unknown: Vec<&Licence>, now: Timestamp) -> Result<BTreeMap<Licence, Counts>, Error> {
    let mut all = BTreeMap::new();
    for some in unknown.chunks(AT_ONCE) {
        let read = some.iter().map(|licence| async {
            let (activations, requests) =
                tokio::join!(app.store.activations_shown_of(licence), app.store.requests_of(licence));
            Ok::<_, Error>(((*licence).clone(), one_by_one(&activations?, &requests?, now)))
        });
        all.extend(try_join_all(read).await?);
    }
    Ok(all)
}

fn one_by_one(activations: &[Activation], requests: &[licensing::request::Request], now: Timestamp) -> Counts {
    let mut counts =
        Glance::of([], requests.iter().filter(|request| request.is_counted()).count()).counts(now).unwrap_or_default();
    for activation in activations {
        // One by one each says when its own link ends, however many there are.
        let one = Glance::of([activation.share()], 0).counts(now).unwrap_or_default();
        for (phase, count) in one.phases {
            *counts.phases.entry(phase).or_default() += count;
        }
        counts.bought = counts.bought.saturating_add(one.bought);
        counts.activated = counts.activated.saturating_add(one.activated);
        counts.next_end = match (counts.next_end, one.next_end) {
            (Some((at, some)), Some((other, more))) if at == other => Some((at, some + more)),
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    counts
}
