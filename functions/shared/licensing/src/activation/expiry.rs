//! What time does to an activation: reminders, the end, the sweep (EXP-01, EXP-05, EXP-06).

use super::{Activation, InUse, Invitation, State, Step, next_contact};
use crate::{
    event::{Event, Why},
    judge::Contacts,
    phase::Phase,
    policy::LinkPolicy,
    when::{Timestamp, add_days},
    words::Address,
};

impl Activation {
    /// What the state is at `now`, whether or not the sweep was here (EXP-05).
    pub fn has_expired(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Expired { .. } => true,
            State::Invited(invitation) => now >= invitation.expires_at,
            State::Stuck { expires_at: Some(end), .. } => now >= *end,
            _ => false,
        }
    }

    /// How far it has come at `now`: a link past its end is expired, swept or not (EXP-05).
    pub fn phase(&self, now: Timestamp) -> Phase {
        if self.has_expired(now) { Phase::Expired } else { self.state.phase() }
    }

    /// When the sweep has to look at it next, if ever (EXP-01).
    pub fn due_at(&self, policy: &LinkPolicy) -> Option<Timestamp> {
        match &self.state {
            // Once its end was noted, nothing more falls due.
            State::Stuck { since, expires_at, .. } => expires_at.filter(|end| since < end),
            State::Scheduled { send_at, .. } => Some(*send_at),
            State::Invited(invitation) => {
                let mut due = invitation.expires_at;
                if let Some((at, _)) = invitation.reminders(policy).next() {
                    due = due.min(at);
                }
                if !invitation.delivered {
                    due = due.min(add_days(invitation.mailed, policy.delivery_days));
                }
                Some(due)
            }
            State::Activated(in_use) => {
                let ends = in_use.remap.as_ref().map(|remap| remap.ends_at(policy));
                in_use.undo_until.into_iter().chain(ends).min()
            }
            // What asks the endpoint again is the event of its own.
            State::Provisioning(_) | State::Expired { .. } => None,
        }
    }

    /// What the sweep does with it at `now`: sends what is scheduled, reminds, writes to the next contact, ends it, closes
    /// the time for undo. None if nothing is due (another sweep was here).
    pub fn sweep(
        &self,
        contacts: &Contacts,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        if self.due_at(policy).is_none_or(|due| now < due) {
            return None;
        }
        let mut after = self.next();
        match &self.state {
            State::Scheduled { .. } => {
                let to = next_contact(self.kind, contacts, &self.tried, fails);
                let events = after.invite(to, Why::First, now, policy);
                let note = after.now_note("activation.begun");
                Some(self.step(note, after, events))
            }
            State::Invited(invitation) if now < invitation.expires_at => {
                let late = !invitation.delivered && now >= add_days(invitation.mailed, policy.delivery_days);
                if late {
                    return Some(self.next_in_vain(contacts, fails, now, policy, "activation.not-delivered"));
                }
                let days = invitation.reminder_due(now, policy)?;
                after.state = State::Invited(Invitation { reminded: Some(days), ..invitation.clone() });
                let note = after.now_note("activation.reminded").fact("days", days);
                let event = Event::Reminder {
                    licence: self.licence.clone(),
                    product: self.product.clone(),
                    generation: self.generation,
                    days,
                };
                Some(self.step(note, after, vec![event]))
            }
            State::Invited(invitation) => {
                after.state = State::Expired { invitation: invitation.clone(), revival_asked: None };
                let note = after.now_note("activation.expired").fact("link", self.generation);
                Some(self.step(note, after, vec![self.expired_event()]))
            }
            State::Stuck { expires_at, revival_asked, .. } => {
                // It was mailed once and then nobody was left: it ends when its link would have.
                // The end stays, so that it reads as expired after the sweep as before (EXP-05).
                let (expires_at, revival_asked) = (*expires_at, revival_asked.clone());
                after.state = State::Stuck { since: now, expires_at, revival_asked };
                let note = after
                    .now_note("activation.expired")
                    .fact("link", self.generation)
                    .fact("ended", expires_at.map(|at| at.to_string()).unwrap_or_default());
                Some(self.step(note, after, Vec::new()))
            }
            State::Activated(in_use) => {
                // Both that may be due are done at once: what was left would lie on a day that is looked at no more.
                let mut next = in_use.clone();
                if in_use.undo_until.is_some_and(|until| now >= until) {
                    next = InUse { undo_until: None, before: None, told: None, ..next };
                }
                let ended = in_use.remap.as_ref().filter(|remap| now >= remap.ends_at(policy));
                if ended.is_some() {
                    next.remap = None;
                }
                after.state = State::Activated(next);
                let action = if ended.is_some() { "activation.remap-ended" } else { "activation.settled" };
                let note = after.now_note(action);
                let events = ended.and_then(|remap| after.remap_ended(remap, false)).into_iter().collect();
                Some(self.step(note, after, events))
            }
            State::Provisioning(_) | State::Expired { .. } => None,
        }
    }

    pub(super) fn expired_event(&self) -> Event {
        Event::LinkExpired { licence: self.licence.clone(), product: self.product.clone(), generation: self.generation }
    }
}

impl Invitation {
    /// The reminders that are still to be sent, the earliest first, with their days before the end (EXP-06).
    fn reminders<'p>(&self, policy: &'p LinkPolicy) -> impl DoubleEndedIterator<Item = (Timestamp, u32)> + use<'p> {
        let (expires_at, mailed, reminded) = (self.expires_at, self.mailed, self.reminded);
        let at = move |days: &u32| (crate::when::less_hours(expires_at, days.saturating_mul(24)), *days);
        let to_come = move |(at, days): &(Timestamp, u32)| *at > mailed && reminded.is_none_or(|last| *days < last);
        policy.reminder_days.iter().map(at).filter(to_come)
    }

    /// The nearest reminder that is due: one that was slept through is not made up for beside a later one.
    fn reminder_due(&self, now: Timestamp, policy: &LinkPolicy) -> Option<u32> {
        self.reminders(policy).rfind(|(at, _)| *at <= now).map(|(_, days)| days)
    }
}
