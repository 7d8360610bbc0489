//! Where functions' SQL goes.

use super::{ConfigError, Secret, Variables};

/// How functions reach the database.
#[derive(Clone, Debug)]
pub struct SqlConfig {
    /// The connections for callers, where the operator has a login role for them: `WASMFORGE_SQL_CALLER_URL`.
    pub caller_url: Option<Secret>,
    /// The connections for the grant `service`: `WASMFORGE_SQL_SERVICE_URL`.
    pub service_url: Option<Secret>,
    /// The most connections for callers: `WASMFORGE_SQL_CALLER_CONNECTIONS`.
    pub caller_connections: usize,
    /// The most connections for services: `WASMFORGE_SQL_SERVICE_CONNECTIONS`.
    pub service_connections: usize,
}

impl SqlConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names a number that is none.
    pub fn from_variables(vars: &Variables) -> Result<Self, ConfigError> {
        let connections = |name: &str, default: usize| {
            let given = vars.parse::<usize>(name, "a number of connections")?;
            Ok::<_, ConfigError>(given.unwrap_or(default).clamp(1, 10_000))
        };
        Ok(Self {
            caller_url: vars.get("WASMFORGE_SQL_CALLER_URL").map(Secret::new),
            service_url: vars.get("WASMFORGE_SQL_SERVICE_URL").map(Secret::new),
            caller_connections: connections("WASMFORGE_SQL_CALLER_CONNECTIONS", 20)?,
            service_connections: connections("WASMFORGE_SQL_SERVICE_CONNECTIONS", 10)?,
        })
    }
}
