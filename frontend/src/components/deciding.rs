//! Deciding on a request (APR-01 … APR-03): the same words behind the mailed link and in the portal. What asks for
//! permission is in `approving`; the rest is about joining an account.

use api::joins::{Decide, Decision, JoinShown, JoinState, WhichJoin};
use leptos::prelude::*;
use licensing::account::AccountRole;

use super::{
    form::{Choice, Field, Filled, Form},
    html::{done, fact, p, text},
};
use crate::{
    browser,
    client::{self, Answered},
    messages as m,
};

const LONGEST_MESSAGE: usize = 200;

/// Who asks, by name where there is one.
pub(crate) fn who(name: &str, address: &str) -> String {
    if name.is_empty() { address.to_owned() } else { m::NAMED.with(&[("name", name), ("address", address)]) }
}

/// Who asks for what.
pub(crate) fn about(account: &str, who: String, product: &str, customer: &str) -> Vec<AnyView> {
    vec![
        fact(m::ACCOUNT, text(account.to_owned())),
        fact(m::JOIN_WHO, text(who)),
        fact(m::JOIN_PRODUCT, text(product.to_owned())),
        fact(m::ORGANISATION, text(customer.to_owned())),
    ]
}

/// The ways to let somebody join.
pub(crate) fn grants() -> Vec<Choice> {
    vec![
        Choice::new("billing", m::JOIN_BILLING).hint(m::JOIN_BILLING_HINT),
        Choice::new("global", m::JOIN_GLOBAL).hint(m::JOIN_GLOBAL_HINT),
    ]
}

/// The question; nothing is chosen beforehand. With it, a line to who asked.
pub(crate) fn question(form: Form, options: Vec<Choice>) -> Vec<AnyView> {
    let question = form.choice("decision", m::JOIN_QUESTION, None, options);
    vec![question, message_field(form), form.button(m::JOIN_DECIDE)]
}

/// The field for a line to who asked.
pub(crate) fn message_field(form: Form) -> AnyView {
    form.field(Field { hint: Some(m::JOIN_MESSAGE_HINT.into()), ..Field::text("message", m::JOIN_MESSAGE) })
}

/// The line to who asked, which may be empty; none where it is too long.
pub(crate) fn message(form: Form, filled: &Filled) -> Option<String> {
    let message = filled.text("message");
    let fits = message.chars().count() <= LONGEST_MESSAGE;
    if !fits {
        form.fault("message", m::JOIN_MESSAGE_LONG);
    }
    fits.then_some(message)
}

/// Leaves for the sign-in, which leads back. Who is signed in here may not grant it: somebody else signs in.
pub(crate) async fn sign_in_instead(has_session: bool, sign_in: &'static str) -> Answered<()> {
    if has_session {
        client::sign_out().await?;
    }
    browser::leave_for(sign_in);
    Ok(())
}

/// What was filled in as a decision; none where something needs another look.
pub(crate) fn decision(form: Form, filled: &Filled, request: WhichJoin) -> Option<Decide> {
    let decision = match filled.text("decision").as_str() {
        "billing" => Decision::BillingAdministrator,
        "global" => Decision::GlobalAdministrator,
        "deny" => Decision::Deny,
        _ => {
            form.fault("decision", m::JOIN_CHOOSE);
            return None;
        }
    };
    Some(Decide { request, decision, message: message(form, filled)? })
}

/// What became of it, and when (APR-03).
pub(crate) fn outcome(shown: &JoinShown, more: Vec<AnyView>) -> AnyView {
    let (title, sentence) = match (shown.state, shown.role) {
        (JoinState::Granted, Some(AccountRole::GlobalAdministrator)) => (m::JOINED_NOW, m::JOINED_AS_GLOBAL),
        (JoinState::Granted, _) => (m::JOINED_NOW, m::JOINED_AS_BILLING),
        (JoinState::Denied, _) => (m::DENIED_NOW, m::DENIED_AT),
        (JoinState::Withdrawn, _) => (m::WITHDRAWN_NOW, m::WITHDRAWN_AT),
        (JoinState::Ended | JoinState::Pending, _) => (m::ENDED_NOW, m::ENDED_AT),
    };
    let who = who(&shown.name, shown.address.as_str());
    let ended = shown.ended_at.as_ref().map(|at| browser::date_and_time(&at.0)).unwrap_or_default();
    let decided = matches!(shown.state, JoinState::Granted | JoinState::Denied);
    let title = title.with(&[("who", &who), ("account", &shown.account_name)]);
    outcome_of(title, sentence.with(&[("ended", &ended)]), decided.then_some(shown.by_you), more)
}

/// What became of a request; where somebody decided, whether that was the reader.
pub(crate) fn outcome_of(title: String, sentence: String, by_you: Option<bool>, more: Vec<AnyView>) -> AnyView {
    let by = by_you.map(|by_you| if by_you { m::JOIN_DECIDED_BY_YOU } else { m::JOIN_DECIDED_BEFORE });
    let mut parts = vec![p(sentence)];
    parts.extend(by.map(p));
    parts.extend(more);
    done(title, parts)
}
