//! Starts `deliver-mail`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::mailing_records(|app, records| async move { deliver_mail::records(&app, records).await })
}
