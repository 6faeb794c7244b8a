//! `/a`: what a mailed activation link is for, and how to go on (LINK-01, LINK-02, LINK-08).
//!
//! Opening it changes nothing, and neither does a program that presses every button: what is done here takes a choice that
//! nobody has made beforehand.

use api::{
    Code,
    activations::{LinkShown, LinkState},
    sign_in::LinkToken,
};
use leptos::prelude::*;

use crate::{
    app::KEPT_LINK,
    behind, browser,
    client::{self, Answered},
    components::{
        Draw, Place, element,
        form::{Choice, Filled, Form},
        html::{
            actions, around, button, button_link, details, done, fact, facts, h1, h2, inset, lead, line, p, quiet_link,
            section, strong, text, time,
        },
        load::{draw, loaded},
        words,
    },
    messages as m,
};

const GO_ON: &str = "/activate";
const SIGN_IN: &str = "/sign-in?next=/activate";

pub(crate) fn page(token: String, publisher: Place) -> AnyView {
    if token.is_empty() {
        return broken();
    }
    let token = LinkToken { token };
    loaded(move || fetch(token.clone(), publisher))
}

fn broken() -> AnyView {
    let list = button_link("/activations", m::TO_ACTIVATIONS);
    behind::broken(m::BROKEN_ACTIVATION, actions(vec![list]))
}

async fn fetch(token: LinkToken, publisher: Place) -> Answered<Draw> {
    let (shown, who) = browser::both(client::link(&token), client::who()).await;
    let shown = match shown {
        Ok(shown) => shown,
        Err(trouble) if trouble.is(Code::BadLink) => return draw(broken),
        Err(trouble) => return Err(trouble),
    };
    let name = shown.publisher.clone();
    publisher.show(move || text(name));
    let who = who.ok().map(|who| who.signed_in_as);
    draw(move || {
        let page = Place::new();
        page.show(move || invitation(page, token, shown, who));
        page.view()
    })
}

fn invitation(page: Place, token: LinkToken, shown: LinkShown, who: Option<String>) -> AnyView {
    let product = shown.product_name.clone();
    let (title, first): (m::Text, m::Text) = match shown.state {
        LinkState::Good => (m::ACTIVATE_PRODUCT, m::LINK_GOOD),
        LinkState::Replaced => (m::LINK_REPLACED_TITLE, m::LINK_REPLACED),
        LinkState::Expired => (m::LINK_EXPIRED_TITLE, m::LINK_EXPIRED),
        LinkState::Provisioning => (m::LINK_PROVISIONING_TITLE, m::LINK_PROVISIONING),
        LinkState::Used => (m::LINK_USED_TITLE, m::LINK_USED),
        LinkState::Waiting => (m::LINK_WAITING_TITLE, m::LINK_WAITING),
    };
    let kept = token.token.clone();
    let helps = match shown.state {
        LinkState::Good => vec![go_on(kept, who.as_deref()), ask_again(page, token)],
        LinkState::Replaced => vec![open_portal(who.as_deref()), ask_again(page, token)],
        LinkState::Expired => {
            vec![section(vec![h2(m::WHAT_YOU_CAN_DO), p(m::LINK_EXPIRED_HELP)]), open_portal(who.as_deref())]
        }
        LinkState::Provisioning => vec![being_set_up(page, token, &shown, who.clone()), open_portal(who.as_deref())],
        LinkState::Used | LinkState::Waiting => vec![open_portal(who.as_deref())],
    };
    vec![
        h1(title.with(&[("product", &product)])),
        lead(first.with(&[("publisher", &shown.publisher), ("customer", &shown.customer_name)])),
        what_it_is(&shown),
        helps.into_any(),
    ]
    .into_any()
}

/// It is looked at again every so many milliseconds.
const LIVE_MS: i32 = 4_000;

/// Shows that it is being set up, and what has come of it as soon as something has (LINK-11).
fn being_set_up(page: Place, token: LinkToken, shown: &LinkShown, who: Option<String>) -> AnyView {
    let before = (shown.state, shown.takes_long);
    let here = Place::new();
    browser::spawn(async move {
        loop {
            browser::sleep(LIVE_MS).await;
            if !here.is_there() {
                break;
            }
            if !browser::is_visible() {
                continue;
            }
            if let Ok(now) = client::link(&token).await
                && (now.state, now.takes_long) != before
            {
                browser::announce(m::STATE_CHANGED.t());
                page.show(move || invitation(page, token, now, who));
                break;
            }
        }
    });
    let long = shown.takes_long.then(|| inset(vec![p(m::SETTING_UP_LONG)]));
    vec![element("progress").set("aria-label", m::PROVISIONING.t()).view(), long.into_any(), here.view()].into_any()
}

fn what_it_is(shown: &LinkShown) -> AnyView {
    let end = shown.expires_at.as_ref().map(|at| {
        let name = if shown.state == LinkState::Expired { m::LINK_ENDED } else { m::LINK_ENDS };
        fact(name.t(), time(at))
    });
    let activated = shown.activated_at.as_ref().map(|at| fact(m::ACTIVATED_AT, time(at)));
    let mut rows = vec![
        fact(m::PRODUCT_COLUMN, text(shown.product_name.clone())),
        fact(m::ORGANISATION, text(shown.customer_name.clone())),
        fact(m::QUANTITY, text(words::quantity(shown.quantity))),
        fact(m::PUBLISHER, text(shown.publisher.clone())),
    ];
    rows.extend(activated);
    rows.extend(end);
    facts(rows)
}

/// Signs in, or goes on as who is signed in. The token goes along in this tab's own store, never in an address.
fn go_on(token: String, who: Option<&str>) -> AnyView {
    let take_over = move || browser::keep(KEPT_LINK, &token);
    let leave = move |path: &'static str| {
        let take_over = take_over.clone();
        move || {
            take_over();
            browser::leave_for(path);
        }
    };
    let Some(who) = who else {
        return section(vec![
            h2(m::GO_ON),
            p(m::SIGN_IN_TO_GO_ON),
            actions(vec![button("", m::SIGN_IN_AND_GO_ON, leave(SIGN_IN))]),
        ]);
    };
    let switch = leave(SIGN_IN);
    let switch = button("quiet", m::SWITCH_ACCOUNT, move || {
        let switch = switch.clone();
        browser::spawn(async move {
            // Without an answer the sign-in page says who is signed in, and offers the same.
            drop(client::sign_out().await);
            // What the person before chose here is not for whoever comes next.
            browser::forget_all();
            switch();
        });
    });
    section(vec![
        h2(m::GO_ON),
        inset(vec![line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(who.to_owned()))])]),
        actions(vec![button("", m::GO_ON, leave(GO_ON)), switch]),
    ])
}

fn open_portal(who: Option<&str>) -> AnyView {
    let as_whom = who.map(|who| line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(who.to_owned()))]));
    let first = if who.is_some() { m::TO_ACTIVATIONS } else { m::SIGN_IN_TO_PORTAL };
    section(vec![
        as_whom.into_any(),
        actions(vec![button_link("/activations", first.t()), quiet_link("/", m::TO_HOME)]),
    ])
}

/// Asks for the mail again (LINK-08): whoever asks, it goes to the addressee only.
fn ask_again(page: Place, token: LinkToken) -> AnyView {
    let form = Form::new();
    let send = move |filled: Filled| {
        if filled.text("again") != "yes" {
            form.fault("again", m::CHOOSE_TO_ASK);
            return;
        }
        let asking = client::ask_for_mail(&token);
        form.send(async move {
            let to = asking.await?.to;
            page.show(move || {
                done(m::MAILED_AGAIN, vec![p(m::MAILED_AGAIN_TO.with(&[("address", &to)])), p(m::LOOK_IN_JUNK)])
            });
            Ok(())
        });
    };
    let choice = form.choice("again", m::ASK_AGAIN_QUESTION, None, vec![Choice::new("yes", m::ASK_AGAIN_YES)]);
    let ask = form.view(vec![p(m::ASK_AGAIN_HELP), choice, form.quiet_button(m::ASK_AGAIN)], send);
    details(m::ASK_AGAIN_SUMMARY, vec![ask])
}
