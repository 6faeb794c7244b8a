//! What a dry run prints of an order that was taken.

use serde::Serialize;

use crate::{
    judge::{Outcome, Rule, Verdict},
    when::Timestamp,
    words::{AccountId, Address, OrderId},
};

/// One line of an order that was taken, and what becomes of it. The order of the fields is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineReport<'a> {
    order: &'a OrderId,
    line: usize,
    outcome: &'static str,
    rule: Rule,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl<'a> LineReport<'a> {
    /// The report on the lines of `order`, in their order.
    pub fn of(order: &'a OrderId, verdicts: &'a [Verdict]) -> impl Iterator<Item = Self> {
        verdicts.iter().enumerate().map(|(index, verdict)| Self::of_line(order, index + 1, verdict))
    }

    fn of_line(order: &'a OrderId, line: usize, verdict: &'a Verdict) -> Self {
        let outcome = &verdict.outcome;
        let (to, account, times) = match outcome {
            Outcome::KeyNotice(to) => (Some(&to.address), None, None),
            Outcome::Joined(account) | Outcome::Assigned(account) => (None, Some(account), None),
            Outcome::Scheduled(sending) | Outcome::Mail(sending) => {
                (Some(&sending.to.address), None, Some((sending.send_at, sending.expires_at)))
            }
            Outcome::Nothing | Outcome::Added | Outcome::Stuck => (None, None, None),
        };
        Self {
            order,
            line,
            outcome: outcome.as_str(),
            rule: verdict.rule,
            to,
            account,
            send_at: times.map(|(send_at, _)| send_at),
            expires_at: times.map(|(_, expires_at)| expires_at),
        }
    }
}
