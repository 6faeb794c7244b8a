//! Sealing, on the real engine.

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

async fn put(bench: &Bench, entry: &Entry) {
    let store = &bench.store;
    let text = |value: &str| AttributeValue::S(value.into());
    let put = store.client().put_item().table_name(store.name(Table::Audit));
    put.item("chain", text(&entry.chain))
        .item("seq", AttributeValue::N(entry.seq.to_string()))
        .item("at", text(&entry.at.to_string()))
        .item("action", text(&entry.action))
        .item("actor", text(&entry.actor))
        .item("previous", text(&entry.previous))
        .item("hash", text(&entry.hash))
        .send()
        .await
        .expect("the database takes it");
}
