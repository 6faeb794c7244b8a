//! Order lines open an activation, add to it, or load what was in use before (ACT-06, ACT-07, ACT-10).

use std::collections::BTreeSet;

use super::{Activation, How, InUse, Invitation, State, Step};
use crate::{
    audit::{Actor, Note},
    event::{Event, Why},
    judge::{Contacts, Outcome, Sending, Verdict},
    message::MessageKind,
    policy::LinkPolicy,
    when::{Date, Timestamp},
    words::{AccountId, CustomerId, Licence, OrderId, ProductKind, Sku},
};

/// An order line as it joins an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// With which order.
    pub order: OrderId,
    /// The how many-th line of it, from 1.
    pub line: u32,
    /// Seats or units.
    pub quantity: u64,
    /// When it was bought.
    pub purchased: Date,
    /// From when it may be used.
    pub usage_starts: Date,
}

/// What a customer bought and may activate: as the product, the agreement and the customer say it.
#[derive(Debug, Clone)]
pub struct Entitlement<'a> {
    /// Under which Licensing ID.
    pub licence: &'a Licence,
    /// What.
    pub product: &'a Sku,
    /// The product's name.
    pub product_name: &'a str,
    /// The product's kind.
    pub kind: ProductKind,
    /// Whose.
    pub customer: &'a CustomerId,
    /// The customer's name.
    pub customer_name: &'a str,
    /// The agreement's contacts.
    pub contacts: &'a Contacts,
    /// Whether an endpoint sets the product up (LINK-11).
    pub by_endpoint: bool,
}

impl Activation {
    /// An activation for the first order line of its product, as the verdict says. None where the line needs none.
    pub fn open(
        entitlement: &Entitlement<'_>,
        line: &Line,
        verdict: &Verdict,
        account_name: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let mut after = Self::blank(entitlement);
        let events = after.take_line(entitlement, line, verdict, account_name, now, policy)?;
        Some(Step {
            note: after.line_note("activation.opened", line, verdict),
            after,
            seen: None,
            seen_viewers: BTreeSet::new(),
            seen_waiting: false,
            seen_share: None,
            events,
        })
    }

    /// A further order line (ACT-06, ACT-07, ACT-10). None where the line needs no change.
    pub fn add(
        &self,
        entitlement: &Entitlement<'_>,
        line: &Line,
        verdict: &Verdict,
        account_name: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let mut after = self.next();
        after.name_after(entitlement);
        if self.has_expired(now) {
            // A further order after the end opens it anew: with the seats of all orders, for none of the old ones was
            // activated. Their dates don't count for the new end, which would leave it 30 days.
            (after.purchased, after.usage_starts) = (None, None);
            after.revival_declined = None;
            after.state = State::Stuck { since: now, expires_at: None, revival_asked: None };
        }
        if let State::Stuck { .. } = after.state {
            after.tried.clear();
        }
        let events = after.take_line(entitlement, line, verdict, account_name, now, policy)?;
        Some(self.step(after.line_note("activation.order-added", line, verdict), after, events))
    }

    /// An activation that was made before the data came here.
    pub fn load(
        before: Option<&Self>,
        entitlement: &Entitlement<'_>,
        account: &AccountId,
        account_name: &str,
        activated: Date,
        operator: Actor,
    ) -> Step {
        let mut after = before.map_or_else(|| Self::blank(entitlement), Self::next);
        after.name_after(entitlement);
        after.state = State::Activated(InUse {
            account: account.clone(),
            account_name: account_name.into(),
            at: crate::when::start_of(activated),
            by: None,
            how: How::Loaded,
            undo_until: None,
            before: None,
            told: None,
            request: String::new(),
            remap: None,
        });
        let note = Note::new("activation.loaded", operator).fact("product", &after.product).fact("account", account);
        match before {
            Some(before) => before.step(note, after, Vec::new()),
            None => Step {
                note,
                after,
                seen: None,
                seen_viewers: BTreeSet::new(),
                seen_waiting: false,
                seen_share: None,
                events: Vec::new(),
            },
        }
    }

    fn take_line(
        &mut self,
        entitlement: &Entitlement<'_>,
        line: &Line,
        verdict: &Verdict,
        account_name: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Vec<Event>> {
        self.quantity = self.quantity.saturating_add(line.quantity);
        self.purchased = Some(self.purchased.map_or(line.purchased, |day| day.min(line.purchased)));
        self.usage_starts = Some(self.usage_starts.map_or(line.usage_starts, |day| day.min(line.usage_starts)));
        match &verdict.outcome {
            Outcome::Nothing | Outcome::KeyNotice(_) => None,
            Outcome::Added => Some(Vec::new()),
            Outcome::Joined(_) => Some(vec![self.told(MessageKind::QuantityRaised, now, None)]),
            Outcome::Stuck if matches!(self.kind, ProductKind::KeyedService) => None,
            Outcome::Stuck => {
                self.state = State::Stuck { since: now, expires_at: self.end_told(), revival_asked: None };
                Some(Vec::new())
            }
            Outcome::Assigned(account) => {
                let in_use = InUse {
                    account: account.clone(),
                    account_name: account_name.into(),
                    at: now,
                    by: None,
                    how: How::Assigned,
                    undo_until: None,
                    before: None,
                    told: self.end_told(),
                    request: String::new(),
                    remap: None,
                };
                Some(self.begin_use(in_use, entitlement.by_endpoint, now, policy))
            }
            // A later usage start does not put off what was mailed before, or what an earlier order made usable.
            Outcome::Scheduled(Sending { to, .. }) => {
                let why = if self.end_told().is_some() { Why::Fallback } else { Why::First };
                Some(self.begin_or_wait(Some(to.clone()), why, now, policy))
            }
            Outcome::Mail(Sending { to, send_at, expires_at }) => {
                let expires_at = self.end_told().unwrap_or(*expires_at);
                self.generation += 1;
                self.mails = 1;
                self.state = State::Invited(Invitation {
                    to: to.clone(),
                    first_mailed: *send_at,
                    mailed: *send_at,
                    expires_at,
                    delivered: false,
                    reminded: None,
                });
                let why = if verdict.rule == crate::judge::Rule::Act03 { Why::Fallback } else { Why::First };
                Some(vec![self.link_event(why)])
            }
        }
    }

    fn line_note(&self, action: &'static str, line: &Line, verdict: &Verdict) -> Note {
        self.now_note(action)
            .fact("order", &line.order)
            .fact("line", line.line)
            .fact("quantity", line.quantity)
            .fact("rule", verdict.rule.id())
    }
}
