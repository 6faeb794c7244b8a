//! The reader's own requests for permission, the newest first (REQ-04).

use api::{
    Code,
    requests::{MyRequests, PermissionRequest},
};
use gateway::{ApiError, App, Request, Response, answer, session::WhoSlots};
use store::{Batch, requests};

/// Two steps: who is signed in with where they asked, and those requests.
pub(crate) async fn mine(app: &App, request: &Request) -> Result<Response, ApiError> {
    let who_slots = WhoSlots::of(app, request);
    let profile = who_slots.ids().map(|(profile, _)| profile.clone()).ok_or(Code::SignInNeeded)?;
    let list_slot = requests::asked(&profile);
    let mut batch = Batch::default().with(&list_slot);
    who_slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who_slots.take(app, &got)?;
    let list = got.get(&list_slot)?.unwrap_or_default();

    let slots: Vec<_> = list.licences.iter().rev().map(|on| requests::request(&on.licence, &profile)).collect();
    let mut batch = Batch::default();
    for slot in &slots {
        batch.add(slot);
    }
    let read = async { if slots.is_empty() { Ok(None) } else { batch.read(&app.store).await.map(Some) } };
    let (got, touched) = tokio::join!(read, who.touch(app));
    touched?;
    let (now, policy) = (app.now(), &app.policy.requests);
    let mut shown = Vec::new();
    if let Some(got) = got? {
        for slot in &slots {
            shown.extend(got.get(slot)?.map(|request| PermissionRequest::of(&request, now, policy)));
        }
    }
    let pending = shown.iter().filter(|request| request.ended_at.is_none()).count();
    let pending = u32::try_from(pending).unwrap_or(u32::MAX);
    Ok(answer::ok(&MyRequests { requests: shown, pending, most: policy.pending }))
}
