//! `/audit`: what was done, by whom and when: on a Licensing ID, or by and to the reader (SAFE-01, SAFE-02).

use api::{Page, audit::Row};
use leptos::prelude::*;
use licensing::Licence;

use super::listing::{Found, Listing};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, export,
        html::{hint, lead, lead_around, p, table, tag, text, time},
        load::{draw, loaded_part},
        words,
    },
    messages as m,
    route::Route,
};

pub(crate) fn page(licence: Option<Licence>) -> AnyView {
    let (title, lead) = match &licence {
        Some(licence) => (m::AUDIT_TITLE, lead_around(m::AUDIT_LEAD, words::licence_link(licence))),
        None => (m::MY_AUDIT_TITLE, lead(m::MY_AUDIT_LEAD)),
    };
    let path = Route::Audit(licence.clone()).path();
    let listing = Listing { path, title: title.into(), lead, search: m::SEARCH_AUDIT, choices: Vec::new() };
    listing.view(move |page, query| {
        let licence = licence.clone();
        loaded_part(page, move || fetch(licence.clone(), query.clone()))
    })
}

async fn fetch(licence: Option<Licence>, query: String) -> Answered<Draw> {
    let page = client::audit(licence.as_ref(), &query).await?;
    draw(move || found(licence.as_ref(), &query, &page))
}

fn found(licence: Option<&Licence>, query: &str, page: &Page<Row>) -> AnyView {
    let found = Found {
        path: Route::Audit(licence.cloned()).path(),
        query,
        choices: &[],
        rows: page.rows.len(),
        next: page.next.as_deref(),
    };
    let of = licence.map_or_else(|| "my-log".to_owned(), |of| format!("log-{}-{}", of.programme, of.number));
    let path = client::audit_path(licence);
    let csv = client::with_query(&path, &found.asked_with(&[("format", "csv")]));
    // Only the whole chain proves that nothing is missing, whatever is looked for.
    let lines = client::with_query(&path, "format=jsonl");
    let columns = [m::NUMBER_COLUMN, m::WHEN, m::WHAT, m::WHO, m::FACTS, m::SEALED_COLUMN];
    let table = || {
        let rows = page.rows.iter().map(row).collect();
        vec![table(m::AUDIT_TITLE, &columns, rows), hint(m::SEALED_HINT)].into_any()
    };
    found.view(
        table,
        || vec![p(m::NO_AUDIT), hint(m::NO_AUDIT_HELP)].into_any(),
        vec![
            export::button(csv, of.clone() + ".csv", m::EXPORT_CSV),
            export::button(lines, of + ".jsonl", m::EXPORT_JSONL),
        ],
    )
}

fn row(row: &Row) -> Vec<AnyView> {
    let facts: Vec<AnyView> = row
        .facts
        .iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <span class="hint">{words::audit_fact(name)} ": "</span>
                    {words::audit_value(name, value)}
                </div>
            }
            .into_any()
        })
        .collect();
    let who = match &row.actor_name {
        Some(name) => name.clone(),
        None => actor(&row.actor),
    };
    let sealed = if row.sealed { tag("good", m::SEALED) } else { tag("later", m::NOT_SEALED) };
    vec![
        text(browser::number(row.seq)),
        time(&row.at),
        text(words::spelled(&row.action)),
        text(who),
        view! { <div class="log">{facts}</div> }.into_any(),
        sealed,
    ]
}

fn actor(actor: &str) -> String {
    let known = match actor {
        "person" => m::ACTOR_PERSON,
        "operator" => m::ACTOR_OPERATOR,
        "link-holder" => m::ACTOR_LINK_HOLDER,
        "administrator" => m::ACTOR_ADMINISTRATOR,
        "service" => m::ACTOR_SERVICE,
        other => return words::spelled(other),
    };
    known.t().to_owned()
}
