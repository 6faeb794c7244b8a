//! Starts `manage-users`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::http(|app, request| async move { manage_users::handle(&app, request).await })
}
