//! Where items lie: table, partition and sort key.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{Item, Table, number, text};

/// Where an item lies.
pub(crate) type Place = (Table, String, Option<String>);

/// The key attributes of an item.
pub(crate) fn key_of(table: Table, partition: &str, sort: Option<&str>) -> Item {
    let (partition_name, sort_schema) = table.key();
    let mut key = HashMap::from([(partition_name.to_owned(), text(partition))]);
    if let (Some((name, kind)), Some(value)) = (sort_schema, sort) {
        key.insert(name.to_owned(), if kind == 'N' { number(value) } else { text(value) });
    }
    key
}

/// Where this item lies.
pub(crate) fn place_of(table: Table, item: &Item) -> Place {
    let (partition, sort) = table.key();
    let plain = |name: &str| match item.get(name) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => value.clone(),
        _ => String::new(),
    };
    (table, plain(partition), sort.map(|(name, _)| plain(name)))
}
