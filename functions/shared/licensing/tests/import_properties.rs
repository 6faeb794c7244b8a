//! What holds of any file, not only of the examples.

mod dry_run;

use std::collections::{HashMap, HashSet};

use dry_run::{dry_run, now, printed, report, row, rows, take, written};
use licensing::{
    AccountId, Address, CustomerId, Licence, OrderId, Programme, Sku,
    access::{Holder, newly_lasting},
    import::{
        Code, Need, Record, Row, RowOutcome, Standing, Suppressed, World,
        record::{Account, Agreement, Customer, Digest, Product, Reason},
    },
};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Rows of few keys, so that they refer to each other, repeat each other and contradict each other.
fn any_row() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => any_product(),
        2 => any_customer(),
        3 => any_account(),
        4 => any_agreement(),
        1 => any_activation(),
        2 => any_suppression(),
        8 => any_order(),
        6 => any_holding(),
    ]
}

/// What rows tell of single addresses: `assignment`, `removal`, `opt-out`.
fn any_holding() -> impl Strategy<Value = Value> {
    let whose = || (programme(), number(), address());
    let of = |kind: &str, (programme, number, address): (&str, &str, &str)| json!({"type": kind, "programme": programme, "number": number, "address": address});
    let here = select(
        &["administrator", "licensing-info", "download", "software-assurance-manager", "online-services-manager"][..],
    );
    let older = select(&["user", "user-with-keys", "assurance-benefit-administrator", "administrator"][..]);
    let listed = (prop::collection::vec(here, 1..4), prop::collection::vec(older, 1..3));
    let benefits =
        prop::option::weighted(0.3, prop::collection::vec(select(&["support", "software", "home-use"][..]), 1..3));
    let scheme = prop::option::weighted(0.4, select(&["benefit-roles", "role-less"][..]));
    let assignment = (whose(), scheme, listed, benefits, prop::option::weighted(0.2, any::<bool>())).prop_map(
        move |(whose, scheme, (here, older), benefits, reservations)| {
            let mut row = of("assignment", whose);
            row["scheme"] = json!(scheme);
            row["roles"] = match scheme {
                None => json!(here),
                Some("benefit-roles") => json!(older),
                Some(_) => Value::Null,
            };
            row["benefits"] = json!(benefits);
            row["reservations"] = json!(reservations);
            row
        },
    );
    prop_oneof![
        3 => assignment,
        2 => whose().prop_map(move |whose| of("removal", whose)),
        1 => (whose(), select(&["itself", "children"][..])).prop_map(move |(whose, which)| {
            let mut row = of("opt-out", whose);
            row["of"] = json!(which);
            row
        }),
    ]
}

fn any_product() -> impl Strategy<Value = Value> {
    let kind = select(&["online-service", "online-service", "consumption", "keyed-service", "on-premises"][..]);
    (sku(), select(&["Mail", "Docs"][..]), kind)
        .prop_map(|(sku, name, kind)| json!({"type": "product", "sku": sku, "name": name, "kind": kind}))
}

fn any_customer() -> impl Strategy<Value = Value> {
    (customer(), prop::option::of(select(&["1 Harbour Road", "2 Harbour Road"][..]))).prop_map(
        |(id, address)| json!({"type": "customer", "id": id, "name": "n", "country": "SE", "address": address}),
    )
}

fn any_account() -> impl Strategy<Value = Value> {
    let admins = || prop::collection::vec(address(), 0..4);
    (account(), prop::option::of(customer()), admins(), admins()).prop_map(|(id, customer, global, billing)| {
        json!({"type": "account", "id": id, "name": "n", "customer": customer, "domains": ["b.example", "a.example"],
            "global_admins": global, "billing_admins": billing})
    })
}

fn any_agreement() -> impl Strategy<Value = Value> {
    let names = select(&["primary", "notices", "online-services-manager", "online-services-manager", "bill-to"][..]);
    let contacts = prop::collection::btree_map(names, address(), 0..5);
    let parent = prop::option::of((programme(), number()));
    (programme(), number(), customer(), contacts, parent).prop_map(|(programme, number, customer, contacts, parent)| {
        let mut row = json!({"type": "agreement", "programme": programme, "number": number, "customer": customer,
            "starts": "2026-01-01", "ends": "2028-12-31", "contacts": contacts});
        if programme == "open-licence" {
            row["authorization_number"] = json!("8019735687");
        }
        if let (Some((programme, number)), true) = (parent, programme != "master") {
            row["parent"] = json!({"programme": programme, "number": number});
        }
        row
    })
}

fn any_activation() -> impl Strategy<Value = Value> {
    (programme(), number(), sku(), account(), day()).prop_map(|(programme, number, sku, account, day)| {
        json!({"type": "activation", "programme": programme, "number": number, "product": sku, "account": account, "activated": day})
    })
}

fn any_suppression() -> impl Strategy<Value = Value> {
    (address(), select(&["hard-bounce", "complaint"][..]))
        .prop_map(|(address, reason)| json!({"type": "suppression", "address": address, "reason": reason}))
}

fn any_order() -> impl Strategy<Value = Value> {
    let lines = prop::collection::vec((sku(), 1_u32..1000), 1..4);
    (0_u32..500, programme(), number(), day(), day(), prop::option::of(address()), lines).prop_map(
        |(id, programme, number, purchased, usage_starts, reseller, lines)| {
            let lines: Vec<_> = lines.iter().map(|(sku, n)| json!({"product": sku, "quantity": n})).collect();
            json!({"type": "order", "id": format!("PO-{id}"), "programme": programme, "number": number, "purchased": purchased,
                "usage_starts": usage_starts, "reseller": reseller, "lines": lines})
        },
    )
}

fn sku() -> impl Strategy<Value = &'static str> {
    select(&["A", "B", "C", "D"][..])
}

fn customer() -> impl Strategy<Value = &'static str> {
    select(&["c1", "c2"][..])
}

fn account() -> impl Strategy<Value = &'static str> {
    select(&["a1", "a2", "a3"][..])
}

fn programme() -> impl Strategy<Value = &'static str> {
    select(&["enterprise", "enterprise", "open-licence", "master"][..])
}

fn number() -> impl Strategy<Value = &'static str> {
    select(&["1", "2", "3"][..])
}

fn address() -> impl Strategy<Value = &'static str> {
    select(&["ann@x.example", "Bob@x.example", "cyd@X.example", "dan@y.example", "eve@y.example", "EVE@y.example"][..])
}

fn day() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "2026-02-28",
            "2026-08-31",
            "2026-11-22",
            "2026-11-23",
            "2026-11-24",
            "2027-03-01",
            "2027-08-01",
            "9999-12-31",
        ][..],
    )
}

fn any_file() -> impl Strategy<Value = Vec<Value>> {
    // What everything refers to stands at the top, so that most rows are taken; the rest replaces and contradicts it.
    let top = [
        json!({"type": "customer", "id": "c1", "name": "n", "country": "SE"}),
        json!({"type": "customer", "id": "c2", "name": "n", "country": "SE"}),
    ];
    let products = prop::collection::vec(any_product(), 2..8);
    let agreements = prop::collection::vec(any_agreement(), 2..8);
    (products, agreements, prop::collection::vec(any_row(), 0..60)).prop_map(move |(products, agreements, rows)| {
        top.clone().into_iter().chain(products).chain(agreements).chain(rows).collect()
    })
}

fn text(rows: &[Value]) -> String {
    rows.iter().map(|row| row.to_string() + "\n").collect()
}

/// The rows of a file that are taken, and the others.
fn parted(file: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let mut world = World::empty();
    file.iter().cloned().partition(|value| take(&mut world, row(&value.to_string())).is_ok())
}

/// The printed lines about orders.
fn orders(printed: &str) -> Vec<&str> {
    printed.lines().filter(|line| line.starts_with("{\"order\"")).collect()
}

fn key(value: &Value) -> String {
    let fields: &[&str] = match value["type"].as_str().unwrap() {
        "product" => &["type", "sku"],
        "suppression" => &["type", "address"],
        "agreement" => &["type", "programme", "number"],
        "activation" => &["type", "programme", "number", "product"],
        "opt-out" => &["type", "programme", "number", "address", "of"],
        // These two replace each other.
        "assignment" | "removal" => &["programme", "number", "address"],
        _ => &["type", "id"],
    };
    fields.iter().map(|field| value[field].as_str().unwrap().to_lowercase() + " ").collect()
}

/// Writes the fields in another order, the addresses in another case, and spaces and escapes where they may be.
fn rewritten(value: &Value, dice: &mut impl FnMut(usize) -> usize, address: bool) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for last in (1..members.len()).rev() {
                members.swap(last, dice(last + 1));
            }
            let members: Vec<_> = members
                .into_iter()
                .map(|(name, value)| {
                    let of_addresses = name.ends_with("admins") || name == "reseller" || name == "contacts" || address;
                    let address =
                        of_addresses || name == "address" && value.as_str().is_some_and(|text| text.contains('@'));
                    format!("{} :\t{}", json!(name), rewritten(value, dice, address))
                })
                .collect();
            format!("{{ {} }}", members.join(" , "))
        }
        Value::Array(items) => {
            format!("[ {} ]", items.iter().map(|item| rewritten(item, dice, address)).collect::<Vec<_>>().join(" , "))
        }
        Value::String(text) => {
            let shown = text.chars().map(|char| match dice(3) {
                0 if address => char.to_ascii_uppercase().to_string(),
                1 => format!("\\u{:04x}", u32::from(char)),
                _ => char.to_string(),
            });
            format!("\"{}\"", shown.collect::<String>())
        }
        other => other.to_string(),
    }
}

/// Damages a value somewhere.
fn damaged(value: &mut Value, path: &[prop::sample::Index], with: &Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = with.clone();
        return;
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(first.index(members.len())).unwrap().clone();
            if rest.is_empty() && with.is_null() {
                let gone = members.remove(&name).unwrap();
                members.insert(format!("{name}x"), gone);
            } else {
                damaged(&mut members[&name], rest, with);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let index = first.index(items.len());
            damaged(&mut items[index], rest, with);
        }
        other => *other = with.clone(),
    }
}

fn any_damage() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, "", 5, {}])),
        Just(json!(true)),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z@.0-9-]{0,12}".prop_map(Value::from),
        Just(json!("x".repeat(201))),
        Just(json!("2026-02-30")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// ACT-01 a dry run of any file comes to an end and says one thing of every row that isn't taken or unchanged.
    #[test]
    fn act_01_any_file_is_evaluated(file in any_file()) {
        let mut world = World::empty();
        for (index, row) in rows(text(&file).as_bytes()).into_iter().enumerate() {
            prop_assert_eq!(row.number(), index as u64 + 1);
            match take(&mut world, row) {
                Ok(RowOutcome::Ordered(order, verdicts)) => prop_assert_eq!(order.lines.len(), verdicts.len()),
                Ok(RowOutcome::Stored(_) | RowOutcome::Unchanged) => {}
                Err(refusal) => prop_assert_eq!(refusal.row, index as u64 + 1),
            }
        }
    }

    /// ACT-01 bytes that nobody meant as a file are refused row by row.
    #[test]
    fn act_01_any_bytes_are_evaluated(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'"'), Just(b'{')], 0..300)) {
        dry_run(&mut World::empty(), &bytes);
    }

    /// ACT-01 a row that is damaged anywhere is taken or has one of the known codes, and its line is valid JSON.
    #[test]
    fn act_01_any_damage_has_a_known_code(
        file in any_file(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<prop::sample::Index>(), 1..4), any_damage()), 1..20),
    ) {
        let mut file = file;
        for (which, path, with) in &damages {
            let which = which.index(file.len());
            damaged(&mut file[which], path, with);
        }
        for line in dry_run(&mut World::empty(), text(&file).as_bytes()).lines() {
            let line: Map<String, Value> = serde_json::from_str(line).unwrap();
            if let Some(code) = line.get("error") {
                let code = code.as_str().unwrap();
                prop_assert!(code.parse::<licensing::import::Code>().is_ok(), "{}", code);
                prop_assert!(line.keys().all(|name| ["row", "error", "field"].contains(&name.as_str())));
            } else {
                prop_assert!(line.contains_key("order") && line.contains_key("outcome") && line.contains_key("rule"));
            }
        }
    }

    /// ACT-01 re-loading the same rows changes nothing and prints nothing.
    #[test]
    fn act_01_the_same_rows_again_are_unchanged(file in any_file()) {
        // Of each key the first row that is taken, so that no row replaces another.
        let mut seen = HashSet::new();
        let (file, _) = parted(&file.into_iter().filter(|value| seen.insert(key(value))).collect::<Vec<_>>());
        let mut world = World::empty();
        dry_run(&mut world, text(&file).as_bytes());
        for (index, row) in rows(text(&file).as_bytes()).into_iter().enumerate() {
            prop_assert_eq!(take(&mut world, row), Ok(RowOutcome::Unchanged), "{}", &file[index]);
        }
    }

    /// ACT-01 whatever replaced what, an order that was taken stays as it is.
    #[test]
    fn act_01_no_order_is_judged_twice(file in any_file()) {
        let mut world = World::empty();
        dry_run(&mut world, text(&file).as_bytes());
        let (taken, _) = parted(&file);
        let again = dry_run(&mut world, text(&taken).as_bytes());
        prop_assert_eq!(orders(&again), Vec::<&str>::new());
    }

    /// ACT-01 a refused row leaves nothing behind.
    #[test]
    fn act_01_without_its_refused_rows_a_file_does_the_same(file in any_file()) {
        let (taken, refused) = parted(&file);
        let (mut with, mut without) = (World::empty(), World::empty());
        let printed_with = dry_run(&mut with, text(&file).as_bytes());
        let printed_without = dry_run(&mut without, text(&taken).as_bytes());
        prop_assert_eq!(orders(&printed_with).join("\n"), printed_without.trim_end());
        prop_assert_eq!(printed_with.lines().count() - printed_without.lines().count(), refused.len());
        prop_assert_eq!(with.keys(), without.keys());
        prop_assert_eq!(report(text(&file).as_bytes()), report(text(&taken).as_bytes()));
    }

    /// ACT-01 the order of fields, the case of addresses, spaces and escapes make no difference.
    #[test]
    fn act_01_however_it_is_written_it_means_the_same(file in any_file(), seed in any::<u64>()) {
        let mut state = seed;
        let mut dice = |sides: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % sides
        };
        let other: String = file.iter().map(|row| rewritten(row, &mut dice, false) + "\r\n").collect();
        let (mut world, mut other_world) = (World::empty(), World::empty());
        let expected = dry_run(&mut world, text(&file).as_bytes());
        prop_assert_eq!(dry_run(&mut other_world, other.as_bytes()), expected);
        let (mine, theirs) = (rows(text(&file).as_bytes()), rows(other.as_bytes()));
        prop_assert!(mine.iter().zip(&theirs).all(|(mine, theirs)| mine.record() == theirs.record()));
        prop_assert_eq!(report(text(&file).as_bytes()), report(other.as_bytes()));
    }

    /// ACT-01 a record that is written is read as the same record, by the import and by a store.
    #[test]
    fn act_01_what_is_kept_can_be_loaded_again(value in any_row()) {
        let read = row(&value.to_string());
        if let Some(record) = read.record() {
            let text = written(record);
            let again = row(&text);
            prop_assert_eq!(again.record(), Some(record));
            prop_assert_eq!(&serde_json::from_str::<Record>(&text).unwrap(), record);
        }
    }

    /// ACT-01 whatever is loaded in whatever order, above an agreement stand at most two others, the upper one of two is a
    /// `master`, and nothing stands above itself.
    #[test]
    fn act_01_chains_of_agreements_stay_short(file in any_file(), more in prop::collection::vec(any_agreement(), 0..40)) {
        let mut world = World::empty();
        let mut above: HashMap<Licence, Option<Licence>> = HashMap::new();
        for value in file.iter().chain(&more) {
            let read = row(&value.to_string());
            let Some(Record::Agreement(agreement)) = read.record().cloned() else {
                let _ = take(&mut world, read);
                continue;
            };
            let mut then = above.clone();
            then.insert(agreement.licence.clone(), agreement.parent.clone());
            let is_short = then.keys().all(|of| {
                let up = |licence: &Licence| then.get(licence).cloned().flatten();
                up(of).and_then(|first| up(&first)).is_none_or(|second| second.programme == Programme::Master && up(&second).is_none())
            });
            let known = |licence: &Licence| above.contains_key(licence);
            let refers = agreement.parent.as_ref().is_none_or(known);
            match take(&mut world, read) {
                Ok(RowOutcome::Stored(_)) => {
                    prop_assert!(is_short && refers, "{}", value);
                    above = then;
                }
                Ok(_) => prop_assert_eq!(&above, &then),
                Err(refusal) if refusal.code == Code::Conflict => {
                    prop_assert!(!is_short && refers, "{}", value);
                    prop_assert_eq!(refusal.field.as_deref(), Some("parent.number"));
                }
                Err(refusal) => prop_assert!(!refers, "{} {}", value, refusal),
            }
        }
    }

    /// ACT-01 what nobody can see in an identifier or a name is refused there and nowhere else, and leaves nothing behind.
    #[test]
    fn act_01_unseen_characters_are_refused_wherever_they_stand(
        value in any_row(),
        unseen in select(&[" ", "\t", "\u{a0}", "\u{200b}", "\u{202e}", "\u{feff}", "\u{ad}", "\u{3000}", "\u{200c}"][..]),
        at_end in any::<bool>(),
    ) {
        let texts = ["id", "sku", "name", "number", "customer", "account", "product", "authorization_number"];
        for field in texts {
            let Some(text) = value[field].as_str() else { continue };
            let mut other = value.clone();
            other[field] = if at_end { format!("{text}{unseen}") } else { format!("{unseen}{text}") }.into();
            let mut world = World::empty();
            let refusal = take(&mut world, row(&other.to_string())).unwrap_err();
            // What stands before it in the table is examined first, and may refer to what is not there.
            if refusal.code == Code::BadText {
                prop_assert_eq!(refusal.field.as_deref(), Some(field));
            } else {
                prop_assert!(refusal.code.as_str().starts_with("unknown-"), "{}", refusal);
            }
            prop_assert_eq!(world.keys(), 0);
        }
    }

    /// ACT-01 PERM-03 PERM-04 a load into a store, batch by batch with only what is needed at hand, does what a dry run of all does.
    #[test]
    fn act_01_a_part_of_the_world_is_enough(file in any_file(), batch in 1_usize..9) {
        let expected = dry_run(&mut World::empty(), text(&file).as_bytes());
        let mut store = Store::default();
        let printed: String = rows(text(&file).as_bytes()).chunks(batch).map(|rows| store.load(rows)).collect();
        prop_assert_eq!(printed, expected);
    }
}

/// A store as a loader sees it: records by key, and two indexes.
#[derive(Default)]
struct Store {
    products: HashMap<Sku, (Product, bool)>,
    customers: HashMap<CustomerId, Customer>,
    accounts: HashMap<AccountId, Account>,
    agreements: HashMap<Licence, Agreement>,
    orders: HashMap<OrderId, Digest>,
    suppressions: HashMap<Address, Reason>,
    activations: HashMap<(Licence, Sku), Standing>,
    holders: HashMap<(Licence, Address), Holder>,
}

impl Store {
    /// Loads a batch: fetches what it needs in as many rounds as there are, judges it, and stores what became of it.
    fn load(&mut self, rows: &[Row]) -> String {
        let mut world = World::partial();
        self.fetch_all(&mut world, rows);
        rows.iter()
            .map(|row| {
                // A row above may have changed what stands above an agreement, or whom it names.
                if row
                    .record()
                    .is_some_and(|record| record.holder().is_some() || matches!(record, Record::Agreement(_)))
                {
                    self.fetch_all(&mut world, std::slice::from_ref(row));
                }
                let taken = world.take(row.clone(), now(), &dry_run::policy().links);
                self.keep(&world, &taken);
                printed(&taken)
            })
            .collect()
    }

    fn fetch_all(&self, world: &mut World, rows: &[Row]) {
        for round in 0.. {
            let needs: HashSet<_> = rows.iter().flat_map(|row| world.needs(row)).collect();
            if needs.is_empty() {
                return;
            }
            assert!(round < 3, "a round for each level is enough: {needs:?}");
            for need in needs {
                self.fetch(world, need);
            }
        }
    }

    fn fetch(&self, world: &mut World, need: Need) {
        match need {
            Need::Holder(licence, address) => {
                let stored = self.holders.get(&(licence.clone(), address.clone()));
                world.put_holder(&licence, &address, stored);
            }
            Need::Product(sku) => {
                world.put_product(&sku, self.products.get(&sku).map(|(product, ordered)| (product, *ordered)));
            }
            Need::Customer(id) => world.put_customer(&id, self.customers.get(&id)),
            Need::Account(id) => world.put_account(&id, self.accounts.get(&id)),
            Need::Agreement(licence) => world.put_agreement(&licence, self.agreements.get(&licence)),
            Need::Order(id) => world.put_order(&id, self.orders.get(&id).copied()),
            Need::Suppression(address) => {
                let known = self.suppressions.get(&address).copied();
                world.put_suppression(&address, known.map(|reason| Suppressed { reason, fails: true }));
            }
            Need::Administered(address) => {
                let accounts = self.accounts.values();
                let of_address = accounts.filter(|account| account.administrators().any(|other| *other == address));
                world.put_administered(&address, of_address.map(|account| &account.id));
            }
            Need::Family(licence) => {
                let below = |agreement: &&Agreement| agreement.parent.as_ref() == Some(&licence);
                let count = self.agreements.values().filter(below).count();
                world.put_family(&licence, u32::try_from(count).unwrap());
            }
            Need::Activation(licence, sku) => {
                let standing = self.activations.get(&(licence.clone(), sku.clone()));
                world.put_activation(&licence, &sku, standing);
            }
        }
    }

    fn keep(&mut self, world: &World, taken: &Result<RowOutcome, licensing::import::Refusal>) {
        match taken {
            Ok(RowOutcome::Stored(Record::Product(product))) => {
                let ordered = self.products.get(&product.sku).is_some_and(|(_, ordered)| *ordered);
                self.products.insert(product.sku.clone(), (product.clone(), ordered));
            }
            Ok(RowOutcome::Stored(Record::Customer(customer))) => {
                self.customers.insert(customer.id.clone(), customer.clone());
            }
            Ok(RowOutcome::Stored(Record::Account(account))) => {
                self.accounts.insert(account.id.clone(), account.clone());
            }
            Ok(RowOutcome::Stored(Record::Agreement(agreement))) => {
                let before = self.agreements.insert(agreement.licence.clone(), agreement.clone());
                let before = before.map(|before| before.loaded_contacts).unwrap_or_default();
                for address in newly_lasting(&before, &agreement.loaded_contacts) {
                    if let Some(holder) = self.holders.get_mut(&(agreement.licence.clone(), address.clone())) {
                        holder.revive();
                    }
                }
            }
            Ok(RowOutcome::Stored(Record::Suppression(suppression))) => {
                self.suppressions.insert(suppression.address.clone(), suppression.reason);
            }
            Ok(RowOutcome::Stored(Record::Activation(activation))) => {
                self.stands(world, &activation.licence, &activation.product);
            }
            Ok(RowOutcome::Ordered(order, _)) => {
                self.orders.insert(order.id.clone(), order.digest());
                for line in &order.lines {
                    self.products.get_mut(&line.product).unwrap().1 = true;
                    self.stands(world, &order.licence, &line.product);
                }
            }
            Ok(RowOutcome::Stored(Record::Order(_))) => unreachable!("orders are RowOutcome::Ordered"),
            Ok(RowOutcome::Stored(record)) => {
                if let Some((licence, address)) = record.holder() {
                    let holder = self.holders.entry((licence.clone(), address.clone())).or_default();
                    // What is stored goes through a file and back.
                    *holder = serde_json::from_value(serde_json::to_value(&*holder).unwrap()).unwrap();
                    holder.loaded(record, now());
                }
            }
            Ok(RowOutcome::Unchanged) | Err(_) => {}
        }
    }

    fn stands(&mut self, world: &World, licence: &Licence, product: &Sku) {
        if let Some(standing) = world.standing(licence, product) {
            self.activations.insert((licence.clone(), product.clone()), standing);
        }
    }
}
