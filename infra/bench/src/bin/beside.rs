//! The programs of a commit beside those of another: CPU time of starts, of a sweep and of an import, in pairs.
//!
//! `beside FOLDER FOLDER [RUNS]`: where the programs of the older and of the newer commit are.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use bench::{
    Error,
    certificate::Certificates,
    database::{self, Begin, Database, Folder},
    events::{FUNCTIONS, World, event, expect_good, started},
    figures::Figures,
    process::{self, used},
    runtime::Function,
};
use gateway::Clock;
use licensing::when::less_hours;
use serde_json::json;

/// Runs of each workload, unless told otherwise.
const RUNS: usize = 10;
/// The newer commit may take so much of what the older one took, in the middle of all pairs.
const MOST: f64 = 1.10;
/// Links that a sweep ends, and that are stored.
const DUE: usize = 1_000;
const STORED: usize = 5_000;
/// Rows of an import.
const ROWS: usize = 8_000;

fn main() -> ExitCode {
    database::serve_if_asked().unwrap_or_else(|| bench::run(measure()))
}

async fn measure() -> Result<Figures, Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (older, newer, runs) = match arguments.as_slice() {
        [older, newer] => (PathBuf::from(older), PathBuf::from(newer), RUNS),
        [older, newer, runs] => (PathBuf::from(older), PathBuf::from(newer), runs.parse()?),
        _ => return Err("beside FOLDER FOLDER [RUNS]".into()),
    };
    let mut figures = Figures::of(&format!("CPU beside the older commit, the middle of {runs} pairs:"));
    let world = World::new().await?;
    for name in FUNCTIONS {
        let mut pairs = Vec::new();
        // What today's functions store, an older one may not take: then there is nothing to compare.
        let event_of_older = event(&world.bench, name).await?;
        if let Err(error) = started(&older.join(name), &world.environment, &event_of_older).await {
            figures.note(&format!("{name}, from cold"), format!("not compared, the older one answers: {error}"));
            continue;
        }
        for _ in 0..runs {
            let mut pair = Vec::new();
            for folder in [&older, &newer] {
                let event = event(&world.bench, name).await?;
                pair.push(started(&folder.join(name), &world.environment, &event).await?.cpu);
            }
            pairs.push((pair[0], pair[1]));
        }
        compare(&mut figures, &format!("{name}, from cold"), &mut pairs);
    }

    let mut pairs = Vec::new();
    for _ in 0..runs {
        pairs.push((swept(&world, &older).await?, swept(&world, &newer).await?));
    }
    compare(&mut figures, &format!("a sweep that ends {DUE} of {STORED} links"), &mut pairs);

    let folder = Folder::new()?;
    let rows = folder.file("rows.jsonl");
    let mut sample = Command::new(newer.join("countersign"));
    sample.args(["sample", "--seed", "1", "--lines", &ROWS.to_string()]).stdout(File::create(&rows)?);
    process::run(&mut sample)?;
    let mut pairs = Vec::new();
    for run in 0..runs {
        let load = |of: &Path, name: &str| imported(of, &rows, &folder.file(&format!("{name}-{run}")));
        pairs.push((load(&older, "older")?, load(&newer, "newer")?));
    }
    compare(&mut figures, &format!("an import of {ROWS} rows, with the database"), &mut pairs);
    Ok(figures)
}

/// The middle of the pairs' ratios: a machine that is slower for a while is slower for both of a pair.
fn compare(figures: &mut Figures, what: &str, pairs: &mut [(Duration, Duration)]) {
    pairs.sort_by(|one, other| ratio(*one).total_cmp(&ratio(*other)));
    let middle = pairs.len() / 2;
    let ratios = f64::midpoint(ratio(pairs[(pairs.len() - 1) / 2]), ratio(pairs[middle]));
    let mut times: [Vec<Duration>; 2] = Default::default();
    for (older, newer) in pairs.iter() {
        times[0].push(*older);
        times[1].push(*newer);
    }
    for times in &mut times {
        times.sort();
    }
    let [older, newer] = times.map(|times| times[middle].as_secs_f64() * 1e3);
    figures.at_most(what, ratios, MOST, &format!("× ({older:.2} → {newer:.2} ms)"));
}

fn ratio((older, newer): (Duration, Duration)) -> f64 {
    newer.as_secs_f64() / older.as_secs_f64()
}

/// CPU that the sweep's program takes from its event to its answer, with many links to end, on a database of its own.
async fn swept(world: &World, folder: &Path) -> Result<Duration, Error> {
    let files = Folder::new()?;
    let end = less_hours(Clock::system().now(), 1);
    let database = Database::start_with(&files.file("database"), Begin { links: STORED, due: DUE, end })?;
    let certificates = Certificates::make()?;
    let secured = certificates.in_front_of(&database.endpoint).await?;
    let mut command = Command::new(folder.join("expire-links"));
    command.env_clear().envs(world.environment.iter().map(|(name, value)| (*name, value)));
    command.envs(database.environment());
    command
        .env("AWS_ENDPOINT_URL_DYNAMODB", secured)
        .env("COUNTERSIGN_ROOTS", certificates.root())
        .env_remove("COUNTERSIGN_MODE");
    let function = Function::start(&mut command, Duration::from_mins(2)).await?;
    let before = function.ready().await?;
    let answered = function.call(&json!({})).await?;
    expect_good(&folder.join("expire-links"), &answered.answer)?;
    let app = database::app(&database.endpoint, Clock::system().now())?;
    let left = expire_links::sweep(&app, gateway::boot::Deadline::NONE).await?;
    if left.steps.values().sum::<u64>() > 0 {
        return Err(format!("the sweep left something: {left:?}").into());
    }
    Ok(answered.used.cpu.saturating_sub(before.cpu))
}

/// CPU of the command and of its database.
fn imported(folder: &Path, rows: &Path, file: &Path) -> Result<Duration, Error> {
    let database = Database::start(file)?;
    let command = || Command::new(folder.join("countersign"));
    let mint =
        command().args(["mint-operator", "bench"]).envs(database.environment()).stderr(Stdio::null()).output()?;
    let secret = String::from_utf8(mint.stdout)?.trim().to_owned();
    let before = used(database.process())?.cpu;
    let mut import = command();
    import.arg("import").arg(rows).envs(database.environment()).env("COUNTERSIGN_OPERATOR", secret);
    let start = process::clock();
    let client = process::ended(import.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?, start)?;
    if !matches!(client.status.code(), Some(0 | 1)) {
        return Err(format!("the import failed: {}", client.status).into());
    }
    let server = used(database.process())?.cpu.saturating_sub(before);
    drop(database);
    std::fs::remove_file(file)?;
    Ok(client.cpu + server)
}
