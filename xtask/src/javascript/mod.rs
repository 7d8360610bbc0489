//! `cargo xtask js`: the engine of JavaScript functions, from its sources.
//!
//! ```text
//! guest-sdk/js/engine    Rust and QuickJS's C ──── cargo, clang ────► engine.wasm ──┐
//! guest-sdk/js/layer     the web platform in JavaScript ── esbuild ─► layer.js ─────┼─ snapshot ─► wasmforge-js.wasm
//! guest-sdk/js/snapshot  evaluates the second in the first ── cargo ────────────────┘
//! ```
//!
//! The result lies where a build leaves `wasmforge`, which looks for it beside itself.

mod c_compiler;
mod engine;
mod layer;
mod snapshot;

pub(crate) use engine::PACKAGE;

use crate::toolchain::{self, Toolchain};
use crate::{paths, runtime};
use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the server looks for beside itself.
const FILE: &str = "wasmforge-js.wasm";

/// `cargo xtask js`
pub(crate) fn main(release: bool) -> Result<()> {
    let toolchain = toolchain::provide()?;
    let server = if release { runtime::build_release()? } else { runtime::build()? };
    let engine = build(&toolchain, &server)?;
    writeln!(std::io::stdout(), "{}", engine.display())?;
    Ok(())
}

/// Builds what has changed, puts the engine beside a built server, and gives its path. The tool that makes it has been
/// built with that server.
pub(crate) fn build(toolchain: &Toolchain, server: &Path) -> Result<PathBuf> {
    let work = paths::target().join("javascript");
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    let layer = layer::build(&work)?;
    let engine = engine::build(toolchain)?;
    let result = server.with_file_name(FILE);
    snapshot::write(&server.with_file_name("wasmforge-js-snapshot"), &engine, &layer, &result)?;
    Ok(result)
}
