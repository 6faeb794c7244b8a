//! Whether an agreement runs (LIC-01).

use serde::{Deserialize, Serialize};

use jiff::ToSpan as _;

use crate::when::Date;

/// Whether an agreement runs, as lists and pages say it. Rights don't depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Running {
    /// Its first day is still to come.
    ToCome,
    /// It runs.
    Active,
    /// It runs, and ends within [`Running::ENDING_DAYS`].
    Ending,
    /// Its last day is over.
    Ended,
}

impl Running {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ToCome, Self::Active, Self::Ending, Self::Ended];

    /// An end is announced so many days before.
    pub const ENDING_DAYS: i64 = 90;

    /// Of an agreement with this first and last day. It runs on both.
    pub fn of(starts: Date, ends: Date, today: Date) -> Self {
        if ends < today {
            Self::Ended
        } else if today < starts {
            Self::ToCome
        } else if ends < today.saturating_add(Self::ENDING_DAYS.days()) {
            Self::Ending
        } else {
            Self::Active
        }
    }

    /// Whether it can be made use of, now or soon: it has not ended.
    pub fn is_current(self) -> bool {
        self != Self::Ended
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToCome => "to-come",
            Self::Active => "active",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIC-01 an agreement runs on its first and on its last day, and is said to end in its last ninety.
    #[test]
    fn lic_01_an_agreement_runs_from_its_first_day_to_its_last() {
        let day = |text: &str| -> Date { text.parse().expect("a day") };
        let of = |today: &str| Running::of(day("2026-01-01"), day("2026-12-31"), day(today)).as_str();
        let days = ["2025-12-31", "2026-01-01", "2026-10-02", "2026-10-03", "2026-12-31", "2027-01-01"];
        assert_eq!(days.map(of), ["to-come", "active", "active", "ending", "ending", "ended"]);
        for state in Running::ALL {
            assert_eq!(serde_json::to_value(state).expect("a text"), state.as_str());
        }
    }
}
