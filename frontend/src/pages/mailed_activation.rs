//! `/a`: what a mailed activation link is for, and how to go on (LINK-01, LINK-02, LINK-08).
//!
//! Opening it changes nothing, and neither does a program that presses every button: what is done here takes a choice that
//! nobody has made beforehand.

use api::{
    Code,
    activations::{LinkShown, LinkState},
    me::Me,
    sign_in::LinkToken,
};
use leptos::prelude::*;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        form::{Choice, Form},
        html::{
            actions, around, button, button_link, details, done, fact, facts, h1, h2, inset, lead, line, link, p,
            quiet_link, section, strong, text, time,
        },
        load::{Draw, draw, loaded},
        words,
    },
    mailed, messages as m,
    portal::KEPT_LINK,
};

const GO_ON: &str = "/activate";
const SIGN_IN: &str = "/sign-in?next=/activate";

pub(crate) fn page(token: String, publisher: RwSignal<String>) -> AnyView {
    if token.is_empty() {
        return mailed::broken();
    }
    let token = LinkToken { token };
    loaded(move || fetch(token.clone(), publisher))
}

async fn fetch(token: LinkToken, publisher: RwSignal<String>) -> Answered<Draw> {
    let shown = match client::link(&token).await {
        Ok(shown) => shown,
        Err(problem) if problem.code == Code::BadLink => return draw(mailed::broken),
        Err(problem) => return Err(problem),
    };
    publisher.set(shown.publisher.clone());
    let me = client::me().await.ok();
    draw(move || invitation(token, shown, me))
}

fn invitation(token: LinkToken, shown: LinkShown, me: Option<Me>) -> AnyView {
    let product = shown.product_name.clone();
    let (title, first): (m::Text, m::Text) = match shown.state {
        LinkState::Good => (m::ACTIVATE_PRODUCT, m::LINK_GOOD),
        LinkState::Replaced => (m::LINK_REPLACED_TITLE, m::LINK_REPLACED),
        LinkState::Expired => (m::LINK_EXPIRED_TITLE, m::LINK_EXPIRED),
        LinkState::Used => (m::LINK_USED_TITLE, m::LINK_USED),
        LinkState::Waiting => (m::LINK_WAITING_TITLE, m::LINK_WAITING),
    };
    let kept = token.token.clone();
    let helps = match shown.state {
        LinkState::Good => vec![go_on(kept, me.as_ref()), ask_again(token)],
        LinkState::Replaced => vec![open_portal(me.as_ref()), ask_again(token)],
        LinkState::Expired => {
            vec![section(vec![h2(m::WHAT_YOU_CAN_DO.t()), p(m::LINK_EXPIRED_HELP.t())]), open_portal(me.as_ref())]
        }
        LinkState::Used | LinkState::Waiting => vec![open_portal(me.as_ref())],
    };
    vec![
        h1(title.with(&[("product", &product)])),
        lead(first.with(&[("publisher", &shown.publisher), ("customer", &shown.customer_name)])),
        what_it_is(&shown),
        helps.into_any(),
    ]
    .into_any()
}

fn what_it_is(shown: &LinkShown) -> AnyView {
    let end = shown.expires_at.as_ref().map(|at| {
        let name = if shown.state == LinkState::Expired { m::LINK_ENDED } else { m::LINK_ENDS };
        fact(name.t(), time(at))
    });
    let activated = shown.activated_at.as_ref().map(|at| fact(m::ACTIVATED_AT.t(), time(at)));
    let mut rows = vec![
        fact(m::PRODUCT_COLUMN.t(), text(shown.product_name.clone())),
        fact(m::ORGANISATION.t(), text(shown.customer_name.clone())),
        fact(m::QUANTITY.t(), text(words::quantity(shown.quantity))),
        fact(m::PUBLISHER.t(), text(shown.publisher.clone())),
    ];
    rows.extend(activated);
    rows.extend(end);
    facts(rows)
}

/// Signs in, or goes on as who is signed in. The token goes along in this tab's own store, never in an address.
fn go_on(token: String, me: Option<&Me>) -> AnyView {
    let take_over = move || browser::keep(KEPT_LINK, &token);
    let leave = move |path: &'static str| {
        let take_over = take_over.clone();
        move || {
            take_over();
            browser::leave_for(path);
        }
    };
    let Some(me) = me else {
        return section(vec![
            h2(m::GO_ON.t()),
            p(m::SIGN_IN_TO_GO_ON.t()),
            actions(vec![button("", m::SIGN_IN_AND_GO_ON.t(), leave(SIGN_IN))]),
        ]);
    };
    let switch = leave(SIGN_IN);
    let switch = button("quiet", m::SWITCH_ACCOUNT.t(), move || {
        let switch = switch.clone();
        browser::spawn(async move {
            // Without an answer the sign-in page says who is signed in, and offers the same.
            drop(client::sign_out().await);
            switch();
        });
    });
    section(vec![
        h2(m::GO_ON.t()),
        inset(vec![line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(me.signed_in_as.as_str().to_owned()))])]),
        actions(vec![button("", m::GO_ON.t(), leave(GO_ON)), switch]),
    ])
}

fn open_portal(me: Option<&Me>) -> AnyView {
    let who = me.map(|me| line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(me.signed_in_as.as_str().to_owned()))]));
    let first = if me.is_some() { m::TO_ACTIVATIONS } else { m::SIGN_IN_TO_PORTAL };
    section(vec![
        who.into_any(),
        actions(vec![button_link("/activations", first.t()), quiet_link("/", m::TO_HOME.t())]),
    ])
}

/// Asks for the mail again (LINK-08): whoever asks, it goes to the addressee only.
fn ask_again(token: LinkToken) -> AnyView {
    let form = Form::new();
    let mailed = RwSignal::new(None);
    let send = move |filled: crate::components::form::Filled| {
        if filled.text("again") != "yes" {
            form.fault("again", m::CHOOSE_TO_ASK);
            return;
        }
        let token = token.clone();
        form.send(async move {
            let answer = client::ask_for_mail(&token).await?;
            mailed.set(Some(answer));
            Ok(())
        });
    };
    let ask = form.view(
        vec![
            p(m::ASK_AGAIN_HELP.t()),
            form.choice("again", m::ASK_AGAIN_QUESTION.t(), None, vec![Choice::new("yes", m::ASK_AGAIN_YES.t())]),
            form.button(m::ASK_AGAIN.t()),
        ],
        send,
    );
    let answer = move || {
        mailed.get().map(|answer: api::activations::Mailed| {
            done(
                m::MAILED_AGAIN.t(),
                vec![p(m::MAILED_AGAIN_TO.with(&[("address", &answer.to)])), p(m::LOOK_IN_JUNK.t())],
            )
        })
    };
    let hidden = move || mailed.with(Option::is_some);
    vec![
        view! { <div hidden=hidden>{details(m::ASK_AGAIN_SUMMARY.t(), vec![ask])}</div> }.into_any(),
        answer.into_any(),
        line(vec![link("/", m::TO_PORTAL_INSTEAD.t())]),
    ]
    .into_any()
}
