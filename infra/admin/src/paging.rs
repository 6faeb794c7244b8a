//! Reading a table from end to end, page by page: for what has no key to look it up by, and only where an operator asks for it.
//! Functions never do this (EXP-02).

use std::error::Error;

use gateway::App;
use serde::de::DeserializeOwned;
use store::{
    Table,
    sdk::{error::DisplayErrorContext, types::AttributeValue},
};

/// Hands over all items of a table; of those only for which the condition on `:a` holds, where there is one.
pub(crate) async fn page<T: DeserializeOwned>(
    app: &App,
    table: Table,
    condition: Option<(&str, &str)>,
    mut take: impl FnMut(T),
) -> Result<(), Box<dyn Error>> {
    let mut after = None;
    loop {
        let mut request = app.store.client().scan().table_name(app.store.name(table)).set_exclusive_start_key(after);
        if let Some((condition, value)) = condition {
            request =
                request.filter_expression(condition).expression_attribute_values(":a", AttributeValue::S(value.into()));
            // A word of the database's own.
            if condition.contains("#i") {
                request = request.expression_attribute_names("#i", "item");
            }
        }
        let answer = request.send().await;
        let answer = answer.map_err(|error| {
            format!("The table could not be read: {}. Run the command again.", DisplayErrorContext(error))
        })?;
        for item in answer.items.unwrap_or_default() {
            take(store::from_item(item)?);
        }
        after = answer.last_evaluated_key;
        if after.is_none() {
            return Ok(());
        }
    }
}
