//! Requests as they go over the wire, so that a test can send what no client would.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    /// All headers of this name.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Asks the server at `http://HOST:PORT`, and reads the answer to its end.
pub async fn ask(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("the server listens");
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&[*name, ": ", *value, "\r\n"].concat());
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("the request is sent");
    // A server may answer before it has read everything.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let answer = Answer { status, head, body: answer[end + 4..].to_vec() };
    assert!(answer.header("transfer-encoding").is_none(), "this client reads answers of a known length");
    answer
}

/// The headers by which a request with this body is let in to a database.
pub type Sign<'a> = &'a dyn Fn(&[u8]) -> [(&'static str, String); 2];

/// Asks a database in its own words, as the SDK does, and gives its words back.
pub async fn dynamodb(url: &str, sign: Sign<'_>, operation: &str, request: Value) -> Value {
    let (target, body) = (format!("DynamoDB_20120810.{operation}"), request.to_string());
    let signed = sign(body.as_bytes());
    let mut headers = vec![("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.0")];
    headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
    ask(url, "POST", "/", &headers, body.as_bytes()).await.json()
}

/// All items of a table.
pub async fn items(url: &str, sign: Sign<'_>, table: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut request = serde_json::json!({ "TableName": table });
    loop {
        let page = dynamodb(url, sign, "Scan", request.clone()).await;
        all.extend(page["Items"].as_array().unwrap_or_else(|| panic!("{table}: {page}")).iter().cloned());
        if page["LastEvaluatedKey"].is_null() {
            return all;
        }
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}
