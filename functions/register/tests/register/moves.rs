//! Moving an address from one profile to another, and proofs that have to be renewed: REG-09.

use api::path;
use gateway::testing::Browser;
use licensing::{Policy, audit::profile_chain, event::Event};
use serde_json::{Value, json};
use store::people::{Owner, Profile, owner};

use crate::desk::{Desk, address, cookies, retry_after, twice, wrong};

const HOLDER: &str = "joe@contoso.example";
const MOVER: &str = "jane@contoso.example";
const SHARED: &str = "licences@fabrikam.example";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn long_sessions(policy: &mut Policy) {
    policy.sessions.hours = 24 * 400;
    policy.sessions.idle_hours = 24 * 400;
}

/// A desk with a profile that holds the shared address, and another one: their browsers.
async fn two_profiles() -> (Desk, Browser, Browser) {
    let desk = Desk::with_policy(long_sessions).await;
    let holder = desk.signed_in(HOLDER).await;
    assert_eq!(desk.add_and_prove(&holder, HOLDER, SHARED).await.0, 200);
    let mover = desk.signed_in(MOVER).await;
    (desk, holder, mover)
}

impl Desk {
    /// Proves the mailbox of an address and asks to have it.
    async fn ask_to_move(&self, browser: &Browser, asking: &str, to: &str) -> (u16, Value) {
        let (status, said) = self.post(browser, path::ADDRESSES, twice(to)).await;
        assert_eq!(status, 202, "{said}");
        self.post(browser, path::MOVE_ADDRESS, json!({ "token": self.proof(asking, to).await })).await
    }

    async fn take(&self, browser: &Browser, what: &str) -> (u16, Value) {
        self.post(browser, path::TAKE_ADDRESS, json!({ "address": what })).await
    }

    async fn owner_of(&self, whose: &str) -> Owner {
        self.bench.store.get(&owner(&address(whose))).await.expect("a read").expect("somebody's")
    }

    fn counting(&self, profile: &Profile) -> Vec<String> {
        let now = self.bench.app.now();
        profile.proven(now, &self.bench.app.policy.addresses).iter().map(|it| it.as_str().to_owned()).collect()
    }
}

/// REG-09 whoever has proven the mailbox may ask for it; its holder is told, and it counts for nothing to them; after 72 hours to
/// the second it is taken, with an entry in both audits, and the sessions that the holder began by it end.
#[tokio::test]
async fn reg_09_an_address_moves_after_72_hours() {
    let (desk, holder, mover) = two_profiles().await;
    let by_shared = desk.signed_in(SHARED).await;
    let (status, problem) = desk.add_and_prove(&mover, MOVER, SHARED).await;
    assert_eq!((status, &problem["code"]), (409, &json!("address-taken")));
    assert!(problem["detail"].as_str().expect("text").contains("which takes 72 hours"), "E06 says what helps");

    let before = desk.bench.app.store.meter().read();
    let token = json!({ "token": desk.proof(MOVER, SHARED).await });
    let (status, me) = desk.post(&mover, path::MOVE_ADDRESS, token.clone()).await;
    let used = desk.bench.app.store.meter().read() - before;
    assert_eq!((status, used.steps, used.calls), (200, 3, 3), "{me}");
    let arriving = json!([{
        "address": SHARED, "from": "j•••@contoso.example", "asked_at": "2026-11-22T00:00:00Z",
        "moves_at": "2026-11-25T00:00:00Z", "ends_at": "2026-12-22T00:00:00Z", "state": "waits",
    }]);
    assert_eq!(me["arriving"], arriving);
    assert_eq!(me["addresses"].as_array().map(Vec::len), Some(1), "the link is used up");
    assert_eq!(desk.post(&mover, path::MOVE_ADDRESS, token).await, (200, me), "an answer that was lost");
    let told: Vec<Event> =
        desk.mails().await.into_iter().filter(|it| matches!(it, Event::AddressToMove { .. })).collect();
    assert_eq!(told.len(), 1);

    let me = desk.get(&holder, path::ME).await.1;
    let leaving =
        json!({ "to": "j•••@contoso.example", "asked_at": "2026-11-22T00:00:00Z", "moves_at": "2026-11-25T00:00:00Z" });
    assert_eq!(me["addresses"][1]["leaving"], leaving, "{me}");
    assert_eq!(me["addresses"][1]["confirm_again"], "move-asked");
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER]);
    assert!(desk.owner_of(SHARED).await.doubted);
    assert_eq!(desk.get(&by_shared, path::ME).await.0, 200, "who signed in before sees what happens");

    desk.bench.pass(3 * DAY - 1);
    desk.get(&mover, path::ME).await;
    let before = desk.contents().await;
    let (status, problem) = desk.take(&mover, SHARED).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too-early-to-take")));
    assert_eq!(problem["try_again_at"], "2026-11-25T00:00:00Z");
    assert_eq!(desk.contents().await, before);
    desk.bench.pass(1);
    assert_eq!(desk.get(&mover, path::ME).await.1["arriving"][0]["state"], "ready");
    let old = mover.get(path::ME);
    let before = desk.bench.app.store.meter().read();
    let response =
        desk.answer(mover.post(path::TAKE_ADDRESS, &json!({ "address": "Licences@FABRIKAM.example" }))).await;
    let used = desk.bench.app.store.meter().read() - before;
    assert!(cookies(&response)[0].starts_with("__Host-session="), "rotated after rights changed (REG-12)");
    let (status, me) = mover.take(&response);
    assert_eq!((status, used.steps, used.calls), (200, 3, 3), "{me}");
    assert_eq!(me["addresses"][1], json!({ "address": SHARED, "proven_at": "2026-11-25T00:00:00Z" }));
    assert_eq!(me["arriving"], Value::Null);
    assert_eq!(desk.take(&mover, SHARED).await.0, 200, "an answer that was lost");
    assert_eq!(desk.get(&by_shared, path::ME).await.0, 401, "the holder's session that was begun by it has ended");
    assert_eq!(desk.get(&holder, path::ME).await.1["addresses"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.answer(old).await.status(), 200, "the mover's goes on");

    let taken = desk.profile_of(MOVER).await;
    assert_eq!(
        desk.owner_of(SHARED).await,
        Owner::new(taken.profile.clone(), "2026-11-22T00:00:00Z".parse().expect("a time"))
    );
    assert_eq!(desk.counting(&taken), [MOVER, SHARED]);
    let of_mover = ["profile.created", "address.asked", "address.move-asked", "address.moved-here"];
    assert_eq!(desk.actions_of(MOVER).await, of_mover);
    let of_holder = desk.audit_of(HOLDER).await;
    let last: Vec<&str> = of_holder.iter().rev().take(2).map(|entry| entry.action.as_str()).collect();
    assert_eq!(last, ["address.moved-away", "address.move-asked"]);
    for entry in &of_holder[of_holder.len() - 2..] {
        assert_eq!((entry.actor.as_str(), &*entry.personal["to"].value), ("link-holder", "j•••@contoso.example"));
        assert!(!format!("{entry:?}").contains(MOVER), "the holder's audit names the mover as E06 names the holder");
    }
    assert!(!format!("{:?}", desk.audit_of(MOVER).await).contains(HOLDER), "and the mover's the holder");
    assert_eq!(desk.signed_in(SHARED).await.get(path::ME).method(), "GET");
    assert_eq!(desk.profile_of(SHARED).await.profile, taken.profile, "it signs in to the other profile");
}

/// REG-09 the holder stops a move by signing in with the address, at any time before it is taken: both profiles know it, and
/// nothing can be taken any more.
#[tokio::test]
async fn reg_09_the_holder_stops_a_move_by_signing_in() {
    for waits in [60, 4 * DAY] {
        let (desk, holder, mover) = two_profiles().await;
        assert_eq!(desk.ask_to_move(&mover, MOVER, SHARED).await.0, 200);
        desk.bench.pass(waits);
        desk.signed_in(HOLDER).await;
        assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER], "by another address it is not proven");
        desk.signed_in(SHARED).await;
        assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER, SHARED]);
        let me = desk.get(&holder, path::ME).await.1;
        assert_eq!(
            (&me["addresses"][1]["leaving"], &me["addresses"][1]["confirm_again"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(desk.get(&mover, path::ME).await.1["arriving"][0]["state"], "stopped");
        let owner = desk.owner_of(SHARED).await;
        assert_eq!((owner.doubted, owner.proven), (false, Some(desk.bench.app.now())));
        let before = desk.contents().await;
        let (status, problem) = desk.take(&mover, SHARED).await;
        assert_eq!((status, &problem["code"]), (409, &json!("nothing-to-take")));
        assert_eq!(desk.contents().await, before);
        assert_eq!(desk.actions_of(HOLDER).await.last().map(String::as_str), Some("address.proven-again"));
        assert_eq!(desk.actions_of(MOVER).await.last().map(String::as_str), Some("address.move-stopped"));
        assert_eq!(desk.post(&mover, path::REMOVE_ADDRESS, json!({ "address": SHARED })).await.0, 204);
        assert_eq!(desk.get(&mover, path::ME).await.1["arriving"], Value::Null, "it is put away");
    }
}

/// REG-09 the holder stops a move with a mailed link or code as well, asked for in their profile; the session goes on.
#[tokio::test]
async fn reg_09_the_holder_stops_a_move_with_a_mailed_code() {
    for by_code in [true, false] {
        let (desk, holder, mover) = two_profiles().await;
        assert_eq!(desk.ask_to_move(&mover, MOVER, SHARED).await.0, 200);
        assert_eq!(desk.post(&holder, path::ADDRESSES, twice(SHARED)).await.0, 202);
        let me = desk.get(&holder, path::ME).await.1;
        assert_eq!(me["addresses"].as_array().map(Vec::len), Some(2), "{me}");
        assert_eq!(me["addresses"][1]["asked_here"], true);
        let proof = if by_code {
            json!({ "code": desk.proof_code(HOLDER, SHARED).await })
        } else {
            json!({ "token": desk.proof(HOLDER, SHARED).await })
        };
        let old = holder.get(path::ME);
        let (status, me) = desk.post(&holder, path::PROVE, proof.clone()).await;
        assert_eq!(status, 200, "{me}");
        assert_eq!(me["addresses"][1], json!({ "address": SHARED, "proven_at": "2026-11-22T00:00:00Z" }));
        assert_eq!(desk.answer(old).await.status(), 200, "a lost answer signs nobody out");
        assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER, SHARED]);
        assert_eq!(desk.get(&mover, path::ME).await.1["arriving"][0]["state"], "stopped");
        assert_eq!(desk.actions_of(HOLDER).await.last().map(String::as_str), Some("address.proven-again"));
        let (status, problem) = desk.post(&holder, path::ADDRESSES, twice(SHARED)).await;
        assert_eq!((status, &problem["field"]), (422, &json!("address")), "it is theirs and counts");
    }
}

/// REG-09 only who has just proven the mailbox may ask, in the session that asked for the proof; nothing else is written or
/// mailed, and a wrong code counts as ever.
#[tokio::test]
async fn reg_09_only_who_proves_the_mailbox_asks_for_a_move() {
    let (desk, holder, mover) = two_profiles().await;
    desk.post(&mover, path::ADDRESSES, twice(SHARED)).await;
    let token = json!({ "token": desk.proof(MOVER, SHARED).await });
    let code = desk.proof_code(MOVER, SHARED).await;
    let second = desk.signed_in(MOVER).await;
    let before = desk.contents().await;
    for (who, status, said) in
        [(&Browser::new(), 401, "sign-in-needed"), (&holder, 403, "wrong-person"), (&second, 403, "other-session")]
    {
        let (was, problem) = desk.post(who, path::MOVE_ADDRESS, token.clone()).await;
        assert_eq!((was, &problem["code"]), (status, &json!(said)));
    }
    let (status, problem) = desk.take(&mover, SHARED).await;
    assert_eq!((status, &problem["code"]), (409, &json!("nothing-to-take")), "nobody takes what they did not ask for");
    assert_eq!(desk.contents().await, before);
    let (status, problem) = desk.post(&mover, path::MOVE_ADDRESS, json!({ "code": wrong(&code) })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("wrong-code")));
    desk.bench.pass(48 * HOUR);
    let (status, problem) = desk.post(&mover, path::MOVE_ADDRESS, token).await;
    assert_eq!((status, &problem["code"]), (410, &json!("link-expired")));
    assert!(desk.get(&mover, path::ME).await.1["arriving"].is_null());
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER, SHARED]);

    // With the code, and where nobody holds the address any more.
    assert_eq!(desk.post(&mover, path::ADDRESSES, twice(SHARED)).await.0, 202);
    let code = json!({ "code": desk.proof_code(MOVER, SHARED).await });
    assert_eq!(desk.post(&mover, path::PROVE, code.clone()).await.1["code"], "address-taken");
    assert_eq!(desk.post(&holder, path::REMOVE_ADDRESS, json!({ "address": SHARED })).await.0, 204);
    let (status, me) = desk.post(&mover, path::MOVE_ADDRESS, code).await;
    assert_eq!((status, &me["addresses"][1]["address"]), (200, &json!(SHARED)), "it is free: {me}");
}

/// REG-09 who asked withdraws it; the address stays where it is, and its holder still proves it first.
#[tokio::test]
async fn reg_09_a_move_is_withdrawn() {
    let (desk, holder, mover) = two_profiles().await;
    assert_eq!(desk.ask_to_move(&mover, MOVER, SHARED).await.0, 200);
    assert_eq!(desk.post(&mover, path::REMOVE_ADDRESS, json!({ "address": SHARED })).await.0, 204);
    let me = desk.get(&holder, path::ME).await.1;
    assert_eq!(me["addresses"][1]["leaving"], Value::Null);
    assert_eq!(me["addresses"][1]["confirm_again"], "move-asked");
    for who in [HOLDER, MOVER] {
        assert_eq!(desk.actions_of(who).await.last().map(String::as_str), Some("address.move-withdrawn"));
    }
    desk.bench.pass(4 * DAY);
    assert_eq!(desk.take(&mover, SHARED).await.1["code"], "nothing-to-take");
    desk.signed_in(SHARED).await;
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER, SHARED]);
}

/// REG-09 a move that nobody makes is over after 30 days; then another profile may ask, which it can't while one waits. Where its
/// holder removes the address, it goes to who asked, in their time.
#[tokio::test]
async fn reg_09_one_move_waits_and_ends() {
    let (desk, holder, mover) = two_profiles().await;
    let third = desk.signed_in("third@contoso.example").await;
    assert_eq!(desk.ask_to_move(&mover, MOVER, SHARED).await.0, 200);
    let (status, problem) = desk.ask_to_move(&third, "third@contoso.example", SHARED).await;
    assert_eq!((status, &problem["code"]), (409, &json!("address-moves")));
    assert_eq!(problem["try_again_at"], "2026-12-22T00:00:00Z");
    desk.bench.pass(30 * DAY);
    assert_eq!(desk.take(&mover, SHARED).await.1["code"], "nothing-to-take");
    assert!(desk.get(&mover, path::ME).await.1["arriving"].is_null());
    let me = desk.get(&holder, path::ME).await.1;
    assert_eq!(
        (&me["addresses"][1]["leaving"], &me["addresses"][1]["confirm_again"]),
        (&Value::Null, &json!("move-asked"))
    );
    assert_eq!(desk.ask_to_move(&third, "third@contoso.example", SHARED).await.0, 200);
    assert_eq!(desk.post(&holder, path::REMOVE_ADDRESS, json!({ "address": SHARED })).await.0, 204);
    assert_eq!(desk.take(&third, SHARED).await.1["code"], "too-early-to-take");
    desk.bench.pass(3 * DAY);
    assert_eq!(desk.take(&third, SHARED).await.0, 200);
    assert_eq!(desk.profile_of(SHARED).await.profile, desk.profile_of("third@contoso.example").await.profile);
}

/// REG-09 somebody who registers with an address that its holder removed has it: a move that waited is off.
#[tokio::test]
async fn reg_09_who_proves_a_free_address_has_it() {
    let (desk, holder, mover) = two_profiles().await;
    assert_eq!(desk.ask_to_move(&mover, MOVER, SHARED).await.0, 200);
    assert_eq!(desk.post(&holder, path::REMOVE_ADDRESS, json!({ "address": SHARED })).await.0, 204);
    desk.signed_in(SHARED).await;
    desk.bench.pass(3 * DAY);
    assert_eq!(desk.take(&mover, SHARED).await.1["code"], "nothing-to-take");
    assert_ne!(desk.profile_of(SHARED).await.profile, desk.profile_of(MOVER).await.profile);
}

/// REG-09 the last address of a profile moves as well: the profile stays with its audit, and nobody is signed in to it any more.
#[tokio::test]
async fn reg_09_a_profile_without_addresses_stays() {
    let desk = Desk::with_policy(long_sessions).await;
    let holder = desk.signed_in(HOLDER).await;
    let emptied = desk.profile_of(HOLDER).await.profile;
    let mover = desk.signed_in(MOVER).await;
    assert_eq!(desk.ask_to_move(&mover, MOVER, HOLDER).await.0, 200);
    desk.bench.pass(3 * DAY);
    assert_eq!(desk.take(&mover, HOLDER).await.0, 200);
    assert_eq!(desk.get(&holder, path::ME).await.0, 401);
    let store = &desk.bench.store;
    let left = store.get(&store::people::profile(&emptied)).await.expect("a read").expect("it stays");
    assert_eq!((left.addresses, left.version), (vec![], 3));
    let entries = store.audit_newest(&profile_chain(&emptied), None, 1).await.expect("a read");
    assert_eq!((entries[0].action.as_str(), &*entries[0].facts["left"]), ("address.moved-away", "0"));
    desk.signed_in(HOLDER).await;
    assert_eq!(desk.profile_of(HOLDER).await.profile, desk.profile_of(MOVER).await.profile);
}

/// REG-09 SAFE-07 a person asks for three moves in 30 days, of whatever addresses; the fourth is told when, and changes nothing.
#[tokio::test]
async fn reg_09_moves_are_limited() {
    let (desk, holder, mover) = two_profiles().await;
    for number in 0..3 {
        desk.bench.pass(DAY);
        let one = format!("p{number}@fabrikam.example");
        assert_eq!(desk.add_and_prove(&holder, HOLDER, &one).await.0, 200);
        assert_eq!(desk.ask_to_move(&mover, MOVER, &one).await.0, 200);
    }
    desk.post(&mover, path::ADDRESSES, twice(SHARED)).await;
    let token = json!({ "token": desk.proof(MOVER, SHARED).await });
    let before = desk.contents().await;
    let response = desk.answer(mover.post(path::MOVE_ADDRESS, &token)).await;
    assert!(retry_after(&response).is_some());
    let (status, problem) = mover.take(&response);
    assert_eq!(
        (status, &problem["code"], &problem["try_again_at"]),
        (429, &json!("too-often"), &json!("2026-12-23T00:00:00Z"))
    );
    assert_eq!(desk.contents().await, before);
}

/// REG-09 a proof counts for 180 days to the second, and a sign-in by that address renews it, as a mailed link does; by another
/// address it does not. What is renewed is noted once a day.
#[tokio::test]
async fn reg_09_a_proof_is_renewed_every_180_days() {
    let (desk, holder, _) = two_profiles().await;
    let version = desk.profile_of(HOLDER).await.version;
    desk.bench.pass(DAY - 1);
    desk.signed_in(HOLDER).await;
    let noted = desk.profile_of(HOLDER).await;
    assert_eq!(noted.addresses[0].renewed, None, "not yet a day: {version}");
    desk.bench.pass(179 * DAY);
    desk.signed_in(HOLDER).await;
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER, SHARED]);
    desk.bench.pass(1);
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER], "the other one has lapsed");
    let me = desk.get(&holder, path::ME).await.1;
    assert_eq!(me["addresses"][1]["confirm_again"], "lapsed", "{me}");
    let lapsed = desk.signed_in(SHARED).await;
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [HOLDER, SHARED]);
    assert_eq!(desk.actions_of(HOLDER).await.last().map(String::as_str), Some("address.proven-again"));
    assert_eq!(desk.get(&lapsed, path::ME).await.0, 200);
    desk.bench.pass(180 * DAY);
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [] as [&str; 0]);
    assert_eq!(desk.post(&holder, path::ADDRESSES, twice(SHARED)).await.0, 202);
    let token = json!({ "token": desk.proof(HOLDER, SHARED).await });
    // The page of its link says that nothing is added.
    let (_, shown) = desk.post(&holder, path::PROOF_LINK, token.clone()).await;
    assert_eq!((&shown["state"], &shown["renews"]), (&json!("ready"), &json!(true)), "{shown}");
    assert_eq!(desk.post(&holder, path::PROVE, token).await.0, 200);
    assert_eq!(desk.counting(&desk.profile_of(HOLDER).await), [SHARED]);
}

/// REG-09 two profiles that have proven a mailbox ask for it at once: one move waits, and the other is told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reg_09_two_who_ask_at_once() {
    let (desk, _, mover) = two_profiles().await;
    let third = desk.signed_in("third@contoso.example").await;
    let mut requests = Vec::new();
    for (browser, person) in [(&mover, MOVER), (&third, "third@contoso.example")] {
        desk.post(browser, path::ADDRESSES, twice(SHARED)).await;
        let token = desk.proof(person, SHARED).await;
        requests.push(browser.post(path::MOVE_ADDRESS, &json!({ "token": token })));
    }
    let asking = requests.into_iter().map(|request| {
        let app = desk.bench.app.clone();
        tokio::spawn(async move { register::handle(&app, request).await.status().as_u16() })
    });
    let mut statuses = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        statuses.push(asked.await.expect("an answer"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
