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
    /// Its end is being written, which finds out by itself whether the lease still holds.
    is_ending: bool,
}

/// One job's lease, given up when it is dropped.
pub(super) struct Lease {
    id: Uuid,
    leases: Arc<Leases>,
    /// Cancelled once the job may be somebody else's.
    pub(super) lost: CancellationToken,
}

impl Lease {
    /// Notes that the job was run. From here on only a stop cancels it.
    pub(super) fn ends(&self) {
        if let Some(held) = self.leases.held.lock().get_mut(&self.id) {
            held.is_ending = true;
        }
    }
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
        let until = since + length;
        let held = Held { slug: slug.to_owned(), until, lost: lost.clone(), is_ending: false };
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
            if renewed.contains(id) {
                held.until = since + length;
            } else if !held.is_ending {
                held.lost.cancel();
            }
        }
    }

    /// Stops the jobs whose lease is over because nobody could renew it.
    pub(super) fn expire(&self, now: Instant) {
        let held = self.held.lock();
        let over = held.values().filter(|held| held.until <= now && !held.is_ending);
        over.for_each(|held| held.lost.cancel());
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
    fn a_job_that_was_run_is_not_stopped_while_its_end_is_written() {
        let (leases, now) = (Arc::new(Leases::default()), Instant::now());
        let id = Uuid::new_v4();
        let lease = leases.hold(id, "f", now, LENGTH);
        lease.ends();
        leases.renewed(&[id], &[], now, LENGTH);
        leases.expire(now + LENGTH);
        assert!(!lease.lost.is_cancelled());
        leases.stop();
        assert!(lease.lost.is_cancelled());
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
