//! Checking an export of the audit (SAFE-01): needs the file, the publisher's public keys, and the time.
//!
//! What a seal covers is proven. What no seal covers is not: it may only be as young as sealing allows, and an export without
//! a seal proves nothing at all. What a file can't show, [`Observation::Chain`] lets its reader know: what was written after the
//! newest seal may have been left out.

use std::collections::HashSet;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::{
    chain::{Entry, Head, commitment, hash_of},
    seal::Seal,
};
use crate::when::{Timestamp, add_hours, add_minutes};

/// What is written is sealed within a quarter of an hour; after so many hours sealing does not run, or was hindered.
pub const SEALED_WITHIN_HOURS: u32 = 1;

/// Times of one chain may run back by so much: two functions' clocks differ, and one may read its clock minutes before it
/// writes.
const CLOCKS_DIFFER_BY_MINUTES: u32 = 10;

/// One line of an export: the newest seal, the entries in order, and the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// An entry.
    Entry(Entry),
    /// The newest seal of the chain.
    Seal(Seal),
    /// The end of one chain's export: how many entries there were, and the newest hash.
    End(Head),
}

/// What is wrong with an export, and where (line numbers from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The line is no entry and no seal.
    Unreadable(usize),
    /// The file is the table for spreadsheets.
    Table,
    /// An entry was removed, moved, or put in between.
    OutOfOrder(usize),
    /// The entry is not what it was when it was written.
    Edited(usize),
    /// A personal value is not what it was when it was written.
    ValueEdited(usize, String),
    /// The end of the export, with its seal, was cut off.
    TailCut,
    /// The seal was not made with the publisher's key.
    BadSeal(usize),
    /// The sealed hash is not the one in the file: the chain was re-computed.
    Rewritten(usize),
    /// The chain that ends here has no seal, so nothing proves it.
    NoSeal(usize),
    /// The chain that ends here has entries without a seal that are older than sealing takes.
    NotSealed(usize, Timestamp),
    /// There is an end, but no entry before it.
    NoEntries(usize),
    /// The line says a time that had not come when the file was checked.
    Ahead(usize, Timestamp),
    /// The entry says an earlier time than one before it.
    RunsBack(usize, Timestamp),
    /// The entry says that it was written after it was sealed, or before a seal that does not cover it.
    NotWhenSealed(usize, Timestamp),
    /// A chain that stands in the file already.
    Twice(usize),
    /// An entry that should be in the file is not.
    NotThere(Head),
    /// Nothing in the file.
    Empty,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(line) => write!(f, "line {line} is neither an entry nor a seal"),
            Self::Table => {
                f.write_str("this is the table for spreadsheets, which proves nothing: export the JSON lines")
            }
            Self::OutOfOrder(line) => write!(f, "line {line}: an entry was removed, moved or put in before it"),
            Self::Edited(line) => write!(f, "line {line}: the entry was changed after it was written"),
            Self::ValueEdited(line, name) => write!(f, "line {line}: the value of {name:?} was changed"),
            Self::TailCut => f.write_str("the end of the file is missing: entries or the closing lines were cut off"),
            Self::BadSeal(line) => write!(f, "line {line}: the seal was not made with a known key of the publisher"),
            Self::Rewritten(line) => write!(f, "line {line}: the entries are not those that were sealed"),
            Self::NoSeal(line) => write!(
                f,
                "line {line}: no seal covers any entry of this chain, so nothing proves it. Sealing runs every 15 minutes: if \
                 its first entry is younger than that, export it again later; if not, the seal was taken away, or sealing \
                 does not run"
            ),
            Self::NotSealed(line, since) => write!(
                f,
                "line {line}: entries since {since} should have been sealed by now and are not: entries were put in or \
                 computed again, the newest seal was taken away, or sealing does not run. To judge an older file as of \
                 when it was exported, give that time with --at"
            ),
            Self::NoEntries(line) => write!(f, "line {line}: an end without any entry before it proves nothing"),
            Self::Ahead(line, at) => write!(f, "line {line}: it says a time that has not come yet: {at}"),
            Self::RunsBack(line, at) => {
                write!(f, "line {line}: the entry says an earlier time than one before it: {at}")
            }
            Self::NotWhenSealed(line, at) => {
                write!(f, "line {line}: the entry says a time that does not go with that of the seal: {at}")
            }
            Self::Twice(line) => write!(f, "line {line}: this chain stands in the file already"),
            Self::NotThere(head) => write!(f, "the file lacks entry {} with the hash {}", head.seq, head.hash),
            Self::Empty => f.write_str("the file holds no chain"),
        }
    }
}

/// What a reader of the check should know, though nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// Values of an entry are missing: deleted on request, or taken out of this file. The chain holds without them.
    Missing {
        /// Which line.
        line: usize,
        /// Which entry.
        seq: u64,
        /// Their names.
        names: Vec<String>,
    },
    /// A chain came to its end, sound.
    Chain {
        /// Which.
        chain: String,
        /// Its newest entry in this file.
        head: Head,
        /// How many entries the newest seal covers, and when it was made. Entries that were written after that could be
        /// missing without a trace.
        sealed: (u64, Timestamp),
    },
}

/// What a sound export holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sound {
    /// Chains.
    pub chains: usize,
    /// Entries.
    pub entries: u64,
    /// Of these, so many are covered by a seal; the rest is younger than the last sealing.
    pub sealed: u64,
    /// Personal values that are missing: deleted on request, or taken out of the file.
    pub missing_values: u64,
    /// So many entries lack them.
    pub entries_with_missing: u64,
}

/// Checks an export, line by line: push every line, then [`Check::finish`]. It keeps the chains' names and nothing else of
/// what it has seen.
#[derive(Debug)]
pub struct Check<'a> {
    keys: &'a [VerifyingKey],
    now: Timestamp,
    expected: Vec<Head>,
    line: usize,
    chain: Option<Chain>,
    seen: HashSet<String>,
    sound: Sound,
}

/// The chain that is being read.
#[derive(Debug)]
struct Chain {
    name: String,
    seal: Option<Seal>,
    head: Head,
    /// The latest time that an entry said.
    latest: Timestamp,
    /// The earliest time of an entry that the seal does not cover.
    unsealed_since: Option<Timestamp>,
}

impl Chain {
    fn new(name: &str, seal: Option<Seal>) -> Self {
        Self { name: name.into(), seal, head: Head::empty(), latest: Timestamp::MIN, unsealed_since: None }
    }
}

impl<'a> Check<'a> {
    /// A check against the publisher's public keys, as of this time.
    pub fn new(keys: &'a [VerifyingKey], now: Timestamp) -> Self {
        Self { keys, now, expected: Vec::new(), line: 0, chain: None, seen: HashSet::new(), sound: Sound::default() }
    }

    /// And the file must hold these entries, known from an earlier export.
    #[must_use]
    pub fn expecting(self, heads: Vec<Head>) -> Self {
        Self { expected: heads, ..self }
    }

    /// Takes one line of the file.
    pub fn push(&mut self, text: &str) -> Result<Option<Observation>, Broken> {
        self.line += 1;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let line = serde_json::from_str(text).map_err(|_| self.unreadable(text))?;
        match line {
            Line::Seal(seal) => self.take_seal(seal).map(|()| None),
            Line::Entry(entry) => self.take_entry(&entry),
            Line::End(head) => self.take_end(&head).map(Some),
        }
    }

    /// What the file holds, if its end is there.
    pub fn finish(self) -> Result<Sound, Broken> {
        if self.chain.is_some() {
            return Err(Broken::TailCut);
        }
        if self.sound.chains == 0 {
            return Err(Broken::Empty);
        }
        match self.expected.into_iter().next() {
            Some(head) => Err(Broken::NotThere(head)),
            None => Ok(self.sound),
        }
    }

    fn unreadable(&self, text: &str) -> Broken {
        // A table begins with the names of its columns.
        let is_table = self.line == 1 && !text.trim_start_matches('\u{feff}').starts_with('{') && text.contains(',');
        if is_table { Broken::Table } else { Broken::Unreadable(self.line) }
    }

    fn take_seal(&mut self, seal: Seal) -> Result<(), Broken> {
        if self.chain.is_some() {
            return Err(Broken::OutOfOrder(self.line));
        }
        if !seal.is_made_with(self.keys) {
            return Err(Broken::BadSeal(self.line));
        }
        self.has_come(seal.at)?;
        self.begin(&seal.chain.clone(), Some(seal)).map(drop)
    }

    fn begin(&mut self, name: &str, seal: Option<Seal>) -> Result<&mut Chain, Broken> {
        if self.seen.contains(name) {
            return Err(Broken::Twice(self.line));
        }
        Ok(self.chain.insert(Chain::new(name, seal)))
    }

    fn has_come(&self, at: Timestamp) -> Result<(), Broken> {
        if at > add_minutes(self.now, CLOCKS_DIFFER_BY_MINUTES) { Err(Broken::Ahead(self.line, at)) } else { Ok(()) }
    }

    fn take_entry(&mut self, entry: &Entry) -> Result<Option<Observation>, Broken> {
        let line = self.line;
        if self.chain.is_none() {
            self.begin(&entry.chain, None)?;
        }
        self.has_come(entry.at)?;
        let chain = self.chain.as_mut().expect("it was begun above");
        chain.follow(entry, line)?;
        let missing: Vec<String> =
            entry.commitments.keys().filter(|name| !entry.personal.contains_key(*name)).cloned().collect();
        self.expected.retain(|head| *head != chain.head);
        self.sound.entries += 1;
        self.sound.missing_values += missing.len() as u64;
        self.sound.entries_with_missing += u64::from(!missing.is_empty());
        Ok((!missing.is_empty()).then_some(Observation::Missing { line, seq: entry.seq, names: missing }))
    }

    fn take_end(&mut self, end: &Head) -> Result<Observation, Broken> {
        let line = self.line;
        let Some(chain) = self.chain.take() else {
            return Err(if end.seq == 0 { Broken::NoEntries(line) } else { Broken::TailCut });
        };
        if *end != chain.head || chain.seal.as_ref().is_some_and(|seal| chain.head.seq < seal.seq) {
            return Err(Broken::TailCut);
        }
        let Some(seal) = chain.seal else { return Err(Broken::NoSeal(line)) };
        if let Some(since) = chain.unsealed_since
            && self.now >= add_hours(since, SEALED_WITHIN_HOURS)
        {
            return Err(Broken::NotSealed(line, since));
        }
        self.sound.chains += 1;
        self.sound.sealed += seal.seq;
        self.seen.insert(chain.name.clone());
        Ok(Observation::Chain { chain: chain.name, head: chain.head, sealed: (seal.seq, seal.at) })
    }
}

impl Chain {
    /// Goes on to the next entry.
    fn follow(&mut self, entry: &Entry, line: usize) -> Result<(), Broken> {
        if entry.chain != self.name || entry.seq != self.head.seq + 1 {
            return Err(Broken::OutOfOrder(line));
        }
        if entry.hash != hash_of(entry) {
            return Err(Broken::Edited(line));
        }
        if entry.previous != self.head.hash {
            return Err(Broken::OutOfOrder(line));
        }
        for (name, salted) in &entry.personal {
            if entry.commitments.get(name) != Some(&commitment(name, salted)) {
                return Err(Broken::ValueEdited(line, name.clone()));
            }
        }
        let later = |at: Timestamp| add_minutes(at, CLOCKS_DIFFER_BY_MINUTES);
        if later(entry.at) < self.latest {
            return Err(Broken::RunsBack(line, entry.at));
        }
        self.latest = self.latest.max(entry.at);
        self.head = Head { seq: entry.seq, hash: entry.hash.clone() };
        let is_covered = self.seal.as_ref().is_some_and(|seal| entry.seq <= seal.seq);
        if let Some(seal) = &self.seal {
            if seal.seq == entry.seq && seal.hash != entry.hash {
                return Err(Broken::Rewritten(line));
            }
            let fits = if is_covered { entry.at <= later(seal.at) } else { later(entry.at) >= seal.at };
            if !fits {
                return Err(Broken::NotWhenSealed(line, entry.at));
            }
        }
        if !is_covered {
            self.unsealed_since = Some(self.unsealed_since.map_or(entry.at, |since| since.min(entry.at)));
        }
        Ok(())
    }
}
