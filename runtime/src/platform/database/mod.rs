//! `/api/database/records` and `/api/database/rpc`: PostgREST behind the platform's credentials.
//!
//! What InsForge's backend does to a request and its answer is done here, and nothing else: the credential is exchanged,
//! `?schema=` becomes PostgREST's header, an empty string for a column that is no text is left out, and an answer without
//! a body gets one. Everything else passes as it is, errors included. What need not be looked at is streamed.

mod answer;
mod rows;
mod target;

use super::extract::{media_type, read};
use super::session::Anyone;
use super::{ApiError, PlatformState};
use answer::Empty;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::routing::{MethodFilter, on};
use http_body_util::{BodyExt as _, Limited};
use target::{Kind, Target};
use wasmforge_host_api::auth::Identity;
use wasmforge_host_api::rest::{ForwardError, Rest};
use wasmtime_wasi_http::{Error, WasiBody};

/// What PostgREST is asked with. `OPTIONS` is answered before any route.
const METHODS: MethodFilter = MethodFilter::GET
    .or(MethodFilter::HEAD)
    .or(MethodFilter::POST)
    .or(MethodFilter::PATCH)
    .or(MethodFilter::PUT)
    .or(MethodFilter::DELETE);

/// The routes of the database.
pub(super) fn router() -> Router<PlatformState> {
    Router::new()
        .route("/api/database/records/{table}", on(METHODS, records))
        .route("/api/database/rpc/{function}", on(METHODS, rpc))
}

async fn records(
    State(state): State<PlatformState>,
    Anyone(identity): Anyone,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let target = Target::of(Kind::Table, path, &request)?;
    let is_write = matches!(*request.method(), Method::POST | Method::PATCH | Method::PUT);
    let request = match is_write && is_json(&request) {
        true => without_empty_strings(&state, &target, request).await?,
        false => streamed(request, state.max_json)?,
    };
    forward(&state, &identity, target, request, Empty::Rows).await
}

async fn rpc(
    State(state): State<PlatformState>,
    Anyone(identity): Anyone,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let target = Target::of(Kind::Function, path, &request)?;
    let request = streamed(request, state.max_json)?;
    forward(&state, &identity, target, request, Empty::Value).await
}

/// Whether the body is rows that can be looked at; PostgREST takes a body of no type for JSON.
fn is_json(request: &Request) -> bool {
    media_type(request.headers()).is_none_or(|kind| kind == "application/json" || kind.ends_with("+json"))
}

async fn without_empty_strings(
    state: &PlatformState,
    target: &Target,
    request: Request,
) -> Result<axum::http::Request<WasiBody>, ApiError> {
    let (parts, body) = request.into_parts();
    let read = read(&parts.headers, body, state.max_json).await;
    let mut bytes = read.map_err(|error| error.or(ApiError::body_too_large(state.max_json)))?;
    if rows::may_have_empty_strings(&bytes) {
        let unavailable = |_| ApiError::database_unavailable();
        let text = state.registry.text_columns(&target.schema, &target.name).await.map_err(unavailable)?;
        if let Some(rest) = rows::without_empty_strings(&bytes, &text) {
            bytes = rest.into();
        }
    }
    let body = http_body_util::Full::new(bytes).map_err(Error::from).boxed_unsync();
    Ok(axum::http::Request::from_parts(parts, body))
}

/// Passes the body on as it comes, as far as it may be long.
fn streamed(request: Request, limit: u64) -> Result<axum::http::Request<WasiBody>, ApiError> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    if http_body::Body::size_hint(request.body()).lower() > limit {
        return Err(ApiError::body_too_large(limit));
    }
    let failed = move |error: axum::BoxError| match error.is::<http_body_util::LengthLimitError>() {
        true => Error::HttpRequestBodySize(Some(limit)),
        false => Error::InternalError(Some(error.to_string())),
    };
    Ok(request.map(|body| Limited::new(body, most).map_err(failed).boxed_unsync()))
}

async fn forward(
    state: &PlatformState,
    identity: &Identity,
    target: Target,
    mut request: axum::http::Request<WasiBody>,
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
    answer.map_err(|error| refuse(&error, state.max_json))
}

fn refuse(error: &ForwardError, limit: u64) -> ApiError {
    let message = error.to_string();
    let (status, message) = match error {
        ForwardError::Path(_) => return ApiError::invalid_input(message),
        ForwardError::BodyTooLarge => return ApiError::body_too_large(limit),
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
