//! Starts `activate`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { activate::handle(&app, request).await })
}
