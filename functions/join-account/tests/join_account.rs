//! Asking to join an account and deciding on it, on the real engine (LINK-03, ORG-04).

use std::sync::Arc;

use api::{
    activations::{Target, Which},
    joins::{AskToJoin, Decide, Decision, JoinKey, WhichJoin, Withdraw},
    path,
    sign_in::LinkToken,
};
use gateway::{
    App, Request,
    testing::{
        Bench, Browser,
        faults::{Fault, Faults, Retries},
        scene::{MAIL, licence, sku},
    },
};
use http::{HeaderValue, Method};
use licensing::{
    Address,
    account::{Account, AccountRole},
    audit::{account_chain, profile_chain},
    import::record::{Reason, Suppression},
    join::{Join, State},
};
use serde_json::Value;
use store::{Write, people::Profile};

const OSM: &str = "osm@contoso.example";
const BOSS: &str = "boss@contoso.example";
const CHIEF: &str = "chief@contoso.example";

async fn call(app: &App, browser: &Browser, request: Request) -> (u16, Value) {
    browser.take(&join_account::handle(app, request).await)
}

async fn ask(bench: &Bench, browser: &Browser) -> (u16, Value) {
    call(&bench.app, browser, asking(browser, Target::Portal(which()))).await
}

fn asking(browser: &Browser, target: Target) -> Request {
    browser.post(path::JOIN_ASK, &AskToJoin { target, account: "acc-1".parse().expect("an id") })
}

fn deciding(browser: &Browser, request: WhichJoin, decision: Decision) -> Request {
    browser.post(path::JOIN_DECIDE, &Decide { request, decision, message: "hello".into() })
}

async fn decide(bench: &Bench, browser: &Browser, request: WhichJoin, decision: Decision) -> (u16, Value) {
    call(&bench.app, browser, deciding(browser, request, decision)).await
}

async fn inspect(bench: &Bench, browser: &Browser, token: &str) -> (u16, Value) {
    call(&bench.app, browser, browser.post(path::JOIN_LINK, &LinkToken { token: token.into() })).await
}

fn which() -> Which {
    Which { licence: licence(), product: sku(MAIL) }
}

fn key(join: &Join) -> WhichJoin {
    let (account, asker) = (join.account.clone(), join.by.profile.clone());
    WhichJoin::Portal(JoinKey { account, asker, number: join.generation })
}

/// Contoso with an account of two administrators, and an OSM who is about to activate and does not administer it.
async fn scene() -> (Bench, Browser) {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    bench.account("acc-1", &[BOSS, CHIEF]).await;
    let osm = bench.signed_in(&[OSM]).await;
    (bench, osm)
}

/// The same, asked.
async fn asked() -> (Bench, Browser, Join) {
    let (bench, osm) = scene().await;
    assert_eq!(ask(&bench, &osm).await.0, 202);
    let join = join(&bench).await;
    (bench, osm, join)
}

async fn join(bench: &Bench) -> Join {
    let asker = bench.person(OSM).await.profile;
    let found = bench.store.join_context(&"acc-1".parse().expect("an id"), &asker).await.expect("answers");
    found.join.expect("it was asked")
}

async fn account(bench: &Bench) -> Account {
    let slot = store::licences::account(&"acc-1".parse().expect("an id"));
    bench.store.get(&slot).await.expect("answers").expect("stored")
}

async fn actions(bench: &Bench, chain: &str) -> Vec<String> {
    let (entries, _) = bench.store.audit_page(chain, 0, 100).await.expect("answers");
    entries.into_iter().map(|entry| format!("{} {}", entry.actor, entry.action)).collect()
}

async fn is_queued(bench: &Bench, id: &str) -> bool {
    bench.store.get(&store::outbox::queued(id)).await.expect("answers").is_some()
}

fn osm() -> [Address; 1] {
    [OSM.parse().expect("an address")]
}

/// LINK-03 SAFE-07 an account's administrators get so many requests a day, however many people ask: the next one is told when.
/// Asking again while one's own request waits is none of them.
#[tokio::test]
async fn link_03_an_account_is_asked_so_often_a_day_by_all_together() {
    let (mut bench, osm) = scene().await;
    Arc::make_mut(&mut bench.app.policy).joins.asks_a_day_an_account = 2;
    let others =
        [bench.signed_in(&["primary@contoso.example"]).await, bench.signed_in(&["notices@contoso.example"]).await];
    assert_eq!(ask(&bench, &osm).await.0, 202);
    assert_eq!(ask(&bench, &others[0]).await.0, 202);
    assert_eq!(ask(&bench, &osm).await.0, 202, "the same request");
    let (status, problem) = ask(&bench, &others[1]).await;
    assert_eq!((status, &problem["code"]), (429, &serde_json::json!("too-often")));
    assert_eq!(problem["try_again_at"], "2026-11-23T00:00:00Z");
    bench.set_time("2026-11-23T00:00:00Z");
    let later = bench.signed_in_again("notices@contoso.example").await;
    assert_eq!(ask(&bench, &later).await.0, 202);
}

/// LINK-03 ORG-04 asked in three steps from the link or the portal: pending since and until, no names, one event, an entry
/// in the account's audit and in one's own. The same again changes nothing.
#[tokio::test]
async fn link_03_asking_is_told_since_and_until_and_no_names() {
    let (bench, osm) = scene().await;
    let before = bench.app.store.meter().read();
    let link = Target::Link(bench.token(MAIL).await);
    let (status, request) = call(&bench.app, &osm, asking(&osm, link)).await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!(status, 202, "{request}");
    assert_eq!(used.calls, 3);
    let known = serde_json::json!({
        "state": "pending", "asked_at": "2026-11-22T00:00:00Z", "ends_at": "2026-12-22T00:00:00Z",
    });
    assert_eq!(request, known, "no names, no addresses");
    let asker = bench.person(OSM).await.profile;
    assert!(is_queued(&bench, &format!("join-asked|acc-1|{asker}|1")).await);
    for chain in [account_chain(&"acc-1".parse().expect("an id")), profile_chain(&asker)] {
        assert_eq!(actions(&bench, &chain).await, ["person join.asked"]);
    }

    bench.pass(3600);
    let stored = join(&bench).await;
    assert_eq!(ask(&bench, &osm).await, (202, request), "an identical request is returned, not doubled");
    assert_eq!(join(&bench).await, stored);
}

/// LINK-02 LINK-03 who may not activate may not ask, and learns nothing about the account; nobody asks for another one.
#[tokio::test]
async fn link_03_only_who_may_activate_asks_for_the_customers_account() {
    let (bench, osm) = scene().await;
    let before = bench.app.store.meter().read().write_units;
    let cold = Browser::new();
    assert_eq!(ask(&bench, &cold).await.1["code"], "sign-in-needed");
    for address in ["bills@contoso.example", "osm@fabrikam.example"] {
        let other = bench.signed_in(&[address]).await;
        assert_eq!(ask(&bench, &other).await.1["code"], "not-allowed", "{address}");
    }
    let boss = bench.signed_in(&[BOSS, "primary@contoso.example"]).await;
    assert_eq!(ask(&bench, &boss).await.1["code"], "already-administered");
    for id in ["acc-9", "acc-2"] {
        if id == "acc-2" {
            let other = Account { customer: "fabrikam".parse().ok(), ..account(&bench).await };
            let mut write = Write::new();
            write.account(&bench.store, None, &Account { id: id.parse().expect("an id"), ..other });
            write.commit(&bench.store).await.expect("written");
        }
        let body = AskToJoin { target: Target::Portal(which()), account: id.parse().expect("an id") };
        let (status, problem) = call(&bench.app, &osm, osm.post(path::JOIN_ASK, &body)).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("no-such-account")), "{id}");
    }
    assert!((bench.app.store.meter().read().write_units - before).abs() < 0.1, "nothing was written");
    let asker = bench.person(OSM).await.profile;
    assert_eq!(actions(&bench, &profile_chain(&asker)).await, Vec::<String>::new());
}

/// LINK-03 once a colleague has activated it, who manages activations can still ask to join its account; a stranger can't.
#[tokio::test]
async fn link_03_a_colleague_asks_after_the_activation() {
    let (bench, osm) = scene().await;
    let primary = bench.signed_in(&["primary@contoso.example"]).await;
    bench.activate_as("primary@contoso.example", MAIL, "acc-1").await;
    let stranger = bench.signed_in(&["osm@fabrikam.example"]).await;
    assert_eq!(ask(&bench, &stranger).await.1["code"], "not-allowed");
    for colleague in [&osm, &primary] {
        assert_eq!(ask(&bench, colleague).await.0, 202);
    }
}

/// ORG-04 where mail to all global administrators fails, that is said, with the other ways; nothing is written.
#[tokio::test]
async fn org_04_an_account_that_nobody_can_be_reached_for_says_so() {
    let (bench, osm) = scene().await;
    for address in [BOSS, CHIEF] {
        let mut write = Write::new();
        let record = Suppression { address: address.parse().expect("an address"), reason: Reason::HardBounce };
        write.suppression(&bench.store, &record, bench.app.now());
        write.commit(&bench.store).await.expect("written");
    }
    let before = bench.app.store.meter().read();
    let (status, problem) = ask(&bench, &osm).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("nobody-decides")));
    for way in ["without administering", "another one", "support"] {
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(way)), "{problem}");
    }
    assert!((bench.app.store.meter().read() - before).write_units == 0.0);
}

/// SAFE-07 the fourth request of a day is answered with 429 and when to try again.
#[tokio::test]
async fn safe_07_the_fourth_request_of_a_day_is_too_many() {
    let (bench, osm) = scene().await;
    let withdraw = Withdraw { account: "acc-1".parse().expect("an id") };
    for _ in 0..3 {
        assert_eq!(ask(&bench, &osm).await.0, 202);
        assert_eq!(call(&bench.app, &osm, osm.post(path::JOIN_WITHDRAW, &withdraw)).await.1["state"], "withdrawn");
    }
    bench.pass(3600);
    let response = join_account::handle(&bench.app, asking(&osm, Target::Portal(which()))).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &HeaderValue::from(23 * 3600)));
    assert_eq!(osm.take(&response).1["try_again_at"], "2026-11-23T00:00:00Z");
}

/// APR-02 the link shows who asks for what in one read, as often as it is opened, and changes nothing; nor does any other
/// method, nor a form without a choice.
#[tokio::test]
async fn apr_02_opening_the_link_changes_nothing() {
    let (bench, _, asked) = asked().await;
    let token = bench.join_token(&asked, BOSS);
    let anyone = Browser::new();
    let before = bench.app.store.meter().read();
    let (status, shown) = inspect(&bench, &anyone, &token).await;
    assert_eq!(status, 200, "{shown}");
    let used = bench.app.store.meter().read() - before;
    assert_eq!((used.steps, used.calls), (1, 1));
    assert_eq!(
        (shown["address"].as_str(), shown["account_name"].as_str(), shown["product_name"].as_str()),
        (Some(OSM), Some("Account acc-1"), Some("Mail and Calendar Enterprise"))
    );
    assert_eq!((shown["state"].as_str(), shown["may"].as_str()), (Some("pending"), Some("deny")));
    for method in [Method::GET, Method::HEAD, Method::PUT] {
        let mut request = deciding(&anyone, WhichJoin::Link(token.clone()), Decision::Deny);
        *request.method_mut() = method;
        assert_eq!(join_account::handle(&bench.app, request).await.status(), 405);
    }
    for body in [
        serde_json::json!({ "request": { "link": token } }),
        serde_json::json!({ "request": { "link": token }, "decision": "" }),
        serde_json::json!({ "request": { "link": token }, "decision": "grant" }),
        serde_json::json!({ "request": { "link": token }, "decision": "deny", "message": "a\nb" }),
        serde_json::json!({ "request": { "link": token }, "decision": "deny", "message": "x".repeat(201) }),
    ] {
        assert_eq!(call(&bench.app, &anyone, anyone.post(path::JOIN_DECIDE, &body)).await.0, 422, "{body}");
    }
    let mut foreign = deciding(&anyone, WhichJoin::Link(token.clone()), Decision::Deny);
    foreign.headers_mut().insert("origin", HeaderValue::from_static("https://evil.example"));
    assert_eq!(call(&bench.app, &anyone, foreign).await.1["code"], "wrong-origin");
    let damaged = &token[..token.len() - 3];
    assert_eq!(inspect(&bench, &anyone, damaged).await.1["code"], "bad-link");
    assert_eq!(inspect(&bench, &anyone, &bench.token(MAIL).await).await.1["code"], "bad-link", "single-purpose");
    assert!((bench.app.store.meter().read() - before).write_units == 0.0);
    assert_eq!(join(&bench).await, asked);
}

/// APR-02 APR-05 denied from the link alone, without signing in, in two steps; the account stays as it was.
#[tokio::test]
async fn apr_02_denying_works_from_the_link_alone() {
    let (bench, osm, asked) = asked().await;
    let link = || WhichJoin::Link(bench.join_token(&asked, BOSS));
    let anyone = Browser::new();
    for decision in [Decision::BillingAdministrator, Decision::GlobalAdministrator] {
        let (status, problem) = decide(&bench, &anyone, link(), decision).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("sign-in-to-grant")));
    }
    let (token, before) = (link(), bench.app.store.meter().read());
    let (status, shown) = decide(&bench, &anyone, token, Decision::Deny).await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!((status, used.steps, used.calls), (200, 2, 2), "{shown}");
    assert_eq!((shown["state"].as_str(), shown["by_you"].as_bool()), (Some("denied"), Some(true)));
    assert!(!account(&bench).await.is_administered_by(&self::osm()));
    let asker = bench.person(OSM).await.profile;
    assert!(is_queued(&bench, &format!("join-decided|acc-1|{asker}|1")).await);
    assert_eq!(actions(&bench, &account_chain(&asked.account)).await, ["person join.asked", "link-holder join.denied"]);
    assert_eq!(actions(&bench, &profile_chain(&asker)).await, ["person join.asked", "administrator join.denied"]);

    let (status, problem) = ask(&bench, &osm).await;
    assert_eq!((status, &problem["code"]), (429, &serde_json::json!("too-often")), "not on the same day");
    assert_eq!(problem["try_again_at"], "2026-11-23T00:00:00Z");
    bench.set_time("2026-11-23T00:00:00Z");
    let osm = bench.signed_in_again(OSM).await;
    let (_, mine) = ask(&bench, &osm).await;
    assert_eq!(mine["state"], "pending", "they may ask again");
    let (_, old) = inspect(&bench, &anyone, &bench.join_token(&asked, CHIEF)).await;
    assert_eq!(
        (old["state"].as_str(), old["by_you"].as_bool(), old["may"].as_str()),
        (Some("denied"), Some(false), Some("nothing")),
        "the old link shows what became of the old request"
    );
    let again = decide(&bench, &anyone, link(), Decision::Deny).await.1;
    assert_eq!((again["state"].as_str(), join(&bench).await.state), (Some("denied"), State::Pending));
}

/// ORG-04 REQ-03 what who asks calls themselves is shown to an administrator who has signed in, and not to whoever opens the
/// mailed link; what an administrator says shows as it stands.
#[tokio::test]
async fn req_03_a_name_is_shown_after_sign_in_only() {
    let (bench, osm) = scene().await;
    let slot = store::people::profile(&bench.person(OSM).await.profile);
    let before = bench.store.get(&slot).await.expect("answers").expect("stored");
    let named = Profile { first_name: "Win a prize".into(), version: before.version + 1, ..before.clone() };
    let mut write = Write::new();
    write.profile(&bench.store, Some(before.version), &named);
    write.commit(&bench.store).await.expect("written");
    assert_eq!(ask(&bench, &osm).await.0, 202);
    let token = bench.join_token(&join(&bench).await, BOSS);
    assert_eq!(inspect(&bench, &Browser::new(), &token).await.1["name"], "");
    let stranger = bench.signed_in(&["joe@fabrikam.example"]).await;
    assert_eq!(inspect(&bench, &stranger, &token).await.1["name"], "");
    let boss = bench.signed_in(&[BOSS]).await;
    assert_eq!(inspect(&bench, &boss, &token).await.1["name"], "Win a prize");

    for turned in ["pay \u{202e}elpmaxe.live", "\u{2066}a", "a\u{200b}b", "a\u{2028}b", "\u{e0041}", "a\tb"] {
        let said = Decide { request: WhichJoin::Link(token.clone()), decision: Decision::Deny, message: turned.into() };
        let (status, problem) = call(&bench.app, &boss, boss.post(path::JOIN_DECIDE, &said)).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &"bad-field".into(), &"message".into()));
    }
}

/// APR-02 APR-05 granted with the administrator's session, from the link or the portal, in two steps: from that instant
/// the person administers the account, by the role that was chosen.
#[tokio::test]
async fn apr_05_granting_needs_a_session_and_works_at_once() {
    for (from_link, decision, role) in [
        (true, Decision::BillingAdministrator, AccountRole::BillingAdministrator),
        (false, Decision::GlobalAdministrator, AccountRole::GlobalAdministrator),
    ] {
        let (bench, _, asked) = asked().await;
        let boss = bench.signed_in(&["b@private.example", BOSS]).await;
        let token = bench.join_token(&asked, CHIEF);
        assert_eq!(inspect(&bench, &boss, &token).await.1["may"], "decide", "whose link it is does not matter");
        let request = if from_link { WhichJoin::Link(token) } else { key(&asked) };
        let before = bench.app.store.meter().read();
        let (status, shown) = decide(&bench, &boss, request, decision).await;
        let used = bench.app.store.meter().read() - before;
        assert_eq!((status, used.steps, used.calls), (200, 2, 2), "{shown}");
        assert_eq!((shown["state"].as_str(), shown["by_you"].as_bool()), (Some("granted"), Some(true)));
        assert_eq!(shown["role"], role.as_str());

        let account = account(&bench).await;
        assert!(account.is_administered_by(&osm()));
        assert_eq!(account.is_global_admin(&osm()), role == AccountRole::GlobalAdministrator);
        let administered = bench.store.administered_by(&osm()[0]).await.expect("answers");
        assert_eq!(administered.iter().map(|row| row.account.as_str()).collect::<Vec<_>>(), ["acc-1"]);
        let asker = bench.person(OSM).await.profile;
        assert!(is_queued(&bench, &format!("join-decided|acc-1|{asker}|1")).await);
        assert_eq!(actions(&bench, &account_chain(&account.id)).await, ["person join.asked", "person join.granted"]);
        assert_eq!(actions(&bench, &profile_chain(&asker)).await, ["person join.asked", "administrator join.granted"]);
        let (entries, _) = bench.store.audit_page(&profile_chain(&asker), 0, 10).await.expect("answers");
        assert!(!serde_json::to_string(&entries).expect("plain").contains(BOSS), "REQ-03");
    }
}

/// APR-03 a later decision is answered with what was decided and when, and changes nothing.
#[tokio::test]
async fn apr_03_a_later_decision_sees_the_first() {
    let (bench, _, asked) = asked().await;
    let (boss, chief) = (bench.signed_in(&[BOSS]).await, bench.signed_in(&[CHIEF]).await);
    decide(&bench, &boss, key(&asked), Decision::BillingAdministrator).await;
    let first = (join(&bench).await, account(&bench).await);
    bench.pass(3600);
    for decision in [Decision::Deny, Decision::GlobalAdministrator] {
        let (status, shown) = decide(&bench, &chief, key(&asked), decision).await;
        assert_eq!((status, shown["state"].as_str(), shown["by_you"].as_bool()), (200, Some("granted"), Some(false)));
        assert_eq!(
            (shown["ended_at"].as_str(), shown["may"].as_str()),
            (Some("2026-11-22T00:00:00Z"), Some("nothing"))
        );
    }
    assert_eq!(decide(&bench, &boss, key(&asked), Decision::Deny).await.1["by_you"], true, "the same person again");
    assert_eq!((join(&bench).await, account(&bench).await), first);
}

/// APR-03 ten rounds of twenty decisions at once by two administrators, some granting, some denying: one wins, all others
/// see it, and the account fits what was decided.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apr_03_of_two_administrators_at_once_one_wins() {
    for round in 0..10 {
        let (bench, _, asked) = asked().await;
        let people = [bench.signed_in(&[BOSS]).await, bench.signed_in(&[CHIEF]).await];
        let bench = Arc::new(bench);
        let choices = [Decision::GlobalAdministrator, Decision::Deny];
        let running: Vec<_> = (0..20)
            .map(|number| {
                let request = deciding(&people[number % 2], key(&asked), choices[number % 2]);
                let bench = Arc::clone(&bench);
                tokio::spawn(async move { Browser::new().take(&join_account::handle(&bench.app, request).await) })
            })
            .collect();
        let mut states = std::collections::BTreeSet::new();
        for task in running {
            let (status, shown) = task.await.expect("no request panics");
            assert_eq!(status, 200, "round {round}: {shown}");
            states.insert(shown["state"].to_string());
        }
        assert_eq!(states.len(), 1, "round {round}: {states:?}");
        let granted = matches!(join(&bench).await.state, State::Granted { .. });
        assert_eq!(account(&bench).await.is_global_admin(&osm()), granted, "round {round}");
        assert_eq!(actions(&bench, &account_chain(&asked.account)).await.len(), 2, "round {round}");
    }
}

/// APR-04 nobody decides their own request: not by a link that reached them, nor as an administrator since.
#[tokio::test]
async fn apr_04_nobody_decides_their_own() {
    let (bench, osm, asked) = asked().await;
    let token = || WhichJoin::Link(bench.join_token(&asked, BOSS));
    for decision in [Decision::Deny, Decision::BillingAdministrator] {
        assert_eq!(decide(&bench, &osm, token(), decision).await.1["code"], "own-request");
    }
    assert_eq!(inspect(&bench, &osm, &bench.join_token(&asked, BOSS)).await.1["may"], "nothing");
    let before = account(&bench).await;
    let mut after = Account { version: before.version + 1, ..before.clone() };
    after.global_admins.extend(self::osm());
    let mut write = Write::new();
    write.account(&bench.store, Some(&before), &after);
    write.commit(&bench.store).await.expect("loaded by an operator");
    for request in [token(), key(&asked)] {
        assert_eq!(decide(&bench, &osm, request, Decision::GlobalAdministrator).await.1["code"], "own-request");
    }
    assert!(join(&bench).await.state.is_pending());
}

/// ORG-04 the wrong person: strangers, billing administrators and former administrators decide nothing, from the portal or
/// with the link; from the portal they do not even learn whether there is a request.
#[tokio::test]
async fn org_04_others_decide_nothing() {
    let (bench, _, asked) = asked().await;
    let cold = Browser::new();
    assert_eq!(decide(&bench, &cold, key(&asked), Decision::Deny).await.1["code"], "sign-in-needed");
    let stranger = bench.signed_in(&["x@fabrikam.example"]).await;
    let WhichJoin::Portal(no_such) = key(&asked) else { panic!("a key") };
    let no_such = WhichJoin::Portal(JoinKey { asker: "nobody".parse().expect("an id"), ..no_such });
    for request in [key(&asked), no_such] {
        let (status, problem) = decide(&bench, &stranger, request, Decision::Deny).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("not-allowed")));
    }
    // Somebody else's session beside the link: the link denies, and does not grant.
    let token = || WhichJoin::Link(bench.join_token(&asked, BOSS));
    let shown = inspect(&bench, &stranger, &bench.join_token(&asked, BOSS)).await.1;
    assert_eq!((shown["may"].as_str(), shown["signed_in_as"].as_str()), (Some("deny"), Some("x@fabrikam.example")));
    let granting = decide(&bench, &stranger, token(), Decision::BillingAdministrator).await.1;
    assert_eq!(granting["code"], "sign-in-to-grant");

    let before = account(&bench).await;
    let mut after = Account { version: before.version + 1, ..before.clone() };
    after.global_admins.retain(|admin| admin.as_str() != BOSS);
    after.billing_admins = vec![BOSS.parse().expect("an address")];
    let mut write = Write::new();
    write.account(&bench.store, Some(&before), &after);
    write.commit(&bench.store).await.expect("loaded by an operator");
    let boss = bench.signed_in(&[BOSS]).await;
    for browser in [&boss, &cold] {
        assert_eq!(decide(&bench, browser, token(), Decision::Deny).await.1["code"], "not-allowed");
    }
    assert_eq!(inspect(&bench, &cold, &bench.join_token(&asked, BOSS)).await.1["may"], "nothing");
    assert!(join(&bench).await.state.is_pending());
}

/// ORG-04 who asked may withdraw, once; the administrators' links show it, and nobody decides any more.
#[tokio::test]
async fn org_04_a_withdrawn_request_is_over() {
    let (bench, osm, asked) = asked().await;
    let withdraw = Withdraw { account: "acc-1".parse().expect("an id") };
    let request = || osm.post(path::JOIN_WITHDRAW, &withdraw);
    let chief = bench.signed_in(&[CHIEF]).await;
    let (status, _) = call(&bench.app, &chief, chief.post(path::JOIN_WITHDRAW, &withdraw)).await;
    assert_eq!(status, 404, "there is none of theirs");
    let before = bench.app.store.meter().read();
    let (status, mine) = call(&bench.app, &osm, request()).await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!((status, mine["state"].as_str(), used.steps, used.calls), (200, Some("withdrawn"), 2, 2));
    bench.pass(60);
    assert_eq!(call(&bench.app, &osm, request()).await, (200, mine), "the same answer");
    let shown = inspect(&bench, &Browser::new(), &bench.join_token(&asked, BOSS)).await.1;
    assert_eq!(
        (shown["state"].as_str(), shown["ended_at"].as_str()),
        (Some("withdrawn"), Some("2026-11-22T00:00:00Z"))
    );
    let (status, shown) = decide(&bench, &chief, key(&asked), Decision::GlobalAdministrator).await;
    assert_eq!((status, shown["state"].as_str()), (200, Some("withdrawn")));
    assert!(!account(&bench).await.is_administered_by(&self::osm()));
}

/// EXP-05 ORG-04 the second a request ends it is over, swept or not: it is shown so, nobody is let in, and asking is anew.
#[tokio::test]
async fn exp_05_a_request_past_its_end_is_over() {
    let (bench, _, asked) = asked().await;
    bench.set_time("2026-12-21T23:00:00Z");
    // The session in which it was asked has long ended.
    let (osm, boss) = (bench.signed_in_again(OSM).await, bench.signed_in(&[BOSS]).await);
    assert_eq!(inspect(&bench, &boss, &bench.join_token(&asked, BOSS)).await.1["may"], "decide");
    bench.set_time("2026-12-22T00:00:00Z");
    let shown = inspect(&bench, &boss, &bench.join_token(&asked, BOSS)).await.1;
    assert_eq!(
        (shown["state"].as_str(), shown["ended_at"].as_str(), shown["may"].as_str()),
        (Some("ended"), Some("2026-12-22T00:00:00Z"), Some("nothing"))
    );
    let (status, shown) = decide(&bench, &boss, key(&asked), Decision::BillingAdministrator).await;
    assert_eq!((status, shown["state"].as_str()), (200, Some("ended")));
    assert!(!account(&bench).await.is_administered_by(&self::osm()));
    assert_eq!(ask(&bench, &osm).await.1["ends_at"], "2027-01-21T00:00:00Z");
    assert_eq!(join(&bench).await.generation, 2);
}

/// ORG-03 ORG-04 an address that went to somebody else lets nobody in.
#[tokio::test]
async fn org_04_an_address_that_moved_on_is_not_let_in() {
    let (bench, _, asked) = asked().await;
    let boss = bench.signed_in(&[BOSS]).await;
    let mut write = Write::new();
    write.disown(&bench.store, &osm()[0]);
    write.commit(&bench.store).await.expect("written");
    bench.signed_in(&[OSM, "somebody@contoso.example"]).await;
    let (status, problem) = decide(&bench, &boss, key(&asked), Decision::BillingAdministrator).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("asker-gone")));
    assert!(!account(&bench).await.is_administered_by(&osm()));
    assert_eq!(decide(&bench, &boss, key(&asked), Decision::Deny).await.1["state"], "denied");
}

/// ACT-01 ORG-04 who joined stays when the account's row is loaded again; who stands in the row does too.
#[tokio::test]
async fn act_01_who_joined_stays_when_the_account_is_loaded_again() {
    let (bench, _, asked) = asked().await;
    let boss = bench.signed_in(&[BOSS]).await;
    decide(&bench, &boss, key(&asked), Decision::BillingAdministrator).await;
    let before = account(&bench).await;
    let after = Account {
        version: before.version + 1,
        global_admins: vec![CHIEF.parse().expect("an address")],
        ..before.clone()
    };
    let mut write = Write::new();
    write.account(&bench.store, Some(&before), &after);
    write.commit(&bench.store).await.expect("loaded");
    for (address, accounts) in [(OSM, 1), (CHIEF, 1), (BOSS, 0)] {
        let rows = bench.store.administered_by(&address.parse().expect("an address")).await.expect("answers");
        assert_eq!(rows.len(), accounts, "{address}");
    }
}

/// APR-06 ORG-04 whichever call of asking, deciding or withdrawing fails, before or after it took effect: nothing is
/// half-written, and doing it again makes it good, once.
#[tokio::test]
async fn apr_06_a_fault_at_any_call_leaves_nothing_half_written() {
    for what in ["ask", "grant", "deny", "withdraw"] {
        let (dry, calls) = {
            let (bench, browser) = before(what).await;
            let faults = Faults::on(&bench);
            let request = doing(&bench, &browser, what).await;
            assert!(join_account::handle(&faults.app(Retries::Off), request).await.status().is_success(), "{what}");
            (join(&bench).await.state, faults.calls())
        };
        assert_eq!(calls.len(), if what == "ask" { 3 } else { 2 }, "{what}");
        for fault in Fault::every(&calls) {
            let (bench, browser) = before(what).await;
            let faults = Faults::on(&bench);
            let requests = [doing(&bench, &browser, what).await, doing(&bench, &browser, what).await];
            faults.plan(fault);
            let [first, second] = requests;
            let status = join_account::handle(&faults.app(Retries::Off), first).await.status().as_u16();
            assert!(faults.happened() && [200, 202, 500, 503].contains(&status), "{what} {fault}: {status}");
            faults.heal();
            let (status, answer) = browser.take(&join_account::handle(&faults.app(Retries::Off), second).await);
            assert!([200, 202].contains(&status), "{what} {fault}: {answer}");
            let after = join(&bench).await;
            assert_eq!(std::mem::discriminant(&after.state), std::mem::discriminant(&dry), "{what} {fault}");
            if let Some(by_you) = answer["by_you"].as_bool() {
                assert!(by_you, "{what} {fault}: it was this person");
            }
            let entries = if what == "ask" { 1 } else { 2 };
            assert_eq!(actions(&bench, &account_chain(&after.account)).await.len(), entries, "{what} {fault}");
            assert_eq!(actions(&bench, &profile_chain(&after.by.profile)).await.len(), entries, "{what} {fault}");
            assert_eq!(account(&bench).await.is_administered_by(&osm()), what == "grant", "{what} {fault}");
        }
    }
}

/// The scene before something is done, and the browser that does it.
async fn before(what: &str) -> (Bench, Browser) {
    match what {
        "ask" => scene().await,
        "withdraw" => {
            let (bench, osm, _) = asked().await;
            (bench, osm)
        }
        _ => {
            let (bench, _, _) = asked().await;
            let boss = bench.signed_in(&[BOSS]).await;
            (bench, boss)
        }
    }
}

async fn doing(bench: &Bench, browser: &Browser, what: &str) -> Request {
    match what {
        "ask" => asking(browser, Target::Portal(which())),
        "withdraw" => browser.post(path::JOIN_WITHDRAW, &Withdraw { account: "acc-1".parse().expect("an id") }),
        "grant" => deciding(browser, key(&join(bench).await), Decision::BillingAdministrator),
        _ => {
            let token = bench.join_token(&join(bench).await, BOSS);
            deciding(&Browser::new(), WhichJoin::Link(token), Decision::Deny)
        }
    }
}
