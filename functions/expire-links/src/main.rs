//! Starts `expire-links`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::event(|app, _, deadline| async move {
        let report = expire_links::sweep(&app, deadline).await?;
        gateway::log::numbers(&expire_links::METRICS, &report, app.store.deployment(), app.now());
        Ok(report)
    })
}
