//! "Where is my activation?" (ACT-12): an order line, every rule that was asked, and by what it was judged.

use api::activations::{Checked, LineExplained, MailState, MailStatus};
use leptos::prelude::*;

use super::{
    html::{day, details, fact, facts, h3, hint, maybe_time, p, strong, table, text, time},
    words,
};
use crate::messages as m;

/// One order line, and what helps with it.
pub(crate) fn order_line(line: &LineExplained, with_product: bool, helps: Vec<AnyView>) -> AnyView {
    let mut rows = Vec::new();
    let title = if with_product {
        line.product_name.clone()
    } else {
        m::ORDER_LINE.with(&[("order", &line.order), ("line", &line.line.to_string())])
    };
    // The page of one activation says its state and its product at the top.
    if with_product {
        rows.extend(line.state.map(|state| fact(m::STATE, words::state(state))));
        rows.push(fact(m::ORDER, text(line.order.clone() + " / " + &line.line.to_string())));
    }
    rows.extend([
        fact(m::QUANTITY, text(words::quantity(line.quantity))),
        fact(m::PURCHASED, day(&line.purchased)),
        fact(m::USAGE_STARTS, day(&line.usage_starts)),
    ]);
    let mut parts = vec![h3(title), p(words::outcome(&line.outcome)), facts(rows)];
    if !line.checks.is_empty() {
        parts.push(details(m::WHY_SO, vec![rules(&line.checks)]));
    }
    parts.extend(helps);
    view! { <article class="card">{parts}</article> }.into_any()
}

/// The rules in the order in which they were asked; the last one decided.
fn rules(checks: &[Checked]) -> AnyView {
    let items: Vec<AnyView> = checks.iter().map(rule).collect();
    view! { <ol class="rules">{items}</ol> }.into_any()
}

fn rule(check: &Checked) -> AnyView {
    let (class, answer) = if check.holds { ("yes", m::YES_DECIDED) } else { ("no", m::NO) };
    let evidence: Vec<AnyView> =
        check.evidence.iter().map(|(name, value)| fact(words::spelled(name), words::value(value))).collect();
    let evidence = if evidence.is_empty() { ().into_any() } else { facts(evidence) };
    view! {
        <li class=class>
            <span>{words::rule(check.rule).t()}</span>
            " "
            {strong(answer.t())}
            " "
            <span class="hint">{check.rule.id()}</span>
            {evidence}
        </li>
    }
    .into_any()
}

/// What became of the mails, and what to look for in the junk folder.
pub(crate) fn mails(mails: &[MailStatus]) -> AnyView {
    if mails.is_empty() {
        return hint(m::NO_MAILS);
    }
    let delivered = mails.iter().any(|mail| matches!(mail.state, MailState::Delivered | MailState::Accepted));
    let rows = mails
        .iter()
        .map(|mail| {
            vec![
                text(mail.to.clone()),
                text(mail.subject.clone()),
                text(mail.sender.clone()),
                time(&mail.queued_at),
                words::mail_state(mail.state),
                maybe_time(mail.at.as_ref()),
            ]
        })
        .collect();
    let columns = [m::MAIL_TO, m::MAIL_SUBJECT, m::MAIL_SENDER, m::MAIL_WRITTEN, m::STATE, m::MAIL_REPORTED];
    let junk = if delivered { p(m::LOOK_FOR_MAIL) } else { ().into_any() };
    vec![junk, table(m::MAILS, &columns, rows)].into_any()
}
