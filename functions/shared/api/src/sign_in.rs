//! Signing in with a mailed code or link (REG-01 … REG-05).

use licensing::Address;
use serde::{Deserialize, Serialize};

use crate::Instant;

/// Asks for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The work e-mail address.
    pub address: Address,
}

/// A code was mailed, or would have been: the answer is the same whoever asks (REG-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// To this address.
    pub address: Address,
    /// The code is good until then.
    pub expires_at: Instant,
}

/// A mailed link's token, from the fragment of its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    /// The token.
    pub token: String,
}

/// What a sign-in link's page shows before anything is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkShown {
    /// As whom; only in the browser that asked, otherwise the person types it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// Signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "SignInFields")]
pub enum SignIn {
    /// With six digits.
    Code {
        /// As whom.
        address: Address,
        /// The digits; spaces are ignored.
        code: String,
    },
    /// With the mailed link.
    Link {
        /// The token.
        token: String,
        /// The address, typed, in a browser that did not ask.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Address>,
    },
}

/// Read as fields first, so that a refusal names the one that does not fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInFields {
    address: Option<Address>,
    code: Option<String>,
    token: Option<String>,
}

impl TryFrom<SignInFields> for SignIn {
    type Error = &'static str;
    fn try_from(fields: SignInFields) -> Result<Self, Self::Error> {
        match fields {
            SignInFields { address: Some(address), code: Some(code), token: None } => Ok(Self::Code { address, code }),
            SignInFields { address, code: None, token: Some(token) } => Ok(Self::Link { token, address }),
            SignInFields { code: Some(_), token: Some(_), .. } => Err("not both field `code` and `token`"),
            SignInFields { address: None, .. } => Err("missing field `address`"),
            SignInFields { code: None, .. } => Err("missing field `code`"),
        }
    }
}
