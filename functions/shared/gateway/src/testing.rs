//! For functions' tests: an application on an embedded database of its own, and a browser that keeps its cookies.

pub mod faults;
pub mod flaky_proxy;
pub mod interleavings;
pub mod mapping;
pub mod permissions;
pub mod scene;
pub mod stored;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use ed25519_dalek::SigningKey;
use http::{HeaderValue, header};
use lambda_http::Body;
use licensing::{Policy, Timestamp, seal::LinkKeys};
use mail::{Mailer, Memory};
use outside::{
    Outside,
    testing::{Net, Published},
};
use serde_json::Value;
use store::Store;

use crate::{App, Chance, Clock, Keys, Request, Response, Site};

/// An application with the real engine in memory, a clock that stands still, and mails that are kept.
pub struct Bench {
    /// The application. What is asked of its store counts as asked by the function under test ([`permissions`]).
    pub app: App,
    /// The same database, for what the test itself prepares and looks at. Its meter is its own.
    pub store: Store,
    /// The mails.
    pub mails: Memory,
    /// What was published on the event bus.
    pub published: Published,
    /// Where names lead.
    pub net: Arc<Net>,
    /// Where the database answers.
    pub endpoint: String,
    database: dynoxide::Database,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        stored::note_all(&self.database);
        self.serving.abort();
    }
}

/// The time at which a bench's clock stands: that of the sample data's dry run.
pub const NOON: &str = "2026-11-22T00:00:00Z";

/// Draws "random" bytes that never repeat and are the same in every run.
pub fn counted_chance() -> Chance {
    let next = AtomicU64::new(1);
    Chance::of(Arc::new(move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: spreads a counter evenly.
            let mut z = next.fetch_add(1, Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }))
}

/// The numbers that the dates in tests were worked out with: a default that changes leaves them as they are.
pub fn policy() -> Policy {
    Policy::from_json(include_str!("../../../../tests/data/policy.json")).expect("a policy")
}

impl Bench {
    /// A fresh one.
    pub async fn new() -> Self {
        Self::with_policy(policy()).await
    }

    /// A fresh one with other numbers.
    pub async fn with_policy(policy: Policy) -> Self {
        let database = dynoxide::Database::memory().expect("an in-memory database");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound port"));
        let serving = tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let chance = counted_chance();
        let plain = aws_smithy_http_client::Builder::new().build_http();
        let noted = SharedHttpClient::new(permissions::Noted(plain.clone()));
        let store = Store::new(client_over(plain, &endpoint), "t-", chance.for_store(), &policy);
        store::table::create_all(store.client(), "t-").await.expect("tables");
        let seal = SigningKey::from_bytes(&[9; 32]);
        let published = vec![seal.verifying_key()];
        let mails = Memory::default();
        let (told, net) = (Published::default(), Arc::new(Net::default()));
        let app = App {
            store: Store::new(client_over(noted, &endpoint), "t-", chance.for_store(), &policy),
            clock: Clock::fixed(NOON.parse().expect("a time")),
            chance,
            policy: Arc::new(policy),
            keys: Arc::new(Keys::new(Some(LinkKeys::single(1, &[7; 32])), Some(seal), published)),
            mailer: Some(Arc::new(Mailer::Memory(mails.clone()))),
            outside: Some(Arc::new(Outside::in_net(&net, &told, false))),
            site: Arc::new(Site { base: "https://portal.example".into(), production: true }),
        };
        Self { app, store, mails, published: told, net, endpoint, database, serving }
    }

    /// Moves the clock.
    pub fn set_time(&self, at: &str) {
        self.app.clock.set(at.parse().expect("a time"));
    }

    /// Moves the clock forward.
    pub fn pass(&self, seconds: i64) {
        let at = Timestamp::from_second(self.app.now().as_second() + seconds).expect("a time");
        self.app.clock.set(at);
    }
}

/// A client of the real SDK to an embedded database.
pub fn client(endpoint: &str) -> store::sdk::Client {
    client_over(aws_smithy_http_client::Builder::new().build_http(), endpoint)
}

fn client_over(http: SharedHttpClient, endpoint: &str) -> store::sdk::Client {
    use store::sdk::config::{BehaviorVersion, Builder, Region};
    store::sdk::Client::from_conf(
        Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-north-1"))
            .credentials_provider(credentials())
            .endpoint_url(endpoint)
            .http_client(http)
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .build(),
    )
}

pub(crate) fn credentials() -> aws_credential_types::Credentials {
    aws_credential_types::Credentials::new("test", "test", None, None, "test")
}

/// A browser: keeps cookies and says where its requests come from.
#[derive(Default)]
pub struct Browser {
    cookies: Mutex<std::collections::BTreeMap<String, String>>,
}

impl Browser {
    /// A cold one.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with the cookies that another has now.
    pub fn with_cookies_of(other: &Self) -> Self {
        Self { cookies: Mutex::new(other.cookies.lock().expect("no test panics while holding it").clone()) }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path, Body::Empty)
    }

    /// A POST request with JSON from the portal's own pages.
    pub fn post(&self, path: &str, body: &impl serde::Serialize) -> Request {
        let mut request = self.request("POST", path, Body::Text(serde_json::to_string(body).expect("plain data")));
        let headers = request.headers_mut();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://portal.example"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// Keeps the cookies of an answer and reads its JSON.
    pub fn take(&self, response: &Response) -> (u16, Value) {
        let mut cookies = self.cookies.lock().expect("no test panics while holding it");
        for value in response.headers().get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap_or_default();
            let (name, rest) = text.split_once('=').unwrap_or_default();
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.into(), value.into());
            }
        }
        let json = match response.body() {
            Body::Text(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())),
            _ => Value::Null,
        };
        (response.status().as_u16(), json)
    }

    /// Puts a cookie in, as a test's short cut.
    pub fn put_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("no test panics while holding it").insert(name.into(), value.into());
    }

    fn request(&self, method: &str, path: &str, body: Body) -> Request {
        let cookies = self.cookies.lock().expect("no test panics while holding it");
        let line = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut builder = http::Request::builder().method(method).uri(format!("https://portal.example{path}"));
        if !line.is_empty() {
            builder = builder.header(header::COOKIE, line);
        }
        builder.body(body).expect("a valid request")
    }
}
