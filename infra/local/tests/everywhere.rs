//! What one function wrote, all others show at once.

mod help;

use help::{Answer, an_order, ask, get, load, post};
use local::{Options, Running};
use serde_json::{Value, json};

/// LIC-01 ACT-12 LINK-01 LINK-05 a typing error in the names of customer, product and account, loaded again corrected: the link's
/// page, preview, lists, files, *where* and mails show the current name, for each of more agreements than are worked on at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn act_12_corrected_names_are_shown_everywhere() {
    let portal = local::start(Options::default()).await.expect("it starts");
    let named = |customer: &str, product: &str, account: &str| {
        let order = an_order("osm@contoso.example", "notices@contoso.example", "2026-11-01");
        let order = order.replace("Mail and Calendar", product).replace("Contoso", customer);
        let account = format!(
            r#"{{"type": "account", "id": "acc-1", "name": "{account}", "customer": "cust-1", "domains": [], "global_admins": ["boss@contoso.example"], "billing_admins": []}}"#
        );
        format!("{order}\n{account}")
    };
    let more: Vec<String> = (1..=45)
        .map(|number| {
            format!(
                r#"{{"type": "agreement", "programme": "select", "number": "{number}", "customer": "cust-1", "starts": "2026-01-01", "ends": "2029-12-31", "contacts": {{"online-services-manager": "osm@contoso.example"}}}}"#
            )
        })
        .collect();
    load(&portal.app, &named("Contosso", "Mial and Calendar", "Contosso Main")).await;
    load(&portal.app, &more.join("\n")).await;
    let link = mailed(&portal, "osm@contoso.example", token_of).await;
    let osm = Person::signs_in(&portal, "osm@contoso.example").await;
    let which = json!({ "programme": "enterprise", "number": "10000001" });
    let target = json!({ "portal": { "licence": which, "product": "MAIL-ENT" } });
    let choice = json!({ "target": target, "choice": { "existing": "acc-1" } });
    let confirmed = osm.post("/api/activations/confirm", &choice, &[("idempotency-key", "key-00000001")]).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    let mails = get(&portal.mailbox_url, "/api/mails?limit=100").await.json()["mails"].as_array().map_or(0, Vec::len);
    assert!(mails > 0);

    load(&portal.app, &named("Contoso", "Mail and Calendar", "Contoso Main")).await;
    // The subject of a mail that went out stays as it was sent, so that it can be found in the mailbox.
    let sent = r#""subject":"Activate Mial and Calendar for Contosso""#;
    let wrong = |text: &str| {
        let text = text.replace(sent, "");
        ["Contosso", "Mial"].into_iter().any(|typo| text.contains(typo))
    };
    let paths = [
        "/api/activations",
        "/api/activations?format=csv",
        "/api/activations?q=contoso",
        "/api/activations/enterprise/10000001/MAIL-ENT",
        "/api/where/enterprise/10000001",
        "/api/me/licences",
        "/api/me/licences?after=select/20",
    ];
    for path in paths {
        help::until(path, async || {
            let answer = ask(&portal.portal_url, "GET", path, &[("cookie", &osm.cookies)], b"").await;
            assert_eq!(answer.status, 200, "{path}");
            !wrong(answer.text()) && answer.text().contains("Contoso")
        })
        .await;
    }
    let shown = osm.post("/api/links/inspect", &json!({ "token": link }), &[]).await;
    assert!(shown.status == 200 && !wrong(shown.text()), "{}", shown.text());
    let undone = osm.post("/api/activations/undo", &json!({ "licence": which, "product": "MAIL-ENT" }), &[]).await;
    assert_eq!(undone.status, 200, "{}", undone.text());
    let preview = osm.post("/api/activations/preview", &json!({ "target": target }), &[]).await;
    assert!(preview.status == 200 && !wrong(preview.text()), "{}", preview.text());
    let newest = mailed(&portal, "osm@contoso.example", |mail| {
        let about = mail["subject"].as_str().filter(|subject| subject.starts_with("Undone"))?;
        Some(about.to_owned())
    })
    .await;
    assert!(!wrong(&newest) && newest.contains("Mail and Calendar"), "{newest}");
    portal.stop().await;
}

/// A person who is signed in.
struct Person<'a> {
    portal: &'a Running,
    cookies: String,
}

impl<'a> Person<'a> {
    async fn signs_in(portal: &'a Running, address: &str) -> Self {
        let asked = post(&portal.portal_url, "/api/sign-in/ask", &json!({ "address": address })).await;
        assert_eq!(asked.status, 200, "{}", asked.text());
        let mut person = Self { portal, cookies: String::new() };
        person.keep(&asked);
        let code = mailed(portal, address, |mail| mail["code"].as_str().map(str::to_owned)).await;
        let answer = person.post("/api/sign-in", &json!({ "address": address, "code": code }), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        person.keep(&answer);
        let answer = person.post("/api/me/country", &json!({ "country": "NO" }), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        person
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if !self.cookies.is_empty() {
                self.cookies.push_str("; ");
            }
            self.cookies.push_str(pair);
        }
    }

    async fn post(&self, path: &str, body: &Value, more: &[(&str, &str)]) -> Answer {
        let url = &self.portal.portal_url;
        let mut headers =
            vec![("content-type", "application/json"), ("origin", url.as_str()), ("cookie", &self.cookies)];
        headers.extend(more);
        ask(url, "POST", path, &headers, body.to_string().as_bytes()).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = ask(&self.portal.portal_url, "GET", path, &[("cookie", &self.cookies)], b"").await;
        assert_eq!(answer.status, 200, "nobody is logged out: {path}: {}", answer.text());
        answer.json()
    }

    /// The state of the only activation, wherever it is shown.
    async fn shown(&self, link: &str) -> [String; 4] {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = self.get("/api/activations").await;
        let one = self.get("/api/activations/enterprise/10000001/MAIL-ENT").await;
        let licence = self.get("/api/where/enterprise/10000001").await;
        let mailed = self.post("/api/links/inspect", &json!({ "token": link }), &[]).await.json();
        [
            text(&list["rows"][0]["state"]),
            text(&one["row"]["state"]),
            text(&licence["lines"][0]["state"]),
            text(&mailed["state"]),
        ]
    }
}

/// What a mail to an address says, as soon as there is one that says it.
async fn mailed(portal: &Running, address: &str, what: impl Fn(&Value) -> Option<String>) -> String {
    for _ in 0..1200 {
        let all = get(&portal.mailbox_url, &format!("/api/mails?to={address}")).await.json();
        if let Some(said) = all["mails"].as_array().into_iter().flatten().find_map(&what) {
            return said;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no such mail came to {address}");
}

/// The token of a mail's activation link.
fn token_of(mail: &Value) -> Option<String> {
    let links = mail["links"].as_array()?.iter().filter_map(Value::as_str);
    links.filter_map(|link| link.split_once("/a#")).map(|(_, token)| token.to_owned()).next()
}

/// LINK-06 what was activated or taken back shows at once in the list, on its own page, where it is explained and behind its
/// link; the session goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn link_06_the_state_is_right_everywhere_at_once() {
    let portal = local::start(Options::default()).await.expect("it starts");
    load(&portal.app, &an_order("osm@contoso.example", "notices@contoso.example", "2026-11-01")).await;
    let link = mailed(&portal, "osm@contoso.example", token_of).await;

    let osm = Person::signs_in(&portal, "osm@contoso.example").await;
    assert_eq!(osm.shown(&link).await, ["invited", "invited", "invited", "good"]);
    let choice = json!({ "target": { "link": link }, "choice": { "new": "Contoso" } });
    let done = osm.post("/api/activations/confirm", &choice, &[("idempotency-key", "0123456789")]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(osm.shown(&link).await, ["activated", "activated", "activated", "used"]);
    let which = json!({ "licence": { "programme": "enterprise", "number": "10000001" }, "product": "MAIL-ENT" });
    let undone = osm.post("/api/activations/undo", &which, &[]).await;
    assert_eq!(undone.status, 200, "{}", undone.text());
    assert_eq!(osm.shown(&link).await, ["invited", "invited", "invited", "good"]);
    portal.stop().await;
}

/// LINK-11 a product with a provisioning endpoint is being set up until that answers, wherever it is shown; bus, webhook and
/// endpoint are told by the real clients, with signatures that hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn link_11_what_an_endpoint_sets_up_is_shown_as_such_until_it_answers() {
    let portal = local::start(Options::default()).await.expect("it starts");
    let rows = an_order("osm@contoso.example", "notices@contoso.example", "2026-11-01");
    load(&portal.app, &rows.replace("MAIL-ENT", local::events::SET_UP)).await;
    local::events::settle(&portal.app, &portal.mailbox_of_programs, true).await.expect("the database answers");
    let link = mailed(&portal, "osm@contoso.example", token_of).await;
    let osm = Person::signs_in(&portal, "osm@contoso.example").await;
    let page = format!("/api/activations/enterprise/10000001/{}", local::events::SET_UP);

    let choice = json!({ "target": { "link": link }, "choice": { "new": "Contoso" } });
    let done = osm.post("/api/activations/confirm", &choice, &[("idempotency-key", "0123456789")]).await;
    assert_eq!((done.status, &done.json()["provisioning"]), (200, &json!(true)), "{}", done.text());
    // The endpoint takes nine seconds, so what is asked for right now is not set up yet.
    let shown = osm.get(&page).await;
    assert_eq!((&shown["row"]["state"], &shown["setting_up"]["takes_long"]), (&json!("provisioning"), &json!(false)));
    assert_eq!(osm.get("/api/activations").await["rows"][0]["state"], "provisioning");
    assert_eq!(osm.get("/api/where/enterprise/10000001").await["lines"][0]["state"], "provisioning");
    let by_link = osm.post("/api/links/inspect", &json!({ "token": link }), &[]).await.json();
    assert_eq!(by_link["state"], "provisioning");
    let told = |what: &str, by: &str| {
        let heard = portal.events.all();
        heard
            .iter()
            .filter(|heard| heard.what == what && heard.by == by)
            .map(|heard| heard.answer.clone())
            .collect::<Vec<_>>()
    };
    help::until("the endpoint has answered", async || osm.get(&page).await["row"]["state"] == "activated").await;
    mailed(&portal, "osm@contoso.example", |mail| mail["subject"].as_str()?.starts_with("Activated").then(String::new))
        .await;
    help::until("all are told", async || told("activation.provisioned", "webhook").len() == 1).await;
    let asked: Vec<String> = told("activation.provision", "endpoint");
    assert!(asked.len() >= 2 && asked[0] == "202" && asked.last().is_some_and(|last| last == "200"), "{asked:?}");
    for what in ["activation.confirmed", "activation.provisioned"] {
        let (bus, webhook): (Vec<String>, Vec<String>) = (told(what, "bus"), told(what, "webhook"));
        assert_eq!((bus.join(" "), webhook.join(" ")), ("taken".into(), "204".into()), "{what}");
    }
    let listed = get(&portal.mailbox_url, "/api/events").await.json();
    assert_eq!(listed["events"].as_array().map(Vec::len), Some(portal.events.all().len()));

    // Whoever is not a subscriber's publisher is found out.
    let forged = ask(&portal.mailbox_url, "POST", "/demo/webhook", &[("webhook-signature", "v1,x")], b"{}").await;
    assert_eq!(forged.status, 401);
    portal.stop().await;
}
