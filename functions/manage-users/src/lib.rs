//! `manage-users`: what an Administrator of a Licensing ID does about somebody else (APR-07, APR-08, PERM-03, ROLE-08, ROLE-09).
//!
//! ```text
//! look (one batch) ──▶ licensing::manage judges ──▶ write (one transaction): holder, roster, audit, events, the answer
//! ```
//!
//! - [`change`]: assign, edit, remove, deny, and undo; and the preview, which is the same judgement without the write.
//! - [`invite`]: sends an invitation again.
//! - [`look`]: what all of them are judged by. Nothing is judged here: [`licensing::manage`] does, and what it says is written on
//!   condition that all it went by is still so. Two who remove each other at once do not both.
//! - [`below`]: how many agreements below would have nobody once an Administrator goes.

mod below;
mod change;
mod invite;
mod look;
mod refusal;
mod write;

use api::path;
use gateway::{App, Request, Response, answer::answer, front::unanswered};

/// Answers [`path::PERSON_PREVIEW`], [`path::PERSON_CHANGE`] and [`path::PERSON_INVITE`].
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::PERSON_PREVIEW) => Box::pin(change::preview(app, &request)).await,
        ("POST", path::PERSON_CHANGE) => Box::pin(change::change(app, &request)).await,
        ("POST", path::PERSON_INVITE) => Box::pin(invite::invite(app, &request)).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}
