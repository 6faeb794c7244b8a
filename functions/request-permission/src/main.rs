//! Starts `request-permission`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http_and_records(
        |app, request| async move { request_permission::handle(&app, request).await },
        |app, records| async move { request_permission::records(&app, records).await },
    )
}
