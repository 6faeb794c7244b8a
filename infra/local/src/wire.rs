//! What the servers have in common: how they are served, who may ask, what they hold on to.

use std::sync::Arc;

use api::{Code, Problem};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use gateway::App;
use http::{HeaderName, Method, StatusCode, header};
use tokio::{net::TcpListener, sync::watch};

use crate::{folder::Folder, heard::Events, post::PostOffice, pump::Pump, schedule::Schedule, signed::Access};

/// What the servers work with.
#[derive(Clone)]
pub(crate) struct Wires {
    pub(crate) app: App,
    pub(crate) post: Arc<PostOffice>,
    pub(crate) events: Arc<Events>,
    pub(crate) pumps: Arc<Vec<Pump>>,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) folder: Arc<Folder>,
    pub(crate) access: Access,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let stop = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
        eprintln!("a server ended: {error}");
    }
}

/// A port of this machine, and who may ask there.
///
/// Any page of the web can have the browser ask at such a port, under a name that it makes point here, or across origins. So only
/// this machine's own names are answered, and of pages only the door's own.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// `http://localhost:8400`: the name under which its pages are.
    pub(crate) url: Arc<str>,
    pub(crate) serves: Serves,
}

/// What is behind a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Pages with cookies and links: they have one name.
    Portal,
    /// Pages, and what programs call.
    Mailbox,
    /// Nothing for pages.
    Programs,
}

impl Door {
    /// Puts the router behind it.
    pub(crate) fn guard(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self, guard))
    }

    fn own(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Whether this is a name of this machine, with the door's port. None of them can be made to point here by others.
    fn is_here(&self, host: &str) -> bool {
        let port = self.own().rsplit(':').next().unwrap_or_default();
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
            host.rsplit_once(':').is_some_and(|(host, said)| host.eq_ignore_ascii_case(name) && said == port)
        })
    }

    /// What whoever may not come in is told.
    fn turns_away(&self, request: &Request) -> Option<Response> {
        let text = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
        let host = text(header::HOST).unwrap_or_default();
        if !self.is_here(host) {
            return Some(self.refuse(request, StatusCode::MISDIRECTED_REQUEST));
        }
        let takes_pages = self.serves != Serves::Programs;
        if text(header::ORIGIN).is_some_and(|origin| !takes_pages || origin != &*self.url) {
            return Some(self.refuse(request, StatusCode::FORBIDDEN));
        }
        if host.eq_ignore_ascii_case(self.own()) || !takes_pages {
            return None;
        }
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        if reads && !path.starts_with("/api") {
            let there = [(header::LOCATION, [&*self.url, path].concat())];
            return Some((StatusCode::TEMPORARY_REDIRECT, there).into_response());
        }
        (self.serves == Serves::Portal).then(|| self.refuse(request, StatusCode::FORBIDDEN))
    }

    fn refuse(&self, request: &Request, status: StatusCode) -> Response {
        let url = &self.url;
        let detail = format!("Nothing was done. This is {url}: open that address, or send the request there.");
        if self.serves == Serves::Portal && request.uri().path().starts_with("/api") {
            let problem = Problem::new(Code::WrongOrigin).detail(detail);
            let body = serde_json::to_string(&problem).unwrap_or_default();
            return (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        }
        (status, detail + "\n").into_response()
    }
}

async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    match door.turns_away(&request) {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

/// The largest request that programs send to what stands in for AWS, bytes: `DynamoDB`'s.
pub(crate) const LARGEST: usize = 16 * 1024 * 1024;

/// Lets only those in who hold the data folder's secret.
pub(crate) async fn signed(State(access): State<Access>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    if access.opens(&parts, &body) {
        return next.run(Request::from_parts(parts, Body::from(body))).await;
    }
    let code = "InvalidSignatureException";
    let why = "Take AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the file `env` of the portal's data folder.";
    let said = serde_json::json!({ "__type": code, "message": why });
    (
        StatusCode::FORBIDDEN,
        [(header::CONTENT_TYPE, "application/x-amz-json-1.0"), (HeaderName::from_static("x-amzn-errortype"), code)],
        said.to_string(),
    )
        .into_response()
}
