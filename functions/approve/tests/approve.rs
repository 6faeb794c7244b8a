//! Deciding on requests for permission, on the real engine (APR).

use api::{
    path,
    requests::{DecideRequest, InspectRequest, RequestDecision, RequestKey, Roles, WhichRequest},
};
use gateway::{
    Request, Response,
    testing::{
        Bench, Browser,
        scene::{at_contoso, licence},
    },
};
use http::Method;
use licensing::{
    access::Access,
    request::{AskOutcome, Asked, Found, NewRequest, Request as Permission},
    roles::Role,
    seal::Link,
};
use serde_json::{Value, json};
use store::{Write, standing};

const LENA: &str = "lena@contoso.example";
const NOTICES: &str = "notices@contoso.example";

async fn call(bench: &Bench, browser: &Browser, request: Request) -> (u16, Value) {
    let response: Response = approve::handle(&bench.app, request).await;
    bench.glance_is_right().await;
    browser.take(&response)
}

async fn inspect(bench: &Bench, browser: &Browser, request: WhichRequest) -> (u16, Value) {
    call(bench, browser, browser.post(path::APPROVAL_INSPECT, &InspectRequest { request })).await
}

async fn decide(bench: &Bench, browser: &Browser, request: WhichRequest, decision: RequestDecision) -> (u16, Value) {
    let body = DecideRequest { request, decision, message: "Until the audit is over.".into() };
    call(bench, browser, browser.post(path::APPROVAL_DECIDE, &body)).await
}

fn grant(roles: &[Role]) -> RequestDecision {
    RequestDecision::Grant(Roles { roles: roles.iter().copied().collect(), ..Roles::default() })
}

/// Contoso, where somebody has asked for two roles, and it was found out who decides.
async fn scene() -> (Bench, Browser, Permission) {
    scene_with(0).await
}

/// The same, where mail reaches so many of them no more.
async fn scene_with(unreachable: usize) -> (Bench, Browser, Permission) {
    let bench = Bench::new().await;
    bench.contoso().await;
    let lena = bench.signed_in(&[LENA]).await;
    let by = bench.person(LENA).await;
    let (licence, has, now) = (licence(), Access::default(), bench.app.now());
    let asked = Asked { roles: [Role::LicensingInfo, Role::Download].into(), ..Asked::default() };
    let new = NewRequest { licence: &licence, by: &by, name: "Lena Berg", asked: &asked, comment: "", has: &has };
    let policy = &bench.app.policy.requests;
    let outcome = Permission::ask(None, &new, now, policy).expect("it may be asked");
    let AskOutcome::New(step) = outcome else { panic!("it was asked before") };
    write(&bench, &step).await;
    let loaded = bench.store.standing_of(&licence).await.expect("answers").expect("loaded");
    let (standing, addresses) = (loaded.standing(), [at_contoso("lena")]);
    let found = Found { standing: Some(&standing), addresses: &addresses, colleague: true, unreachable };
    let step = step.after().clone().route(&found, now);
    write(&bench, &step).await;
    (bench, lena, step.after().clone())
}

async fn write(bench: &Bench, step: &licensing::request::Step) {
    let after = step.after();
    let context = bench.store.request_context(&after.licence, &after.by.profile).await.expect("answers");
    let mut write = Write::new();
    write.request(&bench.store, step, &context, bench.app.now(), &bench.app.policy.requests);
    write.commit(&bench.store).await.expect("written");
}

fn by_link(bench: &Bench, request: &Permission, to: &str) -> WhichRequest {
    let (licence, asker) = (request.licence.clone(), request.by.profile.clone());
    let to = to.parse().expect("an address");
    let link = Link::Permission { licence, asker, generation: request.generation, to };
    WhichRequest::Link(bench.app.keys.links().seal(&link))
}

fn by_key(request: &Permission) -> WhichRequest {
    let (licence, asker) = (request.licence.clone(), request.by.profile.clone());
    WhichRequest::Portal(RequestKey { licence, asker, number: request.generation })
}

/// APR-02 APR-03 whoever holds the link sees the request and denies it, and does not grant; the first decision counts.
#[tokio::test]
async fn apr_02_a_link_shows_and_denies_and_does_not_grant() {
    let (bench, lena, request) = scene().await;
    let (anybody, link) = (Browser::new(), || by_link(&bench, &request, NOTICES));
    let (status, shown) = inspect(&bench, &anybody, link()).await;
    assert_eq!((status, &shown["may"], &shown["state"]), (200, &json!("deny"), &json!("pending")), "{shown}");
    assert_eq!(inspect(&bench, &anybody, by_key(&request)).await.1["code"], "sign-in-needed");
    assert_eq!(decide(&bench, &anybody, link(), grant(&[Role::Download])).await.1["code"], "sign-in-to-approve");
    assert_eq!(decide(&bench, &lena, link(), RequestDecision::Deny(true)).await.1["code"], "own-request");
    for _ in 0..2 {
        let (status, denied) = decide(&bench, &anybody, link(), RequestDecision::Deny(true)).await;
        assert_eq!((status, &denied["state"], &denied["by_you"]), (200, &json!("denied"), &json!(true)), "{denied}");
    }
    let notices = bench.signed_in(&[NOTICES]).await;
    let (status, late) = decide(&bench, &notices, by_key(&request), grant(&[Role::Download])).await;
    assert_eq!((status, &late["state"]), (200, &json!("denied")), "{late}");
}

/// APR-01 APR-06 an Administrator grants a part: who asked holds it, with its row among the listings; others are refused.
#[tokio::test]
async fn apr_01_an_administrator_grants_a_part() {
    let (bench, _, request) = scene().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    assert_eq!(inspect(&bench, &osm, by_key(&request)).await.1["code"], "not-allowed", "no Administrator");
    let notices = bench.signed_in(&[NOTICES]).await;
    assert_eq!(inspect(&bench, &notices, by_key(&request)).await.1["may"], "decide");
    let more = decide(&bench, &notices, by_key(&request), grant(&[Role::Administrator])).await.1;
    assert_eq!(more["code"], "not-asked-for");
    let (status, granted) = decide(&bench, &notices, by_key(&request), grant(&[Role::Download])).await;
    assert_eq!((status, &granted["state"]), (200, &json!("granted-in-part")), "{granted}");
    let held = bench.store.get(&standing::holder(&licence(), &at_contoso("lena"))).await.expect("answers");
    let held = held.expect("it was granted").record;
    assert_eq!(held.assigned.roles.keys().copied().collect::<Vec<_>>(), [Role::Download]);
    let row = bench.store.get(&standing::held(&at_contoso("lena"), &licence())).await.expect("answers");
    assert!(row.is_some());
    let mut other = notices.post(path::APPROVAL_DECIDE, &json!({}));
    *other.method_mut() = Method::PUT;
    assert!([404, 405].contains(&call(&bench, &notices, other).await.0));
}

/// REQ-07 a request that operators had to see, as mail reached nobody, is theirs no more once it is decided.
#[tokio::test]
async fn req_07_operators_see_a_request_until_it_is_decided() {
    let (bench, _, request) = scene_with(2).await;
    let seen = || async { bench.store.requests_for_operators(bench.app.now()).await.expect("answers").known.len() };
    assert_eq!(seen().await, 1);
    let notices = bench.signed_in(&[NOTICES]).await;
    assert_eq!(decide(&bench, &notices, by_key(&request), RequestDecision::Deny(true)).await.0, 200);
    assert_eq!(seen().await, 0);
}
