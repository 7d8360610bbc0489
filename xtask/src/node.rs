//! Node and npm, which bundle the JavaScript of this repository.

use crate::command::{program, read, run, say};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest major version that the bundler and the checks run on.
const OLDEST: u32 = 20;

/// Finds Node.
pub(crate) fn provide() -> Result<PathBuf> {
    let node = PathBuf::from("node");
    let version = read(Command::new(&node).arg("--version")).with_context(|| {
        format!(
            "what is JavaScript in this repository is bundled with Node: install Node {OLDEST} or newer, with npm"
        )
    })?;
    match major(&version) {
        Some(major) if major >= OLDEST => Ok(node),
        _ => bail!("Node {} is too old: install Node {OLDEST} or newer", version.trim()),
    }
}

/// `v20.1.2`
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs a package's dependencies by its lock file, unless those of this very lock file are there. Scripts of
/// dependencies are not run.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| lock.display().to_string())?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say(format_args!("installing the npm packages of {}", folder.display()));
    let mut npm = program("npm");
    npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(&mut npm).context("npm packages could not be installed")?;
    fs::create_dir_all(folder.join("node_modules"))?;
    Ok(fs::write(&installed, wanted)?)
}

/// Runs a script of a package whose dependencies are installed.
pub(crate) fn run_script(folder: &Path, script: &str) -> Result<()> {
    run(program("npm").current_dir(folder).args(["run", "--silent", script]))
}

/// Runs the `*.test.mjs` of a folder.
pub(crate) fn run_tests(folder: &Path) -> Result<()> {
    let node = provide()?;
    let mut tests: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    tests.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    tests.sort();
    run(program(node).arg("--test").args(tests))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v22.4.1\n"), Some(22));
        assert_eq!(major("unknown"), None);
    }
}
