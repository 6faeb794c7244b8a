//! Deciding on a request for permission (APR-01 … APR-04): the same page behind the mailed link and in the portal.
//!
//! Opening it changes nothing, and neither does a program that presses every button: a decision takes a choice that nobody
//! has made beforehand.

use api::{
    Code,
    requests::{MayDecide, RequestState, WhichRequest},
};
use leptos::prelude::*;

use super::{
    Place,
    deciding::{message, message_field, outcome_of, sign_in_instead, who},
    form::{Choice, Filled, Form},
    html::{actions, around, button_link, fact, facts, h1, hint, lead, line, p, said, strong, text, time, warning},
    roles, words,
};
use crate::{
    browser, client, messages as m,
    permissions::{DecideRequest, RequestDecision, RequestShown, Roles},
};

/// What differs between the program behind mailed links and the portal.
#[derive(Clone, Copy)]
pub(crate) struct Ways {
    /// Where an Administrator signs in and comes back from; empty where that was done.
    pub(crate) sign_in: &'static str,
    /// Draws the request as it is now.
    pub(crate) again: fn(WhichRequest) -> AnyView,
    /// It was decided.
    pub(crate) decided: fn(),
}

/// A request with the form to decide it, or what became of it.
pub(crate) fn page(shown: RequestShown, which: WhichRequest, ways: Ways) -> AnyView {
    let place = Place::new();
    place.show(move || drawn(shown, which, ways, place));
    place.view()
}

fn drawn(shown: RequestShown, which: WhichRequest, ways: Ways, place: Place) -> AnyView {
    if shown.state == RequestState::Pending { request(shown, which, ways, place) } else { outcome(&shown) }
}

fn request(shown: RequestShown, which: WhichRequest, ways: Ways, place: Place) -> AnyView {
    let title = m::APPROVE_ASKS
        .with(&[("who", &who(&shown.name, shown.address.as_str())), ("licence", &words::licence(&shown.licence))]);
    let mut parts = vec![h1(title), lead(m::JOIN_LOOKING), about(&shown)];
    if !shown.colleague {
        parts.push(warning(vec![p(m::OUTSIDER.with(&[("customer", &shown.customer_name)]))]));
        if shown.signed_in_as.is_none() {
            parts.push(hint(m::OUTSIDER_HIDDEN));
        }
    }
    let signed_in = shown.signed_in_as.as_ref().map(|address| address.as_str().to_owned());
    let has_session = signed_in.is_some();
    parts.extend(signed_in.map(|address| line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(address))])));
    if shown.may == MayDecide::Nothing {
        parts.push(warning(vec![p(m::APPROVE_NOT_YOURS)]));
        parts.push(actions(vec![to_all()]));
        return parts.into_any();
    }
    let form = Form::new();
    parts.push(question(form, &shown, ways));
    let asked = shown.asked;
    let send = move |filled: Filled| {
        if filled.text("decision") == "sign-in" {
            form.send(sign_in_instead(has_session, ways.sign_in));
            return;
        }
        let decision = decision(form, &filled, &asked);
        let (Some(decision), Some(message), false) = (decision, message(form, &filled), form.has_faults()) else {
            return;
        };
        let deciding = client::decide_request(&DecideRequest { request: which.clone(), decision, message });
        let which = which.clone();
        form.send(async move {
            match deciding.await {
                Ok(shown) => place.show(move || drawn(shown, which, ways, place)),
                // It is shown as it is now: it has ended, or the person has asked for something else (APR-03).
                Err(trouble) if trouble.is(Code::RequestOver) || trouble.is(Code::RequestChanged) => {
                    place.show(move || (ways.again)(which));
                }
                Err(trouble) => return Err(trouble),
            }
            (ways.decided)();
            Ok(())
        });
    };
    form.view(parts, send)
}

/// Who asks for what, since when, and until when it can be decided.
fn about(shown: &RequestShown) -> AnyView {
    let mut rows = vec![
        fact(m::LICENSING_ID, text(words::licence(&shown.licence))),
        fact(m::ORGANISATION, text(shown.customer_name.clone())),
        fact(m::JOIN_WHO, text(who(&shown.name, shown.address.as_str()))),
        fact(m::ASKS_FOR, words::roles(&shown.asked)),
    ];
    rows.extend(shown.asked.until.as_deref().map(|day| fact(m::LAST_DAY_FACT, text(words::until(day)))));
    if !shown.comment.is_empty() {
        rows.push(fact(m::COMMENT, said(shown.comment.clone())));
    }
    rows.push(fact(m::JOIN_ASKED_AT, time(&shown.asked_at)));
    rows.extend(shown.ends_at.as_ref().map(|at| fact(m::JOIN_ENDS_AT, time(at))));
    facts(rows)
}

/// The question; nothing is chosen beforehand. With it, a last day and a line to who asked.
fn question(form: Form, shown: &RequestShown, ways: Ways) -> AnyView {
    let deny = Choice::new("deny", m::JOIN_DENY);
    let mut parts = Vec::new();
    if shown.may == MayDecide::Decide {
        let mut options = vec![Choice::new("all", m::APPROVE_ALL)];
        let asked = &shown.asked;
        if asked.roles.len() + asked.benefits.len() + usize::from(asked.reservations) > 1 {
            let inner = Some(roles::choices(form, m::APPROVE_WHICH, asked, &Roles::default()));
            options.push(Choice { inner, ..Choice::new("part", m::APPROVE_PART) });
        }
        options.push(deny);
        parts.push(form.choice("decision", m::APPROVE_QUESTION, None, options));
        let until = match &asked.until {
            Some(day) => m::APPROVE_UNTIL_ASKED.with(&[("until", &words::until(day))]).into(),
            None => super::Words::from(m::APPROVE_UNTIL),
        };
        parts.push(roles::until_field(form, until, String::new()));
    } else {
        let sign_in = Choice::new("sign-in", m::APPROVE_SIGN_IN).hint(m::APPROVE_SIGN_IN_HINT);
        let mut options = Vec::new();
        options.extend((!ways.sign_in.is_empty()).then_some(sign_in));
        options.push(deny.hint(m::JOIN_DENY_HINT));
        parts.push(form.choice("decision", m::APPROVE_QUESTION, None, options));
    }
    parts.extend([message_field(form), form.button(m::JOIN_DECIDE)]);
    parts.into_any()
}

/// What was chosen; none where nothing was.
fn decision(form: Form, filled: &Filled, asked: &Roles) -> Option<RequestDecision> {
    let granted = match filled.text("decision").as_str() {
        "deny" => return Some(RequestDecision::Deny(true)),
        "all" => asked.clone(),
        "part" => roles::chosen(form, filled, asked),
        _ => {
            form.fault("decision", m::APPROVE_CHOOSE);
            return None;
        }
    };
    let until = roles::until(form, filled).or_else(|| asked.until.clone());
    Some(RequestDecision::Grant(Roles { until, ..granted }))
}

/// What became of it, and when (APR-03); who decided is not told.
fn outcome(shown: &RequestShown) -> AnyView {
    let (title, sentence) = match shown.state {
        RequestState::Granted => (m::GRANTED_NOW, m::GRANTED_AT),
        RequestState::GrantedInPart => (m::GRANTED_NOW, m::GRANTED_IN_PART_AT),
        RequestState::Denied => (m::DENIED_NOW, m::DENIED_AT),
        RequestState::Withdrawn => (m::WITHDRAWN_NOW, m::WITHDRAWN_AT),
        RequestState::Replaced => (m::REPLACED_NOW, m::REPLACED_AT),
        RequestState::EndedWithAgreement => (m::ENDED_NOW, m::ENDED_WITH_AGREEMENT_AT),
        RequestState::Ended | RequestState::Pending => (m::ENDED_NOW, m::ENDED_AT),
    };
    let title =
        title.with(&[("who", &who(&shown.name, shown.address.as_str())), ("licence", &words::licence(&shown.licence))]);
    let decided = matches!(shown.state, RequestState::Granted | RequestState::GrantedInPart | RequestState::Denied);
    let mut more = granted(&shown.asked, shown.granted.as_ref());
    if shown.changed {
        more.push(p(m::ASKED_AGAIN));
    }
    more.push(actions(vec![to_all()]));
    let ended = shown.ended_at.as_ref().map(|at| browser::date_and_time(&at.0)).unwrap_or_default();
    outcome_of(title, sentence.with(&[("ended", &ended)]), decided.then_some(shown.by_you), more)
}

/// What was granted, until when, and what was not.
pub(crate) fn granted(asked: &Roles, granted: Option<&Roles>) -> Vec<AnyView> {
    let Some(granted) = granted else { return Vec::new() };
    let missing = asked.without(granted);
    let mut parts = vec![p(m::WAS_GRANTED), words::roles(granted)];
    parts.extend(granted.until.as_deref().map(|day| p(m::WAS_GRANTED_UNTIL.with(&[("until", &words::until(day))]))));
    if !missing.roles.is_empty() {
        parts.extend([p(m::WAS_NOT_GRANTED), words::roles(&missing)]);
    }
    parts
}

fn to_all() -> AnyView {
    button_link("/approvals", m::TO_APPROVALS)
}
