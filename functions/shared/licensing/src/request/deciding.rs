//! How a request is decided: by whom, and what that gives (APR-01 … APR-05, ROLE-09).

use super::{Asked, Decided, Decider, Deciding, Decision, Granted, Refused, Request, State, Step};
use crate::{
    access::{Action, By, Grant, Holder},
    audit::{Actor, Note},
    event::RequestMail,
    roles::Role,
    when::{Date, Timestamp, day_of},
};

impl Request {
    /// Decides (APR-01 … APR-04). `shown` is the request that was shown: its number.
    pub fn decide(
        self,
        decision: Decision,
        message: &str,
        shown: u32,
        deciding: &Deciding<'_>,
        now: Timestamp,
    ) -> Result<Step, Refused> {
        self.may_be_decided(matches!(decision, Decision::Deny), shown, deciding, now)?;
        let Deciding { by, addresses, standing, .. } = *deciding;
        let decided = Decided { by: by.clone(), at: now, message: message.to_owned() };
        let (action, state, granted) = match decision {
            Decision::Deny => ("permission.denied", State::Denied { decided }, None),
            Decision::Grant(granted) => {
                let mut granted = granted.tidy();
                if granted.is_empty() || !granted.is_part_of(&Asked { until: None, ..self.asked.clone() }) {
                    return Err(Refused::NotAsked);
                }
                let mut ends: Vec<Date> = granted.until.into_iter().chain(self.asked.until).collect();
                // Who is Administrator until a day gives until that day at most (ROLE-09).
                ends.extend(standing.of_all(addresses, now).until(Role::Administrator));
                granted.until = ends.into_iter().min();
                // What has ended already can't be given.
                if granted.until.is_some_and(|until| until < day_of(now)) {
                    return Err(Refused::NotAsked);
                }
                ("permission.granted", State::Granted { granted: granted.clone(), decided }, Some(granted))
            }
        };
        let said = |note: Note| match &granted {
            Some(granted) => {
                let note = note.fact("granted", granted);
                granted.until.into_iter().fold(note, |note, until| note.fact("until", until))
            }
            None => note,
        };
        let note = match by {
            Decider::Session(person) => {
                let (profile, address) = (person.profile.clone(), person.address.clone());
                said(self.note(action, Actor::Person { profile, address }))
            }
            Decider::Link(address) => {
                said(self.note(action, Actor::LinkHolder)).personal("mailed-to", address.as_str())
            }
        };
        let note = note.personal("asked-by", self.by.address.as_str());
        let told_asker = said(self.note(action, Actor::Administrator));
        let grants = granted.map(|asked| {
            let by = match by {
                Decider::Session(person) => {
                    By::Person { profile: person.profile.clone(), address: person.address.clone() }
                }
                // A link alone grants nothing.
                Decider::Link(_) => By::Row,
            };
            Granted { grant: Grant { by, at: now, until: asked.until, scheme: None }, asked }
        });
        let event = self.mail(RequestMail::Decided);
        let step = self.step(state, Some(note), Some(told_asker), vec![event]);
        Ok(Step { grants, ..step })
    }

    /// Whether [`Self::decide`] would be taken now: what pages ask before they offer it.
    pub fn may_be_decided(
        &self,
        deny: bool,
        shown: u32,
        deciding: &Deciding<'_>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Deciding { by, addresses, standing, asker_has_address } = *deciding;
        let profile = match by {
            Decider::Session(person) => Some(&person.profile),
            Decider::Link(_) => None,
        };
        if profile == Some(&self.by.profile) || addresses.contains(&self.by.address) {
            return Err(Refused::Own);
        }
        if standing.who_may(addresses, Action::DecideRequests, now).is_err() {
            return Err(Refused::NotYours);
        }
        if shown != self.generation {
            return Err(Refused::Changed);
        }
        if !self.clone().followed(standing.ends_at()).state_at(now).is_pending() {
            return Err(Refused::Over);
        }
        if deny {
            return Ok(());
        }
        if matches!(by, Decider::Link(_)) {
            return Err(Refused::SignInToGrant);
        }
        // Whoever has the address now would have the roles.
        if asker_has_address { Ok(()) } else { Err(Refused::AskerGone) }
    }
}

impl Granted {
    /// What the address holds afterwards.
    pub fn given_to(&self, holder: Option<&Holder>) -> Holder {
        let mut holder = holder.cloned().unwrap_or_default();
        let Asked { roles, benefits, reservations, .. } = &self.asked;
        holder.assign(roles.iter().copied(), benefits, *reservations, &self.grant);
        holder
    }
}
