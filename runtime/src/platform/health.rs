//! `/api/health`: what InsForge's clients ask the backend for.

use super::{PlatformState, shapes};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The route of the platform's health.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(health))
}

/// How the platform is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`: there is an answer.
    status: &'static str,
    service: &'static str,
    version: &'static str,
    #[schema(format = DateTime)]
    timestamp: Option<String>,
    /// `connected` or `unavailable`.
    database: &'static str,
}

/// How the platform is
///
/// Always `200` while this process answers; the database's state stands beside it.
#[utoipa::path(get, path = "/api/health", tag = "health", responses((status = 200, body = Health)))]
async fn health(State(state): State<PlatformState>) -> Json<Health> {
    Json(Health {
        status: "ok",
        service: "wasmforge",
        version: env!("CARGO_PKG_VERSION"),
        timestamp: shapes::timestamp(OffsetDateTime::now_utc()),
        database: if state.registry.status().connected { "connected" } else { "unavailable" },
    })
}
