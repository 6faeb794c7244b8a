//! `cargo xtask publish STACK`: puts the pages into the bucket of a deployed stack, with the AWS command line.

use serde_json::Value;

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
    kind: String,
    encoding: Option<&'static str>,
    cache: String,
}

/// `cargo xtask publish STACK [ARGUMENTS OF aws …]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let Some((stack, more)) = arguments.split_first().filter(|(stack, _)| !stack.starts_with('-')) else {
        return Err("Usage: cargo xtask publish STACK [--region REGION] [--profile PROFILE]".to_owned());
    };
    // Before minutes of building: whether there is somewhere to put them.
    let bucket = output(stack, more)?;
    pages::build(Profile::Release)?;
    let plan = plan(&pages::manifest()?, |key| pages().join(key).is_file());
    note(&format!("{} files go to s3://{bucket}", plan.len()));
    for upload in &plan {
        let mut put = program("aws");
        put.args(["s3api", "put-object", "--bucket", &bucket, "--key", &upload.key]).args(more);
        put.arg("--body").arg(pages().join(&upload.key));
        put.args(["--content-type", &upload.kind, "--cache-control", &upload.cache]);
        put.args(upload.encoding.iter().flat_map(|encoding| ["--content-encoding", encoding]));
        succeed_silently(&mut put, &format!("uploading {}", upload.key))?;
    }
    note("Published. Files of the version before stay, for browsers that still show its pages");
    Ok(())
}

/// The bucket, as the stack's outputs name it.
fn output(stack: &str, more: &[&str]) -> Outcome<String> {
    let mut describe = program("aws");
    describe.args(["cloudformation", "describe-stacks", "--stack-name", stack, "--output", "text"]).args(more);
    describe.args(["--query", "Stacks[0].Outputs[?OutputKey=='Pages'].OutputValue"]);
    let bucket =
        succeed_silently(&mut describe, "asking AWS for the stack (install the AWS command line if it is missing)")?;
    let bucket = bucket.trim();
    if bucket.is_empty() || bucket == "None" {
        return Err(format!("The stack {stack} has no output Pages. Deploy it from infra/template.yaml first"));
    }
    Ok(bucket.to_owned())
}

/// What the bucket keeps of each file that the manifest names: itself, and the forms that it was compressed to. The assets come
/// first and the pages last: a page is never there before what it names.
fn plan(manifest: &Value, exists: impl Fn(&str) -> bool) -> Vec<Upload> {
    let mut plan = Vec::new();
    for (address, file) in manifest["files"].as_object().into_iter().flatten() {
        let said = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
        for (extension, encoding) in [("", None), (".br", Some("br")), (".gz", Some("gzip"))] {
            let key = format!("{}{extension}", address.trim_start_matches('/'));
            if encoding.is_none() || exists(&key) {
                plan.push(Upload { key, kind: said("type"), encoding, cache: said("cache") });
            }
        }
    }
    // Also its compressed forms before the page itself, which is what a browser without either gets.
    plan.sort_by_key(|upload| (!upload.key.starts_with("assets/"), upload.encoding.is_none(), upload.key.clone()));
    plan
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A browser that gets the new page finds everything that it names, and knows what each file is.
    #[test]
    fn the_assets_go_before_the_pages_and_each_says_what_it_is() {
        let manifest = json!({"files": {
            "/index.html": {"type": "text/html", "cache": "no-store"},
            "/assets/a.wasm": {"type": "application/wasm", "cache": "immutable"},
            "/robots.txt": {"type": "text/plain", "cache": "no-cache"},
        }});
        let plan = plan(&manifest, |key| ["assets/a.wasm.br", "index.html.br", "robots.txt.gz"].contains(&key));
        let upload = |key: &str, kind: &str, encoding, cache: &str| Upload {
            key: key.into(),
            kind: kind.into(),
            encoding,
            cache: cache.into(),
        };
        assert_eq!(
            plan,
            [
                upload("assets/a.wasm.br", "application/wasm", Some("br"), "immutable"),
                upload("assets/a.wasm", "application/wasm", None, "immutable"),
                upload("index.html.br", "text/html", Some("br"), "no-store"),
                upload("robots.txt.gz", "text/plain", Some("gzip"), "no-cache"),
                upload("index.html", "text/html", None, "no-store"),
                upload("robots.txt", "text/plain", None, "no-cache"),
            ]
        );
    }
}
