//! Deploys `register`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { register::handle(&app, request).await })
}
