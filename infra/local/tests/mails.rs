//! What stands in for SES, asked by the real SDK; what became of a mail reaches the functions.

mod help;

use help::{an_order, get, load, mail_to, post, until};
use licensing::{Address, Policy};
use local::{Options, post::Delivery};
use mail::{Context, Language, Letter, SendError, render};
use serde_json::json;

fn letter(to: &Address, policy: &Policy) -> mail::Rendered {
    let letter = Letter::SignInCode {
        address: to.clone(),
        code: "123456".into(),
        link: "https://portal.example/s#token".into(),
        expires_at: "2026-11-22T00:10:00Z".parse().unwrap(),
    };
    let context =
        Context { publisher: &policy.publisher, policy, site: "https://portal.example", language: Language::default() };
    render(&letter, &context)
}

#[tokio::test]
async fn a_mail_sent_by_the_real_sdk_is_in_the_mailbox_and_is_delivered() {
    let running = local::start(Options::default()).await.expect("it starts");
    let to: Address = "Ada@Contoso.example".parse().unwrap();
    let mailer = running.app.mailer.as_ref().expect("a mailer");
    let sent = letter(&to, &running.app.policy);
    let id = mailer.send(&to, &sent, "our-id").await.expect("it is taken");

    let mail = mail_to(&running.mailbox_url, "ada@contoso.example", 0).await;
    assert_eq!((mail["id"].as_str(), mail["code"].as_str()), (Some(id.as_str()), Some("123456")));
    assert_eq!(mail["links"][0], "https://portal.example/s#token");
    assert!(mail["tags"].as_array().unwrap().contains(&json!(["mail", "our-id"])));
    let whole = get(&running.mailbox_url, &format!("/api/mails/{id}")).await.json();
    assert_eq!((whole["text"].as_str(), whole["html"].as_str()), (Some(sent.text.as_str()), Some(sent.html.as_str())));
    until("it is delivered", async || {
        running.post.mail(&id).unwrap().told.last().map(|told| told.fate) == Some(Delivery::Delivered)
    })
    .await;

    let page = get(&running.mailbox_url, &format!("/mails/{id}")).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("sandbox") && !policy.contains("script"), "nothing of a mail runs: {policy}");
    running.stop().await;
}

#[tokio::test]
async fn an_address_that_is_refused_is_refused_to_the_sdk() {
    let running = local::start(Options::default()).await.expect("it starts");
    let to: Address = "reject@contoso.example".parse().unwrap();
    let mailer = running.app.mailer.as_ref().expect("a mailer");
    let outcome = mailer.send(&to, &letter(&to, &running.app.policy), "our-id").await;
    assert_eq!(outcome, Err(SendError::Rejected("MessageRejected".into())));
    running.stop().await;
}

/// ACT-03 SAFE-03: the notice of a hard bounce reaches `mail-events`, and the mail goes to the next contact.
#[tokio::test]
async fn a_mail_that_bounces_goes_to_the_next_contact() {
    let running = local::start(Options { at: "2026-11-22T00:00:00Z".parse().ok(), ..Options::default() })
        .await
        .expect("it starts");
    load(&running.app, &an_order("bounce@contoso.example", "notices@contoso.example", "2026-11-01")).await;
    let next = async {
        loop {
            let mail = mail_to(&running.mailbox_url, "notices@contoso.example", 0).await;
            if mail["links"].to_string().contains("/a#") {
                return mail;
            }
        }
    };
    let mail = next.await;
    let first = mail_to(&running.mailbox_url, "bounce@contoso.example", 0).await;
    assert_eq!(first["told"][0]["fate"], "bounced");
    assert_eq!(mail["to"], "notices@contoso.example");
    running.stop().await;
}

#[tokio::test]
async fn what_becomes_of_a_mail_can_be_said_by_hand() {
    let running = local::start(Options::default()).await.expect("it starts");
    let to: Address = "silent@contoso.example".parse().unwrap();
    let id = running.app.mailer.as_ref().unwrap().send(&to, &letter(&to, &running.app.policy), "our-id").await.unwrap();
    let told = post(&running.mailbox_url, &format!("/api/mails/{id}/complained"), &json!({})).await;
    assert_eq!((told.status, told.json()["told"][0]["fate"].as_str()), (200, Some("complained")));
    assert_eq!(post(&running.mailbox_url, &format!("/api/mails/{id}/lost"), &json!({})).await.status, 404);

    let quiet = json!({"address": "eve@contoso.example", "on": true});
    assert_eq!(post(&running.mailbox_url, "/api/silent", &quiet).await.status, 204);
    assert!(running.post.is_silent("eve@contoso.example"));
    running.stop().await;
}

#[tokio::test]
async fn other_pages_of_the_browser_change_nothing_and_other_names_read_nothing() {
    let running = local::start(Options::default()).await.expect("it starts");
    let forged = [("origin", "https://evil.example"), ("content-type", "application/json")];
    let moved = help::ask(&running.mailbox_url, "POST", "/api/clock", &forged, br#"{"forward":3600}"#).await;
    assert_eq!((moved.status, running.app.clock.offset()), (403, 0));
    let rebound = help::ask(&running.mailbox_url, "GET", "/api/mails", &[("host", "evil.example")], b"").await;
    assert_eq!(rebound.status, 421);
    running.stop().await;
}
