//! `request-permission`: people ask for permission on a Licensing ID, and give up what they have (REQ, PERM).
//!
//! - [`ask`]: takes a request, whether or not the number is known: one read, one transaction, the same for both (REQ-02).
//! - [`route`]: the outbox's stream then brings it here, and it is found out who decides: Administrators of the Licensing ID and
//!   of what stands above. They get a row in their inbox, and `deliver-mail` writes to each of them (REQ-03). Where nobody can
//!   decide, operators see it (REQ-07).
//! - [`mod@follow`]: a load moved the agreement's end, and requests that wait end with it as it ends now (REQ-05).
//! - [`withdraw`] and [`remind`]: who asked takes it back, or has the others reminded once (REQ-09).
//! - [`give_up`]: a person removes a whole Licensing ID from what they have (PERM-02).
//!
//! Deciding is `approve`'s; what is due, `expire-links` sweeps; lists are `show-portal`'s.

mod ask;
mod follow;
mod give_up;
mod remind;
mod route;
mod withdraw;

use api::path;
use gateway::{
    App, Request, Response,
    answer::answer,
    front::unanswered,
    log,
    stream::{Failures, Records},
};
use serde_json::json;

pub use follow::follow;
pub use route::find_out;

/// Answers [`path::REQUEST_ASK`], [`path::REQUEST_WITHDRAW`], [`path::REQUEST_REMIND`] and [`path::GIVE_UP`].
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::REQUEST_ASK) => ask::ask(app, &request).await,
        ("POST", path::REQUEST_WITHDRAW) => withdraw::withdraw(app, &request).await,
        ("POST", path::REQUEST_REMIND) => remind::remind(app, &request).await,
        ("POST", path::GIVE_UP) => give_up::give_up(app, &request).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}

/// Takes records of the outbox's stream, and says which failed. Those behind one that failed are done all the same.
pub async fn records(app: &App, records: Records) -> Failures {
    let mut failures = Failures::default();
    for record in &records.records {
        if records.is_out_of_time() {
            failures.push(record);
            continue;
        }
        let done = match record.item() {
            Ok(None) => continue,
            Ok(Some(item)) => route::take(app, item).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            log::error("a record was not worked off", &error, json!({}));
            failures.push(record);
        }
    }
    failures
}
