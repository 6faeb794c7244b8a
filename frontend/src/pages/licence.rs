//! `/licences/…`: one licence: what it is, what stands above and below it, whom it names, what the reader may do there, and for its
//! Administrators who else may (LIC-01, ROLE-06). What is looked for among people stands in the query.

use api::{
    Code,
    me::{ContactShown, MyLicence},
    path,
};
use leptos::prelude::*;
use licensing::{Licence, rights::Role};

use super::{
    access, licences,
    listing::{Found, searched},
};
use crate::{
    client::{self, Answered},
    components::{
        Draw, Place, element, export,
        html::{
            actions, button_link, day, fact, facts, h1, h2, hint, line, lines, link, list, maybe_time, p, quiet_link,
            section, strong, table, text,
        },
        load::{draw, loaded, loaded_part},
        person, words,
    },
    messages as m,
    permissions::{LicenceShown, People, PersonShown},
    route::{Managing, Route},
};

pub(crate) fn page(licence: Licence) -> AnyView {
    loaded(move || fetch(licence.clone()))
}

async fn fetch(licence: Licence) -> Answered<Draw> {
    let (text, shown) = match client::licence(&licence).await {
        Err(trouble) if trouble.is(Code::NotAllowed) => {
            return draw(move || access::nothing(words::licence(&licence).into(), &licence, &trouble));
        }
        answered => answered?,
    };
    let mine: MyLicence = client::read(&text)?;
    draw(move || {
        let page = Place::new();
        page.show(move || whole(page, &mine, &shown));
        page.view()
    })
}

fn whole(page: Place, mine: &MyLicence, shown: &LicenceShown) -> AnyView {
    let mut parts = vec![
        h1(words::licence(&mine.licence)),
        line(vec![words::running(mine.state)]),
        all_facts(mine, shown),
        what_you_can_do(mine),
        section(vec![h2(m::ABOVE_AND_BELOW), tree(mine, shown)]),
        contacts(shown),
    ];
    if shown.lists_people {
        parts.push(people(page, mine.licence.clone()));
    }
    parts.push(actions(vec![link(Route::Licences.path(), m::LICENCES_TITLE)]));
    parts.into_any()
}

fn all_facts(mine: &MyLicence, shown: &LicenceShown) -> AnyView {
    let mut rows = vec![
        fact(m::ORGANISATION, text(mine.customer_name.clone())),
        fact(m::PROGRAMME, text(words::programme(mine.licence.programme))),
        fact(m::NUMBER_COLUMN, text(mine.licence.number.as_str().to_owned())),
        fact(m::FIRST_DAY, day(&mine.starts)),
        fact(m::FINAL_DAY, day(&mine.ends)),
    ];
    rows.extend(shown.reseller.clone().map(|reseller| fact(m::RESELLER, text(reseller))));
    facts(rows)
}

/// The reader's roles, where they come from, and the ways on.
fn what_you_can_do(mine: &MyLicence) -> AnyView {
    let mut parts = vec![h2(m::YOU_CAN)];
    if mine.roles.is_empty() {
        parts.push(p(m::ONLY_NAMED));
    }
    let why = licences::or_dash(licences::why(mine));
    parts.push(facts(vec![fact(m::ROLES, licences::roles(&mine.roles)), fact(m::WHY, why)]));
    let mut ways = licences::ways(mine);
    if mine.roles.contains(&Role::Administrator) {
        ways.push(link(Route::Approvals.path(), m::APPROVALS_TITLE));
    }
    parts.push(actions(ways));
    section(parts)
}

// ---- above and below ----

/// The agreements above, this one in them, and in this one what stands below.
fn tree(mine: &MyLicence, shown: &LicenceShown) -> AnyView {
    let here = [words::licence(&mine.licence), m::THIS_LICENCE.t().to_owned()].join(" ");
    let mut tree = vec![strong(here)];
    let below: Vec<AnyView> = shown.below.iter().map(below).collect();
    let has_some = !below.is_empty();
    if has_some {
        tree.push(list(below));
    }
    for above in &mine.above {
        let may_open = shown.opens.contains(above);
        let name = if may_open { words::licence_link(above) } else { text(words::licence(above)) };
        tree = vec![name, list(vec![tree.into_any()])];
    }
    let mut parts = vec![list(vec![tree.into_any()])];
    if mine.above.is_empty() {
        parts.push(p(m::NOTHING_ABOVE));
    }
    if has_some || shown.more_below {
        parts.push(actions(vec![quiet_link(licences::list_path(Some(&mine.licence)), m::ALL_BELOW)]));
    } else {
        parts.push(licences::nothing_below());
    }
    element("div").class("tree").with_all(parts).view()
}

fn below(mine: &MyLicence) -> AnyView {
    vec![words::licence_link(&mine.licence), text([" ", &mine.customer_name, " "].concat()), words::running(mine.state)]
        .into_any()
}

// ---- contacts ----

fn contacts(shown: &LicenceShown) -> AnyView {
    let mut parts = vec![h2(m::CONTACTS)];
    if shown.contacts.is_empty() {
        parts.extend([p(m::NO_CONTACTS), hint(m::NO_CONTACTS_HELP)]);
    } else {
        let rows = shown.contacts.iter().map(contact).collect();
        parts.push(table(m::CONTACTS, &[m::FACT_CONTACT, m::ADDRESS], rows));
        if !shown.lists_people {
            parts.push(hint(m::CONTACTS_MASKED));
        }
    }
    section(parts)
}

fn contact(it: &ContactShown) -> Vec<AnyView> {
    let mut said = vec![text(it.address.clone())];
    let beside = |more: m::Text| element("span").class("hint").text(more).view();
    said.extend(it.own.then(|| beside(m::THAT_IS_YOU)));
    said.extend(it.gave_up.then(|| beside(m::CONTACT_GAVE_UP)));
    vec![text(words::contact(it.contact)), lines(said)]
}

// ---- people ----

fn people(page: Place, licence: Licence) -> AnyView {
    let path = Route::Licence(licence.clone()).path();
    let manage = Route::Manage(licence.clone(), Managing::People).path();
    let manage = actions(vec![button_link(manage, m::MANAGE_USERS)]);
    let results = searched(page, path, m::SEARCH_PEOPLE, Vec::new(), move |page, query| {
        let licence = licence.clone();
        loaded_part(page, move || fetch_people(licence.clone(), query.clone()))
    });
    section(vec![h2(m::PEOPLE), p(m::PEOPLE_LEAD), manage, results])
}

async fn fetch_people(licence: Licence, query: String) -> Answered<Draw> {
    let found = client::people(&licence, &query).await?;
    draw(move || some_people(&licence, &query, &found))
}

fn some_people(licence: &Licence, query: &str, page: &People) -> AnyView {
    let found = Found {
        path: Route::Licence(licence.clone()).path(),
        query,
        choices: &[],
        rows: page.people.len(),
        next: page.next.as_deref(),
    };
    let file = path::licence_people(licence.programme.as_str(), licence.number.as_str());
    let file = client::with_query(&file, &found.asked_with(&[("format", "csv")]));
    let name = format!("people-{}-{}.csv", licence.programme, licence.number);
    let columns = [m::ADDRESS, m::ROLES, m::WHY, m::GAVE_UP_SINCE];
    found.view(
        || table(m::PEOPLE, &columns, page.people.iter().map(|person| row(licence, person)).collect()),
        || vec![p(m::NO_PEOPLE), hint(m::NO_PEOPLE_HELP)].into_any(),
        vec![export::button(file, name, m::EXPORT_CSV)],
    )
}

fn row(licence: &Licence, person: &PersonShown) -> Vec<AnyView> {
    vec![
        link(access::path_for(licence, &person.address), person.address.as_str().to_owned()),
        licences::or_dash(person::roles(person, words::until)),
        licences::or_dash(person::why(person)),
        maybe_time(person.gave_up_at.as_ref()),
    ]
}
