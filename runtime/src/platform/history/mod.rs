//! What happened: invocations, log lines, statistics, nodes.

mod function_logs;
mod invocations;
mod lines;
mod nodes;
mod query;
mod shapes;
mod statistics;
mod stream;

use super::PlatformState;
use utoipa_axum::router::OpenApiRouter;

/// The routes of the history.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .merge(invocations::router())
        .merge(lines::router())
        .merge(stream::router())
        .merge(function_logs::router())
        .merge(statistics::router())
        .merge(nodes::router())
}
