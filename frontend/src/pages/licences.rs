//! `/licences`: the licences on which the person holds roles (REG-14, PERM-01, LIC-03), and what to do where one is missing
//! (LIC-05). With `below` in the query, those that stand directly below one agreement.

use api::{
    me::{Licences, MyLicence},
    path,
};
use leptos::prelude::*;
use licensing::{Licence, Programme, rights::Role, running::Running};

use super::{
    listing::{Found, Listing, choice},
    profile, request,
};
use crate::{
    app::app,
    client::{self, Answered},
    components::{
        Draw, Watched, changing, element, export,
        html::{
            actions, button_link, day, h2, hint, lead, lead_around, lines, link, list, p, quiet_link, section, strong,
            support_line, table, text, warning,
        },
        load::{draw, loaded_part},
        words,
    },
    messages as m,
    route::{self, Route},
};

/// In the query: below which agreement.
const BELOW: &str = "below";

/// The choices in the query.
const CHOICES: &[&str] = &["programme", "state"];

pub(crate) fn page() -> AnyView {
    // Another list is another page. What is looked for in one does not draw its search anew.
    let below = Watched::new(app().query.peek(|query| below_in(query)));
    let followed = changing(move || {
        below.set(app().query.with(|query| below_in(query)));
        ().into_any()
    });
    vec![followed, changing(move || all(below.with(Option::clone)))].into_any()
}

fn below_in(query: &str) -> Option<Licence> {
    route::said(query, BELOW)?.parse().ok()
}

fn all(below: Option<Licence>) -> AnyView {
    let programmes = Programme::ALL.iter().map(|programme| (words::programme(*programme), programme.as_str()));
    let states = [Running::Active, Running::Ending, Running::ToCome, Running::Ended];
    let states = states.into_iter().map(|state| (words::running_word(state), state.as_str()));
    let (title, lead) = match &below {
        None => (m::LICENCES_TITLE.into(), lead(m::LICENCES_LEAD)),
        Some(above) => {
            let title = m::ALL_BELOW_TITLE.with(&[("licence", &words::licence(above))]);
            (title.into(), lead_around(m::ALL_BELOW_LEAD, words::licence_link(above)))
        }
    };
    let listing = Listing {
        path: list_path(below.as_ref()),
        title,
        lead,
        search: m::SEARCH_LICENCES,
        choices: vec![choice("programme", m::PROGRAMME, programmes), choice("state", m::STATE, states)],
    };
    listing.view(move |page, query| {
        let below = below.clone();
        // Another list is about to be drawn.
        if below_in(&query) != below {
            return ().into_any();
        }
        loaded_part(page, move || fetch(below.clone(), query.clone()))
    })
}

/// The path of the whole list, or of that of what stands directly below an agreement.
pub(crate) fn list_path(below: Option<&Licence>) -> String {
    with_below(&Route::Licences.path(), below)
}

fn with_below(path: &str, below: Option<&Licence>) -> String {
    let key = below.map(Licence::key).unwrap_or_default();
    client::with_query(path, &route::query(&[(BELOW, &key)]))
}

async fn fetch(below: Option<Licence>, query: String) -> Answered<Draw> {
    let page = client::licences(&query).await?;
    draw(move || found(below.as_ref(), &query, &page))
}

fn found(below: Option<&Licence>, query: &str, page: &Licences) -> AnyView {
    let found = Found {
        path: list_path(below),
        query,
        choices: CHOICES,
        rows: page.licences.len(),
        next: page.next.as_deref(),
    };
    let file = client::with_query(&with_below(path::LICENCES, below), &found.asked_with(&[("format", "csv")]));
    let columns = [m::LICENSING_ID, m::ORGANISATION, m::ROLES, m::WHY, m::RUNS, m::AGREEMENT_ABOVE, m::MORE];
    let table = || {
        let rows = page.licences.iter().map(row).collect();
        table(m::LICENCES_TITLE, &columns, rows)
    };
    let nothing = || match below {
        None => none(page),
        Some(_) => nothing_below(),
    };
    let has_some = !page.licences.is_empty();
    let shown = found.view(table, nothing, vec![export::button(file, "licences.csv".to_owned(), m::EXPORT_CSV)]);
    let missing = if has_some && below.is_none() { missing(page) } else { ().into_any() };
    vec![shown, missing].into_any()
}

/// Why nothing stands below, and what would.
pub(crate) fn nothing_below() -> AnyView {
    vec![p(m::NOTHING_BELOW), hint(m::NOTHING_BELOW_HELP)].into_any()
}

/// What to do for who misses a licence (LIC-05).
fn missing(found: &Licences) -> AnyView {
    section(vec![
        h2(m::MISSING_TITLE),
        not_counted(found),
        list(vec![text(m::MISSING_NUMBER), text(m::MISSING_REQUEST), text(m::MISSING_ADDRESS)]),
        actions(vec![
            quiet_link(Route::Request.path(), m::REQUEST_PERMISSION),
            quiet_link(Route::Profile.path(), m::ADD_ADDRESS),
        ]),
    ])
}

/// The reader's addresses that count for nothing until they are confirmed again: what hangs on them is missing (REG-14, REG-09).
fn not_counted(found: &Licences) -> AnyView {
    let why = found.not_looked_for.iter().map(|it| {
        let why = profile::why_again(it.why).with(&[("address", it.address.as_str())]);
        warning(vec![p(why), actions(vec![link(Route::Profile.path(), m::CONFIRM_AGAIN)])])
    });
    why.collect::<Vec<_>>().into_any()
}

fn row(mine: &MyLicence) -> Vec<AnyView> {
    let runs = view! { <span>{day(&mine.starts)} " – " {day(&mine.ends)}</span> }.into_any();
    let mut called = vec![name(mine)];
    // Why a search for a product found it.
    called.extend(mine.products.iter().map(|product| element("span").class("hint").text(product.clone()).view()));
    vec![
        lines(called),
        text(mine.customer_name.clone()),
        roles(&mine.roles),
        or_dash(why(mine)),
        lines(vec![words::running(mine.state), runs]),
        above(mine),
        lines(ways(mine)),
    ]
}

/// What stands below the licence before it in the list is set in, and says so to those who don't see that.
fn name(mine: &MyLicence) -> AnyView {
    let link = words::licence_link(&mine.licence);
    let Some(above) = mine.above.first().filter(|_| mine.depth > 0) else { return link };
    let below = [", ", &m::BELOW.with(&[("licence", &words::licence(above))])].concat();
    element("div")
        .class(if mine.depth == 1 { "below" } else { "below further" })
        .with(link)
        .with(element("span").class("unseen").text(below).view())
        .view()
}

/// The agreements above, the nearest first; the reader may open those that stand before it in the list.
fn above(mine: &MyLicence) -> AnyView {
    if mine.above.is_empty() {
        return text(m::DASH);
    }
    let above = mine.above.iter().enumerate().map(|(nth, above)| {
        if nth < usize::from(mine.depth) { words::licence_link(above) } else { text(words::licence(above)) }
    });
    lines(above.collect())
}

/// Texts, one a line; a dash where there is none.
pub(crate) fn or_dash(said: Vec<String>) -> AnyView {
    if said.is_empty() { text(m::DASH) } else { lines(said.into_iter().map(text).collect()) }
}

/// Roles, one a line.
pub(crate) fn roles(roles: &[Role]) -> AnyView {
    or_dash(roles.iter().map(|role| words::role(*role).t().to_owned()).collect())
}

/// Where the roles come from, in words: as which contact, by which address, and what else.
pub(crate) fn why(mine: &MyLicence) -> Vec<String> {
    let listed = mine.listed.iter().map(|(contact, address)| {
        m::NAMED.with(&[("name", words::contact(*contact).t()), ("address", address.as_str())])
    });
    let others = mine.sources.iter().filter(|source| !source.starts_with("contact:"));
    listed.chain(others.map(|source| words::source(source, None, None, true))).collect()
}

/// What the reader can do about it.
pub(crate) fn ways(mine: &MyLicence) -> Vec<AnyView> {
    let has = |role: Role| mine.roles.contains(&role);
    let mut ways = vec![link(Route::Access(mine.licence.clone()).path(), m::WHY_CAN_I)];
    let has_orders = mine.licence.programme != Programme::Master;
    if has_orders && (has(Role::Administrator) || has(Role::OnlineServicesManager)) {
        ways.push(link(Route::Where(mine.licence.clone()).path(), m::WHERE_TITLE));
    }
    ways.push(if has(Role::Administrator) {
        link(Route::Audit(Some(mine.licence.clone())).path(), m::AUDIT_SHORT)
    } else {
        link(request::path_for(&mine.licence), m::REQUEST_MORE)
    });
    ways
}

/// Why there are no licences, and the ways forward (REG-14).
pub(crate) fn none(found: &Licences) -> AnyView {
    let addresses: Vec<AnyView> = found.looked_for.iter().map(|address| strong(address.as_str().to_owned())).collect();
    let support = app().about.peek(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    let support = support.map(|address| support_line(m::NO_LICENCES_ASK, address));
    let mut parts = Vec::new();
    // There is none where all of them have to be confirmed again.
    if !addresses.is_empty() {
        parts.extend([lead(m::NO_LICENCES_LEAD), list(addresses)]);
    }
    parts.extend([
        not_counted(found),
        p(m::NO_LICENCES_WHY),
        h2(m::WHAT_YOU_CAN_DO),
        p(m::NO_LICENCES_ADD),
        actions(vec![button_link("/profile", m::ADD_ADDRESS)]),
        p(m::NO_LICENCES_REQUEST),
        actions(vec![quiet_link("/request", m::REQUEST_PERMISSION)]),
        p(m::NO_LICENCES_LISTED),
    ]);
    parts.extend(support);
    parts.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PERM-01 where roles come from is said in words, with the address that an agreement names.
    #[test]
    fn perm_01_roles_say_where_they_come_from() {
        let mine = MyLicence {
            licence: "select/1".parse().unwrap(),
            customer_name: "Contoso".into(),
            roles: vec![Role::Administrator],
            sources: vec!["contact:notices".into(), "assigned".into(), "above:master/7".into()],
            products: vec![],
            listed: vec![(licensing::ContactName::Notices, "a@b.example".parse().unwrap())],
            starts: "2026-01-01".into(),
            ends: "2028-12-31".into(),
            state: Running::Active,
            above: vec!["master/7".parse().unwrap()],
            depth: 0,
        };
        assert_eq!(
            why(&mine),
            [
                "Notices contact (a@b.example)",
                "Someone granted it to you.",
                "You are the primary or notices contact of an agreement above, Master agreement 7."
            ]
        );
    }

    /// UI-01 the list of what stands below an agreement has an address that names it.
    #[test]
    fn ui_01_what_stands_below_has_an_address() {
        let licence: Licence = "open-value/12/34 ü".parse().unwrap();
        let path = list_path(Some(&licence));
        let (place, query) = path.split_once('?').unwrap();
        assert_eq!(Route::at(place), Route::Licences);
        assert_eq!(below_in(query), Some(licence));
        assert_eq!(client::with_query(&path, "q=a"), path.clone() + "&q=a");
        assert_eq!(list_path(None), "/licences");
        assert_eq!(below_in("below=nothing"), None);
    }
}
