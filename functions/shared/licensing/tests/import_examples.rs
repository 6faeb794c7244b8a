//! The examples of the format, byte for byte.

mod dry_run;

use dry_run::{dry_run, report, rows, take};
use licensing::import::{RowOutcome, World};

const SAMPLE: &[u8] = include_bytes!("../../../../tests/data/sample.jsonl");
const REFUSALS: &[u8] = include_bytes!("../../../../tests/data/refusals.jsonl");

/// ACT-01 a dry run says for every order line what would happen and why, and why a row can't be taken.
#[test]
fn act_01_a_dry_run_of_the_sample_prints_what_is_expected() {
    let expected = include_str!("../../../../tests/data/sample.expected.jsonl");
    assert_eq!(dry_run(&mut World::empty(), SAMPLE), expected);
}

/// ACT-01 every way in which a row can be at fault has its code and field.
#[test]
fn act_01_a_dry_run_of_the_refusals_prints_what_is_expected() {
    let expected = include_str!("../../../../tests/data/refusals.expected.jsonl");
    assert_eq!(dry_run(&mut World::empty(), REFUSALS), expected);
}

/// ACT-01 what nobody can see in a text is refused by name, so that one number does not become several.
#[test]
fn act_01_a_dry_run_of_the_texts_prints_what_is_expected() {
    let expected = include_str!("../../../../tests/data/texts.expected.jsonl");
    assert_eq!(dry_run(&mut World::empty(), include_bytes!("../../../../tests/data/texts.jsonl")), expected);
}

const ACCESS: &[u8] = include_bytes!("../../../../tests/data/access.jsonl");

/// ROLE-07 PERM-03 PERM-04 rows tell of assignments, removals and opt-outs, and what a removal does to order lines.
#[test]
fn role_07_a_dry_run_of_assignments_prints_what_is_expected() {
    let expected = include_str!("../../../../tests/data/access.expected.jsonl");
    assert_eq!(dry_run(&mut World::empty(), ACCESS), expected);
}

/// ROLE-06 ROLE-03 ROLE-04 ROLE-05 ROLE-07 everybody's rights with their sources, byte for byte.
#[test]
fn role_06_everybodys_rights_are_printed_as_expected() {
    assert_eq!(report(ACCESS), include_str!("../../../../tests/data/access.report.jsonl"));
}

/// ACT-01 a few hundred random rows with few keys, so that they replace, contradict and interrupt each other, and every
/// third with a fault. A second program, written from the format's description alone, printed what is expected.
#[test]
fn act_01_two_readings_of_the_format_agree() {
    let expected = include_str!("../../../../tests/data/mixed.expected.jsonl");
    let rows = include_bytes!("../../../../tests/data/mixed.jsonl");
    assert_eq!(dry_run(&mut World::empty(), rows), expected);
}

/// ACT-01 re-loading the same rows changes nothing: orders print nothing, whatever was replaced in between.
#[test]
fn act_01_loading_the_sample_again_prints_no_order() {
    let mut world = World::empty();
    let first = dry_run(&mut world, SAMPLE);
    let keys = world.keys();
    let again: Vec<_> = rows(SAMPLE).into_iter().map(|row| take(&mut world, row)).collect();
    assert!(first.contains("\"order\""));
    assert!(!again.iter().any(|taken| matches!(taken, Ok(RowOutcome::Ordered(..)))));
    assert_eq!(world.keys(), keys);
}

/// ACT-01 the ways in which editors and systems end lines are all the same.
#[test]
fn act_01_a_byte_order_mark_and_carriage_returns_make_no_difference() {
    let text = str::from_utf8(SAMPLE).unwrap();
    let expected = dry_run(&mut World::empty(), SAMPLE);
    let marked = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(dry_run(&mut World::empty(), marked.as_bytes()), expected);
    assert_eq!(dry_run(&mut World::empty(), text.trim_end().as_bytes()), expected);
}
