//! Another commit of this repository, built beside the present one.

use std::path::PathBuf;

use crate::{
    Outcome,
    programs::{cargo, compile, program, root, succeed_silently},
};

/// Builds these packages' programs of a commit, as far as it has them, and says in which folder they are. What was built before
/// is used again.
///
/// # Errors
/// Where git does not know the commit, or it can't be built.
pub(crate) fn programs(commit: &str, packages: &[&str], profile: &str) -> Outcome<PathBuf> {
    let name = succeed_silently(
        program("git").args(["rev-parse", "--verify", "--short=12", &format!("{commit}^{{commit}}")]),
        &format!("looking for the commit {commit}"),
    )?;
    let name = name.trim();
    let sources = root().join("target/commits").join(name);
    if !sources.join("Cargo.toml").exists() {
        let place = sources.to_str().ok_or("the path of the repository is no text")?;
        // A folder that was deleted by hand is still on git's list.
        succeed_silently(program("git").args(["worktree", "prune"]), "git worktree prune")?;
        succeed_silently(program("git").args(["worktree", "add", "--detach", place, name]), "git worktree add")?;
    }
    // A function may be younger than the commit.
    let mut ask = cargo();
    ask.current_dir(&sources).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata = succeed_silently(&mut ask, &format!("asking cargo for the packages of {name}"))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let has = |package: &&&str| {
        let all = metadata["packages"].as_array().into_iter().flatten();
        all.into_iter().any(|known| known["name"] == **package)
    };
    let packages: Vec<&str> = packages.iter().filter(has).copied().collect();
    // One folder for all commits: what they depend on is mostly the same.
    let target = root().join("target/commits/target");
    let mut build = cargo();
    build.current_dir(&sources).env("CARGO_TARGET_DIR", &target).args(["build", "--bins", "--profile", profile]);
    build.args(packages.iter().flat_map(|package| ["--package", package]));
    compile(&mut build, &format!("building {name} for `{profile}`"))?;
    Ok(target.join(profile))
}
