//! Webhooks: who is told of activations, and how that goes (LINK-11). Their secrets are derived and are stored nowhere.

use licensing::{Timestamp, outside::Endpoint};
use serde::{Deserialize, Serialize};

use crate::{Error, Slot, Store, Table, Write, number, read::Query, text};

/// So many at most: a message is handed out to all of them in one transaction.
pub const MOST: usize = 20;

/// One webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id, by which its secret is derived.
    pub id: String,
    /// Where it is.
    pub url: Endpoint,
    /// Since when.
    pub added_at: Timestamp,
    /// By which operator.
    pub added_by: String,
    /// When it took a message last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
    /// Since when it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// When its receiver said that it has ended for good: it is told nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// So many messages were given up.
    #[serde(default)]
    pub given_up: u32,
    /// When that happened last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up_at: Option<Timestamp>,
}

/// The partition of all webhooks: few, and read together.
const WHO: &str = "webhooks";

/// The slot of a webhook.
pub fn webhook(id: &str) -> Slot<Webhook> {
    Slot::new(Table::Listings, WHO, Some(id.into()))
}

impl Write {
    /// A new webhook.
    pub fn webhook(&mut self, store: &Store, added: &Webhook) {
        self.put_new("webhook", store, &webhook(&added.id), added, vec![]);
    }

    /// A webhook that its receiver had ended is told of activations again; lost if it was removed.
    pub fn resume_webhook(&mut self, store: &Store, id: &str) {
        let slot = webhook(id);
        let update = Self::update_of(store, &slot, "REMOVE ended_at, failing_since, trouble")
            .on_condition("attribute_exists(who)");
        self.push("webhook", &slot, &update);
    }

    /// A webhook no more.
    pub fn remove_webhook(&mut self, store: &Store, id: &str) {
        self.delete(store, &webhook(id));
    }
}

impl Store {
    /// All webhooks: one query.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        self.all(Query::of(Table::Listings, WHO)).await
    }

    /// Notes that a webhook took a message. A webhook that was removed meanwhile stays removed.
    pub async fn webhook_took(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Listings))
            .set_key(Some(webhook(id).key()))
            .update_expression("SET taken_at = :n REMOVE failing_since, trouble")
            .condition_expression("attribute_exists(who)")
            .expression_attribute_values(":n", text(now.to_string()));
        self.update_one(update).await.map(drop)
    }

    /// Notes that a webhook's receiver has ended it.
    pub async fn webhook_ended(&self, id: &str, trouble: &str, now: Timestamp) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.name(Table::Listings))
            .set_key(Some(webhook(id).key()))
            .update_expression(
                "SET ended_at = if_not_exists(ended_at, :n), failing_since = if_not_exists(failing_since, :n), trouble = :t",
            )
            .condition_expression("attribute_exists(who)")
            .expression_attribute_values(":n", text(now.to_string()))
            .expression_attribute_values(":t", text(trouble));
        self.update_one(update).await.map(drop)
    }

    /// Notes that a webhook took no message, and why; or that one was given up.
    pub async fn webhook_failed(
        &self,
        id: &str,
        trouble: &str,
        is_given_up: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let given_up = if is_given_up { ", given_up_at = :n ADD given_up :one" } else { "" };
        let mut update = self
            .client
            .update_item()
            .table_name(self.name(Table::Listings))
            .set_key(Some(webhook(id).key()))
            .update_expression(format!("SET failing_since = if_not_exists(failing_since, :n), trouble = :t{given_up}"))
            .condition_expression("attribute_exists(who)")
            .expression_attribute_values(":n", text(now.to_string()))
            .expression_attribute_values(":t", text(trouble));
        if is_given_up {
            update = update.expression_attribute_values(":one", number(1));
        }
        self.update_one(update).await.map(drop)
    }
}
