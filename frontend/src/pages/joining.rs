//! Asking to join the customer's account (LINK-03, ORG-04): what the wizard and the page of an activation say of it.

use api::{
    Instant,
    activations::Target,
    joins::{AskToJoin, JoinState, Joining, MyRequest, Withdraw},
};
use leptos::prelude::*;

use crate::{
    app::app,
    browser, client,
    components::{
        Place,
        dialog::Dialog,
        form::Form,
        html::{actions, h2, p, section, warning},
    },
    messages as m,
};

/// How things stand with an account, and the button to ask or to withdraw.
pub(crate) fn joining(it: Joining, target: Target) -> AnyView {
    let place = Place::new();
    place.show(move || inner(it, target, place));
    place.view()
}

fn inner(it: Joining, target: Target, place: Place) -> AnyView {
    let waits = it.request.as_ref().is_some_and(|request| request.state == JoinState::Pending);
    let mut parts = vec![h2(m::JOIN_TITLE.with(&[("account", &it.account_name)]))];
    parts.extend(it.request.as_ref().map(said));
    if it.nobody_decides {
        parts.push(warning(vec![p(m::JOIN_NOBODY.with(&[("support", &support())]))]));
    }
    if waits {
        parts.push(actions(vec![withdraw(it, target, place)]));
    } else if it.may_ask {
        parts.push(p(m::JOIN_HELP));
        parts.push(actions(vec![ask(it, target, place)]));
    } else if let Some(at) = &it.ask_again_at {
        parts.push(p(m::JOIN_ASK_AGAIN.with(&[("time", &browser::date_and_time(&at.0))])));
    }
    section(parts)
}

fn support() -> String {
    let known = app().about.peek(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    known.unwrap_or_else(|| m::THE_PUBLISHER.t().to_owned())
}

/// What became of the request; who decides is not known here.
fn said(request: &MyRequest) -> AnyView {
    let text = match request.state {
        JoinState::Pending => m::JOIN_WAITS,
        JoinState::Granted => m::JOIN_WAS_GRANTED,
        JoinState::Denied => m::JOIN_WAS_DENIED,
        JoinState::Withdrawn => m::JOIN_WAS_WITHDRAWN,
        JoinState::Ended => m::JOIN_HAS_ENDED,
    };
    let at = |at: &Instant| browser::date_and_time(&at.0);
    let ended = request.ended_at.as_ref().map(at).unwrap_or_default();
    let sentence = text.with(&[("asked", &at(&request.asked_at)), ("ends", &at(&request.ends_at)), ("ended", &ended)]);
    let mut parts = vec![p(sentence)];
    if !request.message.is_empty() {
        parts.push(p(m::JOIN_WAS_SAID.with(&[("message", &request.message)])));
    }
    parts.into_any()
}

fn ask(it: Joining, target: Target, place: Place) -> AnyView {
    let dialog =
        Dialog { title: m::JOIN_ASK.into(), inner: vec![p(m::JOIN_ASK_ASKS)], yes: m::JOIN_ASK.into(), class: "quiet" };
    dialog.view(Form::new(), move |_| {
        let (it, target) = (it.clone(), target.clone());
        let asking = client::ask_to_join(&AskToJoin { target: target.clone(), account: it.account.clone() });
        Some(async move {
            let request = asking.await?;
            now_is(Joining { request: Some(request), may_ask: false, ..it }, target, place, m::JOIN_ASKED_DONE);
            Ok(())
        })
    })
}

fn withdraw(it: Joining, target: Target, place: Place) -> AnyView {
    let dialog = Dialog {
        title: m::JOIN_WITHDRAW.into(),
        inner: vec![p(m::JOIN_WITHDRAW_ASKS)],
        yes: m::JOIN_WITHDRAW.into(),
        class: "quiet",
    };
    dialog.view(Form::new(), move |_| {
        let (it, target) = (it.clone(), target.clone());
        let withdrawing = client::withdraw_join(&Withdraw { account: it.account.clone() });
        Some(async move {
            let request = withdrawing.await?;
            now_is(Joining { request: Some(request), may_ask: true, ..it }, target, place, m::JOIN_WITHDRAWN_DONE);
            Ok(())
        })
    })
}

/// Shows what has changed, and tells it to those who listen.
fn now_is(it: Joining, target: Target, place: Place, done: m::Text) {
    browser::announce(done.t());
    place.show(move || inner(it, target, place));
}
