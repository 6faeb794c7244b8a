//! `/sign-in`: an address, then the code that was mailed to it (REG-01, REG-03, REG-05).

use api::sign_in::{Ask, Asked, SignIn};
use leptos::prelude::*;
use licensing::{
    Address,
    words::{BadAddress, BadWord},
};

use super::mailed_sign_in::KEPT_WAY_ON;
use crate::{
    app::{App, app},
    browser,
    client::{self, Answered},
    components::{
        Place, changing, code,
        form::{Field, Filled, Form},
        html::{
            actions, around, button, button_link, details, h1, hint, in_full, lead, line, list, p, strong, text,
            warning,
        },
    },
    json, messages as m,
};

const KEPT: &str = "signing-in";

/// Waits of up to so long for the service to be less busy are waited for; the person need not do anything.
const PATIENCE_MS: f64 = 60_000.0;

/// So often.
const PATIENCE_TIMES: u32 = 5;

/// Whether a code is awaited, so that signing in by the mailed link in another tab is noticed in this one.
pub(crate) fn waits_for_code() -> bool {
    browser::kept(KEPT).is_some()
}

/// Forgets that a code is awaited.
pub(crate) fn forget() {
    browser::keep(KEPT, "");
    browser::keep_in_browser(KEPT_WAY_ON, "");
}

pub(crate) fn page() -> AnyView {
    let app = app();
    changing(move || match app.me.with(|me| me.as_ref().map(|me| me.signed_in_as.as_str().to_owned())) {
        // Whoever was signed in already sees that; who signs in on this page is on the way to the next one.
        Some(address) => already(app, address),
        None => {
            let step = Place::new();
            let kept = browser::kept(KEPT).and_then(|text| json::read::<Asked>(&text));
            match kept.filter(|asked| browser::millis(&asked.expires_at.0) > browser::now()) {
                Some(asked) => step.show(move || code_page(app, step, asked)),
                None => step.show(move || address_page(app, step)),
            }
            step.view()
        }
    })
}

fn already(app: App, address: String) -> AnyView {
    let out = button("quiet", m::SWITCH_ACCOUNT, move || {
        browser::spawn(async move {
            if client::sign_out().await.is_ok() {
                app.me.set(None);
            }
        });
    });
    vec![
        h1(m::ALREADY_SIGNED_IN),
        line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(address))]),
        actions(vec![button_link(app.way_on(), m::GO_ON), out]),
    ]
    .into_any()
}

fn address_page(app: App, step: Place) -> AnyView {
    let form = Form::new();
    let patience = Place::new();
    let send = move |filled: Filled| match Address::typed(&filled.text("address")) {
        Ok(address) => form.send(async move {
            let asked = ask_patiently(address, patience).await?;
            begun(app, step, asked);
            Ok(())
        }),
        Err(BadAddress::Word(BadWord::Empty)) => form.fault("address", m::ADDRESS_EMPTY),
        Err(BadAddress::Word(BadWord::TooLong)) => form.fault("address", m::ADDRESS_TOO_LONG),
        Err(BadAddress::Word(BadWord::Malformed)) => form.fault("address", m::ADDRESS_MALFORMED),
        Err(BadAddress::LocalPart) => form.fault("address", m::ADDRESS_LOCAL_PART),
    };
    let mut parts = Vec::new();
    if app.ended.peek(|ended| *ended) {
        parts.push(warning(vec![p(m::SESSION_ENDED)]));
    }
    parts.extend([
        h1(m::SIGN_IN_OR_REGISTER),
        lead(m::SIGN_IN_LEAD),
        form.field(Field { hint: Some(m::WORK_ADDRESS_HINT.into()), ..Field::address("address", m::WORK_ADDRESS) }),
        status(patience),
        form.button(m::GO_ON),
        details(m::WHO_CAN_SIGN_IN, vec![p(m::WHO_CAN_SIGN_IN_1), p(m::WHO_CAN_SIGN_IN_2)]),
    ]);
    form.view(parts, send)
}

fn code_page(app: App, step: Place, asked: Asked) -> AnyView {
    let form = Form::new();
    let address = asked.address.clone();
    let enter = {
        let address = address.clone();
        move |filled: Filled| {
            let Some(code) = code::typed(form, &filled) else { return };
            let signing_in = client::sign_in(&SignIn::Code { address: address.clone(), code });
            form.send(async move {
                let me = signing_in.await?;
                forget();
                app.signed_in(me);
                Ok(())
            });
        }
    };
    let good_until = m::CODE_HINT.with(&[("time", &browser::time_of_day(&asked.expires_at.0))]);
    let other = button("link", m::OTHER_ADDRESS, move || {
        forget();
        step.show(move || address_page(app, step));
    });
    vec![
        form.view(
            vec![
                h1(m::CHECK_YOUR_MAIL),
                line(vec![around(
                    m::YOU_ARE_SIGNING_IN_AS,
                    strong(in_full(asked.own_letters.as_deref(), address.as_str())),
                )]),
                code::field(form, good_until),
                form.button(m::SIGN_IN),
            ],
            enter,
        ),
        line(vec![other]),
        details(m::NO_MAIL, vec![no_mail(app), again(app, step, asked)]),
    ]
    .into_any()
}

fn no_mail(app: App) -> AnyView {
    let sender = app.about.peek(|about| about.as_ref().map(|about| about.publisher.sender.clone()));
    let sender = sender.unwrap_or_else(|| m::THE_PUBLISHER.t().to_owned());
    list(vec![text(m::NO_MAIL_JUNK.with(&[("sender", &sender)])), text(m::NO_MAIL_LINK), text(m::NO_MAIL_TYPO)])
}

/// Asking again while a code lives mails the same one (REG-03).
fn again(app: App, step: Place, asked: Asked) -> AnyView {
    let form = Form::new();
    let patience = Place::new();
    form.view(vec![form.quiet_button(m::ASK_FOR_CODE_AGAIN), status(patience)], move |_| {
        let before = asked.clone();
        form.send(async move {
            let now = ask_patiently(before.address.clone(), patience).await?;
            if now.expires_at == before.expires_at {
                patience.show(|| hint(m::MAILED_NOW));
            } else {
                begun(app, step, now);
            }
            Ok(())
        });
    })
}

fn begun(app: App, step: Place, asked: Asked) {
    browser::keep(KEPT, &json::written(&asked));
    // The mailed link may be opened in another tab, which has no link of its own to go on with.
    let way_on = app.way_on();
    browser::keep_in_browser(KEPT_WAY_ON, if way_on == "/activate" { "/" } else { &way_on });
    step.show(move || code_page(app, step, asked));
}

/// A place whose news are read aloud.
fn status(place: Place) -> AnyView {
    view! { <div role="status">{place.view()}</div> }.into_any()
}

/// Asks for a code; where the service is busy it says so and goes on by itself.
async fn ask_patiently(address: Address, patience: Place) -> Answered<Asked> {
    let ask = Ask { address };
    let mut times = 0;
    loop {
        let answered = client::ask_for_code(&ask).await;
        let wait = answered.as_ref().err().and_then(|trouble| trouble.short_wait());
        times += 1;
        let Some(wait) = wait.filter(|wait| *wait <= PATIENCE_MS && times <= PATIENCE_TIMES) else {
            patience.clear();
            return answered;
        };
        let time = browser::time_in(wait);
        patience.show(move || p(m::WE_TRY_AGAIN.with(&[("time", &time)])));
        #[expect(clippy::cast_possible_truncation, reason = "at most a minute")]
        browser::sleep(wait as i32).await;
    }
}
