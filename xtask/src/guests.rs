//! Builds everything that runs inside: examples, functions, and the guests of tests.

use crate::command::{cargo, read, run, say};
use crate::toolchain::{self, Toolchain};
use crate::{paths, toolchain::TARGET};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folders whose sub-folders are crates for WebAssembly, from the root.
const FOLDERS: [&str; 3] = ["examples", "functions", "tests/guests"];

/// `cargo xtask guests`
pub(crate) fn main() -> Result<()> {
    let folder = build(&toolchain::provide()?)?;
    writeln!(std::io::stdout(), "{}", folder.display())?;
    Ok(())
}

/// Builds them all in one invocation, so that what they share is built once, and gives the folder of the components.
pub(crate) fn build(toolchain: &Toolchain) -> Result<PathBuf> {
    let packages = packages()?;
    say(format_args!("building {} guests for {TARGET}", packages.len()));
    let mut build = cargo();
    build.current_dir(paths::root()).args(["build", "--target", TARGET, "--profile", "guest"]);
    let target = target_dir(toolchain);
    build.arg("--target-dir").arg(&target);
    if let Toolchain::Private { rustc } = toolchain {
        build.env("RUSTC", rustc);
    }
    for package in &packages {
        build.args(["-p", package]);
    }
    run(&mut build).context("the guests do not build")?;
    Ok(target.join(TARGET).join("guest"))
}

/// A compiler of its own cannot share a target folder with another one.
pub(crate) fn target_dir(toolchain: &Toolchain) -> PathBuf {
    match toolchain {
        Toolchain::Installed => paths::target(),
        Toolchain::Private { .. } => paths::target().join("guest-toolchain"),
    }
}

/// The names of all guests' packages, sorted.
pub(crate) fn packages() -> Result<Vec<String>> {
    packages_in(&FOLDERS)
}

/// The names of the packages that have unit tests for the host: examples and functions.
pub(crate) fn with_unit_tests() -> Result<Vec<String>> {
    packages_in(&["examples", "functions"])
}

/// The names of the packages in these folders, sorted. A crate that the workspace does not know is an error: it would
/// be neither built nor tested, and no one would notice.
fn packages_in(folders: &[&str]) -> Result<Vec<String>> {
    let root = paths::root();
    let metadata = read(cargo().current_dir(&root).args(["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo's metadata")?;
    let known =
        metadata.get("packages").and_then(Value::as_array).context("cargo's metadata list no packages")?;
    let mut names = Vec::new();
    for folder in crates(&root, folders)? {
        let manifest = folder.join("Cargo.toml");
        let package =
            known.iter().find(|package| field(package, "manifest_path").map(Path::new) == Some(&manifest));
        match package.and_then(|package| field(package, "name")) {
            Some(name) => names.push(name.to_owned()),
            None => bail!("{} is not a member of the workspace: add it to Cargo.toml", folder.display()),
        }
    }
    names.sort();
    Ok(names)
}

fn field<'a>(package: &'a Value, key: &str) -> Option<&'a str> {
    package.get(key).and_then(Value::as_str)
}

fn crates(root: &Path, folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut crates = Vec::new();
    for folder in folders.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.join("Cargo.toml").is_file() {
                crates.push(path);
            }
        }
    }
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_in_the_guests_folders_is_a_member_of_the_workspace() {
        assert!(packages().unwrap().contains(&"hello".to_owned()));
    }
}
