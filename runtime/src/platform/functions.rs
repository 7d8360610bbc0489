//! `/api/functions`: InsForge's five routes, and the history.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{SlugPath, json_object};
use super::request::{CreateFunction, Submitted, UpdateFunction, parse_create, parse_update};
use super::shapes::{Done, FunctionList, FunctionShape, FunctionWritten, VersionList};
use super::{ApiError, PlatformState, shapes};
use crate::registry::{Changes, Code, NewFunction};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of functions.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .routes(routes!(versions))
}

/// All functions
///
/// Newest first, without their code.
#[utoipa::path(
    get, path = "/api/functions", tag = "functions", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = FunctionList))
)]
async fn list(State(state): State<PlatformState>, _: Admin) -> Result<Json<FunctionList>, ApiError> {
    Ok(Json(shapes::list(&state.registry.list().await?)))
}

/// One function, with its code
#[utoipa::path(
    get, path = "/api/functions/{slug}", tag = "functions", params(("slug" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = FunctionShape), (status = 404, body = ErrorBody, description = "No such function"))
)]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    SlugPath(slug): SlugPath,
) -> Result<Json<FunctionShape>, ApiError> {
    let definition = state.registry.get(&slug).await?.ok_or_else(ApiError::function_not_found)?;
    Ok(Json(shapes::function(&definition)))
}

/// A function's versions
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/functions/{slug}/versions", tag = "versions", params(("slug" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = VersionList), (status = 404, body = ErrorBody, description = "No such function"))
)]
async fn versions(
    State(state): State<PlatformState>,
    _: Admin,
    SlugPath(slug): SlugPath,
) -> Result<Json<VersionList>, ApiError> {
    let versions = state.registry.versions(&slug).await?.ok_or_else(ApiError::function_not_found)?;
    Ok(Json(shapes::versions(&versions)))
}

/// Creates a function
///
/// Code that does not compile is refused, and nothing is written.
#[utoipa::path(
    post, path = "/api/functions", tag = "functions", security(("apiKey" = []), ("bearer" = [])),
    request_body = CreateFunction,
    responses(
        (status = 201, body = FunctionWritten),
        (status = 400, body = ErrorBody, description = "A field is wrong, the slug reserved, or the code does not compile"),
        (status = 409, body = ErrorBody, description = "The slug is taken"),
        (status = 501, body = ErrorBody, description = "The database has no place for a module or a setting"),
    )
)]
async fn create(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    request: Request,
) -> Result<(StatusCode, Json<FunctionWritten>), ApiError> {
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

/// Changes a function
///
/// What is not sent stays as it is. New code is live with the next request.
#[utoipa::path(
    put, path = "/api/functions/{slug}", tag = "functions", params(("slug" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    request_body = UpdateFunction,
    responses(
        (status = 200, body = FunctionWritten),
        (status = 400, body = ErrorBody, description = "A field is wrong, or the code does not compile"),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 501, body = ErrorBody, description = "The database has no place for a module or a setting"),
    )
)]
async fn update(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    request: Request,
) -> Result<Json<FunctionWritten>, ApiError> {
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

/// Deletes a function
#[utoipa::path(
    delete, path = "/api/functions/{slug}", tag = "functions", params(("slug" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = Done), (status = 404, body = ErrorBody, description = "No such function"))
)]
async fn delete(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
) -> Result<Json<Done>, ApiError> {
    state.registry.delete(&slug, &author).await?;
    Ok(Json(Done::saying(format!("Function {slug} deleted successfully"))))
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
