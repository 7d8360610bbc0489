//! Objects whose URLs we signed: `GET /api/storage/signed/<bucket>/<key>?expires=…&signature=…`.

use super::{ApiError, PlatformState};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use wasmforge_host_api::storage::{SIGNED_PATH, SignedObject, Storage, StorageError};

/// What makes a URL a signed one.
#[derive(Deserialize)]
struct Signature {
    #[serde(default)]
    expires: u64,
    #[serde(default)]
    signature: String,
}

/// The routes of storage.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().route(&format!("{SIGNED_PATH}{{bucket}}/{{*key}}"), get(read))
}

async fn read(
    State(state): State<PlatformState>,
    Path((bucket, key)): Path<(String, String)>,
    Query(Signature { expires, signature }): Query<Signature>,
) -> Result<Response<Body>, ApiError> {
    let storage = state.capabilities.get::<Storage>().ok_or_else(unavailable)?;
    let read = storage.read_signed(&bucket, &key, expires, &signature).await;
    read.map(answer).map_err(|error| refuse(&error))
}

/// What somebody uploaded must not run as a page of the platform's own origin.
fn answer(object: SignedObject) -> Response<Body> {
    let SignedObject { info, bytes } = object;
    let mut response = Response::new(Body::from_stream(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, info.size.into());
    let kind = info.content_type.and_then(|kind| HeaderValue::try_from(kind).ok());
    headers.insert(CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    if let Some(etag) = info.etag.and_then(|etag| HeaderValue::try_from(format!("\"{etag}\"")).ok()) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

fn refuse(error: &StorageError) -> ApiError {
    match error {
        StorageError::Forbidden(_) => {
            let message = "The URL is not signed, or not any more";
            ApiError::new(StatusCode::FORBIDDEN, "STORAGE_PERMISSION_DENIED", message)
        }
        StorageError::InvalidKey(_)
        | StorageError::InvalidBucket(_)
        | StorageError::NoSuchBucket(_)
        | StorageError::NoSuchObject(_) => {
            ApiError::new(StatusCode::NOT_FOUND, "STORAGE_NOT_FOUND", "Object not found")
        }
        other => {
            tracing::error!(error = %other, "an object with a signed URL was not read");
            unavailable()
        }
    }
}

fn unavailable() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "STORAGE_UNAVAILABLE", "The storage is unavailable")
}
