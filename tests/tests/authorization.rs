//! Who may ask for what: each operation of the API, asked by nobody in particular, and by somebody who is signed in without the
//! right. The list is that of the routes themselves.

mod world;

use api::path::{ROUTES, Who};
use gateway::{
    Request, Response, front,
    testing::{Browser, scene::MAIL},
};
use http::{HeaderValue, header::AUTHORIZATION};
use licensing::{seal::stored_hash, when::add_days};
use serde_json::Value;
use store::{Write, tokens::Token};
use world::World;

/// Asks as the pages do, and gives status and code.
async fn ask(world: &World, request: Request) -> (u16, String) {
    let app = &world.bench.app;
    let response: Response = front::pass(app, request, |request| local::functions::answer(app.clone(), request)).await;
    let (status, body): (u16, Value) = Browser::new().take(&response);
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// The operations with their requests, as this browser asks them.
fn asked_by(world: &World, browser: &Browser) -> Vec<(String, Who, Request)> {
    let mut requests = world.requests_by(browser);
    let operations = ROUTES.iter().flat_map(|route| route.operations.iter().map(move |operation| (route, operation)));
    let all: Vec<_> = operations
        .map(|(route, operation)| {
            let name = format!("{} {}", operation.method, route.path);
            let at = requests.iter().position(|(other, _)| *other == name);
            let at = at.unwrap_or_else(|| panic!("openapi.json does not describe {name}"));
            (requests.swap_remove(at), operation.who)
        })
        .map(|((name, request), who)| (name, who, request))
        .collect();
    assert!(requests.is_empty(), "api::path::ROUTES has none of {requests:?}");
    all
}

/// SAFE-05 LINK-03 who is not signed in gets nothing but what everybody may have, and what a mailed link opens.
#[tokio::test]
async fn safe_05_nobody_in_particular_is_asked_to_sign_in() {
    let world = World::new().await;
    for (name, who, mut request) in asked_by(&world, &Browser::new()) {
        let before = world.bench.activation(MAIL).await.version;
        request.headers_mut().remove(AUTHORIZATION);
        let (status, code) = ask(&world, request).await;
        match who {
            Who::Person | Who::Entitled | Who::Token => {
                assert_eq!((status, code.as_str()), (401, "sign-in-needed"), "{name} is for {who:?}");
                assert_eq!(world.bench.activation(MAIL).await.version, before, "{name} changed something");
            }
            Who::Anyone | Who::Link => assert!(status < 500 && status != 401, "{name} is for {who:?}: {status} {code}"),
            Who::LinkOrPerson => assert!(status < 500, "{name} is for {who:?}: {status} {code}"),
        }
    }
}

/// SAFE-05 LINK-07 who is signed in, and has no right to what they name, is refused, and nothing is changed; a token of
/// another scope loads nothing.
#[tokio::test]
async fn safe_05_somebody_without_the_right_is_refused() {
    let world = World::new().await;
    let stranger = world.bench.signed_in(&["eve@fabrikam.example"]).await;
    let token = Token {
        name: "another".into(),
        scopes: vec!["operate".into()],
        minted_at: world.bench.app.now(),
        expires_at: add_days(world.bench.app.now(), 1),
        customers: None,
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&world.bench.store, &stored_hash(b"another"), None, &token);
    write.commit(&world.bench.store).await.expect("written");

    // What ends the session comes last.
    let (last, all): (Vec<_>, Vec<_>) =
        asked_by(&world, &stranger).into_iter().partition(|(name, ..)| name.contains("sign-out"));
    for (name, who, mut request) in all.into_iter().chain(last) {
        let before = world.bench.activation(MAIL).await.version;
        if who == Who::Token {
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer another"));
        }
        let (status, code) = ask(&world, request).await;
        match who {
            Who::Entitled => assert!([403, 404].contains(&status), "{name} is for {who:?}: {status} {code}"),
            Who::Token => assert_eq!((status, code.as_str()), (401, "sign-in-needed"), "{name}"),
            _ => assert!(status < 500, "{name} is for {who:?}: {status} {code}"),
        }
        if matches!(who, Who::Entitled | Who::Token) {
            assert_eq!(world.bench.activation(MAIL).await.version, before, "{name} changed something");
        }
    }
}
