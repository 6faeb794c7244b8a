//! Stored data over releases: what earlier ones stored is read, and means what it meant; what later ones add survives.
//!
//! A file of each release in `tests/data/stored` holds one item of each shape that a release stored. `cargo xtask freeze RELEASE` writes
//! the next one, before it is released.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use gateway::testing::Bench;
use licensing::{
    Policy, Timestamp,
    access::{Holder, Roster},
    account::Account,
    activation::{Activation, How, Proposer, State, Summary},
    audit::{Entry, Head, leads},
    event::{Event, Receiver, Why},
    import::record::{Agreement, Customer, Reason},
    join::Join,
    limits::{Domain, Network, Reserve, Share},
    reach::Reach,
    request::Request,
    sign_in::{Attempts, Session},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use store::{
    Item, Kind, Store, Table, Write,
    audit::{Finding, StoredHead, StoredSeal},
    bought::Bought,
    licences::{Administers, Below, Family, Listing, ProductsRenamed, Resells, StoredProduct, Versioned},
    mails::Letter,
    marks::{Answered, Tally, Watermark},
    orders::{LineOutcome, StoredOrder},
    outbox::Queued,
    people::{Owner, Profile},
    requests::{AskedList, Inbox},
    sdk::types::AttributeValue,
    standing::{Authority, Held},
    tokens::{LoadScope, Token},
    webhooks::Webhook,
};

/// One frozen item.
struct Frozen {
    release: String,
    table: Table,
    kind: Kind,
    item: Item,
    json: Value,
}

fn all() -> Vec<Frozen> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/stored");
    let mut files: Vec<_> = fs::read_dir(&folder).expect("the folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let release = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for line in fs::read_to_string(&file).expect("a file").lines() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            let table = *Table::ALL.iter().find(|table| line["table"] == table.as_str()).expect("a known table");
            let item = store::read::item_of_json(&line["item"]).expect("an item");
            let kind = Kind::of(table, &item).unwrap_or_else(|| panic!("of no kind: {line}"));
            let json = line["item"].clone();
            all.push(Frozen { release: release.clone(), table, kind, item, json });
        }
    }
    all
}

/// What an item is read as: its meaning in words, and the same as it would be written.
fn read(kind: Kind, item: &Item) -> Result<(String, Value), store::Error> {
    fn of<T: DeserializeOwned + Serialize + std::fmt::Debug>(item: &Item) -> Result<(String, Value), store::Error> {
        let read: T = store::from_item(item.clone())?;
        Ok((format!("{read:?}"), serde_json::to_value(&read).expect("plain data")))
    }
    match kind {
        Kind::Agreement => of::<Versioned<Agreement>>(item),
        Kind::Below => of::<Below>(item),
        Kind::Family => of::<Family>(item),
        Kind::Activation => of::<Activation>(item),
        Kind::Join => of::<Join>(item),
        Kind::Holder => of::<Versioned<Holder>>(item),
        Kind::Roster => of::<Versioned<Roster>>(item),
        Kind::Authority => of::<Authority>(item),
        Kind::Request => of::<Request>(item),
        Kind::Line => of::<LineOutcome>(item),
        Kind::Bought => of::<Bought>(item),
        Kind::Order => of::<StoredOrder>(item),
        Kind::Product => of::<StoredProduct>(item),
        Kind::Customer => of::<Versioned<Customer>>(item),
        Kind::LinkedAccount | Kind::Administers => of::<Administers>(item),
        Kind::ProductsRenamed => of::<ProductsRenamed>(item),
        Kind::Account => of::<Account>(item),
        Kind::Listing => of::<Listing>(item),
        Kind::Held => of::<Held>(item),
        Kind::Inbox => of::<Inbox>(item),
        Kind::Resells => of::<Resells>(item),
        Kind::ActivationRow => of::<Summary>(item),
        Kind::Suppression => of::<Reach>(item),
        Kind::Webhook => of::<Webhook>(item),
        Kind::Profile => of::<Profile>(item),
        Kind::Session => of::<Session>(item),
        Kind::Owner => of::<Owner>(item),
        Kind::Attempts => of::<Attempts>(item),
        Kind::Asked => of::<AskedList>(item),
        Kind::Head => of::<StoredHead>(item),
        Kind::Entry => of::<Entry>(item),
        Kind::Seal => of::<StoredSeal>(item),
        Kind::Finding => of::<Finding>(item),
        Kind::Event => of::<Queued>(item),
        Kind::Letter => of::<Letter>(item),
        Kind::Answered => of::<Answered>(item),
        Kind::Tally => of::<Tally>(item),
        Kind::Network => of::<Network>(item),
        Kind::Domain => of::<Domain>(item),
        Kind::Strangers => of::<Share>(item),
        Kind::Known => of::<Reserve>(item),
        Kind::Watermark => of::<Watermark>(item),
        Kind::Token => of::<Token>(item),
    }
}

/// An item's attributes as plain JSON, without what the store keeps beside every kind.
fn plain(frozen: &Frozen) -> Map<String, Value> {
    fn of(value: &Value) -> Value {
        let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else { return Value::Null };
        match kind.as_str() {
            "N" => serde_json::from_str(inner.as_str().unwrap_or_default()).unwrap_or_default(),
            "M" => inner.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), of(value))).collect(),
            "L" => inner.as_array().into_iter().flatten().map(of).collect(),
            "NULL" => Value::Null,
            _ => inner.clone(),
        }
    }
    let (partition, sort) = frozen.table.key();
    // An entry of the audit says its chain and its place; what else is a key is said in the item in words of its own.
    let keys = [partition].into_iter().chain(sort.map(|(name, _)| name)).filter(|_| frozen.kind != Kind::Entry);
    let keys: BTreeSet<&str> =
        keys.chain(["due_slot", "due_at", "expires", "unsealed", "at_second", "licensing_id"]).collect();
    let attributes = frozen.json.as_object().expect("an item");
    attributes
        .iter()
        .filter(|(name, _)| !keys.contains(name.as_str()))
        .map(|(name, value)| (name.clone(), of(value)))
        .collect()
}

/// What was stored and is not said again: it is what is meant without it.
fn is_default(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false))
        || *value == json!(0)
        || *value == json!("")
        || *value == json!([])
}

/// The places of an item that are not written again as they were.
fn not_said_again(stored: &Value, written: &Value, place: &str, lost: &mut Vec<String>) {
    match (stored, written) {
        (Value::Object(stored), Value::Object(written)) => {
            for (name, value) in stored {
                not_said_again(value, written.get(name).unwrap_or(&Value::Null), &format!("{place}.{name}"), lost);
            }
        }
        (Value::Array(stored), Value::Array(written)) if stored.len() == written.len() => {
            for (value, written) in stored.iter().zip(written) {
                not_said_again(value, written, &format!("{place}[]"), lost);
            }
        }
        _ if stored == written || written.is_null() && is_default(stored) => {}
        _ => lost.push(place.to_owned()),
    }
}

/// OPS-06 every item that an earlier release stored is read, means what it meant, and says the same when it is written again:
/// the snapshot tells both, and is only ever changed on purpose.
#[test]
fn ops_06_what_earlier_releases_stored_is_read_and_means_the_same() {
    let mut meanings: BTreeMap<String, String> = BTreeMap::new();
    for frozen in all() {
        let (meaning, written) = read(frozen.kind, &frozen.item).unwrap_or_else(|error| {
            panic!("{} of {}: {error}\n{}", frozen.table.as_str(), frozen.release, frozen.json)
        });
        let _ = writeln!(meanings.entry(frozen.release.clone()).or_default(), "{:?} {meaning}", frozen.kind);
        let mut lost = Vec::new();
        not_said_again(&Value::Object(plain(&frozen)), &written, "", &mut lost);
        for place in lost {
            let _ =
                writeln!(meanings.entry(frozen.release.clone()).or_default(), "    is not written any more: {place}");
        }
    }
    for (release, meaning) in meanings {
        insta::assert_snapshot!(format!("ops_06_what_{release}_stored_means"), meaning);
    }
}

/// OPS-06 and what follows from it: when it falls due, what it allows, what it proves.
#[test]
fn ops_06_what_earlier_releases_stored_does_what_it_did() {
    let policy = Policy::default();
    let now: Timestamp = gateway::testing::NOON.parse().expect("a time");
    let mut seen: BTreeMap<Kind, u32> = BTreeMap::new();
    for Frozen { kind, item, json, .. } in all() {
        let due_at = json["due_at"]["N"].as_str().map(|at| at.parse::<i64>().expect("seconds"));
        let text = |name: &str| json[name]["S"].as_str().unwrap_or_default().to_owned();
        match kind {
            Kind::Activation => {
                let activation: Activation = store::from_item(item).expect("read above");
                let due = activation.due_at(&policy.links).map(licensing::Timestamp::as_second);
                assert_eq!(due, due_at, "{json}");
                assert_eq!(text("item"), format!("activation#{}", activation.product));
            }
            Kind::Join => {
                let join: Join = store::from_item(item).expect("read above");
                assert_eq!(join.due_at().map(licensing::Timestamp::as_second), due_at, "{json}");
            }
            Kind::Request => {
                let request: Request = store::from_item(item).expect("read above");
                let due = request.due_at(&policy.requests).map(licensing::Timestamp::as_second);
                assert_eq!(due, due_at, "{json}");
                assert_eq!(text("item"), format!("request#{}", request.by.profile));
            }
            Kind::Event => {
                let queued: Queued = store::from_item(item).expect("read above");
                assert_eq!(queued.event.id(), text("event_id"));
            }
            Kind::Entry => {
                let entry: Entry = store::from_item(item).expect("read above");
                let (before, after) = (entry.seq - 1, Head { seq: entry.seq, hash: entry.hash.clone() });
                let before = Head { seq: before, hash: entry.previous.clone() };
                // Tests of the audit forge some.
                if entry.action.contains('.') {
                    assert!(leads(&entry.chain, &before, [&entry], &after), "its hash no longer holds: {json}");
                }
            }
            Kind::Suppression => {
                let reach: Reach = store::from_item(item).expect("read above");
                if reach.reason == Reason::Complaint && reach.lifted_at.is_none() {
                    assert!(reach.fails(now, &policy.mails), "{json}");
                }
            }
            Kind::Token => {
                let token: Token = store::from_item(item).expect("read above");
                let good = token.revoked_at.is_none().then_some(token.minted_at);
                if let Some(at) = good.filter(|_| token.scopes.iter().any(|scope| scope == "load")) {
                    assert_eq!(token.loads(at), [LoadScope::Orders, LoadScope::Contacts]);
                }
            }
            Kind::Order => {
                let order: StoredOrder = store::from_item(item).expect("read above");
                if due_at.is_some() {
                    assert!(order.open_lines().count() > 0, "{json}");
                }
            }
            _ => continue,
        }
        *seen.entry(kind).or_default() += 1;
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

/// The variants of an enumeration, which it names itself where it does not know one.
fn variants<T: DeserializeOwned>() -> Vec<String> {
    let tagged = [json!("?"), json!({ "?": {} }), json!({ "kind": "?" }), json!({ "name": "?" })];
    let told = tagged.into_iter().filter_map(|probe| serde_json::from_value::<T>(probe).err());
    let told = told.map(|error| error.to_string()).find(|told| told.starts_with("unknown variant"));
    let told = told.expect("it does not take `?`");
    told.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// OPS-06 each kind of item and each variant in one has a frozen example: a new one without fails here, until
/// `cargo xtask freeze` has one.
#[test]
fn ops_06_each_kind_and_variant_has_a_frozen_example() {
    let all = all();
    let kinds: BTreeSet<Kind> = all.iter().map(|frozen| frozen.kind).collect();
    let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "no frozen example of {missing:?}");
    // A move by who administers both accounts is made at once and never waits; no function's test leaves an operator's behind.
    let unseen = ["Activation both", "Activation operator"];
    let mut missing = Vec::new();
    let mut look = |kind: Kind, variants: Vec<String>| {
        assert!(variants.len() > 1, "{variants:?}");
        let texts: Vec<String> =
            all.iter().filter(|frozen| frozen.kind == kind).map(|frozen| frozen.json.to_string()).collect();
        for variant in variants {
            if !texts.iter().any(|text| text.contains(&format!("\"{variant}\""))) {
                missing.push(format!("{kind:?} {variant}"));
            }
        }
    };
    look(Kind::Activation, variants::<State>());
    look(Kind::Activation, variants::<How>());
    look(Kind::Activation, variants::<Proposer>());
    look(Kind::Join, variants::<licensing::join::State>());
    look(Kind::Request, variants::<licensing::request::State>());
    look(Kind::Event, variants::<Event>());
    look(Kind::Event, variants::<Why>());
    look(Kind::Event, variants::<Receiver>());
    look(Kind::Suppression, variants::<Reason>());
    look(Kind::Product, variants::<licensing::ProductKind>());
    look(Kind::Agreement, variants::<licensing::ContactName>());
    missing.retain(|variant| !unseen.contains(&variant.as_str()));
    assert!(missing.is_empty(), "no frozen example of {missing:?}");
}

/// Puts an attribute of a later release into records of an item: at its top, and in each that is read with it there.
fn with_later_attributes(kind: Kind, item: &Item) -> Item {
    fn records(value: &AttributeValue, path: &[String], found: &mut Vec<Vec<String>>) {
        let inner: Vec<(String, &AttributeValue)> = match value {
            AttributeValue::M(record) => {
                found.push(path.to_vec());
                record.iter().map(|(name, value)| (name.clone(), value)).collect()
            }
            AttributeValue::L(list) => {
                list.iter().enumerate().map(|(place, value)| (place.to_string(), value)).collect()
            }
            _ => vec![],
        };
        for (name, value) in inner {
            records(value, &[path, &[name]].concat(), found);
        }
    }
    fn at<'i>(value: &'i mut AttributeValue, path: &[String]) -> &'i mut Item {
        match (value, path) {
            (AttributeValue::M(record), []) => record,
            (AttributeValue::M(record), [name, rest @ ..]) => at(record.get_mut(name).expect("a path"), rest),
            (AttributeValue::L(list), [place, rest @ ..]) => {
                at(&mut list[place.parse::<usize>().expect("a place")], rest)
            }
            _ => unreachable!("paths lead to records"),
        }
    }
    let mut whole = AttributeValue::M(item.clone());
    let mut found = Vec::new();
    records(&whole, &[], &mut found);
    for path in found {
        let mut more = whole.clone();
        let text = AttributeValue::S(format!("later at {}", path.join(".")));
        let nested = AttributeValue::M(Item::from([("deep".to_owned(), AttributeValue::L(vec![text]))]));
        at(&mut more, &path).insert("of_a_later_release".into(), nested);
        let AttributeValue::M(item) = &more else { unreachable!("it is a record") };
        // Some are keyed by data, and take no others.
        if read(kind, item).is_ok() {
            whole = more;
        }
    }
    let AttributeValue::M(item) = whole else { unreachable!("it is a record") };
    item
}

/// How many records of an item hold what a later release added.
fn later(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::M(record) => {
            usize::from(record.contains_key("of_a_later_release")) + record.values().map(later).sum::<usize>()
        }
        AttributeValue::L(list) => list.iter().map(later).sum(),
        _ => 0,
    }
}

/// What stands where it stood has what was added. A state, a proposal, a way back that ended is gone with what was said of it.
fn assert_kept(before: &AttributeValue, after: &AttributeValue, which: &str) {
    match (before, after) {
        (AttributeValue::M(before), AttributeValue::M(after)) if is_same_variant(before, after) => {
            assert_eq!(after.get("of_a_later_release"), before.get("of_a_later_release"), "lost: {which}");
            for (name, value) in before {
                after.get(name).into_iter().for_each(|after| assert_kept(value, after, which));
            }
        }
        (AttributeValue::L(before), AttributeValue::L(after)) if before.len() == after.len() => {
            before.iter().zip(after).for_each(|(before, after)| assert_kept(before, after, which));
        }
        _ => {}
    }
}

/// States say by `name` which they are; that of an account may be corrected.
fn is_same_variant(before: &Item, after: &Item) -> bool {
    before.contains_key("version") || before.get("name") == after.get("name")
}

async fn put(store: &Store, table: Table, item: &Item) {
    let put = store.client().put_item().table_name(store.name(table)).set_item(Some(item.clone()));
    put.send().await.expect("it is stored");
}

async fn stored(store: &Store, table: Table, item: &Item) -> Item {
    let (partition, sort) = table.key();
    let names = [partition].into_iter().chain(sort.map(|(name, _)| name));
    let key: Item = names.map(|name| (name.to_owned(), item[name].clone())).collect();
    let get = store.client().get_item().table_name(store.name(table)).set_key(Some(key));
    get.send().await.expect("an answer").item.expect("it is stored")
}

async fn forget_the_audit(store: &Store) {
    let name = store.name(Table::Audit);
    let all = store.client().scan().table_name(&name).send().await.expect("an answer").items.unwrap_or_default();
    for item in all {
        let delete = store.client().delete_item().table_name(&name).key("chain", item["chain"].clone());
        delete.key("seq", item["seq"].clone()).send().await.expect("an answer");
    }
}

/// Reads an item as the functions do, changes it and writes it back. False where nothing of this kind changes it now.
async fn rewrite(store: &Store, kind: Kind, item: &Item, policy: &Policy) -> bool {
    use store::{audit::head, joins, licences, marks, people, tokens};
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a time");
    let key = |name: &str| item[name].as_s().expect("a key").clone();
    let end = |name: &str| key(name).split_once('#').expect("a key of parts").1.to_owned();
    let mut write = Write::new();
    match kind {
        Kind::Agreement => {
            let slot = licences::agreement(&key("licensing_id").parse().expect("a Licensing ID"));
            let before = store.get(&slot).await.expect("read").expect("stored");
            write.agreement(store, Some(&before), &before.record, "Another");
        }
        Kind::Activation => {
            let (licence, product) = (key("licensing_id").parse().expect("one"), end("item").parse().expect("one"));
            let context = store.activation_context(&licence, &product).await.expect("read");
            let activation = context.activation.expect("stored");
            let Some(due) = activation.due_at(&policy.links) else { return false };
            let contacts = context.contacts;
            let Some(step) = activation.sweep(&contacts, |_| false, due, &policy.links) else { return false };
            store.write_step(&step, context.head.as_ref(), due, &policy.links, Write::new()).await.expect("written");
            return true;
        }
        Kind::Join => {
            let (account, asker) = (end("licensing_id").parse().expect("one"), end("item").parse().expect("one"));
            let mut context = store.join_context(&account, &asker).await.expect("read");
            let Some(step) = context.join.take().and_then(|join| join.end(now)) else { return false };
            store.write_join(&step, &context, now, Write::new()).await.expect("written");
            let _ = joins::join(&account, &asker);
            return true;
        }
        Kind::Product => {
            let before = store.get(&licences::product(&end("entry").parse().expect("one"))).await.expect("read");
            write.product_ordered(store, &before.expect("stored"));
        }
        Kind::Customer => {
            let before = store.get(&licences::customer(&end("entry").parse().expect("one"))).await.expect("read");
            let before = before.expect("stored");
            write.customer(store, Some(&before), &before.record);
        }
        Kind::Account => {
            let before = store.get(&licences::account(&key("account_id").parse().expect("one"))).await.expect("read");
            let before = before.expect("stored");
            let after = Account { name: "Another".into(), version: before.version + 1, ..before.clone() };
            write.account(store, Some(&before), &after);
        }
        Kind::Profile => {
            let before = store.get(&people::profile(&end("person").parse().expect("one"))).await.expect("read");
            let before = before.expect("stored");
            // Twice, the second time without reading: as two steps of one request do.
            let after = Profile { first_name: "Another".into(), version: before.version + 1, ..before.clone() };
            write.profile(store, Some(before.version), &after);
            std::mem::take(&mut write).commit(store).await.expect("written");
            let next = Profile { language: "de".into(), version: after.version + 1, ..after.clone() };
            write.profile(store, Some(after.version), &next);
        }
        Kind::Attempts => {
            let (address, device) = (end("person").parse().expect("one"), end("item"));
            let before = store.get(&people::attempts(&address, &device)).await.expect("read").expect("stored");
            let after = Attempts { version: before.version + 1, ..before.clone() };
            write.attempts(store, &address, &device, Some(&before), &after, now);
        }
        Kind::Suppression => {
            let address = key("who").parse().expect("an address");
            let before = store.get(&licences::suppression(&address)).await.expect("read").expect("stored");
            write.reach(store, &Reach { lifted_at: Some(now), version: before.version + 1, ..before });
        }
        Kind::Token => {
            let hash = key("token_hash");
            let before = store.get(&tokens::token(&hash)).await.expect("read").expect("stored");
            let after = Token { revoked_at: Some(now), version: before.version + 1, ..before.clone() };
            write.token(store, &hash, Some(before.version), &after);
        }
        Kind::Network => {
            let slot = marks::network(&end("mark"));
            let before = store.get(&slot).await.expect("read").expect("stored");
            let seen = before.version;
            write.counted("network", store, &slot, (seen, &Network { version: seen + 1, ..before }), now);
        }
        Kind::Domain => {
            let slot = marks::domain(&end("mark"));
            let before = store.get(&slot).await.expect("read").expect("stored");
            let seen = before.version;
            write.counted("domain", store, &slot, (seen, &Domain { version: seen + 1, ..before }), now);
        }
        Kind::Strangers => {
            let slot = marks::share(end("mark").parse().expect("a number"));
            let before = store.get(&slot).await.expect("read").expect("stored");
            let seen = before.version;
            write.counted("share", store, &slot, (seen, &Share { version: seen + 1, ..before }), now);
        }
        Kind::Known => {
            let slot = marks::reserve(end("mark").parse().expect("a number"));
            let before = store.get(&slot).await.expect("read").expect("stored");
            let seen = before.version;
            write.counted("reserve", store, &slot, (seen, &Reserve { version: seen + 1, ..before }), now);
        }
        Kind::Head => {
            let chain = key("chain");
            let before = store.get(&head(&chain)).await.expect("read");
            let note = licensing::audit::Note::new("test.appended", licensing::audit::Actor::Service);
            write.audit(store, &chain, before.as_ref(), note, now);
        }
        _ => return false,
    }
    write.commit(store).await.expect("written");
    true
}

/// OPS-06 whatever of a later release stands in an item, at its top or in a record within, is there after this one has read,
/// changed and written it: each frozen item of each kind that is written back whole.
#[tokio::test]
async fn ops_06_what_a_later_release_added_survives_a_write() {
    let bench = Bench::new().await;
    let (store, policy) = (&bench.store, Policy::default());
    let mut rewritten: BTreeMap<Kind, usize> = BTreeMap::new();
    let (mut nested, mut moved) = (BTreeSet::new(), 0);
    for frozen in all() {
        if [Kind::Activation, Kind::Join, Kind::Head].contains(&frozen.kind) {
            forget_the_audit(store).await;
        }
        let item = with_later_attributes(frozen.kind, &frozen.item);
        put(store, frozen.table, &item).await;
        if !rewrite(store, frozen.kind, &item, &policy).await {
            continue;
        }
        *rewritten.entry(frozen.kind).or_default() += 1;
        let after = stored(store, frozen.table, &item).await;
        assert_ne!(after, item, "nothing was written: {}", frozen.json);
        assert_eq!(after.get("of_a_later_release"), item.get("of_a_later_release"), "{:?}: {after:?}", frozen.kind);
        let (before, after) = (AttributeValue::M(item), AttributeValue::M(after));
        assert_kept(&before, &after, &format!("{:?} {}", frozen.kind, frozen.json));
        // An invitation that ended took what it has along, and so did its addressee.
        if let Some(AttributeValue::M(state)) = after.as_m().expect("an item").get("state") {
            moved += usize::from(state.get("invitation").map_or(0, later) == 2);
        }
        let after = later(&after);
        if after > 1 {
            nested.insert(frozen.kind);
        }
    }
    let kinds: BTreeSet<Kind> = rewritten.keys().copied().collect();
    let expected = [
        Kind::Agreement,
        Kind::Activation,
        Kind::Join,
        Kind::Product,
        Kind::Customer,
        Kind::Account,
        Kind::Suppression,
        Kind::Profile,
        Kind::Attempts,
        Kind::Head,
        Kind::Network,
        Kind::Domain,
        Kind::Strangers,
        Kind::Known,
        Kind::Token,
    ];
    assert_eq!(kinds, BTreeSet::from(expected), "{rewritten:?}");
    assert!(moved > 0, "no record moved within its item");
    for kind in [Kind::Activation, Kind::Account, Kind::Profile] {
        assert!(nested.contains(&kind), "no record within {kind:?} was tried");
    }
}

/// OPS-06 a variant of a later release keeps nothing else from being read: lists leave it out; whoever would change it is told,
/// and nothing is written.
#[tokio::test]
async fn ops_06_a_variant_of_a_later_release_is_left_out_of_lists_and_left_alone() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut seen = 0;
    for frozen in all().iter().filter(|frozen| frozen.kind == Kind::Activation) {
        let mut item = frozen.item.clone();
        put(store, frozen.table, &item).await;
        let licence = item["licensing_id"].as_s().expect("a key").parse().expect("a Licensing ID");
        let product = item["item"].as_s().expect("a key")["activation#".len()..].parse().expect("a product");
        let before = store.activations_shown_of(&licence).await.expect("read").len();
        let state = Item::from([("name".to_owned(), AttributeValue::S("dreaming".into()))]);
        item.insert("state".into(), AttributeValue::M(state));
        put(store, frozen.table, &item).await;
        assert_eq!(store.activations_shown_of(&licence).await.expect("the others are shown").len(), before - 1);
        let refused = store.activation_context(&licence, &product).await;
        assert!(matches!(refused, Err(store::Error::Later(_))), "{refused:?}");
        assert!(matches!(store.activations_of(&licence).await, Err(store::Error::Later(_))));
        assert_eq!(stored(store, frozen.table, &item).await, item);
        put(store, frozen.table, &frozen.item).await;
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
    // An event that is not understood is not passed over: the stream reports it, again and again, and sets it aside.
    let event = all().into_iter().find(|frozen| frozen.kind == Kind::Event).expect("one");
    let mut item = event.item.clone();
    item.insert("event".into(), AttributeValue::M(Item::from([("kind".to_owned(), AttributeValue::S("sing".into()))])));
    assert!(matches!(store::outbox::of_record(item), Err(store::Error::Later(_))));
}
