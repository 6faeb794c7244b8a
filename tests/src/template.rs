//! `infra/template.yaml`, read as JSON, and what its roles allow.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value, json};

use crate::programs::root;

/// Where it is.
pub const FILE: &str = "infra/template.yaml";

/// How a permission for some keys of a table is written, as `gateway::testing::permissions` notes the use.
pub const LIKE: &str = " under keys like ";

/// The template, with the short forms written out: `!Sub x` is `{"Fn::Sub": "x"}`, `!Ref x` is `{"Ref": "x"}`.
pub fn template() -> Value {
    read(&std::fs::read_to_string(root().join(FILE)).expect("there is a template"))
}

/// YAML as JSON.
pub fn read(yaml: &str) -> Value {
    let mut events = Parser::new_from_str(yaml).map(|event| event.unwrap_or_else(|error| panic!("{FILE}: {error}")).0);
    loop {
        match events.next() {
            Some(Event::StreamStart | Event::DocumentStart(_)) => {}
            Some(event) => return node(event, &mut events),
            None => panic!("{FILE} is empty"),
        }
    }
}

fn node<'i>(event: Event<'i>, events: &mut impl Iterator<Item = Event<'i>>) -> Value {
    match event {
        Event::Scalar(text, style, _, tag) => {
            tagged(tag.as_deref(), if style == ScalarStyle::Plain { plain(&text) } else { json!(text) })
        }
        Event::SequenceStart(_, tag) => {
            let mut all = Vec::new();
            loop {
                match events.next().expect("a sequence ends") {
                    Event::SequenceEnd => return tagged(tag.as_deref(), all.into()),
                    event => all.push(node(event, events)),
                }
            }
        }
        Event::MappingStart(_, tag) => {
            let mut all = Map::new();
            loop {
                let key = match events.next().expect("a mapping ends") {
                    Event::MappingEnd => return tagged(tag.as_deref(), all.into()),
                    Event::Scalar(key, ..) => key.into_owned(),
                    other => panic!("{FILE}: a key that is no text: {other:?}"),
                };
                let value = events.next().expect("a key has a value");
                let value = node(value, events);
                assert!(all.insert(key.clone(), value).is_none(), "{FILE}: {key} stands there twice");
            }
        }
        other => panic!("{FILE}: {other:?} is not used in templates"),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        "null" | "~" | "" => Value::Null,
        _ => text.parse::<i64>().map_or_else(|_| json!(text), Into::into),
    }
}

fn tagged(tag: Option<&Tag>, value: Value) -> Value {
    match tag {
        Some(tag) if tag.handle == "!" && tag.suffix == "Ref" => json!({ "Ref": value }),
        Some(tag) if tag.handle == "!" => json!({ format!("Fn::{}", tag.suffix): value }),
        _ => value,
    }
}

/// The names of the resources of this type.
pub fn resources<'t>(template: &'t Value, kind: &str) -> Vec<(&'t str, &'t Value)> {
    let all = template["Resources"].as_object().expect("resources").iter();
    all.filter(|(_, resource)| resource["Type"] == kind).map(|(name, it)| (name.as_str(), &it["Properties"])).collect()
}

/// The functions: the name of the program, and that of the resource.
pub fn functions(template: &Value) -> BTreeMap<&str, &str> {
    let resources = resources(template, "AWS::Serverless::Function");
    let program = |name: &str| {
        let binary = &template["Resources"][name]["Metadata"]["BuildProperties"]["Binary"];
        binary.as_str().unwrap_or_else(|| panic!("{FILE}: {name} does not say which program it is"))
    };
    resources.into_iter().map(|(name, _)| (program(name), name)).collect()
}

/// A setting of a function: its own, or the one that all have.
pub fn setting<'t>(template: &'t Value, resource: &str, path: &str) -> &'t Value {
    let own = template["Resources"][resource]["Properties"].pointer(path);
    own.or_else(|| template["Globals"]["Function"].pointer(path)).unwrap_or(&Value::Null)
}

/// The name behind `!Ref x` or `!GetAtt x.Arn`.
pub fn named(value: &Value) -> &str {
    let name = value["Ref"].as_str().or_else(|| value["Fn::GetAtt"].as_str()).unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

/// One action on one thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// `dynamodb:GetItem`.
    pub action: String,
    /// A table, `table/index`, `table stream`; the name of another resource; the ARN as it is written for what is none.
    pub on: String,
}

impl Permission {
    /// This action on this thing.
    pub fn new(action: impl Into<String>, on: impl Into<String>) -> Self {
        Self { action: action.into(), on: on.into() }
    }
}

/// What a policy document allows, with the statements' names.
///
/// # Panics
/// Where a statement is of a form that this test does not understand: it could not say what it allows.
pub fn allowed(template: &Value, document: &Value) -> BTreeMap<Permission, BTreeSet<String>> {
    let mut all: BTreeMap<Permission, BTreeSet<String>> = BTreeMap::new();
    for statement in list(&document["Statement"]) {
        let name = statement["Sid"].as_str().unwrap_or("without a name");
        assert_eq!(statement["Effect"], "Allow", "{FILE}, statement {name}: only what is allowed is written");
        for action in list(&statement["Action"]) {
            for resource in list(&statement["Resource"]) {
                for condition in conditions(name, &statement["Condition"]) {
                    let on = format!("{}{condition}", thing(template, resource));
                    let permission = Permission::new(action.as_str().expect("an action"), on);
                    all.entry(permission).or_default().insert(name.to_owned());
                }
            }
        }
    }
    all
}

/// What a statement's condition leaves: each key, or kind of key.
fn conditions(name: &str, condition: &Value) -> Vec<String> {
    if condition.is_null() {
        return vec![String::new()];
    }
    // Which attributes, besides, is `who_writes_the_audit`'s to ask.
    let keys = |operator: &str| list(&condition[operator]["dynamodb:LeadingKeys"]);
    let (exact, like) = (keys("ForAllValues:StringEquals"), keys("ForAllValues:StringLike"));
    assert!(
        exact.is_empty() != like.is_empty(),
        "{FILE}, statement {name}: a condition that this test does not understand: {condition}"
    );
    let said = |how: &str, keys: &[Value]| -> Vec<String> {
        keys.iter().map(|key| format!("{how}{}", key.as_str().unwrap_or("?"))).collect()
    };
    [said(" where the key is ", exact), said(LIKE, like)].concat()
}

/// What an ARN of the template points to.
pub fn thing(template: &Value, arn: &Value) -> String {
    let text = arn["Fn::GetAtt"].as_str().map(|name| format!("${{{name}}}"));
    let Some(text) = text.or_else(|| arn["Fn::Sub"].as_str().map(str::to_owned)) else { return arn.to_string() };
    let Some((name, rest)) = text.strip_prefix("${").and_then(|text| text.split_once('}')) else { return text };
    let (resource, attribute) = name.split_once('.').unwrap_or((name, ""));
    let table = template["Resources"][resource]["Properties"]["TableName"]["Fn::Sub"].as_str();
    let short = table.and_then(|table| table.strip_prefix("${AWS::StackName}-"));
    match (short, attribute, rest) {
        (Some(table), "Arn", "") => table.to_owned(),
        (Some(table), "Arn", index) if index.starts_with("/index/") => format!("{table}/{}", &index["/index/".len()..]),
        (Some(table), "StreamArn", "") => format!("{table} stream"),
        (None, "Arn", "") => resource.to_owned(),
        _ => text,
    }
}

/// A list, or the one value that stands for a list of one.
pub fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}
