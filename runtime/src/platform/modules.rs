//! `PUT /api/functions/<slug>/module`: a component as its own bytes, for the CLI and for CI.

use super::auth::Admin;
use super::extract::{SlugPath, module};
use super::{ApiError, PlatformState, shapes};
use crate::registry::{Code, Deployment, Slug};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::put;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

/// The route of modules.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().route("/api/functions/{slug}/module", put(upload))
}

/// Deploys a component: `200` onto a function that exists, `201` where it makes one, named like its slug.
async fn upload(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    request: Request,
) -> Result<(StatusCode, Json<Value>), ApiError> {
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
