//! What the measurements have in common.
//!
//! Each is a program of its own in `bin/` and prints its figures beside what they are to reach; it fails if one is missed.
//! They count calls, capacity units, bytes and CPU time, which are the same on a busy machine, and where only time will do
//! they compare two things within the same run.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

pub mod certificate;
pub mod database;
pub mod events;
pub mod figures;
pub mod links;
pub mod process;
pub mod raw;
pub mod runtime;

/// What goes wrong with a measurement, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The first argument that a program reads as a number, or this.
pub fn argument(default: usize) -> Result<usize, Error> {
    match std::env::args().nth(1) {
        None => Ok(default),
        Some(text) => Ok(text.replace('_', "").parse().map_err(|_| format!("{text} is not a number"))?),
    }
}

/// A time, as it is written.
pub fn time(text: &str) -> Result<licensing::Timestamp, Error> {
    text.parse().map_err(|_| format!("{text} is no time").into())
}

/// Runs a measurement on a runtime of its own.
pub fn run(work: impl Future<Output = Result<figures::Figures, Error>>) -> std::process::ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(work)) {
        Ok(figures) => figures.verdict(),
        Err(error) => {
            eprintln!("not measured: {error}");
            std::process::ExitCode::from(2)
        }
    }
}
