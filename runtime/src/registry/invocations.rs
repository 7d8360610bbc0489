//! The history of invocations.

use super::HistoryRow;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// One row of `functions.invocations`.
#[derive(Clone, Debug)]
pub struct InvocationRow {
    /// A version 7 UUID: the id that the caller got.
    pub id: Uuid,
    /// The function.
    pub slug: Arc<str>,
    /// The version of it that ran.
    pub version: i64,
    /// When the request arrived.
    pub started_at: OffsetDateTime,
    /// The request's method.
    pub method: String,
    /// The status that the caller got.
    pub status: u16,
    /// How it ended, in one word.
    pub outcome: &'static str,
    /// Wall-clock time in microseconds.
    pub duration_us: u64,
    /// Time on a thread in microseconds.
    pub cpu_us: u64,
    /// The most memory it had at once, in bytes.
    pub peak_memory: u64,
    /// Bytes of the request's body.
    pub request_bytes: u64,
    /// Bytes of the response's body.
    pub response_bytes: u64,
    /// Outbound requests.
    pub outbound_requests: u32,
    /// Calls to the platform's services.
    pub host_calls: u32,
    /// Tokens sent to language models.
    pub ai_prompt_tokens: u64,
    /// Tokens that came back.
    pub ai_completion_tokens: u64,
    /// What went wrong, for the author.
    pub error: Option<String>,
}

impl HistoryRow for InvocationRow {
    fn text_bytes(&self) -> usize {
        self.method.len() + self.error.as_ref().map_or(0, String::len)
    }
}
