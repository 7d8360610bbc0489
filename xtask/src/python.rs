//! Programs written in Python, each in a virtual environment of its own in the cache.

use crate::command::{read, run, say};
use crate::packages::{Packages, entries};
use crate::paths;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest version of Python that Schemathesis runs on.
const OLDEST: (u32, u32) = (3, 10);

/// The program that checks the platform's API against its own description. Its packages are pinned in
/// `tests/clients/schemathesis`.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    let requirements = paths::root().join("tests/clients/schemathesis/requirements.txt");
    Ok(environment("schemathesis", &requirements)?.join("bin/schemathesis"))
}

/// The folder of an environment that holds these packages, for the Python that is there.
fn environment(name: &str, requirements: &Path) -> Result<PathBuf> {
    let python = Path::new("python3");
    let version =
        read(Command::new(python).args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]))
            .with_context(|| format!("install Python {}.{} or newer", OLDEST.0, OLDEST.1))?;
    let version = version.trim();
    ensure!(is_new_enough(version), "Python {version} is too old: {}.{} is needed", OLDEST.0, OLDEST.1);
    let wanted = fs::read(requirements).with_context(|| requirements.display().to_string())?;
    let folder = paths::cache()?.join("python");
    let done = folder.join(format!("{name}-{version}"));
    // Written last: an interrupted installation is begun again.
    let installed = done.join("installed.txt");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(done);
    }
    say(format_args!("installing {name} for Python {version}"));
    if done.exists() {
        fs::remove_dir_all(&done)?;
    }
    fs::create_dir_all(&folder)?;
    let pip = create(python, &done, &folder)?;
    let mut install = Command::new(done.join("bin/python"));
    if let Some(pip) = pip {
        install.env("PYTHONPATH", pip);
    }
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(install.arg(requirements)).with_context(|| format!("{name} could not be installed"))?;
    fs::write(installed, wanted)?;
    Ok(done)
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= OLDEST
}

/// Makes an environment. Debian keeps pip in a package of its own; where that is not installed it is unpacked into our
/// folder, and the path of pip is given.
fn create(python: &Path, environment: &Path, folder: &Path) -> Result<Option<PathBuf>> {
    let has_pip = Command::new(python).args(["-c", "import ensurepip"]).output()?.status.success();
    let mut venv = Command::new(python);
    venv.args(["-m", "venv"]);
    if has_pip {
        run(venv.arg(environment))?;
        return Ok(None);
    }
    run(venv.arg("--without-pip").arg(environment))?;
    let root = folder.join("pip");
    let package = Packages { names: vec!["python3-pip-whl".to_owned()], version: String::new() };
    package.unpack(&folder.join("packages"), &root)?;
    let wheels = entries(&root.join("usr/share/python-wheels"))?;
    let pip = wheels.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    Ok(Some(pip.context("Debian's package python3-pip-whl holds no wheel")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_new_enough("3.10") && is_new_enough("3.14") && is_new_enough("4.0"));
        assert!(!is_new_enough("3.9") && !is_new_enough("2.7") && !is_new_enough("unknown"));
    }
}
