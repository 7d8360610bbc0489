//! Everything that a node does about what happens, beside answering requests.

use super::counts::Counts;
use super::heartbeat::OwnNode;
use super::history::HistorySink;
use super::node::NodeError;
use super::pages::Pages;
use crate::config::Config;
use crate::registry::PostgresRegistry;
use crate::telemetry::{ExportCounts, LogFile, MetricsExport, RecordSink, Tail, TracesExport};
use std::sync::Arc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wasmforge_host_api::http::Outbound;

/// The services that records are handed to.
pub(super) struct Observation {
    /// What happens now.
    pub(super) tail: Tail,
    /// The log file, where there is one.
    pub(super) file: Option<Arc<LogFile>>,
    /// What became of what was exported.
    pub(super) exports: Arc<ExportCounts>,
    counts: Arc<Counts>,
    traces: Option<Arc<TracesExport>>,
    metrics: Option<Arc<MetricsExport>>,
    registry: PostgresRegistry,
    /// Cancelled once the last record was handed over.
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Observation {
    /// Makes the services.
    ///
    /// # Errors
    /// Where the system has no thread left, or no TLS.
    pub(super) fn new(config: &Config, registry: &PostgresRegistry) -> Result<Self, NodeError> {
        let file = match &config.history.logs_dir {
            Some(folder) => Some(Arc::new(LogFile::start(folder, config.history.log_file_bytes)?)),
            None => None,
        };
        let outbound = Outbound::builder().build().map_err(|error| NodeError::Tls(error.to_string()))?;
        let exports = Arc::<ExportCounts>::default();
        Ok(Self {
            traces: TracesExport::new(&config.otlp, outbound.clone(), exports.clone()),
            metrics: MetricsExport::new(&config.otlp, outbound, exports.clone()),
            exports,
            tail: Tail::default(),
            file,
            counts: Arc::default(),
            registry: registry.clone(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Where records go.
    pub(super) fn sinks(&self) -> Vec<Arc<dyn RecordSink>> {
        let history = HistorySink::new(&self.registry, self.tail.clone(), self.file.clone());
        let mut sinks: Vec<Arc<dyn RecordSink>> = vec![Arc::new(history), self.counts.clone()];
        sinks.extend(self.traces.clone().map(|traces| traces as Arc<dyn RecordSink>));
        sinks
    }

    /// Starts what runs beside the requests. Streams end with `stop`, so that they hold no listener up.
    pub(super) fn start(&self, node: Arc<OwnNode>, pages: Pages, stop: CancellationToken) {
        let (registry, tail) = (self.registry.clone(), self.tail.clone());
        self.tasks.spawn({
            let tail = tail.clone();
            async move {
                stop.cancelled().await;
                tail.stop();
            }
        });
        self.tasks.spawn(async move { registry.follow_others(tail).await });
        self.tasks.spawn(self.counts.clone().run(self.registry.clone(), self.stop.clone()));
        self.tasks.spawn(node.report(self.stop.clone()));
        if let Some(traces) = self.traces.clone() {
            self.tasks.spawn(traces.run(self.stop.clone()));
        }
        if let Some(metrics) = self.metrics.clone() {
            self.tasks.spawn(export_metrics(metrics, pages, self.stop.clone()));
        }
    }

    /// Writes what is left, once the last record was handed over.
    pub(super) async fn finish(&self) {
        self.tail.stop();
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.counts.flush(&self.registry).await;
        if let Some(file) = self.file.clone() {
            // Joining a thread blocks.
            let _ = tokio::task::spawn_blocking(move || file.stop()).await;
        }
    }
}

/// Exports the metrics at every interval, and once more at the end.
async fn export_metrics(metrics: Arc<MetricsExport>, pages: Pages, stop: CancellationToken) {
    while stop.run_until_cancelled(sleep(metrics.interval())).await.is_some() {
        metrics.export(&pages.scrape().await, &stop).await;
    }
    metrics.export(&pages.scrape().await, &stop).await;
}
