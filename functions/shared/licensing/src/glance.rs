//! What of a Licensing ID is told at a glance: how many activations there are by phase, seats in use of seats bought, which link ends
//! first, and how many requests wait. It is kept beside the head of the Licensing ID's audit chain and changed with each step that
//! changes it, so Home counts without reading activations.
//!
//! Counts are of what is stored; a link that ended unswept counts as expired, since its end is kept here too (EXP-05). Where that
//! can't be told any more, the answer is "not known", never a guess: then the activations themselves are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{phase::Phase, when::Timestamp};

/// So many different ends are kept: the soonest. Whoever has more open links on one Licensing ID learns those first.
const MOST_ENDS: usize = 24;

/// What one activation adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    phase: Phase,
    quantity: u64,
    /// The end of its open link.
    ends: Option<Timestamp>,
}

/// What a change of a Licensing ID changes of its glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GlanceChange {
    /// Of activations, each with what it added before, if anything, and what it adds now.
    activations: Vec<(Option<Share>, Share)>,
    /// Requests that wait now and did not, less those that did and don't.
    waiting: i64,
}

/// The glance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    /// Activations by the phase that was written last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    phases: BTreeMap<Phase, u32>,
    /// Seats or units of all activations.
    #[serde(default)]
    bought: u64,
    /// Those in use.
    #[serde(default)]
    activated: u64,
    /// Ends of links whose activation is `invited`.
    #[serde(default, skip_serializing_if = "Ends::is_empty")]
    invited: Ends,
    /// Ends of links whose activation is `stuck`.
    #[serde(default, skip_serializing_if = "Ends::is_empty")]
    stuck: Ends,
    /// Requests that wait.
    #[serde(default)]
    waiting: u32,
}

/// The ends of open links, with how many links end then: the soonest, and how many end later than those.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ends {
    /// In milliseconds since 1970, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    soonest: Vec<(i64, u32)>,
    /// So many more end at `from` or later.
    #[serde(default)]
    later: u32,
    #[serde(default)]
    from: i64,
}

/// What a glance comes to at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Activations by phase.
    pub phases: BTreeMap<Phase, u64>,
    /// Seats or units bought.
    pub bought: u64,
    /// Those in use.
    pub activated: u64,
    /// Requests that wait.
    pub waiting: u64,
    /// When the next open link ends, and how many end then.
    pub next_end: Option<(Timestamp, u64)>,
}

impl Share {
    /// Of an activation in this phase, as it was written last; with the end of its open link, which only one that is invited or
    /// stuck has.
    pub const fn new(phase: Phase, quantity: u64, ends: Option<Timestamp>) -> Self {
        Self { phase, quantity, ends }
    }
}

impl GlanceChange {
    /// An activation added `before`, and adds `after`.
    pub fn activation(&mut self, before: Option<Share>, after: Share) {
        if before != Some(after) {
            self.activations.push((before, after));
        }
    }

    /// A request waited, or did not, and waits now, or does not.
    pub fn request(&mut self, waited: bool, waits: bool) {
        self.waiting += i64::from(waits) - i64::from(waited);
    }

    /// Whether nothing changes.
    pub const fn is_empty(&self) -> bool {
        self.activations.is_empty() && self.waiting == 0
    }

    /// With what another change changes after this one.
    pub fn and(&mut self, later: Self) {
        self.activations.extend(later.activations);
        self.waiting += later.waiting;
    }
}

impl Glance {
    /// Of what all activations of a Licensing ID add, and of so many requests that are counted.
    pub fn of(shares: impl IntoIterator<Item = Share>, waiting: usize) -> Self {
        let mut change =
            GlanceChange { waiting: i64::try_from(waiting).unwrap_or_default(), ..GlanceChange::default() };
        for share in shares {
            change.activation(None, share);
        }
        Self::default().changed(&change).unwrap_or_default()
    }

    /// The glance after a change. None where what is to be taken away is not there: then nobody knows what is.
    #[must_use]
    pub fn changed(mut self, change: &GlanceChange) -> Option<Self> {
        for (before, after) in &change.activations {
            if let Some(before) = before {
                let count = self.phases.get_mut(&before.phase)?;
                *count = count.checked_sub(1)?;
                if *count == 0 {
                    self.phases.remove(&before.phase);
                }
                self.bought = self.bought.checked_sub(before.quantity)?;
                if before.phase == Phase::Activated {
                    self.activated = self.activated.checked_sub(before.quantity)?;
                }
                if let Some(end) = before.ends {
                    self.ends_of(before.phase).remove(millisecond(end))?;
                }
            }
            *self.phases.entry(after.phase).or_default() += 1;
            self.bought = self.bought.saturating_add(after.quantity);
            if after.phase == Phase::Activated {
                self.activated = self.activated.saturating_add(after.quantity);
            }
            if let Some(end) = after.ends {
                self.ends_of(after.phase).add(millisecond(end));
            }
        }
        self.waiting = u32::try_from(i64::from(self.waiting) + change.waiting).ok()?;
        Some(self)
    }

    /// What it comes to at `now`. None where more links may have ended than are kept here, or the next end is not among them.
    pub fn counts(&self, now: Timestamp) -> Option<Counts> {
        let mut phases: BTreeMap<Phase, u64> =
            self.phases.iter().map(|(phase, count)| (*phase, u64::from(*count))).collect();
        let mut next_end: Option<(i64, u64)> = None;
        for (phase, ends) in [(Phase::Invited, &self.invited), (Phase::Stuck, &self.stuck)] {
            let (ended, next) = ends.at(now.as_millisecond())?;
            if ended > 0 {
                let open = phases.get_mut(&phase)?;
                *open = open.checked_sub(ended)?;
                *phases.entry(Phase::Expired).or_default() += ended;
            }
            next_end = match (next_end, next) {
                (Some((one, some)), Some((other, more))) if one == other => Some((one, some + more)),
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        phases.retain(|_, count| *count > 0);
        let next_end = next_end.and_then(|(end, count)| Some((Timestamp::from_millisecond(end).ok()?, count)));
        let (bought, activated, waiting) = (self.bought, self.activated, u64::from(self.waiting));
        Some(Counts { phases, bought, activated, waiting, next_end })
    }

    const fn ends_of(&mut self, phase: Phase) -> &mut Ends {
        match phase {
            Phase::Stuck => &mut self.stuck,
            _ => &mut self.invited,
        }
    }
}

impl Ends {
    const fn is_empty(&self) -> bool {
        self.soonest.is_empty() && self.later == 0
    }

    fn add(&mut self, end: i64) {
        if self.later > 0 && end > self.from {
            self.later += 1;
            return;
        }
        match self.soonest.binary_search_by_key(&end, |(at, _)| *at) {
            Ok(place) => self.soonest[place].1 += 1,
            Err(place) => self.soonest.insert(place, (end, 1)),
        }
        if self.soonest.len() > MOST_ENDS
            && let Some((last, count)) = self.soonest.pop()
        {
            self.later += count;
            self.from = last;
        }
    }

    fn remove(&mut self, end: i64) -> Option<()> {
        if let Ok(place) = self.soonest.binary_search_by_key(&end, |(at, _)| *at) {
            self.soonest[place].1 -= 1;
            if self.soonest[place].1 == 0 {
                self.soonest.remove(place);
            }
            return Some(());
        }
        if end < self.from {
            return None;
        }
        self.later = self.later.checked_sub(1)?;
        if self.later == 0 {
            self.from = 0;
        }
        Some(())
    }

    /// How many have ended by `now`, and when the next one ends, with how many. None where that can't be told.
    fn at(&self, now: i64) -> Option<(u64, Option<(i64, u64)>)> {
        if self.later > 0 && now >= self.from {
            return None;
        }
        let ended = self.soonest.iter().take_while(|(at, _)| *at <= now).map(|(_, count)| u64::from(*count)).sum();
        let next = self.soonest.iter().find(|(at, _)| *at > now).map(|(at, count)| (*at, u64::from(*count)));
        if next.is_none() && self.later > 0 {
            return None;
        }
        Some((ended, next))
    }
}

/// The millisecond at which it is over.
fn millisecond(end: Timestamp) -> i64 {
    end.as_millisecond() + i64::from(end.subsec_nanosecond() % 1_000_000 > 0)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    fn share(phase: usize, quantity: u64, end: i64) -> Share {
        // More open links than others, so that there are more ends than are kept.
        let phase = Phase::ALL.get(phase).copied().unwrap_or(Phase::Invited);
        let ends = matches!(phase, Phase::Invited | Phase::Stuck).then(|| at(end));
        Share { phase, quantity, ends }
    }

    /// The same, counted one by one.
    fn counted(all: &BTreeMap<u8, Share>, waiting: &BTreeSet<u8>, now: Timestamp) -> Counts {
        let mut counts = Counts { waiting: waiting.len() as u64, ..Counts::default() };
        let mut ends: BTreeMap<Timestamp, u64> = BTreeMap::new();
        for share in all.values() {
            let is_over = share.ends.is_some_and(|end| now >= end);
            *counts.phases.entry(if is_over { Phase::Expired } else { share.phase }).or_default() += 1;
            counts.bought += share.quantity;
            counts.activated += if share.phase == Phase::Activated { share.quantity } else { 0 };
            if let Some(end) = share.ends.filter(|_| !is_over) {
                *ends.entry(end).or_default() += 1;
            }
        }
        counts.next_end = ends.into_iter().next();
        counts
    }

    proptest! {
        /// UI-03 what is told at a glance is what a count of everything gives, whatever happened in which order, at each moment; or it
        /// is said not to be known, and that only where more links are open than are kept.
        #[test]
        fn ui_03_a_glance_is_what_counting_gives(
            steps in prop::collection::vec((0..60_u8, 0..12_usize, 0..50_u64, 0..90_i64, any::<bool>()), 1..120),
            now in -5..100_i64,
        ) {
            let (mut glance, mut all, mut waiting) = (Glance::default(), BTreeMap::new(), BTreeSet::new());
            for (id, phase, quantity, end, request) in steps {
                let mut change = GlanceChange::default();
                if request {
                    let waited = waiting.contains(&id);
                    if !waiting.remove(&id) {
                        waiting.insert(id);
                    }
                    change.request(waited, !waited);
                } else {
                    let after = share(phase, quantity, end);
                    change.activation(all.insert(id, after), after);
                }
                glance = glance.changed(&change).expect("what was there is taken away");
                let stored = serde_json::to_value(&glance).expect("JSON");
                prop_assert_eq!(&serde_json::from_value::<Glance>(stored).expect("as it was written"), &glance);
                let ends: BTreeSet<Timestamp> = all.values().filter_map(|share| share.ends).collect();
                match glance.counts(at(now)) {
                    Some(counts) => prop_assert_eq!(counts, counted(&all, &waiting, at(now))),
                    None => prop_assert!(ends.len() > 1 && glance.invited.later + glance.stuck.later > 0),
                }
            }
        }
    }

    /// UI-03 what was never there is not taken away: nobody guesses then.
    #[test]
    fn ui_03_a_glance_that_can_t_be_right_is_not_known() {
        for phase in 0..6 {
            let mut change = GlanceChange::default();
            change.activation(Some(share(phase, 3, 7)), share(1, 4, 0));
            assert_eq!(Glance::default().changed(&change), None);
        }
        let mut change = GlanceChange::default();
        change.request(true, false);
        assert_eq!(Glance::default().changed(&change), None);
    }

    /// EXP-05 a link has ended at its end, to the part of a second, though nobody swept.
    #[test]
    fn exp_05_a_link_counts_as_expired_at_its_end() {
        let end = Timestamp::from_nanosecond(1_800_000_000_000_500_000).expect("a time");
        let mut change = GlanceChange::default();
        change.activation(None, Share { phase: Phase::Invited, quantity: 1, ends: Some(end) });
        let glance = Glance::default().changed(&change).expect("it counts");
        let phase = |now: Timestamp| glance.counts(now).expect("counts").phases.into_keys().next();
        assert_eq!(phase(Timestamp::from_millisecond(1_800_000_000_000).unwrap()), Some(Phase::Invited));
        assert_eq!(phase(Timestamp::from_millisecond(1_800_000_000_001).unwrap()), Some(Phase::Expired));
    }
}
