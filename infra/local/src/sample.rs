//! The sample data: loaded once, through the code of the function that loads agreements and orders (ACT-01).

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

use gateway::App;
use licensing::import::{Lines, Reader, Row};
use load_orders::{Loader, Options};
use serde::Serialize;
use tokio::sync::watch;

use crate::{events, folder::Folder, people};

/// The rows of `sample.jsonl` that are taken. That file shows refusals, too, which somebody who looks at the portal for the
/// first time would take for faults.
const ROWS: &str = include_str!("../../../tests/data/demo.jsonl");

/// More of one of its customers: agreements above and below each other, and people with roles.
const PEOPLE: &str = include_str!("../../../tests/data/demo-people.jsonl");

/// A contact of the sample data who has something to activate.
pub const SOMEBODY: &str = "yan.g@robotics10.example";

/// Rows that are loaded at once.
const AT_ONCE: usize = 25;

/// How far the loading is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Progress {
    /// Rows that were looked at.
    pub rows: usize,
    /// Those of them that were refused, by the code of why.
    pub refused: BTreeMap<String, usize>,
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
        let loaded = loader.take(part).await?;
        // As soon as its products are there, before anybody can activate one.
        if nth == 0 {
            events::settle(app, mailbox_url, true).await?;
        }
        progress.send_modify(|progress| {
            // What was counted in an attempt before is not counted again.
            if nth == 0 {
                progress.refused.clear();
            }
            for line in &loaded.lines {
                *progress.refused.entry(code_of(line)).or_default() += 1;
            }
            progress.rows = (nth * AT_ONCE + part.len()).max(progress.rows);
            progress.of = rows.len();
        });
    }
    loader.finish().await?;
    people::ask(app).await
}

/// Why a row was refused, from the line that says so.
fn code_of(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    line["error"].as_str().unwrap_or("refused").to_owned()
}

impl Progress {
    /// How many rows are loaded, and what was refused.
    fn said(&self) -> String {
        let refused: usize = self.refused.values().sum();
        let loaded = format!("{} of {} rows loaded", self.rows.saturating_sub(refused), self.of);
        if refused == 0 {
            return loaded;
        }
        let why: Vec<String> = self.refused.iter().map(|(code, count)| format!("{count} {code}")).collect();
        format!("{loaded}, {refused} refused: {}", why.join(", "))
    }
}

fn rows() -> Vec<Row> {
    let all = [ROWS, PEOPLE].concat();
    let (mut lines, mut reader, mut rest) = (Lines::new(), Reader::new(), all.as_bytes());
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
            println!("{start}  The sample data could not be loaded: {error}. Start the portal again.");
            return;
        }
        if now.of > 0 && (watched || now.done) {
            print!("{start}  sample data: {}{}", now.said(), if now.done { "\n" } else { "" });
            let _ = io::stdout().flush();
        }
        if now.done || progress.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use licensing::{Policy, import::World};

    use super::*;

    /// ACT-01 a first start says what is loaded, and what was refused if anything was.
    #[test]
    fn act_01_the_start_says_what_was_refused() {
        let mut progress = Progress { rows: 384, of: 384, ..Progress::default() };
        assert_eq!(progress.said(), "384 of 384 rows loaded");
        for line in [r#"{"row":3,"error":"bad-date","field":"ends"}"#, r#"{"row":4,"error":"bad-text"}"#] {
            *progress.refused.entry(code_of(line)).or_default() += 24;
        }
        assert_eq!(progress.said(), "336 of 384 rows loaded, 48 refused: 24 bad-date, 24 bad-text");
    }

    /// ACT-01 what a first start loads are the rows of the sample that are taken, in their order, and nothing of it is refused.
    #[test]
    fn act_01_the_first_start_refuses_nothing() {
        let (policy, now) = (Policy::default(), "2026-11-22T00:00:00Z".parse().expect("a time"));
        let sample = include_str!("../../../tests/data/sample.jsonl");
        let (mut world, mut reader) = (World::empty(), Reader::new());
        let (mut lines, mut rest, mut nth) = (Lines::new(), sample.as_bytes(), sample.lines());
        let mut taken = String::new();
        while let Some(line) = lines.next(&mut rest) {
            let text = nth.next().expect("as many lines");
            if world.take(reader.read(&line), now, &policy.links).is_ok() {
                taken += text;
                taken.push('\n');
            }
        }
        assert!(taken == ROWS, "tests/data/demo.jsonl holds the rows of sample.jsonl that are taken");
        let mut world = World::empty();
        for row in rows() {
            assert!(world.take(row, now, &policy.links).is_ok());
        }
    }
}
