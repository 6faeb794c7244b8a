//! The mail ledger: every letter that was or will be sent, and what became of it.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure::AllOld};
use licensing::{
    Address, ContactName, Licence, Sku, Timestamp,
    event::Event,
    import::record::{Reason, Suppression},
    when::add_days,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Failed, Item, Slot, Store, Table, Write, failed, from_item,
    licences::{self, Listing},
    read::Query,
    text,
    write::expires,
};

/// One letter to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The event that asked for it.
    pub event: String,
    /// Which letter.
    pub template: String,
    /// Which wording: a number that changes with the words (1 in the first release).
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
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// Somebody is sending it until then: nobody else does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    /// Who: so that a repeat of the same call finds its own lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_by: Option<String>,
    /// When SES took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// The name that SES gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ses_id: Option<String>,
    /// When the receiving server took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When the receiving server refused it for now: a full mailbox, a busy server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off_at: Option<Timestamp>,
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

impl Letter {
    /// Whether it was sent, or never will be. A report of SES says as much as the mark of who sent it.
    pub const fn is_done(&self) -> bool {
        self.accepted_at.is_some()
            || self.suppressed_at.is_some()
            || self.delivered_at.is_some()
            || self.put_off_at.is_some()
            || self.bounced_at.is_some()
            || self.complained_at.is_some()
    }
}

/// [`Letter::is_done`] does not hold, as a condition.
const NOT_DONE: &str = "attribute_not_exists(accepted_at) AND attribute_not_exists(suppressed_at) \
     AND attribute_not_exists(delivered_at) AND attribute_not_exists(put_off_at) \
     AND attribute_not_exists(bounced_at) AND attribute_not_exists(complained_at)";

/// The ledger is kept so long, days.
const KEPT_DAYS: u32 = 800;

/// The listings of an address are worked through in pages of so many: with what is written beside them, a page fits into
/// one transaction.
const LISTINGS_A_PAGE: i32 = 90;

/// The name of the letter of an event to a person: a tag of the mail, so that reports name it.
pub fn letter_id(event: &Event, to: &Address) -> String {
    licensing::seal::short_name(&format!("{}|{}", event.letter(), to.as_str()))
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
    /// A letter.
    pub async fn letter(&self, id: &str) -> Result<Option<Letter>, Error> {
        self.get(&letter(id)).await
    }

    /// Takes a letter up for sending, unless it was sent or somebody else is at it. `by` is a name that nobody else has.
    pub async fn lease_letter(
        &self,
        id: &str,
        new: &Letter,
        by: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, Error> {
        let new = Letter { leased_until: Some(until), leased_by: Some(by.into()), ..new.clone() };
        let mut item = crate::to_item(&new);
        item.extend(letter(id).key());
        item.extend(extras(&new, now).into_iter().map(|(name, value)| (name.to_owned(), value)));
        let sent = self
            .meter()
            .call(
                self.client()
                    .put_item()
                    .table_name(self.name(Table::Mails))
                    .set_item(Some(item))
                    .condition_expression(free())
                    .expression_attribute_values(":now", text(now.to_string()))
                    .return_values_on_condition_check_failure(AllOld)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send(),
            )
            .await;
        match sent {
            Ok(answer) => {
                self.meter().used_write(answer.consumed_capacity.as_slice());
                Ok(Lease::Ours)
            }
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(lost)) => {
                    found(lost.item().cloned(), by)
                }
                _ => Err(failed(&error)),
            },
        }
    }

    /// Records that a letter is not sent because mail to its address is known to fail, and what follows from it. One
    /// transaction, unless it was sent or somebody else is at it.
    pub async fn letter_suppressed(
        &self,
        id: &str,
        new: &Letter,
        events: &[Event],
        now: Timestamp,
    ) -> Result<Lease, Error> {
        let new = Letter { suppressed_at: Some(now), leased_until: None, leased_by: None, ..new.clone() };
        let mut write = Write::new();
        write.put_if("letter", self, &letter(id), &new, (free(), text(now.to_string())), extras(&new, now));
        write.events(self, events, now);
        match write.commit(self).await {
            Ok(()) => Ok(Lease::Ours),
            Err(Failed::Lost(lost)) => found(lost.stored, ""),
            Err(Failed::Error(error)) => Err(error),
        }
    }

    /// SES took the letter.
    pub async fn letter_accepted(&self, id: &str, ses_id: &str, now: Timestamp) -> Result<(), Error> {
        let update = self.letter_update(id, "SET accepted_at = if_not_exists(accepted_at, :n), ses_id = :s", now);
        let update = update.expression_attribute_values(":s", text(ses_id));
        self.update_one(update).await.map(drop)
    }

    /// The letter could not be sent now: the next attempt need not wait for the lease to end.
    pub async fn give_letter_back(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let update = self.letter_update(id, "SET leased_until = :n", now);
        self.update_one(update).await.map(drop)
    }

    /// The receiving server refused the letter for now. The first such report stays; a letter that is not in the ledger
    /// is nobody's. Whether this call recorded it.
    pub async fn letter_put_off(&self, id: &str, at: Timestamp) -> Result<bool, Error> {
        let update = self
            .letter_update(id, "SET put_off_at = :n", at)
            .condition_expression("attribute_exists(mail) AND attribute_not_exists(put_off_at)");
        self.update_one(update).await
    }

    /// A letter was refused for good (SAFE-03): the ledger says so, mail to the address is known to fail from now on, and
    /// wherever somebody with this address is written to, that is judged afresh (ACT-03). Whether this call did it.
    ///
    /// One transaction for an address with up to ninety listings. With more, the suppression goes first and the ledger's
    /// mark last, so that a repeat after a crash begins anew and what is judged in between knows of the suppression.
    pub async fn letter_bounced(&self, id: &str, at: Timestamp, now: Timestamp) -> Result<bool, Error> {
        let Some(bounced) = self.letter(id).await?.filter(|letter| letter.bounced_at.is_none()) else {
            return Ok(false);
        };
        let judge = |licence: &Licence| Event::Rejudge { licence: licence.clone(), mark: format!("bounced|{id}") };
        let mut write = Write::new();
        write.suppression(self, &Suppression { address: bounced.to.clone(), reason: Reason::HardBounce });
        if let Some(licence) = &bounced.licence {
            write.event(self, &judge(licence), now, false);
        }
        let mut after = None;
        loop {
            let (listings, next) = self.listings_page(&bounced.to, after).await?;
            let others = listings.iter().filter(|listing| Some(&listing.licence) != bounced.licence.as_ref());
            for listing in others.filter(|listing| listing.contacts.iter().any(|name| is_written_to(*name))) {
                write.event(self, &judge(&listing.licence), now, false);
            }
            after = next;
            if after.is_none() {
                write.letter_reported(self, id, "bounced_at", at);
            }
            // A page may hold nothing but listings that nobody is written to by.
            if write.is_empty() {
                continue;
            }
            match std::mem::take(&mut write).commit(self).await {
                Ok(()) if after.is_none() => return Ok(true),
                Ok(()) => {}
                // The same notice was taken by somebody else at the same time.
                Err(Failed::Lost(_)) => return Ok(false),
                Err(Failed::Error(error)) => return Err(error),
            }
        }
    }

    /// The recipient of a letter complained (SAFE-03): the ledger says so, and nothing but security mails go to the
    /// address any more. That it does not exist, if that was known, stays known. Whether this call did it.
    pub async fn letter_complained(&self, id: &str, at: Timestamp) -> Result<bool, Error> {
        let Some(letter) = self.letter(id).await?.filter(|letter| letter.complained_at.is_none()) else {
            return Ok(false);
        };
        let mut known = false;
        loop {
            let mut write = Write::new();
            write.letter_reported(self, id, "complained_at", at);
            if !known {
                let suppression = Suppression { address: letter.to.clone(), reason: Reason::Complaint };
                write.put_new("suppression", self, &licences::suppression(&letter.to), &suppression, vec![]);
            }
            match write.commit(self).await {
                Ok(()) => return Ok(true),
                Err(Failed::Lost(lost)) if lost.part == "suppression" => known = true,
                Err(Failed::Lost(_)) => return Ok(false),
                Err(Failed::Error(error)) => return Err(error),
            }
        }
    }

    /// The letters about a Licensing ID, the newest first.
    pub async fn letters_of(&self, licence: &Licence, limit: i32) -> Result<Vec<Letter>, Error> {
        let (items, _) = self
            .query(&Query {
                backwards: true,
                limit: Some(limit),
                ..Query::of_index(Table::Mails, "by-licence", ("licensing_id", licence.key()))
            })
            .await?;
        items.into_iter().map(from_item).collect()
    }

    async fn listings_page(&self, of: &Address, after: Option<Item>) -> Result<(Vec<Listing>, Option<Item>), Error> {
        let (items, next) = self
            .query(&Query {
                limit: Some(LISTINGS_A_PAGE),
                after,
                ..Query::of(Table::Listings, of.as_str()).beginning_with("licence#")
            })
            .await?;
        Ok((items.into_iter().map(from_item).collect::<Result<_, _>>()?, next))
    }

    fn letter_update(
        &self,
        id: &str,
        expression: &str,
        at: Timestamp,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client()
            .update_item()
            .table_name(self.name(Table::Mails))
            .set_key(Some(letter(id).key()))
            .update_expression(expression)
            .expression_attribute_values(":n", text(at.to_string()))
    }
}

impl Write {
    /// The receiving server took a letter; lost if that was reported before.
    pub fn letter_delivered(&mut self, store: &Store, id: &str, at: Timestamp) {
        self.letter_reported(store, id, "delivered_at", at);
    }

    fn letter_reported(&mut self, store: &Store, id: &str, what: &str, at: Timestamp) {
        let update = Self::update_of(store, &letter(id), "SET #r = :n")
            .on_condition("attribute_exists(mail) AND attribute_not_exists(#r)")
            .name("#r", what)
            .value(":n", text(at.to_string()));
        self.push("letter", &letter(id), &update);
    }
}

/// Whether activation mail can go to this contact (ACT-03, ACT-04): only then does it matter that mail to it fails.
const fn is_written_to(name: ContactName) -> bool {
    matches!(name, ContactName::OnlineServicesManager | ContactName::Notices | ContactName::Primary)
}

/// The condition on which a letter may be taken up at `:now`.
fn free() -> String {
    format!("attribute_not_exists(mail) OR ({NOT_DONE} AND leased_until <= :now)")
}

/// When a row is deleted, and the key by which a Licensing ID finds its letters.
fn extras(new: &Letter, now: Timestamp) -> Vec<(&'static str, AttributeValue)> {
    let licence = new.licence.iter().map(|licence| ("licensing_id", text(licence.key())));
    licence.chain([expires(add_days(now, KEPT_DAYS))]).collect()
}

/// What a lease that was not given found instead.
fn found(stored: Option<Item>, by: &str) -> Result<Lease, Error> {
    let stored: Option<Letter> = stored.map(from_item).transpose()?;
    Ok(match stored {
        Some(letter) if letter.is_done() => Lease::Done,
        // The call before took effect and only its answer was lost.
        Some(letter) if letter.leased_by.as_deref() == Some(by) => Lease::Ours,
        _ => Lease::Theirs,
    })
}
