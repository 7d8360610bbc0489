//! `PUT /api/functions/<slug>/module`: a component as its own bytes, for the CLI and for CI.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{SlugPath, module};
use super::shapes::FunctionWritten;
use super::{ApiError, PlatformState, shapes};
use crate::registry::{Code, Deployment, Slug};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The route of modules.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(upload))
}

/// Deploys a component
///
/// Onto the function that exists, or as a new one that is named like its slug.
#[utoipa::path(
    put, path = "/api/functions/{slug}/module", tag = "functions",
    params(("slug" = String, Path, pattern = "^[a-zA-Z0-9_-]+$")),
    security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/wasm", description = "The component's bytes"),
    responses(
        (status = 200, body = FunctionWritten, description = "The function has it"),
        (status = 201, body = FunctionWritten, description = "The function was made"),
        (status = 400, body = ErrorBody, description = "It is no component that can run, or the slug is none"),
        (status = 501, body = ErrorBody, description = "The database has no place for a module"),
    )
)]
async fn upload(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    request: Request,
) -> Result<(StatusCode, Json<FunctionWritten>), ApiError> {
    let slug = Slug::parse(&slug).map_err(|error| ApiError::invalid_input(error.to_string()))?;
    if slug.is_reserved() {
        return Err(ApiError::slug_reserved(slug.as_str()));
    }
    let bytes = module(request, state.max_module).await?;
    state.loader.admit(bytes.clone()).await?;
    match state.registry.deploy(&slug, Code::Component(bytes), &author).await? {
        Deployment::Created(function) => Ok((StatusCode::CREATED, Json(shapes::written(&function)))),
        Deployment::Updated(function) => Ok((StatusCode::OK, Json(shapes::written(&function)))),
    }
}
