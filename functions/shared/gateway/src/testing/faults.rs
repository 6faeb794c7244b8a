//! Faults on the way to the database and to SES, planned to the call: for tests that nothing is lost and nothing is done
//! twice, whichever call fails and whether it failed before or after it took effect.
//!
//! A [`Faults`] is a second way into the same [`Bench`]: the database is the same engine, mails land in the same
//! [`Bench::mails`], the clock is the same, but every call passes a connector that counts it and, when its turn has come,
//! lets it fail. It sits below the SDK, so the SDK's own retries are calls like any other.
//!
//! ```ignore
//! let bench = Bench::new().await;
//! let faults = Faults::on(&bench);
//! // A dry pass counts the calls.
//! work(&faults.app(Retries::Off)).await;
//! for fault in Fault::every(&faults.calls()) {
//!     let bench = Bench::new().await;
//!     let faults = Faults::on(&bench);
//!     faults.plan(fault);
//!     work(&faults.app(Retries::Off)).await; // may fail …
//!     assert!(faults.happened(), "{fault}");
//!     faults.heal();
//!     work(&faults.app(Retries::Off)).await; // … and its repeat makes good
//! }
//! ```

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use mail::{Mailer, Memory, Rendered};
use serde_json::{Value, json};
use store::Store;

use super::{Bench, interleavings::Turn, permissions};
use crate::{App, Chance};

/// A way into a bench on which calls can fail.
#[derive(Debug, Clone)]
pub struct Faults {
    way: Way,
    app: Arc<AppOf>,
}

struct AppOf {
    app: App,
    endpoint: String,
}

impl fmt::Debug for AppOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppOf({})", self.endpoint)
    }
}

/// Whether the SDK tries again by itself, as it does where it is deployed. Each of its attempts is a call that is counted
/// and can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// Every fault reaches the function.
    Off,
    /// Three attempts for the database, one for SES, as `boot` sets them; the waits between them are short.
    AsDeployed,
}

/// One call that was made: `DynamoDB.PutItem`, `SES.SendEmail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who was called.
    pub service: Service,
    /// What was asked.
    pub operation: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{}", self.service, self.operation)
    }
}

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The database.
    DynamoDB,
    /// Mail.
    SES,
}

/// One planned fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The how many-th call fails, from 1.
    pub call: usize,
    /// Whether it takes effect first.
    pub when: When,
    /// How it fails.
    pub kind: Kind,
    /// Whether every later call fails as well, before it takes effect: the process died, or the network did.
    pub lasting: bool,
}

/// Whether the call takes effect although it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It does not.
    Before,
    /// It does; only its answer is lost.
    After,
}

/// What writes several items at once, or none.
const TRANSACTION: &str = "TransactWriteItems";

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No connection is made.
    NoConnection,
    /// The connection breaks while the answer is awaited.
    Broken,
    /// No answer comes in time. (The test does not wait for it.)
    TimeOut,
    /// Too many calls.
    Throttled,
    /// The service fails.
    ServerError,
    /// Another transaction has one of the items.
    Conflict,
    /// This very transaction was sent before and is still being made.
    InProgress,
    /// SES refuses the mail for good.
    Rejected,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasting = if self.lasting { " and all later ones" } else { "" };
        write!(f, "call {}{lasting}: {:?} {:?} its effect", self.call, self.kind, self.when)
    }
}

impl Fault {
    /// The fault that a call can meet without having taken effect.
    pub const fn before(call: usize, kind: Kind) -> Self {
        Self { call, when: When::Before, kind, lasting: false }
    }

    /// The fault that a call can meet after it has taken effect.
    pub const fn after(call: usize, kind: Kind) -> Self {
        Self { call, when: When::After, kind, lasting: false }
    }

    /// The same, with every later call failing too: what a crash at this point leaves behind.
    #[must_use]
    pub const fn lasting(self) -> Self {
        Self { lasting: true, ..self }
    }

    /// Every fault that these calls can meet, one at a time.
    pub fn every(calls: &[Call]) -> Vec<Self> {
        let mut all = Vec::new();
        for (number, call) in (1..).zip(calls) {
            let before = [Kind::NoConnection, Kind::TimeOut, Kind::Broken, Kind::Throttled, Kind::ServerError];
            all.extend(before.map(|kind| Self::before(number, kind)));
            if call.writes_items() {
                all.push(Self::before(number, Kind::Conflict));
            }
            all.extend([Kind::TimeOut, Kind::Broken, Kind::ServerError].map(|kind| Self::after(number, kind)));
            if call.operation == TRANSACTION {
                all.push(Self::after(number, Kind::InProgress));
            }
        }
        all
    }

    /// A crash before and after each of these calls.
    pub fn crashes(calls: &[Call]) -> Vec<Self> {
        (1..=calls.len())
            .flat_map(|call| [Self::before(call, Kind::NoConnection), Self::after(call, Kind::TimeOut)])
            .map(Self::lasting)
            .collect()
    }
}

impl Call {
    /// A call of the database.
    pub fn to_database(operation: &str) -> Self {
        Self { service: Service::DynamoDB, operation: operation.into() }
    }

    fn writes_items(&self) -> bool {
        matches!(self.operation.as_str(), "PutItem" | "UpdateItem" | "DeleteItem" | TRANSACTION)
    }
}

impl Faults {
    /// A second way into this bench. Nothing fails until it is planned.
    pub fn on(bench: &Bench) -> Self {
        let way = Way {
            http: aws_smithy_http_client::Builder::new().build_http(),
            mails: bench.mails.clone(),
            state: Arc::default(),
            turn: Arc::default(),
        };
        Self { way, app: Arc::new(AppOf { app: bench.app.clone(), endpoint: bench.endpoint.clone() }) }
    }

    /// The application that goes this way. Each has a meter of its own.
    pub fn app(&self, retries: Retries) -> App {
        let AppOf { app, endpoint } = &*self.app;
        let http = SharedHttpClient::new(self.way.clone());
        let store = Store::new(database(endpoint, &http, retries), "t-", in_a_hurry(&app.chance), &app.policy);
        let mailer = Mailer::ses(ses(&http), &app.policy.publisher, None);
        App { store, mailer: Some(Arc::new(mailer)), ..app.clone() }
    }

    /// Counts from now on, and lets this happen.
    pub fn plan(&self, fault: Fault) {
        *self.way.state() = State { plan: Some(fault), ..State::default() };
    }

    /// Counts from now on, and nothing fails any more.
    pub fn heal(&self) {
        *self.way.state() = State::default();
    }

    /// From now on throttles every call of which this holds, before it takes effect: who fails is chosen by what the call is
    /// about, however many calls there are. Until [`Self::plan`] or [`Self::heal`].
    pub fn refuse(&self, which: impl Fn(&Call, &Value) -> bool + Send + Sync + 'static) {
        *self.way.state() = State { refused: Some(Refused(Box::new(which))), ..State::default() };
    }

    /// The calls since the last [`Self::plan`] or [`Self::heal`], those that failed included.
    pub fn calls(&self) -> Vec<Call> {
        self.way.state().calls.clone()
    }

    /// Whether the planned fault has happened.
    pub fn happened(&self) -> bool {
        self.way.state().happened
    }

    /// From now on reads of batches and writes of transactions wait for their turn, or no longer. What else is asked (a
    /// query of the due index, say) passes: what a decision depends on is read in a batch, and made in a transaction.
    pub(crate) fn take_turns(&self, turn: Option<Turn>) {
        *self.way.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }
}

/// The same chance, except that the pauses between attempts, for which the store draws eight bytes, are as short as can be.
fn in_a_hurry(chance: &Chance) -> store::Chance {
    let draw = chance.for_store();
    Arc::new(move |bytes: &mut [u8]| if bytes.len() == 8 { bytes.fill(0) } else { draw(bytes) })
}

fn database(endpoint: &str, http: &SharedHttpClient, retries: Retries) -> store::sdk::Client {
    use store::sdk::config::{BehaviorVersion, Builder, Region};
    let retries = match retries {
        Retries::Off => RetryConfig::disabled(),
        Retries::AsDeployed => {
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1))
        }
    };
    store::sdk::Client::from_conf(
        Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-north-1"))
            .credentials_provider(super::credentials())
            .endpoint_url(endpoint)
            .http_client(http.clone())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .retry_config(retries)
            .build(),
    )
}

fn ses(http: &SharedHttpClient) -> mail::sdk::Client {
    use mail::sdk::config::{BehaviorVersion, Builder, Region};
    mail::sdk::Client::from_conf(
        Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-north-1"))
            .credentials_provider(super::credentials())
            .endpoint_url("http://ses.example")
            .http_client(http.clone())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .retry_config(RetryConfig::disabled())
            .build(),
    )
}

/// What stands where the network is.
#[derive(Clone)]
struct Way {
    http: SharedHttpClient,
    mails: Memory,
    state: Arc<Mutex<State>>,
    turn: Arc<Mutex<Option<Turn>>>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    plan: Option<Fault>,
    happened: bool,
    refused: Option<Refused>,
}

/// Whether a call, by what it is about, is refused.
type Holds = dyn Fn(&Call, &Value) -> bool + Send + Sync;

struct Refused(Box<Holds>);

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Way({:?})", self.state())
    }
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn that the call has to wait for, if callers take turns.
    fn turn(&self, call: &Call) -> Option<Turn> {
        let waits = matches!(call.operation.as_str(), "BatchGetItem" | TRANSACTION);
        self.turn.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|_| waits)
    }

    /// Counts the call and says how it is to fail, if it is.
    fn next(&self, call: Call, body: &Value) -> Option<(When, Kind)> {
        let mut state = self.state();
        let is_refused = state.refused.as_ref().is_some_and(|Refused(holds)| holds(&call, body));
        state.calls.push(call);
        if is_refused {
            return Some((When::Before, Kind::Throttled));
        }
        let number = state.calls.len();
        let fault = state.plan?;
        if number == fault.call {
            state.happened = true;
            return Some((fault.when, fault.kind));
        }
        (fault.lasting && number > fault.call).then_some((When::Before, Kind::NoConnection))
    }

    /// SES takes a mail: it is kept where the bench keeps them.
    fn keep(&self, body: &Value) -> Value {
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let rendered = Rendered {
            subject: text("/Content/Simple/Subject/Data"),
            text: text("/Content/Simple/Body/Text/Data"),
            html: text("/Content/Simple/Body/Html/Data"),
            template: "",
            version: 0,
        };
        let to = text("/Destination/ToAddresses/0").parse().expect("mail is sent to addresses");
        json!({ "MessageId": self.mails.keep(&to, &rendered, &text("/EmailTags/0/Value")) })
    }
}

impl HttpClient for Way {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let through = self.http.http_connector(settings, components);
        SharedHttpConnector::new(Connector { way: self.clone(), through })
    }
}

#[derive(Debug)]
struct Connector {
    way: Way,
    through: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        permissions::note(&request);
        let call = match request.headers().get("x-amz-target") {
            Some(target) => {
                let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
                Call { service: Service::DynamoDB, operation }
            }
            None => Call { service: Service::SES, operation: "SendEmail".into() },
        };
        let service = call.service;
        let turn = self.way.turn(&call);
        let body: Value =
            request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let fails = self.way.next(call, &body);
        let (way, through) = (self.way.clone(), self.through.clone());
        HttpConnectorFuture::new(async move {
            let _under_way = match turn {
                Some(turn) => Some(turn.wait().await),
                None => None,
            };
            if let Some((When::Before, kind)) = fails {
                return failing(service, kind, &body);
            }
            let answer = match service {
                Service::DynamoDB => through.call(request).await?,
                Service::SES => answer(200, &way.keep(&body)),
            };
            match fails {
                Some((_, kind)) => failing(service, kind, &body),
                None => Ok(answer),
            }
        })
    }
}

/// How a fault looks to the SDK.
fn failing(service: Service, kind: Kind, body: &Value) -> Result<HttpResponse, ConnectorError> {
    let io = |kind: io::ErrorKind| ConnectorError::io(Box::new(io::Error::from(kind)));
    let (status, code) = match (kind, service) {
        (Kind::NoConnection, _) => return Err(io(io::ErrorKind::ConnectionRefused).never_connected()),
        (Kind::Broken, _) => return Err(io(io::ErrorKind::ConnectionReset)),
        (Kind::TimeOut, _) => return Err(ConnectorError::timeout(Box::new(io::Error::from(io::ErrorKind::TimedOut)))),
        (Kind::Throttled, Service::DynamoDB) => (400, "ThrottlingException"),
        (Kind::Throttled, Service::SES) => (429, "TooManyRequestsException"),
        (Kind::ServerError, Service::DynamoDB) => (500, "InternalServerError"),
        (Kind::ServerError, Service::SES) => (500, "InternalFailure"),
        (Kind::Conflict, _) => {
            let Some(items) = body.pointer("/TransactItems").and_then(Value::as_array) else {
                return Ok(error(400, "TransactionConflictException", &json!({})));
            };
            let mut reasons = vec![json!({"Code": "None"}); items.len()];
            if let Some(last) = reasons.last_mut() {
                *last = json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"});
            }
            return Ok(error(400, "TransactionCanceledException", &json!({"CancellationReasons": reasons})));
        }
        (Kind::InProgress, _) => (400, "TransactionInProgressException"),
        (Kind::Rejected, _) => (400, "MessageRejected"),
    };
    Ok(error(status, code, &json!({})))
}

fn error(status: u16, code: &'static str, more: &Value) -> HttpResponse {
    let mut body =
        json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "a planned fault" });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    let mut response = answer(status, &body);
    response.headers_mut().insert("x-amzn-errortype", code);
    response
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status of HTTP");
    HttpResponse::new(status, SdkBody::from(body.to_string()))
}
