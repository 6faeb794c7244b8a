//! `/r`: a request for permission, for one of those who decide (APR-02).
//!
//! Opening it changes nothing. Denying works here at once; to grant something, the Administrator signs in and comes back.

use api::{
    requests::{InspectRequest, WhichRequest},
    sign_in::LinkToken,
};
use leptos::prelude::*;

use crate::{
    behind::{self, Behind},
    client::{self, Answered, Exchange, read},
    components::{
        Draw,
        approving::{self, Ways},
        html::{actions, button_link},
        load::draw,
    },
    messages as m,
    permissions::RequestShown,
};

pub(crate) const PAGE: Behind = Behind { kept: "request-link", ask, shown, broken };

const WAYS: Ways = Ways { sign_in: "/sign-in?next=/r", again, decided: || {} };

fn ask(token: &LinkToken) -> Exchange {
    client::inspect_mailed_request(&InspectRequest { request: WhichRequest::Link(token.token.clone()) })
}

fn shown(token: LinkToken, came: Answered<String>) -> Answered<Draw> {
    let shown: RequestShown = read(&came?)?;
    draw(move || approving::page(shown, WhichRequest::Link(token.token), WAYS))
}

/// This tab keeps the token.
fn again(_: WhichRequest) -> AnyView {
    PAGE.page(String::new())
}

fn broken() -> AnyView {
    let list = button_link("/approvals", m::TO_APPROVALS);
    behind::broken(m::BROKEN_REQUEST, actions(vec![list]))
}
