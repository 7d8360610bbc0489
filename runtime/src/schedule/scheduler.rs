//! The background service that fires what is due.

use super::clock::DatabaseClock;
use super::firing::Firing;
use super::outcomes::{self, Ended};
use super::plan::Plan;
use crate::registry::{ClaimedRun, DueTime, PostgresRegistry, WriteError};
use rand::seq::SliceRandom;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use wasmforge_host_api::http::Http;

/// Runs of this node at once. What is due beyond that waits, for a place here or on another node.
const PLACES: usize = 1024;
/// Due times that are claimed with one statement. Nodes that race for many get some each.
const CLAIM: usize = 50;
/// How often leases are renewed and those of others looked at: a third of a lease.
const KEEP: Duration = Duration::from_secs(5);
/// How often everything is read again, should no trigger tell of changes.
const READ_AGAIN: Duration = Duration::from_secs(30);
/// The pause after the database failed, or before places are asked for again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the last records may take when a node stops.
const LAST_RECORDS: Duration = Duration::from_secs(6);

/// Fires schedules, on this node.
pub struct Scheduler {
    registry: PostgresRegistry,
    firing: Arc<Firing>,
    node: Uuid,
}

impl Scheduler {
    /// A scheduler that sends requests the way functions do.
    #[must_use]
    pub fn new(registry: &PostgresRegistry, http: &Http) -> Self {
        let firing = Firing {
            errands: http.errands(),
            secrets: registry.directory().secrets(),
            cut: CancellationToken::new(),
        };
        Self { registry: registry.clone(), firing: Arc::new(firing), node: Uuid::new_v4() }
    }

    /// Fires until `stop`, lets what runs go on for `drain`, and records all of it.
    pub async fn run(self, stop: CancellationToken, drain: Duration) {
        let (ended, receiver) = mpsc::channel(PLACES);
        let again = watch::Sender::new(0);
        let writer = tokio::spawn(outcomes::write(self.registry.clone(), self.node, receiver, again.clone()));
        let (cut, running) = (self.firing.cut.clone(), TaskTracker::new());
        let mut work = Work {
            plan: Plan::default(),
            clock: None,
            places: Arc::new(Semaphore::new(PLACES)),
            running: running.clone(),
            ended,
            waiting: None,
            owed: Look::default(),
            failing: false,
            scheduler: self,
        };
        work.until(stop, again.subscribe()).await;
        running.close();
        if timeout(drain, running.wait()).await.is_err() {
            cut.cancel();
            running.wait().await;
        }
        // The writer ends when nobody can send it anything any more.
        drop(work);
        if timeout(LAST_RECORDS, writer).await.is_err() {
            tracing::warn!("how the last runs of schedules ended was not written");
        }
    }
}

/// What a scheduler works with.
struct Work {
    scheduler: Scheduler,
    plan: Plan,
    /// Known once the database has answered.
    clock: Option<DatabaseClock>,
    places: Arc<Semaphore>,
    running: TaskTracker,
    ended: mpsc::Sender<Ended>,
    /// When the next run that waits may begin.
    waiting: Option<Instant>,
    /// What could not be looked at yet.
    owed: Look,
    failing: bool,
}

/// What has to be looked at.
#[derive(Clone, Copy, Default)]
struct Look {
    schedules: bool,
    waiting: bool,
    leases: bool,
}

impl Look {
    fn and(self, other: Self) -> Self {
        Self {
            schedules: self.schedules || other.schedules,
            waiting: self.waiting || other.waiting,
            leases: self.leases || other.leases,
        }
    }
}

impl Work {
    async fn until(&mut self, stop: CancellationToken, mut again: watch::Receiver<u64>) {
        let mut changes = self.scheduler.registry.schedule_changes();
        let (mut keep, mut read) = (interval(KEEP), interval(READ_AGAIN));
        keep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        read.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::select! {
            () = stop.cancelled() => return,
            () = self.scheduler.registry.synced() => {}
        }
        loop {
            let mut look = Look::default();
            tokio::select! {
                () = stop.cancelled() => return,
                _ = changes.changed() => look = Look { schedules: true, waiting: true, leases: false },
                _ = again.changed() => look.waiting = true,
                _ = read.tick() => look.schedules = true,
                _ = keep.tick() => look = Look { schedules: false, waiting: true, leases: true },
                () = at(self.wake()) => look.waiting = self.waiting.is_some_and(|wait| wait <= Instant::now()),
            }
            self.owed = self.owed.and(look);
            // Never left in the middle: what was claimed would have nobody to run it.
            let step = self.step(self.owed).await;
            if step.is_ok() {
                self.owed = Look::default();
            }
            self.heed(step);
        }
    }

    /// When there is something to be done if nothing else happens.
    fn wake(&self) -> Option<Instant> {
        let due = self.clock.zip(self.plan.next()).map(|(clock, next)| clock.instant(next));
        let now = Instant::now();
        // Without places, or with a database that fails, what is due now has to wait.
        let held = self.failing || self.places.available_permits() == 0;
        let soon = if held { now + PAUSE } else { now };
        due.into_iter().chain(self.waiting).min().map(|wake| wake.max(soon))
    }

    async fn step(&mut self, look: Look) -> Result<(), WriteError> {
        let registry = self.scheduler.registry.clone();
        if look.leases && self.clock.is_some() {
            self.clock = Some(DatabaseClock::at(registry.keep_runs(self.scheduler.node).await?));
        }
        if look.schedules || self.clock.is_none() {
            let (schedules, now) = registry.planned_schedules().await?;
            self.plan.replace(schedules);
            self.clock = Some(DatabaseClock::at(now));
        }
        if look.waiting {
            self.claim_waiting().await?;
        }
        self.claim_due().await
    }

    async fn claim_waiting(&mut self) -> Result<(), WriteError> {
        let Scheduler { registry, node, .. } = &self.scheduler;
        let places = self.places.available_permits();
        let (runs, wait) = registry.claim_waiting(*node, places).await?;
        // One that may begin already was somebody else's to take at this moment, or there was no place for it.
        self.waiting = wait.map(|wait| Instant::now() + wait.max(PAUSE));
        self.begin(runs);
        Ok(())
    }

    async fn claim_due(&mut self) -> Result<(), WriteError> {
        let Some(clock) = self.clock else { return Ok(()) };
        loop {
            let due = self.plan.due(clock.now(), self.places.available_permits());
            if due.now.is_empty() && due.missed.is_empty() {
                return Ok(());
            }
            let Scheduler { registry, node, .. } = &self.scheduler;
            let (registry, node) = (registry.clone(), *node);
            for missed in due.missed.chunks(CLAIM) {
                let runs = registry.claim_missed(node, &missed.iter().collect::<Vec<_>>()).await?;
                missed.iter().for_each(|(due, _)| self.plan.settle(due));
                self.begin(runs);
            }
            let mut parts: Vec<&[DueTime]> = due.now.chunks(CLAIM).collect();
            parts.shuffle(&mut rand::rng());
            for part in parts {
                let runs = registry.claim_due(node, &part.iter().collect::<Vec<_>>()).await?;
                part.iter().for_each(|due| self.plan.settle(due));
                self.begin(runs);
            }
        }
    }

    /// Sends the requests of runs that are ours.
    fn begin(&self, runs: Vec<ClaimedRun>) {
        for run in runs {
            let (places, firing, ended) =
                (self.places.clone(), self.scheduler.firing.clone(), self.ended.clone());
            // Nobody else takes places, so that there is one for whatever was claimed.
            let place = places.clone().try_acquire_owned();
            self.running.spawn(async move {
                let place = match place {
                    Ok(place) => place,
                    Err(_) => match places.acquire_owned().await {
                        Ok(place) => place,
                        Err(_) => return,
                    },
                };
                let finished = firing.fire(&run).await;
                // Whoever receives goes last.
                let _ = ended.send((finished, place)).await;
            });
        }
    }

    /// Says once that the database fails, and once that it does not any more.
    fn heed(&mut self, step: Result<(), WriteError>) {
        let failing = match &step {
            Ok(()) | Err(WriteError::Unsupported(_)) => false,
            Err(error) => {
                if !self.failing {
                    tracing::warn!(%error, "schedules cannot be fired");
                }
                true
            }
        };
        if self.failing && !failing {
            tracing::info!("schedules are fired again");
        }
        self.failing = failing;
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
