//! `/api/nodes`.

use super::shapes::NodeShape;
use crate::platform::auth::Admin;
use crate::platform::{ApiError, PlatformState};
use crate::registry::{NodeRow, WriteError};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How old a report may be of a node that is connected.
const FRESH: Duration = Duration::seconds(15);

pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The nodes that work on the database
#[derive(Serialize, ToSchema)]
struct NodeList {
    nodes: Vec<NodeShape>,
}

/// How the nodes are
///
/// The one that answers, and those that reported themselves within a minute. Without the database, the one that answers.
#[utoipa::path(
    get, path = "/api/nodes", tag = "history", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = NodeList))
)]
async fn list(State(state): State<PlatformState>, _: Admin) -> Result<Json<NodeList>, ApiError> {
    let own = (state.node)();
    let is_connected = state.registry.status().connected;
    let others = match state.registry.read_nodes().await {
        Ok(nodes) => nodes,
        Err(WriteError::Unavailable(_) | WriteError::Unsupported(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let now = OffsetDateTime::now_utc();
    let others = others.into_iter().filter(|row| row.id != own.id).map(|row: NodeRow| {
        let is_fresh = now - row.seen_at < FRESH;
        NodeShape::of(row, is_fresh)
    });
    let others: Vec<_> = others.collect();
    let nodes = std::iter::once(NodeShape::of(own, is_connected)).chain(others).collect();
    Ok(Json(NodeList { nodes }))
}
