//! `/api/schedules`: InsForge's routes, and what it has not: time zones, retries, missed due times, and runs on demand.

mod answer;
mod definition;
mod request;

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::json_object;
use super::{ApiError, PlatformState};
use answer::{ConfigAnswer, LogsAnswer, MessageAnswer, RunAnswer, ScheduleAnswer, WrittenAnswer};
use axum::Json;
use axum::extract::{FromRequestParts, Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use definition::define;
use request::{ConfigRequest, CreateRequest, Page, UpdateRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of schedules.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(config, update_config))
        .routes(routes!(read, update, delete))
        .routes(routes!(logs))
        .routes(routes!(run))
}

/// The `{id}` of a path. What is no id names no schedule.
struct ScheduleId(Option<Uuid>);

impl FromRequestParts<PlatformState> for ScheduleId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(id.ok().and_then(|Path(id)| id.parse().ok())))
    }
}

/// InsForge ends the sentence with a full stop where it reads a schedule, and without one where it writes it.
fn not_found(message: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "SCHEDULE_NOT_FOUND", message)
}

/// All schedules
///
/// Newest first.
#[utoipa::path(get, path = "/api/schedules", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = [ScheduleAnswer]), (status = 501, body = ErrorBody, description = "No place for schedules")))]
async fn list(State(state): State<PlatformState>, _: Admin) -> Result<Json<Vec<ScheduleAnswer>>, ApiError> {
    Ok(Json(state.registry.schedules().await?.into_iter().map(ScheduleAnswer::of).collect()))
}

/// One schedule
#[utoipa::path(get, path = "/api/schedules/{id}", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The schedule's id")),
    responses((status = 200, body = ScheduleAnswer), (status = 404, body = ErrorBody, description = "`SCHEDULE_NOT_FOUND`")))]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    ScheduleId(id): ScheduleId,
) -> Result<Json<ScheduleAnswer>, ApiError> {
    let missing = || not_found("Schedule not found.");
    let schedule = state.registry.schedule(id.ok_or_else(missing)?).await?.ok_or_else(missing)?;
    Ok(Json(ScheduleAnswer::of(schedule)))
}

/// Make a schedule
#[utoipa::path(post, path = "/api/schedules", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    request_body = CreateRequest,
    responses((status = 201, body = WrittenAnswer),
        (status = 400, body = ErrorBody, description = "`INVALID_INPUT`, `SCHEDULE_INVALID_CRON`"),
        (status = 404, body = ErrorBody, description = "`SECRET_NOT_FOUND`")))]
async fn create(
    State(state): State<PlatformState>,
    _: Admin,
    request: Request,
) -> Result<(StatusCode, Json<WrittenAnswer>), ApiError> {
    let changes = request::parse_create(json_object(request, state.max_json).await?)?;
    let definition = define(None, changes, &state.registry.directory().secrets().load())?;
    let (id, job) = state.registry.create_schedule(&definition).await?;
    Ok((StatusCode::CREATED, Json(WrittenAnswer::of(id, job, "Schedule created successfully"))))
}

/// Change a schedule
///
/// What is not sent stays. One that is paused stays paused until `isActive` says otherwise.
#[utoipa::path(patch, path = "/api/schedules/{id}", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The schedule's id")), request_body = UpdateRequest,
    responses((status = 200, body = WrittenAnswer),
        (status = 400, body = ErrorBody, description = "`INVALID_INPUT`, `SCHEDULE_INVALID_CRON`"),
        (status = 404, body = ErrorBody, description = "`SCHEDULE_NOT_FOUND`, `SECRET_NOT_FOUND`")))]
async fn update(
    State(state): State<PlatformState>,
    _: Admin,
    ScheduleId(id): ScheduleId,
    request: Request,
) -> Result<Json<WrittenAnswer>, ApiError> {
    let missing = || not_found("Schedule not found");
    let changes = request::parse_update(json_object(request, state.max_json).await?)?;
    let id = id.ok_or_else(missing)?;
    let written = match changes.only_toggles() {
        // A schedule can be paused whatever became of its secrets.
        Some(is_active) => state.registry.toggle_schedule(id, is_active).await?,
        None => {
            let secrets = state.registry.directory().secrets().load_full();
            state.registry.update_schedule(id, |current| define(Some(current), changes, &secrets)).await?
        }
    };
    let job = written.ok_or_else(missing)?;
    Ok(Json(WrittenAnswer::of(id, job, "Schedule updated successfully")))
}

/// Delete a schedule
///
/// Its history goes with it. A run that is under way goes on to its end.
#[utoipa::path(delete, path = "/api/schedules/{id}", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The schedule's id")),
    responses((status = 200, body = MessageAnswer), (status = 404, body = ErrorBody, description = "`SCHEDULE_NOT_FOUND`")))]
async fn delete(
    State(state): State<PlatformState>,
    _: Admin,
    ScheduleId(id): ScheduleId,
) -> Result<Json<MessageAnswer>, ApiError> {
    let missing = || not_found("Schedule not found");
    match state.registry.delete_schedule(id.ok_or_else(missing)?).await? {
        true => Ok(Json(MessageAnswer { message: "Schedule deleted successfully." })),
        false => Err(missing()),
    }
}

/// A schedule's history
///
/// Newest first. A schedule that is not there has none.
#[utoipa::path(get, path = "/api/schedules/{id}/logs", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The schedule's id"),
        ("limit" = Option<i64>, Query, description = "1 to 100, by default 50"),
        ("offset" = Option<i64>, Query, description = "How many to leave out, by default 0")),
    responses((status = 200, body = LogsAnswer)))]
async fn logs(
    State(state): State<PlatformState>,
    _: Admin,
    ScheduleId(id): ScheduleId,
    RawQuery(query): RawQuery,
) -> Result<Json<LogsAnswer>, ApiError> {
    let page = Page::of(query.as_deref().unwrap_or_default());
    let (logs, total) = match id {
        Some(id) => state.registry.schedule_logs(id, page.limit, page.offset).await?,
        None => (Vec::new(), 0),
    };
    Ok(Json(LogsAnswer::of(id.unwrap_or_default(), logs, total, page)))
}

/// Run a schedule now
///
/// Beside its due times, and also while it is paused. The run is in the history once it has ended.
#[utoipa::path(post, path = "/api/schedules/{id}/run", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "The schedule's id")),
    responses((status = 202, body = RunAnswer), (status = 404, body = ErrorBody, description = "`SCHEDULE_NOT_FOUND`")))]
async fn run(
    State(state): State<PlatformState>,
    _: Admin,
    ScheduleId(id): ScheduleId,
) -> Result<(StatusCode, Json<RunAnswer>), ApiError> {
    let missing = || not_found("Schedule not found");
    let run_id = state.registry.run_schedule(id.ok_or_else(missing)?).await?.ok_or_else(missing)?;
    Ok((StatusCode::ACCEPTED, Json(RunAnswer { run_id })))
}

/// How long history is kept
#[utoipa::path(get, path = "/api/schedules/config", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = ConfigAnswer)))]
async fn config(State(state): State<PlatformState>, _: Admin) -> Result<Json<ConfigAnswer>, ApiError> {
    Ok(Json(ConfigAnswer { retention_days: state.registry.schedule_retention().await? }))
}

/// Change how long history is kept
#[utoipa::path(patch, path = "/api/schedules/config", tag = "schedules", security(("apiKey" = []), ("bearer" = [])),
    request_body = ConfigRequest,
    responses((status = 200, body = MessageAnswer), (status = 400, body = ErrorBody, description = "`INVALID_INPUT`")))]
async fn update_config(
    State(state): State<PlatformState>,
    _: Admin,
    request: Request,
) -> Result<Json<MessageAnswer>, ApiError> {
    let days = request::parse_config(json_object(request, state.max_json).await?)?;
    state.registry.set_schedule_retention(days).await?;
    Ok(Json(MessageAnswer { message: "Schedules config updated successfully" }))
}
