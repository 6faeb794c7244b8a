//! ACT-01: order lines loaded by `countersign import`, against the database's own rate for what is stored then.

use std::{
    fs::File,
    path::Path,
    process::{ExitCode, Stdio},
    time::Duration,
};

use bench::{
    Error,
    database::{self, Database, Folder},
    figures::{Figures, short},
    process::{self, Ended, used},
    raw::{How, Order, Requests},
};

fn main() -> ExitCode {
    database::serve_if_asked().unwrap_or_else(|| bench::run(measure()))
}

async fn measure() -> Result<Figures, Error> {
    let rows = bench::argument(130_000)?;
    let mut figures =
        Figures::of(&format!("countersign sample --lines {rows} --seed 1, loaded into an empty database:"));
    let folder = Folder::new()?;
    let (whole, part) = (folder.file("sample.jsonl"), folder.file("part.jsonl"));
    sample(&whole, rows)?;
    sample(&part, rows / 4)?;

    let quarter = load(&part, &folder.file("part"))?;
    let loaded = load(&whole, &folder.file("loaded"))?;
    let items = bench::raw::items(&folder.file("loaded"))?;
    let mut own = Vec::new();
    for (how, order, ways) in [
        (How::Batch, Order::Tables, &[1, 2, 4][..]),
        (How::Transaction, Order::Tables, &[1, 2, 4]),
        (How::Transaction, Order::Came, &[1, 2, 4]),
        (How::Guarded, Order::Came, &[1, 2, 4]),
    ] {
        let requests = Requests::of(&items, how, order);
        for connections in ways.iter().copied() {
            let file = folder.file(&format!("raw-{connections}-{how:?}-{order:?}"));
            let database = Database::start(&file)?;
            let before = (used(database.process())?.cpu, used(std::process::id())?.cpu);
            let wall = requests.send(&database.endpoint, connections).await?;
            let spent = [used(database.process())?.cpu, used(std::process::id())?.cpu];
            let cpu = spent[0].saturating_sub(before.0) + spent[1].saturating_sub(before.1);
            own.push(Own { how, order, connections, wall, cpu, items: requests.items, bytes: requests.bytes });
            drop(database);
            std::fs::remove_file(file)?;
        }
    }
    drop(items);
    let again = load(&whole, &folder.file("again"))?;

    let (items, bytes) = (own[0].items, own[0].bytes);
    figures.note("order lines", short(as_f64(loaded.order_lines)));
    figures.note("items that stand in the database then", short(as_f64(items)));
    figures.note("their bytes", short(as_f64(bytes)));
    for own in &own {
        let order = if own.order == Order::Tables { "table by table" } else { "as it came" };
        let what = format!("own rate, {:?}, {order}, {} connections, items/s", own.how, own.connections);
        figures.note(&what, format!("{} ({:.1} s CPU)", short(rate(items, own.wall).round()), own.cpu.as_secs_f64()));
    }
    for (name, loaded) in [("first", &loaded), ("second", &again)] {
        figures.note(&format!("{name} import, items/s"), short(rate(items, loaded.client.wall).round()));
        figures.note(
            &format!("{name} import, CPU of command and database"),
            format!("{:.1} + {:.1} s", loaded.client.cpu.as_secs_f64(), loaded.server.as_secs_f64()),
        );
    }
    let wall = loaded.client.wall.min(again.client.wall);
    let cpu = (loaded.client.cpu + loaded.server).min(again.client.cpu + again.server);
    figures.note("order lines a second", short(rate(loaded.order_lines, wall).round()));
    for (name, is_meant) in MEANT {
        let meant = || own.iter().filter(|own| is_meant(own));
        let best = meant().map(|own| own.wall).min().unwrap_or_default();
        let cheapest = meant().map(|own| own.cpu).min().unwrap_or_default();
        let (by_time, by_cpu) = (percent(best, wall), percent(cheapest, cpu));
        if name == "the best own rate" {
            figures.at_least(&format!("of {name}, by time"), by_time, 60.0, "%");
            figures.at_least(&format!("of {name}, by CPU of both"), by_cpu, 60.0, "%");
        } else {
            figures.note(&format!("of {name}, by time and by CPU"), format!("{by_time:.0} % and {by_cpu:.0} %"));
        }
    }
    figures.note("memory of the command, a quarter of the rows", format!("{:.1} MB", megabytes(&quarter.client)));
    let most = megabytes(&quarter.client) + 8.0;
    figures.at_most("memory of the command, all rows", megabytes(&loaded.client), most, "MB");
    Ok(figures)
}

/// What the import is compared with: the first is what it is held to.
const MEANT: [(&str, IsMeant); 4] = [
    ("the best own rate", |_| true),
    ("the own rate over one connection", |own| own.connections == 1),
    ("the own rate in the order of the load", |own| own.order == Order::Came && own.how == How::Transaction),
    ("the own rate of guarded transactions, likewise", |own| own.how == How::Guarded),
];

type IsMeant = fn(&Own) -> bool;

struct Own {
    how: How,
    order: Order,
    connections: usize,
    wall: Duration,
    cpu: Duration,
    items: usize,
    bytes: usize,
}

struct Loaded {
    client: Ended,
    server: Duration,
    order_lines: usize,
}

fn sample(file: &Path, rows: usize) -> Result<(), Error> {
    let mut sample = process::program("countersign")?;
    sample.args(["sample", "--seed", "1", "--lines", &rows.to_string()]).stdout(File::create(file)?);
    process::run(&mut sample)?;
    Ok(())
}

fn load(rows: &Path, file: &Path) -> Result<Loaded, Error> {
    let database = Database::start(file)?;
    let mint = process::program("countersign")?
        .args(["mint-operator", "bench"])
        .envs(database.environment())
        .stderr(Stdio::null())
        .output()?;
    let secret = String::from_utf8(mint.stdout)?.trim().to_owned();
    let before = used(database.process())?.cpu;
    let mut import = process::program("countersign")?;
    import.arg("import").arg(rows).envs(database.environment()).env("COUNTERSIGN_OPERATOR", secret);
    let start = process::clock();
    let child = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let client = process::ended(child, start)?;
    if !matches!(client.status.code(), Some(0 | 1)) {
        return Err(format!("the import failed: {}", client.status).into());
    }
    let server = used(database.process())?.cpu.saturating_sub(before);
    drop(database);
    let mut order_lines = 0;
    let stored = dynoxide::Database::new(file.to_str().ok_or("a path")?)?;
    bench::raw::each(&stored, store::Table::Orders, |item| {
        if let Some(dynoxide::AttributeValue::L(lines)) = item.get("lines") {
            order_lines += lines.len();
        }
    })?;
    Ok(Loaded { client, server, order_lines })
}

fn percent(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}

fn rate(items: usize, time: Duration) -> f64 {
    as_f64(items) / time.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
fn megabytes(ended: &Ended) -> f64 {
    ended.peak as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
