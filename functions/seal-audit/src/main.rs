//! Starts `seal-audit`.

use serde_json::json;

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::event(|app, _event, deadline| async move {
        let sealed = seal_audit::seal_until(&app, deadline).await?;
        println!(
            "{}",
            json!({ "level": "info", "sealed": sealed.chains, "broken": sealed.broken, "more": sealed.more })
        );
        Ok(sealed)
    })
}
