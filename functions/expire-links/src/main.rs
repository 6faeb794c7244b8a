//! Starts `expire-links`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::event(|app, _, deadline| async move {
        let report = expire_links::sweep(&app, deadline).await?;
        println!("{}", metrics(&report)?);
        Ok(report)
    })
}

/// The report as CloudWatch takes metrics from a log line (embedded metric format).
fn metrics(report: &expire_links::Report) -> Result<serde_json::Value, serde_json::Error> {
    let names =
        ["events", "orders", "failed", "oldest_due_seconds", "left", "days_left", "looks", "read_units", "write_units"];
    let mut line = serde_json::to_value(report)?;
    line["_aws"] = serde_json::json!({
        "CloudWatchMetrics": [{
            "Namespace": "Countersign/Sweep",
            "Dimensions": [[]],
            "Metrics": names.map(|name| serde_json::json!({ "Name": name })),
        }],
    });
    Ok(line)
}
