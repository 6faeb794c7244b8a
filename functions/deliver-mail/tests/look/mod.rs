//! Looks into a bench's tables, as no function may: what is stored as text, and the outbox as its stream carries it.

use gateway::{
    stream::{Change, Record, Records},
    testing::{Bench, mapping::image},
};
use serde_json::Value;
use store::{Table, outbox::Queued};

/// All items of a table, in a stable order.
pub(crate) async fn stored(bench: &Bench, table: Table) -> Vec<Value> {
    let store = &bench.store;
    let mut pages = store.client().scan().table_name(store.name(table)).into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        items.push(image(&item.expect("the database answers")));
    }
    items.sort_by_key(Value::to_string);
    items
}

/// Everything that is stored, as one text.
pub(crate) async fn all_stored(bench: &Bench) -> String {
    let mut lines = Vec::new();
    for table in Table::ALL {
        lines.extend(stored(bench, *table).await.iter().map(|item| format!("{table:?} {item}")));
    }
    lines.join("\n")
}

/// The outbox as its stream hands it over after the newest change of each item.
pub(crate) async fn outbox(bench: &Bench) -> Records {
    let items = stored(bench, Table::Outbox).await;
    let record = |(number, item): (usize, Value)| Record {
        kind: "MODIFY".into(),
        dynamodb: Change { new_image: item, sequence_number: format!("{number}") },
    };
    Records::of(items.into_iter().enumerate().map(record).collect())
}

/// The events that are not done.
pub(crate) async fn open_events(bench: &Bench) -> Vec<Queued> {
    let records = outbox(bench).await.records;
    let items = records.iter().filter_map(|record| record.item().expect("our own items are read"));
    items.filter_map(|item| store::outbox::of_record(item).expect("our own items are read")).collect()
}
