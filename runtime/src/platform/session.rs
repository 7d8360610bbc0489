//! Who uses the APIs that are not for admins only.

use super::{ApiError, PlatformState};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use uuid::Uuid;
use wasmforge_host_api::auth::{Caller, Credentials, Identity, Role, verify};

/// Whoever shows a good credential: an API key, an anonymous key or a token.
pub(super) struct Anyone(pub(super) Identity);

/// A user who signed in, by a token; keys are nobody's in particular.
pub(super) struct SignedIn(pub(super) Uuid);

impl FromRequestParts<PlatformState> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        let (caller, credentials) = (Caller::of(&parts.headers), state.registry.credentials());
        if caller.api_key().is_none() && caller.bearer().is_none() {
            return Err(no_token());
        }
        match caller.identity(&credentials) {
            Ok(identity) => Ok(Self(identity.clone())),
            Err(_) => Err(refused(&caller, &credentials)),
        }
    }
}

impl FromRequestParts<PlatformState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &PlatformState) -> Result<Self, ApiError> {
        let (caller, credentials) = (Caller::of(&parts.headers), state.registry.credentials());
        let token = caller.bearer().ok_or_else(no_token)?;
        let claims = verify(&credentials, token).map_err(|_| invalid_token(&credentials))?;
        let identity = Identity::of_claims(&claims).filter(|identity| identity.role == Role::Authenticated);
        let Some(subject) = identity.and_then(|identity| identity.subject) else {
            return Err(unauthorized("AUTH_INVALID_CREDENTIALS", "User not authenticated"));
        };
        // A subject that somebody else's tokens may have is no id of ours.
        subject.parse().map(Self).map_err(|_| user_not_found())
    }
}

/// The token is good, and its user is not there.
pub(super) fn user_not_found() -> ApiError {
    unauthorized("AUTH_INVALID_CREDENTIALS", "User not found")
}

fn no_token() -> ApiError {
    unauthorized("AUTH_INVALID_CREDENTIALS", "No token provided")
}

/// What is told to somebody whose credential is not good, by its shape.
fn refused(caller: &Caller, credentials: &Credentials) -> ApiError {
    let is_anon_key = caller.bearer().is_some_and(|token| token.starts_with("anon_"));
    match () {
        () if !credentials.is_loaded() => ApiError::database_unavailable(),
        () if caller.api_key().is_some() => unauthorized("AUTH_INVALID_API_KEY", "Invalid API key"),
        () if is_anon_key => unauthorized("AUTH_INVALID_CREDENTIALS", "Invalid anon key"),
        () => invalid_token(credentials),
    }
}

pub(super) fn invalid_token(credentials: &Credentials) -> ApiError {
    match credentials.is_loaded() {
        true => unauthorized("AUTH_UNAUTHORIZED", "Invalid token"),
        // Whether it is good is in a table that was never read.
        false => ApiError::database_unavailable(),
    }
}

fn unauthorized(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, message).advise("Sign in again, or check the key.")
}
