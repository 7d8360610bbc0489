//! `/api/secrets`: what functions find in their environment, and the platform's own keys.

mod request;
mod rotation;

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{PathOf, json_object};
use super::shapes::{Done, timestamp};
use super::{ApiError, PlatformState};
use crate::registry::{SecretEntry, SecretError, SecretWriteError};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use request::{CreateSecret, UpdateSecret, parse_create, parse_update};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of secrets.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .merge(rotation::router())
}

/// All secrets, newest first
#[derive(Serialize, ToSchema)]
struct SecretList {
    secrets: Vec<SecretShape>,
}

/// A secret without its value
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Secret)]
struct SecretShape {
    id: Uuid,
    key: String,
    /// A deleted one stays in the list, inactive.
    is_active: bool,
    /// Whether the platform manages it: it can be neither changed nor deleted here.
    is_reserved: bool,
    /// When its value was last shown.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// From when on functions see it no more.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

impl SecretShape {
    fn of(entry: &SecretEntry) -> Self {
        let moment = |moment: Option<OffsetDateTime>| moment.and_then(timestamp);
        Self {
            id: entry.id,
            key: entry.key.clone(),
            is_active: entry.is_active,
            is_reserved: entry.is_reserved,
            last_used_at: moment(entry.last_used_at),
            expires_at: moment(entry.expires_at),
            created_at: moment(entry.created_at),
            updated_at: moment(entry.updated_at),
        }
    }
}

/// A secret with its value
#[derive(Serialize, ToSchema)]
struct SecretValue {
    key: String,
    value: String,
}

/// That a secret was created
#[derive(Serialize, ToSchema)]
struct SecretCreated {
    /// Always `true`.
    success: bool,
    message: String,
    id: Uuid,
}

/// All secrets
///
/// Newest first, without their values, deleted and expired ones among them.
#[utoipa::path(
    get, path = "/api/secrets", tag = "secrets", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = SecretList))
)]
async fn list(State(state): State<PlatformState>, _: Admin) -> Result<Json<SecretList>, ApiError> {
    let secrets = state.registry.secrets().await?;
    Ok(Json(SecretList { secrets: secrets.iter().map(SecretShape::of).collect() }))
}

/// A secret's value
///
/// Of one that is active and has not expired, reserved or not. That it was shown is recorded.
#[utoipa::path(
    get, path = "/api/secrets/{key}", tag = "secrets", params(("key" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = SecretValue), (status = 404, body = ErrorBody, description = "No such secret"))
)]
async fn read(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    PathOf(key): PathOf<String>,
) -> Result<Json<SecretValue>, ApiError> {
    let key = storable(key)?;
    let value = state.registry.secret(&key, &author).await?.to_string();
    Ok(Json(SecretValue { key, value }))
}

/// Creates a secret
///
/// One that was deleted comes back under its id, with this value and this end. Functions see it with their next
/// invocation, on every node.
#[utoipa::path(
    post, path = "/api/secrets", tag = "secrets", security(("apiKey" = []), ("bearer" = [])),
    request_body = CreateSecret,
    responses(
        (status = 201, body = SecretCreated),
        (status = 400, body = ErrorBody, description = "A field is wrong"),
        (status = 409, body = ErrorBody, description = "There is an active one of that name"),
        (status = 501, body = ErrorBody, description = "No encryption key is configured"),
    )
)]
async fn create(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    request: Request,
) -> Result<(StatusCode, Json<SecretCreated>), ApiError> {
    let new = parse_create(json_object(request, state.max_json).await?)?;
    let message = format!("Secret {} has been created successfully", new.key);
    let id = state.registry.create_secret(new, &author).await?;
    Ok((StatusCode::CREATED, Json(SecretCreated { success: true, message, id })))
}

/// Changes a secret
///
/// What is not sent stays as it is. `expiresAt: null` takes the end away.
#[utoipa::path(
    put, path = "/api/secrets/{key}", tag = "secrets", params(("key" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    request_body = UpdateSecret,
    responses(
        (status = 200, body = Done),
        (status = 400, body = ErrorBody, description = "A field is wrong, or there is none"),
        (status = 403, body = ErrorBody, description = "The secret is reserved, or the caller no admin"),
        (status = 404, body = ErrorBody, description = "No such secret"),
        (status = 501, body = ErrorBody, description = "No encryption key is configured"),
    )
)]
async fn update(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    PathOf(key): PathOf<String>,
    request: Request,
) -> Result<Json<Done>, ApiError> {
    let key = storable(key)?;
    let changes = parse_update(json_object(request, state.max_json).await?)?;
    state.registry.update_secret(&key, changes, &author).await?;
    Ok(Json(Done::saying(format!("Secret {key} has been updated successfully"))))
}

/// Deletes a secret
///
/// Its row stays, inactive, and can be brought back by creating it again.
#[utoipa::path(
    delete, path = "/api/secrets/{key}", tag = "secrets", params(("key" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Done),
        (status = 403, body = ErrorBody, description = "The secret is reserved, or the caller no admin"),
        (status = 404, body = ErrorBody, description = "No such secret"),
    )
)]
async fn delete(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    PathOf(key): PathOf<String>,
) -> Result<Json<Done>, ApiError> {
    let key = storable(key)?;
    state.registry.delete_secret(&key, &author).await?;
    Ok(Json(Done::saying(format!("Secret {key} has been deleted successfully"))))
}

/// PostgreSQL's text holds no NUL, so no row has such a name.
fn storable(key: String) -> Result<String, SecretWriteError> {
    if key.contains('\0') { Err(SecretWriteError::NotFound(key)) } else { Ok(key) }
}

impl From<SecretWriteError> for ApiError {
    fn from(error: SecretWriteError) -> Self {
        let message = error.to_string();
        match error {
            SecretWriteError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "SECRET_NOT_FOUND", message),
            SecretWriteError::AlreadyExists(_) => {
                Self::new(StatusCode::CONFLICT, "SECRET_ALREADY_EXISTS", message)
                    .advise("Change it with PUT /api/secrets/{key}, or delete it first.")
            }
            SecretWriteError::Reserved { .. } => Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
                .advise("The platform manages reserved secrets; its keys are rotated, not changed."),
            SecretWriteError::Cipher { reason: SecretError::NoKey, .. } => {
                Self::new(StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED", message)
                    .advise("Set ENCRYPTION_KEY, and start the node again.")
            }
            SecretWriteError::Cipher { .. } => {
                tracing::error!(error = message, "a secret was not shown");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "SECRET_UNREADABLE", message)
                    .advise("Set ENCRYPTION_KEY to what it was encrypted with, or store its value again.")
            }
            SecretWriteError::Database(error) => error.into(),
        }
    }
}
