//! The node's workers: they lease jobs as long as there are places, and run them.

use super::leases::Leases;
use super::{attempt, upkeep};
use crate::config::QueueConfig;
use crate::invoke::Invoker;
use crate::registry::{LeaseRequest, LeasedJob, PostgresRegistry, WriteError};
use crate::telemetry::Metrics;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How long to wait at least where jobs are due that cannot be had: others hold them, or their function has all of its
/// places.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// What everything in the queue shares.
pub(super) struct Shared {
    /// This node, as the registry calls it.
    pub(super) node: Uuid,
    pub(super) invoker: Arc<Invoker>,
    pub(super) registry: PostgresRegistry,
    pub(super) config: QueueConfig,
    pub(super) metrics: Arc<Metrics>,
    pub(super) leases: Arc<Leases>,
    /// How often the queue is looked at, in case a notification was lost.
    pub(super) poll: Duration,
}

impl Shared {
    /// How long a job is kept that failed for good.
    pub(super) fn keep_dead(&self) -> Duration {
        self.config.dead_retention
    }
}

/// The workers of a node.
pub struct Workers {
    shared: Arc<Shared>,
    /// No more jobs are leased.
    stop: CancellationToken,
    /// Nothing is left to be looked after.
    end: CancellationToken,
    services: TaskTracker,
    jobs: TaskTracker,
}

impl Workers {
    /// Starts them, whether or not the database answers. Must be called on a tokio runtime.
    #[must_use]
    pub fn start(
        invoker: Arc<Invoker>,
        registry: PostgresRegistry,
        config: QueueConfig,
        poll: Duration,
        metrics: Arc<Metrics>,
    ) -> Self {
        let leases = Arc::default();
        let shared =
            Arc::new(Shared { node: registry.node(), invoker, registry, config, metrics, leases, poll });
        let (stop, end) = (CancellationToken::new(), CancellationToken::new());
        let (services, jobs) = (TaskTracker::new(), TaskTracker::new());
        if config.workers > 0 {
            services.spawn(dispatch(shared.clone(), jobs.clone(), stop.clone()));
            services.spawn(upkeep::listen(shared.clone(), stop.clone()));
            services.spawn(upkeep::renew(shared.clone(), end.clone()));
        }
        services.spawn(upkeep::tidy(shared.clone(), stop.clone()));
        Self { shared, stop, end, services, jobs }
    }

    /// Leases no more, lets what runs finish for `drain` at most, and gives the rest back.
    pub async fn stop(&self, drain: Duration) {
        self.stop.cancel();
        self.jobs.close();
        if timeout(drain, self.jobs.wait()).await.is_err() {
            self.shared.leases.stop();
            // Each lets go at its next await.
            let _ = timeout(Duration::from_secs(1), self.jobs.wait()).await;
        }
        if self.shared.config.workers > 0 {
            match self.shared.registry.give_jobs_back(self.shared.node).await {
                Ok(0) | Err(WriteError::Unsupported(_)) => {}
                Ok(jobs) => tracing::info!(jobs, "unfinished jobs were given back"),
                Err(error) => tracing::warn!(%error, "unfinished jobs wait until their leases are over"),
            }
        }
        self.end.cancel();
        self.services.close();
        self.services.wait().await;
    }
}

/// Leases jobs and hands each to a task, until `stop`.
async fn dispatch(shared: Arc<Shared>, jobs: TaskTracker, stop: CancellationToken) {
    let synced = shared.registry.synced();
    tokio::select! {
        () = stop.cancelled() => return,
        () = synced => {}
    }
    let wake = shared.leases.wake();
    let mut after = String::new();
    while !stop.is_cancelled() {
        let pause = match lease(&shared, &after).await {
            Ok(leased) if leased.is_empty() => idle(&shared).await,
            Ok(leased) => {
                if let Some(last) = leased.last() {
                    after.clone_from(&last.job.slug);
                }
                for leased in leased {
                    jobs.spawn(attempt::run(shared.clone(), leased.job, leased.lease));
                }
                shared.metrics.set_jobs_running(shared.leases.len());
                // There may be more; where all places are taken, the next round waits.
                continue;
            }
            Err(_) => shared.poll,
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = wake.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

struct Leased {
    job: LeasedJob,
    lease: super::leases::Lease,
}

/// As many jobs as there are places.
async fn lease(shared: &Arc<Shared>, after: &str) -> Result<Vec<Leased>, WriteError> {
    let running = u32::try_from(shared.leases.len()).unwrap_or(u32::MAX);
    let free = shared.config.workers.saturating_sub(running);
    if free == 0 {
        return Ok(Vec::new());
    }
    let busy = shared.leases.by_function();
    let length = shared.config.lease;
    let since = Instant::now();
    let asked = LeaseRequest {
        node: shared.node,
        free,
        each: shared.config.per_function,
        busy: &busy,
        lease: length,
        after,
    };
    let jobs = shared.registry.lease_jobs(&asked).await.inspect_err(|error| {
        if !matches!(error, WriteError::Unavailable(_) | WriteError::Unsupported(_)) {
            tracing::warn!(%error, "no jobs could be leased");
        }
    })?;
    let now = OffsetDateTime::now_utc();
    let leased = jobs.into_iter().map(|job| {
        let wait = job.due_at.and_then(|due| Duration::try_from(now - due).ok());
        shared.metrics.job_waited(wait.unwrap_or_default());
        let lease = shared.leases.hold(job.id, &job.slug, since, length);
        Leased { job, lease }
    });
    Ok(leased.collect())
}

/// How long to wait for the next job.
async fn idle(shared: &Shared) -> Duration {
    shared.metrics.set_jobs_running(shared.leases.len());
    if shared.leases.len() >= shared.config.workers as usize {
        return shared.poll;
    }
    match shared.registry.next_job_due().await {
        Ok(Some(due)) => due.clamp(SHORTEST_PAUSE, shared.poll.max(SHORTEST_PAUSE)),
        Ok(None) | Err(_) => shared.poll,
    }
}
