//! The web platform in JavaScript, bundled into one script.

use crate::command::{program, run, say};
use crate::stamp::Stamp;
use crate::{node, paths};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Bundles the layer if its sources have changed, and gives the script.
pub(super) fn build(work: &Path) -> Result<PathBuf> {
    let folder = paths::root().join("guest-sdk/js/layer");
    let script = work.join("layer.js");
    let inputs = ["src", "build.js", "package.json", "package-lock.json"].map(|name| folder.join(name));
    let stamp = Stamp::of(&inputs)?;
    if stamp.is_on(&script) {
        return Ok(script);
    }
    let node = node::provide()?;
    node::install(&folder)?;
    say(format_args!("bundling the web platform of JavaScript functions"));
    run(program(node).current_dir(&folder).arg("build.js").arg(&script))
        .context("the layer does not build")?;
    stamp.put_on(&script)?;
    Ok(script)
}
