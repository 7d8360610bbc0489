//! The engine before it has its web platform: the crate `wasmforge-js-engine`, for WebAssembly.

use super::c_compiler;
use crate::command::{cargo, run, say};
use crate::toolchain::{TARGET, Toolchain};
use crate::{guests, paths};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// The crate. No part of what runs on the host.
pub(crate) const PACKAGE: &str = "wasmforge-js-engine";

/// Builds the engine by itself (its dependencies would have other features together with the guests'), and gives the
/// component.
pub(super) fn build(toolchain: &Toolchain) -> Result<PathBuf> {
    let compiler = c_compiler::provide()?;
    say(format_args!("building the JavaScript engine"));
    let mut build = cargo();
    build.current_dir(paths::root()).args(["build", "-p", PACKAGE, "--target", TARGET, "--profile", "guest"]);
    let target = guests::target_dir(toolchain);
    build.arg("--target-dir").arg(&target);
    if let Toolchain::Private { rustc } = toolchain {
        build.env("RUSTC", rustc);
    }
    compiler.configure(&mut build);
    run(&mut build).context("the JavaScript engine does not build")?;
    Ok(target.join(TARGET).join("guest").join("wasmforge_js_engine.wasm"))
}
