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
mod links;
mod mutants;
mod pages;
mod pictures;
mod portal;
mod programs;
mod publish;
mod rules;
mod sources;
mod tests;
mod toolchain;

use std::{env, process::ExitCode};

const USAGE: &str = "\
cargo xtask run [--release] [--fresh] [--port N] [--at TIME]
    installs what is missing, builds the portal and runs it on this machine; --fresh deletes its data first
cargo xtask test [--all | STEP …]
    runs all checks: format, rules, lints, template, tests, permissions, deployment, pages, browser tests; stops at the
    first that fails; --all also tests the API against its description with schemathesis
cargo xtask pages [--quick | --release]
    builds the browser's files into target/pages (--release is the default)
cargo xtask pictures
    takes new pictures of the portal for the README
cargo xtask publish STACK [ARGUMENTS OF aws]
    copies the pages to the bucket of a deployed stack
cargo xtask lambda [ARGUMENTS]
    installs cargo-lambda if it is missing; with arguments, runs `cargo lambda ARGUMENTS`
cargo xtask rules [--missing | --write]
    compares infra/RULES.md with the code: which test proves which rule, and what is not built yet; fails on an id that
    is not in the book, and on a document's link or path that leads nowhere; --write fills in the proofs
cargo xtask freeze NAME [FOLDER]
    keeps one item of each shape that this release stores in tests/data/stored, for every later release to read; run it
    before a release; FOLDER: what tests of another commit left with COUNTERSIGN_STORED
cargo xtask mutants [ARGUMENTS OF cargo mutants]
    changes the rules that decide who may do what, one place at a time, and tells which change no test notices; takes
    about an hour, so try --list, --shard 1/8 or --re NAME; what it found is in target/mutants
cargo xtask bench [NAME] [ARGUMENTS]
    runs a measurement; without a name, lists them";

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
        Some((&"mutants", rest)) => mutants::run(rest),
        Some((&"bench", rest)) => bench::run(rest),
        Some((&("help" | "--help" | "-h"), _)) => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("Say what to do:\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
