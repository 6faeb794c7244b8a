//! `cargo xtask publish STACK`: puts the pages into the bucket of a deployed stack, with the AWS command line.

use std::path::{Path, PathBuf};

use crate::{
    Outcome,
    pages::{self, pages},
    programs::{note, program, succeed_silently},
    toolchain::Profile,
};

/// One file on its way into the bucket.
#[derive(Debug, PartialEq, Eq)]
struct Upload {
    key: String,
    kind: &'static str,
    encoding: Option<&'static str>,
    cache: &'static str,
}

/// `cargo xtask publish STACK [ARGUMENTS OF aws …]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let Some((stack, more)) = arguments.split_first().filter(|(stack, _)| !stack.starts_with('-')) else {
        return Err("cargo xtask publish STACK [--region REGION] [--profile PROFILE]".to_owned());
    };
    pages::build(Profile::Release)?;
    let bucket = output(stack, more)?;
    let plan = plan(&all_files(&pages(), Path::new(""))?);
    note(&format!("{} files go to s3://{bucket}", plan.len()));
    for upload in &plan {
        let mut put = program("aws");
        put.args(["s3api", "put-object", "--bucket", &bucket, "--key", &upload.key]).args(more);
        put.arg("--body").arg(pages().join(&upload.key));
        put.args(["--content-type", upload.kind, "--cache-control", upload.cache]);
        put.args(upload.encoding.iter().flat_map(|encoding| ["--content-encoding", encoding]));
        succeed_silently(&mut put, &format!("uploading {}", upload.key))?;
    }
    note("published; files of the version before stay, for browsers that still show its pages");
    Ok(())
}

/// The bucket, as the stack's outputs name it.
fn output(stack: &str, more: &[&str]) -> Outcome<String> {
    let mut describe = program("aws");
    describe.args(["cloudformation", "describe-stacks", "--stack-name", stack, "--output", "text"]).args(more);
    describe.args(["--query", "Stacks[0].Outputs[?OutputKey=='Pages'].OutputValue"]);
    let bucket = succeed_silently(&mut describe, "asking for the stack (the AWS command line has to be installed)")?;
    let bucket = bucket.trim();
    if bucket.is_empty() || bucket == "None" {
        return Err(format!("the stack {stack} has no output Pages: it was not deployed from infra/template.yaml"));
    }
    Ok(bucket.to_owned())
}

/// What a bucket keeps of each file. The assets come first and the pages last: a page is never there before what it names.
fn plan(files: &[String]) -> Vec<Upload> {
    let mut plan: Vec<Upload> = files
        .iter()
        .filter(|key| *key != "manifest.json")
        .map(|key| {
            let (plain, encoding) = match (key.strip_suffix(".br"), key.strip_suffix(".gz")) {
                (Some(plain), _) => (plain, Some("br")),
                (_, Some(plain)) => (plain, Some("gzip")),
                _ => (key.as_str(), None),
            };
            let kind = kind(plain);
            let cache = match kind {
                _ if key.starts_with("assets/") => "public, max-age=31536000, immutable",
                HTML => "no-store",
                _ => "no-cache",
            };
            Upload { key: key.clone(), kind, encoding, cache }
        })
        .collect();
    // Also its compressed forms before the page itself, which is what a browser without either gets.
    plan.sort_by_key(|upload| (!upload.key.starts_with("assets/"), upload.encoding.is_none(), upload.key.clone()));
    plan
}

const HTML: &str = "text/html; charset=utf-8";

/// As `infra/local` says it.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => HTML,
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// All files below a folder, as keys.
fn all_files(folder: &Path, below: &Path) -> Outcome<Vec<String>> {
    let mut keys = Vec::new();
    let here: PathBuf = folder.join(below);
    let problem = |e: std::io::Error| format!("{}: {e}", here.display());
    for entry in std::fs::read_dir(&here).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            keys.extend(all_files(folder, &path)?);
        } else {
            keys.push(path.to_string_lossy().into_owned());
        }
    }
    keys.sort();
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A browser that gets the new page finds everything that it names, and knows what each file is.
    #[test]
    fn the_assets_go_before_the_pages_and_each_says_what_it_is() {
        let files =
            ["assets/a.wasm", "assets/a.wasm.br", "index.html", "index.html.br", "manifest.json", "robots.txt.gz"];
        let plan = plan(&files.map(str::to_owned));
        let upload = |key: &str, kind, encoding, cache| Upload { key: key.to_owned(), kind, encoding, cache };
        let forever = "public, max-age=31536000, immutable";
        assert_eq!(
            plan,
            [
                upload("assets/a.wasm.br", "application/wasm", Some("br"), forever),
                upload("assets/a.wasm", "application/wasm", None, forever),
                upload("index.html.br", HTML, Some("br"), "no-store"),
                upload("robots.txt.gz", "text/plain; charset=utf-8", Some("gzip"), "no-cache"),
                upload("index.html", HTML, None, "no-store"),
            ]
        );
    }
}
