//! Has those who decide reminded: who asked, once, after two working days (REQ-09).

use api::{
    Code,
    requests::{OnLicence, PermissionRequest},
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, request_refused},
    optimistic,
    request::RequestParts,
    session::WhoSlots,
};
use licensing::request::Refused;
use store::{Batch, Error, Failed, Write, requests::RequestSlots};

/// One read, one transaction. It is answered alike whether or not anybody is there to be reminded (REQ-02).
pub(crate) async fn remind(app: &App, request: &Request) -> Result<Response, ApiError> {
    let OnLicence { licence } = request.json(app)?;
    let who_slots = WhoSlots::of(app, request);
    let (asker, _) = who_slots.ids().ok_or(Code::SignInNeeded)?;
    let slots = RequestSlots::new(&licence, asker);
    let policy = &app.policy.requests;
    let mut unclear = false;
    optimistic!(app.store, async {
        let mut batch = Batch::default();
        who_slots.add_to(&mut batch);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        who_slots.take(app, &got)?;
        let context = slots.from(&got)?;
        let asked = context.request.clone().ok_or(Code::NotFound)?;
        let now = app.now();
        let step = match asked.clone().remind(now, policy) {
            Ok(step) => step,
            // An answer that was lost: this very reminder was made a moment ago.
            Err(Refused::NothingToRemind) if unclear => {
                return Ok(accepted(&PermissionRequest::of(&asked, now, policy)));
            }
            Err(other) => return Err(request_refused(other).into()),
        };
        let mut write = Write::new();
        write.request(&app.store, &step, &context, now, policy);
        match write.commit(&app.store).await {
            Ok(()) => Ok(accepted(&PermissionRequest::of(step.after(), now, policy))),
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}
