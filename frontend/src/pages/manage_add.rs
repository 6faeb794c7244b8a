//! `/manage/…/add`: gives somebody permissions on a licence (APR-07, APR-08): who and what, check what that does, then what happens
//! next. Which step it is stands in the query; what was filled in stays in this tab.

use leptos::prelude::*;
use licensing::{
    Address, Licence,
    words::{BadAddress, BadWord},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::app,
    browser,
    client::{self, Answered},
    components::{
        Draw, changing,
        form::{Choice, Field, Filled, Form},
        html::{actions, fact, facts, h1, inset, lead, line, link, p, quiet_link, text, warning},
        load::{draw, loaded},
        person_change::{self, Wanted},
        roles, words,
    },
    json, messages as m,
    permissions::{Assign, ChangePerson, People, PersonChange, PersonOutcome, Roles},
    route::{self, Managing, Route},
};

const KEPT: &str = "person-assign";

/// What was filled in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    licence: Licence,
    address: Address,
    roles: Roles,
    listings_count: bool,
    above: Vec<Licence>,
    /// The address that was more likely meant.
    meant: Option<String>,
}

pub(crate) fn page(licence: Licence) -> AnyView {
    changing(move || {
        let said = |name: &str| app().query.with(|query| route::said(query, name)).unwrap_or_default();
        let (step, address, licence) = (said("step"), said("address"), licence.clone());
        match (step.as_str(), kept(&licence)) {
            ("check", Some(draft)) => check(draft),
            ("check", None) => {
                app().go_instead(&path(&licence, ""));
                ().into_any()
            }
            (_, draft) => loaded(move || fetch(licence.clone(), address.clone(), draft.clone())),
        }
    })
}

fn path(licence: &Licence, step: &str) -> String {
    let path = Route::Manage(licence.clone(), Managing::Add).path();
    client::with_query(&path, &route::query(&[("step", step)]))
}

fn kept(licence: &Licence) -> Option<Draft> {
    let draft = browser::kept(KEPT).and_then(|text| json::read::<Draft>(&text));
    draft.filter(|draft| draft.licence == *licence)
}

fn keep(draft: &Draft) {
    browser::keep(KEPT, &json::written(draft));
}

// ---- who and what ----

async fn fetch(licence: Licence, address: String, draft: Option<Draft>) -> Answered<Draw> {
    let people = client::people(&licence, "").await?;
    let me = match app().me.peek(Option::clone) {
        Some(me) => me,
        None => client::me().await?,
    };
    let mut domains: Vec<String> = me.addresses.iter().map(|mine| mine.address.domain().to_owned()).collect();
    domains.extend(people.people.iter().map(|person| person.address.domain().to_owned()));
    draw(move || form(licence, &address, draft, people, domains))
}

fn form(licence: Licence, address: &str, draft: Option<Draft>, people: People, domains: Vec<String>) -> AnyView {
    let form = Form::new();
    let offered = roles::of(licence.programme);
    // What a link names counts before what was typed earlier for somebody else.
    let draft = draft.filter(|draft| address.is_empty() || draft.address.as_str() == address);
    let address = draft.as_ref().map_or(address, |draft| draft.address.as_str()).to_owned();
    let chosen = draft.as_ref().map(|draft| draft.roles.clone()).unwrap_or_default();
    let field = Field {
        hint: Some(m::PERSON_ADDRESS_HINT.into()),
        value: address,
        autocomplete: "off",
        ..Field::address("address", m::PERSON_ADDRESS)
    };
    let parts = vec![
        h1(m::ASSIGN_TITLE.with(&[("licence", &words::licence(&licence))])),
        lead(m::ASSIGN_LEAD),
        form.field(field),
        roles::choices(form, m::ROLES_TO_GIVE, &offered, &chosen),
        roles::until_field(form, m::ASSIGN_UNTIL_HINT, chosen.until.clone().unwrap_or_default()),
        actions(vec![
            form.button(m::GO_ON),
            quiet_link(Route::Manage(licence.clone(), Managing::People).path(), m::CANCEL),
        ]),
    ];
    form.view(parts, move |filled| {
        let address = typed(form, &filled);
        let roles = roles::chosen(form, &filled, &offered);
        let roles = Roles { until: roles::until(form, &filled), ..roles };
        let (Some(address), false) = (address, form.has_faults()) else { return };
        let draft = Draft {
            licence: licence.clone(),
            meant: meant(&address, &domains),
            address,
            roles,
            listings_count: false,
            above: people.above.clone(),
        };
        keep(&draft);
        // What can't be done is said here, at its field.
        let asked = client::preview_person(&request(&draft));
        form.send(async move {
            asked.await?;
            app().go(&path(&draft.licence, "check"));
            Ok(())
        });
    })
}

/// The address that was typed; what is wrong with it is said at its field.
fn typed(form: Form, filled: &Filled) -> Option<Address> {
    let wrong = match Address::typed(&filled.text("address")) {
        Ok(address) => return Some(address),
        Err(BadAddress::Word(BadWord::Empty)) => m::PERSON_ADDRESS_EMPTY,
        Err(BadAddress::Word(BadWord::TooLong)) => m::ADDRESS_TOO_LONG,
        Err(BadAddress::Word(BadWord::Malformed)) => m::ADDRESS_MALFORMED,
        Err(BadAddress::LocalPart) => m::ADDRESS_LOCAL_PART,
    };
    form.fault("address", wrong);
    None
}

fn request(draft: &Draft) -> ChangePerson {
    ChangePerson {
        licence: draft.licence.clone(),
        address: draft.address.clone(),
        change: change(draft),
        above: draft.above.clone(),
        seen: None,
    }
}

fn change(draft: &Draft) -> PersonChange {
    PersonChange::Assign(Assign { roles: draft.roles.clone(), listings_count: draft.listings_count })
}

/// Domains that differ by so many letters are taken for each other by who types them.
const NEAR: usize = 2;

/// The same address at a domain that others here have, where the one that was typed is nearly that.
fn meant(address: &Address, domains: &[String]) -> Option<String> {
    let typed = address.domain();
    if domains.iter().any(|domain| domain == typed) {
        return None;
    }
    let near = domains.iter().map(|domain| (distance(typed, domain), domain)).min()?;
    let (local, _) = address.as_str().rsplit_once('@')?;
    let is_near = near.0 <= NEAR && typed.len() > 3 * NEAR;
    is_near.then(|| [local, "@", near.1.as_str()].concat())
}

/// By how many letters two words differ; two that changed places count once.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut next = vec![at + 1];
        for (column, second) in other.iter().enumerate() {
            let changed = row[column] + usize::from(letter != second);
            let mut least = changed.min(row[column + 1] + 1).min(next[column] + 1);
            if at > 0 && column > 0 && *letter == other[column - 1] && one[at - 1] == *second {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

// ---- check ----

fn check(draft: Draft) -> AnyView {
    let change = change(&draft);
    let back = path(&draft.licence, "");
    let (licence, address, above) = (draft.licence.clone(), draft.address.clone(), draft.above.clone());
    person_change::page(Wanted {
        back,
        notes: Box::new(move |outcome| notes(&draft, outcome)),
        done: || browser::keep(KEPT, ""),
        ..Wanted::of(licence, address, change, above)
    })
}

/// What was filled in, with the way to change it; a domain that is nearly another one; and whether listings count again.
fn notes(draft: &Draft, outcome: &PersonOutcome) -> Vec<AnyView> {
    let back = path(&draft.licence, "");
    let until = draft.roles.until.as_deref().map_or_else(|| m::NO_LAST_DAY.t().to_owned(), words::until);
    let mut parts = Vec::new();
    if let Some(meant) = &draft.meant {
        let said = m::MEANT_ADDRESS.with(&[("address", draft.address.as_str()), ("meant", meant)]);
        parts.push(warning(vec![p(said), line(vec![link(back.clone(), m::CHANGE_ADDRESS)])]));
    }
    parts.push(facts(vec![fact(m::ROLES_TO_GIVE, words::roles(&draft.roles)), fact(m::LAST_DAY_FACT, text(until))]));
    parts.push(line(vec![link(back, m::CHANGE_ANSWERS)]));
    let gave_up = outcome.before.as_ref().is_some_and(|before| before.gave_up_at.is_some());
    if gave_up {
        parts.push(listings(draft.clone()));
    }
    parts
}

/// The tick that lets listings, inheritance and orders count again (PERM-04): off at first, and its result is shown.
fn listings(draft: Draft) -> AnyView {
    let form = Form::new();
    let option = Choice::new("yes", m::LISTINGS_COUNT).hint(m::LISTINGS_COUNT_HINT);
    let ticked = draft.listings_count.then_some("yes");
    let parts = vec![
        p(m::GAVE_UP_BEFORE),
        form.checks("listings_count", m::LISTINGS_TITLE, None, ticked.as_slice(), vec![option]),
        form.quiet_button(m::LISTINGS_SHOW),
    ];
    let view = form.view(parts, move |filled| {
        let listings_count = !filled.ticked("listings_count").is_empty();
        let draft = Draft { listings_count, ..draft.clone() };
        keep(&draft);
        // Drawn anew with what that gives; going back leads to the form.
        let more = if listings_count { "yes" } else { "" };
        let path = Route::Manage(draft.licence.clone(), Managing::Add).path();
        let query = route::query(&[("step", "check"), ("listings", more)]);
        app().go_instead(&client::with_query(&path, &query));
    });
    inset(vec![view])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant_of(address: &str, domains: &[&str]) -> Option<String> {
        let domains: Vec<String> = domains.iter().map(|&domain| domain.to_owned()).collect();
        meant(&address.parse().unwrap(), &domains)
    }

    /// APR-08 a domain that is nearly one that others here have is noticed before anybody is invited there.
    #[test]
    fn apr_08_a_mistyped_domain_is_noticed() {
        let known = ["fabrikam.example", "contoso.example"];
        for typed in ["contosso.example", "contoos.example", "contoso.exampel", "cont0so.example"] {
            assert_eq!(meant_of(&["kim@", typed].concat(), &known).as_deref(), Some("kim@contoso.example"), "{typed}");
        }
        for typed in ["contoso.example", "fabrikam.example", "northwind.example", "c.io"] {
            assert_eq!(meant_of(&["kim@", typed].concat(), &known), None, "{typed}");
        }
        assert_eq!(meant_of("kim@b.io", &["a.io"]), None, "short ones are all alike");
        assert_eq!(meant_of("kim@contoso.example", &[]), None);
        assert_eq!((distance("", "ab"), distance("ab", "ba"), distance("abc", "abc")), (2, 1, 0));
    }

    /// UI-01 the steps have addresses.
    #[test]
    fn ui_01_the_check_has_an_address() {
        let licence: Licence = "select/1".parse().unwrap();
        assert_eq!(path(&licence, "check"), "/manage/select/1/add?step=check");
        assert_eq!(path(&licence, ""), "/manage/select/1/add");
    }
}
