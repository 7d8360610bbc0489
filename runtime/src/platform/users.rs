//! `/api/auth`: the signed-in user, and what users show of themselves.

use super::error::ErrorBody;
use super::extract::{PathOf, json_object};
use super::session::{SignedIn, user_not_found};
use super::{ApiError, PlatformState};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use wasmforge_host_api::auth::UsersUnavailable;

/// The routes of users.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(current)).routes(routes!(update_profile)).routes(routes!(profile))
}

/// Whoever is signed in
#[derive(Serialize, ToSchema)]
struct CurrentUser {
    user: UserShape,
}

/// A user
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
struct UserShape {
    id: Uuid,
    email: String,
    email_verified: bool,
    /// By what they can sign in.
    providers: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    profile: Value,
    metadata: Value,
}

/// What a user shows of themselves
#[derive(Serialize, ToSchema)]
struct Profile {
    id: Uuid,
    profile: Value,
}

/// A profile's new fields
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
struct ProfileChanges {
    #[schema(value_type = Object)]
    profile: Value,
}

/// The user who is signed in
///
/// Only a user's own token has one; keys are nobody's in particular.
#[utoipa::path(
    get, path = "/api/auth/sessions/current", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = CurrentUser))
)]
async fn current(
    State(state): State<PlatformState>,
    SignedIn(id): SignedIn,
) -> Result<Json<CurrentUser>, ApiError> {
    let user = state.registry.users().by_id(id).await?.ok_or_else(user_not_found)?;
    let (profile, metadata) = (parsed(&user.profile), parsed(&user.metadata));
    let user = UserShape {
        id: user.id,
        email: user.email,
        email_verified: user.email_verified,
        providers: user.providers,
        created_at: user.created_at,
        updated_at: user.updated_at,
        profile,
        metadata,
    };
    Ok(Json(CurrentUser { user }))
}

/// A user's profile
///
/// Anybody may look at it.
#[utoipa::path(
    get, path = "/api/auth/profiles/{id}", tag = "users", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Profile),
        (status = 400, body = ErrorBody, description = "The id is no UUID"),
        (status = 404, body = ErrorBody, description = "No such user"),
    )
)]
async fn profile(
    State(state): State<PlatformState>,
    PathOf(id): PathOf<String>,
) -> Result<Json<Profile>, ApiError> {
    let id: Uuid = id.parse().map_err(|_| ApiError::invalid_input("Invalid user ID format"))?;
    let user = state.registry.users().by_id(id).await?.ok_or_else(no_such_user)?;
    Ok(Json(Profile { id, profile: parsed(&user.profile) }))
}

/// Changes the profile of the user who is signed in
///
/// What is not sent stays as it was.
#[utoipa::path(
    patch, path = "/api/auth/profiles/current", tag = "users", security(("bearer" = [])),
    request_body = ProfileChanges,
    responses((status = 200, body = Profile), (status = 404, body = ErrorBody, description = "No such user"))
)]
async fn update_profile(
    State(state): State<PlatformState>,
    SignedIn(id): SignedIn,
    request: Request,
) -> Result<Json<Profile>, ApiError> {
    let mut body = json_object(request, state.max_json).await?;
    let keys = match body.remove("profile") {
        Some(profile @ Value::Object(_)) if !has_nul(&profile) => profile.to_string(),
        Some(Value::Object(_)) => {
            return Err(ApiError::invalid_input("profile: must not contain the NUL character"));
        }
        _ => return Err(ApiError::invalid_input("profile: Expected object")),
    };
    let profile = state.registry.users().merge_profile(id, &keys).await?.ok_or_else(no_such_user)?;
    Ok(Json(Profile { id, profile: parsed(&profile) }))
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
