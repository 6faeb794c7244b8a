//! Streams reach their functions: at least once, the failed ones again and the others not, across restarts.

mod help;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use gateway::{App, Chance, stream::Failures};
use help::{Scratch, until};
use local::{
    Options, Running,
    folder::Folder,
    pump::{Mapping, Pump},
};
use store::{Table, sdk::types::AttributeValue};
use tokio::sync::watch;

/// How often each item was handed over.
type Counts = Arc<Mutex<BTreeMap<String, u32>>>;

/// A mapping for items that no function of the portal takes; the consumer fails where `fails` says so, by the item's id and
/// how often it was handed over before.
fn mapping(counts: &Counts, fails: fn(&str, u32) -> bool) -> Mapping {
    let counts = Arc::clone(counts);
    Mapping {
        name: "test",
        table: Table::Outbox,
        wants: |record| record["dynamodb"]["NewImage"]["consumer"]["S"] == "test",
        most: 4,
        tries: 3,
        wait: Duration::from_millis(20),
        consumer: Arc::new(move |_app, records| {
            let counts = Arc::clone(&counts);
            Box::pin(async move {
                let mut failures = Failures::default();
                for record in &records.records {
                    let id = record.dynamodb.new_image["event_id"]["S"].as_str().expect("a key").to_owned();
                    let mut counts = counts.lock().expect("no consumer panics");
                    let before = counts.entry(id.clone()).or_default();
                    if fails(&id, *before) {
                        failures.push(record);
                    }
                    *before += 1;
                }
                failures
            })
        }),
    }
}

async fn put(app: &App, id: &str) {
    let put = app.store.client().put_item().table_name(app.store.name(Table::Outbox));
    put.item("event_id", AttributeValue::S(id.into()))
        .item("consumer", AttributeValue::S("test".into()))
        .send()
        .await
        .expect("the database takes it");
}

struct Pumping {
    pump: Pump,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

fn pump(running: &Running, mapping: Mapping, folder: &Folder) -> Pumping {
    let pump = Pump::open(mapping, folder).expect("its file can be read");
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(pump.clone().run(running.app.clone(), running.database(), stopped));
    Pumping { pump, stop, task }
}

impl Pumping {
    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.expect("it ends");
    }
}

fn of(pairs: &[(&str, u32)]) -> BTreeMap<String, u32> {
    pairs.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()
}

/// ACT-16: a record that failed comes again, and those beside it do not.
#[tokio::test]
async fn a_failing_record_is_handed_over_again_and_the_others_are_not() {
    let running = local::start(Options::default()).await.expect("it starts");
    let counts = Counts::default();
    let folder = Folder::open(None, &Chance::system()).expect("a folder in memory");
    let pumping = pump(&running, mapping(&counts, |id, before| id == "c" && before < 2), &folder);
    for id in ["a", "b", "c", "d", "e", "f"] {
        put(&running.app, id).await;
    }
    let all = of(&[("a", 1), ("b", 1), ("c", 3), ("d", 1), ("e", 1), ("f", 1)]);
    until("all were handed over", async || *counts.lock().unwrap() == all).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(*counts.lock().unwrap(), all, "nothing comes once more");
    assert!(pumping.pump.given_up().is_empty());
    pumping.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn what_fails_for_good_is_given_up_and_can_be_tried_again() {
    let running = local::start(Options::default()).await.expect("it starts");
    let counts = Counts::default();
    let folder = Folder::open(None, &Chance::system()).expect("a folder in memory");
    let pumping = pump(&running, mapping(&counts, |id, before| id == "bad" && before < 4), &folder);
    put(&running.app, "bad").await;
    put(&running.app, "good").await;
    until("it is given up", async || pumping.pump.given_up().len() == 1).await;
    assert_eq!(*counts.lock().unwrap(), of(&[("bad", 3), ("good", 1)]));
    assert_eq!(pumping.pump.given_up()[0].keys["event_id"]["S"], "bad");

    pumping.pump.try_again();
    until("it is taken at last", async || counts.lock().unwrap().get("bad") == Some(&5)).await;
    assert!(pumping.pump.given_up().is_empty());
    pumping.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn a_function_that_panics_gets_its_records_again() {
    let running = local::start(Options::default()).await.expect("it starts");
    let counts = Counts::default();
    let folder = Folder::open(None, &Chance::system()).expect("a folder in memory");
    let mut panicking = mapping(&counts, |_, _| false);
    let counted = panicking.consumer;
    let first = Arc::new(std::sync::atomic::AtomicBool::new(true));
    panicking.consumer = Arc::new(move |app, records| {
        let panics = first.swap(false, std::sync::atomic::Ordering::Relaxed);
        let counted = counted(app, records);
        Box::pin(async move {
            assert!(!panics, "this function panics once, as the test wants it");
            counted.await
        })
    });
    let pumping = pump(&running, panicking, &folder);
    put(&running.app, "a").await;
    until("it is handed over after the panic", async || *counts.lock().unwrap() == of(&[("a", 1)])).await;
    pumping.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn after_a_restart_a_stream_goes_on_where_it_was_and_what_failed_is_tried_again() {
    let scratch = Scratch::new();
    let running = local::start(Options::default()).await.expect("it starts");
    let folder = Folder::open(Some(scratch.path()), &Chance::system()).expect("a folder");
    let counts = Counts::default();
    let mut patient = mapping(&counts, |id, _| id == "late");
    patient.wait = Duration::from_secs(20);
    let pumping = pump(&running, patient, &folder);
    put(&running.app, "late").await;
    put(&running.app, "done").await;
    until("both were handed over", async || counts.lock().unwrap().len() == 2).await;
    pumping.stop().await;

    let counts = Counts::default();
    put(&running.app, "new").await;
    let pumping = pump(&running, mapping(&counts, |_, _| false), &folder);
    until("what is left is handed over", async || *counts.lock().unwrap() == of(&[("late", 1), ("new", 1)])).await;
    pumping.stop().await;
    running.stop().await;
}
