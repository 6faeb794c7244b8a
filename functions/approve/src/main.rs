//! Starts `approve`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { approve::handle(&app, request).await })
}
