//! The arrows between the modules, and what must be absent (infra/DECISIONS.md, README "Code map").

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

const RULES: &[&str] = &["licensing", "api"];
const SHARED: &[&str] = &["licensing", "api", "store", "mail", "outside", "gateway"];

/// Folders of what is made, not written.
const MADE: &[&str] = &["target", "node_modules", ".git", ".local", ".aws-sam", "test-results", "playwright-report"];

struct Workspace {
    root: PathBuf,
    /// Package → where it lies, below the root.
    folders: BTreeMap<String, String>,
    /// Package → its direct dependencies that are built into it (none of its tests' own).
    arrows: BTreeMap<String, BTreeSet<String>>,
}

fn workspace() -> Workspace {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the root").to_path_buf();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(&root)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let mut folders = BTreeMap::new();
    let mut arrows = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name").to_owned();
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = manifest.parent().and_then(|folder| folder.strip_prefix(&root).ok()).expect("below the root");
        folders.insert(name.clone(), folder.to_string_lossy().replace('\\', "/"));
        let built_in = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
            .collect();
        arrows.insert(name, built_in);
    }
    Workspace { root, folders, arrows }
}

impl Workspace {
    fn functions(&self) -> impl Iterator<Item = &str> {
        self.folders
            .iter()
            .filter(|(_, folder)| folder.starts_with("functions/") && !folder.starts_with("functions/shared/"))
            .map(|(name, _)| name.as_str())
    }

    fn ours(&self, package: &str) -> BTreeSet<&str> {
        self.arrows[package].iter().map(String::as_str).filter(|name| self.folders.contains_key(*name)).collect()
    }

    fn sources(&self, folder: &str) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut open = vec![self.root.join(folder)];
        while let Some(path) = open.pop() {
            for entry in std::fs::read_dir(&path).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&path).expect("a source is text");
                    found.push((path, text));
                }
            }
        }
        found
    }
}

#[test]
fn the_arrows_between_the_modules_point_one_way() {
    let workspace = workspace();
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("licensing", &[][..]),
        ("api", &["licensing"][..]),
        ("store", &["licensing"][..]),
        ("mail", &["licensing"][..]),
        ("outside", &["licensing"][..]),
        ("gateway", &["api", "licensing", "store", "mail", "outside"][..]),
        ("frontend", &["api", "licensing"][..]),
    ]);
    for (package, allowed) in allowed {
        for arrow in workspace.ours(package) {
            assert!(allowed.contains(&arrow), "{package} must not depend on {arrow}");
        }
    }
    for function in workspace.functions() {
        for arrow in workspace.ours(function) {
            assert!(SHARED.contains(&arrow), "functions never depend on each other: {function} on {arrow}");
        }
    }
}

#[test]
fn dynamodb_ses_and_the_event_bus_are_known_in_one_module_each() {
    let workspace = workspace();
    for (sdk, module) in [("aws-sdk-dynamodb", "store"), ("aws-sdk-sesv2", "mail"), ("aws-sdk-eventbridge", "outside")]
    {
        for (package, arrows) in &workspace.arrows {
            assert!(!arrows.contains(sdk) || package == module, "only {module} touches {sdk}, not {package}");
        }
    }
}

/// LINK-11 hosts of others are called in one module, which checks where a name leads: nothing else has a client for that.
#[test]
fn link_11_hosts_of_others_are_called_in_one_module() {
    let workspace = workspace();
    for (package, arrows) in &workspace.arrows {
        let deployed = workspace.folders[package].starts_with("functions/");
        for client in ["hyper", "hyper-util", "reqwest", "ureq"] {
            assert!(
                !deployed || !arrows.contains(client) || package == "outside",
                "{package} must not call by {client}"
            );
        }
    }
}

#[test]
fn rules_and_contract_are_pure() {
    let workspace = workspace();
    for package in RULES {
        for arrow in &workspace.arrows[*package] {
            let impure =
                arrow == "tokio" || arrow.starts_with("aws-") || arrow == "getrandom" || arrow.starts_with("lambda");
            assert!(!impure, "{package} must not depend on {arrow}");
        }
    }
    for (path, text) in workspace.sources("functions/shared/licensing/src") {
        for word in ["std::fs", "std::net", "std::env", "SystemTime", "Instant::now"] {
            assert!(!text.contains(word), "{} must not use {word}", path.display());
        }
    }
}

/// SAFE-07 functions write their log in one place, which says what is never in it. Tests may print.
#[test]
fn safe_07_functions_write_their_log_in_one_place() {
    let workspace = workspace();
    for (path, text) in workspace.sources("functions") {
        let file = path.strip_prefix(&workspace.root).expect("below the root").to_string_lossy().replace('\\', "/");
        if !file.contains("/src/") || file.contains("/src/testing") || file == "functions/shared/gateway/src/log.rs" {
            continue;
        }
        for word in ["print!(", "println!(", "tracing::", "log::info!", "io::stderr", "io::stdout", "dbg!("] {
            assert!(!text.contains(word), "{file} must not use {word}: functions log by gateway::log alone");
        }
    }
}

/// Who counts as a contact is asked for in one place. The names that a row loaded are read by what loads them and stores their rows.
#[test]
fn contacts_that_count_are_asked_for_in_one_place() {
    const LOADS: &[&str] = &[
        "functions/shared/licensing/src/import/",
        "functions/shared/store/src/licences.rs",
        "functions/load-orders/src/loader.rs",
        "infra/bench/src/bin/tree.rs",
    ];
    let workspace = workspace();
    for (path, text) in ["functions", "infra", "frontend"].into_iter().flat_map(|folder| workspace.sources(folder)) {
        let file = path.strip_prefix(&workspace.root).expect("below the root").to_string_lossy().replace('\\', "/");
        if file.contains("/src/")
            && !file.contains("/src/testing")
            && !LOADS.iter().any(|loads| file.starts_with(loads))
        {
            assert!(!text.contains("loaded_contacts"), "{file} must ask `Agreement::contacts`");
        }
    }
}

/// EXP-02 no function scans a table: nothing that functions are built from can, and only operators' commands do.
#[test]
fn exp_02_no_function_scans_a_table() {
    const SCANS: [&str; 2] = ["infra/admin/src/paging.rs", "infra/admin/src/token.rs"];
    let workspace = workspace();
    let mut scans = BTreeSet::new();
    for (path, text) in ["functions", "infra"].into_iter().flat_map(|folder| workspace.sources(folder)) {
        let file = path.strip_prefix(&workspace.root).expect("below the root").to_string_lossy().replace('\\', "/");
        if text.contains(".scan()") && !file.contains("/tests/") {
            scans.insert(file);
        }
    }
    assert_eq!(scans, SCANS.map(str::to_owned).into());
}

/// Within a package, too, the arrows point one way: a file can be read without those that use it.
#[test]
fn modules_of_a_package_do_not_use_each_other_in_a_circle() {
    let workspace = workspace();
    let mut circles: BTreeSet<(&str, Vec<String>)> = BTreeSet::new();
    let (mut modules, mut arrows) = (0, 0);
    for (package, folder) in &workspace.folders {
        let uses = uses_between_modules(&workspace, folder);
        modules += uses.len();
        arrows += uses.values().map(BTreeSet::len).sum::<usize>();
        let reached: BTreeMap<&String, BTreeSet<&String>> =
            uses.keys().map(|module| (module, reached_from(module, &uses))).collect();
        for (module, others) in &reached {
            let circle: Vec<String> = others
                .iter()
                .filter(|other| reached[**other].contains(*module))
                .map(|other| (*other).clone())
                .collect();
            if !circle.is_empty() {
                circles.insert((package, circle));
            }
        }
    }
    assert!(modules > 150 && arrows > 300, "only {modules} modules with {arrows} arrows were found");
    assert!(
        circles.is_empty(),
        "these modules use each other: move what they share into a file of its own\n{circles:#?}"
    );
}

/// All modules that a module uses, by whatever way. It is among them itself if it is part of a circle.
fn reached_from<'u>(module: &str, uses: &'u BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'u String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![module]);
    while let Some(module) = open.pop() {
        for other in &uses[module] {
            if reached.insert(other) {
                open.push(other);
            }
        }
    }
    reached
}

/// The top-level modules of a package, each with those that it uses: by their own name, or by one that the root exports. Unit tests
/// within a file are left out.
fn uses_between_modules(workspace: &Workspace, folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let source = workspace.root.join(folder).join("src");
    let mut files: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    let mut root = String::new();
    for (path, text) in workspace.sources(&format!("{folder}/src")) {
        let file = path.strip_prefix(&source).expect("below src").to_string_lossy().replace('\\', "/");
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
        match file.as_str() {
            "lib.rs" | "main.rs" => root += &text,
            _ => {
                // How many modules above it lie within the package.
                let depth = file.trim_end_matches("/mod.rs").matches('/').count();
                let module = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
                files.entry(module.to_owned()).or_default().push((depth, text));
            }
        }
    }
    let exported: BTreeMap<String, String> = files
        .keys()
        .flat_map(|module| names_behind(&root, &format!("{module}::")).into_iter().map(|name| (name, module.clone())))
        .collect();
    let uses = |module: &String| -> BTreeSet<String> {
        let of = files[module].iter().flat_map(|(depth, text)| {
            [names_behind(text, "crate::"), names_behind(text, &"super::".repeat(depth + 1))].concat()
        });
        let modules =
            of.filter_map(|name| if files.contains_key(&name) { Some(name) } else { exported.get(&name).cloned() });
        modules.filter(|other| other != module).collect()
    };
    files.keys().map(|module| (module.clone(), uses(module))).collect()
}

/// The names that come directly behind a path, each of those in braces: `a` and `b` of `crate::{a::X, b}`.
fn names_behind(text: &str, path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let mut names = Vec::new();
    for (at, _) in text.match_indices(path) {
        // What ends like the path is another one: `super::super::` is not `super::`, nor is `subcrate::` `crate::`.
        if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let behind = &text[at + path.len()..];
        let Some(list) = behind.strip_prefix('{') else {
            names.push(name(behind));
            continue;
        };
        let (mut depth, mut begins) = (0, 0);
        for (place, letter) in list.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    names.push(name(&list[begins..place]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.push(name(&list[begins..place]));
                    begins = place + 1;
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn every_function_tells_its_story_and_starts_in_a_few_lines() {
    let workspace = workspace();
    let readme = std::fs::read_to_string(workspace.root.join("README.md")).expect("a README");
    for function in workspace.functions() {
        let row = format!("| `functions/{function}` | ");
        assert!(readme.contains(&row), "README.md: the code map has no row that begins with {row}");
        let folder = workspace.root.join(&workspace.folders[function]);
        let story = std::fs::read_to_string(folder.join("src/lib.rs")).expect("a function has src/lib.rs");
        assert!(story.starts_with("//! "), "{function}: src/lib.rs begins with what the function does");
        let main = std::fs::read_to_string(folder.join("src/main.rs")).expect("a function has src/main.rs");
        assert!(main.contains("gateway::boot::"), "{function} is started by gateway::boot");
    }
}

/// All files that somebody wrote, below the root.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if !path.is_dir() {
                let below = path.strip_prefix(root).expect("below the root");
                found.push(below.to_string_lossy().replace('\\', "/"));
            } else if !MADE.contains(&name.as_str()) && !name.starts_with("target-") {
                open.push(path);
            }
        }
    }
    found
}

/// What a line says to people: all of a document's, the comment in others.
fn said<'l>(file: &str, line: &'l str) -> &'l str {
    // A comment begins the line or stands behind a blank; `//` within an address does neither.
    let behind = |mark: &str| match line.trim_start().strip_prefix(mark) {
        Some(comment) => comment,
        None => line.split_once(&format!(" {mark}")).map_or("", |(_, comment)| comment),
    };
    match file.rsplit('.').next() {
        Some("md") => line,
        Some("rs" | "mjs") => behind("//"),
        Some("yaml" | "toml" | "py" | "sh") => behind("# "),
        _ => "",
    }
}

/// Names of files that documents speak of and that are made by whoever reads them, or stand for any name.
const NOT_HERE: &[&str] = &["keys.json", "NAME.js", "SCRIPT.js", "PATH.pem", "findings/NAME.sh"];

/// A file that a document or comment names is there, by its path or the end of it.
#[test]
fn every_file_that_is_named_is_there() {
    const ENDINGS: &[&str] =
        &["rs", "md", "yaml", "toml", "py", "mjs", "json", "jsonl", "txt", "pem", "css", "js", "html", "sh", "snap"];
    let root = workspace().root;
    let files = files(&root);
    let is_there = |name: &str| files.iter().any(|file| file == name || file.ends_with(&format!("/{name}")));
    let mut missing = Vec::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            let part_of_name = |c: char| c.is_ascii_alphanumeric() || "._/-@$*{}<>~:".contains(c);
            for word in said(file, line).split(|c| !part_of_name(c)) {
                let word = word.trim_end_matches(['.', ':']).trim_start_matches("../").trim_start_matches("./");
                let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
                let has_ending = word.rsplit_once('.').is_some_and(|(stem, ending)| {
                    stem.ends_with(|c: char| c.is_ascii_alphanumeric()) && ENDINGS.contains(&ending)
                });
                if is_plain && has_ending && !word.starts_with('/') && !NOT_HERE.contains(&word) && !is_there(word) {
                    missing.push(format!("{file}:{}: {word}", number + 1));
                }
            }
        }
    }
    assert!(missing.is_empty(), "these files are named and are not there:\n{}", missing.join("\n"));
}

/// What a package builds with is what its sources name, and what the workspace lists is what a package builds with.
#[test]
fn every_dependency_is_used() {
    // Named for its features alone; its manifest says why.
    const FOR_FEATURES: &[(&str, &str)] = &[("tests", "getrandom")];
    let workspace = workspace();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(&workspace.root)
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let (mut unused, mut used) = (Vec::new(), BTreeSet::new());
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let folder = &workspace.folders[name];
        let inner: Vec<&String> =
            workspace.folders.values().filter(|other| other.starts_with(&format!("{folder}/"))).collect();
        let sources: String = workspace
            .sources(folder)
            .into_iter()
            .filter(|(path, _)| !inner.iter().any(|inner| path.starts_with(workspace.root.join(inner))))
            .map(|(_, text)| text)
            .collect();
        let words: BTreeSet<&str> = sources.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let dependency = dependency["name"].as_str().expect("a name");
            used.insert(dependency.to_owned());
            let crate_name = dependency.strip_suffix("-rs").unwrap_or(dependency).replace('-', "_");
            if !words.contains(crate_name.as_str()) && !FOR_FEATURES.contains(&(name, dependency)) {
                unused.push(format!("{folder}/Cargo.toml: {dependency}"));
            }
        }
    }
    let manifest = std::fs::read_to_string(workspace.root.join("Cargo.toml")).expect("a manifest");
    let (_, listed) = manifest.split_once("[workspace.dependencies]").expect("the workspace lists dependencies");
    let listed = listed.lines().take_while(|line| !line.starts_with('['));
    for name in listed.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim()) {
        if !name.starts_with('#') && !used.contains(name) {
            unused.push(format!("Cargo.toml: {name}"));
        }
    }
    assert!(unused.is_empty(), "these dependencies serve nobody:\n{}", unused.join("\n"));
}
