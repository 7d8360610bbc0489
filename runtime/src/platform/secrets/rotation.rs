//! New keys of the platform, the old ones good for a while longer.

use crate::platform::auth::Admin;
use crate::platform::error::ErrorBody;
use crate::platform::extract::json_object;
use crate::platform::shapes::timestamp;
use crate::platform::{ApiError, PlatformState};
use crate::registry::{Author, PlatformKey, Rotated};
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a key that was replaced may be good, in hours: by default, and at most.
struct Grace {
    default: u64,
    longest: u64,
}

/// Whoever holds it can change it at once.
const API_KEY: Grace = Grace { default: 24, longest: 7 * 24 };
/// It is in clients that were shipped.
const ANON_KEY: Grace = Grace { default: 7 * 24, longest: 30 * 24 };

/// The routes of rotation.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(rotate_api_key)).routes(routes!(rotate_anon_key))
}

/// How long the old key is to be good
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
#[schema(rename_all = "camelCase")]
struct RotateApiKey {
    /// 24 where it is not sent.
    #[schema(value_type = u64, required = false, minimum = 0, maximum = 168)]
    grace_period_hours: Option<u64>,
}

/// How long the old key is to be good
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body, whose fields are checked one by one")]
#[schema(rename_all = "camelCase")]
struct RotateAnonKey {
    /// 168 where it is not sent.
    #[schema(value_type = u64, required = false, minimum = 0, maximum = 720)]
    grace_period_hours: Option<u64>,
}

/// The administrator's new key
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyRotated {
    /// Always `true`.
    success: bool,
    message: &'static str,
    api_key: String,
    #[schema(format = DateTime)]
    old_key_expires_at: Option<String>,
}

/// The new key of anonymous clients
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AnonKeyRotated {
    /// Always `true`.
    success: bool,
    message: &'static str,
    anon_key: String,
    #[schema(format = DateTime)]
    old_key_expires_at: Option<String>,
}

/// Makes a new administrator's key
///
/// It is in force at once, on every node; the old one stays good for the grace period.
#[utoipa::path(
    post, path = "/api/secrets/api-key/rotate", tag = "secrets", security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Option<RotateApiKey>),
    responses(
        (status = 200, body = ApiKeyRotated),
        (status = 400, body = ErrorBody, description = "The grace period is no number of hours within its bounds"),
        (status = 501, body = ErrorBody, description = "No encryption key is configured"),
    )
)]
async fn rotate_api_key(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    request: Request,
) -> Result<Json<ApiKeyRotated>, ApiError> {
    let rotated = rotate(&state, PlatformKey::Api, &API_KEY, request, &author).await?;
    Ok(Json(ApiKeyRotated {
        success: true,
        message: "API key rotated successfully. Old key will remain valid during grace period.",
        api_key: rotated.key.expose().to_owned(),
        old_key_expires_at: timestamp(rotated.old_key_expires_at),
    }))
}

/// Makes a new key for anonymous clients
///
/// It is in force at once, on every node; the old one stays good for the grace period.
#[utoipa::path(
    post, path = "/api/secrets/anon-key/rotate", tag = "secrets", security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Option<RotateAnonKey>),
    responses(
        (status = 200, body = AnonKeyRotated),
        (status = 400, body = ErrorBody, description = "The grace period is no number of hours within its bounds"),
        (status = 501, body = ErrorBody, description = "No encryption key is configured"),
    )
)]
async fn rotate_anon_key(
    State(state): State<PlatformState>,
    Admin(author): Admin,
    request: Request,
) -> Result<Json<AnonKeyRotated>, ApiError> {
    let rotated = rotate(&state, PlatformKey::Anon, &ANON_KEY, request, &author).await?;
    Ok(Json(AnonKeyRotated {
        success: true,
        message: "Anon key rotated successfully. Old key will remain valid during grace period.",
        anon_key: rotated.key.expose().to_owned(),
        old_key_expires_at: timestamp(rotated.old_key_expires_at),
    }))
}

async fn rotate(
    state: &PlatformState,
    which: PlatformKey,
    grace: &Grace,
    request: Request,
    author: &Author,
) -> Result<Rotated, ApiError> {
    let hours = hours(&json_object(request, state.max_json).await?, grace)?;
    let grace = Duration::from_secs(hours.saturating_mul(3600));
    Ok(state.registry.rotate_key(which, grace, author).await?)
}

/// A whole number, or a text of one, as InsForge takes it.
fn hours(object: &Map<String, Value>, grace: &Grace) -> Result<u64, ApiError> {
    let hours = match object.get("gracePeriodHours") {
        None => return Ok(grace.default),
        Some(Value::Number(number)) => number
            .as_u64()
            .or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64)),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    hours.filter(|hours| *hours <= grace.longest).ok_or_else(|| {
        let longest = grace.longest;
        ApiError::invalid_input(format!(
            "Invalid request: gracePeriodHours must be a whole number between 0 and {longest}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_grace_period_is_a_whole_number_of_hours_within_its_bounds() {
        let of = |body: Value| hours(body.as_object().unwrap(), &API_KEY);
        assert_eq!(of(json!({})).unwrap(), 24);
        for (sent, read) in [(json!(0), 0), (json!(168), 168), (json!(2.0), 2), (json!("3"), 3)] {
            assert_eq!(of(json!({ "gracePeriodHours": sent })).unwrap(), read);
        }
        for wrong in
            [json!(-1), json!(169), json!(1.5), json!("x"), json!(true), json!([]), json!(null), json!(1e300)]
        {
            of(json!({ "gracePeriodHours": wrong })).unwrap_err();
        }
    }
}
