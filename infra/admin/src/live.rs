//! `countersign import` against a store: rows are judged with the dry run's code and written (ACT-01).

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
    sync::mpsc,
    thread,
};

use gateway::App;
use licensing::{
    Policy, Timestamp,
    import::{Envelope, Reader, Row},
};
use load_orders::{Loaded, Loader, Options};

use crate::{
    Done,
    connected::{operator, with_app},
    input::Input,
};

/// How a file is loaded.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Load<'a> {
    pub(crate) file: &'a Path,
    pub(crate) dry_run: bool,
    pub(crate) all_or_nothing: bool,
    pub(crate) at: Option<Timestamp>,
    pub(crate) every_row: bool,
    pub(crate) over_portal: bool,
    pub(crate) policy: Policy,
}

/// So many rows are judged together: what they depend on is fetched in few calls.
const ROWS_AT_ONCE: usize = 4_000;

/// So many warnings are told one by one.
const WARNINGS_TOLD: usize = 20;

pub(crate) fn run(load: &Load<'_>) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let operator = if load.dry_run { "dry run".to_owned() } else { operator(app).await? };
        let options = Options { load: app.chance.name(), operator, dry_run: load.dry_run };
        if load.all_or_nothing && !load.dry_run {
            let is_stream = |path: &Path| path.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir());
            if load.file == Path::new("-") || is_stream(load.file) {
                return Err("--all-or-nothing reads the file twice, so standard input or a pipe won't do. Save it as a file first.".into());
            }
            let (would, _, envelope) =
                pass(app, load, Options { dry_run: true, ..options.clone() }, &mut refusals_only).await?;
            if let Some(envelope) = envelope {
                return Ok(not_loaded(envelope));
            }
            if would.refused > 0 {
                eprintln!(
                    "{} rows are refused, so nothing was stored. Correct them and load the file again.",
                    would.refused
                );
                return Ok(Done::WithFindings);
            }
        }
        let mut report = Report { goes_on: !load.dry_run, reader_gone: false };
        let (total, warnings, envelope) = pass(app, load, options, &mut |line: &str| report.print(line)).await?;
        if let Some(envelope) = envelope {
            return Ok(not_loaded(envelope));
        }
        for warning in &total.warnings {
            eprintln!("warning: {warning}");
        }
        if warnings > total.warnings.len() {
            eprintln!("warning: there are {warnings} warnings in all");
        }
        eprintln!(
            "{} rows: {} taken, {} unchanged, {} refused",
            total.rows, total.taken, total.unchanged, total.refused
        );
        if load.dry_run {
            eprintln!("This was a dry run: nothing was stored.");
        } else if total.refused > 0 {
            eprintln!("Correct the refused rows and load the file again. What is stored already stays as it is.");
        }
        Ok(if total.refused == 0 { Done::Fine } else { Done::WithFindings })
    })
}

/// The file is something else than JSON lines.
fn not_loaded(envelope: Envelope) -> Done {
    eprintln!("{}", envelope.sentence());
    eprintln!("Nothing was stored.");
    Done::WithFindings
}

/// The lines of a load. Whoever reads them may stop, and a load that changes something goes on all the same.
struct Report {
    goes_on: bool,
    reader_gone: bool,
}

impl Report {
    fn print(&mut self, line: &str) -> io::Result<()> {
        if self.reader_gone {
            return Ok(());
        }
        match writeln!(io::stdout().lock(), "{line}") {
            Err(error) if self.goes_on && error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_gone = true;
                Ok(())
            }
            other => other,
        }
    }
}

fn refusals_only(line: &str) -> io::Result<()> {
    if line.contains("\"error\":") { writeln!(io::stdout().lock(), "{line}") } else { Ok(()) }
}

/// One pass over the file, in bounded memory: what became of it, with the first warnings, and how many there were.
async fn pass(
    app: &App,
    load: &Load<'_>,
    options: Options,
    print: &mut dyn FnMut(&str) -> io::Result<()>,
) -> Result<(Loaded, usize, Option<Envelope>), Box<dyn Error>> {
    let input = Input::open(load.file).map_err(|error| format!("{}: {error}", load.file.display()))?;
    let envelope = input.envelope();
    // What is no JSON lines is judged row by row, and loaded as a whole or not at all.
    let options = Options { dry_run: options.dry_run || envelope.is_some(), ..options };
    let loads = load.policy.loads.clone();
    let now = load.at.unwrap_or_else(|| app.now());
    let mut loader = Loader::at(&app.store, &load.policy, now, options);
    if load.every_row {
        loader = loader.with_every_row();
    }
    if load.over_portal {
        loader = loader.over_portal();
    }
    let (mut total, mut warnings) = (Loaded::default(), 0);
    // A thread reads and parses the next rows while the store takes these; it is never more than one chunk ahead.
    let (ready, chunks) = mpsc::sync_channel::<Vec<Row>>(0);
    let reading = thread::spawn(move || {
        let (mut reader, mut rows) = (Reader::of(&loads), Vec::with_capacity(ROWS_AT_ONCE));
        input.each_line(|line| {
            rows.push(reader.read(line));
            if rows.len() < ROWS_AT_ONCE {
                return Ok(());
            }
            ready.send(std::mem::take(&mut rows)).map_err(|_| io::ErrorKind::BrokenPipe.into())
        })?;
        ready.send(rows).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    });
    while let Ok(rows) = chunks.recv() {
        let mut loaded = loader.take(&rows).await?;
        for line in std::mem::take(&mut loaded.lines) {
            if envelope.is_some() { refusals_only(&line)? } else { print(&line)? }
        }
        warnings += loaded.warnings.len();
        loaded.warnings.truncate(WARNINGS_TOLD - total.warnings.len());
        total.add(loaded);
    }
    reading.join().map_err(|_| "The file could not be read to its end. Load it again.")??;
    loader.finish().await?;
    Ok((total, warnings, envelope))
}
