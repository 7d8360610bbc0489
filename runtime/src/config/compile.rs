//! How modules are compiled, and where machine code is kept.

use super::{ConfigError, Variables};
use crate::engine::MIB;
use std::path::PathBuf;
use std::time::Duration;

/// How modules are compiled and where machine code is kept.
#[derive(Clone, Debug)]
pub struct CompileConfig {
    /// The folder of `.cwasm` files (L2).
    pub cache_dir: PathBuf,
    /// Bytes that the folder may hold.
    pub cache_bytes: u64,
    /// Bytes of machine code kept loaded (L1).
    pub loaded_bytes: u64,
    /// The largest module that is accepted.
    pub max_module: u64,
    /// CPU time of one compile.
    pub cpu: Duration,
    /// Wall-clock time of one compile.
    pub wall: Duration,
    /// Address space of one compile.
    pub memory: u64,
    /// Compiles at once.
    pub concurrency: usize,
    /// The JavaScript engine; absent, the one beside this program.
    pub javascript_engine: Option<PathBuf>,
}

pub(super) fn from_variables(vars: &Variables) -> Result<CompileConfig, ConfigError> {
    Ok(CompileConfig {
        cache_dir: vars.get("WASMFORGE_CACHE_DIR").map_or_else(default_cache_dir, PathBuf::from),
        cache_bytes: vars.mib("WASMFORGE_CACHE_MIB")?.unwrap_or(4096 * MIB),
        loaded_bytes: vars.mib("WASMFORGE_LOADED_MIB")?.unwrap_or(1024 * MIB),
        max_module: vars.mib("WASMFORGE_MAX_MODULE_MIB")?.unwrap_or(64 * MIB),
        cpu: vars.millis("WASMFORGE_COMPILE_CPU_MS")?.unwrap_or(Duration::from_secs(120)),
        wall: vars.millis("WASMFORGE_COMPILE_WALL_MS")?.unwrap_or(Duration::from_secs(120)),
        memory: vars.mib("WASMFORGE_COMPILE_MEMORY_MIB")?.unwrap_or(4096 * MIB),
        concurrency: vars.parse("WASMFORGE_COMPILE_CONCURRENCY", "a number")?.unwrap_or(2).max(1),
        javascript_engine: vars.get("WASMFORGE_JS_ENGINE").map(PathBuf::from),
    })
}

/// `$XDG_CACHE_HOME/wasmforge/code`, or under the home directory, or under `/var/cache`.
fn default_cache_dir() -> PathBuf {
    let under = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    under("XDG_CACHE_HOME")
        .or_else(|| under("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(|| PathBuf::from("/var/cache"))
        .join("wasmforge/code")
}
