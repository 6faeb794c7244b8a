//! Which function answers a path, takes a stream's records, and runs by the clock: what the template says for a deployment.

use std::{sync::Arc, time::Duration};

use api::{Code, Problem, path::Route};
use gateway::{
    App, Request, Response,
    answer::problem_response,
    boot::Deadline,
    front,
    stream::{Failures, Records},
};
use serde_json::Value;
use store::Table;
use tokio::runtime::Handle;

use crate::{post::Listener, pump::Mapping, schedule::Job, work::Work};

/// Answers a request to `/api/…`.
pub async fn answer(app: App, request: Request) -> Response {
    front::pass(&app, request, |request| Box::pin(function(&app, request))).await
}

/// The function that the table of routes names.
async fn function(app: &App, request: Request) -> Response {
    match Route::of(request.uri().path()).map_or("", |route| route.function) {
        "register" => register::handle(app, request).await,
        "load-orders" => Box::pin(load_orders::handle(app, request)).await,
        "send-activation" => send_activation::handle(app, request).await,
        "activate" => activate::handle(app, request).await,
        "join-account" => join_account::handle(app, request).await,
        "request-permission" => request_permission::handle(app, request).await,
        "approve" => approve::handle(app, request).await,
        "manage-users" => manage_users::handle(app, request).await,
        "show-portal" => Box::pin(show_portal::handle(app, request)).await,
        _ => problem_response(&Problem::new(Code::NotFound), app.now()),
    }
}

/// With the waits between, a record is given up after a minute.
const TRIES: u32 = 10;
const WAIT: Duration = Duration::from_millis(200);

/// The streams with the functions that take their records.
pub fn mappings() -> Vec<Mapping> {
    vec![
        Mapping {
            name: "orders",
            table: Table::Orders,
            wants: is_open_order,
            most: 25,
            tries: TRIES,
            wait: WAIT,
            consumer: Arc::new(send_activations),
        },
        Mapping {
            name: "activations",
            table: Table::Outbox,
            wants: |record| is_queued_for(record, "activations"),
            most: 10,
            tries: TRIES,
            wait: WAIT,
            consumer: Arc::new(send_activations),
        },
        Mapping {
            name: "outside",
            table: Table::Outbox,
            wants: |record| is_queued_for(record, "outside"),
            most: 10,
            tries: TRIES,
            wait: WAIT,
            consumer: Arc::new(|app, records| Box::pin(async move { provision::records(&app, records).await })),
        },
        Mapping {
            name: "requests",
            table: Table::Outbox,
            wants: |record| is_queued_for(record, "requests"),
            most: 10,
            tries: TRIES,
            wait: WAIT,
            consumer: Arc::new(|app, records| {
                Box::pin(async move { request_permission::records(&app, records).await })
            }),
        },
        // Codes do not wait behind other letters.
        Mapping {
            name: "codes",
            table: Table::Outbox,
            wants: |record| is_queued_for(record, "codes"),
            most: 10,
            tries: TRIES,
            wait: WAIT,
            consumer: Arc::new(deliver_mails),
        },
        Mapping {
            name: "mail",
            table: Table::Outbox,
            wants: |record| is_queued_for(record, "mail"),
            most: 10,
            tries: TRIES,
            wait: WAIT,
            consumer: Arc::new(deliver_mails),
        },
    ]
}

fn send_activations(app: App, records: Records) -> Work<Failures> {
    Box::pin(async move { Box::pin(send_activation::records(&app, records)).await })
}

fn deliver_mails(app: App, records: Records) -> Work<Failures> {
    Box::pin(async move { deliver_mail::records(&app, records).await })
}

/// A new order, or one that the sweep took up again.
fn is_open_order(record: &Value) -> bool {
    let item = &record["dynamodb"]["NewImage"];
    match record["eventName"].as_str() {
        Some("INSERT") => true,
        Some("MODIFY") => item.get("driven_at").is_some() && item.get("due_slot").is_some(),
        _ => false,
    }
}

/// An event that is to be done now.
fn is_queued_for(record: &Value, consumer: &str) -> bool {
    let item = &record["dynamodb"]["NewImage"];
    record["eventName"] != "REMOVE"
        && item["consumer"]["S"] == consumer
        && item.get("done_at").is_none()
        && item["held"]["BOOL"] != true
}

/// What takes the notices of deliveries, bounces and complaints.
pub fn mail_event(app: &App) -> Listener {
    let app = app.clone();
    Arc::new(move |event: Value| {
        let app = app.clone();
        Box::pin(async move { mail_events::take(&app, event).await.map(drop).map_err(|error| error.to_string()) })
    })
}

/// What runs by the clock.
pub fn jobs() -> Vec<Job> {
    vec![
        Job {
            name: "expire-links",
            every: Duration::from_secs(5),
            run: |app| Handle::current().block_on(expire_links::sweep(app, Deadline::NONE)).map(drop),
        },
        Job {
            name: "seal-audit",
            every: Duration::from_mins(1),
            run: |app| Handle::current().block_on(seal_audit::seal(app)).map(drop),
        },
    ]
}
