//! Transactions as they are sent: DynamoDB's JSON.
//!
//! An item becomes text as soon as it is known, which the SDK does only when it sends. That a load's maps waited for room in
//! a transaction, were copied for each attempt and written out after that took a quarter of its command's time.

use std::{borrow::Cow, collections::HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::Item;

/// What one item of a transaction does.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Action<'a> {
    #[serde(skip)]
    what: &'static str,
    table_name: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "values")]
    item: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "values")]
    key: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_expression: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_expression: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "named_names")]
    expression_attribute_names: Vec<(&'a str, &'a str)>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "named_values")]
    expression_attribute_values: Vec<(&'a str, AttributeValue)>,
    #[serde(rename = "ReturnValuesOnConditionCheckFailure", skip_serializing_if = "Option::is_none")]
    return_values: Option<&'static str>,
}

impl<'a> Action<'a> {
    /// Writes an item.
    pub(crate) fn put(table: String, item: Item) -> Self {
        Self { item: Some(item), ..Self::of("Put", table) }
    }

    /// Changes the item of this key.
    pub(crate) fn update(table: String, key: Item, expression: &'a str) -> Self {
        Self { key: Some(key), update_expression: Some(expression), ..Self::of("Update", table) }
    }

    /// Deletes the item of this key.
    pub(crate) fn delete(table: String, key: Item) -> Self {
        Self { key: Some(key), ..Self::of("Delete", table) }
    }

    /// Only requires something of the item of this key.
    pub(crate) fn check(table: String, key: Item, condition: &'a str) -> Self {
        Self { key: Some(key), ..Self::of("ConditionCheck", table) }.on_condition(condition)
    }

    const fn of(what: &'static str, table_name: String) -> Self {
        Self {
            what,
            table_name,
            item: None,
            key: None,
            update_expression: None,
            condition_expression: None,
            expression_attribute_names: Vec::new(),
            expression_attribute_values: Vec::new(),
            return_values: None,
        }
    }

    /// Only where this holds of what is stored.
    pub(crate) fn on_condition(self, condition: impl Into<Cow<'a, str>>) -> Self {
        Self { condition_expression: Some(condition.into()), ..self }
    }

    /// The attribute for which `#…` stands in its expressions.
    pub(crate) fn name(mut self, short: &'a str, attribute: &'a str) -> Self {
        self.expression_attribute_names.push((short, attribute));
        self
    }

    /// The value for which `:…` stands in its expressions.
    pub(crate) fn value(mut self, short: &'a str, value: AttributeValue) -> Self {
        self.expression_attribute_values.push((short, value));
        self
    }

    /// Where its condition does not hold, what is stored is to come back.
    pub(crate) fn showing_what_is_stored(self) -> Self {
        Self { return_values: Some("ALL_OLD"), ..self }
    }

    /// As it is sent.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string(self).expect("maps with texts as keys");
        format!(r#"{{"{}":{text}}}"#, self.what)
    }
}

/// The request for a transaction of this name. It asks what the items cost.
pub(crate) fn transaction(items: &[String], name: &str) -> String {
    let items = items.join(",");
    format!(r#"{{"TransactItems":[{items}],"ClientRequestToken":"{name}","ReturnConsumedCapacity":"TOTAL"}}"#)
}

/// Gives the SDK's request for a transaction of nothing this body instead. It is signed after that.
///
/// # Panics
/// Where it is not that request: another SDK might say in it what then was lost.
pub(crate) fn put_body(request: &mut HttpRequest, body: &str) {
    let target = request.headers().get("x-amz-target");
    assert_eq!(target, Some("DynamoDB_20120810.TransactWriteItems"), "wire.rs knows this request alone");
    let replaced = request.body().bytes().unwrap_or_default();
    assert!(is_nothing(replaced), "wire.rs would lose this: {}", String::from_utf8_lossy(replaced));
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}

/// Whether this asks for nothing. A name that the SDK drew for it is one.
fn is_nothing(body: &[u8]) -> bool {
    let Ok(serde_json::Value::Object(said)) = serde_json::from_slice(body) else { return false };
    said.iter().all(|(name, value)| match name.as_str() {
        "ClientRequestToken" => value.is_string(),
        "TransactItems" => value.as_array().is_some_and(Vec::is_empty),
        _ => false,
    })
}

#[expect(clippy::ref_option, reason = "serde hands a field over like this")]
fn values<S: Serializer>(item: &Option<Item>, serializer: S) -> Result<S::Ok, S::Error> {
    item.as_ref().map(Values).serialize(serializer)
}

fn named_names<S: Serializer>(names: &[(&str, &str)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(names.iter().copied())
}

fn named_values<S: Serializer>(values: &[(&str, AttributeValue)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, Value(value))))
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
    use serde_json::json;

    use super::*;
    use crate::{number, read::item_of_json, text};

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

    /// SAFE-01 a request that asks for anything is not replaced by another.
    #[test]
    fn safe_01_only_a_request_for_nothing_is_replaced() {
        for nothing in ["{}", r#"{"ClientRequestToken":"drawn"}"#, r#"{"TransactItems":[]}"#] {
            assert!(is_nothing(nothing.as_bytes()), "{nothing}");
        }
        for something in ["", "[]", r#"{"TransactItems":[{"Put":{}}]}"#, r#"{"ReturnConsumedCapacity":"TOTAL"}"#] {
            assert!(!is_nothing(something.as_bytes()), "{something}");
        }
    }

    /// SAFE-01 each of the four things that an item of a transaction does is sent with all that was asked.
    #[test]
    fn safe_01_nothing_is_left_out_of_a_transaction() {
        let key = || Item::from([("id".into(), text("o"))]);
        let table = || "t".to_owned();
        let asking = |action: Action<'static>| {
            action.on_condition("#v = :seen").name("#v", "version").value(":seen", number(1)).showing_what_is_stored()
        };
        let actions = [
            asking(Action::put(table(), key())),
            asking(Action::update(table(), key(), "SET a = :seen")),
            asking(Action::delete(table(), key())),
            asking(Action::check(table(), key(), "")),
            Action::delete(table(), key()),
        ];
        let items: Vec<String> = actions.iter().map(Action::text).collect();
        let sent = transaction(&items, "name");
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
