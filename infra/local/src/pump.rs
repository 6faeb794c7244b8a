//! What stands in for an event source mapping: reads a stream, hands what passes the filter to a function in batches, and
//! hands those records over again that the function says failed, the others not.
//!
//! Delivery is at least once. How far the stream was read, what is to be tried again and what was given up are kept in
//! the data folder; a process killed between a batch and that note hands the batch over once more.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dynoxide::actions::{
    describe_stream::DescribeStreamRequest, get_records::GetRecordsRequest,
    get_shard_iterator::GetShardIteratorRequest, list_streams::ListStreamsRequest,
};
use gateway::{
    App,
    stream::{Failures, Record, Records},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{
    Error,
    folder::{Folder, replace},
    work::Work,
};

/// What takes records.
pub type Consumer = Arc<dyn Fn(App, Records) -> Work<Failures> + Send + Sync>;

/// A stream, a filter and a function.
#[derive(Clone)]
pub struct Mapping {
    /// Its name: of the file that keeps how far it is, and on the mailbox page.
    pub name: &'static str,
    /// The table whose stream it reads.
    pub table: store::Table,
    /// Whether the function gets this record.
    pub wants: fn(&Value) -> bool,
    /// Records handed over at once.
    pub most: usize,
    /// Handed over so often, a record is given up.
    pub tries: u32,
    /// The wait before a record is handed over for the second time; it doubles from then on.
    pub wait: Duration,
    /// The function.
    pub consumer: Consumer,
}

/// A mapping with how far it is.
#[derive(Clone)]
pub struct Pump {
    mapping: Mapping,
    file: Option<PathBuf>,
    state: Arc<Mutex<State>>,
    wake: Arc<Notify>,
    rounds: watch::Sender<Rounds>,
}

/// The longest wait before a record is handed over again.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How often the stream is looked at: often while something happens, seldom in a portal that nobody uses.
const BUSY: Duration = Duration::from_millis(50);
const IDLE: Duration = Duration::from_millis(400);

#[derive(Default, Serialize, Deserialize)]
struct State {
    /// The last record of the stream that needs no more reading.
    #[serde(default)]
    after: Option<String>,
    /// What failed and is handed over again.
    #[serde(default)]
    retrying: Vec<Retry>,
    /// What was given up.
    #[serde(default)]
    given_up: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
struct Retry {
    record: Value,
    tries: u32,
    #[serde(skip)]
    not_before: Option<Instant>,
    /// Straight from the stream.
    #[serde(skip)]
    fresh: bool,
}

#[derive(Clone, Copy, Default)]
struct Rounds {
    /// Rounds that handed something over.
    worked: u64,
    /// Rounds that found nothing to do, now or later.
    idle: u64,
}

/// A record that was given up, as the mailbox page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct GivenUp {
    /// The mapping.
    pub mapping: &'static str,
    /// Its place in the stream.
    pub sequence_number: String,
    /// The item's key.
    pub keys: Value,
}

impl Pump {
    /// Reads how far it is.
    pub fn open(mapping: Mapping, folder: &Folder) -> Result<Self, Error> {
        let file = folder.stream(mapping.name);
        let state = match file.as_ref().map(std::fs::read) {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes)?,
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => State::default(),
        };
        Ok(Self {
            mapping,
            file,
            state: Arc::new(Mutex::new(state)),
            wake: Arc::default(),
            rounds: watch::channel(Rounds::default()).0,
        })
    }

    /// Looks at the stream at once: something was probably written.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What was given up.
    pub fn given_up(&self) -> Vec<GivenUp> {
        let text = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
        self.with(|state| {
            let shown = |record: &Value| GivenUp {
                mapping: self.mapping.name,
                sequence_number: text(record),
                keys: record["dynamodb"]["Keys"].clone(),
            };
            state.given_up.iter().map(shown).collect()
        })
    }

    /// Hands over again what was given up.
    pub fn try_again(&self) {
        self.with(|state| {
            let given_up = std::mem::take(&mut state.given_up);
            state.retrying.extend(given_up.into_iter().map(|record| Retry {
                record,
                tries: 0,
                not_before: None,
                fresh: false,
            }));
        });
        // The file still has them as given up, which they are until a function took them.
        self.wake();
    }

    /// Runs until it is told to stop.
    pub async fn run(self, app: App, database: Arc<dynoxide::Database>, mut stopped: watch::Receiver<bool>) {
        let mut stream = Stream { position: None, waiting: VecDeque::new() };
        let mut last_work = Instant::now();
        while !*stopped.borrow() {
            let batch = match self.next_batch(&mut stream, &database).await {
                Ok(batch) => batch,
                Err(error) => {
                    eprintln!("the stream of {} can't be read: {error}", self.mapping.table.as_str());
                    Vec::new()
                }
            };
            if batch.is_empty() {
                if self.with(|state| state.retrying.is_empty()) {
                    self.rounds.send_modify(|rounds| rounds.idle += 1);
                }
                let wait = if last_work.elapsed() < Duration::from_secs(5) { BUSY } else { IDLE };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = self.wake.notified() => {}
                    _ = stopped.changed() => {}
                }
                continue;
            }
            last_work = Instant::now();
            self.hand_over(&app, batch, &stream).await;
            self.rounds.send_modify(|rounds| rounds.worked += 1);
        }
    }

    /// What is to be tried again and due, or else the next of the stream.
    async fn next_batch(&self, stream: &mut Stream, database: &Arc<dynoxide::Database>) -> Result<Vec<Retry>, Error> {
        let now = Instant::now();
        let due: Vec<Retry> = self.with(|state| {
            let is_due = |retry: &mut Retry| retry.not_before.is_none_or(|at| at <= now);
            state.retrying.extract_if(.., is_due).take(self.mapping.most).collect()
        });
        if !due.is_empty() {
            return Ok(due);
        }
        while stream.waiting.is_empty() {
            let from = stream.position.clone().or_else(|| self.with(|state| state.after.clone()));
            let (database, table, wants) = (Arc::clone(database), self.table(), self.mapping.wants);
            let read = tokio::task::spawn_blocking(move || read(&database, &table, from.as_deref(), wants));
            let (records, last) = read.await??;
            // Behind records that nobody wants there may be others.
            let Some(last) = last else { break };
            stream.position = Some(last);
            stream.waiting = records;
        }
        let next = stream.waiting.len().min(self.mapping.most);
        Ok(stream
            .waiting
            .drain(..next)
            .map(|record| Retry { record, tries: 0, not_before: None, fresh: true })
            .collect())
    }

    async fn hand_over(&self, app: &App, batch: Vec<Retry>, stream: &Stream) {
        let after = match stream.waiting.front() {
            None => stream.position.clone(),
            // What comes before the next one is done, or noted below as what is to be tried again.
            Some(_) => batch.iter().filter(|retry| retry.fresh).map(|retry| sequence_number(&retry.record)).next_back(),
        };
        let records =
            batch.iter().filter_map(|retry| serde_json::from_value::<Record>(retry.record.clone()).ok()).collect();
        let work = (self.mapping.consumer)(app.clone(), Records::of(records));
        // A function that panics has done nothing that it told of, as if its process had died.
        let failures = tokio::spawn(work).await.ok();
        let failed = |record: &Value| {
            let number = sequence_number(record);
            failures
                .as_ref()
                .is_none_or(|failures| failures.failures.iter().any(|failure| failure.sequence_number == number))
        };
        let now = Instant::now();
        let Mapping { name, tries: most, wait, .. } = self.mapping;
        self.with(|state| {
            for Retry { record, tries, .. } in batch {
                let tries = tries + 1;
                if !failed(&record) {
                    continue;
                }
                if tries < most {
                    let wait = LONGEST_WAIT.min(wait * 2_u32.saturating_pow(tries - 1));
                    state.retrying.push(Retry { record, tries, not_before: Some(now + wait), fresh: false });
                } else {
                    eprintln!("{name}: given up after {most} tries: {}", record["dynamodb"]["Keys"]);
                    state.given_up.push(record);
                }
            }
            state.after = after.or(state.after.take());
        });
        self.save();
    }

    fn table(&self) -> String {
        format!("{}{}", crate::TABLES, self.mapping.table.as_str())
    }

    fn save(&self) {
        let Some(file) = &self.file else { return };
        let json = self.with(|state| serde_json::to_vec(state).expect("plain data"));
        if let Err(error) = replace(file, &json) {
            eprintln!("{} can't be written: {error}; its records come again after a restart", file.display());
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits until no mapping has anything to do.
pub(crate) async fn settled(pumps: &[Pump]) {
    loop {
        let before: Vec<u64> = pumps.iter().map(|pump| pump.rounds.borrow().worked).collect();
        for pump in pumps {
            let mut rounds = pump.rounds.subscribe();
            // The round that is under way may have looked before the last write: the one after it is sure to see it.
            let enough = rounds.borrow().idle + 2;
            pump.wake();
            while rounds.borrow_and_update().idle < enough {
                let _ = tokio::time::timeout(BUSY, rounds.changed()).await;
                pump.wake();
            }
        }
        if pumps.iter().map(|pump| pump.rounds.borrow().worked).eq(before) {
            return;
        }
    }
}

/// What was read of a stream and not handed over yet.
struct Stream {
    position: Option<String>,
    waiting: VecDeque<Value>,
}

fn sequence_number(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned()
}

/// So many records are read at once: each may hold an item of 400 kB, several times over while it is read.
const READ_AT_ONCE: usize = 40;

/// The next records of a table's stream after a place in it, as far as they are wanted; and the place of the last one.
fn read(
    database: &dynoxide::Database,
    table: &str,
    after: Option<&str>,
    wants: fn(&Value) -> bool,
) -> Result<(VecDeque<Value>, Option<String>), Error> {
    let streams = database.list_streams(ListStreamsRequest { table_name: Some(table.into()), ..Default::default() })?;
    let arn = &streams.streams.first().ok_or_else(|| format!("{table} has no stream"))?.stream_arn;
    let about = database.describe_stream(DescribeStreamRequest { stream_arn: arn.clone(), ..Default::default() })?;
    let (mut records, mut last) = (VecDeque::new(), None);
    // The database has one shard a table.
    for shard in about.stream_description.shards {
        let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let iterator = database.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: arn.clone(),
            shard_id: shard.shard_id,
            shard_iterator_type: kind.into(),
            sequence_number: after.map(str::to_owned),
        })?;
        let shard_iterator = iterator.shard_iterator.ok_or("a stream without an iterator")?;
        let read = database.get_records(GetRecordsRequest { shard_iterator, limit: Some(READ_AT_ONCE) })?;
        for record in read.records {
            let record = serde_json::to_value(record)?;
            last = Some(sequence_number(&record));
            if wants(&record) {
                records.push_back(record);
            }
        }
    }
    Ok((records, last))
}
