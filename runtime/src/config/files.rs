//! Which files functions find.

use super::{ConfigError, Variables};
use crate::engine::MIB;
use std::path::PathBuf;
use wasmforge_host_api::files::{AssetsRoot, FilesSettings};

/// Reads the variables of files.
pub(super) fn from_variables(vars: &Variables) -> Result<FilesSettings, ConfigError> {
    let assets = vars.get("WASMFORGE_ASSETS_DIR").map(|folder| AssetsRoot::PerFunction(folder.into()));
    Ok(FilesSettings {
        assets: assets.into_iter().collect(),
        scratch: vars.get("WASMFORGE_SCRATCH_DIR").map_or_else(default_scratch, PathBuf::from),
        max_scratch: vars.mib("WASMFORGE_MAX_SCRATCH_MIB")?.unwrap_or(256 * MIB),
    })
}

/// A folder of this user's in the system's folder for what need not last.
fn default_scratch() -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    std::env::temp_dir().join(format!("wasmforge-scratch-{user}"))
}
