//! `/api/invocations`.

use super::query;
use super::shapes::{InvocationDetail, InvocationShape, LineShape};
use crate::platform::auth::Admin;
use crate::platform::error::ErrorBody;
use crate::platform::extract::{PathOf, QueryOf};
use crate::platform::{ApiError, PlatformState};
use crate::registry::{InvocationQuery, LineQuery};
use crate::telemetry::Outcome;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Lines that an invocation is shown with.
const LINES: u32 = 1000;

pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

/// Which invocations are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this function.
    slug: Option<String>,
    /// That ended so: `ok`, `trap`, `timeout`, …
    outcome: Option<String>,
    /// That were answered so: `404`, or `4xx`.
    status: Option<String>,
    /// That began then or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// That began earlier.
    #[param(format = DateTime)]
    until: Option<String>,
    /// Whose error, slug or log holds this text, or whose id or trace id it is.
    #[param(max_length = 200)]
    text: Option<String>,
    /// That took so many milliseconds or more.
    min_duration_ms: Option<u32>,
    /// Entries of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
}

impl Wanted {
    fn query(self) -> Result<InvocationQuery, ApiError> {
        Ok(InvocationQuery {
            slug: query::slug(self.slug)?,
            outcome: query::word("outcome", self.outcome, Outcome::ALL.map(Outcome::name))?,
            status: query::status(self.status.as_deref())?,
            since: query::moment("since", self.since.as_deref())?,
            until: query::moment("until", self.until.as_deref())?,
            text: query::text(self.text)?,
            min_duration_us: self.min_duration_ms.map(|millis| u64::from(millis) * 1000),
            before: query::cursor(self.cursor.as_deref())?,
            limit: query::limit(self.limit)?,
        })
    }
}

/// A page of invocations
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InvocationPage {
    invocations: Vec<InvocationShape>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// What was invoked, newest first
///
/// Rows come about a second after the invocation's end.
#[utoipa::path(
    get, path = "/api/invocations", tag = "history", params(Wanted),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = InvocationPage),
        (status = 501, body = ErrorBody, description = "The database's schema was not extended"),
    )
)]
async fn list(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(wanted): QueryOf<Wanted>,
) -> Result<Json<InvocationPage>, ApiError> {
    let mut query = wanted.query()?;
    let limit = query.limit as usize;
    // One more than the page holds tells whether there is another.
    query.limit += 1;
    let mut rows = state.registry.read_invocations(&query).await?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| !is_last).map(|row| row.id.to_string());
    Ok(Json(InvocationPage {
        invocations: rows.into_iter().map(InvocationShape::from).collect(),
        next_cursor,
    }))
}

/// One invocation, with its calls and its log
#[utoipa::path(
    get, path = "/api/invocations/{id}", tag = "history", params(("id" = Uuid, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = InvocationDetail),
        (status = 404, body = ErrorBody, description = "No such invocation, or none that is kept"),
        (status = 501, body = ErrorBody, description = "The database's schema was not extended"),
    )
)]
async fn read(
    State(state): State<PlatformState>,
    _: Admin,
    PathOf(id): PathOf<Uuid>,
) -> Result<Json<InvocationDetail>, ApiError> {
    let not_found =
        || ApiError::new(StatusCode::NOT_FOUND, "INVOCATION_NOT_FOUND", "There is no invocation of this id");
    let mut row = state.registry.read_invocation(id).await?.ok_or_else(not_found)?;
    let calls = std::mem::take(&mut row.calls);
    let query = LineQuery { invocation: Some(id), oldest_first: true, limit: LINES, ..LineQuery::default() };
    let logs = state.registry.read_lines(&query).await?.into_iter().map(LineShape::from).collect();
    Ok(Json(InvocationDetail { invocation: row.into(), calls, logs }))
}
