//! Signing in with a mailed code or link (REG-01 … REG-05).

use licensing::{
    Address,
    words::{TypedAddress, typed_address},
};
use serde::{Deserialize, Serialize};

use crate::Instant;

/// Asks for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The work email address.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
}

/// A code was emailed, or would have been: the answer is the same for every address (REG-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// To this address.
    pub address: Address,
    /// The same with its domain in its own letters, where that has others than ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_letters: Option<String>,
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
        /// The digits; spaces, dashes and other scripts' digits are taken.
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
    address: Option<TypedAddress>,
    code: Option<String>,
    token: Option<String>,
}

impl TryFrom<SignInFields> for SignIn {
    type Error = &'static str;
    fn try_from(fields: SignInFields) -> Result<Self, Self::Error> {
        let SignInFields { address, code, token } = fields;
        let fields = (address.map(|typed| typed.0), code, token);
        match fields {
            (Some(address), Some(code), None) => Ok(Self::Code { address, code }),
            (address, None, Some(token)) => Ok(Self::Link { token, address }),
            (_, Some(_), Some(_)) => Err("not both field `code` and `token`"),
            (None, ..) => Err("missing field `address`"),
            (_, None, _) => Err("missing field `code`"),
        }
    }
}
