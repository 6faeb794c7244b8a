//! "Where is my activation?" (ACT-12): an order line, every rule that was asked, and by what it was judged.

use api::activations::{Checked, LineExplained, MailState, MailStatus};
use leptos::prelude::*;

use super::{
    html::{day, details, fact, facts, h3, hint, p, strong, table, text, time},
    words,
};
use crate::messages as m;

/// One order line.
pub(crate) fn order_line(line: &LineExplained, with_product: bool, buttons: Option<AnyView>) -> AnyView {
    let title = if with_product {
        line.product_name.clone()
    } else {
        m::ORDER_LINE.with(&[("order", &line.order), ("line", &line.line.to_string())])
    };
    let state = line.state.map(|state| fact(m::STATE.t(), words::state(state)));
    let order = with_product.then(|| fact(m::ORDER.t(), text(format!("{} / {}", line.order, line.line))));
    view! {
        <article class="card">
            {h3(title)}
            {p(words::outcome(&line.outcome).t())}
            {facts(
                vec![
                    state.into_any(),
                    order.into_any(),
                    fact(m::QUANTITY.t(), text(words::quantity(line.quantity))),
                    fact(m::PURCHASED.t(), day(&line.purchased)),
                    fact(m::USAGE_STARTS.t(), day(&line.usage_starts)),
                ],
            )}
            {(!line.checks.is_empty()).then(|| details(m::WHY_SO.t(), vec![rules(&line.checks)]))}
            {buttons}
        </article>
    }
    .into_any()
}

/// The rules in the order in which they were asked; the last one decided.
fn rules(checks: &[Checked]) -> AnyView {
    let items: Vec<AnyView> = checks.iter().map(rule).collect();
    view! { <ol class="rules">{items}</ol> }.into_any()
}

fn rule(check: &Checked) -> AnyView {
    let (class, answer) = if check.holds { ("yes", m::YES_DECIDED) } else { ("no", m::NO) };
    let evidence: Vec<AnyView> =
        check.evidence.iter().map(|(name, value)| fact(evidence_name(name), words::value(value))).collect();
    let evidence = (!evidence.is_empty()).then(|| facts(evidence));
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

fn evidence_name(name: &str) -> String {
    words::spelled(name)
}

/// What became of the mails, and what to look for in the junk folder.
pub(crate) fn mails(mails: &[MailStatus]) -> AnyView {
    if mails.is_empty() {
        return hint(m::NO_MAILS.t());
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
                mail.at.as_ref().map_or_else(|| text(m::DASH.t()), time),
            ]
        })
        .collect();
    let columns = [m::MAIL_TO, m::MAIL_SUBJECT, m::MAIL_SENDER, m::MAIL_WRITTEN, m::STATE, m::MAIL_REPORTED];
    vec![delivered.then(|| p(m::LOOK_FOR_MAIL.t())).into_any(), table(m::MAILS.t(), &columns, rows)].into_any()
}
