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
        form::{Choice, Filled, Form},
        html::{actions, button_link, done, fact, facts, h1, p, text, warning},
        load::{Draw, draw, loaded},
    },
    mailed, messages as m,
};

const KEPT: &str = "proof-link";
const SIGN_IN: &str = "/sign-in?next=/p";

pub(crate) fn page(token: String) -> AnyView {
    let token = mailed::taken_over(KEPT, token);
    if token.token.is_empty() {
        return mailed::broken();
    }
    loaded(move || fetch(token.clone()))
}

async fn fetch(token: LinkToken) -> Answered<Draw> {
    match client::proof_link(&token).await {
        Ok(shown) if shown.state == ProofState::Ended => draw(ended),
        Ok(shown) => draw(move || question(token, shown)),
        Err(problem) if problem.code == Code::BadLink => draw(mailed::broken),
        Err(problem) => Err(problem),
    }
}

fn ended() -> AnyView {
    vec![h1(m::PROOF_ENDED.t()), p(m::PROOF_ENDED_HELP.t()), actions(vec![button_link("/profile", m::TO_PROFILE.t())])]
        .into_any()
}

fn question(token: LinkToken, shown: ProofShown) -> AnyView {
    let form = Form::new();
    let answered = RwSignal::new(None::<bool>);
    let profile = if shown.profile_name.is_empty() {
        shown.profile_address.clone()
    } else {
        format!("{} ({})", shown.profile_name, shown.profile_address)
    };
    let address = shown.address.as_str().to_owned();
    let not_me = Choice::new("not-me", m::NOT_ME.t()).hint(m::NOT_ME_HINT.t());
    let (note, options) = match shown.state {
        ProofState::Ready => (None, vec![Choice::new("prove", m::PROVE_YES.with(&[("address", &address)])), not_me]),
        ProofState::SignIn => (
            Some(m::PROOF_SIGN_IN),
            vec![Choice::new("sign-in", m::PROOF_SIGN_IN_YES.with(&[("profile", &shown.profile_address)])), not_me],
        ),
        ProofState::OtherProfile | ProofState::Ended => (
            Some(m::PROOF_OTHER),
            vec![Choice::new("switch", m::PROOF_SWITCH_YES.with(&[("profile", &shown.profile_address)])), not_me],
        ),
    };
    let send = move |filled: Filled| {
        let token = token.clone();
        match filled.text("answer").as_str() {
            "prove" => form.send(async move {
                client::prove(&token).await?;
                browser::keep(KEPT, "");
                answered.set(Some(true));
                Ok(())
            }),
            "not-me" => form.send(async move {
                client::not_me(&token).await?;
                browser::keep(KEPT, "");
                answered.set(Some(false));
                Ok(())
            }),
            "sign-in" => browser::leave_for(SIGN_IN),
            "switch" => form.send(async move {
                client::sign_out().await?;
                browser::leave_for(SIGN_IN);
                Ok(())
            }),
            _ => form.fault("answer", m::CHOOSE_ONE),
        }
    };
    let asked = RwSignal::new_local(Some(form.view(
        vec![
            h1(m::PROVE_TITLE.t()),
            facts(vec![fact(m::PROVE_ADDRESS.t(), text(address.clone())), fact(m::PROVE_PROFILE.t(), text(profile))]),
            note.map(|note| warning(vec![p(note.t())])).into_any(),
            form.choice("answer", m::PROVE_QUESTION.t(), None, options),
            form.button(m::GO_ON.t()),
        ],
        send,
    )));
    (move || match answered.get() {
        None => asked.write_untracked().take().into_any(),
        Some(true) => done(
            m::PROVED.t(),
            vec![
                p(m::PROVED_HELP.with(&[("address", &address)])),
                actions(vec![button_link("/activations", m::TO_ACTIVATIONS.t())]),
            ],
        ),
        Some(false) => done(m::NOT_ME_DONE.t(), vec![p(m::NOT_ME_DONE_HELP.t())]),
    })
    .into_any()
}
