//! `cargo xtask bench`: measurements by name.

use std::path::Path;

use crate::{
    Outcome, commit,
    pages::{self, loads},
    programs::{cargo, compile, program, root, succeed, succeed_silently},
    toolchain::Profile,
};

/// What can be measured, and how.
const BENCHMARKS: [Benchmark; 13] = [
    Benchmark {
        name: "first-load",
        what: "bytes that a browser loads on its first visit, for each entry page",
        how: How::Here(first_load),
    },
    Benchmark {
        name: "sweep",
        what: "read units of a sweep with 1,000 to 400,000 links stored, and after a pause of months",
        how: How::Binary { beside: &[], released: &[] },
    },
    Benchmark {
        name: "backlog",
        what: "a backlog of 100,000 due links: each ends once, though the sweep is killed half-way; its memory [LINKS]",
        how: How::Binary { beside: &["local", "countersign-admin", "expire-links"], released: &[] },
    },
    Benchmark {
        name: "import",
        what: "order lines loaded a second, compared with the database's own rate [ROWS]",
        how: How::Binary { beside: &["local", "countersign-admin"], released: &[] },
    },
    Benchmark {
        name: "dry-run",
        what: "rows that a dry run judges in a second of CPU time; memory for each key [ROWS]",
        how: How::Binary { beside: &["local", "countersign-admin"], released: &[] },
    },
    Benchmark {
        name: "tree",
        what: "thousands of agreements below one, and thousands of a person: how fast loaded, memory to show all [BELOW]",
        how: How::Binary { beside: &["local", "countersign-admin", "show-portal"], released: &[] },
    },
    Benchmark {
        name: "unknown",
        what: "how long answers to outsiders take, by whether the Licensing ID is loaded [CALLS]",
        how: How::Binary { beside: &["local", "request-permission", "show-portal"], released: &[] },
    },
    Benchmark {
        name: "limits",
        what: "hours of attackers and of honest crowds, simulated: who gets in, how many code emails, how many bounce",
        how: How::Here(limits),
    },
    Benchmark {
        name: "malformed",
        what: "20,000 malformed requests to all routes: the answers, and the longest time [REQUESTS]",
        how: How::Binary { beside: &[], released: &[] },
    },
    Benchmark {
        name: "cold",
        what: "release programs of all functions: CPU time to the first answer, memory, zip; the build takes long [FUNCTION]",
        how: How::Binary { beside: &[], released: &FUNCTIONS },
    },
    Benchmark {
        name: "beside",
        what: "CPU time of starts, a sweep and an import, compared with another commit COMMIT [RUNS]",
        how: How::Here(beside),
    },
    Benchmark {
        name: "upgrade",
        what: "a portal's data, from another commit COMMIT to this one, back, and forth again: what is lost",
        how: How::Here(upgrade),
    },
    Benchmark {
        name: "reproducible",
        what: "whether a function's release program has the same bytes when built from two unrelated folders [FUNCTION]",
        how: How::Here(reproducible),
    },
];

/// What is deployed, and what it is compared with.
const FUNCTIONS: [&str; 15] = [
    "no-op",
    "register",
    "load-orders",
    "send-activation",
    "activate",
    "join-account",
    "request-permission",
    "approve",
    "manage-users",
    "expire-links",
    "deliver-mail",
    "mail-events",
    "provision",
    "seal-audit",
    "show-portal",
];

struct Benchmark {
    name: &'static str,
    what: &'static str,
    how: How,
}

enum How {
    /// A function of this program.
    Here(fn(&[&str]) -> Outcome),
    /// The program of this name of the package `bench`, built with the profile `quick`, with the packages whose programs
    /// it starts: built likewise (`local` among them, so that what `cargo xtask run` built serves here), or as released.
    Binary { beside: &'static [&'static str], released: &'static [&'static str] },
}

/// `cargo xtask bench [NAME] [ARGUMENTS]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let Some((name, rest)) = arguments.split_first() else {
        println!("cargo xtask bench NAME [ARGUMENTS]");
        for benchmark in &BENCHMARKS {
            println!("  {:<12} {}", benchmark.name, benchmark.what);
        }
        return Ok(());
    };
    let benchmark = BENCHMARKS.iter().find(|benchmark| benchmark.name == *name).ok_or_else(|| {
        let names: Vec<&str> = BENCHMARKS.iter().map(|benchmark| benchmark.name).collect();
        format!("There is no benchmark {name}. Choose one of {}", names.join(", "))
    })?;
    match benchmark.how {
        How::Here(measure) => measure(rest),
        How::Binary { beside, released } => {
            if !released.is_empty() {
                build(released, "release")?;
            }
            if !beside.is_empty() {
                build(beside, "quick")?;
            }
            let mut bench = cargo();
            bench.args(["run", "--quiet", "--profile", "quick", "--package", "bench", "--bin", name, "--"]).args(rest);
            succeed(&mut bench, name)
        }
    }
}

/// The rules' own simulation, which is a test as well.
fn limits(_: &[&str]) -> Outcome {
    let mut test = cargo();
    test.args([
        "test",
        "--quiet",
        "--workspace",
        "--test",
        "limits",
        "--",
        "reg_05",
        "--nocapture",
        "--test-threads",
        "1",
    ]);
    succeed(&mut test, "limits")
}

/// Both commits' programs, built alike, and one after the other on one machine.
fn beside(arguments: &[&str]) -> Outcome {
    let [commit, rest @ ..] = arguments else { return Err("Usage: cargo xtask bench beside COMMIT [RUNS]".to_owned()) };
    // With `local`, cargo selects the features that `upgrade` builds with, and nothing that both link is built twice.
    let packages: Vec<&str> = FUNCTIONS[1..].iter().copied().chain(["countersign-admin", "local"]).collect();
    let older = commit::programs(commit, &packages, "quick")?;
    build(&packages, "quick")?;
    let mut bench = cargo();
    bench.args(["run", "--quiet", "--profile", "quick", "--package", "bench", "--bin", "beside", "--"]);
    bench.arg(older).arg(root().join("target/quick")).args(rest);
    succeed(&mut bench, "beside")
}

/// Both commits' portals, one after the other on one folder of data.
fn upgrade(arguments: &[&str]) -> Outcome {
    let [commit] = arguments else { return Err("Usage: cargo xtask bench upgrade COMMIT".to_owned()) };
    let packages = ["local", "countersign-admin"];
    let older = commit::programs(commit, &packages, "quick")?;
    build(&packages, "quick")?;
    let mut bench = cargo();
    bench.args(["run", "--quiet", "--profile", "quick", "--package", "bench", "--bin", "upgrade", "--"]);
    bench.arg(older).arg(root().join("target/quick"));
    succeed(&mut bench, "upgrade")
}

/// In one go, so that what they share is built once.
fn build(packages: &[&str], profile: &str) -> Outcome {
    let mut build = cargo();
    build.args(["build", "--bins", "--profile", profile]);
    build.args(packages.iter().flat_map(|package| ["--package", package]));
    compile(&mut build, &format!("building {} for `{profile}`", packages.join(", ")))
}

/// Builds one function twice, each time from a copy of the sources of its own and without what was built before, and compares
/// the programs. What is uploaded is a zip of that one file: SAM gives it a fixed date and fixed rights.
fn reproducible(arguments: &[&str]) -> Outcome {
    let function = match arguments {
        [] => "seal-audit",
        [function] if FUNCTIONS.contains(function) => function,
        _ => {
            return Err(format!(
                "Usage: cargo xtask bench reproducible [FUNCTION], with one of {}",
                FUNCTIONS.join(", ")
            ));
        }
    };
    let at = root().join("target/reproducible");
    let mut programs = Vec::new();
    for folder in ["one", "another/further-down"] {
        let sources = at.join(folder);
        let _ = std::fs::remove_dir_all(&sources);
        copy_sources(&sources)?;
        let mut build = cargo();
        build.current_dir(&sources).env("CARGO_TARGET_DIR", sources.join("target"));
        build.args(["build", "--locked", "--release", "--package", function, "--bin", function]);
        compile(&mut build, &format!("building {function} from {}", sources.display()))?;
        let program = sources.join("target/release").join(function);
        programs.push(std::fs::read(&program).map_err(|e| format!("{}: {e}", program.display()))?);
    }
    let _ = std::fs::remove_dir_all(&at);
    if programs[0] != programs[1] {
        let differ = programs[0].iter().zip(&programs[1]).filter(|(one, other)| one != other).count();
        let lengths = (programs[0].len(), programs[1].len());
        return Err(format!("{function}: {lengths:?} bytes, of which {differ} differ"));
    }
    println!("{function}: the same {} bytes from both builds", programs[0].len());
    Ok(())
}

/// What git knows of the sources, as it lies here.
fn copy_sources(to: &Path) -> Outcome {
    let listed = succeed_silently(program("git").args(["ls-files", "-z"]), "asking git for the sources")?;
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root().join(name), to.join(name));
        let problem = |e: std::io::Error| format!("{}: {e}", to.display());
        std::fs::create_dir_all(to.parent().expect("it lies in a folder")).map_err(problem)?;
        // One that was deleted and is still listed is no source.
        if from.exists() {
            std::fs::copy(&from, &to).map_err(problem)?;
        }
    }
    Ok(())
}

/// Sums what the pages make a browser load before it can show anything: the page, the styles, the script, the module.
fn first_load(arguments: &[&str]) -> Outcome {
    match arguments {
        [] => pages::build(Profile::Release)?,
        ["--as-built"] => {}
        _ => return Err("Usage: cargo xtask bench first-load [--as-built]".to_owned()),
    }
    let manifest = pages::manifest()?;
    println!(
        "first load of the pages ({}): everything that a browser fetches on its first visit:",
        manifest["profile"]
    );
    let entries = [
        ("link", "an activation link's page"),
        ("mailed", "a link that proves an address"),
        ("decide", "a link to a decision"),
        ("portal", "the portal's home page"),
        ("people", "managing users"),
    ];
    for (entry, what) in entries {
        let files = loads(&manifest, entry)?;
        let brotli: u64 = files.iter().map(|(_, sizes)| sizes[2]).sum();
        let plain: u64 = files.iter().map(|(_, sizes)| sizes[0]).sum();
        println!("  {what:<26} {:>3} requests {brotli:>8} bytes in brotli {plain:>8} plain", files.len());
    }
    pages::check_first_loads()
}
