//! `/request`: asks for permission on a licence (REQ-01): which licence, what for, check the answers, then what happens next.
//!
//! Which step it is stands in the query, so that going back and loading anew work; what was filled in stays in this tab. Links
//! name programme and number in the query.

use api::{
    Instant,
    me::{Me, MyAddress},
};
use leptos::prelude::*;
use licensing::{
    Address, Licence, Programme,
    words::{BadWord, Number},
};

use super::requests::{about, progress};
use crate::{
    app::{App, app},
    browser,
    client::{self, Answered},
    components::{
        Draw, changing,
        form::{Choice, Field, Filled, Form},
        html::{
            actions, button_link, done, fact, facts, h1, h2, hint, in_full, inset, lead, p, quiet_link, said, section,
            steps, text,
        },
        load::{draw, loaded},
        roles, words,
    },
    json, messages as m,
    permissions::{AskPermission, PermissionRequest, Roles},
    route::{self, Route},
};

const KEPT: &str = "request";
const KEPT_DONE: &str = "request-done";

const LONGEST_COMMENT: usize = 1000;

pub(crate) fn page() -> AnyView {
    changing(|| {
        let app = app();
        let (step, prefilled) = app.query.with(|query| {
            let said = |name: &str| route::said(query, name).unwrap_or_default();
            (said("step"), (said("programme"), said("number")))
        });
        match (step.as_str(), kept()) {
            ("roles", Some(draft)) => roles_page(app, draft),
            ("check", Some(draft)) if !draft.asked.roles.is_empty() => check_page(app, draft),
            ("done", _) => done_page(app),
            ("roles" | "check", _) => {
                app.go_instead(&path(""));
                ().into_any()
            }
            (_, draft) => loaded(move || fetch(app, draft.clone(), prefilled.clone())),
        }
    })
}

fn path(step: &str) -> String {
    client::with_query(&Route::Request.path(), &route::query(&[("step", step)]))
}

/// The address of this page for a licence.
pub(crate) fn path_for(licence: &Licence) -> String {
    let pairs = [("programme", licence.programme.as_str()), ("number", licence.number.as_str())];
    client::with_query(&Route::Request.path(), &route::query(&pairs))
}

fn kept() -> Option<AskPermission> {
    json::read(&browser::kept(KEPT)?)
}

fn keep(draft: &AskPermission) {
    browser::keep(KEPT, &json::written(draft));
}

// ---- which licence ----

async fn fetch(app: App, draft: Option<AskPermission>, prefilled: (String, String)) -> Answered<Draw> {
    let known = app.me.peek(Option::clone);
    let me = match known {
        Some(me) => me,
        None => client::me().await?,
    };
    draw(move || licence_page(app, &me, draft, prefilled))
}

fn licence_page(app: App, me: &Me, draft: Option<AskPermission>, (programme, number): (String, String)) -> AnyView {
    let form = Form::new();
    // What a link names counts before what was typed earlier.
    let draft = draft.filter(|draft| is_of(draft, &programme, &number));
    let (programme, number) = match &draft {
        Some(draft) => (draft.licence.programme.as_str().to_owned(), draft.licence.number.to_string()),
        None => (programme, number),
    };
    let mut programmes = vec![(m::CHOOSE_COUNTRY.t().to_owned(), String::new())];
    programmes.extend(Programme::ALL.iter().map(|it| (words::programme(*it).t().to_owned(), it.as_str().to_owned())));
    let mut parts = vec![
        h1(m::REQUEST_PERMISSION),
        lead(m::REQUEST_LEAD),
        form.select("programme", m::PROGRAMME, None, &programme, programmes),
        form.field(Field { value: number, hint: Some(m::NUMBER_WHERE.into()), ..Field::text("number", m::NUMBER) }),
    ];
    let mine: Vec<&MyAddress> = me.addresses.iter().filter(|mine| mine.proven_at.is_some()).collect();
    if mine.len() > 1 {
        let chosen = draft.as_ref().and_then(|draft| draft.address.as_ref()).unwrap_or(&me.signed_in_as);
        let option = |mine: &&MyAddress| {
            let address = mine.address.as_str();
            Choice::new(address, in_full(mine.own_letters.as_deref(), address))
        };
        let options = mine.iter().map(option).collect();
        parts.push(form.choice("address", m::REQUEST_WHICH_ADDRESS, Some(chosen.as_str()), options));
    }
    parts.push(form.button(m::GO_ON));
    let before = draft;
    form.view(parts, move |filled| {
        let Some(licence) = licence(form, &filled) else { return };
        let address = filled.text("address").parse::<Address>().ok();
        let draft = match before.clone().filter(|draft| draft.licence == licence) {
            Some(draft) => AskPermission { address, ..draft },
            None => AskPermission { licence, address, asked: Roles::default(), comment: String::new() },
        };
        keep(&draft);
        app.go(&path("roles"));
    })
}

/// Whether what is kept is about the licence that a link names, or no link names one.
fn is_of(draft: &AskPermission, programme: &str, number: &str) -> bool {
    let is = |named: &str, kept: &str| named.is_empty() || named == kept;
    is(programme, draft.licence.programme.as_str()) && is(number, draft.licence.number.as_str())
}

fn licence(form: Form, filled: &Filled) -> Option<Licence> {
    let programme = filled.text("programme").parse::<Programme>();
    if programme.is_err() {
        form.fault("programme", m::PROGRAMME_EMPTY);
    }
    let number = filled.text("number").parse::<Number>();
    match &number {
        Err(BadWord::Empty) => form.fault("number", m::NUMBER_EMPTY),
        Err(_) => form.fault("number", m::NUMBER_MALFORMED),
        Ok(_) => {}
    }
    Some(Licence { programme: programme.ok()?, number: number.ok()? })
}

// ---- what for ----

fn roles_page(app: App, draft: AskPermission) -> AnyView {
    let form = Form::new();
    let offered = roles::of(draft.licence.programme);
    let comment = Field {
        hint: Some(m::REQUEST_COMMENT_HINT.into()),
        value: draft.comment.clone(),
        ..Field::text("comment", m::REQUEST_COMMENT)
    };
    let parts = vec![
        h1(m::REQUEST_ROLES_TITLE),
        facts(vec![licence_fact(&draft.licence)]),
        roles::choices(form, m::REQUEST_ROLES, &offered, &draft.asked),
        roles::until_field(form, m::REQUEST_UNTIL_HINT, draft.asked.until.clone().unwrap_or_default()),
        form.area(comment, LONGEST_COMMENT),
        form.button(m::GO_ON),
    ];
    form.view(parts, move |filled| {
        let asked = roles::chosen(form, &filled, &offered);
        let asked = Roles { until: roles::until(form, &filled), ..asked };
        let comment = filled.text("comment");
        if comment.chars().count() > LONGEST_COMMENT {
            form.fault("comment", m::REQUEST_COMMENT_LONG);
        }
        if form.has_faults() {
            return;
        }
        keep(&AskPermission { asked, comment, ..draft.clone() });
        app.go(&path("check"));
    })
}

fn licence_fact(licence: &Licence) -> AnyView {
    fact(m::LICENSING_ID, changeable(text(words::licence(licence)), path_for(licence), m::CHANGE_LICENCE))
}

/// An answer with the way to change it.
fn changeable(answer: AnyView, to: String, label: m::Text) -> AnyView {
    view! { <div>{answer} " " <a href=to aria-label=label.t()>{m::CHANGE.t()}</a></div> }.into_any()
}

// ---- check ----

fn check_page(app: App, draft: AskPermission) -> AnyView {
    let form = Form::new();
    let to_roles = || path("roles");
    let asked = &draft.asked;
    let until = asked.until.as_deref().map_or_else(|| m::NO_LAST_DAY.t().to_owned(), words::until);
    let comment = if draft.comment.is_empty() { text(m::DASH) } else { said(draft.comment.clone()) };
    let mut rows = vec![licence_fact(&draft.licence)];
    rows.extend(draft.address.as_ref().map(|address| fact(m::YOUR_ADDRESS, text(address.as_str().to_owned()))));
    rows.extend([
        fact(m::ROLES, changeable(words::roles(asked), to_roles(), m::CHANGE_ROLES)),
        fact(m::LAST_DAY_FACT, changeable(text(until), to_roles(), m::CHANGE_LAST_DAY)),
        fact(m::COMMENT, changeable(comment, to_roles(), m::CHANGE_COMMENT)),
    ]);
    let parts = vec![
        h1(m::REQUEST_CHECK),
        facts(rows),
        section(vec![h2(m::WHAT_HAPPENS), inset(vec![p(m::REQUEST_EFFECT), p(m::REQUEST_EFFECT_SEE)])]),
        form.button(m::REQUEST_SEND),
    ];
    let view = form.view(parts, move |_| {
        let asking = client::ask_permission(&draft);
        let wanted = draft.asked.clone();
        form.send(async move {
            let request = asking.await?;
            browser::keep(KEPT, "");
            let left_out = words::roles_said(&wanted.without(&request.asked));
            let left_out = browser::joined(left_out.iter().map(String::as_str), "; ");
            browser::keep(KEPT_DONE, &json::written(&(left_out, request)));
            app.go_instead(&path("done"));
            Ok(())
        });
    });
    vec![view, hint(m::REQUEST_NO_NAMES)].into_any()
}

// ---- done ----

fn done_page(app: App) -> AnyView {
    let kept = browser::kept(KEPT_DONE).and_then(|text| json::read::<(String, PermissionRequest)>(&text));
    let Some((left_out, request)) = kept else {
        app.go_instead(&Route::Requests.path());
        return ().into_any();
    };
    let when = |at: &Instant| browser::date_and_time(&at.0);
    let support = app.about.peek(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    let support = support.unwrap_or_else(|| m::THE_PUBLISHER.t().to_owned());
    let mut next: Vec<AnyView> = progress(&request, false, &support, when).into_iter().map(text).collect();
    next.push(text(m::REQUEST_ANSWER));
    let id = words::licence(&request.licence);
    let mut parts = vec![done(m::REQUEST_DONE, vec![lead(m::REQUEST_DONE_FOR.with(&[("licence", &id)]))])];
    if !left_out.is_empty() {
        parts.push(inset(vec![p(m::REQUEST_LEFT_OUT.with(&[("roles", &left_out)]))]));
    }
    parts.extend([
        about(&request),
        section(vec![h2(m::WHAT_HAPPENS_NEXT), steps(next)]),
        actions(vec![button_link("/requests", m::TO_REQUESTS), quiet_link("/licences", m::LICENCES_TITLE)]),
    ]);
    parts.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UI-01 a link with programme and number leads to the form with both filled in.
    #[test]
    fn ui_01_a_link_fills_the_form_in() {
        let licence: Licence = "open-value/12/34 a".parse().unwrap();
        assert_eq!(path_for(&licence), "/request?programme=open-value&number=12%2F34%20a");
        let draft = AskPermission { licence, address: None, asked: Roles::default(), comment: String::new() };
        assert!(is_of(&draft, "", "") && is_of(&draft, "open-value", "12/34 a"));
        assert!(!is_of(&draft, "select", "12/34 a") && !is_of(&draft, "", "5"));
    }
}
