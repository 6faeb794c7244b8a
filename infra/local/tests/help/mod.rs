//! What the tests of the local portal share: a folder that goes away, and a browser of a few lines.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A folder of this test's own; it is removed at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("countersign-local-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder for this test");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All headers of this name.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }
}

/// A request as it goes over the wire, so that a test can send what no client would.
pub(crate) async fn ask(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("the portal listens");
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str(&["host: ", host, "\r\n"].concat());
    }
    for (name, value) in headers {
        head.push_str(&[*name, ": ", *value, "\r\n"].concat());
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("the request is sent");
    // Whoever refuses a body may close before it is sent whole.
    let _ = stream.write_all(body).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer with a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

pub(crate) async fn get(base: &str, path: &str) -> Answer {
    ask(base, "GET", path, &[], b"").await
}

pub(crate) async fn post(base: &str, path: &str, body: &Value) -> Answer {
    ask(base, "POST", path, &[("content-type", "application/json"), ("origin", base)], body.to_string().as_bytes())
        .await
}

/// The newest mail to an address, as soon as there is one after that number.
pub(crate) async fn mail_to(mailbox: &str, address: &str, after: u64) -> Value {
    for _ in 0..4 {
        let found = get(mailbox, &format!("/api/mails?to={address}&after={after}&wait=30")).await.json();
        if let Some(mail) = found["mails"].get(0) {
            return mail.clone();
        }
    }
    panic!("no mail came to {address}");
}

/// Waits for something, generously: other programs may be using the machine.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..1200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("this did not come to pass: {what}");
}

/// Loads rows of the import format, as the sample data is.
pub(crate) async fn load(app: &gateway::App, rows: &str) {
    use licensing::import::{Lines, Reader};
    let (mut lines, mut reader, mut rest) = (Lines::new(), Reader::new(), rows.as_bytes());
    let mut all = Vec::new();
    while let Some(line) = lines.next(&mut rest) {
        all.push(reader.read(&line));
    }
    all.extend(lines.last().map(|line| reader.read(&line)));
    let options = load_orders::Options { load: "test".into(), operator: "test".into(), dry_run: false };
    let mut loader = load_orders::Loader::new(app, options);
    let loaded = loader.take(&all).await.expect("the database takes the rows");
    assert_eq!(loaded.refused, 0, "{:?}", loaded.lines);
    loader.finish().await.expect("the load ends");
}

/// A customer with one order of a service, whose mail goes to `osm` and then to `notices`.
pub(crate) fn an_order(osm: &str, notices: &str, usage_starts: &str) -> String {
    [
        r#"{"type": "product", "sku": "MAIL-ENT", "name": "Mail and Calendar", "kind": "online-service"}"#.to_owned(),
        r#"{"type": "customer", "id": "cust-1", "name": "Contoso", "country": "NO"}"#.to_owned(),
        format!(
            r#"{{"type": "agreement", "programme": "enterprise", "number": "10000001", "customer": "cust-1", "starts": "2026-01-01", "ends": "2029-12-31", "contacts": {{"online-services-manager": "{osm}", "notices": "{notices}"}}}}"#
        ),
        format!(
            r#"{{"type": "order", "id": "PO-1", "programme": "enterprise", "number": "10000001", "purchased": "2026-11-01", "usage_starts": "{usage_starts}", "lines": [{{"product": "MAIL-ENT", "quantity": 25}}]}}"#
        ),
    ]
    .join("\n")
}
