//! The digest of a record's content: it stands for the record where there are many, or where only equality is asked for.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// 128 bits of SHA-256 over a record's content, by which two records of the same key are compared. It is stored as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub(crate) [u8; 16]);

/// The digest of a record as it is stored.
pub(crate) fn digest_of(record: &impl Serialize) -> Digest {
    let text = serde_json::to_vec(record).expect("what is stored has a form in JSON");
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(text)[..16]);
    Digest(bytes)
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0.iter().fold(Self::with_capacity(32), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a text takes what is written to it");
            text
        })
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const NONE: &str = "is no digest: that is 32 hexadecimal digits";
        let digits = text.as_bytes();
        if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NONE);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NONE)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NONE)?;
        }
        Ok(Self(bytes))
    }
}
