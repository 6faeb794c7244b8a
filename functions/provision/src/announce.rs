//! One message for all who are to be told.

use futures_util::future::join_all;
use gateway::App;
use licensing::{
    event::{Event, Receiver},
    message::Message,
};
use store::{Error, Failed, Write, licences};

use crate::{deliver, outside};

/// Makes a delivery for each receiver, once, in the transaction that marks the message as handed out; then tries each. The
/// deliveries are held back from the stream, for they are tried here: where this call is cut off, the sweep drives them.
pub async fn announce(app: &App, message: &Message) -> Result<(), Error> {
    let (store, now) = (&app.store, app.now());
    let deliveries: Vec<Event> = receivers(app, message)
        .await?
        .into_iter()
        .map(|to| Event::Deliver { message: Box::new(message.clone()), to })
        .collect();
    let mut write = Write::new();
    for delivery in &deliveries {
        write.event(store, delivery, now, true);
    }
    write.event_done(store, &Event::announce(message.clone()).id(), now);
    match write.commit(store).await {
        Ok(()) => {}
        // Handed out before.
        Err(Failed::Lost(_)) => return Ok(()),
        Err(Failed::Error(error)) => return Err(error),
    }
    // Where the database does not say how a delivery went, the sweep drives it as well.
    join_all(deliveries.iter().map(|delivery| deliver(app, delivery))).await;
    Ok(())
}

async fn receivers(app: &App, message: &Message) -> Result<Vec<Receiver>, Error> {
    let concerned = message.standing.as_ref().filter(|_| message.what.concerns_endpoint());
    let endpoint = async {
        let Some(told) = concerned else { return Ok(None) };
        let product = app.store.get(&licences::product(&told.product)).await?;
        let has_endpoint = product.is_some_and(|product| product.endpoint.is_some());
        Ok::<_, Error>(has_endpoint.then(|| Receiver::Endpoint { product: told.product.clone() }))
    };
    let (webhooks, endpoint) = tokio::try_join!(app.store.webhooks(), endpoint)?;
    let bus = outside(app).has_bus().then_some(Receiver::Bus);
    let webhooks = webhooks.into_iter().filter(|webhook| webhook.ended_at.is_none());
    let webhooks = webhooks.map(|webhook| Receiver::Webhook { id: webhook.id });
    Ok(bus.into_iter().chain(webhooks).chain(endpoint).collect())
}
