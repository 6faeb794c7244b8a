//! The seal: a signature over a chain's newest hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::{Head, hashed};
use crate::when::Timestamp;

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

/// The name of a public key: the first bytes of its hash.
pub fn key_name(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(key.as_bytes())[..9])
}

fn seal_bytes(seal: &Seal) -> Vec<u8> {
    hashed(&["seal", &seal.chain, &seal.seq.to_string(), &seal.hash, &seal.at.to_string(), &seal.key]).into_bytes()
}
