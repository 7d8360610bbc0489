//! What a browser asks before a page of another origin may call a function.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{Request, Response, Result, cors, response};
//!
//! async fn main(req: Request) -> Result<Response> {
//!     if let Some(answer) = cors::preflight(&req) {
//!         return Ok(cors::allow(answer, "POST"));
//!     }
//!     Ok(cors::allow(response::json("done")?, "POST"))
//! }
//! # let answer = wasmforge::block_on(main(Request::default())).unwrap();
//! # assert_eq!(answer.headers()["access-control-allow-origin"], "*");
//! ```

use crate::{IntoResponse, Request, Response};
use http::{HeaderValue, Method, StatusCode, header};

/// The answer to a preflight request, if this is one: a `204` that [`allow`] completes.
#[must_use]
pub fn preflight(request: &Request) -> Option<Response> {
    (request.method() == Method::OPTIONS).then(|| StatusCode::NO_CONTENT.into_response())
}

/// Lets pages of any origin read the answer and send `methods`, such as `"GET, POST"`, with a content type and a
/// credential. The caller's credential is a header, which a page has to know to send; cookies are not let through.
#[must_use]
pub fn allow(mut response: Response, methods: &'static str) -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Authorization"),
    ];
    for (name, value) in allowed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_options_is_a_preflight() {
        let request = |method| http::Request::builder().method(method).body(().into()).unwrap();
        assert_eq!(preflight(&request("OPTIONS")).unwrap().status(), StatusCode::NO_CONTENT);
        assert!(preflight(&request("POST")).is_none());
    }
}
