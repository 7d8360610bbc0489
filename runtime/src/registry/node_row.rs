//! The nodes that work on one database.

use time::OffsetDateTime;
use uuid::Uuid;

/// One row of `functions.nodes`: how a node is.
#[derive(Clone, Debug)]
pub struct NodeRow {
    /// Names the process: every start makes a new one.
    pub id: Uuid,
    /// The machine's name.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// When it started.
    pub started_at: OffsetDateTime,
    /// When it was heard of last.
    pub seen_at: OffsetDateTime,
    /// Where functions answer.
    pub functions_url: String,
    /// Guests that run.
    pub instances: u64,
    /// Invocations that wait for a place.
    pub queued: u64,
    /// Functions that may be invoked.
    pub functions: u64,
    /// Bytes of memory.
    pub resident_bytes: u64,
    /// Seconds on processors since the start.
    pub cpu_seconds: f64,
    /// What it complains about.
    pub problems: Vec<String>,
}
