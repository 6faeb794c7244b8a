//! A browser of a few lines at a running portal.

use std::collections::{BTreeMap, BTreeSet};

use gateway::App;
use licensing::{seal::stored_hash, when::add_days};
use serde_json::{Value, json};
use store::{Write, tokens::Token};

use crate::{
    description::{Checker, FILE, document, resolved, strict},
    wire,
};

/// A browser that holds every answer against the description.
pub struct Reader {
    /// Where the portal is.
    pub url: String,
    mailbox: String,
    checker: Checker,
    /// Its cookies.
    pub cookies: BTreeMap<String, String>,
    /// What was answered: path, method, status.
    pub seen: BTreeSet<(String, String, u16)>,
    /// The newest mail that it looked at.
    pub mails: u64,
}

impl Reader {
    /// Of a portal and its mailbox, without cookies.
    pub fn new(portal: &str, mailbox: &str) -> Self {
        Self {
            url: portal.to_owned(),
            mailbox: mailbox.to_owned(),
            checker: Checker::new(strict(document())),
            cookies: BTreeMap::new(),
            seen: BTreeSet::new(),
            mails: 0,
        }
    }

    /// Another person's browser.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { mails: self.mails, ..Self::new(&self.url, &self.mailbox) }
    }

    /// Asks, and holds the answer against what the operation announces.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> wire::Answer {
        let plain = path.split('?').next().unwrap_or_default();
        let route = api::path::Route::of(plain).unwrap_or_else(|| panic!("{plain} is no path of the API"));
        let line = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut headers = headers.to_vec();
        if !line.is_empty() {
            headers.push(("cookie", &line));
        }
        let answer = wire::ask(&self.url, method, path, &headers, body).await;
        for cookie in answer.headers("set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a name");
            match rest.split(';').next() {
                Some("") | None => self.cookies.remove(name),
                Some(value) => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        self.hold(method, route.path, &answer);
        answer
    }

    fn hold(&mut self, method: &str, route: &str, answer: &wire::Answer) {
        let name = format!("{method} {route}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let status = answer.status.to_string();
        let document = &self.checker.document;
        let method_key = method.to_lowercase();
        let responses = &document["paths"][route][&method_key]["responses"];
        assert!(responses[&status].is_object(), "{name}: {FILE} does not announce {status}");
        let response = resolved(document, &responses[&status]);
        let mut pointer = match responses[&status]["$ref"].as_str() {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => format!("/paths/{}/{method_key}/responses/{status}", route.replace('/', "~1")),
        };
        for header in ["set-cookie", "retry-after", "link"] {
            if answer.header(header).is_some() {
                let announced = response["headers"].as_object().into_iter().flatten();
                let mut names = announced.map(|(name, _)| name.to_lowercase());
                assert!(names.any(|name| name == header), "{name}: {FILE} does not announce the header {header}");
            }
        }
        if let Some(kind) = answer.header("content-type").map(|kind| kind.split(';').next().unwrap_or_default()) {
            assert!(response["content"][kind].is_object(), "{name}: {FILE} does not announce {kind}");
            pointer.push_str(&format!("/content/{}/schema", kind.replace('/', "~1")));
            if kind.ends_with("json") {
                assert_eq!(self.checker.faults(&pointer, &answer.json()), None, "{name}");
            }
        } else {
            assert!(response["content"].is_null() && answer.body.is_empty(), "{name}: no content type");
        }
        self.seen.insert((route.to_owned(), method.to_owned(), answer.status));
    }

    /// Reads.
    pub async fn get(&mut self, path: &str) -> (u16, Value) {
        let answer = self.ask("GET", path, &[], b"").await;
        (answer.status, answer.json())
    }

    /// Sends JSON, as the pages do.
    pub async fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        self.post_with(path, &[], body).await
    }

    /// The same with more headers.
    pub async fn post_with(&mut self, path: &str, more: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let origin = self.url.clone();
        let mut headers = vec![("content-type", "application/json"), ("origin", origin.as_str())];
        headers.extend(more);
        let answer = self.ask("POST", path, &headers, body.to_string().as_bytes()).await;
        (answer.status, answer.json())
    }

    /// The newest mail to an address that fits, and was not looked at before.
    pub async fn mail(&mut self, to: &str, fits: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let path = format!("/api/mails?to={to}&after={}", self.mails);
            let found = wire::ask(&self.mailbox, "GET", &path, &[], b"").await.json();
            if let Some(mail) = found["mails"].as_array().expect("mails").iter().find(|mail| fits(mail)) {
                self.mails = mail["number"].as_u64().expect("a number");
                return mail.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no mail came to {to}");
    }

    /// Signs in with the code of the mail.
    pub async fn sign_in(&mut self, address: &str) {
        let (status, asked) = self.post("/api/sign-in/ask", &json!({ "address": address })).await;
        assert_eq!(status, 200, "{asked}");
        let mail = self.mail(address, has_code).await;
        let (status, me) = self.post("/api/sign-in", &json!({ "address": address, "code": mail["code"] })).await;
        assert_eq!(status, 200, "{me}");
    }
}

/// The token of the first link of a mail to this page.
pub fn token(mail: &Value, page: &str) -> String {
    let links = mail["links"].as_array().expect("links").iter().filter_map(Value::as_str);
    let mut tokens = links.filter_map(|link| link.split_once(page).map(|(_, token)| token.to_owned()));
    tokens.next().unwrap_or_else(|| panic!("no link to {page} in {mail}"))
}

/// Whether a mail has a link to this page.
pub fn has_link(mail: &Value, page: &str) -> bool {
    let links = mail["links"].as_array().into_iter().flatten();
    links.filter_map(Value::as_str).any(|link| link.contains(page))
}

/// Whether a mail has a code.
pub fn has_code(mail: &Value) -> bool {
    mail["code"].is_string()
}

/// A token of scope `load` with this secret, good for a day.
pub async fn mint(app: &App, secret: &str) {
    let now = app.now();
    let token = Token {
        name: "order system".into(),
        scopes: vec!["load".into()],
        minted_at: now,
        expires_at: add_days(now, 1),
        customers: None,
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&app.store, &stored_hash(secret.as_bytes()), None, &token);
    write.commit(&app.store).await.expect("nobody has this secret");
}
