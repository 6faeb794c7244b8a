//! The line to a server, as it may be: for tests with the real HTTP client and the time-outs that [`crate::boot`] sets, and
//! of programs, whose requests can be seen nowhere else.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

use super::permissions;

/// What a line does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It carries them, and the answers.
    Normal,
    /// It takes them and carries nothing.
    Swallows,
    /// It carries them; their answers are lost.
    SwallowsAnswers,
    /// It carries nothing, and answers without end, a byte at a time.
    Trickles,
    /// It carries them, and the answers after [`SLOW`].
    Slow,
}

/// How long a slow line takes: nearly as long as an attempt may last.
pub const SLOW: Duration = Duration::from_millis(700);

/// What stands at the line's other end.
#[derive(Clone)]
enum End {
    /// A server.
    Server(SocketAddr),
    /// Nobody: this is what is answered.
    Nobody(String),
}

/// A line on the way to a server. It is cut when this is dropped.
pub struct FlakyProxy {
    /// Where it begins: the server's address for who shall use it.
    pub url: String,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

struct State {
    behaviour: Behaviour,
    /// So many requests more are carried before it behaves like that.
    carried: usize,
    requests: usize,
    connections: Vec<JoinHandle<()>>,
}

impl Drop for FlakyProxy {
    fn drop(&mut self) {
        self.listening.abort();
        for connection in &locked(&self.state).connections {
            connection.abort();
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FlakyProxy {
    /// To the server at `http://HOST:PORT`.
    pub async fn to(url: &str) -> Self {
        Self::with(End::Server(address(url)), None).await
    }

    /// To the database there; what passes is noted as asked by `who` ([`permissions`]).
    pub async fn noting(url: &str, who: &str) -> Self {
        Self::with(End::Server(address(url)), Some(who.to_owned())).await
    }

    /// To nobody: every request is answered with this JSON.
    pub async fn answering(json: &Value) -> Self {
        Self::with(End::Nobody(json.to_string()), None).await
    }

    async fn with(end: End, who: Option<String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port"));
        let state = State { behaviour: Behaviour::Normal, carried: 0, requests: 0, connections: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (end, who, state) = (end.clone(), who.clone(), Arc::clone(&shared));
                let connection = tokio::spawn(async move {
                    // A connection that breaks is its client's business.
                    let _ = carry(client, end, who, &state).await;
                });
                locked(&shared).connections.push(connection);
            }
        });
        Self { url, state, listening }
    }

    /// How it behaves from now on; counts requests from now on.
    pub fn set(&self, behaviour: Behaviour) {
        self.set_after(0, behaviour);
    }

    /// How it behaves after so many requests more, which are carried.
    pub fn set_after(&self, carried: usize, behaviour: Behaviour) {
        let mut state = locked(&self.state);
        (state.behaviour, state.carried, state.requests) = (behaviour, carried, 0);
    }

    /// How many requests came since that was set.
    pub fn requests(&self) -> usize {
        locked(&self.state).requests
    }
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().expect("an address and a port")
}

async fn carry(client: TcpStream, end: End, who: Option<String>, state: &Mutex<State>) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = None;
    loop {
        let request = message(&mut client).await?;
        let behaviour = {
            let mut state = locked(state);
            state.requests += 1;
            if state.requests > state.carried { state.behaviour } else { Behaviour::Normal }
        };
        if let Some(who) = &who {
            let body = serde_json::from_slice(&request.bytes[request.head..]).unwrap_or_default();
            permissions::note_of(who, request.header("x-amz-target").rsplit('.').next().unwrap_or_default(), &body);
        }
        if matches!(behaviour, Behaviour::Swallows | Behaviour::Trickles) {
            return never_answer(client, behaviour).await;
        }
        let answer = match &end {
            End::Nobody(json) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    json.len()
                );
                [head, json.clone()].concat().into_bytes()
            }
            End::Server(address) => {
                let server = match &mut server {
                    Some(server) => server,
                    none => none.insert(BufReader::new(TcpStream::connect(address).await?)),
                };
                server.write_all(&request.bytes).await?;
                message(server).await?.bytes
            }
        };
        if behaviour == Behaviour::SwallowsAnswers {
            return never_answer(client, behaviour).await;
        }
        if behaviour == Behaviour::Slow {
            tokio::time::sleep(SLOW).await;
        }
        client.write_all(&answer).await?;
    }
}

/// Holds a connection until its client gives it up.
async fn never_answer(mut client: BufReader<TcpStream>, behaviour: Behaviour) -> io::Result<()> {
    if behaviour != Behaviour::Trickles {
        client.read_to_end(&mut Vec::new()).await?;
        return Ok(());
    }
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 100000\r\n\r\n";
    for byte in head.iter().chain(std::iter::repeat(&b' ')) {
        client.write_all(&[*byte]).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// A request or an answer, as it came.
struct Message {
    bytes: Vec<u8>,
    /// So long is its head.
    head: usize,
}

impl Message {
    fn header(&self, name: &str) -> &str {
        let head = std::str::from_utf8(&self.bytes[..self.head]).unwrap_or_default();
        let pairs = head.lines().filter_map(|line| line.split_once(": "));
        pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// Reads one message: its head, and a body of the length that it names.
async fn message(from: &mut BufReader<TcpStream>) -> io::Result<Message> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(from.read_u8().await?);
    }
    let mut message = Message { head: bytes.len(), bytes };
    let length: usize = message.header("content-length").parse().unwrap_or(0);
    message.bytes.resize(message.head + length, 0);
    let head = message.head;
    from.read_exact(&mut message.bytes[head..]).await?;
    Ok(message)
}

/// An address at which no connection comes about: who asks for one is neither let in nor refused.
pub struct NoConnection {
    /// The address.
    pub url: String,
    _taken: (tokio::net::TcpListener, Vec<TcpStream>),
}

impl NoConnection {
    /// Takes all places of a short queue that nobody serves.
    pub async fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let listener = socket.listen(1).expect("it listens");
        let address = listener.local_addr().expect("a bound port");
        let mut taken = Vec::new();
        while let Ok(Ok(place)) = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
            taken.push(place);
            assert!(taken.len() < 100, "a queue of one has an end");
        }
        Self { url: format!("http://{address}"), _taken: (listener, taken) }
    }
}
