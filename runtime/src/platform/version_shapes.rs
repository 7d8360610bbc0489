//! The JSON that speaks of versions.

use super::shapes::{FunctionShape, timestamp};
use crate::engine::{Limits, MIB};
use crate::registry::{AuthPolicy, Canary, Change, FunctionKind, Version, VersionEntry, VersionPage};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Which versions get a function's requests
#[derive(Serialize, ToSchema)]
#[schema(as = Traffic)]
pub(super) struct TrafficShape {
    /// The version that is live.
    live: Version,
    /// The version that gets a part; `null` where all go to the live one.
    canary: Option<CanaryShape>,
}

/// A version that gets a part of the requests
#[derive(Serialize, ToSchema)]
#[schema(as = Canary)]
struct CanaryShape {
    version: Version,
    /// How many of a hundred callers get it.
    #[schema(maximum = 100)]
    percent: u8,
}

impl TrafficShape {
    pub(super) fn new(live: Version, canary: Option<Canary>) -> Self {
        let canary = canary.map(|Canary { version, percent }| CanaryShape { version, percent });
        Self { live, canary }
    }
}

/// The limits that an invocation runs under, whoever set them
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EffectiveLimits {
    wall_ms: u64,
    cpu_ms: u64,
    /// Instructions; `null` for no limit.
    fuel: Option<u64>,
    memory_mib: u64,
    request_body_mib: u64,
    response_body_mib: u64,
    /// Invocations at once.
    concurrency: u32,
    sql_rows: u64,
    sql_mib: u64,
}

impl From<Limits> for EffectiveLimits {
    fn from(limits: Limits) -> Self {
        let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            wall_ms: millis(limits.wall),
            cpu_ms: millis(limits.cpu),
            fuel: limits.fuel,
            memory_mib: limits.memory / MIB,
            request_body_mib: limits.request_body / MIB,
            response_body_mib: limits.response_body / MIB,
            concurrency: limits.concurrency,
            sql_rows: limits.services.sql_rows,
            sql_mib: limits.services.sql_bytes / MIB,
        }
    }
}

/// A part of a function's history, newest first
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionList {
    versions: Vec<VersionShape>,
    /// What to send as `cursor` for the versions before these; `null` where there are none.
    next_cursor: Option<String>,
}

impl From<VersionPage> for VersionList {
    fn from(page: VersionPage) -> Self {
        let next_cursor = page.next.map(|next| next.to_string());
        Self { versions: page.entries.into_iter().map(VersionShape::from).collect(), next_cursor }
    }
}

/// A version of a function
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Version)]
pub(super) struct VersionShape {
    version: Version,
    kind: FunctionKind,
    /// The hash of the module's bytes, or of the source text's.
    module_sha256: String,
    /// How many bytes that is.
    module_size: i64,
    /// The limits that it asks for; `null` for the node's own.
    limits: Option<Value>,
    /// What it is granted; `null` for the defaults.
    capabilities: Option<Value>,
    /// Who may call it.
    auth: AuthPolicy,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// Who deployed it: `api-key`, the subject of an administrator's token, or `database:` and the role that wrote the row.
    created_by: Option<String>,
    /// `good`, `bad`, or `null` while nobody has compiled it.
    build: Option<String>,
    /// What is wrong with a bad one.
    build_error: Option<String>,
    /// Whether it is the live one.
    live: bool,
    /// How many of a hundred callers get it.
    #[schema(maximum = 100)]
    percent: u8,
    /// What it changed of the version before it.
    changes: Vec<ChangeShape>,
    /// The text of a source. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    code: Option<String>,
}

/// What a version changed of the one before it
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
struct ChangeShape {
    /// `kind`, `module`, `auth`, or a setting by its path.
    #[schema(example = "limits.wallMs")]
    field: String,
    /// What it was; `null` where it was not set.
    from: Value,
    /// What it is.
    to: Value,
}

impl From<VersionEntry> for VersionShape {
    fn from(entry: VersionEntry) -> Self {
        let change = |Change { field, from, to }| ChangeShape { field, from, to };
        Self {
            version: entry.version,
            kind: entry.kind,
            module_sha256: entry.module.to_hex(),
            module_size: entry.size,
            limits: entry.limits,
            capabilities: entry.capabilities,
            auth: entry.auth,
            created_at: timestamp(entry.created_at),
            created_by: entry.created_by,
            build: entry.build,
            build_error: entry.build_error,
            live: entry.live,
            percent: entry.percent,
            changes: entry.changes.into_iter().map(change).collect(),
            code: None,
        }
    }
}

impl VersionShape {
    /// The same with the text of a source.
    pub(super) fn with_code(self, code: Option<String>) -> Self {
        Self { code, ..self }
    }
}

/// That another version is live
#[derive(Serialize, ToSchema)]
pub(super) struct VersionMoved {
    /// Always `true`.
    pub(super) success: bool,
    /// The function as it is now.
    pub(super) function: FunctionShape,
    /// The version that was live.
    pub(super) from: Version,
    /// The version that is.
    pub(super) to: Version,
}
