//! `/`: what waits for the person (UI-01), or why nothing does (REG-14).

use api::{
    Page,
    activations::{Row, StateName},
    me::Licences,
};
use leptos::prelude::*;

use super::{activations, licences};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        html::{actions, arrive, button_link, h1, h2, hint, lead, line, link, p, quiet_link, section},
        load::{Draw, draw, loaded},
        words,
    },
    messages as m,
    portal::app,
};

/// What ends within so many days is named first.
const SOON_DAYS: f64 = 30.0;

pub(crate) fn page() -> AnyView {
    loaded(fetch)
}

async fn fetch() -> Answered<Draw> {
    // Both at once: the second one is on its way while the first one is awaited.
    let rows = browser::both(client::activations(""), client::licences()).await;
    let (rows, licences) = (rows.0?, rows.1?);
    draw(
        move || {
            if licences.licences.is_empty() && rows.rows.is_empty() { nothing(&licences) } else { overview(&rows) }
        },
    )
}

/// Why there is nothing, and the ways forward.
fn nothing(found: &Licences) -> AnyView {
    vec![h1(m::NO_LICENCES_TITLE.t()), licences::none(found)].into_any()
}

fn greeting() -> AnyView {
    let app = app();
    let name = move || {
        let name = app.who.with(|who| who.me().map(|me| me.profile.first_name.clone())).unwrap_or_default();
        if name.is_empty() { m::WELCOME.t().to_owned() } else { m::WELCOME_NAME.with(&[("name", &name)]) }
    };
    arrive(m::HOME.t());
    view! { <h1 tabindex="-1">{name}</h1> }.into_any()
}

fn overview(page: &Page<Row>) -> AnyView {
    let in_state = |state: StateName| page.rows.iter().filter(move |row| row.state == state);
    let soon = browser::now() + SOON_DAYS * 86_400_000.0;
    let ends_soon = |row: &&Row| row.date.as_ref().is_some_and(|at| browser::millis(&at.0) < soon);
    let mut to_do: Vec<&Row> = in_state(StateName::Invited).collect();
    to_do.sort_by(|a, b| a.date.cmp(&b.date));
    let hurry: Vec<&Row> = to_do.iter().copied().filter(ends_soon).collect();
    let count = |state| in_state(state).count();

    let first = if to_do.is_empty() {
        section(vec![h2(m::TO_ACTIVATE.t()), p(m::NOTHING_TO_ACTIVATE.t()), hint(m::NOTHING_TO_ACTIVATE_HELP.t())])
    } else {
        let lead_text = match hurry.len() {
            0 => m::SOME_TO_ACTIVATE.with(&[("count", &to_do.len().to_string())]),
            soon => m::SOME_END_SOON.with(&[("count", &to_do.len().to_string()), ("soon", &soon.to_string())]),
        };
        let shown: Vec<&Row> = to_do.iter().copied().take(5).collect();
        let more = (to_do.len() > shown.len() || page.next.is_some())
            .then(|| line(vec![link("/activations?state=invited", m::ALL_TO_ACTIVATE.t())]));
        section(vec![h2(m::TO_ACTIVATE.t()), p(lead_text), activations::to_do_table(&shown), more.into_any()])
    };
    let others = [
        (StateName::Stuck, "stuck", m::SOME_STUCK),
        (StateName::Expired, "expired", m::SOME_EXPIRED),
        (StateName::Scheduled, "scheduled", m::SOME_SCHEDULED),
    ];
    let others: Vec<AnyView> = others
        .into_iter()
        .filter(|(state, ..)| count(*state) > 0)
        .map(|(state, query, message)| {
            let sentence = message.with(&[("count", &count(state).to_string())]);
            view! {
                <li>
                    {words::state(state)} " " {link(format!("/activations?state={query}"), sentence)}
                </li>
            }
            .into_any()
        })
        .collect();
    let others = (!others.is_empty())
        .then(|| section(vec![h2(m::ALSO_THERE.t()), view! { <ul class="plain">{others}</ul> }.into_any()]));
    vec![
        greeting(),
        lead(m::HOME_LEAD.t()),
        first,
        others.into_any(),
        section(vec![
            h2(m::QUICK_LINKS.t()),
            actions(vec![
                button_link("/activations", m::ACTIVATIONS_TITLE.t()),
                quiet_link("/licences", m::LICENCES_TITLE.t()),
                quiet_link("/profile", m::ADD_ADDRESS.t()),
            ]),
        ]),
    ]
    .into_any()
}
