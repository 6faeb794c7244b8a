//! `/approvals`: requests for permission that wait for the reader's decision (APR-01). The one that is to be decided stands
//! in the query, so that going back and loading anew work.

use api::requests::{InspectRequest, RequestKey, WhichRequest};
use leptos::prelude::*;
use licensing::Licence;

use crate::{
    app::app,
    client::{self, Answered},
    components::{
        Draw,
        approving::{self, Ways},
        changing,
        deciding::who,
        html::{
            actions, h1, h2, hint, inset, lead, line, lines, link, p, quiet_link, said, section, table, text, time,
            warning,
        },
        load::{draw, loaded},
        words,
    },
    messages as m,
    permissions::{ApprovalRow, Approvals},
    route::{self, Route},
};

const WAYS: Ways = Ways { sign_in: "", again, decided: || app().count_waiting() };

pub(crate) fn page() -> AnyView {
    changing(move || {
        let (key, after) = app().query.with(|query| (key_in(query), route::said(query, "after").unwrap_or_default()));
        match key {
            Some(key) => one(key),
            None => loaded(move || fetch(after.clone())),
        }
    })
}

/// What waits, on the home page: nothing where nothing does.
pub(crate) fn note() -> AnyView {
    changing(|| {
        let waiting = app().waiting.with(String::clone);
        if waiting.is_empty() {
            return ().into_any();
        }
        let text = m::APPROVALS_WAIT.with(&[("count", &waiting)]);
        inset(vec![p(text), line(vec![link("/approvals", m::APPROVALS_TITLE)])])
    })
}

// ---- all ----

async fn fetch(after: String) -> Answered<Draw> {
    let found = client::approvals(&route::query(&[("after", &after)])).await?;
    draw(move || all(&found, after.is_empty()))
}

fn all(found: &Approvals, is_first: bool) -> AnyView {
    if is_first {
        app().waiting.set(crate::app::counted(found));
    }
    let mut parts = vec![h1(m::APPROVALS_TITLE)];
    if found.requests.is_empty() && is_first && found.next.is_none() {
        parts.extend([p(m::NO_APPROVALS), hint(m::NO_APPROVALS_HELP)]);
        return parts.into_any();
    }
    parts.push(lead(m::APPROVALS_LEAD));
    // Most of what was asked may have been decided by others, with more to look through.
    if found.requests.is_empty() {
        parts.push(p(if found.next.is_some() { m::NONE_SO_FAR } else { m::NO_MORE }));
    }
    for (title, colleagues) in [(m::FROM_COLLEAGUES, true), (m::FROM_OUTSIDERS, false)] {
        let rows: Vec<&ApprovalRow> = found.requests.iter().filter(|row| row.colleague == colleagues).collect();
        if rows.is_empty() {
            continue;
        }
        let mut of = vec![h2(title)];
        of.extend((!colleagues).then(|| p(m::FROM_OUTSIDERS_HELP)));
        of.push(requests(title, &rows));
        parts.push(section(of));
    }
    let here = Route::Approvals.path();
    let mut ways = Vec::new();
    if let Some(next) = &found.next {
        ways.push(quiet_link(client::with_query(&here, &route::query(&[("after", next)])), m::NEXT_PAGE));
    }
    ways.extend((!is_first).then(|| link(here, m::FIRST_PAGE)));
    parts.push(actions(ways));
    parts.into_any()
}

fn requests(title: m::Text, rows: &[&ApprovalRow]) -> AnyView {
    let columns = [m::JOIN_WHO, m::ASKS_FOR, m::LICENSING_ID, m::JOIN_ASKED_AT, m::JOIN_ENDS_AT, m::NEXT_STEP];
    let rows = rows
        .iter()
        .map(|row| {
            let who = who(&row.name, row.address.as_str());
            let label = m::DECIDE_ON.with(&[("who", &who), ("licence", &words::licence(&row.key.licence))]);
            let to = decide_path(&row.key, false);
            let mut asked = vec![words::roles(&row.asked)];
            asked.extend((!row.comment.is_empty()).then(|| said(row.comment.clone())));
            let decide = view! { <a class="button small" href=to aria-label=label>{m::DECIDE.t()}</a> };
            vec![
                text(who),
                lines(asked),
                lines(vec![words::licence_link(&row.key.licence), text(row.customer_name.clone())]),
                time(&row.asked_at),
                time(&row.ends_at),
                decide.into_any(),
            ]
        })
        .collect();
    table(title, &columns, rows)
}

// ---- one ----

/// The address of the page that decides on a request; `changed`: it took the place of the one that was looked at.
fn decide_path(key: &RequestKey, changed: bool) -> String {
    let pairs = [
        ("programme", key.licence.programme.as_str()),
        ("licence", key.licence.number.as_str()),
        ("asker", key.asker.as_str()),
        ("request", &key.number.to_string()),
        ("changed", if changed { "yes" } else { "" }),
    ];
    client::with_query(&Route::Approvals.path(), &route::query(&pairs))
}

fn key_in(query: &str) -> Option<RequestKey> {
    let said = |name: &str| route::said(query, name);
    let licence = Licence { programme: said("programme")?.parse().ok()?, number: said("licence")?.parse().ok()? };
    Some(RequestKey { licence, asker: said("asker")?.parse().ok()?, number: said("request")?.parse().ok()? })
}

fn one(key: RequestKey) -> AnyView {
    let took_its_place = app().query.peek(|query| route::said(query, "changed").is_some());
    let note = took_its_place.then(|| warning(vec![p(m::REQUEST_HAS_CHANGED)]));
    let back = actions(vec![quiet_link("/approvals", m::TO_APPROVALS)]);
    vec![note.into_any(), drawn(key), back].into_any()
}

fn drawn(key: RequestKey) -> AnyView {
    loaded(move || inspect(key.clone()))
}

fn again(which: WhichRequest) -> AnyView {
    match which {
        WhichRequest::Portal(key) => drawn(key),
        WhichRequest::Link(_) => ().into_any(),
    }
}

/// A request as it is now. Where the person has asked for something else since, that is shown (APR-03).
async fn inspect(key: RequestKey) -> Answered<Draw> {
    let which = WhichRequest::Portal(key.clone());
    let shown = client::inspect_request(&InspectRequest { request: which.clone() }).await?;
    if shown.changed
        && let Ok(waiting) = client::approvals("").await
        && let Some(newer) = newer(&key, &waiting)
    {
        crate::attention::was_moved();
        app().go_instead(&decide_path(newer, true));
        return draw(|| ().into_any());
    }
    draw(move || approving::page(shown, which, WAYS))
}

/// The request that took the place of this one.
fn newer<'w>(key: &RequestKey, waiting: &'w Approvals) -> Option<&'w RequestKey> {
    let of_the_same = |other: &&RequestKey| other.licence == key.licence && other.asker == key.asker;
    waiting.requests.iter().map(|row| &row.key).filter(of_the_same).find(|other| other.number > key.number)
}

#[cfg(test)]
mod tests {
    use api::Instant;

    use super::*;

    fn key(number: u32) -> RequestKey {
        RequestKey { licence: "open-value/12/34".parse().unwrap(), asker: "p 1".parse().unwrap(), number }
    }

    fn row(key: RequestKey) -> ApprovalRow {
        ApprovalRow {
            key,
            customer_name: "Contoso".into(),
            name: String::new(),
            address: "a@b.example".parse().unwrap(),
            colleague: true,
            asked: crate::permissions::Roles::default(),
            comment: String::new(),
            asked_at: Instant::default(),
            ends_at: Instant::default(),
        }
    }

    /// UI-01 the address of a request leads back to it.
    #[test]
    fn ui_01_the_address_of_a_request_leads_back_to_it() {
        let path = decide_path(&key(3), false);
        let (place, query) = path.split_once('?').unwrap();
        assert_eq!(Route::at(place), Route::Approvals);
        assert_eq!(key_in(query), Some(key(3)));
        for cut in
            ["", "programme=select", "programme=x&licence=1&asker=a&request=1", "programme=select&licence=1&asker=a"]
        {
            assert_eq!(key_in(cut), None, "{cut}");
        }
    }

    /// APR-03 the request that took the place of another one is found: of the same person, and newer.
    #[test]
    fn apr_03_what_took_its_place_is_found() {
        let other = RequestKey { asker: "p2".parse().unwrap(), ..key(9) };
        let waiting = Approvals { requests: vec![row(other.clone()), row(key(4))], next: None };
        assert_eq!(newer(&key(3), &waiting), Some(&key(4)));
        assert_eq!(newer(&key(4), &waiting), None);
        assert_eq!(newer(&other, &waiting), None);
    }

    /// UI-09 the count says when there are more than it knows.
    #[test]
    fn ui_09_what_waits_is_counted() {
        let of = |count: u32, next: Option<&str>| {
            crate::app::counted(&Approvals {
                requests: (0..count).map(|n| row(key(n))).collect(),
                next: next.map(Into::into),
            })
        };
        assert_eq!([of(0, None), of(2, None), of(50, Some("x")), of(0, Some("x"))], ["", "2", "50+", ""]);
    }
}
