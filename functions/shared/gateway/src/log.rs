//! The only place where functions write to their log: one line of JSON for each thing that somebody may have to look at.
//!
//! A line says `level`, `message`, `function`, `request` (as Lambda calls it, so that all lines of a call are found
//! together), and in further fields the shape of what happened: codes, counts, kinds, and names that we gave ourselves (a
//! problem's `case`, an event's or a mail's id that holds no address, an audit chain).
//!
//! `message` is a fixed sentence, so that all lines of one kind are found by it. What was wrong this time is in `error`.
//!
//! **Never** in a line: addresses, people's and customers' names, tokens, links, codes, cookies, queries, bodies, what a
//! person typed. Whoever reads the log need not be allowed to see them. `infra/README.md`, "Logs", says the same to those
//! who run a deployment.
//!
//! What goes wrong is logged once: where it is decided what becomes of it.

use std::fmt;

use licensing::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A number that is looked at.
    Info,
    /// It will be tried again by itself.
    Warning,
    /// Somebody has to look.
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

tokio::task_local! {
    static CALL: Call;
}

/// What is being answered.
#[derive(Debug, Clone)]
struct Call {
    function: String,
    request: String,
}

/// Does the work of one call: its lines name the function and the request.
pub async fn within<T>(function: &str, request: &str, work: impl Future<Output = T>) -> T {
    let call = Call { function: function.to_owned(), request: request.to_owned() };
    CALL.scope(call, work).await
}

/// Something that somebody has to look at: what did not work, and what was wrong.
pub fn error(message: &'static str, error: impl fmt::Display, shape: Value) {
    write(Level::Error, message, with_error(error, shape));
}

/// Something that will be tried again by itself: what did not work, and what was wrong.
pub fn warning(message: &'static str, error: impl fmt::Display, shape: Value) {
    write(Level::Warning, message, with_error(error, shape));
}

/// Writes a line. `shape` is an object.
pub fn write(level: Level, message: &'static str, shape: Value) {
    print(level, &line(level, message, shape));
}

fn with_error(error: impl fmt::Display, mut shape: Value) -> Value {
    shape["error"] = error.to_string().into();
    shape
}

/// Writes numbers from which CloudWatch takes the metrics of this deployment.
pub fn numbers(metrics: &Metrics, report: &impl Serialize, deployment: &str, at: Timestamp) {
    print(Level::Info, &line(Level::Info, metrics.namespace, metrics.of(report, deployment, at)));
}

fn line(level: Level, message: &str, shape: Value) -> Value {
    let mut line = Map::from_iter([("level".to_owned(), level.as_str().into()), ("message".into(), message.into())]);
    let _ = CALL.try_with(|call| {
        line.insert("function".into(), call.function.clone().into());
        line.insert("request".into(), call.request.clone().into());
    });
    if let Value::Object(shape) = shape {
        line.extend(shape);
    }
    line.into()
}

fn print(level: Level, line: &Value) {
    match level {
        Level::Info => println!("{line}"),
        Level::Warning | Level::Error => eprintln!("{line}"),
    }
}

/// What tells deployments apart in metrics.
pub const DIMENSION: &str = "Stack";

/// Numbers of a function's that CloudWatch takes from its log (embedded metric format; EXP-07). The template's alarms and
/// dashboard name some of them; a test holds both together.
#[derive(Debug, Clone, Copy)]
pub struct Metrics {
    /// Under which name they are found.
    pub namespace: &'static str,
    /// Each with its unit.
    pub units: &'static [(&'static str, &'static str)],
}

impl Metrics {
    /// What a line says of them. What else is in the report stands beside them.
    pub fn of(&self, report: &impl Serialize, deployment: &str, at: Timestamp) -> Value {
        let mut numbers = serde_json::to_value(report).expect("a report is plain data");
        let units: Vec<Value> = self.units.iter().map(|(name, unit)| json!({ "Name": name, "Unit": unit })).collect();
        numbers[DIMENSION] = deployment.into();
        numbers["_aws"] = json!({
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": self.namespace, "Dimensions": [[DIMENSION]], "Metrics": units }],
        });
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SAFE-07 a line says what happened, where, and in which call; it is one line, whatever is in it.
    #[tokio::test]
    async fn safe_07_a_line_names_its_function_and_request_and_keeps_the_error_apart() {
        let shape = || json!({ "case": "a\nb" });
        let said = within("register", "r-1", async { line(Level::Error, "gone", shape()) }).await;
        assert_eq!(
            said,
            json!({ "level": "error", "message": "gone", "function": "register", "request": "r-1", "case": "a\nb" })
        );
        assert!(!said.to_string().contains('\n'));
        let failed = line(Level::Error, "it failed", with_error("no\nanswer", shape()));
        assert_eq!(failed, json!({ "level": "error", "message": "it failed", "error": "no\nanswer", "case": "a\nb" }));
        assert!(!failed.to_string().contains('\n'));
        assert_eq!(line(Level::Warning, "late", shape())["request"], Value::Null, "outside of a call");
    }
}
