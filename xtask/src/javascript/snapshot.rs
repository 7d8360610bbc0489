//! The engine with its web platform in memory.

use crate::command::{program, run, say};
use crate::stamp::Stamp;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Writes `result` if what it is made of has changed. A server that starts meanwhile finds the old one or the new one.
pub(super) fn write(tool: &Path, engine: &Path, layer: &Path, result: &Path) -> Result<()> {
    let stamp = Stamp::of(&[engine.to_owned(), layer.to_owned(), tool.to_owned()])?;
    if stamp.is_on(result) {
        return Ok(());
    }
    say(format_args!("evaluating the web platform in the JavaScript engine"));
    let partial = result.with_extension("partial");
    let mut snapshot = program(tool);
    snapshot.arg("--engine").arg(engine).arg("--layer").arg(layer).arg("--out").arg(&partial);
    run(&mut snapshot).context("the engine's snapshot could not be made")?;
    fs::rename(&partial, result).with_context(|| result.display().to_string())?;
    stamp.put_on(result)
}
