//! Where is my activation? For a whole Licensing ID (ACT-12).

use api::Code;
use gateway::{App, Oops, Request, Response};
use licensing::Licence;

/// Answers every order line of a Licensing ID.
pub(crate) async fn all(_app: &App, _request: &Request, _licence: &Licence) -> Result<Response, Oops> {
    Err(Code::NotFound.into())
}
