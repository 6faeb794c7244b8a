//! Release bootstraps from cold: CPU time from the start of the process to its first answer, with TLS to the database,
//! against a function that does nothing; memory; and the size of what is uploaded.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use bench::{
    Error,
    events::{FUNCTIONS, World, event, expect_good, started},
    figures::Figures,
    process::Used,
    runtime::Function,
};
use gateway::testing::Bench;
use serde_json::json;

/// Each function is started so often; the middle one counts.
const STARTS: usize = 21;

/// The functions that may call SES or the event bus, and so carry its SDK beside that of DynamoDB.
const WITH_TWO: [&str; 2] = ["deliver-mail", "provision"];

fn main() -> ExitCode {
    bench::run(measure())
}

async fn measure() -> Result<Figures, Error> {
    let folder = bootstraps()?;
    let mut figures = Figures::of(&format!(
        "from the start of the process to its first answer over TLS, each beside one of the no-op, the middle of {STARTS}:"
    ));
    let world = World::new().await?;
    let (bench, environment) = (&world.bench, &world.environment);

    let nothing = folder.join("no-op");
    let mut nothings = Vec::new();
    let wanted = std::env::args().nth(1);
    for name in FUNCTIONS.iter().filter(|name| wanted.as_deref().is_none_or(|wanted| wanted == **name)) {
        let program = folder.join(name);
        let before = world.taken();
        let (mut differences, mut resident) = (Vec::new(), 0.0);
        for _ in 0..STARTS {
            // One after the other each time: a machine that is slower for a while is slower for both.
            let compared = started(&nothing, &[], &json!({})).await?;
            let used = started(&program, environment, &event(bench, name).await?).await?;
            nothings.push(milliseconds(compared));
            differences.push(milliseconds(used) - milliseconds(compared));
            resident = megabytes(used).max(resident);
        }
        if WITH_TWO.contains(name) && world.taken() < before + STARTS {
            return Err(format!("{name} did not send a mail, or an event, each time").into());
        }
        differences.sort_by(f64::total_cmp);
        figures.at_most(&format!("{name}: CPU above the no-op"), differences[STARTS / 2], 4.0, "ms");
        figures.at_most("  resident", resident, 12.0, "MB");
        let most = if WITH_TWO.contains(name) { 3.5 } else { 2.5 };
        figures.at_most("  zip", zipped(&program)?, most, "MB");
    }
    nothings.sort_by(f64::total_cmp);
    figures.note("no-op: CPU to the first answer", format!("{:.2} ms", nothings[nothings.len() / 2]));
    if wanted.as_deref().is_none_or(|wanted| wanted == ONE_READ) {
        let (first, warm) = once_started(&folder.join(ONE_READ), environment, bench).await?;
        figures.at_most(
            &format!("{ONE_READ}, a link looked at: CPU of the first call after the start"),
            first,
            1.0,
            "ms",
        );
        figures.at_most(&format!("  of a warm call, one of {WARM}"), warm, 0.5, "ms");
    }
    Ok(figures)
}

/// The function whose event is answered with one read.
const ONE_READ: &str = "activate";
/// So many calls of one process.
const WARM: u32 = 1000;

/// CPU milliseconds of the first call after a start, in the middle of many starts, and of each of many calls after one.
async fn once_started(program: &Path, environment: &[(&str, String)], bench: &Bench) -> Result<(f64, f64), Error> {
    let event = event(bench, ONE_READ).await?;
    let mut firsts = Vec::new();
    let mut warm = 0.0;
    for _ in 0..STARTS {
        let mut command = Command::new(program);
        command.env_clear().envs(environment.iter().map(|(name, value)| (*name, value)));
        let function = Function::start(&mut command, Duration::from_secs(30)).await?;
        let before = function.ready().await?;
        let first = function.call(&event).await?;
        expect_good(program, &first.answer)?;
        firsts.push(milliseconds(first.used) - milliseconds(before));
        if firsts.len() < STARTS {
            continue;
        }
        let mut last = first.used;
        for _ in 0..WARM {
            let answered = function.call(&event).await?;
            expect_good(program, &answered.answer)?;
            last = answered.used;
        }
        warm = (milliseconds(last) - milliseconds(first.used)) / f64::from(WARM);
    }
    firsts.sort_by(f64::total_cmp);
    Ok((firsts[firsts.len() / 2], warm))
}

/// Where the release programs are: beside those of this program's profile.
fn bootstraps() -> Result<PathBuf, Error> {
    let programs = bench::process::programs()?;
    Ok(programs.parent().ok_or("a folder for each profile")?.join("release"))
}

/// Megabytes of the program as it is uploaded: a zip of one file is its deflated bytes and some 130 more.
#[expect(clippy::cast_precision_loss, reason = "bytes of a file")]
fn zipped(program: &Path) -> Result<f64, Error> {
    let bytes = std::fs::read(program)?;
    let mut gzip = Command::new("gzip").args(["-9", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = gzip.stdin.take().ok_or("it has an input")?;
    let writing = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output()?;
    writing.join().map_err(|_| "writing to gzip")??;
    Ok((output.stdout.len() + 130) as f64 / 1e6)
}

fn milliseconds(used: Used) -> f64 {
    used.cpu.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
fn megabytes(used: Used) -> f64 {
    used.peak as f64 / 1e6
}
