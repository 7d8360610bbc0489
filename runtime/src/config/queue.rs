//! The queue: requests that are answered later, and the changes of rows.

use super::{ConfigError, Variables};
use crate::engine::MIB;
use std::time::Duration;

/// How the queue works.
#[derive(Clone, Copy, Debug)]
pub struct QueueConfig {
    /// Jobs that this node runs at once: `WASMFORGE_JOBS_WORKERS`. With none it only takes them in.
    pub workers: u32,
    /// Jobs of one function that this node runs at once: `WASMFORGE_JOBS_PER_FUNCTION`.
    pub per_function: u32,
    /// How long a node that says nothing keeps a job: `WASMFORGE_JOBS_LEASE_MS`.
    pub lease: Duration,
    /// The pause after a first attempt that failed: `WASMFORGE_JOBS_BACKOFF_MS`. Each later one is twice as long.
    pub backoff: Duration,
    /// Bytes of the largest request that is taken in: `WASMFORGE_JOBS_REQUEST_MIB`.
    pub request_body: u64,
    /// Bytes of the largest answer that is kept: `WASMFORGE_JOBS_ANSWER_MIB`.
    pub answer_body: u64,
    /// How long a job that succeeded is kept: `WASMFORGE_JOBS_RETENTION_MS`.
    pub retention: Duration,
    /// How long a dead one is: `WASMFORGE_JOBS_DEAD_RETENTION_MS`.
    pub dead_retention: Duration,
    /// Requests of one function that may wait: `WASMFORGE_JOBS_MAX_WAITING`.
    pub max_waiting: u32,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl QueueConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names the first value that cannot be used.
    pub fn from_variables(vars: &Variables) -> Result<Self, ConfigError> {
        let count = |name: &str| vars.parse::<u32>(name, "a number of jobs");
        let workers = count("WASMFORGE_JOBS_WORKERS")?.unwrap_or(16).min(1000);
        Ok(Self {
            workers,
            per_function: count("WASMFORGE_JOBS_PER_FUNCTION")?.unwrap_or(workers / 2).max(1),
            // Shorter ones would be lost to a busy database's pauses.
            lease: vars
                .millis("WASMFORGE_JOBS_LEASE_MS")?
                .unwrap_or(Duration::from_secs(30))
                .max(Duration::from_millis(500)),
            backoff: vars.millis("WASMFORGE_JOBS_BACKOFF_MS")?.unwrap_or(Duration::from_secs(1)),
            request_body: vars.mib("WASMFORGE_JOBS_REQUEST_MIB")?.unwrap_or(6 * MIB).min(256 * MIB),
            answer_body: vars.mib("WASMFORGE_JOBS_ANSWER_MIB")?.unwrap_or(6 * MIB).min(256 * MIB),
            retention: vars.millis("WASMFORGE_JOBS_RETENTION_MS")?.unwrap_or(DAY),
            dead_retention: vars.millis("WASMFORGE_JOBS_DEAD_RETENTION_MS")?.unwrap_or(DAY * 14),
            max_waiting: count("WASMFORGE_JOBS_MAX_WAITING")?.unwrap_or(10_000).max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<QueueConfig, ConfigError> {
        QueueConfig::from_variables(&vars.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect())
    }

    #[test]
    fn one_function_gets_half_of_the_workers_unless_told_otherwise() {
        assert_eq!(config(&[]).unwrap().per_function, 8);
        assert_eq!(config(&[("WASMFORGE_JOBS_WORKERS", "1")]).unwrap().per_function, 1);
        assert_eq!(config(&[("WASMFORGE_JOBS_PER_FUNCTION", "3")]).unwrap().per_function, 3);
    }

    #[test]
    fn a_value_that_is_none_is_named() {
        let error = config(&[("WASMFORGE_JOBS_LEASE_MS", "soon")]).unwrap_err().to_string();
        assert!(error.contains("WASMFORGE_JOBS_LEASE_MS"), "{error}");
    }
}
