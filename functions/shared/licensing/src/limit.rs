//! Limits: so many in a span, and when to try again (SAFE-07).

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::when::{Timestamp, add_minutes};

/// How often something was done since the window began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When the first of them was.
    pub since: Timestamp,
    /// How many there were.
    pub count: u32,
}

/// Too many: the earliest time at which one more is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TryAgainAt(pub Timestamp);

/// The span of the clock in which `now` lies, of so many minutes: its number, and its end. For counters that are counted up
/// without being read first.
pub fn span(now: Timestamp, minutes: u32) -> (i64, Timestamp) {
    let seconds = i64::from(minutes.max(1)) * 60;
    let number = now.as_second().div_euclid(seconds);
    (number, Timestamp::from_second((number + 1).saturating_mul(seconds)).unwrap_or(Timestamp::MAX))
}

/// Slows down without ever shutting: below `most` everybody passes; above it one in two, above twice that one in four, and
/// so on, but always at least one in 16. The others are told to come back in a few seconds, not all at once. Both bytes are
/// drawn by chance.
pub fn brake(count: u64, most: u32, chance: [u8; 2], now: Timestamp) -> Result<(), TryAgainAt> {
    let times_over = count / u64::from(most.max(1));
    let one_in = 1_u8 << times_over.min(4);
    if chance[0].is_multiple_of(one_in) {
        return Ok(());
    }
    let seconds = SignedDuration::from_secs(2 + i64::from(chance[1] % 8));
    Err(TryAgainAt(now.saturating_add(seconds).unwrap_or(Timestamp::MAX)))
}

/// One more, if fewer than `most` were done in the last `minutes`.
pub fn hit(window: Option<Window>, now: Timestamp, minutes: u32, most: u32) -> Result<Window, TryAgainAt> {
    match live(window, now, minutes) {
        None => Ok(Window { since: now, count: 1 }),
        Some(window) if window.count < most => Ok(Window { count: window.count + 1, ..window }),
        Some(window) => Err(TryAgainAt(add_minutes(window.since, minutes))),
    }
}

/// The window, if it has not run out.
pub fn live(window: Option<Window>, now: Timestamp, minutes: u32) -> Option<Window> {
    window.filter(|window| now < add_minutes(window.since, minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REG-05 the brake slows down the more the further above the limit, and never shuts.
    #[test]
    fn reg_05_the_brake_lets_a_fraction_through_and_never_shuts() {
        let now: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let passed = |count| (0..=255).filter(|byte| brake(count, 600, [*byte, 0], now).is_ok()).count();
        assert_eq!([0, 599, 600, 1199, 1200, 1800].map(passed), [256, 256, 128, 128, 64, 32]);
        assert_eq!([2400, u64::MAX].map(passed), [16, 16]);
        for byte in 0..=255 {
            let TryAgainAt(at) = brake(600, 600, [1, byte], now).unwrap_err();
            assert!((2..=9).contains(&(at.as_second() - now.as_second())));
        }
    }

    /// REG-05 a span ends on the clock's full minutes.
    #[test]
    fn reg_05_spans_follow_the_clock() {
        let (first, end) = span("2026-11-22T03:59:59Z".parse().unwrap(), 60);
        assert_eq!(end, "2026-11-22T04:00:00Z".parse().unwrap());
        assert_eq!(span(end, 60), (first + 1, "2026-11-22T05:00:00Z".parse().unwrap()));
    }

    /// REG-05 SAFE-07 the fifth is taken, the sixth is told when to try again, and then it is taken.
    #[test]
    fn safe_07_a_limit_says_when_it_ends() {
        let start: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let mut window = None;
        for minute in 0..5 {
            window = Some(hit(window, add_minutes(start, minute), 60, 5).unwrap());
        }
        assert_eq!(hit(window, add_minutes(start, 59), 60, 5), Err(TryAgainAt(add_minutes(start, 60))));
        assert_eq!(hit(window, add_minutes(start, 60), 60, 5).unwrap().count, 1);
    }
}
