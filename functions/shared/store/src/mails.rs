//! The mail ledger: every letter that was or will be sent, and what became of it.

use licensing::{Address, Licence, Sku, Timestamp, event::Event, when::add_days};
use serde::{Deserialize, Serialize};

use crate::{Error, Slot, Store, Table, failed, read::Query, text, write::expires};

/// One letter to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The event that asked for it.
    pub event: String,
    /// Which letter, and which version of its text.
    pub template: String,
    /// The version of the text.
    pub template_version: u32,
    /// Its subject.
    pub subject: String,
    /// To whom.
    pub to: Address,
    /// Under which Licensing ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Licence>,
    /// About which product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Sku>,
    /// With which activation link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    /// When it was first taken up.
    pub queued_at: Timestamp,
    /// Somebody is sending it until then: nobody else does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    /// When SES took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// The name that SES gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ses_id: Option<String>,
    /// When the receiving server took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When the receiving server refused it for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced_at: Option<Timestamp>,
    /// When the recipient complained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complained_at: Option<Timestamp>,
    /// When it was not sent because mail to the address is known to fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_at: Option<Timestamp>,
}

/// What was reported of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The receiving server took it.
    Delivered,
    /// The receiving server refused it for good.
    Bounced,
    /// The recipient complained.
    Complained,
    /// It was not sent.
    Suppressed,
}

/// The ledger is kept so long, days.
const KEPT_DAYS: u32 = 800;

/// The name of the letter of an event to a person: a tag of the mail, so that reports name it.
pub fn letter_id(event: &Event, to: &Address) -> String {
    licensing::seal::short_name(&format!("{}|{}", event.id(), to.as_str()))
}

/// The slot of a letter.
pub fn letter(id: &str) -> Slot<Letter> {
    Slot::new(Table::Mails, id, None)
}

/// What taking a letter up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// It is ours to send until the lease ends.
    Ours,
    /// It was sent, or will never be.
    Done,
    /// Somebody else is sending it right now.
    Theirs,
}

impl Store {
    /// Takes a letter up for sending, unless it was sent or somebody else is at it.
    pub async fn lease_letter(&self, id: &str, new: &Letter, now: Timestamp, until: Timestamp) -> Result<Lease, Error> {
        let mut item = crate::to_item(&Letter { leased_until: Some(until), ..new.clone() });
        item.extend(letter(id).key());
        let (name, value) = expires(add_days(now, KEPT_DAYS));
        item.insert(name.into(), value);
        if let Some(licence) = &new.licence {
            item.insert("licensing_id".into(), text(licence.key()));
        }
        let sent = self
            .meter()
            .call(
                self.client()
                    .put_item()
                    .table_name(self.name(Table::Mails))
                    .set_item(Some(item))
                    .condition_expression(
                        "attribute_not_exists(mail) OR (attribute_not_exists(accepted_at) \
                         AND attribute_not_exists(suppressed_at) AND attribute_not_exists(bounced_at) \
                         AND leased_until <= :now)",
                    )
                    .expression_attribute_values(":now", text(now.to_string()))
                    .return_values_on_condition_check_failure(
                        aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
                    )
                    .send(),
            )
            .await;
        match sent {
            Ok(_) => Ok(Lease::Ours),
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(lost)) => {
                    let stored: Option<Letter> = lost.item().cloned().map(crate::from_item).transpose()?;
                    let done = stored.is_some_and(|letter| {
                        letter.accepted_at.is_some() || letter.suppressed_at.is_some() || letter.bounced_at.is_some()
                    });
                    Ok(if done { Lease::Done } else { Lease::Theirs })
                }
                _ => Err(failed(&error)),
            },
        }
    }

    /// SES took the letter.
    pub async fn letter_accepted(&self, id: &str, ses_id: &str, now: Timestamp) -> Result<(), Error> {
        self.update_letter(id, "SET accepted_at = if_not_exists(accepted_at, :n), ses_id = :s", now, Some(ses_id)).await
    }

    /// The letter could not be sent now: the next attempt need not wait for the lease to end.
    pub async fn give_letter_back(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        self.update_letter(id, "SET leased_until = :n", now, None).await
    }

    /// What was reported of a letter. The first report of its kind stays.
    pub async fn letter_reported(&self, id: &str, report: Report, at: Timestamp) -> Result<Option<Letter>, Error> {
        let name = match report {
            Report::Delivered => "delivered_at",
            Report::Bounced => "bounced_at",
            Report::Complained => "complained_at",
            Report::Suppressed => "suppressed_at",
        };
        let sent = self
            .meter()
            .call(
                self.client()
                    .update_item()
                    .table_name(self.name(Table::Mails))
                    .set_key(Some(letter(id).key()))
                    .update_expression("SET #r = if_not_exists(#r, :n)")
                    .condition_expression("attribute_exists(mail)")
                    .expression_attribute_names("#r", name)
                    .expression_attribute_values(":n", text(at.to_string()))
                    .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
                    .send(),
            )
            .await;
        match sent {
            Ok(answer) => answer.attributes.map(crate::from_item).transpose(),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
                Ok(None)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// The letters about a Licensing ID, the newest first.
    pub async fn letters_of(&self, licence: &Licence, limit: i32) -> Result<Vec<Letter>, Error> {
        let (items, _) = self
            .query(&Query {
                table: Table::Mails,
                index: Some("by-licence"),
                partition: ("licensing_id", licence.key()),
                sort: None,
                backwards: true,
                limit: Some(limit),
                after: None,
            })
            .await?;
        items.into_iter().map(crate::from_item).collect()
    }

    async fn update_letter(&self, id: &str, expression: &str, now: Timestamp, ses_id: Option<&str>) -> Result<(), Error> {
        let mut request = self
            .client()
            .update_item()
            .table_name(self.name(Table::Mails))
            .set_key(Some(letter(id).key()))
            .update_expression(expression)
            .expression_attribute_values(":n", text(now.to_string()));
        if let Some(ses_id) = ses_id {
            request = request.expression_attribute_values(":s", text(ses_id));
        }
        self.meter().call(request.send()).await.map(drop).map_err(|error| failed(&error))
    }
}
