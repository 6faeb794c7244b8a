//! The sample data: loaded once, through the code of the function that loads agreements and orders (ACT-01).

use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

use gateway::App;
use licensing::import::{Lines, Reader, Row};
use load_orders::{Loader, Options};
use serde::Serialize;
use tokio::sync::watch;

use crate::{events, folder::Folder};

const ROWS: &str = include_str!("../../../tests/data/sample.jsonl");

/// A contact of the sample data who has something to activate.
pub const SOMEBODY: &str = "yan.g@robotics10.example";

/// Rows that are loaded at once.
const AT_ONCE: usize = 25;

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

/// Loads it. What was loaded before the process was killed is seen to be there, and the rest follows.
pub async fn load(app: App, folder: Arc<Folder>, mailbox_url: String, progress: watch::Sender<Progress>) {
    let mut outcome = Err(String::new());
    // On a machine that is busy with other things the database may not answer in time.
    for attempt in 0..5 {
        tokio::time::sleep(Duration::from_secs(attempt)).await;
        outcome = load_all(&app, &mailbox_url, &progress).await.map_err(|error| error.to_string());
        if outcome.is_ok() {
            break;
        }
    }
    let outcome = outcome.and_then(|()| folder.set_loaded().map_err(|error| error.to_string()));
    progress.send_modify(|progress| {
        progress.done = true;
        progress.failed = outcome.err();
    });
}

async fn load_all(app: &App, mailbox_url: &str, progress: &watch::Sender<Progress>) -> Result<(), store::Error> {
    let rows = rows();
    let options = Options { load: "sample".into(), operator: "sample data".into(), dry_run: false };
    let mut loader = Loader::new(app, options);
    for (nth, part) in rows.chunks(AT_ONCE).enumerate() {
        loader.take(part).await?;
        // As soon as its products are there, before anybody can activate one.
        if nth == 0 {
            events::settle(app, mailbox_url, true).await?;
        }
        progress.send_modify(|progress| {
            progress.rows = (nth * AT_ONCE + part.len()).max(progress.rows);
            progress.of = rows.len();
        });
    }
    loader.finish().await
}

fn rows() -> Vec<Row> {
    let (mut lines, mut reader, mut rest) = (Lines::new(), Reader::new(), ROWS.as_bytes());
    let mut rows = Vec::new();
    while let Some(line) = lines.next(&mut rest) {
        rows.push(reader.read(&line));
    }
    rows.extend(lines.last().map(|line| reader.read(&line)));
    rows
}

/// Shows on the console how far the loading is: as it goes on where somebody watches, else only its end.
pub async fn tell(mut progress: watch::Receiver<Progress>) {
    let watched = io::stdout().is_terminal();
    loop {
        let now = progress.borrow_and_update().clone();
        let start = if watched { "\r" } else { "" };
        if let Some(error) = &now.failed {
            println!("{start}  The sample data could not be loaded: {error}. The next start tries again.");
            return;
        }
        if now.of > 0 && (watched || now.done) {
            print!(
                "{start}  sample data: {} of {} rows are loaded{}",
                now.rows,
                now.of,
                if now.done { "\n" } else { "" }
            );
            let _ = io::stdout().flush();
        }
        if now.done || progress.changed().await.is_err() {
            return;
        }
    }
}
