//! `/licences`: the licences on which the person holds roles (REG-14), and what to do where one is missing (LIC-05).

use api::{
    me::{Licences, MyLicence},
    path,
};
use leptos::prelude::*;
use licensing::rights::Role;

use super::{
    listing::{Found, Listing},
    request,
};
use crate::{
    app::app,
    client::{self, Answered},
    components::{
        Draw, export,
        html::{
            actions, button_link, day, h2, lead, link, list, p, quiet_link, section, strong, support_line, table, text,
        },
        load::{draw, loaded_part},
        words,
    },
    messages as m,
    route::Route,
};

pub(crate) fn page() -> AnyView {
    let listing = Listing {
        path: Route::Licences.path(),
        title: m::LICENCES_TITLE,
        lead: m::LICENCES_LEAD.t().to_owned(),
        search: m::SEARCH_LICENCES,
        choice: None,
    };
    listing.view(|page, query| loaded_part(page, move || fetch(query.clone())))
}

async fn fetch(query: String) -> Answered<Draw> {
    let page = client::licences(&query).await?;
    draw(move || found(&query, &page))
}

fn found(query: &str, page: &Licences) -> AnyView {
    let found = Found {
        path: Route::Licences.path(),
        query,
        choice: None,
        rows: page.licences.len(),
        next: page.next.as_deref(),
    };
    let file = client::with_query(path::LICENCES, &found.asked_with(&[("format", "csv")]));
    let columns = [m::LICENSING_ID, m::ORGANISATION, m::ROLES, m::LISTED_AS, m::RUNS, m::MORE];
    let table = || {
        let rows = page.licences.iter().map(row).collect();
        table(m::LICENCES_TITLE, &columns, rows)
    };
    let has_some = !page.licences.is_empty();
    let shown = found.view(table, || none(page), vec![export::button(file, "licences.csv".to_owned(), m::EXPORT_CSV)]);
    let missing = if has_some { missing() } else { ().into_any() };
    vec![shown, missing].into_any()
}

/// What to do for who misses a licence (LIC-05).
fn missing() -> AnyView {
    section(vec![
        h2(m::MISSING_TITLE),
        list(vec![text(m::MISSING_NUMBER), text(m::MISSING_REQUEST), text(m::MISSING_ADDRESS)]),
        actions(vec![
            quiet_link(Route::Request.path(), m::REQUEST_PERMISSION),
            quiet_link(Route::Profile.path(), m::ADD_ADDRESS),
        ]),
    ])
}

fn row(mine: &MyLicence) -> Vec<AnyView> {
    let lines = |texts: Vec<String>| -> AnyView {
        let texts: Vec<AnyView> = texts.into_iter().map(|text| view! { <div>{text}</div> }.into_any()).collect();
        view! { <div>{texts}</div> }.into_any()
    };
    let roles = mine.roles.iter().map(|role| words::role(*role).t().to_owned()).collect();
    let mut listed: Vec<String> = mine
        .listed
        .iter()
        .map(|(contact, address)| format!("{}, {}", words::contact(*contact).t(), address.as_str()))
        .collect();
    if listed.is_empty() {
        listed.push(m::DASH.t().to_owned());
    }
    let runs = view! { <span>{day(&mine.starts)} " – " {day(&mine.ends)}</span> }.into_any();
    let manages = mine.roles.iter().any(|role| matches!(role, Role::Administrator | Role::OnlineServicesManager));
    let audited = mine.roles.contains(&Role::Administrator);
    let mut more = vec![link(Route::Access(mine.licence.clone()).path(), m::WHY_CAN_I)];
    if manages {
        more.push(link(Route::Where(mine.licence.clone()).path(), m::WHERE_TITLE));
    }
    if audited {
        more.push(link(Route::Audit(Some(mine.licence.clone())).path(), m::AUDIT_SHORT));
    } else {
        more.push(link(request::path_for(&mine.licence), m::REQUEST_MORE));
    }
    let more: Vec<AnyView> = more.into_iter().map(|way| view! { <div>{way}</div> }.into_any()).collect();
    vec![
        strong(words::licence(&mine.licence)),
        text(mine.customer_name.clone()),
        lines(roles),
        lines(listed),
        runs,
        view! { <div>{more}</div> }.into_any(),
    ]
}

/// Why there are no licences, and the ways forward (REG-14).
pub(crate) fn none(found: &Licences) -> AnyView {
    let addresses: Vec<AnyView> = found.looked_for.iter().map(|address| strong(address.as_str().to_owned())).collect();
    let support = app().about.peek(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    let support = support.map(|address| support_line(m::NO_LICENCES_ASK, address));
    let mut parts = vec![
        lead(m::NO_LICENCES_LEAD),
        list(addresses),
        p(m::NO_LICENCES_WHY),
        h2(m::WHAT_YOU_CAN_DO),
        p(m::NO_LICENCES_ADD),
        actions(vec![button_link("/profile", m::ADD_ADDRESS)]),
        p(m::NO_LICENCES_REQUEST),
        actions(vec![quiet_link("/request", m::REQUEST_PERMISSION)]),
        p(m::NO_LICENCES_LISTED),
    ];
    parts.extend(support);
    parts.into_any()
}
