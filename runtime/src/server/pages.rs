//! `/metrics` and `/health` on the platform listener.

use super::health::Health;
use crate::invoke::Invoker;
use crate::registry::{History, InvocationRow, LogRow};
use crate::telemetry::{Gauges, Metrics};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::sync::Arc;

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
}

pub(super) fn router(pages: Pages) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/health", any(health)).with_state(pages)
}

async fn metrics(State(pages): State<Pages>) -> Response {
    let Pages { metrics, invoker, health, invocations, logs } = pages;
    let gauges = Gauges {
        instances: health.engines.ticker().running(),
        queued: invoker.admission.waiting(),
        functions: invoker.directory.len() as u64,
        loaded: invoker.loader.loaded().await,
        memory_hits: invoker.loader.hits(),
        history_dropped: invocations.dropped(),
        logs_dropped: logs.dropped(),
    };
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], metrics.render(gauges)).into_response()
}

async fn health(State(pages): State<Pages>) -> Response {
    pages.health.answer().map(Body::new)
}
