//! What a browser asks before a page of another origin may call this.

use wasmforge::http::{HeaderValue, Method, StatusCode, header};
use wasmforge::{IntoResponse, Request, Response};

/// The answer to a preflight request, if this is one.
pub(crate) fn preflight(req: &Request) -> Option<Response> {
    (req.method() == Method::OPTIONS).then(|| StatusCode::NO_CONTENT.into_response())
}

/// Lets any origin read the answer: the caller's credential is a header, which a page has to know to send.
pub(crate) fn allow(mut response: Response) -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Authorization"),
    ];
    for (name, value) in allowed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
