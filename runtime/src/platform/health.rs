//! `/api/health`: what InsForge's clients ask the backend for.

use super::{PlatformState, shapes};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Always `200` while this process answers; the database's state stands beside it.
pub(super) async fn health(State(state): State<PlatformState>) -> Json<Value> {
    Json(json!({
        "status": "ok",
        "service": "wasmforge",
        "version": env!("CARGO_PKG_VERSION"),
        "timestamp": shapes::timestamp(OffsetDateTime::now_utc()),
        "database": if state.registry.status().connected { "connected" } else { "unavailable" },
    }))
}
