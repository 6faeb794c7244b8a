//! Open activations are judged again after contacts, or what is known of their addresses, changed (ACT-03, ACT-15).

use gateway::App;
use licensing::{
    Licence,
    activation::{Activation, Of},
    event::Event,
};
use store::{Batch, Error, Failed, Item, Write, activations::AroundSlots, licences};

use crate::ATTEMPTS;

/// Does what an outbox item asks for, if it is for this function and not done.
pub(crate) async fn take(app: &App, item: Item) -> Result<(), Error> {
    let Some(queued) = store::outbox::of_record(item)? else { return Ok(()) };
    match &queued.event {
        Event::Rejudge { licence, .. } => judge_again(app, licence).await?,
        Event::RejudgeAddress { address, .. } => {
            // Each licence is judged by itself, so a call that is cut off is repeated without harm.
            for listing in app.store.listings_of(address).await? {
                judge_again(app, &listing.licence).await?;
            }
        }
        _ => return Ok(()),
    }
    app.store.event_done(&queued.event.id(), app.now()).await
}

/// Judges all activations of a Licensing ID again. Where nothing changes, nothing is written.
pub async fn judge_again(app: &App, licence: &Licence) -> Result<(), Error> {
    for activation in app.store.activations_of(licence).await? {
        judge_one(app, activation).await?;
    }
    Ok(())
}

async fn judge_one(app: &App, first: Activation) -> Result<(), Error> {
    let (licence, product) = (first.licence, first.product);
    for _ in 0..ATTEMPTS {
        let slots = AroundSlots::new(&licence, &product);
        let product_slot = licences::product(&product);
        let mut batch = Batch::default().with(&product_slot);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let around = slots.from(&got)?;
        let (Some(activation), Some(agreement), Some(known)) =
            (around.activation, around.agreement, got.get(&product_slot)?)
        else {
            return Ok(());
        };
        let contacts = &agreement.record.contacts;
        let (customer, failing) = app.store.customer_and_failing(&agreement.record.customer, contacts).await?;
        let of = Of {
            licence: &licence,
            product: &product,
            product_name: known.record.name.as_str(),
            kind: known.record.kind,
            customer: &agreement.record.customer,
            customer_name: customer
                .as_ref()
                .map_or(&activation.customer_name, |customer| customer.record.name.as_str()),
            contacts,
            by_endpoint: known.endpoint.is_some(),
        };
        let now = app.now();
        let Some(step) = activation.rejudge(&of, |address| failing.contains(address), now, &app.policy.links) else {
            return Ok(());
        };
        match app.store.write_step(&step, around.head.as_ref(), now, &app.policy.links, Write::new()).await {
            Ok(()) => return Ok(()),
            Err(Failed::Lost(_)) => {}
            Err(Failed::Error(error)) => return Err(error),
        }
    }
    Err(Error::Busy)
}
