//! Changes of functions are counted per address: one client's runaway script must not keep the compiler from others.

use super::PlatformState;
use super::auth::Admin;
use super::rate_limit::{peer, too_many};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What only says which version is live.
const MOVES: [&str; 3] = ["rollback", "promote", "traffic"];

/// Counts an admin's write, whatever comes of it, and refuses one too many. What no admin sends is refused for that.
pub(super) async fn limit_writes(
    State(state): State<PlatformState>,
    request: Request,
    next: Next,
) -> Response {
    let Some(limit) = state.rate_limits.writes.as_ref().filter(|_| is_write(&request)) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let is_admin = Admin::from_request_parts(&mut parts, &state).await.is_ok();
    let Some(address) = peer(&parts.extensions).filter(|_| is_admin) else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let standing = limit.count(address);
    let mut response = match standing.is_exceeded() {
        true => too_many("Too many functions write requests. Please wait a few minutes and try again.")
            .into_response(),
        false => next.run(Request::from_parts(parts, body)).await,
    };
    standing.tell(response.headers_mut());
    response
}

fn is_write(request: &Request) -> bool {
    let path = request.uri().path();
    let Some(rest) = path.strip_prefix("/api/functions") else { return false };
    // On a bad night there were many deploys, and the way back has to be open. It compiles nothing.
    let is_move =
        rest.trim_start_matches('/').split_once('/').is_some_and(|(_slug, what)| MOVES.contains(&what));
    let is_functions = rest.is_empty() || rest.starts_with('/');
    let is_write = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    is_functions && is_write && !is_move
}
