//! `cargo xtask freeze NAME`: what this release stores, one item of each shape, as test data for all later ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use serde_json::Value;

use crate::{
    Outcome,
    programs::{cargo, files_in, note, read_text, root, succeed, write},
};

const USAGE: &str = "cargo xtask freeze NAME [FOLDER]";

/// The tests that drive the functions through everything that they store.
const TESTS: [&str; 15] = [
    "activate",
    "approve",
    "deliver",
    "events",
    "expire_links",
    "join_account",
    "load_orders",
    "manage_users",
    "operators",
    "provision",
    "register",
    "request_permission",
    "seal",
    "send_activation",
    "show",
];

/// A text that stands at one place in more than so many forms is no word of ours.
const MOST_WORDS: usize = 40;

/// Runs the functions' tests, or takes what they left in a folder before, and picks.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (name, folder) = match arguments {
        [name] => (name, None),
        [name, folder] => (name, Some(PathBuf::from(folder))),
        _ => return Err(USAGE.to_owned()),
    };
    let folder = match folder {
        Some(folder) => folder,
        None => seen_in_tests()?,
    };
    let mut items = BTreeSet::new();
    for file in files_in(&folder)? {
        items.extend(read_text(&file)?.lines().map(str::to_owned));
    }
    let all: Vec<Value> = items.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if all.len() < items.len() {
        let torn = items.len() - all.len();
        return Err(format!("{torn} lines in {} are no JSON: remove the folder and run it again", folder.display()));
    }
    let items: Vec<&Value> = all.iter().filter(|item| is_of_examples(item)).collect();
    note(&format!(
        "{} items seen, {} of them with addresses and hosts that are no examples",
        all.len(),
        all.len() - items.len()
    ));
    let picked = pick(&items);
    let lines = picked.iter().fold(String::new(), |lines, item| lines + &item.to_string() + "\n");
    let file = root().join(format!("tests/data/stored/{name}.jsonl"));
    write(&file, lines.as_bytes())?;
    note(&format!("{} items in {}; now cargo test --workspace --test stored", picked.len(), file.display()));
    Ok(())
}

fn seen_in_tests() -> Outcome<PathBuf> {
    let folder = root().join("target/stored");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut test = cargo();
    test.args(["test", "--quiet", "--workspace", "--no-fail-fast"]);
    test.args(TESTS.iter().flat_map(|name| ["--test", name]));
    let programs = env::var_os("COUNTERSIGN_PROGRAMS").map_or_else(|| root().join("target/debug"), PathBuf::from);
    test.env("COUNTERSIGN_STORED", &folder).env("COUNTERSIGN_PROGRAMS", programs);
    succeed(&mut test, "the functions' tests")?;
    Ok(folder)
}

/// So few that each place, type and word of all of them is in one. What adds most goes first; of equals the shortest.
fn pick(items: &[&Value]) -> Vec<Value> {
    let mut seen: Vec<(BTreeSet<String>, &Value)> = items.iter().map(|item| (features(item), *item)).collect();
    let mut words: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (place, word) in seen.iter().flat_map(|(features, _)| features).filter_map(|feature| feature.split_once('=')) {
        words.entry(place).or_default().insert(word);
    }
    let free: BTreeSet<String> =
        words.iter().filter(|(_, words)| words.len() > MOST_WORDS).map(|(place, _)| (*place).to_owned()).collect();
    for (features, _) in &mut seen {
        features.retain(|feature| feature.split_once('=').is_none_or(|(place, _)| !free.contains(place)));
    }
    let mut open: BTreeSet<String> = seen.iter().flat_map(|(features, _)| features.iter().cloned()).collect();
    let mut picked = Vec::new();
    while !open.is_empty() {
        let adds = |features: &BTreeSet<String>| features.intersection(&open).count();
        let best = seen.iter().max_by_key(|(features, item)| {
            (adds(features), std::cmp::Reverse(item.to_string().len()), std::cmp::Reverse(item.to_string()))
        });
        let Some((features, item)) = best else { break };
        picked.push((*item).clone());
        open = open.difference(features).cloned().collect();
    }
    picked.sort_by_key(|item| (item["table"].to_string(), item["item"].to_string()));
    picked
}

/// What an item shows: each place in it with its type, and the words that stand there. What is in a record that says which
/// variant it is counts for that variant.
fn features(item: &Value) -> BTreeSet<String> {
    let mut features = BTreeSet::new();
    look(&mut features, item["table"].as_str().unwrap_or_default(), &item["item"], true);
    features
}

fn look(features: &mut BTreeSet<String>, place: &str, record: &Value, is_top: bool) {
    let tag = ["kind", "name"].iter().find_map(|tag| record[tag]["S"].as_str()).filter(|tag| !is_top && is_word(tag));
    let place = tag.map_or_else(|| place.to_owned(), |tag| format!("{place}({tag})"));
    // Of all kinds in one table each has its places for itself.
    let keys = ["what", "item", "entry", "mark", "chain", "who"];
    let kind = keys.iter().filter_map(|key| record[key]["S"].as_str()).filter(|_| is_top);
    let kind = kind.map(|key| key.split('#').next().unwrap_or_default()).filter(|kind| is_word(kind));
    let place = kind.fold(place, |place, kind| format!("{place}/{kind}"));
    for (name, value) in record.as_object().into_iter().flatten() {
        let name = if is_word(&name.replace('_', "-")) { name.as_str() } else { "*" };
        value_at(features, &format!("{place}.{name}"), value);
    }
}

fn value_at(features: &mut BTreeSet<String>, place: &str, value: &Value) {
    let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else { return };
    features.insert(format!("{place}:{kind}"));
    match kind.as_str() {
        "M" => look(features, place, inner, false),
        "L" => {
            inner.as_array().into_iter().flatten().for_each(|inner| value_at(features, &format!("{place}[]"), inner));
        }
        "S" => {
            if let Some(word) = inner.as_str().filter(|word| is_word(word)) {
                features.insert(format!("{place}={word}"));
            }
        }
        "BOOL" => {
            features.insert(format!("{place}={inner}"));
        }
        _ => {}
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 40
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'.')
}

/// Whether all addresses and hosts in it are examples.
fn is_of_examples(item: &Value) -> bool {
    let text = item.to_string();
    let ends = |at: usize| {
        text[at..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)))
            .map_or("", |end| &text[at..at + end])
    };
    let hosts = text
        .match_indices('@')
        .map(|(at, _)| ends(at + 1))
        .chain(text.match_indices("://").map(|(at, _)| ends(at + 3)));
    hosts.filter(|host| host.contains('.')).all(|host| host.ends_with(".example"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(fields: Value) -> Value {
        json!({ "table": "licences", "item": fields })
    }

    #[test]
    fn one_item_of_each_variant_and_shape_is_picked() {
        let state = |name: &str| json!({ "state": { "M": { "name": { "S": name } } } });
        let more = json!({ "state": { "M": { "name": { "S": "open" }, "since": { "S": "2026-11-22" } } } });
        let all = [item(state("open")), item(state("open")), item(state("shut")), item(more)];
        let picked = pick(&all.iter().collect::<Vec<_>>());
        assert_eq!(picked.len(), 2, "{picked:?}");
    }

    #[test]
    fn only_examples_are_kept() {
        assert!(is_of_examples(&item(
            json!({ "to": { "S": "ann@contoso.example" }, "url": { "S": "https://a.example/x" } })
        )));
        for other in ["ann@gmail.com", "https://hooks.host.org/x"] {
            assert!(!is_of_examples(&item(json!({ "to": { "S": other } }))));
        }
    }
}
