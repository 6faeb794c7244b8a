//! Sealing, on the real engine.

use gateway::testing::Bench;
use licensing::audit::{Actor, Note, seal as seal_of};
use store::{Write, audit::StoredHead};

async fn grow(bench: &Bench, chain: &str, count: usize) {
    let store = &bench.app.store;
    let head = store.audit_head(chain).await.expect("the database answers");
    let notes = (0..count).map(|number| Note::new("order.taken", Actor::Service).fact("n", number)).collect();
    let mut write = Write::new();
    write.audit_all(store, chain, head.as_ref(), notes, bench.app.now());
    write.commit(store).await.expect("it is written");
}

async fn head(bench: &Bench, chain: &str) -> StoredHead {
    bench.app.store.audit_head(chain).await.expect("the database answers").expect("it is stored")
}

async fn seal(bench: &Bench) -> (u64, bool) {
    let sealed = seal_audit::seal(&bench.app).await.expect("the database answers");
    (sealed.chains, sealed.more)
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
    assert_eq!((bench.app.store.meter().read() - before).calls, 8, "one look a shard");

    grow(&bench, &chain(7), 3).await;
    assert_eq!(head(&bench, &chain(7)).await.seal.map(|seal| seal.seq), Some(1));
    bench.pass(300);
    assert_eq!(seal(&bench).await, (1, false));
    let head = head(&bench, &chain(7)).await;
    let sealed = head.seal.clone().expect("it is sealed");
    assert_eq!((sealed.seq, &sealed.hash, sealed.at), (4, &head.hash, bench.app.now()));
}

/// SAFE-01 a chain that grows while it is sealed stays to be sealed; an older seal never takes the place of a newer one; a
/// chain that is not there gets none.
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
    let put =
        async |head, chain: &str| bench.app.store.put_seal(&seal_of(chain, head, now, key)).await.expect("it is taken");
    put(&second, chain).await;
    put(&first, chain).await;
    assert_eq!(head(&bench, chain).await.seal.map(|seal| seal.seq), Some(2));
    assert_eq!(seal(&bench).await, (1, false), "the third entry is not covered yet");
    assert_eq!(head(&bench, chain).await.seal.map(|seal| seal.seq), Some(3));
    put(&first, "licence#enterprise/2").await;
    assert_eq!(bench.app.store.audit_head("licence#enterprise/2").await.expect("the database answers"), None);
}
