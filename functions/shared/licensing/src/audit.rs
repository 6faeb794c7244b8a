//! The audit: an append-only chain per Licensing ID, per profile and per organisation account (SAFE-01).
//!
//! An entry commits to its personal values by salted hashes, so that a value and its salt can be deleted and the chain
//! still holds. Each entry includes the hash of the one before; the newest hash is sealed from time to time with an
//! Ed25519 signature whose key the writing functions don't hold, so that a chain re-computed as a whole is seen as well.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    when::{Timestamp, add_hours},
    words::{AccountId, Address, Licence, ProfileId},
};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, signed in.
    Person {
        /// The profile.
        profile: ProfileId,
        /// The address by which the person acted.
        address: Address,
    },
    /// One of the publisher's operators.
    Operator {
        /// The name under which the operator is known here.
        name: String,
    },
    /// Whoever holds a mailed link, not signed in.
    LinkHolder,
    /// An administrator whose name the reader of this chain may not know (REQ-03); another chain names them.
    Administrator,
    /// The service itself, by one of its functions.
    Service,
}

/// What a change says of itself. `facts` name things; `personal` names people and can be deleted later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was done, in the past tense: `activation.confirmed`.
    pub action: &'static str,
    /// Who did it.
    pub actor: Actor,
    /// What is not personal.
    pub facts: BTreeMap<String, String>,
    /// What is.
    pub personal: BTreeMap<String, String>,
}

impl Note {
    /// A note without further facts.
    pub fn new(action: &'static str, actor: Actor) -> Self {
        Self { action, actor, facts: BTreeMap::new(), personal: BTreeMap::new() }
    }

    /// With one more fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.into(), value.to_string());
        self
    }

    /// With one more personal value.
    #[must_use]
    pub fn personal(mut self, name: &str, value: impl ToString) -> Self {
        self.personal.insert(name.into(), value.to_string());
        self
    }
}

/// The chain of a Licensing ID.
pub fn licence_chain(licence: &Licence) -> String {
    format!("licence#{licence}")
}

/// The chain of a profile.
pub fn profile_chain(profile: &ProfileId) -> String {
    format!("profile#{profile}")
}

/// The chain of an organisation account.
pub fn account_chain(account: &AccountId) -> String {
    format!("account#{account}")
}

/// One entry as it is stored and exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Which chain.
    pub chain: String,
    /// Its place, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// `person`, `operator`, `link-holder`, `administrator` or `service`.
    pub actor: String,
    /// What is not personal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The commitments to what is personal; they stay when the values are deleted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: BTreeMap<String, String>,
    /// What is personal, with its salt; absent once deleted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub personal: BTreeMap<String, Salted>,
    /// The hash of the entry before; empty for the first.
    pub previous: String,
    /// The hash of this entry.
    pub hash: String,
}

/// A personal value and what hides it in its commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Salted {
    /// The value.
    pub value: String,
    /// 128 random bits in base64url.
    pub salt: String,
}

/// The newest entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its place; 0 for a chain without entries.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Head {
    /// The head of a chain without entries.
    pub const fn empty() -> Self {
        Self { seq: 0, hash: String::new() }
    }
}

/// The entry that follows `head`. `salt` draws 16 random bytes for each personal value.
pub fn append(chain: &str, head: &Head, note: Note, at: Timestamp, mut salt: impl FnMut() -> [u8; 16]) -> Entry {
    let mut personal = note.personal;
    let actor = match note.actor {
        Actor::Person { profile, address } => {
            personal.insert("actor".into(), address.as_str().into());
            personal.insert("actor-profile".into(), profile.as_str().into());
            "person"
        }
        Actor::Operator { name } => {
            personal.insert("actor".into(), name);
            "operator"
        }
        Actor::LinkHolder => "link-holder",
        Actor::Administrator => "administrator",
        Actor::Service => "service",
    };
    let personal: BTreeMap<String, Salted> = personal
        .into_iter()
        .map(|(name, value)| (name, Salted { value, salt: URL_SAFE_NO_PAD.encode(salt()) }))
        .collect();
    let mut entry = Entry {
        chain: chain.into(),
        seq: head.seq + 1,
        at,
        action: note.action.into(),
        actor: actor.into(),
        facts: note.facts,
        commitments: personal.iter().map(|(name, salted)| (name.clone(), commitment(name, salted))).collect(),
        personal,
        previous: head.hash.clone(),
        hash: String::new(),
    };
    entry.hash = hash_of(&entry);
    entry
}

/// A signature over a chain's head, made by a function that writes no entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Which chain.
    pub chain: String,
    /// So many entries are sealed.
    pub seq: u64,
    /// The hash of the last of them.
    pub hash: String,
    /// When it was sealed.
    pub at: Timestamp,
    /// Which key.
    pub key: String,
    /// Ed25519 over the fields above, in base64url.
    pub signature: String,
}

impl Seal {
    /// The head that is sealed.
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash.clone() }
    }
}

/// Seals a head.
pub fn seal(chain: &str, head: &Head, at: Timestamp, key: &SigningKey) -> Seal {
    let mut seal = Seal {
        chain: chain.into(),
        seq: head.seq,
        hash: head.hash.clone(),
        at,
        key: key_name(&key.verifying_key()),
        signature: String::new(),
    };
    seal.signature = URL_SAFE_NO_PAD.encode(key.sign(&seal_bytes(&seal)).to_bytes());
    seal
}

/// Whether entries lead from one head of a chain to another, nothing edited, left out or put in between. Who seals asks
/// this of everything since the last seal, so that a chain that was computed again is not sealed as well.
pub fn leads<'e>(chain: &str, from: &Head, entries: impl IntoIterator<Item = &'e Entry>, to: &Head) -> bool {
    let mut reached = from.clone();
    for entry in entries {
        let follows = entry.chain == chain && entry.seq == reached.seq + 1 && entry.previous == reached.hash;
        if !follows || entry.hash != hash_of(entry) {
            return false;
        }
        reached = Head { seq: entry.seq, hash: entry.hash.clone() };
    }
    reached == *to
}

/// The name of a public key: the first bytes of its hash.
pub fn key_name(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(key.as_bytes())[..9])
}

/// One line of an export: entries in order, then the newest seal, so that a cut tail is seen.
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
    /// Nothing in the file.
    Empty,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(line) => write!(f, "line {line} is neither an entry nor a seal"),
            Self::OutOfOrder(line) => write!(f, "line {line}: an entry was removed, moved or put in before it"),
            Self::Edited(line) => write!(f, "line {line}: the entry was changed after it was written"),
            Self::ValueEdited(line, name) => write!(f, "line {line}: the value of {name:?} was changed"),
            Self::TailCut => f.write_str("the end of the file is missing: entries or the closing lines were cut off"),
            Self::BadSeal(line) => write!(f, "line {line}: the seal was not made with a known key of the publisher"),
            Self::Rewritten(line) => write!(f, "line {line}: the entries are not those that were sealed"),
            Self::Empty => f.write_str("the file holds no chain"),
        }
    }
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
    /// Personal values that were deleted on request.
    pub deleted_values: usize,
    /// When the earliest entry was written that no seal covers.
    pub unsealed_since: Option<Timestamp>,
}

impl Sound {
    /// Whether entries have waited for a seal longer than sealing takes: its schedule does not run, or seals were taken away.
    pub fn waits_too_long(&self, now: Timestamp) -> bool {
        self.unsealed_since.is_some_and(|since| now >= add_hours(since, SEALED_WITHIN_HOURS))
    }
}

/// What is written is sealed within minutes, and within so many hours whatever happens.
const SEALED_WITHIN_HOURS: u32 = 24;

/// Checks an export, line by line in bounded memory: push every line, then [`Check::finish`].
#[derive(Debug)]
pub struct Check<'a> {
    keys: &'a [VerifyingKey],
    line: usize,
    head: Head,
    chain: Option<String>,
    sealed_here: u64,
    seal_ahead: Option<(usize, Seal)>,
    sound: Sound,
}

impl<'a> Check<'a> {
    /// A check against the publisher's public keys.
    pub fn new(keys: &'a [VerifyingKey]) -> Self {
        Self {
            keys,
            line: 0,
            head: Head::empty(),
            chain: None,
            sealed_here: 0,
            seal_ahead: None,
            sound: Sound::default(),
        }
    }

    /// Takes one line of the file.
    pub fn push(&mut self, text: &str) -> Result<(), Broken> {
        self.line += 1;
        if text.trim().is_empty() {
            return Ok(());
        }
        match serde_json::from_str(text).map_err(|_| Broken::Unreadable(self.line))? {
            Line::Seal(seal) => self.take_seal(seal),
            Line::Entry(entry) => self.take_entry(&entry),
            Line::End(head) => self.take_end(&head),
        }
    }

    /// What the file holds, if its end is there.
    pub fn finish(self) -> Result<Sound, Broken> {
        if self.chain.is_some() {
            return Err(Broken::TailCut);
        }
        if self.sound.chains == 0 { Err(Broken::Empty) } else { Ok(self.sound) }
    }

    fn take_seal(&mut self, seal: Seal) -> Result<(), Broken> {
        if self.chain.is_some() {
            return Err(Broken::OutOfOrder(self.line));
        }
        let key = self.keys.iter().find(|key| key_name(key) == seal.key).ok_or(Broken::BadSeal(self.line))?;
        let signature = URL_SAFE_NO_PAD
            .decode(&seal.signature)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or(Broken::BadSeal(self.line))?;
        key.verify(&seal_bytes(&seal), &signature).map_err(|_| Broken::BadSeal(self.line))?;
        self.chain = Some(seal.chain.clone());
        self.seal_ahead = Some((self.line, seal));
        Ok(())
    }

    fn take_entry(&mut self, entry: &Entry) -> Result<(), Broken> {
        let line = self.line;
        let chain = self.chain.get_or_insert_with(|| entry.chain.clone());
        if entry.chain != *chain || entry.seq != self.head.seq + 1 {
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
        self.sound.deleted_values += entry.commitments.len() - entry.personal.len();
        self.sound.entries += 1;
        if self.seal_ahead.as_ref().is_none_or(|(_, seal)| entry.seq > seal.seq) {
            self.sound.unsealed_since = Some(self.sound.unsealed_since.map_or(entry.at, |since| since.min(entry.at)));
        }
        self.head = Head { seq: entry.seq, hash: entry.hash.clone() };
        if let Some((_, seal)) = &self.seal_ahead
            && seal.seq == entry.seq
        {
            if seal.hash != entry.hash {
                return Err(Broken::Rewritten(line));
            }
            self.sealed_here = seal.seq;
        }
        Ok(())
    }

    fn take_end(&mut self, end: &Head) -> Result<(), Broken> {
        let sealed = self.seal_ahead.as_ref().map_or(0, |(_, seal)| seal.seq);
        if *end != self.head || self.head.seq < sealed {
            return Err(Broken::TailCut);
        }
        self.sound.chains += 1;
        self.sound.sealed += self.sealed_here;
        self.chain = None;
        self.head = Head::empty();
        self.seal_ahead = None;
        self.sealed_here = 0;
        Ok(())
    }
}

fn commitment(name: &str, salted: &Salted) -> String {
    hashed(&["commitment", name, &salted.salt, &salted.value])
}

fn hash_of(entry: &Entry) -> String {
    let seq = entry.seq.to_string();
    let at = entry.at.to_string();
    let mut parts: Vec<&str> =
        vec!["entry", &entry.chain, &seq, &at, &entry.action, &entry.actor, &entry.previous, "facts"];
    for (name, value) in &entry.facts {
        parts.extend([name.as_str(), value.as_str()]);
    }
    parts.push("commitments");
    for (name, value) in &entry.commitments {
        parts.extend([name.as_str(), value.as_str()]);
    }
    hashed(&parts)
}

fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update((parts.len() as u64).to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

fn seal_bytes(seal: &Seal) -> Vec<u8> {
    hashed(&["seal", &seal.chain, &seal.seq.to_string(), &seal.hash, &seal.at.to_string(), &seal.key]).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signing() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    fn export(count: u64, sealed: u64) -> Vec<String> {
        let at: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let mut head = Head::empty();
        let mut entries = Vec::new();
        let mut the_seal = None;
        let mut salt = 0;
        for number in 0..count {
            let note =
                Note::new("activation.confirmed", Actor::Service).fact("n", number).personal("to", "a@b.example");
            let entry = append("licence#enterprise/1", &head, note, at, || {
                salt += 1;
                [salt; 16]
            });
            head = Head { seq: entry.seq, hash: entry.hash.clone() };
            if head.seq == sealed {
                the_seal = Some(seal("licence#enterprise/1", &head, at, &signing()));
            }
            entries.push(Line::Entry(entry));
        }
        let mut lines: Vec<Line> = the_seal.map(Line::Seal).into_iter().collect();
        lines.extend(entries);
        lines.push(Line::End(head));
        lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect()
    }

    fn check(lines: &[String]) -> Result<Sound, Broken> {
        let keys = [signing().verifying_key()];
        let mut check = Check::new(&keys);
        for line in lines {
            check.push(line)?;
        }
        check.finish()
    }

    /// SAFE-01 a sound export is sound, also after personal values were deleted.
    #[test]
    fn safe_01_personal_values_can_be_deleted_with_the_chain_still_valid() {
        let mut lines = export(5, 4);
        let at: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let sound = Sound { chains: 1, entries: 5, sealed: 4, deleted_values: 0, unsealed_since: Some(at) };
        assert_eq!(check(&lines), Ok(sound));
        let Line::Entry(mut entry) = serde_json::from_str(&lines[2]).unwrap() else { panic!() };
        entry.personal.clear();
        lines[2] = serde_json::to_string(&Line::Entry(entry)).unwrap();
        assert_eq!(check(&lines).unwrap().deleted_values, 1);
        lines.extend(export(2, 2));
        let both = check(&lines).unwrap();
        assert_eq!((both.chains, both.entries, both.sealed, both.deleted_values), (2, 7, 6, 1));
    }

    /// SAFE-01 edits, removals, reordering, cut tails and whole re-computed chains are detected.
    #[test]
    fn safe_01_every_tampering_is_detected() {
        let good = export(6, 5);
        let with = |change: fn(&mut Vec<String>)| {
            let mut lines = good.clone();
            change(&mut lines);
            check(&lines)
        };
        assert!(matches!(with(|l| l[3] = l[3].replace("\"n\":\"2\"", "\"n\":\"9\"")), Err(Broken::Edited(4))));
        assert!(matches!(with(|l| l[3] = l[3].replace("a@b", "x@b")), Err(Broken::ValueEdited(4, _))));
        assert!(matches!(with(|l| drop(l.remove(3))), Err(Broken::OutOfOrder(4))));
        assert!(matches!(with(|l| l.swap(3, 4)), Err(Broken::OutOfOrder(4))));
        assert!(matches!(with(|l| l.truncate(6)), Err(Broken::TailCut)));
        assert!(matches!(with(|l| drop(l.remove(6))), Err(Broken::TailCut)));
        assert!(matches!(with(|l| l.push("{}".into())), Err(Broken::Unreadable(9))));
        assert!(matches!(with(Vec::clear), Err(Broken::Empty)));

        // The whole chain computed again from another beginning, with its own end, under the old seal and under a forged one.
        let mut forged = export(7, 0);
        forged.remove(0);
        let at: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let mut head = Head::empty();
        let mut lines = vec![good[0].clone()];
        for _ in 0..6 {
            let entry = append("licence#enterprise/1", &head, Note::new("other", Actor::Service), at, || [0; 16]);
            head = Head { seq: entry.seq, hash: entry.hash.clone() };
            lines.push(serde_json::to_string(&Line::Entry(entry)).unwrap());
        }
        lines.push(serde_json::to_string(&Line::End(head.clone())).unwrap());
        assert!(matches!(check(&lines), Err(Broken::Rewritten(6))));
        let foreign = seal("licence#enterprise/1", &head, at, &SigningKey::from_bytes(&[4; 32]));
        lines[0] = serde_json::to_string(&Line::Seal(foreign)).unwrap();
        assert!(matches!(check(&lines), Err(Broken::BadSeal(1))));
    }

    /// SAFE-01 entries that were cut off before the seal are missed, also with a closing line that was written anew.
    #[test]
    fn safe_01_a_tail_that_was_cut_and_closed_again_is_missed() {
        let cut_to = |count: usize| {
            let mut lines = export(6, 5);
            lines.truncate(1 + count);
            let Line::Entry(last) = serde_json::from_str(&lines[count]).unwrap() else { panic!() };
            let end = Line::End(Head { seq: last.seq, hash: last.hash });
            lines.push(serde_json::to_string(&end).unwrap());
            check(&lines)
        };
        assert_eq!((cut_to(1), cut_to(4)), (Err(Broken::TailCut), Err(Broken::TailCut)));
        assert_eq!(cut_to(5).unwrap().sealed, 5, "what is younger than the seal, no seal can tell of");
    }

    /// SAFE-01 a seal is checked against the key that it names, among those that sealed before and after.
    #[test]
    fn safe_01_a_seal_is_checked_against_its_own_key() {
        let (before, after) = (SigningKey::from_bytes(&[2; 32]), SigningKey::from_bytes(&[4; 32]));
        let keys = [&before, &signing(), &after].map(SigningKey::verifying_key);
        let mut several = Check::new(&keys);
        let sound = export(3, 3).iter().try_for_each(|line| several.push(line)).and_then(|()| several.finish());
        assert_eq!(sound.map(|sound| sound.sealed), Ok(3));
        let mut without = Check::new(&keys[..1]);
        assert_eq!(without.push(&export(3, 3)[0]), Err(Broken::BadSeal(1)));
    }

    /// SAFE-01 a seal vouches for all that it says: for which chain, how many entries, their hash, and since when.
    #[test]
    fn safe_01_a_seal_vouches_for_all_that_it_says() {
        let Line::Seal(seal) = serde_json::from_str(&export(3, 3)[0]).unwrap() else { panic!() };
        let taken = |seal: Seal| {
            let keys = [signing().verifying_key()];
            Check::new(&keys).push(&serde_json::to_string(&Line::Seal(seal)).unwrap())
        };
        assert_eq!(taken(seal.clone()), Ok(()));
        for changed in [
            Seal { chain: "licence#enterprise/2".into(), ..seal.clone() },
            Seal { seq: 2, ..seal.clone() },
            Seal { hash: seal.signature.clone(), ..seal.clone() },
            Seal { at: add_hours(seal.at, 1), ..seal.clone() },
        ] {
            assert_eq!(taken(changed.clone()), Err(Broken::BadSeal(1)), "{changed:?}");
        }
    }

    /// SAFE-01 what follows the last entry is the next one of the same chain: no number is left out, no other chain begins.
    #[test]
    fn safe_01_what_follows_is_the_next_of_the_same_chain() {
        let lines = export(3, 3);
        let Line::End(head) = serde_json::from_str(&lines[4]).unwrap() else { panic!() };
        let followed_by = |chain: &str, head: &Head| {
            let entry = append(chain, head, Note::new("other", Actor::Service), Timestamp::UNIX_EPOCH, || [0; 16]);
            let end = Line::End(Head { seq: entry.seq, hash: entry.hash.clone() });
            let more = [Line::Entry(entry), end].map(|line| serde_json::to_string(&line).unwrap());
            check(&[&lines[..4], &more].concat()).map(|sound| sound.entries)
        };
        assert_eq!(followed_by("licence#enterprise/1", &head), Ok(4));
        assert_eq!(followed_by("licence#enterprise/2", &head), Err(Broken::OutOfOrder(5)));
        let left_out = Head { seq: head.seq + 1, ..head };
        assert_eq!(followed_by("licence#enterprise/1", &left_out), Err(Broken::OutOfOrder(5)));
    }

    /// SAFE-01 each Licensing ID, profile and account has a chain of its own.
    #[test]
    fn safe_01_each_noun_has_a_chain_of_its_own() {
        assert_eq!(licence_chain(&"enterprise/1".parse().unwrap()), "licence#enterprise/1");
        assert_eq!(profile_chain(&"1".parse().unwrap()), "profile#1");
        assert_eq!(account_chain(&"1".parse().unwrap()), "account#1");
    }

    /// SAFE-01 who checks an export is told what is wrong, and on which line.
    #[test]
    fn safe_01_a_fault_is_told_with_its_line() {
        let on_line = [
            Broken::Unreadable(17),
            Broken::OutOfOrder(17),
            Broken::Edited(17),
            Broken::ValueEdited(17, "to".into()),
            Broken::BadSeal(17),
            Broken::Rewritten(17),
        ]
        .map(|broken| broken.to_string());
        assert!(on_line.iter().all(|text| text.starts_with("line 17")), "{on_line:?}");
        assert!(on_line[3].contains("\"to\""));
        let different: std::collections::BTreeSet<_> =
            on_line.into_iter().chain([Broken::TailCut, Broken::Empty].map(|broken| broken.to_string())).collect();
        assert_eq!(different.len(), 8);
    }

    /// SAFE-01 a sound export whose seal is missing, or covers too little, is told after a day.
    #[test]
    fn safe_01_what_waits_too_long_for_a_seal_is_told() {
        let day: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        let second_before = Timestamp::from_second(day.as_second() - 1).unwrap();
        for (sealed, waits) in [(5, false), (4, true), (0, true)] {
            let sound = check(&export(5, sealed)).unwrap();
            assert_eq!((sound.waits_too_long(second_before), sound.waits_too_long(day)), (false, waits), "{sealed}");
        }
    }

    /// SAFE-01 what is sealed next is what was written since the last seal: no entry edited, left out, moved or put in.
    #[test]
    fn safe_01_only_what_leads_from_the_last_seal_is_sealed() {
        let lines = export(6, 0);
        let entries: Vec<Entry> = lines[..6]
            .iter()
            .map(|line| match serde_json::from_str(line).unwrap() {
                Line::Entry(entry) => entry,
                other => panic!("{other:?}"),
            })
            .collect();
        let head = |entry: &Entry| Head { seq: entry.seq, hash: entry.hash.clone() };
        let chain = "licence#enterprise/1";
        let (from, to) = (head(&entries[2]), head(&entries[5]));
        assert!(leads(chain, &Head::empty(), &entries, &to) && leads(chain, &from, &entries[3..], &to));
        assert!(leads(chain, &to, [], &to));
        let with = |change: fn(&mut Vec<Entry>)| {
            let mut changed = entries[3..].to_vec();
            change(&mut changed);
            leads(chain, &from, &changed, &to)
        };
        assert!(!with(|e| e[1].action = "other".into()));
        assert!(!with(|e| drop(e.remove(1))));
        assert!(!with(|e| e.swap(0, 1)));
        assert!(!with(|e| drop(e.pop())));
        assert!(!with(|e| e[1].seq = 9));
        assert!(!leads("licence#enterprise/2", &from, &entries[3..], &to));
        assert!(!leads(chain, &Head { seq: 3, hash: "x".into() }, &entries[3..], &to), "not what was sealed");
    }

    proptest! {
        /// SAFE-01 whichever character of an entry or seal is changed, the export is no longer sound.
        #[test]
        fn safe_01_no_character_can_be_changed(line in 0usize..4, at in 0usize..400) {
            let mut lines = export(3, 3);
            let mut bytes = lines[line].clone().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at].is_ascii_alphanumeric());
            bytes[at] = if bytes[at] == b'q' { b'7' } else { b'q' };
            lines[line] = String::from_utf8(bytes).unwrap();
            prop_assert!(check(&lines).is_err());
        }
    }
}
