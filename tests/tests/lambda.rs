//! Each kind of event, as AWS sends it, through the runtime API to the programs that are deployed (`tests/events/`, which
//! `cargo lambda invoke` takes as well). The database is the embedded one, over HTTP; SES is a server of a few lines.

use std::sync::{Arc, Mutex};

use api::path::ROUTES;
use axum::{Json, Router, extract::State, routing::post};
use gateway::{
    App, Chance, Clock,
    boot::{Settings, app},
    testing::flaky_proxy::{Behaviour, FlakyProxy},
};
use licensing::{
    import::{Lines, Reader, Row},
    seal::{Link, to_text},
};
use load_orders::{Loader, Options};
use local::database::Database;
use serde_json::{Value, json};
use store::{Table, Write};
use tests::{
    programs::{Function, root},
    reader::mint,
    wire,
};
use tokio::net::TcpListener;

const SITE: &str = "http://localhost:8400";
const TABLES: &str = "countersign-";
/// A contact of the sample data who has something to activate.
const SOMEBODY: &str = "yan.g@robotics10.example";

/// This database lets everybody in.
fn anyone(_: &[u8]) -> [(&'static str, String); 2] {
    [("authorization", "AWS4-HMAC-SHA256".into()), ("x-amz-date", "20261122T000000Z".into())]
}

/// A database with its tables, and what the functions are deployed with.
struct World {
    app: App,
    dynamodb: String,
    environment: Vec<(&'static str, String)>,
    mails: Arc<Mutex<Vec<Value>>>,
    lines: Mutex<Vec<FlakyProxy>>,
    _database: Database,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let dynamodb = format!("http://{}", listener.local_addr().expect("a bound port"));
        let database = Database::serve(None, listener, None).expect("an empty database");
        let mails = Arc::new(Mutex::new(Vec::new()));
        let ses = ses(Arc::clone(&mails)).await;
        let (link_keys, seal_key) = (format!("1:{}", to_text(&[7; 32])), to_text(&[9; 32]));
        let webhook_keys = format!("1:{}", to_text(&[5; 32]));
        let settings = Settings {
            region: "eu-north-1".into(),
            credentials: gateway::boot::credentials(),
            dynamodb: Some(dynamodb.clone()),
            ses: Some(ses.clone()),
            tables: TABLES.into(),
            site: SITE.into(),
            production: false,
            policy: None,
            link_keys: Some(link_keys.clone()),
            seal_key: Some(seal_key.clone()),
            seal_public: None,
            mail_set: None,
            edge_secrets: None,
            eventbridge: Some(ses.clone()),
            bus: Some("countersign".into()),
            webhook_keys: Some(webhook_keys.clone()),
            loopback: true,
            roots: None,
        };
        let app = app(&settings, Clock::system(), Chance::system()).expect("the settings are good");
        store::table::create_all(app.store.client(), TABLES).await.expect("an empty database takes tables");
        let environment = vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.clone()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", ses.clone()),
            ("AWS_ENDPOINT_URL_SESV2", ses.clone()),
            ("AWS_REGION", settings.region),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("COUNTERSIGN_MODE", "local".into()),
            ("COUNTERSIGN_SITE", SITE.into()),
            ("COUNTERSIGN_TABLES", TABLES.into()),
            ("COUNTERSIGN_LINK_KEYS", link_keys),
            ("COUNTERSIGN_SEAL_KEY", seal_key),
            ("COUNTERSIGN_BUS", "countersign".into()),
            ("COUNTERSIGN_LOOPBACK", "allow".into()),
            ("COUNTERSIGN_WEBHOOK_KEYS", webhook_keys),
        ];
        Self { app, dynamodb, environment, mails, lines: Mutex::default(), _database: database }
    }

    /// With the sample data loaded, and none of its orders taken in.
    async fn with_sample() -> Self {
        let world = Self::new().await;
        world.load(&std::fs::read_to_string(root().join("tests/data/sample.jsonl")).expect("it is there")).await;
        world
    }

    async fn load(&self, text: &str) {
        let options = Options { load: "test".into(), operator: "test".into(), dry_run: false };
        let mut loader = Loader::new(&self.app, options);
        for part in rows(text).chunks(100) {
            loader.take(part).await.expect("the database answers");
        }
    }

    async fn start(&self, function: &str) -> Function {
        let line = FlakyProxy::noting(&self.dynamodb, function).await;
        let started = self.start_on(&line, function).await;
        self.lines.lock().expect("nobody panics while holding it").push(line);
        started
    }

    async fn start_on(&self, line: &FlakyProxy, function: &str) -> Function {
        let mut environment = self.environment.clone();
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", line.url.clone()));
        Function::start(function, environment).await
    }

    /// What is queued for a function, as the stream would carry it.
    async fn queued(&self, kind: &str) -> Vec<Value> {
        let mut items = wire::items(&self.dynamodb, &anyone, &self.app.store.name(Table::Outbox)).await;
        items.retain(|item| item["event"]["M"]["kind"]["S"] == kind && item["done_at"].is_null());
        items
    }

    fn mail_to(&self, address: &str, subject: &str) -> Value {
        let mails = self.mails.lock().expect("nobody panics while holding it");
        let is_it = |mail: &&Value| {
            mail["Destination"]["ToAddresses"][0] == address
                && mail["Content"]["Simple"]["Subject"]["Data"].as_str().is_some_and(|text| text.contains(subject))
        };
        mails.iter().rev().find(is_it).cloned().unwrap_or_else(|| panic!("no mail to {address} about {subject}"))
    }
}

async fn ses(mails: Arc<Mutex<Vec<Value>>>) -> String {
    async fn take(State(mails): State<Arc<Mutex<Vec<Value>>>>, Json(mail): Json<Value>) -> Json<Value> {
        let mut mails = mails.lock().expect("nobody panics while holding it");
        mails.push(mail);
        Json(json!({ "MessageId": format!("ses-{}", mails.len()) }))
    }
    // The event bus answers at the same address: what is published lies beside the mails.
    async fn publish(State(mails): State<Arc<Mutex<Vec<Value>>>>, events: String) -> Json<Value> {
        let events: Value = serde_json::from_str(&events).expect("JSON");
        mails.lock().expect("nobody panics while holding it").push(events);
        Json(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] }))
    }
    let router =
        Router::new().route("/v2/email/outbound-emails", post(take)).route("/", post(publish)).with_state(mails);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound port"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn rows(text: &str) -> Vec<Row> {
    let (mut lines, mut reader, mut rest) = (Lines::new(), Reader::new(), text.as_bytes());
    let mut all = Vec::new();
    while let Some(line) = lines.next(&mut rest) {
        all.push(reader.read(&line));
    }
    all.extend(lines.last().map(|line| reader.read(&line)));
    all
}

/// An event of `tests/events/`.
fn event(name: &str) -> Value {
    let file = root().join(format!("tests/events/{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Sends an event, and gives the answer.
async fn send(function: &mut Function, event: &Value) -> Value {
    function.invoke(event.to_string()).await.json()
}

/// Sends a request's event: the status, and the body as JSON.
async fn call(function: &mut Function, event: &Value) -> (u64, Value) {
    let answer = send(function, event).await;
    let body = answer["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    (answer["statusCode"].as_u64().expect("a status"), body)
}

/// The cookies of an answer, as a browser sends them back.
fn cookies(answer: &Value) -> Vec<String> {
    let set = answer["cookies"].as_array().expect("cookies").iter();
    set.map(|line| line.as_str().expect("text").split(';').next().expect("a first part").to_owned()).collect()
}

fn with_body(mut event: Value, body: &Value) -> Value {
    event["body"] = body.to_string().into();
    event
}

/// The record's item, replaced by one of the database: all but what depends on the time must be as in the file.
fn with_image(mut event: Value, item: &Value) -> Value {
    let said = &mut event["Records"][0]["dynamodb"]["NewImage"];
    let (mut written, mut read) = (said.clone(), item.clone());
    for image in [&mut written, &mut read] {
        for of_time in ["loaded_at", "queued_at", "due_at", "due_slot"] {
            image.as_object_mut().expect("an item").remove(of_time);
        }
        // A message also tells when it happened, and on which account, whose key is drawn.
        if let Some(message) = image["event"]["M"]["message"]["M"].as_object_mut() {
            message.remove("at");
            message["standing"]["M"].as_object_mut().expect("a standing").remove("account");
        }
    }
    assert_eq!(written, read, "the event's file shows what the database holds");
    *said = item.clone();
    event
}

/// ACT-02 ACT-16 SAFE-03 EXP-01 LINK-04 REG-03: an order becomes an activated service, one event of AWS after the other,
/// each through the program that is deployed.
#[tokio::test]
async fn act_02_an_order_becomes_an_activated_service_event_by_event() {
    let world = World::with_sample().await;

    // A new order, from its table's stream.
    let order = event("stream.orders");
    let stored = wire::dynamodb(
        &world.dynamodb,
        &anyone,
        "GetItem",
        json!({
            "TableName": world.app.store.name(Table::Orders), "Key": order["Records"][0]["dynamodb"]["Keys"],
        }),
    );
    let order = with_image(order, &stored.await["Item"]);
    let mut send_activation = world.start("send-activation").await;
    let none = json!({ "batchItemFailures": [] });
    assert_eq!(send(&mut send_activation, &order).await, none);
    assert_eq!(send(&mut send_activation, &order).await, none, "a record that comes again changes nothing");

    // Its first line's link, from the outbox's stream.
    assert_eq!(send(&mut send_activation, &event("stream.outbox-rejudge")).await, none, "judged again: as it is");
    let queued = world.queued("activation-link").await;
    assert_eq!(queued.len(), 2, "one mail a line, although the record came twice");
    let link = event("stream.outbox");
    let key = &link["Records"][0]["dynamodb"]["Keys"]["event_id"];
    let link = with_image(link.clone(), queued.iter().find(|item| item["event_id"] == *key).expect("it is queued"));
    let mut deliver_mail = world.start("deliver-mail").await;
    assert_eq!(send(&mut deliver_mail, &link).await, none);
    assert_eq!(send(&mut deliver_mail, &link).await, none);
    let mail = world.mail_to(SOMEBODY, "");
    assert_eq!(world.mails.lock().expect("free").len(), 1, "one mail, although the record came twice");
    let token = between(&mail, "/a#", "\n");

    // What SES says of that mail: by EventBridge, and by SNS.
    let id = mail["EmailTags"].as_array().expect("tags").iter().find(|tag| tag["Name"] == "mail").expect("our id");
    let delivered = event("mail.delivered");
    assert_eq!(delivered["detail"]["mail"]["tags"]["mail"][0], id["Value"], "the event's file is about this very mail");
    let mut mail_events = world.start("mail-events").await;
    assert_eq!(send(&mut mail_events, &delivered).await["delivered"], 1);
    assert_eq!(send(&mut mail_events, &delivered).await["unchanged"], 1);
    let complained = send(&mut mail_events, &event("mail.complained-by-sns")).await;
    assert_eq!((&complained["complained"], &complained["unchanged"]), (&json!(1), &json!(0)));

    // Signing in: the code's mail is asked for, delivered, and its code used; cookies go forth and back.
    let mut register = world.start("register").await;
    let asked = send(&mut register, &event("http.ask-for-code")).await;
    assert_eq!(asked["statusCode"], 200, "{asked}");
    let asked_in = cookies(&asked);
    let code = world.queued("sign-in-code").await.remove(0);
    let mut record = link.clone();
    record["Records"][0]["dynamodb"]["Keys"]["event_id"] = code["event_id"].clone();
    record["Records"][0]["dynamodb"]["NewImage"] = code;
    assert_eq!(send(&mut deliver_mail, &record).await, none);
    let code: String = digits(&world.mail_to(SOMEBODY, "code"));
    let mut sign_in = with_body(event("http.sign-in"), &json!({ "address": SOMEBODY, "code": code }));
    sign_in["cookies"] = json!(asked_in);
    let signed_in = send(&mut register, &sign_in).await;
    assert_eq!(signed_in["statusCode"], 200, "{signed_in}");
    let session = cookies(&signed_in);
    assert!(session.iter().any(|cookie| cookie.starts_with("countersign-session=")), "{session:?}");

    let mut me = event("http.me");
    assert_eq!(call(&mut register, &me).await, call(&mut register, &me).await);
    assert_eq!(call(&mut register, &me).await.1["code"], "sign-in-needed");
    me["cookies"] = json!(session);
    let (status, shown) = call(&mut register, &me).await;
    assert_eq!((status, &shown["signed_in_as"]), (200, &json!(SOMEBODY)), "{shown}");

    // The link: shown, confirmed, and seen in the portal.
    let mut activate = world.start("activate").await;
    let inspect = with_body(event("http.inspect-link"), &json!({ "token": token }));
    let (status, shown) = call(&mut activate, &inspect).await;
    assert_eq!((status, &shown["state"]), (200, &json!("good")), "{shown}");
    let confirm = json!({ "target": { "link": token }, "choice": { "new": "Robotics" } });
    let mut confirm = with_body(event("http.confirm"), &confirm);
    confirm["cookies"] = json!(session);
    let (status, confirmed) = call(&mut activate, &confirm).await;
    assert_eq!((status, &confirmed["by_you"]), (200, &json!(true)), "{confirmed}");
    assert_eq!(call(&mut activate, &confirm).await, (200, confirmed), "the same request again gets the same answer");

    // Subscribers are told: the event bus, which is the only one. Nobody is left to be told or asked for the other events.
    let announce = event("stream.outbox-announce");
    let queued = world.queued("announce").await;
    let announce = with_image(announce, &queued[0]);
    let mut provision = world.start("provision").await;
    assert_eq!(send(&mut provision, &announce).await, none);
    assert_eq!(send(&mut provision, &announce).await, none, "a record that comes again tells nobody twice");
    for more in [event("stream.outbox-deliver"), event("stream.outbox-provision")] {
        assert_eq!(send(&mut provision, &more).await, none);
    }
    let published: Vec<Value> = {
        let all = world.mails.lock().expect("nobody panics while holding it");
        all.iter().filter(|sent| sent["Entries"].is_array()).cloned().collect()
    };
    assert_eq!(published.len(), 1);
    let entry = &published[0]["Entries"][0];
    assert_eq!((&entry["DetailType"], &entry["EventBusName"]), (&json!("activation.confirmed"), &json!("countersign")));
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().expect("text")).expect("JSON");
    assert_eq!((&detail["data"]["product"], &detail["data"]["state"]), (&json!("MEET-PRO"), &json!("activated")));

    let mut show_portal = world.start("show-portal").await;
    let mut where_is = event("http.where-is");
    where_is["cookies"] = json!(session);
    let (status, shown) = call(&mut show_portal, &where_is).await;
    let line = shown["lines"].as_array().and_then(|lines| lines.iter().find(|line| line["product"] == "MEET-PRO"));
    assert_eq!((status, line.map(|line| &line["state"])), (200, Some(&json!("activated"))), "{shown}");

    // A new link for the order's other line: this function takes requests as well as records.
    let mut resend = event("http.resend");
    resend["cookies"] = json!(session);
    let (status, mailed) = call(&mut send_activation, &resend).await;
    assert_eq!((status, mailed["to"].as_str()), (202, Some("y•••@robotics10.example")), "{mailed}");

    // The customer has an account that the person does not administer: they ask to join it.
    let account = r#"{"type":"account","id":"acc-10","name":"Robotics Europe","customer":"cust-10","domains":[],"global_admins":["boss@robotics10.example"],"billing_admins":[]}"#;
    world.load(account).await;
    let mut join_account = world.start("join-account").await;
    let mut asking = event("http.ask-to-join");
    asking["cookies"] = json!(session);
    let (status, asked) = call(&mut join_account, &asking).await;
    assert_eq!((status, &asked["state"]), (202, &json!("pending")), "{asked}");
    assert_eq!(call(&mut join_account, &asking).await, (202, asked), "the same again changes nothing");
    assert_eq!(world.queued("join-asked").await.len(), 1);

    // A colleague asks for permission; who decides is found out from the outbox's stream; the mailed link denies.
    let colleague = world.session("new@robotics10.example").await;
    let mut request_permission = world.start("request-permission").await;
    let mut asking = event("http.ask-permission");
    asking["cookies"] = json!([colleague]);
    let (status, asked) = call(&mut request_permission, &asking).await;
    assert_eq!((status, &asked["state"], &asked["sent_to"]), (202, &json!("pending"), &Value::Null), "{asked}");
    let mut found_out = event("stream.outbox-permission-asked");
    assert_eq!(send(&mut request_permission, &found_out).await, none, "nobody with this id has asked");
    let queued = world.queued("permission-asked").await.remove(0);
    found_out["Records"][0]["dynamodb"]["Keys"]["event_id"] = queued["event_id"].clone();
    found_out["Records"][0]["dynamodb"]["NewImage"] = queued.clone();
    for _ in 0..2 {
        assert_eq!(send(&mut request_permission, &found_out).await, none);
        assert_eq!(world.queued("permission-asked").await.len(), 0, "it is done");
    }
    let again = call(&mut request_permission, &asking).await.1;
    assert!(again["sent_to"].as_u64() >= Some(2), "primary and notices contact, and more: {again}");
    let asker = queued["event"]["M"]["asker"]["S"].as_str().expect("an id").parse().expect("an id");
    let licence = "enterprise/85890364".parse().expect("a Licensing ID");
    let link = Link::Permission { licence, asker, generation: 1, to: SOMEBODY.parse().expect("an address") };
    let decide = event("http.decide-request");
    let mut body: Value = serde_json::from_str(decide["body"].as_str().expect("text")).expect("JSON");
    body["request"]["link"] = world.app.keys.links().seal(&link).into();
    let mut approve = world.start("approve").await;
    assert_eq!(call(&mut approve, &decide).await.1["code"], "bad-link");
    let (status, denied) = call(&mut approve, &with_body(decide, &body)).await;
    assert_eq!((status, &denied["state"], &denied["by_you"]), (200, &json!("denied"), &json!(true)), "{denied}");

    // An Administrator gives a colleague something: once, however often it is asked.
    let mut manage_users = world.start("manage-users").await;
    let mut changing = event("http.change-person");
    assert_eq!(call(&mut manage_users, &changing).await.0, 401);
    changing["cookies"] = json!(session);
    let (status, given) = call(&mut manage_users, &changing).await;
    assert_eq!(
        (status, &given["gains"]["roles"], &given["invites"]),
        (200, &json!(["download"]), &json!(true)),
        "{given}"
    );
    assert_eq!(call(&mut manage_users, &changing).await, (200, given), "the first answer again");
    assert_eq!(world.queued("permission-given").await.len(), 1);

    // By the clock: nothing is due yet, and the audit's chains are sealed.
    let mut expire_links = world.start("expire-links").await;
    let swept = send(&mut expire_links, &event("schedule.expire-links")).await;
    assert_eq!((&swept["failed"], &swept["left"]), (&json!(0), &json!(0)), "{swept}");
    let mut seal_audit = world.start("seal-audit").await;
    let sealed = send(&mut seal_audit, &event("schedule.seal-audit")).await;
    assert!(sealed["chains"].as_u64() >= Some(2) && sealed["more"] == false, "{sealed}");
}

/// SAFE-07 a program that starts while nobody answers for the database starts all the same, answers, and serves when the
/// connection works again.
#[tokio::test]
async fn safe_07_a_program_outlives_a_silent_database() {
    let world = World::new().await;
    let line = FlakyProxy::to(&world.dynamodb).await;
    line.set(Behaviour::Swallows);
    let mut show_portal = world.start_on(&line, "show-portal").await;
    let me = event("http.where-is");
    let answer = send(&mut show_portal, &me).await;
    assert_eq!((&answer["statusCode"], &answer["headers"]["retry-after"]), (&json!(503), &json!("2")), "{answer}");
    assert!(answer["body"].as_str().is_some_and(|body| body.contains("\"unavailable\"")), "{answer}");
    line.set(Behaviour::Normal);
    assert_eq!(call(&mut show_portal, &me).await.0, 401, "nobody is signed in");
    assert!(line.requests() > 0, "the database was asked");
}

/// ACT-16 of a batch, those records that failed come again and the others do not.
#[tokio::test]
async fn act_16_a_batch_is_answered_record_by_record() {
    let world = World::with_sample().await;
    let mut order = event("stream.orders");
    let good = order["Records"][0].clone();
    let mut unknown = good.clone();
    unknown["dynamodb"]["NewImage"]["number"]["S"] = "99999999".into();
    unknown["dynamodb"]["NewImage"]["order_id"]["S"] = "PO-9999".into();
    unknown["dynamodb"]["SequenceNumber"] = "222".into();
    let mut garbled = good.clone();
    garbled["dynamodb"]["NewImage"]["lines"] = json!({ "S": "none" });
    garbled["dynamodb"]["SequenceNumber"] = "333".into();
    let mut removed = good.clone();
    removed["eventName"] = "REMOVE".into();
    removed["dynamodb"].as_object_mut().expect("a change").remove("NewImage");
    order["Records"] = json!([unknown, good, garbled, removed]);

    let mut send_activation = world.start("send-activation").await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "222" }, { "itemIdentifier": "333" }] });
    assert_eq!(send(&mut send_activation, &order).await, failures);
    assert_eq!(world.queued("activation-link").await.len(), 2, "what is good was done");

    // For the function that sends mail the same: an event of nobody's making fails alone.
    let mut link = event("stream.outbox");
    let good = link["Records"][0].clone();
    let mut garbled = good.clone();
    garbled["dynamodb"]["NewImage"]["event"]["M"]["kind"]["S"] = "unheard-of".into();
    garbled["dynamodb"]["SequenceNumber"] = "444".into();
    link["Records"] = json!([garbled, good]);
    let mut deliver_mail = world.start("deliver-mail").await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "444" }] });
    assert_eq!(send(&mut deliver_mail, &link).await, failures);
    assert_eq!(world.mails.lock().expect("free").len(), 1);
}

/// LINK-05 SAFE-07: whatever API Gateway puts before the path, and whatever the method, the answer is what the API says.
#[tokio::test]
async fn safe_07_a_request_is_understood_as_api_gateway_sends_it() {
    let world = World::new().await;
    let mut show_portal = world.start("show-portal").await;
    let about = event("http.about");
    let (status, plain) = call(&mut show_portal, &about).await;
    assert_eq!((status, &plain["publisher"]["name"]), (200, &json!("Northwind Software")));

    // A named stage stands before the path; with a domain of one's own, only the request's context names it.
    let staged = event("http.about-behind-a-stage");
    assert_eq!(staged["rawPath"], "/prod/api/about");
    assert_eq!(call(&mut show_portal, &staged).await, (200, plain.clone()));
    let mut mapped = about.clone();
    mapped["requestContext"]["stage"] = "prod".into();
    assert_eq!(call(&mut show_portal, &mapped).await, (200, plain));

    let method = |method: &str, path: &str| {
        let mut event = about.clone();
        event["requestContext"]["http"]["method"] = method.into();
        event["rawPath"] = path.into();
        event
    };
    let wrong = send(&mut show_portal, &method("DELETE", "/api/about")).await;
    assert_eq!((&wrong["statusCode"], &wrong["headers"]["allow"]), (&json!(405), &json!("GET, HEAD")), "{wrong}");
    assert_eq!(wrong["headers"]["content-type"], "application/problem+json");
    let head = send(&mut show_portal, &method("HEAD", "/api/about")).await;
    assert_eq!((&head["statusCode"], head["body"].as_str().unwrap_or_default()), (&json!(200), ""), "{head}");
    for nothing in ["/api/nothing", "/", "/prod", "/api/where/enterprise/12/34"] {
        assert_eq!(call(&mut show_portal, &method("GET", nothing)).await.1["code"], "not-found", "{nothing}");
    }
    // API Gateway resolves percent signs; what stands for a slash is not one.
    let (_, slash) = call(&mut show_portal, &method("GET", &api::path::where_is("open-value", "12/34"))).await;
    assert_eq!(slash["code"], "sign-in-needed");
}

/// ACT-01: rows come in base64, as API Gateway hands over what it does not know to be text.
#[tokio::test]
async fn act_01_rows_come_as_base64_with_a_bearer_token() {
    let world = World::with_sample().await;
    let mut load = event("http.load");
    let mut load_orders = world.start("load-orders").await;
    assert_eq!(call(&mut load_orders, &load).await.1["code"], "sign-in-needed");
    mint(&world.app, "secret").await;
    load["headers"]["authorization"] = "Bearer secret".into();
    let (status, report) = call(&mut load_orders, &load).await;
    assert_eq!((status, &report["taken"], &report["lines"]), (200, &json!(2), &json!([])), "{report}");
    assert_eq!(call(&mut load_orders, &load).await.1["unchanged"], 2);
}

/// SAFE-07: Lambda cuts off what is larger than 6 MB. A report says how much it leaves out, and many order lines come page by
/// page.
#[tokio::test]
async fn safe_07_an_answer_never_exceeds_what_lambda_sends() {
    let world = World::with_sample().await;
    mint(&world.app, "secret").await;
    let mut load = event("http.load");
    load["headers"]["authorization"] = "Bearer secret".into();
    load["isBase64Encoded"] = false.into();
    load["rawQueryString"] = "load=huge".into();
    // A million rows of nothing: each is refused with a line of some 40 bytes.
    load["body"] = "x\n".repeat(200_000).into();
    let mut load_orders = world.start("load-orders").await;
    let (status, report) = call(&mut load_orders, &load).await;
    let lines = report["lines"].as_array().expect("lines").len() as u64;
    assert_eq!((status, &report["rows"]), (200, &json!(200_000)));
    assert_eq!(lines + report["left_out"].as_u64().expect("some are left out"), 200_000);

    // Orders of many lines of a product whose name is as long as it may be, and doubles when it is quoted, twice.
    let name = "\\\"".repeat(200);
    let mut rows = format!("{{\"type\":\"product\",\"sku\":\"P\",\"name\":\"{name}\",\"kind\":\"on-premises\"}}\n");
    let lines = vec!["{\"product\":\"P\",\"quantity\":1}"; 500].join(",");
    for order in 0..12 {
        rows += &format!(
            "{{\"type\":\"order\",\"id\":\"PO-L{order}\",\"programme\":\"enterprise\",\"number\":\"85890364\",\
             \"purchased\":\"2026-11-10\",\"usage_starts\":\"2026-11-10\",\"lines\":[{lines}]}}\n"
        );
    }
    world.load(&rows).await;
    let mut where_is = event("http.where-is");
    where_is["cookies"] = json!([world.session(SOMEBODY).await]);
    let mut show_portal = world.start("show-portal").await;
    let (status, found) = call(&mut show_portal, &where_is).await;
    assert_eq!((status, found["lines"].as_array().map(Vec::len)), (200, Some(100)), "{}", found["code"]);
    assert!(found["next"].is_string(), "it says where the older lines are");
    assert!(found.to_string().len() < 6_000_000, "{} bytes", found.to_string().len());
}

/// REG-13: a production deployment refuses to start with settings with which it would not be safe, and says so.
#[tokio::test]
async fn reg_13_a_function_does_not_start_with_unsafe_settings() {
    let runtime = tests::runtime_api::Runtime::start().await;
    let output = tokio::process::Command::new(tests::programs::programs().join("register"))
        .env_clear()
        .envs(runtime.environment("register"))
        .env("COUNTERSIGN_SITE", "http://portal.example")
        .output()
        .await
        .expect("it starts and ends");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("COUNTERSIGN_SITE must begin with https://"), "{said}");
}

/// `cargo lambda watch`, and a deployment, send each path to the function that answers it.
#[tokio::test]
async fn every_path_is_answered_by_the_function_that_its_route_names() {
    let world = World::new().await;
    let functions: std::collections::BTreeSet<&str> = ROUTES.iter().map(|route| route.function).collect();
    for name in functions {
        let mut function = world.start(name).await;
        for route in ROUTES.iter().filter(|route| route.function == name) {
            for method in route.methods() {
                let mut request = event("http.about");
                request["requestContext"]["http"]["method"] = method.into();
                let path = route.path.replace("{programme}", "enterprise").replace("{number}", "1");
                request["rawPath"] = path.replace("{product}", "MAIL").replace("{id}", "acc-1").into();
                let (status, answer) = call(&mut function, &request).await;
                assert!(
                    status != 404 && status != 405,
                    "{name} does not answer {method} {}: add it to its `handle`. It said {answer}",
                    route.path
                );
            }
        }
    }
}

/// Every function of the repository is sent an event here, so that none is deployed whose program was never tried.
#[test]
fn every_function_is_sent_an_event() {
    let here = std::fs::read_to_string(root().join("tests/tests/lambda.rs")).expect("it is there");
    for function in tests::programs::functions() {
        assert!(
            here.contains(&format!(".start(\"{function}\")")),
            "send {function} an event: put one into tests/events/ and start the function in tests/tests/lambda.rs"
        );
    }
    for file in std::fs::read_dir(root().join("tests/events")).expect("it is there") {
        let name = file.expect("it can be read").file_name().into_string().expect("plain");
        let name = name.strip_suffix(".json").expect("events are JSON");
        assert!(here.contains(&format!("event(\"{name}\")")), "tests/events/{name}.json is sent by no test");
    }
}

/// What README says to type names events and functions that there are.
#[test]
fn readme_names_events_that_there_are() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("it is there");
    let mut named = 0;
    for line in readme.lines().filter(|line| line.contains("--data-file tests/events/")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |word: &str| words.iter().position(|other| *other == word).map(|at| words[at + 1]);
        let (function, file) = (after("invoke").expect("a function"), after("--data-file").expect("a file"));
        assert!(tests::programs::functions().iter().any(|known| known == function), "{line}");
        assert!(root().join(file).is_file(), "{line}");
        named += 1;
    }
    assert!(named > 0, "README says how to invoke a function");
}

/// What stands between two marks in a mail's text.
fn between(mail: &Value, start: &str, end: &str) -> String {
    let text = mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().expect("a text");
    let (_, rest) = text.split_once(start).expect("it is there");
    rest.split(end).next().unwrap_or_default().trim().to_owned()
}

/// The six digits of a mail with a code.
fn digits(mail: &Value) -> String {
    let text = mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().expect("a text");
    let plain = text.replace([' ', '\u{a0}'], "");
    let all: Vec<&str> = plain.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 6).collect();
    (*all.first().expect("six digits")).to_owned()
}

impl World {
    /// The cookie of a session of a person with this address.
    async fn session(&self, address: &str) -> String {
        use store::people::{Profile, Proven};
        let (app, now) = (&self.app, self.app.now());
        let address: licensing::Address = address.parse().expect("an address");
        let id: licensing::ProfileId = app.chance.name().parse().expect("an id");
        let profile = Profile {
            profile: id.clone(),
            first_name: String::new(),
            last_name: String::new(),
            language: "en".into(),
            phone: String::new(),
            country: None,
            addresses: vec![Proven::new(address.clone(), now, None)],
            pending: Vec::new(),
            arriving: Vec::new(),
            moves: None,
            refused: Vec::new(),
            proof_generation: 0,
            proofs: None,
            proofs_failed: None,
            saves: None,
            epoch: 0,
            browsers: vec![],
            since: now,
            version: 1,
        };
        let mut write = Write::new();
        write.profile(&app.store, None, &profile);
        write.owner(&app.store, &address, &id, now);
        let begun = gateway::session::begin(app, &mut write, &profile, &address, "test", now);
        write.commit(&app.store).await.expect("written");
        begun.cookie.split(';').next().expect("a first part").to_owned()
    }
}
