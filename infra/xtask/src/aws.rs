//! What holds the template to AWS without an account: its linters, and its deployment to a stand-in for AWS.

use std::{path::PathBuf, process::Command};

use crate::{
    Outcome,
    programs::{answer, debian_packages, note, program, read, root, succeed, succeed_silently, write},
};

/// A set of Python packages in a folder of its own, so that nothing of the machine's Python changes.
pub(crate) struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// Brings the folder up to what the list says; `list` is a file in `tests`.
    pub(crate) fn install(list: &str, for_what: &str) -> Outcome<Self> {
        let list = root().join("tests").join(list);
        let wanted = read(&list)?;
        let name = list.file_stem().expect("the list has a name");
        let folder = root().join("target/tools/python").join(name);
        let stamp = folder.join("installed");
        let packages = Self { folder };
        if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(packages);
        }
        if answer(program("python3").args(["-m", "pip", "--version"])).is_none() {
            debian_packages(&["python3-pip"], for_what)?;
        }
        note(&format!("installing Python packages ({for_what})"));
        // Packages of an older list would stay beside the new ones.
        match std::fs::remove_dir_all(&packages.folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{}: {e}", packages.folder.display()));
            }
            _ => {}
        }
        let mut pip = program("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]);
        pip.args(["--root-user-action", "ignore", "--target"]).arg(&packages.folder);
        pip.arg("--requirement").arg(&list);
        succeed_silently(&mut pip, "pip install").map_err(|e| {
            format!("{for_what} needs Python 3.10 or newer with the packages of {}\n{e}", list.display())
        })?;
        write(&stamp, &wanted)?;
        Ok(packages)
    }

    /// A Python that knows these packages and no others.
    pub(crate) fn python(&self) -> Command {
        let mut python = program("python3");
        python.env("PYTHONPATH", &self.folder).env("PYTHONNOUSERSITE", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        // The tools ask for a region and look for credentials; there is neither, nor a network.
        python.env("AWS_DEFAULT_REGION", "eu-west-1").env("AWS_EC2_METADATA_DISABLED", "true");
        python.env("SAM_CLI_TELEMETRY", "0").env("LOG_LEVEL", "ERROR");
        python
    }
}

/// `sam validate --lint`, `cfn-lint` and `checkov` find nothing in the template, `hadolint` nothing in the container's file. All
/// work without a network.
pub(crate) fn lint() -> Outcome {
    let packages = Packages::install("deploy/lint.txt", "checking the template")?;
    let cfn_lint = packages.folder.join("bin/cfn-lint");
    let checks: [(&str, &[&str]); 3] = [
        ("cfn-lint", &[&cfn_lint.to_string_lossy(), "--template", "infra/template.yaml", "infra/edge.yaml"]),
        ("sam validate --lint", &["-m", "samcli", "validate", "--lint"]),
        ("checkov", &["-m", "checkov.main", "--config-file", "infra/.checkov.yaml", "--file", "infra/template.yaml"]),
    ];
    for (name, arguments) in checks {
        succeed_silently(packages.python().args(arguments), name)?;
    }
    let mut hadolint = program(packages.folder.join("bin/hadolint"));
    succeed_silently(hadolint.arg("infra/Containerfile"), "hadolint")?;
    Ok(())
}

/// Deploys the programs that the tests were run with, and uses what was deployed.
pub(crate) fn deploy() -> Outcome {
    let packages = Packages::install("deploy/requirements.txt", "the deployment test")?;
    let programs = root().join("target/debug");
    let mut python = packages.python();
    python.arg("tests/deploy/deploy.py").arg("--bootstraps").arg(&programs);
    python.arg("--countersign").arg(programs.join("countersign"));
    succeed(&mut python, "the deployment test")
}
