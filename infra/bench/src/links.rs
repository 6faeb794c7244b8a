//! Many activation links, put into a database in bulk.

use dynoxide::{AttributeValue, ImportOptions, Item};
use gateway::testing::{Bench, scene::MAIL};
use licensing::{
    Policy, Timestamp,
    activation::{Activation, Invitation, State},
    when::add_days,
};
use store::{Table, sdk::types::AttributeValue as Value};

use crate::Error;

/// What a database begins with.
#[derive(Debug, Clone, Copy)]
pub struct Begin {
    /// So many activation links …
    pub links: usize,
    /// … of which so many end at `end`, the others later.
    pub due: usize,
    /// When they end.
    pub end: Timestamp,
}

/// Puts them in: mailed and delivered invitations of as many Licensing IDs, each as its function would have stored it.
pub async fn put(database: &dynoxide::Database, tables: &str, begin: Begin) -> Result<(), Error> {
    let template = invitation().await;
    let table = format!("{tables}{}", Table::Licences.as_str());
    let policy = Policy::default().links;
    let mut items = Vec::new();
    for number in 0..begin.links {
        // Those that are not due end within a year, as many on each of its days, and none is to be reminded of yet.
        let due = number < begin.due;
        let days = if due { 0 } else { 31 + u32::try_from(number % 365)? };
        let mut link = template.clone();
        link.licence = format!("enterprise/{number}").parse().map_err(|_| "a licence")?;
        let State::Invited(invitation) = link.state else { return Err("an invitation".into()) };
        link.state = State::Invited(Invitation {
            expires_at: add_days(begin.end, days),
            delivered: true,
            reminded: policy.reminder_days.last().copied().filter(|_| due),
            ..invitation
        });
        items.push(item(&store::activations::seeded(&link, &policy)));
        if items.len() == 10_000 || number + 1 == begin.links {
            database.import_items(&table, std::mem::take(&mut items), ImportOptions::default())?;
        }
    }
    Ok(())
}

/// An invitation as an order makes it.
async fn invitation() -> Activation {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    bench.activation(MAIL).await
}

/// An item as the database's own interface takes it.
pub fn item(of: &store::Item) -> Item {
    of.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::S(text) => AttributeValue::S(text.clone()),
        Value::N(number) => AttributeValue::N(number.clone()),
        Value::Bool(is) => AttributeValue::BOOL(*is),
        Value::L(list) => AttributeValue::L(list.iter().map(attribute).collect()),
        Value::M(map) => AttributeValue::M(item(map)),
        // Nothing else is stored.
        _ => AttributeValue::NULL(true),
    }
}
