//! `/audit`: what was done, by whom and when: on a Licensing ID, or by and to the reader (SAFE-01, SAFE-02).

use api::{Page, audit::Row};
use leptos::prelude::*;
use licensing::Licence;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, changing,
        html::{file_link, h1, hint, lead, p, paging, table, tag, text, time},
        load::{draw, loaded},
        words,
    },
    frame, messages as m,
    portal::app,
    route::{self, Route},
};

pub(crate) fn page(licence: Option<Licence>) -> AnyView {
    let app = app();
    let (title, lead_text) = match &licence {
        Some(licence) => (m::AUDIT_TITLE, m::AUDIT_LEAD.with(&[("licence", &words::licence(licence))])),
        None => (m::MY_AUDIT_TITLE, m::MY_AUDIT_LEAD.t().to_owned()),
    };
    let results = changing(move || {
        let (licence, query) = (licence.clone(), app.query.with(String::clone));
        loaded(move || fetch(licence.clone(), query.clone()))
    });
    vec![
        h1(title.t()),
        lead(lead_text),
        view! { <div id="results" tabindex="-1" aria-label=m::RESULTS.t()>{results}</div> }.into_any(),
    ]
    .into_any()
}

async fn fetch(licence: Option<Licence>, query: String) -> Answered<Draw> {
    let page = client::audit(licence.as_ref(), &query).await?;
    draw(move || found(licence.as_ref(), &query, &page))
}

fn found(licence: Option<&Licence>, query: &str, page: &Page<Row>) -> AnyView {
    if page.rows.is_empty() {
        return vec![p(m::NO_AUDIT), hint(m::NO_AUDIT_HELP)].into_any();
    }
    let first_page = route::said(query, "after").is_none();
    if frame::is_moved() && !first_page {
        browser::focus("#results");
    }
    let here = Route::Audit(licence.cloned()).path();
    let file = |format: &str| client::with_query(&client::audit_path(licence), &route::query(&[("format", format)]));
    let files = vec![file_link(file("jsonl"), m::EXPORT_JSONL), file_link(file("csv"), m::EXPORT_CSV)];
    let next = page.next.as_ref().map(|after| client::with_query(&here, &route::query(&[("after", after)])));
    let columns = [m::NUMBER_COLUMN, m::WHEN, m::WHAT, m::WHO, m::FACTS, m::SEALED_COLUMN];
    vec![
        table(m::AUDIT_TITLE, &columns, page.rows.iter().map(row).collect()),
        paging(next, (!first_page).then_some(here), files),
        hint(m::SEALED_HINT),
    ]
    .into_any()
}

fn row(row: &Row) -> Vec<AnyView> {
    let facts: Vec<AnyView> = row
        .facts
        .iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <span class="hint">{words::spelled(name)} ": "</span>
                    {words::value(value)}
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
        view! { <div>{facts}</div> }.into_any(),
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
