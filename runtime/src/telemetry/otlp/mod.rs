//! OpenTelemetry: traces and metrics by OTLP over HTTP in protobuf.
//!
//! Spans are made of finished records, on the telemetry thread; a task sends them. What a collector does not take in time
//! is dropped and counted.

mod attributes;
mod metrics;
mod send;
mod spans;
mod traces;

pub use metrics::MetricsExport;
pub use traces::TracesExport;

use crate::config::{OtlpConfig, OtlpEndpoint};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmforge_host_api::http::Outbound;

/// What became of what was to be exported.
#[derive(Debug, Default)]
pub struct ExportCounts {
    spans: AtomicU64,
    spans_dropped: AtomicU64,
    metrics_failed: AtomicU64,
}

impl ExportCounts {
    /// Spans that a collector took.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.spans.load(Ordering::Relaxed)
    }

    /// Spans that were lost: the queue was full, or the collector away.
    #[must_use]
    pub fn spans_dropped(&self) -> u64 {
        self.spans_dropped.load(Ordering::Relaxed)
    }

    /// Exports of metrics that no collector took.
    #[must_use]
    pub fn metrics_failed(&self) -> u64 {
        self.metrics_failed.load(Ordering::Relaxed)
    }
}

/// What every export needs.
pub(super) struct Exporter {
    outbound: Outbound,
    endpoint: OtlpEndpoint,
    resource: Resource,
    timeout: std::time::Duration,
    counts: Arc<ExportCounts>,
}

impl Exporter {
    fn new(
        config: &OtlpConfig,
        endpoint: OtlpEndpoint,
        outbound: Outbound,
        counts: Arc<ExportCounts>,
    ) -> Self {
        let attributes = config.resource.iter().map(|(name, value)| attributes::text(name, value)).collect();
        let resource = Resource { attributes, ..Resource::default() };
        Self { outbound, endpoint, resource, timeout: config.timeout, counts }
    }
}
