//! What is kept of what happened, and where.

use super::{ConfigError, Variables};
use std::path::PathBuf;
use std::time::Duration;

const HOUR: u64 = 3600;

/// How long rows of the history stay: `WASMFORGE_HISTORY_RETENTION_HOURS`, `_LINES` and `_INVOCATIONS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Rows that are older go.
    pub age: Duration,
    /// Log lines that stay at most, the newest.
    pub lines: i64,
    /// Invocations that stay at most, the newest.
    pub invocations: i64,
    /// Versions of a function that stay, the newest, besides those that are in use.
    pub versions: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: Duration::from_secs(7 * 24 * HOUR),
            lines: 1_000_000,
            invocations: 1_000_000,
            versions: 50,
        }
    }
}

impl Retention {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names a number that is none.
    pub fn from_variables(vars: &Variables) -> Result<Self, ConfigError> {
        let default = Self::default();
        let hours = vars.parse::<u32>("WASMFORGE_HISTORY_RETENTION_HOURS", "a number of hours")?;
        let rows = |name: &str, default: i64| {
            Ok::<_, ConfigError>(
                vars.parse::<u32>(name, "a number of rows")?.map_or(default, i64::from).max(1),
            )
        };
        Ok(Self {
            age: hours.map_or(default.age, |hours| Duration::from_secs(u64::from(hours.max(1)) * HOUR)),
            lines: rows("WASMFORGE_HISTORY_RETENTION_LINES", default.lines)?,
            invocations: rows("WASMFORGE_HISTORY_RETENTION_INVOCATIONS", default.invocations)?,
            versions: rows("WASMFORGE_VERSIONS", default.versions)?,
        })
    }
}

/// The log file beside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryConfig {
    /// The folder of `function.logs.jsonl`, which InsForge's backend reads: `LOGS_DIR`.
    pub logs_dir: Option<PathBuf>,
    /// Bytes after which the file is begun anew; the one before it stays: `WASMFORGE_LOG_FILE_MIB`.
    pub log_file_bytes: u64,
}

impl HistoryConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names a number that is none.
    pub fn from_variables(vars: &Variables) -> Result<Self, ConfigError> {
        Ok(Self {
            logs_dir: vars.get("LOGS_DIR").map(PathBuf::from),
            log_file_bytes: vars.mib("WASMFORGE_LOG_FILE_MIB")?.unwrap_or(64 * crate::engine::MIB).max(4096),
        })
    }
}
