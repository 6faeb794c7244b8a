//! `/licences`: the licences on which the person holds roles (REG-14).

use api::{
    me::{Licences, MyLicence},
    path,
};
use leptos::prelude::*;
use licensing::rights::Role;

use super::listing::{Found, Listing};
use crate::{
    app::app,
    client::{self, Answered},
    components::{
        Draw, export,
        html::{actions, button_link, day, h2, lead, link, list, p, strong, support_line, table, text},
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
    found.view(
        || table(m::LICENCES_TITLE, &columns, page.licences.iter().map(row).collect()),
        || none(page),
        vec![export::button(file, "licences.csv".to_owned(), m::EXPORT_CSV)],
    )
}

fn row(mine: &MyLicence) -> Vec<AnyView> {
    let lines = |texts: Vec<String>| -> AnyView {
        let texts: Vec<AnyView> = texts.into_iter().map(|text| view! { <div>{text}</div> }.into_any()).collect();
        view! { <div>{texts}</div> }.into_any()
    };
    let roles = mine.roles.iter().map(|role| words::role(*role).t().to_owned()).collect();
    let listed = mine
        .listed
        .iter()
        .map(|(contact, address)| format!("{}, {}", words::contact(*contact).t(), address.as_str()))
        .collect();
    let runs = view! { <span>{day(&mine.starts)} " – " {day(&mine.ends)}</span> }.into_any();
    let manages = mine.roles.iter().any(|role| matches!(role, Role::Administrator | Role::OnlineServicesManager));
    let audited = mine.roles.contains(&Role::Administrator);
    let mut more = Vec::new();
    if manages {
        more.push(view! { <div>{link(Route::Where(mine.licence.clone()).path(), m::WHERE_TITLE)}</div> }.into_any());
    }
    if audited {
        let audit = Route::Audit(Some(mine.licence.clone())).path();
        more.push(view! { <div>{link(audit, m::AUDIT_SHORT)}</div> }.into_any());
    }
    if more.is_empty() {
        more.push(text(m::DASH));
    }
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
        p(m::NO_LICENCES_LISTED),
    ];
    parts.extend(support);
    parts.into_any()
}
