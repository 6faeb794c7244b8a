//! `join-account`: how a person comes to an organisation account that others administer (LINK-03, ORG-04).
//!
//! - [`ask`]: on the way to an activation, a person asks to join the customer's account. Its global administrators are
//!   mailed, each with a link of their own; who they are is not told.
//! - [`inspect`]: what a mailed link shows; changes nothing (APR-02). One read.
//! - [`decide`]: the first decision wins, all others see it (APR-03). Denying works from the link alone, granting needs
//!   the administrator's session. One read, one transaction.
//! - [`withdraw`]: who asked takes it back.
//!
//! What ends by itself, `expire-links` ends; what waits for a decision, `show-portal` lists.

mod ask;
mod decide;
mod inspect;
mod withdraw;

use api::path;
use gateway::{App, Request, Response, answer::answer, front::unanswered};

/// Answers [`path::JOIN_ASK`], [`path::JOIN_WITHDRAW`], [`path::JOIN_LINK`] and [`path::JOIN_DECIDE`].
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::JOIN_ASK) => ask::ask(app, &request).await,
        ("POST", path::JOIN_WITHDRAW) => withdraw::withdraw(app, &request).await,
        ("POST", path::JOIN_LINK) => inspect::inspect(app, &request).await,
        ("POST", path::JOIN_DECIDE) => decide::decide(app, &request).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}
