//! The clock of the command line: read once, here, and handed on.

use std::time::{SystemTime, UNIX_EPOCH};

use licensing::Timestamp;

/// The present second. Fractions would only make output harder to read and to compare.
#[expect(clippy::disallowed_methods, reason = "a command begins now; everything behind it takes `now` as an argument")]
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}
