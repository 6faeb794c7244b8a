//! Read, decide, write on condition that it is still as it was read; and begin again if somebody was faster.
//!
//! Nobody locks anything here, so of those who meet at one item one wins each round, and the others begin anew from what it
//! wrote. They wait before they do, each for a time of its own: otherwise they would meet again.

use std::time::Duration;

use crate::{Chance, Error, Failed, Store};

/// So many rounds, then whoever asked is told that others are changing the same.
pub const ROUNDS: u32 = 12;

/// The shortest wait after a round that was lost. Somebody else's is written by then, so there is not much to wait for.
const AFTER_LOSS: Duration = Duration::from_millis(4);

/// The shortest wait before the database is asked again that was too busy to answer.
const AFTER_THROTTLING: Duration = Duration::from_millis(15);

/// Waits double so often, and no more.
const DOUBLINGS: u32 = 5;

/// Why a round has no outcome.
pub trait NoOutcome {
    /// What whoever asked hears in the end.
    type Error;

    /// None where somebody wrote in between: nothing was written, and it is worth beginning again.
    fn obstacle(self) -> Option<Self::Error>;

    /// What is said where each round was lost.
    fn given_up() -> Self::Error;
}

impl NoOutcome for Failed {
    type Error = Error;

    fn obstacle(self) -> Option<Error> {
        match self {
            Self::Lost(_) => None,
            Self::Error(error) => Some(error),
        }
    }

    fn given_up() -> Error {
        Error::Busy
    }
}

/// Makes rounds until one has an outcome, [`ROUNDS`] at most: `optimistic!(store, async { … })`, where the block reads, decides
/// and writes, and what lasts from one round to the next stands in variables outside of it. A macro, because a function that
/// took such a block as a closure could not promise that its future may move between threads.
#[macro_export]
macro_rules! optimistic {
    ($store:expr, $round:expr) => {{
        let mut rounds = $crate::optimistic::Rounds::of(&$store);
        loop {
            if let Some(outcome) = rounds.settle($round.await).await {
                break outcome;
            }
        }
    }};
}

/// How many rounds were lost.
pub struct Rounds<'a> {
    chance: &'a Chance,
    lost: u32,
}

impl<'a> Rounds<'a> {
    /// None yet.
    pub fn of(store: &'a Store) -> Self {
        Self { chance: &store.chance, lost: 0 }
    }

    /// What came of it all; none, once it is time for the next round.
    pub async fn settle<T, C: NoOutcome>(&mut self, round: Result<T, C>) -> Option<Result<T, C::Error>> {
        match round.map_err(C::obstacle) {
            Ok(outcome) => Some(Ok(outcome)),
            Err(Some(obstacle)) => Some(Err(obstacle)),
            Err(None) => {
                self.lost += 1;
                if self.lost == ROUNDS {
                    return Some(Err(C::given_up()));
                }
                tokio::time::sleep(wait(AFTER_LOSS, self.lost, self.chance)).await;
                None
            }
        }
    }
}

impl Store {
    /// Waits before the same is asked again of a database that was too busy.
    pub async fn pause(&self, attempt: u32) {
        tokio::time::sleep(wait(AFTER_THROTTLING, attempt, &self.chance)).await;
    }
}

/// How long to wait before this attempt, of which the first is 0: from the shortest wait, doubled each time, to twice that.
/// So the next wait is longer than this one, and two callers seldom wait equally long.
fn wait(shortest: Duration, attempt: u32, chance: &Chance) -> Duration {
    let mut bytes = [0; 8];
    chance(&mut bytes);
    let least = shortest * (1 << attempt.saturating_sub(1).min(DOUBLINGS));
    let more = u64::from_le_bytes(bytes) % u64::try_from(least.as_micros()).unwrap_or(u64::MAX);
    least + Duration::from_micros(more)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    };

    use super::*;

    fn chance(seed: u64) -> Chance {
        let next = AtomicU64::new(seed);
        Arc::new(move |bytes: &mut [u8]| {
            let drawn = next.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            bytes.copy_from_slice(&drawn.to_le_bytes()[..bytes.len()]);
        })
    }

    /// SAFE-07 whoever lost waits longer each time, up to a bound, and two who lost together wait differently.
    #[test]
    fn safe_07_waits_grow_and_differ() {
        for shortest in [AFTER_LOSS, AFTER_THROTTLING] {
            let (one, other) = (chance(1), chance(2));
            let of = |chance: &Chance| -> Vec<Duration> {
                (1..ROUNDS).map(|attempt| wait(shortest, attempt, chance)).collect()
            };
            let (one, other) = (of(&one), of(&other));
            let growing = &one[..=DOUBLINGS as usize];
            assert!(growing.is_sorted_by(|before, after| before < after), "{growing:?}");
            assert!(one.iter().all(|wait| (shortest..shortest * 64).contains(wait)), "{one:?}");
            assert!(one.iter().zip(&other).all(|(one, other)| one != other), "{one:?} {other:?}");
            // Even who loses every round is answered within the time that a request has.
            assert!(one.iter().sum::<Duration>() < shortest * 64 * ROUNDS);
        }
    }
}
