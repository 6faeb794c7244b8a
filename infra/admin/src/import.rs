//! `countersign import`: loads customers, agreements and orders, or says what would happen (ACT-01).

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use licensing::{
    ContactName, Policy, Timestamp,
    import::{Code, Everybody, LineReport, Reader, Record, Refusal, RowOutcome, World, record::Agreement},
    when::no_time,
};

use crate::{Done, clock, input::Input, live};

/// Load customers, agreements and orders from JSON lines, or say what loading would do.
///
/// The report goes to standard output, as JSON lines in the order of the rows. A load prints a line for each refused row, such as
/// `{"row":17,"error":"unknown-product","field":"lines[0].product"}`. A dry run also prints a line for each order line that it would
/// take: whether an email goes out, to whom, when, and by which rule. After a load, `countersign show` says what happened to the
/// orders. Messages for people go to standard error.
///
/// With --access a dry run prints who has which right after the last row instead, one line for each agreement and address. Each
/// role names where it comes from, such as contact:primary or parent:master/7.
///
/// infra/IMPORT.md in the project describes the rows and every refusal, with examples.
///
/// Refused rows are not stored; the others are. Correct the refused rows and load the whole file again: rows that are stored
/// already stay as they are.
///
/// Exit codes: 0: every row was taken. 1: some rows were refused, the others were taken. 2: the import did not run. 141: the
/// reader of a dry run's report closed it; a load goes on without a reader.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Import {
    /// The file to read, plain or packed by gzip. `-` is standard input.
    file: PathBuf,

    /// Change nothing. Say what would happen to each order line, and why.
    #[arg(long)]
    dry_run: bool,

    /// Judge the file as if nothing was stored yet.
    #[arg(long, requires = "dry_run")]
    empty: bool,

    /// Judge as of this time, such as 2026-11-22T00:00:00Z. Default: now.
    #[arg(long, value_name = "TIME", requires = "dry_run", value_parser = time)]
    at: Option<Timestamp>,

    /// Print who has which right once all rows are taken, and why. Needs --empty.
    #[arg(long, requires = "empty")]
    access: bool,

    /// Also report the rows that are taken: {"row":1,"outcome":"stored"}, or "unchanged" if it is stored already.
    #[arg(long, conflicts_with = "dry_run")]
    every_row: bool,

    /// Let rows undo what people did in the portal since. Without it, an assignment or a removal that says something else than the
    /// row before about the same address is refused (conflict, address) where somebody acted in the meantime.
    #[arg(long, conflicts_with = "empty")]
    over_portal: bool,

    /// Store nothing if any row is refused. A dry run prints the same with and without it.
    #[arg(long)]
    all_or_nothing: bool,

    /// A file with the deployment's policy (JSON). Default: the one that comes with this program.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl Import {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        if !self.empty {
            return self.run_connected();
        }
        let policy = self.policy()?;
        let now = self.at.unwrap_or_else(clock::now);
        let input = Input::open(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;

        let envelope = input.envelope();
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let (mut reader, mut world, mut summary) = (Reader::of(&policy.loads), World::empty(), Summary::default());
        let mut everybody = self.access.then(Everybody::default);
        summary.lines = input.each_line(|line| {
            let row = reader.read(line);
            let number = row.number();
            let taken = world.take(row, now, &policy.links);
            summary.count(number, &taken);
            match &mut everybody {
                Some(everybody) => {
                    if let Ok(taken) = &taken {
                        everybody.note(taken, now);
                    }
                    Ok(())
                }
                None => print(&mut out, &taken),
            }
        })?;
        for line in everybody.iter().flat_map(|everybody| everybody.lines(now)) {
            writeln!(out, "{}", line.to_json())?;
        }
        out.flush()?;
        if let Some(envelope) = envelope {
            eprintln!("{}", envelope.sentence());
        }
        summary.tell(&mut io::stderr().lock(), self.all_or_nothing)?;
        Ok(if summary.refused.is_empty() { Done::Fine } else { Done::WithFindings })
    }

    /// Against the store that the environment points to.
    fn run_connected(&self) -> Result<Done, Box<dyn Error>> {
        live::run(&live::Load {
            file: &self.file,
            dry_run: self.dry_run,
            all_or_nothing: self.all_or_nothing,
            at: self.at,
            every_row: self.every_row,
            over_portal: self.over_portal,
            policy: self.policy()?,
        })
    }

    fn policy(&self) -> Result<Policy, Box<dyn Error>> {
        let Some(path) = &self.policy else { return Ok(Policy::default()) };
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Policy::from_json(&text)?)
    }
}

/// Times are RFC 3339 with `Z`, as in the data.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let of_form = text.len() >= "2026-11-22T00:00:00Z".len() && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    text.parse().ok().filter(|_| of_form).ok_or_else(|| no_time(text))
}

fn print(out: &mut impl Write, taken: &Result<RowOutcome, Refusal>) -> io::Result<()> {
    match taken {
        Ok(RowOutcome::Ordered(order, verdicts)) => LineReport::of(&order.id, verdicts).try_for_each(|report| {
            serde_json::to_writer(&mut *out, &report)?;
            out.write_all(b"\n")
        }),
        Ok(RowOutcome::Unchanged | RowOutcome::Stored(_)) => Ok(()),
        Err(refusal) => {
            serde_json::to_writer(&mut *out, refusal)?;
            out.write_all(b"\n")
        }
    }
}

/// So many warnings are told one by one.
const WARNINGS_TOLD: usize = 20;

/// What people are told in the end.
#[derive(Default)]
struct Summary {
    lines: u64,
    taken: u64,
    unchanged: u64,
    refused: BTreeMap<Code, u64>,
    outcomes: BTreeMap<&'static str, u64>,
    warnings: u64,
    /// Row and contact. Addresses are personal and belong in no log, so they aren't told.
    first_warnings: Vec<(u64, ContactName)>,
    /// What people are told of refused rows besides.
    first_hints: Vec<(u64, Box<str>)>,
    /// How many refused rows it is told of.
    hints: u64,
}

impl Summary {
    fn count(&mut self, row: u64, taken: &Result<RowOutcome, Refusal>) {
        match taken {
            Ok(RowOutcome::Unchanged) => self.unchanged += 1,
            Ok(RowOutcome::Stored(record)) => {
                self.taken += 1;
                if let Record::Agreement(agreement) = record {
                    self.warn(row, agreement);
                }
            }
            Ok(RowOutcome::Ordered(_, verdicts)) => {
                self.taken += 1;
                for verdict in verdicts {
                    *self.outcomes.entry(verdict.outcome.as_str()).or_default() += 1;
                }
            }
            Err(refusal) => {
                *self.refused.entry(refusal.code).or_default() += 1;
                if let Some(hint) = &refusal.hint {
                    self.hints += 1;
                    if self.first_hints.len() < WARNINGS_TOLD {
                        self.first_hints.push((row, hint.clone()));
                    }
                }
            }
        }
    }

    fn warn(&mut self, row: u64, agreement: &Agreement) {
        for contact in agreement.public_contacts(licensing::providers::is_public) {
            self.warnings += 1;
            if self.first_warnings.len() < WARNINGS_TOLD {
                self.first_warnings.push((row, contact));
            }
        }
    }

    fn tell(&self, err: &mut impl Write, all_or_nothing: bool) -> io::Result<()> {
        let refused: u64 = self.refused.values().sum();
        for (row, hint) in &self.first_hints {
            writeln!(err, "row {row}: {hint}")?;
        }
        if self.hints > WARNINGS_TOLD as u64 {
            writeln!(err, "There are such hints for {} rows in all", self.hints)?;
        }
        for (row, contact) in &self.first_warnings {
            writeln!(err, "warning: row {row}: the {contact} contact is at a public email provider")?;
        }
        if self.warnings > WARNINGS_TOLD as u64 {
            writeln!(err, "warning: {} contacts in all are at public email providers", self.warnings)?;
        }
        writeln!(
            err,
            "{} lines: {} taken, {} unchanged, {refused} refused, {} blank",
            self.lines,
            self.taken,
            self.unchanged,
            self.lines - self.taken - self.unchanged - refused,
        )?;
        told(err, "order lines", self.outcomes.iter().map(|(outcome, count)| (*outcome, *count)))?;
        told(err, "refused", self.refused.iter().map(|(code, count)| (code.as_str(), *count)))?;
        if all_or_nothing && refused > 0 {
            writeln!(err, "With --all-or-nothing nothing would be stored.")?;
        }
        writeln!(err, "This was a dry run: nothing was stored.")
    }
}

fn told(err: &mut impl Write, what: &str, counts: impl Iterator<Item = (&'static str, u64)>) -> io::Result<()> {
    let counts: Vec<_> = counts.map(|(name, count)| format!("{count} {name}")).collect();
    if counts.is_empty() { Ok(()) } else { writeln!(err, "{what}: {}", counts.join(", ")) }
}
