//! Limits: so many in a span, and when to try again (SAFE-07).

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
    window.filter(|window| now < add_minutes(window.since, minutes) && !is_beyond(window.since, now))
}

/// Whether a time at which something was done lies more than a day ahead. Clocks of two machines never differ so much: it is
/// the clock that was set back, and what was counted before must not lock anybody out until then.
pub fn is_beyond(at: Timestamp, now: Timestamp) -> bool {
    at > add_minutes(now, 24 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REG-05 what was counted before the clock was set back by months counts no more; a small difference changes nothing.
    #[test]
    fn reg_05_a_clock_that_is_set_back_locks_nobody_out() {
        let now: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let full = |since| Some(Window { since, count: 5 });
        assert_eq!(hit(full(add_minutes(now, 210 * 24 * 60)), now, 60, 5), Ok(Window { since: now, count: 1 }));
        assert!(hit(full(add_minutes(now, 5)), now, 60, 5).is_err());
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
