//! Asking for a code: REG-01, REG-03, REG-04, REG-05.

use api::path;
use gateway::testing::Browser;
use serde_json::json;
use tokio::task::JoinSet;

use crate::desk::{Desk, cookies, from_network, retry_after, wrong};

/// REG-04 two calls in two steps, of the same sizes, and the same answer: for somebody who registered long ago, for somebody
/// who never did, and for somebody whom an order names.
#[tokio::test]
async fn reg_04_asking_costs_and_says_the_same_whoever_it_is() {
    let desk = Desk::new().await;
    desk.signed_in("known@contoso.example").await;
    let mut write = store::Write::new();
    write.resells(
        &desk.bench.store,
        &crate::desk::address("named@contoso.example"),
        &"enterprise/100".parse().expect("a licence"),
    );
    write.commit(&desk.bench.store).await.expect("written");
    desk.bench.pass(3600);

    let mut seen = Vec::new();
    for person in ["known@contoso.example", "other@contoso.example", "named@contoso.example"] {
        let before = desk.bench.app.store.meter().read();
        let browser = Browser::new();
        let response = desk.answer(browser.post(path::SIGN_IN_ASK, &json!({ "address": person }))).await;
        let used = desk.bench.app.store.meter().read() - before;
        let (status, body) = browser.take(&response);
        let mut headers: Vec<String> = response.headers().keys().map(ToString::to_string).collect();
        headers.sort();
        let sizes: Vec<usize> = cookies(&response).iter().map(String::len).collect();
        let body = body.to_string().replace(person, "PERSON");
        seen.push((status, body, headers, sizes, used));
    }
    println!("ask: {:?}", seen[0].4);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let used = seen[0].4;
    assert_eq!((seen[0].0, used.calls, used.steps), (200, 2, 2));
    // Read consistently: the attempts, and the tallies of network, domain and deployment, that in three shares. Written in a
    // transaction: the attempts and the mail, which has an entry in an index, and of the tallies the network's, the domain's
    // and one share.
    assert_eq!((used.read_units, used.write_units), (1.0 + TALLIES_READ, 5.0 + TALLIES_WRITTEN));
}

const TALLIES_READ: f64 = 5.0;
const TALLIES_WRITTEN: f64 = 6.0;

/// REG-01 a malformed or over-long address is refused in the field, and so are other scripts' look-alikes; nothing is written.
#[tokio::test]
async fn reg_01_what_is_no_address_is_refused_in_the_field() {
    let desk = Desk::new().await;
    let long = format!("{}@contoso.example", "a".repeat(200));
    let bad = [
        "",
        "a",
        "a@b",
        "@contoso.example",
        "a b@contoso.example",
        "a@contoso..example",
        "а@contoso.example",
        "a@contoso.example\u{202e}",
        "a@сontoso.example",
        "a@bücher",
        "a@-bücher.example",
        "a\r\nb@contoso.example",
        "a@@contoso.example",
        long.as_str(),
    ];
    for text in bad {
        let (status, problem) = desk.ask(&Browser::new(), text).await;
        assert_eq!(
            (status, &problem["code"], &problem["field"]),
            (422, &json!("bad-field"), &json!("address")),
            "{text:?}"
        );
        let (status, problem) = desk.enter(&Browser::new(), text, "123456").await;
        assert_eq!(
            (status, &problem["code"], &problem["field"]),
            (422, &json!("bad-field"), &json!("address")),
            "{text:?}"
        );
    }
    assert_eq!(desk.contents().await, "");
}

/// REG-03 asking again while a code lives mails the same one; afterwards there is a new one.
#[tokio::test]
async fn reg_03_asking_again_mails_the_same_code() {
    let desk = Desk::new().await;
    let browser = Browser::new();
    let (_, first) = desk.ask(&browser, "Jane@Contoso.example").await;
    assert_eq!(first, json!({ "address": "jane@contoso.example", "expires_at": "2026-11-22T00:10:00Z" }));
    let code = desk.code("jane@contoso.example").await;
    desk.bench.pass(599);
    let (_, second) = desk.ask(&browser, "jane@contoso.example").await;
    assert_eq!(first, second);
    assert_eq!(desk.code("jane@contoso.example").await, code);
    assert_eq!(desk.sign_in_mails("jane@contoso.example").await.len(), 2, "each is a mail of its own");
    desk.bench.pass(1);
    desk.ask(&browser, "jane@contoso.example").await;
    assert_ne!(desk.code("jane@contoso.example").await, code);
}

/// REG-03 SAFE-04 nothing that is stored or queued opens the link or shows the code, and the asking browser's secret is not
/// stored either.
#[tokio::test]
async fn safe_04_nothing_stored_signs_in() {
    let desk = Desk::new().await;
    let browser = Browser::new();
    let response = desk.answer(browser.post(path::SIGN_IN_ASK, &json!({ "address": "jane@contoso.example" }))).await;
    let secret = cookies(&response)[0].split(['=', ';']).nth(1).expect("a value").to_owned();
    let stored = desk.contents().await;
    let code = desk.code("jane@contoso.example").await;
    for what in [secret, desk.link("jane@contoso.example").await, format!("\"{code}\"")] {
        assert!(!stored.contains(&what), "{what}");
    }
}

/// REG-03 the cookie of the asking browser is for this origin only, and lives as long as the code.
#[tokio::test]
async fn reg_03_the_asking_browser_is_known_by_a_cookie_of_ten_minutes() {
    let desk = Desk::new().await;
    let response =
        desk.answer(Browser::new().post(path::SIGN_IN_ASK, &json!({ "address": "jane@contoso.example" }))).await;
    let cookies = cookies(&response);
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].starts_with("__Host-asked="));
    assert!(cookies[0].ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure"));
}

/// REG-05 SAFE-07 from one network three mails with one code and five an hour; then it says when to try again, and keeps its
/// word.
#[tokio::test]
async fn reg_05_the_fourth_mail_with_a_code_and_the_sixth_in_an_hour_are_refused() {
    let desk = Desk::new().await;
    let jane = json!({ "address": "jane@contoso.example" });
    let mut refused = Vec::new();
    for minute in 0..20 {
        desk.bench.set_time(&format!("2026-11-22T01:{minute:02}:00Z"));
        let before = desk.contents().await;
        let browser = Browser::new();
        let response = desk.answer(browser.post(path::SIGN_IN_ASK, &jane)).await;
        let (status, problem) = browser.take(&response);
        if status == 200 {
            continue;
        }
        assert_eq!((status, &problem["code"]), (429, &json!("too-often")));
        assert_eq!(desk.contents().await, before, "a refusal writes nothing");
        refused.push((minute, problem["try_again_at"].as_str().expect("a time").to_owned(), retry_after(&response)));
    }
    let seen = |at: usize| (refused[at].0, refused[at].1.as_str(), refused[at].2);
    assert_eq!(seen(0), (3, "2026-11-22T01:10:00Z", Some(7 * 60)), "three with a code");
    assert_eq!(seen(7), (12, "2026-11-22T02:00:00Z", Some(48 * 60)), "five an hour");
    assert_eq!(desk.sign_in_mails("jane@contoso.example").await.len(), 5);
    assert_eq!(desk.ask(&Browser::new(), "joe@contoso.example").await.0, 200, "others are not slowed down");
    desk.bench.set_time("2026-11-22T02:00:00Z");
    assert_eq!(desk.ask(&Browser::new(), "jane@contoso.example").await.0, 200);
}

/// REG-05 a stranger who asks again and again for a newcomer's address does not use up the newcomer's mails: the code is in the
/// mailbox, and when it ends there is a new one.
#[tokio::test]
async fn reg_05_a_stranger_cant_use_up_a_newcomers_mails() {
    let desk = Desk::new().await;
    let ask = |network: &str| {
        let body = json!({ "address": "new@contoso.example" });
        from_network(Browser::new().post(path::SIGN_IN_ASK, &body), network)
    };
    let mut stranger = Vec::new();
    for minute in 0..60 {
        desk.bench.set_time(&format!("2026-11-22T01:{minute:02}:00Z"));
        for number in 0..5 {
            // Five times a minute, from five networks of their own.
            stranger.push(desk.answer(ask(&format!("2001:db8:{number}::1"))).await.status().as_u16());
        }
        let browser = Browser::new();
        let body = json!({ "address": "new@contoso.example" });
        let request = from_network(browser.post(path::SIGN_IN_ASK, &body), &format!("198.51.100.{minute}"));
        let (status, said) = desk.send(&browser, request).await;
        assert_eq!(status, 200, "{minute}: {said}");
        let ends = said["expires_at"].as_str().expect("a time").to_owned();
        assert!(ends > format!("2026-11-22T01:{minute:02}:00Z"), "{minute}: a code that is good: {ends}");
    }
    assert!(stranger.contains(&429), "the stranger is held up: {stranger:?}");
    let mails = desk.sign_in_mails("new@contoso.example").await;
    assert!((6..=12).contains(&mails.len()), "{mails:?}");
    let newcomer = Browser::new();
    let code = desk.code("new@contoso.example").await;
    assert_eq!(desk.enter(&newcomer, "new@contoso.example", &code).await.0, 200);
}

/// REG-05 twenty who ask at the same time get three mails, with one code.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reg_05_twenty_at_once_get_three_mails() {
    let desk = Desk::new().await;
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let app = desk.bench.app.clone();
        let request = Browser::new().post(path::SIGN_IN_ASK, &json!({ "address": "jane@contoso.example" }));
        all.spawn(async move { register::handle(&app, request).await.status().as_u16() });
    }
    let statuses = all.join_all().await;
    let mails = desk.sign_in_mails("jane@contoso.example").await;
    assert_eq!(mails.len(), 3, "{statuses:?}");
    assert!(mails.iter().all(|(generation, _, _)| *generation == mails[0].0));
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 3);
    assert!(statuses.iter().all(|status| [200, 429, 503].contains(status)), "{statuses:?}");
}

/// REG-05 whatever strangers do with an address, the person's own browser asks and signs in.
#[tokio::test]
async fn reg_05_strangers_cant_lock_a_person_out() {
    let desk = Desk::new().await;
    let own = desk.signed_in("jane@contoso.example").await;
    assert_eq!(desk.post(&own, path::SIGN_OUT, json!({})).await.0, 204);
    let mut wrong_ones = 0;
    for hour in 1..6 {
        desk.bench.set_time(&format!("2026-11-22T0{hour}:00:00Z"));
        desk.ask(&Browser::new(), "jane@contoso.example").await;
        let code = desk.code("jane@contoso.example").await;
        for _ in 0..5 {
            wrong_ones += u32::from(desk.enter(&Browser::new(), "jane@contoso.example", &wrong(&code)).await.0 == 422);
        }
    }
    assert_eq!(wrong_ones, 20, "from then on strangers have the link only");
    while desk.ask(&Browser::new(), "jane@contoso.example").await.0 == 200 {}

    assert_eq!(desk.ask(&own, "jane@contoso.example").await.0, 200);
    let (_, _, device) =
        desk.sign_in_mails("jane@contoso.example").await.into_iter().find(|mail| !mail.2.is_empty()).expect("its own");
    let generation = desk
        .sign_in_mails("jane@contoso.example")
        .await
        .iter()
        .filter(|mail| mail.2 == device)
        .map(|mail| mail.0)
        .max();
    let code = desk.bench.app.keys.links().code(
        &crate::desk::address("jane@contoso.example"),
        &device,
        generation.expect("a mail"),
    );
    assert_eq!(desk.enter(&own, "jane@contoso.example", &code).await.0, 200);
    // It is familiar with that person only.
    for _ in 0..5 {
        desk.ask(&Browser::new(), "joe@contoso.example").await;
    }
    assert_eq!(desk.ask(&own, "joe@contoso.example").await.0, 429);
}

/// REG-05 a network address has a limit of its own, whichever addresses it asks for; a person's own browser is not held to it.
#[tokio::test]
async fn reg_05_a_network_address_is_limited() {
    let desk = Desk::with_policy(|policy| policy.sign_in.networks.ipv4.mails_an_hour = 6).await;
    let own = Browser::new();
    let ask = |browser: &Browser, name: &str, network: &str| {
        from_network(browser.post(path::SIGN_IN_ASK, &json!({ "address": format!("{name}@contoso.example") })), network)
    };
    assert_eq!(desk.send(&own, ask(&own, "jane", "192.0.2.7")).await.0, 200);
    let code = desk.code("jane@contoso.example").await;
    assert_eq!(desk.enter(&own, "jane@contoso.example", &code).await.0, 200);
    desk.bench.set_time("2026-11-22T00:20:00Z");
    // Three at once, and the others of the hour's six one in twenty minutes; what signed somebody in was given back.
    for name in ["a", "b", "c"] {
        assert_eq!(desk.answer(ask(&Browser::new(), name, "192.0.2.7")).await.status(), 200);
    }
    let refused = desk.answer(ask(&Browser::new(), "d", "192.0.2.7")).await;
    assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, Some(20 * 60)));
    assert_eq!(desk.answer(ask(&Browser::new(), "d", "192.0.2.8")).await.status(), 200, "another network");
    assert_eq!(desk.answer(ask(&own, "jane", "192.0.2.7")).await.status(), 200, "a familiar browser");
    assert!(!desk.contents().await.contains("192.0.2"), "network addresses are stored as pseudonyms only");
    desk.bench.set_time("2026-11-22T00:40:00Z");
    assert_eq!(desk.answer(ask(&Browser::new(), "d", "192.0.2.7")).await.status(), 200);
}

/// REG-05 twenty at once from one network address are held to its limit exactly.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reg_05_a_network_address_is_limited_also_at_once() {
    let desk = Desk::with_policy(|policy| policy.sign_in.networks.ipv4.mails_an_hour = 6).await;
    let mut all = JoinSet::new();
    for number in 0..20 {
        let app = desk.bench.app.clone();
        let body = json!({ "address": format!("person{number}@contoso.example") });
        let request = from_network(Browser::new().post(path::SIGN_IN_ASK, &body), "192.0.2.7");
        all.spawn(async move { register::handle(&app, request).await.status().as_u16() });
    }
    let passed = all.join_all().await.into_iter().filter(|status| *status == 200).count();
    assert_eq!((passed, desk.mails().await.len()), (3, 3));
}

/// REG-05 a stranger with a /48, which is 65,536 networks, and made-up mailboxes: the /48 has a number of its own, and nobody
/// else notices anything.
#[tokio::test]
async fn reg_05_a_whole_48_is_held_to_one_number() {
    let desk = Desk::new().await;
    let own = desk.signed_in("own@contoso.example").await;
    desk.bench.pass(60);
    let ask = |name: String, network: String| {
        from_network(Browser::new().post(path::SIGN_IN_ASK, &json!({ "address": name })), &network)
    };
    let mut passed = 0;
    for number in 0..200 {
        // Each in another /56 as well.
        let request = ask(format!("made-up-{number}@d{number}.example"), format!("2001:db8:7:{:x}::1", number * 256));
        let before = desk.bench.app.store.meter().read();
        let response = desk.answer(request).await;
        let used = desk.bench.app.store.meter().read() - before;
        match response.status().as_u16() {
            200 => passed += 1,
            429 => {
                assert_eq!((used.calls, used.write_units), (1, 0.0), "a refusal is one read");
                assert_eq!(retry_after(&response), Some(515), "the others of the hour are spread over it");
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(passed, 7);
    let newcomer = ask("new@customer.example".into(), "198.51.100.7".into());
    assert_eq!(desk.answer(newcomer).await.status(), 200, "a newcomer waits for nothing");
    assert_eq!(desk.ask(&own, "own@contoso.example").await.0, 200, "nor a browser that is known");
}

/// REG-05 strangers of unrelated networks draw from one bucket, which fills again; a browser that is known has a reserve of its
/// own, and who signs in gives back what the mail took.
#[tokio::test]
async fn reg_05_strangers_draw_from_a_bucket_that_fills_again() {
    let desk = Desk::new().await;
    let own = desk.signed_in("own@contoso.example").await;
    desk.bench.pass(60);
    let mut next = 0;
    let mut ask = || {
        next += 1;
        let body = json!({ "address": format!("person{next}@org{next}.example") });
        from_network(Browser::new().post(path::SIGN_IN_ASK, &body), &format!("192.0.{}.{}", next / 256, next % 256))
    };
    let mut passed = 0;
    let refused = loop {
        let response = desk.answer(ask()).await;
        if response.status() != 200 {
            break response;
        }
        passed += 1;
    };
    assert_eq!((passed, refused.status().as_u16()), (15, 429));
    let wait = retry_after(&refused).expect("a time");
    assert!((1..=90).contains(&wait), "{wait}");
    assert_eq!(desk.ask(&own, "own@contoso.example").await.0, 200);
    desk.bench.pass(wait);
    assert_eq!(desk.answer(ask()).await.status(), 200, "the time that is told holds");

    let code = desk.code("person1@org1.example").await;
    assert_eq!(desk.enter(&Browser::new(), "person1@org1.example", &code).await.0, 200);
    assert_eq!(desk.answer(ask()).await.status(), 200, "who is in gives back what the mail took");
}

/// REG-05 at most ten browsers of a person are known, each for 90 days, and none after signing out everywhere: then it is a
/// stranger's like others, and asking is answered the same.
#[tokio::test]
async fn reg_05_ten_browsers_of_a_person_are_known_until_they_sign_out_everywhere() {
    let desk = Desk::new().await;
    let mut browsers = Vec::new();
    for _ in 0..12 {
        browsers.push(desk.signed_in("jane@contoso.example").await);
        desk.bench.pass(60);
    }
    // Within an hour each, so that no limit of the address is met.
    let known = async |browser: &Browser| {
        desk.bench.pass(3600);
        let before = desk.sign_in_mails("jane@contoso.example").await;
        assert_eq!(desk.ask(browser, "jane@contoso.example").await.0, 200);
        let after = desk.sign_in_mails("jane@contoso.example").await;
        after.iter().filter(|mail| !mail.2.is_empty()).count() > before.iter().filter(|mail| !mail.2.is_empty()).count()
    };
    let mut count = 0;
    for browser in &browsers {
        count += u32::from(known(browser).await);
    }
    assert_eq!(count, 10);
    assert!(!known(&browsers[1]).await && known(&browsers[2]).await, "the newest ten");

    let last = browsers.last().expect("twelve");
    desk.sign_in(last, "jane@contoso.example").await;
    assert!(known(last).await);
    assert_eq!(desk.post(last, path::SIGN_OUT_EVERYWHERE, json!({})).await.0, 204);
    assert!(!known(last).await);
    desk.sign_in(last, "jane@contoso.example").await;
    assert!(known(last).await, "until it signs in again");
    desk.bench.pass(90 * 24 * 3600);
    assert!(!known(last).await, "for 90 days");
}

/// REG-05 wrong codes over many addresses end: from one network, then by the deployment's number; the mailed link still signs in.
#[tokio::test]
async fn reg_05_wrong_codes_over_many_addresses_leave_the_link_alone() {
    let desk = Desk::with_policy(|policy| {
        policy.sign_in.networks.ipv4.failures_a_day = 3;
        policy.sign_in.strangers.failures_a_day = 6;
    })
    .await;
    let enter = |address: &str, code: &str, network: &str| {
        let browser = Browser::new();
        let body = json!({ "address": address, "code": code });
        (from_network(browser.post(path::SIGN_IN, &body), network), browser)
    };
    let mut answers = Vec::new();
    for number in 0..9 {
        let address = format!("p{number}@org{number}.example");
        desk.ask(&Browser::new(), &address).await;
        let code = desk.code(&address).await;
        let (request, browser) = enter(&address, &wrong(&code), if number < 5 { "192.0.2.1" } else { "192.0.2.2" });
        answers.push(desk.send(&browser, request).await.1["code"].as_str().expect("a problem").to_owned());
    }
    let by_number: Vec<&str> = answers.iter().map(String::as_str).collect();
    assert_eq!(by_number[..5], ["wrong-code", "wrong-code", "wrong-code", "link-only", "link-only"], "one network");
    assert_eq!(by_number[5..], ["wrong-code", "wrong-code", "wrong-code", "link-only"], "the whole deployment");

    let code = desk.code("p8@org8.example").await;
    let (request, browser) = enter("p8@org8.example", &code, "192.0.2.9");
    let response = desk.answer(request).await;
    let (status, problem) = browser.take(&response);
    assert_eq!((status, &problem["code"]), (429, &json!("link-only")), "elsewhere as well");
    assert_eq!(problem["try_again_at"], "2026-11-23T00:00:00Z", "with the day");
    let token = desk.link("p8@org8.example").await;
    let body = json!({ "token": token, "address": "p8@org8.example" });
    assert_eq!(desk.post(&Browser::new(), path::SIGN_IN, body).await.0, 200);
}

/// REG-05 what a familiar browser is known by lives 90 days, is for this origin only, and can't be made up.
#[tokio::test]
async fn reg_05_the_familiar_cookie() {
    let desk = Desk::new().await;
    let browser = Browser::new();
    desk.ask(&browser, "jane@contoso.example").await;
    let code = desk.code("jane@contoso.example").await;
    let request = browser.post(path::SIGN_IN, &json!({ "address": "jane@contoso.example", "code": code }));
    let response = desk.answer(request).await;
    let familiar = cookies(&response).into_iter().find(|cookie| cookie.starts_with("__Host-familiar=")).expect("set");
    assert!(familiar.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=7776000; Secure"), "{familiar}");

    let value = familiar.split(['=', ';']).nth(1).expect("a value");
    let mut changed = value.to_owned();
    changed.replace_range(10..11, if &value[10..11] == "A" { "B" } else { "A" });
    for (value, is_familiar) in [(value, true), (changed.as_str(), false), ("", false), ("....", false)] {
        let mut request = Browser::new().post(path::SIGN_IN_ASK, &json!({ "address": "jane@contoso.example" }));
        let cookie = format!("__Host-familiar={value}").parse().expect("a header");
        request.headers_mut().insert(http::header::COOKIE, cookie);
        let before = desk.sign_in_mails("jane@contoso.example").await.iter().filter(|mail| !mail.2.is_empty()).count();
        assert_eq!(desk.answer(request).await.status(), 200);
        let after = desk.sign_in_mails("jane@contoso.example").await.iter().filter(|mail| !mail.2.is_empty()).count();
        assert_eq!(after > before, is_familiar, "{value}");
    }
}

/// REG-05 a browser stays familiar with several addresses of its person.
#[tokio::test]
async fn reg_05_a_browser_is_familiar_with_several_addresses() {
    let desk = Desk::new().await;
    let browser = Browser::new();
    let people = ["a@contoso.example", "b@contoso.example", "c@contoso.example"];
    for person in people {
        desk.sign_in(&browser, person).await;
    }
    desk.bench.pass(3600);
    for person in people {
        desk.ask(&browser, person).await;
        let mails = desk.sign_in_mails(person).await;
        assert!(mails.iter().any(|mail| !mail.2.is_empty()), "{person}");
    }
}
