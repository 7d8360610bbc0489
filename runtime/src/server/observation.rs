//! Everything that a node does about what happens, beside answering requests.

use super::counts::Counts;
use super::heartbeat::OwnNode;
use super::history::HistorySink;
use crate::config::Config;
use crate::registry::PostgresRegistry;
use crate::telemetry::{LogFile, RecordSink, Tail};
use std::io;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The services that records are handed to.
pub(super) struct Observation {
    /// What happens now.
    pub(super) tail: Tail,
    /// The log file, where there is one.
    pub(super) file: Option<Arc<LogFile>>,
    counts: Arc<Counts>,
    registry: PostgresRegistry,
    /// Cancelled once the last record was handed over.
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Observation {
    /// Makes the services.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub(super) fn new(config: &Config, registry: &PostgresRegistry) -> io::Result<Self> {
        let file = match &config.history.logs_dir {
            Some(folder) => Some(Arc::new(LogFile::start(folder, config.history.log_file_bytes)?)),
            None => None,
        };
        Ok(Self {
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
        vec![Arc::new(history), self.counts.clone()]
    }

    /// Starts what runs beside the requests. Streams end with `stop`, so that they hold no listener up.
    pub(super) fn start(&self, node: Arc<OwnNode>, stop: CancellationToken) {
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
