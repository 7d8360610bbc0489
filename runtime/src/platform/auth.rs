//! Who may use the admin API.
//!
//! Which check applies follows from the credential's shape, and one that fails is never tried as another. The keys are
//! in memory, so no check costs a round trip.

use super::{ApiError, PlatformState};
use crate::registry::Author;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use std::net::SocketAddr;
use wasmforge_host_api::auth::{Caller, Credentials, verify};

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
    let caller = Caller::of(headers);
    if let Some(key) = caller.api_key() {
        return match credentials.is_api_key(key) {
            true => Ok("api-key".to_owned()),
            false if credentials.is_loaded() => Err(unauthorized("AUTH_INVALID_API_KEY", "Invalid API key")),
            // Whether it is right is in a table that was never read.
            false => Err(ApiError::database_unavailable()),
        };
    }
    let Some(token) = caller.bearer() else {
        return Err(unauthorized("AUTH_INVALID_CREDENTIALS", "No admin token provided"));
    };
    let claims =
        verify(credentials, token).map_err(|error| unauthorized("AUTH_UNAUTHORIZED", &error.to_string()))?;
    if claims.is_admin() {
        return Ok(claims.subject);
    }
    Err(ApiError::new(StatusCode::FORBIDDEN, "AUTH_UNAUTHORIZED", "Admin access required")
        .advise("Use an API key, or sign in as the administrator."))
}

fn unauthorized(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, message)
        .advise("Send the API key as x-api-key, or the token of an administrator who has just signed in.")
}
