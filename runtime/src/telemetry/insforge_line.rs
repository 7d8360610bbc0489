//! What happened in the shape that InsForge's backend reads from `function.logs.jsonl`.
//!
//! Its reader shows a line with `metadata.duration` and `metadata.method` as a request, and every other one as its level
//! and message.

use crate::registry::{InvocationRow, LogRow};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// One entry of the log.
#[derive(Clone, Debug)]
pub struct InsforgeLine {
    /// Names it.
    pub id: String,
    /// When.
    pub at: OffsetDateTime,
    /// What the reader shows.
    pub event_message: String,
    /// The line of the file.
    pub body: Value,
}

impl From<&LogRow> for InsforgeLine {
    fn from(row: &LogRow) -> Self {
        let mut metadata = Map::new();
        metadata.insert("slug".to_owned(), json!(row.slug));
        metadata.insert("version".to_owned(), json!(row.version));
        metadata.insert("invocationId".to_owned(), json!(row.invocation_id));
        metadata.insert("source".to_owned(), json!(row.source));
        if !row.fields.is_empty() {
            let fields = row.fields.iter().map(|(name, value)| (name.clone(), json!(value)));
            metadata.insert("fields".to_owned(), Value::Object(fields.collect()));
        }
        Self {
            id: row.id.number().to_string(),
            at: row.logged_at,
            event_message: format!("{} - {}", row.level, row.message),
            body: body(row.logged_at, &row.level, &row.message, metadata),
        }
    }
}

impl From<&InvocationRow> for InsforgeLine {
    fn from(row: &InvocationRow) -> Self {
        let ended = OffsetDateTime::from(row.ended().moment());
        let duration = format!("{}ms", row.duration_us / 1000);
        let path = format!("/{}", row.slug);
        let (status, size) = (row.status, row.response_bytes);
        let event_message = format!("{} {path} {status} {size} {duration} - - - -", row.method);
        let mut metadata = Map::new();
        let entries = [
            ("method", json!(row.method)),
            ("path", json!(path)),
            ("status", json!(status)),
            ("size", json!(size)),
            ("duration", json!(duration)),
            ("ip", json!("-")),
            ("userAgent", json!("-")),
            ("slug", json!(row.slug)),
            ("version", json!(row.version)),
            ("invocationId", json!(row.id)),
            ("outcome", json!(row.outcome)),
            ("source", json!(row.source)),
            ("error", json!(row.error)),
        ];
        metadata.extend(
            entries.map(|(name, value)| (name.to_owned(), value)).into_iter().filter(|(_, v)| !v.is_null()),
        );
        let level = if status >= 500 { "error" } else { "info" };
        Self {
            id: row.id.to_string(),
            at: ended,
            event_message,
            body: body(ended, level, "invocation", metadata),
        }
    }
}

fn body(at: OffsetDateTime, level: &str, message: &str, metadata: Map<String, Value>) -> Value {
    json!({
        "timestamp": super::lines::timestamp(at.into()),
        "level": level,
        "message": message,
        "metadata": metadata,
    })
}
