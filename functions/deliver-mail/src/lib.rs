//! `deliver-mail`: turns what the outbox asks for into mails. No other function may call SES.
//!
//! The stream of the outbox brings each event at least once. For each, the facts are read as they are now, for much may
//! have changed since it was queued: a link was used or replaced, a code ran out, a contact moved. What still makes sense
//! is written as letters ([`draft`]), each to one person, in the person's language. Links and codes are derived here and
//! are nowhere else: what is queued, stored or logged opens nothing (SAFE-04).
//!
//! Codes, for which somebody sits and waits, have a lane of their own through the stream: none waits behind other letters.
//!
//! Every letter has a row in the ledger, named after its event and its recipient ([`post`]). Whoever sends it leases the
//! row first, so that two deliveries of an event send one mail; what SES took is marked and never sent again. Only where
//! SES took a mail and the mark was lost it goes out a second time, with the same link (ACT-16).

mod draft;
mod managed;
mod permission;
mod post;
mod reader;
mod recipient;

use std::{fmt, time::Duration};

use gateway::{
    App, log,
    stream::{Failures, Records},
};
use licensing::{
    Timestamp,
    event::{Consumer, Event},
};
use mail::SendError;
use serde_json::{Value, json};
use store::outbox::{self, Queued};

/// What the stream hands over: each lane by itself, so that none waits behind another.
const LANES: [&str; 2] = [Consumer::Codes.as_str(), Consumer::Mail.as_str()];

/// A letter that SES takes no more this second is followed by the next one after so long; a code at once.
pub const STAND_BACK: Duration = Duration::from_secs(1);

/// Why an event is not done: the stream hands it over again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotYet {
    /// The database did not do it.
    Store(store::Error),
    /// SES did not take a mail.
    Mail(SendError),
    /// Somebody else is sending one of its mails right now, or was cut off while sending it, and has it until then.
    Leased(Timestamp),
    /// The call's time is up.
    OutOfTime,
}

impl fmt::Display for NotYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Mail(error) => error.fmt(f),
            Self::Leased(_) => f.write_str("somebody else is sending the mail"),
            Self::OutOfTime => f.write_str("the time of this call is up"),
        }
    }
}

impl std::error::Error for NotYet {}

impl From<store::Error> for NotYet {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Takes records of the outbox's stream, in their order, and says which failed. Those behind one that failed are done all
/// the same. What somebody else is sending is looked at again when their lease ends: where a sender was cut off, the stream's
/// few tries would be over sooner, and the mail would wait for the sweep.
pub async fn records(app: &App, records: Records) -> Failures {
    let mut failures = Failures::default();
    let mut leased = Vec::new();
    for record in &records.records {
        if records.is_out_of_time() {
            failures.push(record);
            continue;
        }
        let queued = record.item().and_then(|item| item.map_or(Ok(None), outbox::of_record));
        let queued = match queued {
            Ok(Some(queued)) if LANES.contains(&queued.consumer.as_str()) => queued,
            Ok(_) => continue,
            Err(error) => {
                report(&Value::Null, &error.into());
                failures.push(record);
                continue;
            }
        };
        match deliver_until(app, &queued, || records.is_out_of_time()).await {
            Ok(()) => {}
            Err(NotYet::Leased(until)) if !records.deadline.is_none() => leased.push((record, queued, until)),
            Err(why) => {
                report(&name_of(&queued.event), &why);
                failures.push(record);
                if queued.consumer == Consumer::Mail.as_str() && matches!(why, NotYet::Mail(SendError::Later(_))) {
                    make_room(&records).await;
                }
            }
        }
    }
    leased.sort_by_key(|(.., until)| *until);
    for (record, queued, until) in leased {
        wait(app, &records, until).await;
        if let Err(why) = deliver_until(app, &queued, || records.is_out_of_time()).await {
            report(&name_of(&queued.event), &why);
            failures.push(record);
        }
    }
    failures
}

/// Waits until then, or until the call's time is nearly up: the next try waits for the rest.
async fn wait(app: &App, records: &Records, until: Timestamp) {
    for _ in 0..60 * post::LEASE_MINUTES {
        if app.now() >= until || records.is_out_of_time() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// SES takes so many a second and has none left: a load's letters stand back for a second, so that codes, which never do, get
/// what SES takes next (REG-05).
async fn make_room(records: &Records) {
    if !records.deadline.is_none() && !records.is_out_of_time() {
        tokio::time::sleep(STAND_BACK).await;
    }
}

/// Neither the event's key nor its content is logged: both name addresses.
fn report(event: &Value, why: &NotYet) {
    log::error("an event was not mailed", why, json!({ "event": event }));
}

/// Does what one event asks for, each of its mails once, and marks it as done. One mail that can't be sent now does not
/// hold up the others.
pub async fn deliver(app: &App, queued: &Queued) -> Result<(), NotYet> {
    deliver_until(app, queued, || false).await
}

async fn deliver_until(app: &App, queued: &Queued, time_is_up: impl Fn() -> bool) -> Result<(), NotYet> {
    let drafts = draft::drafts(app, queued).await?;
    let readers = reader::readers(app, drafts.iter().map(|draft| &draft.to)).await?;

    let mut outcome = Ok(());
    for draft in &drafts {
        // Some events are told to hundreds of people: those who were not reached in time get their mail from the next call.
        if time_is_up() {
            outcome = Err(NotYet::OutOfTime);
            break;
        }
        if let Err(why) = post::send(app, queued, draft, &readers[&draft.to]).await {
            outcome = Err(why);
        }
    }
    outcome?;
    Ok(app.store.event_done(&queued.event.id(), app.now()).await?)
}

fn name_of(event: &Event) -> Value {
    serde_json::to_value(event).ok().and_then(|mut event| Some(event.get_mut("kind")?.take())).unwrap_or_default()
}
