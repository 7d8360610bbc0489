//! Shows those who watch on this node what other nodes wrote.

use super::batches::{Batch, Table};
use super::history_reader::{fetch, invocation, line, of_batch};
use super::write_error::WriteError;
use super::{PostgresRegistry, Shared};
use crate::telemetry::{Tail, TailEvent};
use tokio::sync::broadcast::error::RecvError;

impl PostgresRegistry {
    /// Follows the notifications of other nodes into `tail` while somebody watches, until either stops.
    pub async fn follow_others(&self, tail: Tail) {
        loop {
            tokio::select! {
                () = tail.watched() => {}
                () = tail.stopped() => return,
                () = self.0.stop.cancelled() => return,
            }
            let mut batches = self.0.batches.subscribe();
            while tail.is_watched() {
                let batch = tokio::select! {
                    batch = batches.recv() => batch,
                    () = tail.stopped() => return,
                    () = self.0.stop.cancelled() => return,
                };
                match batch {
                    Ok(batch) if batch.node != self.0.node && tail.is_watched() => {
                        if let Err(error) = show(&self.0, &tail, &batch).await {
                            tracing::debug!(%error, "what another node wrote could not be read");
                        }
                    }
                    // What was overwritten is in the tables.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }
}

async fn show(shared: &Shared, tail: &Tail, batch: &Batch) -> Result<(), WriteError> {
    let Some(query) = of_batch(batch.table, &batch.first, &batch.last, batch.batch) else { return Ok(()) };
    for row in fetch(shared, query).await? {
        tail.publish(match batch.table {
            Table::Invocations => TailEvent::Invocation(Box::new(invocation(&row, false)?)),
            Table::Logs => TailEvent::Line(line(&row)?),
        });
    }
    Ok(())
}
