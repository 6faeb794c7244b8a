//! Rows of what single addresses hold: `assignment`, `removal`, `opt-out`, and what other rows do to it.

use licensing::{
    Address, Licence,
    access::{By, GivenUpBy, Grant, Holder, OptOutOf, Roster},
    roles::Role,
};
use store::{
    licences::Versioned,
    standing::{held, holder, roster},
};

use super::*;

const RIVER: &str = r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}
{"type":"customer","id":"c1","name":"River Foods","country":"SE"}
{"type":"agreement","programme":"master","number":"7","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"primary":"top@river.example"}}
{"type":"agreement","programme":"enterprise","number":"100","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"primary":"ann@river.example","notices":"nils@river.example","online-services-manager":"osm@river.example"},"parent":{"programme":"master","number":"7"}}
{"type":"agreement","programme":"open-licence","number":"55","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"notices":"nils@river.example"},"authorization_number":"A-1"}
"#;

const ON_100: &str = r#""programme":"enterprise","number":"100""#;
const ON_55: &str = r#""programme":"open-licence","number":"55""#;

fn row(kind: &str, on: &str, name: &str, more: &str) -> String {
    format!(r#"{{"type":"{kind}",{on},"address":"{name}@river.example"{more}}}"#) + "\n"
}

fn assignment(name: &str, roles: &str) -> String {
    row("assignment", ON_100, name, &format!(r#","roles":[{roles}]"#))
}

fn removal(name: &str) -> String {
    row("removal", ON_100, name, "")
}

fn opt_out(name: &str) -> String {
    row("opt-out", ON_100, name, r#","of":"itself""#)
}

fn order(id: &str, on: &str, more: &str) -> String {
    format!(
        r#"{{"type":"order","id":"{id}",{on},"purchased":"2026-11-10","usage_starts":"2026-11-10"{more},"lines":[{{"product":"MAIL","quantity":1}}]}}"#
    ) + "\n"
}

fn at(name: &str) -> Address {
    format!("{name}@river.example").parse().expect("an address")
}

fn on_100() -> Licence {
    "enterprise/100".parse().expect("a licence")
}

fn on_55() -> Licence {
    "open-licence/55".parse().expect("a licence")
}

/// A deployment in which the agreements are loaded.
async fn river() -> Bench {
    let bench = Bench::new().await;
    let loaded = load(&bench, RIVER, options("agreements", false)).await;
    assert_eq!((loaded.taken, loaded.refused), (5, 0), "{:?}", loaded.lines);
    bench
}

async fn take(bench: &Bench, text: &str) -> Loaded {
    load(bench, text, options("rows", false)).await
}

async fn stored(bench: &Bench, licence: &Licence, name: &str) -> Holder {
    let found = bench.store.get(&holder(licence, &at(name))).await.expect("answers");
    found.map(|found| found.record).unwrap_or_default()
}

async fn in_roster(bench: &Bench, name: &str) -> Option<Holder> {
    let found = bench.store.get(&roster(&on_100())).await.expect("answers");
    found.and_then(|found| found.record.holder(&at(name)))
}

async fn is_administrator(bench: &Bench, name: &str) -> bool {
    let loaded = bench.store.standing_of(&on_100()).await.expect("answers").expect("it is loaded");
    loaded.standing().of(&at(name), bench.app.now()).has(Role::Administrator)
}

/// The keys of the events in the outbox that begin like this, in order.
async fn events(bench: &Bench, kind: &str) -> Vec<String> {
    let store = &bench.store;
    let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("answers");
    let ids = found.items().iter().map(|item| item["event_id"].as_s().expect("a key").clone());
    let mut ids: Vec<String> = ids.filter(|id| id.starts_with(kind)).collect();
    ids.sort();
    ids
}

async fn audited(bench: &Bench, licence: &Licence) -> Vec<String> {
    let (entries, _) = bench.store.audit_page(&licence_chain(licence), 0, 50).await.expect("answers");
    entries.into_iter().map(|entry| entry.action).collect()
}

/// An act in the portal: what it makes of what is stored, with the roster.
async fn act(bench: &Bench, name: &str, change: impl FnOnce(&mut Holder)) {
    let store = &bench.store;
    let loaded = store.standing_of(&on_100()).await.expect("answers").expect("it is loaded");
    let before = store.get(&holder(&on_100(), &at(name))).await.expect("answers");
    let mut after = before.as_ref().map(|before| before.record.clone()).unwrap_or_default();
    change(&mut after);
    let mut whole = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
    let mut write = Write::new();
    if whole.note(&at(name), &after).expect("there is room") {
        write.roster(store, &on_100(), loaded.roster(), &whole);
    }
    write.holder(store, loaded.agreement(), "River Foods", &at(name), before.as_ref(), &after);
    write.commit(store).await.expect("nobody else writes");
}

fn grant(bench: &Bench) -> Grant {
    Grant { by: By::Operator { name: "ann".into() }, at: bench.app.now(), until: None, scheme: None }
}

const CONFLICT: &str = r#"{"row":1,"error":"conflict","field":"address"}"#;

/// ROLE-07 SAFE-01 an assignment is stored with the roster, its row among the address's listings and its audit entry, in one
/// transaction; the same row again is unchanged and writes nothing.
#[tokio::test]
async fn role_07_an_assignment_is_stored() {
    let bench = river().await;
    let rows = assignment("bo", r#""administrator","download""#)
        + &row("assignment", ON_55, "eve", r#","scheme":"role-less""#)
        + &row("assignment", r#""programme":"master","number":"7""#, "mia", r#","roles":["licensing-info"]"#);
    let loaded = take(&bench, &rows).await;
    assert_eq!((loaded.taken, loaded.refused), (3, 0), "{:?}", loaded.lines);
    assert!(is_administrator(&bench, "bo").await && !is_administrator(&bench, "mia").await);
    let bo = stored(&bench, &on_100(), "bo").await;
    assert_eq!(bo.assigned.roles.keys().copied().collect::<Vec<_>>(), [Role::Administrator, Role::Download]);
    assert!(bo.assigned.roles.values().all(|grant| grant.by == By::Row));
    assert!(stored(&bench, &on_55(), "eve").await.assigned.roles.contains_key(&Role::Administrator));
    let listed = bench.store.get(&held(&at("bo"), &on_100())).await.expect("answers").expect("it is listed");
    assert_eq!((listed.customer.as_str(), listed.customer_name.as_str()), ("c1", "River Foods"));
    assert_eq!(audited(&bench, &on_100()).await, ["agreement.loaded", "permission.assigned"]);
    assert_eq!(events(&bench, "administrator-changed").await.len(), 2, "of bo and of eve");
    assert!(events(&bench, "rejudge|").await.is_empty(), "nobody counts as a contact who did not before");

    let before = bench.app.store.meter().read();
    let again = take(&bench, &rows).await;
    assert_eq!((again.taken, again.unchanged), (0, 3));
    assert!((bench.app.store.meter().read() - before).write_units == 0.0);
}

/// ROLE-07 PERM-04 the same export every night undoes nothing that people did in the portal: who gave up stays away, and what a
/// decision gave stays. A row that says something else is refused, unless an operator says that it counts.
#[tokio::test]
async fn perm_04_a_nightly_export_undoes_no_act_in_the_portal() {
    let bench = river().await;
    let export = assignment("bo", r#""administrator""#) + &assignment("eve", r#""download""#);
    assert_eq!(take(&bench, &export).await.taken, 2);
    act(&bench, "bo", |bo| bo.give_up(GivenUpBy::Oneself, bench.app.now())).await;
    act(&bench, "eve", |eve| eve.assign([Role::ProductKeys], &[].into(), false, &grant(&bench))).await;
    for night in ["first", "second"] {
        let loaded = load(&bench, &export, options(night, false)).await;
        assert_eq!((loaded.taken, loaded.unchanged), (0, 2), "{night}");
        assert!(!is_administrator(&bench, "bo").await, "{night}");
        assert!(stored(&bench, &on_100(), "eve").await.assigned.roles.contains_key(&Role::ProductKeys), "{night}");
    }
    for other in [assignment("bo", r#""download""#), removal("bo"), removal("eve")] {
        for dry_run in [true, false] {
            let refused = load(&bench, &other, options("other", dry_run)).await;
            assert_eq!((refused.taken, refused.lines), (0, vec![CONFLICT.to_owned()]), "{other}");
        }
    }
    let mut loader = Loader::new(&bench.app, options("over", false)).over_portal();
    let over = loader.take(&rows(&(assignment("bo", r#""download""#) + &removal("eve")))).await.expect("loaded");
    assert_eq!((over.taken, over.refused), (2, 0), "{:?}", over.lines);
    let bo = stored(&bench, &on_100(), "bo").await;
    assert!(bo.gave_up.is_none() && bo.assigned.roles.contains_key(&Role::Download));
    assert!(!stored(&bench, &on_100(), "eve").await.gives_something());
    // From here on the row counts, and nobody has acted since.
    assert_eq!(take(&bench, &assignment("bo", r#""administrator""#)).await.taken, 1);
}

/// PERM-02 PERM-03 PERM-04 a removal takes what acts gave and what listings give, and what is addressed to the address is judged
/// again; who has to stay can't be removed, neither of the agreement nor of what stands above.
#[tokio::test]
async fn perm_04_a_removal_takes_everything_and_asks_for_judging_again() {
    let bench = river().await;
    assert_eq!(take(&bench, &assignment("bo", r#""administrator""#)).await.taken, 1);
    for name in ["ann", "nils", "top"] {
        assert_eq!(take(&bench, &removal(name)).await.lines, [CONFLICT], "{name}");
    }
    let loaded = take(&bench, &(removal("bo") + &removal("osm"))).await;
    assert_eq!((loaded.taken, loaded.refused), (2, 0), "{:?}", loaded.lines);
    assert!(!is_administrator(&bench, "bo").await);
    assert!(stored(&bench, &on_100(), "bo").await.gave_up.is_some_and(|gave_up| gave_up.by == GivenUpBy::Row));
    assert!(bench.store.get(&held(&at("bo"), &on_100())).await.expect("answers").is_none());
    assert!(in_roster(&bench, "osm").await.is_some_and(|osm| osm.gave_up.is_some()));
    let asked = events(&bench, "rejudge|").await;
    assert!(asked.len() == 2 && asked.iter().any(|id| id.contains("osm@river.example")), "{asked:?}");
    assert_eq!(events(&bench, "administrator-changed").await.len(), 2, "bo was made one, and removed");
    assert_eq!(take(&bench, &(removal("bo") + &removal("osm"))).await.unchanged, 2);
    let actions = audited(&bench, &on_100()).await;
    assert_eq!(actions[2..], ["permission.removed", "permission.removed"]);

    // Who gave up counts as not named for what is ordered: a dry run says so of what is stored.
    let dry = load(&bench, &order("PO-1", ON_100, ""), options("dry", true)).await;
    assert!(dry.lines[0].contains(r#""to":"nils@river.example""#), "{:?}", dry.lines);
    // An assignment makes the listing count again.
    assert_eq!(take(&bench, &assignment("osm", r#""licensing-info""#)).await.taken, 1);
    assert_eq!(events(&bench, "rejudge|").await.len(), 3);
    let dry = load(&bench, &order("PO-1", ON_100, ""), options("dry", true)).await;
    assert!(dry.lines[0].contains(r#""to":"osm@river.example""#), "{:?}", dry.lines);
}

/// PERM-04 an agreement row that newly names somebody primary contact who gave up makes what listings give count again, in its
/// own transaction; one that named them before does not.
#[tokio::test]
async fn perm_04_newly_named_contacts_count_again() {
    let bench = river().await;
    assert_eq!(take(&bench, &removal("bo")).await.taken, 1);
    let named = |place: &str, name: &str| {
        let agreement = RIVER.lines().nth(3).expect("the agreement");
        agreement.replace(&format!(r#""{place}":"ann"#), &format!(r#""{place}":"{name}"#)) + "\n"
    };
    assert_eq!(take(&bench, &named("primary", "bo")).await.taken, 1);
    assert!(is_administrator(&bench, "bo").await && !is_administrator(&bench, "ann").await);
    assert!(stored(&bench, &on_100(), "bo").await.gave_up.is_none() && in_roster(&bench, "bo").await.is_none());
    let told = events(&bench, "administrator-changed").await;
    assert!(
        told.len() == 2 && told[0].contains("ann@river.example") && told[1].contains("bo@river.example"),
        "{told:?}"
    );
    // The row that was loaded last about bo is that removal, so it says nothing new.
    assert_eq!(take(&bench, &removal("bo")).await.lines, [CONFLICT; 0]);
    // All in one chunk, and the rows in their order: no longer named, given something, removed, and named again.
    let file = named("primary", "eve")
        + &assignment("bo", r#""download""#)
        + &removal("bo")
        + &removal("eve")
        + &named("primary", "bo");
    let loaded = take(&bench, &file).await;
    assert_eq!((loaded.taken, loaded.lines), (4, vec![CONFLICT.replace(":1,", ":4,")]));
    assert!(is_administrator(&bench, "bo").await);
}

/// PERM-03 somebody else names the address as primary contact between the judgement and the write: the row is judged again.
#[tokio::test]
async fn perm_03_a_removal_is_written_only_where_its_judgement_still_holds() {
    let bench = river().await;
    let mut loader = Loader::new(&bench.app, options("one", false));
    // It knows the agreements as they are now.
    loader.take(&rows(&assignment("eve", r#""download""#))).await.expect("loaded");
    let agreement = RIVER.lines().nth(3).expect("the agreement").replace("ann@", "bo@");
    let above = RIVER.lines().nth(2).expect("the agreement").replace("top@", "mia@");
    load(&bench, &format!("{agreement}\n{above}"), options("other", false)).await;
    let refused = loader.take(&rows(&(removal("bo") + &removal("mia")))).await.expect("loaded");
    assert_eq!(refused.lines, [CONFLICT.to_owned(), CONFLICT.replace(":1,", ":2,")]);
    // So does an act in the portal.
    loader.take(&rows(&assignment("eve", r#""download""#))).await.expect("loaded");
    act(&bench, "eve", |eve| eve.give_up(GivenUpBy::Oneself, bench.app.now())).await;
    let refused = loader.take(&rows(&assignment("eve", r#""administrator""#))).await.expect("loaded");
    assert_eq!(refused.lines, [CONFLICT]);
    assert!(!is_administrator(&bench, "eve").await);
}

/// REG-02 ROLE-07 whoever was assigned a role is named, also at a public mail provider, until it is taken away.
#[tokio::test]
async fn reg_02_an_assignment_names_its_address() {
    let bench = river().await;
    let whose = r#""programme":"enterprise","number":"100","address":"bo@gmail.com""#;
    let is_named = async || bench.store.is_named(&"bo@gmail.com".parse().expect("an address")).await.expect("answers");
    assert!(!is_named().await);
    take(&bench, &format!(r#"{{"type":"assignment",{whose},"roles":["download"]}}"#)).await;
    assert!(is_named().await);
    take(&bench, &format!(r#"{{"type":"removal",{whose}}}"#)).await;
    assert!(!is_named().await);
}

/// ROLE-04 an opt-out is stored once, and takes the right from above; once it ended in the portal the same row changes nothing.
#[tokio::test]
async fn role_04_an_opt_out_is_stored_and_ends_in_the_portal_only() {
    let bench = river().await;
    assert!(is_administrator(&bench, "top").await, "inherited");
    assert_eq!(take(&bench, &opt_out("top")).await.taken, 1);
    assert!(!is_administrator(&bench, "top").await);
    assert_eq!(events(&bench, "administrator-changed").await.len(), 1);
    assert_eq!(take(&bench, &opt_out("top")).await.unchanged, 1);
    act(&bench, "top", |top| top.opt_in(OptOutOf::Itself)).await;
    assert_eq!(take(&bench, &opt_out("top")).await.unchanged, 1);
    assert!(is_administrator(&bench, "top").await);
}

/// OPEN-08 SAFE-01 an order for an open licence notes the reseller whom it gives the limited set: with the order, once, and told
/// apart from what was there before the reseller gave up. The first grant stands in the audit.
#[tokio::test]
async fn open_08_orders_note_their_reseller() {
    let bench = river().await;
    let by_reseller = r#","reseller":"shop@river.example""#;
    let (first, second) = (order("PO-1", ON_55, by_reseller), order("PO-2", ON_55, by_reseller));
    assert_eq!(take(&bench, &(first.clone() + &second)).await.taken, 2);
    let shop = stored(&bench, &on_55(), "shop").await;
    let orders = shop.orders.expect("two are noted");
    assert_eq!((orders.count, orders.newest.as_str()), (2, "PO-2"));
    assert_eq!(audited(&bench, &on_55()).await, ["agreement.loaded", "permission.ordered"]);
    assert!(bench.store.get(&held(&at("shop"), &on_55())).await.expect("answers").is_some());
    assert_eq!(take(&bench, &(first + &second)).await.unchanged, 2);

    let file = row("removal", ON_55, "shop", "") + &order("PO-3", ON_55, by_reseller);
    assert_eq!(take(&bench, &file).await.taken, 2);
    let shop = stored(&bench, &on_55(), "shop").await;
    assert_eq!((shop.orders.map(|orders| orders.count), shop.times_given_up), (Some(1), 1));
    let times = async |id: &str| {
        let slot = store::orders::order(&id.parse().expect("an id"));
        bench.store.get(&slot).await.expect("answers").expect("stored").times_given_up
    };
    assert_eq!((times("PO-2").await, times("PO-3").await), (0, 1));
    // It is noted while it is given up, too, by a load that knows nothing else of it.
    assert_eq!(take(&bench, &row("removal", ON_55, "eve", "")).await.taken, 1);
    let for_eve = order("PO-5", ON_55, r#","reseller":"eve@river.example""#);
    assert_eq!(take(&bench, &for_eve).await.taken, 1);
    let eve = stored(&bench, &on_55(), "eve").await;
    assert!(eve.orders.is_some() && eve.gave_up.is_some() && eve.times_given_up == 1);
    // Of other programmes an order gives nobody anything.
    assert_eq!(take(&bench, &order("PO-4", ON_100, by_reseller)).await.taken, 1);
    assert!(stored(&bench, &on_100(), "shop").await.is_empty());
}

/// ACT-01 rows of what addresses hold need a token of scope `permissions`, which counts for seven days; one for some customers is
/// held to their agreements.
#[tokio::test]
async fn act_01_permissions_need_a_scope_of_their_own() {
    let bench = river().await;
    load(&bench, &RIVER.replace("\"c1\"", "\"c2\"").replace("\"100\"", "\"200\""), options("others", false)).await;
    token(&bench, "load", &["load"], None).await;
    token(&bench, "hr", &["permissions"], None).await;
    token(&bench, "some", &["permissions"], Some(&["c1"])).await;
    let file = assignment("bo", r#""download""#) + &removal("eve") + &opt_out("top");
    let (status, report) = send(&bench, "load", "", &[], file.as_bytes()).await;
    assert_eq!((status, report["taken"].as_u64()), (200, Some(0)), "{report}");
    let line = &report["lines"][0];
    assert_eq!((line["error"].as_str(), line["field"].as_str()), (Some("not-allowed"), Some("type")), "{report}");
    assert!(report["warnings"][0].as_str().is_some_and(|hint| hint.contains("scope permissions")), "{report}");
    let theirs = file.replace("\"100\"", "\"200\"");
    let (_, report) = send(&bench, "some", "", &[], theirs.as_bytes()).await;
    assert_eq!(report["taken"].as_u64(), Some(0), "{report}");
    let line = &report["lines"][2];
    assert_eq!((line["error"].as_str(), line["field"].as_str()), (Some("unknown-licensing-id"), Some("number")));
    let (_, report) = send(&bench, "some", "", &[], file.as_bytes()).await;
    assert_eq!(report["taken"].as_u64(), Some(3), "{report}");
    let (_, report) = send(&bench, "hr", "", &[], theirs.as_bytes()).await;
    assert_eq!(report["taken"].as_u64(), Some(3), "{report}");
    let (_, report) = send(&bench, "hr", "", &[], CONTOSO.as_bytes()).await;
    assert_eq!(report["taken"].as_u64(), Some(0), "it loads nothing else: {report}");
    bench.pass(7 * 24 * 3600);
    assert_eq!(send(&bench, "hr", "", &[], file.as_bytes()).await.0, 401, "whatever was minted with it");
}

/// ROLE-07 an agreement takes so many Administrators and managers that one item holds them; one more is refused with what to do,
/// also by a dry run, and what needs no room is still taken.
#[tokio::test]
async fn role_07_a_roster_that_is_full_refuses_one_more() {
    let bench = river().await;
    let mut full = Roster::default();
    let mut administrator = Holder::default();
    administrator.assign([Role::Administrator], &[].into(), false, &grant(&bench));
    let many = (0..).map(|number| format!("n{number}@river.example").parse::<Address>().expect("an address"));
    for address in many {
        if full.note(&address, &administrator).is_err() {
            break;
        }
    }
    let mut write = Write::new();
    write.roster(&bench.store, &on_100(), None::<&Versioned<Roster>>, &full);
    write.commit(&bench.store).await.expect("written");
    let file = assignment("bo", r#""administrator""#) + &assignment("bo", r#""download""#) + &removal("eve");
    for dry_run in [true, false] {
        let loaded = load(&bench, &file, options("rows", dry_run)).await;
        assert_eq!((loaded.taken, &loaded.lines[..]), (2, &[CONFLICT.to_owned()][..]), "{dry_run}");
        assert!(loaded.warnings[0].contains("Remove some first"), "{:?}", loaded.warnings);
    }
}

/// ROLE-07 rows of one address and of many come in their order, however they share transactions, and where others write the audit
/// at the same time.
#[tokio::test]
async fn role_07_rows_keep_their_order() {
    const MANY: usize = 40;
    let bench = river().await;
    let mut file = String::new();
    for number in 0..MANY {
        let name = format!("p{number}");
        file += &assignment(&name, r#""administrator""#);
        if number % 2 == 0 {
            file += &removal(&name);
        }
        if number % 4 == 0 {
            file += &assignment(&name, r#""online-services-manager""#);
        }
    }
    let load_of = |name: &'static str| load(&bench, &file, options(name, false));
    let other = CONTOSO.replace("\"100\"", "\"300\"");
    let (loaded, _) =
        Box::pin(futures_util::future::join(load_of("one"), load(&bench, &other, options("other", false)))).await;
    assert_eq!((loaded.taken, loaded.refused), (70, 0), "{:?}", loaded.lines);
    let loaded = bench.store.standing_of(&on_100()).await.expect("answers").expect("it is loaded");
    let standing = loaded.standing();
    for number in 0..MANY {
        let access = standing.of(&at(&format!("p{number}")), bench.app.now());
        assert_eq!(access.has(Role::Administrator), number % 2 == 1, "{number}");
        assert_eq!(access.has(Role::OnlineServicesManager), number % 4 == 0, "{number}");
        let said = stored(&bench, &on_100(), &format!("p{number}")).await;
        assert_eq!(said.gave_up.is_some(), number % 4 == 2, "{number}");
    }
    assert_eq!(audited(&bench, &on_100()).await.len().min(50), 50);
}

/// ROLE-07 PERM-04 SAFE-01 a load that is cut at any call leaves holder, roster and audit saying the same; loading the rows again
/// completes it.
#[tokio::test]
async fn role_07_a_load_that_is_cut_is_completed_by_the_next() {
    let file = assignment("bo", r#""administrator""#)
        + &removal("eve")
        + &opt_out("top")
        + &order("PO-1", ON_55, r#","reseller":"shop@river.example""#)
        + &row("assignment", ON_55, "eve", r#","scheme":"role-less""#);
    let take = async |app: &gateway::App| {
        let mut loader = Loader::new(app, options("cut", false));
        loader.take(&rows(&file)).await
    };
    let bench = river().await;
    let faults = Faults::on(&bench);
    assert_eq!(take(&faults.app(Retries::Off)).await.expect("nothing fails").taken, 5);
    for fault in Fault::crashes(&faults.calls()) {
        let bench = river().await;
        let faults = Faults::on(&bench);
        faults.plan(fault);
        let _ = take(&faults.app(Retries::Off)).await;
        for name in ["bo", "eve", "top"] {
            let holds = !stored(&bench, &on_100(), name).await.is_empty();
            assert_eq!(holds, in_roster(&bench, name).await.is_some(), "{fault}: {name}");
        }
        let told = ["bo", "eve", "top"];
        let mut holding = 0;
        for name in told {
            holding += usize::from(!stored(&bench, &on_100(), name).await.is_empty());
        }
        assert_eq!(audited(&bench, &on_100()).await.len(), 1 + holding, "{fault}");
        let slot = store::orders::order(&"PO-1".parse().expect("an id"));
        let ordered = bench.store.get(&slot).await.expect("answers").is_some();
        assert_eq!(ordered, stored(&bench, &on_55(), "shop").await.orders.is_some(), "{fault}");
        faults.heal();
        let again = take(&faults.app(Retries::Off)).await.expect("nothing fails any more");
        assert_eq!((again.rows, again.refused), (5, 0), "{fault}");
        assert!(is_administrator(&bench, "bo").await && !is_administrator(&bench, "top").await, "{fault}");
        assert_eq!(audited(&bench, &on_100()).await.len(), 4, "{fault}");
    }
}

/// ROLE-07 ACT-01 rows of different agreements share transactions, and orders of a known reseller cost no call more.
#[tokio::test]
async fn role_07_rows_of_different_agreements_share_transactions() {
    const MANY: usize = 60;
    let bench = river().await;
    let on = |number: usize| format!(r#""programme":"select","number":"{number}""#);
    let agreements: String = (0..MANY)
        .map(|number| {
            let row = format!(
                r#"{{"type":"agreement",{},"customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{"notices":"nils@river.example"}}}}"#,
                on(number)
            );
            row + "\n"
        })
        .collect();
    load(&bench, &agreements, options("agreements", false)).await;
    let rows: String =
        (0..MANY).map(|number| row("assignment", &on(number), "bo", r#","roles":["administrator"]"#)).collect();
    let before = bench.app.store.meter().read();
    assert_eq!(take(&bench, &rows).await.taken, MANY as u64);
    let used = bench.app.store.meter().read() - before;
    // Six items each: what is held, the row among the listings, the roster, the audit's entry and head, and the event.
    assert!(used.calls < 12, "{used:?}");
    let before = bench.app.store.meter().read();
    assert_eq!(take(&bench, &rows).await.unchanged, MANY as u64);
    let used = bench.app.store.meter().read() - before;
    assert!(used.calls < 9 && used.write_units == 0.0, "{used:?}");
}

/// PERM-03 PERM-04 one load removes an address and another names it primary contact, in every order of their calls: whichever was
/// first, the contact is one in the end, and both loads end.
#[tokio::test]
async fn perm_03_a_removal_and_a_contact_meet_in_every_order() {
    let bench = river().await;
    let ways = [Faults::on(&bench), Faults::on(&bench)];
    let mut orders = Orders::default();
    let mut outcomes = HashSet::new();
    while orders.more() {
        let number = format!("r{}", orders.tried());
        let agreement = |contacts: &str| {
            format!(
                r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{{contacts}}}}}"#
            )
        };
        load(&bench, &agreement(r#""notices":"nils@river.example""#), options("before", false)).await;
        let removal = row("removal", &format!(r#""programme":"select","number":"{number}""#), "bo", "");
        let named = agreement(r#""primary":"bo@river.example","notices":"nils@river.example""#);
        let load = |way: &Faults, text: String| -> Work<(u64, u64)> {
            let app = way.app(Retries::Off);
            Box::pin(async move {
                let mut loader = Loader::new(&app, options("one", false));
                let loaded = loader.take(&rows(&text)).await.expect("loaded all the same");
                (loaded.taken, loaded.refused)
            })
        };
        let work = [load(&ways[0], removal), load(&ways[1], named)];
        let taken = orders.run([&ways[0], &ways[1]], work).await;
        assert_eq!(taken[1], (1, 0), "{:?}", orders.taken());
        outcomes.insert(taken[0]);
        let licence: Licence = format!("select/{number}").parse().expect("a licence");
        let loaded = bench.store.standing_of(&licence).await.expect("answers").expect("it is loaded");
        let access = loaded.standing().of(&at("bo"), bench.app.now());
        assert!(access.has(Role::Administrator), "{:?}", orders.taken());
        assert!(stored(&bench, &licence, "bo").await.gave_up.is_none(), "{:?}", orders.taken());
    }
    assert_eq!(outcomes, HashSet::from([(1, 0), (0, 1)]), "each was first at some time");
}
