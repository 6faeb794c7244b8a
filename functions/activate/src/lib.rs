//! `activate`: from a mailed link, or from the portal, to a service in use, and back.
//!
//! - [`inspect`]: what a link is for, shown to anyone; changes nothing (LINK-01, LINK-08). One read.
//! - [`preview`]: what can be chosen, and exactly what a choice would do (LINK-02 … LINK-05).
//! - [`confirm`]: activates, once, whoever asks how often at the same time (LINK-04). One read, one transaction.
//! - [`undo`], [`revival`], [`remap`]: taking back, asking for a link that ended, moving (LINK-07, LINK-10).

mod confirm;
mod inspect;
mod preview;
mod remap;
mod revival;
mod undo;

use api::path;
use gateway::{ApiError, App, Request, Response, Who, answer::answer, front::unanswered, session::WhoSlots};
use licensing::{Licence, Sku};
use store::{
    Batch,
    activations::{ActivationContext, ActivationContextSlots},
};

/// Answers everything under [`path::LINK`] and [`path::ACTIVATIONS`] that changes something, and the preview.
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::LINK) => inspect::inspect(app, &request).await,
        ("POST", path::PREVIEW) => preview::preview(app, &request).await,
        ("POST", path::CONFIRM) => confirm::confirm(app, &request).await,
        ("POST", path::UNDO) => undo::undo(app, &request).await,
        ("POST", path::ASK_REVIVAL) => revival::ask(app, &request).await,
        ("POST", path::REMAP) => remap::remap(app, &request).await,
        ("POST", path::DECLINE_REMAP) => remap::decline(app, &request).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}

/// Who asks, and the activation with what stands around it: one read.
async fn who_and_context(
    app: &App,
    request: &Request,
    licence: &Licence,
    product: &Sku,
) -> Result<(Who, ActivationContext), ApiError> {
    let who_slots = WhoSlots::of(app, request);
    let slots = ActivationContextSlots::new(licence, product);
    let mut batch = Batch::default();
    who_slots.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    Ok((who_slots.take(app, &got)?, slots.from(&got)?))
}
