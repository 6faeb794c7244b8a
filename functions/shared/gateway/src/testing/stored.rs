//! What the functions store while their tests run: `cargo xtask freeze NAME` picks one item of each shape from it, which all
//! later releases must still read (`tests/tests/stored.rs`).
//!
//! Where `COUNTERSIGN_STORED` names a folder, every process of tests leaves a file there: a line for each shape that an item
//! had when it was written, or when its test ended.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

/// The variable that names the folder.
pub const FOLDER: &str = "COUNTERSIGN_STORED";

/// The tables' prefix in tests.
const PREFIX: &str = "t-";

/// Keeps what a request puts.
pub(crate) fn note(operation: &str, request: &Value) {
    if env::var_os(FOLDER).is_none() {
        return;
    }
    match operation {
        "PutItem" => keep(&request["TableName"], &request["Item"]),
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().into_iter().flatten();
            for put in parts.map(|part| &part["Put"]).filter(|put| !put.is_null()) {
                keep(&put["TableName"], &put["Item"]);
            }
        }
        _ => {}
    }
}

/// Keeps what is stored at the end of a test, updates and all.
pub(crate) fn note_all(database: &dynoxide::Database) {
    if env::var_os(FOLDER).is_none() {
        return;
    }
    for table in store::Table::ALL {
        let name = format!("{PREFIX}{}", table.as_str());
        let scan = serde_json::from_value(json!({ "TableName": name })).expect("a scan");
        let Ok(found) = database.scan(scan) else { continue };
        let found = serde_json::to_value(&found).expect("plain data");
        for item in found["Items"].as_array().into_iter().flatten() {
            keep(&json!(name), item);
        }
    }
}

fn keep(table: &Value, item: &Value) {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let table = table.as_str().unwrap_or_default();
    let table = table.strip_prefix(PREFIX).unwrap_or(table);
    let mut shape = table.to_owned();
    describe(&mut shape, item);
    if !SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(shape) {
        return;
    }
    let folder: PathBuf = env::var_os(FOLDER).expect("it was asked for").into();
    fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join(format!("{}.jsonl", std::process::id()));
    let mut file = fs::File::options().create(true).append(true).open(file).expect("the file can be written");
    // In one piece: others of this process write there too.
    let line = json!({ "table": table, "item": item }).to_string() + "\n";
    file.write_all(line.as_bytes()).expect("the file can be written");
}

/// Names, types, and texts that may be words: two items of one shape differ in other values only.
fn describe(shape: &mut String, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let _ = write!(shape, "{{{name}:");
                describe(shape, value);
                shape.push('}');
            }
        }
        Value::Array(values) => values.iter().for_each(|value| describe(shape, value)),
        Value::String(text)
            if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') =>
        {
            shape.push_str(text);
        }
        Value::String(text) => shape.extend(text.split(['#', '|']).next().filter(|_| text.contains(['#', '|']))),
        _ => {}
    }
}
