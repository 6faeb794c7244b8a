//! What requests are about: one activation, by its names or by a mailed link.

use licensing::{Licence, Sku};
use serde::{Deserialize, Serialize};

/// Names one activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Under which Licensing ID.
    #[serde(deserialize_with = "crate::exact_licence")]
    pub licence: Licence,
    /// What.
    pub product: Sku,
}

/// What the wizard is about: a mailed link, or an activation of the portal (LINK-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A mailed link's token.
    Link(String),
    /// From Manage activations.
    Portal(Which),
}
