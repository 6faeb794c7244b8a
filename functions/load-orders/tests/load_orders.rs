//! Rows become records, once, judged as the dry run judges them.

mod holders;

use std::collections::HashSet;

use api::path;
use gateway::{
    Request,
    testing::{
        Bench, Browser,
        faults::{Fault, Faults, Kind, Retries},
        interleavings::{Orders, Work},
    },
};
use http::HeaderValue;
use licensing::{
    account::{Account, AccountRole, Member},
    audit::licence_chain,
    event::Event,
    import::{Lines, Reader, Row, RowOutcome, World},
    seal::stored_hash,
};
use load_orders::{Loaded, Loader, Options};
use store::{Table, Write, tokens::Token};

fn rows(text: &str) -> Vec<Row> {
    let (mut lines, mut reader, mut rest, mut rows) = (Lines::new(), Reader::new(), text.as_bytes(), Vec::new());
    while let Some(line) = lines.next(&mut rest) {
        rows.push(reader.read(&line));
    }
    rows.extend(lines.last().map(|line| reader.read(&line)));
    rows
}

fn options(load: &str, dry_run: bool) -> Options {
    Options { load: load.into(), operator: "ann".into(), dry_run }
}

async fn load(bench: &Bench, text: &str, options: Options) -> Loaded {
    let mut loader = Loader::new(&bench.app, options);
    let mut loaded = Loaded::default();
    for chunk in rows(text).chunks(100) {
        loaded.add(loader.take(chunk).await.expect("the database answers"));
    }
    loader.finish().await.expect("the database answers");
    loaded
}

/// The welcome mails in the outbox: of which load, for whom, and whether they are held.
async fn welcomes(bench: &Bench) -> Vec<(String, Vec<String>, bool)> {
    let store = &bench.store;
    let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("answers");
    let mut welcomes = Vec::new();
    for item in found.items() {
        let id = item["event_id"].as_s().expect("a key");
        let queued = store.get(&store::outbox::queued(id)).await.expect("answers").expect("stored");
        if let Event::Welcome { load, addresses } = queued.event {
            welcomes.push((load, addresses.iter().map(|to| to.as_str().to_owned()).collect(), queued.held));
        }
    }
    welcomes
}

fn data(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name);
    std::fs::read_to_string(path).expect("the sample data")
}

/// ACT-01 ORG-04 who joined an account by a decision stays when its row is loaded again, which counts as unchanged.
#[tokio::test]
async fn act_01_a_loaded_row_leaves_those_who_joined() {
    let bench = Bench::new().await;
    let row = r#"{"type":"account","id":"a1","name":"Contoso","domains":[],"global_admins":["boss@contoso.example"],"billing_admins":[]}"#;
    load(&bench, row, options("one", false)).await;
    let slot = store::licences::account(&"a1".parse().expect("an id"));
    let before = bench.store.get(&slot).await.expect("answers").expect("stored");
    let mut after = Account { version: before.version + 1, ..before.clone() };
    let address: licensing::Address = "osm@contoso.example".parse().expect("an address");
    let (role, since) = (AccountRole::BillingAdministrator, bench.app.now());
    after.members.push(Member { address: address.clone(), role, since });
    let mut write = Write::new();
    write.account(&bench.store, Some(&before), &after);
    write.commit(&bench.store).await.expect("written");

    assert_eq!(load(&bench, row, options("two", false)).await.unchanged, 1);
    let renamed = row.replace("\"Contoso\"", "\"Contoso Group\"");
    assert_eq!(load(&bench, &renamed, options("three", false)).await.taken, 1);
    let stored = bench.store.get(&slot).await.expect("answers").expect("stored");
    assert_eq!((stored.name.as_str(), stored.members), ("Contoso Group", after.members));
    assert_eq!(bench.store.administered_by(&address).await.expect("answers").len(), 1);
}

fn linked(id: &str, customer: &str) -> String {
    format!(
        r#"{{"type":"account","id":"{id}","name":"Of {customer}","customer":"{customer}","domains":[],"global_admins":["a@k.example"],"billing_admins":[]}}"#
    ) + "\n"
}

/// ACT-01 LINK-02 an account may have any id, also one that begins like the key of something else, and the account that a
/// customer is linked to stays the first one.
#[tokio::test]
async fn act_01_an_account_may_have_any_id() {
    let bench = Bench::new().await;
    let customer = |id: &str| format!(r#"{{"type":"customer","id":"{id}","name":"{id}","country":"SE"}}"#) + "\n";
    let ids = ["customer#contoso", "customer#a/b c", "account-of#contoso", "product#MAIL", "a/b#c d|e%23", "\u{e4}"];
    let mut text = customer("contoso") + &customer("a/b c");
    text += &ids.map(|id| linked(id, "contoso")).concat();
    text += &linked("second", "a/b c");
    let loaded = load(&bench, &text, options("one", false)).await;
    assert_eq!((loaded.taken, loaded.refused), (9, 0), "{:?}", loaded.lines);
    assert_eq!(load(&bench, &text, options("two", false)).await.unchanged, 9);
    for id in ids {
        let slot = store::licences::account(&id.parse().expect("an id"));
        assert_eq!(bench.store.get(&slot).await.expect("answers").expect("stored").name, "Of contoso", "{id}");
    }
    for (customer, first) in [("contoso", "customer#contoso"), ("a/b c", "second")] {
        let linked = bench.store.linked_account(&customer.parse().expect("an id")).await.expect("answers");
        assert_eq!(linked.expect("one").as_str(), first);
    }
}

/// ACT-01 LINK-02 what customers were linked to lay among the accounts once. It is still found there, is no account, stays the
/// first one, and is out of the way of an account with that very id.
#[tokio::test]
async fn act_01_a_link_among_the_accounts_is_found_and_makes_way() {
    let bench = Bench::new().await;
    let (store, id) = (&bench.store, "contoso".parse().expect("an id"));
    let text = |value: &str| store::sdk::types::AttributeValue::S(value.into());
    let put = store.client().put_item().table_name(store.name(Table::Accounts));
    put.item("account_id", text("customer#contoso"))
        .item("account", text("old"))
        .item("name", text("Old"))
        .item("takes_assignments", store::sdk::types::AttributeValue::Bool(true))
        .send()
        .await
        .expect("stored");
    let linked_to = async || store.linked_account(&id).await.expect("answers").expect("one").to_string();
    let account = store::licences::account(&"customer#contoso".parse().expect("an id"));
    assert_eq!(linked_to().await, "old");
    assert_eq!(store.get(&account).await.expect("it is no account, and no defect"), None);

    let rows = r#"{"type":"customer","id":"contoso","name":"Contoso","country":"SE"}"#.to_owned() + "\n";
    assert_eq!(load(&bench, &(rows + &linked("acc-2", "contoso")), options("one", false)).await.taken, 2);
    assert_eq!(linked_to().await, "old");
    assert_eq!(load(&bench, &linked("customer#contoso", "contoso"), options("two", false)).await.taken, 1);
    assert_eq!(store.get(&account).await.expect("answers").expect("stored").name, "Of contoso");
    assert_eq!(linked_to().await, "old");
}

/// ACT-01 LINK-11 a product's provisioning endpoint, which an operator set, stays when its row is loaded again or changed.
#[tokio::test]
async fn act_01_a_loaded_row_leaves_the_endpoint_of_its_product() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.set_endpoint("MAIL-ENT", Some("https://set-up.contoso.example/")).await;
    let row = r#"{"type":"product","sku":"MAIL-ENT","name":"Mail and Calendar Enterprise","kind":"online-service"}"#;
    assert_eq!(load(&bench, row, options("one", false)).await.unchanged, 1);
    assert_eq!(load(&bench, &row.replace("Mail and", "Post and"), options("two", false)).await.taken, 1);
    let slot = store::licences::product(&"MAIL-ENT".parse().expect("a key"));
    let stored = bench.store.get(&slot).await.expect("answers").expect("stored");
    assert_eq!(stored.record.name.as_str(), "Post and Calendar Enterprise");
    assert_eq!(stored.endpoint.expect("it stays").as_str(), "https://set-up.contoso.example/");
}

/// ACT-01 the sample data load with the refusals of the dry run, row by row; loading the same rows again changes nothing.
#[tokio::test]
async fn act_01_loading_twice_changes_nothing() {
    let bench = Bench::new().await;
    let sample = data("sample.jsonl");
    let expected: Vec<String> =
        data("sample.expected.jsonl").lines().filter(|line| line.contains("\"error\"")).map(str::to_owned).collect();
    let first = load(&bench, &sample, options("one", false)).await;
    assert_eq!(first.lines, expected);
    assert_eq!(first.refused, expected.len() as u64);
    // Some keys stand in the file with two contents, and the later replaces the earlier each time: those rows change.
    let mut world = World::empty();
    let mut again = 0;
    for pass in 0..2 {
        for row in rows(&sample) {
            let taken = world.take(row, bench.app.now(), &bench.app.policy.links);
            again += u64::from(pass == 1 && matches!(taken, Ok(RowOutcome::Stored(_) | RowOutcome::Ordered(..))));
        }
    }
    let second = load(&bench, &sample, options("two", false)).await;
    assert_eq!((second.taken, second.refused), (again, first.refused));
    assert_eq!(second.taken + second.unchanged + second.refused, second.rows);
    let before = bench.app.store.meter().read();
    let third = load(&bench, CONTOSO, options("three", false)).await;
    assert_eq!(third.taken, 3);
    let fourth = load(&bench, CONTOSO, options("four", false)).await;
    assert_eq!((fourth.taken, fourth.unchanged), (0, 3));
    assert!((bench.app.store.meter().read() - before).write_units > 0.0);
}

/// ACT-01 a dry run against an empty store prints exactly what the format's example prints, and writes nothing.
#[tokio::test]
async fn act_01_a_dry_run_prints_what_would_happen() {
    for name in ["sample", "refusals", "access"] {
        let bench = Bench::new().await;
        let before = bench.app.store.meter().read();
        let dry = load(&bench, &data(&format!("{name}.jsonl")), options("dry", true)).await;
        let expected = data(&format!("{name}.expected.jsonl"));
        assert_eq!(dry.lines, expected.lines().collect::<Vec<_>>(), "{name}");
        assert!((bench.app.store.meter().read() - before).write_units == 0.0);
    }
}

const CONTOSO: &str = r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}
{"type":"customer","id":"c1","name":"Contoso","country":"SE"}
{"type":"agreement","programme":"enterprise","number":"100","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"online-services-manager":"osm@contoso.example","notices":"someone@gmail.com"}}
"#;

/// ACT-01 a dry run against what is stored sees it.
#[tokio::test]
async fn act_01_a_dry_run_sees_what_is_stored() {
    let bench = Bench::new().await;
    load(&bench, CONTOSO, options("one", false)).await;
    let order = r#"{"type":"order","id":"PO-1","programme":"enterprise","number":"100","purchased":"2026-11-10","usage_starts":"2026-11-10","lines":[{"product":"MAIL","quantity":25},{"product":"NO","quantity":1}]}"#;
    let refused = load(&bench, order, options("dry", true)).await;
    assert_eq!(refused.lines, [r#"{"row":1,"error":"unknown-product","field":"lines[1].product"}"#]);
    let order = order.replace(r#",{"product":"NO","quantity":1}"#, "");
    let dry = load(&bench, &order, options("dry", true)).await;
    assert_eq!(
        dry.lines,
        [
            r#"{"order":"PO-1","line":1,"outcome":"mail","rule":"ACT-02","to":"osm@contoso.example","send_at":"2026-11-22T00:00:00Z","expires_at":"2027-05-11T00:00:00Z"}"#
        ]
    );
    assert_eq!(load(&bench, &order, options("two", false)).await.taken, 1);
    let changed = order.replace("25", "26");
    let conflict = load(&bench, &changed, options("three", false)).await;
    assert_eq!(conflict.lines, [r#"{"row":1,"error":"conflict","field":"id"}"#]);
    let kind = r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"on-premises"}"#;
    assert_eq!(
        load(&bench, kind, options("four", false)).await.lines,
        [r#"{"row":1,"error":"conflict","field":"kind"}"#]
    );
}

/// ACT-01 contacts at public mail providers are taken with a warning.
#[tokio::test]
async fn act_01_public_mail_providers_are_warned_about() {
    let bench = Bench::new().await;
    let loaded = load(&bench, CONTOSO, options("one", false)).await;
    assert_eq!((loaded.taken, loaded.refused, loaded.warnings.len()), (3, 0, 1));
    assert!(
        loaded.warnings[0].contains("row 3")
            && loaded.warnings[0].contains("notices")
            && !loaded.warnings[0].contains('@')
    );
}

/// ACT-17 every listed contact gets one welcome mail a load, let go when the load has ended.
#[tokio::test]
async fn act_17_one_digest_per_person_and_load() {
    let bench = Bench::new().await;
    let second = CONTOSO.lines().last().expect("a row").replace("\"100\"", "\"101\"");
    let mut loader = Loader::new(&bench.app, options("one", false));
    loader.take(&rows(&format!("{CONTOSO}{second}\n"))).await.expect("loaded");
    let [held] = &welcomes(&bench).await[..] else { panic!("one event for both agreements") };
    assert_eq!((held.0.as_str(), held.2), ("one", true), "held while the load goes on");
    assert_eq!(held.1.iter().filter(|person| *person == "osm@contoso.example").count(), 1);
    loader.finish().await.expect("finished");
    assert!(welcomes(&bench).await.iter().all(|(_, _, held)| !held));
    load(&bench, CONTOSO, options("two", false)).await;
    assert_eq!(welcomes(&bench).await.len(), 1, "nobody new, nobody is welcomed");
}

/// ACT-03 a corrected contact and a suppression ask for open activations to be judged again, in the same transaction.
#[tokio::test]
async fn act_03_changes_ask_for_judging_again() {
    let bench = Bench::new().await;
    load(&bench, CONTOSO, options("one", false)).await;
    load(&bench, &CONTOSO.replace("osm@contoso", "new@contoso"), options("two", false)).await;
    let rejudge = Event::Rejudge { licence: "enterprise/100".parse().expect("a licence"), mark: "agreement|2".into() };
    assert!(bench.store.get(&store::outbox::queued(&rejudge.id())).await.expect("answers").is_some());
    let old = bench
        .store
        .listings_of(&"osm@contoso.example".parse().expect("an address"), store::licences::Start::Beginning, 9)
        .await
        .expect("answers")
        .0;
    assert!(old.is_empty(), "who is no longer named is not listed");
}

/// ACT-03 a suppression asks in its own transaction that everything be judged again that names the address, whatever the
/// number of licences.
#[tokio::test]
async fn act_03_a_suppression_asks_for_judging_again_everywhere() {
    let bench = Bench::new().await;
    load(&bench, CONTOSO, options("one", false)).await;
    let row = "{\"type\": \"suppression\", \"address\": \"osm@contoso.example\", \"reason\": \"hard-bounce\"}\n";
    load(&bench, row, options("two", false)).await;
    let mark = format!("suppressed|{}", bench.app.now());
    let address = "osm@contoso.example".parse().expect("an address");
    let event = Event::RejudgeAddress { address, mark };
    let queued = bench.store.get(&store::outbox::queued(&event.id())).await.expect("answers").expect("queued");
    assert_eq!((queued.consumer.as_str(), queued.held), ("activations", false));
}

/// SAFE-03 ACT-01 a row that was loaded before does not stop mail again that was let through since; another reason does.
#[tokio::test]
async fn safe_03_a_repeated_row_does_not_undo_a_lifting() {
    let row = |reason: &str| format!(r#"{{"type": "suppression", "address": "osm@k.example", "reason": "{reason}"}}"#);
    let address: licensing::Address = "osm@k.example".parse().expect("an address");
    let slot = store::licences::suppression(&address);
    for (reason, other) in [("hard-bounce", "complaint"), ("complaint", "hard-bounce")] {
        let bench = Bench::new().await;
        let known = async || bench.store.get(&slot).await.expect("answers").expect("stored");
        assert_eq!(load(&bench, &row(reason), options(reason, false)).await.taken, 1);
        bench.pass(60);
        assert!(bench.store.fails(&known().await, bench.app.now()));
        let lifted = known().await.lift(bench.app.now(), &bench.app.policy.mails).expect("not too often");
        let mut write = Write::new();
        write.reach(&bench.store, &lifted.expect("it stops mail"));
        write.commit(&bench.store).await.expect("nobody else writes");
        bench.pass(60);
        assert_eq!(load(&bench, &row(reason), options(reason, false)).await.unchanged, 1);
        assert!(!bench.store.fails(&known().await, bench.app.now()), "{reason} stays lifted");
        assert_eq!(load(&bench, &row(other), options(other, false)).await.taken, 1);
        assert!(bench.store.fails(&known().await, bench.app.now()), "{other} is new");
    }
}

/// SAFE-03 ACT-03 an order is judged by who can be reached now: after thirty days an address that bounced is tried again.
#[tokio::test]
async fn safe_03_an_old_bounce_no_longer_decides_an_order() {
    let bench = Bench::new().await;
    load(&bench, CONTOSO, options("one", false)).await;
    let row = r#"{"type": "suppression", "address": "osm@contoso.example", "reason": "hard-bounce"}"#;
    load(&bench, row, options("two", false)).await;
    let order = r#"{"type":"order","id":"PO-1","programme":"enterprise","number":"100","purchased":"2026-11-10","usage_starts":"2026-11-10","lines":[{"product":"MAIL","quantity":25}]}"#;
    for (days, to) in [(29, "someone@gmail.com"), (1, "osm@contoso.example")] {
        bench.pass(days * 24 * 3600);
        let would = load(&bench, order, options("dry", true)).await;
        assert!(would.lines.concat().contains(&format!(r#""to":"{to}""#)), "{days}: {:?}", would.lines);
    }
}

fn contacts(named: &str) -> String {
    format!(
        "{}\n{{\"type\":\"agreement\",\"programme\":\"enterprise\",\"number\":\"100\",\"customer\":\"c1\",\
         \"starts\":\"2026-01-01\",\"ends\":\"2028-12-31\",\"contacts\":{{{named}}}}}\n",
        CONTOSO.trim().lines().take(2).collect::<Vec<_>>().join("\n")
    )
}

/// ACT-01 a person who was several contacts of an agreement leaves it in one change.
#[tokio::test]
async fn act_01_who_was_several_contacts_is_taken_off_once() {
    let bench = Bench::new().await;
    let both = r#""primary":"ann@contoso.example","notices":"ann@contoso.example""#;
    load(&bench, &contacts(both), options("one", false)).await;
    let changed = load(&bench, &contacts(r#""primary":"bob@contoso.example""#), options("two", false)).await;
    assert_eq!((changed.taken, changed.unchanged), (1, 2));
    let listings = async |address: &str| {
        bench
            .store
            .listings_of(&address.parse().expect("an address"), store::licences::Start::Beginning, 9)
            .await
            .expect("answers")
            .0
            .len()
    };
    assert_eq!((listings("ann@contoso.example").await, listings("bob@contoso.example").await), (0, 1));
}

/// ACT-01 whoever else writes to the same agreement and its audit at that time, a row gets its turn.
#[tokio::test]
async fn act_01_a_row_waits_for_its_turn() {
    const LOADS: usize = 12;
    let bench = Bench::new().await;
    load(&bench, CONTOSO, options("first", false)).await;
    let texts: Vec<String> =
        (0..LOADS).map(|day| CONTOSO.replace("2028-12-31", &format!("2029-01-{:02}", day + 1))).collect();
    let loads = texts.iter().map(|text| load(&bench, text, options("one of many", false)));
    let taken: Vec<u64> = futures_util::future::join_all(loads).await.iter().map(|loaded| loaded.taken).collect();
    assert_eq!(taken, vec![1; LOADS]);
    let slot = store::licences::agreement(&"enterprise/100".parse().expect("a licence"));
    let stored = bench.store.get(&slot).await.expect("answers").expect("stored");
    assert_eq!(stored.version, LOADS as u64 + 1);
}

/// A customer with an agreement and an order, by number.
fn customer_rows(number: usize, osm: &str) -> String {
    [
        format!(r#"{{"type":"customer","id":"n{number}","name":"Customer {number}","country":"SE"}}"#),
        format!(
            r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"n{number}","starts":"2026-01-01","ends":"2028-12-31","contacts":{{"online-services-manager":"{osm}","notices":"notices@contoso.example"}}}}"#
        ),
        format!(
            r#"{{"type":"order","id":"N-{number}","programme":"select","number":"{number}","purchased":"2026-11-01","usage_starts":"2026-11-01","lines":[{{"product":"MAIL","quantity":1}}]}}"#
        ),
    ]
    .map(|row| row + "\n")
    .concat()
}

/// ACT-01 the rows of a chunk share transactions: a load of many costs few calls.
#[tokio::test]
async fn act_01_rows_are_written_together() {
    let bench = Bench::new().await;
    let product = CONTOSO.lines().next().expect("a product");
    let rows: String = (0..30).map(|number| customer_rows(number, "osm@contoso.example")).collect();
    let before = bench.app.store.meter().read();
    let loaded = load(&bench, &format!("{product}\n{rows}"), options("one", false)).await;
    let used = bench.app.store.meter().read() - before;
    assert_eq!((loaded.rows, loaded.taken), (91, 91));
    assert!(used.calls < 12, "{used:?}");
}

/// ACT-01 two loads of the same product, in every order of their calls: both come to their end, and one of them had the last
/// word. The second changes it twice, so that the first can lose twice in a row and has to go on row by row.
#[tokio::test]
async fn act_01_two_loads_of_the_same_row_both_end_in_every_order() {
    let bench = Bench::new().await;
    let ways = [Faults::on(&bench), Faults::on(&bench)];
    let mut orders = Orders::default();
    while orders.more() {
        let number = orders.tried();
        let load = |way: &Faults, names: &'static [&str]| -> Work<u64> {
            let app = way.app(Retries::Off);
            Box::pin(async move {
                let (mut loader, mut taken) = (Loader::new(&app, options("one", false)), 0);
                for name in names {
                    let row =
                        format!(r#"{{"type":"product","sku":"P-{number}","name":"{name}","kind":"online-service"}}"#);
                    taken += loader.take(&rows(&row)).await.expect("loaded all the same").taken;
                }
                taken
            })
        };
        let work = [load(&ways[0], &["First"]), load(&ways[1], &["Second", "Third"])];
        let taken = orders.run([&ways[0], &ways[1]], work).await;
        assert_eq!(taken, [1, 2], "{:?}", orders.taken());
        let slot = store::licences::product(&format!("P-{number}").parse().expect("a key"));
        let stored = bench.store.get(&slot).await.expect("answers").expect("stored");
        assert!(["First", "Third"].contains(&stored.record.name.as_str()), "{:?}", orders.taken());
        assert_eq!(stored.version, 3, "{:?}", orders.taken());
    }
    assert_eq!(orders.tried(), 14);
}

/// An agreement of `contoso` without contacts, below another one or not.
fn enrolment(number: &str, parent: Option<&str>) -> String {
    let parent =
        parent.map(|number| format!(r#","parent":{{"programme":"select","number":"{number}"}}"#)).unwrap_or_default();
    format!(
        r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"contoso","starts":"2026-01-01","ends":"2028-12-31","contacts":{{}}{parent}}}"#
    ) + "\n"
}

/// ACT-01 two loads at once, in every order of their calls, that would make a circle or a long chain together: one of them is
/// taken, the other is refused like a row below it.
#[tokio::test]
async fn act_01_two_loads_make_no_circle_and_no_long_chain() {
    let bench = Bench::new().await;
    load(&bench, r#"{"type":"customer","id":"contoso","name":"Contoso","country":"SE"}"#, options("c", false)).await;
    let ways = [Faults::on(&bench), Faults::on(&bench)];
    // What stands where before, and what the two loads bring.
    for (name, below) in [("circle", [("a", "b"), ("b", "a")]), ("chain", [("a", "b"), ("c", "a")])] {
        let mut orders = Orders::default();
        while orders.more() {
            let own = |letter: &str| format!("{name}-{letter}-{}", orders.tried());
            let first: String = ["a", "b", "c"].map(|letter| enrolment(&own(letter), None)).concat();
            assert_eq!(load(&bench, &first, options("first", false)).await.taken, 3);
            let texts = below.map(|(child, parent)| enrolment(&own(child), Some(&own(parent))));
            let load = |way: &Faults, text: &str| -> Work<Loaded> {
                let (app, rows) = (way.app(Retries::Off), rows(text));
                Box::pin(async move {
                    Loader::new(&app, options("both", false)).take(&rows).await.expect("loaded or refused")
                })
            };
            let work = [load(&ways[0], &texts[0]), load(&ways[1], &texts[1])];
            let both = orders.run([&ways[0], &ways[1]], work).await;
            assert_eq!(both.iter().map(|one| one.taken).sum::<u64>(), 1, "{name} {:?}", orders.taken());
            let refused: Vec<&String> = both.iter().flat_map(|one| &one.lines).collect();
            assert_eq!(refused, [r#"{"row":1,"error":"conflict","field":"parent.number"}"#], "{name}");
        }
        assert!(orders.tried() > 2, "{}", orders.tried());
    }
}

/// ACT-01 who stands below an agreement is counted while they do, over many loads.
#[tokio::test]
async fn act_01_an_agreement_knows_what_stands_below_it() {
    let bench = Bench::new().await;
    let customer = r#"{"type":"customer","id":"contoso","name":"Contoso","country":"SE"}"#.to_owned() + "\n";
    let children: String = (0..30).map(|number| enrolment(&format!("c{number}"), Some("top"))).collect();
    let all = customer + &enrolment("top", None) + &enrolment("other", None) + &children;
    assert_eq!(load(&bench, &all, options("one", false)).await.taken, 33);
    let count = async |number: &str| {
        let slot = store::licences::family(&format!("select/{number}").parse().expect("a licence"));
        bench.store.get(&slot).await.expect("answers").map_or(0, |family| family.children)
    };
    assert_eq!((count("top").await, count("other").await), (30, 0));
    let conflict = [r#"{"row":1,"error":"conflict","field":"parent.number"}"#];
    assert_eq!(load(&bench, &enrolment("top", Some("other")), options("two", true)).await.lines, conflict);
    assert_eq!(load(&bench, &enrolment("top", Some("other")), options("two", false)).await.lines, conflict);
    let moved: String =
        (0..30).map(|number| enrolment(&format!("c{number}"), (number < 10).then_some("other"))).collect();
    assert_eq!(load(&bench, &moved, options("three", false)).await.taken, 30);
    assert_eq!((count("top").await, count("other").await), (0, 10));
    // Nothing stands below it any more.
    let below = enrolment("last", None) + &enrolment("top", Some("last"));
    assert_eq!(load(&bench, &below, options("four", false)).await.taken, 2);
}

/// ACT-01 ACT-17 whoever writes in between, or has loaded some of the rows before: each row is stored once, the audit holds
/// one entry each, and everybody is welcomed once.
#[tokio::test]
async fn act_01_others_write_while_rows_are_loaded() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let all: String = (0..12).map(|number| customer_rows(number, "osm@contoso.example")).collect();
    let product = CONTOSO.lines().next().expect("a product");
    let mut loader = Loader::new(&bench.app, options("one", false));
    loader.take(&rows(&format!("{product}\n{all}"))).await.expect("loaded");
    // The loader knows the audits as they were; now something is appended to one of them, and another load stores an order
    // and a customer that this one takes for new.
    let chain = licensing::audit::licence_chain(&"select/3".parse().expect("a licence"));
    let head = store.audit_head(&chain).await.expect("answers");
    let mut write = Write::new();
    let note = licensing::audit::Note::new("test.appended", licensing::audit::Actor::Service);
    write.audit(store, &chain, head.as_ref(), note, bench.app.now());
    write.commit(store).await.expect("written");
    load(&bench, &customer_rows(13, "osm@contoso.example"), options("other", false)).await;

    let changed: String = (0..15).map(|number| customer_rows(number, "new@contoso.example")).collect();
    let loaded = loader.take(&rows(&changed)).await.expect("loaded all the same");
    loader.finish().await.expect("ended");
    // Twelve agreements changed and one that the other load had stored; customers 12 and 14 are new, with all their rows.
    assert_eq!((loaded.rows, loaded.taken, loaded.unchanged), (45, 19, 26));
    for number in 0..15 {
        let licence: licensing::Licence = format!("select/{number}").parse().expect("a licence");
        let agreement = store.get(&store::licences::agreement(&licence)).await.expect("answers").expect("stored");
        let contacts: Vec<&str> = agreement.record.contacts().values().map(licensing::Address::as_str).collect();
        assert!(contacts.contains(&"new@contoso.example"), "{licence}: {contacts:?}");
        let (entries, _) = store.audit_page(&licensing::audit::licence_chain(&licence), 0, 10).await.expect("answers");
        let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
        let expected: &[&str] = match number {
            12 | 14 => &["agreement.loaded"],
            3 => &["agreement.loaded", "test.appended", "agreement.changed"],
            _ => &["agreement.loaded", "agreement.changed"],
        };
        assert_eq!(actions, expected, "{licence}");
    }
    let of_new =
        welcomes(&bench).await.into_iter().filter(|(_, people, _)| people.contains(&"new@contoso.example".into()));
    assert_eq!(of_new.map(|(load, _, held)| (load, held)).collect::<Vec<_>>(), [("one".to_owned(), false)]);
}

/// What must hold at any time, and whether everybody who is listed is welcomed: nothing stands without what it rests on.
async fn nothing_is_half_written(bench: &Bench, orders: usize, context: &str) -> usize {
    let store = &bench.store;
    let in_load = welcomes(bench).await.into_iter().filter(|(load, _, _)| load != "before");
    let welcomed: HashSet<String> = in_load.flat_map(|(_, people, _)| people).collect();
    let mut stored = 0;
    for number in 0..orders {
        let licence: licensing::Licence = format!("select/{number}").parse().expect("a licence");
        let agreement = store.get(&store::licences::agreement(&licence)).await.expect("answers");
        if let Some(agreement) = &agreement {
            let customer = store::licences::customer(&agreement.record.customer);
            assert!(store.get(&customer).await.expect("answers").is_some(), "{context}: {licence} has no customer");
            let (entries, _) = store.audit_page(&licence_chain(&licence), 0, 10).await.expect("answers");
            assert_eq!(entries.len(), 1, "{context}: the audit of {licence}");
            for person in agreement.record.contacts().values() {
                assert!(
                    welcomed.contains(person.as_str()),
                    "{context}: {} is not welcomed of {welcomed:?}",
                    person.as_str()
                );
            }
        }
        let id = format!("N-{number}").parse().expect("an id");
        if let Some(order) = store.get(&store::orders::order(&id)).await.expect("answers") {
            stored += 1;
            assert!(agreement.is_some(), "{context}: order {number} has no agreement");
            let reseller = order.order.reseller.expect("it names one");
            let resells = store.get(&store::licences::resells(&reseller, &licence)).await.expect("answers");
            assert!(resells.is_some(), "{context}: the reseller of order {number}");
            let product = store.get(&store::licences::product(&order.order.lines[0].product)).await.expect("answers");
            assert!(product.is_some_and(|product| product.ordered), "{context}: the product of order {number}");
        }
    }
    stored
}

/// ACT-01 ACT-17 a load that is cut at any call, or one of whose calls fails, leaves nothing half-written and no contact
/// unwelcomed; loading the same rows again completes it.
#[tokio::test]
async fn act_01_a_load_that_is_cut_is_completed_by_the_next() {
    const CUSTOMERS: usize = 36;
    // Its product was ordered before, so that no order waits for another. And the first customer is known, so that the
    // first transaction is lost while others are on their way.
    let before = [
        CONTOSO.lines().next().expect("a product"),
        &customer_rows(99, "a@contoso.example"),
        r#"{"type":"customer","id":"n0","name":"Known","country":"SE"}"#,
    ]
    .join("\n");
    let new_bench = async || {
        let bench = Bench::new().await;
        load(&bench, &before, options("before", false)).await;
        bench
    };
    let mut text = String::new();
    for number in 0..CUSTOMERS {
        let rows = customer_rows(number, &format!("osm{number}@contoso.example"));
        text.push_str(&rows.replace(r#""lines""#, r#""reseller":"partner@reseller.example","lines""#));
    }
    let take = async |app: &gateway::App, load: &str| {
        let mut loader = Loader::new(app, options(load, false));
        let loaded = loader.take(&rows(&text)).await?;
        loader.finish().await.map(|()| loaded)
    };
    let bench = new_bench().await;
    let faults = Faults::on(&bench);
    let all = take(&faults.app(Retries::Off), "dry").await.expect("nothing fails");
    assert_eq!((all.rows, all.taken), (108, 108));
    let calls = faults.calls();
    assert!(calls.len() > 5, "several transactions: {calls:?}");

    let single = (1..=calls.len()).flat_map(|call| {
        [
            Fault::before(call, Kind::ServerError),
            Fault::before(call, Kind::Throttled),
            Fault::after(call, Kind::TimeOut),
        ]
    });
    for fault in Fault::crashes(&calls).into_iter().chain(single) {
        let bench = new_bench().await;
        let faults = Faults::on(&bench);
        faults.plan(fault);
        let cut = take(&faults.app(Retries::Off), "one").await;
        let stored = nothing_is_half_written(&bench, CUSTOMERS, &fault.to_string()).await;
        if let Ok(loaded) = cut {
            assert_eq!((&loaded, stored), (&all, CUSTOMERS), "{fault}");
        }
        faults.heal();
        let again = take(&faults.app(Retries::Off), "two").await.expect("nothing fails any more");
        assert_eq!((again.rows, again.refused), (108, 0), "{fault}");
        assert_eq!(nothing_is_half_written(&bench, CUSTOMERS, &fault.to_string()).await, CUSTOMERS);
        for load in ["one", "two"] {
            let people = welcomes(&bench).await.into_iter().filter(|(of, _, _)| of == load);
            let mut people: Vec<String> = people.flat_map(|(_, people, _)| people).collect();
            let once = people.len();
            people.sort();
            people.dedup();
            assert_eq!(people.len(), once, "{fault}: one digest a person and load");
        }
    }
}

/// ACT-01 REG-02 a reseller is noted with the first order that names it. Another order that does waits for that one: wherever
/// a load is cut, no order stands without its reseller.
#[tokio::test]
async fn act_01_an_order_waits_for_the_one_that_notes_its_reseller() {
    const AGREEMENTS: usize = 110;
    let order = |id: &str, number: usize, product: &str, more: &str| {
        format!(
            r#"{{"type":"order","id":"{id}","programme":"select","number":"{number}","purchased":"2026-11-01","usage_starts":"2026-11-01",{more}"lines":[{{"product":"{product}","quantity":1}}]}}"#
        ) + "\n"
    };
    let known = r#"{"type":"customer","id":"c1","name":"Known","country":"SE"}"#;
    let mut before = format!("{known}\n");
    for product in ["MAIL", "DOCS"] {
        let row = format!(r#"{{"type":"product","sku":"{product}","name":"{product}","kind":"online-service"}}"#);
        before.push_str(&(row + "\n"));
    }
    for number in 0..AGREEMENTS {
        let row = format!(
            r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{}}}}"#
        );
        before.push_str(&(row + "\n"));
    }
    // Both products were ordered before, so that no order waits for another because of them.
    before.push_str(&(order("B-1", 0, "MAIL", "") + &order("B-2", 0, "DOCS", "")));
    // The first transaction is lost, for it takes the customer for new; others, full of orders that have to do with nothing
    // else, are on their way with it. The orders that name the reseller stand in the first and, but for that, in the second.
    let reseller = r#""reseller":"partner@reseller.example","#;
    let (mut first, mut second) = (order("R-1", 0, "MAIL", reseller), order("R-2", 0, "DOCS", reseller));
    for number in 1..AGREEMENTS {
        first.push_str(&order(&format!("M-{number}"), number, "MAIL", ""));
        second.push_str(&order(&format!("D-{number}"), number, "DOCS", ""));
    }
    let text = format!("{known}\n{first}{second}");

    let cut = async |plan: Option<Fault>| {
        let bench = Bench::new().await;
        load(&bench, &before, options("before", false)).await;
        let faults = Faults::on(&bench);
        if let Some(fault) = plan {
            faults.plan(fault);
        }
        let app = faults.app(Retries::Off);
        let loaded = Loader::new(&app, options("one", false)).take(&rows(&text)).await;
        let (mut stored, licence) = (0, "select/0".parse().expect("a licence"));
        for id in ["R-1", "R-2"] {
            let order = store::orders::order(&id.parse().expect("an id"));
            if let Some(order) = bench.store.get(&order).await.expect("answers") {
                stored += 1;
                let reseller = order.order.reseller.expect("it names one");
                let resells = bench.store.get(&store::licences::resells(&reseller, &licence)).await.expect("answers");
                assert!(resells.is_some(), "{plan:?}: the reseller of {id}");
            }
        }
        (loaded, stored, faults.calls())
    };
    let (loaded, stored, calls) = cut(None).await;
    assert_eq!((loaded.expect("nothing fails").taken, stored), (220, 2));
    for fault in Fault::crashes(&calls) {
        let _ = cut(Some(fault)).await;
    }
}

/// ACT-01 what is refused in one row, and stored all the same, is known to the rows below it.
#[tokio::test]
async fn act_01_a_refused_row_hides_nothing_that_is_stored() {
    let bench = Bench::new().await;
    load(&bench, CONTOSO, options("one", false)).await;
    let agreement = CONTOSO.lines().find(|row| row.contains(r#""agreement""#)).expect("an agreement");
    let refused = agreement.replace(r#""customer":"c1""#, r#""customer":"nobody""#);
    assert_ne!(refused, agreement);
    let order = r#"{"type":"order","id":"PO-2","programme":"enterprise","number":"100","purchased":"2026-11-01","usage_starts":"2026-11-01","lines":[{"product":"MAIL","quantity":1}]}"#;
    let mut loader = Loader::new(&bench.app, options("two", false));
    let loaded = loader.take(&rows(&format!("{refused}\n{order}\n{agreement}\n"))).await.expect("answers");
    assert_eq!((loaded.refused, loaded.taken, loaded.unchanged), (1, 1, 1), "{loaded:?}");
}

fn account(name: &str, admins: impl Iterator<Item = usize>, billing: impl Iterator<Item = usize>) -> String {
    let addresses = |numbers: &mut dyn Iterator<Item = usize>| {
        numbers.map(|number| format!("\"p{number}@contoso.example\"")).collect::<Vec<_>>().join(",")
    };
    let (mut admins, mut billing) = (admins, billing);
    format!(
        "{{\"type\":\"account\",\"id\":\"a1\",\"name\":\"{name}\",\"domains\":[],\"global_admins\":[{}],\
         \"billing_admins\":[{}]}}\n",
        addresses(&mut admins),
        addresses(&mut billing)
    )
}

/// ACT-01 ACT-08 an account may have more administrators than a transaction has room for, and may change in all of them.
#[tokio::test]
async fn act_01_an_account_of_hundreds_of_administrators() {
    let bench = Bench::new().await;
    for (name, admins, billing) in [
        ("Contoso", 0..250, 240..300),
        ("Contoso Europe", 0..250, 240..300),
        ("Contoso Europe", 150..500, 0..1),
        ("Contoso World", 120..121, 300..480),
        ("Contoso World", 0..0, 5..6),
    ] {
        let row = account(name, admins.clone(), billing.clone());
        assert_eq!(load(&bench, &row, options(name, false)).await.taken, 1, "{name} {admins:?} {billing:?}");
        assert_eq!(load(&bench, &row, options(name, false)).await.unchanged, 1, "{name} {admins:?} {billing:?}");
        for person in (0..500).step_by(3) {
            let address = format!("p{person}@contoso.example").parse().expect("an address");
            let rows = bench.store.administered_by(&address).await.expect("answers");
            let administers = admins.contains(&person) || billing.contains(&person);
            let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
            assert_eq!(names, if administers { vec![name] } else { vec![] }, "{person}");
        }
    }
}

/// ACT-01 the API takes rows with a token of scope `load`, and refuses without, with a revoked and with an expired one.
#[tokio::test]
async fn act_01_the_api_asks_for_a_token() {
    let bench = Bench::new().await;
    let mut token = Token {
        name: "order system".into(),
        scopes: vec!["load".into()],
        minted_at: bench.app.now(),
        expires_at: "2027-01-01T00:00:00Z".parse().expect("a time"),
        customers: None,
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&bench.store, &stored_hash(b"secret"), None, &token);
    write.commit(&bench.store).await.expect("written");

    let browser = Browser::new();
    let post = |secret: &str, query: &str| {
        let mut request: Request = browser.post(&format!("{}{query}", path::LOAD), &());
        *request.body_mut() = CONTOSO.into();
        if !secret.is_empty() {
            request
                .headers_mut()
                .insert("authorization", HeaderValue::from_str(&format!("Bearer {secret}")).expect("a header"));
        }
        request
    };
    for bad in ["", "wrong"] {
        assert_eq!(load_orders::handle(&bench.app, post(bad, "")).await.status(), 401);
    }
    let (status, report) = browser.take(&load_orders::handle(&bench.app, post("secret", "?dry-run=1")).await);
    assert_eq!((status, report["taken"].as_u64()), (200, Some(3)));
    let (status, report) = browser.take(&load_orders::handle(&bench.app, post("secret", "?load=monday")).await);
    assert_eq!(
        (status, report["taken"].as_u64(), report["warnings"].as_array().map(Vec::len)),
        (200, Some(3), Some(1))
    );
    let (_, report) = browser.take(&load_orders::handle(&bench.app, post("secret", "?load=monday")).await);
    assert_eq!((report["taken"].as_u64(), report["unchanged"].as_u64()), (Some(0), Some(3)));

    token.revoked_at = Some(bench.app.now());
    token.version = 2;
    let mut write = Write::new();
    write.token(&bench.store, &stored_hash(b"secret"), Some(1), &token);
    write.commit(&bench.store).await.expect("written");
    assert_eq!(load_orders::handle(&bench.app, post("secret", "")).await.status(), 401);
}

/// ACT-01 with all-or-nothing one refused row keeps everything out.
#[tokio::test]
async fn act_01_all_or_nothing() {
    let bench = Bench::new().await;
    let token = Token {
        name: "order system".into(),
        scopes: vec!["load".into()],
        minted_at: bench.app.now(),
        expires_at: "2027-01-01T00:00:00Z".parse().expect("a time"),
        customers: None,
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&bench.store, &stored_hash(b"secret"), None, &token);
    write.commit(&bench.store).await.expect("written");
    let browser = Browser::new();
    let mut request = browser.post(&format!("{}?all-or-nothing=1", path::LOAD), &());
    *request.body_mut() = format!("{CONTOSO}{{\"type\":\"x\"}}\n").into();
    request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer secret"));
    let (status, report) = browser.take(&load_orders::handle(&bench.app, request).await);
    assert_eq!((status, report["taken"].as_u64(), report["lines"][0]["row"].as_u64()), (200, Some(0), Some(4)));
    let customer = store::licences::customer(&"c1".parse().expect("a key"));
    assert!(bench.store.get(&customer).await.expect("answers").is_none());
}

/// A token with which a secret loads.
async fn token(bench: &Bench, secret: &str, scopes: &[&str], customers: Option<&[&str]>) {
    let token = Token {
        name: "order system".into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        customers: customers.map(|ids| ids.iter().map(|id| id.parse().expect("an id")).collect()),
        minted_at: bench.app.now(),
        expires_at: "2027-01-01T00:00:00Z".parse().expect("a time"),
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&bench.store, &stored_hash(secret.as_bytes()), None, &token);
    write.commit(&bench.store).await.expect("written");
}

/// Sends a body as it is, with further headers. The status and what is answered.
async fn send(
    bench: &Bench,
    secret: &str,
    query: &str,
    headers: &[(&'static str, &'static str)],
    body: &[u8],
) -> (u16, serde_json::Value) {
    let browser = Browser::new();
    let mut request: Request = browser.post(&format!("{}{query}", path::LOAD), &());
    *request.body_mut() = body.to_vec().into();
    let all = request.headers_mut();
    all.insert("authorization", HeaderValue::from_str(&format!("Bearer {secret}")).expect("a header"));
    all.insert("content-type", HeaderValue::from_static("application/jsonl"));
    for (name, value) in headers {
        all.insert(*name, HeaderValue::from_static(value));
    }
    browser.take(&load_orders::handle(&bench.app, request).await)
}

fn packed(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packing.write_all(text).expect("memory takes it");
    packing.finish().expect("memory takes it")
}

/// ACT-01 a body that is no JSON lines is answered with what it is and what to do, with each row's refusal as ever; nothing of
/// it is loaded, also where some of its lines would be rows.
#[tokio::test]
async fn act_01_what_is_no_json_lines_is_named_and_not_loaded() {
    let bench = Bench::new().await;
    token(&bench, "secret", &["load"], None).await;
    let rows: Vec<&str> = CONTOSO.trim().lines().collect();
    let utf16: Vec<u8> = CONTOSO.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, word, refused) in [
        (utf16, "UTF-16", 4),
        (format!("[\n{}\n]", rows.join(",\n")).into_bytes(), "jq -c '.[]'", 4),
        (rows.join("\r").into_bytes(), "carriage return", 1),
        (rows.concat().into_bytes(), "--data-binary", 1),
        (CONTOSO.replace(',', ",\n").into_bytes(), "jq -c .", 15),
        (packed(CONTOSO.as_bytes()), "Content-Encoding: gzip", 1),
        (b"type,id,name\ncustomer,c1,Contoso\n".to_vec(), "CSV", 2),
    ] {
        for query in ["", "?dry-run=1", "?all-or-nothing=1"] {
            let (status, problem) = send(&bench, "secret", query, &[], &body).await;
            assert_eq!((status, problem["code"].as_str()), (422, Some("not-json-lines")), "{word}");
            assert!(problem["detail"].as_str().expect("a text").contains(word), "{problem}");
            let lines = problem["report"]["lines"].as_array().expect("a report");
            assert!(lines.len() >= refused && lines.iter().all(|line| line["error"].is_string()), "{word} {problem}");
        }
    }
    let customer = store::licences::customer(&"c1".parse().expect("a key"));
    assert!(bench.store.get(&customer).await.expect("answers").is_none());
}

/// ACT-01 rows may be packed, where the request says so, and no more of them than unpacked ones.
#[tokio::test]
async fn act_01_rows_may_be_packed() {
    let bench = Bench::new().await;
    token(&bench, "secret", &["load"], None).await;
    let gzip = [("content-encoding", "gzip")];
    let (status, report) = send(&bench, "secret", "", &gzip, &packed(CONTOSO.as_bytes())).await;
    assert_eq!((status, report["taken"].as_u64()), (200, Some(3)), "{report}");
    for (headers, body, expected) in [
        (gzip, packed(&vec![b' '; 4 * 1024 * 1024 + 1]), 413),
        (gzip, packed(&vec![b'\n'; 64 * 1024 * 1024]), 413),
        (gzip, packed(&vec![b' '; 4 * 1024 * 1024]), 200),
        (gzip, CONTOSO.as_bytes().to_vec(), 422),
        (gzip, packed(CONTOSO.as_bytes())[..40].to_vec(), 422),
        ([("content-encoding", "br")], CONTOSO.as_bytes().to_vec(), 415),
        ([("content-encoding", "identity")], CONTOSO.as_bytes().to_vec(), 200),
    ] {
        let (status, answer) = send(&bench, "secret", "", &headers, &body).await;
        assert_eq!(status, expected, "{answer}");
    }
}

/// ACT-01 a programme as many write it is refused by name, and who sent it is told what they most likely mean.
#[tokio::test]
async fn act_01_the_report_says_what_was_meant() {
    let bench = Bench::new().await;
    token(&bench, "secret", &["load"], None).await;
    let row = r#"{"type":"agreement","programme":"open-license","number":"7","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{},"authorization_number":"8"}"#;
    let (status, report) = send(&bench, "secret", "?dry-run=1", &[], row.as_bytes()).await;
    assert_eq!(status, 200);
    assert_eq!(report["lines"], serde_json::json!([{ "row": 1, "error": "unknown-programme", "field": "programme" }]));
    let said = r#"row 1: there is no programme "open-license"; did you mean "open-licence"?"#;
    assert_eq!(report["warnings"], serde_json::json!([said]));
}

/// ACT-01 REG-01 an address whose domain is in letters of its own is refused, and who sent it is told the form that is taken.
#[tokio::test]
async fn act_01_the_report_says_an_address_in_ascii() {
    let bench = Bench::new().await;
    token(&bench, "secret", &["load"], None).await;
    let rows = "{\"type\":\"suppression\",\"address\":\"osm@b\u{fc}cher.example\",\"reason\":\"complaint\"}\n\
                {\"type\":\"suppression\",\"address\":\"\u{f6}sm@contoso.example\",\"reason\":\"complaint\"}";
    let (status, report) = send(&bench, "secret", "?dry-run=1", &[], rows.as_bytes()).await;
    assert_eq!(status, 200);
    let refused = |row: u64| serde_json::json!({ "row": row, "error": "bad-address", "field": "address" });
    assert_eq!(report["lines"], serde_json::json!([refused(1), refused(2)]));
    let said = "row 1: write this address in ASCII: osm@xn--bcher-kva.example";
    assert_eq!(report["warnings"], serde_json::json!([said]));
}

/// ACT-01 a token loads the rows of its scopes; the others are refused one by one, with what they need.
#[tokio::test]
async fn act_01_a_token_loads_what_its_scopes_say() {
    let bench = Bench::new().await;
    let all = data("sample.jsonl");
    let kinds = ["product", "order", "activation", "customer", "account", "agreement", "suppression"];
    let rows = |wanted: &[&str]| -> Vec<String> {
        let of =
            |kind: &&str| all.lines().find(|line| line.contains(&format!(r#""type": "{kind}""#))).map(str::to_owned);
        wanted.iter().filter_map(of).collect()
    };
    let every = rows(&kinds);
    assert_eq!(every.len(), kinds.len());
    for (scopes, allowed) in [
        (&["orders"][..], &kinds[..3]),
        (&["contacts"], &kinds[3..]),
        (&["load"], &kinds[..]),
        (&["orders", "contacts"], &kinds[..]),
        (&["permissions"], &[]),
    ] {
        let secret = scopes.join("-");
        token(&bench, &secret, scopes, None).await;
        let (status, report) = send(&bench, &secret, "?dry-run=1", &[], every.join("\n").as_bytes()).await;
        assert_eq!(status, 200);
        let lines = report["lines"].as_array().expect("a list");
        let refused = lines.iter().filter(|line| line["error"] == "not-allowed" && line["field"] == "type");
        let refused: Vec<u64> = refused.map(|line| line["row"].as_u64().expect("a number")).collect();
        let expected: Vec<u64> =
            (1..).zip(kinds).filter(|(_, kind)| !allowed.contains(kind)).map(|(row, _)| row).collect();
        assert_eq!(refused, expected, "{scopes:?}");
        assert!(report["warnings"].as_array().expect("a list").len() >= expected.len());
    }
    token(&bench, "operate", &["operate"], None).await;
    assert_eq!(send(&bench, "operate", "", &[], b"").await.0, 401);
}

/// ACT-01 a token for named customers loads theirs, and is told of others what it would be told if they were not there.
#[tokio::test]
async fn act_01_a_token_for_some_customers_reaches_no_others() {
    let bench = Bench::new().await;
    let customer = |id: &str| format!(r#"{{"type":"customer","id":"{id}","name":"{id}","country":"SE"}}"#);
    let below = |number: &str, customer: &str, parent: &str| {
        format!(
            r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"{customer}","starts":"2026-01-01","ends":"2028-12-31","contacts":{{}}{parent}}}"#
        )
    };
    let agreement = |number: &str, customer: &str| below(number, customer, "");
    let order = |id: &str, number: &str| {
        format!(
            r#"{{"type":"order","id":"{id}","programme":"select","number":"{number}","purchased":"2026-11-01","usage_starts":"2026-11-01","lines":[{{"product":"MAIL","quantity":1}}]}}"#
        )
    };
    let told = |number: &str, account: &str| {
        format!(
            r#"{{"type":"activation","programme":"select","number":"{number}","product":"MAIL","account":"{account}","activated":"2026-01-01"}}"#
        )
    };
    let product = r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}"#.to_owned();
    let suppression = r#"{"type":"suppression","address":"a@k.example","reason":"complaint"}"#.to_owned();
    let before = [
        product.clone(),
        customer("mine"),
        customer("other"),
        agreement("1", "mine"),
        agreement("2", "other"),
        linked("acc-1", "mine"),
        linked("acc-2", "other"),
    ];
    load(&bench, &before.join("\n"), options("before", false)).await;
    token(&bench, "secret", &["orders", "contacts"], Some(&["mine"])).await;
    for (row, expected) in [
        (agreement("3", "mine"), ""),
        (order("PO-1", "1"), ""),
        (order("PO-2", "3"), ""),
        (customer("mine").replace("SE", "DE"), ""),
        (customer("other").replace("SE", "DE"), "not-allowed id"),
        (customer("new"), "not-allowed id"),
        (agreement("4", "other"), "unknown-customer customer"),
        (agreement("4", "no-such"), "unknown-customer customer"),
        (agreement("2", "mine"), "not-allowed number"),
        (below("5", "mine", r#","parent":{"programme":"select","number":"2"}"#), "unknown-licensing-id parent.number"),
        (below("5", "mine", r#","parent":{"programme":"select","number":"9"}"#), "unknown-licensing-id parent.number"),
        (below("5", "mine", r#","parent":{"programme":"select","number":"1"}"#), ""),
        (order("PO-3", "2"), "unknown-licensing-id number"),
        (order("PO-3", "9"), "unknown-licensing-id number"),
        (told("1", "acc-2"), "unknown-account account"),
        (told("1", "acc-9"), "unknown-account account"),
        (told("2", "acc-1"), "unknown-licensing-id number"),
        (told("1", "acc-1"), ""),
        (product.replace("Mail\"", "Post\""), "not-allowed type"),
        (suppression, "not-allowed type"),
        (linked("acc-3", "mine").trim().to_owned(), "not-allowed type"),
    ] {
        for query in ["?dry-run=1", ""] {
            let (status, report) = send(&bench, "secret", query, &[], row.as_bytes()).await;
            assert_eq!(status, 200);
            let line = report["lines"].as_array().expect("a list").iter().find(|line| line["error"].is_string());
            let said = line.map_or_else(String::new, |line| {
                format!("{} {}", line["error"].as_str().unwrap_or_default(), line["field"].as_str().unwrap_or_default())
            });
            assert_eq!(said, expected, "{query} {row}");
        }
    }
    // What is loaded as in use is noted, so that lists are searched by it (LIC-03).
    let bought = store::bought::bought(&"select/1".parse().expect("a Licensing ID"));
    let bought = bench.store.get(&bought).await.expect("answers").expect("noted");
    assert_eq!(bought.products.iter().map(ToString::to_string).collect::<Vec<_>>(), ["MAIL"]);
    // What a row above brings counts for those below, in a dry run too.
    let together = agreement("6", "mine") + "\n" + &order("PO-6", "6");
    for query in ["?dry-run=1", ""] {
        assert_eq!(send(&bench, "secret", query, &[], together.as_bytes()).await.1["taken"], 2, "{query}");
    }
}

/// ACT-01 an order of 500 lines and as many products, none of which was ordered before, is stored whole.
#[tokio::test]
async fn act_01_an_order_of_500_lines_is_stored() {
    let bench = Bench::new().await;
    let mut text = r#"{"type":"customer","id":"contoso","name":"Contoso","country":"SE"}"#.to_owned() + "\n";
    text += &enrolment("1", None);
    let skus: Vec<String> = (0..500).map(|number| format!("P-{number}")).collect();
    for sku in &skus {
        text += &format!("{{\"type\":\"product\",\"sku\":\"{sku}\",\"name\":\"n\",\"kind\":\"on-premises\"}}\n");
    }
    let lines: Vec<String> = skus.iter().map(|sku| format!(r#"{{"product":"{sku}","quantity":1}}"#)).collect();
    text += &format!(
        r#"{{"type":"order","id":"PO-1","programme":"select","number":"1","purchased":"2026-11-01","usage_starts":"2026-11-01","lines":[{}]}}"#,
        lines.join(",")
    );
    let loaded = load(&bench, &text, options("one", false)).await;
    assert_eq!((loaded.taken, loaded.refused), (503, 0), "{:?}", loaded.lines);
    assert_eq!(load(&bench, &text, options("two", false)).await.unchanged, 503);
    let order = bench.store.get(&store::orders::order(&"PO-1".parse().expect("an id"))).await.expect("answers");
    assert_eq!(order.expect("stored").order.lines.len(), 500);
    for sku in [&skus[0], &skus[499]] {
        let product = bench.store.get(&store::licences::product(&sku.parse().expect("a key"))).await.expect("answers");
        assert!(product.expect("stored").ordered);
    }
}
