//! Proven addresses: how long a proof counts, and a move to another profile that waits (REG-09).

use serde::{Deserialize, Serialize};

use crate::{
    limit::Window,
    policy::AddressPolicy,
    when::{Timestamp, add_days, add_minutes},
    words::{Address, ProfileId},
};

const DAY: u32 = 24 * 60;

/// A proven address of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// The address.
    pub address: Address,
    /// Since when it is this profile's.
    pub at: Timestamp,
    /// Which link and code proved it last; none where a sign-in did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<u32>,
    /// When it was proven last, where that is another time (REG-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Timestamp>,
    /// Somebody else proved the mailbox then and asked to have the address: it counts for nothing until its holder proves it
    /// again, whatever became of that (REG-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<Timestamp>,
    /// The move to another profile that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Leaving>,
    /// Moves of it that were asked for in the last 30 days, by whomever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Window>,
}

/// Whether a proven address counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// Its person may do what it may do.
    Counts,
    /// It was proven too long ago.
    Lapsed,
    /// Somebody else proved the mailbox and asked to have it.
    Doubted,
}

impl Proven {
    /// An address that was proven now.
    pub const fn new(address: Address, now: Timestamp, proof: Option<u32>) -> Self {
        Self { address, at: now, proof, renewed: None, doubted: None, leaving: None, asks: None }
    }

    /// When it was proven last.
    pub fn proven_at(&self) -> Timestamp {
        self.renewed.unwrap_or(self.at)
    }

    /// Whether it counts: judged at use, to the second.
    pub fn force(&self, now: Timestamp, policy: &AddressPolicy) -> Force {
        if self.doubted.is_some() {
            Force::Doubted
        } else if is_fresh(self.proven_at(), now, policy) {
            Force::Counts
        } else {
            Force::Lapsed
        }
    }

    /// Whether it counts.
    pub fn counts(&self, now: Timestamp, policy: &AddressPolicy) -> bool {
        self.force(now, policy) == Force::Counts
    }

    /// Whether a further proof says anything new: one a day does.
    pub fn wants_renewal(&self, now: Timestamp) -> bool {
        self.doubted.is_some() || self.leaving.is_some() || add_minutes(self.proven_at(), DAY) <= now
    }

    /// Its holder proved it again. It counts from now on; a move that waited is off, and is given back.
    pub fn prove(&mut self, proof: Option<u32>, now: Timestamp) -> Option<Leaving> {
        self.renewed = Some(now);
        self.proof = proof.or(self.proof);
        self.doubted = None;
        self.leaving.take()
    }
}

/// Whether what was proven at a time counts still (REG-09).
pub fn is_fresh(proven_at: Timestamp, now: Timestamp, policy: &AddressPolicy) -> bool {
    now < add_days(proven_at, policy.renew_days)
}

/// A move, as the profile that holds the address keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// To which profile.
    pub to: ProfileId,
    /// That profile's business address, masked: all that the holder learns of it.
    pub masked: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// From then on the other profile may take it.
    pub due: Timestamp,
    /// And until then.
    pub ends: Timestamp,
}

impl Leaving {
    /// Whether it still waits, or may be taken.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u32) -> Timestamp {
        add_minutes("2026-11-22T03:00:00Z".parse().unwrap(), minutes)
    }

    /// REG-09 a proof counts for 180 days to the second, and again from the second at which it is renewed; one a day is noted.
    #[test]
    fn reg_09_a_proof_counts_for_180_days() {
        let policy = AddressPolicy::default();
        let days = |days: u32| add_days(at(0), days);
        let second = jiff::SignedDuration::from_secs(1);
        let mut mine = Proven::new("ann@contoso.example".parse().unwrap(), at(0), None);
        assert_eq!(mine.force(days(180).checked_sub(second).unwrap(), &policy), Force::Counts);
        assert_eq!(mine.force(days(180), &policy), Force::Lapsed);
        assert!(!mine.wants_renewal(at(DAY - 1)) && mine.wants_renewal(at(DAY)));
        assert_eq!(mine.prove(Some(3), days(200)), None);
        assert_eq!((mine.force(days(200), &policy), mine.force(days(380), &policy)), (Force::Counts, Force::Lapsed));
        assert_eq!((mine.at, mine.proof), (at(0), Some(3)), "it is theirs since then, by the newest link");
        mine.prove(None, days(400));
        assert_eq!(mine.proof, Some(3), "a sign-in is by no link");
        assert!(mine.counts("2026-01-01T00:00:00Z".parse().unwrap(), &policy), "the clock was set back");
    }
}
