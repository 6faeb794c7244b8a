//! `/`: what waits for the person (UI-01), or why nothing does (REG-14).

use api::{
    Page,
    activations::{Phase, Row},
    me::{Licences, NextEnd, Overview},
};
use leptos::prelude::*;

use super::{activations, approvals, joins, licences};
use crate::{
    app::app,
    browser,
    client::{self, Answered},
    components::{
        Draw, changing,
        html::{actions, arrive, h1, h2, hint, line, link, p, section, table, text, time},
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
    let (overview, to_do) = browser::both(client::overview(), client::activations("state=invited")).await;
    let (overview, to_do) = (overview?, to_do?);
    // Whoever sees no activations may still hold other roles.
    let licences = if overview.licences == 0 { Some(client::licences("").await?) } else { None };
    draw(move || match &licences {
        Some(licences) if licences.licences.is_empty() => nothing(licences),
        _ => shown(&overview, &to_do),
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

fn shown(overview: &Overview, to_do: &Page<Row>) -> AnyView {
    let mut parts = vec![greeting(), approvals::note(), joins::note(), to_activate(overview, to_do)];
    if to_do.next.is_some() {
        parts.push(end_first(overview));
    }
    let others = [
        (Phase::Stuck, "/activations?state=stuck", m::SOME_STUCK),
        (Phase::Expired, "/activations?state=expired", m::SOME_EXPIRED),
        (Phase::Scheduled, "/activations?state=scheduled", m::SOME_SCHEDULED),
    ];
    let others: Vec<AnyView> =
        others.into_iter().filter_map(|(state, list, text)| other(overview, state, list, text)).collect();
    if !others.is_empty() {
        parts.push(section(vec![h2(m::ALSO_THERE), view! { <ul class="plain">{others}</ul> }.into_any()]));
    }
    parts.push(actions(vec![link("/activations", m::ACTIVATIONS_TITLE), link("/licences", m::LICENCES_TITLE)]));
    parts.into_any()
}

/// How many there are in a state.
fn count(overview: &Overview, state: Phase) -> u64 {
    overview.activations.iter().filter(|counted| counted.state == state).map(|counted| counted.count).sum()
}

/// Where links end next: over all, not of one page.
fn end_first(overview: &Overview) -> AnyView {
    let row = |end: &NextEnd| {
        vec![
            words::licence_link(&end.licence),
            text(end.customer_name.clone()),
            text(browser::number(end.count)),
            time(&end.at),
        ]
    };
    let rows = overview.ends.iter().take(SHOWN).map(row).collect();
    let columns = [m::LICENSING_ID, m::ORGANISATION, m::TO_ACTIVATE, m::LINK_ENDS];
    section(vec![h2(m::END_FIRST), table(m::END_FIRST, &columns, rows)])
}

/// What can be activated now, the most urgent first.
fn to_activate(overview: &Overview, page: &Page<Row>) -> AnyView {
    let values = [("activated", &*browser::number(overview.activated)), ("bought", &*browser::number(overview.bought))];
    let mut known = Vec::new();
    if overview.bought > 0 {
        known.push(hint(m::SEATS_IN_USE.with(&values)));
    }
    if overview.more {
        known.push(hint(m::COUNTED_ON.with(&[("count", &browser::number(overview.licences.into()))])));
    }
    let mut rows = browser::in_order(page.rows.iter(), |a, b| a.date < b.date);
    // A page may be empty although there are some further on.
    let invited = count(overview, Phase::Invited);
    if rows.is_empty() && invited == 0 {
        let mut parts = vec![h2(m::TO_ACTIVATE), p(m::NOTHING_TO_ACTIVATE), hint(m::NOTHING_TO_ACTIVATE_HELP)];
        parts.extend(known);
        return section(parts);
    }
    let soon = browser::now() + SOON_DAYS * 86_400_000.0;
    let ends_soon = |row: &&&Row| row.date.as_ref().is_some_and(|at| browser::millis(&at.0) < soon);
    let hurry = rows.iter().filter(ends_soon).count();
    let count = browser::number(invited);
    let sentence = if hurry == 0 {
        m::SOME_TO_ACTIVATE.with(&[("count", &count)])
    } else {
        m::SOME_END_SOON.with(&[("count", &count), ("soon", &counted(hurry, page))])
    };
    let is_more = rows.len() > SHOWN || page.next.is_some();
    rows.truncate(SHOWN);
    let mut parts = vec![h2(m::TO_ACTIVATE), p(sentence)];
    parts.extend(known);
    if !rows.is_empty() {
        parts.push(activations::to_do_table(&rows));
    }
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

fn other(overview: &Overview, state: Phase, list: &'static str, sentence: m::Text) -> Option<AnyView> {
    let count = count(overview, state);
    let sentence = sentence.with(&[("count", &browser::number(count))]);
    (count > 0).then(|| view! { <li>{words::phase(state)} " " {link(list, sentence)}</li> }.into_any())
}
