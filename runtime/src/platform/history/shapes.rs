//! The JSON of invocations, log lines and nodes.

use crate::platform::shapes::timestamp;
use crate::registry::{CallRow, InvocationRow, LogRow, NodeRow};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;
use wasmforge_host_api::trace::TraceId;

/// An invocation
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invocation)]
pub(super) struct InvocationShape {
    /// What the answer's `x-wasmforge-invocation-id` said.
    id: Uuid,
    slug: String,
    /// The version of the function that ran.
    version: i64,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    method: Cow<'static, str>,
    /// The status that the caller saw; 499 where it left before there was one.
    status: u16,
    /// How it ended: `ok`, `guest_error`, `trap`, `timeout`, `cpu_limit`, `fuel_exhausted`, `memory_limit`,
    /// `request_too_large`, `response_too_large`, `client_gone`, `refused`, `overloaded`, `not_built` or `internal`.
    outcome: Cow<'static, str>,
    /// Microseconds from its acceptance to its end.
    duration_us: u64,
    /// Microseconds on a processor.
    cpu_us: u64,
    /// Bytes of all memories and tables.
    peak_memory: u64,
    /// Instructions, where they were counted.
    fuel: Option<u64>,
    request_bytes: u64,
    response_bytes: u64,
    /// Requests that it sent.
    outbound_requests: u32,
    /// Calls to the platform's services.
    host_calls: u32,
    /// How many calls of each kind it made, requests over HTTP among them.
    calls_by_kind: BTreeMap<Cow<'static, str>, u32>,
    /// Tokens sent to language models.
    ai_prompt_tokens: u64,
    /// Tokens that came back.
    ai_completion_tokens: u64,
    /// What went wrong, for the author.
    error: Option<String>,
    /// The trace that it is a part of: 32 hexadecimal digits.
    trace_id: Option<String>,
    /// What it was made for: `http`, `schedule`, `trigger`, `async` or `function`.
    source: Cow<'static, str>,
}

impl From<InvocationRow> for InvocationShape {
    fn from(row: InvocationRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug.to_string(),
            version: row.version,
            started_at: timestamp(row.started_at),
            method: row.method,
            status: row.status,
            outcome: row.outcome,
            duration_us: row.duration_us,
            cpu_us: row.cpu_us,
            peak_memory: row.peak_memory,
            fuel: row.fuel,
            request_bytes: row.request_bytes,
            response_bytes: row.response_bytes,
            outbound_requests: row.outbound_requests,
            host_calls: row.host_calls,
            calls_by_kind: row.call_counts,
            ai_prompt_tokens: row.ai_prompt_tokens,
            ai_completion_tokens: row.ai_completion_tokens,
            error: row.error,
            trace_id: row.trace_id.map(|id| TraceId(id).to_string()),
            source: row.source,
        }
    }
}

/// An invocation with its calls and its log
#[derive(Serialize, ToSchema)]
pub(super) struct InvocationDetail {
    #[serde(flatten)]
    pub(super) invocation: InvocationShape,
    /// Its first 200 calls to its host, in the order in which they began.
    pub(super) calls: Vec<CallRow>,
    /// Its first 1000 log lines, oldest first.
    pub(super) logs: Vec<LineShape>,
}

/// A log line
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LogLine)]
pub(super) struct LineShape {
    /// Sorts by time. A number, as text: it is larger than JavaScript's numbers are exact.
    id: String,
    invocation_id: Uuid,
    slug: String,
    version: i64,
    #[schema(format = DateTime)]
    at: Option<String>,
    /// `trace`, `debug`, `info`, `warn` or `error`.
    level: Cow<'static, str>,
    /// `stdout`, `stderr` or `log`.
    source: Cow<'static, str>,
    message: String,
    /// What the line was given beside its message.
    fields: BTreeMap<String, String>,
}

impl From<LogRow> for LineShape {
    fn from(row: LogRow) -> Self {
        Self {
            id: row.id.number().to_string(),
            invocation_id: row.invocation_id,
            slug: row.slug.to_string(),
            version: row.version,
            at: timestamp(row.logged_at),
            level: row.level,
            source: row.source,
            message: row.message,
            fields: row.fields.into_iter().collect(),
        }
    }
}

/// A node
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Node)]
pub(super) struct NodeShape {
    /// Names the process: every start makes a new one.
    id: Uuid,
    /// The machine's name.
    host: String,
    version: String,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When it reported itself last; it does so every five seconds.
    #[schema(format = DateTime)]
    seen_at: Option<String>,
    functions_url: String,
    /// Guests that run.
    instances: u64,
    /// Invocations that wait for a place.
    queued: u64,
    /// Functions that may be invoked.
    functions: u64,
    resident_bytes: u64,
    /// Seconds on processors since its start.
    cpu_seconds: f64,
    /// Whether it reported itself within 15 seconds; of the node that answers, whether it is connected.
    database_connected: bool,
    problems: Vec<String>,
}

impl NodeShape {
    pub(super) fn of(row: NodeRow, database_connected: bool) -> Self {
        Self {
            id: row.id,
            host: row.host,
            version: row.version,
            started_at: timestamp(row.started_at),
            seen_at: timestamp(row.seen_at),
            functions_url: row.functions_url,
            instances: row.instances,
            queued: row.queued,
            functions: row.functions,
            resident_bytes: row.resident_bytes,
            cpu_seconds: row.cpu_seconds,
            database_connected,
            problems: row.problems,
        }
    }
}
