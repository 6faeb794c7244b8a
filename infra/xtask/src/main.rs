//! `cargo xtask`: everything that is done with this repository, from an empty machine.

/// Standard output, whose reader may go away, as in `cargo xtask rules | head`: the program ends then, instead of panicking.
macro_rules! println {
    ($($text:tt)*) => { $crate::programs::say(format_args!($($text)*)) };
}

mod aws;
mod bench;
mod commit;
mod freeze;
mod frontend;
mod lambda;
mod pages;
mod pictures;
mod portal;
mod programs;
mod publish;
mod rules;
mod tests;
mod toolchain;

use std::{env, process::ExitCode};

const USAGE: &str = "\
cargo xtask run [--release] [--fresh] [--port N] [--at TIME]
    sets up what is missing, builds, and serves the whole portal on this machine
cargo xtask test [--all | STEP …]
    format, rules, lints, template, tests, permissions, deployment, pages, browser tests; stops at the first that fails;
    with --all also tries the API against its description with schemathesis
cargo xtask pages [--quick | --release]
    the browser's files in target/pages (--release unless told otherwise)
cargo xtask pictures
    takes the README's pictures anew, of the portal as it is
cargo xtask publish STACK [ARGUMENTS OF aws]
    puts the pages into the bucket of a deployed stack
cargo xtask lambda [ARGUMENTS]
    installs cargo-lambda if it is missing; with arguments, `cargo lambda ARGUMENTS`
cargo xtask rules [--missing | --write]
    holds infra/RULES.md against the code: which test proves which rule, what is not built yet; fails on ids that it does
    not know; --write fills in the proofs
cargo xtask freeze NAME [FOLDER]
    keeps one item of each shape that this release stores in tests/data/stored, which every later one must read; before a
    release. FOLDER: what tests of another commit left with COUNTERSIGN_STORED
cargo xtask bench [NAME] [ARGUMENTS]
    measurements; without a name, the list of them";

/// What went wrong, in words for the person at the terminal.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.split_first() {
        Some((&"run", rest)) => portal::run(rest),
        Some((&"test", rest)) => tests::run(rest),
        Some((&"pages", rest)) => pages::run(rest),
        Some((&"pictures", rest)) => pictures::run(rest),
        Some((&"publish", rest)) => publish::run(rest),
        Some((&"lambda", rest)) => lambda::run(rest),
        Some((&"rules", rest)) => rules::run(rest),
        Some((&"freeze", rest)) => freeze::run(rest),
        Some((&"bench", rest)) => bench::run(rest),
        Some((&("help" | "--help" | "-h"), _)) => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("say what to do:\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
