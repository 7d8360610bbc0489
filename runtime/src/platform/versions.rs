//! `/api/functions/<slug>/versions`: what was deployed, by whom, and its bytes.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{PathOf, QueryOf, SlugPath};
use super::version_shapes::{VersionList, VersionShape};
use super::{ApiError, PlatformState};
use crate::registry::{FunctionKind, Version};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Versions of one answer.
const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// The routes of versions.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(module))
}

/// Which part of a history is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// How many.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the answer before ended: its `nextCursor`.
    #[param(value_type = Option<String>, pattern = "^[0-9]+$")]
    cursor: Option<Version>,
}

/// The path of one version.
#[derive(Deserialize)]
struct OneVersion {
    slug: String,
    version: Version,
}

/// A function's versions
///
/// Newest first. They outlive the function: a slug that is made again goes on counting.
#[utoipa::path(
    get, path = "/api/functions/{slug}/versions", tag = "versions", params(("slug" = String, Path), Part),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = VersionList),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn list(
    State(state): State<PlatformState>,
    _: Admin,
    SlugPath(slug): SlugPath,
    QueryOf(Part { limit, cursor }): QueryOf<Part>,
) -> Result<Json<VersionList>, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let limit = (1..=MAX_LIMIT).contains(&limit).then(|| usize::try_from(limit).ok()).flatten();
    let limit = limit.ok_or_else(|| ApiError::invalid_input(format!("limit is not 1 to {MAX_LIMIT}")))?;
    Ok(Json(state.registry.versions(&slug, cursor, limit).await?.into()))
}

/// One version, with the text of a source
#[utoipa::path(
    get, path = "/api/functions/{slug}/versions/{version}", tag = "versions",
    params(("slug" = String, Path), ("version" = i64, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = VersionShape),
        (status = 404, body = ErrorBody, description = "No such function, or no such version"),
        (status = 410, body = ErrorBody, description = "The version is no longer kept"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn one(
    State(state): State<PlatformState>,
    _: Admin,
    PathOf(OneVersion { slug, version }): PathOf<OneVersion>,
) -> Result<Json<VersionShape>, ApiError> {
    let entry = state.registry.version(&slug, version).await?;
    let code = match entry.kind {
        FunctionKind::Component => None,
        FunctionKind::Source => {
            let (_, bytes) = state.registry.version_module(&slug, version).await?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    Ok(Json(VersionShape::from(entry).with_code(code)))
}

/// What a version was deployed with
///
/// A component's bytes, or the text of a source.
#[utoipa::path(
    get, path = "/api/functions/{slug}/versions/{version}/module", tag = "versions",
    params(("slug" = String, Path), ("version" = i64, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The bytes", content(
            (Vec<u8> = "application/wasm"),
            (String = "text/plain"),
        )),
        (status = 404, body = ErrorBody, description = "No such function, or no such version"),
        (status = 410, body = ErrorBody, description = "The version is no longer kept"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn module(
    State(state): State<PlatformState>,
    _: Admin,
    PathOf(OneVersion { slug, version }): PathOf<OneVersion>,
) -> Result<impl IntoResponse, ApiError> {
    let (kind, bytes) = state.registry.version_module(&slug, version).await?;
    let content_type = match kind {
        FunctionKind::Component => "application/wasm",
        FunctionKind::Source => "text/plain; charset=utf-8",
    };
    // A text that somebody deployed must never be taken for a page of this origin.
    Ok(([(CONTENT_TYPE, content_type), (X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes))
}
