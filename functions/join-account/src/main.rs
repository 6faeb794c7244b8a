//! Starts `join-account`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { join_account::handle(&app, request).await })
}
