//! What a handler may answer with.

use crate::{Body, Error, Response, Result};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A value that a handler can answer with.
///
/// | value | response |
/// |---|---|
/// | [`Response`] | as it is |
/// | `&'static str`, `String` | `200`, `text/plain; charset=utf-8` |
/// | `Bytes`, `Vec<u8>`, [`Body`] | `200`, no content type |
/// | [`Json`] | `200`, `application/json` |
/// | `()` | `204` |
/// | `StatusCode` | that status, no body |
/// | `(StatusCode, T)` | what `T` is, with that status |
/// | `Result<T, E>` | what `T` is, or `E` as an [`Error`] |
#[diagnostic::on_unimplemented(
    message = "a handler cannot answer with `{Self}`",
    note = "return a `Response`, a `Result<Response>`, a string, bytes, `Json(value)` or a status"
)]
pub trait IntoResponse {
    /// The response.
    fn into_response(self) -> Response;
}

/// A value as JSON.
///
/// ```
/// use wasmforge_sdk::{IntoResponse, Json, http::StatusCode};
///
/// let response = (StatusCode::CREATED, Json([1, 2])).into_response();
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "application/json");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// A `200` with a value as JSON.
///
/// # Errors
/// [`Error::Other`] if the value cannot be serialised, for example a map whose keys are not strings.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Response> {
    Ok(typed(serde_json::to_vec(value)?, HeaderValue::from_static("application/json")))
}

fn typed(body: impl Into<Bytes>, content_type: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(body.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl IntoResponse for &'static str {
    fn into_response(self) -> Response {
        typed(self, HeaderValue::from_static("text/plain; charset=utf-8"))
    }
}

impl IntoResponse for String {
    fn into_response(self) -> Response {
        typed(self, HeaderValue::from_static("text/plain; charset=utf-8"))
    }
}

impl IntoResponse for Bytes {
    fn into_response(self) -> Response {
        Response::new(self.into())
    }
}

impl IntoResponse for Vec<u8> {
    fn into_response(self) -> Response {
        Response::new(self.into())
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        Response::new(self)
    }
}

impl IntoResponse for () {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl IntoResponse for StatusCode {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self;
        response
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(&self.0).into_response()
    }
}

impl<T: IntoResponse> IntoResponse for (StatusCode, T) {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        // A value that could not be serialised is a 500 and stays one.
        if !response.status().is_server_error() {
            *response.status_mut() = self.0;
        }
        response
    }
}

impl<T: IntoResponse, E: Into<Error>> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(error) => error.into().into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;
    use std::collections::HashMap;

    #[test]
    fn json_has_its_content_type() {
        let response = json(&HashMap::from([("a", 1)])).unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(block_on(response.into_body().text()).unwrap(), r#"{"a":1}"#);
    }

    #[test]
    fn a_value_that_json_cannot_express_is_a_500_whatever_status_was_meant() {
        let response = (StatusCode::CREATED, Json(HashMap::from([((1, 2), 3)]))).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn nothing_is_a_204() {
        let response = ().into_response();
        assert_eq!((response.status(), response.body().size()), (StatusCode::NO_CONTENT, Some(0)));
    }

    #[test]
    fn a_result_is_either_side() {
        let good: Result<&'static str> = Ok("fine");
        let bad: Result<&'static str, String> = Err("broken".into());
        assert_eq!(good.into_response().status(), StatusCode::OK);
        assert_eq!(bad.into_response().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
