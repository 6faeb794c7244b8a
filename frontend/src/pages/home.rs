//! `/`: what waits for the person (UI-01), or why nothing does (REG-14).

use api::{
    Page,
    activations::{Phase, Row},
    me::Licences,
};
use leptos::prelude::*;

use super::{activations, approvals, joins, licences};
use crate::{
    app::app,
    browser,
    client::{self, Answered},
    components::{
        Draw, changing,
        html::{actions, arrive, h1, h2, hint, line, link, p, section, text},
        load::{draw, loaded},
        words,
    },
    messages as m,
};

/// What ends within so many days is named first.
const SOON_DAYS: f64 = 30.0;

/// So many are shown here, all of them under Manage activations.
const SHOWN: usize = 5;

pub(crate) fn page() -> AnyView {
    loaded(fetch)
}

async fn fetch() -> Answered<Draw> {
    let (rows, licences) = browser::both(client::activations(""), client::licences("")).await;
    let (all, licences) = (rows?, licences?);
    // Where there is more than a page, what can be activated now may be on a later one.
    let to_do = if all.next.is_some() { Some(client::activations("state=invited").await?) } else { None };
    draw(move || {
        if licences.licences.is_empty() && all.rows.is_empty() {
            nothing(&licences)
        } else {
            overview(&all, to_do.as_ref().unwrap_or(&all))
        }
    })
}

/// Why there is nothing, and the ways forward.
fn nothing(found: &Licences) -> AnyView {
    vec![h1(m::NO_LICENCES_TITLE), approvals::note(), joins::note(), licences::none(found)].into_any()
}

fn greeting() -> AnyView {
    let app = app();
    let name = changing(move || {
        let name = app.me.with(|me| me.as_ref().map(|me| me.profile.first_name.clone())).unwrap_or_default();
        if name.is_empty() { text(m::WELCOME) } else { text(m::WELCOME_NAME.with(&[("name", &name)])) }
    });
    arrive(m::HOME.t());
    view! { <h1 tabindex="-1">{name}</h1> }.into_any()
}

fn overview(all: &Page<Row>, to_do: &Page<Row>) -> AnyView {
    let mut parts = vec![greeting(), approvals::note(), joins::note(), to_activate(to_do)];
    let others = [
        (Phase::Stuck, "/activations?state=stuck", m::SOME_STUCK),
        (Phase::Expired, "/activations?state=expired", m::SOME_EXPIRED),
        (Phase::Scheduled, "/activations?state=scheduled", m::SOME_SCHEDULED),
    ];
    let others: Vec<AnyView> =
        others.into_iter().filter_map(|(state, list, text)| other(all, state, list, text)).collect();
    if !others.is_empty() {
        parts.push(section(vec![h2(m::ALSO_THERE), view! { <ul class="plain">{others}</ul> }.into_any()]));
    }
    parts.push(actions(vec![link("/activations", m::ACTIVATIONS_TITLE), link("/licences", m::LICENCES_TITLE)]));
    parts.into_any()
}

/// What can be activated now, the most urgent first.
fn to_activate(page: &Page<Row>) -> AnyView {
    let invited = page.rows.iter().filter(|row| row.state == Phase::Invited);
    let mut rows = browser::in_order(invited, |a, b| a.date < b.date);
    if rows.is_empty() {
        return section(vec![h2(m::TO_ACTIVATE), p(m::NOTHING_TO_ACTIVATE), hint(m::NOTHING_TO_ACTIVATE_HELP)]);
    }
    let soon = browser::now() + SOON_DAYS * 86_400_000.0;
    let ends_soon = |row: &&&Row| row.date.as_ref().is_some_and(|at| browser::millis(&at.0) < soon);
    let hurry = rows.iter().filter(ends_soon).count();
    let count = counted(rows.len(), page);
    let sentence = if hurry == 0 {
        m::SOME_TO_ACTIVATE.with(&[("count", &count)])
    } else {
        m::SOME_END_SOON.with(&[("count", &count), ("soon", &counted(hurry, page))])
    };
    let is_more = rows.len() > SHOWN || page.next.is_some();
    rows.truncate(SHOWN);
    let mut parts = vec![h2(m::TO_ACTIVATE), p(sentence), activations::to_do_table(&rows)];
    if is_more {
        parts.push(line(vec![link("/activations?state=invited", m::ALL_TO_ACTIVATE)]));
    }
    section(parts)
}

/// How many there are, as far as this page of the list says.
fn counted(count: usize, page: &Page<Row>) -> String {
    let more = if page.next.is_some() { "+" } else { "" };
    count.to_string() + more
}

fn other(page: &Page<Row>, state: Phase, list: &'static str, sentence: m::Text) -> Option<AnyView> {
    let count = page.rows.iter().filter(|row| row.state == state).count();
    let sentence = sentence.with(&[("count", &counted(count, page))]);
    (count > 0).then(|| view! { <li>{words::phase(state)} " " {link(list, sentence)}</li> }.into_any())
}
