//! A data folder from start to start: one of a release before is brought up to date, and what was begun empty stays so.

mod help;

use dynoxide::Database;
use help::Scratch;
use local::{Options, TABLES};
use serde_json::json;
use store::Table;

/// OPS-06 a folder whose tables lack an index that there is today, and which lacks a table, starts as it is; what lay in it is
/// found by the new index, and nobody has to begin anew.
#[tokio::test]
async fn ops_06_a_database_of_a_release_before_is_brought_up_to_date() {
    let scratch = Scratch::new();
    let options = || Options { data: Some(scratch.path().to_owned()), ..Options::default() };
    local::start(options()).await.expect("it starts").stop().await;
    let customer = "contoso".parse().expect("a customer");

    // As it was before: no index of customers, no tokens.
    let name = |table: Table| format!("{TABLES}{}", table.as_str());
    {
        let file = scratch.path().join("database.sqlite");
        let database = Database::new(file.to_str().expect("text")).expect("it can be opened");
        for table in [Table::Licences, Table::Tokens] {
            let delete = serde_json::from_value(json!({ "TableName": name(table) })).expect("a request");
            database.delete_table(delete).expect("deleted");
        }
        let create = json!({
            "TableName": name(Table::Licences),
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": "licensing_id", "AttributeType": "S" }, { "AttributeName": "item", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "licensing_id", "KeyType": "HASH" }, { "AttributeName": "item", "KeyType": "RANGE" },
            ],
        });
        database.create_table(serde_json::from_value(create).expect("a request")).expect("created");
        let put = json!({
            "TableName": name(Table::Licences),
            "Item": {
                "licensing_id": { "S": "select/7" }, "item": { "S": "agreement" },
                "customer": { "S": "contoso" }, "starts": { "S": "2026-01-01" },
            },
        });
        database.put_item(serde_json::from_value(put).expect("a request")).expect("stored");
    }

    for _ in 0..2 {
        let running = local::start(options()).await.expect("it starts again");
        let (found, _) = running.app.store.agreements_of(&customer, None, 10).await.expect("the index is there");
        assert_eq!(found.len(), 1);
        assert_eq!(running.app.store.token("nobody's").await.expect("the table is there"), None);
        running.stop().await;
    }
}

/// ACT-01 who began a folder without the sample data keeps it so, also when a later start does not say it again.
#[tokio::test]
async fn act_01_a_later_start_loads_no_sample_into_what_is_somebodys_own() {
    let scratch = Scratch::new();
    let options = |sample| Options { data: Some(scratch.path().join("data")), sample, ..Options::default() };
    local::start(options(false)).await.expect("it starts").stop().await;
    let running = local::start(options(true)).await.expect("it starts again");
    let progress = running.sample.borrow().clone();
    assert!(progress.done && progress.of == 0, "{progress:?}");
    let hooks = running.app.store.webhooks().await.expect("read");
    assert!(hooks.is_empty(), "nor what belongs to the sample");
    running.stop().await;
}
