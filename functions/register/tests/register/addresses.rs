//! Further addresses: REG-02, REG-07, REG-08, REG-09.

use api::path;
use gateway::testing::Browser;
use licensing::Policy;
use serde_json::{Value, json};
use store::{Table, Write};

use crate::desk::{Desk, address, cookies, from_network, retry_after, twice, wrong};

const JANE: &str = "jane@contoso.example";
const OTHER: &str = "jane@fabrikam.example";

fn long_sessions(policy: &mut Policy) {
    policy.sessions.hours = 200;
    policy.sessions.idle_hours = 200;
}

/// REG-07 REG-08 typed twice, proven by the mailed link in the session that asked; the session goes on under a new secret.
#[tokio::test]
async fn reg_07_an_address_is_added_and_proven() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ME, json!({ "first_name": "Jane", "last_name": "Doe", "language": "en" })).await;
    let before = desk.bench.app.store.meter().read();
    let (status, mailed) = desk.post(&browser, path::ADDRESSES, twice("Jane@Fabrikam.example")).await;
    println!("add an address: {:?}", desk.bench.app.store.meter().read() - before);
    assert_eq!((status, &mailed), (202, &json!({ "address": OTHER, "expires_at": "2026-11-24T00:00:00Z" })));
    let addresses = desk.get(&browser, path::ME).await.1["addresses"].clone();
    let on_its_way = json!({ "address": OTHER, "proof_ends": "2026-11-24T00:00:00Z", "asked_here": true });
    assert_eq!(addresses[1], on_its_way);

    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    let shown = |state: &str| json!({ "address": OTHER, "profile_address": "j•••@contoso.example", "state": state });
    let mine = json!({ "address": OTHER, "profile_address": JANE, "state": "ready" });
    assert_eq!(desk.post(&browser, path::PROOF_LINK, token.clone()).await, (200, mine));
    assert_eq!(desk.post(&Browser::new(), path::PROOF_LINK, token.clone()).await, (200, shown("sign-in")));
    let joe = desk.signed_in("joe@contoso.example").await;
    assert_eq!(desk.post(&joe, path::PROOF_LINK, token.clone()).await, (200, shown("other-profile")));

    desk.bench.pass(60);
    let old = browser.get(path::ME);
    let before = desk.bench.app.store.meter().read();
    let response = desk.answer(browser.post(path::PROVE, &token)).await;
    println!("prove an address: {:?}", desk.bench.app.store.meter().read() - before);
    let session = &cookies(&response)[0];
    assert!(
        session.starts_with("__Host-session=") && session.contains("Max-Age=43140"),
        "the end of the session stays"
    );
    let (status, me) = browser.take(&response);
    assert_eq!(status, 200, "{me}");
    assert_eq!(me["addresses"][1], json!({ "address": OTHER, "proven_at": "2026-11-22T00:01:00Z" }));
    assert_eq!(desk.answer(old.clone()).await.status(), 200, "for a minute, in case the answer was lost (REG-12)");
    assert_eq!(desk.get(&browser, path::ME).await.1["addresses"], me["addresses"]);
    assert_eq!(desk.post(&browser, path::PROOF_LINK, token.clone()).await.1["state"], "ended");
    assert_eq!(desk.post(&browser, path::PROVE, token).await.1["code"], "link-expired", "single use");
    desk.bench.pass(60);
    assert_eq!(desk.answer(old).await.status(), 401, "rotated after rights changed (REG-12)");
    let actions = ["profile.created", "profile.changed", "address.asked", "address.proven"];
    assert_eq!(desk.actions_of(OTHER).await, actions);
    assert_eq!(desk.signed_in(OTHER).await.get(path::ME).method(), "GET");
    assert_eq!(desk.profile_of(OTHER).await.profile, desk.profile_of(JANE).await.profile);
}

/// REG-07 both fields are the same address, a new one, and a valid one.
#[tokio::test]
async fn reg_07_an_address_is_typed_twice() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let before = desk.contents().await;
    for (said, code, field) in [
        (json!({ "address": OTHER, "repeated": "jane@fabrikan.example" }), "addresses-differ", "repeated"),
        (twice(JANE), "bad-field", "address"),
        (json!({ "address": "x", "repeated": OTHER }), "bad-field", "address"),
        (json!({ "address": OTHER, "repeated": "jane@fаbrikam.example" }), "bad-field", "repeated"),
        (json!({ "address": OTHER, "repeated": "jane@fäbrikam.example" }), "addresses-differ", "repeated"),
        (json!({ "address": OTHER, "repeated": "jаne@fabrikam.example" }), "bad-field", "repeated"),
        (json!({ "address": OTHER }), "bad-field", "repeated"),
    ] {
        let (status, problem) = desk.post(&browser, path::ADDRESSES, said).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!(code), &json!(field)));
    }
    assert_eq!(desk.contents().await, before);
}

/// REG-07 the link completes only in the session that asked: not signed out, not as somebody else, not in another browser.
#[tokio::test]
async fn reg_07_the_link_completes_only_in_the_session_that_asked() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let second = desk.signed_in(JANE).await;
    let joe = desk.signed_in("joe@contoso.example").await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    let before = desk.contents().await;
    for (who, status, code) in
        [(&Browser::new(), 401, "sign-in-needed"), (&joe, 403, "wrong-person"), (&second, 403, "other-session")]
    {
        let (was, problem) = desk.post(who, path::PROVE, token.clone()).await;
        assert_eq!((was, &problem["code"]), (status, &json!(code)));
    }
    assert_eq!(desk.post(&second, path::PROOF_LINK, token.clone()).await.1["state"], "ask-again");
    assert_eq!(desk.contents().await, before);
    assert_eq!(desk.post(&browser, path::PROVE, token).await.0, 200);
}

/// REG-07 REG-12 what was asked for in a session goes on in the one that takes its place in the same browser.
#[tokio::test]
async fn reg_07_a_rotated_session_still_completes() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice("a@fabrikam.example")).await;
    desk.post(&browser, path::ADDRESSES, twice("b@fabrikam.example")).await;
    let (a, b) = (desk.proof(JANE, "a@fabrikam.example").await, desk.proof(JANE, "b@fabrikam.example").await);
    desk.bench.pass(3 * 3600);
    assert_eq!(desk.get(&browser, path::ME).await.0, 401, "idle for too long");
    desk.ask(&browser, JANE).await;
    let mails = desk.sign_in_mails(JANE).await;
    let (generation, _, device) = mails.last().expect("a mail");
    let code = desk.bench.app.keys.links().code(&address(JANE), device, *generation);
    assert_eq!(desk.enter(&browser, JANE, &code).await.0, 200);
    for token in [a, b] {
        assert_eq!(desk.post(&browser, path::PROVE, json!({ "token": token })).await.0, 200);
    }
}

/// REG-07 a link lives 48 hours, and a new one voids the old.
#[tokio::test]
async fn reg_07_a_proof_link_ends() {
    let desk = Desk::with_policy(long_sessions).await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let first = json!({ "token": desk.proof(JANE, OTHER).await });
    desk.bench.pass(48 * 3600);
    let (status, problem) = desk.post(&browser, path::PROVE, first.clone()).await;
    assert_eq!((status, &problem["code"]), (410, &json!("link-expired")));
    assert_eq!(desk.post(&browser, path::PROOF_LINK, first.clone()).await.1["state"], "ended");
    assert_eq!(desk.get(&browser, path::ME).await.1["addresses"].as_array().map(Vec::len), Some(1));

    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let second = json!({ "token": desk.proof(JANE, OTHER).await });
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    for old in [first, second] {
        let (status, problem) = desk.post(&browser, path::PROVE, old).await;
        assert_eq!((status, &problem["code"]), (410, &json!("link-replaced")));
    }
    let third = json!({ "token": desk.proof(JANE, OTHER).await });
    desk.bench.pass(48 * 3600 - 1);
    assert_eq!(desk.post(&browser, path::PROVE, third).await.0, 200);
}

/// REG-09 an address that another profile holds is refused with the account to sign in with, masked (E06).
#[tokio::test]
async fn reg_09_an_address_belongs_to_one_profile() {
    let desk = Desk::new().await;
    let joe = desk.signed_in("joe@contoso.example").await;
    desk.add_and_prove(&joe, "joe@contoso.example", OTHER).await;
    let jane = desk.signed_in(JANE).await;
    let before = desk.profile_of(OTHER).await;
    let (status, problem) = desk.add_and_prove(&jane, JANE, OTHER).await;
    assert_eq!((status, &problem["code"], &problem["field"]), (409, &json!("address-taken"), &json!("address")));
    let detail = problem["detail"].as_str().expect("text");
    assert!(detail.contains("j•••@contoso.example") && !detail.contains("joe@"), "{detail}");
    assert_eq!(desk.profile_of(OTHER).await, before);
    assert_eq!(desk.get(&jane, path::ME).await.1["addresses"][0]["address"], JANE);
}

/// REG-09 two profiles that prove the same address at once: one gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reg_09_two_who_prove_at_once() {
    let desk = Desk::new().await;
    let mut requests = Vec::new();
    for person in [JANE, "joe@contoso.example"] {
        let browser = desk.signed_in(person).await;
        desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
        let token = desk.proof(person, OTHER).await;
        requests.push(browser.post(path::PROVE, &json!({ "token": token })));
    }
    let proving = requests.into_iter().map(|request| {
        let app = desk.bench.app.clone();
        tokio::spawn(async move { register::handle(&app, request).await.status().as_u16() })
    });
    let mut statuses = Vec::new();
    for proof in proving.collect::<Vec<_>>() {
        statuses.push(proof.await.expect("an answer"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// REG-07 "this was not me" voids the link, signed in or not, and is noted in the asking profile's audit.
#[tokio::test]
async fn reg_07_this_was_not_me() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    assert_eq!(desk.post(&Browser::new(), path::NOT_ME, token.clone()).await, (204, Value::Null));
    assert_eq!(desk.post(&browser, path::PROVE, token.clone()).await.1["code"], "link-expired");
    let before = desk.contents().await;
    assert_eq!(desk.post(&Browser::new(), path::NOT_ME, token).await.1["code"], "link-expired");
    assert_eq!(desk.contents().await, before);
    let entries = desk.audit_of(JANE).await;
    let last = entries.last().expect("an entry");
    assert_eq!((last.action.as_str(), last.actor.as_str()), ("address.refused", "link-holder"));
    assert_eq!(last.personal["address"].value, OTHER);
}

/// REG-07 whoever said "this was not me" is not mailed for that profile again, removed or not, for 180 days; the profile is told
/// why, until when, and what helps. Others may ask, and the address signs in as ever.
#[tokio::test]
async fn reg_07_whoever_said_not_me_is_left_in_peace() {
    let desk = Desk::with_policy(|policy| {
        policy.sessions.hours = 24 * 400;
        policy.sessions.idle_hours = 24 * 400;
        policy.addresses.refusals = 2;
    })
    .await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    assert_eq!(desk.post(&Browser::new(), path::NOT_ME, token).await.0, 204);
    let kept = format!("{:?}", desk.profile_of(JANE).await.refused);
    assert!(!kept.contains(OTHER) && kept.contains("j•••@fabrikam.example"), "a keyed hash, and a reminder: {kept}");
    let refused = json!([{ "address": "j•••@fabrikam.example", "until": "2027-05-21T00:00:00Z" }]);
    assert_eq!(desk.get(&browser, path::ME).await.1["refused"], refused, "the profile shows it");
    let before = desk.contents().await;
    for _ in 0..2 {
        let response = desk.answer(browser.post(path::ADDRESSES, &twice("Jane@FABRIKAM.example"))).await;
        assert_eq!(retry_after(&response), None);
        let (status, problem) = browser.take(&response);
        assert_eq!((status, &problem["code"], &problem["field"]), (409, &json!("address-refused"), &json!("address")));
        assert_eq!(problem["try_again_at"], "2027-05-21T00:00:00Z");
        let detail = problem["detail"].as_str().expect("text");
        assert!(detail.contains("this was not them") && detail.contains("sign in with it"), "{detail}");
    }
    assert_eq!(desk.contents().await, before, "nothing is mailed or counted");
    let joe = desk.signed_in("joe@contoso.example").await;
    assert_eq!(desk.post(&joe, path::ADDRESSES, twice(OTHER)).await.0, 202, "another profile");

    desk.post(&browser, path::ADDRESSES, twice("second@fabrikam.example")).await;
    let token = json!({ "token": desk.proof(JANE, "second@fabrikam.example").await });
    assert_eq!(desk.post(&Browser::new(), path::NOT_ME, token).await.0, 204);
    let response = desk.answer(browser.post(path::ADDRESSES, &twice("third@fabrikam.example"))).await;
    assert!(retry_after(&response).is_some());
    let (status, problem) = browser.take(&response);
    assert_eq!((status, &problem["code"]), (429, &json!("too-often")), "two people refused");
    assert_eq!(problem["try_again_at"], "2027-05-21T00:00:00Z");
    desk.bench.pass(180 * 24 * 3600);
    assert_eq!(desk.get(&browser, path::ME).await.1["refused"], Value::Null, "it is over");
    assert_eq!(desk.post(&browser, path::ADDRESSES, twice(OTHER)).await.0, 202, "after half a year");
    desk.signed_in(OTHER).await;
}

/// REG-07 SAFE-07 ten proof mails a day, and so many addresses at most.
#[tokio::test]
async fn reg_07_proof_mails_and_addresses_are_limited() {
    let desk = Desk::with_policy(|policy| {
        long_sessions(policy);
        policy.addresses.most = 3;
        policy.addresses.mails_a_day_a_recipient_and_network = 100;
        policy.addresses.mails_a_day_a_recipient = 100;
    })
    .await;
    let browser = desk.signed_in(JANE).await;
    for _ in 0..10 {
        assert_eq!(desk.post(&browser, path::ADDRESSES, twice(OTHER)).await.0, 202);
    }
    let before = desk.contents().await;
    let (status, problem) = desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    assert_eq!((status, &problem["try_again_at"]), (429, &json!("2026-11-23T00:00:00Z")));
    assert_eq!(desk.contents().await, before);
    desk.bench.pass(24 * 3600);
    assert_eq!(desk.post(&browser, path::ADDRESSES, twice("third@fabrikam.example")).await.0, 202);
    let (status, problem) = desk.post(&browser, path::ADDRESSES, twice("fourth@fabrikam.example")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too-many-addresses")));
    desk.bench.pass(48 * 3600);
    assert_eq!(
        desk.post(&browser, path::ADDRESSES, twice("fourth@fabrikam.example")).await.0,
        202,
        "ended ones do not count"
    );
}

/// REG-02 REG-04 a public provider's address is refused only once its mailbox is proven.
#[tokio::test]
async fn reg_02_a_public_address_is_refused_after_its_link() {
    let desk = Desk::new().await;
    let store = &desk.bench.store;
    let mut write = Write::new();
    write.resells(store, &address("named@gmail.com"), &"enterprise/100".parse().expect("a licence"));
    write.commit(store).await.expect("written");
    let browser = desk.signed_in(JANE).await;
    let (status, problem) = desk.add_and_prove(&browser, JANE, "jane@gmail.com").await;
    assert_eq!((status, &problem["code"]), (403, &json!("public-mail-provider")));
    assert_eq!(desk.add_and_prove(&browser, JANE, "named@gmail.com").await.0, 200);
}

/// REG-07 links that are damaged, or name nobody, open nothing.
#[tokio::test]
async fn reg_07_damaged_proof_links() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = desk.proof(JANE, OTHER).await;
    let nobody = licensing::seal::Link::ProveAddress {
        profile: "nobody".parse().expect("a profile"),
        address: address(OTHER),
        generation: 1,
    };
    let nobody = desk.bench.app.keys.links().seal(&nobody);
    let before = desk.contents().await;
    for damaged in ["", "x", &token[1..], &format!("{token}A"), &nobody] {
        for path in [path::PROOF_LINK, path::NOT_ME, path::PROVE] {
            let (status, problem) = desk.post(&browser, path, json!({ "token": damaged })).await;
            let expected =
                if damaged == nobody && path == path::PROVE { (403, "wrong-person") } else { (404, "bad-link") };
            assert_eq!((status, problem["code"].as_str().expect("a code")), expected, "{path}");
        }
    }
    assert_eq!(desk.contents().await, before);
    assert!(desk.items(Table::Outbox).await.iter().all(|item| !format!("{item:?}").contains(&token)), "SAFE-04");
}

/// REG-07 REG-08 an address is removed in two steps: what hangs on it is the person's no longer, the sessions that were begun
/// by it end, and whoever proves it next has it.
#[tokio::test]
async fn reg_08_a_removed_address_is_nobodys() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    assert_eq!(desk.post(&browser, path::PROVE, token).await.0, 200);
    let by_other = desk.signed_in(OTHER).await;
    assert_eq!(desk.get(&by_other, path::ME).await.0, 200);

    let before = desk.bench.app.store.meter().read();
    let (status, _) = desk.post(&browser, path::REMOVE_ADDRESS, json!({ "address": "Jane@FABRIKAM.example" })).await;
    let used = desk.bench.app.store.meter().read() - before;
    assert_eq!((status, used.steps, used.calls), (204, 2, 2));
    let (_, me) = desk.get(&browser, path::ME).await;
    assert_eq!(me["addresses"].as_array().map(Vec::len), Some(1), "{me}");
    assert_eq!(desk.get(&by_other, path::ME).await.0, 401, "the session that was begun by it has ended");
    assert_eq!(desk.actions_of(JANE).await.last().map(String::as_str), Some("address.removed"));

    desk.bench.pass(60);
    let before = desk.contents().await;
    assert_eq!(
        desk.post(&browser, path::REMOVE_ADDRESS, json!({ "address": OTHER })).await.0,
        204,
        "it is gone already"
    );
    assert_eq!(desk.contents().await, before);
    desk.signed_in(OTHER).await;
    assert_ne!(desk.profile_of(OTHER).await.profile, desk.profile_of(JANE).await.profile);
    assert_eq!(desk.get(&by_other, path::ME).await.0, 401);
}

/// REG-07 REG-12 a session ends with the address that it was begun by, here too, and proving the address anew brings no old
/// session back.
#[tokio::test]
async fn reg_12_a_session_ends_with_its_address_for_good() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    desk.post(&browser, path::PROVE, token).await;
    let other = desk.signed_in(OTHER).await;
    let old = browser.get(path::ME);
    let response = desk.answer(browser.post(path::REMOVE_ADDRESS, &json!({ "address": JANE }))).await;
    assert!(cookies(&response)[0].starts_with("__Host-session=;"), "signed out here");
    assert_eq!(response.status(), 204);
    assert_eq!(desk.get(&other, path::ME).await.1["signed_in_as"], OTHER, "by the other address it goes on");

    desk.bench.pass(60);
    desk.post(&other, path::ADDRESSES, twice(JANE)).await;
    let token = json!({ "token": desk.proof(OTHER, JANE).await });
    assert_eq!(desk.post(&other, path::PROVE, token).await.0, 200);
    assert_eq!(desk.answer(old).await.status(), 401, "not even though the address is proven again");
}

/// REG-07 the last proven address stays; one whose link is on the way is removed, and its link is dead.
#[tokio::test]
async fn reg_07_the_last_address_stays_and_a_pending_one_goes() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let token = json!({ "token": desk.proof(JANE, OTHER).await });
    let (status, problem) = desk.post(&browser, path::REMOVE_ADDRESS, json!({ "address": JANE })).await;
    assert_eq!((status, &problem["code"], &problem["field"]), (409, &json!("last-address"), &json!("address")));
    let (status, problem) = desk.post(&Browser::new(), path::REMOVE_ADDRESS, json!({ "address": OTHER })).await;
    assert_eq!((status, &problem["code"]), (401, &json!("sign-in-needed")));
    assert_eq!(desk.post(&browser, path::REMOVE_ADDRESS, json!({ "address": OTHER })).await.0, 204);
    assert_eq!(desk.post(&browser, path::PROOF_LINK, token.clone()).await.1["state"], "ended");
    assert_eq!(desk.post(&browser, path::PROVE, token).await.1["code"], "link-expired");
    assert_eq!(desk.get(&browser, path::ME).await.1["addresses"].as_array().map(Vec::len), Some(1));
}

/// REG-07 the code beside the link proves the address as well, once, in the session that asked, as people type it.
#[tokio::test]
async fn reg_07_the_code_proves_the_address() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let nothing = desk.post(&browser, path::PROVE, json!({ "code": "123456" })).await;
    assert_eq!((nothing.0, &nothing.1["code"]), (422, &json!("no-code")));
    desk.post(&browser, path::ADDRESSES, twice("first@fabrikam.example")).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let code = desk.proof_code(JANE, OTHER).await;
    let typed = json!({ "code": format!(" {}\u{2011}{} ", &code[..3], &code[3..]) });

    let (second, joe) = (desk.signed_in(JANE).await, desk.signed_in("joe@contoso.example").await);
    let before = desk.contents().await;
    for (who, status, said) in
        [(&Browser::new(), 401, "sign-in-needed"), (&joe, 422, "no-code"), (&second, 403, "other-session")]
    {
        let (was, problem) = desk.post(who, path::PROVE, typed.clone()).await;
        assert_eq!((was, &problem["code"]), (status, &json!(said)));
    }
    assert_eq!(desk.contents().await, before);

    let (status, me) = desk.post(&browser, path::PROVE, typed.clone()).await;
    assert_eq!(status, 200, "{me}");
    assert_eq!(me["addresses"][1], json!({ "address": OTHER, "proven_at": "2026-11-22T00:00:00Z" }));
    let (status, problem) = desk.post(&browser, path::PROVE, typed).await;
    assert_eq!((status, &problem["code"]), (422, &json!("wrong-code")), "single use");
    let link = json!({ "token": desk.proof(JANE, OTHER).await });
    assert_eq!(desk.post(&browser, path::PROVE, link).await.1["code"], "link-expired", "and so is the link");
    let code = desk.proof_code(JANE, "first@fabrikam.example").await;
    assert_eq!(desk.post(&browser, path::PROVE, json!({ "code": code })).await.0, 200, "the other one still works");
}

/// REG-07 a new mail voids the code of the one before, and a code ends with its link.
#[tokio::test]
async fn reg_07_a_new_code_voids_the_old_one() {
    let desk = Desk::with_policy(long_sessions).await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let old = desk.proof_code(JANE, OTHER).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    assert_eq!(desk.post(&browser, path::PROVE, json!({ "code": old })).await.1["code"], "wrong-code");
    let code = json!({ "code": desk.proof_code(JANE, OTHER).await });
    desk.bench.pass(48 * 3600);
    assert_eq!(desk.post(&browser, path::PROVE, code).await.1["code"], "no-code");
}

/// REG-07 SAFE-07 five tries a code and twenty a day, also many at once; what is no six digits is none of them; the link goes
/// on working.
#[tokio::test]
async fn reg_07_tries_with_a_code_are_limited() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let code = desk.proof_code(JANE, OTHER).await;
    let before = desk.contents().await;
    for no_code in ["", "12345", "1234567", "12345a"] {
        let (status, problem) = desk.post(&browser, path::PROVE, json!({ "code": no_code })).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!("bad-field"), &json!("code")));
    }
    assert_eq!(desk.contents().await, before, "nothing was tried");
    let guesses = (0..8).map(|_| {
        let (app, request) = (desk.bench.app.clone(), browser.post(path::PROVE, &json!({ "code": wrong(&code) })));
        tokio::spawn(async move { register::handle(&app, request).await })
    });
    let mut said = Vec::new();
    for guess in guesses.collect::<Vec<_>>() {
        let (_, problem) = Browser::new().take(&guess.await.expect("an answer"));
        said.push(problem["code"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(said.iter().filter(|code| *code == "wrong-code").count(), 5, "{said:?}");
    let (status, problem) = desk.post(&browser, path::PROVE, json!({ "code": code })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("no-code")), "even the right one");
    assert!(problem["detail"].as_str().expect("text").contains("Use the link in the email"), "what works: {problem}");

    for round in 1..4 {
        desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
        let wrong = wrong(&desk.proof_code(JANE, OTHER).await);
        for left in (0..5).rev() {
            let (_, problem) = desk.post(&browser, path::PROVE, json!({ "code": wrong })).await;
            assert_eq!(problem["code"], "wrong-code", "round {round}, {left} left");
        }
    }
    desk.post(&browser, path::ADDRESSES, twice(OTHER)).await;
    let right = json!({ "code": desk.proof_code(JANE, OTHER).await });
    let (status, problem) = desk.post(&browser, path::PROVE, right).await;
    assert_eq!((status, &problem["code"]), (429, &json!("link-only")));
    assert_eq!(problem["try_again_at"], "2026-11-23T00:00:00Z");
    let link = json!({ "token": desk.proof(JANE, OTHER).await });
    assert_eq!(desk.post(&browser, path::PROVE, link).await.0, 200);
}

/// REG-07 REG-12 whoever signed in anew is told so, and a new mail asked for here works at once.
#[tokio::test]
async fn reg_07_whoever_signed_in_anew_asks_again() {
    let desk = Desk::new().await;
    let first = desk.signed_in(JANE).await;
    desk.post(&first, path::ADDRESSES, twice(OTHER)).await;
    let (token, code) = (desk.proof(JANE, OTHER).await, desk.proof_code(JANE, OTHER).await);
    let anew = desk.signed_in(JANE).await;
    let addresses = desk.get(&anew, path::ME).await.1["addresses"].clone();
    assert_eq!(addresses[1], json!({ "address": OTHER, "proof_ends": "2026-11-24T00:00:00Z" }), "not asked here");
    assert_eq!(desk.post(&anew, path::PROOF_LINK, json!({ "token": token })).await.1["state"], "ask-again");
    let (status, problem) = desk.post(&anew, path::PROVE, json!({ "code": code })).await;
    assert_eq!((status, &problem["code"]), (403, &json!("other-session")));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("signed in again")), "{problem}");
    assert_eq!(desk.post(&anew, path::ADDRESSES, twice(OTHER)).await.0, 202);
    let code = desk.proof_code(JANE, OTHER).await;
    assert_eq!(desk.post(&anew, path::PROVE, json!({ "code": code })).await.0, 200);
}

/// REG-05 REG-07 SAFE-07 mails to bystanders are limited by recipient, by network and in the deployment, besides by person; the
/// answer is the same whoever the recipient is, and what is refused costs no write.
#[tokio::test]
async fn reg_05_mails_to_bystanders_are_limited_however_many_profiles_ask() {
    let from =
        |browser: &Browser, network: &str, to: &str| from_network(browser.post(path::ADDRESSES, &twice(to)), network);
    let refused = |answer: &gateway::Response| {
        let (status, problem) = Browser::new().take(answer);
        assert!(retry_after(answer).is_some_and(|seconds| seconds > 0), "{problem}");
        (status, problem["code"].clone(), problem["field"].clone(), problem["detail"].clone())
    };
    let desk = Desk::new().await;
    let mut people = Vec::new();
    for name in ["a", "b", "c", "d"] {
        people.push(desk.signed_in(&format!("{name}@contoso.example")).await);
    }
    desk.signed_in("known@fabrikam.example").await;
    // One address, from one network: five a day, whoever asks, and known or not.
    let mut said = Vec::new();
    for to in ["known@fabrikam.example", "nobody@fabrikam.example"] {
        for number in 0..5 {
            let answer = desk.answer(from(&people[number % 4], "192.0.2.1", to)).await;
            assert_eq!(answer.status(), 202, "{to} {number}");
        }
        let before = desk.contents().await;
        said.push(refused(&desk.answer(from(&people[3], "192.0.2.1", to)).await));
        assert_eq!(desk.contents().await, before);
    }
    assert_eq!((said[0].0, &said[0]), (429, &said[1]), "the same answer");
    // From elsewhere it goes on, up to ten a day: nobody uses up another person's share from one network.
    for number in 0..5 {
        let answer = desk.answer(from(&people[number % 4], "192.0.2.2", "nobody@fabrikam.example")).await;
        assert_eq!(answer.status(), 202, "{number}");
    }
    refused(&desk.answer(from(&people[0], "192.0.2.3", "nobody@fabrikam.example")).await);
    desk.bench.pass(24 * 3600);
    let again = desk.signed_in("a@contoso.example").await;
    assert_eq!(desk.answer(from(&again, "192.0.2.1", "nobody@fabrikam.example")).await.status(), 202, "the next day");

    // One network, many recipients; and an organisation's whole network.
    let few = Desk::with_policy(|policy| policy.addresses.mails_an_hour_a_network = 3).await;
    for (network, mails) in [("192.0.2.1", 3), ("2001:db8::1", 3), ("2001:db8:0:1::1", 3), ("2001:db8:0:2::1", 0)] {
        let browser = few.signed_in(&format!("p{}@contoso.example", network.len())).await;
        for number in 0..mails {
            let to = format!("{number}@x{}.example", network.len());
            assert_eq!(few.answer(from(&browser, network, &to)).await.status(), 202, "{network}");
        }
        assert_eq!(refused(&few.answer(from(&browser, network, "one@more.example")).await).0, 429, "{network}");
    }
    let overall = Desk::with_policy(|policy| policy.addresses.mails_an_hour_overall = 2).await;
    let browser = overall.signed_in(JANE).await;
    for number in 0..3 {
        let answer = overall.answer(from(&browser, &format!("192.0.2.{number}"), &format!("{number}@x.example"))).await;
        assert_eq!(answer.status().as_u16(), if number < 2 { 202 } else { 429 });
    }
    overall.bench.pass(3600);
    assert_eq!(overall.post(&browser, path::ADDRESSES, twice("next@x.example")).await.0, 202, "the next hour");
}

/// REG-01 REG-07 an address with an internationalised domain is taken as people type it, kept in its ASCII form, and shown to its
/// person in both; the two fields may be typed in different forms.
#[tokio::test]
async fn reg_07_an_internationalised_domain_is_taken() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let said = json!({ "address": "Jane@Bücher.example", "repeated": "jane@xn--bcher-kva.example" });
    let (status, mailed) = desk.post(&browser, path::ADDRESSES, said).await;
    assert_eq!((status, &mailed["address"]), (202, &json!("jane@xn--bcher-kva.example")), "{mailed}");
    assert_eq!(mailed["own_letters"], "jane@bücher.example");
    let code = desk.proof_code(JANE, "jane@xn--bcher-kva.example").await;
    let (status, me) = desk.post(&browser, path::PROVE, json!({ "code": code })).await;
    assert_eq!((status, &me["addresses"][1]["own_letters"]), (200, &json!("jane@bücher.example")), "{me}");
    let by_it = Browser::new();
    let (_, asked) = desk.ask(&by_it, "jane@BÜCHER.example").await;
    assert_eq!(asked["own_letters"], "jane@bücher.example");
    let code = desk.code("jane@xn--bcher-kva.example").await;
    assert_eq!(desk.enter(&by_it, "jane@bücher.example", &code).await.0, 200, "typed with its own letters");
    let removed = json!({ "address": "jane@bücher.example" });
    assert_eq!(desk.post(&browser, path::REMOVE_ADDRESS, removed).await.0, 204);
    let (_, problem) = desk.ask(&Browser::new(), "jäne@contoso.example").await;
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("letters a to z")), "{problem}");
}
