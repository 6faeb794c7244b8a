//! The review of who may do what on a Licensing ID: each holder is confirmed or removed (ROLE-10).
//!
//! One is open at a time. Its decisions are rows of their own, one an address, so that a review writes nothing that grows with the
//! people, and two who decide on different people never meet; the review itself is only checked to be open. Who has nothing
//! decided when it ends is listed, and stays.

use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Action, Holder, Source, Standing},
    activation::Person,
    audit::{Actor, Note},
    policy::PeoplePolicy,
    when::{Timestamp, add_days},
    words::{Address, Licence, names},
};

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Of which Licensing ID.
    pub licence: Licence,
    /// Which of its reviews, from 1.
    pub number: u32,
    /// Who started it.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// It ends then.
    pub ends_at: Timestamp,
    /// So many reminders were sent.
    #[serde(default)]
    pub reminders: u32,
    /// How far it has come.
    pub state: State,
    /// Rises with each step: the condition of the next write.
    pub version: u64,
}

/// How far a review has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum State {
    /// Holders are confirmed or removed.
    Open,
    /// Somebody ended it when nobody was left to decide on.
    Finished {
        /// When.
        at: Timestamp,
    },
    /// Its days were over.
    Ended {
        /// When.
        at: Timestamp,
    },
}

names! {
    /// What was decided of a holder.
    Verdict {
        /// All that they have stays.
        Confirmed = "confirmed",
        /// They were removed.
        Removed = "removed",
    }
}

/// A decision, as it is kept beside the review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// In which review.
    pub review: u32,
    /// Of whom.
    pub address: Address,
    /// What.
    pub verdict: Verdict,
    /// Who decided.
    pub by: Person,
    /// When.
    pub at: Timestamp,
}

/// What became of a holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// This was decided.
    Decided(Verdict, Person, Timestamp),
    /// Nobody decided: what they have stays, and they are listed (ROLE-10).
    Undecided,
    /// What they have was given after the review began.
    NewSince,
}

/// One row of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// Whose.
    pub address: Address,
    /// What they have when the result is made.
    pub access: Access,
    /// What became of them.
    pub became: Became,
}

/// What is said of a review by email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewMail {
    /// To the Administrators: it began.
    Started,
    /// To the Administrators: some are not decided on.
    Reminder,
    /// To the Administrators: the result.
    Ended,
}

/// Who acts in a review.
#[derive(Debug, Clone, Copy)]
pub struct Reviewing<'a> {
    /// Who.
    pub by: &'a Person,
    /// Those of their proven addresses that count.
    pub counting: &'a [Address],
    /// All addresses of their profile, whether they count or not.
    pub own: &'a [Address],
    /// The Licensing ID as it is now.
    pub standing: &'a Standing,
    /// When.
    pub now: Timestamp,
}

/// Why a step is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Whoever asks is no Administrator of the Licensing ID.
    NotYours,
    /// One is open: it is this one.
    AlreadyOpen(u32),
    /// It has ended.
    Over,
    /// Nobody confirms themselves.
    Own,
    /// The address has nothing there.
    HoldsNothing,
    /// So many have not been decided on.
    Undecided(usize),
}

/// One change: the review as it is written next, on condition that it still is as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The review after the change.
    pub after: Review,
    /// The version that must still be stored; none: no review may be stored yet.
    pub seen: Option<u64>,
    /// What the Licensing ID's audit says.
    pub note: Note,
    /// What is to be emailed.
    pub mail: Option<ReviewMail>,
}

impl Reviewing<'_> {
    fn may(&self) -> Result<(), Refused> {
        let may = self.standing.who_may(self.counting, Action::ReviewAccess, self.now);
        may.map(drop).map_err(|_| Refused::NotYours)
    }

    fn actor(&self) -> Actor {
        Actor::Person { profile: self.by.profile.clone(), address: self.by.address.clone() }
    }
}

impl Became {
    /// As tables write it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Decided(verdict, ..) => verdict.as_str(),
            Self::Undecided => "undecided",
            Self::NewSince => "new-since",
        }
    }
}

impl State {
    /// Whether something can be decided.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

impl Review {
    /// Starts one, unless one is open (ROLE-10).
    pub fn start(
        before: Option<&Self>,
        licence: &Licence,
        reviewing: &Reviewing<'_>,
        policy: &PeoplePolicy,
    ) -> Result<Step, Refused> {
        reviewing.may()?;
        let Reviewing { by, now, .. } = *reviewing;
        if let Some(open) = before.filter(|before| before.state_at(now).is_open()) {
            return Err(Refused::AlreadyOpen(open.number));
        }
        let seen = before.map(|before| before.version);
        let after = Self {
            licence: licence.clone(),
            number: before.map_or(0, |before| before.number) + 1,
            by: by.clone(),
            at: now,
            ends_at: add_days(now, policy.review_days),
            reminders: 0,
            state: State::Open,
            version: seen.unwrap_or_default() + 1,
        };
        let note = after.note("review.started", reviewing.actor()).fact("ends-at", after.ends_at);
        Ok(Step { after, seen, note, mail: Some(ReviewMail::Started) })
    }

    /// Confirms a holder: what they have stays. It writes a row of its own, and checks that the review is still open. Removing is
    /// a change as others ([`crate::manage::Change::Remove`]), with the row of [`Self::removed`] in its transaction.
    pub fn confirm(
        &self,
        address: &Address,
        access: &Access,
        reviewing: &Reviewing<'_>,
    ) -> Result<(Decided, Note), Refused> {
        self.may_decide(address, reviewing)?;
        if access.is_empty() {
            return Err(Refused::HoldsNothing);
        }
        let note = self.note("review.confirmed", reviewing.actor()).personal("address", address.as_str());
        Ok((self.decided(address, Verdict::Confirmed, reviewing), note))
    }

    /// The row of somebody who is removed in the review.
    pub fn removed(&self, address: &Address, reviewing: &Reviewing<'_>) -> Result<Decided, Refused> {
        self.may_decide(address, reviewing)?;
        Ok(self.decided(address, Verdict::Removed, reviewing))
    }

    /// Whether somebody may decide on an address in it: what pages ask before they offer it.
    pub fn may_decide(&self, address: &Address, reviewing: &Reviewing<'_>) -> Result<(), Refused> {
        reviewing.may()?;
        if !self.state_at(reviewing.now).is_open() {
            Err(Refused::Over)
        } else if reviewing.own.contains(address) || reviewing.counting.contains(address) {
            Err(Refused::Own)
        } else {
            Ok(())
        }
    }

    fn decided(&self, address: &Address, verdict: Verdict, reviewing: &Reviewing<'_>) -> Decided {
        let (by, at) = (reviewing.by.clone(), reviewing.now);
        Decided { review: self.number, address: address.clone(), verdict, by, at }
    }

    /// Ends it before its time: nobody may be left undecided.
    pub fn finish(self, undecided: usize, reviewing: &Reviewing<'_>) -> Result<Step, Refused> {
        reviewing.may()?;
        if !self.state_at(reviewing.now).is_open() {
            return Err(Refused::Over);
        }
        if undecided > 0 {
            return Err(Refused::Undecided(undecided));
        }
        let note = self.note("review.finished", reviewing.actor());
        Ok(self.step(State::Finished { at: reviewing.now }, note, Some(ReviewMail::Ended)))
    }

    /// All that is due by `now`: a reminder, or the end. None if nothing is (another sweep was here). `undecided`: so many are
    /// left; where nobody is, nobody is reminded. A sweep that comes late reminds once.
    pub fn sweep(self, undecided: usize, now: Timestamp, policy: &PeoplePolicy) -> Option<Step> {
        if self.due_at(policy).is_none_or(|due| now < due) {
            return None;
        }
        if let ended @ State::Ended { .. } = self.state_at(now) {
            let note = self.note("review.ended", Actor::Service).fact("undecided", undecided);
            return Some(self.step(ended, note, Some(ReviewMail::Ended)));
        }
        let passed = policy.review_reminder_days.iter().filter(|days| add_days(self.at, **days) <= now).count();
        let note = self.note("review.reminded", Actor::Service).fact("undecided", undecided);
        let mail = (undecided > 0).then_some(ReviewMail::Reminder);
        let step = self.step(State::Open, note, mail);
        let after = Self { reminders: u32::try_from(passed).unwrap_or(u32::MAX), ..step.after };
        Some(Step { after, ..step })
    }

    /// What the state is at `now`, whether or not the sweep was here (EXP-05).
    pub fn state_at(&self, now: Timestamp) -> State {
        match &self.state {
            State::Open if self.ends_at <= now => State::Ended { at: self.ends_at },
            state => state.clone(),
        }
    }

    /// When the sweep has to look at it next, if ever (EXP-01).
    pub fn due_at(&self, policy: &PeoplePolicy) -> Option<Timestamp> {
        if !self.state.is_open() {
            return None;
        }
        let sent = usize::try_from(self.reminders).unwrap_or(usize::MAX);
        let next = policy.review_reminder_days.get(sent).map(|days| add_days(self.at, *days));
        Some(next.map_or(self.ends_at, |next| next.min(self.ends_at)))
    }

    /// What became of a holder (ROLE-10). A confirmation is of what they had then: what acts gave after the review began, and
    /// after they were decided on, is told apart.
    pub fn row(
        &self,
        address: Address,
        access: Access,
        holder: Option<&Holder>,
        decided: Option<&Decided>,
    ) -> ResultRow {
        let decided = decided.filter(|decided| decided.review == self.number && decided.address == address);
        let given_at = |holder: &Holder| holder.assigned.roles.values().map(|grant| grant.at).min();
        let by_acts = access.sources().all(|(_, given)| given.levels == 0 && given.source == Source::Assigned);
        let is_new = by_acts && holder.and_then(given_at).is_some_and(|first| self.at < first);
        let became = match decided {
            Some(Decided { verdict, by, at, .. }) => Became::Decided(*verdict, by.clone(), *at),
            None if is_new && !access.is_empty() => Became::NewSince,
            None => Became::Undecided,
        };
        ResultRow { address, access, became }
    }

    fn note(&self, action: &'static str, actor: Actor) -> Note {
        Note::new(action, actor).fact("licence", self.licence.key()).fact("review", self.number)
    }

    fn step(self, state: State, note: Note, mail: Option<ReviewMail>) -> Step {
        let seen = Some(self.version);
        Step { after: Self { state, version: self.version + 1, ..self }, seen, note, mail }
    }
}
