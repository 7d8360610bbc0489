//! Bodies and path parameters, with this API's errors in place of the framework's.

use super::{ApiError, PlatformState};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The `{slug}` of a path. It names a row, so it need not be one that can be invoked.
pub(super) struct SlugPath(pub(super) String);

impl FromRequestParts<PlatformState> for SlugPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            // PostgreSQL's text holds no NUL, so no row has such a name.
            Ok(Path(slug)) if slug.contains('\0') => Err(ApiError::function_not_found()),
            Ok(Path(slug)) => Ok(Self(slug)),
            Err(_) => Err(ApiError::invalid_input("The path is not valid UTF-8")),
        }
    }
}

/// What a path names, where it is none of a function's.
pub(super) struct PathOf<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<PlatformState> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(error) => Err(ApiError::invalid_input(error.body_text())),
        }
    }
}

/// What the query asks.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<PlatformState> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => Err(ApiError::invalid_input(error.body_text())),
        }
    }
}

/// Why a body could not be read whole.
pub(super) enum BodyError {
    TooLarge,
    Broken(String),
}

impl BodyError {
    /// The answer, given what a body that is too large is called here.
    pub(super) fn or(self, too_large: ApiError) -> ApiError {
        match self {
            Self::TooLarge => too_large,
            Self::Broken(reason) => ApiError::invalid_input(format!("The body ended early: {reason}")),
        }
    }
}

/// Reads a body into memory, and no byte beyond `limit`.
pub(super) async fn read(headers: &HeaderMap, mut body: Body, limit: u64) -> Result<Bytes, BodyError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge);
    }
    let mut bytes = BytesMut::with_capacity(announced.and_then(|n| usize::try_from(n).ok()).unwrap_or(0));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| BodyError::Broken(error.to_string()))?;
        if let Ok(data) = frame.into_data() {
            if (bytes.len() as u64).saturating_add(data.len() as u64) > limit {
                return Err(BodyError::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// Reads a JSON object. No body at all is an empty object, as it is to InsForge's backend.
pub(super) async fn json_object(request: Request, limit: u64) -> Result<Map<String, Value>, ApiError> {
    let (parts, body) = request.into_parts();
    let content_type = media_type(&parts.headers);
    let bytes =
        read(&parts.headers, body, limit).await.map_err(|error| error.or(ApiError::body_too_large(limit)))?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if content_type.is_some_and(|found| found != "application/json" && !found.ends_with("+json")) {
        return Err(ApiError::unsupported_media_type("application/json"));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ApiError::invalid_input("The body is not a JSON object")),
        Err(error) => Err(ApiError::invalid_input(format!("The body is not valid JSON: {error}"))),
    }
}

/// Reads a module that is sent as it is.
pub(super) async fn module(request: Request, limit: u64) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    if media_type(&parts.headers).as_deref() != Some("application/wasm") {
        return Err(ApiError::unsupported_media_type("application/wasm"));
    }
    read(&parts.headers, body, limit).await.map_err(|error| error.or(ApiError::module_too_large(limit)))
}

/// The media type in lower case, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}
