//! `cargo xtask mutants`: changes the rules that decide who may do what, one place at a time, and tells which change no test notices.

use std::{env, path::PathBuf};

use crate::{
    Outcome,
    programs::{answer, cargo, compile, note, program, root, succeed},
};

/// The version that was tried.
const VERSION: &str = "27.1.0";

/// What is changed: who may do what, and requests for it.
const RULES: [&str; 2] = ["functions/shared/licensing/src/access/**", "functions/shared/licensing/src/request/**"];

/// The tests that have to notice. They are quick and their names say which rule is broken; only they are built for each change.
const TESTS: [&str; 4] = ["access", "access_rows", "request", "standing"];

/// Seconds that the tests may take at least. They need ten, and more where a machine does much else.
const AT_LEAST: &str = "120";

/// `cargo xtask mutants [ARGUMENTS]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let tool = install()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = tool.parent().map(PathBuf::from).into_iter().chain(env::split_paths(&path));
    let path = env::join_paths(folders).map_err(|e| format!("PATH: {e}"))?;
    // It changes a copy of this folder, which has a target of its own.
    let mut mutants = cargo();
    mutants.env_remove("CARGO_TARGET_DIR").env("PATH", path);
    mutants.args(["mutants", "--package", "licensing", "--output", "target/mutants"]);
    mutants.args(["--minimum-test-timeout", AT_LEAST]);
    mutants.args(RULES.iter().flat_map(|rules| ["--file", rules]));
    mutants.args(TESTS.map(|test| format!("--cargo-arg=--test={test}"))).args(arguments);
    succeed(&mut mutants, "cargo mutants (2: see target/mutants/mutants.out/missed.txt)")
}

/// Into a folder of its own, so that nothing of the machine changes.
fn install() -> Outcome<PathBuf> {
    let folder = root().join("target/tools/cargo-mutants");
    let tool = folder.join("bin").join(format!("cargo-mutants{}", env::consts::EXE_SUFFIX));
    let installed = answer(program(&tool).args(["mutants", "--version"]));
    if installed.is_some_and(|said| said.ends_with(VERSION)) {
        return Ok(tool);
    }
    note(&format!("installing cargo-mutants {VERSION}"));
    let mut install = cargo();
    install.args(["install", "cargo-mutants", "--locked", "--debug", "--version", VERSION, "--root"]).arg(&folder);
    compile(&mut install, "installing cargo-mutants")?;
    Ok(tool)
}
