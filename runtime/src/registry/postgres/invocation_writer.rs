//! Writes invocation records in batches, behind the requests' back.

use super::{Mode, Shared};
use crate::registry::InvocationRow;
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

/// Writes what is queued until the registry stops, and then what is left.
pub(super) async fn run(shared: Arc<Shared>, mut queue: Receiver<InvocationRow>) {
    let mut batch = Vec::with_capacity(BATCH);
    while !shared.stop.is_cancelled() {
        collect(&shared, &mut queue, &mut batch).await;
        write(&shared, &mut batch).await;
    }
    queue.close();
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        write(&shared, &mut batch).await;
    }
}

/// Waits for a first row, then for more until the batch is full or its time is over.
async fn collect(shared: &Shared, queue: &mut Receiver<InvocationRow>, batch: &mut Vec<InvocationRow>) {
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

async fn write(shared: &Shared, batch: &mut Vec<InvocationRow>) {
    // An unmodified database has no table for them: the log line and the metrics are what remains.
    if batch.is_empty() || shared.mode() == Some(Mode::Unmodified) {
        batch.clear();
        return;
    }
    let error = if shared.is_connected() {
        match timeout(WRITE, insert(&shared.pool, batch)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no answer in time".to_owned()),
        }
    } else {
        Some("the database is unavailable".to_owned())
    };
    if let Some(error) = error {
        shared.invocations.lost(batch.len());
        tracing::warn!(rows = batch.len(), error, "invocation records were lost");
    }
    batch.clear();
}

async fn insert(pool: &PgPool, rows: &[InvocationRow]) -> Result<(), sqlx::Error> {
    fn column<'a, T>(rows: &'a [InvocationRow], of: impl Fn(&'a InvocationRow) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO functions.invocations (id, slug, version, started_at, method, status, outcome, duration_us,
            cpu_us, peak_memory, request_bytes, response_bytes, host_calls, error)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::int[],
            $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
            $14::text[])
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(column(rows, |row| row.id))
    .bind(column(rows, |row| row.slug.to_string()))
    .bind(column(rows, |row| row.version))
    .bind(column(rows, |row| row.started_at))
    .bind(column(rows, |row| row.method.clone()))
    .bind(column(rows, |row| i32::from(row.status)))
    .bind(column(rows, |row| row.outcome.to_owned()))
    .bind(column(rows, |row| count(row.duration_us)))
    .bind(column(rows, |row| count(row.cpu_us)))
    .bind(column(rows, |row| count(row.peak_memory)))
    .bind(column(rows, |row| count(row.request_bytes)))
    .bind(column(rows, |row| count(row.response_bytes)))
    .bind(column(rows, |row| i64::from(row.host_calls)))
    // PostgreSQL's text holds no NUL, and one such message must not cost a whole batch.
    .bind(column(rows, |row| row.error.as_ref().map(|error| error.replace('\0', "\u{fffd}"))))
    .execute(pool)
    .await
    .map(drop)
}
