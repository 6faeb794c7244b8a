//! `cargo xtask run`: the whole portal on this machine.

use std::{fs, os::unix::process::CommandExt};

use crate::{
    Outcome, pages,
    programs::{answer, cargo, compile, debian_packages, note, program, root, timed},
    toolchain::Profile,
};

const USAGE: &str = "Usage: cargo xtask run [--release] [--fresh] [--port N] [--at TIME]";

/// `cargo xtask run`: builds what changed, then becomes the server.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let wish = Wish::parse(arguments)?;
    let data = root().join(".local");
    if wish.fresh && data.exists() {
        note("deleting .local: the database, the mailbox and the keys of this machine");
        fs::remove_dir_all(&data).map_err(|e| format!(".local: {e}"))?;
    }

    c_compiler()?;
    pages::build(if wish.release { Profile::Release } else { Profile::Quick })?;
    note("portal: compiling (the first time takes some minutes)");
    let (built, time) = timed(build);
    built?;
    note(&format!("portal: built in {:.0} s", time.as_secs_f32()));

    let mut portal = program(root().join("target/quick/local"));
    portal.args(["--pages", "target/pages", "--data", ".local"]).args(wish.passed);
    Err(format!("target/quick/local does not start: {}", portal.exec()))
}

/// The server's libraries (the database, cryptography) are partly C.
pub(crate) fn c_compiler() -> Outcome {
    if answer(program("cc").arg("--version")).is_some() {
        return Ok(());
    }
    debian_packages(&["gcc", "libc6-dev"], "the embedded database")
}

fn build() -> Outcome {
    let mut build = cargo();
    build.args(["build", "--profile", "quick", "--package", "local", "--package", "countersign-admin"]);
    compile(&mut build, "building the portal")
}

#[derive(Default)]
struct Wish {
    release: bool,
    fresh: bool,
    passed: Vec<String>,
}

impl Wish {
    fn parse(arguments: &[&str]) -> Outcome<Self> {
        let mut wish = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--release" => wish.release = true,
                "--fresh" => wish.fresh = true,
                "--port" | "--at" => {
                    let value = rest.next().ok_or_else(|| format!("{argument} needs a value: {USAGE}"))?;
                    wish.passed.extend([(*argument).to_owned(), (*value).to_owned()]);
                }
                other => return Err(format!("{other} is not known: {USAGE}")),
            }
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_and_the_time_are_passed_on() {
        let wish = Wish::parse(&["--fresh", "--port", "4000", "--at", "2026-01-05T09:00:00Z"]).expect("all are known");
        assert!(wish.fresh && !wish.release);
        assert_eq!(wish.passed, ["--port", "4000", "--at", "2026-01-05T09:00:00Z"]);
    }

    #[test]
    fn an_option_without_its_value_is_refused() {
        assert!(Wish::parse(&["--port"]).is_err());
    }
}
