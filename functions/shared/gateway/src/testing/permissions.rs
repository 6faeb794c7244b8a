//! What the functions ask of AWS while their tests run, as IAM names it: the roles in `infra/template.yaml` are held
//! against it (SAFE-05).
//!
//! Where `COUNTERSIGN_PERMISSIONS` names a folder, every process of tests leaves a file there: a line for each action on
//! each table or index that a function was seen to use, with the test that it was first seen in. `cargo xtask test` sets it,
//! and then has `tests/tests/permissions.rs` compare. What a test does by itself, to prepare or to look, goes through
//! [`super::Bench::store`] and is not taken for the function's.

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write,
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use serde_json::{Value, json};

use super::stored;

/// The variable that names the folder.
pub const FOLDER: &str = "COUNTERSIGN_PERMISSIONS";

/// How what is allowed for certain keys of the audit is told from what is allowed for all.
pub const LIKE: &str = " under keys like ";

/// The tables' prefix in tests, which is no part of what is recorded.
const PREFIXES: [&str; 2] = ["t-", "countersign-"];

/// What a request needs: pairs of an action and what it is allowed on. DynamoDB's batches and transactions need the
/// permission of each of their parts.
pub fn needed(operation: &str, request: &Value) -> BTreeSet<(String, String)> {
    let pair = |action: &str, on: String| (format!("dynamodb:{action}"), on);
    let table = |part: &Value| short(part["TableName"].as_str().unwrap_or("?"));
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            // What opens the connection is allowed by a condition on the key.
            let opens = |asked: &Value| asked["Keys"] == json!([{ "mark": { "S": "prime" } }]);
            let on = |name, asked| if opens(asked) { short(name) + " where the key is prime" } else { short(name) };
            tables.map(|(name, asked)| pair(operation, on(name, asked))).collect()
        }
        "TransactWriteItems" | "TransactGetItems" => {
            let parts =
                request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
            let action = |kind: &str| match kind {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                kind => format!("{kind}Item"),
            };
            parts.map(|(kind, part)| pair(&action(kind), table(part) + &kind_of_chain(part))).collect()
        }
        _ => {
            let on = match request["IndexName"].as_str() {
                Some(index) => format!("{}/{index}", table(request)),
                None => table(request) + &kind_of_chain(request),
            };
            BTreeSet::from([pair(operation, on)])
        }
    }
}

/// Entries, seals and findings of the audit share a table: who may write which is told apart by how the key begins.
fn kind_of_chain(part: &Value) -> String {
    let key = if part["Item"].is_null() { &part["Key"] } else { &part["Item"] };
    match key["chain"]["S"].as_str() {
        None => String::new(),
        Some(chain) => match chain.split_once('#') {
            Some((kind, _)) => format!("{LIKE}{kind}#*"),
            None => format!("{LIKE}{chain}"),
        },
    }
}

fn short(table: &str) -> String {
    PREFIXES.iter().find_map(|prefix| table.strip_prefix(prefix)).unwrap_or(table).to_owned()
}

/// Notes what a request of the package under test needs.
pub(crate) fn note(request: &HttpRequest) {
    static PACKAGE: OnceLock<String> = OnceLock::new();
    if env::var_os(FOLDER).is_none() && env::var_os(stored::FOLDER).is_none() {
        return;
    }
    let package = PACKAGE.get_or_init(|| env::var("CARGO_PKG_NAME").expect("cargo runs the tests"));
    let body: Value = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    match request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next()) {
        Some(operation) => {
            stored::note(operation, &body);
            note_of(package, operation, &body);
        }
        None if env::var_os(FOLDER).is_none() => {}
        None => write(package, &BTreeSet::from([("ses:SendEmail".to_owned(), "mail".to_owned())])),
    }
}

/// Notes what a request to the database needs, made by this function. Nothing where nobody asked for it.
pub fn note_of(function: &str, operation: &str, request: &Value) {
    if env::var_os(FOLDER).is_some() {
        write(function, &needed(operation, request));
    }
}

fn write(function: &str, used: &BTreeSet<(String, String)>) {
    static SEEN: Mutex<BTreeSet<(String, String, String)>> = Mutex::new(BTreeSet::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    for (action, on) in used {
        if !seen.insert((function.to_owned(), action.clone(), on.clone())) {
            continue;
        }
        let folder: PathBuf = env::var_os(FOLDER).expect("it was asked for").into();
        fs::create_dir_all(&folder).expect("the folder can be made");
        let file = folder.join(format!("{}.txt", std::process::id()));
        let mut file = fs::File::options().create(true).append(true).open(file).expect("the file can be written");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        writeln!(file, "{function}\t{action}\t{on}\t{test}").expect("the file can be written");
    }
}

/// An HTTP client that notes what passes, for what a function does.
#[derive(Debug, Clone)]
pub(crate) struct Noted(pub(crate) SharedHttpClient);

impl HttpClient for Noted {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(NotedConnector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct NotedConnector(SharedHttpConnector);

impl HttpConnector for NotedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        note(&request);
        self.0.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(operation: &str, request: &Value) -> Vec<String> {
        needed(operation, request).into_iter().map(|(action, on)| format!("{action} {on}")).collect()
    }

    /// SAFE-05 requests need what IAM asks for: each part's permission, and an index has its own.
    #[test]
    fn safe_05_a_request_needs_what_iam_asks_for() {
        assert_eq!(pairs("GetItem", &json!({ "TableName": "t-marks" })), ["dynamodb:GetItem marks"]);
        let prime = json!({ "RequestItems": { "t-marks": { "Keys": [{ "mark": { "S": "prime" } }] } } });
        assert_eq!(pairs("BatchGetItem", &prime), ["dynamodb:BatchGetItem marks where the key is prime"]);
        let with_another = json!({ "RequestItems": {
            "t-marks": { "Keys": [{ "mark": { "S": "prime" } }, { "mark": { "S": "due" } }] },
        } });
        assert_eq!(pairs("BatchGetItem", &with_another), ["dynamodb:BatchGetItem marks"]);
        let query = json!({ "TableName": "countersign-orders", "IndexName": "due" });
        assert_eq!(pairs("Query", &query), ["dynamodb:Query orders/due"]);
        let batch = json!({ "RequestItems": { "t-people": {}, "t-audit": {} } });
        assert_eq!(pairs("BatchGetItem", &batch), ["dynamodb:BatchGetItem audit", "dynamodb:BatchGetItem people"]);
        let transaction = json!({ "TransactItems": [
            { "Put": { "TableName": "t-people" } },
            { "ConditionCheck": { "TableName": "t-accounts" } },
            { "Update": { "TableName": "t-audit", "Key": { "chain": { "S": "licence#enterprise/1" }, "seq": { "N": "0" } } } },
            { "Put": { "TableName": "t-audit", "Item": { "chain": { "S": "seal#licence#enterprise/1" } } } },
            { "Put": { "TableName": "t-audit", "Item": { "chain": { "S": "operators" } } } },
            { "Delete": { "TableName": "t-listings" } },
            { "Put": { "TableName": "t-people" } },
        ] });
        assert_eq!(
            pairs("TransactWriteItems", &transaction),
            [
                "dynamodb:ConditionCheckItem accounts",
                "dynamodb:DeleteItem listings",
                "dynamodb:PutItem audit under keys like operators",
                "dynamodb:PutItem audit under keys like seal#*",
                "dynamodb:PutItem people",
                "dynamodb:UpdateItem audit under keys like licence#*",
            ]
        );
        let reads = json!({ "TransactItems": [{ "Get": { "TableName": "t-marks" } }] });
        assert_eq!(pairs("TransactGetItems", &reads), ["dynamodb:GetItem marks"]);
    }
}
