//! `/api/auth`: the signed-in user, and what users show of themselves.

use super::extract::json_object;
use super::session::{SignedIn, user_not_found};
use super::{ApiError, PlatformState};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, patch};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;
use wasmforge_host_api::auth::UsersUnavailable;

/// The routes of users.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .route("/api/auth/sessions/current", get(current))
        .route("/api/auth/profiles/current", patch(update_profile))
        .route("/api/auth/profiles/{id}", get(profile))
}

async fn current(
    State(state): State<PlatformState>,
    SignedIn(id): SignedIn,
) -> Result<Json<Value>, ApiError> {
    let user = state.registry.users().by_id(id).await?.ok_or_else(user_not_found)?;
    Ok(Json(json!({
        "user": {
            "id": user.id,
            "email": user.email,
            "emailVerified": user.email_verified,
            "providers": user.providers,
            "createdAt": user.created_at,
            "updatedAt": user.updated_at,
            "profile": parsed(&user.profile),
            "metadata": parsed(&user.metadata),
        },
    })))
}

/// Anybody may look at it.
async fn profile(
    State(state): State<PlatformState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id: Uuid = id.parse().map_err(|_| ApiError::invalid_input("Invalid user ID format"))?;
    let user = state.registry.users().by_id(id).await?.ok_or_else(no_such_user)?;
    Ok(Json(json!({ "id": id, "profile": parsed(&user.profile) })))
}

/// What is not sent stays as it was.
async fn update_profile(
    State(state): State<PlatformState>,
    SignedIn(id): SignedIn,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let mut body = json_object(request, state.max_json).await?;
    let keys = match body.remove("profile") {
        Some(profile @ Value::Object(_)) if !has_nul(&profile) => profile.to_string(),
        Some(Value::Object(_)) => {
            return Err(ApiError::invalid_input("profile: must not contain the NUL character"));
        }
        _ => return Err(ApiError::invalid_input("profile: Expected object")),
    };
    let profile = state.registry.users().merge_profile(id, &keys).await?.ok_or_else(no_such_user)?;
    Ok(Json(json!({ "id": id, "profile": parsed(&profile) })))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// PostgreSQL's JSON holds none.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn no_such_user() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "AUTH_USER_NOT_FOUND", "User not found")
}

impl From<UsersUnavailable> for ApiError {
    fn from(_: UsersUnavailable) -> Self {
        // Why is in the log.
        Self::database_unavailable()
    }
}
