//! The products under a Licensing ID: lists of Licensing IDs are searched by them (LIC-03).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use licensing::{Licence, Sku};
use serde::{Deserialize, Serialize};

use crate::{Slot, Store, Table, wire::Action};

/// The products that orders and activations under a Licensing ID are of, each once. What they are called stands with the
/// products, so nothing here gets old.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// Their keys.
    #[serde(default)]
    pub products: BTreeSet<Sku>,
}

/// The slot of them.
pub fn bought(licence: &Licence) -> Slot<Bought> {
    Slot::new(Table::Licences, licence.key(), Some("bought".into()))
}

/// Notes products. It depends on nothing that was read: what is noted already stays as it is.
pub(crate) fn note(store: &Store, licence: &Licence, products: &BTreeSet<Sku>) -> Action<'static> {
    let slot = bought(licence);
    let products = products.iter().map(|product| product.as_str().to_owned()).collect();
    Action::update(store.name(slot.table), slot.key(), "ADD products :p").value(":p", AttributeValue::Ss(products))
}
