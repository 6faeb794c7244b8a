//! `/access/…`: who may do what on a licence, and why (ROLE-06); and giving a licence up (PERM-02, PERM-03).
//!
//! What each source gives, and what would go without it, comes from the functions: explanation and decision are one
//! evaluation. Which licence is to be given up for which address stands in the query.

use api::{
    Code,
    requests::{GiveUp, MustStay},
};
use leptos::prelude::*;
use licensing::{Address, Licence};

use super::request;
use crate::{
    app::app,
    browser,
    client::{self, Answered, Trouble},
    components::{
        Draw, Place, Words, changing,
        form::{Choice, Form},
        html::{
            actions, button_link, day, done, fact, facts, h1, h2, h3, hint, inset, lead, line, lines, link, list, p,
            quiet_link, section, table, text, warning,
        },
        load::{draw, loaded, what_helps},
        words,
    },
    messages as m,
    permissions::{AccessShown, AddressAccess, GivenUp, RoleAccess, SourceAccess},
    route::{self, Route},
};

/// In the query: the address that is asked about.
const ADDRESS: &str = "address";

/// In the query: the address for which the licence is to be given up.
const GIVE_UP: &str = "give-up";

/// The path of the page that explains what somebody else may do there.
pub(crate) fn path_for(licence: &Licence, address: &Address) -> String {
    client::with_query(&Route::Access(licence.clone()).path(), &route::query(&[(ADDRESS, address.as_str())]))
}

pub(crate) fn page(licence: Licence) -> AnyView {
    changing(move || {
        let said = |name: &str| app().query.with(|query| route::said(query, name)).unwrap_or_default();
        let (address, give_up, licence) = (said(ADDRESS), said(GIVE_UP), licence.clone());
        loaded(move || fetch(licence.clone(), address.clone(), give_up.clone()))
    })
}

async fn fetch(licence: Licence, address: String, give_up: String) -> Answered<Draw> {
    let is_own = address.is_empty() || is_own(&address).await?;
    let found = match client::access(&licence, &route::query(&[(ADDRESS, &address)])).await {
        Err(trouble) if trouble.is(Code::NotAllowed) => {
            let title = m::ACCESS_TITLE.with(&[("licence", &words::licence(&licence))]);
            return draw(move || nothing(title.into(), &licence, &trouble));
        }
        answered => answered?,
    };
    draw(move || match found.addresses.iter().find(|held| held.address.as_str() == give_up) {
        Some(held) if is_own && held.must_stay != Some(MustStay::Nothing) => giving_up(licence, held),
        _ => explained(&found, is_own),
    })
}

/// Who has nothing here, or gave it up, can ask for it; whether there is such a licence is not said (REQ-02).
pub(crate) fn nothing(title: Words, licence: &Licence, trouble: &Trouble) -> AnyView {
    vec![
        h1(title),
        p(m::NO_ACCESS),
        what_helps(trouble),
        actions(vec![
            button_link(request::path_for(licence), m::REQUEST_PERMISSION),
            quiet_link("/licences", m::LICENCES_TITLE),
        ]),
    ]
    .into_any()
}

/// Whether it is one of the reader's addresses.
async fn is_own(address: &str) -> Answered<bool> {
    let me = match app().me.peek(Option::clone) {
        Some(me) => me,
        None => client::me().await?,
    };
    Ok(me.addresses.iter().any(|mine| mine.proven_at.is_some() && mine.address.as_str() == address))
}

// ---- why ----

fn explained(found: &AccessShown, is_own: bool) -> AnyView {
    let id = words::licence(&found.licence);
    let title = if is_own { m::ACCESS_TITLE } else { m::ACCESS_TITLE_OTHER };
    let runs = view! { <span>{day(&found.starts)} " – " {day(&found.ends)}</span> }.into_any();
    let mut rows = vec![fact(m::ORGANISATION, text(found.customer_name.clone())), fact(m::RUNS, runs)];
    rows.extend(found.parent.as_ref().map(|parent| fact(m::AGREEMENT_ABOVE, text(words::licence(parent)))));
    let mut parts = vec![h1(title.with(&[("licence", &id)])), lead(m::ACCESS_LEAD), facts(rows)];
    if found.addresses.is_empty() {
        parts.extend([p(m::NO_ACCESS), hint(m::NO_ACCESS_HELP)]);
    }
    parts.extend(found.addresses.iter().map(|held| address(&found.licence, held, is_own)));
    let mut ways = Vec::new();
    if is_own {
        let has_some = found.addresses.iter().any(|held| !held.roles.is_empty());
        let label = if has_some { m::REQUEST_MORE } else { m::REQUEST_PERMISSION };
        ways.push(quiet_link(request::path_for(&found.licence), label));
    }
    if !found.addresses.is_empty() {
        ways.push(words::licence_link(&found.licence));
    }
    ways.push(link("/licences", m::LICENCES_TITLE));
    parts.push(actions(ways));
    parts.into_any()
}

fn address(licence: &Licence, held: &AddressAccess, is_own: bool) -> AnyView {
    let mut parts = vec![h2(held.address.as_str().to_owned())];
    if let Some(at) = &held.gave_up_at {
        parts.push(inset(vec![p(m::GAVE_UP_AT.with(&[("time", &browser::date_and_time(&at.0))]))]));
    }
    if held.roles.is_empty() {
        parts.push(p(m::ADDRESS_HAS_NOTHING));
    } else {
        let rows = held.roles.iter().map(|role| role_row(role, &held.sources, is_own)).collect();
        parts.push(table(m::ROLES, &[m::ROLES, m::WHY, m::LAST_DAY_FACT], rows));
        let rows = held.sources.iter().map(|source| source_row(source, is_own)).collect();
        parts.push(h3(m::SOURCES_TITLE));
        parts.push(p(m::SOURCES_HELP));
        parts.push(table(m::SOURCES_TITLE, &[m::FACT_REASON, m::GIVES, m::GOES_WITHOUT], rows));
    }
    if is_own {
        parts.push(match held.must_stay {
            Some(why) => hint(stays(why)),
            None => actions(vec![quiet_link(give_up_path(licence, &held.address), m::GIVE_UP)]),
        });
    }
    section(parts)
}

fn role_row(role: &RoleAccess, sources: &[SourceAccess], is_own: bool) -> Vec<AnyView> {
    let why = role.sources.iter().map(|name| {
        let known = sources.iter().find(|source| source.source == *name);
        text(match known {
            Some(source) => because(source, is_own),
            None => words::source(name, None, None, is_own),
        })
    });
    let why = lines(why.collect());
    let until = role.until.as_deref().map_or_else(|| m::NO_LAST_DAY.t().to_owned(), words::until);
    let sooner = role.ends_sooner.iter().map(|sooner| {
        let what = sooner.benefit.map_or(m::RESERVATIONS, words::benefit);
        m::ROLE_WITH.with(&[("role", what.t()), ("with", &words::until(&sooner.until))])
    });
    let until = lines(std::iter::once(until).chain(sooner).map(text).collect());
    vec![text(words::role_with(role.role, &role.benefits, role.reservations)), why, until]
}

fn source_row(source: &SourceAccess, is_own: bool) -> Vec<AnyView> {
    let roles = |roles: &[licensing::roles::Role]| {
        let names = roles.iter().map(|role| words::role(*role).t());
        text(browser::joined(names, ", "))
    };
    let goes = if source.goes.is_empty() { text(m::GOES_NOTHING) } else { roles(&source.goes) };
    vec![text(because(source, is_own)), roles(&source.gives), goes]
}

fn because(source: &SourceAccess, is_own: bool) -> String {
    let at = source.given_at.as_ref().map(|at| browser::date_and_time(&at.0));
    words::source(&source.source, at.as_deref(), source.given_by.as_deref(), is_own)
}

/// Why a licence can't be given up (PERM-03, ROLE-08).
const fn stays(why: MustStay) -> m::Text {
    match why {
        MustStay::Primary => m::STAYS_PRIMARY,
        MustStay::Notices => m::STAYS_NOTICES,
        MustStay::Above => m::STAYS_ABOVE,
        MustStay::LastAdministrator => m::STAYS_LAST_ADMINISTRATOR,
        MustStay::Nothing => m::STAYS_NOTHING,
    }
}

// ---- giving up ----

fn give_up_path(licence: &Licence, address: &Address) -> String {
    let path = Route::Access(licence.clone()).path();
    client::with_query(&path, &route::query(&[(GIVE_UP, address.as_str())]))
}

/// What is lost, what is kept, and the question.
fn giving_up(licence: Licence, held: &AddressAccess) -> AnyView {
    let id = words::licence(&licence);
    let back = Route::Access(licence.clone()).path();
    let mut parts = vec![h1(m::GIVE_UP_TITLE.with(&[("licence", &id)]))];
    if let Some(why) = held.must_stay {
        parts.push(warning(vec![p(stays(why))]));
        parts.push(actions(vec![button_link(back, m::WHY_CAN_I)]));
        return parts.into_any();
    }
    let lost = held.roles.iter().filter(|role| !held.keeps.contains(&role.role));
    let lost = lost.map(|role| text(words::role_with(role.role, &role.benefits, role.reservations))).collect();
    let (form, place) = (Form::new(), Place::new());
    parts.extend([
        facts(vec![fact(m::YOUR_ADDRESS, text(held.address.as_str().to_owned()))]),
        section(vec![h2(m::YOU_LOSE), list(lost)]),
        section(vec![h2(m::YOU_KEEP), kept(&held.keeps), p(m::GIVE_UP_OTHERS)]),
        warning(vec![p(m::GIVE_UP_LASTS), p(m::GIVE_UP_AGAIN)]),
        form.choice(
            "give-up",
            m::GIVE_UP_QUESTION,
            None,
            vec![Choice::new("yes", m::GIVE_UP_YES), Choice::new("no", m::GIVE_UP_NO)],
        ),
        form.button(m::GO_ON),
    ]);
    let give_up = GiveUp { licence, address: held.address.clone() };
    // With one key, a lost answer is answered once more.
    let key = browser::random_key();
    let asked = form.view(parts, move |filled| match filled.text("give-up").as_str() {
        "yes" => {
            let giving = client::give_up(&give_up, &key);
            form.send(async move {
                let given = giving.await?;
                place.show(move || given_up(&given));
                app().count_waiting();
                Ok(())
            });
        }
        "no" => app().go(&back),
        _ => form.fault("give-up", m::GIVE_UP_CHOOSE),
    });
    place.show(move || asked);
    place.view()
}

fn kept(keeps: &[licensing::roles::Role]) -> AnyView {
    if keeps.is_empty() {
        return p(m::YOU_KEEP_NOTHING);
    }
    let keeps = keeps.iter().map(|role| text(words::role(*role))).collect();
    vec![list(keeps), p(m::YOU_KEEP_FROM_ABOVE)].into_any()
}

fn given_up(given: &GivenUp) -> AnyView {
    let values = [("licence", words::licence(&given.licence)), ("address", given.address.as_str().to_owned())];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut parts = vec![p(m::GIVEN_UP_FOR.with(&values))];
    if !given.keeps.is_empty() {
        parts.extend([line(vec![text(m::YOU_KEEP), text(":")]), kept(&given.keeps)]);
    }
    parts.push(actions(vec![button_link("/licences", m::LICENCES_TITLE)]));
    done(m::GIVEN_UP.with(&values), parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ROLE-06 who else may do what has an address that names the licence and the person.
    #[test]
    fn role_06_what_others_may_do_has_an_address() {
        let licence: Licence = "select/1".parse().unwrap();
        let path = path_for(&licence, &"a+b@c.example".parse().unwrap());
        let (place, query) = path.split_once('?').unwrap();
        assert_eq!(Route::at(place), Route::Access(licence));
        assert_eq!(route::said(query, ADDRESS).as_deref(), Some("a+b@c.example"));
    }

    /// PERM-02 the address of the confirmation names the licence and the address.
    #[test]
    fn perm_02_the_confirmation_has_an_address() {
        let licence: Licence = "select/1".parse().unwrap();
        let path = give_up_path(&licence, &"a+b@c.example".parse().unwrap());
        let (place, query) = path.split_once('?').unwrap();
        assert_eq!(Route::at(place), Route::Access(licence));
        assert_eq!(route::said(query, GIVE_UP).as_deref(), Some("a+b@c.example"));
    }
}
