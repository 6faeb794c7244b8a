//! `/profile`: name, language and phone, addresses, country, and where one is signed in (REG-06, REG-07, REG-11, REG-12).

use api::me::{AddAddress, EndSession, Me, Profile, ProofMailed, Session};
use leptos::prelude::*;
use licensing::Address;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        dialog::Dialog,
        form::{Field, Filled, Form},
        html::{
            actions, around, button, fact, facts, h1, h2, hint, inset, line, link, maybe_time, p, section, strong,
            table, tag, text, time,
        },
        load::{self, Draw, draw, loaded},
    },
    messages as m,
    portal::{App, app},
};

const LONGEST_NAME: usize = 100;
const LONGEST_PHONE: usize = 40;

pub(crate) fn page() -> AnyView {
    loaded(fetch)
}

async fn fetch() -> Answered<Draw> {
    let me = client::me().await?;
    app().is(me.clone());
    draw(move || {
        vec![
            h1(m::PROFILE_TITLE.t()),
            section(vec![h2(m::ABOUT_YOU.t()), about_you(&me.profile)]),
            section(vec![h2(m::ADDRESSES.t()), addresses(&me)]),
            section(vec![h2(m::COUNTRY.t()), country(&me)]),
            section(vec![h2(m::SESSIONS.t()), p(m::SESSIONS_LEAD.t()), sessions()]),
        ]
        .into_any()
    })
}

fn about_you(profile: &Profile) -> AnyView {
    let app = app();
    let form = Form::new();
    let saved = RwSignal::new(false);
    let field = |name, label, value: &str, autocomplete| {
        form.field(Field { value: value.to_owned(), autocomplete, ..Field::text(name, label) })
    };
    let languages = vec![(m::ENGLISH.t().to_owned(), "en".to_owned()), (m::GERMAN.t().to_owned(), "de".to_owned())];
    let phone =
        Field { value: profile.phone.clone(), kind: "tel", autocomplete: "tel", ..Field::text("phone", m::PHONE) };
    let fields = vec![
        field("first_name", m::FIRST_NAME, &profile.first_name, "given-name"),
        field("last_name", m::LAST_NAME, &profile.last_name, "family-name"),
        form.select("language", m::LANGUAGE, Some(m::LANGUAGE_HINT.t().into()), &profile.language, languages),
        form.field(phone),
        form.button(m::SAVE.t()),
        view! { <div role="status">{move || saved.get().then(|| inset(vec![p(m::SAVED.t())]))}</div> }.into_any(),
    ];
    form.view(fields, move |filled| {
        saved.set(false);
        let profile = Profile {
            first_name: filled.text("first_name"),
            last_name: filled.text("last_name"),
            language: filled.text("language"),
            phone: filled.text("phone"),
        };
        for (name, value, longest, fault) in [
            ("first_name", &profile.first_name, LONGEST_NAME, m::NAME_TOO_LONG),
            ("last_name", &profile.last_name, LONGEST_NAME, m::NAME_TOO_LONG),
            ("phone", &profile.phone, LONGEST_PHONE, m::PHONE_TOO_LONG),
        ] {
            if value.chars().count() > longest {
                form.fault(name, fault);
            }
        }
        if form.has_faults() {
            return;
        }
        form.send(async move {
            app.is(client::save_profile(&profile).await?);
            saved.set(true);
            Ok(())
        });
    })
}

fn addresses(me: &Me) -> AnyView {
    let form = Form::new();
    let mailed = RwSignal::new(None::<ProofMailed>);
    let mine: Vec<(String, Option<api::Instant>)> =
        me.addresses.iter().map(|mine| (mine.address.as_str().to_owned(), mine.proven_at.clone())).collect();
    let rows = move || {
        let mut mine = mine.clone();
        if let Some(new) = mailed.get() {
            let address = new.address.as_str().to_owned();
            if mine.iter().all(|(known, _)| *known != address) {
                mine.push((address, None));
            }
        }
        let rows = mine
            .into_iter()
            .map(|(address, proven_at)| {
                let state = match &proven_at {
                    Some(_) => tag("good", m::PROVEN),
                    None => tag("todo", m::NOT_PROVEN),
                };
                vec![strong(address), state, maybe_time(proven_at.as_ref())]
            })
            .collect();
        table(m::ADDRESSES.t(), &[m::ADDRESS, m::STATE, m::PROVEN_SINCE], rows)
    };
    let note = move || {
        mailed.get().map(|mailed| {
            let until = browser::date_and_time(&mailed.expires_at.0);
            inset(vec![
                p(m::PROOF_MAILED.with(&[("address", mailed.address.as_str()), ("time", &until)])),
                p(m::PROOF_MAILED_HELP.t()),
            ])
        })
    };
    let send = move |filled: Filled| {
        let address = filled.text("address").parse::<Address>();
        let repeated = filled.text("repeated").parse::<Address>();
        match (address, repeated) {
            (Err(licensing::words::BadWord::Empty), _) => form.fault("address", m::ADDRESS_EMPTY),
            (Err(_), _) => form.fault("address", m::ADDRESS_MALFORMED),
            (Ok(address), Ok(repeated)) if address == repeated => form.send(async move {
                let answer = client::add_address(&AddAddress { address, repeated }).await?;
                mailed.set(Some(answer));
                Ok(())
            }),
            (Ok(_), _) => form.fault("repeated", m::ADDRESSES_DIFFER),
        }
    };
    let add = form.view(
        vec![
            p(m::ADD_ADDRESS_LEAD.t()),
            form.field(Field { autocomplete: "off", ..Field::address("address", m::NEW_ADDRESS) }),
            form.field(Field { autocomplete: "off", ..Field::address("repeated", m::REPEAT_ADDRESS) }),
            form.button(m::ADD_ADDRESS.t()),
        ],
        send,
    );
    vec![
        p(m::ADDRESSES_LEAD.t()),
        rows.into_any(),
        view! { <div role="status">{note}</div> }.into_any(),
        view! { <h3>{m::ADD_ADDRESS.t()}</h3> }.into_any(),
        add,
    ]
    .into_any()
}

fn country(me: &Me) -> AnyView {
    let code = me.country.map(|country| country.to_string()).unwrap_or_default();
    let name = browser::country(&code);
    let app = app();
    let who = move || {
        let support = app.about.with(|about| about.as_ref().map(|about| about.publisher.support.clone()));
        support.map(|address| line(vec![around(m::COUNTRY_CHANGE, link(format!("mailto:{address}"), address))]))
    };
    vec![facts(vec![fact(m::COUNTRY_LABEL.t(), text(name))]), who.into_any()].into_any()
}

fn sessions() -> AnyView {
    let ended = RwSignal::new(0_u32);
    (move || {
        ended.get();
        load::loaded(move || async move {
            let found = client::sessions().await?;
            draw(move || all_sessions(&found.sessions, ended))
        })
    })
    .into_any()
}

fn all_sessions(sessions: &[Session], ended: RwSignal<u32>) -> AnyView {
    let app = app();
    let form = Form::new();
    let rows = sessions
        .iter()
        .map(|session| {
            let action = if session.here {
                tag("good", m::THIS_BROWSER)
            } else {
                let id = session.id.clone();
                button("quiet small", m::END_SESSION.t(), move || {
                    let id = id.clone();
                    form.send(async move {
                        client::end_session(&EndSession { id }).await?;
                        browser::announce(m::SESSION_IS_ENDED.t());
                        ended.update(|times| *times += 1);
                        Ok(())
                    });
                })
            };
            vec![
                text(session.browser.clone()),
                text(session.address.as_str().to_owned()),
                time(&session.since),
                time(&session.seen),
                action,
            ]
        })
        .collect();
    let columns = [m::BROWSER, m::ADDRESS, m::SINCE, m::LAST_SEEN, m::NEXT_STEP];
    let everywhere = Form::new();
    let dialog = Dialog {
        title: m::SIGN_OUT_EVERYWHERE.t().into(),
        inner: vec![p(m::SIGN_OUT_EVERYWHERE_ASKS.t())],
        yes: m::SIGN_OUT_EVERYWHERE.t().into(),
        class: "quiet",
    };
    vec![
        form.view(vec![table(m::SESSIONS.t(), &columns, rows)], |_| {}),
        hint(m::SESSIONS_HINT.t()),
        actions(vec![
            button("quiet", m::SIGN_OUT_HERE.t(), move || app.sign_out("/sign-in")),
            dialog.view(everywhere, move |_| Some(sign_out_everywhere(app))),
        ]),
    ]
    .into_any()
}

async fn sign_out_everywhere(app: App) -> Answered<()> {
    client::sign_out_everywhere().await?;
    app.signed_out("/sign-in");
    Ok(())
}
