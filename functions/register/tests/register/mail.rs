//! Mail that does not reach an address of one's own, and lifting that: SAFE-03.

use api::path;
use gateway::testing::Browser;
use licensing::{
    Timestamp,
    event::Event,
    reach::{Reach, Reason},
};
use serde_json::{Value, json};
use store::{Write, licences};

use crate::desk::{Desk, address};

const JANE: &str = "jane@contoso.example";
const OTHER: &str = "jane@fabrikam.example";

/// Jane, signed in by one address, with another one that is proven as well.
async fn with_two_addresses() -> (Desk, Browser) {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, json!({ "address": OTHER, "repeated": OTHER })).await;
    let token = desk.proof(JANE, OTHER).await;
    assert_eq!(desk.post(&browser, path::PROVE, json!({ "token": token })).await.0, 200);
    (desk, browser)
}

/// A report about an address, now.
async fn reported(desk: &Desk, of: &str, reason: Reason) {
    let (of, now) = (address(of), desk.bench.app.now());
    let before = known(desk, of.as_str()).await;
    let after = match reason {
        Reason::HardBounce => Reach::bounced(before.as_ref(), &of, now),
        Reason::Complaint => Reach::complained(before.as_ref(), &of, now),
    };
    let mut write = Write::new();
    write.reach(&desk.bench.store, &after.expect("it is new"));
    write.commit(&desk.bench.store).await.expect("nobody else writes");
}

async fn known(desk: &Desk, of: &str) -> Option<Reach> {
    desk.bench.store.get(&licences::suppression(&address(of))).await.expect("the database answers")
}

async fn troubles(desk: &Desk, browser: &Browser) -> Value {
    let (status, found) = desk.get(browser, path::MY_MAIL).await;
    assert_eq!(status, 200, "{found}");
    found["addresses"].clone()
}

async fn lift(desk: &Desk, browser: &Browser, of: &str) -> (u16, Value) {
    desk.post(browser, path::MY_MAIL, json!({ "address": of })).await
}

/// SAFE-03 a person sees that mail to one of their addresses bounced or was complained about, since when and until when, and
/// lifts it, signed in by another one. It is audited, and wherever the address is written to is judged afresh.
#[tokio::test]
async fn safe_03_a_person_lifts_what_stops_mail_to_their_address() {
    for (reason, shown) in [
        (
            Reason::HardBounce,
            json!({ "address": OTHER, "why": "bounced", "since": "2026-11-22T00:00:00Z",
                "tried_again_at": "2026-12-22T00:00:00Z" }),
        ),
        (Reason::Complaint, json!({ "address": OTHER, "why": "complained", "since": "2026-11-22T00:00:00Z" })),
    ] {
        let (desk, browser) = with_two_addresses().await;
        assert_eq!(troubles(&desk, &browser).await, json!([]));
        reported(&desk, OTHER, reason).await;
        let before = desk.bench.app.store.meter().read();
        assert_eq!(troubles(&desk, &browser).await, json!([shown]));
        let used = desk.bench.app.store.meter().read() - before;
        assert_eq!((used.calls, used.steps), (2, 2));

        desk.bench.pass(60);
        let before = desk.bench.app.store.meter().read();
        assert_eq!(lift(&desk, &browser, OTHER).await.0, 204);
        let used = desk.bench.app.store.meter().read() - before;
        assert_eq!((used.calls, used.steps), (2, 2));
        assert_eq!(troubles(&desk, &browser).await, json!([]));
        let now: Timestamp = desk.bench.app.now();
        assert!(!known(&desk, OTHER).await.expect("it is kept").stops(false, now, &desk.bench.app.policy.mails));
        assert_eq!(desk.actions_of(JANE).await.last().map(String::as_str), Some("mail.lifted"));
        let asks = |event: &Event| matches!(event, Event::RejudgeAddress { address, .. } if address.as_str() == OTHER);
        assert!(desk.mails().await.iter().any(asks));

        // Once more changes nothing.
        let contents = desk.contents().await;
        assert_eq!(lift(&desk, &browser, OTHER).await.0, 204);
        assert_eq!(desk.contents().await, contents);
    }
}

/// SAFE-03 nobody lifts for others, nor for an address that is not proven yet; the answer says nothing of the address.
#[tokio::test]
async fn safe_03_only_ones_own_proven_addresses_are_lifted() {
    let (desk, browser) = with_two_addresses().await;
    reported(&desk, OTHER, Reason::Complaint).await;
    let stranger = desk.signed_in("joe@contoso.example").await;
    desk.post(&stranger, path::ADDRESSES, json!({ "address": OTHER, "repeated": OTHER })).await;
    let contents = desk.contents().await;
    let answers = [lift(&desk, &stranger, OTHER).await, lift(&desk, &stranger, "nobody@k.example").await];
    for (status, problem) in &answers {
        assert_eq!((*status, &problem["code"], &problem["field"]), (403, &json!("not-allowed"), &json!("address")));
    }
    assert_eq!(answers[0].1["detail"], answers[1].1["detail"]);
    assert_eq!(troubles(&desk, &stranger).await, json!([]));
    assert_eq!(lift(&desk, &Browser::new(), OTHER).await.0, 401);
    assert_eq!(desk.get(&Browser::new(), path::MY_MAIL).await.0, 401);
    assert_eq!(desk.contents().await, contents);
    assert_eq!(troubles(&desk, &browser).await[0]["why"], "complained");
}

/// SAFE-03 SAFE-07 an address that bounces again and again is lifted three times a day, and the answer says when again.
#[tokio::test]
async fn safe_03_lifting_is_limited_a_day() {
    let (desk, browser) = with_two_addresses().await;
    for _ in 0..3 {
        desk.bench.pass(60);
        reported(&desk, OTHER, Reason::HardBounce).await;
        desk.bench.pass(60);
        assert_eq!(lift(&desk, &browser, OTHER).await.0, 204);
    }
    desk.bench.pass(60);
    reported(&desk, OTHER, Reason::HardBounce).await;
    let response = desk.answer(browser.post(path::MY_MAIL, &json!({ "address": OTHER }))).await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    desk.bench.pass(31 * 24 * 3600);
    desk.sign_in(&browser, JANE).await;
    assert_eq!(troubles(&desk, &browser).await, json!([]), "it is tried again by itself");
}
