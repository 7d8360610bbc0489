//! The jobs that this node runs, and how long they are its own.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Every job that this node has leased and not ended.
#[derive(Default)]
pub(super) struct Leases {
    held: Mutex<HashMap<Uuid, Held>>,
    /// Told when one ends.
    ended: Arc<Notify>,
}

struct Held {
    slug: String,
    until: Instant,
    lost: CancellationToken,
}

/// One job's lease, given up when it is dropped.
pub(super) struct Lease {
    id: Uuid,
    leases: Arc<Leases>,
    /// Cancelled once the job may be somebody else's.
    pub(super) lost: CancellationToken,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.held.lock().remove(&self.id);
        self.leases.ended.notify_one();
    }
}

impl Leases {
    /// Whoever waits for a job to end, or for one to come.
    pub(super) fn wake(&self) -> Arc<Notify> {
        self.ended.clone()
    }

    /// Notes a lease that was asked for at `since`, which is before it began.
    pub(super) fn hold(self: &Arc<Self>, id: Uuid, slug: &str, since: Instant, length: Duration) -> Lease {
        let lost = CancellationToken::new();
        let held = Held { slug: slug.to_owned(), until: since + length, lost: lost.clone() };
        self.held.lock().insert(id, held);
        Lease { id, leases: self.clone(), lost }
    }

    pub(super) fn len(&self) -> usize {
        self.held.lock().len()
    }

    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.held.lock().keys().copied().collect()
    }

    /// How many jobs of each function run.
    pub(super) fn by_function(&self) -> HashMap<String, u32> {
        let mut counts = HashMap::new();
        for held in self.held.lock().values() {
            *counts.entry(held.slug.clone()).or_default() += 1;
        }
        counts
    }

    /// Notes which of `asked` were renewed at `since`; the others are lost.
    pub(super) fn renewed(&self, asked: &[Uuid], renewed: &[Uuid], since: Instant, length: Duration) {
        let mut held = self.held.lock();
        for id in asked {
            let Some(held) = held.get_mut(id) else { continue };
            match renewed.contains(id) {
                true => held.until = since + length,
                false => held.lost.cancel(),
            }
        }
    }

    /// Stops the jobs whose lease is over because nobody could renew it.
    pub(super) fn expire(&self, now: Instant) {
        self.held.lock().values().filter(|held| held.until <= now).for_each(|held| held.lost.cancel());
    }

    /// Stops all jobs.
    pub(super) fn stop(&self) {
        self.held.lock().values().for_each(|held| held.lost.cancel());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(30);

    #[test]
    fn a_lease_that_is_not_renewed_is_lost_and_others_are_not() {
        let (leases, now) = (Arc::new(Leases::default()), Instant::now());
        let [a, b] = [Uuid::new_v4(), Uuid::new_v4()].map(|id| (id, leases.hold(id, "f", now, LENGTH)));
        leases.renewed(&[a.0, b.0], &[b.0], now + LENGTH / 2, LENGTH);
        assert!(a.1.lost.is_cancelled() && !b.1.lost.is_cancelled());
        leases.expire(now + LENGTH);
        assert!(!b.1.lost.is_cancelled());
        leases.expire(now + LENGTH * 2);
        assert!(b.1.lost.is_cancelled());
    }

    #[test]
    fn what_runs_is_counted_by_function() {
        let (leases, now) = (Arc::new(Leases::default()), Instant::now());
        let held = ["f", "g", "f"].map(|slug| leases.hold(Uuid::new_v4(), slug, now, LENGTH));
        assert_eq!(leases.by_function(), HashMap::from([("f".into(), 2), ("g".into(), 1)]));
        drop(held);
        assert_eq!(leases.len(), 0);
    }
}
