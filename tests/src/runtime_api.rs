//! What stands in for Lambda's runtime API: a function's program asks it for events and gives it the answers, as in Lambda.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex as Queue, mpsc, oneshot},
    task::JoinHandle,
};

/// What Lambda takes as an answer, bytes.
pub const LARGEST_ANSWER: usize = 6_291_556;

/// What came of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The function's answer.
    Answer(Bytes),
    /// The function said that it failed.
    Error(Value),
    /// The answer was larger than Lambda takes.
    TooLarge(usize),
}

impl Outcome {
    /// The answer as JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Answer(bytes) => serde_json::from_slice(bytes).expect("a function answers JSON"),
            other => panic!("no answer: {other:?}"),
        }
    }
}

/// What a function's program does, for whom it matters when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It is ready and asks for an event.
    Asks,
    /// It gives an answer and waits for that to be taken.
    Answers,
}

/// A runtime API for one function. It ends when this is dropped.
pub struct Runtime {
    address: SocketAddr,
    calls: Arc<Calls>,
    /// How long a call may take, as the function is told.
    pub time: Duration,
    serving: JoinHandle<()>,
}

struct Calls {
    queue: mpsc::UnboundedSender<Call>,
    queued: Queue<mpsc::UnboundedReceiver<Call>>,
    open: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    next: AtomicU64,
    seen: Box<dyn Fn(Moment) + Send + Sync>,
}

struct Call {
    id: String,
    event: Bytes,
    deadline: u128,
    answer: oneshot::Sender<Outcome>,
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Runtime {
    /// Listens on a free port.
    pub async fn start() -> Self {
        Self::seen_by(|_| {}).await
    }

    /// Listens on a free port, and tells what the program does before it is answered.
    pub async fn seen_by(seen: impl Fn(Moment) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let (queue, queued) = mpsc::unbounded_channel();
        let calls = Arc::new(Calls {
            queue,
            queued: Queue::new(queued),
            open: Mutex::default(),
            next: AtomicU64::new(1),
            seen: Box::new(seen),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&calls));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, calls, time: Duration::from_secs(30), serving }
    }

    /// The environment that Lambda gives a function of this name.
    pub fn environment(&self, function: &str) -> [(&'static str, String); 4] {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ]
    }

    /// Hands the function an event, and waits for what comes of it.
    #[expect(clippy::disallowed_methods, reason = "Lambda's deadline is a time of the system's clock")]
    pub async fn invoke(&self, event: impl Into<Bytes>) -> Outcome {
        let (answer, answered) = oneshot::channel();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        let call = Call {
            id: format!("00000000-0000-4000-8000-{:012}", self.calls.next.fetch_add(1, Relaxed)),
            event: event.into(),
            deadline: (now + self.time).as_millis(),
            answer,
        };
        self.calls.queue.send(call).expect("it is received as long as this lives");
        answered.await.expect("it is answered, or this ends")
    }
}

async fn next(State(calls): State<Arc<Calls>>) -> Response {
    (calls.seen)(Moment::Asks);
    let Some(call) = calls.queued.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let headers = [
        ("lambda-runtime-aws-request-id", call.id.clone()),
        ("lambda-runtime-deadline-ms", call.deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-north-1:123456789012:function:function".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    calls.open.lock().expect("nobody panics while holding it").insert(call.id, call.answer);
    (headers, call.event).into_response()
}

async fn response(State(calls): State<Arc<Calls>>, Path(id): Path<String>, body: Bytes) -> Response {
    (calls.seen)(Moment::Answers);
    if body.len() > LARGEST_ANSWER {
        settle(&calls, &id, Outcome::TooLarge(body.len()));
        let refusal = json!({ "errorMessage": "the payload is too large", "errorType": "RequestEntityTooLarge" });
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(refusal)).into_response();
    }
    settle(&calls, &id, Outcome::Answer(body))
}

async fn error(State(calls): State<Arc<Calls>>, Path(id): Path<String>, body: Bytes) -> Response {
    settle(&calls, &id, Outcome::Error(serde_json::from_slice(&body).unwrap_or_default()))
}

/// A function that can't start fails every call.
async fn init_error(State(calls): State<Arc<Calls>>, body: Bytes) -> Response {
    let why: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut queued = calls.queued.lock().await;
    while let Ok(call) = queued.try_recv() {
        let _ = call.answer.send(Outcome::Error(why.clone()));
    }
    StatusCode::ACCEPTED.into_response()
}

fn settle(calls: &Calls, id: &str, outcome: Outcome) -> Response {
    let Some(answer) = calls.open.lock().expect("nobody panics while holding it").remove(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let _ = answer.send(outcome);
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}
