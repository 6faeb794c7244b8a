//! The time that a call has.

use std::time::{Duration, SystemTime};

/// When a call has to come to an end by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadline(Option<SystemTime>);

impl Deadline {
    /// None: for one machine and tests.
    pub const NONE: Self = Self(None);

    /// At this time of the system's clock.
    pub const fn at(end: SystemTime) -> Self {
        Self(Some(end))
    }

    /// Whether there is none.
    pub const fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether less than this time is left.
    #[expect(
        clippy::disallowed_methods,
        reason = "Lambda's deadline is a time of the system's clock, not the portal's"
    )]
    pub fn is_within(&self, left: Duration) -> bool {
        self.0.is_some_and(|end| SystemTime::now() + left >= end)
    }
}
