//! Requests for permission from the first click to a service in use, over all functions that take part, on the real engine.
#![expect(clippy::large_futures, reason = "a test runs once")]

use api::{
    activations::{Choice, Confirm, Target, Which},
    path,
    requests::{
        AskPermission, DecideRequest, GiveUp, InspectRequest, OnLicence, RequestDecision, RequestKey, Roles,
        WhichRequest,
    },
};
use gateway::{
    Request,
    testing::{
        Bench, Browser,
        scene::{MAIL, at_contoso, licence, sku},
    },
};
use http::HeaderValue;
use licensing::{
    Address, Licence, ProfileId,
    event::Event,
    import::{Line, Reader, record::Agreement},
    roles::{Benefit, Role},
    seal::Link,
};
use serde_json::{Value, json};
use store::{Table, Write, outbox::of_record};

const ANNA: &str = "anna@contoso.example";
const PRIMARY: &str = "primary@contoso.example";
const NOTICES: &str = "notices@contoso.example";
const STRANGER: &str = "mallory@fabrikam.example";

/// Hands a request to the function that answers it.
async fn call(bench: &Bench, browser: &Browser, request: Request) -> (u16, Value) {
    let app = &bench.app;
    let answer = match request.uri().path() {
        path::REQUEST_ASK | path::REQUEST_WITHDRAW | path::REQUEST_REMIND | path::GIVE_UP => {
            request_permission::handle(app, request).await
        }
        path::APPROVAL_INSPECT | path::APPROVAL_DECIDE => approve::handle(app, request).await,
        path::CONFIRM | path::UNDO | path::PREVIEW => activate::handle(app, request).await,
        _ => show_portal::handle(app, request).await,
    };
    bench.glance_is_right().await;
    browser.take(&answer)
}

fn roles(roles: &[Role]) -> Roles {
    Roles { roles: roles.iter().copied().collect(), ..Roles::default() }
}

fn asking(address: &str, licence: Licence, asked: Roles) -> AskPermission {
    AskPermission { licence, address: address.parse().ok(), asked, comment: "I look after mail.\nPlease.".into() }
}

async fn ask(bench: &Bench, browser: &Browser, address: &str, asked: &[Role]) -> (u16, Value) {
    call(bench, browser, browser.post(path::REQUEST_ASK, &asking(address, licence(), roles(asked)))).await
}

/// Does what the outbox asks of `request-permission`; the events that are left for others.
async fn route(bench: &Bench) -> Vec<Event> {
    for queued in waiting(bench).await {
        if let Event::PermissionAsked { licence, asker, generation } = &queued {
            request_permission::find_out(&bench.app, licence, asker, *generation).await.expect("it answers");
        }
    }
    waiting(bench).await
}

async fn waiting(bench: &Bench) -> Vec<Event> {
    let store = &bench.store;
    let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("it answers");
    let events = found.items.unwrap_or_default().into_iter().filter_map(|item| of_record(item).expect("an event"));
    events.map(|queued| queued.event).collect()
}

async fn key(bench: &Bench, asker: &str) -> RequestKey {
    let asker: ProfileId = bench.person(asker).await.profile;
    let request = store::requests::request(&licence(), &asker);
    let request = bench.store.get(&request).await.expect("it answers").expect("it was asked");
    RequestKey { licence: licence(), asker, number: request.generation }
}

async fn decide(bench: &Bench, browser: &Browser, request: WhichRequest, decision: RequestDecision) -> (u16, Value) {
    let body = DecideRequest { request, decision, message: "hello".into() };
    call(bench, browser, browser.post(path::APPROVAL_DECIDE, &body)).await
}

fn token(bench: &Bench, key: &RequestKey, to: &str) -> String {
    let to: Address = to.parse().expect("an address");
    let (licence, asker) = (key.licence.clone(), key.asker.clone());
    bench.app.keys.links().seal(&Link::Permission { licence, asker, generation: key.number, to })
}

async fn actions(bench: &Bench, chain: &str) -> Vec<String> {
    let (entries, _) = bench.store.audit_page(chain, 0, 100).await.expect("answers");
    entries.into_iter().map(|entry| format!("{} {}", entry.actor, entry.action)).collect()
}

fn confirming(browser: &Browser, name: &str) -> Request {
    let target = Target::Portal(Which { licence: licence(), product: sku(MAIL) });
    let mut request = browser.post(path::CONFIRM, &Confirm { target, choice: Choice::New(name.into()) });
    request.headers_mut().insert("idempotency-key", HeaderValue::from_static("key-00000001"));
    request
}

/// Puts a select agreement above Contoso's, with an Administrator of its own.
async fn with_parent(bench: &Bench, administrator: &str) -> Licence {
    let parent: Licence = "enterprise/77000001".parse().expect("a licence");
    let own = store::licences::agreement(&licence());
    let child = bench.store.get(&own).await.expect("it answers").expect("it is stored");
    let mut write = Write::new();
    let above = Agreement {
        licence: parent.clone(),
        loaded_contacts: [(licensing::ContactName::OnlineAdministrator, administrator.parse().expect("an address"))]
            .into(),
        parent: None,
        ..child.record.clone()
    };
    write.agreement(&bench.store, None, &above, "Contoso");
    write.agreement(
        &bench.store,
        Some(&child),
        &Agreement { parent: Some(parent.clone()), ..child.record.clone() },
        "Contoso",
    );
    write.commit(&bench.store).await.expect("it is written");
    parent
}

/// REQ-01 REQ-03 APR-01 APR-05 LINK-05 PERM-02 a colleague asks for Online Services Manager, an Administrator grants it, the
/// colleague activates a service with it from that instant, and gives the licence up again: then nothing of it is left.
#[tokio::test]
async fn req_01_from_the_request_to_the_service_in_use_and_back() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let (anna, primary) = (bench.signed_in(&[ANNA]).await, bench.signed_in(&[PRIMARY]).await);
    let (status, problem) = call(&bench, &anna, confirming(&anna, "Contoso")).await;
    assert_eq!((status, &problem["code"]), (403, &json!("not-allowed")), "nothing lets her yet");

    let (status, mine) = ask(&bench, &anna, ANNA, &[Role::OnlineServicesManager]).await;
    assert_eq!(status, 202, "{mine}");
    assert_eq!(mine["state"], "pending");
    let left = route(&bench).await;
    assert!(
        left.iter()
            .any(|event| event.id().starts_with("permission|enterprise/88590039|") && event.id().ends_with("|1|asked")),
        "{left:?}"
    );

    let (_, mine) = call(&bench, &anna, anna.get(path::REQUESTS)).await;
    let request = &mine["requests"][0];
    assert_eq!((&request["sent_to"], &mine["pending"]), (&json!(2), &json!(1)), "{mine}");
    assert_eq!(request["reminder_at"], "2026-11-25T00:00:00Z");
    assert_eq!(request["undecided_at"], "2026-12-02T00:00:00Z");
    assert_eq!(request["ends_at"], "2026-12-22T00:00:00Z");

    let (_, inbox) = call(&bench, &primary, primary.get(path::APPROVALS)).await;
    let row = &inbox["requests"][0];
    assert_eq!((&row["address"], &row["colleague"]), (&json!(ANNA), &json!(true)), "{inbox}");
    assert_eq!(row["comment"], "I look after mail.\nPlease.");
    let key = key(&bench, ANNA).await;
    let granted = RequestDecision::Grant(roles(&[Role::OnlineServicesManager]));
    let (status, shown) = decide(&bench, &primary, WhichRequest::Portal(key.clone()), granted.clone()).await;
    assert_eq!((status, &shown["state"], &shown["by_you"]), (200, &json!("granted"), &json!(true)), "{shown}");
    let (_, inbox) = call(&bench, &primary, primary.get(path::APPROVALS)).await;
    assert_eq!(inbox["requests"], json!([]), "it is handled");

    // From that instant: in the lists, in the wizard.
    let (_, licences) = call(&bench, &anna, anna.get(path::LICENCES)).await;
    assert_eq!(licences["licences"][0]["roles"], json!(["online-services-manager"]), "{licences}");
    let (_, activations) = call(&bench, &anna, anna.get(path::ACTIVATIONS)).await;
    assert_eq!(activations["rows"][0]["product"], MAIL, "{activations}");
    let (status, done) = call(&bench, &anna, confirming(&anna, "Contoso")).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(bench.state(MAIL).await, "activated");

    // Whoever decides next sees that it is handled, by a link too.
    let link = InspectRequest { request: WhichRequest::Link(token(&bench, &key, NOTICES)) };
    let nobody = Browser::new();
    let (status, shown) = call(&bench, &nobody, nobody.post(path::APPROVAL_INSPECT, &link)).await;
    assert_eq!((status, &shown["state"], &shown["may"]), (200, &json!("granted"), &json!("nothing")), "{shown}");

    let (_, access) = call(&bench, &anna, anna.get(&path::access("enterprise", "88590039"))).await;
    let why = &access["addresses"][0];
    assert_eq!(why["sources"][0]["source"], "assigned", "{access}");
    assert_eq!(why["sources"][0].get("given_by"), None, "who gave it is for Administrators (REQ-03)");
    assert_eq!(why.get("must_stay"), None, "{access}");

    let body = GiveUp { licence: licence(), address: at_contoso("anna") };
    let (status, gone) = call(&bench, &anna, anna.post(path::GIVE_UP, &body)).await;
    assert_eq!((status, &gone["keeps"]), (200, &json!([])), "{gone}");
    let (_, licences) = call(&bench, &anna, anna.get(path::LICENCES)).await;
    assert_eq!(licences["licences"], json!([]));
    let which = Which { licence: licence(), product: sku(MAIL) };
    let (status, _) = call(&bench, &anna, anna.post(path::UNDO, &which)).await;
    assert_eq!(status, 403, "who gave it up takes nothing back");
    let chain = licensing::audit::licence_chain(&licence());
    let said = actions(&bench, &chain).await;
    for action in ["person permission.asked", "person permission.granted", "person permission.given-up"] {
        assert!(said.iter().any(|it| it == action), "{action} in {said:?}");
    }
}

/// REQ-02 REQ-04 an outsider gets the same answer for a number that nobody knows as for one that exists, by the same calls and
/// units, and learns dates only.
#[tokio::test]
async fn req_02_outsiders_do_not_learn_whether_a_number_is_known() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut answers = Vec::new();
    for (who, number) in [(STRANGER, "88590039"), ("eve@fabrikam.example", "88590038")] {
        let browser = bench.signed_in(&[who]).await;
        let licence: Licence = format!("enterprise/{number}").parse().expect("a licence");
        let body = asking(who, licence, roles(&[Role::LicensingInfo]));
        let before = bench.app.store.meter().read();
        let (status, said) = call(&bench, &browser, browser.post(path::REQUEST_ASK, &body)).await;
        let used = bench.app.store.meter().read() - before;
        let asked = (status, used.calls, used.write_units);
        route(&bench).await;
        let (_, later) = call(&bench, &browser, browser.get(path::REQUESTS)).await;
        let without_names = |mut said: Value| {
            said.as_object_mut().expect("an object").retain(|name, _| !["licence", "address"].contains(&name.as_str()));
            said
        };
        answers.push((asked, without_names(said), without_names(later["requests"][0].clone())));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0.0, 202);
    let (known, nobody) = (&answers[0].2, &answers[1].2);
    assert_eq!((known.get("sent_to"), nobody.get("nobody")), (None, None), "{known}");
    assert!(known["reminder_at"].is_string(), "{known}");
}

/// REQ-03 an outsider's request is not mailed at once, its words are shown after sign-in only, and the email of the day is due
/// on the next day.
#[tokio::test]
async fn req_03_outsiders_come_once_a_day_and_their_words_after_sign_in() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let stranger = bench.signed_in(&[STRANGER]).await;
    assert_eq!(ask(&bench, &stranger, STRANGER, &[Role::LicensingInfo]).await.0, 202);
    let left = route(&bench).await;
    assert!(!left.iter().any(|event| matches!(event, Event::Permission { .. })), "{left:?}");
    let key = key(&bench, STRANGER).await;
    let link = InspectRequest { request: WhichRequest::Link(token(&bench, &key, PRIMARY)) };
    let nobody = Browser::new();
    let (_, shown) = call(&bench, &nobody, nobody.post(path::APPROVAL_INSPECT, &link)).await;
    assert_eq!((shown.get("comment"), &shown["may"]), (None, &json!("deny")), "{shown}");
    let primary = bench.signed_in(&[PRIMARY]).await;
    let (_, shown) = call(&bench, &primary, primary.post(path::APPROVAL_INSPECT, &link)).await;
    assert_eq!(
        (&shown["comment"], &shown["may"]),
        (&json!("I look after mail.\nPlease."), &json!("decide")),
        "{shown}"
    );

    bench.set_time("2026-11-23T00:00:01Z");
    let report = expire_links::sweep(&bench.app, gateway::boot::Deadline::NONE).await.expect("swept");
    assert_eq!(report.steps["permission.put-before"], 1, "{report:?}");
    let left = waiting(&bench).await;
    assert!(left.iter().any(|event| event.id() == "permission-digest|enterprise/88590039|2026-11-23"), "{left:?}");
}

/// Loads Contoso's agreement with this last day.
async fn load_end(bench: &Bench, day: &str) {
    let stored = bench.store.get(&store::licences::agreement(&licence())).await.expect("it answers");
    let agreement = stored.expect("it is stored").record;
    let row = json!({
        "type": "agreement", "programme": agreement.licence.programme, "number": agreement.licence.number,
        "customer": agreement.customer, "starts": agreement.starts, "ends": day, "contacts": agreement.loaded_contacts,
    });
    let row = Reader::new().read(&Line::Text { row: 1, bytes: row.to_string().as_bytes() });
    let options = load_orders::Options { load: day.into(), operator: "ann".into(), dry_run: false };
    let mut loader = load_orders::Loader::new(&bench.app, options);
    assert_eq!(loader.take(&[row]).await.expect("it answers").taken, 1, "{day}");
    loader.finish().await.expect("it answers");
}

/// Does what the outbox asks of `request-permission` after that.
async fn follow(bench: &Bench) {
    let mut followed = 0;
    for event in waiting(bench).await {
        if let Event::AgreementEndMoved { licence, .. } = &event {
            request_permission::follow(&bench.app, licence, &event).await.expect("it answers");
            followed += 1;
        }
    }
    assert_eq!(followed, 1);
}

/// REQ-05 EXP-01 a load that moves the agreement's end in takes a colleague's request along, and the sweep comes in time; an outsider's
/// stays as it is.
#[tokio::test]
async fn req_05_a_load_that_moves_the_end_in_takes_requests_along() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let (anna, stranger) = (bench.signed_in(&[ANNA]).await, bench.signed_in(&[STRANGER]).await);
    ask(&bench, &anna, ANNA, &[Role::LicensingInfo]).await;
    ask(&bench, &stranger, STRANGER, &[Role::LicensingInfo]).await;
    route(&bench).await;
    let ends = async |browser: &Browser| {
        let (_, mine) = call(&bench, browser, browser.get(path::REQUESTS)).await;
        mine["requests"][0]["ends_at"].clone()
    };
    let by_itself = ends(&anna).await;
    load_end(&bench, "2026-11-23").await;
    follow(&bench).await;
    assert_eq!((ends(&anna).await, ends(&stranger).await), (json!("2026-11-24T00:00:00Z"), by_itself));
    let asker = bench.person(ANNA).await.profile;
    assert_eq!(actions(&bench, &format!("profile#{asker}")).await.last().unwrap(), "service permission.end-moved");

    bench.set_time("2026-11-24T00:00:01Z");
    let report = expire_links::sweep(&bench.app, gateway::boot::Deadline::NONE).await.expect("swept");
    assert_eq!(report.steps.get("permission.ended"), Some(&1), "{report:?}");
    let anna = bench.signed_in_again(ANNA).await;
    let (_, mine) = call(&bench, &anna, anna.get(path::REQUESTS)).await;
    assert_eq!(mine["requests"][0]["state"], "ended-with-agreement", "{mine}");
}

/// REQ-05 APR-01 a load that moves the agreement's end out takes a colleague's request along, at once for who decides: they see it in
/// their inbox and grant it, also before the event is worked off, and the sweep does not end it.
#[tokio::test]
async fn req_05_a_load_that_moves_the_end_out_takes_requests_along() {
    let bench = Bench::new().await;
    bench.contoso().await;
    load_end(&bench, "2026-11-23").await;
    follow(&bench).await;
    let anna = bench.signed_in(&[ANNA]).await;
    ask(&bench, &anna, ANNA, &[Role::LicensingInfo]).await;
    route(&bench).await;
    let key = key(&bench, ANNA).await;
    bench.set_time("2026-11-24T00:00:01Z");
    let primary = bench.signed_in(&[PRIMARY]).await;
    let (_, inbox) = call(&bench, &primary, primary.get(path::APPROVALS)).await;
    assert_eq!(inbox["requests"], json!([]), "it ended with the agreement");
    load_end(&bench, "2026-12-31").await;
    let (_, inbox) = call(&bench, &primary, primary.get(path::APPROVALS)).await;
    assert_eq!(inbox["requests"][0]["address"], ANNA, "{inbox}");
    let report = expire_links::sweep(&bench.app, gateway::boot::Deadline::NONE).await.expect("swept");
    assert_eq!((report.steps.get("permission.ended"), report.steps["permission.end-moved"]), (None, 1), "{report:?}");
    follow(&bench).await;
    let grant = RequestDecision::Grant(roles(&[Role::LicensingInfo]));
    let (status, shown) = decide(&bench, &primary, WhichRequest::Portal(key), grant).await;
    assert_eq!((status, &shown["state"]), (200, &json!("granted")), "{shown}");
}

/// ROLE-09 APR-05 what is granted until a day beside a role without an end ends on that day, and the page says so.
#[tokio::test]
async fn role_09_what_is_added_until_a_day_ends_on_that_day() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let (anna, primary) = (bench.signed_in(&[ANNA]).await, bench.signed_in(&[PRIMARY]).await);
    let managers = || roles(&[Role::SoftwareAssuranceManager, Role::OnlineServicesManager]);
    let day = "2026-11-25".parse().expect("a day");
    let first = Roles { benefits: [Benefit::Support].into(), ..managers() };
    let more = Roles { benefits: [Benefit::HomeUse].into(), reservations: true, until: Some(day), ..managers() };
    for asked in [first, more] {
        let (status, mine) =
            call(&bench, &anna, anna.post(path::REQUEST_ASK, &asking(ANNA, licence(), asked.clone()))).await;
        assert_eq!(status, 202, "{mine}");
        route(&bench).await;
        let key = key(&bench, ANNA).await;
        let (status, shown) = decide(&bench, &primary, WhichRequest::Portal(key), RequestDecision::Grant(asked)).await;
        assert_eq!(status, 200, "{shown}");
    }
    let access = api::path::access("enterprise", "88590039");
    let has = async |browser: &Browser| {
        let (_, shown) = call(&bench, browser, browser.get(&access)).await;
        let mut all = shown["addresses"][0]["roles"].clone();
        for role in all.as_array_mut().expect("roles") {
            role.as_object_mut().expect("a role").remove("sources");
        }
        all
    };
    assert_eq!(
        has(&anna).await,
        json!([
            {
                "role": "software-assurance-manager", "benefits": ["home-use", "support"],
                "ends_sooner": [{ "benefit": "home-use", "until": "2026-11-25" }],
            },
            { "role": "online-services-manager", "reservations": true, "ends_sooner": [{ "until": "2026-11-25" }] },
        ])
    );
    bench.set_time("2026-11-26T00:00:00Z");
    let anna = bench.signed_in_again(ANNA).await;
    let after = json!([{ "role": "software-assurance-manager", "benefits": ["support"] }, { "role": "online-services-manager" }]);
    assert_eq!(has(&anna).await, after);
}

/// APR-02 APR-03 APR-04 a link alone denies and does not grant, the first decision counts, and nobody decides their own.
#[tokio::test]
async fn apr_03_the_first_decision_counts_and_the_link_alone_denies() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let anna = bench.signed_in(&[ANNA]).await;
    ask(&bench, &anna, ANNA, &[Role::LicensingInfo, Role::Download]).await;
    route(&bench).await;
    let key = key(&bench, ANNA).await;
    let grant = RequestDecision::Grant(roles(&[Role::LicensingInfo]));
    let link = || WhichRequest::Link(token(&bench, &key, PRIMARY));
    let nobody = Browser::new();
    let (status, problem) = decide(&bench, &nobody, link(), grant.clone()).await;
    assert_eq!((status, &problem["code"]), (403, &json!("sign-in-to-approve")), "{problem}");
    let (status, problem) = decide(&bench, &anna, WhichRequest::Portal(key.clone()), grant.clone()).await;
    assert_eq!((status, &problem["code"]), (403, &json!("not-allowed")), "{problem}");
    let (status, problem) = decide(&bench, &anna, link(), RequestDecision::Deny(true)).await;
    assert_eq!((status, &problem["code"]), (403, &json!("own-request")), "{problem}");

    let (status, shown) = decide(&bench, &nobody, link(), RequestDecision::Deny(true)).await;
    assert_eq!((status, &shown["state"]), (200, &json!("denied")), "{shown}");
    let notices = bench.signed_in(&[NOTICES]).await;
    let (status, shown) = decide(&bench, &notices, WhichRequest::Portal(key.clone()), grant).await;
    assert_eq!((status, &shown["state"], &shown["by_you"]), (200, &json!("denied"), &json!(false)), "{shown}");
    let (_, mine) = call(&bench, &anna, anna.get(path::REQUESTS)).await;
    assert_eq!((&mine["requests"][0]["state"], &mine["requests"][0]["message"]), (&json!("denied"), &json!("hello")));
    let text = mine.to_string();
    assert!(!text.contains("primary") && !text.contains("notices"), "no name of who decides: {text}");
}

/// APR-01 ROLE-01 a part is granted: what was not asked for is refused and changes nothing.
#[tokio::test]
async fn apr_01_a_part_is_granted_and_never_more() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let (anna, primary) = (bench.signed_in(&[ANNA]).await, bench.signed_in(&[PRIMARY]).await);
    ask(&bench, &anna, ANNA, &[Role::LicensingInfo, Role::Download]).await;
    route(&bench).await;
    let key = key(&bench, ANNA).await;
    let more = RequestDecision::Grant(roles(&[Role::Administrator]));
    let (status, problem) = decide(&bench, &primary, WhichRequest::Portal(key.clone()), more).await;
    assert_eq!((status, &problem["code"]), (422, &json!("not-asked-for")), "{problem}");
    let part = RequestDecision::Grant(roles(&[Role::Download]));
    let (_, shown) = decide(&bench, &primary, WhichRequest::Portal(key), part).await;
    assert_eq!(shown["state"], "granted-in-part", "{shown}");
    let (_, licences) = call(&bench, &anna, anna.get(path::LICENCES)).await;
    assert_eq!(licences["licences"][0]["roles"], json!(["download"]));
}

/// ROLE-04 REQ-03 an Administrator of the agreement above decides and activates below, and nothing of it is kept below.
#[tokio::test]
async fn role_04_administrators_of_the_agreement_above_decide_and_activate() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    with_parent(&bench, "chief@contoso.example").await;
    let (anna, chief) = (bench.signed_in(&[ANNA]).await, bench.signed_in(&["chief@contoso.example"]).await);
    ask(&bench, &anna, ANNA, &[Role::Administrator]).await;
    route(&bench).await;
    let (_, mine) = call(&bench, &anna, anna.get(path::REQUESTS)).await;
    assert_eq!(mine["requests"][0]["sent_to"], 3, "{mine}");
    let (_, inbox) = call(&bench, &chief, chief.get(path::APPROVALS)).await;
    assert_eq!(inbox["requests"][0]["address"], ANNA, "{inbox}");
    let key = key(&bench, ANNA).await;
    // Also by a link that went to an Administrator of the licence itself.
    let link = InspectRequest { request: WhichRequest::Link(token(&bench, &key, PRIMARY)) };
    let (_, shown) = call(&bench, &chief, chief.post(path::APPROVAL_INSPECT, &link)).await;
    assert_eq!(shown["may"], "decide", "{shown}");
    let grant = RequestDecision::Grant(roles(&[Role::Administrator]));
    let (status, shown) = decide(&bench, &chief, WhichRequest::Portal(key), grant).await;
    assert_eq!((status, &shown["state"]), (200, &json!("granted")), "{shown}");
    let (status, done) = call(&bench, &chief, confirming(&chief, "Contoso")).await;
    assert_eq!(status, 200, "{done}");
    // Anna is Administrator now as well: she takes it back.
    let which = Which { licence: licence(), product: sku(MAIL) };
    assert_eq!(call(&bench, &anna, anna.post(path::UNDO, &which)).await.0, 200);
}

/// PERM-03 ROLE-08 primary and notices contacts stay, and so does the last Administrator; the answer says what to do.
#[tokio::test]
async fn perm_03_who_must_stay_is_told_why() {
    let bench = Bench::new().await;
    bench.contoso_with([(licensing::ContactName::OnlineAdministrator, at_contoso("boss"))].into()).await;
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    let leave = |browser: &Browser, name: &str| {
        browser.post(path::GIVE_UP, &GiveUp { licence: licence(), address: at_contoso(name) })
    };
    let (status, problem) = call(&bench, &boss, leave(&boss, "boss")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("last-administrator")), "{problem}");
    let (status, problem) = call(&bench, &boss, leave(&boss, "anna")).await;
    assert_eq!((status, &problem["field"]), (422, &json!("address")), "{problem}");

    let bench = Bench::new().await;
    bench.contoso().await;
    let notices = bench.signed_in(&[NOTICES]).await;
    let (status, problem) = call(&bench, &notices, leave(&notices, "notices")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("must-stay")), "{problem}");
}

/// PERM-04 LINK-02 whoever gave the licence up does not confirm by the link that was mailed to them, and the next contact is
/// written to.
#[tokio::test]
async fn perm_04_who_gave_up_confirms_nothing_and_the_next_contact_is_written_to() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let body = GiveUp { licence: licence(), address: at_contoso("osm") };
    assert_eq!(call(&bench, &osm, osm.post(path::GIVE_UP, &body)).await.0, 200);
    let target = Target::Link(bench.token(MAIL).await);
    let mut request = osm.post(path::CONFIRM, &Confirm { target, choice: Choice::New("Contoso".into()) });
    request.headers_mut().insert("idempotency-key", HeaderValue::from_static("key-00000002"));
    let (status, problem) = call(&bench, &osm, request).await;
    assert_eq!((status, &problem["code"]), (403, &json!("wrong-person")), "{problem}");
    send_activation::judge_again(&bench.app, &licence()).await.expect("it answers");
    let to = bench.activation(MAIL).await.addressee().expect("somebody is left").address.clone();
    assert_eq!(to, at_contoso("notices"));
}

/// REQ-06 REQ-09 UI-03 how many requests wait is right at each step; and one that took another's place and was withdrawn before it was
/// found out who decides leaves no trace of the first in the count or the audit.
#[tokio::test]
async fn req_06_what_was_replaced_and_withdrawn_waits_no_more() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let anna = bench.signed_in(&[ANNA]).await;
    let primary = bench.signed_in(&[PRIMARY]).await;
    let waits = async || call(&bench, &primary, primary.get(path::OVERVIEW)).await.1["requests"].clone();
    assert_eq!(ask(&bench, &anna, ANNA, &[Role::Download]).await.0, 202);
    assert_eq!(waits().await, 0, "nobody knows of it yet");
    route(&bench).await;
    assert_eq!(waits().await, 1);
    assert_eq!(ask(&bench, &anna, ANNA, &[Role::LicensingInfo]).await.0, 202);
    assert_eq!(waits().await, 1, "the first waits until it is found out who decides on the second");
    let body = OnLicence { licence: licence() };
    assert_eq!(call(&bench, &anna, anna.post(path::REQUEST_WITHDRAW, &body)).await.0, 200);
    let chain = licensing::audit::licence_chain(&licence());
    // How many entries, and what the newest is.
    let last = |all: Vec<String>| (all.len(), all.last().and_then(|last| Some(last.split_once(' ')?.1.to_owned())));
    assert_eq!(last(actions(&bench, &chain).await), (1, Some("permission.asked".into())));
    route(&bench).await;
    assert_eq!(waits().await, 0);
    assert_eq!(last(actions(&bench, &chain).await), (2, Some("permission.withdrawn".into())));
    // What comes twice changes nothing.
    let asker = bench.person(ANNA).await.profile;
    request_permission::find_out(&bench.app, &licence(), &asker, 2).await.expect("it answers");
    assert_eq!(actions(&bench, &chain).await.len(), 2);
    assert!(bench.glance_is_right().await);

    // Two requests a day.
    bench.pass(24 * 3600);
    let anna = bench.signed_in_again(ANNA).await;
    let primary = bench.signed_in_again(PRIMARY).await;
    let waits = async || call(&bench, &primary, primary.get(path::OVERVIEW)).await.1["requests"].clone();
    assert_eq!(ask(&bench, &anna, ANNA, &[Role::Download]).await.0, 202);
    route(&bench).await;
    assert_eq!(waits().await, 1);
    let decision = RequestDecision::Deny(true);
    let key = WhichRequest::Portal(key(&bench, ANNA).await);
    assert_eq!(decide(&bench, &primary, key, decision).await.0, 200);
    assert_eq!(waits().await, 0);
}

/// REQ-06 REQ-09 the same again is the same request; another choice takes its place, and the older link shows that; it is taken
/// back while nobody has decided.
#[tokio::test]
async fn req_06_another_choice_takes_the_place_of_the_first() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let (anna, primary) = (bench.signed_in(&[ANNA]).await, bench.signed_in(&[PRIMARY]).await);
    ask(&bench, &anna, ANNA, &[Role::Download]).await;
    route(&bench).await;
    let first = key(&bench, ANNA).await;
    assert_eq!(ask(&bench, &anna, ANNA, &[Role::Download]).await.0, 202);
    assert_eq!(key(&bench, ANNA).await.number, 1, "the same");
    assert_eq!(ask(&bench, &anna, ANNA, &[Role::ProductKeys]).await.0, 202);
    let left = route(&bench).await;
    assert!(left.iter().any(|event| event.id().ends_with("|2|changed")), "{left:?}");
    let grant = RequestDecision::Grant(roles(&[Role::Download]));
    let (status, problem) = decide(&bench, &primary, WhichRequest::Portal(first.clone()), grant).await;
    assert_eq!((status, &problem["code"]), (409, &json!("request-changed")), "{problem}");
    let link = InspectRequest { request: WhichRequest::Link(token(&bench, &first, PRIMARY)) };
    let (_, shown) = call(&bench, &primary, primary.post(path::APPROVAL_INSPECT, &link)).await;
    assert_eq!((&shown["state"], &shown["changed"]), (&json!("replaced"), &json!(true)), "{shown}");
    let (_, inbox) = call(&bench, &primary, primary.get(path::APPROVALS)).await;
    assert_eq!(inbox["requests"].as_array().map(Vec::len), Some(1), "{inbox}");

    let body = OnLicence { licence: licence() };
    let (status, problem) = call(&bench, &anna, anna.post(path::REQUEST_REMIND, &body)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too-early-to-remind")), "{problem}");
    let (status, mine) = call(&bench, &anna, anna.post(path::REQUEST_WITHDRAW, &body)).await;
    assert_eq!((status, &mine["state"]), (200, &json!("withdrawn")), "{mine}");
    let (status, problem) = ask(&bench, &anna, ANNA, &[Role::Download]).await;
    assert_eq!((status, &problem["code"]), (429, &json!("too-often")), "two a day and licence: {problem}");
}

/// REQ-03 no answer, error, email, list, export or explanation that who asks can get names anybody who decides, from the request to
/// the decision and after it.
#[tokio::test]
async fn req_03_nothing_that_who_asks_can_get_names_who_decides() {
    use licensing::ContactName as C;
    const CHIEF: &str = "sigrid.chief@contoso.example";
    let bench = Bench::new().await;
    let contacts = [
        (C::Primary, CHIEF),
        (C::Notices, "ragnhild.notices@contoso.example"),
        (C::OnlineServicesManager, "osm@contoso.example"),
    ];
    bench.contoso_with(contacts.map(|(name, address)| (name, address.parse().expect("an address"))).into()).await;
    with_parent(&bench, "torbjorn.above@contoso.example").await;
    bench.invite(MAIL).await;
    let anna = bench.signed_in(&[ANNA]).await;
    bench.signed_in(&[CHIEF]).await;
    let mut seen: Vec<String> = Vec::new();
    let on = || OnLicence { licence: licence() };
    let audit = format!("{}?format=jsonl", path::MY_AUDIT);
    let access = path::access("enterprise", "88590039");
    let everything = |anna: &Browser| {
        [
            anna.get(path::REQUESTS),
            anna.get(path::LICENCES),
            anna.get(path::APPROVALS),
            anna.get(path::ACTIVATIONS),
            anna.get(path::MY_AUDIT),
            anna.get(&audit),
            anna.get(&access),
            anna.get(&path::where_is("enterprise", "88590039")),
            anna.get(&path::activation("enterprise", "88590039", MAIL)),
            anna.get(&path::audit("enterprise", "88590039")),
            anna.get(&format!("{access}?address={CHIEF}")),
            anna.post(path::REQUEST_REMIND, &on()),
            anna.post(path::REQUEST_ASK, &asking(ANNA, licence(), roles(&[Role::OnlineServicesManager]))),
            anna.post(path::GIVE_UP, &GiveUp { licence: licence(), address: at_contoso("anna") }),
        ]
    };
    let look = async |seen: &mut Vec<String>, anna: &Browser| {
        let (first, _) = call(&bench, anna, anna.get(path::REQUESTS)).await;
        assert_eq!(first, 200, "she is signed in");
        for request in everything(anna) {
            let what = request.uri().to_string();
            let (status, said) = call(&bench, anna, request).await;
            // Her own question holds the address.
            seen.push(format!("{what} {status} {said}").replace(&format!("address={CHIEF}"), ""));
        }
        deliver(&bench).await;
    };
    ask(&bench, &anna, ANNA, &[Role::OnlineServicesManager]).await;
    route(&bench).await;
    look(&mut seen, &anna).await;
    bench.pass(4 * 24 * 3600);
    expire_links::sweep(&bench.app, gateway::boot::Deadline::NONE).await.expect("swept");
    look(&mut seen, &bench.signed_in_again(ANNA).await).await;
    let key = key(&bench, ANNA).await;
    let again = bench.signed_in_again(CHIEF).await;
    let granted = RequestDecision::Grant(roles(&[Role::OnlineServicesManager]));
    let (status, shown) = decide(&bench, &again, WhichRequest::Portal(key), granted).await;
    assert_eq!((status, &shown["state"]), (200, &json!("granted")), "{shown}");
    deliver(&bench).await;
    look(&mut seen, &bench.signed_in_again(ANNA).await).await;
    let mails: Vec<_> = bench.mails.sent();
    let hers: Vec<_> = mails.iter().filter(|mail| mail.to.as_str() == ANNA).collect();
    assert!(!hers.is_empty() && mails.len() > hers.len(), "she is told, and so are those who decide");
    seen.extend(hers.iter().map(|mail| format!("{mail:?}")));
    for text in &seen {
        for name in ["sigrid", "ragnhild", "torbjorn"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
    }
}

/// Does what the outbox asks of `deliver-mail`.
async fn deliver(bench: &Bench) {
    let store = &bench.store;
    let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("it answers");
    let events = found.items.unwrap_or_default().into_iter().filter_map(|item| of_record(item).expect("an event"));
    for queued in events.filter(|queued| queued.consumer == "mail") {
        deliver_mail::deliver(&bench.app, &queued).await.expect("it is mailed");
    }
}
