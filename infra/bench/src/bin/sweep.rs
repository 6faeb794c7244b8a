//! EXP-02: what a sweep reads for 100 due links among ever more stored ones, and after ever longer gaps.

use std::process::ExitCode;

use bench::{
    Error,
    database::{self, Begin, Database, Folder},
    figures::Figures,
};
use expire_links::{Report, sweep};
use gateway::{App, boot::Deadline};
use licensing::when::{add_hours, less_hours};

const DUE: usize = 100;
const STORED: [usize; 3] = [1_000, 40_000, 400_000];
/// Gaps, hours: of a schedule that runs, of one that stood still for a day, a month, half a year.
const GAPS: [u32; 4] = [1, 24, 30 * 24, 183 * 24];
/// Partitions of one day in all tables together, and rows of a page.
const SHARDS: f64 = 12.0;
const PAGE: f64 = 200.0;

fn main() -> ExitCode {
    database::serve_if_asked().unwrap_or_else(|| bench::run(measure()))
}

async fn measure() -> Result<Figures, Error> {
    let end = bench::time("2027-05-23T00:00:00Z")?;
    let mut figures = Figures::of("one sweep that ends 100 links, and what it reads:");
    let mut first: Option<Used> = None;
    for stored in STORED {
        let folder = Folder::new()?;
        let database = Database::start_with(&folder.file("database"), Begin { links: stored, due: DUE, end })?;
        let app = database::app(&database.endpoint, less_hours(end, 1))?;
        let before = swept(&app).await?;
        if !before.report.steps.is_empty() || before.report.events + before.report.orders > 0 {
            return Err(format!("something was due before anything is: {:?}", before.report).into());
        }
        app.clock.set(add_hours(end, 1));
        let used = swept(&app).await?;
        let ended = used.report.steps.get("activation.expired").copied().unwrap_or_default();
        if ended != DUE as u64 || used.report.left + used.report.failed > 0 {
            return Err(format!("not a whole sweep: {:?}", used.report).into());
        }
        let name = format!("among {} stored, read units", bench::figures::short(as_f64(stored)));
        let same = first.get_or_insert_with(|| used.clone());
        figures.exactly(&name, used.report.read_units, same.report.read_units, "units");
        figures.exactly("  calls", as_f64(used.calls), as_f64(same.calls), "calls");
        let most = as_f64(DUE) / PAGE + SHARDS * 2.0;
        figures.at_most("  of these, looking for what is due", as_f64(used.report.looks), most, "queries");
    }

    println!("a sweep that finds nothing, by the time since the last one:");
    let folder = Folder::new()?;
    let database = Database::start(&folder.file("database"))?;
    let app = database::app(&database.endpoint, end)?;
    swept(&app).await?;
    for hours in GAPS {
        app.clock.set(add_hours(app.now(), hours));
        let used = swept(&app).await?;
        let most = SHARDS * f64::from(hours + 1);
        figures.at_most(&format!("{hours} hours"), as_f64(used.report.looks), most, "queries");
        figures.note("  read units", bench::figures::short(used.report.read_units));
        figures.note("  CPU of this process", format!("{:.3} s", used.cpu));
    }
    Ok(figures)
}

#[derive(Debug, Clone)]
struct Used {
    report: Report,
    calls: u64,
    cpu: f64,
}

async fn swept(app: &App) -> Result<Used, Error> {
    let cpu = || bench::process::used(std::process::id()).map(|used| used.cpu.as_secs_f64());
    let (before, cpu_before) = (app.store.meter().read(), cpu()?);
    let report = sweep(app, Deadline::NONE).await?;
    Ok(Used { report, calls: (app.store.meter().read() - before).calls, cpu: cpu()? - cpu_before })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn as_f64(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}
