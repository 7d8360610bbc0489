//! The record of one invocation.

use crate::registry::{LineId, Version};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use uuid::Uuid;
use wasmforge_host_api::log::Level;
use wasmforge_host_api::trace::Trace;
use wasmforge_sandbox::{CallKind, HostCall, Usage};

/// Names one invocation, in the answer's `x-wasmforge-invocation-id`, in errors, logs and records. A UUID version 7, so
/// that ids sort by time.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvocationId(Uuid);

impl InvocationId {
    /// A new id.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// As a UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl Default for InvocationId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How an invocation ended. The names stand in metrics, logs and the table `functions.invocations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The guest answered and returned.
    Ok,
    /// The guest answered with an error code instead of a response, or with none.
    GuestError,
    /// The guest trapped: a panic, an exit, a stack overflow.
    Trap,
    /// It ran longer than its wall-clock limit.
    Timeout,
    /// It used up its CPU time.
    CpuLimit,
    /// It used up its instructions.
    FuelExhausted,
    /// It failed after it was refused memory.
    MemoryLimit,
    /// The request's body was larger than the limit.
    RequestTooLarge,
    /// The response's body was cut at the limit.
    ResponseTooLarge,
    /// The client went away before the answer was complete.
    ClientGone,
    /// Its caller was not allowed to invoke it.
    Refused,
    /// There was no place to run it in time.
    Overloaded,
    /// Its code could not be made ready.
    NotBuilt,
    /// The runtime failed.
    Internal,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 14] = [
        Self::Ok,
        Self::GuestError,
        Self::Trap,
        Self::Timeout,
        Self::CpuLimit,
        Self::FuelExhausted,
        Self::MemoryLimit,
        Self::RequestTooLarge,
        Self::ResponseTooLarge,
        Self::ClientGone,
        Self::Refused,
        Self::Overloaded,
        Self::NotBuilt,
        Self::Internal,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::GuestError => "guest_error",
            Self::Trap => "trap",
            Self::Timeout => "timeout",
            Self::CpuLimit => "cpu_limit",
            Self::FuelExhausted => "fuel_exhausted",
            Self::MemoryLimit => "memory_limit",
            Self::RequestTooLarge => "request_too_large",
            Self::ResponseTooLarge => "response_too_large",
            Self::ClientGone => "client_gone",
            Self::Refused => "refused",
            Self::Overloaded => "overloaded",
            Self::NotBuilt => "not_built",
            Self::Internal => "internal",
        }
    }
}

/// What an invocation was made for. A request carries it as an extension; one that carries none came over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InvocationSource {
    /// A request from outside.
    #[default]
    Http,
    /// A schedule that was due.
    Schedule,
    /// A row that changed.
    Trigger,
    /// A request whose sender did not wait.
    Async,
    /// Another function.
    Function,
}

impl InvocationSource {
    /// Every source.
    pub const ALL: [Self; 5] = [Self::Http, Self::Schedule, Self::Trigger, Self::Async, Self::Function];

    /// Its name in records and queries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Schedule => "schedule",
            Self::Trigger => "trigger",
            Self::Async => "async",
            Self::Function => "function",
        }
    }
}

/// Everything that is kept of one invocation.
#[derive(Clone, Debug)]
pub struct InvocationRecord {
    /// Its id.
    pub id: InvocationId,
    /// Which function.
    pub slug: Arc<str>,
    /// Which version of it.
    pub version: Version,
    /// What it was made for.
    pub source: InvocationSource,
    /// The request's method.
    pub method: http::Method,
    /// The status that the caller saw; 499 where it was gone before there was one.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// When it was accepted.
    pub started: SystemTime,
    /// The same moment, as calls are timed.
    pub clock: Instant,
    /// From acceptance to the guest's end.
    pub duration: Duration,
    /// Time on a thread.
    pub cpu: Duration,
    /// Bytes of all memories and tables.
    pub peak_memory: u64,
    /// Instructions, where they were counted.
    pub fuel: Option<u64>,
    /// Bytes of the request's body that the guest took.
    pub request_bytes: u64,
    /// Bytes of the response's body that were handed to the connection.
    pub response_bytes: u64,
    /// Outbound requests.
    pub outbound_requests: u32,
    /// How many calls of each kind there were.
    pub call_counts: CallCounts,
    /// The first of them.
    pub calls: Vec<HostCall>,
    /// Tokens sent to language models.
    pub ai_prompt_tokens: u64,
    /// Tokens that came back.
    pub ai_completion_tokens: u64,
    /// Where it stands in its trace.
    pub trace: Trace,
    /// What went wrong, for the function's author: a trap's message and backtrace.
    pub error: Option<String>,
}

/// How many calls of each kind an invocation made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts([u32; CallKind::ALL.len()]);

impl CallCounts {
    /// The counts of what was used.
    #[must_use]
    pub fn of(usage: &Usage) -> Self {
        Self(CallKind::ALL.map(|kind| usage.calls_of(kind)))
    }

    /// The kinds that were called, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (CallKind, u32)> {
        CallKind::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// Calls to the platform's services: all but requests over HTTP.
    #[must_use]
    pub fn services(&self) -> u32 {
        self.iter().filter(|(kind, _)| *kind != CallKind::Http).map(|(_, count)| count).sum()
    }
}

/// One call as its record tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedCall<'a> {
    /// The service.
    pub kind: CallKind,
    /// What was called.
    pub name: &'a str,
    /// From the invocation's start to the call's.
    pub start: Duration,
    /// How long it took; up to the invocation's end, where it was still running.
    pub duration: Duration,
    /// Whether it succeeded.
    pub ok: bool,
}

impl InvocationRecord {
    /// The calls that were kept, in the order in which they began.
    pub fn timed_calls(&self) -> impl Iterator<Item = TimedCall<'_>> {
        self.calls.iter().map(|call| {
            let start = call.started.saturating_duration_since(self.clock);
            let duration = call.duration.unwrap_or_else(|| self.duration.saturating_sub(start));
            TimedCall { kind: call.kind, name: &call.name, start, duration, ok: call.ok }
        })
    }
}

/// Where a guest's line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSource {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A call of the log.
    Log,
}

impl LineSource {
    /// Its name in a line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Log => "log",
        }
    }
}

/// One line that a guest wrote.
#[derive(Clone, Debug)]
pub struct GuestLine {
    /// Names it.
    pub id: LineId,
    /// When.
    pub at: SystemTime,
    /// Which invocation.
    pub invocation: InvocationId,
    /// Of which function.
    pub slug: Arc<str>,
    /// In which version.
    pub version: Version,
    /// How it came.
    pub source: LineSource,
    /// How much it matters: `info` for standard output, `warn` for standard error.
    pub level: Level,
    /// The text, without its line feed; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Its fields, each name once.
    pub fields: Vec<(String, String)>,
}
