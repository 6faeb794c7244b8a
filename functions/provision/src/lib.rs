//! `provision`: tells others of activations, and has provisioning endpoints set up what was bought (LINK-11).
//!
//! The stream of the outbox brings what is to be told or asked, at least once:
//!
//! - [`announce()`]: one message for all. In one transaction it becomes a delivery of its own for the event bus, for each
//!   webhook and for the product's provisioning endpoint where that is concerned, so that none holds up or repeats another's.
//! - [`deliver()`]: one delivery. What is not taken is put off for longer each time, and given up after three days with a
//!   record that operators see.
//! - [`ask()`]: whether what was bought is set up. An endpoint that is at work is asked again: after seconds at first, for
//!   somebody is watching, then after longer each time. What it says in the end is one transaction.
//!
//! No call of others is repeated by the stream: a record fails only where the database does.

mod announce;
mod answer;
mod ask;
mod deliver;

pub use announce::announce;
pub use ask::{PATIENCE, ask};
pub use deliver::deliver;

use futures_util::future::join_all;
use gateway::{
    App, log,
    stream::{Failures, Record, Records},
};
use licensing::event::Event;
use outside::Outside;
use serde_json::json;
use store::{Error, outbox};

/// Takes records of the outbox's stream, side by side, and says which failed: each is about something else, or comes to the
/// same in any order.
pub async fn records(app: &App, records: Records) -> Failures {
    let mut failures = Failures::default();
    let time_is_up = || records.is_out_of_time();
    let outcomes = join_all(records.records.iter().map(|record| one(app, record, time_is_up))).await;
    for (record, outcome) in records.records.iter().zip(outcomes) {
        if let Err(error) = outcome {
            // Not what it is about: the log names no customer.
            log::error("a record was not worked off", error, json!({}));
            failures.push(record);
        }
    }
    failures
}

async fn one(app: &App, record: &Record, time_is_up: impl Fn() -> bool) -> Result<(), Error> {
    let Some(item) = record.item()? else { return Ok(()) };
    let Some(queued) = outbox::of_record(item)? else { return Ok(()) };
    match &queued.event {
        Event::Announce { message } => announce(app, message).await,
        Event::Deliver { .. } => deliver(app, &queued.event).await,
        Event::Provision { .. } => ask::ask_until(app, &queued.event, &PATIENCE, time_is_up).await,
        _ => Ok(()),
    }
}

fn outside(app: &App) -> &Outside {
    app.outside.as_ref().expect("this function is deployed with a way out")
}
