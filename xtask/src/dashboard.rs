//! `cargo xtask dashboard`: the dashboard's files, which the server's next build takes in.

use crate::command::{program, run, say};
use crate::stamp::Stamp;
use crate::{node, paths};
use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// `cargo xtask dashboard`
pub(crate) fn main() -> Result<()> {
    writeln!(std::io::stdout(), "{}", build()?.display())?;
    Ok(())
}

/// Bundles the dashboard into `dashboard/dist` if its sources have changed, and gives that folder.
pub(crate) fn build() -> Result<PathBuf> {
    let folder = sources();
    let result = paths::root().join("dashboard/dist");
    // Beside the result the stamp would be embedded too.
    let made = paths::target().join("dashboard");
    let inputs = ["src", "build.js", "package.json", "package-lock.json"].map(|name| folder.join(name));
    let stamp = Stamp::of(&inputs)?;
    if stamp.is_on(&made) && result.join("index.html").is_file() {
        return Ok(result);
    }
    let node = node::provide()?;
    node::install(&folder)?;
    say(format_args!("bundling the dashboard"));
    run(program(node).current_dir(&folder).arg("build.js").arg(&result))
        .context("the dashboard does not build")?;
    fs::write(&made, result.display().to_string()).with_context(|| made.display().to_string())?;
    stamp.put_on(&made)?;
    Ok(result)
}

/// The unit tests of what needs no browser.
pub(crate) fn run_tests() -> Result<()> {
    node::run_tests(&sources().join("test"))
}

fn sources() -> PathBuf {
    paths::root().join("dashboard/web")
}
