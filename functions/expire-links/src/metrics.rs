//! A sweep's report as a line of the log from which CloudWatch takes metrics (embedded metric format; EXP-07).

use licensing::Timestamp;
use serde_json::{Value, json};

use crate::Report;

/// Under which name the metrics are found.
pub const NAMESPACE: &str = "Countersign/Sweep";

/// What tells deployments apart in it.
pub const DIMENSION: &str = "Stack";

/// The metrics with their units. The template's alarms and dashboard name some of them; a test holds both together.
pub const METRICS: [(&str, &str); 10] = [
    ("changes", "Count"),
    ("events", "Count"),
    ("orders", "Count"),
    ("failed", "Count"),
    ("oldest_due_seconds", "Seconds"),
    ("left", "Count"),
    ("days_left", "Count"),
    ("looks", "Count"),
    ("read_units", "Count"),
    ("write_units", "Count"),
];

/// The line of a sweep of this deployment.
pub fn metrics(report: &Report, deployment: &str, at: Timestamp) -> Value {
    let mut line = serde_json::to_value(report).expect("a report is plain data");
    line["changes"] = report.steps.values().sum::<u64>().into();
    line[DIMENSION] = deployment.into();
    line["_aws"] = json!({
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": METRICS.map(|(name, unit)| json!({ "Name": name, "Unit": unit })),
        }],
    });
    line
}
