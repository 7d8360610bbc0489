//! Writes histories in batches, behind the requests' back.

use super::batches::{Batch, Table};
use super::{Mode, Shared};
use crate::registry::{History, HistoryRow};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

/// Rows of one statement.
const BATCH: usize = 5000;
/// How long a batch is collected.
const COLLECT: Duration = Duration::from_secs(1);
/// How long one statement may take before its rows are given up.
const WRITE: Duration = Duration::from_secs(10);

/// A row that a table of ours takes.
pub(super) trait Stored: HistoryRow + Sized {
    /// The table, for the log.
    const TABLE: Table;

    /// The row's id as text, to tell other nodes which rows came.
    fn key(&self) -> String;

    /// Writes them all or none, and announces them.
    fn insert(
        pool: &PgPool,
        rows: &[Self],
        batch: &Batch,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// What is told about a statement's rows with their insertion: rows are a record of what happened and no more, so the
/// commit does not wait for the disk.
pub(super) const ANNOUNCED: &str =
    "SELECT count(*), set_config('synchronous_commit', 'off', true), pg_notify('wasmforge_history', ";

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

fn announcement<R: Stored>(shared: &Shared, rows: &[R]) -> Batch {
    let (mut first, mut last) = (String::new(), String::new());
    for key in rows.iter().map(R::key) {
        if first.is_empty() || key < first {
            first.clone_from(&key);
        }
        if key > last {
            last = key;
        }
    }
    Batch { table: R::TABLE, node: shared.node, batch: Uuid::now_v7(), first, last }
}

async fn write<R: Stored>(shared: &Shared, history: &History<R>, batch: &mut Vec<R>) {
    // An unmodified database has no table for them: the log line and the metrics are what remains.
    if !batch.is_empty() && shared.mode() != Some(Mode::Unmodified) {
        let error = if shared.is_connected() {
            match timeout(WRITE, R::insert(&shared.pool, batch, &announcement(shared, batch))).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no answer in time".to_owned()),
            }
        } else {
            Some("the database is unavailable".to_owned())
        };
        if let Some(error) = error {
            history.lost(batch.len());
            tracing::warn!(table = R::TABLE.name(), rows = batch.len(), error, "rows were lost");
        }
    }
    history.done(batch);
    batch.clear();
}
