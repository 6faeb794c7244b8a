//! A host of somebody else's, on this machine: answers as it is told, and keeps what it was asked.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use outside::testing::acceptor;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};

/// What the host does with the next request.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Answers with this status and text.
    Says(u16, &'static str),
    /// Answers with this status, header and text.
    SaysWith(u16, &'static str, String),
    /// Answers 200, after so many milliseconds.
    SaysLate(u64),
    /// Takes the request and never answers.
    Hangs,
    /// Closes the connection without an answer.
    HangsUp,
    /// Answers, and then sends without end.
    Floods,
    /// Is no HTTP at all.
    Babbles,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Type and version.
    pub(crate) fn what(&self) -> (String, u64) {
        let body = self.json();
        let kind = body["type"].as_str().expect("a type").to_owned();
        (kind, body["data"]["version"].as_u64().unwrap_or_default())
    }

    pub(crate) fn is_signed_for(&self, receiver: &str) -> bool {
        let secret = outside::testing::keys().secret(receiver);
        let (id, time) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        licensing::sign::is_signed(&secret, id, time, &self.body, self.header("webhook-signature"))
    }
}

#[derive(Clone, Default)]
pub(crate) struct Others {
    asked: Arc<Mutex<Vec<Asked>>>,
    next: Arc<Mutex<VecDeque<Does>>>,
}

impl Others {
    /// Behind a certificate for [`outside::testing::HOST`], as a subscriber's host is. Where it listens.
    pub(crate) async fn with_tls() -> (Self, SocketAddr) {
        Self::start(true).await
    }

    async fn start(tls: bool) -> (Self, SocketAddr) {
        let others = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("a bound port");
        let (host, acceptor) = (others.clone(), acceptor());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (host, acceptor) = (host.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if !tls {
                        host.serve(stream).await;
                    } else if let Ok(stream) = acceptor.accept(stream).await {
                        host.serve(stream).await;
                    }
                });
            }
        });
        (others, at)
    }

    /// What it does with the next requests, in their order; after the last it says 200.
    pub(crate) fn then(&self, next: impl IntoIterator<Item = Does>) {
        held(&self.next).extend(next);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        held(&self.asked).clone()
    }

    /// Types and versions of what it was asked.
    pub(crate) fn heard(&self) -> Vec<(String, u64)> {
        self.asked().iter().map(Asked::what).collect()
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        let (end, length) = loop {
            let Ok(count @ 1..) = stream.read(&mut part).await else { return };
            bytes.extend_from_slice(&part[..count]);
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                break (end, length.unwrap_or(0));
            }
        };
        while bytes.len() < end + 4 + length {
            let Ok(count @ 1..) = stream.read(&mut part).await else { return };
            bytes.extend_from_slice(&part[..count]);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        held(&self.asked).push(Asked { head: text(&bytes[..end]), body: text(&bytes[end + 4..]) });
        let does = held(&self.next).pop_front().unwrap_or(Does::Says(200, ""));
        let answer = |status: u16, header: &str, text: &str| {
            format!("HTTP/1.1 {status} So\r\n{header}content-length: {}\r\n\r\n{text}", text.len())
        };
        let sent = match does {
            Does::SaysLate(pause) => {
                tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
                answer(200, "", "")
            }
            Does::Says(status, said) => answer(status, "", said),
            Does::SaysWith(status, header, said) => answer(status, &format!("{header}\r\n"), &said),
            Does::Hangs => return tokio::time::sleep(std::time::Duration::from_mins(1)).await,
            Does::HangsUp => return,
            Does::Babbles => "220 mail.example ready\r\n".into(),
            Does::Floods => {
                let _ = stream.write_all(b"HTTP/1.1 200 So\r\ncontent-length: 9999999999\r\n\r\n").await;
                while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                return;
            }
        };
        let _ = stream.write_all(sent.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
