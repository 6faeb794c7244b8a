//! What stands in for the systems of others: the event bus, a subscriber, and a provisioning endpoint that takes its time. The
//! mailbox's server answers for them, and its page `/events` shows what they were told.
//!
//! | request | answer |
//! |---|---|
//! | `POST /` with `X-Amz-Target: AWSEvents.PutEvents` | EventBridge's |
//! | `POST /demo/webhook` | 204 if the signature is that of a webhook with this address |
//! | `POST /demo/provision?seconds=9` | 202 for so long after the first request of an id, then 200; with `refuse=WHY` 422 |
//! | `GET /api/events?after=&wait=` | what came, the newest first; with `wait` (seconds), as soon as there is something |

use std::{collections::HashMap, time::Duration};

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use gateway::App;
use http::{HeaderMap, StatusCode};
use licensing::{Sku, event::Receiver, outside::Endpoint, sign::is_signed};
use serde_json::{Value, json};
use store::{Write, licences, webhooks::Webhook};

use crate::{heard::Heard, wire::Wires};

/// The product of the sample data that the demo endpoint sets up.
pub const SET_UP: &str = "CRM-ONL";

/// The id of the webhook that the demo subscriber has.
const WEBHOOK: &str = "demo";

/// Longest wait, seconds.
const LONGEST_WAIT: u64 = 30;

/// EventBridge's `PutEvents`.
pub(crate) async fn put_events(State(wires): State<Wires>, headers: HeaderMap, body: String) -> Response {
    if headers.get("x-amz-target").is_none_or(|target| target != "AWSEvents.PutEvents") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut answers = Vec::new();
    for entry in request["Entries"].as_array().into_iter().flatten() {
        let detail = entry["Detail"].as_str().and_then(|detail| serde_json::from_str(detail).ok());
        let Some(detail): Option<Value> = detail else {
            answers.push(json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." }));
            continue;
        };
        let id = detail["id"].as_str().unwrap_or_default().to_owned();
        wires.events.keep(&wires.app, "bus", &id, "taken", detail);
        answers.push(json!({ "EventId": id }));
    }
    let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
    Json(json!({ "FailedEntryCount": failed, "Entries": answers })).into_response()
}

/// A subscriber: checks the signature, as each should.
pub(crate) async fn webhook(State(wires): State<Wires>, headers: HeaderMap, body: String) -> StatusCode {
    let all = wires.app.store.webhooks().await.unwrap_or_default();
    let mine = all.iter().filter(|webhook| webhook.url.as_str().ends_with("/demo/webhook"));
    let mut receivers = mine.map(|webhook| Receiver::Webhook { id: webhook.id.clone() }.name());
    let status = if receivers.any(|receiver| signed(&wires.app, &receiver, &headers, &body)) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::UNAUTHORIZED
    };
    keep(&wires, "webhook", &headers, status, &body);
    status
}

/// A provisioning endpoint: takes its time, or refuses.
pub(crate) async fn provision(
    State(wires): State<Wires>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let product =
        serde_json::from_str::<Value>(&body).ok().and_then(|body| body["data"]["product"].as_str()?.parse().ok());
    let is_signed =
        product.is_some_and(|product: Sku| signed(&wires.app, &Receiver::Endpoint { product }.name(), &headers, &body));
    let is_question = body.contains(r#""type":"activation.provision""#);
    let takes = Duration::from_secs(query.get("seconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(9));
    let (status, said) = if !is_signed {
        (StatusCode::UNAUTHORIZED, "The signature is not right.".to_owned())
    } else if let Some(why) = query.get("refuse").filter(|_| is_question) {
        (StatusCode::UNPROCESSABLE_ENTITY, why.clone())
    } else if is_question && wires.events.since(header(&headers, "webhook-id")) < takes {
        (StatusCode::ACCEPTED, "It is being set up.".to_owned())
    } else {
        (StatusCode::OK, "It is set up.".to_owned())
    };
    keep(&wires, "endpoint", &headers, status, &body);
    (status, said).into_response()
}

fn keep(wires: &Wires, by: &'static str, headers: &HeaderMap, status: StatusCode, body: &str) {
    let body = serde_json::from_str(body).unwrap_or_default();
    wires.events.keep(&wires.app, by, header(headers, "webhook-id"), status.as_u16(), body);
}

fn signed(app: &App, receiver: &str, headers: &HeaderMap, body: &str) -> bool {
    let (id, time) = (header(headers, "webhook-id"), header(headers, "webhook-timestamp"));
    app.outside.as_ref().is_some_and(|outside| {
        is_signed(&outside.secret(receiver), id, time, body, header(headers, "webhook-signature"))
    })
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What came after a number, the newest first.
pub(crate) async fn list(State(wires): State<Wires>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (after, wait) = (number("after"), Duration::from_secs(number("wait").min(LONGEST_WAIT)));
    let mut newest = wires.events.newest();
    let _ = tokio::time::timeout(wait, newest.wait_for(|newest| *newest > after)).await;
    let mut heard: Vec<Heard> = wires.events.all().into_iter().filter(|heard| heard.number > after).collect();
    heard.reverse();
    Json(json!({ "events": heard }))
}

/// Has the demo subscriber told, and the demo endpoint set up a product of the sample data. The ports of a portal on one
/// machine may be others after a restart: what an operator took away stays away, what is there is put right.
pub async fn settle(app: &App, mailbox_url: &str, fresh: bool) -> Result<(), store::Error> {
    let store = &app.store;
    let at = |path: &str| {
        format!("{mailbox_url}{path}").parse::<Endpoint>().map_err(|why| store::Error::Corrupt(why.into()))
    };
    let (hook, endpoint) = (at("/demo/webhook")?, at("/demo/provision?seconds=9")?);
    let moved = |old: &Endpoint, new: &Endpoint| old.is_loopback() && old.target() == new.target() && old != new;

    let stored = store.get(&store::webhooks::webhook(WEBHOOK)).await?;
    if stored.as_ref().map_or(fresh, |stored| moved(&stored.url, &hook)) {
        let mut write = Write::new();
        write.remove_webhook(store, WEBHOOK);
        commit(write, store).await?;
        let mut write = Write::new();
        let webhook = Webhook {
            id: WEBHOOK.into(),
            url: hook,
            added_at: app.now(),
            added_by: "sample data".into(),
            taken_at: None,
            failing_since: None,
            trouble: None,
            ended_at: None,
            given_up: 0,
            given_up_at: None,
        };
        write.webhook(store, &webhook);
        commit(write, store).await?;
    }
    let product = SET_UP.parse().map_err(|_| store::Error::Corrupt(SET_UP.into()))?;
    if let Some(product) = store.get(&licences::product(&product)).await?
        && product.endpoint.as_ref().map_or(fresh, |stored| moved(stored, &endpoint))
    {
        let mut write = Write::new();
        write.product_endpoint(store, &product, Some(endpoint));
        commit(write, store).await?;
    }
    Ok(())
}

async fn commit(write: Write, store: &store::Store) -> Result<(), store::Error> {
    match write.commit(store).await {
        Ok(()) | Err(store::Failed::Lost(_)) => Ok(()),
        Err(store::Failed::Error(error)) => Err(error),
    }
}
