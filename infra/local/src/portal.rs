//! The portal's one address: what `CloudFront`, the bucket and the HTTP API are in a deployment.

use std::{
    net::SocketAddr,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use api::{Code, Problem};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use gateway::{App, answer::problem_response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use licensing::mailed::Mailed;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    functions,
    wire::{Door, Serves, Wires},
};

/// What the HTTP API takes at most, bytes.
const LARGEST: usize = 6 * 1024 * 1024;

/// Where a request comes from, as the functions read it where no API Gateway tells.
const NETWORK: HeaderName = HeaderName::from_static("x-countersign-network");

/// What every answer says to browsers (SAFE-05); the template's response headers policy says the same.
pub const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: with it, a browser would leave its origin out of some of the portal's own requests (REG-13).
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

#[derive(Clone)]
struct Portal {
    wires: Wires,
    pages: Option<Arc<Path>>,
}

pub(crate) fn router(wires: Wires, pages: Option<PathBuf>, url: &str) -> Router {
    let portal = Portal { wires, pages: pages.map(Arc::from) };
    let router = Router::new()
        .route(DESCRIPTION, get(description))
        .route("/api", any(call))
        .route("/api/{*path}", any(call))
        .fallback(page)
        .with_state(portal);
    Door { url: url.into(), serves: Serves::Portal }.guard(router).layer(axum::middleware::map_response(with_headers))
}

/// Where the API describes itself.
const DESCRIPTION: &str = "/api/openapi.json";

async fn description(State(portal): State<Portal>) -> impl IntoResponse {
    let site = &portal.wires.app.site;
    let described = described(&site.base, gateway::session::session_cookie(site)).to_string();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], described)
}

/// The API's description as it holds here: a client that reads it asks at this address, with this cookie. The one in the
/// sources is that of any deployment.
pub fn described(site: &str, cookie: &str) -> Value {
    let mut document: Value = serde_json::from_str(api::OPENAPI).expect("openapi.json is JSON");
    document["servers"] = json!([{ "url": site }]);
    let session = &mut document["components"]["securitySchemes"]["session"];
    session["name"] = cookie.into();
    session["description"] = "Set by signing in: `profile.secret`, 12 hours at most, 2 idle.".into();
    let origin = &mut document["components"]["parameters"]["Origin"];
    (origin["schema"]["enum"], origin["example"]) = (json!([site]), site.into());
    document
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Hands a request to the function that answers its path.
async fn call(State(portal): State<Portal>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let app = portal.wires.app.clone();
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return from_function(problem_response(&Problem::new(Code::TooLarge), app.now()), &app);
    };
    parts.headers.insert(NETWORK, HeaderValue::try_from(peer.ip().to_string()).expect("an address is plain text"));
    let writes = parts.method != Method::GET && parts.method != Method::HEAD;
    let body = match String::from_utf8(bytes.into()) {
        Ok(text) if text.is_empty() => lambda_http::Body::Empty,
        Ok(text) => lambda_http::Body::Text(text),
        Err(error) => lambda_http::Body::Binary(error.into_bytes()),
    };
    let work = functions::answer(app.clone(), http::Request::from_parts(parts, body));
    // In Lambda too, a function that panics ends alone, and the browser gets an error.
    let response =
        tokio::spawn(work).await.unwrap_or_else(|_| problem_response(&Problem::new(Code::Internal), app.now()));
    if writes {
        portal.wires.pumps.iter().for_each(crate::pump::Pump::wake);
    }
    from_function(response, &app)
}

/// The function's answer, dated by the portal's clock, which may have been moved: pages judge deadlines by it.
fn from_function(response: gateway::Response, app: &App) -> Response {
    let mut response = response.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    });
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&app.now());
    if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// What `cargo xtask pages` says of the pages that it built.
#[derive(Deserialize)]
struct Manifest {
    entries: std::collections::BTreeMap<String, Entry>,
    files: std::collections::BTreeMap<String, Sent>,
}

/// How a file is sent: what it is, and how long browsers may keep it.
#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "type")]
    kind: String,
    cache: String,
}

/// A page that starts a program in the browser, and for which paths.
#[derive(Deserialize)]
struct Entry {
    page: String,
    paths: Vec<String>,
}

impl Manifest {
    /// The file that answers a path: itself, or the page that shows it.
    fn file(&self, path: &str) -> Option<(&str, &Sent)> {
        if let Some((path, sent)) = self.files.get_key_value(path) {
            return Some((path, sent));
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.starts_with("/assets/") || last.contains('.') {
            return None;
        }
        let patterns = self.entries.values().flat_map(|entry| entry.paths.iter().map(move |pattern| (pattern, entry)));
        // A path itself says more than `/manage/*`, and that more than `/*`.
        let says = |pattern: &str| (!pattern.ends_with('*'), pattern.len());
        let (_, entry) =
            patterns.filter(|(pattern, _)| is_of(pattern, path)).max_by_key(|(pattern, _)| says(pattern))?;
        let page = entry.page.as_str();
        Some((page, self.files.get(page)?))
    }
}

/// Whether a path is the one that a pattern names; `/manage/*` names all that begin so.
fn is_of(pattern: &str, path: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == path, |beginning| path.starts_with(beginning))
}

async fn page(State(portal): State<Portal>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "Pages can only be read.\n")
            .into_response();
    }
    let Some(folder) = &portal.pages else {
        return not_found("This portal was started without its pages (--pages). Its API is under /api.\n");
    };
    // Read at each request: `cargo xtask pages` puts a new folder in the place of the old one.
    let manifest = tokio::fs::read(folder.join("manifest.json")).await.ok();
    let Some(manifest) = manifest.and_then(|json| serde_json::from_slice::<Manifest>(&json).ok()) else {
        return not_found("The pages are not built yet. Run cargo xtask pages\n");
    };
    let mailed = Mailed::read(request.uri().path());
    if let Some(link) = mailed.as_ref().filter(|link| !link.token.is_empty()) {
        return to_fragment(link);
    }
    let path = mailed.as_ref().map_or(request.uri().path(), |link| link.page);
    let Some((path, sent)) = manifest.file(path) else { return not_found("There is no page here.\n") };
    let file = folder.join(path.trim_start_matches('/'));
    if file.components().any(|part| part == Component::ParentDir) {
        return not_found("There is no page here.\n");
    }
    send(sent, &file, request.headers()).await.unwrap_or_else(|| not_found("There is no page here.\n"))
}

/// A gateway encoded the `#` of a mailed link. The token goes back behind it, where neither servers nor their logs see it.
fn to_fragment(link: &Mailed) -> Response {
    let headers = [(header::LOCATION, link.address()), (header::CACHE_CONTROL, "no-store".to_owned())];
    (StatusCode::FOUND, headers).into_response()
}

/// Sends a file, in the best of the forms that it was compressed to and the browser takes.
async fn send(sent: &Sent, file: &Path, asked: &HeaderMap) -> Option<Response> {
    let takes = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes =
        |name: &str| takes.split(',').any(|part| part.split(';').next().is_some_and(|part| part.trim() == name));
    let mut found = None;
    for (coding, extension) in [("br", ".br"), ("gzip", ".gz")] {
        if found.is_none() && takes(coding) {
            let mut squeezed = file.as_os_str().to_owned();
            squeezed.push(extension);
            found = tokio::fs::read(squeezed).await.ok().map(|bytes| (bytes, Some(coding)));
        }
    }
    let (bytes, coding) = match found {
        Some(found) => found,
        None => (tokio::fs::read(file).await.ok()?, None),
    };
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(&sent.kind).ok()?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::try_from(&sent.cache).ok()?);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

fn not_found(text: &'static str) -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}
