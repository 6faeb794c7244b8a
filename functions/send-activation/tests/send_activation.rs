//! Orders become activations and mails, once, on the real engine.

use std::sync::Arc;

use api::{activations::Which, path, sign_in::LinkToken};
use gateway::testing::{
    Bench, Browser,
    faults::{Fault, Faults, Retries},
    mapping::{ATTEMPTS, COME_AGAIN, OfEight, as_inserted, drive, drive_failing, image, poison},
    scene::{CLOUD, KEYED, LICENCE, MAIL, SERVER, at_contoso, licence, order, sku},
};
use gateway::{
    App,
    boot::Deadline,
    stream::{Change, Failures, Record, Records},
};
use licensing::{
    ContactName, Licence, Policy,
    account::Account,
    activation::State,
    event::{Event, Why},
    import::record::{Agreement, Customer, Order, Reason, Suppression},
    policy::StoredPolicy,
};
use serde_json::Value;
use store::{Table, Write, orders::StoredOrder, outbox::Queued, sdk::types::AttributeValue};

async fn stored(bench: &Bench, order: Order) -> StoredOrder {
    let mut write = Write::new();
    write.order(&bench.store, &order, bench.app.now());
    write.commit(&bench.store).await.expect("a new order is taken");
    bench.store.get(&store::orders::order(&order.id)).await.expect("answers").expect("stored")
}

async fn take(bench: &Bench, order: Order) -> StoredOrder {
    let order = taken_in(bench, order).await;
    bench.glance_is_right().await;
    order
}

async fn taken_in(bench: &Bench, order: Order) -> StoredOrder {
    let order = stored(bench, order).await;
    send_activation::take_in(&bench.app, &order).await.expect("taken in");
    bench.store.get(&store::orders::order(&order.order.id)).await.expect("answers").expect("stored")
}

async fn queued(bench: &Bench, event: &Event) -> Option<Queued> {
    bench.store.get(&store::outbox::queued(&event.id())).await.expect("answers")
}

fn link(product: &str, generation: u32, mail: u32) -> Event {
    Event::ActivationLink { licence: licence(), product: sku(product), generation, why: Why::First, mail }
}

/// ACT-02 ACT-16 the first order of an online service opens an activation and queues one mail to the OSM, in one
/// transaction with the line and the audit.
#[tokio::test]
async fn act_02_a_first_order_writes_to_the_osm() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let taken = take(&bench, order("PO-1", MAIL, 25)).await;
    assert_eq!(taken.outcomes["1"].outcome, "mail");
    assert!(queued(&bench, &link(MAIL, 1, 1)).await.is_some());
    let activation = bench.activation(MAIL).await;
    let State::Invited(invitation) = activation.state else { panic!("invited") };
    assert_eq!(invitation.to.contact, ContactName::OnlineServicesManager);
    let (entries, _) = bench.store.audit_page(&format!("licence#{LICENCE}"), 0, 10).await.expect("answers");
    assert_eq!(entries.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["activation.opened"]);
}

/// ACT-16 two writes of the same order, however close together: one activation, one mail, the quantity once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn act_16_the_same_order_taken_in_at_once_counts_once() {
    let bench = Arc::new(Bench::new().await);
    bench.contoso().await;
    let order = stored(&bench, order("PO-1", MAIL, 25)).await;
    let running: Vec<_> = (0..8)
        .map(|_| {
            let (bench, order) = (Arc::clone(&bench), order.clone());
            tokio::spawn(async move { send_activation::take_in(&bench.app, &order).await })
        })
        .collect();
    for task in running {
        task.await.expect("no panic").expect("taken in, or taken in before");
    }
    let activation = bench.activation(MAIL).await;
    assert_eq!((activation.quantity, activation.generation, activation.version), (25, 1, 1));
}

/// ACT-16 ACT-10 two orders at once meet in one activation: one mail, both quantities.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn act_10_two_orders_at_once_meet_in_one_activation() {
    let bench = Arc::new(Bench::new().await);
    bench.contoso().await;
    let running: Vec<_> = (0..6)
        .map(|number| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { taken_in(&bench, order(&format!("PO-{number}"), MAIL, 10)).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in running {
        outcomes.push(task.await.expect("no panic").outcomes["1"].outcome.clone());
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["added", "added", "added", "added", "added", "mail"]);
    let activation = bench.activation(MAIL).await;
    assert_eq!((activation.quantity, activation.generation), (60, 1));
    assert!(queued(&bench, &link(MAIL, 2, 1)).await.is_none(), "no second mail");
}

/// ACT-04 ACT-05 ACT-09 consumption goes to the notices contact, keyed services get a notice, on-premises nothing.
#[tokio::test]
async fn act_05_each_kind_goes_its_way() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut mixed = order("PO-1", CLOUD, 1);
    mixed.lines.extend(order("PO-1", KEYED, 2).lines);
    mixed.lines.extend(order("PO-1", SERVER, 3).lines);
    let taken = take(&bench, mixed).await;
    let outcomes: Vec<_> = taken.outcomes.values().map(|taken| taken.outcome.as_str()).collect();
    assert_eq!(outcomes, ["mail", "key-notice", "none"]);
    assert_eq!(taken.open_lines().count(), 0);
    assert!(matches!(bench.activation(CLOUD).await.state, State::Invited(to) if to.to.contact == ContactName::Notices));
    let notice = Event::KeyNotice { licence: licence(), product: sku(KEYED), order: "PO-1".parse().expect("an id") };
    assert!(queued(&bench, &notice).await.is_some());
    assert!(bench.context(KEYED).await.activation.is_none());
    assert!(bench.context(SERVER).await.activation.is_none());
}

/// LIC-03 what an order is of is noted with its Licensing ID, whatever becomes of it, and once.
#[tokio::test]
async fn lic_03_what_was_ordered_is_noted() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let noted = async || {
        let bought = bench.store.get(&store::bought::bought(&licence())).await.expect("answers").unwrap_or_default();
        bought.products.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(noted().await, Vec::<String>::new());
    take(&bench, order("PO-1", SERVER, 3)).await;
    assert_eq!(noted().await, [SERVER]);
    let mut mixed = order("PO-2", CLOUD, 1);
    mixed.lines.extend(order("PO-2", KEYED, 2).lines);
    mixed.lines.extend(order("PO-2", SERVER, 3).lines);
    take(&bench, mixed).await;
    let mut later = order("PO-3", MAIL, 25);
    later.usage_starts = "2027-03-01".parse().expect("a date");
    take(&bench, later).await;
    take(&bench, order("PO-4", MAIL, 25)).await;
    assert_eq!(noted().await, [CLOUD, KEYED, MAIL, SERVER]);
}

/// ACT-06 usage in the future: scheduled, nothing queued; a further order with an earlier usage start brings it forward.
#[tokio::test]
async fn act_06_a_later_usage_start_is_scheduled() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut later = order("PO-1", MAIL, 25);
    later.usage_starts = "2027-03-01".parse().expect("a date");
    assert_eq!(take(&bench, later).await.outcomes["1"].outcome, "scheduled");
    assert!(queued(&bench, &link(MAIL, 1, 1)).await.is_none());
    let mut sooner = order("PO-2", MAIL, 25);
    sooner.usage_starts = "2027-02-01".parse().expect("a date");
    assert_eq!(take(&bench, sooner).await.outcomes["1"].outcome, "scheduled");
    assert!(
        matches!(bench.activation(MAIL).await.state, State::Scheduled { send_at, .. } if send_at.to_string() == "2027-01-31T00:00:00Z")
    );
    assert_eq!(take(&bench, order("PO-3", MAIL, 25)).await.outcomes["1"].outcome, "mail");
    assert_eq!(bench.activation(MAIL).await.quantity, 75);
}

/// ACT-07 ACT-08 the OSM's only account takes it at once, with a notice; the next order joins it.
#[tokio::test]
async fn act_08_the_only_account_takes_it() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut account = licensing::account::Account::create(
        "acc".parse().expect("a key"),
        "Contoso Group",
        &"contoso".parse().expect("a key"),
        &at_contoso("osm"),
    );
    let mut write = Write::new();
    write.account(&bench.store, None, &account);
    write.commit(&bench.store).await.expect("written");
    assert_eq!(
        take(&bench, order("PO-1", MAIL, 25)).await.outcomes["1"].outcome,
        "mail",
        "a domain that is only associated does not count"
    );

    let bench = Bench::new().await;
    bench.contoso().await;
    account.loaded = true;
    let mut write = Write::new();
    write.account(&bench.store, None, &account);
    write.commit(&bench.store).await.expect("written");
    assert_eq!(take(&bench, order("PO-1", MAIL, 25)).await.outcomes["1"].outcome, "assigned");
    let notice = Event::Assigned { licence: licence(), product: sku(MAIL), version: 1 };
    assert!(queued(&bench, &notice).await.is_some());
    assert_eq!(take(&bench, order("PO-2", MAIL, 5)).await.outcomes["1"].outcome, "joined");
    let activation = bench.activation(MAIL).await;
    assert_eq!(activation.quantity, 30);
    assert!(matches!(activation.state, State::Activated(in_use) if in_use.account_name == "Contoso Group"));
}

/// ACT-03 a suppressed OSM is skipped; when the address becomes known to fail later, the next contact is written to, and
/// with nobody left it is stuck.
#[tokio::test]
async fn act_03_unreachable_contacts_are_skipped() {
    let bench = Bench::new().await;
    bench.contoso().await;
    take(&bench, order("PO-1", MAIL, 25)).await;
    for (gone, next) in [("osm", Some("notices")), ("notices", Some("primary")), ("primary", None)] {
        let mut write = Write::new();
        let record = Suppression { address: at_contoso(gone), reason: Reason::HardBounce };
        write.suppression(&bench.store, &record, bench.app.now());
        write.commit(&bench.store).await.expect("written");
        send_activation::judge_again(&bench.app, &licence()).await.expect("judged");
        send_activation::judge_again(&bench.app, &licence()).await.expect("judging twice changes nothing");
        match (next, bench.activation(MAIL).await.state) {
            (Some(next), State::Invited(to)) => assert_eq!(to.to.address, at_contoso(next)),
            (None, State::Stuck { .. }) => {}
            (next, state) => panic!("{next:?}: {state:?}"),
        }
    }
    assert_eq!(bench.activation(MAIL).await.version, 4, "one step for each bounce");
}

/// OPS-06 ACT-15 while the policy says so, the rows by which the release before lists activations are kept, and follow a corrected
/// contact; otherwise none is written.
#[tokio::test]
async fn ops_06_rows_of_viewers_are_written_for_the_release_before_only() {
    for for_release_before in [true, false] {
        let policy = Policy { stored: StoredPolicy { for_release_before }, ..Policy::default() };
        let bench = Bench::with_policy(policy).await;
        bench.contoso().await;
        take(&bench, order("PO-1", MAIL, 25)).await;
        let before = bench.context(MAIL).await.agreement.expect("stored");
        let mut after = before.record.clone();
        after.loaded_contacts.insert(ContactName::OnlineServicesManager, at_contoso("successor"));
        let mut write = Write::new();
        write.agreement(&bench.store, Some(&before), &after, "Contoso");
        write.commit(&bench.store).await.expect("corrected by an operator");
        let sees = async |name: &str| {
            let (client, table) = (bench.store.client(), bench.store.name(Table::Listings));
            let who = AttributeValue::S(at_contoso(name).as_str().into());
            let what = AttributeValue::S("activation#".into());
            let query =
                client.query().table_name(table).key_condition_expression("who = :who AND begins_with(what, :what)");
            let found =
                query.expression_attribute_values(":who", who).expression_attribute_values(":what", what).send();
            found.await.expect("it answers").count
        };
        let some = i32::from(for_release_before);
        assert_eq!((sees("osm").await, sees("successor").await), (some, 0));
        send_activation::judge_again(&bench.app, &licence()).await.expect("judged");
        assert_eq!((sees("osm").await, sees("successor").await, sees("notices").await), (0, some, some));
    }
}

/// ACT-03 an address that fails is passed over on every Licensing ID that names it: the hundredth like the first.
#[tokio::test]
async fn act_03_an_address_that_fails_is_judged_wherever_it_is_named() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let store = &bench.store;
    let agreement = bench.context(MAIL).await.agreement.expect("stored").record;
    let numbered = |number: u32| format!("enterprise/{number}").parse().expect("a licence");
    for number in 1000..1100 {
        let mut write = Write::new();
        write.agreement(store, None, &Agreement { licence: numbered(number), ..agreement.clone() }, "Contoso");
        write.commit(store).await.expect("written");
    }
    // Listings lie in the order of their numbers: the last licence is beyond a page of any size used here.
    let last = numbered(1099);
    take(&bench, Order { licence: last.clone(), ..order("PO-1", MAIL, 5) }).await;
    let event = Event::RejudgeAddress { address: at_contoso("osm"), mark: "test".into() };
    let mut write = Write::new();
    let record = Suppression { address: at_contoso("osm"), reason: Reason::HardBounce };
    write.suppression(store, &record, bench.app.now());
    write.event(store, &event, bench.app.now(), false);
    write.commit(store).await.expect("written");

    let asked = serde_json::json!({
        "event": { "M": {
            "kind": { "S": "rejudge-address" },
            "address": { "S": "osm@contoso.example" },
            "mark": { "S": "test" },
        } },
        "event_id": { "S": event.id() },
        "queued_at": { "S": bench.app.now().to_string() },
        "consumer": { "S": "activations" },
    });
    let change = Change { new_image: asked, sequence_number: "1".into() };
    let records = Records::of(vec![Record { kind: "INSERT".into(), dynamodb: change }]);
    assert!(send_activation::records(&bench.app, records).await.failures.is_empty());
    // On so many licences each is judged as an event of its own.
    let one = Event::Rejudge { licence: last.clone(), mark: "test|osm@contoso.example".into() };
    let judge = store.raw(&store::outbox::queued(&one.id())).await.expect("answers").expect("queued");
    let records = serde_json::json!({ "Records": as_inserted([image(&judge)]) });
    let records = serde_json::from_value(records).expect("records");
    assert!(send_activation::records(&bench.app, records).await.failures.is_empty());
    let activation = store.activation(&last, &sku(MAIL)).await.expect("answers").expect("stored");
    assert_eq!(activation.addressee().map(|to| to.contact), Some(ContactName::Notices));
    assert!(queued(&bench, &event).await.expect("kept").done_at.is_some(), "done once");
}

/// LINK-05 ACT-12 a corrected name of a customer and its account is brought to all of its agreements, some of them for each
/// event: to the rows of the people whom they name and to what is activated under them; again, it changes nothing.
#[tokio::test]
async fn act_12_a_corrected_name_reaches_every_agreement() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let (store, now) = (&bench.store, bench.app.now());
    let agreement = bench.context(MAIL).await.agreement.expect("stored").record;
    let numbered = |number: u32| format!("enterprise/{number}").parse::<Licence>().expect("a licence");
    for number in 1000..1045 {
        let mut write = Write::new();
        write.agreement(store, None, &Agreement { licence: numbered(number), ..agreement.clone() }, "Contoso");
        write.commit(store).await.expect("written");
    }
    let last = numbered(1044);
    take(&bench, order("PO-1", MAIL, 5)).await;
    take(&bench, Order { licence: last.clone(), ..order("PO-2", MAIL, 5) }).await;
    let account = bench.account("acc-1", &["boss@contoso.example"]).await;
    bench.signed_in(&["osm@contoso.example"]).await;
    bench.activate_as("osm@contoso.example", MAIL, "acc-1").await;

    let slot = store::licences::customer(&agreement.customer);
    let before = store.get(&slot).await.expect("answers").expect("stored");
    let mut write = Write::new();
    let name = "Contoso Group".parse().expect("a text");
    write.customer(store, Some(&before), &Customer { name, ..before.record.clone() });
    let renamed = Account { name: "Group".into(), version: account.version + 1, ..account.clone() };
    write.account(store, Some(&account), &renamed);
    let mark = "test".to_owned();
    let first = Event::RejudgeAccount { account: account.id.clone(), mark };
    write.event(store, &first, now, false);
    write.commit(store).await.expect("written");

    let run = async |event: &Event| {
        let item = store.raw(&store::outbox::queued(&event.id())).await.expect("answers").expect("it is queued");
        let change = Change { new_image: image(&item), sequence_number: "1".into() };
        let records = Records::of(vec![Record { kind: "INSERT".into(), dynamodb: change }]);
        assert!(send_activation::records(&bench.app, records).await.failures.is_empty());
        assert!(queued(&bench, event).await.expect("kept").done_at.is_some());
    };
    let events = async || {
        run(&first).await;
        let mark = "acc-1|test".to_owned();
        run(&Event::RejudgeAddress { address: "boss@contoso.example".parse().expect("one"), mark: mark.clone() }).await;
        let (mut after, mut rounds) = (None, 0);
        loop {
            let (customer, mark) = (agreement.customer.clone(), mark.clone());
            run(&Event::RejudgeCustomer { customer, after: after.clone(), mark }).await;
            rounds += 1;
            let (some, more) = store.agreements_of(&agreement.customer, after.as_ref(), 20).await.expect("answers");
            after = some.last().cloned();
            if !more {
                return rounds;
            }
        }
    };
    assert_eq!(events().await, 3, "46 agreements, 20 at a time");
    for licence in [licence(), last.clone()] {
        let activation = store.activation(&licence, &sku(MAIL)).await.expect("answers").expect("stored");
        assert_eq!(activation.customer_name, "Contoso Group", "{licence}");
    }
    let activation = bench.activation(MAIL).await;
    assert_eq!(activation.on_account().expect("in use").account_name, "Group");
    let listings =
        store.listings_of(&at_contoso("osm"), store::licences::Start::Beginning, 999).await.expect("answers").0;
    assert!(listings.len() == 46 && listings.iter().all(|row| row.customer_name == "Contoso Group"));
    assert_eq!(history(&bench, &last).await.1, 2, "one change");
    events().await;
    assert_eq!(history(&bench, &last).await.1, 2, "again, and nothing is changed");
}

/// What an activation shows of how often it was changed: seats, changes, links.
async fn history(bench: &Bench, licence: &Licence) -> (u64, u64, u32) {
    let found = bench.store.activation(licence, &sku(MAIL)).await.expect("answers");
    found.map_or((0, 0, 0), |activation| (activation.quantity, activation.version, activation.generation))
}

/// Eight new orders of 1, 2, 4, … 128 seats, so that the seats of an activation say which of them it has: their records.
async fn eight_orders(bench: &Bench, name: &str) -> Vec<Value> {
    let orders: Vec<_> = (0..8).map(|place| order(&format!("PO-{name}-{place}"), MAIL, 1 << place)).collect();
    let mut write = Write::new();
    for order in &orders {
        write.order(&bench.store, order, bench.app.now());
    }
    write.commit(&bench.store).await.expect("new orders are taken");
    let mut images = Vec::new();
    for order in orders {
        let stored = bench.store.raw(&store::orders::order(&order.id)).await.expect("answers");
        images.push(image(&stored.expect("stored")));
    }
    as_inserted(images)
}

/// The seats of the orders at these places, together.
fn seats(places: Vec<usize>) -> u64 {
    places.into_iter().map(|place| 1 << place).sum()
}

/// Hands an event to the function as its program does; one that is no stream's event fails the call.
async fn hand_over(app: &App, event: Value) -> Option<Failures> {
    Some(send_activation::records(app, serde_json::from_value(event).ok()?).await)
}

/// The places that were reported.
fn reported(failures: &Failures) -> Vec<usize> {
    failures.failures.iter().map(|failure| failure.sequence_number.parse().expect("a place")).collect()
}

/// ACT-16 whichever of eight orders of a batch fail: each is taken in, once. The stream hands over again what failed *and*
/// what stood behind it; that counts nothing again.
#[tokio::test]
async fn act_16_whichever_of_eight_orders_fail_each_counts_once() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let faults = Faults::on(&bench);
    let app = faults.app(Retries::Off);
    let mut again = 0;
    for failing in OfEight::every_way() {
        let batch = eight_orders(&bench, &failing.to_string()).await;
        let named: Vec<String> =
            failing.places().into_iter().map(|place| format!("\"PO-{failing}-{place}\"")).collect();
        faults.refuse(move |call, body| {
            let text = if call.operation == "TransactWriteItems" { body.to_string() } else { String::new() };
            named.iter().any(|id| text.contains(id))
        });
        let (before, ..) = history(&bench, &licence()).await;
        again += drive_failing(
            &batch,
            failing,
            async |event| hand_over(&app, event).await,
            async || {
                let counted = history(&bench, &licence()).await.0 - before;
                assert_eq!(counted, seats(failing.others()), "{failing}: the others were done");
                faults.heal();
            },
        )
        .await;
        assert_eq!(history(&bench, &licence()).await.0 - before, 255, "{failing}: each one's seats, once");
    }
    let (_, changes, links) = history(&bench, &licence()).await;
    assert_eq!((changes, links), (256 * 8, 1), "one change an order, and one link for all of them");
    assert_eq!(again, COME_AGAIN);
}

/// ACT-16 EXP-04 when the time of a call is nearly up, nothing more is begun: the rest is reported, and comes again.
#[tokio::test]
async fn act_16_a_call_whose_time_is_up_begins_nothing() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let batch = eight_orders(&bench, "late").await;
    let records: Records = serde_json::from_value(serde_json::json!({ "Records": batch })).expect("records");
    let over = Records { deadline: Deadline::at(std::time::UNIX_EPOCH), ..records.clone() };
    let before = bench.app.store.meter().read();
    assert_eq!(reported(&send_activation::records(&bench.app, over).await), (0..8).collect::<Vec<_>>());
    assert_eq!(bench.app.store.meter().read(), before);
    assert!(send_activation::records(&bench.app, records).await.failures.is_empty());
}

/// ACT-16 whichever of eight records can't be read: they end with the dead letters, and each of the others is taken in, once.
#[tokio::test]
async fn act_16_whichever_of_eight_records_are_poison_the_others_count_once() {
    let bench = Bench::new().await;
    bench.contoso().await;
    for poisoned in OfEight::every_way() {
        let mut batch = eight_orders(&bench, &poisoned.to_string()).await;
        for place in poisoned.places() {
            batch[place] = poison(place);
        }
        let (before, ..) = history(&bench, &licence()).await;
        let driven = drive(&batch, ATTEMPTS, async |event| hand_over(&bench.app, event).await).await;
        assert_eq!(driven.dead, poisoned.places(), "{poisoned}");
        let after = history(&bench, &licence()).await.0;
        assert_eq!(after - before, seats(poisoned.others()), "{poisoned}: each other one's seats, once");
    }
}

/// ACT-15 ACT-16 whichever of eight "judge again" of a batch fail: each Licensing ID's activation goes to its new contact,
/// with one change and one new link.
#[tokio::test]
async fn act_15_whichever_of_eight_judgements_fail_each_is_made_once() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let contoso = bench.context(MAIL).await.agreement.expect("stored").record;
    let licences: Vec<Licence> = (0..8).map(|place| format!("enterprise/200{place}").parse().expect("one")).collect();
    let (mut agreements, mut before) = (Vec::new(), Vec::new());
    for (place, licence) in licences.iter().enumerate() {
        let mut write = Write::new();
        let agreement = Agreement { licence: licence.clone(), ..contoso.clone() };
        agreements.push(write.agreement(&bench.store, None, &agreement, "Contoso"));
        write.commit(&bench.store).await.expect("written");
        take(&bench, Order { licence: licence.clone(), ..order(&format!("PO-{place}"), MAIL, 1) }).await;
        before.push(history(&bench, licence).await);
    }
    let faults = Faults::on(&bench);
    let app = faults.app(Retries::Off);
    for failing in OfEight::every_way() {
        // An operator corrects all eight.
        let (mut write, mut events) = (Write::new(), Vec::new());
        for (place, agreement) in agreements.iter_mut().enumerate() {
            let mut after = agreement.record.clone();
            after
                .loaded_contacts
                .insert(ContactName::OnlineServicesManager, at_contoso(&format!("osm-{failing}-{place}")));
            *agreement = write.agreement(&bench.store, Some(agreement), &after, "Contoso");
            events.push(Event::Rejudge { licence: after.licence, mark: failing.to_string() });
        }
        write.events(&bench.store, &events, bench.app.now());
        write.commit(&bench.store).await.expect("corrected");
        let mut images = Vec::new();
        for event in events {
            let stored = bench.store.raw(&store::outbox::queued(&event.id())).await.expect("answers");
            images.push(image(&stored.expect("stored")));
        }
        let named: Vec<String> = failing.places().into_iter().map(|place| format!("enterprise/200{place}\"")).collect();
        faults.refuse(move |_, body| named.iter().any(|licence| body.to_string().contains(licence)));
        let function = async |event| hand_over(&app, event).await;
        drive_failing(&as_inserted(images), failing, function, async || faults.heal()).await;
        for (licence, before) in licences.iter().zip(&mut before) {
            let after = history(&bench, licence).await;
            assert_eq!(after, (before.0, before.1 + 1, before.2 + 1), "{failing} {licence}: one change, one link");
            *before = after;
        }
    }
}

/// ACT-16 whichever call of taking an order in fails, before or after it took effect: taken in again, there is one
/// activation with one mail, the quantity once, and one audit entry.
#[tokio::test]
async fn act_16_a_fault_at_any_call_loses_and_doubles_nothing() {
    let dry = Bench::new().await;
    dry.contoso().await;
    let first = stored(&dry, order("PO-1", MAIL, 25)).await;
    let faults = Faults::on(&dry);
    send_activation::take_in(&faults.app(Retries::Off), &first).await.expect("taken in");
    let calls = faults.calls();
    assert!(calls.len() >= 3);
    for fault in Fault::every(&calls) {
        let bench = Bench::new().await;
        bench.contoso().await;
        let first = stored(&bench, order("PO-1", MAIL, 25)).await;
        let faults = Faults::on(&bench);
        faults.plan(fault);
        let _ = send_activation::take_in(&faults.app(Retries::Off), &first).await;
        assert!(faults.happened(), "{fault}");
        faults.heal();
        send_activation::take_in(&faults.app(Retries::Off), &first).await.expect("taken in");
        let activation = bench.activation(MAIL).await;
        assert_eq!((activation.quantity, activation.version), (25, 1), "{fault}");
        assert!(queued(&bench, &link(MAIL, 1, 1)).await.is_some(), "{fault}");
        let (entries, _) = bench.store.audit_page(&format!("licence#{LICENCE}"), 0, 10).await.expect("answers");
        assert_eq!(entries.len(), 1, "{fault}");
    }
}

/// ACT-14 the addressee and managers get a new link by asking, three a day; others learn nothing.
#[tokio::test]
async fn act_14_resend_for_those_who_may() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let which = Which { licence: licence(), product: sku(MAIL) };
    let stranger = bench.signed_in(&["x@fabrikam.example"]).await;
    let (_, problem) = stranger.take(&send_activation::handle(&bench.app, stranger.post(path::RESEND, &which)).await);
    assert_eq!(problem["code"], "not-allowed");
    let unknown = Which { licence: "enterprise/1".parse().expect("a licence"), ..which.clone() };
    let (_, same) = stranger.take(&send_activation::handle(&bench.app, stranger.post(path::RESEND, &unknown)).await);
    assert_eq!(same, problem, "whether it exists is not told");
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    for generation in 2..=4 {
        let (status, mailed) = osm.take(&send_activation::handle(&bench.app, osm.post(path::RESEND, &which)).await);
        assert_eq!((status, mailed["to"].as_str()), (202, Some("o•••@contoso.example")));
        assert!(queued(&bench, &link(MAIL, generation, 1)).await.is_some());
    }
    let response = send_activation::handle(&bench.app, osm.post(path::RESEND, &which)).await;
    assert_eq!(response.headers()["retry-after"], "86400");
    assert_eq!(osm.take(&response).1["code"], "too-often");
}

/// ACT-14 LINK-08 whichever call of asking for a mail fails, before or after it took effect: who is told that it is mailed
/// gets one mail, and who is told of a failure gets none until they ask again.
#[tokio::test]
async fn act_14_a_fault_at_any_call_mails_what_is_answered() {
    for (resend, mailed) in [(true, (2, 1)), (false, (1, 2))] {
        let mut faults = vec![None];
        while let Some(fault) = faults.pop() {
            let bench = Bench::new().await;
            bench.contoso().await;
            let token = bench.invite(MAIL).await;
            let osm = bench.signed_in(&["osm@contoso.example"]).await;
            let request = || {
                if resend {
                    osm.post(path::RESEND, &Which { licence: licence(), product: sku(MAIL) })
                } else {
                    osm.post(path::LINK_ASK, &LinkToken { token: token.clone() })
                }
            };
            let way = Faults::on(&bench);
            match fault {
                Some(fault) => way.plan(fault),
                None => way.heal(),
            }
            let status = send_activation::handle(&way.app(Retries::Off), request()).await.status();
            if fault.is_none() {
                faults = Fault::every(&way.calls()).into_iter().map(Some).collect();
                assert_eq!(way.calls().len(), 2);
            }
            let numbers = async || {
                let activation = bench.activation(MAIL).await;
                (activation.generation, activation.mails)
            };
            let what = format!("{fault:?}: {status}");
            assert_eq!(way.happened(), fault.is_some(), "{what}");
            assert_eq!(numbers().await, if status == 202 { mailed } else { (1, 1) }, "{what}");
            if status != 202 {
                assert_eq!(status, 503, "{what}");
                assert_eq!(send_activation::handle(&bench.app, request()).await.status(), 202, "{what}");
                assert_eq!(numbers().await, mailed, "{what}");
            }
            assert!(queued(&bench, &link(MAIL, mailed.0, mailed.1)).await.is_some(), "{what}");
            assert!(queued(&bench, &link(MAIL, 3, 1)).await.is_none(), "{what}");
        }
    }
}

/// LINK-08 asking without being signed in mails the same link once a day and voids nothing.
#[tokio::test]
async fn link_08_whoever_holds_a_link_may_ask_for_the_mail_again() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let token = bench.invite(MAIL).await;
    let anyone = Browser::new();
    let ask = async || {
        let request = anyone.post(path::LINK_ASK, &LinkToken { token: token.clone() });
        anyone.take(&send_activation::handle(&bench.app, request).await)
    };
    assert_eq!(ask().await.0, 202);
    assert!(queued(&bench, &link(MAIL, 1, 2)).await.is_some());
    assert_eq!(bench.token(MAIL).await, token, "the link stays the same");
    assert_eq!(ask().await.0, 429);
    bench.pass(24 * 3600);
    assert_eq!(ask().await.0, 202);
}

/// ACT-16 what taking in an order costs grows with its lines and not faster, however many there are; a repeat goes on where it
/// was cut off, and where-is knows what became of each line.
#[tokio::test]
async fn act_16_an_order_of_many_lines_costs_by_the_line() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut used = Vec::new();
    for (id, count) in [("PO-100", 100_usize), ("PO-200", 200), ("PO-400", 400)] {
        let mut many = order(id, SERVER, 1);
        many.lines = vec![many.lines[0].clone(); count];
        let order = stored(&bench, many).await;
        let before = bench.app.store.meter().read();
        send_activation::take_in(&bench.app, &order).await.expect("taken in");
        used.push(bench.app.store.meter().read() - before);

        let all = bench.store.orders_of(&licence()).await.expect("answers").into_iter();
        let mut taken: Vec<_> = all.filter(|it| it.order.id == order.order.id).collect();
        bench.store.with_lines(&mut taken).await.expect("answers");
        let [taken] = &taken[..] else { panic!("one order") };
        assert_eq!(taken.outcomes.len(), count);
        assert!(taken.outcomes.values().all(|line| line.outcome == "none"));
        let raw = bench.store.raw(&store::orders::order(&order.order.id)).await.expect("answers").expect("stored");
        assert!(!raw.contains_key("due_slot"), "nothing waits any more");
        // Taken in once: again it costs one look.
        let before = bench.app.store.meter().read();
        send_activation::take_in(&bench.app, &order).await.expect("nothing left");
        let again = bench.app.store.meter().read() - before;
        assert_eq!((again.calls, again.write_units), (u64::try_from(count.div_ceil(100)).expect("few"), 0.0));
    }
    let by_line = |nth: usize, count: f64| (used[nth].read_units / count, used[nth].write_units / count);
    let (first, last) = (by_line(0, 100.0), by_line(2, 400.0));
    assert!(last.0 <= first.0 * 1.02 && last.1 <= first.1 * 1.02, "{first:?} {last:?}");
}

/// ACT-03 what is known of an address is judged wherever it is named, page by page: many licences become an event each.
#[tokio::test]
async fn act_03_an_address_on_many_licences_is_judged_by_events() {
    let bench = Bench::new().await;
    let now = bench.app.now();
    let osm = at_contoso("osm");
    let agreement = |number: usize| Agreement {
        licence: format!("enterprise/{number:04}").parse().expect("a licence"),
        customer: "contoso".parse().expect("a key"),
        starts: "2026-01-01".parse().expect("a date"),
        ends: "2028-12-31".parse().expect("a date"),
        loaded_contacts: [(ContactName::OnlineServicesManager, osm.clone())].into(),
        parent: None,
        authorization_number: None,
    };
    for numbers in (0..200).collect::<Vec<usize>>().chunks(40) {
        let mut write = Write::new();
        for number in numbers {
            write.agreement(&bench.store, None, &agreement(*number), "Contoso");
        }
        write.commit(&bench.store).await.expect("written");
    }
    let event = Event::RejudgeAddress { address: osm.clone(), mark: "suppressed|1".into() };
    let mut write = Write::new();
    write.event(&bench.store, &event, now, false);
    write.commit(&bench.store).await.expect("written");
    let queued_event = bench.store.raw(&store::outbox::queued(&event.id())).await.expect("answers").expect("queued");
    let before = bench.app.store.meter().read();
    let records = serde_json::json!({ "Records": as_inserted([image(&queued_event)]) });
    let records: Records = serde_json::from_value(records).expect("records");
    let failures = send_activation::records(&bench.app, records).await;
    assert!(failures.failures.is_empty());
    let used = bench.app.store.meter().read() - before;
    assert!(used.calls <= 8, "{used:?}");
    for number in [0, 89, 90, 199] {
        let licence = agreement(number).licence;
        let one = Event::Rejudge { licence, mark: format!("suppressed|1|{}", osm.as_str()) };
        assert!(queued(&bench, &one).await.is_some(), "{number}");
    }
    assert!(queued(&bench, &event).await.expect("kept").done_at.is_some());
}
