//! What a row does to the rows below it.

mod dry_run;

use dry_run::{dry_run, load, row, take};
use licensing::{
    access::{By, GivenUpBy, Grant, Holder, OptOutOf},
    import::{Need, Reached, Record, RowOutcome, Standing, Suppressed, World, record::Reason},
    roles::Role,
};

const ABOVE: &str = r#"
{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}
{"type":"product","sku":"CLOUD","name":"Cloud","kind":"consumption"}
{"type":"product","sku":"KEY","name":"Key","kind":"keyed-service"}
{"type":"customer","id":"c1","name":"Kestrel Foods","country":"SE"}
"#;

/// A world with an agreement `enterprise/1`, then these rows; returns what is printed of the rows.
fn after(contacts: &str, below: &[String]) -> Vec<String> {
    let mut world = World::empty();
    load(&mut world, ABOVE);
    load(&mut world, &agreement("enterprise", contacts));
    let printed = dry_run(&mut world, below.join("\n").as_bytes());
    printed.lines().map(String::from).collect()
}

fn agreement(programme: &str, contacts: &str) -> String {
    format!(
        r#"{{"type":"agreement","programme":"{programme}","number":"1","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{{contacts}}}}}"#
    )
}

/// Orders `id` of `MAIL` and the like, in lines of one piece each.
fn order(id: &str, products: &[&str], purchased: &str, usage_starts: &str) -> String {
    let lines: Vec<_> = products.iter().map(|sku| format!(r#"{{"product":"{sku}","quantity":1}}"#)).collect();
    format!(
        r#"{{"type":"order","id":"{id}","programme":"enterprise","number":"1","purchased":"{purchased}","usage_starts":"{usage_starts}","lines":[{}]}}"#,
        lines.join(",")
    )
}

fn order_now(id: &str) -> String {
    order(id, &["MAIL"], "2026-11-10", "2026-11-20")
}

fn account(id: &str, admins: &str) -> String {
    format!(
        r#"{{"type":"account","id":"{id}","name":"n","domains":[],"global_admins":[{admins}],"billing_admins":[]}}"#
    )
}

fn suppression(address: &str) -> String {
    format!(r#"{{"type":"suppression","address":"{address}","reason":"complaint"}}"#)
}

fn activation(account: &str) -> String {
    format!(
        r#"{{"type":"activation","programme":"enterprise","number":"1","product":"MAIL","account":"{account}","activated":"2026-05-01"}}"#
    )
}

/// Outcome, rule and the further fields without their names and quotation marks.
fn short(line: &str) -> String {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
    let wanted = ["outcome", "rule", "to", "account", "send_at", "expires_at", "error", "field"];
    let found = wanted.iter().filter_map(|name| fields.get(*name).and_then(|value| value.as_str()));
    found.map(|text| text.replace("T00:00:00Z", "")).collect::<Vec<_>>().join(" ")
}

fn expect(contacts: &str, below: &[String], expected: &[&str]) {
    let found: Vec<_> = after(contacts, below).iter().map(|line| short(line)).collect();
    assert_eq!(found, expected);
}

const OSM: &str = r#""online-services-manager":"osm@k.example""#;

/// ACT-02 ACT-10 the first order is mailed, the second one is added.
#[test]
fn act_10_the_second_order_is_added() {
    expect(
        OSM,
        &[order_now("PO-1"), order_now("PO-2")],
        &["mail ACT-02 osm@k.example 2026-11-22 2027-05-11", "added ACT-10"],
    );
}

/// ACT-10 the same product twice in one order is one activation.
#[test]
fn act_10_a_line_counts_for_the_lines_below_it() {
    expect(
        OSM,
        &[order("PO-1", &["MAIL", "MAIL"], "2026-11-10", "2026-11-20")],
        &["mail ACT-02 osm@k.example 2026-11-22 2027-05-11", "added ACT-10"],
    );
}

/// ACT-03 ACT-15 a corrected contact counts for the order lines below, and a further order un-sticks the activation.
#[test]
fn act_03_a_corrected_contact_un_sticks_an_activation() {
    expect(
        "",
        &[order_now("PO-1"), order_now("PO-2"), agreement("enterprise", OSM), order_now("PO-3"), order_now("PO-4")],
        &["stuck ACT-03", "stuck ACT-03", "mail ACT-02 osm@k.example 2026-11-22 2027-05-11", "added ACT-10"],
    );
}

/// ACT-03 a suppressed contact is skipped by the order lines below, and by none above.
#[test]
fn act_03_a_suppression_counts_for_the_lines_below() {
    let contacts = format!(r#"{OSM},"primary":"pri@k.example""#);
    expect(
        &contacts,
        &[
            suppression("OSM@k.example"),
            order_now("PO-1"),
            suppression("pri@k.example"),
            order("PO-2", &["CLOUD", "KEY"], "2026-11-10", "2026-11-20"),
        ],
        &["mail ACT-03 pri@k.example 2026-11-22 2027-05-11", "stuck ACT-03", "stuck ACT-03"],
    );
}

/// ACT-05 a key notice opens no activation, and neither does one that reaches nobody.
#[test]
fn act_05_keyed_services_leave_nothing_open() {
    let mut world = World::empty();
    load(&mut world, ABOVE);
    load(&mut world, &agreement("enterprise", ""));
    load(&mut world, &order("PO-1", &["KEY"], "2026-11-10", "2026-11-20"));
    assert_eq!(world.standing(&"enterprise/1".parse().unwrap(), &"KEY".parse().unwrap()), None);
    expect(
        r#""primary":"pri@k.example""#,
        &[order("PO-1", &["KEY", "KEY"], "2026-11-10", "2026-11-20")],
        &["key-notice ACT-05 pri@k.example", "key-notice ACT-05 pri@k.example"],
    );
}

/// ACT-06 ACT-11 an order with an earlier usage start brings the mail forward; the expiry counts from the earliest
/// purchase of all orders of the activation, those that were only added included.
#[test]
fn act_06_an_earlier_usage_start_brings_it_forward() {
    expect(
        OSM,
        &[
            order("PO-1", &["MAIL"], "2026-11-10", "2027-03-01"),
            order("PO-2", &["MAIL"], "2026-10-10", "2027-03-01"),
            order("PO-3", &["MAIL"], "2026-11-12", "2026-12-24"),
            order("PO-4", &["MAIL"], "2026-11-13", "2026-11-24"),
            order("PO-5", &["MAIL"], "2026-11-14", "2026-11-23"),
        ],
        &[
            "scheduled ACT-06 osm@k.example 2027-02-28 2027-05-11",
            "added ACT-10",
            "scheduled ACT-06 osm@k.example 2026-12-23 2027-04-11",
            "scheduled ACT-06 osm@k.example 2026-11-23 2027-04-11",
            "mail ACT-02 osm@k.example 2026-11-22 2027-04-11",
        ],
    );
}

/// ACT-06 an earlier usage start brings the mail forward in whatever year, and "never" is a day like others.
#[test]
fn act_06_the_end_of_the_calendar_is_brought_forward_too() {
    expect(
        OSM,
        &[
            order("PO-1", &["MAIL"], "2026-11-10", "9999-12-31"),
            order("PO-2", &["MAIL"], "2026-11-10", "9999-12-31"),
            order("PO-3", &["MAIL"], "2026-11-10", "9000-01-03"),
            order("PO-4", &["MAIL"], "2026-11-10", "9000-01-02"),
        ],
        &[
            // The link's end would be in the year 10000, which has no form: it is the last instant that has one.
            "scheduled ACT-06 osm@k.example 9999-12-30 9999-12-30T22:00:00Z",
            "added ACT-10",
            "scheduled ACT-06 osm@k.example 9000-01-02 9000-02-01",
            "scheduled ACT-06 osm@k.example 9000-01-01 9000-01-31",
        ],
    );
}

/// ACT-11 a refused order isn't one of the activation's orders.
#[test]
fn act_11_a_refused_order_counts_for_nothing() {
    expect(
        OSM,
        &[
            order("PO-1", &["MAIL"], "2026-11-10", "2027-03-01"),
            order("PO-1", &["MAIL"], "2020-01-01", "2026-11-20"),
            order("PO-2", &["MAIL", "NO-SUCH"], "2020-01-01", "2026-11-20"),
            order("PO-3", &["MAIL"], "2026-11-12", "2026-11-20"),
            order("PO-2", &["MAIL"], "2020-01-01", "2026-11-20"),
        ],
        &[
            "scheduled ACT-06 osm@k.example 2027-02-28 2027-05-11",
            "conflict id",
            "unknown-product lines[1].product",
            "mail ACT-02 osm@k.example 2026-11-22 2027-05-11",
            "added ACT-10",
        ],
    );
}

/// ACT-07 an activation row closes an open activation; further orders join its account.
#[test]
fn act_07_an_activation_row_closes_an_open_activation() {
    expect(
        OSM,
        &[account("a1", ""), order_now("PO-1"), activation("a1"), order_now("PO-2"), activation("a1")],
        &["mail ACT-02 osm@k.example 2026-11-22 2027-05-11", "joined ACT-07 a1"],
    );
}

/// ACT-08 ACT-07 what was assigned counts as activated from then on, whatever becomes of the account.
#[test]
fn act_08_assigned_counts_as_activated() {
    expect(
        OSM,
        &[
            account("a1", r#""osm@k.example""#),
            order_now("PO-1"),
            account("a1", ""),
            account("a2", r#""osm@k.example""#),
            order_now("PO-2"),
            activation("a2"),
            activation("a1"),
        ],
        &["assigned ACT-08 a1", "joined ACT-07 a1", "conflict account"],
    );
}

/// ACT-08 accounts count for the lines below as they are then: gained, lost and gained again.
#[test]
fn act_08_accounts_count_for_the_lines_below() {
    let osm = r#""osm@k.example""#;
    let orders: Vec<_> = (1..=4).map(|n| order(&format!("PO-{n}"), &["MAIL"], "2026-11-10", "2028-11-20")).collect();
    let earlier = |n: usize, usage_starts: &str| order(&format!("PO-{n}"), &["MAIL"], "2026-11-10", usage_starts);
    expect(
        OSM,
        &[
            account("a1", osm),
            account("a2", osm),
            orders[0].clone(),
            account("a1", ""),
            account("a2", ""),
            earlier(2, "2028-10-20"),
            account("a1", osm),
            earlier(3, "2028-09-20"),
        ],
        &[
            "scheduled ACT-06 osm@k.example 2028-11-19 2028-12-19",
            "scheduled ACT-06 osm@k.example 2028-10-19 2028-11-18",
            "assigned ACT-08 a1",
        ],
    );
}

/// ACT-08 whoever administers three accounts has still to choose when one of them is gone, and not any more with the last.
#[test]
fn act_08_of_three_accounts_two_have_to_go() {
    let osm = r#""osm@k.example""#;
    let scheduled = |n: usize, usage_starts: &str| order(&format!("PO-{n}"), &["MAIL"], "2026-11-10", usage_starts);
    expect(
        OSM,
        &[
            account("a1", osm),
            account("a2", osm),
            account("a3", osm),
            scheduled(1, "2028-11-20"),
            account("a1", ""),
            scheduled(2, "2028-10-20"),
            account("a2", ""),
            scheduled(3, "2028-09-20"),
        ],
        &[
            "scheduled ACT-06 osm@k.example 2028-11-19 2028-12-19",
            "scheduled ACT-06 osm@k.example 2028-10-19 2028-11-18",
            "assigned ACT-08 a3",
        ],
    );
}

/// ACT-08 an administrator of both kinds administers one account, not two.
#[test]
fn act_08_global_and_billing_administrator_is_one_account() {
    let both = r#"{"type":"account","id":"a1","name":"n","domains":[],"global_admins":["osm@k.example"],"billing_admins":["OSM@k.example"]}"#;
    expect(OSM, &[both.into(), order_now("PO-1")], &["assigned ACT-08 a1"]);
}

/// ACT-02 the same number under another programme is another Licensing ID.
#[test]
fn act_02_a_licensing_id_is_programme_and_number() {
    let select = order_now("PO-2").replace("enterprise", "select");
    expect(
        OSM,
        &[order_now("PO-1"), select.clone(), agreement("select", OSM), select],
        &[
            "mail ACT-02 osm@k.example 2026-11-22 2027-05-11",
            "unknown-licensing-id number",
            "mail ACT-02 osm@k.example 2026-11-22 2027-05-11",
        ],
    );
}

/// ACT-01 an order is a fact: the same one under another Licensing ID, by its programme or its number, contradicts it.
#[test]
fn act_01_an_order_belongs_to_its_licensing_id() {
    let elsewhere = |from: &str, to: &str| {
        let moved = |text: String| text.replace(from, to);
        [moved(agreement("enterprise", OSM)), moved(order_now("PO-1"))]
    };
    let mut below = vec![order_now("PO-1")];
    below.extend(elsewhere("enterprise", "select"));
    below.extend(elsewhere(r#""number":"1""#, r#""number":"2""#));
    expect(OSM, &below, &["mail ACT-02 osm@k.example 2026-11-22 2027-05-11", "conflict id", "conflict id"]);
}

/// ACT-01 whatever texts are made of, two rows that say something else are never taken for the same.
#[test]
fn act_01_no_text_passes_for_the_end_of_another() {
    for mark in ["", " ", r"\u2028"] {
        let customer = |name: &str, country: &str, address: &str| {
            let text = format!(
                r#"{{"type":"customer","id":"c1","name":"{name}","country":"{country}","address":"{address}"}}"#
            );
            row(&text.replace('|', mark))
        };
        let mut world = World::empty();
        assert!(matches!(take(&mut world, customer("A", "SE", "B|NO|C")), Ok(RowOutcome::Stored(_))));
        assert_eq!(take(&mut world, customer("A", "SE", "B|NO|C")), Ok(RowOutcome::Unchanged));
        assert!(matches!(take(&mut world, customer("A|SE|B", "NO", "C")), Ok(RowOutcome::Stored(_))), "{mark}");
    }
}

/// ACT-06 what a world says of an activation is what was decided.
#[test]
fn act_06_the_standing_is_what_was_decided() {
    let mut world = World::empty();
    load(&mut world, ABOVE);
    load(&mut world, &agreement("enterprise", OSM));
    load(&mut world, &order("PO-1", &["MAIL"], "2026-11-10", "2027-03-01"));
    let standing = world.standing(&"enterprise/1".parse().unwrap(), &"MAIL".parse().unwrap()).unwrap();
    assert_eq!(standing.reached, Some(Reached::Scheduled("2027-02-28T00:00:00Z".parse().unwrap())));
    assert_eq!(standing.purchased, Some("2026-11-10".parse().unwrap()));
    assert_eq!(standing.told, None);
}

/// A partial world with the agreement of `OSM` and its product; nobody is suppressed and nothing is open yet.
fn part() -> World {
    let mut world = World::partial();
    let (licence, sku) = ("enterprise/1".parse().unwrap(), "MAIL".parse().unwrap());
    let osm = "osm@k.example".parse().unwrap();
    world.put_customer(&"c1".parse().unwrap(), None);
    let Some(Record::Agreement(stored)) = row(&agreement("enterprise", OSM)).record().cloned() else { panic!() };
    world.put_agreement(&licence, Some(&stored));
    let mail = r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}"#;
    let Some(Record::Product(stored)) = row(mail).record().cloned() else { panic!() };
    world.put_product(&sku, Some((&stored, false)));
    world.put_suppression(&osm, None);
    world.put_holder(&licence, &osm, None);
    (1..=3).for_each(|n| world.put_order(&format!("PO-{n}").parse().unwrap(), None));
    world
}

fn outcome(world: &mut World, text: &str) -> String {
    dry_run::printed(&take(world, row(text))).lines().map(short).collect()
}

/// ACT-08 an account that is told twice of the same administrator is one account.
#[test]
fn act_08_an_account_counts_once() {
    let (osm, account) = ("osm@k.example".parse().unwrap(), "a1".parse().unwrap());
    let mut world = part();
    world.put_activation(&"enterprise/1".parse().unwrap(), &"MAIL".parse().unwrap(), None);
    world.put_administered(&osm, [&account, &account]);
    assert_eq!(outcome(&mut world, &order_now("PO-1")), "assigned ACT-08 a1");

    let mut world = part();
    world.put_activation(&"enterprise/1".parse().unwrap(), &"MAIL".parse().unwrap(), None);
    let other = "a2".parse().unwrap();
    world.put_administered(&osm, [&account, &other, &account, &other]);
    world.put_account(&other, None);
    load(&mut world, &self::account("a2", ""));
    assert_eq!(outcome(&mut world, &order_now("PO-1")), "assigned ACT-08 a1");
}

/// ACT-08 a row knows better than what a store still says: what is put in late doesn't undo it.
#[test]
fn act_08_what_is_put_in_late_does_not_undo_a_row() {
    let osm = "osm@k.example".parse().unwrap();
    let a1 = "a1".parse().unwrap();
    let mut world = part();
    world.put_activation(&"enterprise/1".parse().unwrap(), &"MAIL".parse().unwrap(), None);
    world.put_account(&a1, None);
    load(&mut world, &account("a1", ""));
    let Some(Record::Account(stored)) = row(&account("a1", r#""osm@k.example""#)).record().cloned() else { panic!() };
    world.put_account(&a1, Some(&stored));
    world.put_administered(&osm, [&a1]);
    load(&mut world, r#"{"type":"suppression","address":"osm@k.example","reason":"complaint"}"#);
    world.put_suppression(&osm, Some(Suppressed { reason: Reason::HardBounce, fails: true }));
    assert_eq!(take(&mut world, row(&suppression("osm@k.example"))), Ok(RowOutcome::Unchanged));
    assert_eq!(outcome(&mut world, &order_now("PO-1")), "stuck ACT-03");
}

/// ACT-01 LINK-07 what was loaded as activated and taken back since is unchanged when it is loaded again, and still
/// can't be loaded as activated elsewhere.
#[test]
fn act_01_an_activation_that_was_taken_back_stays_so() {
    let (licence, sku) = ("enterprise/1".parse().unwrap(), "MAIL".parse().unwrap());
    let mut world = part();
    for id in ["a1", "a2"] {
        let Some(Record::Account(stored)) = row(&account(id, "")).record().cloned() else { panic!() };
        world.put_account(&id.parse().unwrap(), Some(&stored));
    }
    let told = Some(("a1".parse().unwrap(), "2026-05-01".parse().unwrap()));
    let standing = Standing { reached: Some(Reached::Invited), purchased: Some("2026-04-01".parse().unwrap()), told };
    world.put_activation(&licence, &sku, Some(&standing));
    assert_eq!(world.standing(&licence, &sku), Some(standing.clone()));
    assert_eq!(take(&mut world, row(&activation("a1"))), Ok(RowOutcome::Unchanged));
    assert_eq!(take(&mut world, row(&activation("a2"))).unwrap_err().to_string(), "row 1: conflict (account)");
    assert_eq!(world.standing(&licence, &sku), Some(standing));
}

/// ACT-06 ACT-10 a time between two hours is kept as the later one: orders' own times are whole hours, so that the same of
/// them are earlier.
#[test]
fn act_06_a_time_between_hours_is_kept_as_the_later_one() {
    let (licence, sku) = ("enterprise/1".parse().unwrap(), "MAIL".parse().unwrap());
    for (at, kept) in [
        ("2027-02-27T23:00:00Z", "2027-02-27T23:00:00Z"),
        ("2027-02-27T22:59:59.9Z", "2027-02-27T23:00:00Z"),
        ("2027-02-27T23:00:00.1Z", "2027-02-28T00:00:00Z"),
        ("2027-02-27T23:59:59Z", "2027-02-28T00:00:00Z"),
    ] {
        let mut world = part();
        let scheduled = |at: &str| Some(Reached::Scheduled(at.parse().unwrap()));
        let standing = Standing { reached: scheduled(at), purchased: Some("2026-11-10".parse().unwrap()), told: None };
        world.put_activation(&licence, &sku, Some(&standing));
        assert_eq!(world.standing(&licence, &sku).unwrap().reached, scheduled(kept), "{at}");
    }
}

/// ACT-01 a part of the world asks for what a row is judged by; where nobody looks at the verdicts, for what it is stored by.
#[test]
fn act_01_a_part_of_the_world_asks_for_what_a_row_depends_on() {
    let needs = |world: &World, text: &str| -> Vec<String> {
        let written = |need: &Need| match need {
            Need::Product(sku) => format!("product {sku}"),
            Need::Customer(id) => format!("customer {id}"),
            Need::Account(id) => format!("account {id}"),
            Need::Agreement(licence) => format!("agreement {licence}"),
            Need::Order(id) => format!("order {id}"),
            Need::Suppression(address) => format!("suppression {}", address.as_str()),
            Need::Administered(address) => format!("administered {}", address.as_str()),
            Need::Activation(licence, sku) => format!("activation {licence} {sku}"),
            Need::Family(licence) => format!("family {licence}"),
            Need::Holder(licence, address) => format!("holder {licence} {}", address.as_str()),
        };
        world.needs(&row(text)).iter().map(written).collect()
    };
    let (all, without) = (World::partial(), World::partial_without_verdicts());
    let (order, stored) = (order_now("PO-9"), ["product MAIL", "agreement enterprise/1", "order PO-9"]);
    assert_eq!(needs(&without, &order), stored);
    assert_eq!(needs(&all, &order), [&stored[..], &["activation enterprise/1 MAIL"]].concat());
    assert_eq!(needs(&World::empty(), &order), [""; 0], "all of the world is there");

    let (agreement, stored) = (agreement("enterprise", OSM), ["customer c1", "agreement enterprise/1"]);
    let judged = ["suppression osm@k.example", "administered osm@k.example", "holder enterprise/1 osm@k.example"];
    assert_eq!(needs(&without, &agreement), stored);
    assert_eq!(needs(&all, &agreement), [&stored[..], &judged].concat());

    // Once its agreement is there, an order asks for what is known of those who are named on it.
    assert_eq!(needs(&part(), &order_now("PO-1")), ["administered osm@k.example", "activation enterprise/1 MAIL"]);
    assert_eq!(needs(&all, &activation("a1")).len(), 4);
    assert_eq!(needs(&all, &suppression("osm@k.example")), ["suppression osm@k.example"]);
    // The reseller of an open licence is given something, so what it holds is written with the order.
    let for_reseller = |programme: &str| {
        let named = order_now("PO-9").replace(r#""lines""#, r#""reseller":"shop@k.example","lines""#);
        needs(&without, &named.replace(r#""enterprise""#, &format!(r#""{programme}""#)))
    };
    assert_eq!(for_reseller("select").len(), 3);
    assert_eq!(for_reseller("open-licence")[3], "holder open-licence/1 shop@k.example");
}

/// ACT-01 PERM-03 PERM-04 rows of what an address holds ask for that and for what stands above; an agreement row asks for it of
/// whoever it newly names primary or notices contact, and of nobody else.
#[test]
fn act_01_a_part_of_the_world_asks_for_what_addresses_hold() {
    let mut world = World::partial_without_verdicts();
    let ann = |licence: &str| Need::Holder(licence.parse().unwrap(), "ann@kestrel.example".parse().unwrap());
    let agreement_of = |licence: &str| Need::Agreement(licence.parse().unwrap());
    let rows =
        [held("assignment", r#","roles":["download"]"#), held("removal", ""), held("opt-out", r#","of":"itself""#)];
    for text in &rows {
        assert_eq!(world.needs(&row(text)), [agreement_of("enterprise/1"), ann("enterprise/1")]);
    }
    let below = agreement("enterprise", r#""primary":"bo@k.example","bill-to":"eve@k.example""#)
        .replace(r#","contacts""#, r#","parent":{"programme":"master","number":"7"},"contacts""#);
    let Some(Record::Agreement(stored)) = row(&below).record().cloned() else { panic!() };
    world.put_agreement(&stored.licence, Some(&stored));
    world.put_holder(&stored.licence, &"ann@kestrel.example".parse().unwrap(), None);
    for text in &rows {
        assert_eq!(world.needs(&row(text)), [agreement_of("master/7"), ann("master/7")]);
    }
    // It is asked for whom the stored row did not name like this.
    world.put_customer(&"c1".parse().unwrap(), None);
    world.put_agreement(&"master/7".parse().unwrap(), None);
    assert_eq!(world.needs(&row(&below)), []);
    assert_eq!(world.needs(&row(&below.replace("bo@k.example", "ann@kestrel.example"))), []);
    let named = below.replace("bo@k.example", "eve@k.example");
    let eve = Need::Holder(stored.licence, "eve@k.example".parse().unwrap());
    assert_eq!(world.needs(&row(&named)), [eve]);
    assert_eq!(world.needs(&row(&below.replace("eve@k.example", "mia@k.example"))), []);
}

/// ACT-01 what was put in as absent can be asked for again, for another load may have brought it since.
#[test]
fn act_01_what_was_absent_can_be_asked_for_again() {
    let mut world = World::partial();
    let (id, rows) =
        ("c1".parse().unwrap(), row(r#"{"type":"customer","id":"c1","name":"Kestrel Foods","country":"SE"}"#));
    world.put_customer(&id, None);
    assert_eq!(world.needs(&rows), []);
    world.ask_again(&Need::Customer(id.clone()));
    assert_eq!(world.needs(&rows), [Need::Customer(id)]);
}

fn held(kind: &str, more: &str) -> String {
    format!(r#"{{"type":"{kind}","programme":"enterprise","number":"1","address":"ann@kestrel.example"{more}}}"#)
}

/// A world that knows of `enterprise/1` and of what ann holds there; whatever else a row needs is not there.
fn with_holder(world: World, holder: &Holder) -> World {
    let mut world = world;
    load(&mut world, ABOVE);
    load(&mut world, &agreement("enterprise", ""));
    let licence = "enterprise/1".parse().unwrap();
    world.put_back_holder(&licence, &"ann@kestrel.example".parse().unwrap(), holder);
    world
}

/// ROLE-07 PERM-04 the row that was loaded last changes nothing, whatever people did in the portal since; another one would undo
/// that and is refused, unless an operator says so.
#[test]
fn role_07_a_row_undoes_no_act_in_the_portal() {
    let at = dry_run::now();
    let assignment = held("assignment", r#","roles":["administrator"]"#);
    let removal = held("removal", "");
    let other = held("assignment", r#","roles":["download"]"#);
    let loaded = |text: &str| {
        let mut holder = Holder::default();
        holder.loaded(row(text).record().unwrap(), at);
        holder
    };
    let mut gave_up = loaded(&assignment);
    gave_up.give_up(GivenUpBy::Oneself, at);
    let mut given_more = loaded(&assignment);
    let by = By::Operator { name: "ann".into() };
    given_more.assign([Role::Download], &[].into(), false, &Grant { by: by.clone(), at, until: None, scheme: None });
    let mut given_back = loaded(&removal);
    given_back.assign([Role::Download], &[].into(), false, &Grant { by, at, until: None, scheme: None });
    let mut never_told = Holder::default();
    never_told.give_up(GivenUpBy::Another, at);

    let conflict = |text: &str| (text.to_owned(), "conflict".to_owned(), "address".to_owned());
    for (holder, same, others) in [
        (&gave_up, Some(&assignment), [&removal, &other]),
        (&given_more, Some(&assignment), [&removal, &other]),
        (&given_back, Some(&removal), [&assignment, &other]),
        (&never_told, None, [&assignment, &removal]),
    ] {
        if let Some(same) = same {
            assert_eq!(take(&mut with_holder(World::empty(), holder), row(same)), Ok(RowOutcome::Unchanged));
        }
        for text in others {
            let refused = take(&mut with_holder(World::empty(), holder), row(text)).unwrap_err();
            let said = (text.clone(), refused.code.to_string(), refused.field.unwrap().to_string());
            assert_eq!(said, conflict(text));
            let over = take(&mut with_holder(World::empty().over_portal(), holder), row(text));
            assert!(matches!(over, Ok(RowOutcome::Stored(_))), "{text}: {over:?}");
        }
    }
    // Nobody acted since: another row takes its place.
    for text in [&removal, &other] {
        let taken = take(&mut with_holder(World::empty(), &loaded(&assignment)), row(text));
        assert!(matches!(taken, Ok(RowOutcome::Stored(_))), "{text}: {taken:?}");
    }
    // Of several faults the first field's is reported; one of the form comes before.
    for (more, code, field) in [
        (r#","scheme":"role-less""#, "conflict", "address"),
        (r#","roles":["download"],"reservations":true"#, "conflict", "address"),
        (r#","roles":["owner"]"#, "unknown-role", "roles[0]"),
    ] {
        let refused = take(&mut with_holder(World::empty(), &gave_up), row(&held("assignment", more))).unwrap_err();
        assert_eq!((refused.code.as_str(), refused.field.as_deref()), (code, Some(field)), "{more}");
    }
}

/// ROLE-04 an opt-out ends only in the portal: loading the row again changes nothing, also once the person opted in there.
#[test]
fn role_04_an_opt_out_that_ended_in_the_portal_stays_ended() {
    let opt_out = held("opt-out", r#","of":"itself""#);
    let mut holder = Holder::default();
    holder.loaded(row(&opt_out).record().unwrap(), dry_run::now());
    assert!(holder.opted_out(OptOutOf::Itself));
    holder.opt_in(OptOutOf::Itself);
    assert_eq!(take(&mut with_holder(World::empty(), &holder), row(&opt_out)), Ok(RowOutcome::Unchanged));
    let other = held("opt-out", r#","of":"children""#);
    assert!(matches!(take(&mut with_holder(World::empty(), &holder), row(&other)), Ok(RowOutcome::Stored(_))));
}

/// ROLE-07 the digests of rows are stored, so they stay what they are.
#[test]
fn role_07_digests_of_rows_stay_what_they_are() {
    let digest = |text: &str| {
        let mut holder = Holder::default();
        holder.loaded(row(text).record().unwrap(), dry_run::now());
        serde_json::to_value(&holder.told).unwrap()["row"].as_str().unwrap().to_owned()
    };
    let of = [held("assignment", r#","roles":["administrator","download"],"reservations":null"#), held("removal", "")];
    assert_eq!(of.map(|text| digest(&text)), ["04d20e759a7bdffa27ea26e5e90588d9", "27aa404101e74027287f96c9f0147c98"]);
}
