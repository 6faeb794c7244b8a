//! Whether mail reaches an address (SAFE-03): what the mail service reports of our mails, and what follows from it.
//!
//! Two things are known of an address, and neither becomes the other. That a mail **bounced** for good closes the address for
//! a while, and then it is tried again. That its owner **complained** closes it to all but what keeps an account safe, until
//! somebody lifts it; who complains has read the mail, so a complaint outweighs a bounce, whichever is reported first.
//! Reports come late, twice and in any order, so the state depends on their times, never on the order of their coming.

use serde::{Deserialize, Serialize};

pub use crate::import::record::Reason;
use crate::{
    limit::{TryAgainAt, Window, hit},
    policy::MailPolicy,
    when::{Timestamp, add_days},
    words::Address,
};

/// What is known of an address to which mail failed, or whose owner complained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Whose it is.
    pub address: Address,
    /// What counts: a complaint, or else that mail bounces. It stays when it is lifted.
    pub reason: Reason,
    /// When a mail bounced for good last, or a loaded row said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced_at: Option<Timestamp>,
    /// When its owner complained last, or a loaded row said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complained_at: Option<Timestamp>,
    /// What is known from before this was lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<Timestamp>,
    /// How often it was lifted in the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifts: Option<Window>,
    /// Rises with each change: the condition of the next write. Rows of the first releases have none.
    #[serde(default)]
    pub version: u64,
}

impl Reach {
    /// A mail bounced for good. None if that is not new.
    pub fn bounced(before: Option<&Self>, address: &Address, at: Timestamp) -> Option<Self> {
        let known = Self::known(before, address);
        if known.is_older_than_what_is_known(at, known.bounced_at) {
            return None;
        }
        let reason = if known.is_complained() { Reason::Complaint } else { Reason::HardBounce };
        Some(Self { reason, bounced_at: Some(at), version: known.version + 1, ..known })
    }

    /// The owner complained. None if that is not new.
    pub fn complained(before: Option<&Self>, address: &Address, at: Timestamp) -> Option<Self> {
        let known = Self::known(before, address);
        if known.is_older_than_what_is_known(at, known.complained_at) {
            return None;
        }
        Some(Self { reason: Reason::Complaint, complained_at: Some(at), version: known.version + 1, ..known })
    }

    fn known(before: Option<&Self>, address: &Address) -> Self {
        before.cloned().unwrap_or_else(|| Self {
            address: address.clone(),
            reason: Reason::HardBounce,
            bounced_at: None,
            complained_at: None,
            lifted_at: None,
            lifts: None,
            version: 0,
        })
    }

    fn is_older_than_what_is_known(&self, at: Timestamp, known: Option<Timestamp>) -> bool {
        known.is_some_and(|known| at <= known) || self.lifted_at.is_some_and(|lifted| at <= lifted)
    }

    /// Lifted by who has the address or by an operator: mail goes to it again. None if nothing stops it.
    pub fn lift(&self, now: Timestamp, policy: &MailPolicy) -> Result<Option<Self>, TryAgainAt> {
        if !self.fails(now, policy) {
            return Ok(None);
        }
        let lifts = Some(hit(self.lifts, now, 24 * 60, policy.lifts_a_day)?);
        Ok(Some(Self { lifted_at: Some(now), lifts, version: self.version + 1, ..self.clone() }))
    }

    /// Whether a mail to it is not sent. Security mails are those that keep an account safe.
    pub fn stops(&self, is_security: bool, now: Timestamp, policy: &MailPolicy) -> bool {
        if self.is_complained() { !is_security } else { self.tried_again_at(policy).is_some_and(|at| now < at) }
    }

    /// Whether ordinary mail to it is not sent: then the next contact is written to (ACT-03).
    pub fn fails(&self, now: Timestamp, policy: &MailPolicy) -> bool {
        self.stops(false, now, policy)
    }

    /// Since when what counts is known, where it is known.
    pub fn since(&self) -> Option<Timestamp> {
        if self.is_complained() { self.complained_at } else { self.bounced_at }
    }

    /// From when on mail goes to an address again that bounced; none where somebody has to lift it, or nothing stops it.
    pub fn tried_again_at(&self, policy: &MailPolicy) -> Option<Timestamp> {
        if self.is_complained() || self.is_lifted(self.bounced_at) {
            return None;
        }
        self.bounced_at.map(|at| add_days(at, policy.bounce_days))
    }

    fn is_complained(&self) -> bool {
        self.reason == Reason::Complaint && !self.is_lifted(self.complained_at)
    }

    /// Whether what is known since then was lifted later.
    fn is_lifted(&self, since: Option<Timestamp>) -> bool {
        self.lifted_at.is_some_and(|lifted| since.is_none_or(|since| since <= lifted))
    }
}

/// What the mail service reports of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Report {
    /// The receiving server took it.
    Delivered,
    /// It has not arrived, for a reason that may pass.
    PutOff,
    /// It has not arrived and is not tried any more, for a reason that may pass: a full mailbox.
    GaveUp,
    /// The receiving server refused it for good.
    Bounced,
    /// The mail service did not send it, because mail to the address bounced before.
    NotSent,
    /// The recipient complained.
    Complained,
    /// The mail service did not send it, because the recipient complained before.
    NotSentAfterComplaint,
    /// The mail service holds the mail itself to be harmful, whomever it is to.
    Rejected,
}

/// What the ledger says of a mail, each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Taken by the receiving server.
    Delivered,
    /// Not delivered yet.
    PutOff,
    /// Not delivered, and not tried any more.
    GaveUp,
    /// Refused for good.
    Bounced,
    /// Complained about.
    Complained,
    /// Not sent.
    Suppressed,
}

impl Mark {
    /// All marks.
    pub const ALL: [Self; 6] =
        [Self::Delivered, Self::PutOff, Self::GaveUp, Self::Bounced, Self::Complained, Self::Suppressed];
}

/// What comes of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportOutcome {
    /// It was known.
    Known,
    /// It names none whom this mail went to: somebody behind a list, or nobody. The ledger notes it, nothing more.
    Elsewhere,
    /// The ledger says so from now on, and what follows.
    New {
        /// What the ledger says.
        mark: Mark,
        /// What is known of the address from now on, where that changes.
        reach: Option<Reach>,
        /// What is done about the activation.
        then: FollowUp,
    },
}

/// What is done about activations after a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUp {
    /// Nothing.
    Nothing,
    /// The link of this mail has arrived: its three days are over (ACT-03).
    Arrived,
    /// The link of this mail will not arrive: on to the next contact (ACT-03).
    NextContact,
    /// Wherever somebody with this address is written to, that is judged afresh (ACT-03).
    JudgeAgain,
}

/// What is known when a report comes.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whom the mail went to.
    pub to: &'a Address,
    /// What the ledger says of it already.
    pub marks: &'a [Mark],
    /// What is known of the address.
    pub reach: Option<&'a Reach>,
}

/// What comes of a report of `at` that names these addresses. It acts on the address that it names, and only if that is
/// where the mail went: a mailbox behind a list, which we never wrote to, says nothing of the list.
pub fn take(report: Report, named: &[Address], context: &Context<'_>, at: Timestamp) -> ReportOutcome {
    let Context { to, marks, reach } = *context;
    if report != Report::Rejected && !named.contains(to) {
        return ReportOutcome::Elsewhere;
    }
    let has = |mark: Mark| marks.contains(&mark);
    let arrived = has(Mark::Delivered) || has(Mark::Complained);
    let (mark, reach, then) = match report {
        // A server that took a mail may still send it back. Which of the two is reported first does not matter.
        Report::Delivered if has(Mark::Bounced) || has(Mark::Suppressed) => (Mark::Delivered, None, FollowUp::Nothing),
        Report::Delivered => (Mark::Delivered, None, FollowUp::Arrived),
        Report::PutOff => (Mark::PutOff, None, FollowUp::Nothing),
        Report::GaveUp => (Mark::GaveUp, None, if arrived { FollowUp::Nothing } else { FollowUp::NextContact }),
        // The next contact's mail would be held to be harmful as well.
        Report::Rejected => (Mark::GaveUp, None, FollowUp::Nothing),
        Report::Bounced => (Mark::Bounced, Reach::bounced(reach, to, at), FollowUp::JudgeAgain),
        // No mailbox was asked: where a complaint is known, this is its echo and says nothing new.
        Report::NotSent if reach.is_some_and(Reach::is_complained) => (Mark::Suppressed, None, FollowUp::JudgeAgain),
        Report::NotSent => (Mark::Suppressed, Reach::bounced(reach, to, at), FollowUp::JudgeAgain),
        Report::Complained => (Mark::Complained, Reach::complained(reach, to, at), FollowUp::Nothing),
        Report::NotSentAfterComplaint => (Mark::Suppressed, Reach::complained(reach, to, at), FollowUp::JudgeAgain),
    };
    if has(mark) { ReportOutcome::Known } else { ReportOutcome::New { mark, reach, then } }
}
