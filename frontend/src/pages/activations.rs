//! `/activations`: Manage activations (LINK-05), filtered, searched, paged and exported (UI-03).

use api::{
    Page,
    activations::{Row, StateName, Which},
    path,
};
use leptos::prelude::*;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, changing,
        form::{Field, Filled, Form},
        html::{actions, file_link, h1, hint, lead, link, maybe_time, p, paging, quiet_link, table, text, time},
        load::{draw, loaded},
        words,
    },
    frame, messages as m,
    portal::{App, app},
    route::{self, Route},
};

pub(crate) fn page() -> AnyView {
    let app = app();
    let results = changing(move || {
        let query = app.query.with(String::clone);
        loaded(move || fetch(query.clone()))
    });
    vec![
        h1(m::ACTIVATIONS_TITLE),
        lead(m::ACTIVATIONS_LEAD),
        filter(app),
        view! { <div id="results" tabindex="-1" aria-label=m::RESULTS.t()>{results}</div> }.into_any(),
    ]
    .into_any()
}

/// What the query asks for, without the place in the list.
fn asked(query: &str) -> (String, String) {
    (route::said(query, "state").unwrap_or_default(), route::said(query, "q").unwrap_or_default())
}

fn filter(app: App) -> AnyView {
    let form = Form::new();
    let (state, q) = app.query.peek(|query| asked(query));
    let mut states = vec![(m::ALL_STATES.t().to_owned(), String::new())];
    states.extend(words::STATES.iter().map(|(_, name, text)| (text.t().to_owned(), (*name).to_owned())));
    let search = Field { value: q, kind: "search", ..Field::text("q", m::SEARCH_ACTIVATIONS) };
    let send = move |filled: Filled| {
        let query = route::query(&[("state", &filled.text("state")), ("q", &filled.text("q"))]);
        app.go(&client::with_query("/activations", &query));
    };
    // Going back or on shows what was asked for there.
    let follows = changing(move || {
        let (state, q) = app.query.with(|query| asked(query));
        browser::fill("field-state", &state);
        browser::fill("field-q", &q);
        ().into_any()
    });
    let fields = form.view(
        vec![form.select("state", m::STATE, None, &state, states), form.field(search), form.button(m::SHOW), follows],
        send,
    );
    view! { <search class="filter">{fields}</search> }.into_any()
}

async fn fetch(query: String) -> Answered<Draw> {
    let page = client::activations(&query).await?;
    draw(move || found(&query, &page))
}

fn found(query: &str, page: &Page<Row>) -> AnyView {
    let (state, q) = asked(query);
    let first_page = route::said(query, "after").is_none();
    browser::announce(&m::ROWS_FOUND.with(&[("count", &page.rows.len().to_string())]));
    if frame::is_moved() && !first_page {
        browser::focus("#results");
    }
    if page.rows.is_empty() {
        let filtered = !(state.is_empty() && q.is_empty());
        return if filtered {
            vec![p(m::NONE_FOUND), actions(vec![quiet_link("/activations", m::SHOW_ALL)])].into_any()
        } else {
            vec![p(m::NO_ACTIVATIONS), hint(m::NO_ACTIVATIONS_HELP)].into_any()
        };
    }
    let columns = [m::PRODUCT_COLUMN, m::ORGANISATION, m::LICENSING_ID, m::QUANTITY, m::STATE, m::DATE, m::ACCOUNT];
    let rows = page.rows.iter().map(row).collect();
    let export = route::query(&[("format", "csv"), ("state", &state), ("q", &q)]);
    let to = |after: &str| {
        client::with_query("/activations", &route::query(&[("state", &state), ("q", &q), ("after", after)]))
    };
    let file = file_link(client::with_query(path::ACTIVATIONS, &export), m::EXPORT_CSV);
    vec![
        table(m::ACTIVATIONS_TITLE, &columns, rows),
        paging(page.next.as_deref().map(to), (!first_page).then(|| to("")), vec![file]),
    ]
    .into_any()
}

fn which(row: &Row) -> Which {
    Which { licence: row.licence.clone(), product: row.product.clone() }
}

fn row(row: &Row) -> Vec<AnyView> {
    vec![
        link(Route::Activation(which(row)).path(), row.product_name.clone()),
        text(row.customer_name.clone()),
        text(words::licence(&row.licence)),
        text(browser::number(row.quantity)),
        words::state(row.state),
        dated(row),
        text(row.account_name.clone().unwrap_or_else(|| m::DASH.t().to_owned())),
    ]
}

fn dated(row: &Row) -> AnyView {
    let Some(date) = &row.date else { return text(m::DASH) };
    let what = words::date_of_state(row.state).t();
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
            debug_assert_eq!(row.state, StateName::Invited, "only what was invited can be activated");
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
