//! Sends spans as they come, in batches.

use super::attributes::scope;
use super::spans::spans;
use super::{ExportCounts, Exporter};
use crate::config::OtlpConfig;
use crate::telemetry::record::{GuestLine, InvocationRecord};
use crate::telemetry::recorder::RecordSink;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use parking_lot::Mutex;
use prost::Message as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wasmforge_host_api::http::Outbound;

/// Invocations whose spans wait at most; those of more are dropped.
const QUEUE: usize = 2048;

/// Spans of one message, about.
const BATCH: usize = 512;

/// How long a batch is collected.
const COLLECT: Duration = Duration::from_secs(1);

/// Takes records and sends their spans. Never waits.
pub struct TracesExport {
    queue: Sender<Vec<Span>>,
    waiting: Mutex<Option<Receiver<Vec<Span>>>>,
    exporter: Exporter,
}

impl TracesExport {
    /// An export as configured; `None` where traces go nowhere. Nothing is sent before [`TracesExport::run`].
    #[must_use]
    pub fn new(config: &OtlpConfig, outbound: Outbound, counts: Arc<ExportCounts>) -> Option<Arc<Self>> {
        let endpoint = config.traces.clone()?;
        let exporter = Exporter::new(config, endpoint, outbound, counts);
        let (queue, waiting) = channel(QUEUE);
        Some(Arc::new(Self { queue, waiting: Mutex::new(Some(waiting)), exporter }))
    }

    /// Sends until `stop`, and then what is left, once.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let Some(mut waiting) = self.waiting.lock().take() else { return };
        let mut batch = Vec::new();
        while !stop.is_cancelled() {
            collect(&mut waiting, &mut batch, &stop).await;
            self.send(&mut batch, &stop).await;
        }
        waiting.close();
        while let Ok(spans) = waiting.try_recv() {
            batch.extend(spans);
            if batch.len() >= BATCH && !self.send(&mut batch, &stop).await {
                break;
            }
        }
        self.send(&mut batch, &stop).await;
        while let Ok(spans) = waiting.try_recv() {
            self.drop_spans(spans.len());
        }
    }

    /// Whether the collector took them, or there was nothing to take.
    async fn send(&self, batch: &mut Vec<Span>, stop: &CancellationToken) -> bool {
        if batch.is_empty() {
            return true;
        }
        let count = batch.len();
        let scope_spans =
            ScopeSpans { scope: Some(scope()), spans: std::mem::take(batch), ..ScopeSpans::default() };
        let resource_spans = ResourceSpans {
            resource: Some(self.exporter.resource.clone()),
            scope_spans: vec![scope_spans],
            ..ResourceSpans::default()
        };
        let request = ExportTraceServiceRequest { resource_spans: vec![resource_spans] };
        match self.exporter.send(Bytes::from(request.encode_to_vec()), stop).await {
            Ok(answer) => {
                let rejected = rejected(answer, count);
                self.exporter.counts.spans.fetch_add((count - rejected) as u64, Ordering::Relaxed);
                self.drop_spans(rejected);
                true
            }
            Err(error) => {
                tracing::warn!(%error, spans = count, "spans were lost");
                self.drop_spans(count);
                false
            }
        }
    }

    fn drop_spans(&self, count: usize) {
        self.exporter.counts.spans_dropped.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// How many of so many spans a collector did not want.
fn rejected(answer: Bytes, count: usize) -> usize {
    let answer = ExportTraceServiceResponse::decode(answer).ok().and_then(|answer| answer.partial_success);
    let rejected = answer.map_or(0, |partial| usize::try_from(partial.rejected_spans).unwrap_or(0));
    rejected.min(count)
}

async fn collect(waiting: &mut Receiver<Vec<Span>>, batch: &mut Vec<Span>, stop: &CancellationToken) {
    tokio::select! {
        first = waiting.recv() => batch.extend(first.into_iter().flatten()),
        () = stop.cancelled() => return,
    }
    let end = Instant::now() + COLLECT;
    while batch.len() < BATCH {
        tokio::select! {
            more = waiting.recv() => batch.extend(more.into_iter().flatten()),
            () = sleep_until(end) => return,
            () = stop.cancelled() => return,
        }
    }
}

impl RecordSink for TracesExport {
    fn call(&self, record: &InvocationRecord) {
        if record.trace.is_sampled() {
            let spans = spans(record);
            let count = spans.len();
            if self.queue.try_send(spans).is_err() {
                self.drop_spans(count);
            }
        }
    }

    fn line(&self, _: &GuestLine) {}
}
