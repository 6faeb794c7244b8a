//! What runs by the clock: the sweep of what fell due, the seals of audit chains, the expiry of items.

use std::{sync::Arc, time::Duration};

use gateway::App;
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, MissedTickBehavior},
};

use crate::Error;

/// Something that runs by the clock.
#[derive(Clone)]
pub struct Job {
    /// Its name, for messages.
    pub name: &'static str,
    /// How often it runs here. A deployment's template may say more seldom; here the clock can be moved.
    pub every: Duration,
    /// What it does, on a thread of its own.
    pub run: fn(&App) -> Result<(), store::Error>,
}

/// All of them.
pub struct Schedule {
    app: App,
    database: Arc<dynoxide::Database>,
    /// When each ran last. Held while they run, so that no job runs twice at a time.
    jobs: Mutex<Vec<(Job, Option<Instant>)>>,
}

/// How often expired items are removed.
const EXPIRY: Duration = Duration::from_mins(2);

impl Schedule {
    /// With these jobs.
    pub fn new(app: App, database: Arc<dynoxide::Database>, jobs: Vec<Job>) -> Self {
        let jobs = jobs.into_iter().map(|job| (job, None)).collect();
        Self { app, database, jobs: Mutex::new(jobs) }
    }

    /// Runs all jobs now, to their end: for a clock that was moved.
    pub async fn run_now(&self) {
        self.run_due(true).await;
    }

    /// Runs until it is told to stop.
    pub async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expired = Instant::now();
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stopped.changed() => return,
            }
            self.run_due(false).await;
            if expired.elapsed() >= EXPIRY {
                self.remove_expired().await;
                expired = Instant::now();
            }
        }
    }

    async fn run_due(&self, all: bool) {
        for (job, ran) in self.jobs.lock().await.iter_mut() {
            if !all && ran.is_some_and(|at| at.elapsed() < job.every) {
                continue;
            }
            let (app, run) = (self.app.clone(), job.run);
            let outcome = tokio::task::spawn_blocking(move || run(&app)).await;
            if let Err(error) = outcome.map_err(Error::from).and_then(|outcome| Ok(outcome?)) {
                eprintln!("{}: {error}; it runs again in {} seconds", job.name, job.every.as_secs());
            }
            *ran = Some(Instant::now());
        }
    }

    /// The database judges by the system's clock: with the portal's behind it, it would remove what is still good.
    async fn remove_expired(&self) {
        if self.app.clock.offset() < 0 {
            return;
        }
        let database = Arc::clone(&self.database);
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Err(error) = swept.map_err(Error::from).and_then(|swept| Ok(swept?)) {
            eprintln!("expired items could not be removed: {error}");
        }
    }
}
