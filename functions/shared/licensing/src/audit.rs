//! The audit: an append-only chain per Licensing ID, per profile and per organisation account (SAFE-01).
//!
//! An entry commits to its personal values by salted hashes, so that a value and its salt can be deleted and the chain
//! still holds. Each entry includes the hash of the one before; the newest hash is sealed from time to time with an
//! Ed25519 signature whose key the writing functions don't hold, so that a chain re-computed as a whole is seen as well.

mod verify;

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::verify::{Broken, Check, Line, SEALED_WITHIN_HOURS, Sound, Told};
use crate::{
    when::Timestamp,
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

    /// Whether it was made with one of these keys, as it stands.
    pub fn is_made_with(&self, keys: &[VerifyingKey]) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(&self.signature).ok();
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        let key = keys.iter().find(|key| key_name(key) == self.key);
        key.zip(signature).is_some_and(|(key, signature)| key.verify(&seal_bytes(self), &signature).is_ok())
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
