//! Starting other programs, and installing those that are missing.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::Outcome;

/// The root of the repository; every path in this program starts from it.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("xtask lives two folders down").to_owned()
}

/// The cargo that started this program, run from the root of the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo set for this program is not meant for the builds that it starts.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    // The programs that it builds are started from here.
    command.env("CARGO_TARGET_DIR", root().join("target")).current_dir(root());
    command
}

/// Any program, run from the root of the repository.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Runs to the end with the terminal's output; a failure names `what` was tried.
pub(crate) fn succeed(command: &mut Command, what: &str) -> Outcome {
    let status = command.status().map_err(|e| format!("{what}: {} does not start: {e}", name_of(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed ({status})")) }
}

/// Runs a cargo build, and shows what it compiles as one line that changes; warnings and errors are passed on.
pub(crate) fn compile(command: &mut Command, what: &str) -> Outcome {
    let terminal = std::io::stderr().is_terminal();
    if terminal {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.env("CARGO_TERM_PROGRESS_WHEN", "never").stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("{what}: {} does not start: {e}", name_of(command)))?;
    let mut compiled = 0;
    for line in BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok) {
        let plain = without_colours(&line);
        match plain.trim_start().split_once(' ') {
            Some(("Compiling", package)) => {
                compiled += 1;
                if terminal {
                    eprint!("\r\x1b[2K  {compiled:>3} {package}");
                } else if compiled % 50 == 0 {
                    eprintln!("  {compiled:>3} packages compiled");
                }
            }
            Some(("Updating" | "Locking" | "Adding" | "Downloading" | "Downloaded" | "Fresh" | "Finished", _)) => {}
            _ => eprintln!("{}{line}", if terminal { "\r\x1b[2K" } else { "" }),
        }
    }
    if terminal {
        eprint!("\r\x1b[2K");
    }
    let status = child.wait().map_err(|e| format!("{what}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed ({status})")) }
}

/// Runs to the end in silence; a failure shows what the program said.
pub(crate) fn succeed_silently(command: &mut Command, what: &str) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{what}: {} does not start: {e}", name_of(command)))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let said = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = said.lines().collect();
    let end = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(format!("{what} failed ({}):\n{end}", output.status))
}

/// What a program prints, trimmed, where it starts and succeeds.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Installs those of Debian's packages that are missing.
///
/// # Errors
/// Where they can't be installed, the message says what to type.
pub(crate) fn debian_packages(packages: &[&str], for_what: &str) -> Outcome {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let by_hand = format!("{for_what} needs Debian's packages {list}: apt-get install {list}");
    if answer(program("apt-get").arg("--version")).is_none() {
        return Err(format!("{by_hand} (this machine has no apt-get, so install it by hand)"));
    }
    let as_root = answer(program("id").arg("-u")).as_deref() == Some("0");
    if !as_root && answer(program("sudo").args(["-n", "true"])).is_none() {
        return Err(format!("{by_hand} (run this as root: this program is not root and can't use sudo)"));
    }
    note(&format!("installing Debian's packages {list} ({for_what})"));
    let apt = |arguments: &[&str]| {
        let mut command = if as_root { program("apt-get") } else { program("sudo") };
        if !as_root {
            command.args(["-n", "apt-get"]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        succeed_silently(&mut command, "apt-get")
    };
    apt(&["update"]).map_err(|e| format!("{by_hand}\n{e}"))?;
    let install = [&["install", "-y", "--no-install-recommends"], missing.as_slice()].concat();
    apt(&install).map_err(|e| format!("{by_hand}\n{e}"))?;
    Ok(())
}

/// Brings `node_modules` beside a `package-lock.json` up to what the lock file says; `folder` is where both are.
pub(crate) fn npm_packages(folder: &Path, for_what: &str) -> Outcome {
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|e| format!("{}: {e}", folder.join("package-lock.json").display()))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if answer(program("npm").arg("--version")).is_none() {
        return Err(format!("{for_what} needs Node.js and npm. Run apt-get install npm"));
    }
    note(&format!("installing npm packages ({for_what})"));
    let mut npm = program("npm");
    npm.current_dir(folder).args(["ci", "--no-fund", "--no-audit", "--loglevel=error"]);
    // The tests use Debian's browser.
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    succeed_silently(&mut npm, "npm ci")?;
    write(&stamp, &lock)
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Outcome {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads a file, with its name in the message where that fails.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads a text file, with its name in the message where that fails.
pub(crate) fn read_text(path: &Path) -> Outcome<String> {
    String::from_utf8(read(path)?).map_err(|e| format!("{}: {e}", path.display()))
}

/// The files of a folder in the order of their names; none where there is no such folder.
pub(crate) fn files_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(format!("{}: {e}", folder.display())),
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

/// A line for standard output. Where whoever reads it has gone, the program ends as a shell reports of a closed pipe.
pub(crate) fn say(text: std::fmt::Arguments<'_>) {
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        std::process::exit(141);
    }
}

/// One line about what is being done.
pub(crate) fn note(text: &str) {
    println!("  {text}");
}

/// Times a piece of work.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = clock();
    let done = work();
    (done, clock() - start)
}

#[allow(clippy::disallowed_methods, reason = "a build tool tells how long it took")]
fn clock() -> Instant {
    Instant::now()
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default();
    parts.fold(first.to_owned(), |plain, part| plain + part.split_once('m').map_or(part, |(_, text)| text))
}

fn is_installed(package: &str) -> bool {
    answer(program("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_some_and(|status| status.ends_with(" installed"))
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_colours("\x1b[1m\x1b[92m   Compiling\x1b[0m serde v1.0.0"), "   Compiling serde v1.0.0");
    }
}
