//! Functions' own programs and the events that they get in their daily work, with a database and an SES over TLS.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway::{
    Clock,
    testing::{
        Bench, Browser,
        scene::{MAIL, licence, order, sku},
    },
};
use licensing::{
    access::Access,
    activation::Person,
    event::{Event, Why},
    message::Message,
    request::{AskOutcome, Asked, NewRequest, Request},
    roles::Role,
    seal::{Link, stored_hash},
};
use serde_json::{Value, json};
use store::{Item, Write, sdk::types::AttributeValue, tokens::Token};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{Error, certificate::Certificates, process::Used, runtime::Function};

/// What is deployed.
pub const FUNCTIONS: [&str; 14] = [
    "register",
    "load-orders",
    "send-activation",
    "activate",
    "join-account",
    "request-permission",
    "approve",
    "manage-users",
    "expire-links",
    "deliver-mail",
    "mail-events",
    "provision",
    "seal-audit",
    "show-portal",
];

/// What functions' programs run against.
pub struct World {
    /// Its database, with one customer.
    pub bench: Bench,
    /// What a program needs in its environment.
    pub environment: Vec<(&'static str, String)>,
    taken: Arc<AtomicUsize>,
    _certificates: Certificates,
}

impl World {
    /// With an empty database.
    pub async fn new() -> Result<Self, Error> {
        let bench = Bench::new().await;
        bench.app.clock.set(Clock::system().now());
        let certificates = Certificates::make()?;
        let database = certificates.in_front_of(&bench.endpoint).await?;
        let taken = Arc::new(AtomicUsize::new(0));
        let mails = certificates.in_front_of(&ses(Arc::clone(&taken)).await?).await?;
        let environment = vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", database),
            ("AWS_ENDPOINT_URL_SESV2", mails.clone()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", mails),
            ("AWS_REGION", "eu-north-1".into()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("COUNTERSIGN_ROOTS", certificates.root().display().to_string()),
            ("COUNTERSIGN_SITE", bench.app.site.base.clone()),
            ("COUNTERSIGN_TABLES", "t-".into()),
            ("COUNTERSIGN_LINK_KEYS", format!("1:{}", URL_SAFE_NO_PAD.encode([7; 32]))),
            ("COUNTERSIGN_SEAL_KEY", URL_SAFE_NO_PAD.encode([9; 32])),
            ("COUNTERSIGN_BUS", "countersign".into()),
            ("COUNTERSIGN_WEBHOOK_KEYS", format!("1:{}", URL_SAFE_NO_PAD.encode([5; 32]))),
        ];
        bench.contoso().await;
        Ok(Self { bench, environment, taken, _certificates: certificates })
    }

    /// So many mails and events were taken so far.
    pub fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }
}

/// What a program has used from its start to its first answer.
pub async fn started(program: &Path, environment: &[(&str, String)], event: &Value) -> Result<Used, Error> {
    let mut command = Command::new(program);
    // No more than it has where it is deployed: what it does must not depend on this terminal.
    command.env_clear().envs(environment.iter().map(|(name, value)| (*name, value)));
    let function = Function::start(&mut command, Duration::from_secs(30)).await?;
    let answered = function.call(event).await?;
    expect_good(program, &answered.answer)?;
    Ok(answered.used)
}

/// A measurement of a refusal would be none of the work.
pub fn expect_good(program: &Path, answer: &Value) -> Result<(), Error> {
    let status = answer["statusCode"].as_u64();
    let failures = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
    if status.is_some_and(|status| status >= 300) || failures > 0 {
        return Err(format!("{}: {answer}", program.display()).into());
    }
    Ok(())
}

/// An event as the function of this name gets it in its daily work.
pub async fn event(bench: &Bench, name: &str) -> Result<Value, Error> {
    let app = &bench.app;
    let unique = app.chance.name();
    Ok(match name {
        // Asks for a code.
        "register" => post(api::path::SIGN_IN_ASK, &json!({ "address": format!("{unique}@contoso.example") }), ""),
        // One customer.
        "load-orders" => {
            let token = Token {
                name: "bench".into(),
                scopes: vec!["load".into()],
                minted_at: app.now(),
                expires_at: licensing::when::add_days(app.now(), 1),
                customers: None,
                revoked_at: None,
                version: 1,
            };
            let mut write = Write::new();
            write.token(&app.store, &stored_hash(unique.as_bytes()), None, &token);
            committed(write, &app.store).await?;
            let row = json!({ "type": "customer", "id": unique, "name": "Fabrikam", "country": "SE" });
            post(api::path::LOAD, &row, &format!("Bearer {unique}"))
        }
        // A new order of the stream becomes an activation, or joins it.
        "send-activation" => {
            let order = order(&format!("PO-{unique}"), MAIL, 25);
            let mut write = Write::new();
            write.order(&app.store, &order, app.now());
            committed(write, &app.store).await?;
            record(&app.store.raw(&store::orders::order(&order.id)).await?.ok_or("it was written")?)
        }
        // Opens a link.
        "activate" => {
            if app.store.activation(&licence(), &sku(MAIL)).await?.is_none() {
                bench.invite(MAIL).await;
            }
            post(api::path::LINK, &json!({ "token": bench.token(MAIL).await }), "")
        }
        // Opens a request to join, as an administrator of the account does.
        "join-account" => {
            if app.store.activation(&licence(), &sku(MAIL)).await?.is_none() {
                bench.invite(MAIL).await;
            }
            let account = bench.account(&unique, &["boss@contoso.example"]).await;
            let asker = format!("{unique}@contoso.example");
            bench.signed_in(&[&asker]).await;
            let join = bench.ask_to_join(&account, &bench.person(&asker).await, MAIL).await;
            let token = bench.join_token(&join, "boss@contoso.example");
            post(api::path::JOIN_LINK, &json!({ "token": token }), "")
        }
        // Asks for permission.
        "request-permission" => {
            let browser = bench.signed_in(&[&format!("{unique}@contoso.example")]).await;
            let asked = json!({ "licence": licence(), "asked": { "roles": ["licensing-info"] } });
            post_as(api::path::REQUEST_ASK, &asked, &browser)
        }
        // Opens a request for permission, as one of those who decide does.
        "approve" => {
            let asker = format!("{unique}@contoso.example");
            bench.signed_in(&[&asker]).await;
            let request = asked(bench, &bench.person(&asker).await).await?;
            let (licence, asker) = (request.licence.clone(), request.by.profile.clone());
            let to = "notices@contoso.example".parse()?;
            let link = Link::Permission { licence, asker, generation: request.generation, to };
            let which = json!({ "request": { "link": app.keys.links().seal(&link) } });
            post(api::path::APPROVAL_INSPECT, &which, "")
        }
        // Looks at what assigning somebody a role would do.
        "manage-users" => {
            let browser = bench.signed_in(&["notices@contoso.example"]).await;
            let change = json!({ "assign": { "roles": { "roles": ["download"] } } });
            let address = format!("{unique}@contoso.example");
            let asked = json!({ "licence": licence(), "address": address, "change": change });
            post_as(api::path::PERSON_PREVIEW, &asked, &browser)
        }
        // A sweep of the schedule: nothing is due, but it has to look.
        "expire-links" | "seal-audit" => json!({}),
        // Mails a link.
        "deliver-mail" => {
            if app.store.activation(&licence(), &sku(MAIL)).await?.is_none() {
                bench.invite(MAIL).await;
            }
            let generation = bench.activation(MAIL).await.generation;
            let (licence, product, why) = (licence(), sku(MAIL), Why::AskedAgain);
            let mail = u32::from_le_bytes(app.chance.bytes());
            let event = Event::ActivationLink { licence, product, generation, why, mail };
            let mut write = Write::new();
            write.event(&app.store, &event, app.now(), false);
            committed(write, &app.store).await?;
            record(&app.store.raw(&store::outbox::queued(&event.id())).await?.ok_or("it was written")?)
        }
        // Tells the event bus.
        "provision" => {
            let event = Event::announce(Message::test(unique, app.now()));
            let mut write = Write::new();
            write.event(&app.store, &event, app.now(), false);
            committed(write, &app.store).await?;
            record(&app.store.raw(&store::outbox::queued(&event.id())).await?.ok_or("it was written")?)
        }
        // A delivery of a mail that the ledger does not know.
        "mail-events" => json!({
            "detail-type": "Email Delivered",
            "source": "aws.ses",
            "detail": {
                "eventType": "Delivery",
                "mail": { "messageId": unique, "tags": { "mail": [unique] } },
                "delivery": { "timestamp": app.now().to_string(), "recipients": ["osm@contoso.example"] },
            },
        }),
        // Lists activations.
        "show-portal" => {
            let browser = bench.signed_in(&[&format!("{unique}@contoso.example")]).await;
            get(api::path::ACTIVATIONS, &browser)
        }
        _ => return Err(format!("no event for {name}").into()),
    })
}

/// A request for permission of this person, which waits.
async fn asked(bench: &Bench, by: &Person) -> Result<Request, Error> {
    let app = &bench.app;
    let (licence, has) = (licence(), Access::default());
    let asked = Asked { roles: [Role::LicensingInfo].into(), ..Asked::default() };
    let new = NewRequest { licence: &licence, by, name: "", asked: &asked, comment: "", has: &has };
    let policy = &app.policy.requests;
    let AskOutcome::New(step) =
        Request::ask(None, &new, app.now(), policy).map_err(|refused| format!("{refused:?}"))?
    else {
        return Err("it was asked before".into());
    };
    let context = app.store.request_context(&licence, &by.profile).await?;
    let mut write = Write::new();
    write.request(&app.store, &step, &context, app.now(), policy);
    committed(write, &app.store).await?;
    Ok(step.after().clone())
}

async fn committed(write: Write, store: &store::Store) -> Result<(), Error> {
    write.commit(store).await.map_err(|failed| format!("{failed:?}").into())
}

/// A request as the HTTP API hands it over.
fn http(method: &str, path: &str, headers: &Value, body: Option<String>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "bench", "domainName": "portal.example", "domainPrefix": "portal",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "bench",
            },
            "requestId": "bench", "routeKey": format!("{method} {path}"), "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_305_600_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

fn post(path: &str, body: &Value, authorization: &str) -> Value {
    let mut headers = json!({
        "host": "portal.example", "content-type": "application/json", "origin": "https://portal.example",
        "accept": "application/json", "accept-encoding": "gzip, deflate, br", "sec-fetch-site": "same-origin",
    });
    if !authorization.is_empty() {
        headers["authorization"] = authorization.into();
    }
    http("POST", path, &headers, Some(body.to_string()))
}

/// Something sent by whoever is signed in in this browser.
pub fn post_as(path: &str, body: &Value, browser: &Browser) -> Value {
    with_cookies(post(path, body, ""), browser)
}

/// A page or an answer asked for by whoever is signed in in this browser; the path may have a query.
pub fn get(path: &str, browser: &Browser) -> Value {
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    let mut event = http("GET", bare, &json!({ "host": "portal.example", "accept": "application/json" }), None);
    event["rawQueryString"] = query.into();
    with_cookies(event, browser)
}

/// Asked by whoever is signed in in this browser.
fn with_cookies(mut event: Value, browser: &Browser) -> Value {
    let request = browser.get("/");
    let cookie = request.headers().get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    event["cookies"] = json!([cookie]);
    event
}

/// A stream's record of a new item.
fn record(item: &Item) -> Value {
    json!({ "Records": [{
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-north-1",
        "dynamodb": {
            "NewImage": image(item), "SequenceNumber": "100000000000000000001", "StreamViewType": "NEW_IMAGE",
        },
    }]})
}

fn image(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), typed(value))).collect())
}

fn typed(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(is) => json!({ "BOOL": is }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(typed).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        _ => json!({ "NULL": true }),
    }
}

/// SES as far as a mail needs it: takes every one.
async fn ses(taken: Arc<AtomicUsize>) -> Result<String, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take_mails(stream, Arc::clone(&taken)));
        }
    });
    Ok(url)
}

async fn take_mails(mut stream: TcpStream, taken: Arc<AtomicUsize>) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => bytes.extend_from_slice(&buffer[..length]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let length: usize = text[..head]
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or_default();
        if bytes.len() < head + 4 + length {
            continue;
        }
        bytes.clear();
        taken.fetch_add(1, Relaxed);
        let body = r#"{"MessageId":"bench"}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
