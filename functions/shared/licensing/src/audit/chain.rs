//! The chain: entries that each include the hash of the one before, with commitments to what is personal.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::note::{Actor, Note};
use crate::{
    when::Timestamp,
    words::{AccountId, Licence, ProfileId},
};

/// The chain of a Licensing ID.
pub fn licence_chain(licence: &Licence) -> String {
    format!("licence#{licence}")
}

/// The Licensing ID whose chain it is; none of other chains.
pub fn licence_of_chain(chain: &str) -> Option<Licence> {
    chain.strip_prefix("licence#")?.parse().ok()
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

pub(super) fn commitment(name: &str, salted: &Salted) -> String {
    hashed(&["commitment", name, &salted.salt, &salted.value])
}

pub(super) fn hash_of(entry: &Entry) -> String {
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

pub(super) fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update((parts.len() as u64).to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}
