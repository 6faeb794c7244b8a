//! `/sign-in`: an address, then the code that was mailed to it (REG-01, REG-03, REG-05).

use api::sign_in::{Ask, Asked, SignIn};
use leptos::prelude::*;
use licensing::Address;

use super::mailed_sign_in::KEPT_WAY_ON;
use crate::{
    browser,
    client::{self, Answered},
    components::{
        form::{Field, Filled, Form},
        html::{actions, around, button, button_link, details, h1, hint, lead, line, list, p, strong, text, warning},
        load,
    },
    messages as m,
    portal::{App, Who, app},
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
    let kept = browser::kept(KEPT).and_then(|text| serde_json::from_str::<Asked>(&text).ok());
    let asked = RwSignal::new(kept.filter(|asked| browser::millis(&asked.expires_at.0) > browser::now()));
    // Whoever was signed in already sees that; who signs in on this page is on the way to the next one.
    let person = Memo::new(move |_| app.who.with(|who| who.me().map(|me| me.signed_in_as.clone())));
    (move || match (person.get(), asked.get()) {
        (Some(address), _) => already(app, &address),
        (None, None) => address_page(app, asked),
        (None, Some(code)) => code_page(app, asked, code),
    })
    .into_any()
}

fn already(app: App, address: &Address) -> AnyView {
    let out = button("quiet", m::SWITCH_ACCOUNT.t(), move || {
        browser::spawn(async move {
            if client::sign_out().await.is_ok() {
                app.who.set(Who::Nobody);
            }
        });
    });
    vec![
        h1(m::ALREADY_SIGNED_IN.t()),
        line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(address.as_str().to_owned()))]),
        actions(vec![button_link(app.way_on(), m::GO_ON.t()), out]),
    ]
    .into_any()
}

fn address_page(app: App, asked: RwSignal<Option<Asked>>) -> AnyView {
    let form = Form::new();
    let patience = RwSignal::new(None::<String>);
    let send = move |filled: Filled| match filled.text("address").parse::<Address>() {
        Ok(address) => form.send(async move {
            let answer = ask_patiently(address, patience).await?;
            begun(app, asked, answer);
            Ok(())
        }),
        Err(licensing::words::BadWord::Empty) => form.fault("address", m::ADDRESS_EMPTY),
        Err(licensing::words::BadWord::TooLong) => form.fault("address", m::ADDRESS_TOO_LONG),
        Err(licensing::words::BadWord::Malformed) => form.fault("address", m::ADDRESS_MALFORMED),
    };
    let ended = app.ended.get_untracked().then(|| warning(vec![p(m::SESSION_ENDED.t())]));
    form.view(
        vec![
            ended.into_any(),
            h1(m::SIGN_IN_OR_REGISTER.t()),
            lead(m::SIGN_IN_LEAD.t()),
            form.field(Field {
                hint: Some(m::WORK_ADDRESS_HINT.t().into()),
                ..Field::address("address", m::WORK_ADDRESS)
            }),
            waits(patience),
            form.button(m::GO_ON.t()),
            details(m::WHO_CAN_SIGN_IN.t(), vec![p(m::WHO_CAN_SIGN_IN_1.t()), p(m::WHO_CAN_SIGN_IN_2.t())]),
        ],
        send,
    )
}

fn code_page(app: App, asked: RwSignal<Option<Asked>>, code: Asked) -> AnyView {
    let form = Form::new();
    let address = code.address.clone();
    let enter = {
        let address = address.clone();
        move |filled: Filled| {
            let code: String = filled.text("code").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
            if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
                form.fault("code", if code.is_empty() { m::CODE_EMPTY } else { m::CODE_MALFORMED });
                return;
            }
            let how = SignIn::Code { address: address.clone(), code };
            form.send(async move {
                let me = client::sign_in(&how).await?;
                forget();
                app.signed_in(me);
                Ok(())
            });
        }
    };
    let good_until = m::CODE_HINT.with(&[("time", &browser::time_of_day(&code.expires_at.0))]);
    let field = Field {
        hint: Some(good_until.into()),
        inputmode: Some("numeric"),
        autocomplete: "one-time-code",
        narrow: true,
        ..Field::text("code", m::CODE)
    };
    let other = button("link", m::OTHER_ADDRESS.t(), move || {
        forget();
        asked.set(None);
    });
    vec![
        form.view(
            vec![
                h1(m::CHECK_YOUR_MAIL.t()),
                line(vec![around(m::YOU_ARE_SIGNING_IN_AS, strong(address.as_str().to_owned()))]),
                form.field(field),
                form.button(m::SIGN_IN.t()),
            ],
            enter,
        ),
        line(vec![other]),
        details(m::NO_MAIL.t(), vec![no_mail(app), again(app, asked, address)]),
    ]
    .into_any()
}

fn no_mail(app: App) -> AnyView {
    let sender = app.about.with_untracked(|about| about.as_ref().map(|about| about.publisher.sender.clone()));
    let sender = sender.unwrap_or_else(|| m::THE_PUBLISHER.t().to_owned());
    list(vec![text(m::NO_MAIL_JUNK.with(&[("sender", &sender)])), text(m::NO_MAIL_LINK.t()), text(m::NO_MAIL_TYPO.t())])
}

/// Asking again while a code lives mails the same one (REG-03).
fn again(app: App, asked: RwSignal<Option<Asked>>, address: Address) -> AnyView {
    let form = Form::new();
    let patience = RwSignal::new(None::<String>);
    let was_mailed = RwSignal::new(false);
    let note = move || was_mailed.get().then(|| hint(m::MAILED_NOW.t()));
    form.view(
        vec![
            waits(patience),
            form.button(m::ASK_FOR_CODE_AGAIN.t()),
            view! { <div role="status">{note}</div> }.into_any(),
        ],
        move |_| {
            let address = address.clone();
            was_mailed.set(false);
            form.send(async move {
                let answer = ask_patiently(address, patience).await?;
                let new_end = asked.with_untracked(|asked| asked.as_ref().map(|asked| asked.expires_at.clone()));
                if new_end.as_ref() == Some(&answer.expires_at) {
                    was_mailed.set(true);
                } else {
                    begun(app, asked, answer);
                }
                Ok(())
            });
        },
    )
}

fn begun(app: App, asked: RwSignal<Option<Asked>>, answer: Asked) {
    browser::keep(KEPT, &serde_json::to_string(&answer).unwrap_or_default());
    // The mailed link may be opened in another tab, which has no link of its own to go on with.
    let way_on = app.way_on();
    browser::keep_in_browser(KEPT_WAY_ON, if way_on == "/activate" { "/" } else { &way_on });
    asked.set(Some(answer));
}

/// Says that the service is busy and that this page goes on by itself.
fn waits(patience: RwSignal<Option<String>>) -> AnyView {
    let text = move || patience.get().map(|time| p(m::WE_TRY_AGAIN.with(&[("time", &time)])));
    view! { <div role="status" class="patience">{text}</div> }.into_any()
}

async fn ask_patiently(address: Address, patience: RwSignal<Option<String>>) -> Answered<Asked> {
    let ask = Ask { address };
    let mut times = 0;
    loop {
        let answered = client::ask_for_code(&ask).await;
        let wait = answered.as_ref().err().and_then(load::short_wait).filter(|wait| *wait <= PATIENCE_MS);
        times += 1;
        let (Some(wait), true) = (wait, times <= PATIENCE_TIMES) else {
            patience.set(None);
            return answered;
        };
        patience.set(Some(browser::time_in(wait)));
        #[expect(clippy::cast_possible_truncation, reason = "at most a minute")]
        browser::sleep(wait as i32).await;
    }
}
