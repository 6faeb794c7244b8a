//! `/j`: a request to join an account, for one of its global administrators (ORG-04, APR-02).
//!
//! Opening it changes nothing, and neither does a program that presses every button: a decision takes a choice that nobody
//! has made beforehand. Denying works here at once; to let somebody join, the administrator signs in and comes back.

use api::{
    joins::{JoinShown, JoinState, May, WhichJoin},
    sign_in::LinkToken,
};
use leptos::prelude::*;

use crate::{
    behind::{self, Behind},
    client::{self, Answered, read},
    components::{
        Draw, Place,
        deciding::{about, decision, grants, outcome, question, sign_in_instead, who},
        form::{Choice, Filled, Form},
        html::{actions, around, button_link, fact, facts, h1, lead, line, p, strong, time, warning},
        load::draw,
    },
    messages as m,
};

const KEPT: &str = "join-link";
const SIGN_IN: &str = "/sign-in?next=/j";

pub(crate) const PAGE: Behind = Behind { kept: KEPT, ask: client::join_link, shown, broken };

fn broken() -> AnyView {
    let list = button_link("/joins", m::TO_JOINS);
    behind::broken(m::BROKEN_JOIN, actions(vec![list]))
}

fn shown(token: LinkToken, came: Answered<String>) -> Answered<Draw> {
    let shown: JoinShown = read(&came?)?;
    draw(move || if shown.state == JoinState::Pending { request(token, shown) } else { over(&shown) })
}

fn over(shown: &JoinShown) -> AnyView {
    outcome(shown, vec![actions(vec![button_link("/joins", m::TO_JOINS)])])
}

fn request(token: LinkToken, shown: JoinShown) -> AnyView {
    let who = who(&shown.name, shown.address.as_str());
    let mut rows = about(&shown.account_name, who.clone(), &shown.product_name, &shown.customer_name);
    rows.push(fact(m::JOIN_ASKED_AT, time(&shown.asked_at)));
    rows.extend(shown.ends_at.as_ref().map(|at| fact(m::JOIN_ENDS_AT, time(at))));
    let mut parts = vec![
        h1(m::JOIN_ASKS.with(&[("who", &who), ("account", &shown.account_name)])),
        lead(m::JOIN_LOOKING),
        facts(rows),
    ];
    let signed_in = shown.signed_in_as.as_ref().map(|address| address.as_str().to_owned());
    let has_session = signed_in.is_some();
    parts.extend(signed_in.map(|address| line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(address))])));
    if shown.may == May::Nothing {
        parts.push(warning(vec![p(m::JOIN_NOT_YOURS)]));
        parts.push(actions(vec![button_link("/", m::TO_PORTAL)]));
        return parts.into_any();
    }
    let deny = Choice::new("deny", m::JOIN_DENY);
    let options = if shown.may == May::Decide {
        let mut options = grants();
        options.push(deny);
        options
    } else {
        let sign_in = Choice::new("sign-in", m::JOIN_SIGN_IN).hint(m::JOIN_SIGN_IN_HINT);
        vec![sign_in, deny.hint(m::JOIN_DENY_HINT)]
    };
    let (form, place) = (Form::new(), Place::new());
    parts.extend(question(form, options));
    let send = move |filled: Filled| {
        if filled.text("decision") == "sign-in" {
            form.send(sign_in_instead(has_session, SIGN_IN));
            return;
        }
        let Some(decide) = decision(form, &filled, WhichJoin::Link(token.token.clone())) else { return };
        let deciding = client::decide_join(&decide);
        form.send(async move {
            let shown = deciding.await?;
            place.show(move || over(&shown));
            Ok(())
        });
    };
    let asked = form.view(parts, send);
    place.show(move || asked);
    place.view()
}
