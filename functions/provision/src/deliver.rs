//! One message to one receiver.

use gateway::App;
use licensing::{
    event::{Event, Receiver},
    message::Message,
    outside::Endpoint,
    when::add_minutes,
};
use serde_json::json;
use store::{Batch, Error, licences, outbox, webhooks};

use crate::{answer::Said, outside};

/// After each try in vain it waits for longer, minutes; after the last of these it is given up: three days in all.
const PAUSES: [u32; 8] = [5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60];

/// Delivers once more, unless it was delivered or given up, or nobody is there to be told any more.
pub async fn deliver(app: &App, event: &Event) -> Result<(), Error> {
    let Event::Deliver { message, to } = event else { return Ok(()) };
    let (store, id) = (&app.store, event.id());
    let slot = outbox::queued(&id);
    let place = Place::of(to);
    let mut batch = Batch::default().with(&slot);
    place.add_to(&mut batch);
    let got = batch.read(store).await?;
    let Some(queued) = got.get(&slot)?.filter(|queued| queued.done_at.is_none()) else { return Ok(()) };
    let outcome = match place.address(&got)? {
        Address::Bus => outside(app).publish(message).await.map_err(|trouble| trouble.to_string()),
        Address::At(url) => call(app, &url, to, message).await,
        Address::Gone => return store.event_done(&id, app.now()).await,
    };

    let now = app.now();
    let Err(trouble) = outcome else {
        if let Receiver::Webhook { id } = to {
            store.webhook_took(id, now).await?;
        }
        return store.event_done(&id, now).await;
    };
    let tries = queued.tries + 1;
    let pause = PAUSES.get(tries as usize - 1);
    let level = if pause.is_some() { "warning" } else { "error" };
    eprintln!(
        "{}",
        json!({ "level": level, "function": "provision", "receiver": to.name(), "tries": tries, "trouble": trouble,
            "given_up": pause.is_none() })
    );
    if let Receiver::Webhook { id } = to {
        store.webhook_failed(id, &trouble, pause.is_none(), now).await?;
    }
    match pause {
        Some(minutes) => store.put_event_off(&id, tries, &trouble, add_minutes(now, *minutes)).await.map(drop),
        None => store.event_done(&id, now).await,
    }
}

async fn call(app: &App, url: &Endpoint, to: &Receiver, message: &Message) -> Result<(), String> {
    match Said::of(outside(app).post(url, &to.name(), message, app.now()).await) {
        Said::Done | Said::AtWork => Ok(()),
        // A refusal may be a slip of the receiver's: it is asked again like one that does not answer.
        Said::No { short, .. } | Said::Nothing(short) => Err(short),
    }
}

/// Where it is written down where a receiver is.
enum Place {
    Bus,
    Webhook(store::Slot<webhooks::Webhook>),
    Product(store::Slot<licences::StoredProduct>),
}

enum Address {
    Bus,
    At(Endpoint),
    /// Removed since.
    Gone,
}

impl Place {
    fn of(to: &Receiver) -> Self {
        match to {
            Receiver::Bus => Self::Bus,
            Receiver::Webhook { id } => Self::Webhook(webhooks::webhook(id)),
            Receiver::Endpoint { product } => Self::Product(licences::product(product)),
        }
    }

    fn add_to(&self, batch: &mut Batch) {
        match self {
            Self::Bus => {}
            Self::Webhook(slot) => batch.add(slot),
            Self::Product(slot) => batch.add(slot),
        }
    }

    fn address(&self, got: &store::Got) -> Result<Address, Error> {
        let url = match self {
            Self::Bus => return Ok(Address::Bus),
            Self::Webhook(slot) => got.get(slot)?.map(|webhook| webhook.url),
            Self::Product(slot) => got.get(slot)?.and_then(|product| product.endpoint),
        };
        Ok(url.map_or(Address::Gone, Address::At))
    }
}
