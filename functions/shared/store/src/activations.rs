//! Activations: read with all that their rules ask for, written by steps only.

use aws_sdk_dynamodb::types::AttributeValue;
use licensing::{
    Address, Licence, Sku, Timestamp,
    activation::{Activation, Step, Summary},
    audit::licence_chain,
    glance::GlanceChange,
    judge::Contacts,
    policy::LinkPolicy,
    rights::Rights,
    seal::short_name,
};

use crate::{
    Batch, BatchResult, Error, Failed, Slot, Store, Table, Write,
    audit::{StoredHead, head},
    licences::{self, Versioned},
    read::Query,
    standing::{Loaded, StandingSlots},
    write::due_attributes,
};

/// The slot of an activation.
pub fn activation(licence: &Licence, product: &Sku) -> Slot<Activation> {
    Slot::new(Table::Licences, licence.key(), Some(format!("activation#{product}")))
}

/// What the database takes for a sort key, in bytes, less room for a cursor to go on behind it.
const LONGEST_SORT_KEY: usize = 1000;

/// Before one of so many bytes at most a key may have to be cut.
const LONGEST_CHARACTER: usize = 4;

/// The row by which the release before finds what an address sees (LINK-05). Nothing reads the names out of this key again, so two
/// long ones, which together are more than the database takes, are cut and told apart by their hash.
pub(crate) fn seen_by(address: &Address, licence: &Licence, product: &Sku) -> Slot<Summary> {
    row_of(address.as_str(), licence, product)
}

/// What operators have to look after is listed in so many parts, so that a load of many of them makes none hot.
pub(crate) const OPERATORS_PARTS: u32 = 8;

pub(crate) fn operators(part: u32) -> String {
    format!("operators#{part}")
}

/// The row by which operators see an activation that may need them (ACT-03, LINK-11).
pub(crate) fn seen_by_operators(licence: &Licence, product: &Sku) -> Slot<Summary> {
    row_of(&operators(part_of(licence)), licence, product)
}

/// In which part operators find what is about a Licensing ID.
pub(crate) fn part_of(licence: &Licence) -> u32 {
    short_name(&licence.key()).bytes().fold(0_u32, |sum, byte| sum + u32::from(byte)) % OPERATORS_PARTS
}

fn row_of(who: &str, licence: &Licence, product: &Sku) -> Slot<Summary> {
    // The first `#` behind the programme ends the number: `1#A` with `B` isn't `1` with `A#B`.
    let number = licence.number.as_str().replace('%', "%25").replace('#', "%23");
    let mut key = format!("activation#{}/{number}#{product}", licence.programme);
    // A key that was cut is longer than any that was not, so none of them is another's.
    if key.len() > LONGEST_SORT_KEY - LONGEST_CHARACTER {
        let hash = short_name(&key);
        key.truncate(key.floor_char_boundary(LONGEST_SORT_KEY - 1 - hash.len()));
        key = format!("{key}#{hash}");
    }
    Slot::new(Table::Listings, who, Some(key))
}

/// An activation with what stands around it, as one read found it.
#[derive(Debug, Clone)]
pub struct ActivationContext {
    /// The activation.
    pub activation: Option<Activation>,
    /// Its agreement.
    pub agreement: Option<Versioned<licensing::import::record::Agreement>>,
    /// The contacts that count: without those who gave the Licensing ID up (PERM-04).
    pub contacts: Contacts,
    /// Who acts there: the Licensing ID, and what stands above as far as it was read.
    pub loaded: Option<Loaded>,
    /// The head of the Licensing ID's audit chain.
    pub head: Option<StoredHead>,
}

impl ActivationContext {
    /// What a person may do, as far up as it was read.
    pub fn rights(&self, proven: &[Address], now: Timestamp) -> Rights {
        self.loaded.as_ref().map(|loaded| Rights::by(&loaded.standing(), proven, now)).unwrap_or_default()
    }

    /// Requires at commit that what somebody was judged by is still as it was read.
    pub fn judged_by(&self, write: &mut Write, store: &Store) {
        if let Some(loaded) = &self.loaded {
            write.judged_by(store, loaded, loaded.levels.len(), false);
        }
    }
}

/// Where an activation and what stands around it are read from.
#[derive(Debug, Clone)]
pub struct ActivationContextSlots {
    activation: Slot<Activation>,
    standing: StandingSlots,
    head: Slot<StoredHead>,
}

impl ActivationContextSlots {
    /// Of this activation.
    pub fn new(licence: &Licence, product: &Sku) -> Self {
        Self {
            activation: activation(licence, product),
            standing: StandingSlots::of(licence),
            head: head(&licence_chain(licence)),
        }
    }

    /// Adds all to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.activation);
        self.standing.add_to(batch);
        batch.add(&self.head);
    }

    /// Takes all from what the batch found.
    pub fn from(&self, got: &BatchResult) -> Result<ActivationContext, Error> {
        let loaded = self.standing.from(got)?;
        Ok(ActivationContext {
            activation: got.get(&self.activation)?,
            contacts: loaded.as_ref().map(Loaded::contacts).unwrap_or_default(),
            agreement: loaded.as_ref().map(|loaded| loaded.levels[0].agreement.clone()),
            loaded,
            head: got.get(&self.head)?,
        })
    }
}

impl Store {
    /// An activation alone. One call.
    pub async fn activation(&self, licence: &Licence, product: &Sku) -> Result<Option<Activation>, Error> {
        self.get(&activation(licence, product)).await
    }

    /// The same by its product's name as it is now: what its link's page shows (LINK-01). One call.
    pub async fn activation_named(&self, licence: &Licence, product: &Sku) -> Result<Option<Activation>, Error> {
        let slots = (activation(licence, product), licences::product(product));
        let got = Batch::default().with(&slots.0).with(&slots.1).read(self).await?;
        let name = got.get(&slots.1)?.map(|product| product.record.name.to_string());
        Ok(got.get(&slots.0)?.map(|activation| activation.called(name)))
    }

    /// An activation with its agreement and its audit head. One call.
    pub async fn activation_context(&self, licence: &Licence, product: &Sku) -> Result<ActivationContext, Error> {
        let slots = ActivationContextSlots::new(licence, product);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        slots.from(&batch.read(self).await?)
    }

    /// The activations of a Licensing ID that this code understands: to show them. There is at most one for each product that is
    /// sold.
    pub async fn activations_shown_of(&self, licence: &Licence) -> Result<Vec<Activation>, Error> {
        self.all_understood(Query::of(Table::Licences, licence.key()).beginning_with("activation#")).await
    }

    /// The activations of a Licensing ID: to do something about all of them. There is at most one for each product that is sold.
    pub async fn activations_of(&self, licence: &Licence) -> Result<Vec<Activation>, Error> {
        self.all(Query::of(Table::Licences, licence.key()).beginning_with("activation#")).await
    }

    /// All activations that may need operators: nobody could be written to, or an endpoint is being asked (ACT-03, LINK-11).
    pub async fn activations_for_operators(&self) -> Result<Vec<Summary>, Error> {
        let mut rows = Vec::new();
        for part in 0..OPERATORS_PARTS {
            let part = Query::of(Table::Listings, operators(part)).beginning_with("activation#");
            rows.extend(self.all_understood(part).await?);
        }
        Ok(rows)
    }

    /// Writes a step with its audit entry and events, and whatever else belongs to the same change: one transaction.
    pub async fn write_step(
        &self,
        step: &Step,
        head: Option<&StoredHead>,
        now: Timestamp,
        policy: &LinkPolicy,
        also: Write,
    ) -> Result<(), Failed> {
        let mut write = self.step_as_write(step, head, now, policy);
        write.merge(also);
        write.commit(self).await
    }

    /// A step with its audit entry and events, to be written with what else belongs to the same change.
    pub fn step_as_write(&self, step: &Step, head: Option<&StoredHead>, now: Timestamp, policy: &LinkPolicy) -> Write {
        let mut write = Write::new();
        write.step(self, step, now, policy);
        write.audit(self, &licence_chain(&step.after().licence), head, step.note().clone(), now);
        write
    }
}

/// The item of an activation.
#[cfg(feature = "testing")]
pub fn seeded(activation: &Activation, policy: &LinkPolicy) -> crate::Item {
    let slot = crate::activations::activation(&activation.licence, &activation.product);
    let mut item = crate::to_item(activation);
    item.extend(slot.key());
    let id = format!("{}#{}", activation.licence, activation.product);
    item.extend(
        due_attributes(activation.due_at(policy), &id).into_iter().map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

#[cfg(feature = "testing")]
impl Store {
    /// Stores an activation as it is, without a rule: for tests and measurements that need many.
    pub async fn seed_activation(&self, activation: &Activation, policy: &LinkPolicy) -> Result<(), Error> {
        let put = self.client().put_item().table_name(self.name(Table::Licences));
        let put = put.set_item(Some(seeded(activation, policy)));
        put.send().await.map(drop).map_err(|error| crate::failed(&error))
    }

    /// Stores the row by which operators see an activation, likewise.
    pub async fn seed_row_of_operators(&self, activation: &Activation) -> Result<(), Error> {
        let mut item = crate::to_item(&activation.summary());
        item.extend(seen_by_operators(&activation.licence, &activation.product).key());
        let put = self.client().put_item().table_name(self.name(Table::Listings)).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| crate::failed(&error))
    }
}

impl Write {
    /// A step without its audit entry, for changes of several steps under one Licensing ID.
    pub fn step(&mut self, store: &Store, step: &Step, now: Timestamp, policy: &LinkPolicy) {
        let after = step.after();
        let slot = activation(&after.licence, &after.product);
        let id = format!("{}#{}", after.licence, after.product);
        let due: Vec<(&str, AttributeValue)> = due_attributes(after.due_at(policy), &id);
        self.put_version("activation", store, &slot, after, step.seen(), due);
        if step.seen().is_none() {
            self.bought(&after.licence, &after.product);
        }
        let summary = after.summary();
        // Only the release before reads them.
        if store.stored.for_release_before {
            for gone in step.no_longer_viewers() {
                self.delete(store, &seen_by(gone, &after.licence, &after.product));
            }
            for viewer in &after.viewers {
                self.put(store, &seen_by(viewer, &after.licence, &after.product), &summary, vec![]);
            }
        }
        let for_operators = seen_by_operators(&after.licence, &after.product);
        if after.may_need_operators() {
            self.put(store, &for_operators, &summary, vec![]);
        } else if step.operators_saw_it() {
            self.delete(store, &for_operators);
        }
        let mut glance = GlanceChange::default();
        glance.activation(step.seen_share(), after.share());
        self.glance(licence_chain(&after.licence), glance);
        self.events(store, step.events(), now);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn key(number: &str, product: &str) -> String {
        let licence = format!("enterprise/{number}").parse().expect("a Licensing ID");
        let slot =
            seen_by(&"ann@k.example".parse().expect("an address"), &licence, &product.parse().expect("a product"));
        slot.sort.expect("a key of two parts")
    }

    /// LINK-05 each activation that an address sees has a row of its own, whatever stands in its names, and none has a key
    /// that the database doesn't take.
    #[test]
    fn link_05_names_of_any_form_and_length_have_keys_of_their_own() {
        assert_eq!(key("100", "MAIL"), "activation#enterprise/100#MAIL");
        let long = "\u{1f600}".repeat(199);
        let (ends_in_a, ends_in_b) = (format!("{long}a"), format!("{long}b"));
        let names = [
            ("1", "A#B"),
            ("1#A", "B"),
            ("1%23A", "B"),
            (&*ends_in_a, &*ends_in_a),
            (&*ends_in_a, &*ends_in_b),
            (&*ends_in_b, &*ends_in_a),
        ];
        let keys: BTreeSet<_> = names.iter().map(|(number, product)| key(number, product)).collect();
        assert_eq!(keys.len(), names.len());
        assert!(keys.iter().all(|key| key.len() <= LONGEST_SORT_KEY && key.starts_with("activation#enterprise/")));
    }
}
