//! `/api/jobs`: what waits, what failed, and running it again.

mod shapes;

use super::auth::Admin;
use super::error::ErrorBody;
use super::page::{Parameters, cursor_behind};
use super::{ApiError, PlatformState};
use crate::registry::{JobFilter, JobSource, JobStatus, NotReplayable};
use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use shapes::{Job, JobDetails, JobList};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of jobs.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read, delete)).routes(routes!(replay))
}

/// Which jobs to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameters, which are checked one by one")]
struct JobParameters {
    status: Option<JobStatus>,
    source: Option<JobSource>,
    slug: Option<String>,
    /// Jobs of this trigger.
    trigger: Option<Uuid>,
    /// How many, 50 where it is not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

struct Asked(JobFilter);

impl FromRequestParts<PlatformState> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &PlatformState) -> Result<Self, ApiError> {
        let parameters = Parameters::of(parts);
        let statuses = "pending, running, succeeded, retrying or dead";
        Ok(Self(JobFilter {
            status: parameters.parse("status", statuses, JobStatus::by_name)?,
            source: parameters.parse("source", "async or trigger", JobSource::by_name)?,
            slug: parameters.get("slug").map(str::to_owned),
            trigger: parameters.parse("trigger", "the id of a trigger", |text| text.parse().ok())?,
            before: parameters.cursor()?,
            limit: parameters.limit()?,
        }))
    }
}

/// The `{id}` of a path. What is no id is nobody's.
struct JobId(Uuid);

impl FromRequestParts<PlatformState> for JobId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        let Path(id) = Path::<Uuid>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        Ok(Self(id))
    }
}

/// Jobs
///
/// Newest first: requests that are answered later, and changes of rows.
#[utoipa::path(
    get, path = "/api/jobs", tag = "jobs", params(JobParameters), security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = JobList),
        (status = 501, body = ErrorBody, description = "The database has no place for jobs"),
    )
)]
async fn list(
    State(state): State<PlatformState>,
    _: Admin,
    Asked(mut filter): Asked,
) -> Result<Json<JobList>, ApiError> {
    let page = filter.limit;
    // One more than the page holds tells whether there is another.
    filter.limit = page.saturating_add(1);
    let mut jobs = state.registry.jobs(&filter).await?;
    let is_last = jobs.len() <= usize::from(page);
    jobs.truncate(page.into());
    let last = jobs.last().filter(|_| !is_last);
    let next_cursor = last.map(|job| cursor_behind(job.created_at, job.id));
    Ok(Json(JobList { jobs: jobs.into_iter().map(Job::from).collect(), next_cursor }))
}

/// One job, with its request and its last answer
#[utoipa::path(
    get, path = "/api/jobs/{id}", tag = "jobs", params(("id" = Uuid, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = JobDetails),
        (status = 404, body = ErrorBody, description = "No such job"),
        (status = 501, body = ErrorBody, description = "The database has no place for jobs"),
    )
)]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    JobId(id): JobId,
) -> Result<Json<JobDetails>, ApiError> {
    let job = state.registry.job(id).await?.ok_or_else(not_found)?;
    Ok(Json(job.into()))
}

/// Runs a finished job again
///
/// It gets all its attempts anew, and keeps its key. A change of a row comes behind those of the row that wait.
#[utoipa::path(
    post, path = "/api/jobs/{id}/replay", tag = "jobs", params(("id" = Uuid, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Job),
        (status = 404, body = ErrorBody, description = "No such job"),
        (status = 409, body = ErrorBody, description = "It is not finished, or what it needs is no longer kept"),
        (status = 501, body = ErrorBody, description = "The database has no place for jobs"),
    )
)]
async fn replay(
    State(state): State<PlatformState>,
    _: Admin,
    JobId(id): JobId,
) -> Result<Json<Job>, ApiError> {
    match state.registry.replay_job(id).await? {
        Ok(job) => Ok(Json(job.into())),
        Err(NotReplayable::NotFound) => Err(not_found()),
        Err(reason) => {
            let code = match reason {
                NotReplayable::Unfinished => "JOB_UNFINISHED",
                _ => "JOB_NOT_REPLAYABLE",
            };
            Err(ApiError::new(StatusCode::CONFLICT, code, reason.to_string()))
        }
    }
}

/// Takes a job away
///
/// One that waits is not run; one that runs is stopped within a third of the lease.
#[utoipa::path(
    delete, path = "/api/jobs/{id}", tag = "jobs", params(("id" = Uuid, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 204),
        (status = 404, body = ErrorBody, description = "No such job"),
        (status = 501, body = ErrorBody, description = "The database has no place for jobs"),
    )
)]
async fn delete(
    State(state): State<PlatformState>,
    _: Admin,
    JobId(id): JobId,
) -> Result<StatusCode, ApiError> {
    match state.registry.delete_job(id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found()),
    }
}

fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "JOB_NOT_FOUND", "Job not found")
}
