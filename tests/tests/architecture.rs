//! The arrows between the rooms, and what must be absent (infra/DECISIONS.md, README "Code map").

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

const RULES: &[&str] = &["licensing", "api"];
const SHARED: &[&str] = &["licensing", "api", "store", "mail", "outside", "gateway"];

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
fn the_arrows_between_the_rooms_point_one_way() {
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
fn dynamodb_ses_and_the_event_bus_are_known_in_one_room_each() {
    let workspace = workspace();
    for (sdk, room) in [("aws-sdk-dynamodb", "store"), ("aws-sdk-sesv2", "mail"), ("aws-sdk-eventbridge", "outside")] {
        for (package, arrows) in &workspace.arrows {
            assert!(!arrows.contains(sdk) || package == room, "only {room} touches {sdk}, not {package}");
        }
    }
}

/// LINK-11 hosts of others are called in one room, which checks where a name leads: nothing else has a client for that.
#[test]
fn link_11_hosts_of_others_are_called_in_one_room() {
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

/// EXP-02 no function scans a table.
#[test]
fn exp_02_no_function_scans_a_table() {
    let workspace = workspace();
    for (path, text) in workspace.sources("functions") {
        assert!(
            !text.contains(".scan()") || path.components().any(|part| part.as_os_str() == "tests"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_function_tells_its_story_and_starts_in_a_few_lines() {
    let workspace = workspace();
    let mut count = 0;
    for function in workspace.functions() {
        let folder = workspace.root.join(&workspace.folders[function]);
        let story = std::fs::read_to_string(folder.join("src/lib.rs")).expect("a function has src/lib.rs");
        assert!(story.starts_with("//! "), "{function}: src/lib.rs begins with what the function does");
        let main = std::fs::read_to_string(folder.join("src/main.rs")).expect("a function has src/main.rs");
        assert!(main.contains("gateway::boot::"), "{function} is started by gateway::boot");
        count += 1;
    }
    assert_eq!(count, 11, "a new function is added to the README's list as well");
}
