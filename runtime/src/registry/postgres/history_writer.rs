//! Writes histories in batches, behind the requests' back.

use super::{Mode, Shared};
use crate::registry::{History, HistoryRow};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout};

/// Rows of one statement.
const BATCH: usize = 500;
/// How long a batch is collected.
const COLLECT: Duration = Duration::from_secs(1);
/// How long one statement may take before its rows are given up.
const WRITE: Duration = Duration::from_secs(10);

/// A row that a table of ours takes.
pub(super) trait Stored: HistoryRow + Sized {
    /// The table, for the log.
    const TABLE: &'static str;

    /// Writes them all or none.
    fn insert(pool: &PgPool, rows: &[Self]) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// A column of the rows, to be unnested.
pub(super) fn column<'a, R, T>(rows: &'a [R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// A count as PostgreSQL holds it.
pub(super) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// PostgreSQL's text holds no NUL, and one such text must not cost a whole batch.
pub(super) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Writes what is queued until the registry stops, and then what is left.
pub(super) async fn run<R: Stored>(shared: Arc<Shared>, history: History<R>, mut queue: Receiver<R>) {
    let mut batch = Vec::with_capacity(BATCH);
    while !shared.stop.is_cancelled() {
        collect(&shared, &mut queue, &mut batch).await;
        write(&shared, &history, &mut batch).await;
    }
    queue.close();
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        write(&shared, &history, &mut batch).await;
    }
}

/// Waits for a first row, then for more until the batch is full or its time is over.
async fn collect<R>(shared: &Shared, queue: &mut Receiver<R>, batch: &mut Vec<R>) {
    tokio::select! {
        _ = queue.recv_many(batch, BATCH) => {}
        () = shared.stop.cancelled() => return,
    }
    let end = Instant::now() + COLLECT;
    while batch.len() < BATCH {
        tokio::select! {
            received = queue.recv_many(batch, BATCH - batch.len()) => if received == 0 { return },
            () = sleep_until(end) => return,
            () = shared.stop.cancelled() => return,
        }
    }
}

async fn write<R: Stored>(shared: &Shared, history: &History<R>, batch: &mut Vec<R>) {
    // An unmodified database has no table for them: the log line and the metrics are what remains.
    if !batch.is_empty() && shared.mode() != Some(Mode::Unmodified) {
        let error = if shared.is_connected() {
            match timeout(WRITE, R::insert(&shared.pool, batch)).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no answer in time".to_owned()),
            }
        } else {
            Some("the database is unavailable".to_owned())
        };
        if let Some(error) = error {
            history.lost(batch.len());
            tracing::warn!(table = R::TABLE, rows = batch.len(), error, "rows were lost");
        }
    }
    history.done(batch);
    batch.clear();
}
