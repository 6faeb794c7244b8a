//! Which function answers a path, takes a stream's records, and runs by the clock: what the template says for a deployment.

use std::{pin::Pin, sync::Arc, time::Duration};

use api::{Code, Problem, path};
use gateway::{App, Request, Response, answer::problem_response};
use serde_json::Value;
use store::Table;

use crate::{post::Listener, pump::Mapping, schedule::Job};

/// What a function does when it is called.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Answers a request to `/api/…`.
pub async fn answer(app: App, request: Request) -> Response {
    match request.uri().path() {
        _ => nothing_here(&app),
    }
}

fn nothing_here(app: &App) -> Response {
    problem_response(&Problem::new(Code::NotFound), app.now())
}

/// The streams with the functions that take their records.
pub fn mappings() -> Vec<Mapping> {
    Vec::new()
}

/// What takes the notices of deliveries, bounces and complaints.
pub fn mail_event(_app: &App) -> Listener {
    Arc::new(|_event: Value| Box::pin(async { Ok(()) }))
}

/// What runs by the clock.
pub fn jobs() -> Vec<Job> {
    Vec::new()
}
