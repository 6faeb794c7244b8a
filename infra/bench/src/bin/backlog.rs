//! EXP-03 EXP-04: 100,000 links that end at once, ended by the function's own program, which is killed half-way.

use std::{collections::HashMap, path::Path, process::ExitCode, time::Duration};

use bench::{
    Error,
    database::{self, Begin, Database, Folder},
    figures::Figures,
    process::used,
    raw::each,
    runtime::Function,
};
use dynoxide::{AttributeValue, Item};
use gateway::Clock;
use licensing::{due::hour, when::less_hours};
use serde_json::{Value, json};
use store::Table;

/// A sweep is given as long as the template gives it.
const LIMIT: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    database::serve_if_asked().unwrap_or_else(|| bench::run(measure()))
}

async fn measure() -> Result<Figures, Error> {
    let due = bench::argument(100_000)?;
    // The function reads the system's clock.
    let end = less_hours(hour(Clock::system().now()), 2);
    let mut figures =
        Figures::of(&format!("a backlog of {due} links that end at one time, the sweep killed half-way:"));
    let folder = Folder::new()?;
    let file = folder.file("database");
    let database = Database::start_with(&file, Begin { links: due, due, end })?;
    let peek = database::app(&database.endpoint, end)?;

    let mut sweeps = Sweeps::default();
    let first = start(&database).await?;
    tokio::select! {
        ended = sweeps.run(&first) => ended?,
        half = ended_so_many(&peek, due / 2) => half?,
    }
    sweeps.note(&first).await?;
    drop(first);
    let done = ended_links(&peek).await?;
    figures.note("ended when it was killed (SIGKILL)", done);
    if done >= due {
        return Err("it was done before it could be killed".into());
    }
    let second = start(&database).await?;
    sweeps.run(&second).await?;
    sweeps.note(&second).await?;
    drop(second);
    drop(database);

    let counted = Counted::of(&file)?;
    let due = as_f64(due);
    figures.exactly("links in the state `expired`", as_f64(counted.expired), due, "");
    figures.exactly("links with exactly one audit entry, of their end", as_f64(counted.audited), due, "");
    figures.exactly("audit entries in all", as_f64(counted.entries), due, "");
    figures.exactly("events of an end, each of another link", as_f64(counted.events), due, "");
    figures.at_most("memory above the start, most of both processes", sweeps.grown, 64.0, "MB");
    figures.note("calls of the function that came to their end", sweeps.calls);
    figures.note("CPU of the function, a link", format!("{:.0} µs", sweeps.cpu * 1e6 / due));
    Ok(figures)
}

async fn start(database: &Database) -> Result<Function, Error> {
    let mut program = bench::process::program("expire-links")?;
    program.envs(database.environment()).env("COUNTERSIGN_SITE", "http://localhost:8400");
    Function::start(&mut program, LIMIT).await
}

#[derive(Default)]
struct Sweeps {
    calls: u32,
    grown: f64,
    cpu: f64,
}

impl Sweeps {
    /// Calls the function until it says that nothing is left.
    async fn run(&mut self, function: &Function) -> Result<(), Error> {
        loop {
            let answered = function.call(&json!({})).await?;
            self.calls += 1;
            let number = |name: &str| answered.answer[name].as_u64().unwrap_or_default();
            let ended = answered.answer["steps"]["activation.expired"].as_u64().unwrap_or_default();
            if number("failed") > 0 {
                return Err(format!("the sweep failed: {}", answered.answer).into());
            }
            if number("left") + number("days_left") == 0 {
                return Ok(());
            }
            if ended == 0 {
                return Err(format!("the sweep does not go on: {}", answered.answer).into());
            }
        }
    }

    /// Notes what a process used, before it ends.
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
    async fn note(&mut self, function: &Function) -> Result<(), Error> {
        let (start, now) = (function.ready().await?, used(function.process())?);
        self.grown = self.grown.max(now.peak.saturating_sub(start.resident) as f64 / 1e6);
        self.cpu += now.cpu.as_secs_f64();
        Ok(())
    }
}

async fn ended_so_many(app: &gateway::App, many: usize) -> Result<(), Error> {
    while ended_links(app).await? < many {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// So many events of an end there are: the database counts its items.
async fn ended_links(app: &gateway::App) -> Result<usize, Error> {
    let table = app.store.client().describe_table().table_name(app.store.name(Table::Outbox)).send().await?;
    let count = table.table.and_then(|table| table.item_count).unwrap_or_default();
    Ok(usize::try_from(count)?)
}

/// What stands in the database afterwards.
#[derive(Default)]
struct Counted {
    expired: usize,
    entries: usize,
    audited: usize,
    events: usize,
}

impl Counted {
    fn of(file: &Path) -> Result<Self, Error> {
        let database = dynoxide::Database::new(file.to_str().ok_or("a path")?)?;
        let mut counted = Self::default();
        each(&database, Table::Licences, |item| {
            counted.expired += usize::from(plain(&item)["state"]["name"] == "expired");
        })?;
        let mut chains: HashMap<String, Vec<String>> = HashMap::new();
        each(&database, Table::Audit, |item| {
            let entry = plain(&item);
            if entry["seq"] != "0" {
                counted.entries += 1;
                let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
                chains.entry(text("chain")).or_default().push(text("action"));
            }
        })?;
        counted.audited = chains.values().filter(|actions| *actions == &["activation.expired"]).count();
        let mut ids = std::collections::HashSet::new();
        each(&database, Table::Outbox, |item| {
            let event = plain(&item);
            if event["event"]["kind"] == "link-expired" {
                ids.insert(event["event_id"].to_string());
            }
        })?;
        counted.events = ids.len();
        Ok(counted)
    }
}

/// An item as JSON, its numbers as text.
fn plain(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), value_of(value))).collect())
}

fn value_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.as_str().into(),
        AttributeValue::BOOL(is) => (*is).into(),
        AttributeValue::L(list) => list.iter().map(value_of).collect(),
        AttributeValue::M(map) => Value::Object(map.iter().map(|(name, of)| (name.clone(), value_of(of))).collect()),
        _ => Value::Null,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
