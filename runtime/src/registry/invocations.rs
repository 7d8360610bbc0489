//! The history of invocations, written in batches behind the requests' back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Rows that wait to be written; more are dropped.
const QUEUE: usize = 10_000;

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
    /// Calls of host capabilities.
    pub host_calls: u32,
    /// What went wrong, for the author.
    pub error: Option<String>,
}

/// Takes invocation rows without ever making a request wait.
#[derive(Clone)]
pub struct InvocationLog {
    sender: mpsc::Sender<InvocationRow>,
    dropped: Arc<AtomicU64>,
}

impl InvocationLog {
    /// A log, and the queue's other end.
    pub(super) fn new() -> (Self, mpsc::Receiver<InvocationRow>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self { sender, dropped: Arc::default() }, receiver)
    }

    /// Queues a row. One that finds the queue full is counted and forgotten.
    pub fn record(&self, row: InvocationRow) {
        if self.sender.try_send(row).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Rows that were lost since the start: the queue was full, or the database away.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Counts rows that could not be written.
    pub(super) fn lost(&self, rows: usize) {
        self.dropped.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> InvocationRow {
        InvocationRow {
            id: Uuid::now_v7(),
            slug: Arc::from("f"),
            version: 1,
            started_at: OffsetDateTime::now_utc(),
            method: "GET".into(),
            status: 200,
            outcome: "ok",
            duration_us: 1,
            cpu_us: 1,
            peak_memory: 1,
            request_bytes: 0,
            response_bytes: 0,
            host_calls: 0,
            error: None,
        }
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let (log, _queue) = InvocationLog::new();
        for _ in 0..QUEUE + 3 {
            log.record(row());
        }
        assert_eq!(log.dropped(), 3);
    }
}
