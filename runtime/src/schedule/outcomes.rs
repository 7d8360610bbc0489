//! Writes down how runs ended, many at a time.

use crate::registry::{FinishedRun, PostgresRegistry};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// Runs that are written with one statement.
const BATCH: usize = 200;
/// How long runs that end together are gathered.
const GATHER: Duration = Duration::from_millis(20);
/// The pause before what could not be written is written again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a process that stops goes on trying.
const LAST_TRIES: Duration = Duration::from_secs(5);

/// A run that ended, and the place that it holds until that is written.
pub(super) type Ended = (FinishedRun, OwnedSemaphorePermit);

/// Writes what comes until nobody can send any more. `again` changes when there are runs to be tried again.
pub(super) async fn write(
    registry: PostgresRegistry,
    node: Uuid,
    mut ended: mpsc::Receiver<Ended>,
    again: watch::Sender<u64>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while ended.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH && !ended.is_closed() {
            sleep(GATHER).await;
            while let Some(more) = (batch.len() < BATCH).then(|| ended.try_recv().ok()).flatten() {
                batch.push(more);
            }
        }
        let (runs, places): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        if write_whole(&registry, node, &runs, &ended).await {
            again.send_modify(|times| *times = times.wrapping_add(1));
        }
        drop(places);
    }
}

/// Tries until it is written; what is not is found by others when this node's lease is over.
async fn write_whole(
    registry: &PostgresRegistry,
    node: Uuid,
    runs: &[FinishedRun],
    ended: &mpsc::Receiver<Ended>,
) -> bool {
    let mut last = None;
    loop {
        match registry.finish_runs(node, runs).await {
            Ok(again) => return again,
            Err(error) => {
                tracing::warn!(%error, runs = runs.len(), "how runs of schedules ended cannot be written yet");
            }
        }
        let end = ended.is_closed().then(|| *last.get_or_insert_with(|| Instant::now() + LAST_TRIES));
        if end.is_some_and(|end| Instant::now() >= end) {
            return false;
        }
        sleep(PAUSE).await;
    }
}
