//! Reading the audit (SAFE-01, SAFE-02).

use serde::{Deserialize, Serialize};

use crate::Instant;

/// One entry as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What: `activation.confirmed`.
    pub action: String,
    /// Who: `person`, `operator`, `link-holder`, `service`.
    pub actor: String,
    /// The actor's address, masked where the reader may not know it; none where it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// What else is said, personal values included where the reader may know them.
    pub facts: Vec<(String, String)>,
    /// Whether a seal covers it already.
    pub sealed: bool,
}

/// The public keys of audit seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// Ed25519 public keys in base64url, by name.
    pub keys: Vec<(String, String)>,
}
