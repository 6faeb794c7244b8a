//! Invitations to register (APR-08): whom an Administrator gives something, and nobody has proven the address yet.
//!
//! What an act of the portal gave ends with the invitation, so that a mistyped address does not wait for its owner for ever. What
//! rows told stays. Proving an address writes nothing here (REG-08): the sweep asks a day before the end whether somebody did, and
//! again at the end. Between the end and the sweep, what hangs on the invitation does not count.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{asked::Asked, holder::Holder};
use crate::{
    limit::{TryAgainAt, Window, hit},
    policy::PeoplePolicy,
    roles::Role,
    when::{Timestamp, add_days, less_hours},
};

const A_DAY: u32 = 24 * 60;

/// An address was asked to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// When it was emailed last.
    pub at: Timestamp,
    /// It ends then.
    pub ends_at: Timestamp,
    /// Which letter: the newest one counts.
    pub letter: u32,
    /// The roles that end with it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// Letters of the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sends: Option<Window>,
    /// Whether the sweep asked, a day before the end, if somebody registered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked_before: bool,
    /// What ended with it, by the end that it would have had: to be given again in one step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Asked>,
}

/// How far an invitation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// Somebody has proven the address.
    Registered,
    /// It was emailed, and ends then.
    Invited {
        /// When.
        ends_at: Timestamp,
    },
    /// Email to the address is known to fail.
    Bounced {
        /// When the invitation ends; none: there is none.
        ends_at: Option<Timestamp>,
    },
    /// Nobody registered in time.
    Expired {
        /// When that was.
        at: Timestamp,
    },
    /// Rows named the address, and nobody has proven it. What they gave stays.
    NeverRegistered,
}

/// What became of an invitation when the sweep asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Nothing.
    Waits,
    /// Somebody registered in time: what was given stays.
    Registered,
    /// Nobody did: this ended.
    Ended(BTreeSet<Role>),
}

impl Invitation {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// One of which nothing else is known: what a roster says of it.
    pub(super) const fn ending(roles: BTreeSet<Role>, ends_at: Timestamp) -> Self {
        Self { at: ends_at, ends_at, letter: 0, roles, sends: None, asked_before: false, ended: Vec::new() }
    }

    /// When the sweep has to ask: a day before the end, and then at the end.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        if self.roles.is_empty() {
            return None;
        }
        Some(if self.asked_before { self.ends_at } else { less_hours(self.ends_at, 24) })
    }
}

impl InvitationState {
    /// Of what an address holds. `registered`: somebody has proven it; `fails`: email to it is known to fail.
    pub fn of(holder: Option<&Holder>, registered: bool, fails: bool, now: Timestamp) -> Self {
        let invitation = holder.and_then(|holder| holder.invitation.as_ref());
        match invitation {
            _ if registered => Self::Registered,
            _ if fails => Self::Bounced { ends_at: invitation.map(|invitation| invitation.ends_at) },
            // Asked to register, and nothing that hangs on it: what rows gave stays.
            Some(invitation)
                if invitation.is_over(now) && invitation.roles.is_empty() && invitation.ended.is_empty() =>
            {
                Self::NeverRegistered
            }
            Some(invitation) if invitation.is_over(now) => Self::Expired { at: invitation.ends_at },
            Some(invitation) => Self::Invited { ends_at: invitation.ends_at },
            None => Self::NeverRegistered,
        }
    }
}

impl Holder {
    /// The address is asked to register, or once more: for so many days from now. These roles end with it, besides those that
    /// do already. There is one invitation, however often something is given (APR-08).
    pub fn invite(&mut self, roles: impl IntoIterator<Item = Role>, now: Timestamp, policy: &PeoplePolicy) {
        let before = self.invitation.take();
        let sends = before.as_ref().and_then(|before| before.sends);
        let letter = before.as_ref().map_or(0, |before| before.letter) + 1;
        let mut ends = before.map(|before| before.roles).unwrap_or_default();
        ends.extend(roles);
        self.invitation = Some(Invitation {
            at: now,
            ends_at: add_days(now, policy.invitation_days),
            letter,
            roles: ends,
            // What is given is always told: only letters that are sent again have a limit.
            sends: hit(sends, now, A_DAY, policy.invitations_a_day).ok().or(sends),
            asked_before: false,
            ended: Vec::new(),
        });
    }

    /// Whether the letter may be sent again now, or when (APR-08).
    pub fn may_invite_again(&self, now: Timestamp, policy: &PeoplePolicy) -> Result<(), TryAgainAt> {
        let sends = self.invitation.as_ref().and_then(|invitation| invitation.sends);
        hit(sends, now, A_DAY, policy.invitations_a_day).map(drop)
    }

    /// What became of the invitation by `now`. `registered_since`: since when the address is somebody's (REG-08, EXP-05).
    pub fn settle(&mut self, registered_since: Option<Timestamp>, now: Timestamp) -> Settled {
        let Some(invitation) = &self.invitation else { return Settled::Waits };
        if invitation.roles.is_empty() && !invitation.ended.is_empty() {
            return Settled::Waits;
        }
        if registered_since.is_some_and(|since| since < invitation.ends_at) {
            self.invitation = None;
            return Settled::Registered;
        }
        if !invitation.is_over(now) {
            let asks = invitation.due_at().is_some_and(|due| due <= now);
            self.invitation.iter_mut().for_each(|invitation| invitation.asked_before |= asks);
            return Settled::Waits;
        }
        let over = invitation.roles.clone();
        // As it counted a moment before it ended.
        let mut only = self.clone();
        only.invitation = None;
        only.assigned.roles.retain(|role, _| over.contains(role));
        only.tidy();
        let ended = only.given(now);
        self.assigned.roles.retain(|role, _| !over.contains(role));
        if let Some(invitation) = &mut self.invitation {
            invitation.ended = ended;
        }
        self.tidy();
        Settled::Ended(over)
    }
}
