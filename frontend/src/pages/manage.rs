//! `/manage/…`: the users of a licence (APR-07, APR-08): who has what, from where, and whether they registered. What is looked for
//! stands in the query; who is ticked stays in this tab.

use api::{
    path,
    people::{GAVE_UP, InvitationName},
};
use leptos::prelude::*;
use licensing::{Address, Licence};

use super::{
    licences,
    listing::{Found, Listing, choice},
};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, Watched, changing, element, export,
        html::{actions, button, button_link, hint, lead, line, lines, link, p, quiet_link, table, text},
        load::{draw, loaded_part},
        person,
        person_change::person_path,
        roles, words,
    },
    json, messages as m,
    permissions::{People, PersonShown},
    route::{self, Managing, Route},
};

/// Kept in this tab: of which licence, and who is ticked.
const KEPT_TICKED: &str = "people-ticked";

/// So many are changed at once.
pub(crate) const MOST: usize = 100;

/// The choices in the query.
const CHOICES: &[&str] = &["role", "state"];

/// The class of the boxes.
const BOX: &str = "pick";

type Ticked = Watched<Vec<Address>>;

pub(crate) fn page(licence: Licence) -> AnyView {
    let path = Route::Manage(licence.clone(), Managing::People).path();
    let ticked = Watched::new(ticked_on(&licence));
    let offered = roles::of(licence.programme).roles;
    let offered = offered.into_iter().map(|role| (words::role(role), role.as_str()));
    let states = InvitationName::ALL.into_iter().map(|state| (person::state(state), state.as_str()));
    let states = states.chain([(m::PERSON_GAVE_UP, GAVE_UP)]);
    let ways = actions(vec![
        button_link(Route::Manage(licence.clone(), Managing::Add).path(), m::ASSIGN_PERMISSIONS),
        quiet_link(Route::Licence(licence.clone()).path(), m::TO_LICENCE),
    ]);
    let listing = Listing {
        path,
        title: m::MANAGE_TITLE.with(&[("licence", &words::licence(&licence))]).into(),
        lead: vec![lead(m::MANAGE_LEAD), ways].into_any(),
        search: m::SEARCH_PEOPLE,
        choices: vec![choice("role", m::ROLE, offered), choice("state", m::STATE, states)],
    };
    listing.view(move |page, query| {
        let licence = licence.clone();
        loaded_part(page, move || fetch(licence.clone(), query.clone(), ticked))
    })
}

async fn fetch(licence: Licence, query: String, ticked: Ticked) -> Answered<Draw> {
    let found = client::people(&licence, &query).await?;
    draw(move || some_people(&licence, &query, &found, ticked))
}

fn some_people(licence: &Licence, query: &str, page: &People, ticked: Ticked) -> AnyView {
    let found = Found {
        path: Route::Manage(licence.clone(), Managing::People).path(),
        query,
        choices: CHOICES,
        rows: page.people.len(),
        next: page.next.as_deref(),
    };
    let file = path::licence_people(licence.programme.as_str(), licence.number.as_str());
    let file = client::with_query(&file, &found.asked_with(&[("format", "csv")]));
    let name = format!("people-{}-{}.csv", licence.programme, licence.number);
    let columns = [m::PICK, m::ADDRESS, m::ROLES, m::WHY, m::STATE];
    let rows = || {
        let rows = page.people.iter().map(|person| row(licence, person, ticked)).collect();
        vec![table(m::PEOPLE, &columns, rows), several(licence.clone(), ticked)].into_any()
    };
    let nobody = || vec![p(m::NO_PEOPLE), hint(m::NO_PEOPLE_HELP)].into_any();
    found.view(rows, nobody, vec![export::button(file, name, m::EXPORT_CSV)])
}

fn row(licence: &Licence, person: &PersonShown, ticked: Ticked) -> Vec<AnyView> {
    let address = person.address.as_str();
    let tick = if person.own { text(m::DASH) } else { tick(licence.clone(), person.address.clone(), ticked) };
    vec![
        tick,
        link(person_path(licence, address, ""), address.to_owned()),
        licences::or_dash(person::roles(person, words::until)),
        licences::or_dash(person::why(person)),
        lines(person::status(person)),
    ]
}

// ---- several ----

fn tick(licence: Licence, address: Address, ticked: Ticked) -> AnyView {
    let label = m::PICK_PERSON.with(&[("address", address.as_str())]);
    let is_ticked = ticked.peek(|all| all.contains(&address));
    element("input")
        .set("type", "checkbox")
        .class(BOX)
        .set("aria-label", label)
        .flag("checked", is_ticked)
        .on("change", move |event| {
            let mut all = ticked.peek(Vec::clone);
            all.retain(|other| *other != address);
            if browser::is_ticked(&event) {
                all.push(address.clone());
            }
            browser::announce(&m::PICKED.with(&[("count", &all.len().to_string())]));
            tick_these(&licence, all, ticked);
        })
        .view()
}

fn tick_these(licence: &Licence, all: Vec<Address>, ticked: Ticked) {
    keep_ticked(licence, &all);
    ticked.set(all);
}

/// What can be done with all who are ticked.
fn several(licence: Licence, ticked: Ticked) -> AnyView {
    changing(move || {
        let count = ticked.with(Vec::len);
        if count == 0 {
            return hint(m::PICK_HELP);
        }
        let to = |act: &str| {
            let path = Route::Manage(licence.clone(), Managing::Several).path();
            client::with_query(&path, &route::query(&[("do", act)]))
        };
        let licence = licence.clone();
        let none = button("link", m::PICK_NONE, move || {
            browser::tick_all(BOX, false);
            tick_these(&licence, Vec::new(), ticked);
            browser::focus("#results");
        });
        let ways = if count > MOST {
            vec![p(m::PICKED_TOO_MANY.with(&[("most", &MOST.to_string())])), none]
        } else {
            vec![quiet_link(to("give"), m::GIVE_PICKED), quiet_link(to("remove"), m::REMOVE_PICKED), none]
        };
        let said = line(vec![text(m::PICKED.with(&[("count", &count.to_string())]))]);
        element("div").class("inset").with(said).with(actions(ways)).view()
    })
}

/// Who is ticked on this licence.
pub(crate) fn ticked_on(licence: &Licence) -> Vec<Address> {
    let kept = browser::kept(KEPT_TICKED).and_then(|text| json::read::<(Licence, Vec<Address>)>(&text));
    kept.filter(|(of, _)| of == licence).map(|(_, all)| all).unwrap_or_default()
}

/// Keeps who is ticked; nobody is kept as nothing.
pub(crate) fn keep_ticked(licence: &Licence, all: &[Address]) {
    let text = if all.is_empty() { String::new() } else { json::written(&(licence, all)) };
    browser::keep(KEPT_TICKED, &text);
}

// ---- one of them ----

/// How many pages of what is found are looked through for one address.
const PAGES: u32 = 20;

/// One person of a licence, if there is anything to say of them, and what is known of the licence.
pub(crate) async fn one(licence: &Licence, address: &Address) -> Answered<(Option<PersonShown>, People)> {
    let mut after = String::new();
    let mut pages = 0;
    loop {
        let query = route::query(&[("q", address.as_str()), ("after", &after)]);
        let mut found = client::people(licence, &query).await?;
        let place = found.people.iter().position(|person| person.address == *address);
        let person = place.map(|place| found.people.swap_remove(place));
        pages += 1;
        match found.next.take() {
            Some(next) if person.is_none() && pages < PAGES => after = next,
            _ => return Ok((person, found)),
        }
    }
}
