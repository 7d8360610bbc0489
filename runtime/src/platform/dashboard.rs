//! `/dashboard`: the pages from which an operator lives with functions.
//!
//! They are static files within the binary, and clients of the APIs beside them: nothing here knows who asks. The policy lets
//! a page run and reach nothing but what this origin serves.

use super::PlatformState;
use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use wasmforge_dashboard::{Asset, asset};

/// The page that every address of the dashboard begins with.
const INDEX: &str = "index.html";
/// What has its hash in its name.
const HASHED: &str = "assets/";
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
/// Of every answer. The opener policy keeps a function's page, which may be of this origin, from holding on to a window
/// in which the dashboard is opened.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Wasmforge</title>\
                         <h1>The dashboard is not in this binary</h1>\
                         <p>Build it with <code>cargo xtask dashboard</code>, then build the server again. \
                         Everything else works without it.</p></html>";

/// The routes of the dashboard, and the way there from the root for who opens it in a browser.
pub(super) fn router() -> Router<PlatformState> {
    Router::new()
        .route("/", get(root))
        .route("/dashboard", get(index))
        .route("/dashboard/", get(index))
        .route("/dashboard/{*path}", get(file))
}

/// A program that asks for the root is told what it was told before there was a dashboard.
async fn root(uri: Uri, headers: HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match accepts.contains("text/html") {
        true => Redirect::temporary("/dashboard").into_response(),
        false => super::not_found(uri).await.into_response(),
    }
}

async fn index(headers: HeaderMap) -> Response {
    match asset(INDEX) {
        Some(asset) => with_policy(answer(asset, INDEX, &headers)),
        None => with_policy(not_built()),
    }
}

/// A file, or the page that knows which of its own addresses this is.
async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match asset(&path) {
        Some(asset) => with_policy(answer(asset, &path, &headers)),
        // A script of another build: a page in its place would be an error that says nothing.
        None if path.starts_with(HASHED) => with_policy(StatusCode::NOT_FOUND.into_response()),
        None => index(headers).await,
    }
}

fn answer(asset: Asset, path: &str, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(asset.hash));
    let caching = match path.starts_with(HASHED) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let known = asked
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag));
    let shared = [(ETAG, etag), (CACHE_CONTROL, caching.to_owned())];
    match known {
        true => (StatusCode::NOT_MODIFIED, shared).into_response(),
        false => (shared, [(CONTENT_TYPE, asset.media_type)], asset.bytes).into_response(),
    }
}

fn not_built() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (StatusCode::NOT_FOUND, headers, NOT_BUILT).into_response()
}

fn with_policy(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}
