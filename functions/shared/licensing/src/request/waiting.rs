//! What becomes of a request while nobody decides: who asked takes it back or has others reminded, and time passes (REQ-05,
//! REQ-09, EXP-01, EXP-05).

use super::{Past, Refused, Request, State, Step};
use crate::{
    audit::Actor,
    event::{Event, RequestMail},
    policy::RequestPolicy,
    when::{Timestamp, add_days, add_working_days, day_of},
};

impl Request {
    /// Takes it back: who asked, while nobody has decided (REQ-09).
    pub fn withdraw(self, now: Timestamp) -> Result<Step, Refused> {
        if !self.state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        let told_asker = self.note("permission.withdrawn", self.asker());
        // Only where those who decide know of it.
        let note = self.is_known_to_deciders().then(|| told_asker.clone());
        let events = if self.was_mailed() { vec![self.mail(RequestMail::Withdrawn)] } else { Vec::new() };
        Ok(self.step(State::Withdrawn { at: now }, note, Some(told_asker), events))
    }

    /// Has those who decide reminded: who asked, once, after two working days (REQ-09). An outsider is answered alike, whether
    /// or not anybody is reminded.
    pub fn remind(self, now: Timestamp, policy: &RequestPolicy) -> Result<Step, Refused> {
        if !self.state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        let nobody_decides = self.is_colleagues() && !self.has_deciders();
        if nobody_decides || self.told.reminded_by_asker_at.is_some() {
            return Err(Refused::NothingToRemind);
        }
        let from = self.remindable_at(policy);
        if now < from {
            return Err(Refused::TooEarly(from));
        }
        let told_asker = self.note("permission.reminded", self.asker());
        let note = self.is_known_to_deciders().then(|| told_asker.clone());
        let events = if self.was_mailed() { vec![self.mail(RequestMail::RemindedByAsker)] } else { Vec::new() };
        let mut after = self.next();
        after.told.reminded_by_asker_at = Some(now);
        let (seen, seen_counted) = (Some(self.version), self.is_counted());
        Ok(Step { seen, seen_counted, after, grants: None, note, told_asker: Some(told_asker), events }.counting())
    }

    /// From when on who asked may have others reminded.
    pub fn remindable_at(&self, policy: &RequestPolicy) -> Timestamp {
        add_working_days(self.asked_at, policy.asker_reminds_working_days)
    }

    /// All that is due by `now`: the email of the day, the reminder, that nobody decided; or the end. None if nothing is (another
    /// sweep was here). A sweep that comes late makes up for all of it at once.
    pub fn sweep(self, now: Timestamp, policy: &RequestPolicy) -> Option<Step> {
        if self.due_at(policy).is_none_or(|due| now < due) {
            return None;
        }
        let (seen, seen_counted) = (Some(self.version), self.is_counted());
        if let ended @ State::Ended { .. } = self.state_at(now) {
            let told_asker = self.note("permission.ended", Actor::Service).fact("ended", self.ends_at);
            let note = self.is_known_to_deciders().then(|| told_asker.clone());
            let event = self.mail(RequestMail::Ended);
            return Some(self.step(ended, note, Some(told_asker), vec![event]));
        }
        let by_now = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let mut after = self.next();
        let mut events = Vec::new();
        let mut action = "permission.reminded";
        let in_digest = by_now(self.digest_is_due());
        if in_digest {
            after.told.digest_at = Some(now);
            action = "permission.put-before";
            events.push(Event::PermissionDigest { licence: self.licence.clone(), day: day_of(now) });
        }
        if by_now(self.reminder_at(policy)) {
            after.told.reminded_at = Some(now);
            // Who hears of it only now is not reminded of it in the same minute.
            events.extend((!in_digest).then(|| self.mail(RequestMail::Reminder)));
        }
        if by_now(self.undecided_at(policy)) {
            after.told.undecided_at = Some(now);
            action = "permission.undecided";
            events.push(self.mail(RequestMail::Undecided));
        }
        let note = self.is_known_to_deciders().then(|| self.note(action, Actor::Service));
        Some(Step { after, seen, seen_counted, grants: None, note, told_asker: None, events }.counting())
    }

    /// The same, ending with the agreement as that ends now (REQ-05): what is stored says when it ended before the last load. An
    /// outsider's request does not end with it, as who asks from outside learns nothing of the agreement; and what is over stays over.
    #[must_use]
    pub fn followed(mut self, agreement_ends: Option<Timestamp>) -> Self {
        let (Some(ends), true) = (agreement_ends, self.state.is_pending()) else { return self };
        let Some(route) = self.route.as_mut().filter(|route| route.colleague) else { return self };
        let otherwise = route.ends_otherwise_at.unwrap_or(self.ends_at);
        if ends < otherwise {
            route.ends_with_agreement = true;
            route.ends_otherwise_at = Some(otherwise);
            // An agreement that ended before takes no request: it ends at once.
            self.ends_at = ends.max(self.asked_at);
        } else if route.ends_otherwise_at.take().is_some() {
            route.ends_with_agreement = false;
            self.ends_at = otherwise;
        }
        self
    }

    /// All that is due of a request as it is stored, with the agreement's end as it is now. Where that moved and nothing is due, the
    /// new end is written down, so that the sweep comes in time.
    pub fn sweep_followed(
        self,
        agreement_ends: Option<Timestamp>,
        now: Timestamp,
        policy: &RequestPolicy,
    ) -> Option<Step> {
        let stored_end = self.ends_at;
        let request = self.followed(agreement_ends);
        if let Some(step) = request.clone().sweep(now, policy) {
            return Some(step);
        }
        if request.ends_at == stored_end {
            return None;
        }
        let told_asker = request.note("permission.end-moved", Actor::Service).fact("ends-at", request.ends_at);
        let (seen, seen_counted) = (Some(request.version), request.is_counted());
        let note = request.is_known_to_deciders().then(|| told_asker.clone());
        let (after, told_asker, events) = (request.next(), Some(told_asker), Vec::new());
        Some(Step { after, seen, seen_counted, grants: None, note, told_asker, events }.counting())
    }

    /// When it ends at the latest, whatever becomes of the agreement.
    pub fn ends_at_the_latest(&self) -> Timestamp {
        self.route.as_ref().and_then(|route| route.ends_otherwise_at).unwrap_or(self.ends_at)
    }

    /// What the state is at `now`, whether or not the sweep was here (EXP-05).
    pub fn state_at(&self, now: Timestamp) -> State {
        match &self.state {
            State::Pending if now >= self.ends_at => {
                let with_agreement = self.route.as_ref().is_some_and(|route| route.ends_with_agreement);
                State::Ended { at: self.ends_at, with_agreement }
            }
            state => state.clone(),
        }
    }

    /// What became of one of the person's requests, and what was asked for, as its links show it. None where it was forgotten.
    pub fn past_of(&self, generation: u32, now: Timestamp) -> Option<Past> {
        if generation == self.generation {
            return Some(Past {
                generation,
                asked: self.asked.clone(),
                asked_at: self.asked_at,
                state: self.state_at(now),
            });
        }
        self.past.iter().find(|past| past.generation == generation).cloned()
    }

    /// When the sweep has to look at it next, if ever (EXP-01).
    pub fn due_at(&self, policy: &RequestPolicy) -> Option<Timestamp> {
        if !self.state.is_pending() {
            return None;
        }
        let steps = [self.digest_is_due(), self.reminder_at(policy), self.undecided_at(policy), Some(self.ends_at)];
        steps.into_iter().flatten().min()
    }

    /// When the reminder goes out (REQ-04, REQ-05); none where it did, or nobody decides.
    pub fn reminder_at(&self, policy: &RequestPolicy) -> Option<Timestamp> {
        let at = add_days(self.asked_at, policy.reminder_days);
        (self.has_deciders() && self.told.reminded_at.is_none() && at < self.ends_at).then_some(at)
    }

    /// When the notices contact learns that nobody decided (REQ-04, REQ-05); none where it did, or nobody decides.
    pub fn undecided_at(&self, policy: &RequestPolicy) -> Option<Timestamp> {
        let at = add_days(self.asked_at, policy.undecided_days);
        (self.has_deciders() && self.told.undecided_at.is_none() && at < self.ends_at).then_some(at)
    }

    /// When those who decide are emailed an outsider's request with the others of the day; none where they were.
    pub(super) fn digest_is_due(&self) -> Option<Timestamp> {
        self.route.as_ref().and_then(|route| route.digest_at).filter(|_| self.told.digest_at.is_none())
    }
}
