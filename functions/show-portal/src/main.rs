//! Starts `show-portal`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { show_portal::handle(&app, request).await })
}
