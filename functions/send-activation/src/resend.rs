//! Emails links again: a new link if a person with the right asks (ACT-14), the same link if its holder asks (LINK-08).

use api::{
    Code,
    activations::{Mailed, Which},
    sign_in::LinkToken,
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, refused},
    optimistic,
    request::RequestParts,
    rights::rights,
    session::WhoSlots,
};
use licensing::{
    activation::{Activation, State, Step},
    audit::Actor,
    rights::Rights,
};
use store::{Batch, Write, activations::ActivationContextSlots, audit::StoredHead};

/// A new link to the same address: for the addressee, a manager or an Administrator, signed in.
pub(crate) async fn resend(app: &App, request: &Request) -> Result<Response, ApiError> {
    let which: Which = request.json(app)?;
    optimistic!(app.store, async {
        let who_slots = WhoSlots::of(app, request);
        let slots = ActivationContextSlots::new(&which.licence, &which.product);
        let mut batch = Batch::default();
        who_slots.add_to(&mut batch);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let who = who_slots.take(app, &got)?;
        let mut context = slots.from(&got)?;
        // Who may not see it learns nothing about whether it is there.
        let activation = context.activation.take().ok_or(Code::NotAllowed)?;
        let proven = who.proven();
        let may = |rights: &Rights| activation.may_confirm(&proven, rights);
        if !may(&rights(app, &mut context.loaded, &proven, may).await?) {
            return Err(Code::NotAllowed.into());
        }
        let now = app.now();
        let person = who.acting_as(context.contacts.values());
        let actor = Actor::Person { profile: person.profile, address: person.address };
        let step = activation.resend(actor, now, &app.policy.links).map_err(refused)?;
        let mut also = Write::new();
        context.judged_by(&mut also, &app.store);
        written(app, &step, context.head.as_ref(), also).await
    })
}

/// The same mail again, to the address that it went to: asked for by whoever holds the link, once a day. Nothing is
/// voided, and nobody learns the address.
pub(crate) async fn ask_again(app: &App, request: &Request) -> Result<Response, ApiError> {
    let LinkToken { token } = request.json(app)?;
    let (licence, product, generation) = app.keys.links().open_activation(&token).map_err(|_| Code::BadLink)?;
    optimistic!(app.store, async {
        let context = app.store.activation_context(&licence, &product).await?;
        let activation = context.activation.ok_or(Code::BadLink)?;
        let step = activation.ask_again(generation, app.now(), &app.policy.links).map_err(refused)?;
        written(app, &step, context.head.as_ref(), Write::new()).await
    })
}

/// Who has the link, once that is written.
async fn written(app: &App, step: &Step, head: Option<&StoredHead>, also: Write) -> Result<Response, Conflict> {
    app.store.write_step(step, head, app.now(), &app.policy.links, also).await?;
    Ok(accepted(&mailed(step.after()).ok_or(Code::Internal)?))
}

fn mailed(activation: &Activation) -> Option<Mailed> {
    let State::Invited(invitation) = &activation.state else { return None };
    Some(Mailed { to: invitation.to.address.masked(), expires_at: invitation.expires_at.into() })
}
