//! A function's own program, handed events as Lambda does, and what it used at the moments that count.

use std::{
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tests::runtime_api::{Moment, Outcome, Runtime};
use tokio::{sync::watch, time::timeout};

use crate::{
    Error,
    process::{Used, used},
};

/// A function's running program. It is killed when this is dropped.
pub struct Function {
    child: Child,
    runtime: Runtime,
    seen: Arc<Seen>,
}

/// What the process used, by the moments at which it was looked at.
struct Seen {
    process: Mutex<Option<u32>>,
    at_start: watch::Sender<Option<Used>>,
    at_answer: Mutex<Used>,
}

/// How a call ended, and what the process had used just then.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What the function returned.
    pub answer: Value,
    /// Until its answer arrived.
    pub used: Used,
}

/// A start may take this long, and an answer beyond its own time.
const PATIENCE: Duration = Duration::from_secs(30);

impl Function {
    /// Starts a program; it does its own start-up and then asks for an event. A call of it gets this much time.
    pub async fn start(program: &mut Command, limit: Duration) -> Result<Self, Error> {
        let seen = Arc::new(Seen {
            process: Mutex::default(),
            at_start: watch::Sender::default(),
            at_answer: Mutex::default(),
        });
        let looking = Arc::clone(&seen);
        let mut runtime = Runtime::seen_by(move |moment| looking.look(moment)).await;
        runtime.time = limit;
        // Held until the number is known: the program may ask sooner.
        let mut process = lock(&seen.process);
        let child = program
            .envs(runtime.environment("bench"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.get_program().display()))?;
        *process = Some(child.id());
        drop(process);
        Ok(Self { child, runtime, seen })
    }

    /// What it had used when it was ready for its first event.
    pub async fn ready(&self) -> Result<Used, Error> {
        let mut at_start = self.seen.at_start.subscribe();
        let used = timeout(PATIENCE, at_start.wait_for(Option::is_some)).await;
        let used = used.map_err(|_| "the function does not ask for an event")??;
        used.ok_or_else(|| "it was waited for".into())
    }

    /// Hands it an event.
    pub async fn call(&self, event: &Value) -> Result<Answered, Error> {
        let outcome = timeout(self.runtime.time + PATIENCE, self.runtime.invoke(event.to_string())).await;
        match outcome.map_err(|_| "the function does not answer in time")? {
            outcome @ Outcome::Answer(_) => Ok(Answered { answer: outcome.json(), used: *lock(&self.seen.at_answer) }),
            other => Err(format!("the function failed: {other:?}").into()),
        }
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Function {
    /// On the spot, as a crash does (SIGKILL).
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Seen {
    fn look(&self, moment: Moment) {
        let Some(process) = *lock(&self.process) else { return };
        let Ok(used) = used(process) else { return };
        match moment {
            Moment::Asks => drop(self.at_start.send_if_modified(|first| {
                let is_first = first.is_none();
                first.get_or_insert(used);
                is_first
            })),
            Moment::Answers => *lock(&self.at_answer) = used,
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
