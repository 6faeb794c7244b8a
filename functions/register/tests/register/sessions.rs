//! Sessions: REG-12.

use api::path;
use gateway::testing::Browser;
use serde_json::json;

use crate::desk::{Desk, cookies};

const JANE: &str = "jane@contoso.example";

/// REG-12 two hours idle, twelve hours in all, to the second.
#[tokio::test]
async fn reg_12_a_session_ends_by_itself() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.bench.pass(2 * 3600 - 1);
    assert_eq!(desk.get(&browser, path::ME).await.0, 200);
    desk.bench.pass(2 * 3600);
    assert_eq!(desk.get(&browser, path::ME).await.0, 401);
    assert_eq!(desk.get(&browser, path::SESSIONS).await.0, 401);

    let busy = Browser::new();
    desk.bench.set_time("2026-11-23T00:00:00Z");
    desk.sign_in(&busy, JANE).await;
    for _ in 0..11 {
        desk.bench.pass(3600);
        assert_eq!(desk.get(&busy, path::ME).await.0, 200);
    }
    desk.bench.pass(3599);
    assert_eq!(desk.get(&busy, path::ME).await.1["session_ends"], "2026-11-23T12:00:00Z");
    desk.bench.pass(1);
    assert_eq!(desk.get(&busy, path::ME).await.0, 401);
}

/// REG-12 the list of live sessions, the newest first; one is ended from another browser.
#[tokio::test]
async fn reg_12_sessions_are_listed_and_ended_one_by_one() {
    let desk = Desk::new().await;
    let first = desk.signed_in(JANE).await;
    desk.bench.pass(60);
    let second = desk.signed_in(JANE).await;
    let (_, list) = desk.get(&second, path::SESSIONS).await;
    let sessions = list["sessions"].as_array().expect("a list").clone();
    let seen: Vec<_> = sessions.iter().map(|session| (session["since"].clone(), session["here"].clone())).collect();
    assert_eq!(seen, [(json!("2026-11-22T00:01:00Z"), json!(true)), (json!("2026-11-22T00:00:00Z"), json!(false))]);

    assert_eq!(desk.post(&second, path::SESSIONS, json!({ "id": sessions[1]["id"] })).await.0, 204);
    assert_eq!(desk.get(&first, path::ME).await.0, 401);
    assert_eq!(desk.get(&second, path::ME).await.0, 200);
    assert_eq!(desk.actions_of(JANE).await.last().map(String::as_str), Some("session.ended"));
    assert_eq!(desk.post(&second, path::SESSIONS, json!({ "id": sessions[0]["id"] })).await.0, 204);
    assert_eq!(desk.get(&second, path::ME).await.0, 401, "this one as well");
}

/// REG-12 nobody ends another person's session, and what is no session's name is refused.
#[tokio::test]
async fn reg_12_only_ones_own_sessions_can_be_ended() {
    let desk = Desk::new().await;
    let jane = desk.signed_in(JANE).await;
    let joe = desk.signed_in("joe@contoso.example").await;
    let id = desk.get(&jane, path::SESSIONS).await.1["sessions"][0]["id"].clone();
    let before = desk.contents().await;
    let long = "x".repeat(5000);
    for id in [id, json!(""), json!("x"), json!(long), json!("../profile")] {
        let (status, problem) = desk.post(&joe, path::SESSIONS, json!({ "id": id })).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (404, &json!("not-found"), &json!("id")));
    }
    assert_eq!(desk.contents().await, before);
    assert_eq!(desk.get(&jane, path::ME).await.0, 200);
}

/// REG-12 sign out here: the session is gone on the server, and the cookie in the browser.
#[tokio::test]
async fn reg_12_sign_out_here() {
    let desk = Desk::new().await;
    let here = desk.signed_in(JANE).await;
    let there = desk.signed_in(JANE).await;
    let kept = here.get(path::ME);
    let response = desk.answer(here.post(path::SIGN_OUT, &json!({}))).await;
    assert_eq!(response.status(), 204);
    assert_eq!(cookies(&response), ["__Host-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"]);
    assert_eq!(desk.answer(kept).await.status(), 401);
    assert_eq!(desk.get(&there, path::ME).await.0, 200);
    assert_eq!(desk.post(&Browser::new(), path::SIGN_OUT, json!({})).await.0, 204, "signed out already");
    assert_eq!(desk.actions_of(JANE).await, ["profile.created", "profile.signed-in", "profile.signed-out"]);
}

/// REG-12 sign out everywhere is one small write, however many sessions there are; signing in again works.
#[tokio::test]
async fn reg_12_sign_out_everywhere() {
    let desk = Desk::new().await;
    let one = desk.signed_in(JANE).await;
    let before = desk.bench.app.store.meter().read();
    assert_eq!(desk.post(&one, path::SIGN_OUT_EVERYWHERE, json!({})).await.0, 204);
    let for_one = desk.bench.app.store.meter().read() - before;

    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(desk.signed_in(JANE).await);
    }
    let before = desk.bench.app.store.meter().read();
    assert_eq!(desk.post(&all[0], path::SIGN_OUT_EVERYWHERE, json!({})).await.0, 204);
    let for_all = desk.bench.app.store.meter().read() - before;
    assert_eq!((for_all.calls, for_all.steps, for_all.write_units), (2, 2, for_one.write_units));
    for browser in &all {
        assert_eq!(desk.get(browser, path::ME).await.0, 401);
    }
    let again = desk.signed_in(JANE).await;
    assert_eq!(desk.get(&again, path::SESSIONS).await.1["sessions"].as_array().map(Vec::len), Some(1));
    let actions = desk.actions_of(JANE).await;
    assert_eq!(actions.iter().filter(|action| *action == "profile.signed-out-everywhere").count(), 2);
}

/// REG-12 rights are never kept in a session: what is stored of one names a person and times, nothing else.
#[tokio::test]
async fn reg_12_a_session_holds_no_rights() {
    let desk = Desk::new().await;
    desk.signed_in(JANE).await;
    let items = desk.items(store::Table::People).await;
    let session =
        items.iter().find(|item| item["item"].as_s().expect("text").starts_with("session#")).expect("a session");
    let mut names: Vec<&str> = session.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["address", "browser", "epoch", "expires", "item", "person", "seen", "since"]);
}
