//! The functions' programs: where they are, and how they are started.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
};

use axum::body::Bytes;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::runtime_api::{Outcome, Runtime};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the root")
}

/// The names of the functions, which are those of their folders and of their programs.
pub fn functions() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("functions")).expect("there are functions");
    let mut names: Vec<String> = folders
        .map(|folder| folder.expect("it can be read").file_name().into_string().expect("names are plain"))
        .filter(|name| root().join("functions").join(name).join("src/main.rs").is_file())
        .collect();
    names.sort();
    names
}

/// Which function answers which path, as the workspace's `Cargo.toml` tells `cargo lambda watch`.
pub fn router() -> BTreeMap<String, String> {
    let metadata = metadata();
    let router = metadata["metadata"]["lambda"]["watch"]["router"].as_object().expect("the workspace has a router");
    router.iter().map(|(path, function)| (path.clone(), function.as_str().expect("a name").to_owned())).collect()
}

/// The folder with the functions' programs. `cargo xtask test` says by `COUNTERSIGN_PROGRAMS` where those are that it built
/// with the tests; otherwise cargo is asked to bring them up to date first.
pub fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| match std::env::var_os("COUNTERSIGN_PROGRAMS") {
        Some(folder) => folder.into(),
        None => build(),
    })
}

/// A package's programs are built with its integration tests. Asked for one of each function's among the whole workspace,
/// cargo builds with the same features as `cargo test --workspace`, so that neither has to build the other's again.
fn build() -> PathBuf {
    let functions = functions();
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("packages") {
        let mut targets = package["targets"].as_array().expect("targets").iter();
        if functions.iter().any(|function| package["name"] == **function) {
            let test = targets.find(|target| target["kind"][0] == "test").expect("a function has tests");
            cargo.args(["--test", test["name"].as_str().expect("a name")]);
        }
    }
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "the functions don't build");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["kind"][0] == "bin" && message["profile"]["test"] == false)
        .find_map(|message| PathBuf::from(message["executable"].as_str()?).parent().map(Path::to_owned))
        .expect("cargo says where the programs are")
}

fn metadata() -> Value {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let output = cargo.output().expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// A function's program that runs as in Lambda: nothing in its environment but what it is given. It is killed when this is
/// dropped.
pub struct Function {
    /// What hands it events.
    pub runtime: Runtime,
    child: Child,
}

impl Function {
    /// Starts one of the functions of this repository.
    pub async fn start<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        name: &str,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let runtime = Runtime::start().await;
        let program = programs().join(name);
        let child = Command::new(&program)
            .env_clear()
            .envs(runtime.environment(name))
            .envs(environment)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        Self { runtime, child }
    }

    /// Hands it an event, and waits for what comes of it.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Outcome {
        tokio::select! {
            outcome = self.runtime.invoke(event) => outcome,
            ended = self.child.wait() => panic!("the function ended: {ended:?}"),
        }
    }
}
