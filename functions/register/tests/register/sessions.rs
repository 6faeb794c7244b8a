//! Sessions: REG-12.

use api::path;
use gateway::testing::Browser;
use serde_json::json;

use crate::desk::{Desk, cookies, twice};

const JANE: &str = "jane@contoso.example";
const OTHER: &str = "jane@fabrikam.example";

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
    assert_eq!(names, ["address", "browser", "epoch", "expires", "item", "person", "seen", "since", "until"]);
}

/// REG-12 a lost answer signs nobody out: whatever put a new session in the old one's place, for a minute the old cookie still
/// serves, and the next answer brings the new cookie again.
#[tokio::test]
async fn reg_12_a_lost_answer_signs_nobody_out() {
    for what in ["link", "code", "removal", "sign-in"] {
        let desk = Desk::new().await;
        let browser = desk.signed_in(JANE).await;
        desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
        let token = json!({ "token": desk.proof(JANE, OTHER).await });
        let request = match what {
            "link" => browser.post(path::PROVE, &token),
            "code" => browser.post(path::PROVE, &json!({ "code": desk.proof_code(JANE, OTHER).await })),
            "removal" => {
                desk.post(&browser, path::PROVE, token).await;
                browser.post(path::REMOVE_ADDRESS, &json!({ "address": OTHER }))
            }
            _ => {
                desk.ask(&browser, JANE).await;
                browser.post(path::SIGN_IN, &json!({ "address": JANE, "code": desk.code(JANE).await }))
            }
        };
        let again = request.clone();
        let lost = desk.deployed(request).await;
        assert!(lost.status().is_success(), "{what}: {:?}", lost.body());
        let missed = session_cookie(&lost);

        desk.bench.pass(59);
        let response = desk.deployed(browser.get(path::ME)).await;
        assert_eq!((response.status().as_u16(), session_cookie(&response)), (200, missed.clone()), "{what}");
        if what != "sign-in" {
            // The person does it once more: it is done already, and that is what they are told.
            let response = desk.deployed(again).await;
            assert!(response.status().is_success(), "{what}: {:?}", response.body());
            assert_eq!(session_cookie(&response), missed, "{what}");
        }
        let old = browser.get(path::ME);
        browser.take(&response);
        desk.bench.pass(1);
        assert_eq!(desk.deployed(old).await.status(), 401, "{what}: a minute is over");
        let (status, me) = desk.get(&browser, path::ME).await;
        assert_eq!(status, 200, "{what}");
        assert_eq!(me["addresses"].as_array().map(Vec::len), Some(if what == "removal" { 1 } else { 2 }), "{what}");
        let (_, list) = desk.get(&browser, path::SESSIONS).await;
        assert_eq!(list["sessions"].as_array().map(Vec::len), Some(1), "{what}: it is one session");
        assert_eq!(session_cookie(&desk.deployed(browser.get(path::ME)).await), "", "{what}: said once");
    }
}

/// REG-12 the old cookie serves nobody once the session was ended, whichever cookie ended it: by signing out here or everywhere,
/// from the list, or by signing in as somebody else.
#[tokio::test]
async fn reg_12_an_old_cookie_does_not_outlive_signing_out() {
    for what in ["here", "here-by-the-old-cookie", "everywhere", "list", "switch", "switch-by-the-old-cookie"] {
        let desk = Desk::new().await;
        let (browser, other) = (desk.signed_in(JANE).await, desk.signed_in(JANE).await);
        desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
        let token = json!({ "token": desk.proof(JANE, OTHER).await });
        let (old, ended_by_old) = (browser.get(path::ME), browser.post(path::SIGN_OUT, &json!({})));
        desk.ask(&browser, "joe@contoso.example").await;
        let joe = json!({ "address": "joe@contoso.example", "code": desk.code("joe@contoso.example").await });
        let switched_by_old = browser.post(path::SIGN_IN, &joe);
        browser.take(&desk.deployed(browser.post(path::PROVE, &token)).await);
        let new = browser.get(path::ME);
        assert_eq!([desk.deployed(old.clone()).await.status(), desk.deployed(new.clone()).await.status()], [200, 200]);
        let ending = match what {
            "here" => browser.post(path::SIGN_OUT, &json!({})),
            "here-by-the-old-cookie" => ended_by_old,
            "everywhere" => browser.post(path::SIGN_OUT_EVERYWHERE, &json!({})),
            "list" => {
                let (_, list) = desk.get(&other, path::SESSIONS).await;
                let all = list["sessions"].as_array().expect("a list");
                let id = all.iter().find(|it| it["here"] == false).expect("the other one")["id"].clone();
                other.post(path::SESSIONS, &json!({ "id": id }))
            }
            "switch" => browser.post(path::SIGN_IN, &joe),
            _ => switched_by_old,
        };
        assert!(desk.deployed(ending).await.status().is_success(), "{what}");
        for (which, request) in [("old", old), ("new", new)] {
            assert_eq!(desk.deployed(request).await.status(), 401, "{what}: the {which} cookie");
        }
    }
}

/// REG-12 however often it goes on under a new secret in one minute, with answers lost or not, nobody is signed out and the
/// session is one.
#[tokio::test]
async fn reg_12_two_rotations_at_once_are_one_session() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    for to in [OTHER, "third@fabrikam.example"] {
        desk.post(&browser, path::ADDRESSES, twice(to)).await;
    }
    // Two tabs, each with a link: both were sent with the old cookie.
    let first = browser.post(path::PROVE, &json!({ "token": desk.proof(JANE, OTHER).await }));
    let second = browser.post(path::PROVE, &json!({ "token": desk.proof(JANE, "third@fabrikam.example").await }));
    let (first, second) = tokio::join!(desk.deployed(first), desk.deployed(second));
    assert_eq!((first.status(), second.status()), (http::StatusCode::OK, http::StatusCode::OK));
    assert_eq!(session_cookie(&first), session_cookie(&second), "whichever answer comes last");
    browser.take(&second);
    let (_, me) = desk.get(&browser, path::ME).await;
    assert_eq!(me["addresses"].as_array().map(Vec::len), Some(3));
    desk.post(&browser, path::REMOVE_ADDRESS, json!({ "address": OTHER })).await;
    desk.bench.pass(60);
    assert_eq!(desk.get(&browser, path::ME).await.0, 200);
    assert_eq!(desk.get(&browser, path::SESSIONS).await.1["sessions"].as_array().map(Vec::len), Some(1));
}

/// REG-12 a session that was begun while the clock was ahead does not hold once the clock is right again.
#[tokio::test]
async fn reg_12_a_session_of_a_clock_that_was_ahead_does_not_live_longer() {
    let desk = Desk::new().await;
    desk.bench.set_time("2026-11-23T00:00:00Z");
    let browser = desk.signed_in(JANE).await;
    desk.bench.set_time("2026-11-22T00:00:00Z");
    assert_eq!(desk.get(&browser, path::ME).await.0, 401);
}

/// The session's cookie that an answer brings; empty if it brings none.
fn session_cookie(response: &gateway::Response) -> String {
    let all = cookies(response);
    let set = all.iter().find(|cookie| cookie.starts_with("__Host-session="));
    set.and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned()
}
