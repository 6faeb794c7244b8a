//! A letter to one person, and what is read for it.

use gateway::App;
use licensing::{Address, Sku, event::Event};
use mail::Letter;
use store::{Batch, Error};

/// A letter to one person.
pub(crate) struct Draft {
    /// The person.
    pub(crate) to: Address,
    /// What is written.
    pub(crate) letter: Letter,
    /// The product that it is about.
    pub(crate) product: Option<Sku>,
    /// The activation link that it carries.
    pub(crate) generation: Option<u32>,
    /// The language for a person who has chosen none.
    pub(crate) language: Option<String>,
}

/// Reads what a letter needs, unless its event was done already: then there is none.
pub(crate) async fn unless_done(
    app: &App,
    event: &Event,
    read: impl FnOnce(Batch) -> Batch,
) -> Result<Option<store::BatchResult>, Error> {
    let slot = store::outbox::queued(&event.id());
    let found = read(Batch::default().with(&slot)).read(&app.store).await?;
    let done = found.get(&slot)?.is_some_and(|queued| queued.done_at.is_some());
    Ok((!done).then_some(found))
}

/// A letter about no product.
pub(crate) fn to(address: &Address, letter: Letter) -> Draft {
    Draft { to: address.clone(), letter, product: None, generation: None, language: None }
}
