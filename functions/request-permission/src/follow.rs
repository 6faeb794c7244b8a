//! Has requests follow the agreement: a load moved its end (REQ-05).

use futures_util::future::join_all;
use gateway::App;
use licensing::{Licence, event::Event};
use store::{Batch, Error, standing::StandingSlots};

/// So many requests are written side by side.
const SIDE_BY_SIDE: usize = 16;

/// Writes each request that waits anew, with the end that it has now, or as ended. Cut off in between it is repeated: those that were
/// written follow already, and are left out. A request that is found out about later goes by the agreement as it is then.
pub async fn follow(app: &App, licence: &Licence, event: &Event) -> Result<(), Error> {
    let slots = StandingSlots::of(licence);
    let mut batch = Batch::default();
    slots.add_to(&mut batch);
    let loaded = slots.from(&batch.read(&app.store).await?)?;
    let ends = loaded.and_then(|loaded| loaded.ends_at());
    let moved = app.store.requests_to_follow(licence, ends).await?;
    let (now, policy) = (app.now(), &app.policy.requests);
    for some in moved.chunks(SIDE_BY_SIDE) {
        let all = some.iter().map(|asker| app.store.sweep_request(licence, asker, now, policy));
        for done in join_all(all).await {
            done?;
        }
    }
    app.store.event_done(&event.id(), now).await
}
