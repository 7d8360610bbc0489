//! The history of what functions log.

use super::{HistoryRow, LineId};
use std::borrow::Cow;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// One row of `functions.logs`.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Names it, and sorts by time.
    pub id: LineId,
    /// The invocation.
    pub invocation_id: Uuid,
    /// The function.
    pub slug: Arc<str>,
    /// The version of it that ran.
    pub version: i64,
    /// When the line was written.
    pub logged_at: OffsetDateTime,
    /// `trace` to `error`.
    pub level: Cow<'static, str>,
    /// `stdout`, `stderr` or `log`.
    pub source: Cow<'static, str>,
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

#[cfg(test)]
impl LogRow {
    /// A line that says nothing.
    pub(crate) fn example() -> Self {
        Self {
            id: LineId::from(1),
            invocation_id: Uuid::nil(),
            slug: "f".into(),
            version: 1,
            logged_at: OffsetDateTime::UNIX_EPOCH,
            level: "info".into(),
            source: "log".into(),
            message: String::new(),
            fields: Vec::new(),
        }
    }
}
