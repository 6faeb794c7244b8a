//! Reading a table from end to end, page by page: for what has no key to look it up by, and only where an operator asks for it.
//! Functions never do this (EXP-02).

use std::error::Error;

use gateway::App;
use serde::de::DeserializeOwned;
use store::{
    Item, Table,
    sdk::{error::DisplayErrorContext, types::AttributeValue},
    upgrade::{Rewrite, Rewritten},
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
        let answer = request.send().await.map_err(unreadable)?;
        for item in answer.items.unwrap_or_default() {
            take(store::from_item(item)?);
        }
        after = answer.last_evaluated_key;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// A page of a table, rewritten.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// So many items were looked at.
    pub(crate) read: u64,
    /// So many of them had to be rewritten.
    pub(crate) due: u64,
    /// So many were.
    pub(crate) rewritten: u64,
    /// Where the next page begins.
    pub(crate) next: Option<Item>,
}

/// Rewrites what is due in one page of a table; with `dry_run` it is only counted.
pub(crate) async fn rewrite(
    app: &App,
    rewrite: &Rewrite,
    after: Option<Item>,
    limit: i32,
    dry_run: bool,
) -> Result<Page, Box<dyn Error>> {
    let mut request = app.store.client().scan().table_name(app.store.name(rewrite.table));
    request = request.filter_expression(rewrite.filter).limit(limit).set_exclusive_start_key(after);
    for (short, name) in rewrite.names {
        request = request.expression_attribute_names(*short, *name);
    }
    for (short, value) in rewrite.values {
        request = request.expression_attribute_values(*short, AttributeValue::S((*value).to_owned()));
    }
    let answer = request.send().await.map_err(unreadable)?;
    let read = u64::try_from(answer.scanned_count).unwrap_or_default();
    let mut page = Page { read, next: answer.last_evaluated_key, ..Page::default() };
    for item in answer.items.unwrap_or_default() {
        let became = app.store.rewrite(rewrite, item, dry_run, app.now()).await?;
        page.due += u64::from(became != Rewritten::NotDue);
        page.rewritten += u64::from(became == Rewritten::Done);
    }
    Ok(page)
}

fn unreadable<E: Error>(error: E) -> String {
    format!("The table could not be read: {}. Run the command again.", DisplayErrorContext(error))
}
