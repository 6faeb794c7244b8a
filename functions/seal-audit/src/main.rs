//! Starts `seal-audit`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::event(|app, _event, deadline| async move {
        let sealed = seal_audit::seal_until(&app, deadline).await?;
        gateway::log::numbers(&seal_audit::METRICS, &sealed, app.store.deployment(), app.now());
        Ok(sealed)
    })
}
