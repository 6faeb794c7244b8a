//! Who may ask for what: each operation of the API, asked by nobody in particular, and by somebody who is signed in without the
//! right. The list is that of the routes themselves.

mod world;

use std::{collections::BTreeMap, fmt::Write as _};

use api::{
    path::{ROUTES, Who},
    requests::RequestKey,
};
use gateway::{
    Request, Response, front,
    testing::{
        Bench, Browser,
        scene::{MAIL, licence},
    },
};
use http::{HeaderValue, header::AUTHORIZATION};
use licensing::{
    Address, ContactName, Licence,
    access::{By, GaveUp, GivenUpBy, Grant, Holder, Roster},
    import::record::Agreement,
    roles::Role,
    seal::stored_hash,
    when::add_days,
};
use serde_json::{Value, json};
use store::{Write, tokens::Token};
use world::World;

/// Asks as the pages do, and gives status and code.
async fn ask(world: &World, request: Request) -> (u16, String) {
    let app = &world.bench.app;
    let response: Response = front::pass(app, request, |request| local::functions::answer(app.clone(), request)).await;
    let (status, body): (u16, Value) = Browser::new().take(&response);
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// The operations with their requests, as this browser asks them.
fn asked_by(world: &World, browser: &Browser) -> Vec<(String, Who, Request)> {
    let mut requests = world.requests_by(browser);
    let operations = ROUTES.iter().flat_map(|route| route.operations.iter().map(move |operation| (route, operation)));
    let all: Vec<_> = operations
        .map(|(route, operation)| {
            let name = format!("{} {}", operation.method, route.path);
            let at = requests.iter().position(|(other, _)| *other == name);
            let at = at.unwrap_or_else(|| panic!("openapi.json does not describe {name}"));
            (requests.swap_remove(at), operation.who)
        })
        .map(|((name, request), who)| (name, who, request))
        .collect();
    assert!(requests.is_empty(), "api::path::ROUTES has none of {requests:?}");
    all
}

/// SAFE-05 LINK-03 who is not signed in gets nothing but what everybody may have, and what a mailed link opens.
#[tokio::test]
async fn safe_05_nobody_in_particular_is_asked_to_sign_in() {
    let world = World::new().await;
    for (name, who, mut request) in asked_by(&world, &Browser::new()) {
        let before = world.bench.activation(MAIL).await.version;
        request.headers_mut().remove(AUTHORIZATION);
        let (status, code) = ask(&world, request).await;
        match who {
            Who::Person | Who::Entitled | Who::Token => {
                assert_eq!((status, code.as_str()), (401, "sign-in-needed"), "{name} is for {who:?}");
                assert_eq!(world.bench.activation(MAIL).await.version, before, "{name} changed something");
            }
            Who::Anyone | Who::Link => assert!(status < 500 && status != 401, "{name} is for {who:?}: {status} {code}"),
            Who::LinkOrPerson => assert!(status < 500, "{name} is for {who:?}: {status} {code}"),
        }
    }
}

/// SAFE-05 LINK-07 who is signed in, and has no right to what they name, is refused, and nothing is changed; a token of
/// another scope loads nothing.
#[tokio::test]
async fn safe_05_somebody_without_the_right_is_refused() {
    let world = World::new().await;
    let stranger = world.bench.signed_in(&["eve@fabrikam.example"]).await;
    let token = Token {
        name: "another".into(),
        scopes: vec!["operate".into()],
        minted_at: world.bench.app.now(),
        expires_at: add_days(world.bench.app.now(), 1),
        customers: None,
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&world.bench.store, &stored_hash(b"another"), None, &token);
    write.commit(&world.bench.store).await.expect("written");

    // What ends the session comes last.
    let (last, all): (Vec<_>, Vec<_>) =
        asked_by(&world, &stranger).into_iter().partition(|(name, ..)| name.contains("sign-out"));
    for (name, who, mut request) in all.into_iter().chain(last) {
        let before = world.bench.activation(MAIL).await.version;
        if who == Who::Token {
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer another"));
        }
        let (status, code) = ask(&world, request).await;
        match who {
            Who::Entitled => assert!([403, 404].contains(&status), "{name} is for {who:?}: {status} {code}"),
            Who::Token => assert_eq!((status, code.as_str()), (401, "sign-in-needed"), "{name}"),
            _ => assert!(status < 500, "{name} is for {who:?}: {status} {code}"),
        }
        if matches!(who, Who::Entitled | Who::Token) {
            assert_eq!(world.bench.activation(MAIL).await.version, before, "{name} changed something");
        }
    }
}

/// Who asks, in the columns of the table.
const ASKERS: [&str; 14] = [
    "nobody",
    "no rights",
    "administrator",
    "licensing-info",
    "download",
    "product-keys",
    "software-assurance-manager",
    "online-services-manager",
    "subscriptions-manager",
    "named notices",
    "named bill-to",
    "above",
    "elsewhere",
    "removed",
];

/// What a cell says where all went well.
const YES: &str = "yes";

/// SAFE-05 ROLE-02 every operation, asked by everybody whom it may make a difference to: nobody in particular, somebody without a
/// right, each role by an act, named contacts, an Administrator of the agreement above, one of another customer, and one who was
/// removed a moment ago. The table is read in review; an operation without a row can't be, as the rows are the routes.
#[tokio::test]
async fn safe_05_role_02_what_each_may_do_is_a_table() {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for asker in ASKERS {
        let mut shared = Scene::of(asker).await;
        let names: Vec<(String, Who)> = {
            let all = asked_by(&shared.world, &shared.browser);
            all.into_iter().map(|(name, who, _)| (name, who)).collect()
        };
        for (name, who) in names {
            // What ends sessions or changes what others then ask for is asked in a place of its own.
            let changes = matches!(who, Who::Entitled | Who::LinkOrPerson)
                || ["sign-out", "sessions", "give-up"].iter().any(|part| name.contains(part));
            let apart = !name.starts_with("GET") && changes;
            let cell = if apart { Scene::of(asker).await.ask(&name).await } else { shared.ask(&name).await };
            table.entry(name).or_default().push(cell);
        }
    }
    let mut text = String::new();
    for (name, cells) in &table {
        writeln!(text, "{name}").expect("text takes text");
        // Askers who get the same stand together.
        let mut answers: Vec<(&String, Vec<&str>)> = Vec::new();
        for (cell, asker) in cells.iter().zip(ASKERS) {
            match answers.iter_mut().find(|(answer, _)| *answer == cell) {
                Some((_, askers)) => askers.push(asker),
                None => answers.push((cell, vec![asker])),
            }
        }
        for (answer, askers) in answers {
            writeln!(text, "    {answer:<24} {}", askers.join(", ")).expect("text takes text");
        }
    }
    // Whoever was removed gets what somebody without rights gets.
    let column = |asker: &str| ASKERS.iter().position(|name| *name == asker).expect("it is a column");
    for (name, cells) in &table {
        // Their own requests and what they hold are about themselves, and so is when they were removed.
        let of_themselves = ["/api/requests", "give-up", "GET /api/access"];
        if !of_themselves.iter().any(|part| name.contains(part)) {
            assert_eq!(cells[column("removed")], cells[column("no rights")], "{name}");
        }
        assert_eq!(cells[column("elsewhere")] == YES, cells[column("no rights")] == YES, "{name}");
        if cells[column("administrator")] == YES {
            assert_eq!(
                cells[column("above")],
                YES,
                "{name}: an inherited Administrator does all that one by an act does"
            );
        }
    }
    insta::assert_snapshot!(text);
}

/// Contoso with something to do everything to, and somebody who asks.
struct Scene {
    world: World,
    browser: Browser,
    address: String,
    request: RequestKey,
}

impl Scene {
    async fn of(asker: &str) -> Self {
        let world = World::new().await;
        let bench = &world.bench;
        let own = store::licences::agreement(&licence());
        let child = bench.store.get(&own).await.expect("it answers").expect("it is stored");
        let parent: Licence = "enterprise/77000001".parse().expect("a licence");
        let mut write = Write::new();
        for (key, who) in
            [(&parent, "above@contoso.example"), (&"select/5".parse().expect("a key"), "else@fabrikam.example")]
        {
            let administrator = (ContactName::OnlineAdministrator, who.parse().expect("an address"));
            let other = Agreement {
                licence: key.clone(),
                loaded_contacts: [administrator].into(),
                parent: None,
                ..child.record.clone()
            };
            write.agreement(&bench.store, None, &other, "Contoso");
        }
        let below = Agreement { parent: Some(parent.clone()), ..child.record.clone() };
        write.agreement(&bench.store, Some(&child), &below, "Contoso");
        write.commit(&bench.store).await.expect("nobody else writes");

        let address = match asker {
            "nobody" | "no rights" => "eve@fabrikam.example",
            "named notices" => "notices@contoso.example",
            "named bill-to" => "bills@contoso.example",
            "above" => "above@contoso.example",
            "elsewhere" => "else@fabrikam.example",
            _ => "held@contoso.example",
        };
        if let Ok(role) = asker.parse::<Role>() {
            hold(bench, address, |holder| give(holder, role)).await;
        } else if asker == "removed" {
            hold(bench, address, |holder| {
                give(holder, Role::Administrator);
                holder.assigned = licensing::access::Assigned::default();
                let by = GivenUpBy::Another;
                holder.gave_up = Some(GaveUp { at: "2026-11-21T00:00:00Z".parse().expect("a time"), by });
            })
            .await;
        }
        let colleague = bench.signed_in(&["anna@contoso.example"]).await;
        let asking = json!({
            "licence": { "programme": "enterprise", "number": "88590039" },
            "asked": { "roles": ["download"] },
        });
        let (status, said) = ask(&world, colleague.post(api::path::REQUEST_ASK, &asking)).await;
        assert_eq!(status, 202, "{said}");
        let asker_of_it = bench.person("anna@contoso.example").await.profile;
        let request = RequestKey { licence: licence(), asker: asker_of_it, number: 1 };
        let browser = if asker == "nobody" { Browser::new() } else { bench.signed_in(&[address]).await };
        Self { world, browser, address: address.to_owned(), request }
    }

    /// Asks for one thing, in a way that only the right to it can stand against.
    async fn ask(&mut self, operation: &str) -> String {
        let all = asked_by(&self.world, &self.browser);
        let (_, _, mut request) = all.into_iter().find(|(name, ..)| name == operation).expect("it is an operation");
        let which = json!({ "licence": { "programme": "enterprise", "number": "88590039" }, "product": MAIL });
        let portal = json!({ "portal": self.request });
        let body = match request.uri().path() {
            api::path::PREVIEW => Some(json!({ "target": { "portal": which } })),
            api::path::CONFIRM => Some(json!({ "target": { "portal": which }, "choice": { "new": "Contoso" } })),
            api::path::UNDO | api::path::RESEND | api::path::ASK_REVIVAL => Some(which),
            api::path::APPROVAL_INSPECT => Some(json!({ "request": portal })),
            api::path::APPROVAL_DECIDE => {
                Some(json!({ "request": portal, "decision": { "grant": { "roles": ["download"] } } }))
            }
            api::path::PERSON_PREVIEW | api::path::PERSON_CHANGE => Some(json!({
                "licence": which["licence"],
                "address": "new@contoso.example",
                "change": { "assign": { "roles": { "roles": ["download"] } } },
            })),
            api::path::PERSON_INVITE => {
                Some(json!({ "licence": which["licence"], "address": "invited@contoso.example" }))
            }
            api::path::GIVE_UP => Some(json!({ "licence": which["licence"], "address": self.address })),
            _ => None,
        };
        if let Some(body) = body {
            let headers = request.headers().clone();
            request = self.browser.post(request.uri().path(), &body);
            request.headers_mut().extend(headers);
        }
        let (status, code) = ask(&self.world, request).await;
        assert!(status < 500, "{operation}: {status} {code}");
        if status < 300 { YES.to_owned() } else { format!("{status} {code}") }
    }
}

fn give(holder: &mut Holder, role: Role) {
    let at = "2026-11-01T00:00:00Z".parse().expect("a time");
    holder.assigned.roles.insert(role, Grant { by: By::Row, at, until: None, scheme: None });
}

/// Changes what an address holds on Contoso's licence, and the roster with it.
async fn hold(bench: &Bench, address: &str, change: impl Fn(&mut Holder)) {
    let (store, address): (_, Address) = (&bench.store, address.parse().expect("an address"));
    let loaded = store.standing_of(&licence()).await.expect("it answers").expect("it is loaded");
    let mut after = Holder::default();
    change(&mut after);
    let mut roster: Roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
    let mut write = Write::new();
    if roster.note(&address, &after).expect("there is room") {
        write.roster(store, &licence(), loaded.roster(), &roster);
    }
    write.holder(store, loaded.agreement(), "Contoso", &address, None, &after);
    write.commit(store).await.expect("nobody else writes");
}
