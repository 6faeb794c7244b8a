//! What stands below: licences that a person has from above, one licence with its tree, and its people.

use std::collections::{BTreeMap, BTreeSet};

use gateway::testing::{
    Bench,
    scene::{MAIL, at_contoso},
};
use licensing::{
    Address, ContactName, Licence,
    access::{By, Grant, Holder, Roster},
    import::record::Agreement,
    judge::Contacts,
    roles::{Benefit, Role},
};
use serde_json::{Value, json};
use store::{
    Write, licences,
    standing::{StandingSlots, holder},
};

use crate::{counted, file, get};

const LICENCES: &str = "/api/me/licences";

fn licence(key: &str) -> Licence {
    key.parse().expect("a Licensing ID")
}

fn agreement(key: &str, parent: Option<&str>, contacts: &[(ContactName, &str)]) -> Agreement {
    Agreement {
        licence: licence(key),
        customer: "contoso".parse().expect("a key"),
        starts: "2026-01-01".parse().expect("a date"),
        ends: "2028-12-31".parse().expect("a date"),
        loaded_contacts: contacts.iter().map(|(name, who)| (*name, at_contoso(who))).collect::<Contacts>(),
        parent: parent.map(licence),
        authorization_number: None,
    }
}

async fn store(bench: &Bench, agreement: &Agreement) {
    let above = match agreement.parent_but_master() {
        Some(above) => bench.store.get(&licences::agreement(above)).await.expect("it answers").map(|it| it.version),
        None => None,
    };
    let mut write = Write::new();
    write.agreement(&bench.store, None, agreement, "Contoso");
    write.family(&bench.store, None, agreement, above);
    write.commit(&bench.store).await.expect("it is written");
}

/// Changes what an address holds by an act, and the roster with it.
async fn hold(bench: &Bench, key: &str, who: &str, change: impl Fn(&mut Holder)) {
    let (store, licence, address) = (&bench.store, licence(key), at_contoso(who));
    let slots = StandingSlots::of(&licence);
    let mut batch = store::Batch::default().with(&holder(&licence, &address));
    slots.add_to(&mut batch);
    let got = batch.read(store).await.expect("it answers");
    let loaded = slots.from(&got).expect("it is read").expect("it is loaded");
    let before = got.get(&holder(&licence, &address)).expect("it is read");
    let mut after = before.as_ref().map(|before| before.record.clone()).unwrap_or_default();
    change(&mut after);
    let mut roster: Roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
    let mut write = Write::new();
    if roster.note(&address, &after).expect("there is room") {
        write.roster(store, &licence, loaded.roster(), &roster);
    }
    write.holder(store, loaded.agreement(), "Contoso", &address, before.as_ref(), &after);
    write.commit(store).await.expect("nobody else writes");
}

fn given(role: Role) -> impl Fn(&mut Holder) {
    move |holder| {
        let grant =
            Grant { by: By::Row, at: "2026-11-01T00:00:00Z".parse().expect("a time"), until: None, scheme: None };
        holder.assigned.roles.insert(role, grant);
    }
}

async fn all(bench: &Bench, browser: &gateway::testing::Browser, query: &str) -> Vec<Value> {
    let (mut rows, mut path) = (Vec::new(), format!("{LICENCES}?{query}"));
    loop {
        let (status, page) = get(bench, browser, &path).await;
        assert_eq!(status, 200, "{page}");
        rows.extend(page["licences"].as_array().expect("rows").clone());
        let Some(next) = page["next"].as_str() else { return rows };
        path = format!("{LICENCES}?{query}&after={}", api::path::value(next));
    }
}

fn keys(rows: &[Value]) -> Vec<String> {
    let key = |row: &Value| {
        let part = |name: &str| row["licence"][name].as_str().expect("a text").to_owned();
        format!("{}/{}", part("programme"), part("number"))
    };
    rows.iter().map(key).collect()
}

/// PERM-01 ROLE-04 LIC-03 an Administrator finds what stands below behind what they are named on, with its source, at every depth
/// and once; who opted out there, or gave it up, does not; a notices contact keeps Licensing Info below.
#[tokio::test]
async fn perm_01_what_stands_below_is_found_behind_what_is_ones_own() {
    let bench = Bench::new().await;
    for one in [
        agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss"), (ContactName::Notices, "legal")]),
        agreement("enterprise/2", Some("master/M"), &[]),
        agreement("select/21", Some("enterprise/2"), &[]),
        agreement("select/22", Some("enterprise/2"), &[(ContactName::OnlineServicesManager, "boss")]),
        agreement("enterprise/3", Some("master/M"), &[]),
        agreement("enterprise/9", None, &[(ContactName::BillTo, "boss")]),
    ] {
        store(&bench, &one).await;
    }
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    let rows = all(&bench, &boss, "").await;
    let seen: Vec<(String, u64)> =
        keys(&rows).into_iter().zip(rows.iter().map(|row| row["depth"].as_u64().unwrap_or(0))).collect();
    let expected = [
        ("enterprise/9", 0),
        ("master/M", 0),
        ("enterprise/2", 1),
        ("select/21", 2),
        ("enterprise/3", 1),
        ("select/22", 0),
    ];
    assert_eq!(seen, expected.map(|(key, depth)| (key.to_owned(), depth)));
    assert_eq!(rows[3]["sources"], json!(["parent:enterprise/2"]));
    assert_eq!(
        rows[3]["above"],
        json!([
            { "programme": "enterprise", "number": "2" },
            { "programme": "master", "number": "M" },
        ])
    );
    assert_eq!(rows[5]["sources"], json!(["parent:enterprise/2", "contact:online-services-manager"]));
    let legal = bench.signed_in(&["legal@contoso.example"]).await;
    let rows = all(&bench, &legal, "").await;
    assert_eq!(keys(&rows), ["master/M", "enterprise/2", "select/21", "select/22", "enterprise/3"]);

    hold(&bench, "enterprise/2", "boss", |holder| holder.opted_out_below = "2026-11-01T00:00:00Z".parse().ok()).await;
    let rows = all(&bench, &boss, "").await;
    assert_eq!(keys(&rows), ["enterprise/9", "master/M", "enterprise/2", "enterprise/3", "select/22"]);
    hold(&bench, "enterprise/3", "boss", |holder| holder.opted_out_here = "2026-11-01T00:00:00Z".parse().ok()).await;
    let rows = all(&bench, &boss, "").await;
    assert_eq!(keys(&rows), ["enterprise/9", "master/M", "enterprise/2", "select/22"]);

    let rows = all(&bench, &legal, "q=select").await;
    assert_eq!(keys(&rows), ["select/21", "select/22"], "a search goes through what stands below");
    let rows = all(&bench, &legal, "programme=enterprise&state=active").await;
    assert_eq!(keys(&rows), ["enterprise/2", "enterprise/3"]);
    assert_eq!(keys(&all(&bench, &legal, "state=ended").await), Vec::<String>::new());
    assert_eq!(keys(&all(&bench, &legal, "below=enterprise/2").await), ["select/21", "select/22"]);
    let stranger = bench.signed_in(&["it@fabrikam.example"]).await;
    assert_eq!(keys(&all(&bench, &stranger, "below=enterprise/2").await), Vec::<String>::new());
}

/// PERM-01 UI-03 whatever stands above and below what: pages of the list are, one after the other, each Licensing ID that gives the
/// person something, once; and so are the pages of what stands below one.
#[tokio::test]
async fn perm_01_pages_of_any_forest_hold_each_licence_once() {
    let bench = Bench::new().await;
    let mut chance = 7_u64;
    let mut next = move |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let mut all_keys: Vec<(String, Option<String>)> = Vec::new();
    for master in 0..3 {
        all_keys.push((format!("master/{master}"), None));
    }
    for middle in 0..40 {
        let above = (next(4) < 3).then(|| format!("master/{}", next(3)));
        all_keys.push((format!("enterprise/{middle}"), above));
    }
    for low in 0..160 {
        let above = match next(5) {
            0 => None,
            1 => Some(format!("master/{}", next(3))),
            // Most stand below few, so that some have more children than a page.
            _ => Some(format!("enterprise/{}", next(4))),
        };
        all_keys.push((format!("select/{low}"), above));
    }
    for (key, above) in &all_keys {
        let names: &[(ContactName, &str)] = match next(12) {
            0 => &[(ContactName::OnlineAdministrator, "boss")],
            1 => &[(ContactName::Notices, "boss")],
            2 => &[(ContactName::OnlineServicesManager, "boss"), (ContactName::Primary, "other")],
            3 if key.starts_with("enterprise") => &[(ContactName::Primary, "other")],
            _ => &[],
        };
        store(&bench, &agreement(key, above.as_deref(), names)).await;
    }
    for (key, _) in &all_keys {
        match next(14) {
            0 => hold(&bench, key, "boss", given(Role::Administrator)).await,
            1 => hold(&bench, key, "boss", given(Role::Download)).await,
            2 => hold(&bench, key, "boss", |holder| holder.opted_out_below = "2026-11-01T00:00:00Z".parse().ok()).await,
            3 => hold(&bench, key, "boss", |holder| holder.opted_out_here = "2026-11-01T00:00:00Z".parse().ok()).await,
            _ => {}
        }
    }
    hold(&bench, "master/0", "boss", given(Role::Administrator)).await;
    let addresses: Vec<Address> = vec![at_contoso("boss"), at_contoso("other")];
    let boss = bench.signed_in(&["boss@contoso.example", "other@contoso.example"]).await;

    // By the evaluation alone, of everything there is.
    let now = bench.app.now();
    let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, _) in &all_keys {
        let loaded = bench.store.standing_of(&licence(key)).await.expect("it answers").expect("it is loaded");
        let mut roles: BTreeSet<String> = BTreeSet::new();
        for address in &addresses {
            let held = bench.store.get(&holder(&licence(key), address)).await.expect("it answers");
            let standing = loaded.standing();
            roles.extend(standing.of(address, now).roles().map(|role| role.to_string()));
            roles.extend(held.iter().flat_map(|held| held.record.assigned.roles.keys()).map(ToString::to_string));
        }
        if !roles.is_empty() {
            expected.insert(key.clone(), roles);
        }
    }
    assert!(expected.len() > 60, "{}", expected.len());
    let rows = all(&bench, &boss, "").await;
    let found = keys(&rows);
    let once: BTreeSet<&String> = found.iter().collect();
    assert_eq!(once.len(), found.len(), "each once");
    assert_eq!(once, expected.keys().collect::<BTreeSet<_>>());
    for (key, row) in found.iter().zip(&rows) {
        let roles: BTreeSet<String> = row["roles"]
            .as_array()
            .expect("roles")
            .iter()
            .map(|role| role.as_str().expect("a name").to_owned())
            .collect();
        assert_eq!(roles, expected[key], "{key}");
    }
    // A search reads in larger pieces, and the file in one.
    let searched: BTreeSet<String> = keys(&all(&bench, &boss, "q=contoso").await).into_iter().collect();
    assert_eq!(searched, expected.keys().cloned().collect());
    let (text, ..) = file(&bench, &boss, &format!("{LICENCES}?format=csv")).await;
    assert_eq!(text.lines().count(), expected.len() + 1);

    for (parent, _) in all_keys.iter().filter(|(key, _)| expected.contains_key(key)) {
        let below: BTreeSet<String> = all_keys
            .iter()
            .filter(|(key, above)| above.as_ref() == Some(parent) && expected.contains_key(key))
            .map(|(key, _)| key.clone())
            .collect();
        let listed = keys(&all(&bench, &boss, &format!("below={parent}")).await);
        assert_eq!(listed.len(), below.len(), "{parent}");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), below, "{parent}");
    }
}

/// LINK-05 Manage activations lists what an Administrator from above manages, in pages that go on within a Licensing ID.
#[tokio::test]
async fn link_05_activations_below_are_listed_too() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let one = bench.activation(MAIL).await;
    store(&bench, &agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")])).await;
    for (key, products) in [("select/1", 70), ("select/2", 1), ("select/3", 60)] {
        store(&bench, &agreement(key, Some("master/M"), &[])).await;
        for product in 0..products {
            let activation = licensing::activation::Activation {
                licence: licence(key),
                product: format!("P-{product:03}").parse().expect("a product"),
                ..one.clone()
            };
            bench.store.seed_activation(&activation, &bench.app.policy.links).await.expect("it is stored");
        }
    }
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    let (mut seen, mut path) = (Vec::new(), "/api/activations".to_owned());
    loop {
        let (status, page) = get(&bench, &boss, &path).await;
        assert_eq!(status, 200, "{page}");
        let rows = page["rows"].as_array().expect("rows");
        assert!(rows.len() <= 50);
        seen.extend(rows.iter().map(|row| format!("{}#{}", row["licence"]["number"], row["product"])));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/activations?after={}", api::path::value(next));
    }
    assert_eq!(seen.len(), 131);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 131, "each once");
    let (text, ..) = file(&bench, &boss, "/api/activations?format=csv").await;
    assert_eq!(text.lines().count(), 132);
    let (_, page) = get(&bench, &boss, "/api/activations?q=p-059").await;
    assert_eq!(page["rows"].as_array().map(Vec::len), Some(2));
}

/// LIC-01 one licence: what stands above and below, whom it names as far as the reader may see it, the reseller of the newest order.
#[tokio::test]
async fn lic_01_one_licence_with_its_tree_and_its_contacts() {
    let bench = Bench::new().await;
    bench.contoso().await;
    for one in [
        agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")]),
        agreement(
            "enterprise/2",
            Some("master/M"),
            &[
                (ContactName::Primary, "ann"),
                (ContactName::SubscriptionsManager, "sub"),
                (ContactName::BillTo, "bills"),
            ],
        ),
        agreement("select/21", Some("enterprise/2"), &[]),
    ] {
        store(&bench, &one).await;
    }
    let page = "/api/licences/enterprise/2";
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    let (status, shown, used) = counted(&bench, &boss, page).await;
    assert_eq!((status, used.steps), (200, 5), "one for who asks, one above, one for facts, two for what stands below");
    assert_eq!(shown["sources"], json!(["parent:master/M"]));
    assert_eq!(shown["opens"], json!([{ "programme": "master", "number": "M" }]));
    assert_eq!((shown["customer_name"].as_str(), shown["state"].as_str()), (Some("Contoso"), Some("active")));
    assert_eq!(keys(shown["below"].as_array().expect("rows")), ["select/21"]);
    assert_eq!(shown["lists_people"], true);
    assert_eq!(shown["contacts"][0], json!({ "contact": "primary", "address": "ann@contoso.example" }));

    let sub = bench.signed_in(&["sub@contoso.example"]).await;
    let (status, shown) = get(&bench, &sub, page).await;
    assert_eq!(status, 200, "{shown}");
    assert_eq!(shown["lists_people"], false);
    let of = |name: &str| {
        let contacts = shown["contacts"].as_array().expect("contacts").iter();
        contacts.filter(|contact| contact["contact"] == name).map(|contact| contact["address"].clone()).next()
    };
    assert_eq!(of("subscriptions-manager"), Some(json!("sub@contoso.example")));
    assert_ne!(of("primary"), Some(json!("ann@contoso.example")), "others are masked");
    assert!(!shown.to_string().contains("ann@contoso.example"), "{shown}");
    assert_eq!((shown.get("opens"), shown.get("below")), (None, None), "what the reader can't open is not offered");

    let stranger = bench.signed_in(&["it@fabrikam.example"]).await;
    let (status, known) = get(&bench, &stranger, page).await;
    let (_, unknown) = get(&bench, &stranger, "/api/licences/enterprise/404").await;
    assert_eq!(status, 403);
    assert_eq!(known["code"], unknown["code"]);
    for other in [&sub, &stranger] {
        assert_eq!(
            get(&bench, other, &format!("{page}/people")).await.0,
            403,
            "only Administrators see who may do what"
        );
    }
}

/// ROLE-06 UI-03 the people of a licence: who is named, who holds something by an act, who is Administrator from above; paged,
/// searched, exported, the same in five as in hundreds.
#[tokio::test]
async fn role_06_the_people_of_a_licence_are_paged_searched_and_exported() {
    let bench = Bench::new().await;
    store(&bench, &agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")])).await;
    let names = [(ContactName::Primary, "ann"), (ContactName::BillTo, "bills")];
    store(&bench, &agreement("enterprise/2", Some("master/M"), &names)).await;
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    let page = "/api/licences/enterprise/2/people";
    let (_, few, used_few) = counted(&bench, &boss, page).await;
    let addresses = |page: &Value| -> Vec<String> {
        let people = page["people"].as_array().expect("people").iter();
        people.map(|person| person["address"].as_str().expect("an address").to_owned()).collect()
    };
    assert_eq!(addresses(&few), ["ann@contoso.example", "bills@contoso.example", "boss@contoso.example"]);
    assert_eq!(few.get("next"), None);
    for number in 0..130 {
        hold(&bench, "enterprise/2", &format!("p{number:03}"), given(Role::Download)).await;
    }
    hold(&bench, "master/M", "vice", given(Role::Administrator)).await;
    let (_, many, used_many) = counted(&bench, &boss, page).await;
    assert!(used_many.steps <= used_few.steps, "{} {}", used_few.steps, used_many.steps);
    assert_eq!(addresses(&many).len(), 50);
    let (mut seen, mut path) = (Vec::new(), page.to_owned());
    loop {
        let (status, part) = get(&bench, &boss, &path).await;
        assert_eq!(status, 200, "{part}");
        seen.extend(addresses(&part));
        let Some(next) = part["next"].as_str() else { break };
        path = format!("{page}?after={}", api::path::value(next));
    }
    assert_eq!(seen.len(), 134);
    assert_eq!(seen[..2], ["ann@contoso.example", "bills@contoso.example"]);
    assert_eq!(seen[132..], ["boss@contoso.example", "vice@contoso.example"]);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 134, "each once");
    let (_, found) = get(&bench, &boss, &format!("{page}?q=p12")).await;
    assert_eq!(addresses(&found).len(), 10);
    let (_, found) = get(&bench, &boss, &format!("{page}?q=MASTER/m")).await;
    assert_eq!(addresses(&found), ["boss@contoso.example", "vice@contoso.example"], "sources are looked through");
    // By role and state: who was given something and never proved the address, who is Administrator, who gave up.
    for (query, fits) in [
        ("role=download&q=p01", 10),
        ("role=administrator", 3),
        ("state=never-registered&q=p01", 10),
        ("state=registered", 1),
        ("state=gave-up", 0),
        ("state=invited", 0),
        ("role=administrator&state=registered", 1),
    ] {
        let (_, found) = get(&bench, &boss, &format!("{page}?{query}")).await;
        assert_eq!(addresses(&found).len(), fits, "{query}: {found}");
        assert_eq!(found.get("next"), None, "{query}");
    }
    let (text, ..) = file(&bench, &boss, &format!("{page}?format=csv&role=administrator")).await;
    assert_eq!(text.lines().count(), 4, "{text}");
    for field in ["role", "state"] {
        let (status, problem) = get(&bench, &boss, &format!("{page}?{field}=x")).await;
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)));
    }
    for (path, field) in
        [(format!("{page}?after=x"), "after"), (format!("{LICENCES}?below=master/M&after=~select/1"), "after")]
    {
        let (status, problem) = get(&bench, &boss, &path).await;
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "{path}");
    }
    let (text, name, _) = file(&bench, &boss, &format!("{page}?format=csv")).await;
    assert_eq!((text.lines().count(), name.as_str()), (135, "attachment; filename=\"people.csv\""));
    assert!(
        text.contains(
            "\"vice@contoso.example\",\"administrator\",\"Administrator\",\"\",\"\",\"\",\"\",\"\",\"parent:master/M\","
        ),
        "{text}"
    );
}

/// ROLE-09 ROLE-06 the people of a licence show what comes with their roles, and until when: in the answer for programs, and in the
/// file in words as well; both are searched.
#[tokio::test]
async fn role_09_people_are_shown_with_benefits_and_ends() {
    let bench = Bench::new().await;
    store(&bench, &agreement("master/M", None, &[])).await;
    store(&bench, &agreement("enterprise/2", Some("master/M"), &[(ContactName::Primary, "ann")])).await;
    let until = |day: &str| Grant {
        by: By::Row,
        at: "2026-11-01T00:00:00Z".parse().expect("a time"),
        until: (!day.is_empty()).then(|| day.parse().expect("a date")),
        scheme: None,
    };
    let benefits = |all: &[Benefit]| all.iter().copied().collect::<BTreeSet<_>>();
    hold(&bench, "enterprise/2", "kim", |holder| {
        holder.assign([Role::Download], &benefits(&[]), false, &until("2027-05-31"));
        holder.assign([Role::SoftwareAssuranceManager], &benefits(&[Benefit::HomeUse]), false, &until("2027-01-31"));
        holder.assign([Role::SoftwareAssuranceManager], &benefits(&[Benefit::Software]), false, &until("2027-02-23"));
        holder.assign([Role::OnlineServicesManager], &benefits(&[]), true, &until("2027-02-23"));
        holder.assign([Role::OnlineServicesManager], &benefits(&[]), false, &until(""));
    })
    .await;
    // What was over before is not shown.
    hold(&bench, "enterprise/2", "old", |holder| {
        holder.assign([Role::ProductKeys], &benefits(&[]), false, &until("2026-11-02"));
        holder.assign([Role::Download], &benefits(&[]), false, &until(""));
    })
    .await;
    hold(&bench, "master/M", "vice", |holder| {
        holder.assign([Role::Administrator], &benefits(&[]), false, &until("2027-03-31"));
    })
    .await;
    let ann = bench.signed_in(&["ann@contoso.example"]).await;
    let page = "/api/licences/enterprise/2/people";
    let (status, shown) = get(&bench, &ann, page).await;
    assert_eq!(status, 200, "{shown}");
    let of = |who: &str| {
        let address = at_contoso(who);
        let mut people = shown["people"].as_array().expect("people").iter();
        people.find(|person| person["address"] == address.as_str()).cloned().expect("somebody")
    };
    assert_eq!(
        of("kim"),
        json!({
            "address": "kim@contoso.example",
            "roles": ["download", "software-assurance-manager", "online-services-manager"],
            "benefits": ["home-use", "software"],
            "reservations": true,
            "ends": [
                { "role": "download", "until": "2027-05-31" },
                { "role": "software-assurance-manager", "until": "2027-02-23" },
                { "role": "software-assurance-manager", "benefit": "home-use", "until": "2027-01-31" },
                { "role": "online-services-manager", "reservations": true, "until": "2027-02-23" },
            ],
            "sources": ["assigned"],
            "version": 1,
            "given": [
                { "roles": ["software-assurance-manager"], "benefits": ["home-use"], "until": "2027-01-31" },
                {
                    "roles": ["software-assurance-manager", "online-services-manager"],
                    "benefits": ["software"],
                    "reservations": true,
                    "until": "2027-02-23",
                },
                { "roles": ["download"], "until": "2027-05-31" },
                { "roles": ["online-services-manager"] },
            ],
            "invitation": { "state": "never-registered" },
        })
    );
    assert_eq!(of("vice")["ends"], json!([{ "role": "administrator", "until": "2027-03-31" }]));
    for nothing in ["benefits", "reservations", "ends"] {
        assert_eq!((of("ann").get(nothing), of("old").get(nothing)), (None, None), "{nothing}");
    }
    let (text, ..) = file(&bench, &ann, &format!("{page}?format=csv&q=home%20use")).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "\u{feff}address,roles,role_names,benefits,benefit_names,reservations,ends,end_names,sources,gave_up_at",
            "\"kim@contoso.example\",\"download; software-assurance-manager; online-services-manager\",\
             \"Download; Software Assurance Manager; Online Services Manager\",\"home-use; software\",\
             \"Home use; Software\",\"reservations\",\
             \"download=2027-05-31; software-assurance-manager=2027-02-23; home-use=2027-01-31; reservations=2027-02-23\",\
             \"Download until the end of 31 May 2027 (UTC); \
             Software Assurance Manager until the end of 23 February 2027 (UTC); \
             Home use until the end of 31 January 2027 (UTC); Reservations until the end of 23 February 2027 (UTC)\",\
             \"assigned\",",
        ]
    );
}

/// UI-03 LIC-03 the first page of the lists takes the same steps with ten as with thousands of Licensing IDs, of one's own or below
/// one. `MANY=5000` makes it thousands.
#[tokio::test]
async fn ui_03_first_pages_take_the_same_however_many_there_are() {
    let many = std::env::var("MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(300);
    let mut taken: Vec<Vec<u64>> = Vec::new();
    for count in [10, many] {
        let bench = Bench::new().await;
        store(&bench, &agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")])).await;
        for number in 0..count {
            store(&bench, &agreement(&format!("select/{number:05}"), Some("master/M"), &[])).await;
            let names = [(ContactName::OnlineAdministrator, "many")];
            store(&bench, &agreement(&format!("enterprise/{number:05}"), None, &names)).await;
        }
        let mut used_here = Vec::new();
        for who in ["boss@contoso.example", "many@contoso.example"] {
            let browser = bench.signed_in(&[who]).await;
            for path in [LICENCES, "/api/activations", "/api/licences/master/M", "/api/me/licences?below=master/M"] {
                let (status, page, used) = counted(&bench, &browser, path).await;
                assert!(status == 200 || who.starts_with("many"), "{page}");
                // Who has nothing below is shown a bounded piece of nothing.
                used_here.push(if who.starts_with("many") && path.contains("below") { 0 } else { used.steps });
            }
        }
        taken.push(used_here);
    }
    // Of calls side by side, some end before others begin, so a step may be counted once or twice.
    for steps in &taken {
        let of_lists: Vec<u64> =
            steps.iter().enumerate().filter(|(nth, _)| nth % 4 != 1).map(|(_, steps)| *steps).collect();
        let most = [4, 5, 4, 3, 4, 0];
        assert!(of_lists.iter().zip(most).all(|(steps, most)| *steps <= most), "{of_lists:?}");
    }
    // Manage activations goes on until it has a page: none of these has one.
    assert!(taken[1][1] <= 61, "Manage activations looks at so many Licensing IDs and no more: {taken:?}");
}

/// UI-03 PERM-01 a page of many licences asks only those what stands below them that have something below: of the others it reads so
/// with everything else. A few are asked at once, as a `master` is, which takes a step less.
#[tokio::test]
async fn ui_03_only_what_has_something_below_is_asked_for_it() {
    let bench = Bench::new().await;
    store(&bench, &agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")])).await;
    for number in 0..60 {
        let names = [(ContactName::OnlineAdministrator, if number < 16 { "few" } else { "many" })];
        store(&bench, &agreement(&format!("enterprise/{number:02}"), None, &names)).await;
        store(&bench, &agreement(&format!("select/{number:02}"), Some("master/M"), &[])).await;
    }
    for (key, above) in [
        ("open-value/1", "enterprise/07"),
        ("open-value/2", "enterprise/20"),
        ("open-value/3", "enterprise/20"),
        ("open-value/4", "select/30"),
    ] {
        store(&bench, &agreement(key, Some(above), &[])).await;
    }
    for (who, rows, first, calls, steps) in [
        // Who asks, two lists, sixteen queries and what they are asked beside, one child.
        ("few", 17, ("open-value/1", 8), 21, 4),
        // Who asks, two lists, 132 items in two reads, beside them how many stand below; one query, two children.
        ("many", 46, ("open-value/2", 5), 8, 5),
        // Who asks, two lists, the master and its query; 153 items in two reads, how many stand below them; one query, its row.
        ("boss", 50, ("open-value/4", 32), 10, 6),
    ] {
        let browser = bench.signed_in(&[at_contoso(who).as_str()]).await;
        let (status, page, used) = counted(&bench, &browser, LICENCES).await;
        let found = keys(page["licences"].as_array().expect("rows"));
        assert_eq!((status, found.len(), found[first.1].as_str()), (200, rows, first.0), "{who} {found:?}");
        assert_eq!((used.calls, used.steps), (calls, steps), "{who}");
    }
}

/// REQ-02 who has nothing on an agreement is refused after the same steps and calls whether it is loaded or not, and whatever
/// stands above or below it: neither the answer nor how long it takes says more.
#[tokio::test]
async fn req_02_a_refusal_takes_the_same_for_every_number() {
    let bench = Bench::new().await;
    bench.contoso().await;
    for one in [
        agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")]),
        agreement("enterprise/1", None, &[(ContactName::Primary, "ann")]),
        agreement("enterprise/2", Some("master/M"), &[(ContactName::Primary, "ann")]),
        agreement("enterprise/3", Some("enterprise/1"), &[(ContactName::Primary, "ann")]),
        agreement("enterprise/4", Some("enterprise/2"), &[]),
    ] {
        store(&bench, &one).await;
    }
    hold(&bench, "enterprise/2", "vice", given(Role::Administrator)).await;
    let asked = |number: u32| {
        [
            format!("/api/licences/enterprise/{number}"),
            format!("/api/licences/enterprise/{number}/people"),
            format!("/api/access/enterprise/{number}"),
            format!("/api/access/enterprise/{number}?address=ann@contoso.example"),
            format!("/api/where/enterprise/{number}"),
            format!("/api/activations/enterprise/{number}/{MAIL}"),
            format!("/api/audit/licence/enterprise/{number}"),
            format!("{LICENCES}?below=enterprise/{number}"),
            format!("{LICENCES}?below=enterprise/{number}&format=csv"),
        ]
    };
    for addresses in [&["it@fabrikam.example"][..], &["is@fabrikam.example", "new@contoso.example"]] {
        let stranger = bench.signed_in(addresses).await;
        // Also where it is noted that the session is used.
        for later in [0, 11 * 60] {
            for (nth, path) in asked(404).iter().enumerate() {
                let answer = async |path: &str| {
                    bench.pass(later);
                    let before = bench.app.store.meter().read();
                    let answer = show_portal::handle(&bench.app, stranger.get(path)).await;
                    let used = bench.app.store.meter().read() - before;
                    (answer.status().as_u16(), format!("{:?}", answer.body()), used.steps, used.calls)
                };
                let unknown = answer(path).await;
                for number in 1..=4 {
                    let known = answer(&asked(number)[nth]).await;
                    assert_eq!(known, unknown, "{addresses:?} {} {later}", asked(number)[nth]);
                }
            }
        }
    }
}

/// REQ-02 who has nothing on an agreement gets the same for one with many below it as for one that is not loaded.
#[tokio::test]
async fn req_02_what_stands_below_says_nothing_to_outsiders() {
    let bench = Bench::new().await;
    store(&bench, &agreement("master/M", None, &[(ContactName::OnlineAdministrator, "boss")])).await;
    // More than a request looks through.
    for number in 0..520 {
        store(&bench, &agreement(&format!("select/{number:05}"), Some("master/M"), &[])).await;
    }
    let stranger = bench.signed_in(&["it@fabrikam.example"]).await;
    for more in ["", "&after=select/00001", "&after=~select/00001", "&q=select", "&after=x"] {
        let of = |below: &str| format!("{LICENCES}?below={below}{more}");
        let known = get(&bench, &stranger, &of("master/M")).await;
        assert_eq!(known, get(&bench, &stranger, &of("master/404")).await, "{more}");
        assert!(known.1.get("next").is_none(), "{more}");
    }
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    assert_eq!(all(&bench, &boss, "below=master/M").await.len(), 520);
}
