//! `countersign audit`: whether an exported audit is whole and unchanged, which needs no store and no network; and which chains
//! of this deployment are not sealed as they should be (SAFE-01).

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Subcommand};
use ed25519_dalek::VerifyingKey;
use gateway::App;
use licensing::{
    Timestamp,
    audit::{Broken, Check, Head, Line, Observation, SEALED_WITHIN_HOURS, Sound},
    due::SHARDS,
    when::{add_hours, no_time},
};
use serde::Serialize;
use store::{
    Batch,
    audit::{finding, head, seal},
};

use crate::{
    Done, clock,
    connected::{moved_by, operator, with_app},
    out,
};

/// The audit.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check an exported audit. Finds entries that were changed, removed, moved or cut off, and missing seals.
    ///
    /// Names and addresses can be deleted while the entries stay proven. So a file that lacks some is sound: they are listed and
    /// counted. Exit code 1 if the file does not prove what it says.
    Verify(Verify),
    /// Check one audit chain as it is stored now, as `verify` checks a file.
    ///
    /// Exit code 1 if it is not sound.
    Check {
        /// The chain, as `verify` and `unsealed` name it, or a Licensing ID, such as enterprise/85890364.
        chain: String,
    },
    /// List the audit chains that are not sealed as they should be: someone tampered with them, or sealing does not run.
    ///
    /// It looks at chains with entries since their last seal. What is done to another chain shows here after its next entry;
    /// `countersign audit check` looks at once. Exit code 1 if there is one.
    Unsealed {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Verify {
    /// The export (JSON lines).
    file: PathBuf,
    /// A public key of the publisher's seals. Repeat it for more than one. Default: COUNTERSIGN_SEAL_PUBLIC.
    #[arg(long = "key", value_name = "KEY", allow_hyphen_values = true)]
    keys: Vec<String>,
    /// Judge as of this time, such as 2026-11-22T03:00:00Z. For an older file: when it was exported. Default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// The file must hold this entry, which an earlier check named. Repeat it for more than one.
    #[arg(long = "expect", value_name = "ENTRY:HASH", value_parser = entry_and_hash)]
    expected: Vec<Head>,
}

impl Audit {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        match &self.command {
            Command::Verify(verify) => verify.run(),
            Command::Check { chain } => {
                let keys = read_keys(&[])?;
                with_app(async |app| {
                    operator(app).await?;
                    let chain = if chain.contains('#') { chain.clone() } else { format!("licence#{chain}") };
                    Ok(conclude(stored(app, &chain, Check::new(&keys, app.now())).await?))
                })
            }
            Command::Unsealed { json } => with_app(async |app| {
                operator(app).await?;
                let found = not_sealed(app, Which::AndWaiting).await?;
                for chain in &found {
                    if *json { out::json(chain) } else { chain.tell() }
                }
                Ok(if found.is_empty() { Done::Fine } else { Done::WithFindings })
            }),
        }
    }
}

impl Verify {
    fn run(&self) -> Result<Done, Box<dyn Error>> {
        let keys = read_keys(&self.keys)?;
        // A portal on one machine may have moved its clock.
        let now = match self.at {
            Some(at) => at,
            None => Timestamp::from_second(clock::now().as_second() + moved_by()?)
                .map_err(|_| "The number in the file that COUNTERSIGN_CLOCK names is no time. Start the portal again with `cargo xtask run`.")?,
        };
        let file = fs::File::open(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let check = Check::new(&keys, now).expecting(self.expected.clone());
        let outcome = checked(check, BufReader::new(file))?;
        if outcome.is_ok() {
            println!("{NOT_SHOWN}");
        }
        Ok(conclude(outcome))
    }
}

/// What a sound file leaves open.
const NOT_SHOWN: &str = "A file can't show whether entries after its newest seal were left out. Keep the newest entry of each \
                         chain as named above, and give it to the next check: --expect ENTRY:HASH";

/// Entries that are read at once.
const ENTRIES: i32 = 500;

/// Checks a chain as it is stored, page by page, in the lines of an export.
async fn stored(app: &App, chain: &str, mut check: Check<'_>) -> Result<Result<Sound, Broken>, Box<dyn Error>> {
    let (head, seal) = (head(chain), seal(chain));
    let got = Batch::default().with(&head).with(&seal).read(&app.store).await?;
    let Some(head) = got.get(&head)? else {
        return Err(
            "There is no such chain. Name it as `countersign audit unsealed` does, or by its Licensing ID.".into()
        );
    };
    let mut lines: Vec<Line> = got.get(&seal)?.map(|stored| Line::Seal(stored.seal)).into_iter().collect();
    let mut after = Some(0);
    while let Some(place) = after {
        let (entries, next) = app.store.audit_page(chain, place, ENTRIES).await?;
        // What was written since the head was read is checked the next time.
        lines.extend(entries.into_iter().filter(|entry| entry.seq <= head.newest).map(Line::Entry));
        after = next.filter(|next| *next < head.newest);
        if after.is_none() {
            lines.push(Line::End(head.head()));
        }
        for line in lines.drain(..) {
            if let Err(broken) = push(&mut check, &serde_json::to_string(&line)?) {
                return Ok(Err(broken));
            }
        }
    }
    Ok(check.finish())
}

/// Says what came of a check.
fn conclude(outcome: Result<Sound, Broken>) -> Done {
    match outcome {
        Err(broken) => {
            println!("NOT SOUND: {broken}");
            Done::WithFindings
        }
        Ok(sound) => {
            tell(&sound);
            Done::Fine
        }
    }
}

/// Checks all lines of a file.
fn checked(mut check: Check<'_>, file: impl BufRead) -> io::Result<Result<Sound, Broken>> {
    for line in file.lines() {
        if let Err(broken) = push(&mut check, &line?) {
            return Ok(Err(broken));
        }
    }
    Ok(check.finish())
}

/// Checks the next line, and writes what is told of it.
fn push(check: &mut Check<'_>, line: &str) -> Result<(), Broken> {
    match check.push(line)? {
        None => {}
        Some(Observation::Missing { line, seq, names }) => {
            println!("line {line}, entry {seq}: missing values: {}", names.join(", "));
        }
        Some(Observation::Chain { chain, head, sealed: (sealed, at) }) => {
            println!("{chain}: newest entry {}:{}, sealed up to entry {sealed} at {at}", head.seq, head.hash);
        }
    }
    Ok(())
}

fn tell(sound: &Sound) {
    println!("sound: {} chains, {} entries, {} of them sealed", sound.chains, sound.entries, sound.sealed);
    if sound.missing_values > 0 {
        println!(
            "{} values are missing in {} entries, as listed above: deleted on request, or taken out. The entries are proven \
             without them",
            sound.missing_values, sound.entries_with_missing
        );
    }
    if sound.sealed < sound.entries {
        println!("{} entries are newer than the newest seal: nothing proves them yet", sound.entries - sound.sealed);
    }
}

/// So many chains are named at most.
const NAMED: usize = 100;
/// So many pages of a shard are looked through.
const PAGES: usize = 20;

/// Which chains to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that were tampered with.
    TamperedWith,
    /// Also those that have waited for longer than sealing takes.
    AndWaiting,
}

/// A chain that is not sealed as it should be.
#[derive(Debug, Serialize)]
pub(crate) struct Unsealed {
    audit: String,
    since: Timestamp,
    tampered_with: bool,
    why: String,
}

impl Unsealed {
    /// Prints it for people.
    pub(crate) fn tell(&self) {
        println!("audit of {}: {} (since {})", self.audit, self.why, self.since);
    }
}

/// Chains of this deployment that are not sealed as they should be, and why.
pub(crate) async fn not_sealed(app: &App, which: Which) -> Result<Vec<Unsealed>, store::Error> {
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        let mut after = None;
        for _ in 0..PAGES {
            let (chains, next) = app.store.unsealed(shard, 50, after).await?;
            let mut batch = Batch::default();
            for chain in &chains {
                batch.add(&head(chain));
                batch.add(&seal(chain));
                batch.add(&finding(chain));
            }
            let got = batch.read(&app.store).await?;
            for chain in chains {
                if found.len() == NAMED {
                    return Ok(found);
                }
                if let Some(finding) = got.get(&finding(&chain))?.filter(|finding| finding.ended_at.is_none()) {
                    let why = format!("tampered with, and not sealed any more: {}", finding.why);
                    found.push(Unsealed { audit: chain, since: finding.since, tampered_with: true, why });
                    continue;
                }
                if which == Which::TamperedWith {
                    continue;
                }
                let sealed = got.get(&seal(&chain))?.map_or(0, |stored| stored.seal.seq);
                if got.get(&head(&chain))?.is_none_or(|head| head.newest <= sealed) {
                    continue;
                }
                let (entries, _) = app.store.audit_page(&chain, sealed, 1).await?;
                let since = entries.first().map(|entry| entry.at);
                if let Some(since) = since.filter(|since| add_hours(*since, SEALED_WITHIN_HOURS) <= app.now()) {
                    let why = "its entries are not sealed: check that seal-audit runs".into();
                    found.push(Unsealed { audit: chain, since, tampered_with: false, why });
                }
            }
            match next {
                None => break,
                next => after = next,
            }
        }
    }
    Ok(found)
}

fn entry_and_hash(text: &str) -> Result<Head, String> {
    let head = text.split_once(':').and_then(|(seq, hash)| Some(Head { seq: seq.parse().ok()?, hash: hash.into() }));
    head.ok_or_else(|| "Write the entry's number, a colon and its hash, as an earlier check named them".into())
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| no_time(text))
}

fn read_keys(given: &[String]) -> Result<Vec<VerifyingKey>, Box<dyn Error>> {
    let from_env = std::env::var("COUNTERSIGN_SEAL_PUBLIC").unwrap_or_default();
    let texts: Vec<&str> =
        if given.is_empty() { from_env.split(',').collect() } else { given.iter().map(String::as_str).collect() };
    let keys = texts
        .into_iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| {
            let bytes: [u8; 32] = URL_SAFE_NO_PAD
                .decode(text.trim())?
                .try_into()
                .map_err(|_| "A key has 32 bytes. Copy the whole key.")?;
            Ok(VerifyingKey::from_bytes(&bytes)?)
        })
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    if keys.is_empty() {
        return Err("Give the publisher's public key with --key. The portal shows it at /api/audit/keys.".into());
    }
    Ok(keys)
}
