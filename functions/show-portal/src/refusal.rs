//! Refusing who has nothing on a Licensing ID, so that neither the answer nor how long it takes says more (REQ-02).

use api::Code;
use gateway::{ApiError, App};
use licensing::{Address, Licence};
use store::{
    Batch, Error,
    licences::agreement,
    standing::{Loaded, holder},
};

/// The refusal, as it is for a Licensing ID that is not loaded: after as many steps and calls, whatever stands above it.
pub(crate) async fn nothing_there(app: &App, licence: &Licence, loaded: Option<&Loaded>) -> ApiError {
    match app.store.as_if_all_above(licence, loaded).await {
        Ok(()) => Code::NotAllowed.into(),
        Err(error) => error.into(),
    }
}

/// Reads what is read of a person on a Licensing ID that is loaded: one call.
pub(crate) async fn as_if_loaded(app: &App, licence: &Licence, addresses: &[Address]) -> Result<(), Error> {
    let mut batch = Batch::default().with(&agreement(licence));
    for address in addresses {
        batch.add(&holder(licence, address));
    }
    batch.read(&app.store).await.map(drop)
}
