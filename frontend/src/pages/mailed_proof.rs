//! `/p`: proves a further address of a profile (REG-07). It names the profile that asks, completes only in the session that
//! asked, and takes "this was not me" from anybody who reads that mailbox.

use api::{
    Code,
    me::{AddAddress, ProofShown, ProofState, Prove},
    sign_in::LinkToken,
};
use leptos::prelude::*;

use crate::{
    behind::{self, Behind},
    browser,
    client::{self, Answered, read, then},
    components::{
        Draw, Place, code,
        form::{Choice, Filled, Form},
        html::{actions, button_link, done, fact, facts, h1, in_full, p, quiet_link, text, warning},
        load::draw,
    },
    messages as m,
};

const KEPT: &str = "proof-link";
const SIGN_IN: &str = "/sign-in?next=/p";

pub(crate) const PAGE: Behind = Behind { kept: KEPT, ask: client::proof_link, shown, broken };

/// The link is not whole; the code of the same mail does as well.
fn broken() -> AnyView {
    let (form, place) = (Form::new(), Place::new());
    let asked = form.view(vec![code::field(form, m::PROOF_CODE_WHERE), form.button(m::PROVE_ADDRESS)], move |filled| {
        let Some(code) = code::typed(form, &filled) else { return };
        prove(form, place, Prove::Code { code }, m::THE_ADDRESS.t().to_owned());
    });
    let page =
        behind::broken(m::BROKEN_PROOF, vec![asked, actions(vec![quiet_link("/profile", m::TO_PROFILE)])].into_any());
    place.show(move || page);
    place.view()
}

/// Proves an address and says so; whoever is not signed in types the code in their profile.
fn prove(form: Form, place: Place, how: Prove, address: String) {
    form.send(async move {
        match client::prove(&how).await {
            Err(trouble) if trouble.is(Code::SignInNeeded) => browser::leave_for("/sign-in?next=/profile"),
            Err(trouble) if trouble.is(Code::AddressTaken) => {
                place.show(move || taken(place, how, address, trouble.detail));
            }
            answered => {
                answered?;
                browser::keep(KEPT, "");
                place.show(move || proved(&address));
            }
        }
        Ok(())
    });
}

fn shown(token: LinkToken, came: Answered<String>) -> Answered<Draw> {
    let shown: ProofShown = read(&came?)?;
    if shown.state == ProofState::Ended { draw(ended) } else { draw(move || question(token, shown)) }
}

fn ended() -> AnyView {
    vec![h1(m::PROOF_ENDED), p(m::PROOF_ENDED_HELP), actions(vec![button_link("/profile", m::TO_PROFILE)])].into_any()
}

fn question(token: LinkToken, shown: ProofShown) -> AnyView {
    let form = Form::new();
    let place = Place::new();
    let profile = shown.profile_address.as_str();
    let address = in_full(shown.own_letters.as_deref(), shown.address.as_str());
    // It was typed twice when it was asked for first.
    let again = AddAddress { address: shown.address.clone(), repeated: shown.address.clone() };
    // Who has it already adds nothing.
    let yes = if shown.renews { m::PROVE_ADDRESS } else { m::PROVE_YES };
    let (note, answer, label) = match shown.state {
        ProofState::Ready => (None, "prove", yes.with(&[("address", &address)])),
        ProofState::SignIn => {
            (Some(m::PROOF_SIGN_IN.t().to_owned()), "sign-in", m::PROOF_SIGN_IN_YES.with(&[("profile", profile)]))
        }
        ProofState::AskAgain => {
            (Some(m::PROOF_ASK_AGAIN.t().to_owned()), "ask-again", m::PROOF_ASK_AGAIN_YES.t().to_owned())
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
        facts(vec![fact(m::ADDRESS, text(address.clone())), fact(m::PROVE_PROFILE, text(profile.to_owned()))]),
    ];
    parts.extend(note.map(|note| warning(vec![p(note)])));
    parts.extend([form.choice("answer", m::PROVE_QUESTION, None, options), form.button(m::GO_ON)]);
    let send = move |filled: Filled| match filled.text("answer").as_str() {
        "prove" => prove(form, place, Prove::Link { token: token.token.clone() }, address.clone()),
        "ask-again" => {
            let address = address.clone();
            form.send(then(client::mail_proof_again(&again), move || {
                browser::keep(KEPT, "");
                place.show(move || type_code(place, address));
            }));
        }
        "not-me" => form.send(then(client::not_me(&token), move || {
            browser::keep(KEPT, "");
            place.show(|| done(m::NOT_ME_DONE, vec![p(m::NOT_ME_DONE_HELP)]));
        })),
        "sign-in" => browser::leave_for(SIGN_IN),
        "switch" => form.send(then(client::sign_out(), || browser::leave_for(SIGN_IN))),
        _ => form.fault("answer", m::CHOOSE_ONE),
    };
    let asked = form.view(parts, send);
    place.show(move || asked);
    place.view()
}

/// A new mail is on its way: its code is typed here, so that no second link has to be opened.
fn type_code(place: Place, address: String) -> AnyView {
    let form = Form::new();
    let hint = m::PROOF_CODE_HINT.with(&[("address", &address)]);
    form.view(vec![h1(m::CHECK_YOUR_MAIL), code::field(form, hint), form.button(m::PROVE_ADDRESS)], move |filled| {
        let Some(code) = code::typed(form, &filled) else { return };
        prove(form, place, Prove::Code { code }, address.clone());
    })
}

/// Another profile holds the address: who has just proven its mailbox may ask to have it (REG-09).
fn taken(place: Place, how: Prove, address: String, why: String) -> AnyView {
    let form = Form::new();
    let parts = vec![
        h1(m::TAKEN_TITLE),
        p(why),
        p(m::MOVE_ASKS),
        form.button(m::MOVE_ASK),
        actions(vec![quiet_link("/profile", m::TO_PROFILE)]),
    ];
    form.view(parts, move |_| {
        let address = address.clone();
        form.send(then(client::move_address(&how), move || {
            browser::keep(KEPT, "");
            place.show(move || asked(&address));
        }));
    })
}

fn asked(address: &str) -> AnyView {
    done(
        m::MOVE_ASKED,
        vec![
            p(m::MOVE_ASKED_HELP.with(&[("address", address)])),
            p(m::MOVE_WARNING),
            actions(vec![button_link("/profile", m::TO_PROFILE)]),
        ],
    )
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
