//! `/api/auth/admin`: signing in with the administrator's name and password, for the dashboard.
//!
//! Who signed in holds a short-lived access token, and a refresh token in a cookie that no script can read. A request
//! that uses the cookie shows the CSRF token too, which no other site knows.

mod cookie;
mod log_in;
mod refresh_token;

use super::error::ErrorBody;
use super::extract::json_object;
use super::rate_limit::{peer, too_many};
use super::session::invalid_token;
use super::shapes::Done;
use super::{ApiError, PlatformState};
use crate::config::AdminAccount;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use log_in::{LogIn, parse};
use refresh_token::{Issuer, RefreshToken};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wasmforge_host_api::auth::{Caller, Role, access_token, verify};

/// The routes of the administrator's sessions.
pub(super) fn router() -> OpenApiRouter<PlatformState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(current))
        .routes(routes!(refresh))
        .routes(routes!(log_out))
}

/// Who signed in
#[derive(Serialize, ToSchema)]
struct AdminSubject {
    /// `local:` and the name.
    sub: String,
}

/// The administrator's session
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AdminSession {
    admin: AdminSubject,
    /// For the header `Authorization: Bearer`, for 15 minutes.
    access_token: String,
    /// For the header `X-CSRF-Token` of refresh and log-out.
    csrf_token: String,
}

/// Whose session this is
#[derive(Serialize, ToSchema)]
struct CurrentAdmin {
    admin: AdminSubject,
}

/// Signs the administrator in
///
/// The answer sets a cookie for `/api/auth/admin`, by which the session is refreshed for seven days.
#[utoipa::path(
    post, path = "/api/auth/admin/sessions", tag = "admin sessions", request_body = LogIn,
    responses(
        (status = 200, body = AdminSession),
        (status = 400, body = ErrorBody, description = "A field is wrong"),
        (status = 401, body = ErrorBody, description = "The name or the password is wrong"),
        (status = 429, body = ErrorBody, description = "Too many attempts of this address failed"),
        (status = 501, body = ErrorBody, description = "No administrator's account, or no JWT_SECRET, is configured"),
    )
)]
async fn create(State(state): State<PlatformState>, request: Request) -> Result<Response, ApiError> {
    let account = state.config.admin.as_ref().ok_or_else(no_account)?;
    let address = peer(request.extensions()).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let log_in = parse(json_object(request, state.max_json).await?)?;
    // Counted before the password is looked at, so that attempts at once are not more than the limit.
    let standing = state.rate_limits.log_ins.count(address);
    if standing.is_exceeded() {
        let error = too_many("Too many failed log-in attempts from this IP. Please try again in 15 minutes.");
        let mut response = error.into_response();
        standing.tell(response.headers_mut());
        return Ok(response);
    }
    if !log_in.is_of(account) {
        tracing::warn!(%address, "an attempt to sign in as the administrator failed");
        let mut response = wrong_credentials().into_response();
        standing.tell(response.headers_mut());
        return Ok(response);
    }
    state.rate_limits.log_ins.take_back(address);
    signed_in(&state, account, None)
}

/// Whose session the access token is of
#[utoipa::path(
    get, path = "/api/auth/admin/sessions/current", tag = "admin sessions", security(("bearer" = [])),
    responses((status = 200, body = CurrentAdmin))
)]
async fn current(
    State(state): State<PlatformState>,
    headers: HeaderMap,
) -> Result<Json<CurrentAdmin>, ApiError> {
    let (caller, credentials) = (Caller::of(&headers), state.registry.credentials());
    let token = caller.bearer().ok_or_else(|| {
        ApiError::new(StatusCode::UNAUTHORIZED, "AUTH_INVALID_CREDENTIALS", "No token provided")
    })?;
    let claims = verify(&credentials, token).map_err(|_| invalid_token(&credentials))?;
    match claims.is_admin() {
        true => Ok(Json(CurrentAdmin { admin: AdminSubject { sub: claims.subject } })),
        false => Err(ApiError::new(StatusCode::FORBIDDEN, "AUTH_UNAUTHORIZED", "Admin access required")),
    }
}

/// Refreshes the administrator's session
///
/// By the cookie and the header `X-CSRF-Token`. Changing the account's name or password ends every session.
#[utoipa::path(
    post, path = "/api/auth/admin/refresh", tag = "admin sessions",
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses(
        (status = 200, body = AdminSession),
        (status = 401, body = ErrorBody, description = "There is no cookie, or its session has ended"),
        (status = 403, body = ErrorBody, description = "The CSRF token is not the session's"),
        (status = 501, body = ErrorBody, description = "No administrator's account, or no JWT_SECRET, is configured"),
    )
)]
async fn refresh(State(state): State<PlatformState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let account = state.config.admin.as_ref().ok_or_else(no_account)?;
    let credentials = state.registry.credentials();
    let issuer = Issuer::new(&credentials, account).ok_or_else(no_signing_key)?;
    let session = match cookie::of(&headers) {
        None => Err("No admin refresh token provided"),
        Some(token) => issuer.verify(token).ok_or("Invalid or expired refresh token"),
    };
    match session {
        Ok(session) if issuer.is_csrf_token(&session, &headers) => signed_in(&state, account, Some(session)),
        Ok(_) => Err(wrong_csrf_token()),
        Err(message) => {
            let error = ApiError::new(StatusCode::UNAUTHORIZED, "AUTH_UNAUTHORIZED", message);
            Ok(cookie::cleared(error.advise("Sign in again.").into_response()))
        }
    }
}

/// Ends the administrator's session in this browser
///
/// Without a good cookie there is nothing to end, which is no error.
#[utoipa::path(
    post, path = "/api/auth/admin/logout", tag = "admin sessions",
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses(
        (status = 200, body = Done),
        (status = 403, body = ErrorBody, description = "The CSRF token is not the session's"),
    )
)]
async fn log_out(State(state): State<PlatformState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let credentials = state.registry.credentials();
    let issuer = state.config.admin.as_ref().and_then(|account| Issuer::new(&credentials, account));
    if let Some((issuer, token)) = issuer.zip(cookie::of(&headers))
        && let Some(session) = issuer.verify(token)
        && !issuer.is_csrf_token(&session, &headers)
    {
        return Err(wrong_csrf_token());
    }
    Ok(cookie::cleared(Json(Done::saying("Logged out successfully".to_owned())).into_response()))
}

/// The answer to somebody who is signed in, anew or still.
fn signed_in(
    state: &PlatformState,
    account: &AdminAccount,
    session: Option<RefreshToken>,
) -> Result<Response, ApiError> {
    let credentials = state.registry.credentials();
    let issuer = Issuer::new(&credentials, account).ok_or_else(no_signing_key)?;
    let sub = issuer.subject();
    let access_token = access_token(&credentials, &sub, Role::ProjectAdmin).map_err(|_| no_signing_key())?;
    let (token, csrf_token) = issuer.issue(session).ok_or_else(no_signing_key)?;
    let session = AdminSession { admin: AdminSubject { sub }, access_token, csrf_token };
    let mut response = Json(session).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(cookie::set(response, &token))
}

fn no_account() -> ApiError {
    let message = "No administrator's account is configured";
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED", message)
        .advise("Set ROOT_ADMIN_USERNAME and ROOT_ADMIN_PASSWORD, or use an API key.")
}

fn no_signing_key() -> ApiError {
    let message = "There is no JWT_SECRET to sign tokens with";
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED", message)
        .advise("Set JWT_SECRET, and start the node again.")
}

fn wrong_credentials() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "AUTH_UNAUTHORIZED", "Invalid admin credentials")
}

fn wrong_csrf_token() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", "Invalid CSRF token")
        .advise("Send the csrfToken of the last sign-in or refresh as X-CSRF-Token, or sign in again.")
}
