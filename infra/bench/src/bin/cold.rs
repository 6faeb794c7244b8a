//! Release bootstraps from cold: CPU time from the start of the process to its first answer, with TLS to the database,
//! against a function that does nothing; memory; and the size of what is uploaded.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bench::{Error, certificate::Certificates, figures::Figures, process::Used, runtime::Function};
use gateway::{
    Clock,
    testing::{
        Bench, Browser,
        scene::{MAIL, licence, order, sku},
    },
};
use licensing::{
    event::{Event, Why},
    message::Message,
    seal::stored_hash,
};
use serde_json::{Value, json};
use store::{Item, Write, sdk::types::AttributeValue, tokens::Token};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Each function is started so often; the middle one counts.
const STARTS: usize = 21;

/// The functions that may call SES or the event bus, and so carry its SDK beside that of DynamoDB.
const WITH_TWO: [&str; 2] = ["deliver-mail", "provision"];

fn main() -> ExitCode {
    bench::run(measure())
}

async fn measure() -> Result<Figures, Error> {
    let folder = bootstraps()?;
    let mut figures = Figures::of(&format!(
        "from the start of the process to its first answer over TLS, each beside one of the no-op, the middle of {STARTS}:"
    ));
    let bench = Bench::new().await;
    bench.app.clock.set(Clock::system().now());
    let certificates = Certificates::make()?;
    let database = certificates.in_front_of(&bench.endpoint).await?;
    let taken = Arc::new(AtomicUsize::new(0));
    let mails = certificates.in_front_of(&ses(Arc::clone(&taken)).await?).await?;
    let environment = [
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

    let nothing = folder.join("no-op");
    let mut nothings = Vec::new();
    let wanted = std::env::args().nth(1);
    for name in FUNCTIONS.iter().filter(|name| wanted.as_deref().is_none_or(|wanted| wanted == **name)) {
        let program = folder.join(name);
        let before = taken.load(Relaxed);
        let (mut differences, mut resident) = (Vec::new(), 0.0);
        for _ in 0..STARTS {
            // One after the other each time: a machine that is slower for a while is slower for both.
            let compared = started(&nothing, &[], &json!({})).await?;
            let used = started(&program, &environment, &event(&bench, name).await?).await?;
            nothings.push(milliseconds(compared));
            differences.push(milliseconds(used) - milliseconds(compared));
            resident = megabytes(used).max(resident);
        }
        if WITH_TWO.contains(name) && taken.load(Relaxed) < before + STARTS {
            return Err(format!("{name} did not send a mail, or an event, each time").into());
        }
        differences.sort_by(f64::total_cmp);
        figures.at_most(&format!("{name}: CPU above the no-op"), differences[STARTS / 2], 4.0, "ms");
        figures.at_most("  resident", resident, 12.0, "MB");
        let most = if WITH_TWO.contains(name) { 3.5 } else { 2.5 };
        figures.at_most("  zip", zipped(&program)?, most, "MB");
    }
    nothings.sort_by(f64::total_cmp);
    figures.note("no-op: CPU to the first answer", format!("{:.2} ms", nothings[nothings.len() / 2]));
    if wanted.as_deref().is_none_or(|wanted| wanted == ONE_READ) {
        let (first, warm) = once_started(&folder.join(ONE_READ), &environment, &bench).await?;
        figures.at_most(
            &format!("{ONE_READ}, a link looked at: CPU of the first call after the start"),
            first,
            1.0,
            "ms",
        );
        figures.at_most(&format!("  of a warm call, one of {WARM}"), warm, 0.5, "ms");
    }
    Ok(figures)
}

/// The function whose event is answered with one read.
const ONE_READ: &str = "activate";
/// So many calls of one process.
const WARM: u32 = 1000;

/// CPU milliseconds of the first call after a start, in the middle of many starts, and of each of many calls after one.
async fn once_started(program: &Path, environment: &[(&str, String)], bench: &Bench) -> Result<(f64, f64), Error> {
    let event = event(bench, ONE_READ).await?;
    let mut firsts = Vec::new();
    let mut warm = 0.0;
    for _ in 0..STARTS {
        let mut command = Command::new(program);
        command.env_clear().envs(environment.iter().map(|(name, value)| (*name, value)));
        let function = Function::start(&mut command, Duration::from_secs(30)).await?;
        let before = function.ready().await?;
        let first = function.call(&event).await?;
        expect_good(program, &first.answer)?;
        firsts.push(milliseconds(first.used) - milliseconds(before));
        if firsts.len() < STARTS {
            continue;
        }
        let mut last = first.used;
        for _ in 0..WARM {
            let answered = function.call(&event).await?;
            expect_good(program, &answered.answer)?;
            last = answered.used;
        }
        warm = (milliseconds(last) - milliseconds(first.used)) / f64::from(WARM);
    }
    firsts.sort_by(f64::total_cmp);
    Ok((firsts[firsts.len() / 2], warm))
}

const FUNCTIONS: [&str; 11] = [
    "register",
    "load-orders",
    "send-activation",
    "activate",
    "join-account",
    "expire-links",
    "deliver-mail",
    "mail-events",
    "provision",
    "seal-audit",
    "show-portal",
];

/// Where the release programs are: beside those of this program's profile.
fn bootstraps() -> Result<PathBuf, Error> {
    let programs = bench::process::programs()?;
    Ok(programs.parent().ok_or("a folder for each profile")?.join("release"))
}

/// What a program has used from its start to its first answer.
async fn started(program: &Path, environment: &[(&str, String)], event: &Value) -> Result<Used, Error> {
    let mut command = Command::new(program);
    // No more than it has where it is deployed: what it does must not depend on this terminal.
    command.env_clear().envs(environment.iter().map(|(name, value)| (*name, value)));
    let function = Function::start(&mut command, Duration::from_secs(30)).await?;
    let answered = function.call(event).await?;
    expect_good(program, &answered.answer)?;
    Ok(answered.used)
}

/// A measurement of a refusal would be none of the work.
fn expect_good(program: &Path, answer: &Value) -> Result<(), Error> {
    let status = answer["statusCode"].as_u64();
    let failures = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
    if status.is_some_and(|status| status >= 300) || failures > 0 {
        return Err(format!("{}: {answer}", program.display()).into());
    }
    Ok(())
}

/// An event as the function gets it in its daily work.
async fn event(bench: &Bench, name: &str) -> Result<Value, Error> {
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
            let event = Message::test(unique, app.now()).announced();
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

fn get(path: &str, browser: &Browser) -> Value {
    let request = browser.get(path);
    let cookie = request.headers().get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut event = http("GET", path, &json!({ "host": "portal.example", "accept": "application/json" }), None);
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

/// Megabytes of the program as it is uploaded: a zip of one file is its deflated bytes and some 130 more.
#[expect(clippy::cast_precision_loss, reason = "bytes of a file")]
fn zipped(program: &Path) -> Result<f64, Error> {
    let bytes = std::fs::read(program)?;
    let mut gzip = Command::new("gzip").args(["-9", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = gzip.stdin.take().ok_or("it has an input")?;
    let writing = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output()?;
    writing.join().map_err(|_| "writing to gzip")??;
    Ok((output.stdout.len() + 130) as f64 / 1e6)
}

fn milliseconds(used: Used) -> f64 {
    used.cpu.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
fn megabytes(used: Used) -> f64 {
    used.peak as f64 / 1e6
}
