//! The API's description (`functions/shared/api/openapi.json`) says what the API does: its paths are those of the code, its
//! requests are those that the types read, and every answer of a running portal is one that it announces.

use std::collections::BTreeSet;

use api::{
    Code, activations, audit, joins, load, me,
    path::{ROUTES, Who},
    people, requests, sign_in,
};
use licensing::seal::Link;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tests::{
    description::{Checker, FILE, document, operations, resolved, strict},
    programs::root,
    reader::{Reader, has_code, has_link, mint, token},
    wire,
};

// ---- paths ----

#[test]
fn every_path_and_method_is_described_and_nothing_else() {
    let document = document();
    let described: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(path, method, _)| (path, method)).collect();
    let known: BTreeSet<(String, String)> = ROUTES
        .iter()
        .flat_map(|route| route.methods().into_iter().map(|method| (route.path.to_owned(), method.to_owned())))
        .collect();
    if let Some((path, method)) = known.difference(&described).next() {
        panic!(
            "{FILE} does not describe {method} {path}. Under \"paths\" add \"{path}\": {{ \"{}\": {{ \"operationId\", \
             \"summary\", \"security\", \"requestBody\", \"responses\" }} }}, as its neighbours do.",
            method.to_lowercase()
        );
    }
    if let Some((path, method)) = described.difference(&known).next() {
        panic!("{FILE} describes {method} {path}, which api::path::ROUTES does not have: add it there, or take it out");
    }
}

/// Paths that are made of parts are those of the routes.
#[test]
fn paths_that_are_made_lead_to_their_routes() {
    for (made, route) in [
        (api::path::activation("a", "b", "c"), api::path::ACTIVATION),
        (api::path::where_is("a", "b"), api::path::WHERE_IS),
        (api::path::audit("a", "b"), api::path::AUDIT),
        (api::path::account_audit("a"), api::path::ACCOUNT_AUDIT),
        (api::path::access("a", "b"), api::path::ACCESS),
        (api::path::licence("a", "b"), api::path::LICENCE),
        (api::path::licence_people("a", "b"), api::path::LICENCE_PEOPLE),
    ] {
        assert_eq!(api::path::Route::of(&made).map(|route| route.path), Some(route), "{made}");
    }
}

/// What the description says of who may ask, what is sent and what comes back is what the route declares.
#[test]
fn operations_are_described_as_their_routes_declare_them() {
    let document = document();
    let schema = |content: &Value| {
        let name = content["application/json"]["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        name.unwrap_or(if content["application/jsonl"].is_object() { "rows" } else { "" }).to_owned()
    };
    for route in ROUTES {
        for operation in route.operations {
            let described = &document["paths"][route.path][operation.method.to_lowercase()];
            let name = format!("{} {}", operation.method, route.path);
            let security = match operation.who {
                Who::Anyone | Who::Link => json!([]),
                Who::LinkOrPerson => json!([{}, { "session": [] }]),
                Who::Person | Who::Entitled => json!([{ "session": [] }]),
                Who::Token => json!([{ "load": [] }]),
            };
            let mend = "mend one of functions/shared/api/src/path.rs and openapi.json";
            assert_eq!(described["security"], security, "{name}: who may ask ({:?}); {mend}", operation.who);
            assert_eq!(schema(&described["requestBody"]["content"]), operation.takes, "{name}: what it takes; {mend}");
            let answer = resolved(&document, &described["responses"][operation.status.to_string()]);
            assert!(answer.is_object(), "{name}: it answers {}; {mend}", operation.status);
            let body = schema(&answer["content"]);
            assert_eq!(body.trim_start_matches("rows"), operation.answers, "{name}: its answer; {mend}");
            if operation.who == Who::Link {
                assert_eq!(operation.takes, "LinkToken", "{name}: whoever holds a link sends its token");
            }
        }
    }
}

/// What is asked by no page, and by whom it is.
const NO_PAGE: &[(&str, &str)] = &[
    (api::path::LOAD, "order systems"),
    (api::path::AUDIT_KEYS, "whoever checks an export of the audit"),
    (api::path::ACCOUNT_AUDIT, "programs of the account's administrators"),
];

/// The pages' client asks for each operation by its method, with the body and for the answer that the route declares.
#[test]
fn the_pages_ask_for_what_the_routes_declare() {
    const CLIENT: &str = "frontend/src/client.rs";
    let source = std::fs::read_to_string(root().join(CLIENT)).expect("the client");
    let functions: Vec<&str> = source.split("\npub(crate) ").skip(1).collect();
    let pages = std::fs::read_dir(root().join("frontend/src/pages")).expect("the pages");
    let pages = pages.map(|page| std::fs::read_to_string(page.expect("a file").path()).expect("a text"));
    let pages: Vec<String> = pages.collect();
    for route in ROUTES.iter().filter(|route| NO_PAGE.iter().all(|(path, _)| *path != route.path)) {
        let names = [format!("path::{}", route.name), format!("path::{}(", route.name.to_lowercase())];
        let is_named = |text: &str| {
            names.iter().any(|name| {
                text.match_indices(name.as_str()).any(|(at, _)| {
                    !text[at + name.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
                        || name.ends_with('(')
                })
            })
        };
        // The one that makes a path for others asks by their methods.
        let asking: Vec<&&str> = functions
            .iter()
            .filter(|text| {
                is_named(text) || (route.name.contains("AUDIT") && text.contains("audit_path(licence), query"))
            })
            .filter(|text| !text.contains("-> String"))
            .collect();
        for operation in route.operations {
            let name = format!("{} {}", operation.method, route.path);
            let ways: &[&str] = match operation.method {
                "GET" => &[" get(", " get_with_text("],
                _ => &[" post(", " post_for_nothing(", " post_for_text(", "exchange(\"POST\""],
            };
            let ours: Vec<&&&str> = asking.iter().filter(|text| ways.iter().any(|way| text.contains(way))).collect();
            assert!(
                !ours.is_empty(),
                "{CLIENT} has no function that asks for {name}: add one, or add the path to NO_PAGE in tests/tests/openapi.rs"
            );
            for text in ours {
                let head = text.split(" {\n").next().unwrap_or_default();
                let bodies = head.replace("joins::", "");
                if !operation.takes.is_empty() {
                    assert!(
                        bodies.contains(&format!(": &{}", operation.takes)),
                        "{CLIENT}: {name} takes {}, and is asked by `{head}`",
                        operation.takes
                    );
                }
                if text.contains(" post_for_text(") {
                    let ours = head.split(['(', ' ']).nth(1).unwrap_or_default();
                    let reads = [format!("read::<{}>(", operation.answers), format!(": {} = read(", operation.answers)];
                    let page = pages.iter().find(|page| page.contains(&format!("client::{ours}")));
                    let is_read = page.is_some_and(|page| reads.iter().any(|read| page.contains(read)));
                    assert!(is_read, "the page that asks for {name} reads no {}", operation.answers);
                    continue;
                }
                let answer = head.split("Answered<").nth(1).unwrap_or_default();
                let answer = answer.trim_end_matches(" + use<>").trim_end_matches('>').trim_start_matches("(String, ");
                let answer = match answer.trim_end_matches(')') {
                    // Who asks for nothing throws away what comes; and who is signed in is part of who that is.
                    "" | "(" | "SignedIn" => continue,
                    "Page<Row" => "ActivationsPage",
                    "Page<audit::Row" => "AuditPage",
                    other => other,
                };
                assert_eq!(answer, operation.answers, "{CLIENT}: {name} is asked by `{head}`");
            }
        }
    }
}

/// `cargo lambda watch` sends every path to its function, and `cargo xtask run` to the same.
#[test]
fn the_router_for_cargo_lambda_names_a_function_for_every_path() {
    let router = tests::programs::router();
    let functions = tests::programs::functions();
    for (path, function) in &router {
        assert!(
            functions.contains(function),
            "the router in Cargo.toml sends {path} to {function}, which is no function"
        );
        assert!(
            ROUTES.iter().any(|route| route.path == path),
            "the router in Cargo.toml has {path}, which api::path::ROUTES does not have"
        );
    }
    for route in ROUTES {
        assert_eq!(
            router.get(route.path).map(String::as_str),
            Some(route.function),
            "put `\"{}\" = \"{}\"` into [workspace.metadata.lambda.watch.router] in Cargo.toml",
            route.path,
            route.function
        );
    }
}

#[test]
fn every_operation_says_how_it_fails() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{FILE}: {method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no operationId"));
        assert!(ids.insert(id), "{name}: {id} is there twice");
        assert!(operation["summary"].is_string(), "{name} has no summary");
        let mut statuses = vec!["500", "503"];
        let security = operation["security"].as_array().unwrap_or_else(|| panic!("{name} has no security"));
        if !security.is_empty() && !security.contains(&json!({})) {
            statuses.push("401");
        }
        let body = &operation["requestBody"]["content"];
        if body["application/json"].is_object() {
            statuses.extend(["400", "403", "413", "415", "422"]);
        }
        for status in statuses {
            assert!(operation["responses"][status].is_object(), "{name} does not say what {status} means");
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let response = resolved(&document, response);
            let wants_wait = status == "429" || status == "503";
            assert_eq!(response["headers"]["Retry-After"].is_object(), wants_wait, "{name}, {status}: Retry-After");
            if status.starts_with(['4', '5']) {
                let codes = codes(response);
                assert!(!codes.is_empty(), "{name}: {status} names no code");
                for code in codes {
                    assert_eq!(code.status().to_string(), *status, "{name}: {} has another status", code.as_str());
                }
            }
        }
    }
}

/// The codes that a response may have.
fn codes(response: &Value) -> Vec<Code> {
    let schema = &response["content"]["application/problem+json"]["schema"];
    let codes = schema["properties"]["code"]["enum"].as_array().into_iter().flatten();
    codes.map(|code| serde_json::from_value(code.clone()).expect("a code")).collect()
}

/// SAFE-07 every problem code is described, and no other.
#[test]
fn safe_07_every_problem_code_is_described() {
    let document = document();
    let listed: Vec<&str> = document["components"]["schemas"]["Code"]["enum"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(
        listed, known,
        "{FILE}, components.schemas.Code.enum: list the codes of functions/shared/api/src/problem.rs"
    );
    let operations = operations(&document);
    let of_operations = operations.iter().filter_map(|(_, _, operation)| operation["responses"].as_object()).flatten();
    let of_components = document["components"]["responses"].as_object().expect("responses");
    let named: BTreeSet<Code> = of_operations
        .map(|(_, response)| resolved(&document, response))
        .chain(of_components.values())
        .flat_map(codes)
        .collect();
    for code in Code::ALL {
        assert!(named.contains(code), "{FILE}: no response can be {}; add it where it is answered", code.as_str());
    }
}

#[test]
fn lists_of_words_are_those_of_the_code() {
    use licensing::{
        ContactName, Country, ProductKind, Programme,
        roles::{Benefit, Role},
        running::Running,
    };
    let document = document();
    let words = |name: &str| document["components"]["schemas"][name]["enum"].clone();
    assert_eq!(words("Programme"), json!(Programme::ALL));
    assert_eq!(words("ProductKind"), json!(ProductKind::ALL));
    assert_eq!(words("ContactName"), json!(ContactName::ALL));
    assert_eq!(words("Role"), json!(Role::ALL));
    assert_eq!(words("RunningName"), json!(Running::ALL));
    assert_eq!(words("Benefit"), json!(Benefit::ALL));
    assert_eq!(words("Country"), json!(Country::all().collect::<Vec<_>>()));
}

// ---- types ----

/// Whether a type reads this value, and how it writes it again.
type Reads = fn(Value) -> Result<Value, String>;

fn reads<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, String> {
    let read: T = serde_json::from_value(value).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(read).expect("plain data"))
}

/// Asks for an address that another profile holds, and takes it after the notice.
async fn move_here(reader: &mut Reader, running: &local::Running) {
    let address = "licences@fabrikam.example";
    reader.sign_in(address).await;
    reader.sign_in("osm@contoso.example").await;
    let added = json!({ "address": address, "repeated": address });
    assert_eq!(reader.post("/api/me/addresses", &added).await.0, 202);
    let proof = json!({ "token": token(&reader.mail(address, |mail| has_link(mail, "/p#")).await, "/p#") });
    assert_eq!(reader.post("/api/me/addresses/prove", &proof).await.1["code"], "address-taken");
    assert_eq!(reader.post("/api/me/addresses/move", &proof).await.1["arriving"][0]["state"], "waits");
    assert_eq!(reader.post("/api/me/addresses/move", &json!({ "code": "12345" })).await.1["field"], "code");
    let take = json!({ "address": address });
    assert_eq!(reader.post("/api/me/addresses/take", &take).await.1["code"], "too-early-to-take");
    running.app.clock.set(licensing::when::add_days(running.app.now(), 4));
    reader.sign_in("osm@contoso.example").await;
    assert_eq!(reader.post("/api/me/addresses/take", &take).await.0, 200);
    assert_eq!(
        reader.post("/api/me/addresses/take", &json!({ "address": "a@b.example" })).await.1["code"],
        "nothing-to-take"
    );
}

/// The types of requests, by the name of their schema.
const REQUESTS: &[(&str, Reads)] = &[
    ("Ask", reads::<sign_in::Ask>),
    ("LinkToken", reads::<sign_in::LinkToken>),
    ("SignIn", reads::<sign_in::SignIn>),
    ("Profile", reads::<me::Profile>),
    ("ConfirmCountry", reads::<me::ConfirmCountry>),
    ("AddAddress", reads::<me::AddAddress>),
    ("RemoveAddress", reads::<me::RemoveAddress>),
    ("TakeAddress", reads::<me::TakeAddress>),
    ("Prove", reads::<me::Prove>),
    ("EndSession", reads::<me::EndSession>),
    ("LiftMail", reads::<me::LiftMail>),
    ("Preview", reads::<activations::Preview>),
    ("Confirm", reads::<activations::Confirm>),
    ("Which", reads::<activations::Which>),
    ("Remap", reads::<activations::Remap>),
    ("AskToJoin", reads::<joins::AskToJoin>),
    ("Withdraw", reads::<joins::Withdraw>),
    ("Decide", reads::<joins::Decide>),
    ("AskPermission", reads::<requests::AskPermission>),
    ("OnLicence", reads::<requests::OnLicence>),
    ("GiveUp", reads::<requests::GiveUp>),
    ("ChangePerson", reads::<people::ChangePerson>),
    ("PersonChange", reads::<people::PersonChange>),
    ("InviteAgain", reads::<people::InviteAgain>),
    ("InspectRequest", reads::<requests::InspectRequest>),
    ("DecideRequest", reads::<requests::DecideRequest>),
];

/// The types of answers, by the name of their schema.
const ANSWERS: &[(&str, Reads)] = &[
    ("Problem", reads::<api::Problem>),
    ("Asked", reads::<sign_in::Asked>),
    ("SignInLinkShown", reads::<sign_in::LinkShown>),
    ("Me", reads::<me::Me>),
    ("ProofMailed", reads::<me::ProofMailed>),
    ("ProofShown", reads::<me::ProofShown>),
    ("Sessions", reads::<me::Sessions>),
    ("MailTroubles", reads::<me::MailTroubles>),
    ("Licences", reads::<me::Licences>),
    ("Overview", reads::<me::Overview>),
    ("LicenceShown", reads::<me::LicenceShown>),
    ("People", reads::<me::People>),
    ("LinkShown", reads::<activations::LinkShown>),
    ("Mailed", reads::<activations::Mailed>),
    ("Previewed", reads::<activations::Previewed>),
    ("Confirmed", reads::<activations::Confirmed>),
    ("Which", reads::<activations::Which>),
    ("Remapped", reads::<activations::Remapped>),
    ("ActivationsPage", reads::<api::Page<activations::Row>>),
    ("Activation", reads::<activations::Activation>),
    ("Where", reads::<activations::Where>),
    ("MyRequest", reads::<joins::MyRequest>),
    ("JoinShown", reads::<joins::JoinShown>),
    ("Joins", reads::<joins::Joins>),
    ("MyRequests", reads::<requests::MyRequests>),
    ("PermissionRequest", reads::<requests::PermissionRequest>),
    ("GivenUp", reads::<requests::GivenUp>),
    ("Approvals", reads::<requests::Approvals>),
    ("RequestShown", reads::<requests::RequestShown>),
    ("AccessShown", reads::<requests::AccessShown>),
    ("PersonOutcome", reads::<people::PersonOutcome>),
    ("AuditPage", reads::<api::Page<audit::Row>>),
    ("AuditKeys", reads::<audit::Keys>),
    ("LoadReport", reads::<load::Report>),
    ("About", reads::<me::About>),
];

fn type_of(types: &'static [(&str, Reads)], name: &str) -> Reads {
    let found = types.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("tests/tests/openapi.rs: add (\"{name}\", reads::<TYPE>) to REQUESTS or ANSWERS")).1
}

/// The schemas that operations name for JSON, in requests or in answers.
fn named_schemas(document: &Value, in_requests: bool) -> BTreeSet<String> {
    let name = |content: &Value| {
        let reference = content["application/json"]["schema"]["$ref"].as_str()?;
        Some(reference.rsplit('/').next().unwrap_or_default().to_owned())
    };
    let operations = operations(document);
    let contents: Vec<&Value> = if in_requests {
        operations.iter().map(|(_, _, operation)| &operation["requestBody"]["content"]).collect()
    } else {
        let responses = operations.iter().filter_map(|(_, _, operation)| operation["responses"].as_object());
        responses.flat_map(|all| all.values()).map(|response| &resolved(document, response)["content"]).collect()
    };
    contents.into_iter().filter_map(name).collect()
}

/// The examples of a schema; there must be some.
fn examples<'a>(document: &'a Value, name: &str) -> &'a Vec<Value> {
    let examples = document["components"]["schemas"][name]["examples"].as_array();
    examples.unwrap_or_else(|| panic!("{FILE}, components.schemas.{name}: give it \"examples\""))
}

/// What is promised is taken, and what has an unknown field, lacks one or is of another kind is refused, by the description
/// and by the types alike.
#[test]
fn requests_are_those_that_the_types_read() {
    let document = document();
    let checker = Checker::new(document.clone());
    for name in named_schemas(&document, true) {
        let reads = type_of(REQUESTS, &name);
        let pointer = format!("/components/schemas/{name}");
        for example in examples(&document, &name) {
            assert_eq!(checker.faults(&pointer, example), None, "{name}: {example}");
            reads(example.clone()).unwrap_or_else(|error| panic!("{name}: {example}: {error}"));
            for (what, changed) in spoilt(example) {
                let described = checker.faults(&pointer, &changed).is_none();
                let taken = reads(changed.clone()).is_ok();
                // What the type leaves to the function: a language, of those that there are.
                let left_to_function = name == "Profile" && changed.get("language").is_none();
                assert!(
                    described == taken || left_to_function,
                    "{name} {what}: described as {}, and read as {}: {changed}",
                    if described { "good" } else { "bad" },
                    if taken { "good" } else { "bad" },
                );
            }
        }
    }
}

/// A value with one thing wrong, in every place.
fn spoilt(value: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    if let Value::Object(fields) = value {
        let mut more = value.clone();
        more["unheard_of"] = json!(1);
        all.push(("with an unknown field".to_owned(), more));
        for (name, inner) in fields {
            let with = |changed: Value| {
                let mut whole = value.clone();
                whole[name] = changed;
                whole
            };
            let mut less = value.clone();
            less.as_object_mut().expect("an object").remove(name);
            all.push((format!("without {name}"), less));
            let others = [json!(7), json!(true), json!([]), json!({}), json!("")];
            let others = others.into_iter().filter(|other| {
                // An empty text may be good where any text is.
                std::mem::discriminant(other) != std::mem::discriminant(inner) && *other != json!("")
            });
            all.extend(others.map(|other| (format!("with {name} of another kind"), with(other))));
            all.extend(spoilt(inner).into_iter().map(|(what, changed)| (format!("{name} {what}"), with(changed))));
        }
    }
    all
}

#[test]
fn examples_of_answers_are_written_as_the_types_write_them() {
    let document = document();
    let checker = Checker::new(strict(document.clone()));
    for name in named_schemas(&document, false).into_iter().chain(["Problem".to_owned()]) {
        let reads = type_of(ANSWERS, &name);
        // Its numbers are the policy's.
        if name == "About" {
            continue;
        }
        for example in examples(&document, &name) {
            assert_eq!(checker.faults(&format!("/components/schemas/{name}"), example), None, "{name}: {example}");
            let written = reads(example.clone()).unwrap_or_else(|error| panic!("{name}: {example}: {error}"));
            assert_eq!(written, *example, "{name}: a field is called otherwise, or is always there");
        }
    }
}

// ---- a running portal ----

/// LINK-04 SAFE-07: the whole main job, and each way to fail that can be brought about: every answer is announced.
#[tokio::test]
async fn safe_07_every_answer_of_a_running_portal_is_one_that_is_described() {
    let running = local::start(local::Options::default()).await.expect("it starts");
    let document = document();
    let mut reader = Reader::new(&running.portal_url, &running.mailbox_url);
    let described = wire::ask(&running.portal_url, "GET", "/api/openapi.json", &[], b"").await;
    let here = local::portal::described(&running.portal_url, "countersign-session");
    assert_eq!((described.status, described.json()), (200, here.clone()));
    assert_eq!(here["servers"], json!([{ "url": running.portal_url }]));
    assert_eq!(here["components"]["securitySchemes"]["session"]["name"], "countersign-session");
    assert_eq!(here["components"]["parameters"]["Origin"]["schema"]["enum"], json!([running.portal_url]));

    // Orders come by the load API.
    let secret = "secret";
    mint(&running.app, secret).await;
    let bearer = format!("Bearer {secret}");
    let day = running.app.now().to_string()[..10].to_owned();
    let rows = rows(&day);
    let load = |query: &'static str| format!("/api/load{query}");
    for (query, taken) in [("?dry-run=1", 8), ("?load=first", 8), ("?load=first", 0)] {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/jsonl")];
        let report = reader.ask("POST", &load(query), &headers, rows.as_bytes()).await.json();
        assert_eq!(report["taken"], taken, "{report}");
    }
    for (query, kind, body, status) in [
        ("", "multipart/form-data", "", 415),
        ("?load=a%20b", "application/jsonl", "", 422),
        ("?from-row=0", "application/jsonl", "", 422),
        ("?from-row=18446744073709551615", "application/jsonl", "", 422),
        // What was meant to be a dry run must not load anything.
        ("?dry-run=yes", "application/jsonl", rows.as_str(), 422),
        ("?dryrun=1", "application/jsonl", rows.as_str(), 422),
        ("?load=&from-row=&dry-run=&all-or-nothing=0", "application/jsonl", "", 200),
        ("", "application/jsonl", "{}\nx\n{\"type\":\"order\"}\n", 200),
    ] {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        assert_eq!(reader.ask("POST", &load(query), &headers, body.as_bytes()).await.status, status, "{query}");
    }
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(reader.ask("POST", "/api/load", &[("authorization", &bearer)], &large).await.status, 413);
    assert_eq!(reader.ask("POST", "/api/load", &[], b"").await.status, 401);

    // Anonymous: what is open, and that all else asks to sign in.
    assert_eq!(reader.get("/api/about").await.0, 200);
    assert_eq!(reader.get("/api/audit/keys").await.0, 200);
    fail_in_every_way(&mut reader, &document).await;

    // Signing in, with mistakes.
    let about_mail =
        |mail: &Value| has_link(mail, "/a#") && mail["subject"].as_str().is_some_and(|text| text.contains("Mail"));
    let mail = reader.mail("osm@contoso.example", about_mail).await;
    let link = token(&mail, "/a#");
    assert_eq!(reader.post("/api/links/inspect", &json!({ "token": link })).await.1["state"], "good");
    assert_eq!(reader.post("/api/links/ask", &json!({ "token": link })).await.0, 202);
    assert_eq!(reader.post("/api/links/ask", &json!({ "token": link })).await.1["code"], "too-often");
    reader.mail("osm@contoso.example", |mail| has_link(mail, "/a#")).await;
    reader.post("/api/sign-in/ask", &json!({ "address": "osm@contoso.example" })).await;
    let code = reader.mail("osm@contoso.example", has_code).await;
    let sign_in = token(&code, "/s#");
    assert_eq!(
        reader.post("/api/sign-in/link", &json!({ "token": sign_in })).await.1["address"],
        "osm@contoso.example"
    );
    let wrong = if code["code"] == "123456" { "654321" } else { "123456" };
    let wrong = json!({ "address": "osm@contoso.example", "code": wrong });
    assert_eq!(reader.post("/api/sign-in", &wrong).await.1["code"], "wrong-code");
    assert_eq!(reader.post("/api/sign-in", &json!({ "token": sign_in })).await.0, 200);
    assert_eq!(reader.post("/api/sign-in", &json!({ "token": sign_in })).await.1["code"], "no-code");

    // The profile.
    assert_eq!(reader.get("/api/me").await.1["signed_in_as"], "osm@contoso.example");
    let profile = json!({ "first_name": "Astrid", "last_name": "Holm", "language": "de", "phone": "" });
    assert_eq!(reader.post("/api/me", &profile).await.1["profile"], profile);
    assert_eq!(reader.post("/api/me/country", &json!({ "country": "SE" })).await.1["country"], "SE");
    assert_eq!(reader.post("/api/me/country", &json!({ "country": "NO" })).await.1["code"], "country-confirmed");
    let add = |address: &str, repeated: &str| json!({ "address": address, "repeated": repeated });
    let (mine, not_mine) = ("astrid@fabrikam.example", "other@fabrikam.example");
    assert_eq!(reader.post("/api/me/addresses", &add(mine, not_mine)).await.1["code"], "addresses-differ");
    for (address, answer) in [(mine, 200), (not_mine, 204)] {
        assert_eq!(reader.post("/api/me/addresses", &add(address, address)).await.0, 202);
        let proof = json!({ "token": token(&reader.mail(address, |mail| has_link(mail, "/p#")).await, "/p#") });
        assert_eq!(reader.post("/api/me/addresses/link", &proof).await.1["state"], "ready");
        let path = if answer == 200 { "/api/me/addresses/prove" } else { "/api/me/addresses/not-me" };
        assert_eq!(reader.post(path, &proof).await.0, answer);
        assert_eq!(reader.post(path, &proof).await.1["code"], "link-expired");
    }
    for (address, status) in [(mine, 204), ("osm@contoso.example", 409)] {
        assert_eq!(reader.post("/api/me/addresses/remove", &json!({ "address": address })).await.0, status);
    }
    assert_eq!(reader.get("/api/me/mail").await.1, json!({ "addresses": [] }));
    let lift = |address: &str| json!({ "address": address });
    assert_eq!(reader.post("/api/me/mail", &lift("osm@contoso.example")).await.0, 204);
    assert_eq!(reader.post("/api/me/mail", &lift("nobody@contoso.example")).await.1["code"], "not-allowed");
    let sessions = reader.get("/api/me/sessions").await.1;
    assert_eq!(reader.post("/api/me/sessions", &json!({ "id": "none" })).await.1["code"], "not-found");
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(reader.get("/api/me/licences").await.1["licences"][0]["roles"][0], "administrator");
    assert_eq!(reader.get("/api/me/overview").await.1["licences"], 1);
    assert_eq!(reader.get("/api/me/licences?format=csv&q=12/34").await.0, 200);
    assert_eq!(reader.get("/api/me/licences?after=x").await.1["field"], "after");
    for (query, fits) in [("programme=open-value&state=active", 1), ("state=ended", 0), ("below=open-value/12/34", 0)] {
        let found = reader.get(&format!("/api/me/licences?{query}")).await.1;
        assert_eq!(found["licences"].as_array().map(Vec::len), Some(fits), "{query}: {found}");
    }
    for field in ["programme", "state", "below", "format"] {
        assert_eq!(reader.get(&format!("/api/me/licences?{field}=x")).await.1["field"], field);
    }
    let licence = api::path::licence("open-value", "12/34");
    let shown = reader.get(&licence).await.1;
    assert_eq!((&shown["contacts"][0]["own"], &shown["lists_people"]), (&json!(true), &json!(true)), "{shown}");
    let people = api::path::licence_people("open-value", "12/34");
    assert_eq!(reader.get(&people).await.1["people"][0]["address"], "osm@contoso.example");
    for (query, status) in [
        ("?q=nobody", 200),
        ("?role=administrator&state=registered", 200),
        ("?role=x", 422),
        ("?state=x", 422),
        ("?after=named", 200),
        ("?format=csv", 200),
        ("?format=x", 422),
    ] {
        assert_eq!(reader.get(&format!("{people}{query}")).await.0, status, "{query}");
    }
    for part in ["", "/people"] {
        let of_others = api::path::licence("open-value", "99") + part;
        assert_eq!(reader.get(&of_others).await.1["code"], "not-allowed");
        assert_eq!(reader.get(&format!("/api/licences/nothing/1{part}")).await.1["code"], "not-found");
    }

    // Activating, moving, taking back.
    let which =
        |product: &str| json!({ "licence": { "programme": "open-value", "number": "12/34" }, "product": product });
    assert_eq!(reader.post("/api/activations/preview", &json!({ "target": { "link": link } })).await.0, 200);
    let of_link = json!({ "target": { "link": link }, "choice": { "new": "Contoso" } });
    assert_eq!(reader.post("/api/activations/preview", &of_link).await.1["effect"]["creates_account"], true);
    let key = |key: &'static str| [("idempotency-key", key)];
    assert_eq!(
        reader.post_with("/api/activations/confirm", &key("short"), &of_link).await.1["field"],
        "Idempotency-Key"
    );
    assert_eq!(reader.post_with("/api/activations/confirm", &key("first-key"), &of_link).await.1["by_you"], true);
    let other = json!({ "target": { "portal": which("CLOUD") }, "choice": { "new": "Fabrikam" } });
    assert_eq!(reader.post_with("/api/activations/confirm", &key("other-key"), &other).await.0, 200);
    let reused = json!({ "target": { "portal": which("CLOUD") }, "choice": { "new": "Other" } });
    assert_eq!(reader.post_with("/api/activations/confirm", &key("other-key"), &reused).await.1["code"], "key-reused");
    assert_eq!(reader.post("/api/activations/resend", &which("MAIL")).await.1["code"], "already-activated");
    assert_eq!(reader.post("/api/activations/ask-revival", &which("MAIL")).await.1["code"], "not-expired");
    let preview = json!({ "target": { "portal": which("MEET") } });
    let accounts = reader.post("/api/activations/preview", &preview).await.1["accounts"].clone();
    let named = |name: &str| {
        let all = accounts.as_array().expect("accounts");
        all.iter().find(|account| account["name"] == name).expect("it is there")["id"].clone()
    };
    let remap = |account: Value| {
        let mut remap = which("MAIL");
        remap["account"] = account;
        remap
    };
    assert_eq!(reader.post("/api/activations/remap", &remap(named("Contoso"))).await.1["code"], "same-account");
    assert_eq!(reader.post("/api/activations/remap", &remap("nowhere".into())).await.1["account_name"], "nowhere");
    assert_eq!(reader.post("/api/activations/remap", &remap("nowhere".into())).await.1["code"], "needs-other-side");
    assert_eq!(reader.post("/api/activations/remap", &remap(named("Fabrikam"))).await.1["code"], "move-waits");
    assert_eq!(reader.post("/api/activations/decline-remap", &remap("nowhere".into())).await.1["done"], false);
    let again = reader.post("/api/activations/decline-remap", &remap("nowhere".into())).await.1;
    assert_eq!(again["code"], "nothing-proposed");
    let moved = reader.post("/api/activations/remap", &remap(named("Fabrikam"))).await.1;
    assert_eq!(moved["account_name"], "Fabrikam");
    assert_eq!(reader.post("/api/activations/undo", &which("MAIL")).await.0, 200);
    assert_eq!(reader.post("/api/activations/undo", &which("MAIL")).await.1["code"], "not-activated");
    assert_eq!(reader.post("/api/activations/undo", &which("NOTHING")).await.1["code"], "not-allowed");
    assert_eq!(reader.post("/api/activations/resend", &which("MEET")).await.0, 202);

    // Joining an account that others administer: withdrawn, denied by the mailed link, granted with a session.
    let ask = |account: &str| json!({ "target": { "portal": which("MEET") }, "account": account });
    let withdraw = json!({ "account": "acc-1" });
    assert_eq!(reader.post("/api/joins/withdraw", &withdraw).await.1["code"], "not-found");
    assert_eq!(reader.post("/api/joins/ask", &ask("nowhere")).await.1["code"], "no-such-account");
    assert_eq!(reader.post("/api/joins/ask", &ask("acc-1")).await.1["state"], "pending");
    assert_eq!(reader.post("/api/activations/preview", &preview).await.1["joinings"][0]["may_ask"], false);
    let meet_page = api::path::activation("open-value", "12/34", "MEET");
    assert_eq!(reader.get(&meet_page).await.1["joining"]["request"]["state"], "pending");
    let mut boss = reader.beside();
    boss.mail("boss@contoso.example", |mail| has_link(mail, "/j#")).await;
    assert_eq!(reader.post("/api/joins/withdraw", &withdraw).await.1["state"], "withdrawn");
    for (account, decision) in [("acc-2", "deny"), ("acc-1", "billing-administrator")] {
        assert_eq!(reader.post("/api/joins/ask", &ask(account)).await.0, 202);
        let token = token(&boss.mail("boss@contoso.example", |mail| has_link(mail, "/j#")).await, "/j#");
        assert_eq!(boss.post("/api/joins/inspect", &json!({ "token": token })).await.1["state"], "pending");
        let decide = json!({ "request": { "link": token }, "decision": decision });
        assert_eq!(reader.post("/api/joins/decide", &decide).await.1["code"], "own-request");
        if decision != "deny" {
            assert_eq!(boss.post("/api/joins/decide", &decide).await.1["code"], "sign-in-to-grant");
            boss.sign_in("boss@contoso.example").await;
            let accounts = boss.get("/api/joins").await.1["accounts"].clone();
            let asked = accounts.as_array().and_then(|all| all.iter().find(|one| one["id"] == account));
            let requests = asked.expect("the account")["requests"].clone();
            let by_key = |key: &Value| json!({ "request": { "portal": key }, "decision": "deny" });
            assert_eq!(reader.beside().post("/api/joins/decide", &by_key(&requests[0]["key"])).await.0, 401);
        }
        assert_eq!(boss.post("/api/joins/decide", &decide).await.1["by_you"], true);
        assert_eq!(boss.post("/api/joins/decide", &decide).await.1["may"], "nothing", "the same again");
    }
    assert_eq!(reader.post("/api/joins/ask", &ask("acc-2")).await.1["code"], "too-often", "not on the same day");
    assert_eq!(reader.post("/api/joins/ask", &ask("acc-1")).await.1["code"], "already-administered");
    for format in ["", "?format=jsonl", "?format=csv"] {
        let audit = api::path::account_audit("acc-1");
        assert_eq!(boss.get(&format!("{audit}{format}")).await.0, 200);
        assert_eq!(reader.get(&format!("{audit}{format}")).await.1["code"], "not-allowed");
    }
    reader.mails = boss.mails;
    reader.seen.extend(std::mem::take(&mut boss.seen));

    let colleague = permissions(&mut reader, &running).await;

    // Reading.
    for path in ["/api/activations", "/api/activations?state=invited&q=meet", "/api/activations?format=csv"] {
        assert_eq!(reader.get(path).await.0, 200);
    }
    assert_eq!(reader.get("/api/activations?state=none").await.1["field"], "state");
    for product in ["MAIL", "CLOUD", "MEET"] {
        let page = reader.get(&api::path::activation("open-value", "12/34", product)).await;
        assert_eq!((page.0, &page.1["row"]["product"]), (200, &json!(product)));
    }
    let percent = reader.get("/api/activations/open-value/12%2F34/MAIL").await;
    assert_eq!(percent.1["row"]["licence"]["number"], "12/34", "percent-encoded is understood as well");
    assert_eq!(reader.get(&api::path::activation("open-value", "12/34", "NOTHING")).await.1["code"], "not-allowed");
    assert_eq!(reader.get("/api/activations/nothing/1/MAIL").await.1["code"], "not-found");
    let where_is = reader.get(&api::path::where_is("open-value", "12/34")).await.1;
    assert_eq!(where_is["lines"].as_array().map(Vec::len), Some(4));
    assert_eq!(reader.get(&api::path::where_is("open-value", "99")).await.1["code"], "not-allowed");
    assert_eq!(reader.get("/api/where/nothing/1").await.0, 404);
    let audit = api::path::audit("open-value", "12/34");
    for path in ["/api/audit/me".to_owned(), audit] {
        for format in ["", "?q=link", "?format=jsonl", "?format=csv"] {
            assert_eq!(reader.get(&format!("{path}{format}")).await.0, 200);
        }
        assert_eq!(reader.get(&format!("{path}?after=x")).await.1["field"], "after");
    }
    assert_eq!(reader.get("/api/audit/licence/open-value/99").await.1["code"], "not-allowed");
    assert_eq!(reader.get("/api/audit/licence/nothing/1").await.1["code"], "not-found");

    // Another person: it is not theirs.
    let mut stranger = reader.beside();
    stranger.sign_in("somebody@tailspin.example").await;
    let meet = json!({ "target": { "portal": which("MEET") }, "choice": { "new": "Tailspin" } });
    assert_eq!(stranger.post_with("/api/activations/confirm", &key("third-key"), &meet).await.1["code"], "not-allowed");
    let link_of_others = json!({ "target": { "link": link }, "choice": { "new": "Tailspin" } });
    let wrong = stranger.post_with("/api/activations/confirm", &key("fourth-key"), &link_of_others).await.1;
    assert!(["wrong-person", "already-activated"].contains(&wrong["code"].as_str().unwrap_or_default()), "{wrong}");
    assert_eq!(stranger.post("/api/activations/undo", &which("CLOUD")).await.1["code"], "not-allowed");
    assert_eq!(stranger.post("/api/activations/remap", &remap(named("Fabrikam"))).await.1["code"], "not-allowed");

    // Half a year later the link has ended, and so have all sessions.
    let later = licensing::when::add_days(running.app.now(), 250);
    running.app.clock.set(later);
    assert_eq!(reader.get("/api/me").await.0, 401);
    assert_eq!(reader.post("/api/links/ask", &json!({ "token": link })).await.0, 410);
    reader.sign_in("osm@contoso.example").await;
    assert_eq!(reader.post("/api/activations/resend", &which("MEET")).await.1["code"], "link-expired");
    assert_eq!(reader.post("/api/activations/ask-revival", &which("MEET")).await.0, 202);
    assert_eq!(reader.post("/api/sign-out-everywhere", &json!({})).await.0, 204);
    assert_eq!(reader.post("/api/sign-out", &json!({})).await.0, 204);
    reader.sign_in("osm@contoso.example").await;
    let session = reader.get("/api/me/sessions").await.1["sessions"][0]["id"].clone();
    assert_eq!(reader.post("/api/me/sessions", &json!({ "id": session })).await.0, 204);

    remind(&mut reader, colleague, &running, later).await;
    move_here(&mut reader, &running).await;

    // Each success that is announced was seen.
    for (path, method, operation) in operations(&document) {
        for status in operation["responses"].as_object().expect("responses").keys().filter(|s| s.starts_with('2')) {
            let status = status.parse().expect("a number");
            assert!(
                reader.seen.contains(&(path.clone(), method.clone(), status)),
                "{method} {path} was never answered with {status}: bring it about in tests/tests/openapi.rs, or correct {FILE}"
            );
        }
    }
    running.stop().await;
}

/// Asking for permission on the Licensing ID that the reader administers: withdrawn, denied by the mailed link, granted in part
/// with a session, and given up. The browser of who asked.
async fn permissions(reader: &mut Reader, running: &local::Running) -> Reader {
    let licence = json!({ "programme": "open-value", "number": "12/34" });
    let on_licence = json!({ "licence": licence });
    let asking =
        |roles: &[&str]| json!({ "licence": licence, "asked": { "roles": roles }, "comment": "For the audit." });
    let access = api::path::access("open-value", "12/34");
    let mut colleague = reader.beside();
    colleague.sign_in("lena@contoso.example").await;
    assert_eq!(colleague.get(&access).await.1["code"], "not-allowed");
    assert_eq!(colleague.get("/api/access/nothing/1").await.1["code"], "not-found");
    for what in ["withdraw", "remind"] {
        assert_eq!(colleague.post(&format!("/api/requests/{what}"), &on_licence).await.1["code"], "not-found");
    }
    assert_eq!(colleague.post("/api/requests/ask", &asking(&[])).await.1["code"], "no-such-role");
    let mut not_mine = asking(&["download"]);
    not_mine["address"] = "osm@contoso.example".into();
    assert_eq!(colleague.post("/api/requests/ask", &not_mine).await.1["field"], "address");
    assert_eq!(reader.post("/api/requests/ask", &asking(&["administrator"])).await.1["code"], "has-all-roles");

    assert_eq!(colleague.post("/api/requests/ask", &asking(&["licensing-info"])).await.1["state"], "pending");
    assert_eq!(colleague.post("/api/requests/remind", &on_licence).await.1["code"], "too-early-to-remind");
    let first = waiting(reader).await["key"].clone();
    assert_eq!(colleague.post("/api/requests/withdraw", &on_licence).await.1["state"], "withdrawn");
    assert_eq!(colleague.post("/api/requests/withdraw", &on_licence).await.1["state"], "withdrawn");
    assert_eq!(colleague.post("/api/requests/remind", &on_licence).await.1["code"], "request-over");

    let both = asking(&["licensing-info", "download"]);
    assert_eq!(colleague.post("/api/requests/ask", &both).await.1["state"], "pending");
    assert_eq!(colleague.post("/api/requests/ask", &asking(&["product-keys"])).await.1["code"], "too-often");
    let mine = colleague.get("/api/requests").await.1;
    assert_eq!((&mine["pending"], &mine["requests"][0]["state"]), (&json!(1), &json!("pending")));
    let key = waiting(reader).await["key"].clone();
    assert_eq!(reader.get(&format!("/api/approvals?after={}", "x".repeat(1_001))).await.1["field"], "after");

    // What is mailed to those who decide.
    let link = Link::Permission {
        licence: "open-value/12/34".parse().expect("a Licensing ID"),
        asker: key["asker"].as_str().expect("an id").parse().expect("an id"),
        generation: 2,
        to: "osm@contoso.example".parse().expect("an address"),
    };
    let by_link = json!({ "link": running.app.keys.links().seal(&link) });
    let by_key = json!({ "portal": key });
    let mut anybody = reader.beside();
    let decide = |request: &Value, decision: Value| json!({ "request": request, "decision": decision });
    let grant = |roles: &[&str]| json!({ "grant": { "roles": roles } });
    for (which, status) in [(&by_link, 200), (&by_key, 401)] {
        assert_eq!(anybody.post("/api/approvals/inspect", &json!({ "request": which })).await.0, status);
    }
    assert_eq!(
        anybody.post("/api/approvals/inspect", &json!({ "request": { "link": "x" } })).await.1["code"],
        "bad-link"
    );
    let answer = anybody.post("/api/approvals/decide", &decide(&by_link, grant(&["download"]))).await.1;
    assert_eq!(answer["code"], "sign-in-to-approve");
    assert_eq!(colleague.post("/api/approvals/inspect", &json!({ "request": by_key })).await.1["code"], "not-allowed");
    assert_eq!(
        colleague.post("/api/approvals/decide", &decide(&by_link, json!({ "deny": true }))).await.1["code"],
        "own-request"
    );
    let more = reader.post("/api/approvals/decide", &decide(&by_key, grant(&["administrator"]))).await.1;
    assert_eq!(more["code"], "not-asked-for");
    let before = reader.post("/api/approvals/inspect", &json!({ "request": { "portal": first } })).await.1;
    assert_eq!((&before["state"], &before["changed"]), (&json!("withdrawn"), &json!(true)));
    let granted = reader.post("/api/approvals/decide", &decide(&by_key, grant(&["download"]))).await.1;
    assert_eq!((&granted["state"], &granted["by_you"]), (&json!("granted-in-part"), &json!(true)), "{granted}");
    let late = anybody.post("/api/approvals/decide", &decide(&by_link, json!({ "deny": true }))).await.1;
    assert_eq!((&late["state"], &late["may"]), (&json!("granted-in-part"), &json!("nothing")), "{late}");

    let shown = colleague.get(&access).await.1;
    assert_eq!(shown["addresses"][0]["roles"][0]["role"], "download", "{shown}");
    let of_others = format!("{access}?address=lena@contoso.example");
    assert_eq!(reader.get(&of_others).await.1["addresses"][0]["sources"][0]["given_by"], "osm@contoso.example");
    assert_eq!(reader.get(&format!("{access}?address=lena")).await.1["field"], "address");
    let give_up = |address: &str| json!({ "licence": licence, "address": address });
    assert_eq!(reader.post("/api/me/licences/give-up", &give_up("osm@contoso.example")).await.1["code"], "must-stay");
    assert_eq!(reader.post("/api/me/licences/give-up", &give_up("lena@contoso.example")).await.1["field"], "address");
    let given_up = colleague.post("/api/me/licences/give-up", &give_up("lena@contoso.example")).await;
    assert_eq!((given_up.0, &given_up.1["keeps"]), (200, &json!([])), "{}", given_up.1);
    let again = colleague.post("/api/me/licences/give-up", &give_up("lena@contoso.example")).await.1;
    assert_eq!(again["code"], "not-allowed");
    let change = |change: Value| json!({ "licence": licence, "address": "kim@contoso.example", "change": change });
    let give = change(json!({ "assign": { "roles": { "roles": ["download"] } } }));
    assert_eq!(reader.post("/api/people/preview", &give).await.1["invites"], true);
    let once = |key: &'static str| [("idempotency-key", key)];
    let (status, given) = reader.post_with("/api/people/change", &once("give-kim"), &give).await;
    assert_eq!((status, &given["gains"]["roles"]), (200, &json!(["download"])), "{given}");
    let invite = json!({ "licence": licence, "address": "kim@contoso.example" });
    assert_eq!(reader.post_with("/api/people/invite", &once("ask-kim-again"), &invite).await.0, 202);
    assert_eq!(colleague.post_with("/api/people/change", &once("not-theirs"), &give).await.1["code"], "not-allowed");
    let again = change(json!("inherit-again"));
    let refused = reader.post_with("/api/people/change", &once("nothing-to-undo"), &again).await;
    assert_eq!(refused.1["code"], "nothing-to-undo");
    reader.seen.extend(std::mem::take(&mut anybody.seen));
    colleague
}

/// Two working days after asking, those who decide can be reminded, once.
async fn remind(reader: &mut Reader, mut colleague: Reader, running: &local::Running, now: licensing::Timestamp) {
    let licence = json!({ "programme": "open-value", "number": "12/34" });
    let asking = json!({ "licence": licence, "asked": { "roles": ["licensing-info"] } });
    let on_licence = json!({ "licence": licence });
    let address = "lena@contoso.example";
    colleague.mails = reader.mails;
    colleague.sign_in(address).await;
    assert_eq!(colleague.post("/api/requests/ask", &asking).await.0, 202);
    reader.mails = colleague.mails;
    reader.sign_in("osm@contoso.example").await;
    waiting(reader).await;
    colleague.mails = reader.mails;
    running.app.clock.set(licensing::when::add_days(now, 4));
    colleague.sign_in(address).await;
    assert_eq!(colleague.post("/api/requests/remind", &on_licence).await.0, 202);
    assert_eq!(colleague.post("/api/requests/remind", &on_licence).await.1["code"], "already-reminded");
    reader.seen.extend(std::mem::take(&mut colleague.seen));
}

/// The request that waits for the reader, once it has been found out that they decide.
async fn waiting(reader: &mut Reader) -> Value {
    for _ in 0..600 {
        let (status, shown) = reader.get("/api/approvals").await;
        assert_eq!(status, 200, "{shown}");
        if let Some(row) = shown["requests"].as_array().and_then(|rows| rows.first()) {
            return row.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("no request waits for the reader");
}

/// REG-13 SAFE-07: what is wrong with a request before anything is known of its sender is refused alike everywhere.
async fn fail_in_every_way(reader: &mut Reader, document: &Value) {
    let origin = reader.url.clone();
    let ours = [("content-type", "application/json"), ("origin", origin.as_str())];
    for (path, method, operation) in operations(document) {
        let at = path.replace("{programme}", "enterprise").replace("{number}", "1").replace("{product}", "MAIL");
        let at = at.replace("{id}", "acc-1");
        if path == api::path::LOAD {
            continue;
        }
        let takes_json = operation["requestBody"].is_object();
        if method == "POST" {
            for wrong in [&[][..], &[("origin", "https://evil.example")], &[("sec-fetch-site", "cross-site")]] {
                let headers = [wrong, &[("content-type", "application/json")]].concat();
                let answer = reader.ask("POST", &at, &headers, b"{}").await;
                assert_eq!(answer.json()["code"], "wrong-origin", "{path}");
            }
        }
        if operation["security"] == json!([{ "session": [] }]) {
            for cookie in
                ["", "countersign-session=x", "countersign-session=a.b", "countersign-session=\u{ff}; ;;=", "=;"]
            {
                let headers = [&ours[..], &[("cookie", cookie)]].concat();
                let example = example_of(document, operation).to_string();
                let body = if takes_json { example.as_bytes() } else { b"" };
                let headers = [&headers[..], &[("idempotency-key", "12345678")]].concat();
                let answer = reader.ask(&method, &at, &headers, body).await;
                // A link that nobody mailed is no link, whoever asks.
                let code = answer.json()["code"].clone();
                assert!(code == "sign-in-needed" || code == "bad-link", "{method} {path}: {code}");
            }
        } else if takes_json {
            let ways: [(&str, &[u8], u16); 7] = [
                ("application/json", b"{", 400),
                ("application/json", b"\xff\xfe{\0}\0", 400),
                ("application/json", b"{}", 422),
                ("application/json", b"[]", 422),
                ("application/x-www-form-urlencoded", b"a=b", 415),
                ("text/plain", b"{}", 415),
                ("application/json", &vec![b' '; 64 * 1024 + 1], 413),
            ];
            for (kind, body, status) in ways {
                let answer = reader.ask("POST", &at, &[("origin", &origin), ("content-type", kind)], body).await;
                assert_eq!(answer.status, status, "{path}: {}", answer.json());
                let problem = answer.json();
                assert!(
                    problem["detail"].as_str().is_some_and(|text| text.len() > 20),
                    "it says what to do: {problem}"
                );
            }
        }
    }
}

fn example_of(document: &Value, operation: &Value) -> Value {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    resolved(document, schema)["examples"][0].clone()
}

/// A customer with three services of one order, two of them with mails of their own, and a fourth line that is none.
fn rows(day: &str) -> String {
    [
        r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}"#.to_owned(),
        r#"{"type":"product","sku":"MEET","name":"Meet","kind":"online-service"}"#.to_owned(),
        r#"{"type":"product","sku":"CLOUD","name":"Cloud","kind":"consumption"}"#.to_owned(),
        r#"{"type":"customer","id":"c1","name":"Contoso","country":"SE"}"#.to_owned(),
        r#"{"type":"account","id":"acc-1","name":"Contoso Production","customer":"c1","domains":[],"global_admins":["boss@contoso.example"],"billing_admins":[]}"#.to_owned(),
        r#"{"type":"account","id":"acc-2","name":"Contoso Test","customer":"c1","domains":[],"global_admins":["boss@contoso.example"],"billing_admins":[]}"#.to_owned(),
        format!(
            r#"{{"type":"agreement","programme":"open-value","number":"12/34","customer":"c1","starts":"{day}","ends":"2099-12-31","contacts":{{"online-services-manager":"osm@contoso.example","notices":"osm@contoso.example"}}}}"#
        ),
        format!(
            r#"{{"type":"order","id":"PO-1","programme":"open-value","number":"12/34","purchased":"{day}","usage_starts":"{day}","lines":[{{"product":"MAIL","quantity":25}},{{"product":"CLOUD","quantity":1}},{{"product":"MEET","quantity":5}},{{"product":"MEET","quantity":5}}]}}"#
        ),
    ]
    .join("\n")
}
