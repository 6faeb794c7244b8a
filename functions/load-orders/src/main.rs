//! Starts `load-orders`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { load_orders::handle(&app, request).await })
}
