//! The test runner, which gives every test a process and a time limit.

use crate::command::{cargo, program, run, say, succeeds};
use crate::paths;
use anyhow::{Context, Result};
use std::process::Command;

/// The newest that the workspace's compiler builds.
const VERSION: &str = "0.9.143";

/// Gives a command that the runner's arguments can follow; installs it into our cache if there is none.
pub(crate) fn provide() -> Result<Command> {
    if succeeds(cargo().args(["nextest", "--version"])) {
        let mut nextest = cargo();
        nextest.arg("nextest");
        return Ok(nextest);
    }
    let root = paths::cache()?.join(format!("nextest-{VERSION}"));
    let binary = root.join("bin/cargo-nextest");
    if !succeeds(program(&binary).args(["nextest", "--version"])) {
        say(format_args!(
            "installing the test runner cargo-nextest {VERSION}; this takes some minutes, once"
        ));
        // Unoptimised: it is built once and spends its time waiting for tests.
        let mut install = cargo();
        install.args(["install", "cargo-nextest", "--locked", "--debug", "--version", VERSION]);
        install.env("CARGO_PROFILE_DEV_DEBUG", "none").arg("--root").arg(&root);
        // A folder of its own, so that an interrupted installation goes on where it was.
        install.env("CARGO_TARGET_DIR", root.join("build"));
        run(&mut install).with_context(|| {
            format!("get the test runner with `cargo install cargo-nextest --version {VERSION}`")
        })?;
        std::fs::remove_dir_all(root.join("build"))?;
    }
    let mut nextest = program(binary);
    nextest.arg("nextest");
    Ok(nextest)
}
