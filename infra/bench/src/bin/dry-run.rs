//! ACT-01: lines a second of CPU that a dry run judges, and memory for each distinct key.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{ExitCode, Stdio},
};

use bench::{
    Error,
    database::Folder,
    figures::Figures,
    process::{self, Ended},
};
use licensing::{
    Policy,
    import::{Lines, Reader, World},
};

const AT: &str = "2026-11-22T00:00:00Z";

fn main() -> ExitCode {
    bench::run(async { measure() })
}

fn measure() -> Result<Figures, Error> {
    let lines = bench::argument(1_000_000)?;
    let mut figures =
        Figures::of(&format!("countersign sample --lines {lines} --seed 1, judged by a dry run from empty:"));
    let folder = Folder::new()?;
    let (file, one) = (folder.file("sample.jsonl"), folder.file("one.jsonl"));
    let mut sample = process::program("countersign")?;
    sample.args(["sample", "--seed", "1", "--lines", &lines.to_string()]).stdout(File::create(&file)?);
    process::run(&mut sample)?;
    let mut first = String::new();
    BufReader::new(File::open(&file)?).read_line(&mut first)?;
    File::create(&one)?.write_all(first.as_bytes())?;

    // The smaller of two runs: another process's cache misses are no part of this one's work.
    let runs = [dry_run(&file)?, dry_run(&file)?];
    let cpu = runs.iter().map(|run| run.cpu).min().unwrap_or_default().as_secs_f64();
    let alone = dry_run(&one)?;
    let keys = keys(&file)?;
    figures.at_least("lines a second of CPU", as_f64(lines) / cpu, 200_000.0, "");
    figures.note("CPU", format!("{cpu:.2} s"));
    figures.note("bytes of the file", bench::figures::short(as_f64(usize::try_from(file.metadata()?.len())?)));
    figures.note("distinct keys", bench::figures::short(as_f64(keys)));
    let grown = runs[0].peak.saturating_sub(alone.peak);
    figures.note("memory above that of one line", format!("{} MB", grown / 1_000_000));
    figures
        .note("memory for each distinct key", format!("{:.0} bytes", as_f64(usize::try_from(grown)?) / as_f64(keys)));
    Ok(figures)
}

fn dry_run(file: &Path) -> Result<Ended, Error> {
    let mut command = process::program("countersign")?;
    command.arg("import").arg(file).args(["--dry-run", "--empty", "--at", AT]);
    let ended = process::run(command.stdout(Stdio::null()).stderr(Stdio::null()))?;
    // Rows at fault are part of the sample: exit code 1.
    match ended.status.code() {
        Some(0 | 1) => Ok(ended),
        _ => Err(format!("the dry run failed: {}", ended.status).into()),
    }
}

/// So many distinct keys the file holds, by the code that judges it.
fn keys(file: &Path) -> Result<usize, Error> {
    let bytes = std::fs::read(file)?;
    let (mut lines, mut reader, mut world, mut rest) = (Lines::new(), Reader::new(), World::empty(), bytes.as_slice());
    let (now, policy) = (bench::time(AT)?, Policy::default().links);
    while let Some(line) = lines.next(&mut rest) {
        let _ = world.take(reader.read(&line), now, &policy);
    }
    Ok(world.keys())
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
