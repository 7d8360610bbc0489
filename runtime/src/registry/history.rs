//! Rows that are written in batches behind the requests' back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Rows of one table that wait to be written; more are dropped.
const QUEUE: usize = 50_000;

/// Bytes of the texts in them; more are dropped.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;

/// A row of a table that only grows, until retention takes it.
pub trait HistoryRow: Send + Sync + 'static {
    /// Bytes of its texts.
    fn text_bytes(&self) -> usize;
}

/// Takes rows of one table without ever making a request wait. Clones feed the same queue.
pub struct History<R> {
    sender: mpsc::Sender<R>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    dropped: AtomicU64,
    waiting: AtomicUsize,
}

impl<R> Clone for History<R> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), counts: self.counts.clone() }
    }
}

impl<R: HistoryRow> History<R> {
    /// A history, and the queue's other end.
    pub(super) fn new() -> (Self, mpsc::Receiver<R>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self { sender, counts: Arc::default() }, receiver)
    }

    /// Queues a row. One that finds the queue full is counted and forgotten.
    pub fn record(&self, row: R) {
        let bytes = row.text_bytes();
        let waiting = self.counts.waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting.saturating_add(bytes) > QUEUE_BYTES || self.sender.try_send(row).is_err() {
            self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Rows that were lost since the start: the queue was full, or the database away.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Counts rows that could not be written.
    pub(super) fn lost(&self, rows: usize) {
        self.counts.dropped.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Makes room: these rows wait no more.
    pub(super) fn done(&self, rows: &[R]) {
        let bytes = rows.iter().map(HistoryRow::text_bytes).sum();
        self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(usize);

    impl HistoryRow for Row {
        fn text_bytes(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let (history, _queue) = History::new();
        for _ in 0..QUEUE + 3 {
            history.record(Row(1));
        }
        assert_eq!(history.dropped(), 3);
    }

    #[test]
    fn a_queue_of_large_rows_is_full_earlier_until_they_are_written() {
        let (history, _queue) = History::new();
        history.record(Row(QUEUE_BYTES));
        history.record(Row(1));
        assert_eq!(history.dropped(), 1);
        history.done(&[Row(QUEUE_BYTES)]);
        history.record(Row(1));
        assert_eq!(history.dropped(), 1);
    }
}
