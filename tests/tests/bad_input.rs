//! What no page would send: each gives the right status and a problem that says what to do, and nothing is written.

use local::Running;
use serde_json::{Value, json};
use store::Table;
use tests::{
    malformed::{Malformed, Proofs},
    reader::{Reader, has_code, has_link, mint, token},
    wire,
};

/// A portal with the sample data, where somebody is signed in who has something to activate.
async fn portal() -> (Running, Reader) {
    let options = local::Options { sample: true, ..local::Options::default() };
    let running = local::start(options).await.expect("it starts");
    let mut progress = running.sample.clone();
    let loaded = progress.wait_for(|progress| progress.done).await.expect("it is told").clone();
    assert_eq!(loaded.failed, None);
    running.settled().await;
    let mut reader = Reader::new(&running.portal_url, &running.mailbox_url);
    reader.sign_in(local::sample::SOMEBODY).await;
    running.settled().await;
    (running, reader)
}

/// All that is stored, but for limits, and what the clock adds to audits.
async fn stored(running: &Running) -> Vec<String> {
    let mut all = Vec::new();
    let sign = |body: &[u8]| running.access.headers("POST", &running.dynamodb_url, "/", body);
    for table in Table::ALL.iter().filter(|table| **table != Table::Marks) {
        let items = wire::items(&running.dynamodb_url, &sign, &running.app.store.name(*table)).await;
        for mut item in items {
            let parts = item.as_object_mut().expect("an item");
            parts.retain(|name, _| !name.contains("seal"));
            all.push(format!("{table:?} {item}"));
        }
    }
    all.sort();
    all
}

/// The same once mails are delivered and nothing is under way any more.
async fn settled(running: &Running) -> Vec<String> {
    let mut before = stored(running).await;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        running.settled().await;
        let after = stored(running).await;
        if before == after {
            return after;
        }
        before = after;
    }
}

/// What is expected: status, code, field.
type Expected = (u16, &'static str, Option<&'static str>);

fn hold(what: &str, status: u16, problem: &Value, expected: Expected) {
    let (wanted, code, field) = expected;
    assert_eq!((status, problem["code"].as_str()), (wanted, Some(code)), "{what}: {problem}");
    // Where the text itself ends or breaks, the place may be named or not.
    assert!(field.is_none_or(|field| problem["field"] == field), "{what}: {problem}");
    assert_eq!(problem["type"], format!("urn:countersign:problem:{code}"), "{what}");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.len() > 20 && !problem["title"].as_str().unwrap_or_default().is_empty(), "{what}: {problem}");
}

const BAD: Expected = (422, "bad-field", Some("address"));

/// SAFE-07 REG-01 malformed and unexpected JSON, over-long texts, other scripts, look-alikes and control characters.
#[tokio::test]
async fn safe_07_what_no_page_would_send_is_refused_and_nothing_is_written() {
    let (running, mut reader) = portal().await;
    let before = settled(&running).await;
    let origin = reader.url.clone();
    let ours = [("content-type", "application/json"), ("origin", origin.as_str())];

    // Bodies that are no JSON, or not of the shape.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = deep.as_bytes();
    let shapes: [(&[u8], Expected); 16] = [
        (b"", (400, "malformed", None)),
        (b"{\"address\":", (400, "malformed", None)),
        (b"{'address':'a@b.example'}", (400, "malformed", None)),
        (b"{\"address\":\"a@b.example\"} {}", (400, "malformed", None)),
        (b"{\"address\":\"a@b.example\",}", (400, "malformed", None)),
        (b"\xef\xbb\xbf{\"address\":\"a@b.example\"}", (400, "malformed", None)),
        (b"{\"address\":\"a\xff@b.example\"}", (400, "malformed", None)),
        (b"{\"address\":\"\\ud800@b.example\"}", (400, "malformed", None)),
        (b"{\"address\":\"a\n@b.example\"}", (400, "malformed", None)),
        (&deep[..60_000], (400, "malformed", None)),
        (deep, (413, "too-large", None)),
        (b"null", (422, "bad-field", None)),
        (b"\"a@b.example\"", (422, "bad-field", None)),
        (b"{\"address\":[\"a@b.example\"]}", BAD),
        (b"{\"address\":null}", BAD),
        (b"{\"address\":\"a@b.example\",\"address\":\"a@b.example\"}", BAD),
    ];
    for (body, expected) in shapes {
        let answer = reader.ask("POST", "/api/sign-in/ask", &ours, body).await;
        hold(&String::from_utf8_lossy(&body[..body.len().min(60)]), answer.status, &answer.json(), expected);
    }

    // Addresses that look like others, hide something, or are too long.
    let long = format!("{}@contoso.example", "x".repeat(200));
    for address in [
        "\u{43e}sm@contoso.example",
        "osm@cont\u{43e}so.example",
        "osm@\u{441}\u{43e}ntoso.example",
        "\u{ff4f}sm@contoso.example",
        "osm\u{200b}@contoso.example",
        "\u{202e}osm@contoso.example",
        "osm@contoso.example\u{0}",
        "osm@contoso.example\r\nbcc: other@contoso.example",
        "osm@contoso.example, other@contoso.example",
        "\"osm\"@contoso.example",
        "osm@[192.0.2.1]",
        "osm@contoso",
        "",
        &long,
    ] {
        let (status, problem) = reader.post("/api/sign-in/ask", &json!({ "address": address })).await;
        hold(address, status, &problem, BAD);
        let (status, problem) =
            reader.post("/api/me/addresses", &json!({ "address": address, "repeated": address })).await;
        hold(address, status, &problem, BAD);
    }

    // Fields of a person, of an account, of a request.
    let which = json!({ "licence": { "programme": "enterprise", "number": "85890364" }, "product": "DOCS-BUS" });
    let profile = |name: &str, value: &str| {
        let mut profile = json!({ "first_name": "A", "last_name": "B", "language": "en", "phone": "" });
        profile[name] = value.into();
        profile
    };
    let activating = |account: &str| json!({ "target": { "portal": which }, "choice": { "new": account } });
    let (long, longer) = ("x".repeat(101), "x".repeat(201));
    let field = |field: &'static str| (422, "bad-field", Some(field));
    for (path, body, expected) in [
        ("/api/me", profile("first_name", "Ann\u{202e}nA"), field("first_name")),
        ("/api/me", profile("last_name", "Holm\nBcc: x"), field("last_name")),
        ("/api/me", profile("first_name", &long), field("first_name")),
        ("/api/me", profile("phone", &long), field("phone")),
        ("/api/me", profile("language", "xx"), field("language")),
        ("/api/me", profile("unheard_of", ""), field("unheard_of")),
        ("/api/me/country", json!({ "country": "XX" }), field("country")),
        ("/api/me/country", json!({ "country": "se" }), field("country")),
        ("/api/me/country", json!({ "country": 7 }), field("country")),
        ("/api/activations/confirm", activating(" "), field("choice")),
        ("/api/activations/confirm", activating("Con\u{0}toso"), field("choice")),
        ("/api/activations/confirm", activating("\u{202e}osotnoC"), field("choice")),
        ("/api/activations/confirm", activating("Contoso\u{200b}"), field("choice")),
        ("/api/activations/confirm", activating(&longer), field("choice")),
        ("/api/activations/preview", activating("Con\u{7}toso"), field("choice")),
        (
            "/api/activations/undo",
            json!({ "licence": { "programme": "none", "number": "1" }, "product": "A" }),
            field("licence.programme"),
        ),
        (
            "/api/activations/undo",
            json!({ "licence": { "programme": "select", "number": "" }, "product": "A" }),
            field("licence.number"),
        ),
        (
            "/api/activations/undo",
            json!({ "licence": { "programme": "select", "number": 1 }, "product": "A" }),
            field("licence.number"),
        ),
        (
            "/api/activations/undo",
            json!({ "licence": { "programme": "select", "number": "1", "x": 1 }, "product": "A" }),
            field("x"),
        ),
        (
            "/api/activations/undo",
            json!({ "licence": { "programme": "select", "number": "1" }, "product": longer }),
            field("product"),
        ),
        ("/api/activations/undo", json!({ "licence": { "programme": "select", "number": "1" } }), field("product")),
        ("/api/sign-in", json!({ "address": "osm@contoso.example", "code": "12345" }), field("code")),
        (
            "/api/sign-in",
            json!({ "address": "osm@contoso.example", "code": "\u{661}\u{662}\u{663}\u{664}\u{665}" }),
            field("code"),
        ),
        ("/api/sign-in", json!({ "address": "osm@contoso.example" }), field("code")),
    ] {
        let (status, problem) = reader.post_with(path, &[("idempotency-key", "12345678")], &body).await;
        hold(&format!("{path} {body}"), status, &problem, expected);
    }
    let long_key = "k".repeat(129);
    for key in ["", "short", &long_key, "schl\u{fc}ssel-1"] {
        let body = activating("Contoso");
        let (status, problem) = reader.post_with("/api/activations/confirm", &[("idempotency-key", key)], &body).await;
        hold(key, status, &problem, (422, "bad-field", Some("Idempotency-Key")));
    }

    // Places that there are not.
    let number = format!("/api/where/enterprise/{longer}");
    for path in [
        "/api/where/enterprise/%zz",
        "/api/where/enterprise/%ff",
        "/api/where/enterprise/~4",
        &number,
        "/api/where/Enterprise/1",
    ] {
        let (status, problem) = reader.get(path).await;
        hold(path, status, &problem, (404, "not-found", None));
    }
    assert_same(&before, &settled(&running).await);
    running.stop().await;
}

/// SAFE-07 requests that are wrong in every way, over all routes: each is answered, and none with an error of the service.
/// `cargo xtask bench malformed` sends 20,000 of them.
#[tokio::test]
async fn safe_07_no_request_is_so_malformed_that_the_service_fails() {
    let (running, mut reader) = portal().await;
    mint(&running.app, "secret").await;
    reader.mails = 0;
    let activation = token(&reader.mail(local::sample::SOMEBODY, |mail| has_link(mail, "/a#")).await, "/a#");
    let cookie = reader.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let origin = running.portal_url.clone();
    let proofs = Proofs { origin, cookie, token: "secret".into(), links: vec![activation] };
    let mut refused = 0;
    for sent in Malformed::new(1, proofs).take(1_600) {
        let headers: Vec<(&str, &str)> =
            sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = wire::ask(&running.portal_url, &sent.method, &sent.path, &headers, &sent.body).await;
        let shown = String::from_utf8_lossy(&sent.body[..sent.body.len().min(300)]).into_owned();
        assert!(answer.status < 500, "{} {} ({}): {} {shown}", sent.method, sent.path, sent.way, answer.status);
        refused += u32::from(answer.status >= 400);
    }
    assert!(refused > 1_000, "most of them are refused: {refused}");
    // Who is signed in still is: nothing of it was taken for something else.
    assert_eq!(reader.get("/api/me").await.0, 200);
    running.stop().await;
}

/// LINK-08 SAFE-07 links that were cut short, added to, changed in case, or are for something else.
#[tokio::test]
async fn link_08_a_link_that_is_not_whole_is_refused_and_nothing_is_written() {
    let (running, mut reader) = portal().await;
    reader.mails = 0;
    let activation = reader.mail(local::sample::SOMEBODY, |mail| has_link(mail, "/a#")).await;
    let activation = token(&activation, "/a#");
    let address = "new@robotics10.example";
    reader.post("/api/me/addresses", &json!({ "address": address, "repeated": address })).await;
    let proof = token(&reader.mail(address, |mail| has_link(mail, "/p#")).await, "/p#");
    let other = "other@robotics10.example";
    reader.post("/api/sign-in/ask", &json!({ "address": other })).await;
    let sign_in = token(&reader.mail(other, has_code).await, "/s#");
    let before = settled(&running).await;

    let broken = |whole: &str| {
        let cut = &whole[..whole.len() - 1];
        let swapped: String = whole.chars().rev().collect();
        let mut all: Vec<String> = [cut, &cut[..cut.len() / 2], "", "#", "\u{0}", &swapped].map(str::to_owned).to_vec();
        all.extend([whole.to_lowercase(), format!("{whole}A")]);
        all.extend([format!("{whole}{whole}"), whole.replace(['-', '_'], "+"), "A".repeat(60_000)]);
        // A last `0` only keeps a `-` or `_` from ending the link: without it, it is the same link.
        all.retain(|text| text != whole && !(text == cut && (whole.ends_with("-0") || whole.ends_with("_0"))));
        all
    };
    let portal_of = |token: &str| json!({ "target": { "link": token } });
    for (path, whole, others) in [
        ("/api/links/inspect", &activation, [&proof, &sign_in]),
        ("/api/links/ask", &activation, [&proof, &sign_in]),
        ("/api/activations/preview", &activation, [&proof, &sign_in]),
        ("/api/me/addresses/link", &proof, [&activation, &sign_in]),
        ("/api/me/addresses/prove", &proof, [&activation, &sign_in]),
        ("/api/me/addresses/move", &proof, [&activation, &sign_in]),
        ("/api/me/addresses/not-me", &proof, [&activation, &sign_in]),
        ("/api/sign-in/link", &sign_in, [&activation, &proof]),
        ("/api/sign-in", &sign_in, [&activation, &proof]),
    ] {
        for token in broken(whole).into_iter().chain(others.map(String::clone)) {
            let body = if path.ends_with("preview") { portal_of(&token) } else { json!({ "token": token }) };
            let (status, problem) = reader.post(path, &body).await;
            let field = problem["field"].as_str().map(|_| "token");
            hold(&format!("{path} {token:.80}"), status, &problem, (404, "bad-link", field));
        }
    }
    assert_same(&before, &settled(&running).await);
    running.stop().await;
}

/// REG-12 a session ends after two idle hours, after twelve altogether, and when it is signed out, wherever its cookie is
/// kept; a clock that is a minute off ends none.
#[tokio::test]
async fn reg_12_an_ended_session_asks_to_sign_in() {
    let (running, mut reader) = portal().await;
    let start = running.app.now();
    let at = |seconds: i64| licensing::Timestamp::from_second(start.as_second() + seconds).expect("a time");
    running.app.clock.set(at(-60));
    assert_eq!(reader.get("/api/me").await.0, 200);
    running.app.clock.set(at(2 * 3600 + 60));
    let (status, problem) = reader.get("/api/me").await;
    hold("idle", status, &problem, (401, "sign-in-needed", None));
    let body = json!({ "first_name": "A", "last_name": "B", "language": "en", "phone": "" });
    let (status, problem) = reader.post("/api/me", &body).await;
    hold("idle", status, &problem, (401, "sign-in-needed", None));

    reader.sign_in(local::sample::SOMEBODY).await;
    let kept = reader.cookies.clone();
    assert_eq!(reader.post("/api/sign-out", &json!({})).await.0, 204);
    reader.cookies = kept;
    let (status, problem) = reader.get("/api/me").await;
    hold("signed out", status, &problem, (401, "sign-in-needed", None));
    running.stop().await;
}

/// Shows the first item that differs, not megabytes of both.
fn assert_same(before: &[String], after: &[String]) {
    let differs = before.iter().zip(after).find(|(before, after)| before != after);
    assert_eq!(differs, None);
    assert_eq!(before.len(), after.len());
}
