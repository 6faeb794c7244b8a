//! `countersign audit verify`: whether an exported audit is whole and unchanged (SAFE-01). Needs no store and no network.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::{Args, Subcommand};
use ed25519_dalek::VerifyingKey;
use licensing::audit::Check;

use crate::{Done, clock};

/// The audit.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check an export: edits, removals, reordering, cut tails and re-computed chains are found.
    Verify {
        /// The export (JSON lines).
        file: PathBuf,
        /// A public key of the publisher's seals; several may be given. Default: COUNTERSIGN_SEAL_PUBLIC.
        #[arg(long = "key", value_name = "KEY", allow_hyphen_values = true)]
        keys: Vec<String>,
    },
}

impl Audit {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let Command::Verify { file, keys } = &self.command;
        let keys = read_keys(keys)?;
        let reader = BufReader::new(fs::File::open(file).map_err(|error| format!("{}: {error}", file.display()))?);
        let mut check = Check::new(&keys);
        for line in reader.lines() {
            if let Err(broken) = check.push(&line?) {
                println!("NOT SOUND: {broken}");
                return Ok(Done::WithFindings);
            }
        }
        match check.finish() {
            Err(broken) => {
                println!("NOT SOUND: {broken}");
                Ok(Done::WithFindings)
            }
            Ok(sound) => {
                println!(
                    "sound: {} chains, {} entries, {} of them sealed, {} values deleted on request",
                    sound.chains, sound.entries, sound.sealed, sound.deleted_values
                );
                if sound.sealed < sound.entries {
                    println!("{} entries are younger than the last sealing", sound.entries - sound.sealed);
                }
                if sound.waits_too_long(clock::now()) {
                    println!("NOT SEALED for more than a day: sealing does not run, or seals were taken away");
                    return Ok(Done::WithFindings);
                }
                Ok(Done::Fine)
            }
        }
    }
}

fn read_keys(given: &[String]) -> Result<Vec<VerifyingKey>, Box<dyn Error>> {
    let from_env = std::env::var("COUNTERSIGN_SEAL_PUBLIC").unwrap_or_default();
    let texts: Vec<&str> =
        if given.is_empty() { from_env.split(',').collect() } else { given.iter().map(String::as_str).collect() };
    let keys = texts
        .into_iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| {
            let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text.trim())?.try_into().map_err(|_| "a key has 32 bytes")?;
            Ok(VerifyingKey::from_bytes(&bytes)?)
        })
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    if keys.is_empty() {
        return Err("give the publisher's public key with --key; the portal answers with it at /api/audit/keys".into());
    }
    Ok(keys)
}
