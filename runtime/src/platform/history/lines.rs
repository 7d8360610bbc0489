//! `/api/logs/lines`.

use super::query;
use super::shapes::LineShape;
use crate::platform::auth::Admin;
use crate::platform::error::ErrorBody;
use crate::platform::extract::QueryOf;
use crate::platform::{ApiError, PlatformState};
use crate::registry::{LineId, LineQuery};
use crate::telemetry::LineSource;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which lines are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this function.
    slug: Option<String>,
    /// Of this invocation.
    #[param(format = Uuid)]
    invocation: Option<String>,
    /// Of this level or above: `trace`, `debug`, `info`, `warn`, `error`.
    level: Option<String>,
    /// That came this way: `stdout`, `stderr`, `log`.
    source: Option<String>,
    /// That hold this text.
    #[param(max_length = 200)]
    text: Option<String>,
    /// That were written then or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// That were written earlier.
    #[param(format = DateTime)]
    until: Option<String>,
    /// Entries of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
}

impl Wanted {
    fn query(self) -> Result<LineQuery, ApiError> {
        let sources = [LineSource::Stdout, LineSource::Stderr, LineSource::Log];
        Ok(LineQuery {
            slug: query::slug(self.slug)?,
            invocation: query::uuid("invocation", self.invocation.as_deref())?,
            level: query::level(self.level.as_deref())?,
            source: query::word("source", self.source, sources.map(LineSource::name))?,
            text: query::text(self.text)?,
            since: query::moment("since", self.since.as_deref())?,
            until: query::moment("until", self.until.as_deref())?,
            before: query::cursor::<i64>(self.cursor.as_deref())?.map(LineId::from),
            limit: query::limit(self.limit)?,
            ..LineQuery::default()
        })
    }
}

/// A page of log lines
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LinePage {
    lines: Vec<LineShape>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// What functions wrote, newest first
///
/// Standard output, standard error and the log. Rows come about a second after they were written.
#[utoipa::path(
    get, path = "/api/logs/lines", tag = "history", params(Wanted),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = LinePage),
        (status = 501, body = ErrorBody, description = "The database's schema was not extended"),
    )
)]
async fn list(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(wanted): QueryOf<Wanted>,
) -> Result<Json<LinePage>, ApiError> {
    let mut query = wanted.query()?;
    let limit = query.limit as usize;
    // One more than the page holds tells whether there is another.
    query.limit += 1;
    let mut rows = state.registry.read_lines(&query).await?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| !is_last).map(|row| row.id.number().to_string());
    Ok(Json(LinePage { lines: rows.into_iter().map(LineShape::from).collect(), next_cursor }))
}
