//! One message to one receiver.

use gateway::{App, log};
use licensing::{
    Timestamp,
    event::{Event, Receiver},
    message::Message,
    outside::Endpoint,
    when::add_minutes,
};
use serde_json::json;
use store::{Batch, Error, licences, outbox, webhooks};

use crate::{
    answer::{Said, is_gone, not_before},
    outside,
};

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
        Address::Bus => outside(app).publish(message).await.map_err(|trouble| NotTaken::now(trouble.to_string())),
        Address::At(url) => call(app, &url, to, message).await,
        Address::Gone => return store.event_done(&id, app.now()).await,
    };

    let now = app.now();
    let Err(NotTaken { trouble, not_before, is_gone }) = outcome else {
        if let Receiver::Webhook { id } = to {
            store.webhook_took(id, now).await?;
        }
        return store.event_done(&id, now).await;
    };
    let tries = queued.tries + 1;
    // Nobody is there any more, and nobody will be: not asked again.
    let pause = PAUSES.get(tries as usize - 1).filter(|_| !is_gone);
    let shape = json!({ "receiver": to.name(), "tries": tries, "given_up": pause.is_none() });
    let message = "a receiver did not take a message";
    if pause.is_some() {
        log::warning(message, &trouble, shape);
    } else {
        log::error(message, &trouble, shape);
    }
    if let Receiver::Webhook { id } = to {
        if is_gone {
            store.webhook_ended(id, &trouble, now).await?;
        } else {
            store.webhook_failed(id, &trouble, pause.is_none(), now).await?;
        }
    }
    match pause {
        // Never sooner than our own pause, so that the tries reach over the days that an outage takes.
        Some(minutes) => {
            let until = add_minutes(now, *minutes).max(not_before.unwrap_or(now));
            store.put_event_off(&id, tries, &trouble, until).await.map(drop)
        }
        None => store.event_done(&id, now).await,
    }
}

/// Why a message was not taken.
struct NotTaken {
    trouble: String,
    /// The receiver wants no call before then.
    not_before: Option<Timestamp>,
    /// The receiver says that it has ended for good.
    is_gone: bool,
}

impl NotTaken {
    const fn now(trouble: String) -> Self {
        Self { trouble, not_before: None, is_gone: false }
    }
}

async fn call(app: &App, url: &Endpoint, to: &Receiver, message: &Message) -> Result<(), NotTaken> {
    let answer = outside(app).post(url, &to.name(), message, app.now()).await;
    let (not_before, is_gone) = (not_before(&answer, app.now()), is_gone(&answer));
    match Said::of(answer) {
        Said::Done | Said::AtWork => Ok(()),
        // A refusal may be a slip of the receiver's: it is asked again like one that does not answer.
        Said::No { short, .. } | Said::Nothing(short) => Err(NotTaken { trouble: short, not_before, is_gone }),
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
    /// Removed, or ended by its receiver, since.
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

    fn address(&self, got: &store::BatchResult) -> Result<Address, Error> {
        let url = match self {
            Self::Bus => return Ok(Address::Bus),
            Self::Webhook(slot) => {
                got.get(slot)?.filter(|webhook| webhook.ended_at.is_none()).map(|webhook| webhook.url)
            }
            Self::Product(slot) => got.get(slot)?.and_then(|product| product.endpoint),
        };
        Ok(url.map_or(Address::Gone, Address::At))
    }
}
