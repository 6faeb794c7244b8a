//! `cargo xtask bench`: measurements by name.

use crate::{
    Outcome,
    pages::{self, loads},
    programs::{cargo, succeed},
    toolchain::Profile,
};

/// What can be measured, and how.
const BENCHMARKS: [Benchmark; 1] =
    [Benchmark { name: "first-load", what: "bytes that a cold browser loads, by entry", how: How::Here(first_load) }];

struct Benchmark {
    name: &'static str,
    what: &'static str,
    how: How,
}

enum How {
    /// A function of this program.
    Here(fn(&[&str]) -> Outcome),
    /// A binary of the package `bench`, built with the profile `quick`.
    #[allow(dead_code, reason = "the package comes with its first binary")]
    Binary(&'static str),
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
        format!("there is no benchmark {name}; there are {}", names.join(", "))
    })?;
    match benchmark.how {
        How::Here(measure) => measure(rest),
        How::Binary(binary) => {
            let mut bench = cargo();
            bench
                .args(["run", "--quiet", "--profile", "quick", "--package", "bench", "--bin", binary, "--"])
                .args(rest);
            succeed(&mut bench, name)
        }
    }
}

/// Sums what the pages make a browser load before it can show anything: the page, the styles, the script, the module.
fn first_load(arguments: &[&str]) -> Outcome {
    match arguments {
        [] => pages::build(Profile::Release)?,
        ["--as-built"] => {}
        _ => return Err("cargo xtask bench first-load [--as-built]".to_owned()),
    }
    let manifest = pages::manifest()?;
    println!("first load of the pages ({}), everything that a cold browser fetches:", manifest["profile"]);
    for (entry, what) in [("link", "a mailed link's page"), ("portal", "the portal's home page")] {
        let files = loads(&manifest, entry)?;
        let brotli: u64 = files.iter().map(|(_, sizes)| sizes[2]).sum();
        let plain: u64 = files.iter().map(|(_, sizes)| sizes[0]).sum();
        println!("  {what:<24} {:>3} requests {brotli:>8} bytes in brotli {plain:>8} plain", files.len());
    }
    Ok(())
}
