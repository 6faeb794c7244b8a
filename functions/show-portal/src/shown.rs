//! What is stored as what is shown.

use api::activations::{Row, StateName};
use licensing::{Timestamp, activation::Summary, explain::Standing};

/// A row of Manage activations, judged at `now`.
pub(crate) fn row(row: &Summary, now: Timestamp) -> Row {
    let standing = row.standing(now);
    // What ended without the sweep's knowledge ended then.
    let date = if standing == Standing::Expired { row.ends.or(row.date) } else { row.date };
    Row {
        licence: row.licence.clone(),
        product: row.product.clone(),
        product_name: row.product_name.clone(),
        customer_name: row.customer_name.clone(),
        quantity: row.quantity,
        state: state(standing),
        account_name: row.account_name.clone(),
        date: date.map(Into::into),
    }
}

/// The state's name between browser and functions.
pub(crate) const fn state(standing: Standing) -> StateName {
    match standing {
        Standing::Stuck => StateName::Stuck,
        Standing::Scheduled => StateName::Scheduled,
        Standing::Invited => StateName::Invited,
        Standing::Activated => StateName::Activated,
        Standing::Expired => StateName::Expired,
    }
}

/// The same as text, for files.
pub(crate) const fn state_text(standing: Standing) -> &'static str {
    match standing {
        Standing::Stuck => "stuck",
        Standing::Scheduled => "scheduled",
        Standing::Invited => "invited",
        Standing::Activated => "activated",
        Standing::Expired => "expired",
    }
}
