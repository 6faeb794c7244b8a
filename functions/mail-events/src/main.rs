//! Starts `mail-events`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::event(|app, event, _| async move { Ok(mail_events::take(&app, event).await?) })
}
