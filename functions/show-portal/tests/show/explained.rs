//! One activation and "Where is my activation?" (ACT-12), with the mails that the ledger knows and the buttons that help.

use gateway::testing::{
    Bench, Browser,
    scene::{CLOUD, KEYED, MAIL, SERVER, at_contoso, contacts, licence, order, sku},
};
use licensing::{
    Address, ContactName, Timestamp,
    access::Standing,
    account::Account,
    activation::{Person, Proposer},
    event::{Event, Why},
    judge::{Administers, Facts, Progress, Undeliverable, judge},
    reach::{FollowUp, Mark},
    rights::Rights,
};
use serde_json::{Value, json};
use store::{
    Write, licences,
    mails::{Letter, Reported, letter_id},
    orders::LineOutcome,
};

use crate::{counted, get};

const ONE: &str = "/api/activations/enterprise/88590039/MAIL-ENT";
const WHERE: &str = "/api/where/enterprise/88590039";

/// Stores an order, and that it was taken in as the rules say.
async fn ordered(bench: &Bench, id: &str, product: &str) {
    let store = &bench.store;
    let order = order(id, product, 25);
    let mut write = Write::new();
    write.order(store, &order, bench.app.now());
    write.commit(store).await.expect("it is written");
    let record =
        store.get(&licences::product(&sku(product))).await.expect("the database answers").expect("it is stored");
    let contacts = contacts();
    let facts = Facts {
        kind: record.record.kind,
        contacts: &contacts,
        undeliverable: Undeliverable::default(),
        progress: Progress::None,
        osm_administers: Administers::Nothing,
        purchased: order.purchased,
        usage_starts: order.usage_starts,
    };
    let verdict = judge(&facts, bench.app.now(), &bench.app.policy.links);
    let taken = LineOutcome {
        at: bench.app.now(),
        outcome: verdict.outcome.as_str().into(),
        checks: verdict.checks().collect(),
    };
    let mut write = Write::new();
    let stored =
        store.get(&store::orders::order(&order.id)).await.expect("the database answers").expect("it is stored");
    write.line_taken(store, &stored, 1, &taken, true);
    write.commit(store).await.expect("it is written");
}

/// An invited activation with its order.
async fn invited() -> Bench {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    ordered(&bench, "PO-1", MAIL).await;
    bench
}

/// A letter that the mail service took: its name.
async fn mailed(bench: &Bench, event: &Event, to: &Address) -> String {
    let (store, now) = (&bench.store, bench.app.now());
    let id = letter_id(event, to);
    let letter = Letter {
        template: "activation-link".into(),
        template_version: 1,
        subject: "Activate Mail and Calendar Enterprise".into(),
        licence: Some(licence()),
        product: Some(sku(MAIL)),
        ..Letter::new(event, to.clone(), now)
    };
    store.lease_letter(&id, &letter, "test", now, now).await.expect("it is ours");
    store.letter_accepted(&id, "ses-1", now).await.expect("it is written");
    id
}

/// The mail service reports of a letter.
async fn reported(bench: &Bench, id: &str, mark: Mark) {
    let (store, now) = (&bench.store, bench.app.now());
    let letter = store.letter(id).await.expect("the database answers").expect("it is in the ledger");
    let report = Reported { id, letter: &letter, mark, at: now, reach: None, then: FollowUp::Nothing };
    store.write_report(&report, now, Write::new()).await.expect("it is written");
}

fn link(generation: u32) -> Event {
    Event::ActivationLink { licence: licence(), product: sku(MAIL), generation, why: Why::First, mail: 1 }
}

async fn account(bench: &Bench, id: &str, customer: &str, administrator: &str) -> Account {
    let administrator: Address = administrator.parse().expect("an address");
    let id = id.parse().expect("an id");
    let account = Account::create(id, "Account", &customer.parse().expect("a key"), &administrator);
    let mut write = Write::new();
    write.account(&bench.store, None, &account);
    write.commit(&bench.store).await.expect("it is written");
    account
}

async fn profile_of(bench: &Bench, address: &str) -> Person {
    let address: Address = address.parse().expect("an address");
    let owner = bench.store.get(&store::people::owner(&address)).await.expect("the database answers");
    Person { profile: owner.expect("it is stored").profile, address }
}

/// Activates on an account, as `activate` does.
async fn activated(bench: &Bench, by: &str, account: &Account) {
    let context = bench.context(MAIL).await;
    let by = profile_of(bench, by).await;
    let addresses = [by.address.clone()];
    let rights = Rights::by(&Standing::naming(&contacts()), &addresses, Timestamp::UNIX_EPOCH);
    let (now, policy) = (bench.app.now(), &bench.app.policy.links);
    let activation = context.activation.expect("it is stored");
    let (id, name) = (account.id.clone(), account.name.clone());
    let step =
        activation.confirm(by, &addresses, &rights, None, id, name, "r".into(), false, now, policy).expect("it may");
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
}

fn cures(value: &Value) -> Vec<&str> {
    value["cures"].as_array().expect("a list").iter().map(|cure| cure.as_str().expect("a name")).collect()
}

fn evidence<'a>(line: &'a Value, name: &str) -> Vec<&'a str> {
    let checks = line["checks"].as_array().expect("a list").iter();
    let all = checks.flat_map(|check| check["evidence"].as_array().expect("a list"));
    all.filter(|pair| pair[0] == name).filter_map(|pair| pair[1].as_str()).collect()
}

/// ACT-12 LINK-05 in two steps: the state, the addressee masked, the mail that was delivered with what to look for in junk,
/// each rule with its evidence, and the buttons.
#[tokio::test]
async fn act_12_one_activation_with_its_mail_and_reasons() {
    let bench = invited().await;
    let id = mailed(&bench, &link(1), &at_contoso("osm")).await;
    bench.pass(60);
    reported(&bench, &id, Mark::Delivered).await;

    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let (status, shown, used) = counted(&bench, &osm, ONE).await;
    assert_eq!((status, used.steps, used.calls), (200, 2, 5));
    assert_eq!(
        shown,
        json!({
            "row": {
                "licence": {"programme": "enterprise", "number": "88590039"},
                "product": MAIL,
                "product_name": "Mail and Calendar Enterprise",
                "customer_name": "Contoso",
                "quantity": 25,
                "state": "invited",
                "date": "2027-05-11T00:00:00Z",
            },
            "kind": "online-service",
            "to": ["online-services-manager", "o•••@contoso.example"],
            "mailed_at": "2026-11-22T00:00:00Z",
            "expires_at": "2027-05-11T00:00:00Z",
            "revivals": 0, "only_proposed": false,
            "mails": [{
                "to": "o•••@contoso.example",
                "letter": "activation-link",
                "subject": "Activate Mail and Calendar Enterprise",
                "sender": "licensing@northwind.example",
                "queued_at": "2026-11-22T00:00:00Z",
                "state": "delivered",
                "at": "2026-11-22T00:01:00Z",
            }],
            "cures": ["activate", "resend"],
            "lines": [{
                "order": "PO-1",
                "line": 1,
                "product": MAIL,
                "product_name": "Mail and Calendar Enterprise",
                "quantity": 25,
                "purchased": "2026-11-10",
                "usage_starts": "2026-11-10",
                "outcome": "mail",
                "checks": [
                    {"rule": "ACT-09", "holds": false, "evidence": [["kind", "online-service"]]},
                    {"rule": "ACT-05", "holds": false, "evidence": [["kind", "online-service"]]},
                    {"rule": "ACT-07", "holds": false, "evidence": []},
                    {"rule": "ACT-10", "holds": false, "evidence": []},
                    {"rule": "ACT-08", "holds": false, "evidence": [
                        ["online-services-manager", "o•••@contoso.example"],
                        ["accounts-administered-now", "0"],
                    ]},
                    {"rule": "ACT-06", "holds": false, "evidence": [["usage-starts", "2026-11-10"]]},
                    {"rule": "ACT-02", "holds": true, "evidence": [
                        ["mailed-at", "2026-11-22T00:00:00Z"],
                        ["contact", "online-services-manager"],
                        ["to", "o•••@contoso.example"],
                        ["mail", "delivered"],
                        ["mail-reported-at", "2026-11-22T00:01:00Z"],
                        ["look-in-junk-for-sender", "licensing@northwind.example"],
                        ["look-in-junk-for-subject", "Activate Mail and Calendar Enterprise"],
                        ["purchased", "2026-11-10"],
                        ["link-ends", "2027-05-11T00:00:00Z"],
                    ]},
                ],
                "state": "invited",
                "cures": ["activate", "resend"],
            }],
        })
    );
}

/// ACT-12 ACT-13 a mail that was not delivered is no mail that arrived: page and explanation say so, and nobody is sent to look
/// in junk; once it is delivered after all, that counts.
#[tokio::test]
async fn act_12_a_mail_that_was_not_delivered_yet_is_told_as_that() {
    for (mark, state) in [(Mark::PutOff, "put-off"), (Mark::GaveUp, "gave-up")] {
        let bench = invited().await;
        let id = mailed(&bench, &link(1), &at_contoso("osm")).await;
        bench.pass(60);
        reported(&bench, &id, mark).await;
        let osm = bench.signed_in(&["osm@contoso.example"]).await;
        for (expected, delivered) in [(state, false), ("delivered", true)] {
            if delivered {
                reported(&bench, &id, Mark::Delivered).await;
            }
            let (_, shown) = get(&bench, &osm, ONE).await;
            assert_eq!(shown["mails"][0]["state"], expected);
            assert_eq!(shown["mails"][0]["at"], "2026-11-22T00:01:00Z");
            let evidence = shown["lines"].to_string();
            assert!(evidence.contains(&format!(r#"["mail","{expected}"]"#)), "{evidence}");
            assert_eq!(evidence.contains("look-in-junk"), delivered, "{evidence}");
        }
    }
}

/// ACT-03 ACT-12 after a bounce: who was passed over and why, and to whom it went instead.
#[tokio::test]
async fn act_12_a_bounce_is_told_with_the_contact_that_came_next() {
    let bench = invited().await;
    let id = mailed(&bench, &link(1), &at_contoso("osm")).await;
    let now = bench.app.now();
    bench.store.letter_refused(&id, &at_contoso("osm"), now).await.expect("the database answers");
    let context = bench.context(MAIL).await;
    let contacts = contacts();
    let entitlement = licensing::activation::Entitlement {
        licence: &licence(),
        product: &sku(MAIL),
        product_name: "Mail and Calendar Enterprise",
        kind: licensing::ProductKind::OnlineService,
        customer: &"contoso".parse().expect("a key"),
        customer_name: "Contoso",
        contacts: &contacts,
        by_endpoint: false,
    };
    let policy = &bench.app.policy.links;
    let osm = at_contoso("osm");
    let step = context.activation.expect("it is stored").rejudge(&entitlement, |address| *address == osm, now, policy);
    let step = step.expect("the next contact is written to");
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    mailed(&bench, &link(2), &at_contoso("notices")).await;

    let notices = bench.signed_in(&["notices@contoso.example"]).await;
    let (_, shown) = get(&bench, &notices, ONE).await;
    assert_eq!(shown["to"], json!(["notices", "n•••@contoso.example"]));
    assert_eq!(shown["mails"].as_array().map(Vec::len), Some(1), "of the newest link");
    let line = &shown["lines"][0];
    let last = line["checks"].as_array().and_then(|checks| checks.last()).expect("a rule decided");
    assert_eq!((last["rule"].as_str(), last["holds"].as_bool()), (Some("ACT-03"), Some(true)));
    assert_eq!(evidence(line, "bounced"), ["online-services-manager o•••@contoso.example"]);
    assert_eq!(evidence(line, "to"), ["n•••@contoso.example"]);
    assert_eq!(evidence(line, "mail"), ["accepted"]);
    assert!(!shown.to_string().contains("osm@"));
}

/// EXP-05 LINK-10 the second its link ends, the page says so and offers to ask for revival; asked once, no more.
#[tokio::test]
async fn link_10_an_expired_link_can_be_asked_to_be_revived() {
    let bench = invited().await;
    bench.set_time("2027-05-10T23:59:59Z");
    let notices = bench.signed_in(&["notices@contoso.example"]).await;
    assert_eq!(cures(&get(&bench, &notices, ONE).await.1), ["activate", "resend"]);
    bench.pass(1);
    let (_, shown) = get(&bench, &notices, ONE).await;
    assert_eq!((shown["row"]["state"].as_str(), cures(&shown)), (Some("expired"), vec!["ask-revival"]));
    assert_eq!(shown["lines"][0]["state"], "expired");
    let context = bench.context(MAIL).await;
    let by = profile_of(&bench, "notices@contoso.example").await;
    let (now, policy) = (bench.app.now(), &bench.app.policy.links);
    let step = context.activation.expect("it is stored").ask_revival(by, now, policy).expect("it may");
    let step = step.expect("it changes something");
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    let (_, shown) = get(&bench, &notices, ONE).await;
    assert!(cures(&shown).is_empty());
    let asked = json!({ "at": "2027-05-11T00:00:00Z", "by_you": true, "by": "n•••@contoso.example" });
    assert_eq!(shown["revival"], asked);

    // Who asked sees the answer; Administrators also see who asked, others only that somebody did.
    let context = bench.context(MAIL).await;
    let operator = licensing::audit::Actor::Operator { name: "ann".into() };
    let step = context.activation.expect("it is stored").decline_revival(operator, "Sold twice.", now).expect("asked");
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    let (_, shown) = get(&bench, &notices, ONE).await;
    assert_eq!(
        (&shown["revival"]["reason"], &shown["revival"]["declined_at"], cures(&shown)),
        (&json!("Sold twice."), &json!("2027-05-11T00:00:00Z"), vec!["ask-revival"])
    );
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let (_, shown) = get(&bench, &osm, ONE).await;
    assert_eq!((&shown["revival"]["by_you"], &shown["revival"]["by"]), (&json!(false), &Value::Null));
    let primary = bench.signed_in(&["primary@contoso.example"]).await;
    assert_eq!(get(&bench, &primary, ONE).await.1["revival"]["by"], "n•••@contoso.example");
}

/// LINK-07 who activated may take it back for 72 hours; who administers both accounts may move it; the administrator of
/// the other account, who is no contact, sees what they are to agree to.
#[tokio::test]
async fn link_07_undo_and_moving_are_offered_to_whom_they_would_be_granted() {
    let bench = invited().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let it = bench.signed_in(&["it@fabrikam.example"]).await;
    let first = account(&bench, "first", "contoso", "osm@contoso.example").await;
    let second = account(&bench, "second", "fabrikam", "it@fabrikam.example").await;
    activated(&bench, "osm@contoso.example", &first).await;

    let (_, shown, used) = counted(&bench, &osm, ONE).await;
    assert_eq!(used.steps, 3, "the accounts are found in a third step");
    assert_eq!((shown["row"]["state"].as_str(), cures(&shown)), (Some("activated"), vec!["undo"]));
    assert_eq!(shown["activated_by"], "o•••@contoso.example");
    assert_eq!(shown["undo_until"], "2026-11-25T00:00:00Z");
    assert_eq!(evidence(&shown["lines"][0], "account"), ["Account"]);
    assert_eq!(get(&bench, &it, ONE).await.0, 403, "nothing is proposed to their account");

    let context = bench.context(MAIL).await;
    let holder = Proposer::Holder(profile_of(&bench, "osm@contoso.example").await);
    let (now, policy) = (bench.app.now(), &bench.app.policy.links);
    let activation = context.activation.expect("it is stored");
    let step = activation.remap(holder, &second.id, &second.name, "", now, policy).expect("it may");
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    let (status, shown) = get(&bench, &it, ONE).await;
    assert_eq!((status, cures(&shown)), (200, vec!["confirm-remap", "decline-remap"]));
    assert_eq!((shown["moving_to"].as_str(), shown["moving_to_id"].as_str()), (Some("Account"), Some("second")));
    assert_eq!(shown["only_proposed"], true);
    // What is proposed, and nothing else of it: no orders, contacts, mails or people.
    let text = shown.to_string();
    assert!(!text.contains('@') && !text.contains("PO-1"), "{text}");
    assert_eq!((&shown["lines"], &shown["mails"]), (&json!([]), &json!([])));
    let (_, held) = get(&bench, &osm, ONE).await;
    assert_eq!(cures(&held), ["undo", "decline-remap"], "who proposed does not confirm");
    assert_eq!(held["moving_to"], "second", "another customer's account is named by its key");
    assert_eq!(get(&bench, &it, WHERE).await.0, 403, "nor of its Licensing ID");

    bench.pass(72 * 3600);
    let primary = bench.signed_in(&["primary@contoso.example"]).await;
    let (_, shown) = get(&bench, &primary, ONE).await;
    assert!(cures(&shown).is_empty() && shown["undo_until"].is_null());
}

/// SAFE-07 ACT-14 a link that was sent anew as often as a day allows: both pages say from when it works again.
#[tokio::test]
async fn safe_07_what_is_used_up_for_the_day_is_said_with_its_time() {
    let bench = invited().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    assert!(get(&bench, &osm, ONE).await.1["later"].is_null());
    for _ in 0..3 {
        let around = bench.context(MAIL).await;
        let (now, policy) = (bench.app.now(), &bench.app.policy.links);
        let step = around.activation.expect("it is stored").resend(licensing::audit::Actor::Service, now, policy);
        let step = step.expect("it may");
        bench.store.write_step(&step, around.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    }
    bench.pass(3600);
    let later = json!([{ "cure": "resend", "at": "2026-11-23T00:00:00Z" }]);
    let (_, shown) = get(&bench, &osm, ONE).await;
    assert_eq!((cures(&shown), &shown["later"]), (vec!["activate"], &later));
    assert_eq!(shown["lines"][0]["later"], later);
    assert_eq!(get(&bench, &osm, WHERE).await.1["lines"][0]["later"], later);
}

/// LINK-07 a person who administers several accounts chooses among those that it is not on.
#[tokio::test]
async fn link_07_the_accounts_to_move_to_are_named() {
    let bench = invited().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let first = account(&bench, "first", "contoso", "osm@contoso.example").await;
    account(&bench, "other", "contoso", "osm@contoso.example").await;
    activated(&bench, "osm@contoso.example", &first).await;
    let (_, shown) = get(&bench, &osm, ONE).await;
    assert_eq!(cures(&shown), ["undo", "remap"]);
    assert_eq!(
        shown["accounts"],
        json!([{"id": "other", "name": "Account", "domains": ["contoso.example"], "administered": true, "linked": true}])
    );
}

/// SAFE-02 ACT-12 LINK-07 who may not see it gets the same answer after the same reads, whether or not it is there, open or in
/// use, and however much was ordered; proposing a move to an account of one's own changes nothing of that.
#[tokio::test]
async fn act_12_strangers_learn_nothing() {
    let bench = invited().await;
    for number in 0..30 {
        ordered(&bench, &format!("PO-9{number}"), MAIL).await;
    }
    for who in ["bills@contoso.example", "it@fabrikam.example"] {
        let reader = bench.signed_in(&[who]).await;
        let mut answers = Vec::new();
        for path in [
            ONE,
            "/api/activations/enterprise/88590039/NONE",
            "/api/activations/enterprise/1/MAIL-ENT",
            WHERE,
            "/api/where/enterprise/1",
        ] {
            let (status, mut problem, used) = counted(&bench, &reader, path).await;
            // Two of each as if as much stood above as there may be.
            let calls = if path.starts_with("/api/where") { 5 } else { 4 };
            assert_eq!((status, used.steps, used.calls), (403, 4, calls), "{who} {path}");
            problem["case"].take();
            answers.push(problem);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
}

/// ACT-12 the former addressee's own activation is shown to them, and only its lines.
#[tokio::test]
async fn act_12_the_addressee_sees_what_is_addressed_to_them() {
    let bench = invited().await;
    bench.invite(CLOUD).await;
    ordered(&bench, "PO-2", CLOUD).await;
    let agreement = bench.context(MAIL).await.agreement.expect("it is stored");
    let mut after = agreement.record.clone();
    after.loaded_contacts.insert(ContactName::OnlineServicesManager, at_contoso("next"));
    let mut write = Write::new();
    write.agreement(&bench.store, Some(&agreement), &after, "Contoso");
    write.commit(&bench.store).await.expect("it is written");

    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    assert_eq!(cures(&get(&bench, &osm, ONE).await.1), ["activate", "resend"]);
    let (_, found) = get(&bench, &osm, WHERE).await;
    let products: Vec<&str> =
        found["lines"].as_array().expect("lines").iter().filter_map(|line| line["product"].as_str()).collect();
    assert_eq!(products, [MAIL]);
}

/// ACT-12 every order line of a Licensing ID in three steps: mailed, a key, on premises, and one that waits.
#[tokio::test]
async fn act_12_where_is_every_line_of_a_licensing_id() {
    let bench = invited().await;
    ordered(&bench, "PO-2", KEYED).await;
    ordered(&bench, "PO-3", SERVER).await;
    let notice = Event::KeyNotice { licence: licence(), product: sku(KEYED), order: "PO-2".parse().expect("an id") };
    mailed(&bench, &notice, &at_contoso("notices")).await;
    let mut write = Write::new();
    write.order(&bench.store, &order("PO-4", CLOUD, 7), bench.app.now());
    write.commit(&bench.store).await.expect("it is written");

    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let (status, found, used) = counted(&bench, &osm, WHERE).await;
    assert_eq!((status, used.steps, used.calls), (200, 3, 7));
    assert_eq!(found["customer_name"], "Contoso");
    let lines = found["lines"].as_array().expect("lines");
    let told: Vec<Value> = lines
        .iter()
        .map(|line| {
            let last = line["checks"].as_array().and_then(|checks| checks.last()).expect("a rule decided");
            json!([
                line["order"],
                line["product_name"],
                line["quantity"],
                line["outcome"],
                last["rule"],
                line["state"],
                line["cures"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["PO-1", "Mail and Calendar Enterprise", 25, "mail", "ACT-02", "invited", ["activate", "resend"]]),
            json!(["PO-2", "Developer Tools Key", 25, "key-notice", "ACT-05", null, []]),
            json!(["PO-3", "Server Standard", 25, "none", "ACT-09", null, []]),
            json!(["PO-4", "Cloud Consumption Commitment", 7, "waiting", "ACT-04", null, []]),
        ]
    );
    assert_eq!(evidence(&lines[1], "to"), ["n•••@contoso.example"]);
    assert_eq!(evidence(&lines[1], "mail"), ["accepted"]);
}

/// ACT-12 UI-03 of many order lines the newest hundred are explained, at the same cost however many there are; older ones follow page
/// by page, each line once.
#[tokio::test]
async fn act_12_of_many_order_lines_the_newest_come_first() {
    let bench = invited().await;
    for number in 0..150 {
        ordered(&bench, &format!("PO-2{number:03}"), MAIL).await;
    }
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let names = |found: &Value| -> Vec<String> {
        let lines = found["lines"].as_array().expect("lines").iter();
        lines.map(|line| line["order"].as_str().expect("an id").to_owned()).collect()
    };
    let (status, newest, used) = counted(&bench, &osm, WHERE).await;
    assert_eq!((status, used.steps), (200, 3), "{newest}");
    let (first, next) = (names(&newest), newest["next"].as_str().expect("there are older ones").to_owned());
    assert_eq!((first.len(), first.last().map(String::as_str)), (100, Some("PO-2149")));
    let (_, older) = get(&bench, &osm, &format!("{WHERE}?after={next}")).await;
    let second = names(&older);
    assert_eq!((second.len(), older["next"].is_null()), (51, true));
    let all = [second, first].concat();
    assert!(all.windows(2).all(|two| two[0] < two[1]), "each once, in order: {all:?}");
    assert_eq!(get(&bench, &osm, &format!("{WHERE}?after=")).await.1, newest);
    for nonsense in ["x", "1.PO-9", "2.PO-2149"] {
        let (status, problem) = get(&bench, &osm, &format!("{WHERE}?after={nonsense}")).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!("bad-field"), &json!("after")));
    }
    assert_eq!(names(&get(&bench, &osm, ONE).await.1), names(&newest), "and on the page of its activation");
}

/// ACT-12 a Licensing ID without any order: an empty list, for which the page says whom to ask.
#[tokio::test]
async fn act_12_where_nothing_was_ordered() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let (status, found, used) = counted(&bench, &osm, WHERE).await;
    assert_eq!((status, used.steps), (200, 2));
    assert_eq!(
        found,
        json!({"licence": {"programme": "enterprise", "number": "88590039"}, "customer_name": "Contoso", "lines": []})
    );
    let anyone = Browser::new();
    assert_eq!(get(&bench, &anyone, WHERE).await.0, 401);
}

/// LINK-11 ACT-12 what is being set up is shown as such wherever it is shown, after ten minutes with the word that it takes
/// long; a refusal is shown with its reason, and in each case it may be taken back.
#[tokio::test]
async fn link_11_what_is_being_set_up_says_so_and_why_it_was_refused() {
    let bench = invited().await;
    bench.set_endpoint(MAIL, Some("https://set-up.contoso.example/")).await;
    let step = async |step: &dyn Fn(&licensing::activation::Activation) -> licensing::activation::Step| {
        let context = bench.context(MAIL).await;
        let step = step(&context.activation.expect("it is stored"));
        let (now, policy) = (bench.app.now(), &bench.app.policy.links);
        bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    };
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let person = bench.person("osm@contoso.example").await;
    let (addresses, rights) =
        ([at_contoso("osm")], Rights::by(&Standing::naming(&contacts()), &[at_contoso("osm")], Timestamp::UNIX_EPOCH));
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    step(&|it| {
        let account = "acc-1".parse().expect("an id");
        it.confirm(person.clone(), &addresses, &rights, None, account, "Main".into(), "r".into(), true, now, &policy)
            .expect("it may")
    })
    .await;
    let (_, shown) = get(&bench, &osm, ONE).await;
    assert_eq!(
        (&shown["row"]["state"], &shown["setting_up"]),
        (&json!("provisioning"), &json!({ "takes_long": false }))
    );
    assert_eq!((&shown["row"]["account_name"], &shown["cures"]), (&json!("Main"), &json!(["undo"])));
    let evidence = json!([["account", "Main"], ["confirmed-at", "2026-11-22T00:00:00Z"]]);
    let said =
        |shown: &Value| shown["lines"][0]["checks"].as_array().and_then(|all| all.last().cloned()).expect("a check");
    assert_eq!((&shown["lines"][0]["state"], &said(&shown)["evidence"]), (&json!("provisioning"), &evidence));
    let (_, list) = get(&bench, &osm, "/api/activations?state=provisioning").await;
    assert_eq!(list["rows"][0]["state"], "provisioning");

    bench.pass(599);
    assert_eq!(get(&bench, &osm, ONE).await.1["setting_up"], json!({ "takes_long": false }));
    bench.pass(1);
    assert_eq!(get(&bench, &osm, ONE).await.1["setting_up"], json!({ "takes_long": true }));
    let now = bench.app.now();
    step(&|it| it.provisioning_refused("No seats left.", now).expect("it is being set up")).await;
    let (_, shown) = get(&bench, &osm, ONE).await;
    assert_eq!(shown["setting_up"], json!({ "takes_long": false, "refused": "No seats left." }));
    assert!(said(&shown)["evidence"].to_string().contains("No seats left."));
    assert_eq!(shown["cures"], json!(["undo"]));
}
