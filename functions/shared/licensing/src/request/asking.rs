//! How a request begins: it is asked, and then it is found out who decides (REQ-01 … REQ-03, REQ-06, REQ-07).

use std::collections::BTreeSet;

use super::{AskOutcome, Found, NewRequest, Nobody, Past, Refused, Request, Route, State, Step, Told};
use crate::{
    access::Standing,
    audit::Actor,
    event::{Event, RequestMail},
    limit::hit,
    policy::RequestPolicy,
    when::{Timestamp, add_days, day_of, start_of},
    words::Address,
};

/// Earlier requests that are remembered.
const REMEMBERED: usize = 10;

impl Request {
    /// Asks for permission (REQ-01), or finds the same request that waits already (REQ-06).
    pub fn ask(
        before: Option<Self>,
        new: &NewRequest<'_>,
        now: Timestamp,
        policy: &RequestPolicy,
    ) -> Result<AskOutcome, Refused> {
        let asked = new.asked.clone().tidy();
        if asked.is_empty() || asked.roles.iter().any(|role| !role.is_of(new.licence.programme)) {
            return Err(Refused::NoSuchRole);
        }
        // It would be over before anybody could decide.
        if asked.until.is_some_and(|until| until < day_of(now)) {
            return Err(Refused::NoSuchRole);
        }
        let asked = asked.without(new.has);
        if asked.is_empty() {
            return Err(Refused::HasAll);
        }
        let before = match before {
            // For another of their addresses it is another request.
            Some(request)
                if request.state_at(now).is_pending() && (&request.by, &request.asked) == (new.by, &asked) =>
            {
                return Ok(AskOutcome::Pending(Box::new(request)));
            }
            before => before,
        };
        let asks = hit(before.as_ref().and_then(|request| request.asks), now, 24 * 60, policy.asks_a_day);
        let asks = asks.map_err(Refused::TooOften)?;
        let seen = before.as_ref().map(|request| request.version);
        let seen_counted = before.as_ref().is_some_and(Self::is_counted);
        let ends_at = add_days(now, policy.days);
        // What is wanted until a day can't be given any more after it.
        let wanted_until = asked.until.and_then(|until| until.tomorrow().ok()).map(start_of);
        let mut after = Self {
            licence: new.licence.clone(),
            by: new.by.clone(),
            name: new.name.to_owned(),
            asked,
            comment: new.comment.to_owned(),
            asked_at: now,
            ends_at: wanted_until.map_or(ends_at, |until| until.min(ends_at)),
            generation: before.as_ref().map_or(0, |request| request.generation) + 1,
            route: None,
            told: Told::default(),
            state: State::Pending,
            asks: Some(asks),
            past: Vec::new(),
            counted: None,
            version: seen.unwrap_or_default() + 1,
        };
        let mut events = Vec::new();
        if let Some(before) = before {
            let is_over = !before.state_at(now).is_pending();
            // Where the sweep was not here yet, this is what ends the one before.
            events.extend((before.state.is_pending() && is_over).then(|| before.mail(RequestMail::Ended)));
            let state = match before.state_at(now) {
                State::Pending => State::Replaced { at: now },
                state => state,
            };
            after.past = before.past;
            after.past.push(Past {
                generation: before.generation,
                asked: before.asked,
                asked_at: before.asked_at,
                state,
            });
            let forgotten = after.past.len().saturating_sub(REMEMBERED);
            after.past.drain(..forgotten);
        }
        let told_asker = Some(after.note("permission.asked", after.asker()).fact("ends-at", after.ends_at));
        events.push(Event::PermissionAsked {
            licence: after.licence.clone(),
            asker: after.by.profile.clone(),
            generation: after.generation,
        });
        let step = Step { after, seen, seen_counted, grants: None, note: None, told_asker, events };
        Ok(AskOutcome::New(Box::new(step.counting())))
    }

    /// Whether somebody waits for it to be found out who decides.
    pub fn is_to_be_routed(&self, generation: u32, now: Timestamp) -> bool {
        self.generation == generation && self.route.is_none() && self.state_at(now).is_pending()
    }

    /// Who decides on it: all Administrators but who asks. They are written to at once, or where an outsider asks, with the
    /// others of the day (REQ-03).
    pub fn route(self, found: &Found<'_>, now: Timestamp) -> Step {
        let deciders = found.standing.map(|standing| self.deciders(standing, found.addresses, now)).unwrap_or_default();
        let nobody = match (found.standing, deciders.len()) {
            (None, _) => Some(Nobody::Unknown),
            (Some(_), 0) => Some(Nobody::NoAdministrator),
            (Some(_), all) if found.unreachable >= all => Some(Nobody::Unreachable),
            _ => None,
        };
        let digest_at = (nobody.is_none() && !found.colleague).then(|| next_day(now));
        let mut after = self.next();
        after.route = Some(Route {
            at: now,
            colleague: found.colleague,
            sent_to: u32::try_from(deciders.len()).unwrap_or(u32::MAX),
            digest_at,
            nobody,
            ends_with_agreement: false,
            ends_otherwise_at: None,
        });
        let after = after.followed(found.standing.and_then(Standing::ends_at));
        let mut events = Vec::new();
        match nobody {
            // The sweep ends it, and tells who asked.
            _ if now >= after.ends_at => {}
            None if found.colleague => {
                let changed = matches!(after.past.last(), Some(Past { state: State::Replaced { .. }, .. }));
                events.push(after.mail(if changed { RequestMail::Changed } else { RequestMail::Asked }));
            }
            Some(_) if found.colleague => events.push(after.mail(RequestMail::NobodyDecides)),
            // An outsider's waits for the email of its day, or is answered like one that waits.
            None | Some(_) => {}
        }
        let note = (nobody != Some(Nobody::Unknown)).then(|| {
            let note = after.note("permission.asked", after.asker()).fact("ends-at", after.ends_at);
            note.fact("administrators", deciders.len()).fact("outsider", !found.colleague)
        });
        let (seen, seen_counted) = (Some(self.version), self.is_counted());
        Step { seen, seen_counted, after, grants: None, note, told_asker: None, events }.counting()
    }

    /// Over before it was found out who decides, while the Licensing ID's audit still names one that it took the place of: then the
    /// audit is told that there is none any more. None where there is nothing to tell.
    pub fn settle(self, generation: u32) -> Option<Step> {
        if self.generation != generation || self.route.is_some() || self.state.is_pending() || !self.is_counted() {
            return None;
        }
        let note = match self.state {
            State::Withdrawn { .. } => self.note("permission.withdrawn", self.asker()),
            _ => self.note("permission.ended", Actor::Service).fact("ended", self.ends_at),
        };
        let state = self.state.clone();
        Some(self.step(state, Some(note), None, Vec::new()))
    }

    /// Who decides: the Administrators, without who asks.
    pub fn deciders(&self, standing: &Standing, asker: &[Address], now: Timestamp) -> BTreeSet<Address> {
        let mut all = standing.administrators(now);
        all.retain(|address| !asker.contains(address) && *address != self.by.address);
        all
    }
}

/// 00:00 UTC on the day after `now`.
fn next_day(now: Timestamp) -> Timestamp {
    day_of(now).tomorrow().map_or(now, start_of)
}
