//! Requests to join an account: what waits for a decision, what an activation's page says, and the account's audit.

use gateway::testing::{
    Bench, Browser,
    scene::{LICENCE, MAIL},
};
use licensing::account::Account;
use serde_json::json;

use crate::{counted, file, get};

const BOSS: &str = "boss@contoso.example";
const OSM: &str = "osm@contoso.example";

/// Contoso with an account that the OSM does not administer.
async fn scene() -> (Bench, Account, Browser) {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let account = bench.account("acc-1", &[BOSS]).await;
    let osm = bench.signed_in(&[OSM]).await;
    (bench, account, osm)
}

/// ORG-04 a global administrator sees what waits, the oldest first, in four steps; others see no account, and what is over
/// is not listed.
#[tokio::test]
async fn org_04_what_waits_is_listed_for_global_administrators() {
    let (bench, account, osm) = scene().await;
    let person = bench.person(OSM).await;
    let join = bench.ask_to_join(&account, &person, MAIL).await;
    bench.pass(60);
    bench.signed_in(&["notices@contoso.example"]).await;
    let later = bench.person("notices@contoso.example").await;
    bench.ask_to_join(&account, &later, MAIL).await;

    let boss = bench.signed_in(&[BOSS]).await;
    let (status, joins, used) = counted(&bench, &boss, "/api/joins").await;
    assert_eq!((status, used.steps, used.calls), (200, 4, 4), "{joins}");
    let requests = joins["accounts"][0]["requests"].as_array().expect("a list");
    assert_eq!((joins["accounts"][0]["name"].as_str(), requests.len()), (Some("Account acc-1"), 2));
    let known = json!({
        "key": { "account": "acc-1", "asker": person.profile, "number": 1 },
        "name": "Olga Smith",
        "address": OSM,
        "product_name": "Mail and Calendar Enterprise",
        "customer_name": "Contoso",
        "asked_at": "2026-11-22T00:00:00Z",
        "ends_at": "2026-12-22T00:00:00Z",
    });
    assert_eq!((&requests[0], requests[1]["address"].as_str()), (&known, Some("notices@contoso.example")));

    assert_eq!(get(&bench, &osm, "/api/joins").await, (200, json!({ "accounts": [] })));
    assert_eq!(get(&bench, &Browser::new(), "/api/joins").await.1["code"], "sign-in-needed");
    let context = bench.store.join_context(&account.id, &person.profile).await.expect("answers");
    let step = join.withdraw(bench.app.now()).expect("it waits");
    bench.store.write_join(&step, &context, bench.app.now(), store::Write::new()).await.expect("written");
    let waiting = get(&bench, &boss, "/api/joins").await.1["accounts"][0]["requests"].as_array().map(Vec::len);
    assert_eq!(waiting, Some(1));
    bench.set_time("2026-12-22T00:01:00Z");
    let boss = bench.signed_in_again(BOSS).await;
    assert_eq!(get(&bench, &boss, "/api/joins").await.1["accounts"][0]["requests"], json!([]), "EXP-05");
}

/// LINK-03 ORG-04 the page of an activation offers to ask, shows what was asked without names, and has neither for who
/// administers the account or may not activate.
#[tokio::test]
async fn link_03_the_page_of_an_activation_offers_to_ask() {
    let (bench, account, osm) = scene().await;
    let page = format!("/api/activations/{LICENCE}/{MAIL}");
    let (status, shown, used) = counted(&bench, &osm, &page).await;
    assert_eq!((status, used.steps), (200, 4));
    let offered =
        json!({ "account": "acc-1", "account_name": "Account acc-1", "may_ask": true, "nobody_decides": false });
    assert_eq!(shown["joining"], offered);
    bench.ask_to_join(&account, &bench.person(OSM).await, MAIL).await;
    let joining = get(&bench, &osm, &page).await.1["joining"].clone();
    assert_eq!((joining["may_ask"].as_bool(), joining["request"]["state"].as_str()), (Some(false), Some("pending")));
    assert!(!joining.to_string().contains('@'), "REQ-03");

    let both = bench.signed_in(&[BOSS, "primary@contoso.example"]).await;
    let (status, shown, used) = counted(&bench, &both, &page).await;
    assert_eq!((status, used.steps, shown.get("joining")), (200, 2, None));
    bench.set_time("2027-06-01T00:00:00Z");
    let osm = bench.signed_in_again(OSM).await;
    assert_eq!(get(&bench, &osm, &page).await.1.get("joining"), None, "nothing can be activated, and nothing waits");
}

/// LINK-03 once a colleague has activated it, its page offers to ask for the account that it is on, which need not be the
/// customer's first.
#[tokio::test]
async fn link_03_after_a_colleagues_activation_its_account_can_be_joined() {
    let (bench, _, osm) = scene().await;
    bench.account("acc-2", &["primary@contoso.example"]).await;
    bench.signed_in(&["primary@contoso.example"]).await;
    bench.activate_as("primary@contoso.example", MAIL, "acc-2").await;
    let joining = get(&bench, &osm, &format!("/api/activations/{LICENCE}/{MAIL}")).await.1["joining"].clone();
    assert_eq!((joining["account"].as_str(), joining["may_ask"].as_bool()), (Some("acc-2"), Some(true)));
}

/// SAFE-01 SAFE-02 an account's audit is read and exported by its global administrators, and by nobody else.
#[tokio::test]
async fn safe_02_an_accounts_audit_is_for_its_global_administrators() {
    let (bench, account, osm) = scene().await;
    bench.ask_to_join(&account, &bench.person(OSM).await, MAIL).await;
    let boss = bench.signed_in(&[BOSS]).await;
    let audit = api::path::account_audit("acc-1");
    let (status, page, used) = counted(&bench, &boss, &audit).await;
    assert_eq!((status, used.steps, used.calls), (200, 2, 2));
    assert_eq!(
        (page["rows"][0]["action"].as_str(), page["rows"][0]["actor_name"].as_str()),
        (Some("join.asked"), Some(OSM))
    );
    let (text, name, _) = file(&bench, &boss, &format!("{audit}?format=jsonl")).await;
    assert_eq!((text.lines().count(), name.as_str()), (2, "attachment; filename=\"audit-account-acc-1.jsonl\""));
    for other in [&osm, &bench.signed_in(&["x@fabrikam.example"]).await] {
        assert_eq!(get(&bench, other, &audit).await.1["code"], "not-allowed");
    }
    assert_eq!(get(&bench, &boss, &api::path::account_audit("acc-9")).await.1["code"], "not-allowed");
}
