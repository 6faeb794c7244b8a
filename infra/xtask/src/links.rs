//! Part of `cargo xtask rules`: what the documents point to exists.
//!
//! Every relative link leads to a file, every `#anchor` to a heading, and every path of this repository that stands in back
//! quotes is one. Addresses of other sites are not looked at, so that the check needs no network.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{
    Outcome,
    programs::{read_text, root},
    sources::files,
};

/// A text in back quotes that begins like this is a path in this repository.
const FOLDERS: [&str; 5] = ["functions/", "frontend/", "infra/", "tests/", "findings/"];

/// Every document points to what exists.
pub(crate) fn check() -> Outcome {
    let mut documents = BTreeMap::new();
    for file in files(&[".md"])? {
        let name = file.strip_prefix(root()).unwrap_or(&file).to_path_buf();
        documents.insert(name, Document::of(&read_text(&file)?));
    }
    let faults = faults(&documents, |path| fs::symlink_metadata(root().join(path)).is_ok());
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// What a document points to, each with its line, and where its readers can be sent.
#[derive(Debug, Default, PartialEq)]
struct Document {
    links: Vec<(usize, String)>,
    paths: Vec<(usize, String)>,
    anchors: BTreeSet<String>,
}

impl Document {
    fn of(text: &str) -> Self {
        let mut document = Self::default();
        let mut heading: Option<String> = None;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = || 1 + text[..range.start].matches('\n').count();
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap_or_default());
                    let before = seen.entry(slug.clone()).or_default();
                    document.anchors.insert(if *before == 0 { slug } else { format!("{slug}-{before}") });
                    *before += 1;
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push((line(), dest_url.into_string()));
                }
                Event::Text(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                    document.paths.extend(path_in(&words).map(|path| (line(), path.to_owned())));
                }
                _ => {}
            }
        }
        document
    }
}

/// A heading's anchor, as GitHub makes it: lower case, a hyphen for each space, and no other signs.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || ['-', '_', ' '].contains(c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The path that a text in back quotes begins with, where it is one of this repository: `infra/README.md`, and the file of
/// `infra/xtask/src/links.rs FOLDERS`. None where a part stands for others: `functions/NAME/`, `tests/data/*.jsonl`.
fn path_in(text: &str) -> Option<&str> {
    let path = text.split_whitespace().next()?;
    let is_ours = FOLDERS.iter().any(|folder| path.starts_with(folder));
    let stands_for_others = path.contains(['<', '*', '{', '…']) || path.split('/').any(is_placeholder);
    (is_ours && !stands_for_others).then_some(path)
}

/// A name in capitals, with an ending or without. Documents themselves have such names: `README.md`.
fn is_placeholder(part: &str) -> bool {
    let (stem, ending) = part.split_once('.').unwrap_or((part, ""));
    stem.len() > 1 && stem.bytes().all(|b| b.is_ascii_uppercase()) && ending != "md"
}

/// Where documents point to what does not exist. A document's name is its path in the repository.
fn faults(documents: &BTreeMap<PathBuf, Document>, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, document) in documents {
        let folder = name.parent().unwrap_or(Path::new(""));
        for (line, link) in document.links.iter().filter(|(_, link)| !is_elsewhere(link)) {
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, id)| (path, Some(id)));
            let file = match path.strip_prefix('/') {
                Some(from_the_root) => inside(Path::new(from_the_root)),
                None if path.is_empty() => Some(name.clone()),
                None => inside(&folder.join(path)),
            };
            let Some(file) = file.filter(|file| exists(file)) else {
                faults.push(format!("{}:{line}: there is no {path}, to which a link leads", name.display()));
                continue;
            };
            let Some((anchor, document)) = anchor.zip(documents.get(&file)) else { continue };
            if !document.anchors.contains(anchor) {
                let (name, file) = (name.display(), file.display());
                faults.push(format!("{name}:{line}: no heading of {file} has the anchor #{anchor}"));
            }
        }
        for (line, path) in document.paths.iter().filter(|(_, path)| !exists(Path::new(path))) {
            faults.push(format!("{}:{line}: there is no {path}, which stands in back quotes", name.display()));
        }
    }
    faults
}

/// Whether a link leads out of the repository: it begins with a scheme, `https:`, or a host, `//`.
fn is_elsewhere(link: &str) -> bool {
    let scheme = link.split(['/', '#', '?']).next().unwrap_or_default();
    scheme.contains(':') || link.starts_with("//")
}

/// A path without `.` and `..`; none where it leads out of the repository.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir if plain.pop() => {}
            _ => return None,
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headings_anchor_is_githubs() {
        for (heading, anchor) in [
            ("The two commands", "the-two-commands"),
            ("Vulnerabilities, licence", "vulnerabilities-licence"),
            ("REQ and APR: asking, and deciding", "req-and-apr-asking-and-deciding"),
            ("2026-11-22 · Links are sealed, not id + MAC", "2026-11-22--links-are-sealed-not-id--mac"),
            ("snake_case Überschrift?", "snake_case-überschrift"),
        ] {
            assert_eq!(slug(heading), anchor);
        }
    }

    #[test]
    fn headings_of_the_same_name_are_numbered() {
        let document = Document::of("# A `b`\n\n## A b\n\nA b\n===\n\n```\n# no heading\n```\n");
        assert_eq!(document.anchors, ["a-b", "a-b-1", "a-b-2"].map(str::to_owned).into());
    }

    #[test]
    fn links_and_paths_are_found_where_readers_see_them() {
        let text = "# T\n\n[a](b.md#c) ![d](e.png) [f][g]\n\n| `infra/x.rs LIMIT` |\n|---|\n| `x/y` [h](i) |\n\n```\n[no](link) `infra/no`\n```\n\n[g]: j\n";
        let document = Document::of(text);
        let at = |line: usize, text: &str| (line, text.to_owned());
        assert_eq!(document.links, [at(3, "b.md#c"), at(3, "e.png"), at(3, "j"), at(7, "i")]);
        assert_eq!(document.paths, [at(5, "infra/x.rs")]);
    }

    #[test]
    fn a_part_that_stands_for_others_is_no_path() {
        assert_eq!(path_in("infra/README.md"), Some("infra/README.md"));
        assert_eq!(path_in("functions/activate/src/lib.rs"), Some("functions/activate/src/lib.rs"));
        for other in
            ["functions/NAME/", "findings/NAME.sh", "tests/data/*.jsonl", "infra/<name>", "tests/{a,b}", "src/x"]
        {
            assert_eq!(path_in(other), None, "{other}");
        }
    }

    #[test]
    fn what_points_to_nothing_is_named() {
        let there = ["README.md", "infra/README.md", "infra/x.rs"];
        let faults_of = |text: &str| {
            let documents = [
                (PathBuf::from("README.md"), Document::of("# Start\n")),
                (PathBuf::from("infra/README.md"), Document::of(text)),
            ];
            faults(&documents.into(), |path| there.iter().any(|name| Path::new(name) == path))
        };
        let sound = "# Here\n\n[a](#here) [b](../README.md#start) [c](x.rs#L1) [d](/README.md) [e](https://x.example/#y) \
                     [f](mailto:a@x.example) `infra/x.rs`\n";
        assert_eq!(faults_of(sound), Vec::<String>::new());
        for (broken, fault) in [
            ("[a](y.rs)", "infra/README.md:1: there is no y.rs, to which a link leads"),
            ("[a](../../README.md)", "infra/README.md:1: there is no ../../README.md, to which a link leads"),
            ("\n\n[a](#there)", "infra/README.md:3: no heading of infra/README.md has the anchor #there"),
            ("[a](../README.md#end)", "infra/README.md:1: no heading of README.md has the anchor #end"),
            ("`infra/y.rs`", "infra/README.md:1: there is no infra/y.rs, which stands in back quotes"),
        ] {
            assert_eq!(faults_of(broken), [fault]);
        }
    }
}
