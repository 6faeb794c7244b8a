//! The audit: of a Licensing ID, of the reader's own profile, and the keys by which its seals are checked (SAFE-01, SAFE-02).

use api::{Code, audit::Keys};
use gateway::{App, Oops, Request, Response, answer};
use licensing::{Licence, audit::key_name, seal::to_text};

/// The published keys of seals, so that an export can be checked offline.
pub(crate) fn keys(app: &App) -> Response {
    let keys = app.keys.published.iter().map(|key| (key_name(key), to_text(key.as_bytes()))).collect();
    answer::ok(&Keys { keys })
}

/// The reader's own audit.
pub(crate) async fn mine(_app: &App, _request: &Request) -> Result<Response, Oops> {
    Err(Code::NotFound.into())
}

/// The audit of a Licensing ID, for its Administrators.
pub(crate) async fn of_licence(_app: &App, _request: &Request, _licence: &Licence) -> Result<Response, Oops> {
    Err(Code::NotFound.into())
}
