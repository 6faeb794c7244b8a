//! What both servers have in common: how they are served, who may ask, what they hold on to.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use gateway::App;
use http::{Method, StatusCode, header};
use tokio::{net::TcpListener, sync::watch};

use crate::{events::Events, folder::Folder, post::PostOffice, pump::Pump, schedule::Schedule};

/// What the servers work with.
#[derive(Clone)]
pub(crate) struct Wires {
    pub(crate) app: App,
    pub(crate) post: Arc<PostOffice>,
    pub(crate) events: Arc<Events>,
    pub(crate) pumps: Arc<Vec<Pump>>,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) folder: Arc<Folder>,
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

/// Answers only under its own name. Otherwise any page of the web could ask by a name that it makes point here, and read
/// the mails; and the cookies and links of the portal are for its own name.
pub(crate) fn only_as(router: Router, url: &str) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::<str>::from(url), guard))
}

async fn guard(State(url): State<Arc<str>>, request: Request, next: Next) -> Response {
    let own = url.trim_start_matches("http://");
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if host == own {
        return next.run(request).await;
    }
    let port = own.rsplit(':').next().unwrap_or_default();
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    if reads && host == format!("localhost:{port}") {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{url}{path}"))]).into_response();
    }
    (StatusCode::MISDIRECTED_REQUEST, format!("This is {url}.\n")).into_response()
}
