//! What the portal shows, on the real engine: written as the functions write it, read as a browser asks for it.

mod audit;
mod explained;
mod joins;
mod lists;
mod overview;
mod tree;

use gateway::testing::{Bench, Browser};
use serde_json::Value;
use store::meter::Reading;

/// Asks and reads JSON.
async fn get(bench: &Bench, browser: &Browser, path: &str) -> (u16, Value) {
    browser.take(&show_portal::handle(&bench.app, browser.get(path)).await)
}

/// Asks, and counts what the database was asked.
async fn counted(bench: &Bench, browser: &Browser, path: &str) -> (u16, Value, Reading) {
    let before = bench.app.store.meter().read();
    let (status, value) = get(bench, browser, path).await;
    (status, value, bench.app.store.meter().read() - before)
}

/// Asks for a file: its text, its name, and where its next part is.
async fn file(bench: &Bench, browser: &Browser, path: &str) -> (String, String, Option<String>) {
    let response = show_portal::handle(&bench.app, browser.get(path)).await;
    assert_eq!(response.status(), 200, "{path}");
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("plain text").to_owned());
    let name = header("content-disposition").expect("a file has a name");
    let next = header("link").map(|link| link.split(['<', '>']).nth(1).expect("an address").to_owned());
    let text =
        String::from_utf8(gateway::request::RequestParts::bytes(&http::Request::new(response.body().clone())).to_vec());
    (text.expect("a text"), name, next)
}
