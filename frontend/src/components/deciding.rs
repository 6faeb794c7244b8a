//! Deciding on a request to join (APR-01 … APR-03): the same words behind the mailed link and in the portal.

use api::joins::{Decide, Decision, JoinShown, JoinState, WhichJoin};
use leptos::prelude::*;
use licensing::account::AccountRole;

use super::{
    form::{Choice, Field, Filled, Form},
    html::{done, fact, p, text},
};
use crate::{browser, messages as m};

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
    let message = Field { hint: Some(m::JOIN_MESSAGE_HINT.into()), ..Field::text("message", m::JOIN_MESSAGE) };
    vec![form.choice("decision", m::JOIN_QUESTION, None, options), form.field(message), form.button(m::JOIN_DECIDE)]
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
    let message = filled.text("message");
    if message.chars().count() > LONGEST_MESSAGE {
        form.fault("message", m::JOIN_MESSAGE_LONG);
        return None;
    }
    Some(Decide { request, decision, message })
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
    let by = match shown.state {
        JoinState::Granted | JoinState::Denied if shown.by_you => Some(m::JOIN_DECIDED_BY_YOU),
        JoinState::Granted | JoinState::Denied => Some(m::JOIN_DECIDED_BEFORE),
        _ => None,
    };
    let mut parts = vec![p(sentence.with(&[("ended", &ended)]))];
    parts.extend(by.map(p));
    parts.extend(more);
    done(title.with(&[("who", &who), ("account", &shown.account_name)]), parts)
}
