//! What subscribers are told of activations (LINK-11): on the event bus and by webhooks.
//!
//! A message is written with the change that it tells of, and tells all that a subscriber has to know: how the activation
//! stands after it. Messages may arrive twice or in another order; the version says which one is newer.

use serde::{Deserialize, Serialize};

use crate::{
    phase::{How, Phase},
    seal::short_name,
    when::Timestamp,
    words::{AccountId, CustomerId, Licence, Sku},
};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What happened.
    pub what: MessageKind,
    /// When.
    pub at: Timestamp,
    /// What makes it another message than all others.
    pub mark: String,
    /// How the activation stands after it; none in a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<ActivationData>,
}

/// Of what kind a message is: what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// The licence was put on an account: by a person, or without asking where there was only one account (ACT-08).
    Confirmed,
    /// The product's provisioning endpoint said that it is done: it is in use.
    Provisioned,
    /// The endpoint refused; nothing is in use.
    Refused,
    /// It was taken back.
    Undone,
    /// It was moved to another account.
    Moved,
    /// A further order added seats or units (ACT-07).
    QuantityRaised,
    /// To the provisioning endpoint only: set it up, and answer when that is done.
    Provision,
    /// An operator tries a webhook.
    Test,
}

impl MessageKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Confirmed,
        Self::Provisioned,
        Self::Refused,
        Self::Undone,
        Self::Moved,
        Self::QuantityRaised,
        Self::Provision,
        Self::Test,
    ];

    /// The name by which subscribers tell messages apart.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "activation.confirmed",
            Self::Provisioned => "activation.provisioned",
            Self::Refused => "activation.refused",
            Self::Undone => "activation.undone",
            Self::Moved => "activation.moved",
            Self::QuantityRaised => "activation.quantity_raised",
            Self::Provision => "activation.provision",
            Self::Test => "webhook.test",
        }
    }

    /// Whether a product's provisioning endpoint is told: what changes after it was asked to set something up.
    pub const fn concerns_endpoint(self) -> bool {
        matches!(self, Self::Undone | Self::Moved | Self::QuantityRaised)
    }
}

/// An activation as subscribers see it: no person, no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationData {
    /// Rises with each change of the activation.
    pub version: u64,
    /// Under which Licensing ID.
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// The product's name.
    pub product_name: String,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// How far it has come.
    pub state: Phase,
    /// On which account, where it is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// On which account it was, where that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_account: Option<AccountId>,
    /// Whether a person confirmed it, or it was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
    /// Why it was refused, in the endpoint's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Message {
    /// A test of a webhook.
    pub const fn test(mark: String, at: Timestamp) -> Self {
        Self { what: MessageKind::Test, at, mark, standing: None }
    }

    /// Its id: the same for all who are told, and for each repeat.
    pub fn id(&self) -> String {
        let kind = if matches!(self.what, MessageKind::Provision) { "prv" } else { "msg" };
        format!("{kind}_{}", short_name(&format!("{}|{}", self.what.as_str(), self.mark)))
    }

    /// Its text, as it is signed and sent.
    pub fn body(&self) -> String {
        let data = self.standing.as_ref().map_or_else(|| serde_json::json!({}), data);
        serde_json::json!({ "type": self.what.as_str(), "timestamp": self.at, "data": data }).to_string()
    }
}

fn data(told: &ActivationData) -> serde_json::Value {
    let mut data = serde_json::to_value(told).unwrap_or_default();
    // The Licensing ID in two parts, as everywhere else at the door.
    if let Some(fields) = data.as_object_mut() {
        fields.remove("licence");
        fields.insert("programme".into(), told.licence.programme.to_string().into());
        fields.insert("number".into(), told.licence.number.as_str().into());
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LINK-11 subscribers tell messages apart by their names, and an endpoint is told of what changes after it was asked.
    #[test]
    fn link_11_each_message_has_its_name_and_endpoints_learn_of_changes() {
        let names = "activation.confirmed activation.provisioned activation.refused activation.undone activation.moved \
                     activation.quantity_raised activation.provision webhook.test";
        assert_eq!(MessageKind::ALL.map(MessageKind::as_str).join(" "), names);
        let concern: Vec<MessageKind> = MessageKind::ALL.into_iter().filter(|what| what.concerns_endpoint()).collect();
        assert_eq!(concern, [MessageKind::Undone, MessageKind::Moved, MessageKind::QuantityRaised]);
    }

    /// LINK-11 a message's id is its own, and shows whether it asks or tells; a test of a webhook tells of no activation.
    #[test]
    fn link_11_a_test_of_a_webhook_tells_nothing() {
        let test = |mark: &str| Message::test(mark.into(), "2026-11-22T03:00:00Z".parse().unwrap());
        let body = r#"{"data":{},"timestamp":"2026-11-22T03:00:00Z","type":"webhook.test"}"#;
        assert_eq!(test("hook-1").body(), body);
        assert!(test("hook-1").id().starts_with("msg_"));
        assert_ne!(test("hook-1").id(), test("hook-2").id());
    }
}
