//! `cargo xtask rules`: the rule book (`infra/RULES.md`) and the tests that prove its rules.
//!
//! A rule has an id, `REG-01`. A test proves it by naming it in its doc comment (Rust, Python) or in its title (browser).
//! The book says what each rule asks for, and names some of the tests that prove it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    Outcome, links,
    programs::{read_text, root, write},
    sources::files,
};

/// The rule book.
const BOOK: &str = "infra/RULES.md";

/// What stands in place of tests where there are none.
const NOT_BUILT: &str = "Not built yet.";

/// So many tests of a rule are named in the book; `cargo xtask rules` prints all of them.
const NAMED: usize = 3;

/// `cargo xtask rules [--missing | --write]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    match arguments {
        [] => print(false),
        ["--missing"] => print(true),
        ["--write"] => fill(),
        _ => Err("Usage: cargo xtask rules [--missing | --write]".to_owned()),
    }
}

/// The book is true of the code (see [`faults`]), and documents point to what exists.
pub(crate) fn check() -> Outcome {
    let (book, proofs) = (book()?, proofs()?);
    let mut faults = faults(&book, &proofs);
    faults.extend(unknown_ids(&book)?);
    if faults.is_empty() {
        return links::check();
    }
    Err(format!("{}\nRun `cargo xtask rules --write` to correct the proofs in {BOOK}", faults.join("\n")))
}

fn print(only_missing: bool) -> Outcome {
    let (book, proofs) = (book()?, proofs()?);
    let mut missing = 0;
    for rule in &book {
        match proofs.get(&rule.id) {
            Some(_) if only_missing => {}
            Some(tests) => {
                let tests: Vec<String> = tests.iter().map(|(file, name)| format!("{file}: {name}")).collect();
                println!("{:<8} {}", rule.id, tests.join("\n         "));
            }
            None => {
                missing += 1;
                println!("{:<8} — not built yet — {}", rule.id, shortened(&rule.text));
            }
        }
    }
    println!("{} of {} rules are proven, {missing} are not built yet", book.len() - missing, book.len());
    check()
}

/// Writes what the book says of tests.
fn fill() -> Outcome {
    let file = root().join(BOOK);
    let text = read_text(&file)?;
    let filled = filled(&text, &proofs()?);
    if filled != text {
        write(&file, filled.as_bytes())?;
        println!("{BOOK}: written");
    }
    check()
}

fn book() -> Outcome<Vec<Rule>> {
    let rules = rules_in(&read_text(&root().join(BOOK))?);
    if rules.is_empty() { Err(format!("{BOOK} holds no rules")) } else { Ok(rules) }
}

/// The tests of each rule: file and name.
type Proofs = BTreeMap<String, Vec<(String, String)>>;

fn proofs() -> Outcome<Proofs> {
    let mut proofs = Proofs::new();
    for file in files(&[".rs", ".ts", ".mjs", ".js", ".py"])? {
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        for test in tests_in(&file, &read_text(&file)?) {
            for id in test.ids {
                proofs.entry(id).or_default().push((name.clone(), test.name.clone()));
            }
        }
    }
    Ok(proofs)
}

/// A rule of the book.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    id: String,
    text: String,
    /// The names of tests that the book gives; none where it says that the rule is not built.
    tests: Vec<String>,
    /// Whether it says that the rule is not built.
    not_built: bool,
}

/// The rules of the book: `- **REG-01** what it asks for`, then `Proof: ` and names in back quotes.
fn rules_in(text: &str) -> Vec<Rule> {
    items(text).into_iter().filter_map(|(_, item)| rule_of(&item)).collect()
}

fn rule_of(item: &str) -> Option<Rule> {
    let (id, rest) = item.strip_prefix("- **")?.split_once("** ")?;
    if ids_in(id).len() != 1 {
        return None;
    }
    let (text, proof) = rest.split_once("\n  Proof:").unwrap_or((rest, ""));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let tests = proof.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some(Rule { id: id.to_owned(), text, tests, not_built: proof.trim() == NOT_BUILT })
}

/// The items of the book's lists: the line at which each begins, and its text with the lines that belong to it.
fn items(text: &str) -> Vec<(usize, String)> {
    let mut items: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("- **") {
            items.push((at, line.to_owned()));
            open = true;
        } else if open && line.starts_with("  ") {
            let (_, item) = items.last_mut().expect("one is open");
            *item = format!("{item}\n{line}");
        } else {
            open = false;
        }
    }
    items
}

/// What the book says that is not so: tests that there are not, rules that are built and said not to be, and the reverse.
fn faults(book: &[Rule], proofs: &Proofs) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for rule in book {
        let Rule { id, tests, .. } = rule;
        if !seen.insert(id) {
            faults.push(format!("{BOOK}: {id} is there twice"));
        }
        let names: Vec<&str> = proofs.get(id).into_iter().flatten().map(|(_, name)| name.as_str()).collect();
        for test in tests.iter().filter(|test| !names.contains(&test.as_str())) {
            faults.push(format!("{BOOK}: {id} names {test}, and there is no such test that names {id}"));
        }
        if names.is_empty() && !rule.not_built {
            faults.push(format!("{BOOK}: {id} has no test, so it says `Proof: {NOT_BUILT}`"));
        }
        if !names.is_empty() && tests.is_empty() {
            faults.push(format!("{BOOK}: {id} names no test, and there is {}", names[0]));
        }
    }
    faults
}

/// The book with the names of tests: those that it gives stay as long as they are true.
fn filled(text: &str, proofs: &Proofs) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (at, item) in items(text).into_iter().rev() {
        let Some(rule) = rule_of(&item) else { continue };
        let (words, _) = item.split_once("\n  Proof:").unwrap_or((&item, ""));
        let whole = format!("{words}\n  Proof: {}", proof_of(&rule, proofs));
        let count = item.lines().count();
        lines.splice(at..at + count, whole.lines().map(str::to_owned));
    }
    lines.join("\n") + "\n"
}

fn proof_of(rule: &Rule, proofs: &Proofs) -> String {
    let Some(all) = proofs.get(&rule.id) else { return NOT_BUILT.to_owned() };
    let mut names: Vec<&str> = all.iter().map(|(_, name)| name.as_str()).filter(|name| !name.contains('`')).collect();
    // First what is named after the rule.
    let after = |name: &str| name.to_uppercase().replace('_', "-").starts_with(&rule.id);
    names.sort_by_key(|name| !after(name));
    let known = rule.tests.iter().map(String::as_str).filter(|test| names.contains(test));
    let mut named: Vec<&str> = known.collect();
    for name in &names {
        if named.len() < NAMED
            && named.len() < names.len()
            && !named.contains(name)
            && (named.is_empty() || after(name))
        {
            named.push(name);
        }
    }
    let quoted: Vec<String> = named.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(",\n  ") + "."
}

/// Ids of the book's families that it does not hold, wherever the code or a document names one.
fn unknown_ids(book: &[Rule]) -> Outcome<Vec<String>> {
    let mut unknown = Vec::new();
    for file in files(&[".rs", ".ts", ".mjs", ".js", ".py", ".md", ".json", ".yaml", ".toml", ".html", ".css"])? {
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        if name.ends_with("package-lock.json") {
            continue;
        }
        for (number, line) in (1..).zip(read_text(&file)?.lines()) {
            for id in unknown_in(line, book) {
                unknown.push(format!("{name}:{number}: {id} is not in {BOOK}"));
            }
        }
    }
    Ok(unknown)
}

/// The ids in a line that belong to a family of the book and are not in it. Other words that look like ids, such as UTF-16,
/// are none.
fn unknown_in(line: &str, book: &[Rule]) -> Vec<String> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_unknown = |word: &&str| {
        let Some((family, number)) = word.split_once('-') else { return false };
        let of_family = |rule: &Rule| rule.id.split_once('-').is_some_and(|(known, _)| known == family);
        !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
            && book.iter().any(of_family)
            && !book.iter().any(|rule| rule.id == *word)
    };
    words.filter(is_unknown).map(str::to_owned).collect()
}

/// A test, and the rules that it names.
#[derive(Debug, PartialEq)]
struct Test {
    name: String,
    ids: BTreeSet<String>,
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

    fn rule(id: &str, tests: &[&str]) -> Rule {
        let tests: Vec<String> = tests.iter().map(|test| (*test).to_owned()).collect();
        Rule { id: id.to_owned(), text: "It is so.".to_owned(), not_built: tests.is_empty(), tests }
    }

    const TWO: &str = "# Rules\n\n- **XYZ-01** It\n  is so.\n  Proof: `a`,\n  `b`.\n- **XYZ-02** It is so.\n  Proof: Not built yet.\n";

    #[test]
    fn the_book_has_an_item_a_rule() {
        assert_eq!(rules_in(TWO), [rule("XYZ-01", &["a", "b"]), rule("XYZ-02", &[])]);
        assert_eq!(rules_in("- **Bold** is no rule\n"), []);
    }

    #[test]
    fn the_book_names_tests_that_there_are_and_says_what_is_not_built() {
        let proofs = |tests: &[(&str, &str)]| -> Proofs {
            let mut proofs = Proofs::new();
            for (id, test) in tests {
                proofs.entry((*id).to_owned()).or_default().push(("file".to_owned(), (*test).to_owned()));
            }
            proofs
        };
        let book = [rule("XYZ-01", &["a"]), rule("XYZ-02", &[])];
        assert!(faults(&book, &proofs(&[("XYZ-01", "a"), ("XYZ-01", "c")])).is_empty());
        assert_eq!(faults(&book, &proofs(&[("XYZ-01", "c")])).len(), 1, "the test that is named is gone");
        assert_eq!(faults(&book, &proofs(&[])).len(), 2, "neither the test nor another one");
        assert_eq!(faults(&book, &proofs(&[("XYZ-01", "a"), ("XYZ-02", "d")])).len(), 1, "it is built");

        let all = proofs(&[("XYZ-01", "b"), ("XYZ-01", "xyz_01_first"), ("XYZ-02", "d")]);
        let written = filled(TWO, &all);
        assert!(written.contains("Proof: `b`,\n  `xyz_01_first`.\n") && written.contains("Proof: `d`."), "{written}");
        assert_eq!(filled(&written, &all), written);
    }

    #[test]
    fn ids_of_the_families_must_be_in_the_book() {
        let book = [rule("XYZ-01", &[])];
        assert_eq!(unknown_in("XYZ-01, XYZ-02 and XYZ-1; UTF-16, ABC-01, xyz-03, XYZ-01a", &book), ["XYZ-02", "XYZ-1"]);
    }
}
