//! `/api/database/records` and `/api/database/rpc`: PostgREST behind the platform's credentials.
//!
//! What InsForge's backend does to a request and its answer is done here, and nothing else: the credential is exchanged,
//! `?schema=` becomes PostgREST's header, an empty string for a column that is no text is left out, and an answer without
//! a body gets one. Everything else passes as it is, errors included. Answers are streamed; a body is sent on when all of it
//! has come.

mod answer;
mod rows;
mod target;

use super::extract::{media_type, read};
use super::session::Anyone;
use super::{ApiError, PlatformState};
use answer::Empty;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{Method, Response, StatusCode};
use bytes::Bytes;
use target::{Kind, Target};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wasmforge_host_api::auth::Identity;
use wasmforge_host_api::rest::{ForwardError, Rest};

/// A request whose body is there.
type WholeRequest = axum::http::Request<Bytes>;

/// The routes of the database.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(records)).routes(routes!(rpc))
}

type NamePath = Result<Path<String>, PathRejection>;

/// Rows of a table or view
///
/// PostgREST's API, under the role of whoever asks: its filters in the query, its answers, its errors.
#[utoipa::path(
    method(get, head, post, patch, put, delete), path = "/api/database/records/{table}", tag = "database",
    params(("table" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Option<Value>, description = "Rows, to be written"),
    responses((status = "default", description = "What PostgREST answers"))
)]
async fn records(
    State(state): State<PlatformState>,
    Anyone(identity): Anyone,
    path: NamePath,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let target = Target::of(Kind::Table, path, &request)?;
    let mut request = whole(request, state.max_json).await?;
    let is_write = matches!(*request.method(), Method::POST | Method::PATCH | Method::PUT);
    if is_write && is_json(&request) && rows::may_have_empty_strings(request.body()) {
        let unavailable = |_| ApiError::database_unavailable();
        let text = state.registry.text_columns(&target.schema, &target.name).await.map_err(unavailable)?;
        if let Some(rest) = rows::without_empty_strings(request.body(), &text) {
            *request.body_mut() = rest.into();
        }
    }
    forward(&state, &identity, target, request, Empty::Rows).await
}

/// Calls a function of the database
///
/// PostgREST's API, under the role of whoever asks.
#[utoipa::path(
    method(get, head, post, patch, put, delete), path = "/api/database/rpc/{function}", tag = "database",
    params(("function" = String, Path)),
    security(("apiKey" = []), ("bearer" = [])),
    request_body(content = Option<Value>, description = "Its arguments"),
    responses((status = "default", description = "What PostgREST answers"))
)]
async fn rpc(
    State(state): State<PlatformState>,
    Anyone(identity): Anyone,
    path: NamePath,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let target = Target::of(Kind::Function, path, &request)?;
    let request = whole(request, state.max_json).await?;
    forward(&state, &identity, target, request, Empty::Value).await
}

/// Reads the body to its end. PostgREST takes one that breaks off for a whole one, and writes the half of it.
async fn whole(request: Request, limit: u64) -> Result<WholeRequest, ApiError> {
    let (parts, body) = request.into_parts();
    let bytes = read(&parts.headers, body, limit).await;
    let bytes = bytes.map_err(|error| error.or(ApiError::body_too_large(limit)))?;
    Ok(WholeRequest::from_parts(parts, bytes))
}

/// Whether the body is rows that can be looked at; PostgREST takes a body of no type for JSON.
fn is_json(request: &WholeRequest) -> bool {
    media_type(request.headers()).is_none_or(|kind| kind == "application/json" || kind.ends_with("+json"))
}

async fn forward(
    state: &PlatformState,
    identity: &Identity,
    target: Target,
    mut request: WholeRequest,
    empty: Empty,
) -> Result<Response<Body>, ApiError> {
    target.aim(&mut request)?;
    let method = request.method().clone();
    let response = match state.capabilities.get::<Rest>() {
        Some(rest) => rest.forward(identity, request).await,
        None => Err(ForwardError::NotConfigured),
    };
    let answer = match response {
        Ok(response) => answer::of(&method, response, empty).await.map_err(ForwardError::Unreachable),
        Err(error) => Err(error),
    };
    answer.map_err(|error| refuse(&error))
}

fn refuse(error: &ForwardError) -> ApiError {
    let message = error.to_string();
    let (status, message) = match error {
        ForwardError::Path(_) => return ApiError::invalid_input(message),
        ForwardError::NotConfigured | ForwardError::NoSigningKey(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, message)
        }
        ForwardError::Timeout => (StatusCode::GATEWAY_TIMEOUT, message),
        ForwardError::Unreachable(_) => {
            tracing::warn!(%error, "a client's request got no answer of PostgREST");
            (StatusCode::BAD_GATEWAY, "PostgREST cannot be reached".to_owned())
        }
    };
    ApiError::new(status, "UPSTREAM_FAILURE", message)
}
