//! The letters about an activation: their names are derived, so they are read in a batch with whatever else is needed.

use std::collections::BTreeSet;

use licensing::{
    Address, Licence, OrderId, ProductKind, Sku,
    activation::Activation,
    event::{Event, Why},
    judge::{Contacts, order_of_contacts},
    policy::LinkPolicy,
};
use store::{
    Batch, BatchResult, Error, Slot,
    mails::{Letter, letter, letter_id},
};

/// Links before the newest one that are looked at: to whom a mail went in vain before it went to the next contact.
const LINKS_BEFORE: u32 = 3;
/// Mails of the newest link that are looked at.
const MAILS: u32 = 10;

/// Where the letters lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letters {
    newest: Vec<Slot<Letter>>,
    before: Vec<Slot<Letter>>,
}

/// The letters that there are, the oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Of the newest link.
    pub(crate) newest: Vec<Letter>,
    /// Of all.
    pub(crate) all: Vec<Letter>,
}

impl Letters {
    /// Of an activation's links and reminders.
    pub(crate) fn about(activation: &Activation, contacts: &Contacts, policy: &LinkPolicy) -> Self {
        let (licence, product) = (&activation.licence, &activation.product);
        let link = |generation, mail| Event::ActivationLink {
            licence: licence.clone(),
            product: product.clone(),
            generation,
            why: Why::First,
            mail,
        };
        let now = activation.generation;
        let people = people(activation.kind, contacts, Some(activation));
        let mut letters = Self::default();
        for to in &people {
            let mails = activation.mails.saturating_sub(MAILS) + 1..=activation.mails;
            letters.newest.extend(mails.map(|mail| slot(&link(now, mail), to)));
            for days in &policy.reminder_days {
                let (licence, product) = (licence.clone(), product.clone());
                letters.newest.push(slot(&Event::Reminder { licence, product, generation: now, days: *days }, to));
            }
            let before = now.saturating_sub(LINKS_BEFORE).max(1)..now;
            letters.before.extend(before.map(|generation| slot(&link(generation, 1), to)));
        }
        letters
    }

    /// Of the notice where a key is (ACT-05).
    pub(crate) fn key_notice(licence: &Licence, product: &Sku, order: &OrderId, contacts: &Contacts) -> Self {
        let event = Event::KeyNotice { licence: licence.clone(), product: product.clone(), order: order.clone() };
        let people = people(ProductKind::KeyedService, contacts, None);
        Self { newest: people.iter().map(|to| slot(&event, to)).collect(), before: Vec::new() }
    }

    /// Adds all to a batch.
    pub(crate) fn add_to(&self, batch: &mut Batch) {
        for slot in self.newest.iter().chain(&self.before) {
            batch.add(slot);
        }
    }

    /// Takes those that there are from what the batch found.
    pub(crate) fn from(&self, got: &BatchResult) -> Result<Found, Error> {
        let take = |slots: &[Slot<Letter>]| -> Result<Vec<Letter>, Error> {
            slots.iter().filter_map(|slot| got.get(slot).transpose()).collect()
        };
        let mut newest = take(&self.newest)?;
        let mut all = take(&self.before)?;
        all.extend(newest.iter().cloned());
        newest.sort_by_key(|letter| letter.queued_at);
        all.sort_by_key(|letter| letter.queued_at);
        Ok(Found { newest, all })
    }
}

/// To whom mails about it can have gone: those named now, and those who were tried.
fn people(kind: ProductKind, contacts: &Contacts, activation: Option<&Activation>) -> BTreeSet<Address> {
    let named = order_of_contacts(kind).iter().filter_map(|name| contacts.get(name));
    let tried = activation.into_iter().flat_map(|activation| &activation.tried);
    let addressee = activation.and_then(Activation::addressee).map(|to| &to.address);
    named.chain(tried).chain(addressee).cloned().collect()
}

fn slot(event: &Event, to: &Address) -> Slot<Letter> {
    letter(&letter_id(event, to))
}
