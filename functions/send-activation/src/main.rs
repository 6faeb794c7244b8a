//! Starts `send-activation`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http_and_records(
        |app, request| async move { send_activation::handle(&app, request).await },
        |app, records| async move { send_activation::records(&app, records).await },
    )
}
