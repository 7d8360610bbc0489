//! The history of invocations.

use super::{HistoryRow, LineId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::OffsetDateTime;
use utoipa::ToSchema;
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
    /// What it was made for, in one word.
    pub source: Cow<'static, str>,
    /// The request's method.
    pub method: Cow<'static, str>,
    /// The status that the caller got.
    pub status: u16,
    /// How it ended, in one word.
    pub outcome: Cow<'static, str>,
    /// Wall-clock time in microseconds.
    pub duration_us: u64,
    /// Time on a thread in microseconds.
    pub cpu_us: u64,
    /// The most memory it had at once, in bytes.
    pub peak_memory: u64,
    /// Instructions, where they were counted.
    pub fuel: Option<u64>,
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
    /// How many calls of each kind it made.
    pub call_counts: BTreeMap<Cow<'static, str>, u32>,
    /// The first of them; empty in lists.
    pub calls: Vec<CallRow>,
    /// The trace that it is a part of.
    pub trace_id: Option<u128>,
    /// What went wrong, for the author.
    pub error: Option<String>,
}

/// One call of an invocation to its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallRow {
    /// The service: `http`, `sql`, `rest`, `storage`, `realtime`, `auth`, `ai`, `keyvalue` or `functions`.
    pub kind: Cow<'static, str>,
    /// What was called, without values: `GET api.example.com`, `SELECT orders`.
    pub name: String,
    /// Microseconds from the invocation's start to the call's.
    pub start_us: u64,
    /// Microseconds that it took.
    pub duration_us: u64,
    /// Whether it succeeded.
    pub ok: bool,
}

impl InvocationRow {
    /// When it ended, as the ids of lines tell it.
    #[must_use]
    pub fn ended(&self) -> LineId {
        LineId::first_at(self.started_at.into()).later(self.duration_us)
    }
}

impl HistoryRow for InvocationRow {
    fn text_bytes(&self) -> usize {
        let calls: usize = self.calls.iter().map(|call| call.name.len() + 64).sum();
        self.method.len() + calls + self.error.as_ref().map_or(0, String::len)
    }
}
