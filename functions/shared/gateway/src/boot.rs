//! Starting a function: configuration from the environment, clients made once, the connection opened before the first
//! event. Every choice here was measured for the cold start (infra/DECISIONS.md).

use std::{future::ready, pin::Pin, sync::Arc, time::Duration};

pub use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use ed25519_dalek::{SigningKey, VerifyingKey};
use lambda_http::{Adapter, IntoResponse, RequestExt, Service, request::LambdaRequest};
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use licensing::{Policy, seal::LinkKeys, sign::SigningKeys};
use mail::Mailer;
use outside::{Bus, Outside};
use serde_json::{Value, json};
use store::Store;

pub use crate::deadline::Deadline;
use crate::{
    App, Chance, Clock, Keys, Request, Response, Site, front, log,
    stream::{Failures, Records},
};

/// Amazon's own roots: all that the functions' hosts are signed by.
const ROOTS: &str = include_str!("amazon-roots.pem");

/// What a function is deployed with, from the environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    pub credentials: Credentials,
    /// `AWS_ENDPOINT_URL_DYNAMODB`: only where it is not AWS.
    pub dynamodb: Option<String>,
    /// `AWS_ENDPOINT_URL_SESV2`: only where it is not AWS.
    pub ses: Option<String>,
    /// `AWS_ENDPOINT_URL_EVENTBRIDGE`: only where it is not AWS.
    pub eventbridge: Option<String>,
    /// `COUNTERSIGN_TABLES`: the prefix of the tables' names.
    pub tables: String,
    /// `COUNTERSIGN_SITE`: where the portal is.
    pub site: String,
    /// `COUNTERSIGN_MODE`: `production` unless it says `local`.
    pub production: bool,
    /// `COUNTERSIGN_POLICY`: the policy's JSON; the defaults if absent.
    pub policy: Option<String>,
    /// `COUNTERSIGN_LINK_KEYS`.
    pub link_keys: Option<String>,
    /// `COUNTERSIGN_SEAL_KEY`: the signing key of audit seals, 32 bytes in base64url.
    pub seal_key: Option<String>,
    /// `COUNTERSIGN_SEAL_PUBLIC`: the public keys of audit seals, comma-separated.
    pub seal_public: Option<String>,
    /// `COUNTERSIGN_MAIL_SET`: the SES configuration set.
    pub mail_set: Option<String>,
    /// `COUNTERSIGN_EDGE_SECRETS`: what a content network before the API proves itself with, comma-separated; absent where
    /// there is none.
    pub edge_secrets: Option<String>,
    /// `COUNTERSIGN_BUS`: the event bus's name; absent: none is told.
    pub bus: Option<String>,
    /// `COUNTERSIGN_WEBHOOK_KEYS`: the keys that the secrets of subscribers and provisioning endpoints are derived from.
    pub webhook_keys: Option<String>,
    /// `COUNTERSIGN_LOOPBACK`: `allow` where programs on this machine may be subscribers; refuses to run in production.
    pub loopback: bool,
    /// `COUNTERSIGN_ROOTS`: a file of PEM certificates to trust instead of Amazon's.
    pub roots: Option<String>,
}

impl Settings {
    /// From the process's environment.
    pub fn from_env() -> Self {
        let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            region: get("AWS_REGION").unwrap_or_else(|| "us-east-1".into()),
            credentials: credentials(),
            dynamodb: get("AWS_ENDPOINT_URL_DYNAMODB"),
            ses: get("AWS_ENDPOINT_URL_SESV2"),
            eventbridge: get("AWS_ENDPOINT_URL_EVENTBRIDGE"),
            tables: get("COUNTERSIGN_TABLES").unwrap_or_else(|| "countersign-".into()),
            site: get("COUNTERSIGN_SITE").unwrap_or_else(|| "http://localhost:8400".into()),
            production: get("COUNTERSIGN_MODE").as_deref() != Some("local"),
            policy: get("COUNTERSIGN_POLICY"),
            link_keys: get("COUNTERSIGN_LINK_KEYS"),
            seal_key: get("COUNTERSIGN_SEAL_KEY"),
            seal_public: get("COUNTERSIGN_SEAL_PUBLIC"),
            mail_set: get("COUNTERSIGN_MAIL_SET"),
            edge_secrets: get("COUNTERSIGN_EDGE_SECRETS"),
            bus: get("COUNTERSIGN_BUS"),
            webhook_keys: get("COUNTERSIGN_WEBHOOK_KEYS"),
            loopback: get("COUNTERSIGN_LOOPBACK").as_deref() == Some("allow"),
            roots: get("COUNTERSIGN_ROOTS"),
        }
    }
}

/// Makes the application, without mail. Refuses settings with which it would not be safe.
pub fn app(settings: &Settings, clock: Clock, chance: Chance) -> Result<App, Error> {
    let http = http_client(settings)?;
    app_on(settings, &http, clock, chance)
}

/// Makes the application of a function that sends mails. Only that one is linked with the SDK of SES.
pub fn app_with_mail(settings: &Settings, clock: Clock, chance: Chance) -> Result<App, Error> {
    let http = http_client(settings)?;
    let app = app_on(settings, &http, clock, chance)?;
    let mailer = Mailer::ses(ses(settings, &http), &app.policy.publisher, settings.mail_set.clone());
    Ok(App { mailer: Some(Arc::new(mailer)), ..app })
}

/// Makes the application of the function that calls systems of others. Only that one is linked with the SDK of EventBridge.
pub fn app_with_outside(settings: &Settings, clock: Clock, chance: Chance) -> Result<App, Error> {
    let http = http_client(settings)?;
    let app = app_on(settings, &http, clock, chance)?;
    let outside = way_out(settings, &http)?;
    Ok(App { outside: Some(Arc::new(outside)), ..app })
}

/// Makes the application of a process that is all functions at once: the portal on one machine.
pub fn app_with_all(settings: &Settings, clock: Clock, chance: Chance) -> Result<App, Error> {
    let app = app_with_mail(settings, clock, chance)?;
    let outside = way_out(settings, &http_client(settings)?)?;
    Ok(App { outside: Some(Arc::new(outside)), ..app })
}

fn way_out(settings: &Settings, http: &SharedHttpClient) -> Result<Outside, Error> {
    let keys = settings.webhook_keys.as_deref().ok_or("COUNTERSIGN_WEBHOOK_KEYS is missing")?;
    let name = settings.bus.clone();
    let bus = name.map(|name| Bus::EventBridge { client: eventbridge(settings, http), name });
    Ok(Outside::new(bus, SigningKeys::parse(keys)?, settings.loopback))
}

fn app_on(settings: &Settings, http: &SharedHttpClient, clock: Clock, chance: Chance) -> Result<App, Error> {
    let site = Site { base: settings.site.trim_end_matches('/').into(), production: settings.production };
    if site.production && !site.base.starts_with("https://") {
        return Err(
            "COUNTERSIGN_SITE must begin with https:// in production; COUNTERSIGN_MODE=local is for one machine".into(),
        );
    }
    if site.production && settings.loopback {
        return Err(
            "COUNTERSIGN_LOOPBACK=allow is for one machine: in production nothing of its own network is called".into(),
        );
    }
    let policy = settings.policy.as_deref().map_or_else(|| Ok(Policy::default()), Policy::from_json)?;
    let store = Store::new(dynamodb(settings, http), &settings.tables, chance.for_store(), &policy);
    store::on_left_out(|table, why| {
        log::warning("an item that a later release wrote is left out", why, json!({ "table": table.as_str() }));
    });
    Ok(App {
        store,
        clock,
        chance,
        keys: Arc::new(keys(settings)?),
        mailer: None,
        outside: None,
        policy: Arc::new(policy),
        site: Arc::new(site),
    })
}

/// Shorter secrets of a content network could be guessed.
const SHORTEST_EDGE_SECRET: usize = 32;

/// The secrets of the settings.
pub fn keys(settings: &Settings) -> Result<Keys, Error> {
    let links = settings.link_keys.as_deref().map(LinkKeys::parse).transpose()?;
    let seal = settings.seal_key.as_deref().map(bytes32).transpose()?.map(|bytes| SigningKey::from_bytes(&bytes));
    let mut published: Vec<VerifyingKey> = seal.iter().map(SigningKey::verifying_key).collect();
    for text in settings.seal_public.as_deref().unwrap_or_default().split(',').filter(|text| !text.is_empty()) {
        let key =
            VerifyingKey::from_bytes(&bytes32(text)?).map_err(|_| "COUNTERSIGN_SEAL_PUBLIC holds no Ed25519 key")?;
        if !published.contains(&key) {
            published.push(key);
        }
    }
    let edges: Vec<&str> = settings.edge_secrets.iter().flat_map(|all| all.split(',')).map(str::trim).collect();
    if edges.iter().any(|secret| secret.len() < SHORTEST_EDGE_SECRET) {
        return Err("COUNTERSIGN_EDGE_SECRETS holds a secret of less than 32 characters".into());
    }
    Ok(Keys::new(links, seal, published).with_edges(edges))
}

fn bytes32(text: &str) -> Result<[u8; 32], Error> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let bytes = URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| "a key is 32 bytes in base64url")?;
    bytes.try_into().map_err(|_| "a key is 32 bytes in base64url".into())
}

/// Opening the connection takes so long at most: somebody may be waiting for the function to start.
const PRIMING: Duration = Duration::from_secs(1);

/// Bounded: no request waits longer than three seconds for the database, retries with jitter included.
fn time_outs() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3))
        .build()
}

fn http_client(settings: &Settings) -> Result<SharedHttpClient, Error> {
    let plain = settings.dynamodb.as_deref().is_some_and(|url| url.starts_with("http://"));
    if plain {
        return Ok(Builder::new().build_http());
    }
    let roots = match &settings.roots {
        Some(path) => std::fs::read_to_string(path)?,
        None => ROOTS.to_owned(),
    };
    let trust = tls::TrustStore::empty().with_pem_certificate(roots.into_bytes());
    let context = tls::TlsContext::builder().with_trust_store(trust).build()?;
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    Ok(Builder::new().tls_provider(ring).tls_context(context).build_https())
}

/// From the process's environment.
pub fn credentials() -> Credentials {
    let get = |name: &str| std::env::var(name).unwrap_or_else(|_| "local".into());
    Credentials::new(
        get("AWS_ACCESS_KEY_ID"),
        get("AWS_SECRET_ACCESS_KEY"),
        std::env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    )
}

/// A client of one of the SDKs, each of which has types of its own: the same in all but where it calls and how it tries again.
macro_rules! client {
    ($sdk:path, $settings:expr, $endpoint:expr, $http:expr, $retries:expr) => {{
        use $sdk::{
            Client,
            config::{BehaviorVersion, Builder, IdentityCache, Region, StalledStreamProtectionConfig},
        };
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new($settings.region.clone()))
            // They never change while a process lives, so there is nothing to keep or renew.
            .credentials_provider($settings.credentials.clone())
            .identity_cache(IdentityCache::no_cache())
            // The time-outs bound every call already.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client($http.clone())
            .sleep_impl(TokioSleep::new())
            .retry_config($retries)
            .timeout_config(time_outs());
        config.set_endpoint_url($endpoint.clone());
        Client::from_conf(config.build())
    }};
}

fn dynamodb(settings: &Settings, http: &SharedHttpClient) -> store::sdk::Client {
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
    client!(store::sdk, settings, settings.dynamodb, http, retries)
}

fn ses(settings: &Settings, http: &SharedHttpClient) -> mail::sdk::Client {
    // A repeat after an unclear answer could double a mail, so it is the ledger that decides about trying again.
    client!(mail::sdk, settings, settings.ses, http, RetryConfig::disabled())
}

fn eventbridge(settings: &Settings, http: &SharedHttpClient) -> outside::sdk::Client {
    // Subscribers tell repeats apart by their id, so trying again at once is better than waiting.
    let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(100));
    client!(outside::sdk, settings, settings.eventbridge, http, retries)
}

// The work of a call is boxed: the layers of the runtime move its future several times.

/// Runs a function that answers HTTP requests.
pub fn http<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(App, Request) -> F + Send + Sync,
    F: Future<Output = Response> + Send,
{
    block_on(async {
        let app = started().await?;
        let (app, handler) = (&app, &handler);
        lambda_http::run(service_fn(move |request: Request| async move {
            Ok::<_, Error>(AsItIs(answered(app, request, handler).await))
        }))
        .await
    })
}

/// A request's way through `gateway::front`, with its name in the log.
async fn answered<H, F>(app: &App, request: Request, handler: &H) -> Response
where
    H: Fn(App, Request) -> F,
    F: Future<Output = Response>,
{
    let context = request.lambda_context_ref().cloned().unwrap_or_default();
    in_call(context, front::pass_in_time(app, request, |request| Box::pin(handler(app.clone(), request)))).await
}

/// An answer whose body says by itself whether it is text or bytes. `lambda_http` would find that out from the content type,
/// for which it is linked with every encoding of text there is: 0.1 MB of what is uploaded.
struct AsItIs(Response);

impl IntoResponse for AsItIs {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        Box::pin(ready(self.0))
    }
}

/// Runs the function that takes a stream's records and sends mails.
pub fn mailing_records<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(App, Records) -> F,
    F: Future<Output = Failures>,
{
    records_with(app_with_mail, handler)
}

/// Runs the function that takes a stream's records and calls systems of others.
pub fn calling_records<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(App, Records) -> F,
    F: Future<Output = Failures>,
{
    records_with(app_with_outside, handler)
}

fn records_with<H, F>(app: fn(&Settings, Clock, Chance) -> Result<App, Error>, handler: H) -> Result<(), Error>
where
    H: Fn(App, Records) -> F,
    F: Future<Output = Failures>,
{
    block_on(async {
        let app = primed(app(&Settings::from_env(), Clock::system(), Chance::system())?).await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Records>| {
            let deadline = Deadline::at(event.context.deadline());
            let work = Box::pin(handler(app.clone(), Records { deadline, ..event.payload }));
            in_call(event.context, async { Ok::<_, Error>(work.await) })
        }))
        .await
    })
}

/// Runs a function that takes any event: of a schedule, or of another service. The deadline of the call comes with it.
pub fn event<H, F, O>(handler: H) -> Result<(), Error>
where
    H: Fn(App, Value, Deadline) -> F,
    F: Future<Output = Result<O, Error>>,
    O: serde::Serialize,
{
    block_on(async {
        let app = started().await?;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
            let work = Box::pin(handler(app.clone(), event.payload, Deadline::at(event.context.deadline())));
            in_call(event.context, async {
                // Lambda counts a call that failed, but writes nowhere why.
                work.await.inspect_err(|error| log::error("the call failed", error, json!({})))
            })
        }))
        .await
    })
}

/// Runs a function that answers HTTP requests and takes a stream's records.
pub fn http_and_records<H, F, R, G>(handler: H, records: R) -> Result<(), Error>
where
    H: Fn(App, Request) -> F + Send + Sync,
    F: Future<Output = Response> + Send,
    R: Fn(App, Records) -> G,
    G: Future<Output = Failures>,
{
    block_on(async {
        let app = started().await?;
        let (app, handler, records) = (&app, &handler, &records);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
            if event.payload.get("Records").is_some() {
                let deadline = Deadline::at(event.context.deadline());
                let batch: Records = serde_json::from_value(event.payload)?;
                let work = Box::pin(records(app.clone(), Records { deadline, ..batch }));
                let failures = in_call(event.context, work).await;
                return Ok::<Value, Error>(serde_json::to_value(failures)?);
            }
            let request: LambdaRequest = serde_json::from_value(event.payload)?;
            let service =
                service_fn(
                    |request: Request| async move { Ok::<_, Error>(AsItIs(answered(app, request, handler).await)) },
                );
            let answer = Adapter::from(service).call(LambdaEvent::new(request, event.context)).await?;
            Ok(serde_json::to_value(answer)?)
        }))
        .await
    })
}

/// Does the work of a call of Lambda.
async fn in_call<T>(context: Context, work: impl Future<Output = T>) -> T {
    log::within(&context.env_config.function_name, &context.request_id, work).await
}

async fn started() -> Result<App, Error> {
    Ok(primed(app(&Settings::from_env(), Clock::system(), Chance::system())?).await)
}

/// With its connection to the database open; where none comes about in time, the first call will try.
async fn primed(app: App) -> App {
    let _ = tokio::time::timeout(PRIMING, app.store.prime()).await;
    app
}

fn block_on(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
