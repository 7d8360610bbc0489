//! `PUT /api/functions/<slug>/module`: a component as its own bytes, for the CLI and for CI.

use super::auth::Admin;
use super::extract::{SlugPath, module};
use super::{ApiError, PlatformState, shapes};
use crate::registry::{
    Author, Changes, Code, Definition, FunctionStatus, NewFunction, Settings, Slug, WriteError,
};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::Value;

/// Deploys a component: `200` onto a function that exists, `201` where it makes one, named like its slug.
pub(super) async fn upload(
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
    let (status, definition) = deploy(&state, &slug, bytes, &author).await?;
    Ok((status, Json(shapes::written(&definition))))
}

async fn deploy(
    state: &PlatformState,
    slug: &Slug,
    module: Bytes,
    author: &Author,
) -> Result<(StatusCode, Definition), WriteError> {
    let update = || {
        let code = Some(Code::Component(module.clone()));
        state.registry.update(slug.as_str(), Changes { code, ..Changes::default() }, author)
    };
    match update().await {
        Err(WriteError::NotFound) => {}
        result => return Ok((StatusCode::OK, result?)),
    }
    let new = NewFunction {
        slug: slug.to_string(),
        name: slug.to_string(),
        description: None,
        status: FunctionStatus::Active,
        code: Code::Component(module.clone()),
        settings: Settings::default(),
    };
    match state.registry.create(new, author).await {
        // Somebody else made it in between.
        Err(WriteError::AlreadyExists) => Ok((StatusCode::OK, update().await?)),
        result => Ok((StatusCode::CREATED, result?)),
    }
}
