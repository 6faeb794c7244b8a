//! What the systems of others were told: what the page `/events` shows.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gateway::App;
use licensing::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::{sync::watch, time::Instant};

/// So many are kept.
const MOST: usize = 500;

/// Something that others were told.
#[derive(Debug, Clone, Serialize)]
pub struct Heard {
    /// From 1.
    pub number: u64,
    /// When, by the portal's clock.
    pub at: Timestamp,
    /// Who: `bus`, `webhook`, `endpoint`.
    pub by: &'static str,
    /// Its type.
    pub what: String,
    /// The message's id.
    pub id: String,
    /// What was answered.
    pub answer: String,
    /// What was said.
    pub body: Value,
}

/// What others were told since the portal was started.
#[derive(Debug, Default)]
pub struct Events {
    heard: Mutex<Vec<Heard>>,
    newest: watch::Sender<u64>,
    asked_first: Mutex<HashMap<String, Instant>>,
}

impl Events {
    /// All of it, first to last.
    pub fn all(&self) -> Vec<Heard> {
        held(&self.heard).clone()
    }

    pub(crate) fn keep(&self, app: &App, by: &'static str, id: &str, answer: impl ToString, body: Value) {
        let mut heard = held(&self.heard);
        let number = *self.newest.borrow() + 1;
        let what = body["type"].as_str().unwrap_or("?").to_owned();
        heard.push(Heard { number, at: app.now(), by, what, id: id.into(), answer: answer.to_string(), body });
        let old = heard.len().saturating_sub(MOST);
        heard.drain(..old);
        self.newest.send_replace(number);
    }

    /// The number of the newest, now and whenever there is one.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// How long ago an id was asked for the first time.
    pub(crate) fn since(&self, id: &str) -> Duration {
        held(&self.asked_first).entry(id.to_owned()).or_insert_with(Instant::now).elapsed()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
