//! API tokens of order systems and operators: scoped, revocable, stored hashed (ACT-01).

use licensing::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Error, Slot, Store, Table, Write};

/// An API token; its secret is with its holder only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Who it was minted for, as the audit names its acts.
    pub name: String,
    /// What it may: `load`.
    pub scopes: Vec<String>,
    /// When it was minted.
    pub minted_at: Timestamp,
    /// It is good until then.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// From 1.
    pub version: u64,
}

/// The slot of a token by the hash of its secret.
pub fn token(hash: &str) -> Slot<Token> {
    Slot::new(Table::Tokens, hash, None)
}

impl Token {
    /// Whether it may do something of this scope at `now`.
    pub fn allows(&self, scope: &str, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && self.scopes.iter().any(|have| have == scope)
    }
}

impl Write {
    /// A token; what is stored must still be what was read.
    pub fn token(&mut self, store: &Store, hash: &str, seen: Option<u64>, after: &Token) {
        self.put_version("token", store, &token(hash), after, seen, vec![]);
    }
}

impl Store {
    /// The token with this hash.
    pub async fn token(&self, hash: &str) -> Result<Option<Token>, Error> {
        self.get(&token(hash)).await
    }
}
