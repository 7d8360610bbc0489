//! What a schedule becomes by a request.

use super::request::Changes;
use crate::platform::ApiError;
use crate::registry::{Schedule, ScheduleDefinition, ScheduleSettings};
use crate::schedule::template::{self, MissingSecret};
use crate::schedule::{Expression, ExpressionError, Zone, header_map};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use wasmforge_host_api::secrets::SecretSet;

impl From<ExpressionError> for ApiError {
    fn from(error: ExpressionError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "SCHEDULE_INVALID_CRON", error.to_string())
    }
}

impl From<MissingSecret> for ApiError {
    fn from(error: MissingSecret) -> Self {
        Self::new(StatusCode::NOT_FOUND, "SECRET_NOT_FOUND", error.to_string())
    }
}

/// Puts changes over what is there, and checks the whole. A new schedule's changes are complete.
pub(super) fn define(
    current: Option<&Schedule>,
    changes: Changes,
    secrets: &SecretSet,
) -> Result<ScheduleDefinition, ApiError> {
    let settings = current.map_or_else(ScheduleSettings::default, |current| current.settings.clone());
    let settings = ScheduleSettings {
        time_zone: changes.time_zone.unwrap_or(settings.time_zone),
        retries: changes.retries.unwrap_or(settings.retries),
        missed: changes.missed.unwrap_or(settings.missed),
    };
    let text = |changed: Option<String>, kept: fn(&Schedule) -> &String| {
        changed.or_else(|| current.map(kept).cloned()).unwrap_or_default()
    };
    let cron = text(changes.cron, |current| &current.cron);
    let zone = Zone::parse(&settings.time_zone)
        .map_err(|error| ApiError::invalid_input(format!("timeZone: {error}")))?;
    Expression::parse(&cron, zone)?;
    let headers =
        changes.headers.unwrap_or_else(|| match current.and_then(|current| current.headers.as_ref()) {
            Some(Value::Object(headers)) => headers.clone(),
            _ => Map::new(),
        });
    let body = changes.body.map(Value::Object).or_else(|| current?.body.clone());
    Ok(ScheduleDefinition {
        name: text(changes.name, |current| &current.name),
        cron,
        url: text(changes.url, |current| &current.url),
        method: text(changes.method, |current| &current.method),
        resolved: resolve(&headers, secrets)?,
        headers,
        body: body.unwrap_or_else(|| Value::Object(Map::new())),
        settings,
        is_active: changes.is_active.unwrap_or_else(|| current.is_none_or(|current| current.is_active)),
    })
}

/// Headers with the secrets of this moment, which can be sent as they are.
fn resolve(headers: &Map<String, Value>, secrets: &SecretSet) -> Result<Map<String, Value>, ApiError> {
    let resolved = template::resolve(headers, secrets)?;
    header_map(resolved.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|error| ApiError::invalid_input(format!("headers.{}: {error}", error.name)))?;
    Ok(resolved.into_iter().map(|(name, value)| (name, Value::from(value.as_str()))).collect())
}
