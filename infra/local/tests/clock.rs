//! The portal's clock is moved: what falls due is done, and the clock stays moved.

mod help;

use help::{Scratch, an_order, get, load, mail_to, post};
use local::Options;
use serde_json::json;

/// ACT-06 EXP-01: a mail that waits for the usage start is sent as soon as the clock is there.
#[tokio::test]
async fn a_scheduled_mail_is_sent_when_the_clock_is_moved_to_its_time() {
    let at = "2026-11-22T00:00:00Z".parse().ok();
    let running = local::start(Options { at, ..Options::default() }).await.expect("it starts");
    load(&running.app, &an_order("osm@contoso.example", "notices@contoso.example", "2026-11-25")).await;
    running.settled().await;
    let before = get(&running.mailbox_url, "/api/mails?to=osm@contoso.example").await.json();
    assert!(!before["mails"].to_string().contains("/a#"), "nothing is mailed before its time: {before}");
    let newest = before["mails"][0]["number"].as_u64().unwrap_or(0);

    let moved = post(&running.mailbox_url, "/api/clock", &json!({"to": "2026-11-24T00:00:00Z"})).await;
    assert_eq!(moved.status, 200);
    assert!(moved.json()["now"].as_str().unwrap().starts_with("2026-11-24T00:0"));
    let mail = mail_to(&running.mailbox_url, "osm@contoso.example", newest).await;
    assert!(mail["links"][0].as_str().unwrap().contains("/a#"));
    running.stop().await;
}

#[tokio::test]
async fn the_clock_stays_moved_and_can_be_set_back() {
    let scratch = Scratch::new();
    let options = Options { data: Some(scratch.path().into()), ..Options::default() };
    let running = local::start(options.clone()).await.expect("it starts");
    let moved = post(&running.mailbox_url, "/api/clock", &json!({"forward": 86_400})).await.json();
    assert_eq!(moved["ahead"], 86_400);
    running.stop().await;

    let running = local::start(options).await.expect("it starts again");
    assert_eq!(get(&running.mailbox_url, "/api/clock").await.json()["ahead"], 86_400);
    assert_eq!(post(&running.mailbox_url, "/api/clock", &json!({"back": true})).await.json()["ahead"], 0);
    assert_eq!(post(&running.mailbox_url, "/api/clock", &json!({})).await.status, 422);
    running.stop().await;
}
