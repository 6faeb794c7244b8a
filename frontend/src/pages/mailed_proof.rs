//! `/p`: proves a further address of a profile (REG-07). It names the profile that asks, completes only in the session that
//! asked, and takes "this was not me" from anybody who reads that mailbox.

use api::{
    Code,
    me::{ProofShown, ProofState},
    sign_in::LinkToken,
};
use leptos::prelude::*;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, Place,
        form::{Choice, Filled, Form},
        html::{actions, button_link, done, fact, facts, h1, p, text, warning},
        load::{draw, loaded},
    },
    mailed, messages as m,
};

const KEPT: &str = "proof-link";
const SIGN_IN: &str = "/sign-in?next=/p";

pub(crate) fn page(token: String) -> AnyView {
    let token = mailed::taken_over(KEPT, token);
    if token.token.is_empty() {
        return broken();
    }
    loaded(move || fetch(token.clone()))
}

fn broken() -> AnyView {
    let profile = button_link("/profile", m::TO_PROFILE);
    mailed::broken(m::BROKEN_PROOF, actions(vec![profile]))
}

async fn fetch(token: LinkToken) -> Answered<Draw> {
    match client::proof_link(&token).await {
        Ok(shown) if shown.state == ProofState::Ended => draw(ended),
        Ok(shown) => draw(move || question(token, shown)),
        Err(trouble) if trouble.is(Code::BadLink) => draw(broken),
        Err(trouble) => Err(trouble),
    }
}

fn ended() -> AnyView {
    vec![h1(m::PROOF_ENDED), p(m::PROOF_ENDED_HELP), actions(vec![button_link("/profile", m::TO_PROFILE)])].into_any()
}

fn question(token: LinkToken, shown: ProofShown) -> AnyView {
    let form = Form::new();
    let place = Place::new();
    let profile = shown.profile_address.as_str();
    let named = if shown.profile_name.is_empty() {
        profile.to_owned()
    } else {
        m::NAMED.with(&[("name", &shown.profile_name), ("address", profile)])
    };
    let address = shown.address.as_str().to_owned();
    let (note, answer, label) = match shown.state {
        ProofState::Ready => (None, "prove", m::PROVE_YES.with(&[("address", &address)])),
        ProofState::SignIn => {
            (Some(m::PROOF_SIGN_IN.t().to_owned()), "sign-in", m::PROOF_SIGN_IN_YES.with(&[("profile", profile)]))
        }
        ProofState::OtherProfile | ProofState::Ended => (
            Some(m::PROOF_OTHER.with(&[("profile", profile)])),
            "switch",
            m::PROOF_SWITCH_YES.with(&[("profile", profile)]),
        ),
    };
    let options = vec![Choice::new(answer, label), Choice::new("not-me", m::NOT_ME).hint(m::NOT_ME_HINT)];
    let mut parts = vec![
        h1(m::PROVE_TITLE),
        facts(vec![fact(m::ADDRESS, text(address.clone())), fact(m::PROVE_PROFILE, text(named))]),
    ];
    parts.extend(note.map(|note| warning(vec![p(note)])));
    parts.extend([form.choice("answer", m::PROVE_QUESTION, None, options), form.button(m::GO_ON)]);
    let send = move |filled: Filled| match filled.text("answer").as_str() {
        "prove" => {
            let (token, address) = (token.clone(), address.clone());
            form.send(async move {
                client::prove(&token).await?;
                browser::keep(KEPT, "");
                place.show(move || proved(&address));
                Ok(())
            });
        }
        "not-me" => {
            let token = token.clone();
            form.send(async move {
                client::not_me(&token).await?;
                browser::keep(KEPT, "");
                place.show(|| done(m::NOT_ME_DONE, vec![p(m::NOT_ME_DONE_HELP)]));
                Ok(())
            });
        }
        "sign-in" => browser::leave_for(SIGN_IN),
        "switch" => form.send(async move {
            client::sign_out().await?;
            browser::leave_for(SIGN_IN);
            Ok(())
        }),
        _ => form.fault("answer", m::CHOOSE_ONE),
    };
    let asked = form.view(parts, send);
    place.show(move || asked);
    place.view()
}

fn proved(address: &str) -> AnyView {
    done(
        m::PROVED,
        vec![
            p(m::PROVED_HELP.with(&[("address", address)])),
            actions(vec![button_link("/activations", m::TO_ACTIVATIONS)]),
        ],
    )
}
