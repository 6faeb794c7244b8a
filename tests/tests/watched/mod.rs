//! A database that notes who asks for what (`gateway::testing::permissions`): for programs, which make their own calls.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use gateway::testing::permissions::note_of;
use tests::wire;
use tokio::net::TcpListener;

/// Where a program finds the database at `url`, so that what it asks is noted as asked by `who`. Lives as long as the
/// test's runtime.
pub(crate) async fn watched(url: &str, who: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = format!("http://{}", listener.local_addr().expect("a bound port"));
    let router = Router::new().fallback(pass).with_state((url.to_owned(), who.to_owned()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    at
}

async fn pass(State((url, who)): State<(String, String)>, headers: HeaderMap, body: Bytes) -> Response {
    let said = headers.iter().filter(|(name, _)| !matches!(name.as_str(), "host" | "connection" | "content-length"));
    let said: Vec<_> = said.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.rsplit('.').next());
    note_of(&who, operation.unwrap_or("?"), &serde_json::from_slice(&body).unwrap_or_default());
    let answer = wire::ask(&url, "POST", "/", &said, &body).await;
    let kind = answer.header("content-type").unwrap_or("application/x-amz-json-1.0").to_owned();
    let status = StatusCode::from_u16(answer.status).expect("a status");
    (status, [(header::CONTENT_TYPE, kind)], answer.body).into_response()
}
