//! Who publishes, my licences, Manage activations.

use std::collections::BTreeSet;

use gateway::testing::{
    Bench, Browser,
    scene::{CLOUD, KEYED, MAIL, at_contoso},
};
use licensing::{
    ContactName,
    activation::{Activation, State},
    import::record::Agreement,
    judge::Contacts,
};
use serde_json::json;
use store::{Write, people};

use crate::{counted, file, get};

const LIST: &str = "/api/activations";
const LICENCES: &str = "/api/me/licences";

/// UI-06 pages take the publisher and the numbers from the policy: anyone may ask, and the database is not.
#[tokio::test]
async fn ui_06_who_publishes_is_known_to_anyone() {
    let bench = Bench::new().await;
    let (status, about, used) = counted(&bench, &Browser::new(), "/api/about").await;
    assert_eq!((status, used.calls), (200, 0));
    assert_eq!(about["publisher"]["name"], "Northwind Software");
    assert_eq!(about["policy"]["links"]["months"], 6);
}

/// REG-13 SAFE-07 nothing here changes anything, and what is not there is told as such.
#[tokio::test]
async fn safe_07_only_reading_is_taken_here() {
    let bench = Bench::new().await;
    let anyone = Browser::new();
    for path in ["/api/about", LIST, "/api/where/enterprise/1", "/api/nothing"] {
        let (status, problem) = anyone.take(&show_portal::handle(&bench.app, anyone.post(path, &json!({}))).await);
        assert_eq!((status, problem["code"].as_str()), (405, Some("wrong-method")), "{path}");
    }
    for path in ["/api/nothing", "/api/where/enterprises/1", "/api/where/enterprise", "/api/activations/enterprise/1"] {
        assert_eq!(get(&bench, &anyone, path).await.1["code"], "not-found", "{path}");
    }
    for path in [
        LIST,
        "/api/joins",
        "/api/me/licences",
        "/api/audit/me",
        "/api/where/enterprise/1",
        "/api/activations/enterprise/1/A",
    ] {
        let (status, problem) = get(&bench, &anyone, path).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("sign-in-needed")), "{path}");
    }
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    for (path, field) in [
        ("/api/activations?state=lost", "state"),
        ("/api/activations?format=pdf", "format"),
        ("/api/activations?after=x", "after"),
        ("/api/me/licences?programme=x", "programme"),
        ("/api/me/licences?state=x", "state"),
        ("/api/me/licences?below=x", "below"),
        ("/api/me/licences?after=x", "after"),
        ("/api/me/licences?format=pdf", "format"),
        ("/api/audit/me?after=x", "after"),
        ("/api/audit/me?after=1", "after"),
        ("/api/audit/me?after=0000", "after"),
        ("/api/audit/me?after=18446744073709551615", "after"),
        ("/api/audit/me?format=jsonl&after=3", "after"),
        ("/api/audit/me?format=jsonl&after=18446744073709551615.1.x", "after"),
        ("/api/audit/me?format=pdf", "format"),
    ] {
        let (status, problem) = get(&bench, &osm, path).await;
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "{path}");
    }
}

/// REG-14 ROLE-03 the licences of all proven addresses with roles and listings, in three steps; without any, what was looked
/// for.
#[tokio::test]
async fn reg_14_my_licences_and_what_was_looked_for() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let both = bench.signed_in(&["osm@contoso.example", "notices@contoso.example", "other@contoso.example"]).await;
    let (status, found, used) = counted(&bench, &both, "/api/me/licences").await;
    assert_eq!((status, used.steps, used.calls), (200, 3, 9));
    assert_eq!(
        found,
        json!({
            "licences": [{
                "licence": {"programme": "enterprise", "number": "88590039"},
                "customer_name": "Contoso",
                "roles": ["administrator", "online-services-manager"],
                "listed": [["notices", "notices@contoso.example"], ["online-services-manager", "osm@contoso.example"]],
                "sources": ["contact:notices", "contact:online-services-manager"],
                "starts": "2026-01-01",
                "ends": "2028-12-31",
                "state": "active",
            }],
            "looked_for": ["osm@contoso.example", "notices@contoso.example", "other@contoso.example"],
        })
    );
    let nobody = bench.signed_in(&["it@fabrikam.example"]).await;
    let (_, found) = get(&bench, &nobody, "/api/me/licences").await;
    assert_eq!(found, json!({"licences": [], "looked_for": ["it@fabrikam.example"]}));
    let bills = bench.signed_in(&["bills@contoso.example"]).await;
    let (_, found) = get(&bench, &bills, "/api/me/licences").await;
    assert_eq!(found["licences"][0]["roles"], json!([]), "bill-to gives nothing");
}

/// REG-14 REG-09 what hangs on an address whose proof lapsed is missing, and the list says so until it is proven again.
#[tokio::test]
async fn reg_14_an_address_that_lapsed_is_named() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let reader = bench.signed_in(&["it@fabrikam.example", "notices@contoso.example"]).await;
    let (_, found) = get(&bench, &reader, LICENCES).await;
    assert_eq!((found["licences"].as_array().map(Vec::len), found.get("not_looked_for")), (Some(1), None));
    let owner = bench.store.get(&people::owner(&at_contoso("notices"))).await.expect("it answers").expect("proven");
    let slot = people::profile(&owner.profile);
    let before = bench.store.get(&slot).await.expect("it answers").expect("there");
    let mut after = people::Profile { version: before.version + 1, ..before.clone() };
    // 180 days before, and a second more.
    after.addresses[1].at = "2026-05-25T23:59:59Z".parse().expect("a time");
    let mut write = Write::new();
    write.profile(&bench.store, Some(before.version), &after);
    write.commit(&bench.store).await.expect("it is written");
    let (_, found) = get(&bench, &reader, LICENCES).await;
    assert_eq!(
        found,
        json!({
            "licences": [],
            "looked_for": ["it@fabrikam.example"],
            "not_looked_for": [{ "address": "notices@contoso.example", "why": "lapsed" }],
        })
    );
    let (status, problem) = get(&bench, &reader, "/api/where/enterprise/88590039").await;
    assert_eq!(status, 403);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("confirm it again")), "{problem}");
}

/// UI-03 also a list of many licences has pages of fifty, a search and a file of all; each page costs the same three steps.
#[tokio::test]
async fn ui_03_many_licences_are_paged_searched_and_exported() {
    let bench = Bench::new().await;
    for number in 0..120 {
        let contacts = [(ContactName::Notices, at_contoso("notices"))].into();
        agreement(&bench, &format!("select/{number:05}"), contacts).await;
    }
    let notices = bench.signed_in(&["notices@contoso.example"]).await;
    let (mut numbers, mut path) = (Vec::new(), LICENCES.to_owned());
    loop {
        let (status, page, used) = counted(&bench, &notices, &path).await;
        // Who asks, two lists, and the rest in parts of a hundred: none of them is asked what stands below it.
        assert_eq!((status, used.steps), (200, 3));
        assert!(used.calls <= 6, "{}", used.calls);
        let rows = page["licences"].as_array().expect("rows");
        numbers.extend(rows.iter().map(|row| row["licence"]["number"].as_str().expect("a number").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(rows.len(), 50);
        path = format!("{LICENCES}?after={}", api::path::value(next));
    }
    assert_eq!(numbers, (0..120).map(|number| format!("{number:05}")).collect::<Vec<_>>());

    let (_, found) = get(&bench, &notices, &format!("{LICENCES}?q=SELECT/0011")).await;
    assert_eq!(found["licences"].as_array().map(Vec::len), Some(10));
    let (text, name, next) = file(&bench, &notices, &format!("{LICENCES}?format=csv&q=select/0011")).await;
    assert_eq!((name.as_str(), next), ("attachment; filename=\"licences.csv\"", None));
    assert_eq!(text.lines().count(), 11);
    assert_eq!(
        text.lines().nth(1),
        Some(
            "\"select\",\"Select\",\"00110\",\"Contoso\",\"administrator\",\"Administrator\",\
             \"contact:notices\",\"notices=notices@contoso.example\",\"Notices contact: notices@contoso.example\",\"\",\
             2026-01-01,2028-12-31,\"active\",\"Active\",\"\",\"\""
        )
    );
}

/// LIC-03 licences are found by what was ordered under them, by name or key, as it is called now, by those who may see orders or
/// activations there; also those that stand below. The page that looks for nothing costs what it cost, and the file names all products.
#[tokio::test]
async fn lic_03_licences_are_found_by_their_products() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let ann = |name: ContactName| [(name, at_contoso("ann"))].into();
    agreement(&bench, "select/1", ann(ContactName::OnlineServicesManager)).await;
    agreement(&bench, "select/2", ann(ContactName::SubscriptionsManager)).await;
    agreement(&bench, "select/3", ann(ContactName::BillTo)).await;
    agreement(&bench, "select/4", ann(ContactName::Primary)).await;
    agreement(&bench, "master/M", ann(ContactName::OnlineAdministrator)).await;
    let mut below = of_contoso("open-value/5", Contacts::new());
    below.parent = "master/M".parse().ok();
    let mut write = Write::new();
    write.agreement(&bench.store, None, &below, "Contoso");
    for (licence, product) in [
        ("select/1", MAIL),
        ("select/1", CLOUD),
        ("select/2", CLOUD),
        ("select/3", CLOUD),
        ("open-value/5", KEYED),
        ("open-value/5", "ODD-1"),
    ] {
        write.bought(&licence.parse().expect("a licence"), &product.parse().expect("a product"));
    }
    write.commit(&bench.store).await.expect("it is written");
    let reader = bench.signed_in(&["ann@contoso.example", "notices@contoso.example"]).await;
    let found = async |query: &str| -> Vec<(String, Vec<String>)> {
        let (status, page) = get(&bench, &reader, &format!("{LICENCES}?{query}")).await;
        assert_eq!(status, 200, "{page}");
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let texts = |value: &serde_json::Value| value.as_array().into_iter().flatten().map(text).collect();
        let rows = page["licences"].as_array().expect("rows").iter();
        rows.map(|row| (text(&row["licence"]["number"]), texts(&row["products"]))).collect()
    };
    let (mail, cloud, key) = ("Mail and Calendar Enterprise", "Cloud Consumption Commitment", "Developer Tools Key");
    let rows = |rows: &[(&str, &[&str])]| -> Vec<(String, Vec<String>)> {
        let row = |(number, products): &(&str, &[&str])| {
            ((*number).to_owned(), products.iter().map(|product| (*product).to_owned()).collect())
        };
        rows.iter().map(row).collect()
    };
    // What is activated is found as well as what was only ordered.
    assert_eq!(found("q=calendar").await, rows(&[("88590039", &[mail]), ("1", &[mail])]));
    assert_eq!(found("q=MAIL-e").await, rows(&[("88590039", &[mail]), ("1", &[mail])]));
    // Whom a role or a listing lets see neither orders nor activations, finds nothing by them.
    assert_eq!(found("q=cloud").await, rows(&[("1", &[cloud])]));
    assert_eq!(found("q=select/3").await, rows(&[("3", &[])]));
    assert_eq!(found("q=tools").await, rows(&[("5", &[key])]));
    assert_eq!(found("q=tools&programme=select").await, rows(&[]));
    assert_eq!(found("q=tools&below=master/M").await, rows(&[("5", &[key])]));
    // A product that is not loaded is called by its key.
    assert_eq!(found("q=odd").await, rows(&[("5", &["ODD-1"])]));
    assert_eq!(found("q=nothing").await, rows(&[]));

    let slot = store::licences::product(&MAIL.parse().expect("a product"));
    let before = bench.store.get(&slot).await.expect("it answers").expect("it is loaded");
    let mut after = before.record.clone();
    after.name = "Post and Diary".parse().expect("a name");
    let mut write = Write::new();
    write.product(&bench.store, Some(&before), &after);
    write.commit(&bench.store).await.expect("it is written");
    assert_eq!(found("q=calendar").await, rows(&[]));
    assert_eq!(found("q=diary").await.len(), 2);

    // Who asks, four lists, the rest with the query below the master, and its child; products are read beside that, and then what
    // they are called.
    let (_, page, used) = counted(&bench, &reader, LICENCES).await;
    assert_eq!((used.steps, page["licences"].as_array().map(Vec::len)), (4, Some(7)));
    assert!(page.to_string().find("products").is_none(), "{page}");
    let (_, _, searched) = counted(&bench, &reader, &format!("{LICENCES}?q=diary")).await;
    assert_eq!((searched.steps, searched.calls), (used.steps + 1, used.calls + 3));

    let (text, ..) = file(&bench, &reader, &format!("{LICENCES}?format=csv")).await;
    let ends: Vec<&str> = text.lines().map(|line| line.rsplit_once("\"Active\",").map_or("", |(_, end)| end)).collect();
    let expected = [
        "",
        "\"MAIL-ENT\",\"Post and Diary\"",
        "\"\",\"\"",
        "\"DEVT-KEY; ODD-1\",\"Developer Tools Key; ODD-1\"",
        "\"CLOUD-CR; MAIL-ENT\",\"Cloud Consumption Commitment; Post and Diary\"",
        "\"\",\"\"",
        "\"\",\"\"",
        "\"\",\"\"",
    ];
    assert_eq!(ends, expected, "{text}");
}

/// LINK-05 what any of the proven addresses sees, once, in exactly three steps: who asks, what names them, and what there is.
#[tokio::test]
async fn link_05_the_activations_of_all_addresses_in_three_steps() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    bench.invite(CLOUD).await;
    let both = bench.signed_in(&["osm@contoso.example", "notices@contoso.example", "other@contoso.example"]).await;
    let (status, page, used) = counted(&bench, &both, LIST).await;
    assert_eq!((status, used.steps, used.calls), (200, 3, 10));
    assert_eq!(
        page,
        json!({"rows": [
            {
                "licence": {"programme": "enterprise", "number": "88590039"},
                "product": CLOUD,
                "product_name": "Cloud Consumption Commitment",
                "customer_name": "Contoso",
                "quantity": 25,
                "state": "invited",
                "date": "2027-05-11T00:00:00Z",
            },
            {
                "licence": {"programme": "enterprise", "number": "88590039"},
                "product": MAIL,
                "product_name": "Mail and Calendar Enterprise",
                "customer_name": "Contoso",
                "quantity": 25,
                "state": "invited",
                "date": "2027-05-11T00:00:00Z",
            },
        ]})
    );
    for (query, rows) in [
        ("state=invited", 2),
        ("state=activated", 0),
        ("q=calendar", 1),
        ("q=CONTOSO", 2),
        ("q=8859", 2),
        ("q=mail-ent", 1),
        ("q=nothing", 0),
        ("state=invited&q=cloud", 1),
    ] {
        let (_, page, used) = counted(&bench, &both, &format!("{LIST}?{query}")).await;
        assert_eq!((page["rows"].as_array().map(Vec::len), used.steps), (Some(rows), 3), "{query}");
    }
    for who in ["bills@contoso.example", "it@fabrikam.example"] {
        let other = bench.signed_in(&[who]).await;
        assert_eq!(get(&bench, &other, LIST).await, (200, json!({"rows": []})), "{who}");
    }
}

/// EXP-05 the list says expired the second it is, swept or not, and finds it under that state.
#[tokio::test]
async fn exp_05_the_list_judges_at_this_second() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    for (at, state) in [("2027-05-10T23:59:59Z", "invited"), ("2027-05-11T00:00:00Z", "expired")] {
        bench.set_time(at);
        let osm = bench
            .signed_in(&[if state == "invited" { "osm@contoso.example" } else { "primary@contoso.example" }])
            .await;
        let (_, page) = get(&bench, &osm, LIST).await;
        assert_eq!(page["rows"][0]["state"], state, "{at}");
        assert_eq!(page["rows"][0]["date"], "2027-05-11T00:00:00Z");
        let (_, found) = get(&bench, &osm, &format!("{LIST}?state={state}")).await;
        assert_eq!(found, page);
    }
}

/// REG-12 a session that is used is noted beside the reads, at most every ten minutes.
#[tokio::test]
async fn reg_12_reading_keeps_the_session_alive() {
    let bench = Bench::new().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    for _ in 0..4 {
        bench.pass(110 * 60);
        let (status, _, used) = counted(&bench, &osm, LIST).await;
        assert_eq!((status, used.steps, used.calls), (200, 2, 4), "the note costs no step of its own");
    }
    assert_eq!(counted(&bench, &osm, LIST).await.2.calls, 3, "noted just now");
    bench.pass(2 * 60 * 60);
    assert_eq!(get(&bench, &osm, LIST).await.0, 401);
}

/// Stores an agreement of Contoso's that names these people.
async fn agreement(bench: &Bench, licence: &str, contacts: Contacts) {
    let mut write = Write::new();
    write.agreement(&bench.store, None, &of_contoso(licence, contacts), "Contoso");
    write.commit(&bench.store).await.expect("it is written");
}

fn of_contoso(licence: &str, contacts: Contacts) -> Agreement {
    Agreement {
        licence: licence.parse().expect("a licence"),
        customer: "contoso".parse().expect("a key"),
        starts: "2026-01-01".parse().expect("a date"),
        ends: "2028-12-31".parse().expect("a date"),
        loaded_contacts: contacts,
        parent: None,
        authorization_number: None,
    }
}

/// So many activations, every third seen by both addresses and the others by one of them.
async fn many(bench: &Bench, count: usize, product_name: &str) {
    bench.contoso().await;
    bench.invite(MAIL).await;
    let one = bench.activation(MAIL).await;
    let both = [(ContactName::OnlineServicesManager, at_contoso("osm")), (ContactName::Notices, at_contoso("notices"))];
    for number in 0..count {
        let activation = Activation {
            licence: format!("select/{number:05}").parse().expect("a licence"),
            product_name: product_name.into(),
            ..one.clone()
        };
        let viewers = [&both[..], &both[..1], &both[1..]][number % 3];
        agreement(bench, &activation.licence.key(), viewers.iter().cloned().collect()).await;
        bench.store.seed_activation(&activation, &bench.app.policy.links).await.expect("it is stored");
    }
}

/// LINK-05 UI-03 pages of fifty in order, each row once; a search goes through all; the file holds all.
#[tokio::test]
async fn ui_03_paging_searching_and_exporting_the_whole() {
    let bench = Bench::new().await;
    many(&bench, 130, "=HYPERLINK(\"x\")").await;
    let both = bench.signed_in(&["osm@contoso.example", "notices@contoso.example"]).await;
    let (mut numbers, mut steps) = (Vec::new(), BTreeSet::new());
    let mut path = LIST.to_owned();
    loop {
        let (_, page, used) = counted(&bench, &both, &path).await;
        steps.insert(used.steps);
        let rows = page["rows"].as_array().expect("rows");
        assert!(rows.len() <= 50);
        numbers.extend(rows.iter().map(|row| row["licence"]["number"].as_str().expect("a number").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(rows.len(), 50);
        path = format!("{LIST}?after={}", api::path::value(next));
    }
    assert!(steps.iter().all(|steps| *steps <= 5), "sixteen Licensing IDs, and then more of them at once: {steps:?}");
    let mut expected = vec!["88590039".to_owned()];
    expected.extend((0..130).map(|number| format!("{number:05}")));
    assert_eq!(numbers, expected);

    let (_, found, used) = counted(&bench, &both, &format!("{LIST}?q=select/00129")).await;
    assert_eq!((found["rows"].as_array().map(Vec::len), used.steps), (Some(1), 5), "two pieces");

    let (text, name, next) = file(&bench, &both, &format!("{LIST}?format=csv")).await;
    assert_eq!((name.as_str(), next), ("attachment; filename=\"activations.csv\"", None));
    assert_eq!(text.lines().count(), 132, "a head line and all rows");
    assert_eq!(
        text.lines().nth(2),
        Some(
            "\"select\",\"Select\",\"00000\",\"MAIL-ENT\",\"'=HYPERLINK(\"\"x\"\")\",\"Contoso\",25,\"invited\",\
             \"Ready to activate\",\"\",2027-05-11T00:00:00+00:00"
        ),
        "what a spreadsheet would take for a formula is kept from being one"
    );
    let (text, ..) = file(&bench, &both, &format!("{LIST}?format=csv&q=00129")).await;
    assert_eq!(text.lines().count(), 2);
}

/// UI-03 a file that does not fit into one answer says so in its name, and its parts are the whole.
#[tokio::test]
async fn ui_03_a_long_file_comes_in_parts_that_are_the_whole() {
    let bench = Bench::new().await;
    many(&bench, 60, &"x".repeat(90_000)).await;
    let both = bench.signed_in(&["osm@contoso.example", "notices@contoso.example"]).await;
    let (mut path, mut whole, mut parts) = (format!("{LIST}?format=csv&state=invited"), String::new(), 0);
    loop {
        let (text, name, next) = file(&bench, &both, &path).await;
        assert_eq!(name, "attachment; filename=\"activations-part.csv\"");
        assert!(text.len() < 5_000_000, "{}", text.len());
        whole.push_str(&text);
        parts += 1;
        let Some(next) = next else { break };
        assert!(next.starts_with("/api/activations?format=csv&state=invited&after="), "{next}");
        path = next;
    }
    assert_eq!((whole.lines().count(), parts), (62, 2));
    let head = "\u{feff}programme,programme_name,number,product,product_name,customer_name,quantity,state,state_name,";
    assert!(whole.starts_with(head), "spreadsheets know by the mark that it is UTF-8");
    assert_eq!(whole.matches("programme_name").count(), 1, "one head line for all parts");
    assert_eq!(whole.matches('\u{feff}').count(), 1, "and one mark");
}

/// EXP-05 also who is stuck with a link that was mailed before is expired at its end.
#[tokio::test]
async fn exp_05_a_stuck_activation_expires_with_its_link() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let mut stuck = bench.activation(MAIL).await;
    stuck.state =
        State::Stuck { since: bench.app.now(), expires_at: "2027-05-11T00:00:00Z".parse().ok(), revival_asked: None };
    stuck.licence = "select/1".parse().expect("a licence");
    let contacts =
        [(ContactName::OnlineServicesManager, at_contoso("early")), (ContactName::Notices, at_contoso("late"))];
    agreement(&bench, "select/1", contacts.into()).await;
    bench.store.seed_activation(&stuck, &bench.app.policy.links).await.expect("it is stored");
    for (who, at, state, date) in [
        ("early", "2027-05-10T23:59:59Z", "stuck", "2026-11-22T00:00:00Z"),
        ("late", "2027-05-11T00:00:00Z", "expired", "2027-05-11T00:00:00Z"),
    ] {
        bench.set_time(at);
        let reader = bench.signed_in(&[at_contoso(who).as_str()]).await;
        let (_, page) = get(&bench, &reader, LIST).await;
        assert_eq!((&page["rows"][0]["state"], &page["rows"][0]["date"]), (&json!(state), &json!(date)), "{at}");
    }
}
