//! Sealing, on the real engine.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use gateway::testing::Bench;
use licensing::audit::{Actor, Entry, Head, Note, Seal, append, seal as seal_of};
use store::{Table, Write, audit::StoredHead, sdk::types::AttributeValue};

async fn grow(bench: &Bench, chain: &str, count: usize) {
    let store = &bench.store;
    let head = store.audit_head(chain).await.expect("the database answers");
    let notes = (0..count).map(|number| Note::new("order.taken", Actor::Service).fact("n", number)).collect();
    let mut write = Write::new();
    write.audit_all(store, chain, head.as_ref(), notes, bench.app.now());
    write.commit(store).await.expect("it is written");
}

async fn head(bench: &Bench, chain: &str) -> StoredHead {
    bench.store.audit_head(chain).await.expect("the database answers").expect("it is stored")
}

/// The chains that are sealed now, and whether some were left; none was tampered with.
async fn seal(bench: &Bench) -> (u64, bool) {
    let sealed = seal_audit::seal(&bench.app).await.expect("the database answers");
    assert_eq!(sealed.broken, 0);
    (sealed.chains, sealed.more)
}

async fn newest_seal(bench: &Bench, chain: &str) -> Option<Seal> {
    let stored = bench.store.get(&store::audit::seal(chain)).await.expect("the database answers");
    stored.map(|stored| stored.seal)
}

/// SAFE-01 every chain that has grown is sealed, in all shards and beyond one page; one that has not is not looked at.
#[tokio::test]
async fn safe_01_what_has_grown_is_sealed() {
    let bench = Bench::new().await;
    let chain = |number: usize| format!("licence#enterprise/{number}");
    for number in 0..950 {
        grow(&bench, &chain(number), 1).await;
    }
    assert_eq!(seal(&bench).await, (950, false));
    let before = bench.app.store.meter().read();
    assert_eq!(seal(&bench).await, (0, false));
    assert_eq!((bench.app.store.meter().read() - before).calls, 4, "one look a shard");

    grow(&bench, &chain(7), 3).await;
    assert_eq!(newest_seal(&bench, &chain(7)).await.map(|seal| seal.seq), Some(1));
    bench.pass(300);
    assert_eq!(seal(&bench).await, (1, false));
    let head = head(&bench, &chain(7)).await;
    let sealed = newest_seal(&bench, &chain(7)).await.expect("it is sealed");
    assert_eq!((sealed.seq, &sealed.hash, sealed.at), (4, &head.hash, bench.app.now()));
}

/// SAFE-01 chains of each kind are sealed: of Licensing IDs, profiles, organisation accounts, and of what operators do.
#[tokio::test]
async fn safe_01_chains_of_each_kind_are_sealed() {
    let bench = Bench::new().await;
    let chains = ["licence#enterprise/1", "profile#1", "account#1", "operators"];
    for chain in chains {
        grow(&bench, chain, 1).await;
    }
    assert_eq!(seal(&bench).await, (4, false));
    for chain in chains {
        assert_eq!(newest_seal(&bench, chain).await.map(|seal| seal.seq), Some(1), "{chain}");
    }
    assert_eq!(seal(&bench).await, (0, false));
}

/// SAFE-01 a chain that grows while it is sealed stays to be sealed; an older seal never takes the place of a newer one.
#[tokio::test]
async fn safe_01_two_sealings_at_once_leave_the_newer_seal() {
    let bench = Bench::new().await;
    let (chain, key) = ("licence#enterprise/1", bench.app.keys.seal.as_ref().expect("a key"));
    let now = bench.app.now();
    grow(&bench, chain, 1).await;
    let first = head(&bench, chain).await.head();
    grow(&bench, chain, 1).await;
    let second = head(&bench, chain).await.head();
    grow(&bench, chain, 1).await;
    for head in [&second, &first] {
        let store = &bench.store;
        store.put_seal(&seal_of(chain, head, now, key)).await.expect("it is taken, or known to be older");
        store.all_is_sealed(chain, head.seq).await.expect("the database answers");
        assert_eq!(newest_seal(&bench, chain).await.map(|seal| seal.seq), Some(2));
    }
    assert_eq!(seal(&bench).await, (1, false), "the third entry is not covered yet");
    assert_eq!(newest_seal(&bench, chain).await.map(|seal| seal.seq), Some(3));
}

/// SAFE-01 a sealing that was cut off between the seal and the index is made good by the next.
#[tokio::test]
async fn safe_01_a_sealing_that_was_cut_off_is_made_good() {
    let bench = Bench::new().await;
    let (chain, key) = ("licence#enterprise/1", bench.app.keys.seal.as_ref().expect("a key"));
    grow(&bench, chain, 2).await;
    let head = head(&bench, chain).await.head();
    bench.store.put_seal(&seal_of(chain, &head, bench.app.now(), key)).await.expect("it is taken");
    assert_eq!(seal(&bench).await, (0, false));
    let before = bench.app.store.meter().read();
    assert_eq!(seal(&bench).await, (0, false));
    assert_eq!((bench.app.store.meter().read() - before).calls, 4, "it is not looked at any more");
}

/// SAFE-01 a chain that was computed again, cut or edited since the last seal is never sealed, however it grows; it is told
/// each time, and the others are sealed.
#[tokio::test]
async fn safe_01_what_was_tampered_with_is_never_sealed() {
    for (from, to) in [(1, 6), (6, 9), (9, 9)] {
        let bench = Bench::new().await;
        let (chain, other) = ("licence#enterprise/1", "licence#enterprise/2");
        grow(&bench, chain, 5).await;
        assert_eq!(seal(&bench).await, (1, false));
        let sealed = newest_seal(&bench, chain).await;
        grow(&bench, chain, 4).await;
        // Entries from one place to another are written anew: with their hashes, or an action only.
        for seq in from..=to {
            let (entries, _) = bench.store.audit_page(chain, 0, 100).await.expect("the database answers");
            let before = entries.iter().find(|entry| entry.seq + 1 == seq);
            let at = before.map_or_else(Head::empty, |entry| Head { seq: entry.seq, hash: entry.hash.clone() });
            let mut forged = append(chain, &at, Note::new("other", Actor::Service), bench.app.now(), || [0; 16]);
            if from == to {
                let newest = head(&bench, chain).await;
                forged.hash = newest.hash;
            }
            put(&bench, &forged).await;
        }
        grow(&bench, other, 1).await;
        for _ in 0..2 {
            let done = seal_audit::seal(&bench.app).await.expect("the database answers");
            assert_eq!(done.broken, 1, "{from} to {to}");
            assert_eq!(newest_seal(&bench, chain).await, sealed, "{from} to {to}");
            grow(&bench, chain, 1).await;
        }
        assert!(newest_seal(&bench, other).await.is_some());
    }
}

/// SAFE-01 whoever can write to the whole table, but delete nothing: with an old seal in the place of the newest, or of each that
/// was kept, entries that were sealed can't be rewritten and sealed again. It is noted since when, and why.
#[tokio::test]
async fn safe_01_an_old_seal_that_is_put_back_does_not_help() {
    for in_all_places in [false, true] {
        let bench = Bench::new().await;
        let chain = "licence#enterprise/1";
        grow(&bench, chain, 5).await;
        assert_eq!(seal(&bench).await, (1, false));
        let old = newest_seal(&bench, chain).await.expect("it is sealed");
        grow(&bench, chain, 4).await;
        assert_eq!(seal(&bench).await, (1, false));

        put_seal_at(&bench, 0, &old).await;
        if in_all_places {
            put_seal_at(&bench, 9, &old).await;
        }
        let fifth = entries(&bench, chain).await.remove(4);
        compute_again(&bench, chain, &fifth, 9).await;
        grow(&bench, chain, 1).await;
        let since = bench.app.now();
        for _ in 0..2 {
            let done = seal_audit::seal(&bench.app).await.expect("the database answers");
            assert_eq!((done.chains, done.broken), (0, 1), "{in_all_places}");
            assert_eq!(newest_seal(&bench, chain).await, Some(old.clone()), "{in_all_places}");
            let finding = finding(&bench, chain).await.expect("it is noted");
            assert_eq!((finding.since, finding.ended_at), (since, None));
            assert!(!finding.why.is_empty());
            bench.pass(900);
            grow(&bench, chain, 1).await;
        }
    }
}

/// SAFE-01 what was sealed is read again before the next seal: an entry that was edited there, taken away or doubled stops
/// sealing, wherever it is; and when it is as it was, sealing goes on.
#[tokio::test]
async fn safe_01_a_chain_whose_sealed_part_changed_is_not_sealed() {
    for seq in 1..=6_usize {
        let bench = Bench::new().await;
        let chain = "licence#enterprise/1";
        grow(&bench, chain, 6).await;
        assert_eq!(seal(&bench).await, (1, false));
        let sealed = newest_seal(&bench, chain).await;
        let good = entries(&bench, chain).await.remove(seq - 1);
        put(&bench, &Entry { action: "other".into(), ..good.clone() }).await;
        grow(&bench, chain, 1).await;
        let done = seal_audit::seal(&bench.app).await.expect("the database answers");
        assert_eq!((done.chains, done.broken), (0, 1), "{seq}");
        assert_eq!(newest_seal(&bench, chain).await, sealed, "{seq}");

        put_with_facts(&bench, &good).await;
        bench.pass(900);
        assert_eq!(seal(&bench).await, (1, false), "{seq}");
        let finding = finding(&bench, chain).await.expect("it stays noted");
        assert_eq!(finding.ended_at, Some(bench.app.now()));
    }
}

/// SAFE-01 of a long chain a part is read again, so that sealing stays as much work as what has grown.
#[tokio::test]
async fn safe_01_a_long_chain_is_read_again_in_part() {
    let bench = Bench::new().await;
    let chain = "licence#enterprise/1";
    for _ in 0..13 {
        grow(&bench, chain, 90).await;
    }
    assert_eq!(seal(&bench).await, (1, false));
    grow(&bench, chain, 1).await;
    let before = bench.app.store.meter().read();
    assert_eq!(seal(&bench).await, (1, false));
    // A look a shard, what is known of the chain, its last seal, a part, what is new, and what is written.
    assert_eq!((bench.app.store.meter().read() - before).calls, 4 + 1 + 1 + 1 + 1 + 3);

    // Whichever part chance picks, this entry is in it.
    let good = entries(&bench, chain).await.into_iter().find(|entry| entry.seq == 600).expect("it is stored");
    put(&bench, &Entry { action: "other".into(), ..good }).await;
    grow(&bench, chain, 1).await;
    let done = seal_audit::seal(&bench.app).await.expect("the database answers");
    assert_eq!((done.chains, done.broken), (0, 1));
}

/// SAFE-01 a seal of the release before, which kept the newest alone, is gone on from, if it was made with a known key.
#[tokio::test]
async fn safe_01_a_seal_of_the_release_before_is_gone_on_from() {
    let (known, foreign) = (Bench::new().await.app.keys.seal.clone().expect("a key"), SigningKey::from_bytes(&[8; 32]));
    for (key, sealed) in [(known, true), (foreign, false)] {
        let bench = Bench::new().await;
        let chain = "licence#enterprise/1";
        grow(&bench, chain, 2).await;
        let first = head(&bench, chain).await.head();
        put_seal_at(&bench, 0, &seal_of(chain, &first, bench.app.now(), &key)).await;
        grow(&bench, chain, 2).await;
        let done = seal_audit::seal(&bench.app).await.expect("the database answers");
        assert_eq!((done.chains, done.broken), (u64::from(sealed), u64::from(!sealed)));
        assert_eq!(newest_seal(&bench, chain).await.map(|seal| seal.seq), Some(if sealed { 4 } else { 2 }));
    }
}

/// SAFE-01 a seal that was kept, but not shown when a call was cut off, is shown by the next.
#[tokio::test]
async fn safe_01_a_seal_that_was_kept_is_shown() {
    let bench = Bench::new().await;
    let chain = "licence#enterprise/1";
    grow(&bench, chain, 2).await;
    assert_eq!(seal(&bench).await, (1, false));
    let first = newest_seal(&bench, chain).await.expect("it is sealed");
    grow(&bench, chain, 1).await;
    let head = head(&bench, chain).await.head();
    let key = bench.app.keys.seal.as_ref().expect("a key");
    bench.store.put_seal(&seal_of(chain, &head, bench.app.now(), key)).await.expect("it is kept");
    put_seal_at(&bench, 0, &first).await;
    assert_eq!(seal(&bench).await, (0, false));
    assert_eq!(newest_seal(&bench, chain).await.map(|seal| seal.seq), Some(3));
}

/// SAFE-01 an item that can't be read is a finding of its chain, and keeps no other chain from being sealed.
#[tokio::test]
async fn safe_01_what_cannot_be_read_stops_no_other_chain() {
    for item in ["entry", "head", "seal"] {
        let bench = Bench::new().await;
        let (chain, other) = ("licence#enterprise/1", "licence#enterprise/2");
        grow(&bench, chain, 3).await;
        assert_eq!(seal(&bench).await, (1, false));
        grow(&bench, chain, 1).await;
        grow(&bench, other, 1).await;
        let (partition, place) = match item {
            "entry" => (chain.to_owned(), 2),
            "head" => (chain.to_owned(), 0),
            _ => (format!("seal#{chain}"), 7),
        };
        let unsealed = licensing::due::slot(licensing::Timestamp::UNIX_EPOCH, chain);
        let shard = unsealed.rsplit_once('#').map(|(_, shard)| format!("#{shard}")).expect("a shard");
        let store = &bench.store;
        let put = store.client().put_item().table_name(store.name(Table::Audit));
        let put = put.item("chain", text(&partition)).item("seq", AttributeValue::N(place.to_string()));
        // It stays in the index, as whoever writes it would let it.
        let put = if place == 0 { put.item("unsealed", text(&shard)) } else { put };
        put.send().await.expect("the database takes it");
        let done = seal_audit::seal(&bench.app).await.expect("the others are sealed");
        assert_eq!((done.chains, done.broken), (1, 1), "{item}");
        assert!(finding(&bench, chain).await.is_some(), "{item}");
    }
}

/// SAFE-01 an entry is written where none is: a head that was put back can't be used to write over what was written.
#[tokio::test]
async fn safe_01_an_entry_is_written_once() {
    let bench = Bench::new().await;
    let (store, chain) = (&bench.store, "licence#enterprise/1");
    grow(&bench, chain, 5).await;
    let before = entries(&bench, chain).await;
    let back: StoredHead =
        serde_json::from_value(serde_json::json!({ "newest": 3, "hash": before[2].hash })).expect("a head");
    let put = store.client().put_item().table_name(store.name(Table::Audit)).item("chain", text(chain));
    let put = put.item("seq", AttributeValue::N("0".into())).item("newest", AttributeValue::N("3".into()));
    put.item("hash", text(&back.hash)).send().await.expect("the database takes it");
    let mut write = Write::new();
    write.audit(store, chain, Some(&back), Note::new("other", Actor::Service), bench.app.now());
    assert!(matches!(write.commit(store).await, Err(store::Failed::Lost(lost)) if lost.part == "audit entry"));
    assert_eq!(entries(&bench, chain).await, before);
}

async fn entries(bench: &Bench, chain: &str) -> Vec<Entry> {
    bench.store.audit_page(chain, 0, 2000).await.expect("the database answers").0
}

async fn finding(bench: &Bench, chain: &str) -> Option<store::audit::Finding> {
    bench.store.get(&store::audit::finding(chain)).await.expect("the database answers")
}

/// Writes the entries behind this one anew, up to a place, and the head.
async fn compute_again(bench: &Bench, chain: &str, from: &Entry, to: u64) {
    let mut at = Head { seq: from.seq, hash: from.hash.clone() };
    while at.seq < to {
        let forged = append(chain, &at, Note::new("other", Actor::Service), bench.app.now(), || [0; 16]);
        at = Head { seq: forged.seq, hash: forged.hash.clone() };
        put(bench, &forged).await;
    }
    let store = &bench.store;
    let update = store.client().update_item().table_name(store.name(Table::Audit)).key("chain", text(chain));
    update
        .key("seq", AttributeValue::N("0".into()))
        .update_expression("SET newest = :n, #h = :h")
        .expression_attribute_names("#h", "hash")
        .expression_attribute_values(":n", AttributeValue::N(at.seq.to_string()))
        .expression_attribute_values(":h", text(&at.hash))
        .send()
        .await
        .expect("the database takes it");
}

async fn put_seal_at(bench: &Bench, place: u64, seal: &Seal) {
    let store = &bench.store;
    let fields = [
        ("chain", text(&seal.chain)),
        ("seq", AttributeValue::N(seal.seq.to_string())),
        ("hash", text(&seal.hash)),
        ("at", text(&seal.at.to_string())),
        ("key", text(&seal.key)),
        ("signature", text(&seal.signature)),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let put = store.client().put_item().table_name(store.name(Table::Audit));
    put.item("chain", text(&format!("seal#{}", seal.chain)))
        .item("seq", AttributeValue::N(place.to_string()))
        .item("seal", AttributeValue::M(fields))
        .send()
        .await
        .expect("the database takes it");
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An entry as whoever writes to the table would put it: without its facts.
async fn put(bench: &Bench, entry: &Entry) {
    put_with_facts(bench, &Entry { facts: BTreeMap::new(), ..entry.clone() }).await;
}

async fn put_with_facts(bench: &Bench, entry: &Entry) {
    let store = &bench.store;
    let facts = entry.facts.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let put = store.client().put_item().table_name(store.name(Table::Audit));
    put.item("chain", text(&entry.chain))
        .item("seq", AttributeValue::N(entry.seq.to_string()))
        .item("at", text(&entry.at.to_string()))
        .item("action", text(&entry.action))
        .item("actor", text(&entry.actor))
        .item("facts", AttributeValue::M(facts))
        .item("previous", text(&entry.previous))
        .item("hash", text(&entry.hash))
        .send()
        .await
        .expect("the database takes it");
}
