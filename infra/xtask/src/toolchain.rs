//! A Rust toolchain that builds for the browser: rustup's where it can be had, Debian's otherwise.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    programs::{answer, cargo, compile, debian_packages, files_in, note, program, root, succeed_silently},
};

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler for web pages; it brings no std for the browser, but std's source.
const DEBIAN: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Two sorts of pages: quick to build, or small and quick to load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// For this machine.
    Quick,
    /// For deployment.
    Release,
}

impl Profile {
    /// The profile's name in `Cargo.toml`.
    pub(crate) fn cargo_name(self) -> &'static str {
        match self {
            Self::Quick => "wasm-quick",
            Self::Release => "wasm",
        }
    }
}

/// A compiler for the browser, found or installed.
pub(crate) struct Toolchain {
    kind: Kind,
    builds_std: bool,
    version: String,
}

enum Kind {
    Rustup,
    Debian,
}

impl Toolchain {
    /// Tries rustup's toolchain first, then Debian's packages.
    ///
    /// # Errors
    /// Where neither can be had, the message says what was tried.
    pub(crate) fn find(profile: Profile) -> Outcome<Self> {
        let Err(without_rustup) = rustup_target() else {
            // The deployed pages carry a std without what only panics need; that takes std's source.
            let builds_std = profile == Profile::Release && rustup_source();
            let version = answer(program(rustc()).arg("--version")).unwrap_or_default();
            return Ok(Self { kind: Kind::Rustup, builds_std, version });
        };
        debian_packages(&DEBIAN, "compiling for the browser").map_err(|without_debian| {
            format!("no compiler for the browser.\n1. rustup: {without_rustup}\n2. Debian: {without_debian}")
        })?;
        let version = answer(program("/usr/bin/rustc").arg("--version")).unwrap_or_default();
        Ok(Self { kind: Kind::Debian, builds_std: true, version })
    }

    /// Where it comes from, for the person at the terminal.
    pub(crate) fn story(&self) -> String {
        let source = match self.kind {
            Kind::Rustup => "the installed toolchain",
            Kind::Debian => "Debian's rustc-web",
        };
        let std = if self.builds_std { ", its std built from source" } else { "" };
        format!("{source}{std} ({})", self.version)
    }

    /// What the output depends on, besides the sources.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{} {}", self.version, self.builds_std)
    }

    /// Builds both entries of the frontend.
    pub(crate) fn build(&self, profile: Profile, manifest: &Path, target_dir: &Path) -> Outcome {
        let mut command = self.cargo();
        command.args(["build", "--target", TARGET, "--bins", "--package", "frontend"]);
        command.args(["--profile", profile.cargo_name()]);
        command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target_dir);

        // See .cargo/config.toml, which these replace.
        // (Names as `bindgen glue` expects them.)
        let mut flags = vec!["--cfg", "erase_components", "-Csymbol-mangling-version=v0"];
        if self.builds_std {
            // Both options need what the compiler calls unstable: cargo's and the compiler's own.
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
            if profile == Profile::Release {
                command.env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
                flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"]);
            }
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        compile(&mut command, "building the frontend")
    }

    /// Where `build` leaves an entry.
    pub(crate) fn module(profile: Profile, target_dir: &Path, entry: &str) -> PathBuf {
        target_dir.join(TARGET).join(profile.cargo_name()).join(format!("{entry}.wasm"))
    }

    fn cargo(&self) -> Command {
        match self.kind {
            Kind::Rustup => cargo(),
            Kind::Debian => {
                let mut command = program("/usr/bin/cargo");
                command.env_remove("RUSTUP_TOOLCHAIN").env("RUSTC", "/usr/bin/rustc");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
                command
            }
        }
    }
}

/// Makes sure that the installed toolchain has a std for the browser.
fn rustup_target() -> Outcome {
    let has_std = || {
        answer(program(rustc()).args(["--print", "target-libdir", "--target", TARGET]))
            .is_some_and(|folder| has_file(Path::new(&folder), "libstd-"))
    };
    if has_std() {
        return Ok(());
    }
    if answer(program("rustup").arg("--version")).is_none() {
        return Err("rustup is not on this machine: install it from https://rustup.rs".to_owned());
    }
    note(&format!("adding the target {TARGET} to the toolchain"));
    let added = rustup(&["target", "add", TARGET]);
    if has_std() { Ok(()) } else { Err(added.err().unwrap_or_else(|| "added the target, but no std came".to_owned())) }
}

/// Makes sure of std's source; without it the pages are somewhat larger.
fn rustup_source() -> bool {
    let has_source = || {
        answer(program(rustc()).args(["--print", "sysroot"]))
            .is_some_and(|folder| Path::new(&folder).join("lib/rustlib/src/rust/library/Cargo.lock").is_file())
    };
    if has_source() {
        return true;
    }
    note("adding std's source to the toolchain");
    let added = rustup(&["component", "add", "rust-src"]);
    if !has_source() {
        let why = added.err().unwrap_or_default();
        note(&format!("no std source, so the pages are about a tenth larger: {why}"));
    }
    has_source()
}

fn rustup(arguments: &[&str]) -> Outcome<String> {
    let mut command = program("rustup");
    command.args(arguments).env("RUSTUP_MAX_RETRIES", "1");
    succeed_silently(&mut command, &format!("rustup {}", arguments.join(" ")))
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

fn has_file(folder: &Path, start: &str) -> bool {
    files_in(&root().join(folder)).is_ok_and(|files| {
        files.iter().filter_map(|file| file.file_name()?.to_str()).any(|name| name.starts_with(start))
    })
}
