//! Trouble on the way to the database, through the real HTTP client with the time-outs of `gateway::boot`: nobody
//! answers, answers come a byte at a time, or no connection comes about. Each request is answered in time, nothing is
//! half-written, and the next request is served as if nothing had been.
//!
//! What is in time is a matter of the time-outs that are set, which are held to what was promised; how long it takes on a
//! busy machine is only held to a generous limit.

mod world;

use std::time::Duration;

use api::path::ROUTES;
use futures_util::future::join_all;
use gateway::{
    App, Request, Response,
    boot::{self, Settings},
    front::{self, PATIENCE},
    testing::{
        Bench,
        flaky_proxy::{Behaviour, FlakyProxy, NoConnection},
        mapping::{as_inserted, image},
        scene::{MAIL, licence, sku},
    },
};
use http::header;
use lambda_http::Body;
use licensing::{
    event::{Event, Why},
    seal::to_text,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use world::{World, customers};

/// What an answer may take (issue "On AWS"), and what it may take on a machine that does much else.
const PROMISED: Duration = Duration::from_millis(3500);
const GENEROUS: Duration = Duration::from_secs(30);

/// What the SDK makes of one call: attempts, each of a second.
const ATTEMPTS: usize = 3;

/// The application as a function is deployed, with this database.
fn deployed(bench: &Bench, dynamodb: &str) -> App {
    let settings = settings(bench, dynamodb);
    boot::app(&settings, bench.app.clock.clone(), bench.app.chance.clone()).expect("settings that are good")
}

fn settings(bench: &Bench, dynamodb: &str) -> Settings {
    Settings {
        region: "eu-north-1".into(),
        credentials: gateway::boot::credentials(),
        dynamodb: Some(dynamodb.into()),
        ses: None,
        tables: "t-".into(),
        site: bench.app.site.base.clone(),
        production: true,
        policy: None,
        link_keys: Some(format!("1:{}", to_text(&[7; 32]))),
        seal_key: Some(to_text(&[9; 32])),
        seal_public: None,
        mail_set: None,
        eventbridge: None,
        bus: None,
        webhook_keys: None,
        loopback: false,
        edge_secrets: None,
        roots: None,
    }
}

async fn ask(app: &App, request: Request) -> Response {
    let answer = front::pass_in_time(app, request, |request| local::functions::answer(app.clone(), request));
    tokio::time::timeout(GENEROUS, answer).await.expect("it is answered at all")
}

/// An answer that came in time and says that the service is not reachable, and when to try again.
fn is_unreachable(what: &str, response: &Response) {
    let body: Value = match response.body() {
        Body::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => Value::Null,
    };
    assert_eq!((response.status().as_u16(), body["code"].as_str()), (503, Some("unavailable")), "{what}: {body}");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{what}");
    assert_eq!(response.headers()[header::RETRY_AFTER], "2", "{what}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("Try again")), "{what}: {body}");
    assert!(body["case"].is_string(), "{what}: {body}");
}

/// SAFE-07 the time-outs keep the promise, with room for what else an answer takes.
#[test]
fn safe_07_a_request_is_given_up_before_the_promise_is_broken() {
    assert!(PATIENCE + Duration::from_millis(200) <= PROMISED);
}

/// SAFE-07 whatever a request waits for, it is answered in time.
#[tokio::test]
async fn safe_07_a_request_that_never_ends_is_answered() {
    let world = World::new().await;
    let began = Instant::now();
    let request = world.request("GET /api/activations");
    let answer = front::pass_in_time(&world.bench.app, request, |_| std::future::pending());
    let response = tokio::time::timeout(GENEROUS, answer).await.expect("it is answered at all");
    is_unreachable("never", &response);
    assert!((PATIENCE..GENEROUS).contains(&began.elapsed()), "{:?}", began.elapsed());
}

/// SAFE-07 every route, whatever is wrong with the connection: an answer in time that says what to do, at most three attempts a call, nothing
/// written; and served by the same process as soon as it works again.
#[tokio::test]
async fn safe_07_every_route_answers_without_a_database_and_serves_again() {
    let world = World::new().await;
    let line = FlakyProxy::to(&world.bench.endpoint).await;
    let nowhere = NoConnection::new().await;
    let (app, lost) = (deployed(&world.bench, &line.url), deployed(&world.bench, &nowhere.url));

    let mut to_the_database = Vec::new();
    {
        // Each on a world of its own: what one does must not be in another's way. What it asks of the database is noted as
        // asked by its function, so that no route is without the permissions that it needs (SAFE-05).
        let asked = world.requests().into_iter().map(async |(name, _)| {
            let world = World::new().await;
            let path = name.split(' ').next_back().expect("a path");
            let function = ROUTES.iter().find(|route| route.path == path).expect("a route").function;
            let line = FlakyProxy::noting(&world.bench.endpoint, function).await;
            let response = ask(&deployed(&world.bench, &line.url), world.request(&name)).await;
            assert!(response.status().as_u16() < 500, "{name}: {} while all works", response.status());
            (name, line.requests())
        });
        for (name, calls) in join_all(asked).await {
            match name.as_str() {
                "GET /api/about" | "GET /api/audit/keys" => assert_eq!(calls, 0, "{name}"),
                _ => {
                    assert!(
                        calls > 0,
                        "{name} asks the database nothing: does infra/local/src/functions.rs mount its function?"
                    );
                    to_the_database.push(name);
                }
            }
        }
    }

    let before = world.stored().await;
    for behaviour in [Some(Behaviour::Swallows), Some(Behaviour::Trickles), None] {
        if let Some(behaviour) = behaviour {
            line.set(behaviour);
        }
        let app = if behaviour.is_some() { &app } else { &lost };
        let began = Instant::now();
        let asked = to_the_database.iter().map(async |name| (name, ask(app, world.request(name)).await));
        for (name, response) in join_all(asked).await {
            is_unreachable(&format!("{name} {behaviour:?}"), &response);
        }
        assert!(began.elapsed() < GENEROUS, "{behaviour:?}: {:?}", began.elapsed());
        println!("{behaviour:?}: {} requests at once answered within {:?}", to_the_database.len(), began.elapsed());
        if behaviour.is_some() {
            let calls = line.requests();
            // Some ask for several things at once. On a busy machine some are given up before their first attempt arrives.
            assert!((1..=to_the_database.len() * 2 * ATTEMPTS).contains(&calls), "{calls} attempts");
        }
        assert!(world.stored().await == before, "{behaviour:?}: nothing is written");
    }

    line.set(Behaviour::Normal);
    for name in &to_the_database {
        let status = ask(&app, world.request(name)).await.status().as_u16();
        assert!(status < 500, "{name} is served again: {status}");
    }
}

/// APR-06 SAFE-07 the connection breaks in the middle of a change, before or after the database made it: an answer in time;
/// and the same request again brings what it brings while all works, once, and nothing is left half-done.
#[tokio::test]
async fn apr_06_a_change_that_was_cut_off_is_made_whole_by_asking_again() {
    let mut rounds = Vec::new();
    for operation in ["POST /api/activations/confirm", "POST /api/sign-in/ask", "POST /api/me/country", "POST /api/me"]
    {
        let whole = World::new().await;
        let line = FlakyProxy::to(&whole.bench.endpoint).await;
        let status = ask(&deployed(&whole.bench, &line.url), whole.request(operation)).await.status();
        assert!(status.is_success(), "{operation}: {status}");
        let (calls, expected) = (line.requests(), whole.counts().await);
        for carried in 0..calls {
            rounds.push((operation, carried, Behaviour::Swallows, status, expected.clone()));
        }
        if operation.ends_with("confirm") {
            rounds.push((operation, calls - 1, Behaviour::SwallowsAnswers, status, expected));
        }
    }
    assert!(rounds.len() >= 8, "{}", rounds.len());
    let rounds = rounds.into_iter().map(async |(operation, carried, behaviour, status, expected)| {
        let what = format!("{operation}: {behaviour:?} after {carried}");
        let world = World::new().await;
        let line = FlakyProxy::to(&world.bench.endpoint).await;
        let app = deployed(&world.bench, &line.url);
        let before = world.stored().await;
        line.set_after(carried, behaviour);
        is_unreachable(&what, &ask(&app, world.request(operation)).await);
        if behaviour == Behaviour::Swallows {
            assert!(world.stored().await == before, "{what}: nothing is written");
        } else {
            assert_eq!(world.counts().await, expected, "{what}: all is written");
        }
        line.set(Behaviour::Normal);
        assert_eq!(ask(&app, world.request(operation)).await.status(), status, "{what}: again");
        assert_eq!(world.counts().await, expected, "{what}: once, and whole");
    });
    let began = Instant::now();
    join_all(rounds).await;
    assert!(began.elapsed() < GENEROUS, "{:?}", began.elapsed());
}

/// ACT-01 a load may take longer than other requests, as long as the database goes on answering.
#[tokio::test]
async fn act_01_a_load_is_waited_for_while_the_database_answers() {
    let world = World::new().await;
    let line = FlakyProxy::to(&world.bench.endpoint).await;
    line.set(Behaviour::Slow);
    let began = Instant::now();
    let response = ask(&deployed(&world.bench, &line.url), world.load(&customers(3000))).await;
    assert_eq!(response.status(), 200);
    assert!(began.elapsed() > PATIENCE, "{} calls, each slow, one after the other", line.requests());
}

/// ACT-16 SES takes a mail and never says so: the record is reported in time, nothing else is held up, and when SES answers
/// again the same mail goes out, once.
#[tokio::test]
async fn act_16_a_silent_ses_holds_nothing_up() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let why = Why::First;
    let event = Event::ActivationLink { licence: licence(), product: sku(MAIL), generation: 1, why, mail: 1 };
    let stored = bench.store.raw(&store::outbox::queued(&event.id())).await.expect("the database answers");
    let batch = json!({ "Records": as_inserted([image(&stored.expect("it is queued"))]) });
    let ses = FlakyProxy::answering(&json!({ "MessageId": "ses-1" })).await;
    let settings = Settings { ses: Some(ses.url.clone()), ..settings(&bench, &bench.endpoint) };
    let app = boot::app_with_mail(&settings, bench.app.clock.clone(), bench.app.chance.clone()).expect("good settings");
    let hand_over = async || deliver_mail::records(&app, serde_json::from_value(batch.clone()).expect("records")).await;
    for behaviour in [Behaviour::Swallows, Behaviour::Trickles] {
        ses.set(behaviour);
        let began = Instant::now();
        assert_eq!(hand_over().await.failures.len(), 1, "{behaviour:?}");
        assert!(began.elapsed() < GENEROUS, "{:?}", began.elapsed());
        assert_eq!(ses.requests(), 1, "{behaviour:?}: what SES may have taken is not repeated at once");
        ses.set(Behaviour::Normal);
        assert_eq!(hand_over().await.failures.len(), 1, "{behaviour:?}: nor while a report of it may come");
        assert_eq!(ses.requests(), 0, "{behaviour:?}");
        bench.pass(60);
    }
    assert!(hand_over().await.failures.is_empty());
    assert!(hand_over().await.failures.is_empty());
    assert_eq!(ses.requests(), 1, "once");
}

/// ACT-01 when the database falls silent in the middle of a load, it is answered in time. What was stored stays, and the same rows again go on from there.
#[tokio::test]
async fn act_01_a_load_that_was_cut_off_goes_on() {
    let world = World::new().await;
    let line = FlakyProxy::to(&world.bench.endpoint).await;
    let app = deployed(&world.bench, &line.url);
    // Of what 600 rows ask, a part is answered: some are stored when the connection fails. (How much is asked depends on what
    // a busy machine had to ask twice.)
    let rows = customers(600);
    line.set(Behaviour::Normal);
    let all = World::new().await;
    let counting = FlakyProxy::to(&all.bench.endpoint).await;
    let counted = deployed(&all.bench, &counting.url);
    assert_eq!(ask(&counted, all.load(&rows)).await.status(), 200);
    line.set_after(counting.requests() * 2 / 3, Behaviour::Swallows);
    is_unreachable("a load", &ask(&app, world.load(&rows)).await);
    line.set(Behaviour::Normal);
    let (status, report) = world.osm.take(&ask(&app, world.load(&rows)).await);
    assert_eq!((status, &report["rows"]), (200, &json!(600)), "{report}");
    let (taken, unchanged) = (report["taken"].as_u64().unwrap_or(0), report["unchanged"].as_u64().unwrap_or(0));
    assert!(taken > 0 && unchanged > 0 && taken + unchanged == 600, "{report}");
}
