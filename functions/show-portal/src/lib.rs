//! All that the portal shows: who publishes, my licences, Manage activations, one activation, "Where is my activation?",
//! requests to join, requests for permission, who may do what and why, and the audit. One function for all reads, so that a quiet portal pays for one cold start.
//!
//! Nothing here changes anything but the note that a session is used, which is written beside the reads.

mod access;
mod activation;
mod activations;
mod approvals;
mod audit;
mod facts;
mod file;
mod joins;
mod ledger;
mod licence;
mod licences;
mod overview;
mod refusal;
mod requests;
mod shown;
mod walk;
mod where_is;
mod words;

use api::{Code, me::About, path};
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts};
use licensing::Licence;

/// Answers a request.
pub async fn handle(app: &App, request: Request) -> Response {
    answer::answer(app, route(app, &request).await)
}

/// The reads are boxed: side by side they would make every request's future as large as the largest of them, 65 kB.
async fn route(app: &App, request: &Request) -> Result<Response, ApiError> {
    if !request.only_reads() {
        return Err(Code::WrongMethod.into());
    }
    match request.uri().path() {
        path::ABOUT => return Ok(about(app)),
        path::LICENCES => return Box::pin(licences::list(app, request)).await,
        path::OVERVIEW => return Box::pin(overview::told(app, request)).await,
        path::ACTIVATIONS => return Box::pin(activations::list(app, request)).await,
        path::JOINS => return Box::pin(joins::list(app, request)).await,
        path::REQUESTS => return Box::pin(requests::mine(app, request)).await,
        path::APPROVALS => return Box::pin(approvals::list(app, request)).await,
        path::MY_AUDIT => return Box::pin(audit::mine(app, request)).await,
        path::AUDIT_KEYS => return Ok(audit::keys(app)),
        _ => {}
    }
    let parts = request.parts();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["api", "activations", programme, number, product] => {
            let product = product.parse().map_err(|_| Code::NotFound)?;
            Box::pin(activation::one(app, request, &licence_of(programme, number)?, &product)).await
        }
        ["api", "access", programme, number] => {
            Box::pin(access::shown(app, request, &licence_of(programme, number)?)).await
        }
        ["api", "licences", programme, number] => {
            Box::pin(licence::one(app, request, &licence_of(programme, number)?)).await
        }
        ["api", "licences", programme, number, "people"] => {
            Box::pin(licence::people(app, request, &licence_of(programme, number)?)).await
        }
        ["api", "where", programme, number] => {
            Box::pin(where_is::all(app, request, &licence_of(programme, number)?)).await
        }
        ["api", "audit", "licence", programme, number] => {
            Box::pin(audit::of_licence(app, request, &licence_of(programme, number)?)).await
        }
        ["api", "audit", "account", id] => {
            Box::pin(audit::of_account(app, request, &id.parse().map_err(|_| Code::NotFound)?)).await
        }
        _ => Err(Code::NotFound.into()),
    }
}

/// Who publishes, and the numbers that pages name (UI-06): known without asking the database.
fn about(app: &App) -> Response {
    answer::ok(&About { publisher: app.policy.publisher.clone(), policy: (*app.policy).clone() })
}

fn licence_of(programme: &str, number: &str) -> Result<Licence, Code> {
    let programme = programme.parse().map_err(|_| Code::NotFound)?;
    Ok(Licence { programme, number: number.parse().map_err(|_| Code::NotFound)? })
}
