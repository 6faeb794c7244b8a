//! Jobs: one change for many people, each a transaction of its own (APR-07).
//!
//! The rows are taken in their order. The transaction of a row writes the row's outcome, what it changed, and the job, on
//! condition that the job is still as it was read: so each row is taken exactly once, however many runners are at it and wherever
//! they are killed, and the job's place is its true progress. Undoing goes through the same rows from the last to the first.

use serde::{Deserialize, Serialize};

use crate::{
    access::Holder,
    activation::Person,
    digest::Digest,
    manage::{Change, Changed, Managing, Outcome, Refused},
    policy::PeoplePolicy,
    when::{Timestamp, add_days},
    words::{Address, Licence},
};

/// Many changes, asked for at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name, among those of the person.
    pub id: String,
    /// Who asked for it. Each row is judged anew by what they may do when it is its turn.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// From where the rows came.
    pub from: Origin,
    /// So many rows.
    pub rows: u32,
    /// What became of those that were taken.
    #[serde(default)]
    pub counts: Counts,
    /// How far it has come.
    pub state: State,
    /// Rises with each step: the condition of the next write.
    pub version: u64,
}

/// From where a job's rows came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A file.
    File,
    /// Several people or Licensing IDs that were chosen in a list.
    Chosen,
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Something was changed.
    pub changed: u32,
    /// It was so already.
    pub unchanged: u32,
    /// A rule refused it.
    pub refused: u32,
    /// What was changed was undone.
    pub undone: u32,
    /// It could not be undone.
    pub not_undone: u32,
}

/// How far a job has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum State {
    /// Rows are taken: this one next.
    Running {
        /// Its place, from 0.
        next: u32,
    },
    /// All were, or it was stopped before this one.
    Done {
        /// When.
        at: Timestamp,
        /// The place of the first that was not taken.
        next: u32,
    },
    /// What was changed is undone, from the last to the first: so many are left.
    Undoing {
        /// How many.
        left: u32,
        /// Since when.
        since: Timestamp,
    },
    /// It was.
    Undone {
        /// When.
        at: Timestamp,
    },
}

/// One row of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its place in the job, from 0.
    pub place: u32,
    /// Its row in the file, from 1 for the head; none where it came from no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// On which Licensing ID.
    pub licence: Licence,
    /// Whose rights.
    pub address: Address,
    /// What is wanted.
    pub change: Change,
    /// What the person is told with it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// What became of it.
    #[serde(default)]
    pub became: Became,
}

/// What became of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Became {
    /// It was not its turn yet.
    #[default]
    Waiting,
    /// It changed what the address holds.
    Changed {
        /// When.
        at: Timestamp,
        /// What the address held before; none: nothing was stored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Holder>>,
        /// What stands for what it left.
        left: Digest,
    },
    /// All of it was so already.
    Unchanged {
        /// When.
        at: Timestamp,
    },
    /// A rule refused it.
    Refused {
        /// When.
        at: Timestamp,
        /// Which.
        why: Refused,
    },
    /// It was undone: the address holds exactly what it held before.
    Undone {
        /// When.
        at: Timestamp,
    },
    /// It could not be undone.
    NotUndone {
        /// When.
        at: Timestamp,
        /// Why.
        why: Refused,
    },
}

/// Why a job takes no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobRefused {
    /// It is another row's turn: another runner was here.
    NotItsTurn,
    /// It is still running, or being undone.
    Running,
    /// It was undone already.
    Undone,
    /// The time to undo it is over.
    TooLate(Timestamp),
}

/// One step: the job and its row as they are written next, with what the row changes, all in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The job after it.
    pub job: Job,
    /// Its version that must still be stored.
    pub seen: u64,
    /// The row after it.
    pub row: JobRow,
    /// What is written besides; none: nothing is.
    pub changed: Option<Box<Changed>>,
}

impl Job {
    /// A job that begins.
    pub fn new(id: String, by: Person, from: Origin, rows: u32, now: Timestamp) -> Self {
        let state = if rows == 0 { State::Done { at: now, next: 0 } } else { State::Running { next: 0 } };
        Self { id, by, at: now, from, rows, counts: Counts::default(), state, version: 1 }
    }

    /// How many of how many rows are done: taken, or undone.
    pub const fn progress(&self) -> (u32, u32) {
        match self.state {
            State::Running { next } | State::Done { next, .. } => (next, self.rows),
            State::Undoing { left, .. } => (self.rows.saturating_sub(left), self.rows),
            State::Undone { .. } => (self.rows, self.rows),
        }
    }

    /// The place of the row whose turn it is, if there is one.
    pub const fn turn(&self) -> Option<u32> {
        match self.state {
            State::Running { next } => Some(next),
            State::Undoing { left, .. } => left.checked_sub(1),
            State::Done { .. } | State::Undone { .. } => None,
        }
    }

    /// Takes a row: judged now, by what whoever asked may do now.
    pub fn take(&self, row: &JobRow, managing: &Managing<'_>) -> Result<Step, JobRefused> {
        let State::Running { next } = self.state else { return Err(JobRefused::NotItsTurn) };
        if row.place != next || row.became != Became::Waiting {
            return Err(JobRefused::NotItsTurn);
        }
        let at = managing.now;
        let mut counts = self.counts;
        let (became, changed) = match row.change.judge(managing) {
            Ok(Outcome::Changed(changed)) => {
                counts.changed += 1;
                let before = managing.levels.first().and_then(|level| level.holder).cloned().map(Box::new);
                (Became::Changed { at, before, left: changed.digest() }, Some(changed))
            }
            Ok(Outcome::Unchanged) => {
                counts.unchanged += 1;
                (Became::Unchanged { at }, None)
            }
            Err(why) => {
                counts.refused += 1;
                (Became::Refused { at, why }, None)
            }
        };
        let next = next + 1;
        let state = if next < self.rows { State::Running { next } } else { State::Done { at, next } };
        Ok(self.step(row, became, changed, counts, state))
    }

    /// Whoever asked wants no more rows to be taken. Those that were stay as they are, and can be undone.
    pub fn stop(&self, now: Timestamp) -> Result<Self, JobRefused> {
        let State::Running { next } = self.state else { return Err(JobRefused::NotItsTurn) };
        Ok(Self { state: State::Done { at: now, next }, version: self.version + 1, ..self.clone() })
    }

    /// Until when it can be undone; none while it runs, or once it was.
    pub fn undo_until(&self, policy: &PeoplePolicy) -> Option<Timestamp> {
        match self.state {
            State::Done { at, .. } => Some(add_days(at, policy.job_undo_days)),
            _ => None,
        }
    }

    /// Begins to undo it (APR-07).
    pub fn undo(&self, now: Timestamp, policy: &PeoplePolicy) -> Result<Self, JobRefused> {
        let (until, left) = match self.state {
            State::Done { at, next } => (add_days(at, policy.job_undo_days), next),
            State::Running { .. } | State::Undoing { .. } => return Err(JobRefused::Running),
            State::Undone { .. } => return Err(JobRefused::Undone),
        };
        if until <= now {
            return Err(JobRefused::TooLate(until));
        }
        let state = if left == 0 { State::Undone { at: now } } else { State::Undoing { left, since: now } };
        Ok(Self { state, version: self.version + 1, ..self.clone() })
    }

    /// Undoes a row, if it changed something: exactly that, unless somebody changed it since.
    pub fn take_back(&self, row: &JobRow, managing: &Managing<'_>) -> Result<Step, JobRefused> {
        let State::Undoing { left, since } = self.state else { return Err(JobRefused::NotItsTurn) };
        if self.turn() != Some(row.place) {
            return Err(JobRefused::NotItsTurn);
        }
        let at = managing.now;
        let mut counts = self.counts;
        let (became, changed) = match &row.became {
            Became::Changed { before, left, .. } => match managing.undo(before.as_deref(), *left) {
                Ok(outcome) => {
                    counts.undone += 1;
                    let changed = match outcome {
                        Outcome::Changed(changed) => Some(changed),
                        Outcome::Unchanged => None,
                    };
                    (Became::Undone { at }, changed)
                }
                Err(why) => {
                    counts.not_undone += 1;
                    (Became::NotUndone { at, why }, None)
                }
            },
            other => (other.clone(), None),
        };
        let left = left - 1;
        let state = if left == 0 { State::Undone { at } } else { State::Undoing { left, since } };
        Ok(self.step(row, became, changed, counts, state))
    }

    fn step(&self, row: &JobRow, became: Became, changed: Option<Box<Changed>>, counts: Counts, state: State) -> Step {
        Step {
            job: Self { counts, state, version: self.version + 1, ..self.clone() },
            seen: self.version,
            row: JobRow { became, ..row.clone() },
            changed,
        }
    }
}
