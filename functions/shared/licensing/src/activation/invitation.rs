//! The link: mailed, mailed again, delivered, and what its page says (ACT-14, LINK-08).

use serde::{Deserialize, Serialize};

use super::{Activation, Invitation, Refused, State, Step};
use crate::{
    audit::{Actor, Note},
    event::{Event, Why},
    judge::Addressee,
    limit::hit,
    policy::LinkPolicy,
    when::{Timestamp, link_expiry},
    words::Address,
};

/// What a link of some generation can still do: what its page says (LINK-08).
///
/// This is not the [`Phase`](crate::phase::Phase) of its activation. A link can be replaced while its activation goes on, and a link
/// that was used says so for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// It can be used.
    Good,
    /// A newer one was mailed.
    Replaced,
    /// It ended unused.
    Expired,
    /// It was used, and what it was used for is being set up (LINK-11).
    Provisioning,
    /// It was used.
    Used,
    /// The person it goes to is being changed.
    Waiting,
}

impl Activation {
    /// What a link of this generation says (LINK-08).
    pub fn link_state(&self, generation: u32, now: Timestamp) -> LinkState {
        match &self.state {
            State::Activated(_) => LinkState::Used,
            State::Provisioning(_) => LinkState::Provisioning,
            _ if generation != self.generation => LinkState::Replaced,
            _ if self.has_expired(now) => LinkState::Expired,
            State::Invited(_) => LinkState::Good,
            _ => LinkState::Waiting,
        }
    }

    /// The events by which the newest link was mailed so far, the newest first; a few are enough to see that one was.
    pub fn link_events(&self) -> impl Iterator<Item = Event> + '_ {
        const LOOKED_AT: usize = 10;
        let event = |mail| Event::ActivationLink {
            licence: self.licence.clone(),
            product: self.product.clone(),
            generation: self.generation,
            why: Why::First,
            mail,
        };
        (1..=self.mails).rev().take(LOOKED_AT).map(event)
    }

    /// Mails a new link to the same address (ACT-14): the old link dies, the end does not move.
    pub fn resend(&self, by: Actor, now: Timestamp, policy: &LinkPolicy) -> Result<Step, Refused> {
        let invitation = self.open_invitation(now)?;
        let resends = hit(self.resends, now, 24 * 60, policy.resends_a_day).map_err(Refused::TooOften)?;
        let mut after = self.next();
        after.resends = Some(resends);
        after.generation += 1;
        after.mails = 1;
        after.state = State::Invited(Invitation { mailed: now, delivered: false, ..invitation.clone() });
        let note = Note::new("activation.resent", by)
            .fact("product", &self.product)
            .fact("link", after.generation)
            .personal("to", invitation.to.address.as_str());
        let event = after.link_event(Why::Resent);
        Ok(self.step(note, after, vec![event]))
    }

    /// Mails the same link again, asked for by whoever holds it (LINK-08): voids nothing, once a day.
    pub fn ask_again(&self, generation: u32, now: Timestamp, policy: &LinkPolicy) -> Result<Step, Refused> {
        self.open_invitation(now)?;
        let asks = hit(self.asks, now, 24 * 60, policy.asks_a_day).map_err(Refused::TooOften)?;
        let mut after = self.next();
        after.asks = Some(asks);
        after.mails += 1;
        let note = Note::new("activation.asked-again", Actor::LinkHolder)
            .fact("product", &self.product)
            .fact("link", generation);
        let event = after.link_event(Why::AskedAgain);
        Ok(self.step(note, after, vec![event]))
    }

    /// A delivery was reported for a link's mail. None if it changes nothing.
    pub fn delivered(&self, generation: u32, to: &Address) -> Option<Step> {
        let State::Invited(invitation) = &self.state else { return None };
        if generation != self.generation || invitation.delivered || invitation.to.address != *to {
            return None;
        }
        let mut after = self.next();
        after.state = State::Invited(Invitation { delivered: true, ..invitation.clone() });
        let note = after.now_note("activation.delivered").fact("link", generation);
        Some(self.step(note, after, Vec::new()))
    }

    /// The end of a link that was mailed and not used: it does not move.
    pub(super) const fn end_told(&self) -> Option<Timestamp> {
        match &self.state {
            State::Stuck { expires_at, .. } => *expires_at,
            State::Invited(invitation) => Some(invitation.expires_at),
            State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) | State::Expired { .. } => None,
        }
    }

    /// Mails a new link to `to`; nobody: stuck. An end that was told before does not move.
    pub(super) fn invite(
        &mut self,
        to: Option<Addressee>,
        why: Why,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Vec<Event> {
        let told = match &self.state {
            State::Invited(invitation) => Some((invitation.first_mailed, invitation.expires_at)),
            State::Stuck { expires_at: Some(end), since, .. } => Some((*since, *end)),
            _ => None,
        };
        let purchased = self.purchased.unwrap_or_else(|| crate::when::day_of(now));
        let (first_mailed, expires_at) = told.unwrap_or_else(|| (now, link_expiry(purchased, now, policy)));
        let Some(to) = to else {
            self.state = State::Stuck { since: now, expires_at: told.map(|(_, end)| end), revival_asked: None };
            return Vec::new();
        };
        self.generation += 1;
        self.mails = 1;
        let reminded = match &self.state {
            State::Invited(invitation) => invitation.reminded,
            _ => None,
        };
        self.state =
            State::Invited(Invitation { to, first_mailed, mailed: now, expires_at, delivered: false, reminded });
        vec![self.link_event(why)]
    }

    /// As [`Self::invite`], but not before the usage start less the lead (ACT-06).
    pub(super) fn begin_or_wait(
        &mut self,
        to: Option<Addressee>,
        why: Why,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Vec<Event> {
        let own_time = self
            .usage_starts
            .map(|day| crate::when::hours_before(day, policy.schedule_lead_hours))
            .filter(|at| now < *at && self.end_told().is_none());
        match (own_time, to) {
            (Some(send_at), Some(to)) => {
                self.state = State::Scheduled { to, send_at };
                Vec::new()
            }
            (_, to) => self.invite(to, why, now, policy),
        }
    }

    fn open_invitation(&self, now: Timestamp) -> Result<&Invitation, Refused> {
        match &self.state {
            State::Activated(_) | State::Provisioning(_) => Err(Refused::AlreadyActivated),
            _ if self.has_expired(now) => Err(Refused::Expired),
            State::Invited(invitation) => Ok(invitation),
            _ => Err(Refused::NotInvited),
        }
    }

    pub(super) fn link_event(&self, why: Why) -> Event {
        Event::ActivationLink {
            licence: self.licence.clone(),
            product: self.product.clone(),
            generation: self.generation,
            why,
            mail: self.mails,
        }
    }
}
