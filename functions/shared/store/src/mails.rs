//! The mail ledger: every letter that was or will be sent, and what became of it.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure::AllOld};
use licensing::{
    Address, ContactName, Licence, Sku, Timestamp,
    event::Event,
    reach::{self, FollowUp, Mark, Reach, Report, ReportOutcome},
    when::add_days,
};
use serde::{Deserialize, Serialize};

use crate::{
    Batch, Error, Failed, Item, Slot, Store, Table, Write, failed, from_item,
    licences::{self, Listing},
    optimistic,
    read::Query,
    text, understood,
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
    /// When it was first reported as not delivered yet: a busy server, a full mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off_at: Option<Timestamp>,
    /// When it was given up, for a reason that may pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up_at: Option<Timestamp>,
    /// When the receiving server refused it for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced_at: Option<Timestamp>,
    /// When the recipient complained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complained_at: Option<Timestamp>,
    /// When it was not sent because mail to the address is known to fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_at: Option<Timestamp>,
    /// What was reported of addresses that it did not go to: mailboxes behind a list. Each as what, when, and whom, masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
}

impl Letter {
    /// A letter of which nothing is known yet.
    pub fn new(event: &Event, to: Address, queued_at: Timestamp) -> Self {
        Self {
            event: event.id(),
            template: String::new(),
            template_version: 0,
            subject: String::new(),
            to,
            licence: event.licence().cloned(),
            product: None,
            generation: None,
            queued_at,
            leased_until: None,
            leased_by: None,
            accepted_at: None,
            ses_id: None,
            delivered_at: None,
            put_off_at: None,
            gave_up_at: None,
            bounced_at: None,
            complained_at: None,
            suppressed_at: None,
            elsewhere: Vec::new(),
        }
    }

    /// What was reported of it.
    pub fn marks(&self) -> Vec<Mark> {
        Mark::ALL.into_iter().filter(|mark| self.marked(*mark).is_some()).collect()
    }

    /// When it was reported.
    pub const fn marked(&self, mark: Mark) -> Option<Timestamp> {
        match mark {
            Mark::Delivered => self.delivered_at,
            Mark::PutOff => self.put_off_at,
            Mark::GaveUp => self.gave_up_at,
            Mark::Bounced => self.bounced_at,
            Mark::Complained => self.complained_at,
            Mark::Suppressed => self.suppressed_at,
        }
    }

    /// Whether it was sent, or never will be. A report of SES says as much as the mark of who sent it.
    pub const fn is_done(&self) -> bool {
        self.accepted_at.is_some()
            || self.suppressed_at.is_some()
            || self.delivered_at.is_some()
            || self.put_off_at.is_some()
            || self.gave_up_at.is_some()
            || self.bounced_at.is_some()
            || self.complained_at.is_some()
            || !self.elsewhere.is_empty()
    }
}

/// [`Letter::is_done`] does not hold, as a condition.
const NOT_DONE: &str = "attribute_not_exists(accepted_at) AND attribute_not_exists(suppressed_at) \
     AND attribute_not_exists(delivered_at) AND attribute_not_exists(put_off_at) \
     AND attribute_not_exists(gave_up_at) AND attribute_not_exists(bounced_at) \
     AND attribute_not_exists(complained_at) AND attribute_not_exists(elsewhere)";

/// Where a mark is kept.
const fn attribute_of(mark: Mark) -> &'static str {
    match mark {
        Mark::Delivered => "delivered_at",
        Mark::PutOff => "put_off_at",
        Mark::GaveUp => "gave_up_at",
        Mark::Bounced => "bounced_at",
        Mark::Complained => "complained_at",
        Mark::Suppressed => "suppressed_at",
    }
}

/// Of the mailboxes behind a list, so many reports are kept of one mail.
const MOST_ELSEWHERE: usize = 20;

/// A report names at most so many addresses: SES takes no more for one mail.
const MOST_NAMED: usize = 50;

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
    /// Somebody else is sending it right now, or was cut off while sending it, and has it until then.
    Theirs(Timestamp),
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
                    found(lost.item().cloned(), by, now)
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
            Err(Failed::Lost(lost)) => found(lost.stored, "", now),
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

    /// A letter, and what is known of the address that it went to if a report names that. One call.
    pub async fn letter_with_reach(
        &self,
        id: &str,
        named: &[Address],
    ) -> Result<Option<(Letter, Option<Reach>)>, Error> {
        let slot = letter(id);
        let mut batch = Batch::default().with(&slot);
        for address in named.iter().take(MOST_NAMED) {
            batch.add(&licences::suppression(address));
        }
        let got = batch.read(self).await?;
        let Some(letter) = got.get(&slot)? else { return Ok(None) };
        let reach = got.get(&licences::suppression(&letter.to))?;
        Ok(Some((letter, reach)))
    }

    /// What comes of a report (SAFE-03): the ledger's mark, what is known of the address, and, where that is to be judged
    /// afresh, an event for every Licensing ID where somebody with this address is written to (ACT-03). `also` goes into the
    /// same transaction. Lost if it was reported before (`letter`), or something was written since it was read.
    ///
    /// One transaction for an address with up to ninety listings. With more, the address goes first and the ledger's mark
    /// last, so that a repeat after a crash begins anew and what is judged in between knows of the address.
    pub async fn write_report(&self, report: &Reported<'_>, now: Timestamp, also: Write) -> Result<(), Failed> {
        let Reported { id, letter, mark, at, reach, then } = *report;
        let judge = |licence: &Licence| Event::Rejudge { licence: licence.clone(), mark: format!("bounced|{id}") };
        let mut write = also;
        if let Some(reach) = reach {
            write.reach(self, reach);
        }
        if then != FollowUp::JudgeAgain {
            write.letter_reported(self, id, attribute_of(mark), at);
            return write.commit(self).await;
        }
        if let Some(licence) = &letter.licence {
            write.event(self, &judge(licence), now, false);
        }
        let mut after = None;
        loop {
            let (listings, next) = self.listings_page(&letter.to, after).await?;
            let others = listings.iter().filter(|listing| Some(&listing.licence) != letter.licence.as_ref());
            for listing in others.filter(|listing| listing.contacts.iter().any(|name| is_written_to(*name))) {
                write.event(self, &judge(&listing.licence), now, false);
            }
            after = next;
            if after.is_none() {
                write.letter_reported(self, id, attribute_of(mark), at);
            }
            // A page may hold nothing but listings that nobody is written to by: then there is nothing to commit.
            std::mem::take(&mut write).commit(self).await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// SES refused the letter for good when it was to be sent: as good as a hard bounce, only sooner, for nobody else will
    /// report it.
    pub async fn letter_refused(&self, id: &str, to: &Address, now: Timestamp) -> Result<(), Error> {
        let named = std::slice::from_ref(to);
        optimistic!(self, async {
            let Some((letter, reach)) = self.letter_with_reach(id, named).await? else { return Ok(()) };
            let context = reach::Context { to, marks: &letter.marks(), reach: reach.as_ref() };
            let ReportOutcome::New { mark, reach, then } = reach::take(Report::Bounced, named, &context, now) else {
                return Ok(());
            };
            let report = Reported { id, letter: &letter, mark, at: now, reach: reach.as_ref(), then };
            self.write_report(&report, now, Write::new()).await
        })
    }

    /// Notes in the ledger what was reported of an address that the letter did not go to, or of none. Whether this call did
    /// it: not, where that is there already or too many such reports are.
    pub async fn letter_elsewhere(&self, id: &str, what: &str) -> Result<bool, Error> {
        let update = self
            .client()
            .update_item()
            .table_name(self.name(Table::Mails))
            .set_key(Some(letter(id).key()))
            .update_expression("SET elsewhere = list_append(if_not_exists(elsewhere, :none), :one)")
            .condition_expression(
                "attribute_exists(mail) AND (attribute_not_exists(elsewhere) \
                 OR (NOT contains(elsewhere, :what) AND size(elsewhere) < :most))",
            )
            .expression_attribute_values(":none", AttributeValue::L(vec![]))
            .expression_attribute_values(":one", AttributeValue::L(vec![text(what)]))
            .expression_attribute_values(":what", text(what))
            .expression_attribute_values(":most", crate::number(MOST_ELSEWHERE));
        self.update_one(update).await
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
        understood(Table::Mails, items)
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

/// What comes of a report.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// The letter's id.
    pub id: &'a str,
    /// The letter, as it was read.
    pub letter: &'a Letter,
    /// What the ledger says from now on.
    pub mark: Mark,
    /// When it happened.
    pub at: Timestamp,
    /// What is known of the address from now on, where that changes.
    pub reach: Option<&'a Reach>,
    /// What is done about activations.
    pub then: FollowUp,
}

impl Write {
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
fn found(stored: Option<Item>, by: &str, now: Timestamp) -> Result<Lease, Error> {
    let stored: Option<Letter> = stored.map(from_item).transpose()?;
    Ok(match stored {
        Some(letter) if letter.is_done() => Lease::Done,
        // The call before took effect and only its answer was lost.
        Some(letter) if letter.leased_by.as_deref() == Some(by) => Lease::Ours,
        stored => Lease::Theirs(stored.and_then(|letter| letter.leased_until).unwrap_or(now)),
    })
}
