//! The mailbox page: what was mailed, what became of it, and the portal's clock. On an address of its own, so that nothing
//! here is within the portal's origin. SES's stand-in answers at the same address.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/mails?to=&q=&after=&before=&limit=&wait=` | the newest mails that match; with `wait` (seconds), as soon as there is one |
//! | `GET /api/mails/ID` | one mail, whole |
//! | `POST /api/mails/ID/FATE` | tells the portal `delivered`, `bounced` or `complained` |
//! | `POST /api/silent` `{"address", "on"}` | deliveries to this address are not reported |
//! | `GET /events`, `GET /api/events` and what stands in for others | see [`crate::events`] |
//! | `GET /api/clock` | the portal's time |
//! | `POST /api/clock` `{"to"}`, `{"forward"}` (seconds) or `{"back": true}` | moves it; answers when what fell due was done |
//! | `POST /api/settle` | answers when streams and functions have nothing to do |
//! | `GET /api/given-up`, `POST /api/given-up` | records that no function could take; hands them over again |

use std::{collections::HashMap, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};
use licensing::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    events,
    post::{Delivery, Mail, Wanted},
    pump,
    wire::{Door, Serves, Wires, signed},
};

const PAGE: &str = include_str!("mailbox/page.html");
const STYLE: &str = include_str!("mailbox/page.css");
const SCRIPT: &str = include_str!("mailbox/page.js");
const EVENTS: &str = include_str!("mailbox/events.html");
const EVENTS_SCRIPT: &str = include_str!("mailbox/events.js");
const ICON: &str = include_str!("mailbox/icon.svg");

const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A mail brings its own styles, and links that open beside the mailbox; nothing of it runs or is loaded.
const MAIL_CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none'; \
     frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
);

/// A request is held open for a new mail at most so long, seconds.
const LONGEST_WAIT: u64 = 30;

pub(crate) fn router(wires: Wires, url: &str) -> Router {
    let text =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    let secret = middleware::from_fn_with_state(wires.access.clone(), signed);
    let router = Router::new()
        .route("/", text("text/html; charset=utf-8", PAGE).merge(post(events::put_events).layer(secret.clone())))
        .route("/events", text("text/html; charset=utf-8", EVENTS))
        .route("/events.js", text("text/javascript; charset=utf-8", EVENTS_SCRIPT))
        .route("/api/events", get(events::list))
        .route("/demo/webhook", post(events::webhook))
        .route("/demo/provision", post(events::provision))
        .route("/page.css", text("text/css; charset=utf-8", STYLE))
        .route("/page.js", text("text/javascript; charset=utf-8", SCRIPT))
        .route("/icon.svg", text("image/svg+xml", ICON))
        .route("/mails/{id}", get(html))
        .route("/api/mails", get(list))
        .route("/api/mails/{id}", get(one))
        .route("/api/mails/{id}/{fate}", post(tell))
        .route("/api/silent", post(silence))
        .route("/api/clock", get(clock).post(move_clock))
        .route("/api/settle", post(settle))
        .route("/api/given-up", get(given_up).post(try_again))
        .route("/v2/email/outbound-emails", post(send_email).layer(secret))
        .layer(DefaultBodyLimit::max(10 * 1024 * 1024))
        .layer(middleware::map_response(with_headers))
        .with_state(wires);
    Door { url: url.into(), serves: Serves::Mailbox }.guard(router)
}

async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(CSP);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// SES's `SendEmail`.
async fn send_email(State(wires): State<Wires>, Json(request): Json<Value>) -> Response {
    match wires.post.take(&request) {
        Ok(id) => Json(json!({"MessageId": id})).into_response(),
        Err(code) => {
            let status =
                if code.starts_with("Internal") { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
            (status, [("x-amzn-errortype", code)], Json(json!({"message": "Email address is not taken."})))
                .into_response()
        }
    }
}

async fn list(State(wires): State<Wires>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let text = |name: &str| query.get(name).map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let wanted = Wanted {
        to: text("to"),
        text: text("q"),
        after: number("after").unwrap_or(0),
        before: number("before"),
        limit: usize::try_from(number("limit").unwrap_or(50)).unwrap_or(50).min(500),
    };
    let mut newest = wires.post.newest();
    let found = async {
        loop {
            newest.borrow_and_update();
            let found = wires.post.find(&wanted);
            if !found.0.is_empty() || newest.changed().await.is_err() {
                return found;
            }
        }
    };
    let wait = Duration::from_secs(number("wait").unwrap_or(0).min(LONGEST_WAIT));
    let (mails, of) = match tokio::time::timeout(wait, found).await {
        Ok(found) => found,
        Err(_) => wires.post.find(&wanted),
    };
    let mails: Vec<Value> = mails.iter().map(summary).collect();
    Json(json!({"mails": mails, "of": of, "now": wires.app.now()}))
}

async fn one(State(wires): State<Wires>, Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    let mail = wires.post.mail(&id).ok_or(StatusCode::NOT_FOUND)?;
    let mut whole = summary(&mail);
    whole["text"] = mail.text.clone().into();
    whole["html"] = mail.html.clone().into();
    whole["silent"] = wires.post.is_silent(&mail.to).into();
    Ok(Json(whole))
}

fn summary(mail: &Mail) -> Value {
    json!({
        "id": mail.id, "number": mail.number, "at": mail.at, "from": mail.from, "to": mail.to, "subject": mail.subject,
        "tags": mail.tags, "told": mail.told, "links": links(&mail.text), "code": code(&mail.text),
    })
}

/// The addresses in a mail's text, in their order.
fn links(text: &str) -> Vec<&str> {
    let words = text.split_whitespace().map(|word| word.trim_matches(['<', '>', '(', ')', '\u{2068}', '\u{2069}']));
    words.filter(|word| word.starts_with("http://") || word.starts_with("https://")).collect()
}

/// The six digits of a mail that has any on a line or as a word of their own.
fn code(text: &str) -> Option<String> {
    let six = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    words.filter(|word| !word.is_empty()).find(|word| six(word)).map(str::to_owned)
}

/// The mail as its reader's program shows it.
async fn html(State(wires): State<Wires>, Path(id): Path<String>) -> Response {
    let Some(mail) = wires.post.mail(&id) else { return StatusCode::NOT_FOUND.into_response() };
    // Links open beside the mailbox, as from a mail program.
    let html = mail.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, MAIL_CSP)], html).into_response()
}

async fn tell(State(wires): State<Wires>, Path((id, fate)): Path<(String, String)>) -> Result<Response, StatusCode> {
    let fate: Delivery = serde_json::from_value(fate.into()).map_err(|_| StatusCode::NOT_FOUND)?;
    match wires.post.report(&id, fate).await {
        Ok(true) => {
            wires.pumps.iter().for_each(pump::Pump::wake);
            one(State(wires), Path(id)).await.map(IntoResponse::into_response)
        }
        Ok(false) => Err(StatusCode::NOT_FOUND),
        Err(error) => Ok((StatusCode::BAD_GATEWAY, error).into_response()),
    }
}

#[derive(Deserialize)]
struct Silence {
    address: String,
    on: bool,
}

async fn silence(State(wires): State<Wires>, Json(silence): Json<Silence>) -> StatusCode {
    match wires.post.set_silent(&silence.address, silence.on) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn clock(State(wires): State<Wires>) -> Json<Value> {
    Json(json!({"now": wires.app.now(), "ahead": wires.app.clock.offset()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// To this time.
    to: Option<Timestamp>,
    /// By so many seconds.
    forward: Option<i64>,
    /// To the system's time.
    #[serde(default)]
    back: bool,
}

async fn move_clock(State(wires): State<Wires>, Json(wish): Json<Move>) -> Response {
    let clock = &wires.app.clock;
    match wish {
        Move { to: Some(to), .. } => clock.set(to),
        Move { forward: Some(seconds), .. } => clock.set_offset(clock.offset().saturating_add(seconds)),
        Move { back: true, .. } => clock.set_offset(0),
        _ => return (StatusCode::UNPROCESSABLE_ENTITY, "Say `to`, `forward` or `back`.\n").into_response(),
    }
    if let Err(error) = wires.folder.keep_clock_offset(clock.offset()) {
        return (StatusCode::INTERNAL_SERVER_ERROR, format!("The clock moved, but not for the next start: {error}\n"))
            .into_response();
    }
    // A leap over months is a long sweep: it goes on when this is answered.
    let schedule = std::sync::Arc::clone(&wires.schedule);
    let _ =
        tokio::time::timeout(Duration::from_secs(LONGEST_WAIT), tokio::spawn(async move { schedule.run_now().await }))
            .await;
    wires.pumps.iter().for_each(pump::Pump::wake);
    self::clock(State(wires)).await.into_response()
}

async fn settle(State(wires): State<Wires>) -> StatusCode {
    match tokio::time::timeout(Duration::from_secs(LONGEST_WAIT), pump::settled(&wires.pumps)).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::GATEWAY_TIMEOUT,
    }
}

async fn given_up(State(wires): State<Wires>) -> Json<Value> {
    let all: Vec<pump::GivenUp> = wires.pumps.iter().flat_map(pump::Pump::given_up).collect();
    Json(json!({"records": all}))
}

async fn try_again(State(wires): State<Wires>) -> StatusCode {
    wires.pumps.iter().for_each(pump::Pump::try_again);
    StatusCode::NO_CONTENT
}
