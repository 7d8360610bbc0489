//! What capabilities are told of an invocation.

use super::auth::Caller;
use super::javascript::Program;
use super::log::LogSink;
use super::trace::Trace;
use std::sync::Arc;
use tokio::time::Instant;
use uuid::Uuid;
use wasmforge_sandbox::Usage;

/// One invocation, as the services see it. When its instance is dropped, so is everything that its sessions hold.
pub struct InvocationContext {
    /// Names it in logs and records.
    pub id: Uuid,
    /// The function's name.
    pub slug: Arc<str>,
    /// The function's version.
    pub version: i64,
    /// When its wall-clock time is over. No call waits longer.
    pub deadline: Instant,
    /// How many functions called each other to get here: 0 for a request from outside.
    pub depth: u32,
    /// Where it stands in its trace.
    pub trace: Trace,
    /// Who sent the request.
    pub caller: Caller,
    /// What services may be used for.
    pub limits: ServiceLimits,
    /// Its meters.
    pub usage: Arc<Usage>,
    /// Where its log goes.
    pub log: Arc<dyn LogSink>,
    /// What the JavaScript engine is to run; `None` where the function is a component of its own.
    pub program: Option<Arc<Program>>,
}

/// How much of the services one invocation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Outbound requests.
    pub outbound_requests: u32,
    /// Outbound requests that are open at once.
    pub outbound_concurrency: u32,
    /// Rows of one SQL result.
    pub sql_rows: u64,
    /// Bytes of one SQL result.
    pub sql_bytes: u64,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            outbound_requests: 256,
            outbound_concurrency: 32,
            sql_rows: 100_000,
            sql_bytes: 32 * 1024 * 1024,
        }
    }
}
