//! The cookie that holds the refresh token: InsForge's name, path and attributes.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

const NAME: &str = "insforge_admin_refresh_token";

/// The dashboard may be served from another site, so the cookie is sent across sites; the CSRF token guards it.
const ATTRIBUTES: &str = "Path=/api/auth/admin; HttpOnly; Secure; SameSite=None";

/// The token in a request's cookies.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, value)| *name == NAME && !value.is_empty()).map(|(_, value)| value).next()
}

/// Sets it for as long as the token is good.
pub(super) fn set(response: Response, token: &str) -> Response {
    let seconds = super::refresh_token::LIFETIME.as_secs();
    with(response, &format!("{NAME}={token}; Max-Age={seconds}; {ATTRIBUTES}"))
}

/// Takes it away.
pub(super) fn cleared(response: Response) -> Response {
    with(response, &format!("{NAME}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; {ATTRIBUTES}"))
}

fn with(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=1; insforge_admin_refresh_token_2=x"));
        headers.append(COOKIE, HeaderValue::from_static("b=2;insforge_admin_refresh_token=a.b.c; c=3"));
        assert_eq!(of(&headers), Some("a.b.c"));
    }
}
