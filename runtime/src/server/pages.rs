//! `/metrics` and `/health` on the platform listener.

use super::health::{Health, HealthReport};
use crate::invoke::Invoker;
use crate::registry::{History, InvocationRow, LogRow};
use crate::telemetry::{ExportCounts, Gauges, LogFile, Metrics};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The content type of Prometheus's text format, version 0.0.4.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the pages report on.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) health: Arc<Health>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) invoker: Arc<Invoker>,
    pub(super) invocations: History<InvocationRow>,
    pub(super) logs: History<LogRow>,
    pub(super) file: Option<Arc<LogFile>>,
    pub(super) exports: Arc<ExportCounts>,
}

pub(super) fn router<S>(pages: Pages) -> OpenApiRouter<S> {
    OpenApiRouter::new().routes(routes!(metrics)).routes(routes!(health)).with_state(pages)
}

impl Pages {
    /// The metrics as they are now, in Prometheus's text format.
    pub(super) async fn scrape(&self) -> String {
        let Self { metrics, invoker, health, invocations, logs, file, exports } = self;
        metrics.render(Gauges {
            instances: health.engines.ticker().running(),
            queued: invoker.admission.waiting(),
            functions: invoker.directory.len() as u64,
            loaded: invoker.loader.loaded().await,
            memory_hits: invoker.loader.hits(),
            history_dropped: invocations.dropped(),
            logs_dropped: logs.dropped(),
            file_dropped: file.as_ref().map_or(0, |file| file.dropped()),
            spans: exports.spans(),
            spans_dropped: exports.spans_dropped(),
            metrics_failed: exports.metrics_failed(),
        })
    }
}

/// What Prometheus scrapes
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, body = String, content_type = "text/plain", description = "Metrics in Prometheus's text format"))
)]
async fn metrics(State(pages): State<Pages>) -> Response {
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], pages.scrape().await).into_response()
}

/// Whether functions can be answered
#[utoipa::path(
    method(get, head, post, put, patch, delete), path = "/health", tag = "health",
    responses(
        (status = 200, body = HealthReport, description = "They can; `degraded` where something else is wrong"),
        (status = 503, body = HealthReport, description = "None can"),
    )
)]
async fn health(State(pages): State<Pages>) -> Response {
    pages.health.answer().map(Body::new)
}
