//! `cargo xtask rules`: which test proves which rule.
//!
//! A rule has an id, `REG-01`. A test proves it by naming it in its doc comment (Rust) or in its title (browser).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Outcome,
    programs::{read_text, root},
};

/// `cargo xtask rules [--missing]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let only_missing = match arguments {
        [] => false,
        ["--missing"] => true,
        _ => return Err("cargo xtask rules [--missing]".to_owned()),
    };
    let specification = root().join("../shared/SPEC.md");
    let specified = if specification.is_file() { specified(&read_text(&specification)?) } else { Vec::new() };

    let mut proofs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources()? {
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        for test in tests_in(&file, &read_text(&file)?) {
            for id in test.ids {
                proofs.entry(id).or_default().push(format!("{name}: {}", test.name));
            }
        }
    }

    if specified.is_empty() {
        println!("(no specification here: only the rules that tests name)");
    }
    let unknown = proofs.keys().filter(|id| !specified.iter().any(|(known, _)| known == *id));
    let unknown: Vec<String> = unknown.cloned().collect();
    let mut missing = 0;
    for (id, text) in specified.iter().cloned().chain(unknown.iter().map(|id| (id.clone(), String::new()))) {
        match proofs.get(&id) {
            Some(_) if only_missing => {}
            Some(tests) => println!("{id:<8} {}", tests.join("\n         ")),
            None => {
                missing += 1;
                println!("{id:<8} — no test — {}", shortened(&text));
            }
        }
    }
    if specified.is_empty() {
        println!("{} rules are named by tests", unknown.len());
        return Ok(());
    }
    if !unknown.is_empty() {
        println!("not in the specification: {}", unknown.join(", "));
    }
    println!("{} of {} rules are proven, {missing} are not", specified.len() - missing, specified.len());
    Ok(())
}

/// A test, and the rules that it names.
#[derive(Debug, PartialEq)]
struct Test {
    name: String,
    ids: BTreeSet<String>,
}

/// The rules of the specification: `- REG-01 what it says`.
fn specified(text: &str) -> Vec<(String, String)> {
    let rule = |line: &str| {
        let (id, text) = line.strip_prefix("- ")?.split_once(' ')?;
        (ids_in(id).len() == 1).then(|| (id.to_owned(), text.to_owned()))
    };
    text.lines().filter_map(rule).collect()
}

/// Every file that may hold tests.
fn sources() -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["functions", "frontend", "infra", "tests"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["node_modules", "target", "playwright-report", "test-results"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if [".rs", ".ts", ".mjs", ".js", ".py"].iter().any(|end| name.ends_with(end)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn tests_in(file: &Path, text: &str) -> Vec<Test> {
    let tests = match file.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => rust_tests(text),
        Some("py") => python_tests(text),
        _ => browser_tests(text),
    };
    tests.into_iter().filter(|test| !test.ids.is_empty()).collect()
}

/// `/// REG-01 …`, then `#[test]` or the like, then `fn name`.
fn rust_tests(text: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    let (mut comment, mut is_test) = (String::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            comment.push_str(words);
            comment.push('\n');
        } else if line.starts_with("#[") || line.starts_with("//") {
            is_test |= line.starts_with("#[") && (line.contains("test]") || line.contains("test("));
        } else {
            if let Some(name) = function_name(line, "fn ").filter(|_| is_test) {
                tests.push(Test { name, ids: ids_in(&comment) });
            }
            comment.clear();
            is_test = false;
        }
    }
    tests
}

/// `def test_name():` with its doc string.
fn python_tests(text: &str) -> Vec<Test> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let test = |(at, line): (usize, &&str)| {
        let name = function_name(line, "def ").filter(|name| name.starts_with("test"))?;
        let doc: Vec<&str> = lines[at + 1..].iter().copied().take_while(|line| !line.is_empty()).take(6).collect();
        let doc = doc.join("\n");
        let doc = doc.trim_start().strip_prefix("\"\"\"").and_then(|doc| doc.split_once("\"\"\"")).map(|(doc, _)| doc);
        Some(Test { name, ids: ids_in(doc.unwrap_or_default()) })
    };
    lines.iter().enumerate().filter_map(test).collect()
}

/// `test('REG-01 …'` and `test.describe('REG-01 …'`; the title may be on the next line.
fn browser_tests(text: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    for start in ["test(", "it(", "describe("] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = text[at + start.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| ['\'', '"', '`'].contains(c)) else { continue };
            let title: String = rest[1..].chars().take_while(|c| *c != quote).collect();
            tests.push(Test { ids: ids_in(&title), name: title });
        }
    }
    tests
}

fn function_name(line: &str, keyword: &str) -> Option<String> {
    let (before, after) = line.split_once(keyword)?;
    let only_qualifiers = before.split_whitespace().all(|word| ["pub", "async", "pub(crate)"].contains(&word));
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (only_qualifiers && !name.is_empty()).then_some(name)
}

/// The ids in a text: capital letters, a hyphen, two digits.
fn ids_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_id = |word: &&str| {
        word.split_once('-').is_some_and(|(room, number)| {
            (2..=5).contains(&room.len())
                && room.bytes().all(|b| b.is_ascii_uppercase())
                && number.len() == 2
                && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    words.filter(is_id).map(str::to_owned).collect()
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(90).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn a_rust_test_names_its_rules_in_its_doc_comment() {
        let text =
            "/// XYZ-01, XYZ-02: it is so.\n#[tokio::test]\nasync fn it_is_so() {}\n\n/// XYZ-03\nfn helper() {}";
        assert_eq!(rust_tests(text), [Test { name: "it_is_so".to_owned(), ids: ids(&["XYZ-01", "XYZ-02"]) }]);
    }

    #[test]
    fn a_browser_test_names_its_rules_in_its_title() {
        let text = "test(\n  'XYZ-01 the back button works',\n async () => { await wait('XYZ-02'); });";
        let title = "XYZ-01 the back button works".to_owned();
        assert_eq!(browser_tests(text), [Test { name: title, ids: ids(&["XYZ-01"]) }]);
    }

    #[test]
    fn a_python_test_names_its_rules_in_its_doc_string() {
        let text = "def test_it_is_so():\n    \"\"\"XYZ-01: it is so.\"\"\"\n    assert True";
        assert_eq!(python_tests(text), [Test { name: "test_it_is_so".to_owned(), ids: ids(&["XYZ-01"]) }]);
    }

    #[test]
    fn the_specification_lists_a_rule_a_line() {
        let text = "## Rules\n- XYZ-01 It is so.\n- not a rule\n";
        assert_eq!(specified(text), [("XYZ-01".to_owned(), "It is so.".to_owned())]);
    }
}
