//! From a link to a service in use and back, on the real engine.

use std::sync::Arc;

use api::{
    activations::{Choice, Confirm, Preview, Remap, Target, Which},
    path,
    sign_in::LinkToken,
};
use gateway::{
    App, Request,
    testing::{
        Bench, Browser,
        faults::{Fault, Faults, Retries},
        scene::{CLOUD, MAIL, at_contoso, licence, sku},
    },
};
use http::HeaderValue;
use licensing::{
    account::Account,
    activation::State,
    import::record::{Reason, Suppression},
};
use serde_json::{Value, json};

async fn ask(app: &App, browser: &Browser, request: Request) -> (u16, Value) {
    browser.take(&activate::handle(app, request).await)
}

fn which() -> Which {
    Which { licence: licence(), product: sku(MAIL) }
}

fn confirmation(browser: &Browser, target: Target, choice: Choice, key: &str) -> Request {
    let mut request = browser.post(path::CONFIRM, &Confirm { target, choice });
    request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).expect("a header"));
    request
}

/// Whatever was done, what is told at a glance is what counting gives.
async fn glanced(bench: &Bench, browser: &Browser, request: Request) -> (u16, Value) {
    let answer = ask(&bench.app, browser, request).await;
    bench.glance_is_right().await;
    answer
}

async fn confirm(bench: &Bench, browser: &Browser, token: &str, key: &str) -> (u16, Value) {
    let request = confirmation(browser, Target::Link(token.into()), Choice::New("Contoso".into()), key);
    glanced(bench, browser, request).await
}

/// LINK-01 the page shows product, organisation, quantity and expiry to anyone, and neither number nor address; opening it
/// changes nothing and costs one call.
#[tokio::test]
async fn link_01_anyone_may_look_and_nothing_changes() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let stranger = Browser::new();
    let before = bench.app.store.meter().read();
    let (status, shown) = glanced(&bench, &stranger, stranger.post(path::LINK, &LinkToken { token })).await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!(status, 200);
    assert_eq!((used.steps, used.calls, used.write_units), (1, 1, 0.0));
    assert_eq!(shown["publisher"], "Northwind Software");
    assert_eq!(shown["product_name"], "Mail and Calendar Enterprise");
    assert_eq!(shown["customer_name"], "Contoso");
    assert_eq!(shown["quantity"], 25);
    assert_eq!(shown["state"], "good");
    assert_eq!(shown["expires_at"], "2027-05-11T00:00:00Z");
    let text = shown.to_string();
    assert!(!text.contains("88590039") && !text.contains('@'), "{text}");
}

/// LINK-08 EXP-05 used, expired, replaced and broken links say which they are.
#[tokio::test]
async fn link_08_a_link_says_what_became_of_it() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let anyone = Browser::new();
    let look = async |token: &str| {
        let (status, shown) =
            glanced(&bench, &anyone, anyone.post(path::LINK, &LinkToken { token: token.into() })).await;
        (status, shown["state"].as_str().or(shown["code"].as_str()).unwrap_or_default().to_owned())
    };
    for broken in [&token[..token.len() - 1], "", "x", &format!("{token}A"), &token.to_lowercase()] {
        assert_eq!(look(broken).await, (404, "bad-link".into()), "{broken}");
    }
    bench.set_time("2027-05-10T23:59:59Z");
    assert_eq!(look(&token).await, (200, "good".into()));
    bench.set_time("2027-05-11T00:00:00Z");
    assert_eq!(look(&token).await, (200, "expired".into()), "expired the second it is, swept or not");

    bench.set_time("2026-11-22T00:00:00Z");
    let context = bench.context(MAIL).await;
    let step = context.activation.expect("stored").resend(
        licensing::audit::Actor::Service,
        bench.app.now(),
        &bench.app.policy.links,
    );
    let policy = &bench.app.policy.links;
    bench
        .store
        .write_step(&step.expect("allowed"), context.head.as_ref(), bench.app.now(), policy, store::Write::new())
        .await
        .expect("written");
    assert_eq!(look(&token).await, (200, "replaced".into()));

    let newest = bench.token(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    assert_eq!(confirm(&bench, &osm, &newest, "key-00000001").await.0, 200);
    assert_eq!(look(&newest).await, (200, "used".into()));
    assert_eq!(look(&token).await, (200, "used".into()), "an older link of something used says so as well");
}

/// LINK-02 LINK-04 ORG-01 the addressee confirms: one read, one transaction; the account is made with the mailbox's domain
/// associated.
#[tokio::test]
async fn link_04_a_confirmation_is_one_read_and_one_transaction() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let before = bench.app.store.meter().read();
    let (status, done) = confirm(&bench, &osm, &token, "key-00000001").await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!(status, 200, "{done}");
    assert_eq!((used.steps, used.calls), (2, 2));
    assert_eq!(
        (done["by_you"].as_bool(), done["account_name"].as_str(), done["quantity"].as_u64()),
        (Some(true), Some("Contoso"), Some(25))
    );
    assert_eq!(done["undo_until"], "2026-11-25T00:00:00Z");

    let activation = bench.activation(MAIL).await;
    let State::Activated(in_use) = &activation.state else { panic!("activated, not {:?}", activation.state) };
    let account = bench.store.get(&store::licences::account(&in_use.account)).await.expect("answers").expect("stored");
    assert_eq!(
        account.domains.iter().map(|d| (d.name.as_str(), d.verified)).collect::<Vec<_>>(),
        [("contoso.example", false)]
    );
    assert!(account.is_global_admin(&[at_contoso("osm")]));
}

/// LINK-04 the same request again, and the same key with other content.
#[tokio::test]
async fn link_04_a_repeated_request_gets_the_same_answer() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let first = confirm(&bench, &osm, &token, "key-00000001").await;
    assert_eq!(confirm(&bench, &osm, &token, "key-00000001").await, first);
    let other = confirmation(&osm, Target::Link(token.clone()), Choice::New("Other".into()), "key-00000001");
    let (status, problem) = glanced(&bench, &osm, other).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("key-reused")));
    let (status, again) = confirm(&bench, &osm, &token, "key-00000002").await;
    assert_eq!((status, again["by_you"].as_bool()), (200, Some(false)), "another request sees the outcome");
}

/// LINK-02 LINK-08 anyone else is told that it is addressed to another person, and nothing is written.
#[tokio::test]
async fn link_02_another_person_is_told_so() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let cold = Browser::new();
    assert_eq!(confirm(&bench, &cold, &token, "key-00000001").await.1["code"], "sign-in-needed");
    for address in ["bills@contoso.example", "osm@fabrikam.example"] {
        let other = bench.signed_in(&[address]).await;
        let before = bench.app.store.meter().read();
        let (status, problem) = confirm(&bench, &other, &token, "key-00000001").await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("wrong-person")), "{address}");
        let (status, problem) = ask(
            &bench.app,
            &other,
            other.post(path::PREVIEW, &Preview { target: Target::Link(token.clone()), choice: None }),
        )
        .await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("wrong-person")));
        assert!((bench.app.store.meter().read() - before).write_units == 0.0);
    }
    for (number, address) in ["notices@contoso.example", "primary@contoso.example"].into_iter().enumerate() {
        let bench = Bench::new().await;
        bench.contoso().await;
        let token = bench.invite(MAIL).await;
        let manager = bench.signed_in(&["private@contoso.example", address]).await;
        assert_eq!(confirm(&bench, &manager, &token, &format!("key-0000000{number}")).await.0, 200, "{address}");
    }
}

/// LINK-04 LINK-05 a preview says exactly what will happen, from the link and from the portal, and changes nothing.
#[tokio::test]
async fn link_04_a_preview_says_what_will_happen() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let before = bench.app.store.meter().read();
    for target in [Target::Link(token), Target::Portal(which())] {
        let preview = Preview { target, choice: Some(Choice::New("Contoso Group".into())) };
        let (status, shown) = glanced(&bench, &osm, osm.post(path::PREVIEW, &preview)).await;
        assert_eq!(status, 200, "{shown}");
        assert_eq!(shown["new_account_name"], "Contoso");
        let effect = &shown["effect"];
        assert_eq!((effect["quantity"].as_u64(), effect["account_name"].as_str()), (Some(25), Some("Contoso Group")));
        assert_eq!(
            (effect["creates_account"].as_bool(), effect["associates_domain"].as_str()),
            (Some(true), Some("contoso.example"))
        );
        assert_eq!(effect["acts_as"], "osm@contoso.example");
    }
    assert!((bench.app.store.meter().read() - before).write_units == 0.0);
}

/// LINK-02 LINK-03 the customer's account can be chosen without administering it, the effect says so, and asking to join it
/// is offered; what was asked is shown without names, and who administers it is offered nothing of the kind.
#[tokio::test]
async fn link_03_the_customers_account_can_be_chosen_or_joined() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let account = bench.account("acc-1", &["boss@contoso.example", "primary@contoso.example"]).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let choice = Some(Choice::Existing(account.id.clone()));
    let look = |browser: &Browser| {
        let preview = Preview { target: Target::Link(token.clone()), choice: choice.clone() };
        browser.post(path::PREVIEW, &preview)
    };
    let before = bench.app.store.meter().read();
    let (status, shown) = glanced(&bench, &osm, look(&osm)).await;
    assert_eq!(status, 200, "{shown}");
    assert_eq!((bench.app.store.meter().read() - before).steps, 4, "the account, then what asking depends on");
    assert_eq!(
        (shown["accounts"][0]["administered"].as_bool(), shown["accounts"][0]["linked"].as_bool()),
        (Some(false), Some(true))
    );
    assert_eq!(
        (shown["effect"]["administered"].as_bool(), shown["effect"]["account_name"].as_str()),
        (Some(false), Some("Account acc-1"))
    );
    let offered = serde_json::json!([{
        "account": "acc-1", "account_name": "Account acc-1", "may_ask": true, "nobody_decides": false,
    }]);
    assert_eq!(shown["joinings"], offered);

    let person = bench.person("osm@contoso.example").await;
    bench.ask_to_join(&account, &person, MAIL).await;
    let joining = glanced(&bench, &osm, look(&osm)).await.1["joinings"][0].clone();
    let request = serde_json::json!({
        "state": "pending", "asked_at": "2026-11-22T00:00:00Z", "ends_at": "2026-12-22T00:00:00Z",
    });
    assert_eq!((joining["may_ask"].as_bool(), &joining["request"]), (Some(false), &request));
    assert!(!joining.to_string().contains('@'), "REQ-03");

    let primary = bench.signed_in(&["primary@contoso.example"]).await;
    let shown = glanced(&bench, &primary, look(&primary)).await.1;
    assert_eq!((shown["effect"]["administered"].as_bool(), shown.get("joinings")), (Some(true), None));
    assert_eq!(confirm_on(&bench, &osm, &token, &account.id).await.0, 200, "while the request waits");
}

/// ORG-04 LINK-03 an account that nobody can be reached for says so before anybody asks, and while a request waits.
#[tokio::test]
async fn org_04_that_nobody_decides_is_said_in_the_wizard() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let account = bench.account("acc-1", &["boss@contoso.example"]).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let person = bench.person("osm@contoso.example").await;
    let mut write = store::Write::new();
    let (address, reason) = ("boss@contoso.example".parse().expect("an address"), Reason::HardBounce);
    write.suppression(&bench.store, &Suppression { address, reason }, bench.app.now());
    write.commit(&bench.store).await.expect("written");
    let look = || osm.post(path::PREVIEW, &Preview { target: Target::Link(token.clone()), choice: None });
    let said = |shown: &Value| {
        let joining = &shown["joinings"][0];
        (joining["may_ask"].as_bool(), joining["nobody_decides"].as_bool())
    };
    assert_eq!(said(&glanced(&bench, &osm, look()).await.1), (Some(false), Some(true)));
    bench.ask_to_join(&account, &person, MAIL).await;
    let shown = glanced(&bench, &osm, look()).await.1;
    assert_eq!(
        (said(&shown), &shown["joinings"][0]["request"]["state"]),
        ((Some(false), Some(true)), &"pending".into())
    );
}

async fn confirm_on(bench: &Bench, browser: &Browser, token: &str, account: &licensing::AccountId) -> (u16, Value) {
    let choice = Choice::Existing(account.clone());
    let request = confirmation(browser, Target::Link(token.to_owned()), choice, "key-00000009");
    glanced(bench, browser, request).await
}

/// LINK-04 fifty rounds of two hundred concurrent confirmations: exactly one activates, all others see its outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn link_04_of_two_hundred_concurrent_confirmations_one_wins() {
    for round in 0..rounds() {
        let bench = Arc::new(Bench::new().await);
        bench.contoso().await;
        let token = bench.invite(MAIL).await;
        let people =
            [bench.signed_in(&["osm@contoso.example"]).await, bench.signed_in(&["notices@contoso.example"]).await];
        let requests: Vec<_> = (0..200)
            .map(|number| {
                let choice = Choice::New(format!("Account {number}"));
                (
                    number,
                    confirmation(
                        &people[number % 2],
                        Target::Link(token.clone()),
                        choice,
                        &format!("key-{round}-{number:08}"),
                    ),
                )
            })
            .collect();
        let running: Vec<_> = requests
            .into_iter()
            .map(|(number, request)| {
                let bench = Arc::clone(&bench);
                tokio::spawn(async move { (number, Browser::new().take(&activate::handle(&bench.app, request).await)) })
            })
            .collect();
        let mut winners = Vec::new();
        let mut accounts = std::collections::BTreeSet::new();
        for task in running {
            let (number, (status, answer)) = task.await.expect("no request panics");
            assert_eq!(status, 200, "request {number}: {answer}");
            accounts.insert(answer["account_name"].to_string());
            if answer["by_you"] == true {
                winners.push(number);
            }
        }
        assert_eq!(
            (winners.len(), accounts.len()),
            (1, 1),
            "round {round}: winners {winners:?}, accounts {accounts:?}"
        );
    }
}

/// So many rounds that the whole suite stays quick; `COUNTERSIGN_ROUNDS=50` runs them all.
fn rounds() -> usize {
    std::env::var("COUNTERSIGN_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// LINK-04 whichever call of a confirmation fails, before or after it took effect: nothing is half-written, and asking
/// again with the same key tells that it was this request.
#[tokio::test]
async fn link_04_a_fault_at_any_call_leaves_nothing_half_written() {
    let dry = Bench::new().await;
    dry.contoso().await;
    let token = dry.invite(MAIL).await;
    let osm = dry.signed_in(&["osm@contoso.example"]).await;
    let faults = Faults::on(&dry);
    let request = || confirmation(&osm, Target::Link(token.clone()), Choice::New("Contoso".into()), "key-00000001");
    assert_eq!(activate::handle(&faults.app(Retries::Off), request()).await.status(), 200);
    let calls = faults.calls();
    assert_eq!(calls.len(), 2);

    for fault in Fault::every(&calls) {
        let bench = Bench::new().await;
        bench.contoso().await;
        let token = bench.invite(MAIL).await;
        let osm = bench.signed_in(&["osm@contoso.example"]).await;
        let faults = Faults::on(&bench);
        faults.plan(fault);
        let request = || confirmation(&osm, Target::Link(token.clone()), Choice::New("Contoso".into()), "key-00000001");
        let first = activate::handle(&faults.app(Retries::Off), request()).await;
        assert!(faults.happened(), "{fault}");
        assert!([200, 500, 503].contains(&first.status().as_u16()), "{fault}: {first:?}");
        faults.heal();
        let (status, done) = osm.take(&activate::handle(&faults.app(Retries::Off), request()).await);
        assert_eq!((status, done["by_you"].as_bool()), (200, Some(true)), "{fault}: {done}");
        let chain = licensing::audit::licence_chain(&licence());
        let (entries, _) = bench.store.audit_page(&chain, 0, 100).await.expect("answers");
        let confirmed = entries.iter().filter(|entry| entry.action == "activation.confirmed").count();
        assert_eq!(confirmed, 1, "{fault}");
    }
}

/// LINK-07 who activated takes it back, and the same link works again; a stranger does not.
#[tokio::test]
async fn link_07_undo_returns_to_invited() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    confirm(&bench, &osm, &token, "key-00000001").await;
    let stranger = bench.signed_in(&["x@fabrikam.example"]).await;
    assert_eq!(glanced(&bench, &stranger, stranger.post(path::UNDO, &which())).await.1["code"], "not-allowed");
    let before = bench.app.store.meter().read();
    assert_eq!(glanced(&bench, &osm, osm.post(path::UNDO, &which())).await.0, 200);
    let used = bench.app.store.meter().read() - before;
    assert_eq!((used.steps, used.calls), (3, 3), "its account and mails are looked at once it is known that they may");
    assert_eq!(bench.state(MAIL).await, "invited");
    assert_eq!(confirm(&bench, &osm, &token, "key-00000002").await.1["by_you"], true);
    bench.pass(72 * 3600);
    let again = bench.signed_in(&["primary@contoso.example"]).await;
    assert_eq!(glanced(&bench, &again, again.post(path::UNDO, &which())).await.1["code"], "too-late-to-undo");
}

/// LINK-11 LINK-04 LINK-07 a product with a provisioning endpoint is being set up after the same two steps; its link and every
/// repeat of the confirmation say so, and it may be taken back.
#[tokio::test]
async fn link_11_with_an_endpoint_it_is_being_set_up_and_may_be_taken_back() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.set_endpoint(MAIL, Some("https://set-up.contoso.example/")).await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let wish = Preview { target: Target::Link(token.clone()), choice: Some(Choice::New("Contoso".into())) };
    let (_, seen) = glanced(&bench, &osm, osm.post(path::PREVIEW, &wish)).await;
    assert_eq!(seen["effect"]["set_up_first"], true, "it is said beforehand");
    let before = bench.app.store.meter().read();
    let (status, done) = confirm(&bench, &osm, &token, "key-00000001").await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!((status, used.steps, used.calls), (200, 2, 2), "{done}");
    assert_eq!((&done["provisioning"], &done["undo_until"]), (&json!(true), &Value::Null));
    assert_eq!(confirm(&bench, &osm, &token, "key-00000001").await, (200, done), "the same again");
    let primary = bench.signed_in(&["primary@contoso.example"]).await;
    let (status, other) = confirm(&bench, &primary, &token, "key-00000002").await;
    assert_eq!((status, &other["by_you"], &other["provisioning"]), (200, &json!(false), &json!(true)));
    let operators = bench.store.activations_for_operators().await.expect("the database answers");
    assert_eq!(operators.len(), 1);

    let look = async || {
        let anyone = Browser::new();
        glanced(&bench, &anyone, anyone.post(path::LINK, &LinkToken { token: token.clone() })).await.1
    };
    let shown = look().await;
    assert_eq!((&shown["state"], &shown["takes_long"]), (&json!("provisioning"), &json!(false)));
    bench.pass(600);
    assert_eq!(look().await["takes_long"], true, "after ten minutes, to the second");

    assert_eq!(glanced(&bench, &osm, osm.post(path::UNDO, &which())).await.0, 200);
    assert_eq!((bench.state(MAIL).await, look().await["state"].as_str()), ("invited", Some("good")));
    assert!(bench.store.activations_for_operators().await.expect("the database answers").is_empty());
}

fn move_to(account: &str) -> Remap {
    Remap { licence: licence(), product: sku(MAIL), account: account.parse().expect("a key") }
}

/// An account with one global administrator, as a confirmation makes it.
async fn made(bench: &Bench, id: &str, name: &str, customer: &str, admin: &str) {
    let (id, customer) = (id.parse().expect("a key"), customer.parse().expect("a key"));
    let account = Account::create(id, name, &customer, &admin.parse().expect("an address"));
    let mut write = store::Write::new();
    write.account(&bench.store, None, &account);
    write.commit(&bench.store).await.expect("written");
}

/// Contoso's mail in use on an account of the OSM's, and a stranger with an account of their own.
async fn in_use_beside_a_stranger() -> (Bench, Browser, Browser) {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    confirm(&bench, &osm, &token, "key-00000001").await;
    made(&bench, "acc-2", "Fabrikam", "fabrikam", "it@fabrikam.example").await;
    let stranger = bench.signed_in(&["it@fabrikam.example"]).await;
    (bench, osm, stranger)
}

/// LINK-07 a move to another account: proposed by the account that it is on, agreed to by the other one, whose name is told to
/// nobody who only named its key.
#[tokio::test]
async fn link_07_a_move_is_agreed_by_both_sides() {
    let (bench, osm, receiver) = in_use_beside_a_stranger().await;
    let remap = move_to("acc-2");
    let notices = bench.signed_in(&["notices@contoso.example"]).await;
    assert_eq!(glanced(&bench, &notices, notices.post(path::REMAP, &remap)).await.1["code"], "not-allowed");
    let proposed = json!({ "done": false, "account_name": "acc-2" });
    assert_eq!(glanced(&bench, &osm, osm.post(path::REMAP, &remap)).await, (200, proposed));
    assert_eq!(glanced(&bench, &osm, osm.post(path::REMAP, &remap)).await.1["code"], "needs-other-side");
    let (status, waits) = glanced(&bench, &osm, osm.post(path::REMAP, &move_to("acc-3"))).await;
    assert_eq!((status, &waits["code"]), (409, &json!("move-waits")));
    assert_eq!(waits["try_again_at"], "2026-12-22T00:00:00Z");
    assert!(!waits.to_string().contains("acc-2"), "not to which");
    let done = json!({ "done": true, "account_name": "Fabrikam" });
    assert_eq!(glanced(&bench, &receiver, receiver.post(path::REMAP, &remap)).await, (200, done));
    let State::Activated(in_use) = bench.activation(MAIL).await.state else { panic!("it is in use") };
    assert_eq!((in_use.account.as_str(), in_use.account_name.as_str()), ("acc-2", "Fabrikam"));
}

/// LINK-07 SAFE-07 whoever speaks for neither side gets one answer with the same reads: for what is open, in use or not there,
/// for an account of their own, of somebody else's or of nobody's; and nothing is written or mailed.
#[tokio::test]
async fn link_07_a_stranger_can_propose_nothing_and_learns_nothing() {
    let (bench, osm, stranger) = in_use_beside_a_stranger().await;
    bench.invite(CLOUD).await;
    let State::Activated(in_use) = bench.activation(MAIL).await.state else { panic!("it is in use") };
    let before = bench.activation(MAIL).await.version;
    let mut answers = Vec::new();
    for path in [path::REMAP, path::DECLINE_REMAP] {
        for (number, product) in [("88590039", MAIL), ("88590039", CLOUD), ("88590039", "NONE"), ("1", MAIL)] {
            for account in ["acc-2", "nobodys", in_use.account.as_str()] {
                let licence = format!("enterprise/{number}").parse().expect("a Licensing ID");
                let remap = Remap { licence, product: sku(product), account: account.parse().expect("a key") };
                let used = bench.app.store.meter().read();
                let answer = glanced(&bench, &stranger, stranger.post(path, &remap)).await;
                let used = bench.app.store.meter().read() - used;
                answers.push((answer, used.steps, used.calls, used.write_units.to_string()));
            }
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let ((status, problem), steps, calls, _) = &answers[0];
    assert_eq!((*status, &problem["code"], *steps, *calls), (403, &json!("not-allowed"), 2, 2));
    assert_eq!(bench.activation(MAIL).await.version, before);

    // Guessed keys tell the holder nothing either.
    let known = glanced(&bench, &osm, osm.post(path::REMAP, &move_to("acc-2"))).await;
    glanced(&bench, &osm, osm.post(path::DECLINE_REMAP, &move_to("acc-2"))).await;
    let guessed = glanced(&bench, &osm, osm.post(path::REMAP, &move_to("nobodys"))).await;
    assert_eq!((known.0, guessed.0), (200, 200));
    assert_eq!((&known.1["account_name"], &guessed.1["account_name"]), (&json!("acc-2"), &json!("nobodys")));
}

/// LINK-07 another account of the same customer may propose to take it over; either side can end that, and who ends it is
/// answered like for a proposal.
#[tokio::test]
async fn link_07_another_account_of_the_customer_proposes_and_the_holder_declines() {
    let (bench, osm, stranger) = in_use_beside_a_stranger().await;
    made(&bench, "acc-4", "Contoso Sweden", "contoso", "it@contoso.example").await;
    let sister = bench.signed_in(&["it@contoso.example"]).await;
    let remap = move_to("acc-4");
    let proposed = json!({ "done": false, "account_name": "Contoso Sweden" });
    assert_eq!(glanced(&bench, &sister, sister.post(path::REMAP, &remap)).await, (200, proposed.clone()));
    assert_eq!(glanced(&bench, &stranger, stranger.post(path::DECLINE_REMAP, &remap)).await.0, 403);
    assert_eq!(glanced(&bench, &osm, osm.post(path::DECLINE_REMAP, &remap)).await, (200, proposed));
    assert_eq!(glanced(&bench, &osm, osm.post(path::DECLINE_REMAP, &remap)).await.1["code"], "nothing-proposed");
    let State::Activated(in_use) = bench.activation(MAIL).await.state else { panic!("it is in use") };
    assert_eq!(in_use.remap, None);
}

/// LINK-07 SAFE-07 a person proposes at most 20 moves a day, over all activations: the next one is told when.
#[tokio::test]
async fn link_07_a_person_proposes_so_many_moves_a_day() {
    let (mut bench, osm, _) = in_use_beside_a_stranger().await;
    Arc::make_mut(&mut bench.app.policy).links.moves_a_day_a_person = 2;
    for round in 0..3 {
        let request = osm.post(path::REMAP, &move_to("acc-2"));
        let response = activate::handle(&bench.app, request).await;
        let wait = response.headers().get("retry-after").cloned();
        let (status, answer) = osm.take(&response);
        if round < 2 {
            assert_eq!(status, 200, "{answer}");
            glanced(&bench, &osm, osm.post(path::DECLINE_REMAP, &move_to("acc-2"))).await;
        } else {
            assert_eq!((status, &answer["code"]), (429, &json!("too-often")));
            assert_eq!(answer["try_again_at"], "2026-11-23T00:00:00Z");
            assert_eq!(wait.expect("it says when"), "86400");
        }
    }
}

/// LINK-07 LINK-10 whichever call of taking back, moving or asking for revival fails, before or after it took effect: who is
/// told that it is done has done it once, and who is told of a failure has changed nothing and may try again.
#[tokio::test]
async fn link_07_a_fault_at_any_call_does_what_is_answered() {
    for asked in [path::UNDO, path::REMAP, path::ASK_REVIVAL] {
        let mut faults = vec![None];
        while let Some(fault) = faults.pop() {
            let bench = Bench::new().await;
            bench.contoso().await;
            let token = bench.invite(MAIL).await;
            let osm = bench.signed_in(&["osm@contoso.example"]).await;
            let mut before = 1;
            if asked == path::ASK_REVIVAL {
                bench.set_time("2027-06-01T00:00:00Z");
            } else {
                confirm(&bench, &osm, &token, "key-00000001").await;
                before = 2;
            }
            let osm = match asked {
                path::ASK_REVIVAL => bench.signed_in(&["primary@contoso.example"]).await,
                _ => osm,
            };
            let account: licensing::AccountId = "acc-2".parse().expect("a key");
            let customer = "fabrikam".parse().expect("a key");
            let other =
                Account::create(account.clone(), "Fabrikam", &customer, &"it@fabrikam.example".parse().expect("it"));
            let mut write = store::Write::new();
            write.account(&bench.store, None, &other);
            write.commit(&bench.store).await.expect("written");
            let request = || match asked {
                path::REMAP => {
                    osm.post(asked, &Remap { licence: licence(), product: sku(MAIL), account: account.clone() })
                }
                _ => osm.post(asked, &which()),
            };
            let way = Faults::on(&bench);
            match fault {
                Some(fault) => way.plan(fault),
                None => way.heal(),
            }
            let status = activate::handle(&way.app(Retries::Off), request()).await.status().as_u16();
            if fault.is_none() {
                faults = Fault::every(&way.calls()).into_iter().map(Some).collect();
                assert_eq!(status / 100, 2, "{asked}");
            }
            let what = format!("{asked} {fault:?}: {status}");
            assert_eq!(way.happened(), fault.is_some(), "{what}");
            let done = status / 100 == 2;
            assert!(done || status == 503, "{what}");
            assert_eq!(bench.activation(MAIL).await.version, before + u64::from(done), "{what}");
            if !done {
                assert_eq!(activate::handle(&bench.app, request()).await.status().as_u16() / 100, 2, "{what}");
            }
            assert_eq!(bench.activation(MAIL).await.version, before + 1, "{what}");
            assert_eq!(bench.context(MAIL).await.head.map(|head| head.newest), Some(before + 1), "{what}");
        }
    }
}

/// How many accounts the OSM administers, and whether the customer is linked to one.
async fn accounts_left(bench: &Bench) -> (usize, bool) {
    let administered = bench.store.administered_by(&at_contoso("osm")).await.expect("the database answers");
    let slot = store::licences::LinkedAccount::of(&"contoso".parse().expect("a key"));
    let mut batch = store::Batch::default();
    slot.add_to(&mut batch);
    let linked = slot.from(&batch.read(&bench.store).await.expect("the database answers")).expect("it is whole");
    (administered.len(), linked.is_some())
}

/// The customer's link where releases before accounts had a table to themselves wrote it.
async fn linked_as_before(bench: &Bench, account: &str) {
    use store::sdk::types::AttributeValue;
    let text = |text: &str| AttributeValue::S(text.into());
    let put = bench.store.client().put_item().table_name(bench.store.name(store::Table::Accounts));
    let put =
        put.item("account_id", text("customer#contoso")).item("account", text(account)).item("name", text("Contoso"));
    put.item("takes_assignments", AttributeValue::Bool(true)).send().await.expect("stored");
}

/// LINK-07 SAFE-07 the sixth confirmation of a day is refused with the time, in the preview already; each account that was made
/// for an undone activation went with it, and its name is not lost in what is told.
#[tokio::test]
async fn link_07_confirming_and_undoing_leave_nothing_behind_and_are_limited() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    for round in 0..5 {
        assert_eq!(confirm(&bench, &osm, &token, &format!("key-0000000{round}")).await.0, 200);
        assert_eq!(accounts_left(&bench).await, (1, true));
        let State::Activated(in_use) = bench.activation(MAIL).await.state else { panic!("it is in use") };
        if round % 2 == 1 {
            // The customer was linked by a release before, and an upgrade keeps both places.
            linked_as_before(&bench, in_use.account.as_str()).await;
        }
        assert_eq!(glanced(&bench, &osm, osm.post(path::UNDO, &which())).await.0, 200);
        let gone = bench.store.get(&store::licences::account(&in_use.account)).await.expect("answers");
        assert_eq!((gone, accounts_left(&bench).await), (None, (0, false)), "round {round}");
    }
    let request = confirmation(&osm, Target::Link(token.clone()), Choice::New("Contoso".into()), "key-00000006");
    let response = activate::handle(&bench.app, request).await;
    assert!(response.headers().contains_key("retry-after"));
    let (status, problem) = osm.take(&response);
    assert_eq!(
        (status, &problem["code"], &problem["try_again_at"]),
        (429, &json!("too-often"), &json!("2026-11-23T00:00:00Z"))
    );
    let preview = Preview { target: Target::Link(token.clone()), choice: None };
    assert_eq!(glanced(&bench, &osm, osm.post(path::PREVIEW, &preview)).await.0, 429);
    bench.set_time("2026-11-23T00:00:00Z");
    let osm = bench.signed_in_again("osm@contoso.example").await;
    assert_eq!(confirm(&bench, &osm, &token, "key-00000007").await.0, 200);
}

/// LINK-07 an account to which something else came stays when what it was made for is taken back: another product, or somebody
/// who asks to join it.
#[tokio::test]
async fn link_07_an_account_that_holds_something_stays() {
    for joins in [false, true] {
        let bench = Bench::new().await;
        bench.contoso().await;
        let token = bench.invite(MAIL).await;
        let cloud = bench.invite(CLOUD).await;
        let osm = bench.signed_in(&["osm@contoso.example"]).await;
        let notices = bench.signed_in(&["notices@contoso.example"]).await;
        confirm(&bench, &osm, &token, "key-00000001").await;
        let State::Activated(in_use) = bench.activation(MAIL).await.state else { panic!("it is in use") };
        if joins {
            let slot = store::licences::account(&in_use.account);
            let account = bench.store.get(&slot).await.expect("answers").expect("it is stored");
            let person = bench.person("notices@contoso.example").await;
            bench.ask_to_join(&account, &person, CLOUD).await;
        } else {
            assert_eq!(confirm_on(&bench, &notices, &cloud, &in_use.account).await.0, 200);
        }
        assert_eq!(glanced(&bench, &osm, osm.post(path::UNDO, &which())).await.0, 200);
        assert_eq!(accounts_left(&bench).await, (1, true), "joins: {joins}");
    }
}

/// LINK-07 ACT-16 it is confirmed in the portal before its mail went out: once it is taken back there is a new link to mail.
#[tokio::test]
async fn link_07_an_undo_has_the_link_mailed_that_never_was() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let portal = || confirmation(&osm, Target::Portal(which()), Choice::New("Contoso".into()), "key-00000001");
    assert_eq!(glanced(&bench, &osm, portal()).await.0, 200);
    assert_eq!(glanced(&bench, &osm, osm.post(path::UNDO, &which())).await.0, 200);
    assert_eq!(bench.activation(MAIL).await.generation, 2);
    // The very same request again is another one by now, and says so.
    let (status, problem) = glanced(&bench, &osm, portal()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("key-reused")));
}

/// SAFE-07 LINK-02 LINK-07 LINK-10 rights before state: a stranger gets one answer, after the same reads, for what is open, in
/// use, of an unknown product, or under an unknown Licensing ID, and for accounts of others and of nobody.
#[tokio::test]
async fn safe_07_a_stranger_is_told_nothing_of_the_state() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    bench.invite(CLOUD).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    confirm(&bench, &osm, &token, "key-00000001").await;
    let account = bench.activation(MAIL).await.account().expect("it is in use").clone();
    let stranger = bench.signed_in(&["x@fabrikam.example"]).await;
    for path in [path::UNDO, path::ASK_REVIVAL, path::PREVIEW, path::CONFIRM] {
        let mut answers = Vec::new();
        for (number, product) in [("88590039", MAIL), ("88590039", CLOUD), ("88590039", "NONE"), ("1", MAIL)] {
            for account in [account.as_str(), "nobodys"] {
                let licence = format!("enterprise/{number}").parse().expect("a Licensing ID");
                let which = Which { licence, product: sku(product) };
                let (target, choice) =
                    (Target::Portal(which.clone()), Choice::Existing(account.parse().expect("a key")));
                let request = match path {
                    path::PREVIEW => stranger.post(path, &Preview { target, choice: Some(choice) }),
                    path::CONFIRM => confirmation(&stranger, target, choice, "key-00000009"),
                    _ => stranger.post(path, &which),
                };
                let used = bench.app.store.meter().read();
                let answer = glanced(&bench, &stranger, request).await;
                let used = bench.app.store.meter().read() - used;
                answers.push((answer, used.steps, used.calls));
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{path}: {answers:?}");
        assert_eq!((answers[0].0.0, &answers[0].0.1["code"], answers[0].2), (403, &json!("not-allowed"), 1), "{path}");
    }
}

/// LINK-10 an expired link's revival is asked for by the addressee or an Administrator, not by others.
#[tokio::test]
async fn link_10_revival_is_asked_for() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let early = bench.signed_in(&["osm@contoso.example"]).await;
    assert_eq!(glanced(&bench, &early, early.post(path::ASK_REVIVAL, &which())).await.1["code"], "not-expired");
    bench.set_time("2027-06-01T00:00:00Z");
    let stranger = bench.signed_in(&["x@fabrikam.example"]).await;
    assert_eq!(glanced(&bench, &stranger, stranger.post(path::ASK_REVIVAL, &which())).await.1["code"], "not-allowed");
    let primary = bench.signed_in(&["primary@contoso.example"]).await;
    assert_eq!(glanced(&bench, &primary, primary.post(path::ASK_REVIVAL, &which())).await.0, 202);
    assert_eq!(bench.state(MAIL).await, "expired");
}

/// ACT-04 consumption: who activates is told that others can be added.
#[tokio::test]
async fn act_04_consumption_is_confirmed_by_the_notices_contact() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(CLOUD).await;
    let notices = bench.signed_in(&["notices@contoso.example"]).await;
    let (status, done) = confirm(&bench, &notices, &token, "key-00000001").await;
    assert_eq!((status, done["consumption"].as_bool()), (200, Some(true)));
}

/// REG-13 SAFE-07 what does not come from the portal's own pages, or is not of the documented shape, changes nothing.
#[tokio::test]
async fn reg_13_other_sites_and_bad_bodies_change_nothing() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let good = || confirmation(&osm, Target::Link(token.clone()), Choice::New("Contoso".into()), "key-00000001");
    let change = |change: fn(&mut Request)| {
        let mut request = good();
        change(&mut request);
        request
    };
    let before = bench.app.store.meter().read();
    for (request, code) in [
        (
            change(|r| drop(r.headers_mut().insert("origin", HeaderValue::from_static("https://evil.example")))),
            "wrong-origin",
        ),
        (change(|r| drop(r.headers_mut().remove("origin"))), "wrong-origin"),
        (
            change(|r| drop(r.headers_mut().insert("content-type", HeaderValue::from_static("text/plain")))),
            "wrong-content-type",
        ),
        (change(|r| drop(r.headers_mut().remove("idempotency-key"))), "bad-field"),
        (change(|r| *r.body_mut() = "{".into()), "malformed"),
        (
            change(|r| *r.body_mut() = "{\"target\":{\"link\":\"x\"},\"choice\":{\"new\":\"a\"},\"extra\":1}".into()),
            "bad-field",
        ),
        (change(|r| *r.body_mut() = "x".repeat(70_000).into()), "too-large"),
        (change(|r| *r.method_mut() = http::Method::GET), "wrong-method"),
    ] {
        let response = activate::handle(&bench.app, request).await;
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let (_, problem) = osm.take(&response);
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
    assert!((bench.app.store.meter().read() - before).write_units == 0.0);
    assert_eq!(bench.state(MAIL).await, "invited");
}
