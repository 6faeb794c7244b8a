//! Days and instants: all in UTC, all as arguments.

pub use jiff::Timestamp;
pub use jiff::civil::Date;

use jiff::{
    SignedDuration, ToSpan,
    civil::{DateTime, Weekday},
    fmt::rfc2822,
    tz::Offset,
};

/// The last whole second that a [`Timestamp`] can hold: a few hours before the end of the year 9999.
const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// 00:00 UTC on `day`. Days that the range of instants cuts off, such as 9999-12-31 ("never"), become its end.
pub fn start_of(day: Date) -> Timestamp {
    hours_before(day, 0)
}

/// So many hours before 00:00 UTC on `day`. It counts on the calendar, which reaches a day further than instants do.
pub fn hours_before(day: Date, hours: u32) -> Timestamp {
    let at = day.at(0, 0, 0, 0).saturating_sub(SignedDuration::from_hours(i64::from(hours)));
    Offset::UTC.to_timestamp(at).unwrap_or(if at.year().is_negative() { Timestamp::MIN } else { LAST })
}

/// The day in UTC on which `at` falls.
pub fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// `day` plus calendar months; a day that the month lacks becomes its last (31 August + 6 months is 28 or 29 February).
pub fn add_months(day: Date, months: u32) -> Date {
    day.saturating_add(i64::from(months).months())
}

/// `at` plus whole hours, at most the last whole second that can be written.
pub fn add_hours(at: Timestamp, hours: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(i64::from(hours))).unwrap_or(LAST)
}

/// `at` plus whole days of 24 hours.
pub fn add_days(at: Timestamp, days: u32) -> Timestamp {
    add_hours(at, days.saturating_mul(24))
}

/// `at` plus so many working days: the same time of day, Saturdays and Sundays in UTC left out. Public holidays are not known
/// here.
pub fn add_working_days(at: Timestamp, days: u32) -> Timestamp {
    let (mut at, mut left) = (at, days);
    while left > 0 {
        at = add_days(at, 1);
        if !matches!(day_of(at).weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    at
}

/// `at` less whole hours, at least the first instant that can be written.
pub fn less_hours(at: Timestamp, hours: u32) -> Timestamp {
    at.saturating_sub(SignedDuration::from_hours(i64::from(hours))).unwrap_or(Timestamp::MIN)
}

/// `at` plus minutes.
pub fn add_minutes(at: Timestamp, minutes: u32) -> Timestamp {
    at.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}

/// What to write instead of a text that is no time, or none that can be written: the calendar goes on for a day longer than
/// instants do.
pub fn no_time(text: &str) -> String {
    let written = text.strip_suffix('Z').and_then(|text| text.parse::<DateTime>().ok());
    match written {
        Some(at) if at.year() > 0 && Offset::UTC.to_timestamp(at).is_err() => {
            format!("That is too late. The latest time is {LAST}")
        }
        _ => "Write the time as 2026-11-22T00:00:00Z".into(),
    }
}

/// The time that a header `Retry-After` names, in seconds from `now` or as a date of HTTP; none if it is neither.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(i64::from(u32::MAX));
        return Some(now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(LAST));
    }
    rfc2822::parse(text).ok().map(|at| at.timestamp())
}

/// When an activation link ends (ACT-11): 00:00 on the day after (purchase + months), or the floor after the first mail,
/// whichever is later.
pub fn link_expiry(purchased: Date, first_mailed: Timestamp, policy: &crate::policy::LinkPolicy) -> Timestamp {
    let last_good_day = add_months(purchased, policy.months);
    let by_purchase = last_good_day.tomorrow().map_or(LAST, start_of);
    by_purchase.max(add_days(first_mailed, policy.floor_days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn policy() -> crate::policy::LinkPolicy {
        crate::Policy::default().links
    }

    /// ACT-11 good through the day six calendar months after the purchase, month ends handled.
    #[test]
    fn act_11_six_months_with_month_ends() {
        let early = start_of(date(2026, 1, 1));
        for (bought, ends) in [
            (date(2026, 8, 31), date(2027, 3, 1)),
            (date(2027, 8, 31), date(2028, 3, 1)),
            (date(2026, 11, 10), date(2027, 5, 11)),
            (date(2027, 8, 29), date(2028, 3, 1)),
            (date(2026, 8, 28), date(2027, 3, 1)),
        ] {
            assert_eq!(link_expiry(bought, early, &policy()), start_of(ends), "bought {bought}");
        }
    }

    /// ACT-11 a day at the end of the calendar neither panics nor wraps around.
    #[test]
    fn act_11_the_end_of_the_calendar_holds() {
        let never = date(9999, 12, 31);
        assert_eq!(start_of(never), LAST);
        assert_eq!(link_expiry(never, start_of(date(2026, 1, 1)), &policy()), LAST);
        assert_eq!(start_of(date(-9999, 1, 1)), Timestamp::MIN);
        assert_eq!(add_days(LAST, 30), LAST);
    }

    /// ACT-06 the last days of the calendar have their 24 hours before, too.
    #[test]
    fn act_06_hours_before_the_end_of_the_calendar() {
        let written = |day, hours| hours_before(day, hours).to_string();
        assert_eq!(written(date(9999, 12, 31), 24), "9999-12-30T00:00:00Z");
        assert_eq!(written(date(9999, 12, 31), 1), "9999-12-30T22:00:00Z");
        assert_eq!(written(date(2026, 3, 1), 24), "2026-02-28T00:00:00Z");
        assert_eq!(hours_before(date(-9999, 1, 1), 24), Timestamp::MIN);
    }

    /// ACT-01 what is of the form and lies behind the last instant is too late, and the latest time is named; all else is told the
    /// form.
    #[test]
    fn act_01_a_time_that_is_too_late_is_told_the_latest() {
        let late = "That is too late. The latest time is 9999-12-30T22:00:00Z";
        for text in ["9999-12-31T23:00:00Z", "9999-12-30T22:00:01Z"] {
            assert_eq!((text.parse::<Timestamp>().is_err(), no_time(text).as_str()), (true, late), "{text}");
        }
        for text in ["2026-11-31T00:00:00Z", "10000-01-01T00:00:00Z", "2026-11-22 00:00:00Z", "today", "", "Z"] {
            assert_eq!(no_time(text), "Write the time as 2026-11-22T00:00:00Z", "{text}");
        }
        assert!("9999-12-30T22:00:00Z".parse::<Timestamp>().is_ok());
    }

    /// SAFE-07 EXP-01 instants are counted in UTC to the second, and end at the first and the last that can be written.
    #[test]
    fn exp_01_instants_are_counted_to_the_second_and_to_the_ends() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let last_second = at("2026-11-22T23:59:59Z");
        assert_eq!((day_of(last_second), day_of(at("2026-11-23T00:00:00Z"))), (date(2026, 11, 22), date(2026, 11, 23)));
        assert_eq!(
            (add_minutes(last_second, 10), add_minutes(Timestamp::MAX, 1)),
            (at("2026-11-23T00:09:59Z"), Timestamp::MAX)
        );
        assert_eq!(
            (less_hours(last_second, 24), less_hours(Timestamp::MIN, 1)),
            (at("2026-11-21T23:59:59Z"), Timestamp::MIN)
        );
        assert_eq!(
            (add_hours(last_second, 1), add_days(last_second, 7)),
            (at("2026-11-23T00:59:59Z"), at("2026-11-29T23:59:59Z"))
        );
    }

    /// ACT-11 never less than 30 days after it was first mailed.
    #[test]
    fn act_11_floor_of_thirty_days() {
        let mailed = start_of(date(2027, 2, 28));
        assert_eq!(link_expiry(date(2026, 8, 31), mailed, &policy()), start_of(date(2027, 3, 30)));
    }

    proptest! {
        /// ACT-11 the expiry is the later of both bounds, whatever the dates.
        #[test]
        fn act_11_is_the_later_bound(bought in 0i64..40_000, mailed in 0i64..40_000) {
            let bought = date(1990, 1, 1).saturating_add(bought.days());
            let mailed = start_of(date(1990, 1, 1).saturating_add(mailed.days()));
            let ends = link_expiry(bought, mailed, &policy());
            prop_assert!(ends >= add_days(mailed, 30));
            prop_assert!(ends > start_of(add_months(bought, 6)));
            prop_assert!(ends == add_days(mailed, 30) || ends == add_hours(start_of(add_months(bought, 6)), 24));
        }
    }
}
