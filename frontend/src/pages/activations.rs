//! `/activations`: Manage activations (LINK-05), filtered, searched, paged and exported (UI-03).

use api::{
    Page,
    activations::{Phase, Row, Which},
    path,
};
use leptos::prelude::*;

use super::listing::{Found, Listing, choice};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, export,
        html::{hint, lead, link, maybe_time, p, table, text, time},
        load::{draw, loaded_part},
        words,
    },
    messages as m,
    route::Route,
};

pub(crate) fn page() -> AnyView {
    let states = words::PHASES.into_iter().map(|phase| (words::phase_word(phase), phase.as_str()));
    let listing = Listing {
        path: Route::Activations.path(),
        title: m::ACTIVATIONS_TITLE.into(),
        lead: lead(m::ACTIVATIONS_LEAD),
        search: m::SEARCH_ACTIVATIONS,
        choices: vec![choice("state", m::STATE, states)],
    };
    listing.view(|page, query| loaded_part(page, move || fetch(query.clone())))
}

async fn fetch(query: String) -> Answered<Draw> {
    let page = client::activations(&query).await?;
    draw(move || found(&query, &page))
}

fn found(query: &str, page: &Page<Row>) -> AnyView {
    let found = Found {
        path: Route::Activations.path(),
        query,
        choices: &["state"],
        rows: page.rows.len(),
        next: page.next.as_deref(),
    };
    let file = client::with_query(path::ACTIVATIONS, &found.asked_with(&[("format", "csv")]));
    let columns = [m::PRODUCT_COLUMN, m::ORGANISATION, m::LICENSING_ID, m::QUANTITY, m::STATE, m::DATE, m::ACCOUNT];
    found.view(
        || table(m::ACTIVATIONS_TITLE, &columns, page.rows.iter().map(row).collect()),
        || vec![p(m::NOTHING_TO_ACTIVATE), hint(m::NO_ACTIVATIONS_HELP)].into_any(),
        vec![export::button(file, "activations.csv".to_owned(), m::EXPORT_CSV)],
    )
}

fn which(row: &Row) -> Which {
    Which { licence: row.licence.clone(), product: row.product.clone() }
}

fn row(row: &Row) -> Vec<AnyView> {
    vec![
        link(Route::Activation(which(row)).path(), row.product_name.clone()),
        text(row.customer_name.clone()),
        words::licence_link(&row.licence),
        text(browser::number(row.quantity)),
        words::phase(row.state),
        dated(row),
        text(row.account_name.clone().unwrap_or_else(|| m::DASH.t().to_owned())),
    ]
}

fn dated(row: &Row) -> AnyView {
    let Some(date) = &row.date else { return text(m::DASH) };
    let what = words::date_of_phase(row.state).t();
    view! { <span><span class="hint">{what}</span> " " {time(date)}</span> }.into_any()
}

/// The activations that wait for somebody, as the home page shows them: each with its next step.
pub(crate) fn to_do_table(rows: &[&Row]) -> AnyView {
    let columns = [m::PRODUCT_COLUMN, m::ORGANISATION, m::QUANTITY, m::LINK_ENDS, m::NEXT_STEP];
    let cells = rows
        .iter()
        .map(|row| {
            let start = Route::Activate(Some(which(row))).path();
            let label = m::ACTIVATE_PRODUCT.with(&[("product", &row.product_name)]);
            let start = view! { <a class="button small" href=start aria-label=label>{m::ACTIVATE.t()}</a> }.into_any();
            debug_assert_eq!(row.state, Phase::Invited, "only what was invited can be activated");
            vec![
                link(Route::Activation(which(row)).path(), row.product_name.clone()),
                text(row.customer_name.clone()),
                text(browser::number(row.quantity)),
                maybe_time(row.date.as_ref()),
                start,
            ]
        })
        .collect();
    table(m::TO_ACTIVATE, &columns, cells)
}
