//! Where things are.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository. Cargo runs us from wherever the command was typed.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// What is got once and kept outside the repository: `$WASMFORGE_CACHE`, `$XDG_CACHE_HOME/wasmforge` or
/// `~/.cache/wasmforge`.
pub(crate) fn cache() -> Result<PathBuf> {
    set("WASMFORGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("wasmforge")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/wasmforge")))
        .context("no place to keep what is downloaded: set HOME or WASMFORGE_CACHE")
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match set("CARGO_TARGET_DIR") {
        Some(dir) if dir.is_absolute() => dir,
        Some(dir) => env::current_dir().unwrap_or_else(|_| root()).join(dir),
        None => root().join("target"),
    }
}

/// A variable that holds a path.
pub(crate) fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
