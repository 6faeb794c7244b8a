//! `register`: who a person is. Signing in and registering with a mailed code or link, the profile, further addresses, and
//! sessions (REG-01 … REG-09, REG-11 … REG-13).
//!
//! - Asking for a code is one read and one transaction, the same whether or not anybody knows the address ([`sign_in`]).
//! - The right code proves the address: the profile is made on the way, and what hangs on the address takes effect at once,
//!   because rights are derived from proven addresses when they are asked for (REG-08).
//! - Every change is one conditional transaction with its entry in the profile's audit chain ([`mine`]).

mod addresses;
mod browser;
mod bystanders;
mod mail;
mod mine;
mod moves;
mod other_side;
mod profile;
mod proving;
mod sessions;
mod sign_in;
mod throttle;

use api::path;
use gateway::{App, Conflict, Request, Response, answer::answer, front::unanswered, optimistic};
pub use throttle::METRICS;

/// Answers a request. Whoever finds that somebody else wrote in between begins again from reading, a bounded number of times.
pub async fn handle(app: &App, request: Request) -> Response {
    answer(app, optimistic!(app.store, route(app, &request)))
}

async fn route(app: &App, request: &Request) -> Result<Response, Conflict> {
    match (request.method().as_str(), request.uri().path()) {
        ("POST", path::SIGN_IN_ASK) => sign_in::ask(app, request).await,
        ("POST", path::SIGN_IN_LINK) => sign_in::show_link(app, request).await,
        ("POST", path::SIGN_IN) => sign_in::sign_in(app, request).await,
        ("POST", path::SIGN_OUT) => sessions::sign_out(app, request).await,
        ("POST", path::SIGN_OUT_EVERYWHERE) => sessions::sign_out_everywhere(app, request).await,
        ("GET", path::ME) => profile::show(app, request).await,
        ("POST", path::ME) => profile::save(app, request).await,
        ("POST", path::COUNTRY) => profile::confirm_country(app, request).await,
        ("POST", path::ADDRESSES) => addresses::add(app, request).await,
        ("POST", path::REMOVE_ADDRESS) => addresses::remove(app, request).await,
        ("POST", path::PROOF_LINK) => addresses::show_link(app, request).await,
        ("POST", path::PROVE) => addresses::prove(app, request).await,
        ("POST", path::MOVE_ADDRESS) => moves::ask(app, request).await,
        ("POST", path::TAKE_ADDRESS) => moves::take(app, request).await,
        ("POST", path::NOT_ME) => addresses::not_me(app, request).await,
        ("GET", path::SESSIONS) => sessions::list(app, request).await,
        ("POST", path::SESSIONS) => sessions::end(app, request).await,
        ("GET", path::MY_MAIL) => mail::list(app, request).await,
        ("POST", path::MY_MAIL) => mail::lift(app, request).await,
        _ => Err(unanswered(request).into()),
    }
}
