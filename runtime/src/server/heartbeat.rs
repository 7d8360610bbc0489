//! Reports this node to the others.

use super::health::Health;
use crate::invoke::Invoker;
use crate::registry::{NodeRow, PostgresRegistry};
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Between two reports.
const PERIOD: Duration = Duration::from_secs(5);

/// What is known of this node.
pub(super) struct OwnNode {
    pub(super) registry: PostgresRegistry,
    pub(super) invoker: Arc<Invoker>,
    pub(super) health: Arc<Health>,
    pub(super) started_at: OffsetDateTime,
    pub(super) functions_url: String,
}

impl OwnNode {
    /// How it is now.
    pub(super) fn row(&self) -> NodeRow {
        let problems = (self.health.database)().problems;
        NodeRow {
            id: self.registry.node(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            seen_at: OffsetDateTime::now_utc(),
            functions_url: self.functions_url.clone(),
            instances: self.health.engines.ticker().running(),
            queued: self.invoker.admission.waiting(),
            functions: self.invoker.directory.len() as u64,
            resident_bytes: resident_bytes().unwrap_or_default(),
            cpu_seconds: cpu_seconds(),
            problems: problems.into_iter().map(|(name, problem)| format!("{name}: {problem}")).collect(),
        }
    }

    /// Reports it until `stop`, and then that it is gone.
    pub(super) async fn report(self: Arc<Self>, stop: CancellationToken) {
        self.registry.synced().await;
        let mut period = interval(PERIOD);
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = period.tick() => {}
            }
            if let Err(error) = self.registry.report_node(&self.row()).await {
                tracing::debug!(%error, "this node was not reported");
            }
        }
        self.registry.forget_node().await;
    }
}

/// Bytes of memory, from `/proc/self/statm` (proc_pid_statm(5)): its second number counts pages.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn cpu_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(used).unwrap_or_default().as_secs_f64()
}
