//! What a change of somebody's rights would do, and making it (APR-07, PERM-04, ROLE-08, ROLE-09): the same page for all that can be
//! done. It is the functions' own preview; what has changed since is shown anew.

use std::rc::Rc;

use api::Code;
use leptos::prelude::*;
use licensing::{Address, Licence, access::Deniable, roles::Role};

use super::{
    Draw, Place,
    form::Form,
    html::{
        actions, button_link, done, fact, facts, h1, h2, inset, link, list, p, quiet_link, section, steps, text,
        warning,
    },
    load::{draw, loaded, what_helps},
    person, words,
};
use crate::{
    browser,
    client::{self, Answered, Trouble},
    json, messages as m,
    permissions::{ChangePerson, PersonChange, PersonOutcome, PersonShown},
    route::{self, Managing, Route},
};

/// Kept in this tab: the change that was last sent, and the key that it was sent with.
const KEPT_KEY: &str = "person-key";

/// Parts of the page that follow what the preview says.
pub(crate) type Notes = Box<dyn Fn(&PersonOutcome) -> Vec<AnyView>>;

/// What is wanted, before anything is done.
pub(crate) struct Wanted {
    pub(crate) licence: Licence,
    pub(crate) address: Address,
    pub(crate) change: PersonChange,
    /// What stands above, as it was shown.
    pub(crate) above: Vec<Licence>,
    /// The version of what was shown when the form was filled in; none: no form was.
    pub(crate) seen: Option<u64>,
    /// The page that leads back.
    pub(crate) back: String,
    /// What is said besides.
    pub(crate) notes: Notes,
    /// It was done: what was kept for it can go.
    pub(crate) done: fn(),
}

impl Wanted {
    /// Without anything besides.
    pub(crate) fn of(licence: Licence, address: Address, change: PersonChange, above: Vec<Licence>) -> Self {
        let back = person_path(&licence, address.as_str(), "");
        Self { licence, address, change, above, seen: None, back, notes: Box::new(|_| Vec::new()), done: || {} }
    }

    fn request(&self, seen: Option<u64>) -> ChangePerson {
        ChangePerson {
            licence: self.licence.clone(),
            address: self.address.clone(),
            change: self.change.clone(),
            above: self.above.clone(),
            seen,
        }
    }

    fn say(&self, sentence: m::Text) -> String {
        sentence.with(&[("address", self.address.as_str()), ("licence", &words::licence(&self.licence))])
    }
}

/// The address of a person's page; `act`: what is to be done there.
pub(crate) fn person_path(licence: &Licence, address: &str, act: &str) -> String {
    let path = Route::Manage(licence.clone(), Managing::Person).path();
    client::with_query(&path, &route::query(&[("address", address), ("do", act)]))
}

/// The page that shows what would happen and does it.
pub(crate) fn page(wanted: Wanted) -> AnyView {
    let place = Place::new();
    ask(place, Rc::new(wanted), false);
    place.view()
}

/// Asks what would happen, and shows that; `changed`: it is another thing than a moment ago.
fn ask(place: Place, wanted: Rc<Wanted>, changed: bool) {
    place.show(move || loaded(move || preview(place, Rc::clone(&wanted), changed)));
}

async fn preview(place: Place, wanted: Rc<Wanted>, changed: bool) -> Answered<Draw> {
    match client::preview_person(&wanted.request(None)).await {
        Ok(outcome) => draw(move || check(place, &wanted, &outcome, changed)),
        Err(trouble) if is_no(&trouble) => draw(move || refused(&wanted, &trouble)),
        Err(trouble) => Err(trouble),
    }
}

/// Whether it is the answer, and asking again would bring the same.
pub(crate) fn is_no(trouble: &Trouble) -> bool {
    !trouble.may_pass() && !trouble.is(Code::SignInNeeded)
}

/// Why something can't be done, as a title that is true of somebody else.
pub(crate) fn why_not(trouble: &Trouble) -> String {
    if trouble.is(Code::LastAdministrator) {
        m::IS_LAST_ADMINISTRATOR.t().to_owned()
    } else if trouble.is(Code::MustStay) {
        m::CAN_T_BE_REMOVED.t().to_owned()
    } else {
        trouble.title.clone()
    }
}

fn refused(wanted: &Wanted, trouble: &Trouble) -> AnyView {
    vec![
        h1(why_not(trouble)),
        facts(about(wanted)),
        what_helps(trouble),
        actions(vec![button_link(wanted.back.clone(), m::BACK), to_all(&wanted.licence)]),
    ]
    .into_any()
}

fn to_all(licence: &Licence) -> AnyView {
    link(Route::Manage(licence.clone(), Managing::People).path(), m::TO_USERS)
}

fn about(wanted: &Wanted) -> Vec<AnyView> {
    vec![
        fact(m::ADDRESS, text(wanted.address.as_str().to_owned())),
        fact(m::LICENSING_ID, text(words::licence(&wanted.licence))),
    ]
}

/// The heading before it is done, the button that does it, and the heading afterwards.
const fn called(change: &PersonChange) -> (m::Text, m::Text, m::Text) {
    match change {
        PersonChange::Assign(_) => (m::ASSIGN_CHECK, m::ASSIGN_YES, m::ASSIGN_DONE),
        PersonChange::Edit(_) => (m::EDIT_CHECK, m::EDIT_YES, m::EDIT_DONE),
        PersonChange::Remove => (m::REMOVE_CHECK, m::REMOVE_YES, m::REMOVE_DONE),
        PersonChange::InheritAgain => (m::INHERIT_CHECK, m::INHERIT_YES, m::INHERIT_DONE),
        PersonChange::Deny(Deniable::Orders) => (m::DENY_ORDERS_CHECK, m::DENY_YES, m::DENY_DONE),
        PersonChange::Deny(Deniable::Claim) => (m::DENY_CLAIM_CHECK, m::DENY_YES, m::DENY_DONE),
        PersonChange::UndoDenial(_) => (m::UNDO_DENIAL_CHECK, m::UNDO_DENIAL_YES, m::UNDO_DENIAL_DONE),
    }
}

fn check(place: Place, wanted: &Rc<Wanted>, outcome: &PersonOutcome, changed: bool) -> AnyView {
    let (title, yes, _) = called(&wanted.change);
    let version = outcome.before.as_ref().map(|before| before.version);
    let mut parts = vec![h1(wanted.say(title))];
    if changed || wanted.seen.is_some() && wanted.seen != version {
        parts.push(warning(vec![p(m::CHANGED_MEANWHILE)]));
    }
    parts.push(facts(about(wanted)));
    parts.extend((wanted.notes)(outcome));
    if outcome.unchanged {
        parts.push(inset(vec![p(m::NOTHING_TO_CHANGE)]));
        parts.push(actions(vec![button_link(wanted.back.clone(), m::BACK), to_all(&wanted.licence)]));
        return parts.into_any();
    }
    parts.push(difference(m::WHAT_CHANGES, outcome));
    parts.extend(warnings(outcome).into_iter().map(|said| warning(vec![p(said)])));
    let effects = effects(wanted, outcome).into_iter().map(text).collect();
    parts.push(section(vec![h2(m::WHAT_HAPPENS), list(effects)]));
    let form = Form::new();
    let back = quiet_link(wanted.back.clone(), m::CANCEL);
    let buttons = actions(vec![form.button(yes), back]);
    let request = wanted.request(version);
    let wanted = Rc::clone(wanted);
    // What is said besides may hold a form of its own.
    parts.push(form.view(vec![buttons], move |_| {
        let changing = client::change_person(&request, &key_for(&request));
        let wanted = Rc::clone(&wanted);
        form.send(async move {
            match changing.await {
                Ok(outcome) => {
                    browser::keep(KEPT_KEY, "");
                    (wanted.done)();
                    place.show(move || made(&wanted, &outcome));
                }
                Err(trouble) if trouble.is(Code::ChangedSince) => ask(place, wanted, true),
                Err(trouble) if is_no(&trouble) => place.show(move || refused(&wanted, &trouble)),
                Err(trouble) => return Err(trouble),
            }
            Ok(())
        });
    }));
    parts.into_any()
}

/// The key of a change: the same as long as the same is sent again, also after the page was loaded anew.
fn key_for(request: &ChangePerson) -> String {
    let content = json::written(request);
    let kept = browser::kept(KEPT_KEY).unwrap_or_default();
    match kept.split_once(' ') {
        Some((key, of)) if of == content => key.to_owned(),
        _ => {
            let key = browser::random_key();
            browser::keep(KEPT_KEY, &[&key, " ", &content].concat());
            key
        }
    }
}

/// What they get and lose, and what they have in the end.
fn difference(title: m::Text, outcome: &PersonOutcome) -> AnyView {
    let mut rows = Vec::new();
    for (name, rights) in [(m::THEY_GET, &outcome.gains), (m::THEY_LOSE, &outcome.loses)] {
        let said = person::rights(rights);
        if !said.is_empty() {
            rows.push(fact(name, list(said.into_iter().map(text).collect())));
        }
    }
    let has = outcome.after.as_ref().map(has).unwrap_or_default();
    let has = if has.is_empty() { text(m::THEY_HAVE_NOTHING) } else { list(has.into_iter().map(text).collect()) };
    rows.push(fact(m::THEY_HAVE_THEN, has));
    section(vec![h2(title), facts(rows)])
}

fn has(person: &PersonShown) -> Vec<String> {
    person::roles(person, words::until)
}

/// What should be thought of first.
fn warnings(outcome: &PersonOutcome) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(outcome.cut_to.as_deref().map(|day| m::CUT_TO.with(&[("until", &words::until(day))])));
    if outcome.children_without > 0 {
        let sentence = if outcome.or_more { m::CHILDREN_WITHOUT_AT_LEAST } else { m::CHILDREN_WITHOUT };
        said.push(sentence.with(&[("count", &outcome.children_without.to_string())]));
    }
    said
}

/// What happens besides: who is emailed, and how long it lasts.
fn effects(wanted: &Wanted, outcome: &PersonOutcome) -> Vec<String> {
    let mut said = Vec::new();
    match &wanted.change {
        PersonChange::Remove => {
            said.push(wanted.say(m::EFFECT_REMOVED_MAIL));
            let here_only =
                outcome.after.as_ref().is_some_and(|after| after.removed_here && after.gave_up_at.is_none());
            said.push(if here_only { m::EFFECT_REMOVED_HERE } else { m::EFFECT_REMOVED }.t().to_owned());
        }
        PersonChange::Deny(_) => {
            said.push(wanted.say(m::EFFECT_DENIED_MAIL));
            let until = outcome.after.iter().flat_map(|after| &after.denied).map(|it| &it.undo_until.0).max();
            said.extend(until.map(|at| m::EFFECT_DENIED.with(&[("time", &browser::date_and_time(at))])));
        }
        PersonChange::UndoDenial(_) => said.push(wanted.say(m::EFFECT_MAIL)),
        _ if outcome.invites => said.extend(invited(wanted, outcome)),
        _ => said.push(wanted.say(m::EFFECT_MAIL)),
    }
    said.extend(administrator_changes(outcome).then(|| m::EFFECT_TELLS_CONTACTS.t().to_owned()));
    said
}

/// What the invitation of an address does that nobody has confirmed (APR-08).
fn invited(wanted: &Wanted, outcome: &PersonOutcome) -> Vec<String> {
    let mut said = vec![wanted.say(m::EFFECT_INVITES)];
    let invitation = outcome.after.as_ref().and_then(|after| after.invitation.as_ref());
    let until = invitation.and_then(|invitation| invitation.ends_at.as_ref());
    said.extend(until.map(|at| m::EFFECT_INVITATION_ENDS.with(&[("time", &browser::date_and_time(&at.0))])));
    said
}

/// Whether there is one Administrator more or less.
fn administrator_changes(outcome: &PersonOutcome) -> bool {
    [&outcome.gains, &outcome.loses].into_iter().any(|rights| rights.roles.contains(&Role::Administrator))
}

/// What was done, and what happens next.
fn made(wanted: &Wanted, outcome: &PersonOutcome) -> AnyView {
    let (.., title) = called(&wanted.change);
    let mut next = effects(wanted, outcome);
    next.extend(outcome.invites.then(|| m::NEXT_REGISTERS.t().to_owned()));
    let mut parts = vec![done(wanted.say(title), Vec::new())];
    parts.push(difference(m::WHAT_CHANGED, outcome));
    parts.push(section(vec![h2(m::WHAT_HAPPENS_NEXT), steps(next.into_iter().map(text).collect())]));
    let all = Route::Manage(wanted.licence.clone(), Managing::People).path();
    let mut ways = vec![button_link(all, m::TO_USERS)];
    // The functions know the address in its ASCII form.
    if let Some(after) = &outcome.after {
        let path = person_path(&wanted.licence, after.address.as_str(), "");
        ways.push(quiet_link(path, m::THIS_PERSON));
    }
    if matches!(wanted.change, PersonChange::Assign(_)) {
        ways.push(link(Route::Manage(wanted.licence.clone(), Managing::Add).path(), m::ASSIGN_ANOTHER));
    }
    parts.push(actions(ways));
    parts.into_any()
}

#[cfg(test)]
mod tests {
    use api::people::Rights;

    use super::*;

    fn outcome() -> PersonOutcome {
        PersonOutcome {
            before: None,
            after: None,
            unchanged: false,
            gains: Rights::default(),
            loses: Rights::default(),
            cut_to: None,
            invites: false,
            children_without: 0,
            or_more: false,
        }
    }

    /// UI-01 the page of a person has an address that names the licence, the person and what is to be done.
    #[test]
    fn ui_01_a_person_has_an_address() {
        let licence: Licence = "select/1".parse().unwrap();
        let path = person_path(&licence, "a+b@c.example", "remove");
        let (place, query) = path.split_once('?').unwrap();
        assert_eq!(Route::at(place), Route::Manage(licence, Managing::Person));
        assert_eq!(route::said(query, "address").as_deref(), Some("a+b@c.example"));
        assert_eq!(route::said(query, "do").as_deref(), Some("remove"));
    }

    /// ROLE-08 APR-07 a preview warns of agreements below that would have nobody, and says where they are only counted so far.
    #[test]
    fn role_08_a_preview_warns_of_agreements_below_without_an_administrator() {
        assert_eq!(warnings(&outcome()), [""; 0]);
        let some = PersonOutcome { children_without: 2, ..outcome() };
        assert!(warnings(&some)[0].starts_with("Agreements below that then have no Administrator: 2."));
        let more = PersonOutcome { or_more: true, ..some };
        assert!(warnings(&more)[0].contains("at least 2"));
    }

    /// APR-07 notices and primary contact are told of an Administrator who is made or removed, and of nobody else.
    #[test]
    fn apr_07_contacts_are_told_of_administrators() {
        let rights = |role| Rights { roles: vec![role], ..Rights::default() };
        assert!(administrator_changes(&PersonOutcome { gains: rights(Role::Administrator), ..outcome() }));
        assert!(administrator_changes(&PersonOutcome { loses: rights(Role::Administrator), ..outcome() }));
        assert!(!administrator_changes(&PersonOutcome { gains: rights(Role::Download), ..outcome() }));
    }
}
