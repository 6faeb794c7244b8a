//! API tokens of order systems and operators: scoped, revocable, stored hashed (ACT-01).

use std::collections::BTreeSet;

use licensing::{CustomerId, Timestamp, when::add_days};
use serde::{Deserialize, Serialize};

use crate::{Error, Slot, Store, Table, Write};

/// An API token; its secret is with its holder only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Who it was minted for, as the audit names its acts.
    pub name: String,
    /// What it may: `orders`, `contacts`, `permissions`; older ones `load`, which is the first two; an operator's `operate`.
    pub scopes: Vec<String>,
    /// Whose data it may load; none: everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<BTreeSet<CustomerId>>,
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

/// For so many days from when it was minted a token loads what gives people rights, whatever else it says: that is for one load.
pub const DAYS_OF_PERMISSIONS: u32 = 7;

/// What may be loaded with a token (ACT-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadScope {
    /// Products, orders, and activations made before.
    Orders,
    /// Customers, accounts, agreements with their contacts, and to whom mail fails.
    Contacts,
    /// Roles that people were given before, and their removal.
    Permissions,
}

impl LoadScope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Orders, Self::Contacts, Self::Permissions];

    /// As tokens and commands name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Contacts => "contacts",
            Self::Permissions => "permissions",
        }
    }
}

/// The slot of a token by the hash of its secret.
pub fn token(hash: &str) -> Slot<Token> {
    Slot::new(Table::Tokens, hash, None)
}

impl Token {
    /// Whether it may do something of this scope at `now`.
    pub fn allows(&self, scope: &str, now: Timestamp) -> bool {
        self.is_good(now) && self.scopes.iter().any(|have| have == scope)
    }

    /// Whether it was not revoked and has not run out.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// What it may load at `now`.
    pub fn loads(&self, now: Timestamp) -> Vec<LoadScope> {
        let has = |scope: LoadScope| match scope {
            LoadScope::Orders | LoadScope::Contacts => self.allows("load", now) || self.allows(scope.as_str(), now),
            LoadScope::Permissions => {
                self.allows(scope.as_str(), now) && now < add_days(self.minted_at, DAYS_OF_PERMISSIONS)
            }
        };
        LoadScope::ALL.into_iter().filter(|scope| has(*scope)).collect()
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
