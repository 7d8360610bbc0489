//! The limits of one invocation: what an operator sets, and what a function may ask for within that.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use wasmforge_host_api::ServiceLimits;

/// One mebibyte, the unit in which memory and body limits are configured.
pub const MIB: u64 = 1024 * 1024;

/// The limits that one invocation runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time from admission to the last byte.
    pub wall: Duration,
    /// Time on a thread; waiting does not count.
    pub cpu: Duration,
    /// Instructions (wasmtime fuel), where a deterministic budget is wanted. Costs 40–50 % on call-heavy code.
    pub fuel: Option<u64>,
    /// Bytes of all linear memories and tables of the invocation together.
    pub memory: u64,
    /// Bytes of the request's body.
    pub request_body: u64,
    /// Bytes of the response's body.
    pub response_body: u64,
    /// Invocations of one function that run at once.
    pub concurrency: u32,
    /// Bytes of log lines kept of one invocation.
    pub log: u64,
    /// What one invocation may use of the platform's services.
    pub services: ServiceLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(60),
            cpu: Duration::from_secs(10),
            fuel: None,
            memory: 128 * MIB,
            request_body: 100 * MIB,
            response_body: 100 * MIB,
            concurrency: 1000,
            log: 256 * 1024,
            services: ServiceLimits::default(),
        }
    }
}

/// What a function's `limits` column says: absent means the runtime's default.
///
/// A value over the operator's maximum is cut down to it, never refused, so that lowering a maximum does not break
/// functions that are deployed. An unknown name is refused at upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitOverrides {
    /// Wall-clock time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// CPU time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// Instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Memories and tables together, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// The request's body, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_body_mib: Option<u64>,
    /// The response's body, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_body_mib: Option<u64>,
    /// Invocations at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Rows of one SQL result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_rows: Option<u64>,
    /// One SQL result, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_mib: Option<u64>,
}

/// The operator's side: the defaults, and how far a function may go beyond them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitPolicy {
    /// What a function gets that asks for nothing.
    pub default: Limits,
    /// What no function gets more of. `fuel` is ignored here.
    pub maximum: Limits,
}

impl LimitPolicy {
    /// The limits of a function with these overrides.
    #[must_use]
    pub fn resolve(&self, overrides: &LimitOverrides) -> Limits {
        let Self { default, maximum } = self;
        let time = |ms: Option<u64>, default: Duration, most: Duration| {
            ms.map_or(default, Duration::from_millis).min(most).max(Duration::from_millis(1))
        };
        let size = |mib: Option<u64>, default: u64, most: u64| {
            mib.map_or(default, |mib| mib.saturating_mul(MIB)).min(most)
        };
        Limits {
            wall: time(overrides.wall_ms, default.wall, maximum.wall),
            cpu: time(overrides.cpu_ms, default.cpu, maximum.cpu),
            fuel: overrides.fuel.or(default.fuel),
            memory: size(overrides.memory_mib, default.memory, maximum.memory),
            request_body: size(overrides.request_body_mib, default.request_body, maximum.request_body),
            response_body: size(overrides.response_body_mib, default.response_body, maximum.response_body),
            concurrency: overrides
                .concurrency
                .unwrap_or(default.concurrency)
                .clamp(1, maximum.concurrency.max(1)),
            services: ServiceLimits {
                sql_rows: overrides
                    .sql_rows
                    .unwrap_or(default.services.sql_rows)
                    .min(maximum.services.sql_rows),
                sql_bytes: size(overrides.sql_mib, default.services.sql_bytes, maximum.services.sql_bytes),
                ..default.services
            },
            ..*default
        }
    }
}

impl Default for LimitPolicy {
    fn default() -> Self {
        let default = Limits::default();
        let maximum = Limits {
            wall: Duration::from_secs(900),
            cpu: Duration::from_secs(300),
            memory: 512 * MIB,
            request_body: 1024 * MIB,
            response_body: 1024 * MIB,
            services: ServiceLimits { sql_rows: 1_000_000, sql_bytes: 256 * MIB, ..default.services },
            ..default
        };
        Self { default, maximum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_overrides_are_the_defaults() {
        let policy = LimitPolicy::default();
        assert_eq!(policy.resolve(&LimitOverrides::default()), policy.default);
    }

    #[test]
    fn overrides_are_cut_down_to_the_operators_maximum() {
        let policy = LimitPolicy::default();
        let asked: LimitOverrides =
            serde_json::from_str(r#"{"wallMs":5000,"cpuMs":999999999,"memoryMib":4096,"concurrency":0}"#)
                .unwrap();
        let limits = policy.resolve(&asked);
        assert_eq!(limits.wall, Duration::from_secs(5));
        assert_eq!(limits.cpu, policy.maximum.cpu);
        assert_eq!(limits.memory, policy.maximum.memory);
        assert_eq!(limits.concurrency, 1);
    }

    #[test]
    fn an_unknown_limit_is_named() {
        let error = serde_json::from_str::<LimitOverrides>(r#"{"wall":1}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `wall`"), "{error}");
    }
}
