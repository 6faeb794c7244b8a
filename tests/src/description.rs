//! The API's description, and values held against it.

use boon::{Compiler, Schemas};
use serde_json::Value;

/// Where it is.
pub const FILE: &str = "functions/shared/api/openapi.json";

/// The description.
pub fn document() -> Value {
    serde_json::from_str(api::OPENAPI).expect("openapi.json is JSON")
}

/// Its operations: path, method in capitals, what it says.
pub fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &'_ Value)| -> Vec<(String, String)> {
        let methods = item.as_object().expect("an item").keys();
        methods.map(|method| (path.clone(), method.to_uppercase())).collect()
    };
    let all = paths.iter().flat_map(of_path);
    all.map(|(path, method)| {
        let operation = &paths[&path][method.to_lowercase()];
        (path, method, operation)
    })
    .collect()
}

/// A part of it, with references followed.
pub fn resolved<'a>(document: &'a Value, mut part: &'a Value) -> &'a Value {
    while let Some(reference) = part["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("references stay within the document");
        part = document.pointer(pointer).unwrap_or_else(|| panic!("{FILE}: {reference} leads nowhere"));
    }
    part
}

/// Holds values against parts of the document.
pub struct Checker {
    /// What they are held against.
    pub document: Value,
}

const URL: &str = "https://licensing.northwind.example/openapi.json";

impl Checker {
    /// Against this description.
    pub fn new(document: Value) -> Self {
        Self { document }
    }

    /// What is wrong with a value by the schema at this JSON pointer.
    pub fn faults(&self, pointer: &str, value: &Value) -> Option<String> {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(URL, self.document.clone()).expect("the document is taken");
        let mut schemas = Schemas::new();
        let place: String = pointer.split('/').map(api::path::value).collect::<Vec<_>>().join("/");
        let schema = compiler
            .compile(&format!("{URL}#{place}"), &mut schemas)
            .unwrap_or_else(|error| panic!("{FILE}, {pointer}: {error:#}"));
        schemas.validate(value, schema).err().map(|error| format!("{error:#}"))
    }
}

/// The document with every object closed, so that a field that is answered and not described is found.
pub fn strict(mut value: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let is_schema = fields.get("type").is_some_and(|kind| kind == "object");
                if is_schema && fields.contains_key("properties") {
                    fields.entry("additionalProperties").or_insert(Value::Bool(false));
                }
                fields.values_mut().for_each(close);
            }
            Value::Array(values) => values.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut value["components"]["schemas"]);
    value
}
