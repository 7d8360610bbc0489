//! What may be asked of the history.

use super::LineId;
use time::OffsetDateTime;
use uuid::Uuid;
use wasmforge_host_api::log::Level;

/// Which statuses are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// This one.
    Exactly(u16),
    /// All of a class: 5 for 500 to 599.
    Class(u16),
}

/// Which invocations are wanted, newest first.
#[derive(Clone, Debug, Default)]
pub struct InvocationQuery {
    /// Of this function.
    pub slug: Option<String>,
    /// That ended so.
    pub outcome: Option<String>,
    /// That were answered so.
    pub status: Option<StatusFilter>,
    /// That began then or later.
    pub since: Option<OffsetDateTime>,
    /// That began earlier.
    pub until: Option<OffsetDateTime>,
    /// Whose error, slug or log holds this text, or whose id or trace is this.
    pub text: Option<String>,
    /// That took so many microseconds or more.
    pub min_duration_us: Option<u64>,
    /// That are older than this one.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

/// Which lines are wanted, newest first.
#[derive(Clone, Debug, Default)]
pub struct LineQuery {
    /// Of this function.
    pub slug: Option<String>,
    /// Of this invocation.
    pub invocation: Option<Uuid>,
    /// Of this level or above.
    pub level: Option<Level>,
    /// That came this way.
    pub source: Option<String>,
    /// That hold this text.
    pub text: Option<String>,
    /// That were written then or later.
    pub since: Option<OffsetDateTime>,
    /// That were written earlier.
    pub until: Option<OffsetDateTime>,
    /// That are older than this one.
    pub before: Option<LineId>,
    /// That are newer than this one.
    pub after: Option<LineId>,
    /// The oldest of them first, instead of the newest.
    pub oldest_first: bool,
    /// At most so many.
    pub limit: u32,
}
