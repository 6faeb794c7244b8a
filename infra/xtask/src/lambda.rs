//! `cargo xtask lambda`: cargo-lambda, which starts single functions.

use std::{fs, path::PathBuf};

use crate::{
    Outcome,
    programs::{answer, cargo, debian_packages, note, program, root, succeed, succeed_silently},
};

/// The version that was tried.
const VERSION: &str = "1.9.2";

/// `cargo xtask lambda [ARGUMENTS]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    install()?;
    if arguments.is_empty() {
        note("cargo lambda is installed. README, \"Testing a single function\", says how to use it");
        return Ok(());
    }
    succeed(cargo().arg("lambda").args(arguments), "cargo lambda")
}

fn install() -> Outcome {
    if answer(cargo().args(["lambda", "--version"])).is_some() {
        return Ok(());
    }
    let by_hand = format!("cargo lambda is not on this machine. Run pip install cargo-lambda=={VERSION}");
    debian_packages_for_pip().map_err(|e| format!("{by_hand}\n{e}"))?;
    note(&format!("installing cargo-lambda {VERSION} from PyPI"));
    // Into a folder of its own, so that nothing of the machine's Python changes. Its Zig is for cross builds only.
    let folder = root().join("target/tools/cargo-lambda");
    let mut pip = program("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"]).arg(&folder);
    pip.arg(format!("cargo-lambda=={VERSION}"));
    succeed_silently(&mut pip, "pip install").map_err(|e| format!("{by_hand}\n{e}"))?;

    // Where cargo looks for its subcommands.
    let home = cargo_home()?.join("bin/cargo-lambda");
    let _ = fs::remove_file(&home);
    fs::copy(folder.join("bin/cargo-lambda"), &home).map_err(|e| format!("{}: {e}", home.display()))?;
    note(&format!("installed as {}", home.display()));
    match answer(cargo().args(["lambda", "--version"])) {
        Some(_) => Ok(()),
        None => Err(format!("{} does not start; {by_hand}", home.display())),
    }
}

fn debian_packages_for_pip() -> Outcome {
    if answer(program("python3").args(["-m", "pip", "--version"])).is_some() {
        return Ok(());
    }
    debian_packages(&["python3-pip"], "cargo-lambda")
}

fn cargo_home() -> Outcome<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    home.ok_or_else(|| "neither CARGO_HOME nor HOME is set".to_owned())
}
