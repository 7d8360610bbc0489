//! What goes on beside the jobs: leases are renewed, lost ones freed, old rows taken away.

use super::workers::Shared;
use crate::registry::WriteError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often what waits is counted.
const COUNT: Duration = Duration::from_secs(15);

/// How often old rows are taken away.
const SWEEP: Duration = Duration::from_secs(60);

/// Wakes the workers when a job comes. A notification that is lost costs no more than one poll.
pub(super) async fn listen(shared: Arc<Shared>, stop: CancellationToken) {
    let wake = shared.leases.wake();
    let listening = async {
        loop {
            if let Ok(mut listener) = shared.registry.listen_for_jobs().await {
                wake.notify_one();
                while let Ok(Some(_)) = listener.try_recv().await {
                    while listener.next_buffered().is_some() {}
                    wake.notify_one();
                }
            }
            sleep(shared.poll.max(Duration::from_millis(100))).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = listening => {}
    }
}

/// Renews leases three times in their length, and stops the jobs whose lease is over.
pub(super) async fn renew(shared: Arc<Shared>, end: CancellationToken) {
    let length = shared.config.lease;
    let mut tick = interval(length / 3);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            _ = tick.tick() => {}
        }
        let held = shared.leases.ids();
        if held.is_empty() {
            continue;
        }
        let since = Instant::now();
        match timeout(length / 3, shared.registry.renew_leases(shared.node, &held, length)).await {
            Ok(Ok(renewed)) => shared.leases.renewed(&held, &renewed, since, length),
            Ok(Err(error)) => tracing::warn!(%error, jobs = held.len(), "leases could not be renewed"),
            Err(_) => tracing::warn!(jobs = held.len(), "leases were not renewed in time"),
        }
        // The next chance comes when a third of the length is over.
        shared.leases.expire(Instant::now() + length / 3);
    }
}

/// Frees the jobs of nodes that went away, counts what waits, and takes away what is old.
pub(super) async fn tidy(shared: Arc<Shared>, stop: CancellationToken) {
    let mut tick = interval(shared.poll.max(Duration::from_millis(50)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut counted, mut swept) = (None::<Instant>, None::<Instant>);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if shared.registry.require_queue().is_err() {
            continue;
        }
        match shared.registry.reap_jobs(shared.keep_dead()).await {
            Ok(0) => {}
            Ok(jobs) => {
                tracing::warn!(jobs, "jobs of a node that went away are run again");
                shared.leases.wake().notify_one();
            }
            Err(error) => complain(&error),
        }
        if counted.is_none_or(|at| at.elapsed() >= COUNT) {
            counted = Some(Instant::now());
            match shared.registry.backlog().await {
                Ok(backlog) => shared.metrics.set_backlog(backlog),
                Err(error) => complain(&error),
            }
        }
        if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            match shared.registry.sweep_jobs().await {
                Ok(true) => {}
                Ok(false) => swept = Some(Instant::now()),
                Err(error) => {
                    swept = Some(Instant::now());
                    complain(&error);
                }
            }
        }
    }
}

fn complain(error: &WriteError) {
    if !matches!(error, WriteError::Unavailable(_)) {
        tracing::warn!(%error, "the queue cannot be kept in order");
    }
}
