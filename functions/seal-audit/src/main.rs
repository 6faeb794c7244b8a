//! Starts `seal-audit`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::event(|app, _event, deadline| async move { Ok(seal_audit::seal_until(&app, deadline).await?) })
}
