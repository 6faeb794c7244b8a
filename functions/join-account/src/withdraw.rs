//! Takes one's own request back, while nobody has decided.

use api::{
    Code,
    joins::{MyRequest, Withdraw},
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{join_refused, ok},
    optimistic,
    request::RequestParts,
    session::WhoSlots,
};
use licensing::join::Refused;
use store::{Batch, Error, Failed, joins::JoinSlots};

/// One read, one transaction. What has ended already is answered with what became of it.
pub(crate) async fn withdraw(app: &App, request: &Request) -> Result<Response, ApiError> {
    let Withdraw { account } = request.json(app)?;
    let who_slots = WhoSlots::of(app, request);
    let (asker, _) = who_slots.ids().ok_or(Code::SignInNeeded)?;
    let slots = JoinSlots::new(&account, asker);
    let mut unclear = false;
    optimistic!(app.store, async {
        let mut batch = Batch::default();
        who_slots.add_to(&mut batch);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        who_slots.take(app, &got)?;
        let context = slots.from(&got)?;
        let join = context.join.clone().ok_or(Code::NotFound)?;
        let now = app.now();
        let step = match join.clone().withdraw(now) {
            Ok(step) => step,
            Err(Refused::Over) => return Ok(ok(&MyRequest::of(&join, now))),
            Err(other) => return Err(join_refused(other).into()),
        };
        match app.store.write_join(&step, &context, now, store::Write::new()).await {
            Ok(()) => Ok(ok(&MyRequest::of(step.after(), now))),
            // It may have been made although no answer came: then it is found in the next round.
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}
