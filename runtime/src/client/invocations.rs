//! `/api/invocations` and `/api/logs`: what happened.

use super::{Answered, Api, Call, ClientError, Events, Query, segment};
use http::{HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One invocation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// Its id.
    pub id: String,
    /// The function.
    pub slug: String,
    /// Its version.
    pub version: Option<u64>,
    /// When it began.
    pub started_at: Option<String>,
    /// The request's method.
    pub method: Option<String>,
    /// The answer's status.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Microseconds from its arrival to its end.
    pub duration_us: Option<u64>,
    /// Microseconds on a thread.
    pub cpu_us: Option<u64>,
    /// The most bytes of memory that it had.
    pub peak_memory: Option<u64>,
    /// Bytes of the request's body.
    pub request_bytes: Option<u64>,
    /// Bytes of the answer's body.
    pub response_bytes: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its trace.
    pub trace_id: Option<String>,
    /// What it came from: `http`, `schedule`, `trigger`, `async` or `function`.
    pub source: Option<String>,
    /// What it asked of the platform; only of one invocation.
    #[serde(default)]
    pub calls: Vec<HostCall>,
    /// What it wrote; only of one invocation.
    #[serde(default)]
    pub logs: Vec<Line>,
}

/// One call of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostCall {
    /// The service.
    pub kind: String,
    /// What was asked of it.
    pub name: Option<String>,
    /// Microseconds from the invocation's begin.
    pub start_us: Option<u64>,
    /// Microseconds that it took.
    pub duration_us: Option<u64>,
    /// Whether it succeeded.
    pub ok: Option<bool>,
}

/// A page of invocations, newest first.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocations {
    /// The page.
    pub invocations: Vec<Invocation>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// One line of a function's log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Its id, of whatever kind.
    #[serde(default)]
    pub id: Value,
    /// The invocation that wrote it.
    pub invocation_id: Option<String>,
    /// The function.
    #[serde(default)]
    pub slug: String,
    /// When.
    #[serde(default)]
    pub at: String,
    /// `trace`, `debug`, `info`, `warn` or `error`.
    #[serde(default)]
    pub level: String,
    /// Where it was written: `stdout`, `stderr`, `log`, …
    #[serde(default)]
    pub source: String,
    /// What it says.
    #[serde(default)]
    pub message: String,
    /// Values beside the message.
    pub fields: Option<Map<String, Value>>,
}

/// A page of lines, newest first.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lines {
    /// The page.
    pub lines: Vec<Line>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Which lines.
#[derive(Clone, Debug, Default)]
pub struct LineFilter {
    /// Of this function.
    pub slug: Option<String>,
    /// Of this invocation.
    pub invocation: Option<String>,
    /// Of this level or above.
    pub level: Option<String>,
    /// Since this moment.
    pub since: Option<String>,
    /// That contain this text.
    pub text: Option<String>,
}

/// Which invocations.
#[derive(Clone, Debug, Default)]
pub struct InvocationFilter {
    /// Of this function.
    pub slug: Option<String>,
    /// That ended like this.
    pub outcome: Option<String>,
    /// With this status.
    pub status: Option<String>,
    /// Since this moment.
    pub since: Option<String>,
    /// Until this moment.
    pub until: Option<String>,
    /// That contain this text.
    pub text: Option<String>,
    /// That took at least so many milliseconds.
    pub min_duration_ms: Option<u64>,
}

impl Api {
    /// A page of lines.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn lines(
        &self,
        filter: &LineFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answered<Lines>, ClientError> {
        let query = Query::new()
            .with("slug", filter.slug.as_ref())
            .with("invocation", filter.invocation.as_ref())
            .with("level", filter.level.as_ref())
            .with("since", filter.since.as_ref())
            .with("text", filter.text.as_ref())
            .with("limit", Some(limit))
            .with("cursor", cursor);
        self.get(&query.of("/api/logs/lines")).await
    }

    /// Lines as they are written, from the event `last` on if the server still has it.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn follow(&self, filter: &LineFilter, last: Option<&str>) -> Result<Events, ClientError> {
        let query = Query::new().with("slug", filter.slug.as_ref()).with("level", filter.level.as_ref());
        let mut call = Call::new(Method::GET, query.of("/api/logs/stream"))
            .header(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last) = last.and_then(|last| HeaderValue::from_str(last).ok()) {
            call = call.header(HeaderName::from_static("last-event-id"), last);
        }
        Ok(Events::of(self.ask(call).await?.accepted().await?))
    }

    /// A page of invocations.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn invocations(
        &self,
        filter: &InvocationFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answered<Invocations>, ClientError> {
        let query = Query::new()
            .with("slug", filter.slug.as_ref())
            .with("outcome", filter.outcome.as_ref())
            .with("status", filter.status.as_ref())
            .with("since", filter.since.as_ref())
            .with("until", filter.until.as_ref())
            .with("text", filter.text.as_ref())
            .with("minDurationMs", filter.min_duration_ms)
            .with("limit", Some(limit))
            .with("cursor", cursor);
        self.get(&query.of("/api/invocations")).await
    }

    /// One invocation, with its calls and its lines.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn invocation(&self, id: &str) -> Result<Answered<Invocation>, ClientError> {
        self.get(&format!("/api/invocations/{}", segment(id))).await
    }
}
