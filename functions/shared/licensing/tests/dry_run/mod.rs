//! A dry run in memory: bytes in, what `countersign import --dry-run` prints out.

#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]

use std::sync::LazyLock;

use licensing::{
    Policy, Timestamp,
    import::{Everybody, LineReport, Lines, Reader, Record, Refusal, Row, RowOutcome, World},
};

/// The time at which the examples were judged.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

/// The numbers that the dates in tests were worked out with: a default that changes leaves them as they are.
pub(crate) fn policy() -> Policy {
    static READ: LazyLock<Policy> =
        LazyLock::new(|| Policy::from_json(include_str!("../../../../../tests/data/policy.json")).expect("a policy"));
    READ.clone()
}

/// The rows of a file.
pub(crate) fn rows(bytes: &[u8]) -> Vec<Row> {
    let (mut lines, mut reader, mut rows) = (Lines::new(), Reader::new(), Vec::new());
    let mut chunk = bytes;
    while let Some(line) = lines.next(&mut chunk) {
        rows.push(reader.read(&line));
    }
    rows.extend(lines.last().map(|line| reader.read(&line)));
    rows
}

/// The only row of a text.
pub(crate) fn row(text: &str) -> Row {
    let mut rows = rows(text.as_bytes());
    assert_eq!(rows.len(), 1, "{text}");
    rows.remove(0)
}

/// Judges a row.
pub(crate) fn take(world: &mut World, row: Row) -> Result<RowOutcome, Refusal> {
    world.take(row, now(), &policy().links)
}

/// Takes rows that are all good.
pub(crate) fn load(world: &mut World, text: &str) {
    for row in rows(text.as_bytes()) {
        let number = row.number();
        take(world, row).unwrap_or_else(|refusal| panic!("row {number} of the set-up: {refusal}"));
    }
}

/// What is printed of a row.
pub(crate) fn printed(taken: &Result<RowOutcome, Refusal>) -> String {
    let line = |report: String| report + "\n";
    match taken {
        Ok(RowOutcome::Ordered(order, verdicts)) => {
            LineReport::of(&order.id, verdicts).map(|report| line(serde_json::to_string(&report).unwrap())).collect()
        }
        Ok(RowOutcome::Unchanged | RowOutcome::Stored(_)) => String::new(),
        Err(refusal) => line(serde_json::to_string(refusal).unwrap()),
    }
}

/// What a dry run of a file prints, from this world on.
pub(crate) fn dry_run(world: &mut World, bytes: &[u8]) -> String {
    rows(bytes).into_iter().map(|row| printed(&take(world, row))).collect()
}

/// What `--access` prints of a file.
pub(crate) fn report(bytes: &[u8]) -> String {
    let (mut world, mut everybody) = (World::empty(), Everybody::default());
    for row in rows(bytes) {
        if let Ok(taken) = take(&mut world, row) {
            everybody.note(&taken, now());
        }
    }
    lines(&everybody, now())
}

/// Everybody's rights at a time.
pub(crate) fn lines(everybody: &Everybody, now: Timestamp) -> String {
    everybody.lines(now).map(|line| line.to_json() + "\n").collect()
}

/// The record as the row that it is written as.
pub(crate) fn written(record: &Record) -> String {
    serde_json::to_string(record).unwrap()
}
