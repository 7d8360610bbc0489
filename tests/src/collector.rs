//! A collector of OpenTelemetry: it takes what is exported over HTTP in protobuf.

use crate::{PATIENCE, Peer, Received};
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The collector, stopped when it is dropped.
pub struct Collector {
    peer: Peer,
    status: Arc<AtomicU16>,
}

impl Collector {
    /// A collector that takes everything.
    pub async fn start() -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let answer = status.clone();
        let peer = Peer::start_with_bytes(move |_| (answer.load(Ordering::SeqCst), Bytes::new())).await;
        Self { peer, status }
    }

    /// Answers with this status from now on.
    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.peer.url("")
    }

    /// Everything that was sent to this path.
    #[must_use]
    pub fn received(&self, path: &str) -> Vec<Received> {
        self.peer.received().into_iter().filter(|received| received.path == path).collect()
    }

    fn traces(&self) -> Vec<ExportTraceServiceRequest> {
        let decode = |received: Received| ExportTraceServiceRequest::decode(received.body).unwrap();
        self.received("/v1/traces").into_iter().map(decode).collect()
    }

    /// Every span that came.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let resources = self.traces().into_iter().flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// What the spans that came are of.
    #[must_use]
    pub fn resource(&self) -> Resource {
        let mut resources = self.traces().into_iter().flat_map(|request| request.resource_spans);
        resources.next().unwrap().resource.unwrap()
    }

    /// The metrics of the last export.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let Some(last) = self.received("/v1/metrics").pop() else { return Vec::new() };
        let request = ExportMetricsServiceRequest::decode(last.body).unwrap();
        let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        scopes.flat_map(|scope| scope.metrics).collect()
    }

    /// The spans, once `wanted` is content with them.
    pub async fn spans_when(&self, what: &str, mut wanted: impl FnMut(&[Span]) -> bool) -> Vec<Span> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let spans = self.spans();
            if wanted(&spans) {
                return spans;
            }
            assert!(Instant::now() < deadline, "{what}: {spans:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// An attribute as text; `None` where it is not there.
#[must_use]
pub fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == name)?.value.clone()?.value?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}
