//! `approve`: Administrators decide on requests for permission (APR-01 … APR-06).
//!
//! - [`inspect`]: what a mailed link or a row of the inbox shows; changes nothing (APR-02).
//! - [`decide`]: the first decision counts, all others see it (APR-03). Denying works from the link alone, granting needs an
//!   Administrator's session. What it gives, the audits and the emails to send are one transaction (APR-06).
//!
//! An Administrator is who is one now, by listing, act or inheritance; the transaction checks what that was judged by.

mod decide;
mod inspect;

use api::path;
use gateway::{App, Request, Response, answer::answer, front::unanswered};

/// Answers [`path::APPROVAL_INSPECT`] and [`path::APPROVAL_DECIDE`].
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::APPROVAL_INSPECT) => inspect::inspect(app, &request).await,
        ("POST", path::APPROVAL_DECIDE) => decide::decide(app, &request).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}
