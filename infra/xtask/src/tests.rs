//! `cargo xtask test`: every check, each with its time.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{self, Command},
    time::Duration,
};

use crate::{
    Outcome,
    aws::{self, Packages},
    pages,
    portal::c_compiler,
    programs::{cargo, compile, debian_packages, npm_packages, program, root, succeed, timed},
    rules,
    toolchain::Profile,
};

/// A step says what it did, or what is wrong.
type Step = (&'static str, fn() -> Outcome<Done>);

enum Done {
    Passed,
    Skipped(&'static str),
}

const STEPS: [Step; 9] = [
    ("format", format),
    ("rules", rules),
    ("lints", lints),
    ("template", template),
    ("tests", tests),
    ("permissions", permissions),
    ("deployment", deployment),
    ("pages", pages),
    ("browser tests", browser_tests),
];

/// What takes more minutes, and finds what changes seldom: with `--all`.
const MORE_STEPS: [Step; 1] = [("description", description)];

/// `cargo xtask test [--all | STEP …]`: stops at the first step that fails; the last line counts the steps.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let all = [STEPS.as_slice(), MORE_STEPS.as_slice()].concat();
    let steps: Vec<Step> = match arguments {
        [] => STEPS.to_vec(),
        ["--all"] => all,
        named => named
            .iter()
            .map(|name| {
                all.iter().find(|(step, _)| step == name).copied().ok_or_else(|| {
                    let steps: Vec<&str> = all.iter().map(|(step, _)| *step).collect();
                    format!("Usage: cargo xtask test [--all | STEP …], with the steps {}", steps.join(", "))
                })
            })
            .collect::<Outcome<_>>()?,
    };
    c_compiler()?;
    let mut summary = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    for (name, step) in steps.iter().copied() {
        println!("── {name}");
        let (outcome, time) = timed(step);
        match outcome {
            Ok(Done::Passed) => {
                passed += 1;
                summary.push(line(name, "passed", time));
            }
            Ok(Done::Skipped(why)) => summary.push(format!("  {name:<16} skipped: {why}")),
            Err(problem) => {
                failed += 1;
                eprintln!("\n{name}: {problem}");
                summary.push(line(name, "FAILED", time));
                break;
            }
        }
    }
    println!("\n{}", summary.join("\n"));
    for (name, _) in &steps[summary.len()..] {
        println!("  {name:<16} not run");
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        process::exit(1);
    }
    Ok(())
}

fn format() -> Outcome<Done> {
    for manifest in ["Cargo.toml", "infra/xtask/bindgen/Cargo.toml"] {
        let mut fmt = cargo();
        fmt.args(["fmt", "--all", "--check", "--manifest-path", manifest]);
        succeed(&mut fmt, "the format check (run `cargo fmt --all`)")?;
    }
    Ok(Done::Passed)
}

fn rules() -> Outcome<Done> {
    rules::check()?;
    Ok(Done::Passed)
}

fn lints() -> Outcome<Done> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    succeed(&mut clippy, "clippy")?;
    // Links of comments lead somewhere. They are read with the private items, so they may lead to those.
    let mut doc = cargo();
    doc.args(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links");
    succeed(&mut doc, "the links of comments")?;
    Ok(Done::Passed)
}

fn tests() -> Outcome<Done> {
    let mut test = cargo();
    test.args(["test", "--quiet", "--workspace", "--no-fail-fast"]);
    // The functions' programs are built with the tests beside them; those that send them events take them from there.
    test.env("COUNTERSIGN_PROGRAMS", root().join("target/debug"));
    // What an earlier run saw being used says nothing about the code of today.
    match fs::remove_dir_all(noted()) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(format!("{}: {e}", noted().display())),
        _ => test.env("COUNTERSIGN_PERMISSIONS", noted()),
    };
    succeed(&mut test, "cargo test")?;
    Ok(Done::Passed)
}

/// What the functions were seen to use while the tests ran.
fn noted() -> PathBuf {
    root().join("target/permissions")
}

/// Each function's role allows what the tests saw it use, and nothing else.
fn permissions() -> Outcome<Done> {
    let mut test = cargo();
    test.args(["test", "--quiet", "--workspace", "--test", "permissions", "--", "--ignored"]);
    test.env("COUNTERSIGN_PERMISSIONS", noted());
    succeed(&mut test, "comparing the template's roles with what was used")?;
    Ok(Done::Passed)
}

fn template() -> Outcome<Done> {
    aws::lint()?;
    Ok(Done::Passed)
}

/// schemathesis tries a portal against the description that it serves, and finds nothing.
fn description() -> Outcome<Done> {
    build_portal()?;
    let packages = Packages::install("openapi/schemathesis.txt", "testing the API against its description")?;
    let report = root().join("target/schemathesis");
    let mut python = packages.python();
    python.arg("tests/openapi/run.py").arg("--local").arg(root().join("target/debug/local"));
    python.arg("--countersign").arg(root().join("target/debug/countersign")).arg("--report").arg(&report);
    succeed(&mut python, "schemathesis (see above what it found, and how to send it again)")?;
    Ok(Done::Passed)
}

fn deployment() -> Outcome<Done> {
    aws::deploy()?;
    Ok(Done::Passed)
}

fn pages() -> Outcome<Done> {
    pages::build(Profile::Quick)?;
    pages::check_first_loads()?;
    Ok(Done::Passed)
}

fn browser_tests() -> Outcome<Done> {
    if !root().join("tests/browser/package.json").is_file() {
        return Ok(Done::Skipped("there is no tests/browser"));
    }
    succeed(&mut playwright()?, "playwright")?;
    Ok(Done::Passed)
}

/// What runs in the browser finds the server, the pages and the browser in the environment.
pub(crate) fn playwright() -> Outcome<Command> {
    let folder = root().join("tests/browser");
    build_portal()?;
    let chromium = browser()?;
    npm_packages(&folder, "the browser tests")?;

    let mut playwright = program("npx");
    playwright.current_dir(&folder).args(["--no-install", "playwright", "test"]);
    playwright.env("COUNTERSIGN_CHROMIUM", chromium);
    playwright.env("COUNTERSIGN_LOCAL", root().join("target/debug/local"));
    playwright.env("COUNTERSIGN_PAGES", pages::pages());
    Ok(playwright)
}

/// The programs are those that the tests are run with: building them alone would build the SDK with other features. After the
/// tests nothing is left to do; a step that is run by itself must not meet programs of before the last change.
fn build_portal() -> Outcome {
    let mut build = cargo();
    build.args(["test", "--workspace", "--no-run"]);
    compile(&mut build, "building the portal")
}

fn browser() -> Outcome<&'static str> {
    debian_packages(&["chromium", "fonts-dejavu-core"], "the browser tests")?;
    let chromium = "/usr/bin/chromium";
    if Path::new(chromium).exists() {
        Ok(chromium)
    } else {
        Err(format!("There is no {chromium}: install the package chromium, then run the command again"))
    }
}

fn line(name: &str, outcome: &str, time: Duration) -> String {
    let seconds = time.as_secs();
    format!("  {name:<16} {outcome:<8} {:>3}:{:02}", seconds / 60, seconds % 60)
}
