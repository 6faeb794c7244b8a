//! `send-activation`: takes new orders in, writes to whom has to be written to, and sends links again on request.
//!
//! - The stream of the orders table brings each new order; every line is one transaction: what becomes of it
//!   ([`licensing::judge`]), the activation, the audit entry and the mail's event (ACT-02 … ACT-10, ACT-16).
//! - The stream of the outbox brings "judge again": contacts, or what is known of their addresses, changed (ACT-03, ACT-15).
//! - Over HTTP: a new link to the same address (ACT-14), and the same mail again without signing in (LINK-08).

mod again;
mod intake;
mod resend;

use api::path;
use gateway::{
    App, Request, Response,
    answer::answer,
    front::unanswered,
    log,
    stream::{Failures, Records},
};
use serde_json::json;

/// Answers [`path::RESEND`] and [`path::LINK_ASK`].
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::RESEND) => resend::resend(app, &request).await,
        ("POST", path::LINK_ASK) => resend::ask_again(app, &request).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}

/// Takes records of the orders' and the outbox's streams, and says which failed. Those behind one that failed are done all
/// the same.
pub async fn records(app: &App, records: Records) -> Failures {
    let mut failures = Failures::default();
    for record in &records.records {
        if records.is_out_of_time() {
            failures.push(record);
            continue;
        }
        let done = match record.item() {
            Ok(None) => continue,
            Ok(Some(item)) if item.contains_key("order_id") => match store::orders::of_record(item) {
                Ok(order) => intake::take_in_while(app, &order, || !records.is_out_of_time()).await,
                Err(error) => Err(error),
            },
            Ok(Some(item)) => again::take(app, item).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            log::error("a record was not worked off", &error, json!({}));
            failures.push(record);
        }
    }
    failures
}

pub use again::judge_again;
pub use intake::take_in;
