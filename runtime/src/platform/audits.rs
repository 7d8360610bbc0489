//! `/api/logs`, as far as it is not of functions' own lines: the audit log, and which logs there are.

use super::auth::Admin;
use super::error::ErrorBody;
use super::extract::QueryOf;
use super::moment::{self, timestamp};
use super::{ApiError, PlatformState};
use crate::registry::{AuditEntry, AuditPage, AuditQuery};
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_RANGE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Entries of one answer at most.
const MOST: u32 = 1000;

/// The routes of the audit log.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(audits)).routes(routes!(sources)).routes(routes!(build_logs))
}

/// Which entries are asked for
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: u32,
    #[serde(default)]
    offset: u32,
    /// `api-key`, or the subject of an admin's token.
    actor: Option<String>,
    /// `CREATE_FUNCTION`, `ROTATE_API_KEY`, …
    action: Option<String>,
    /// `FUNCTIONS`, `SECRETS`, …
    module: Option<String>,
    /// Not before: a moment, or a day.
    start_date: Option<String>,
    /// Not after.
    end_date: Option<String>,
}

fn hundred() -> u32 {
    100
}

impl Asked {
    fn query(self) -> Result<AuditQuery, ApiError> {
        if !(1..=MOST).contains(&self.limit) {
            return Err(ApiError::invalid_input(format!("limit must be between 1 and {MOST}")));
        }
        let date = |name: &str, text: Option<String>| match text.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => moment::parse(&text).map(Some).ok_or_else(|| {
                ApiError::invalid_input(format!("{name} is no date such as 2026-08-19T12:00:00Z"))
            }),
        };
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(AuditQuery {
            actor: text(self.actor),
            action: text(self.action),
            module: text(self.module),
            since: date("start_date", self.start_date)?,
            until: date("end_date", self.end_date)?,
            limit: self.limit,
            offset: self.offset,
        })
    }
}

/// One deed of an admin's
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
struct AuditShape {
    id: Uuid,
    /// `api-key`, or the subject of the admin's token.
    actor: String,
    action: String,
    module: String,
    details: Option<Value>,
    #[schema(value_type = Option<String>)]
    ip_address: Option<IpAddr>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

impl AuditShape {
    fn of(entry: AuditEntry) -> Self {
        let moment = |moment: Option<OffsetDateTime>| moment.and_then(timestamp);
        Self {
            id: entry.id,
            actor: entry.actor,
            action: entry.action,
            module: entry.module,
            details: entry.details,
            ip_address: entry.ip,
            created_at: moment(entry.created_at),
            updated_at: moment(entry.updated_at),
        }
    }
}

/// A log that can be read
#[derive(Serialize, ToSchema)]
struct LogSource {
    id: &'static str,
    /// Its name in `/api/logs/{name}`.
    name: &'static str,
    token: &'static str,
}

/// Who did what
///
/// Newest first. `Content-Range` says which of how many: `0-99/240`.
#[utoipa::path(
    get, path = "/api/logs/audits", tag = "logs", security(("apiKey" = []), ("bearer" = [])), params(Asked),
    responses(
        (status = 200, body = [AuditShape], description = "All of them"),
        (status = 206, body = [AuditShape], description = "Some of them"),
    )
)]
async fn audits(
    State(state): State<PlatformState>,
    _: Admin,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, ApiError> {
    let query = asked.query()?;
    let AuditPage { entries, total } = state.registry.audits(&query).await?;
    let shown = entries.len() as u64;
    let (first, last) = (i64::from(query.offset), range_end(query.offset, shown, total));
    let status = if shown < total { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let body: Vec<_> = entries.into_iter().map(AuditShape::of).collect();
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    if let Ok(range) = HeaderValue::try_from(format!("{first}-{last}/{total}")) {
        headers.insert(CONTENT_RANGE, range);
    }
    headers.insert(HeaderName::from_static("preference-applied"), HeaderValue::from_static("count=exact"));
    Ok(response)
}

/// The last entry's number, as InsForge counts: one before the first where there is none.
fn range_end(offset: u32, shown: u64, total: u64) -> i64 {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    (i64::from(offset) + signed(shown) - 1).min(signed(total) - 1)
}

/// Which logs there are
#[utoipa::path(
    get, path = "/api/logs/sources", tag = "logs", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 200, body = [LogSource]))
)]
async fn sources(_: Admin) -> Json<[LogSource; 1]> {
    Json([LogSource { id: "1", name: "function.logs", token: "function.logs.jsonl" }])
}

/// The remote build's log, which there is none of
///
/// Functions are compiled here. What the compiler says of one stands with its version.
#[utoipa::path(
    get, path = "/api/logs/functions/build-logs", tag = "logs", security(("apiKey" = []), ("bearer" = [])),
    responses((status = 404, body = ErrorBody, description = "Always"))
)]
async fn build_logs(_: Admin) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "LOG_NOT_FOUND", "Build logs not available.")
        .advise("See build and buildError at GET /api/functions/{slug}/versions.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_where_the_entries_do() {
        assert_eq!(range_end(0, 100, 240), 99);
        assert_eq!(range_end(200, 40, 240), 239);
        assert_eq!(range_end(0, 0, 0), -1);
        assert_eq!(range_end(500, 0, 240), 239);
    }
}
