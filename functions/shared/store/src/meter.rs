//! Counts what the database is asked: calls, sequential steps, capacity units.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aws_sdk_dynamodb::types::ConsumedCapacity;

use crate::Table;

/// Counts since the store was made. A step is a stretch of time in which at least one call is under way, so calls made
/// side by side are one step.
#[derive(Debug, Default)]
pub struct Meter {
    calls: AtomicU64,
    steps: AtomicU64,
    under_way: AtomicU64,
    answers: AtomicU64,
    // Capacity comes in halves; it is counted in tenths so that nothing is lost.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
    // Of these, what lies among what is short-lived: tallies, idempotency records.
    marks_read_tenths: AtomicU64,
    marks_write_tenths: AtomicU64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Reading {
    /// Calls.
    pub calls: u64,
    /// Sequential steps.
    pub steps: u64,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
    /// Of the read units, those of tallies and idempotency records.
    pub marks_read_units: f64,
    /// Of the write units, those of tallies and idempotency records.
    pub marks_write_units: f64,
}

impl Meter {
    /// What was counted so far.
    #[expect(clippy::cast_precision_loss, reason = "no deployment counts to 2^53 between two readings")]
    pub fn read(&self) -> Reading {
        Reading {
            calls: self.calls.load(Relaxed),
            steps: self.steps.load(Relaxed),
            read_units: self.read_tenths.load(Relaxed) as f64 / 10.0,
            write_units: self.write_tenths.load(Relaxed) as f64 / 10.0,
            marks_read_units: self.marks_read_tenths.load(Relaxed) as f64 / 10.0,
            marks_write_units: self.marks_write_tenths.load(Relaxed) as f64 / 10.0,
        }
    }

    /// How many calls the database has answered with what was asked for.
    pub fn answers(&self) -> u64 {
        self.answers.load(Relaxed)
    }

    /// A call's future is some 10 kB, and each function that waits for it would hold that once more: boxed, a request's
    /// future is small, and cheap to move through the layers around it.
    pub(crate) async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        let call = Box::pin(call);
        self.calls.fetch_add(1, Relaxed);
        if self.under_way.fetch_add(1, Relaxed) == 0 {
            self.steps.fetch_add(1, Relaxed);
        }
        let _leave = Leave(&self.under_way);
        call.await
    }

    pub(crate) fn used_read(&self, used: &[ConsumedCapacity]) {
        self.answers.fetch_add(1, Relaxed);
        self.read_tenths.fetch_add(tenths(used, ""), Relaxed);
        self.marks_read_tenths.fetch_add(tenths(used, Table::Marks.as_str()), Relaxed);
    }

    pub(crate) fn used_write(&self, used: &[ConsumedCapacity]) {
        self.answers.fetch_add(1, Relaxed);
        self.write_tenths.fetch_add(tenths(used, ""), Relaxed);
        self.marks_write_tenths.fetch_add(tenths(used, Table::Marks.as_str()), Relaxed);
    }
}

impl std::ops::Sub for Reading {
    type Output = Self;
    fn sub(self, before: Self) -> Self {
        Self {
            calls: self.calls - before.calls,
            steps: self.steps - before.steps,
            read_units: self.read_units - before.read_units,
            write_units: self.write_units - before.write_units,
            marks_read_units: self.marks_read_units - before.marks_read_units,
            marks_write_units: self.marks_write_units - before.marks_write_units,
        }
    }
}

struct Leave<'a>(&'a AtomicU64);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "units are small and not negative")]
fn tenths(used: &[ConsumedCapacity], of: &str) -> u64 {
    let of_table = used.iter().filter(|used| used.table_name().unwrap_or_default().ends_with(of));
    of_table.filter_map(ConsumedCapacity::capacity_units).map(|units| (units * 10.0).round() as u64).sum()
}
