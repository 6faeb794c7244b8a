//! Transactions as they are sent: DynamoDB's JSON.
//!
//! An item becomes text as soon as it is known, which the SDK does only when it sends. That a load's maps waited for room in
//! a transaction, were copied for each attempt and written out after that took a quarter of its command's time.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure as Returned, TransactWriteItem};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// One item of a transaction.
pub(crate) fn text_of(item: &TransactWriteItem) -> String {
    let action = if let Some(put) = item.put() {
        Action {
            item: Some(Values(put.item())),
            condition_expression: put.condition_expression(),
            expression_attribute_names: put.expression_attribute_names(),
            expression_attribute_values: put.expression_attribute_values().map(Values),
            return_values: put.return_values_on_condition_check_failure().map(Returned::as_str),
            ..Action::of("Put", put.table_name())
        }
    } else if let Some(update) = item.update() {
        Action {
            key: Some(Values(update.key())),
            update_expression: Some(update.update_expression()),
            condition_expression: update.condition_expression(),
            expression_attribute_names: update.expression_attribute_names(),
            expression_attribute_values: update.expression_attribute_values().map(Values),
            return_values: update.return_values_on_condition_check_failure().map(Returned::as_str),
            ..Action::of("Update", update.table_name())
        }
    } else if let Some(delete) = item.delete() {
        Action {
            key: Some(Values(delete.key())),
            condition_expression: delete.condition_expression(),
            expression_attribute_names: delete.expression_attribute_names(),
            expression_attribute_values: delete.expression_attribute_values().map(Values),
            return_values: delete.return_values_on_condition_check_failure().map(Returned::as_str),
            ..Action::of("Delete", delete.table_name())
        }
    } else {
        let check = item.condition_check().expect("an item does one of four things");
        Action {
            key: Some(Values(check.key())),
            condition_expression: Some(check.condition_expression()),
            expression_attribute_names: check.expression_attribute_names(),
            expression_attribute_values: check.expression_attribute_values().map(Values),
            return_values: check.return_values_on_condition_check_failure().map(Returned::as_str),
            ..Action::of("ConditionCheck", check.table_name())
        }
    };
    let text = serde_json::to_string(&action).expect("maps with texts as keys");
    format!(r#"{{"{}":{text}}}"#, action.what)
}

/// The request for a transaction of this name. It asks what the items cost.
pub(crate) fn transaction(items: Vec<String>, name: &str) -> String {
    let items = items.join(",");
    format!(r#"{{"TransactItems":[{items}],"ClientRequestToken":"{name}","ReturnConsumedCapacity":"TOTAL"}}"#)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Action<'a> {
    #[serde(skip)]
    what: &'static str,
    table_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Values<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Values<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_expression: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_expression: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression_attribute_names: Option<&'a HashMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression_attribute_values: Option<Values<'a>>,
    #[serde(rename = "ReturnValuesOnConditionCheckFailure", skip_serializing_if = "Option::is_none")]
    return_values: Option<&'a str>,
}

impl<'a> Action<'a> {
    const fn of(what: &'static str, table_name: &'a str) -> Self {
        Self {
            what,
            table_name,
            item: None,
            key: None,
            update_expression: None,
            condition_expression: None,
            expression_attribute_names: None,
            expression_attribute_values: None,
            return_values: None,
        }
    }
}

/// Named values.
struct Values<'a>(&'a HashMap<String, AttributeValue>);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Value(value))))
    }
}

/// One value, with the name of its type.
struct Value<'a>(&'a AttributeValue);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0 {
            AttributeValue::S(text) => map.serialize_entry("S", text)?,
            AttributeValue::N(number) => map.serialize_entry("N", number)?,
            AttributeValue::Bool(is) => map.serialize_entry("BOOL", is)?,
            AttributeValue::Null(is) => map.serialize_entry("NULL", is)?,
            AttributeValue::Ss(texts) => map.serialize_entry("SS", texts)?,
            AttributeValue::Ns(numbers) => map.serialize_entry("NS", numbers)?,
            AttributeValue::M(values) => map.serialize_entry("M", &Values(values))?,
            AttributeValue::L(values) => map.serialize_entry("L", &values.iter().map(Value).collect::<Vec<_>>())?,
            _ => return Err(serde::ser::Error::custom("nothing that is stored is of this type")),
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, Update};
    use serde_json::json;

    use super::*;
    use crate::{Item, number, read::item_of_json, text};

    fn item() -> Item {
        Item::from([
            ("id".into(), text("o\"\\\u{1} Łódź")),
            ("seats".into(), number(25)),
            ("held".into(), AttributeValue::Bool(true)),
            ("nothing".into(), AttributeValue::Null(true)),
            ("texts".into(), AttributeValue::Ss(vec!["a".into(), "b".into()])),
            ("numbers".into(), AttributeValue::Ns(vec!["1".into()])),
            ("list".into(), AttributeValue::L(vec![number(1), text("x")])),
            ("map".into(), AttributeValue::M(Item::from([("in".into(), text("side"))]))),
        ])
    }

    /// SAFE-01 every kind of value is sent as streams bring it back.
    #[test]
    fn safe_01_values_are_sent_as_they_come_back() {
        let sent = serde_json::to_value(Values(&item())).expect("text");
        assert_eq!(sent["map"], json!({"M": {"in": {"S": "side"}}}));
        assert_eq!(item_of_json(&sent), Some(item()));
    }

    /// SAFE-01 each of the four things that an item of a transaction does is sent with all that was asked.
    #[test]
    fn safe_01_nothing_is_left_out_of_a_transaction() {
        let key = Item::from([("id".into(), text("o"))]);
        let values = Item::from([(":seen".into(), number(1))]);
        let all_old = Returned::AllOld;
        let put = Put::builder()
            .table_name("t")
            .set_item(Some(key.clone()))
            .condition_expression("#v = :seen")
            .expression_attribute_names("#v", "version")
            .set_expression_attribute_values(Some(values.clone()))
            .return_values_on_condition_check_failure(all_old.clone());
        let update = Update::builder()
            .table_name("t")
            .set_key(Some(key.clone()))
            .update_expression("SET a = :seen")
            .condition_expression("#v = :seen")
            .expression_attribute_names("#v", "version")
            .set_expression_attribute_values(Some(values.clone()))
            .return_values_on_condition_check_failure(all_old.clone());
        let delete = Delete::builder()
            .table_name("t")
            .set_key(Some(key.clone()))
            .condition_expression("#v = :seen")
            .expression_attribute_names("#v", "version")
            .set_expression_attribute_values(Some(values.clone()))
            .return_values_on_condition_check_failure(all_old.clone());
        let check = ConditionCheck::builder()
            .table_name("t")
            .set_key(Some(key))
            .condition_expression("#v = :seen")
            .expression_attribute_names("#v", "version")
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(all_old);
        let bare = Delete::builder().table_name("t").key("id", text("o"));
        let items = [
            TransactWriteItem::builder().put(put.build().expect("all is given")).build(),
            TransactWriteItem::builder().update(update.build().expect("all is given")).build(),
            TransactWriteItem::builder().delete(delete.build().expect("all is given")).build(),
            TransactWriteItem::builder().condition_check(check.build().expect("all is given")).build(),
            TransactWriteItem::builder().delete(bare.build().expect("all is given")).build(),
        ];
        let sent = transaction(items.iter().map(text_of).collect(), "name");
        let sent: serde_json::Value = serde_json::from_str(&sent).expect("JSON");

        let condition = json!({
            "TableName": "t",
            "ConditionExpression": "#v = :seen",
            "ExpressionAttributeNames": {"#v": "version"},
            "ExpressionAttributeValues": {":seen": {"N": "1"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        let with = |more: serde_json::Value| {
            let mut all = condition.clone();
            let all_of = all.as_object_mut().expect("an object");
            all_of.extend(more.as_object().expect("an object").clone());
            all
        };
        let key = json!({"Key": {"id": {"S": "o"}}});
        assert_eq!(
            sent,
            json!({
                "TransactItems": [
                    {"Put": with(json!({"Item": {"id": {"S": "o"}}}))},
                    {"Update": with(json!({"Key": {"id": {"S": "o"}}, "UpdateExpression": "SET a = :seen"}))},
                    {"Delete": with(key.clone())},
                    {"ConditionCheck": with(key)},
                    {"Delete": {"TableName": "t", "Key": {"id": {"S": "o"}}}},
                ],
                "ClientRequestToken": "name",
                "ReturnConsumedCapacity": "TOTAL",
            })
        );
    }
}
