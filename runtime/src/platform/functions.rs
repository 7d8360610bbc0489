//! `/api/functions`: InsForge's five routes, and the history.

use super::auth::Admin;
use super::extract::{SlugPath, json_object};
use super::request::{Submitted, parse_create, parse_update};
use super::{ApiError, PlatformState, shapes};
use crate::registry::{Changes, Code, NewFunction};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

/// The routes of functions.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    let all = get(list).post(create);
    let one = get(read).put(update).delete(delete);
    OpenApiRouter::new()
        .route("/api/functions", all.clone())
        .route("/api/functions/", all)
        .route("/api/functions/{slug}", one)
        .route("/api/functions/{slug}/versions", get(versions))
        .route("/api/metadata/functions", get(metadata))
}

async fn list(State(state): State<PlatformState>, _: Admin) -> Result<Json<Value>, ApiError> {
    Ok(Json(shapes::list(&state.registry.list().await?)))
}

async fn metadata(State(state): State<PlatformState>, _: Admin) -> Result<Json<Value>, ApiError> {
    Ok(Json(state.registry.list().await?.iter().map(shapes::metadata).collect()))
}

async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    SlugPath(slug): SlugPath,
) -> Result<Json<Value>, ApiError> {
    let definition = state.registry.get(&slug).await?.ok_or_else(ApiError::function_not_found)?;
    Ok(Json(shapes::function(&definition)))
}

async fn versions(
    State(state): State<PlatformState>,
    _: Admin,
    SlugPath(slug): SlugPath,
) -> Result<Json<Value>, ApiError> {
    let versions = state.registry.versions(&slug).await?.ok_or_else(ApiError::function_not_found)?;
    Ok(Json(json!({ "versions": versions.iter().map(shapes::version).collect::<Vec<_>>() })))
}

async fn create(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    request: Request,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let object = json_object(request, state.max_json).await?;
    let wanted = parse_create(object, state.max_module, &state.capabilities)?;
    let new = NewFunction {
        slug: wanted.slug,
        name: wanted.name,
        description: wanted.description,
        status: wanted.status,
        code: admitted(&state, wanted.code).await?,
        settings: wanted.settings,
    };
    let created = state.registry.create(new, &author).await?;
    Ok((StatusCode::CREATED, Json(shapes::written(&created))))
}

async fn update(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let object = json_object(request, state.max_json).await?;
    let wanted = parse_update(object, state.max_module, &state.capabilities)?;
    let code = match wanted.code {
        // Compiling takes long; a name that is not there need not wait for it.
        Some(code) => {
            state.registry.get(&slug).await?.ok_or_else(ApiError::function_not_found)?;
            Some(admitted(&state, code).await?)
        }
        None => None,
    };
    let changes = Changes {
        name: wanted.name,
        description: wanted.description,
        status: wanted.status,
        code,
        settings: wanted.settings,
    };
    Ok(Json(shapes::written(&state.registry.update(&slug, changes, &author).await?)))
}

async fn delete(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
) -> Result<Json<Value>, ApiError> {
    state.registry.delete(&slug, &author).await?;
    Ok(Json(json!({ "success": true, "message": format!("Function {slug} deleted successfully") })))
}

/// Lets code through that compiles. Nothing is written before that.
async fn admitted(state: &PlatformState, submitted: Submitted) -> Result<Code, ApiError> {
    Ok(match submitted {
        Submitted::Source(text) => {
            state.loader.admit_source(text.clone().into()).await?;
            Code::Source(text)
        }
        Submitted::Module(bytes) => {
            state.loader.admit(bytes.clone()).await?;
            Code::Component(bytes)
        }
    })
}
