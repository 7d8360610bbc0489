//! `/api/triggers`: rows that call functions when they change.

mod request;

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::json_object;
use super::page::{Parameters, cursor_behind};
use super::shapes::timestamp;
use super::{ApiError, PlatformState};
use crate::registry::{RowEvent, RowTrigger, TriggerError};
use axum::Json;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use request::{CreateTrigger, UpdateTrigger, parse_create, parse_update};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of triggers.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, update, delete))
}

/// A table whose changes call a function
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    id: Uuid,
    name: String,
    schema: String,
    table: String,
    events: Vec<RowEvent>,
    /// An `UPDATE` counts where one of these has changed; absent, every one does.
    columns: Option<Vec<String>>,
    function_slug: String,
    is_active: bool,
    max_attempts: i32,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    /// What keeps it from working, or how its last job failed.
    last_error: Option<String>,
}

impl From<RowTrigger> for Trigger {
    fn from(trigger: RowTrigger) -> Self {
        Self {
            id: trigger.id,
            name: trigger.name,
            schema: trigger.schema,
            table: trigger.table,
            events: trigger.events,
            columns: trigger.columns,
            function_slug: trigger.slug,
            is_active: trigger.is_active,
            max_attempts: trigger.max_attempts,
            created_at: timestamp(trigger.created_at),
            updated_at: timestamp(trigger.updated_at),
            last_error: trigger.last_error,
        }
    }
}

/// A page of triggers
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TriggerList {
    triggers: Vec<Trigger>,
    /// Where the next page begins; absent on the last.
    next_cursor: Option<String>,
}

/// Which triggers to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameters, which are checked one by one")]
struct TriggerParameters {
    /// How many, 50 where it is not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

struct Asked {
    limit: u16,
    before: Option<(OffsetDateTime, Uuid)>,
}

impl FromRequestParts<PlatformState> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &PlatformState) -> Result<Self, ApiError> {
        let parameters = Parameters::of(parts);
        Ok(Self { limit: parameters.limit()?, before: parameters.cursor()? })
    }
}

/// The `{id}` of a path. What is no id is nobody's.
struct TriggerId(Uuid);

impl FromRequestParts<PlatformState> for TriggerId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        let id = Path::<Uuid>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| TriggerError::NotFound.into())
    }
}

/// Triggers
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/triggers", tag = "triggers", params(TriggerParameters),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = TriggerList),
        (status = 501, body = ErrorBody, description = "The database has no place for triggers"),
    )
)]
async fn list(
    State(state): State<PlatformState>,
    _: Admin,
    Asked { limit, before }: Asked,
) -> Result<Json<TriggerList>, ApiError> {
    // One more than the page holds tells whether there is another.
    let mut triggers = state.registry.triggers(before, limit.saturating_add(1)).await?;
    let is_last = triggers.len() <= usize::from(limit);
    triggers.truncate(limit.into());
    let last = triggers.last().filter(|_| !is_last);
    let next_cursor = last.map(|trigger| cursor_behind(trigger.created_at, trigger.id));
    Ok(Json(TriggerList { triggers: triggers.into_iter().map(Trigger::from).collect(), next_cursor }))
}

/// Makes a trigger
///
/// From now on every change of the table that it names is put into the outbox, in the transaction that makes it.
#[utoipa::path(
    post, path = "/api/triggers", tag = "triggers", request_body = CreateTrigger,
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 201, body = Trigger),
        (status = 400, body = ErrorBody, description = "A field is wrong, or the table cannot have a trigger"),
        (status = 404, body = ErrorBody, description = "No such function"),
        (status = 409, body = ErrorBody, description = "The name is taken, or the table is locked"),
        (status = 501, body = ErrorBody, description = "The database has no place for triggers"),
    )
)]
async fn create(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    request: Request,
) -> Result<(StatusCode, Json<Trigger>), ApiError> {
    let new = parse_create(json_object(request, state.max_json).await?)?;
    let made = state.registry.create_trigger(new, &author).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// One trigger
#[utoipa::path(
    get, path = "/api/triggers/{id}", tag = "triggers", params(("id" = Uuid, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Trigger),
        (status = 404, body = ErrorBody, description = "No such trigger"),
        (status = 501, body = ErrorBody, description = "The database has no place for triggers"),
    )
)]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    TriggerId(id): TriggerId,
) -> Result<Json<Trigger>, ApiError> {
    Ok(Json(state.registry.trigger(id).await?.into()))
}

/// Changes a trigger
///
/// It is put back where somebody took it off its table.
#[utoipa::path(
    patch, path = "/api/triggers/{id}", tag = "triggers", params(("id" = Uuid, Path)),
    request_body = UpdateTrigger, security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Trigger),
        (status = 400, body = ErrorBody, description = "A field is wrong"),
        (status = 404, body = ErrorBody, description = "No such trigger, or no such function"),
        (status = 409, body = ErrorBody, description = "The name is taken, or the table is locked"),
        (status = 501, body = ErrorBody, description = "The database has no place for triggers"),
    )
)]
async fn update(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    TriggerId(id): TriggerId,
    request: Request,
) -> Result<Json<Trigger>, ApiError> {
    let changes = parse_update(json_object(request, state.max_json).await?)?;
    Ok(Json(state.registry.update_trigger(id, changes, &author).await?.into()))
}

/// Takes a trigger off its table
///
/// What it told of before is still delivered.
#[utoipa::path(
    delete, path = "/api/triggers/{id}", tag = "triggers", params(("id" = Uuid, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 204),
        (status = 404, body = ErrorBody, description = "No such trigger"),
        (status = 409, body = ErrorBody, description = "The table is locked"),
        (status = 501, body = ErrorBody, description = "The database has no place for triggers"),
    )
)]
async fn delete(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    TriggerId(id): TriggerId,
) -> Result<StatusCode, ApiError> {
    state.registry.delete_trigger(id, &author).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<TriggerError> for ApiError {
    fn from(error: TriggerError) -> Self {
        let message = error.to_string();
        match error {
            TriggerError::NotFound => Self::new(StatusCode::NOT_FOUND, "TRIGGER_NOT_FOUND", message),
            TriggerError::NoFunction => Self::function_not_found(),
            TriggerError::AlreadyExists => Self::new(StatusCode::CONFLICT, "TRIGGER_ALREADY_EXISTS", message),
            TriggerError::Busy => Self::new(StatusCode::CONFLICT, "TABLE_BUSY", message),
            TriggerError::InternalSchema(_)
            | TriggerError::NoTable(..)
            | TriggerError::NotATable(..)
            | TriggerError::NoColumns(_)
            | TriggerError::ColumnsWithoutUpdate
            | TriggerError::Forbidden => Self::invalid_input(message),
            TriggerError::Write(error) => error.into(),
        }
    }
}
