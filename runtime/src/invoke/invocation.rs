//! One invocation from its admission to its record.

use crate::engine::Limits;
use crate::registry::Function;
use crate::telemetry::{CallCounts, InvocationId, InvocationRecord, InvocationSource, Outcome, Recorder};
use http::{Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;
use tokio::time::Instant;
use wasmforge_host_api::trace::Trace;
use wasmforge_sandbox::Usage;

/// The status in the record of an invocation whose client left before there was one.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// What an invocation was made for, and in which trace.
pub struct Origin {
    /// What for.
    pub source: InvocationSource,
    /// In which trace.
    pub trace: Trace,
}

/// Bytes that went in and out.
#[derive(Debug, Default)]
pub struct Traffic {
    request: AtomicU64,
    response: AtomicU64,
    request_refused: AtomicBool,
    response_refused: AtomicBool,
    response_broken: AtomicBool,
}

impl Traffic {
    pub(super) fn add_request(&self, bytes: u64) {
        self.request.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_response(&self, bytes: u64) {
        self.response.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn refuse_request(&self) {
        self.request_refused.store(true, Ordering::Relaxed);
    }

    pub(super) fn refuse_response(&self) {
        self.response_refused.store(true, Ordering::Relaxed);
    }

    /// Notes that the guest failed or was stopped. To be called while the guest is still there: its body's end, which
    /// comes when it is dropped, looks like that of a body that is complete.
    pub(super) fn break_response(&self) {
        self.response_broken.store(true, Ordering::Release);
    }

    /// Whether a body that ends now ends early.
    pub fn response_is_broken(&self) -> bool {
        self.response_broken.load(Ordering::Acquire)
    }

    /// Whether the request's body exceeded its limit.
    pub fn request_was_refused(&self) -> bool {
        self.request_refused.load(Ordering::Relaxed)
    }
}

/// An invocation that was admitted. Whatever becomes of it, it leaves one record: if nobody finishes it, it was
/// dropped because its client went away.
pub struct Invocation {
    /// Its id.
    pub id: InvocationId,
    /// What it runs.
    pub function: Arc<Function>,
    /// Its limits.
    pub limits: Limits,
    /// Its meters.
    pub usage: Arc<Usage>,
    /// Its bytes.
    pub traffic: Arc<Traffic>,
    /// The status of its answer, once there is one.
    pub status: Option<StatusCode>,
    /// Where it stands in its trace.
    pub trace: Trace,
    source: InvocationSource,
    method: Method,
    started: SystemTime,
    clock: Instant,
    recorder: Recorder,
    finished: bool,
}

impl Invocation {
    /// Begins an invocation now.
    #[must_use]
    pub fn begin(
        id: InvocationId,
        function: Arc<Function>,
        limits: Limits,
        origin: Origin,
        method: Method,
        recorder: Recorder,
    ) -> Self {
        Self {
            id,
            function,
            limits,
            usage: Arc::default(),
            traffic: Arc::default(),
            status: None,
            trace: origin.trace,
            source: origin.source,
            method,
            started: SystemTime::now(),
            clock: Instant::now(),
            recorder,
            finished: false,
        }
    }

    /// When its wall-clock limit is reached.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.clock + self.limits.wall
    }

    /// Leaves the record.
    pub fn finish(mut self, outcome: Outcome, error: Option<String>) {
        self.record(outcome, error);
    }

    fn record(&mut self, outcome: Outcome, error: Option<String>) {
        self.finished = true;
        let traffic = &self.traffic;
        let (ai_prompt_tokens, ai_completion_tokens) = self.usage.ai_tokens();
        let cut = traffic.response_refused.load(Ordering::Relaxed);
        self.recorder.call(InvocationRecord {
            id: self.id,
            slug: self.function.slug.shared(),
            version: self.function.version,
            source: self.source,
            method: std::mem::take(&mut self.method),
            status: self.status.map_or(CLIENT_CLOSED_REQUEST, |status| status.as_u16()),
            outcome: if cut { Outcome::ResponseTooLarge } else { outcome },
            started: self.started,
            clock: self.clock.into_std(),
            duration: self.clock.elapsed(),
            cpu: self.usage.cpu.used(),
            peak_memory: self.usage.peak_memory(),
            fuel: self.limits.fuel.map(|_| self.usage.fuel()),
            request_bytes: traffic.request.load(Ordering::Relaxed),
            response_bytes: traffic.response.load(Ordering::Relaxed),
            outbound_requests: self.usage.outbound_requests(),
            call_counts: CallCounts::of(&self.usage),
            calls: self.usage.take_calls(),
            ai_prompt_tokens,
            ai_completion_tokens,
            trace: self.trace.clone(),
            error,
        });
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        if !self.finished {
            self.record(Outcome::ClientGone, None);
        }
    }
}
