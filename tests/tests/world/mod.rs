//! Contoso, where something can be asked of every route.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(unreachable_pub, reason = "a module of tests")]

use api::path;
use gateway::{
    Request,
    testing::{
        Bench, Browser,
        mapping::image,
        scene::{MAIL, at_contoso},
    },
};
use http::HeaderValue;
use lambda_http::Body;
use licensing::{
    seal::{Link, stored_hash},
    when::add_days,
};
use serde_json::{Value, json};
use store::{Table, Write, tokens::Token};
use tests::description::{document, operations, resolved};

/// Contoso, where something can be asked of every route.
pub struct World {
    pub bench: Bench,
    pub osm: Browser,
    tokens: Vec<(&'static [&'static str], String)>,
}

impl World {
    pub async fn new() -> Self {
        let bench = Bench::new().await;
        bench.contoso().await;
        let activation = bench.invite(MAIL).await;
        let osm = bench.signed_in(&["osm@contoso.example"]).await;
        let person = bench.person("osm@contoso.example").await;
        let account = bench.account("contoso-main", &["boss@contoso.example"]).await;
        let join = bench.ask_to_join(&account, &person, MAIL).await;
        let (address, profile) = (at_contoso("osm"), person.profile);
        let seal = |link: &Link| bench.app.keys.links().seal(link);
        let sign_in = seal(&Link::SignIn { address: address.clone(), device: String::new(), generation: 1 });
        let prove = seal(&Link::ProveAddress { profile, address, generation: 1 });
        let tokens: Vec<(&[&str], String)> = vec![
            (&[path::SIGN_IN_LINK], sign_in),
            (&[path::PROOF_LINK, path::PROVE, path::MOVE_ADDRESS, path::NOT_ME], prove),
            (&[path::JOIN_LINK], bench.join_token(&join, "boss@contoso.example")),
            (&[path::LINK, path::LINK_ASK, path::PREVIEW, path::CONFIRM], activation),
        ];
        let token = Token {
            name: "orders".into(),
            scopes: vec!["load".into()],
            minted_at: bench.app.now(),
            expires_at: add_days(bench.app.now(), 1),
            customers: None,
            revoked_at: None,
            version: 1,
        };
        let mut write = Write::new();
        write.token(&bench.store, &stored_hash(b"secret"), None, &token);
        write.commit(&bench.store).await.expect("written");
        Self { bench, osm, tokens }
    }

    /// A good request for each operation of the API's description.
    pub fn requests(&self) -> Vec<(String, Request)> {
        self.requests_by(&self.osm)
    }

    /// The same, asked in another's browser.
    pub fn requests_by(&self, browser: &Browser) -> Vec<(String, Request)> {
        let document = document();
        let all = operations(&document).into_iter().map(|(path, method, operation)| {
            let mut address = path.clone();
            for (name, value) in
                [("programme", "enterprise"), ("number", "88590039"), ("product", MAIL), ("id", "contoso-main")]
            {
                address = address.replace(&format!("{{{name}}}"), value);
            }
            let content = &operation["requestBody"]["content"];
            let mut request = if path == path::LOAD {
                self.load(content["application/jsonl"]["example"].as_str().expect("an example"))
            } else if method == "GET" {
                browser.get(&address)
            } else {
                let schema = resolved(&document, &content["application/json"]["schema"]);
                let mut body = schema["examples"][0].clone();
                for (paths, token) in &self.tokens {
                    if paths.contains(&path.as_str()) {
                        put_token(&mut body, token);
                    }
                }
                browser.post(&address, &body)
            };
            request.headers_mut().insert("idempotency-key", HeaderValue::from_static("key-00000001"));
            (format!("{method} {path}"), request)
        });
        all.collect()
    }

    /// The request for an operation.
    pub fn request(&self, operation: &str) -> Request {
        let found = self.requests().into_iter().find(|(name, _)| name == operation);
        found.unwrap_or_else(|| panic!("there is no {operation}")).1
    }

    pub fn load(&self, rows: &str) -> Request {
        let mut request = self.osm.post(path::LOAD, &json!({}));
        *request.body_mut() = Body::Text(rows.to_owned());
        request.headers_mut().insert("content-type", HeaderValue::from_static("application/jsonl"));
        request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer secret"));
        request
    }

    /// All that is stored.
    pub async fn stored(&self) -> Vec<String> {
        let (client, mut all) = (self.bench.store.client(), Vec::new());
        for table in Table::ALL {
            let scan = client.scan().table_name(self.bench.store.name(*table)).into_paginator().items().send();
            let items = scan.try_collect().await.expect("the database answers");
            all.extend(items.iter().map(|item| format!("{table:?} {}", image(item))));
        }
        all.sort();
        all
    }

    /// How many items each table holds.
    pub async fn counts(&self) -> Vec<(Table, usize)> {
        let all = self.stored().await;
        let count = |table: &Table| all.iter().filter(|item| item.starts_with(&format!("{table:?} "))).count();
        Table::ALL.iter().map(|table| (*table, count(table))).collect()
    }
}

/// Rows of so many customers.
pub fn customers(count: usize) -> String {
    (0..count)
        .map(|number| format!(r#"{{"type":"customer","id":"c{number}","name":"N","country":"SE"}}"#) + "\n")
        .collect()
}

/// Replaces the example's token, wherever it stands.
fn put_token(body: &mut Value, token: &str) {
    let Value::Object(fields) = body else { return };
    for (name, value) in fields {
        if name == "token" || name == "link" {
            *value = token.into();
        }
        put_token(value, token);
    }
}
