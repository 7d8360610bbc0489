//! A connection between two statements of one invocation.
//!
//! To make a connection as new costs the server more than a small statement does. An invocation that sends one
//! statement after the other therefore keeps its connection in between, and hands it back when it has not used it for a
//! while, or ends.

use super::pool::{Lease, Pool, State};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection is kept that is not used. Longer than a guest takes between two statements; much shorter than
/// it would matter to who waits for a connection.
const PATIENCE: Duration = Duration::from_millis(5);

/// The place of one connection.
#[derive(Default)]
pub(super) struct Parking(Mutex<Parked>);

#[derive(Default)]
struct Parked {
    lease: Option<Lease>,
    /// Counts the connections that were parked here, so that a timer knows its own.
    turn: u64,
}

impl Parking {
    /// The connection that was parked, if it is of this pool and still good.
    pub(super) fn take(&self, pool: &Arc<Pool>) -> Option<Lease> {
        let mut parked = self.0.lock();
        parked.lease.take_if(|lease| lease.is_of(pool)).filter(Lease::is_good)
    }

    /// Keeps a connection for a moment; one that may still be at work is handed back at once.
    pub(super) fn park(self: &Arc<Self>, lease: Lease) {
        if lease.state != State::Used {
            return;
        }
        let turn = {
            let mut parked = self.0.lock();
            parked.turn += 1;
            parked.lease = Some(lease);
            parked.turn
        };
        let parking = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            if let Some(parking) = parking.upgrade() {
                parking.release(turn);
            }
        });
    }

    fn release(&self, turn: u64) {
        let mut parked = self.0.lock();
        if parked.turn == turn {
            parked.lease = None;
        }
    }
}
