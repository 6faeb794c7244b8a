//! Starts `provision`.

fn main() -> Result<(), lambda_runtime::Error> {
    gateway::boot::calling_records(|app, records| async move { provision::records(&app, records).await })
}
