//! Builds the server and asks it where its services are.

use crate::command::{cargo, read, run, say};
use crate::{dashboard, paths};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the host's programs and gives the path of `wasmforge`. `-p` alone would choose other features of shared dependencies than a run
/// of all tests does, and build them twice; the workspace's default members are what both build.
pub(crate) fn build() -> Result<PathBuf> {
    dashboard::build()?;
    say(format_args!(
        "building wasmforge (the first time, with all dependencies, this takes some ten minutes)"
    ));
    run(cargo().current_dir(paths::root()).args(["build", "--bins"]))?;
    Ok(built())
}

/// Where a build leaves `wasmforge`.
pub(crate) fn built() -> PathBuf {
    paths::target().join("debug/wasmforge")
}

/// The same, and what makes the JavaScript engine, as they would be deployed.
pub(crate) fn build_release() -> Result<PathBuf> {
    dashboard::build()?;
    say(format_args!(
        "building wasmforge with optimisations (the first time, this takes some twenty minutes)"
    ));
    let mut build = cargo();
    build.current_dir(paths::root()).args([
        "build",
        "--release",
        "-p",
        "wasmforge",
        "-p",
        "wasmforge-js-snapshot",
    ]);
    run(&mut build)?;
    Ok(paths::target().join("release/wasmforge"))
}

/// Programs that tests start.
pub(crate) struct Services {
    /// The folder that holds `initdb` and `postgres`.
    pub(crate) postgres_bin: PathBuf,
    /// The executable `postgrest`; `None` if it could not be had, which has been said.
    pub(crate) postgrest: Option<PathBuf>,
}

/// Finds PostgreSQL and PostgREST as `wasmforge dev` does, fetching them if need be.
pub(crate) fn services(wasmforge: &Path) -> Result<Services> {
    say(format_args!("finding PostgreSQL 15 and PostgREST 12"));
    let found = read(Command::new(wasmforge).args(["dev", "--print-services"]))?;
    let found: Value =
        serde_json::from_str(&found).context("what `wasmforge dev --print-services` prints")?;
    let path = |key: &str| found.get(key).and_then(Value::as_str).map(PathBuf::from);
    Ok(Services {
        postgres_bin: path("postgres_bin").context("`wasmforge dev --print-services` names no PostgreSQL")?,
        postgrest: path("postgrest"),
    })
}
