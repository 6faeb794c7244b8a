//! The profile: REG-06, REG-11, REG-12.

use api::path;
use gateway::testing::Browser;
use serde_json::{Value, json};

use crate::desk::Desk;

const JANE: &str = "jane@contoso.example";

fn names(first: &str, last: &str, language: &str, phone: &str) -> Value {
    json!({ "first_name": first, "last_name": last, "language": language, "phone": phone })
}

/// REG-11 names, language and phone are kept, with one entry in the audit; saving the same again writes nothing.
#[tokio::test]
async fn reg_11_the_profile_is_kept() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let said = names("  Jané ", "O'Neill-Ångström", "de", "+46 8 123 (4)");
    let before = desk.bench.app.store.meter().read();
    let (status, me) = desk.post(&browser, path::ME, said).await;
    println!("save the profile: {:?}", desk.bench.app.store.meter().read() - before);
    let kept = names("Jané", "O'Neill-Ångström", "de", "+46 8 123 (4)");
    assert_eq!((status, &me["profile"]), (200, &kept));
    assert_eq!(desk.get(&browser, path::ME).await.1, me);
    assert_eq!(desk.actions_of(JANE).await, ["profile.created", "profile.changed"]);
    let before = desk.contents().await;
    assert_eq!(desk.post(&browser, path::ME, kept).await, (200, me));
    assert_eq!(desk.contents().await, before);
}

/// REG-11 SAFE-07 each saved change is kept in the audit, so a person saves 30 a day: the next one is told when, and what is stored
/// stays. Saving what is stored already is none.
#[tokio::test]
async fn reg_11_a_profile_is_changed_thirty_times_a_day() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let save = async |number: u32| desk.post(&browser, path::ME, names(&format!("Jane {number}"), "", "en", "")).await;
    for number in 0..30 {
        assert_eq!(save(number).await.0, 200);
    }
    assert_eq!(save(29).await.0, 200, "nothing changes");
    let before = desk.actions_of(JANE).await;
    assert_eq!(before.len(), 31, "the profile, and thirty changes of it");
    let (status, problem) = save(30).await;
    assert_eq!((status, &problem["code"]), (429, &json!("too-often")));
    assert_eq!(problem["try_again_at"], "2026-11-23T00:00:00Z");
    assert_eq!(desk.actions_of(JANE).await, before);
    assert_eq!(desk.get(&browser, path::ME).await.1["profile"]["first_name"], "Jane 29");
}

/// REG-11 too long, hidden characters and other languages are refused in the field; at the limit they are taken.
#[tokio::test]
async fn reg_11_a_profile_is_checked_field_by_field() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let before = desk.contents().await;
    let (long, phone) = ("é".repeat(101), "1".repeat(41));
    for (said, field) in [
        (names(&long, "", "en", ""), "first_name"),
        (names("", &long, "en", ""), "last_name"),
        (names("", "", "en", &phone), "phone"),
        (names("a\nb", "", "en", ""), "first_name"),
        (names("", "a\u{0}b", "en", ""), "last_name"),
        (names("", "a\u{202e}b", "en", ""), "last_name"),
        (names("", "a\u{2028}b", "en", ""), "last_name"),
        (names("", "", "en", "1\u{7f}2"), "phone"),
        (names("", "", "fr", ""), "language"),
        (names("", "", "", ""), "language"),
        (json!({ "first_name": 7, "language": "en" }), "first_name"),
        (json!({ "nickname": "J", "language": "en" }), "nickname"),
    ] {
        let (status, problem) = desk.post(&browser, path::ME, said).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!("bad-field"), &json!(field)));
    }
    assert_eq!(desk.contents().await, before);
    let most = names(&"é".repeat(100), &"字".repeat(100), "en", &"1".repeat(40));
    assert_eq!(desk.post(&browser, path::ME, most).await.0, 200);
}

/// REG-06 the country is confirmed once, and can't be changed by oneself.
#[tokio::test]
async fn reg_06_the_country_is_confirmed_once() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    for bad in ["XX", "se", "Sweden", "", "S\u{0415}"] {
        let (status, problem) = desk.post(&browser, path::COUNTRY, json!({ "country": bad })).await;
        assert_eq!((status, &problem["field"]), (422, &json!("country")), "{bad}");
    }
    let (status, me) = desk.post(&browser, path::COUNTRY, json!({ "country": "SE" })).await;
    assert_eq!((status, &me["country"]), (200, &json!("SE")));
    let before = desk.contents().await;
    let (status, problem) = desk.post(&browser, path::COUNTRY, json!({ "country": "NO" })).await;
    assert_eq!((status, &problem["code"], &problem["field"]), (409, &json!("country-confirmed"), &json!("country")));
    assert_eq!(
        desk.post(&browser, path::COUNTRY, json!({ "country": "SE" })).await,
        (200, me),
        "a repeat is no change"
    );
    assert_eq!(desk.contents().await, before);
    assert_eq!(desk.actions_of(JANE).await, ["profile.created", "profile.country-confirmed"]);
}

/// REG-06 two who confirm at once: one country stays, the other is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reg_06_two_countries_at_once() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let confirm = |country: &str| {
        let (app, request) = (desk.bench.app.clone(), browser.post(path::COUNTRY, &json!({ "country": country })));
        tokio::spawn(async move { register::handle(&app, request).await.status().as_u16() })
    };
    let (one, other) = (confirm("SE"), confirm("NO"));
    let mut statuses = [one.await.expect("an answer"), other.await.expect("an answer")];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// REG-12 asking who is signed in is one call; every ten minutes a second one notes that the session is used.
#[tokio::test]
async fn reg_12_a_session_is_noted_at_most_every_ten_minutes() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let mut calls = Vec::new();
    for seconds in [0, 599, 1, 1, 599] {
        desk.bench.pass(seconds);
        let before = desk.bench.app.store.meter().read();
        let (status, me) = desk.get(&browser, path::ME).await;
        assert_eq!(status, 200);
        let used = desk.bench.app.store.meter().read() - before;
        calls.push((used.calls, used.steps, me["session_ends"].as_str().expect("a time").to_owned()));
    }
    let expected = [(1, 1, "02:00:00"), (1, 1, "02:00:00"), (2, 2, "02:10:00"), (1, 1, "02:10:00"), (2, 2, "02:20:00")];
    let expected = expected.map(|(calls, steps, ends)| (calls, steps, format!("2026-11-22T{ends}Z")));
    assert_eq!(calls, expected);
    assert_eq!(desk.get(&Browser::new(), path::ME).await.1["code"], "sign-in-needed");
}
