//! A sealing's outcome as a line of the log from which CloudWatch takes metrics (embedded metric format).

use licensing::Timestamp;
use serde_json::{Value, json};

use crate::Sealed;

/// Under which name the metrics are found.
pub const NAMESPACE: &str = "Countersign/Audit";

/// What tells deployments apart in it.
pub const DIMENSION: &str = "Stack";

/// The metric, for which the template has an alarm: chains that were tampered with.
pub const METRICS: [(&str, &str); 1] = [("broken", "Count")];

/// The line of a sealing of this deployment.
pub fn metrics(sealed: &Sealed, deployment: &str, at: Timestamp) -> Value {
    let mut line = serde_json::to_value(sealed).expect("it is plain data");
    line["level"] = "info".into();
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
