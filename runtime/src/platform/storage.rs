//! Objects whose URLs we signed: `GET /api/storage/signed/<bucket>/<key>?expires=…&signature=…`.

use super::error::ErrorBody;
use super::extract::{PathOf, QueryOf};
use super::{ApiError, PlatformState};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wasmforge_host_api::storage::{SignedObject, Storage, StorageError};

/// What makes a URL a signed one.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Signature {
    /// The second of Unix time after which it is not good.
    #[serde(default)]
    expires: u64,
    /// By this node's key over bucket, key and moment.
    #[serde(default)]
    signature: String,
}

/// The routes of storage.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// An object by a URL that a function has signed
#[utoipa::path(
    get, path = "/api/storage/signed/{bucket}/{*key}", tag = "storage",
    params(("bucket" = String, Path), ("key" = String, Path), Signature),
    responses(
        (status = 200, body = Vec<u8>, content_type = "*/*", description = "Its bytes, in the type that they were stored with"),
        (status = 400, body = ErrorBody, description = "The expiry is no number"),
        (status = 403, body = ErrorBody, description = "The signature is not good, or not any more"),
        (status = 404, body = ErrorBody, description = "No such object"),
        (status = 503, body = ErrorBody, description = "No storage is configured, or it does not answer"),
    )
)]
async fn read(
    State(state): State<PlatformState>,
    PathOf((bucket, key)): PathOf<(String, String)>,
    QueryOf(Signature { expires, signature }): QueryOf<Signature>,
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
