//! The table of limits in `infra/README.md` names every limit of the policy with its number, and nothing that is not there.

use std::collections::{BTreeMap, BTreeSet};

use licensing::Policy;
use serde_json::Value;
use tests::programs::root;

const FILE: &str = "infra/README.md";

/// Numbers of the policy that say how long something lasts, how fast, or how much it counts: nobody can use them up.
const MEASURES: &[&str] = &[
    "people.denial_undo_days",
    "people.end_notice_days",
    "people.inactive_days",
    "people.invitation_days",
    "people.job_undo_days",
    "people.review_days",
    // No function asks these three yet: they get rows in the table with it.
    "people.file_bytes",
    "people.file_rows",
    "links.months",
    "links.floor_days",
    "links.schedule_lead_hours",
    "links.delivery_days",
    "links.undo_hours",
    "links.revival_days",
    "links.move_days",
    "links.provisioning_minutes",
    "sign_in.code_minutes",
    "sign_in.bounce_weight",
    "sign_in.answers_for_one_more",
    "sign_in.strangers.mails_a_minute",
    "sign_in.strangers.slow_minutes",
    "sign_in.known.days",
    "sessions.hours",
    "sessions.idle_hours",
    "sessions.touch_minutes",
    "sessions.after_rotation_minutes",
    "addresses.proof_hours",
    "addresses.refused_days",
    "addresses.renew_days",
    "addresses.move_hours",
    "addresses.move_days",
    "joins.days",
    "requests.days",
    "requests.reminder_days",
    "requests.undecided_days",
    "requests.asker_reminds_working_days",
    "people.invitation_days",
    "people.end_notice_days",
    "people.denial_undo_days",
    // Of reviews, flags and files, which are not built yet.
    "people.review_days",
    "people.inactive_days",
    "people.file_rows",
    "people.file_bytes",
    "people.job_undo_days",
    "mails.redrive_minutes",
    "mails.bounce_days",
];

/// A row of the table.
struct Row {
    /// The whole line.
    line: String,
    /// The number in the column "how many".
    number: u64,
    /// Where it is set: `section.name`, or a file and what it is called there.
    set: String,
}

fn rows() -> Vec<Row> {
    let guide = std::fs::read_to_string(root().join(FILE)).expect("the guide");
    let section = guide.split("\n## Limits\n").nth(1).expect("it has a section of limits");
    let section = section.split("\n## ").next().and_then(|section| section.split("\n### ").next()).unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [who, what, per, number, set, over] = cells[..] else { panic!("{FILE}: six columns: {line}") };
            assert!([who, what, per, over].iter().all(|cell| !cell.is_empty()), "{FILE}: no cell is empty: {line}");
            let number = number.replace(',', "").parse().unwrap_or_else(|_| panic!("{FILE}: one number: {line}"));
            let set = set.strip_prefix('`').and_then(|set| set.strip_suffix('`'));
            let set = set.unwrap_or_else(|| panic!("{FILE}: says where it is set: {line}")).to_owned();
            Row { line: line.to_owned(), number, set }
        })
        .collect()
}

/// The policy's plain numbers by `section.name`.
fn policy() -> BTreeMap<String, u64> {
    fn numbers_of(prefix: &str, value: &Value, all: &mut BTreeMap<String, u64>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value.as_u64() {
                Some(number) => drop(all.insert(name, number)),
                None => numbers_of(&name, value, all),
            }
        }
    }
    let mut all = BTreeMap::new();
    numbers_of("", &serde_json::to_value(Policy::default()).expect("plain data"), &mut all);
    all
}

/// The value of `NAME: type = 64 * 1024;` or of `Name: 100` in a file.
fn fixed(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(root().join(file)).ok()?;
    let after = text.split(&format!("{name}: ")).nth(1)?;
    let value = match after.split_once(" = ") {
        Some((kind, value)) if kind.chars().all(|c| c.is_ascii_alphanumeric()) => value,
        _ => after,
    };
    let value = value.split([';', ',', '}', '\n']).next()?;
    value.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().ok()).product()
}

/// SAFE-07 who runs a deployment finds every limit in the guide with the number that holds, and what is answered over it.
#[test]
fn safe_07_every_limit_stands_in_the_guide_with_its_number() {
    let (rows, policy) = (rows(), policy());
    let mut named = BTreeSet::new();
    for Row { line, number, set } in &rows {
        let value = match set.split_once(' ') {
            Some((file, name)) => fixed(file, name).unwrap_or_else(|| panic!("{file} says nothing of {name}")),
            None => *policy.get(set).unwrap_or_else(|| panic!("{FILE}: the policy has no number {set}")),
        };
        assert_eq!(*number, value, "{FILE}: the number of {set}: {line}");
        assert!(named.insert(set.as_str()), "{FILE} has two rows of {set}");
        assert!(!MEASURES.contains(&set.as_str()), "{set} is a limit or a measure, not both");
    }
    for name in policy.keys() {
        assert!(
            named.contains(name.as_str()) || MEASURES.contains(&name.as_str()),
            "{name} stands neither in the table of limits in {FILE} nor among what this test knows as measures"
        );
    }
    for name in MEASURES {
        assert!(policy.contains_key(*name), "the policy has no number {name} any more");
    }
}

/// SAFE-07 each code that the table says is answered is one that there is.
#[test]
fn safe_07_what_is_answered_over_a_limit_is_a_problem_of_the_api() {
    let codes: BTreeSet<&str> = api::Code::ALL.iter().map(|code| code.as_str()).collect();
    for Row { line, .. } in rows() {
        let over = line.trim_matches('|').rsplit('|').next().unwrap_or_default().trim();
        let answer = over.split(' ').next().unwrap_or_default();
        if let (Ok(status), Some(code)) = (answer.parse::<u16>(), over.split('`').nth(1)) {
            assert!(codes.contains(code), "{FILE}: {code} is no problem of the API: {line}");
            let code: api::Code = serde_json::from_value(Value::from(code)).expect("a code");
            assert_eq!(code.status(), status, "{FILE}: {line}");
        }
    }
}
