//! What a mailed link is for (LINK-01): shown to anyone, changes nothing, one read.

use api::{Code, activations::LinkShown, sign_in::LinkToken};
use gateway::{ApiError, App, Request, Response, answer::ok, request::RequestParts};
use licensing::{
    Timestamp,
    activation::{Activation, State},
};

pub(crate) async fn inspect(app: &App, request: &Request) -> Result<Response, ApiError> {
    let LinkToken { token } = request.json(app)?;
    let (licence, product, generation) = app.keys.links().open_activation(&token).map_err(|_| Code::BadLink)?;
    let activation = app.store.activation_named(&licence, &product).await?.ok_or(Code::BadLink)?;
    Ok(ok(&shown(app, &activation, generation, app.now())))
}

fn shown(app: &App, activation: &Activation, generation: u32, now: Timestamp) -> LinkShown {
    let (expires_at, activated_at) = match &activation.state {
        State::Invited(invitation) | State::Expired { invitation, .. } => (Some(invitation.expires_at), None),
        State::Activated(in_use) => (None, Some(in_use.at)),
        State::Stuck { expires_at, .. } => (*expires_at, None),
        // Neither has a link that could be used, nor is it in use.
        State::Scheduled { .. } | State::Provisioning(_) => (None, None),
    };
    LinkShown {
        publisher: app.policy.publisher.name.clone(),
        product_name: activation.product_name.clone(),
        customer_name: activation.customer_name.clone(),
        quantity: activation.quantity,
        state: activation.link_state(generation, now),
        expires_at: expires_at.map(Into::into),
        activated_at: activated_at.map(Into::into),
        takes_long: activation.takes_long(now, &app.policy.links),
    }
}
