//! The history of what functions log.

use super::HistoryRow;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// One row of `functions.logs`.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// The invocation.
    pub invocation_id: Uuid,
    /// The function.
    pub slug: Arc<str>,
    /// The version of it that ran.
    pub version: i64,
    /// When the line was written.
    pub logged_at: OffsetDateTime,
    /// `trace` to `error`.
    pub level: &'static str,
    /// `stdout`, `stderr` or `log`.
    pub source: &'static str,
    /// The line.
    pub message: String,
    /// Its fields, each name once.
    pub fields: Vec<(String, String)>,
}

impl HistoryRow for LogRow {
    fn text_bytes(&self) -> usize {
        self.message.len() + self.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    }
}
