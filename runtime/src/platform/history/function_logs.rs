//! `/api/logs/function.logs`, as InsForge's dashboard asks for it.

use super::query;
use crate::platform::auth::Admin;
use crate::platform::error::ErrorBody;
use crate::platform::extract::QueryOf;
use crate::platform::shapes::timestamp;
use crate::platform::{ApiError, PlatformState};
use crate::registry::{InvocationQuery, LineQuery};
use crate::telemetry::InsforgeLine;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries, unless the query says otherwise.
const ENTRIES: u32 = 100;

/// The most entries.
const MAX_ENTRIES: u32 = 1000;

pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which entries are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Entries at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Entries that are older than this moment.
    #[param(format = DateTime)]
    before_timestamp: Option<String>,
}

/// Entries of the functions' log
#[derive(Serialize, ToSchema)]
struct FunctionLogs {
    /// The oldest first.
    logs: Vec<LogEntry>,
    /// How many there are here.
    total: usize,
}

/// An invocation or a line
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LogEntry {
    id: String,
    /// What happened, in one line.
    event_message: String,
    #[schema(format = DateTime)]
    timestamp: Option<String>,
    /// `timestamp`, `level`, `message` and `metadata`.
    #[schema(value_type = Object)]
    body: Value,
}

/// The newest entries of the functions' log
///
/// Invocations and log lines together, as InsForge's log of functions has them.
#[utoipa::path(
    get, path = "/api/logs/function.logs", tag = "history", params(Wanted),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, body = FunctionLogs),
        (status = 501, body = ErrorBody, description = "The database's schema was not extended"),
    )
)]
async fn list(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(wanted): QueryOf<Wanted>,
) -> Result<Json<FunctionLogs>, ApiError> {
    let limit = wanted.limit.unwrap_or(ENTRIES).clamp(1, MAX_ENTRIES);
    let until = query::moment("before_timestamp", wanted.before_timestamp.as_deref())?;
    let lines = LineQuery { until, limit, ..LineQuery::default() };
    let invocations = InvocationQuery { until, limit, ..InvocationQuery::default() };
    let (lines, invocations) =
        tokio::try_join!(state.registry.read_lines(&lines), state.registry.read_invocations(&invocations))?;
    let mut entries: Vec<_> = lines.iter().map(InsforgeLine::from).collect();
    entries.extend(invocations.iter().map(InsforgeLine::from));
    // One that began before the moment and ended after it is on the page after.
    entries.retain(|entry| until.is_none_or(|until| entry.at < until));
    entries.sort_by_key(|entry| entry.at);
    let surplus = entries.len().saturating_sub(limit as usize);
    let logs: Vec<_> = entries
        .into_iter()
        .skip(surplus)
        .map(|entry| LogEntry {
            id: entry.id,
            event_message: entry.event_message,
            timestamp: timestamp(entry.at),
            body: entry.body,
        })
        .collect();
    Ok(Json(FunctionLogs { total: logs.len(), logs }))
}
