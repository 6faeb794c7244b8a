//! `/joins`: requests to join the accounts of which the reader is a global administrator (ORG-04). The one that is to be
//! decided stands in the query, so that going back and loading anew work.

use api::joins::{JoinRow, JoinShown, Joins, WhichJoin};
use leptos::prelude::*;

use crate::{
    app::app,
    client::{self, Answered},
    components::{
        Draw, Place, changing,
        deciding::{about, decision, grants, outcome, question, who},
        export,
        form::{Choice, Form},
        html::{
            actions, button_link, fact, facts, h1, h2, hint, inset, lead, line, link, p, quiet_link, section, table,
            text, time,
        },
        load::{draw, loaded},
    },
    messages as m,
    route::{self, Route},
};

pub(crate) fn page() -> AnyView {
    changing(move || {
        let asker = app().query.with(|query| route::said(query, "asker"));
        let account = app().query.with(|query| route::said(query, "account"));
        let wanted = account.zip(asker);
        loaded(move || fetch(wanted.clone()))
    })
}

/// What waits, on the home page: nothing where nothing does.
pub(crate) fn note() -> AnyView {
    let place = Place::new();
    crate::browser::spawn(async move {
        // What goes wrong here, the page itself says.
        let count = client::joins().await.map(|found| waiting(&found)).unwrap_or_default();
        if count > 0 {
            let text = m::JOINS_WAIT.with(&[("count", &count.to_string())]);
            place.show(move || inset(vec![p(text), line(vec![link("/joins", m::JOINS_TITLE)])]));
        }
    });
    place.view()
}

fn waiting(found: &Joins) -> usize {
    found.accounts.iter().map(|account| account.requests.len()).sum()
}

async fn fetch(wanted: Option<(String, String)>) -> Answered<Draw> {
    let found = client::joins().await?;
    let one = wanted.and_then(|(account, asker)| {
        let of = found.accounts.iter().find(|of| of.id.as_str() == account)?;
        let row = of.requests.iter().find(|row| row.key.asker.as_str() == asker)?;
        Some((of.name.clone(), row.clone()))
    });
    draw(move || match one {
        Some((account, row)) => request(&account, row),
        None => all(&found),
    })
}

fn all(found: &Joins) -> AnyView {
    let mut parts = vec![h1(m::JOINS_TITLE)];
    if found.accounts.is_empty() {
        parts.extend([p(m::NO_ACCOUNTS), hint(m::NO_ACCOUNTS_HELP)]);
        return parts.into_any();
    }
    parts.push(lead(m::JOINS_LEAD));
    for of in &found.accounts {
        let audit = api::path::account_audit(of.id.as_str());
        let file = |format: &str| client::with_query(&audit, &route::query(&[("format", format)]));
        let name = String::from("log-account-") + of.id.as_str();
        let log = vec![
            export::button(file("jsonl"), name.clone() + ".jsonl", m::EXPORT_JSONL),
            export::button(file("csv"), name + ".csv", m::EXPORT_CSV),
        ];
        let requests = if of.requests.is_empty() { p(m::NO_JOINS) } else { requests(&of.requests) };
        parts.push(section(vec![h2(of.name.clone()), requests, p(m::JOINS_LOG), actions(log)]));
    }
    parts.into_any()
}

fn requests(rows: &[JoinRow]) -> AnyView {
    let columns = [m::JOIN_WHO, m::JOIN_PRODUCT, m::ORGANISATION, m::JOIN_ASKED_AT, m::JOIN_ENDS_AT, m::NEXT_STEP];
    let rows = rows
        .iter()
        .map(|row| {
            let key = [("account", row.key.account.as_str()), ("asker", row.key.asker.as_str())];
            let here = client::with_query(&Route::Joins.path(), &route::query(&key));
            vec![
                text(who(&row.name, row.address.as_str())),
                text(row.product_name.clone()),
                text(row.customer_name.clone()),
                time(&row.asked_at),
                time(&row.ends_at),
                link(here, m::JOIN_OPEN),
            ]
        })
        .collect();
    table(m::JOINS_TITLE, &columns, rows)
}

fn request(account: &str, row: JoinRow) -> AnyView {
    let who = who(&row.name, row.address.as_str());
    let mut rows = about(account, who.clone(), &row.product_name, &row.customer_name);
    rows.push(fact(m::JOIN_ASKED_AT, time(&row.asked_at)));
    rows.push(fact(m::JOIN_ENDS_AT, time(&row.ends_at)));
    let mut options = grants();
    options.push(Choice::new("deny", m::JOIN_DENY));
    let (form, place) = (Form::new(), Place::new());
    let mut parts = vec![h1(m::JOIN_ASKS.with(&[("who", &who), ("account", account)])), facts(rows)];
    parts.extend(question(form, options));
    let asked = form.view(parts, move |filled| {
        let Some(decide) = decision(form, &filled, WhichJoin::Portal(row.key.clone())) else { return };
        let deciding = client::decide_join(&decide);
        form.send(async move {
            let shown = deciding.await?;
            place.show(move || over(&shown));
            Ok(())
        });
    });
    let back = actions(vec![quiet_link("/joins", m::TO_JOINS)]);
    place.show(move || vec![asked, back].into_any());
    place.view()
}

fn over(shown: &JoinShown) -> AnyView {
    outcome(shown, vec![actions(vec![button_link("/joins", m::TO_JOINS)])])
}
