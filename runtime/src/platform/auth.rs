//! Who may use the admin API.
//!
//! Which check applies follows from the credential's shape, and one that fails is never tried as another. The keys are
//! in memory, so no check costs a round trip.

use super::{ApiError, PlatformState, token};
use crate::registry::{Author, Credentials};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use std::net::SocketAddr;

/// How an API key begins.
const API_KEY_PREFIX: &str = "ik_";

/// Proof that the request comes from an admin.
pub(super) struct Admin(pub(super) Author);

impl FromRequestParts<PlatformState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        let actor = admin(&parts.headers, &state.registry.credentials())?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(Author { actor, ip: peer.map(|ConnectInfo(address)| address.ip()) }))
    }
}

/// The name under which an admin's deeds are recorded: `api-key`, or the token's subject.
fn admin(headers: &HeaderMap, credentials: &Credentials) -> Result<String, ApiError> {
    let bearer = bearer(headers);
    if let Some(key) = api_key(headers, bearer) {
        return match credentials.is_api_key(key) {
            true => Ok("api-key".to_owned()),
            false if credentials.is_loaded() => Err(unauthorized("AUTH_INVALID_API_KEY", "Invalid API key")),
            // Whether it is right is in a table that was never read.
            false => Err(ApiError::database_unavailable()),
        };
    }
    let Some(token) = bearer else {
        return Err(unauthorized("AUTH_INVALID_CREDENTIALS", "No admin token provided"));
    };
    let identity = token::verify(credentials, token)
        .map_err(|error| unauthorized("AUTH_UNAUTHORIZED", &error.to_string()))?;
    if identity.is_admin() {
        return Ok(identity.subject);
    }
    Err(ApiError::new(StatusCode::FORBIDDEN, "AUTH_UNAUTHORIZED", "Admin access required"))
}

fn unauthorized(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, message)
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// A bearer that looks like an API key, or whatever `x-api-key` holds.
pub(super) fn api_key<'a>(headers: &'a HeaderMap, bearer: Option<&'a str>) -> Option<&'a str> {
    let given = || headers.get("x-api-key")?.to_str().ok().filter(|key| !key.is_empty());
    bearer.filter(|token| token.starts_with(API_KEY_PREFIX)).or_else(given)
}
