//! The files of this repository.

use std::{fs, path::PathBuf};

use crate::{Outcome, programs::root};

/// Every file of ours with one of these endings.
pub(crate) fn files(endings: &[&str]) -> Outcome<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> =
        ["README.md", "Cargo.toml", "samconfig.toml"].iter().map(|name| root().join(name)).collect();
    found.retain(|file| endings.iter().any(|end| file.to_string_lossy().ends_with(end)));
    let mut folders: Vec<PathBuf> =
        ["functions", "frontend", "infra", "tests", "findings"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                let others = ["node_modules", "target", "playwright-report", "test-results"];
                if !others.contains(&name.as_str()) && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if endings.iter().any(|end| name.ends_with(end)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
