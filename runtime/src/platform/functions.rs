//! `/api/functions`: InsForge's five routes.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{QueryOf, SlugPath, json_object};
use super::precondition::{IfMatch, Precondition, Tagged, tagged};
use super::request::{CreateFunction, Submitted, UpdateFunction, parse_create, parse_update};
use super::rollout::Rollout;
use super::shapes::{Done, FunctionList, FunctionShape, FunctionWritten};
use super::{ApiError, PlatformState, shapes};
use crate::registry::{CanaryUpload, Changes, Code, NewFunction, VersionError, WriteError};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of functions.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, update, delete))
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
    responses(
        (status = 200, body = FunctionShape, headers(("etag" = String, description = "Names this state of the function"))),
        (status = 404, body = ErrorBody, description = "No such function"),
    )
)]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    SlugPath(slug): SlugPath,
) -> Result<Tagged<FunctionShape>, ApiError> {
    let definition = state.registry.get(&slug).await?.ok_or_else(ApiError::function_not_found)?;
    Ok(tagged(&definition, shapes::function(&definition, &state.config.limits)))
}

/// Creates a function
///
/// Code that does not compile is refused, and nothing is written.
#[utoipa::path(
    post, path = "/api/functions", tag = "functions", params(Rollout),
    security(("apiKey" = []), ("bearer" = [])),
    request_body = CreateFunction,
    responses(
        (status = 201, body = FunctionWritten),
        (status = 400, body = ErrorBody, description = "A field is wrong, the slug reserved, or the code does not compile"),
        (status = 409, body = ErrorBody, description = "The slug is taken, or a canary has no live version to stand beside"),
        (status = 501, body = ErrorBody, description = "The database has no place for a module or a setting"),
    )
)]
async fn create(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    QueryOf(rollout): QueryOf<Rollout>,
    request: Request,
) -> Result<(StatusCode, Tagged<FunctionWritten>), ApiError> {
    let object = json_object(request, state.max_json).await?;
    let wanted = parse_create(object, state.max_module, &state.capabilities)?;
    if rollout.percent()?.is_some() {
        return Err(no_canary(&state, &wanted.slug).await);
    }
    let new = NewFunction {
        slug: wanted.slug,
        name: wanted.name,
        description: wanted.description,
        status: wanted.status,
        code: admitted(&state, wanted.code).await?,
        settings: wanted.settings,
    };
    let created = state.registry.create(new, &author).await?;
    Ok((StatusCode::CREATED, tagged(&created, shapes::written(&created, &state.config.limits))))
}

/// Changes a function
///
/// What is not sent stays as it is. New code is live with the next request.
#[utoipa::path(
    put, path = "/api/functions/{slug}", tag = "functions", params(("slug" = String, Path), Rollout, Precondition),
    security(("apiKey" = []), ("bearer" = [])),
    request_body = UpdateFunction,
    responses(
        (status = 200, body = FunctionWritten),
        (status = 400, body = ErrorBody, description = "A field is wrong, or the code does not compile"),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 409, body = ErrorBody, description = "The function is not the one that `If-Match` names"),
        (status = 501, body = ErrorBody, description = "The database has no place for a module or a setting"),
    )
)]
async fn update(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    QueryOf(rollout): QueryOf<Rollout>,
    expected: IfMatch,
    request: Request,
) -> Result<Tagged<FunctionWritten>, ApiError> {
    let object = json_object(request, state.max_json).await?;
    let wanted = parse_update(object, state.max_module, &state.capabilities)?;
    let percent = rollout.percent()?;
    if percent.is_some() {
        wanted.require_version()?;
    }
    let code = match wanted.code {
        // Compiling takes long; what cannot be written anyway need not wait for it.
        Some(code) => {
            expected.admits(&state.registry.get(&slug).await?.ok_or_else(ApiError::function_not_found)?)?;
            Some(admitted(&state, code).await?)
        }
        None => None,
    };
    let updated = match percent {
        Some(percent) => {
            let upload = CanaryUpload { code, settings: wanted.settings, percent };
            state.registry.deploy_canary(&slug, upload, &expected.0, &author).await?
        }
        None => {
            let (name, description, status) = (wanted.name, wanted.description, wanted.status);
            let changes = Changes { name, description, status, code, settings: wanted.settings };
            state.registry.update(&slug, changes, &expected.0, &author).await?
        }
    };
    Ok(tagged(&updated, shapes::written(&updated, &state.config.limits)))
}

/// Why a function that is to be created cannot be a canary.
async fn no_canary(state: &PlatformState, slug: &str) -> ApiError {
    match state.registry.get(slug).await {
        Ok(Some(_)) => WriteError::AlreadyExists.into(),
        Ok(None) => VersionError::NoLive.into(),
        Err(error) => error.into(),
    }
}

/// Deletes a function
#[utoipa::path(
    delete, path = "/api/functions/{slug}", tag = "functions", params(("slug" = String, Path), Precondition),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Done),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 409, body = ErrorBody, description = "The function is not the one that `If-Match` names"),
    )
)]
async fn delete(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    IfMatch(expected): IfMatch,
) -> Result<Json<Done>, ApiError> {
    state.registry.delete(&slug, &expected, &author).await?;
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
