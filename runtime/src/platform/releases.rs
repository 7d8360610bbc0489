//! Which version of a function is live: roll back, split the traffic, promote.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::{SlugPath, json_object};
use super::precondition::{IfMatch, Precondition, Tagged, tagged};
use super::rollout::percent;
use super::shapes::{self, FunctionWritten};
use super::version_shapes::VersionMoved;
use super::{ApiError, PlatformState};
use crate::registry::{Author, Canary, Expected, StoreError, Target, Version, VersionError};
use axum::extract::{Request, State};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of what is live.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .routes(routes!(roll_back))
        .routes(routes!(promote))
        .routes(routes!(set_traffic, end_traffic))
}

/// Where to roll back to
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
struct Rollback {
    /// The version that is to be live; the newest good one below the live one where it is not sent.
    #[schema(minimum = 1, value_type = i64, required = false)]
    version: Option<Version>,
}

/// A version beside the live one
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
struct TrafficSplit {
    #[schema(minimum = 1)]
    version: Version,
    /// How many of a hundred callers get it.
    #[schema(minimum = 0, maximum = 100)]
    percent: u8,
}

/// Makes an older version the live one
///
/// Its number is the function's version again. A canary ends. The next request to this node gets it, and every other node's
/// as soon as the notice reaches it.
#[utoipa::path(
    post, path = "/api/functions/{slug}/rollback", tag = "versions", params(("slug" = String, Path), Precondition),
    security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Rollback, description = "May be empty"),
    responses(
        (status = 200, body = VersionMoved),
        (status = 404, body = ErrorBody, description = "No such function, or no such version"),
        (status = 409, body = ErrorBody, description = "The version does not compile, there is no earlier one, or the function was changed"),
        (status = 410, body = ErrorBody, description = "The version is no longer kept"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn roll_back(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    IfMatch(expected): IfMatch,
    request: Request,
) -> Result<Tagged<VersionMoved>, ApiError> {
    let body = json_object(request, state.max_json).await?;
    let target = match optional(&body, "version")? {
        None => Target::Previous,
        Some(version) => {
            require_built(&state, &slug, version).await?;
            Target::Version(version)
        }
    };
    go_live(&state, &slug, target, &expected, &author).await
}

/// Makes the canary the live version
#[utoipa::path(
    post, path = "/api/functions/{slug}/promote", tag = "versions", params(("slug" = String, Path), Precondition),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = VersionMoved),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 409, body = ErrorBody, description = "There is no canary, it does not compile, or the function was changed"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn promote(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    IfMatch(expected): IfMatch,
) -> Result<Tagged<VersionMoved>, ApiError> {
    go_live(&state, &slug, Target::Canary, &expected, &author).await
}

/// Gives a stored version a part of the requests
///
/// A caller gets the same version every time and on every node, told apart by `x-wasmforge-sticky`, else by address.
#[utoipa::path(
    put, path = "/api/functions/{slug}/traffic", tag = "versions", params(("slug" = String, Path), Precondition),
    security(("apiKey" = []), ("bearer" = [])),
    request_body = TrafficSplit,
    responses(
        (status = 200, body = FunctionWritten),
        (status = 404, body = ErrorBody, description = "No such function, or no such version"),
        (status = 409, body = ErrorBody, description = "The version is the live one or does not compile, or the function was changed"),
        (status = 410, body = ErrorBody, description = "The version is no longer kept"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn set_traffic(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    IfMatch(expected): IfMatch,
    request: Request,
) -> Result<Tagged<FunctionWritten>, ApiError> {
    let body = json_object(request, state.max_json).await?;
    let version = required(&body, "version")?;
    let percent = percent(required(&body, "percent")?)?;
    require_built(&state, &slug, version).await?;
    let canary = Canary { version, percent };
    let function = state.registry.set_traffic(&slug, Some(canary), &expected, &author).await?;
    Ok(tagged(&function, shapes::written(&function, &state.config.limits)))
}

/// Gives every request to the live version
#[utoipa::path(
    delete, path = "/api/functions/{slug}/traffic", tag = "versions", params(("slug" = String, Path), Precondition),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = FunctionWritten),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 409, body = ErrorBody, description = "The function was changed"),
        (status = 501, body = ErrorBody, description = "The database has no place for versions"),
    )
)]
async fn end_traffic(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    SlugPath(slug): SlugPath,
    IfMatch(expected): IfMatch,
) -> Result<Tagged<FunctionWritten>, ApiError> {
    let function = state.registry.set_traffic(&slug, None, &expected, &author).await?;
    Ok(tagged(&function, shapes::written(&function, &state.config.limits)))
}

async fn go_live(
    state: &PlatformState,
    slug: &str,
    target: Target,
    expected: &Expected,
    author: &Author,
) -> Result<Tagged<VersionMoved>, ApiError> {
    let moved = state.registry.go_live(slug, target, expected, author).await?;
    let function = shapes::function(&moved.function, &state.config.limits);
    let body = VersionMoved { success: true, function, from: moved.from, to: moved.to };
    Ok(tagged(&moved.function, body))
}

/// Compiles a version that nobody has compiled: rows are also written by others than this API.
async fn require_built(state: &PlatformState, slug: &str, version: Version) -> Result<(), ApiError> {
    let entry = state.registry.version(slug, version).await?;
    if entry.build.is_some() {
        return Ok(());
    }
    let function = match state.registry.store().version(slug, version).await {
        Ok(Some(function)) => function,
        Ok(None) => return Err(VersionError::NotFound(version).into()),
        Err(StoreError::Missing(_)) => return Err(VersionError::Gone(version).into()),
        Err(StoreError::Unsupported | StoreError::Unavailable(_)) => {
            return Err(ApiError::database_unavailable());
        }
    };
    match state.loader.build(&function).await {
        Err(error) if error.is_fault_of_module() => {
            Err(VersionError::NotBuilt(version, error.to_string()).into())
        }
        built => Ok(built?),
    }
}

fn required(body: &Map<String, Value>, field: &str) -> Result<i64, ApiError> {
    optional(body, field)?.ok_or_else(|| ApiError::invalid_input(format!("{field} is required")))
}

fn optional(body: &Map<String, Value>, field: &str) -> Result<Option<i64>, ApiError> {
    match body.get(field) {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(ApiError::invalid_input(format!("{field} is not a whole number"))),
        },
    }
}
