//! Rows that tell what single addresses hold: what is taken, what is refused, and what it does to everybody's rights and to
//! order lines below.

mod dry_run;

use dry_run::{dry_run, lines, load, now, row, rows, take};
use licensing::import::{Everybody, RowOutcome, World};
use serde_json::{Value, json};

/// A customer, a product, and a chain: `select/1` below `select/2` below `master/7`; and the open licence `open-licence/5`.
fn scene() -> Vec<String> {
    vec![
        r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}"#.into(),
        r#"{"type":"product","sku":"KEY","name":"Key","kind":"keyed-service"}"#.into(),
        r#"{"type":"customer","id":"c1","name":"Contoso","country":"SE"}"#.into(),
        agreement("master/7", None, &[]),
        agreement("select/2", Some("master/7"), &[]),
        agreement("select/1", Some("select/2"), &[]),
        agreement("open-licence/5", None, &[]),
    ]
}

fn agreement(licence: &str, parent: Option<&str>, contacts: &[(&str, &str)]) -> String {
    let of =
        |licence: &str| licence.split_once('/').map(|(programme, number)| (programme.to_owned(), number.to_owned()));
    let (programme, number) = of(licence).unwrap();
    let contacts: serde_json::Map<String, Value> =
        contacts.iter().map(|(name, who)| ((*name).to_owned(), json!(format!("{who}@contoso.example")))).collect();
    let mut row = json!({"type": "agreement", "programme": programme, "number": number, "customer": "c1",
        "starts": "2026-01-01", "ends": "2028-12-31", "contacts": contacts});
    if programme == "open-licence" {
        row["authorization_number"] = json!("8019735687");
    }
    if let Some((programme, number)) = parent.and_then(of) {
        row["parent"] = json!({"programme": programme, "number": number});
    }
    row.to_string()
}

fn held(kind: &str, licence: &str, who: &str, more: Value) -> String {
    let (programme, number) = licence.split_once('/').unwrap();
    let mut row =
        json!({"type": kind, "programme": programme, "number": number, "address": format!("{who}@contoso.example")});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row.to_string()
}

fn assign(licence: &str, who: &str, roles: &[&str]) -> String {
    held("assignment", licence, who, json!({ "roles": roles }))
}

fn remove(licence: &str, who: &str) -> String {
    held("removal", licence, who, json!({}))
}

fn opt_out(licence: &str, who: &str, of: &str) -> String {
    held("opt-out", licence, who, json!({ "of": of }))
}

fn order(id: &str, licence: &str, reseller: Option<&str>, product: &str) -> String {
    let (programme, number) = licence.split_once('/').unwrap();
    let reseller = reseller.map(|who| format!("{who}@contoso.example"));
    json!({"type": "order", "id": id, "programme": programme, "number": number, "purchased": "2026-11-10",
        "usage_starts": "2026-11-10", "reseller": reseller, "lines": [{"product": product, "quantity": 1}]})
    .to_string()
}

/// What becomes of each of these rows below the scene: `stored`, `unchanged`, `ordered`, or the fault.
fn became(below: &[String]) -> Vec<String> {
    let mut world = World::empty();
    load(&mut world, &scene().join("\n"));
    let of = |taken| match taken {
        Ok(RowOutcome::Stored(_)) => "stored".to_owned(),
        Ok(RowOutcome::Unchanged) => "unchanged".to_owned(),
        Ok(RowOutcome::Ordered(..)) => "ordered".to_owned(),
        Err(refusal) => format!("{refusal}").trim_start_matches("row 1: ").to_owned(),
    };
    below.iter().map(|text| of(take(&mut world, row(text)))).collect()
}

/// What one address has after these rows, agreement by agreement, roles by name: `select/1 administrator: contact:primary; …`.
fn rights(who: &str, below: &[String]) -> Vec<String> {
    let all = [scene(), below.to_vec()].concat().join("\n");
    let (mut world, mut everybody) = (World::empty(), Everybody::default());
    for row in rows(all.as_bytes()) {
        if let Ok(taken) = take(&mut world, row) {
            everybody.note(&taken, now());
        }
    }
    let found = lines(&everybody, now());
    let of = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let roles = line["roles"].as_object().unwrap().iter().map(|(role, sources)| {
            let sources: Vec<&str> =
                sources.as_array().unwrap().iter().map(|source| source.as_str().unwrap()).collect();
            format!("{role}: {}", sources.join(" "))
        });
        let roles: Vec<String> = roles.collect();
        (text("address"), format!("{}/{} {}", text("programme"), text("number"), roles.join("; ")))
    };
    let mine = |(address, line): (String, String)| (address == format!("{who}@contoso.example")).then_some(line);
    found.lines().map(of).filter_map(mine).collect()
}

const NONE: [&str; 0] = [];

/// ROLE-07 a row is equal to the one that was loaded last of the two types about the same pair; roles, benefits and their order
/// make no difference where they mean the same.
#[test]
fn role_07_equal_to_the_row_that_was_loaded_last() {
    let (some, other) = (assign("select/1", "ann", &["download"]), assign("select/1", "ann", &["product-keys"]));
    let gone = remove("select/1", "ann");
    assert_eq!(
        became(&[
            some.clone(),
            some.clone(),
            other.clone(),
            some.clone(),
            gone.clone(),
            gone.clone(),
            some.clone(),
            gone,
            other.clone(),
            other,
        ]),
        ["stored", "unchanged", "stored", "stored", "stored", "unchanged", "stored", "stored", "stored", "unchanged"]
    );
    // Another pair, another agreement, another case.
    let shouting = some.replace("ann@contoso.example", "Ann@CONTOSO.example");
    assert_eq!(
        became(&[
            some.clone(),
            assign("select/1", "bob", &["download"]),
            assign("select/2", "ann", &["download"]),
            shouting
        ]),
        ["stored", "stored", "stored", "unchanged"]
    );
    let with = |more: Value| held("assignment", "select/1", "ann", more);
    let managers = ["software-assurance-manager", "online-services-manager"];
    let backwards = ["online-services-manager", "software-assurance-manager", "online-services-manager"];
    let all = "planning-services training-vouchers e-learning employee-purchase home-use technical-subscription support software";
    let all: Vec<&str> = all.split(' ').rev().collect();
    assert_eq!(
        became(&[
            with(json!({ "roles": managers })),
            with(json!({ "roles": backwards, "reservations": false })),
            with(json!({ "roles": managers, "benefits": all })),
            with(json!({ "roles": managers, "benefits": all[1..] })),
            with(json!({ "roles": managers, "benefits": all[1..], "scheme": null })),
            with(json!({ "roles": managers, "benefits": all[1..], "reservations": true })),
        ]),
        ["stored", "unchanged", "unchanged", "stored", "unchanged", "stored"]
    );
    let administrator = |scheme: &str| with(json!({ "roles": ["administrator"], "scheme": scheme }));
    assert_eq!(
        became(&[
            assign("select/1", "ann", &["administrator"]),
            administrator("benefit-roles"),
            administrator("benefit-roles")
        ]),
        ["stored", "stored", "unchanged"],
        "where a role comes from is content, too"
    );
    let role_less = held("assignment", "open-licence/5", "ann", json!({ "scheme": "role-less" }));
    assert_eq!(
        became(&[role_less.clone(), role_less, assign("open-licence/5", "ann", &["administrator"])]),
        ["stored", "unchanged", "stored"]
    );
}

/// ROLE-07 PERM-03 whether a row is equal is looked at before whether it is a conflict: a removal that was loaded stays unchanged
/// after its address became a contact who can't leave.
#[test]
fn role_07_equality_is_looked_at_before_conflict() {
    let gone = remove("select/1", "ann");
    let named = agreement("select/1", Some("select/2"), &[("primary", "ann")]);
    assert_eq!(became(&[gone.clone(), named.clone(), gone.clone()]), ["stored", "stored", "unchanged"]);
    // After an assignment it is another row, and then the contact stays.
    let given = assign("select/1", "ann", &["download"]);
    assert_eq!(
        became(&[gone.clone(), given.clone(), named.clone(), gone.clone(), given]),
        ["stored", "stored", "stored", "conflict (address)", "unchanged"]
    );
    assert_eq!(became(&[named, gone]), ["stored", "conflict (address)"]);
}

/// PERM-03 notices and primary contacts are not removed, there, one level up or two; all others are, whether they hold anything
/// or not. What was refused leaves nothing behind.
#[test]
fn perm_03_a_removal_of_a_lasting_contact_is_refused_on_every_level() {
    for (contact, lasting) in [
        ("primary", true),
        ("notices", true),
        ("online-administrator", false),
        ("online-services-manager", false),
        ("bill-to", false),
    ] {
        for (licence, parent) in [("select/1", Some("select/2")), ("select/2", Some("master/7")), ("master/7", None)] {
            let named = agreement(licence, parent, &[(contact, "ann")]);
            let expected = if lasting { "conflict (address)" } else { "stored" };
            assert_eq!(
                became(&[named.clone(), remove("select/1", "ann")]),
                ["stored", expected],
                "{contact} {licence}"
            );
            assert_eq!(became(&[named, remove("open-licence/5", "ann")]), ["stored", "stored"]);
        }
        // What stands below holds nobody above.
        let below = agreement("select/1", Some("select/2"), &[(contact, "ann")]);
        assert_eq!(became(&[below, remove("select/2", "ann")]), ["stored", "stored"]);
    }
    let named = agreement("select/1", Some("select/2"), &[("primary", "ann")]);
    let unnamed = agreement("select/1", Some("select/2"), &[]);
    assert_eq!(
        became(&[
            assign("select/1", "ann", &["download"]),
            named.clone(),
            remove("select/1", "ann"),
            assign("select/1", "ann", &["download"])
        ]),
        ["stored", "stored", "conflict (address)", "unchanged"]
    );
    assert_eq!(
        became(&[named, remove("select/1", "ann"), unnamed, remove("select/1", "ann")]),
        ["stored", "conflict (address)", "stored", "stored"]
    );
}

/// PERM-03 what stands above is what stands there now: an agreement that moved holds nobody of its former parent.
#[test]
fn perm_03_an_agreement_that_moved_is_held_by_its_new_parent() {
    let named = agreement("select/2", Some("master/7"), &[("notices", "ann")]);
    let moved = agreement("select/1", Some("open-licence/5"), &[]);
    assert_eq!(
        became(&[named, remove("select/1", "ann"), moved, remove("select/1", "ann")]),
        ["stored", "conflict (address)", "stored", "stored"]
    );
}

/// ROLE-01 ROLE-07 contradictions are named by their field, in the order of the table, and only where nothing else is at fault.
#[test]
fn role_07_contradictions_in_the_order_of_the_fields() {
    let ann = |licence: &str, more: Value| held("assignment", licence, "ann", more);
    let cases = [
        ("select/1", json!({"scheme": "role-less"}), "conflict (scheme)"),
        (
            "master/7",
            json!({"scheme": "role-less", "roles": ["administrator"], "benefits": ["support"]}),
            "conflict (scheme)",
        ),
        ("open-licence/5", json!({"scheme": "role-less", "roles": [7, "x"]}), "conflict (roles)"),
        ("open-licence/5", json!({"scheme": "role-less", "roles": []}), "conflict (roles)"),
        ("open-licence/5", json!({"scheme": "role-less", "roles": "", "reservations": true}), "conflict (roles)"),
        ("open-licence/5", json!({"scheme": "role-less", "roles": null}), "stored"),
        ("open-licence/5", json!({"scheme": "role-less", "roles": 5, "benefits": []}), "malformed (benefits)"),
        (
            "open-licence/5",
            json!({"scheme": "role-less", "benefits": ["support"], "reservations": true}),
            "conflict (benefits)",
        ),
        ("open-licence/5", json!({"scheme": "role-less", "reservations": false}), "conflict (reservations)"),
        ("master/7", json!({"roles": ["administrator", "licensing-info"]}), "stored"),
        ("master/7", json!({"roles": ["administrator", "download", "product-keys"]}), "conflict (roles[1])"),
        ("master/7", json!({"scheme": "benefit-roles", "roles": ["user", "administrator"]}), "stored"),
        ("master/7", json!({"scheme": "benefit-roles", "roles": ["user", "user-with-keys"]}), "conflict (roles[1])"),
        ("master/7", json!({"roles": ["online-services-manager"], "reservations": true}), "conflict (roles[0])"),
        ("master/7", json!({"roles": ["download"], "benefits": ["travel"]}), "unknown-benefit (benefits[0])"),
        ("master/8", json!({"roles": ["download"]}), "unknown-licensing-id (number)"),
        ("select/9", json!({"scheme": "role-less"}), "unknown-licensing-id (number)"),
        ("select/9", json!({"scheme": "other"}), "unknown-licensing-id (number)"),
        ("select/1", json!({"roles": ["user"]}), "unknown-role (roles[0])"),
        ("select/1", json!({"scheme": "benefit-roles", "roles": ["user", "download"]}), "unknown-role (roles[1])"),
        ("select/1", json!({"roles": ["download", ""]}), "missing-field (roles[1])"),
        ("select/1", json!({"roles": ""}), "missing-field (roles)"),
        ("select/1", json!({"roles": {}}), "malformed (roles)"),
        ("select/1", json!({"roles": ["x".repeat(201)]}), "too-long (roles[0])"),
        ("select/1", json!({"roles": ["download"], "benefits": ""}), "malformed (benefits)"),
        ("select/1", json!({"roles": ["download"], "reservations": ""}), "malformed (reservations)"),
        ("select/1", json!({"roles": ["download"], "reservations": "false"}), "malformed (reservations)"),
        ("select/1", json!({"roles": ["download"], "reservations": null}), "stored"),
        (
            "select/1",
            json!({"roles": ["download"], "benefits": ["support"], "reservations": false}),
            "conflict (benefits)",
        ),
        (
            "select/1",
            json!({"roles": ["software-assurance-manager"], "benefits": ["support"], "reservations": false}),
            "conflict (reservations)",
        ),
        ("select/1", json!({"roles": ["download"], "scheme": "x".repeat(201)}), "too-long (scheme)"),
    ];
    for (licence, more, expected) in cases {
        let text = ann(licence, more);
        assert_eq!(became(std::slice::from_ref(&text)), [expected], "{text}");
        // A refused row leaves nothing behind: the same pair can be told of as if it had not been there.
        if expected != "stored" && !licence.ends_with('9') && !licence.ends_with('8') {
            let good = assign(licence, "ann", &["administrator"]);
            assert_eq!(became(&[text, good.clone(), good])[1..], ["stored", "unchanged"]);
        }
    }
}

/// ROLE-07 an assignment replaces the one before as a whole.
#[test]
fn role_07_an_assignment_replaces_the_one_before() {
    let first = held(
        "assignment",
        "select/1",
        "ann",
        json!({"roles": ["software-assurance-manager", "online-services-manager"], "benefits": ["support"], "reservations": true}),
    );
    let older = held(
        "assignment",
        "select/1",
        "ann",
        json!({"scheme": "benefit-roles", "roles": ["online-services-benefit-administrator"]}),
    );
    let printed = |below: &[String]| {
        let all = [scene(), below.to_vec()].concat().join("\n");
        dry_run::report(all.as_bytes())
    };
    assert!(printed(std::slice::from_ref(&first)).contains(r#""benefits":["support"],"reservations":true}"#));
    let after = printed(&[first, older]);
    assert!(after.ends_with("\"roles\":{\"online-services-manager\":[\"migrated:benefit-roles\"]}}\n"), "{after}");
}

/// PERM-04 a removal takes assignments and a reseller's orders, and listings, inheritance and later orders give nothing until a
/// later assignment; then they count again, the older ones do not.
#[test]
fn perm_04_a_later_assignment_lets_listings_count_again() {
    let osm = agreement("open-licence/5", Some("select/2"), &[("online-services-manager", "ann")]);
    let admin = agreement("select/2", Some("master/7"), &[("online-administrator", "ann")]);
    let mut below = vec![
        osm,
        admin,
        assign("open-licence/5", "ann", &["software-assurance-manager"]),
        order("A", "open-licence/5", Some("ann"), "MAIL"),
    ];
    let here =
        |below: &[String]| rights("ann", below).into_iter().find(|line| line.starts_with("open")).unwrap_or_default();
    assert_eq!(
        here(&below),
        "open-licence/5 administrator: parent:select/2; download: order:A; licensing-info: order:A; \
         online-services-manager: contact:online-services-manager; product-keys: order:A; \
         software-assurance-manager: assigned; subscriptions-manager: order:A"
    );
    below.push(remove("open-licence/5", "ann"));
    below.push(order("B", "open-licence/5", Some("ann"), "MAIL"));
    assert_eq!(here(&below), "");
    below.push(remove("open-licence/5", "ann"));
    below.push(assign("open-licence/5", "ann", &["product-keys"]));
    assert_eq!(
        here(&below),
        "open-licence/5 administrator: parent:select/2; download: order:B; licensing-info: order:B; \
         online-services-manager: contact:online-services-manager; product-keys: assigned order:B; subscriptions-manager: order:B",
        "the removal that was loaded already took nothing a second time"
    );
}

/// PERM-04 an agreement row that newly names an address as primary or notices contact lets listings, inheritance and orders since
/// count again, and no other row does.
#[test]
fn perm_04_who_is_newly_named_is_there_again() {
    let with = |contacts: &[(&str, &str)]| agreement("select/1", Some("select/2"), contacts);
    let gone = remove("select/1", "ann");
    let old = assign("select/1", "ann", &["download"]);
    let here = |below: &[String]| rights("ann", below);
    for name in ["primary", "notices"] {
        let expected =
            format!("select/1 administrator: contact:{name}; online-services-manager: contact:online-services-manager");
        let named = with(&[(name, "ann"), ("online-services-manager", "ann")]);
        assert_eq!(here(&[old.clone(), gone.clone(), named]), [expected], "older assignments stay gone");
    }
    for name in [
        "online-administrator",
        "online-services-manager",
        "software-assurance-manager",
        "subscriptions-manager",
        "bill-to",
    ] {
        assert_eq!(here(&[gone.clone(), with(&[(name, "ann")])]), NONE, "{name}");
    }
    // Named on the agreement above, on another one, or before: that does not bring it back here.
    let above = agreement("select/2", Some("master/7"), &[("primary", "ann")]);
    assert_eq!(
        here(&[gone.clone(), above]),
        ["select/1 licensing-info: above:select/2", "select/2 administrator: contact:primary"]
    );
    let elsewhere = agreement("open-licence/5", None, &[("primary", "ann")]);
    assert_eq!(here(&[gone.clone(), elsewhere]), ["open-licence/5 administrator: contact:primary"]);
    // From one lasting contact to the other is not new; and a row that is refused names nobody.
    let refused = with(&[("primary", "ann")]).replace("2026-01-01", "2029-01-01");
    assert_eq!(here(&[gone.clone(), refused, with(&[("online-services-manager", "ann")])]), NONE);
    // Unnamed and removed again, it is gone again.
    let below = [gone.clone(), with(&[("notices", "ann")]), with(&[("online-services-manager", "ann")]), old, gone];
    assert_eq!(here(&below), NONE);
}

/// PERM-04 a removal is not only the end of what is there: it keeps away what would come.
#[test]
fn perm_04_a_removal_of_who_holds_nothing_keeps_away_what_comes() {
    let below = [
        remove("select/1", "ann"),
        remove("open-licence/5", "ann"),
        agreement("select/1", Some("select/2"), &[("online-administrator", "ann")]),
        agreement("select/2", Some("master/7"), &[("online-administrator", "ann")]),
        order("A", "open-licence/5", Some("ann"), "MAIL"),
    ];
    assert_eq!(rights("ann", &below), ["select/2 administrator: contact:online-administrator"]);
}

/// ROLE-04 an opt-out outlives a removal and a later assignment, and is equal to itself only.
#[test]
fn role_04_an_opt_out_stays() {
    let (itself, children) = (opt_out("select/1", "ann", "itself"), opt_out("select/1", "ann", "children"));
    assert_eq!(
        became(&[
            itself.clone(),
            children,
            itself.clone(),
            opt_out("select/2", "ann", "itself"),
            opt_out("select/1", "bob", "itself")
        ]),
        ["stored", "stored", "unchanged", "stored", "stored"]
    );
    let admin = agreement("select/2", Some("master/7"), &[("online-administrator", "ann")]);
    let top = "select/2 administrator: contact:online-administrator";
    let mut below = vec![admin, itself.clone(), remove("select/1", "ann"), assign("select/1", "ann", &["download"])];
    assert_eq!(rights("ann", &below), ["select/1 download: assigned", top]);
    assert_eq!(became(&below), ["stored"; 4]);
    below.push(itself);
    assert_eq!(became(&below)[4], "unchanged");
    below.remove(1);
    below.pop();
    assert_eq!(rights("ann", &below), ["select/1 administrator: parent:select/2; download: assigned", top]);
}

/// ROLE-04 Administrator comes down from a master through the middle, with opt-outs at each level; Licensing Info of a notices
/// contact above survives opt-outs and a removal.
#[test]
fn role_04_inheritance_through_two_levels() {
    let master = agreement("master/7", None, &[("notices", "ann")]);
    let sees = "licensing-info: above:master/7";
    let top = "master/7 administrator: contact:notices";
    let (low, middle) = (
        format!("select/1 administrator: parent:select/2; {sees}"),
        format!("select/2 administrator: parent:master/7; {sees}"),
    );
    let (low_sees, middle_sees) = (format!("select/1 {sees}"), format!("select/2 {sees}"));
    let with = |row: String| rights("ann", &[master.clone(), row]);
    assert_eq!(rights("ann", std::slice::from_ref(&master)), [low.as_str(), &middle, top]);
    assert_eq!(with(opt_out("select/1", "ann", "itself")), [low_sees.as_str(), &middle, top]);
    assert_eq!(with(opt_out("select/2", "ann", "children")), [low_sees.as_str(), &middle, top]);
    assert_eq!(with(opt_out("select/2", "ann", "itself")), [low_sees.as_str(), &middle_sees, top]);
    assert_eq!(with(opt_out("master/7", "ann", "children")), [low_sees.as_str(), &middle_sees, top]);
    assert_eq!(with(opt_out("master/7", "ann", "itself")), [low.as_str(), &middle, top], "nothing stands above");
    // Given up before it was named above: what comes from above is only to look.
    assert_eq!(rights("ann", &[remove("select/1", "ann"), master]), [low_sees.as_str(), &middle, top]);
}

/// ROLE-05 only orders of open licences give a reseller anything.
#[test]
fn role_05_orders_of_other_programmes_give_nothing() {
    assert_eq!(rights("ann", &[order("A", "select/1", Some("ann"), "MAIL")]), NONE);
    assert_eq!(rights("ann", &[order("A", "open-licence/5", None, "MAIL")]), NONE);
    let twice = [order("b", "open-licence/5", Some("ann"), "MAIL"), order("A", "open-licence/5", Some("ann"), "KEY")];
    assert!(rights("ann", &twice)[0].contains("download: order:A order:b"), "ids by their bytes");
}

/// ACT-03 PERM-04 whoever gave a Licensing ID up counts as not named for order lines there: a link, a key notice and ACT-08 pass
/// them over, until listings count again.
#[test]
fn act_03_who_gave_it_up_is_not_written_to() {
    let named = agreement(
        "select/1",
        Some("select/2"),
        &[("notices", "nils"), ("online-services-manager", "olga"), ("primary", "pia")],
    );
    let printed = |below: &[String]| {
        let mut world = World::empty();
        load(&mut world, &scene().join("\n"));
        let printed = dry_run(&mut world, below.join("\n").as_bytes());
        let short = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let to = line["to"]
                .as_str()
                .or(line["account"].as_str())
                .unwrap_or_default()
                .split('@')
                .next()
                .unwrap_or_default()
                .to_owned();
            format!(
                "{} {} {to}",
                line["outcome"].as_str().unwrap_or("refused"),
                line["rule"].as_str().unwrap_or_default()
            )
        };
        printed.lines().map(short).collect::<Vec<_>>()
    };
    let (mail, key) = (order("A", "select/1", None, "MAIL"), order("B", "select/1", None, "KEY"));
    let gone = remove("select/1", "olga");
    assert_eq!(printed(&[named.clone(), mail.clone()]), ["mail ACT-02 olga"]);
    assert_eq!(printed(&[named.clone(), gone.clone(), mail.clone()]), ["mail ACT-03 nils"]);
    assert_eq!(
        printed(&[named.clone(), remove("select/2", "olga"), mail.clone()]),
        ["mail ACT-02 olga"],
        "that is another one"
    );
    assert_eq!(
        printed(&[named.clone(), gone.clone(), assign("select/1", "olga", &["download"]), mail.clone()]),
        ["mail ACT-02 olga"]
    );
    let again = agreement("select/1", Some("select/2"), &[("online-services-manager", "olga"), ("primary", "olga")]);
    assert_eq!(printed(&[named.clone(), gone.clone(), again, mail.clone()]), ["mail ACT-02 olga"], "newly named");
    // Who gave it up before is passed over when named as anything else.
    let early = agreement("select/1", Some("select/2"), &[("online-services-manager", "nils")]);
    let only = |name: &str| agreement("select/1", Some("select/2"), &[("online-services-manager", name)]);
    assert_eq!(printed(&[early, remove("select/1", "nils"), only("nils"), mail.clone()]), ["stuck ACT-03 "]);
    assert_eq!(printed(&[named.clone(), key.clone()]), ["key-notice ACT-05 nils"]);
    // ACT-08 looks at the listed manager only where they did not give it up.
    let account = json!({"type": "account", "id": "a1", "name": "n", "domains": [], "global_admins": ["olga@contoso.example"], "billing_admins": []}).to_string();
    assert_eq!(printed(&[named.clone(), account.clone(), mail.clone()]), ["assigned ACT-08 a1"]);
    assert_eq!(printed(&[named, account, gone, mail]), ["mail ACT-03 nils"]);
}

/// ROLE-07 the same export every night: no row is taken twice, and everybody's rights stay as they are.
#[test]
fn role_07_the_same_export_every_night_changes_nothing() {
    let export = [
        scene(),
        vec![
            agreement("select/2", Some("master/7"), &[("online-administrator", "ann"), ("notices", "nils")]),
            order("A", "open-licence/5", Some("ann"), "MAIL"),
            assign("select/1", "bob", &["download"]),
            remove("open-licence/5", "ann"),
            order("B", "open-licence/5", Some("ann"), "MAIL"),
            opt_out("select/1", "ann", "itself"),
        ],
    ]
    .concat();
    // Each key once: `select/2` stands there as it is at the end.
    let export: Vec<String> =
        export.into_iter().filter(|row| *row != agreement("select/2", Some("master/7"), &[])).collect();
    let export =
        export.join("\n").replace(&agreement("select/1", Some("select/2"), &[]), &agreement("select/1", None, &[]));
    let (mut world, mut everybody) = (World::empty(), Everybody::default());
    let mut night = || {
        let mut changed = 0;
        for row in rows(export.as_bytes()) {
            let taken = take(&mut world, row).expect("each row is good");
            changed += u32::from(taken != RowOutcome::Unchanged);
            everybody.note(&taken, now());
        }
        (changed, lines(&everybody, now()))
    };
    let (first, rights) = night();
    assert_eq!(first, 12);
    assert_eq!(night(), (0, rights.clone()));
    assert_eq!(night(), (0, rights));
}
