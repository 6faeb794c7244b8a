//! What a process used, as the kernel tells it.

use std::{
    fs, io,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use crate::Error;

/// What a running process used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// CPU time of all its threads, to the nanosecond.
    pub cpu: Duration,
    /// Memory that is resident now, bytes.
    pub resident: u64,
    /// The most that was resident at a time, bytes.
    pub peak: u64,
}

/// What a process used, now.
pub fn used(process: u32) -> io::Result<Used> {
    let mut cpu = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let on_cpu = text.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or_default();
        cpu += Duration::from_nanos(on_cpu);
    }
    // Threads that ended are counted here only, though coarsely.
    cpu = cpu.max(ticks(&fs::read_to_string(format!("/proc/{process}/stat"))?).1);
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kilobytes = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or_default()
    };
    Ok(Used { cpu, resident: kilobytes("VmRSS:") * 1024, peak: kilobytes("VmHWM:") * 1024 })
}

/// What a process used from its start to its end.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// CPU time, to a hundredth of a second.
    pub cpu: Duration,
    /// The most memory that was resident at a time, bytes, as far as looking every few milliseconds shows it.
    pub peak: u64,
    /// How long it took.
    pub wall: Duration,
}

/// The time, to tell how long something took.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn clock() -> Instant {
    Instant::now()
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Result<Ended, Error> {
    let start = clock();
    let child = command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    ended(child, start)
}

/// Waits for a program's end.
pub fn ended(mut child: Child, start: Instant) -> Result<Ended, Error> {
    let mut peak = 0;
    loop {
        let (has_ended, cpu) = ticks(&fs::read_to_string(format!("/proc/{}/stat", child.id()))?);
        if has_ended {
            let wall = start.elapsed();
            return Ok(Ended { status: child.wait()?, cpu, peak, wall });
        }
        if let Ok(used) = used(child.id()) {
            peak = peak.max(used.peak);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process has ended and waits to be seen off, and its CPU time.
fn ticks(stat: &str) -> (bool, Duration) {
    // The name, in brackets, may hold anything; the state and the numbers follow it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let number = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    // A tick is a hundredth of a second on every Linux; the fields are numbers 14 and 15 of proc_pid_stat(5).
    (fields.first() == Some(&"Z"), Duration::from_millis(10 * (number(11) + number(12))))
}

/// The folder of this program, in which its profile's other programs are.
pub fn programs() -> Result<std::path::PathBuf, Error> {
    Ok(std::env::current_exe()?.parent().ok_or("a program lies in a folder")?.to_owned())
}

/// Another program of the same profile.
pub fn program(name: &str) -> Result<Command, Error> {
    let path = programs()?.join(name);
    if !path.exists() {
        return Err(format!("{} is not built; `cargo xtask bench` builds what it needs", path.display()).into());
    }
    Ok(Command::new(path))
}
