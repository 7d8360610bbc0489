//! Calls of other functions, within the process.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! # use wasmforge::{Response, testing};
//! use wasmforge::{Request, Result, block_on, functions, http};
//!
//! async fn notify(user: &str) -> Result<bool> {
//!     // A request, with whatever method, path, query, headers and body; the response streams.
//!     let check = http::Request::get("/status?verbose=1").body(())?;
//!     if !functions::call("mailer", check).await?.status().is_success() {
//!         return Ok(false);
//!     }
//!     // JSON there, JSON back.
//!     Ok(functions::invoke("mailer", &serde_json::json!({ "to": user })).await?)
//! }
//!
//! // In a test, a closure stands in for the other functions.
//! let _fake = testing::functions(|slug: &str, request: Request| {
//!     assert_eq!(slug, "mailer");
//!     match request.uri().path() {
//!         "/status" => Ok(Response::default()),
//!         _ => Ok(Response::new("true".into())),
//!     }
//! });
//! assert!(block_on(notify("ada")).unwrap());
//! ```
//!
//! The function that is called is an invocation of its own, with its own limits, log and record; its time ends with
//! that of the function that calls. It sees the caller's caller: `authorization` and `x-api-key` of the request being
//! handled are passed on, unless the request that is sent has one of them.

use crate::{Body, Request, Response, host};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of an answer that an [`Error::Status`] quotes.
const QUOTE: usize = 300;

/// Why a call of another function failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function's capabilities do not name the other one; holds the grant that is missing.
    #[error("calling the function is not granted: its capabilities lack {0}")]
    NotGranted(String),
    /// No active function has this name.
    #[error("there is no function {0:?}")]
    Unknown(String),
    /// Functions call each other in a circle, or too many in a row.
    #[error("functions call each other too deep")]
    DepthExceeded,
    /// There was no place to run it in time.
    #[error("the function {0:?} is busy")]
    Overloaded(String),
    /// The invocation has made, or has open, as many requests as it may.
    #[error("too many requests")]
    TooManyCalls,
    /// There is nothing that runs functions here.
    #[error("functions cannot be called: {0}")]
    Unavailable(String),
    /// The request cannot be sent.
    #[error("the request cannot be sent: {0}")]
    InvalidRequest(String),
    /// It broke off before there was an answer.
    #[error("the function {slug:?} gave no answer: {reason}")]
    NoAnswer {
        /// Which function.
        slug: String,
        /// What the sandbox said.
        reason: String,
    },
    /// [`invoke`] got an answer that is no success.
    #[error("the function {slug:?} answered {status}: {message}")]
    Status {
        /// Which function.
        slug: String,
        /// The answer's status.
        status: StatusCode,
        /// How its body begins.
        message: String,
    },
    /// What [`invoke`] was given is no JSON, or what it got is not the JSON that was asked for, or broke off.
    #[error("{0}")]
    Body(String),
}

impl Error {
    /// What a caller sees who is told nothing else: `508` for a circle, `503` where there is no place, `404` and `403`
    /// are the function's own business and become `502`, as does everything else.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::DepthExceeded => StatusCode::LOOP_DETECTED,
            Self::Overloaded(_) | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotGranted(_) | Self::TooManyCalls | Self::InvalidRequest(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Unknown(_) | Self::NoAnswer { .. } | Self::Status { .. } | Self::Body(_) => {
                StatusCode::BAD_GATEWAY
            }
        }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::service(error.status(), error)
    }
}

/// Sends a request to the function `slug` and waits for the head of its response; the bodies of both stream.
///
/// The request's path follows the function's name: `/items?a=1` arrives as `/<slug>/items?a=1`, `/` as `/<slug>`.
/// Dropping the future, or the response, ends the other function.
///
/// # Errors
/// [`Error`] if no response came. A response of any status is not an error.
pub async fn call<B: Into<Body>>(slug: &str, request: http::Request<B>) -> Result<Response, Error> {
    host::functions::call(slug, request.map(Into::into)).await
}

/// Posts a value as JSON to the function `slug` and reads its answer as JSON.
///
/// # Errors
/// [`Error`]; an answer that is no success is [`Error::Status`].
pub async fn invoke<T, R>(slug: &str, value: &T) -> Result<R, Error>
where
    T: Serialize + ?Sized,
    R: DeserializeOwned,
{
    let json = serde_json::to_vec(value).map_err(|error| Error::Body(format!("invalid JSON: {error}")))?;
    let mut request = Request::new(json.into());
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let response = call(slug, request).await?;
    let status = response.status();
    let read = |error: crate::Error| Error::Body(error.to_string());
    if !status.is_success() {
        let text = response.into_body().text().await.map_err(read)?;
        return Err(Error::Status {
            slug: slug.to_owned(),
            status,
            message: text.chars().take(QUOTE).collect(),
        });
    }
    response.into_body().json().await.map_err(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, testing};

    #[test]
    fn a_value_goes_as_json_and_comes_back_as_a_type() {
        let _fake = testing::functions(|slug, request| {
            assert_eq!((slug, request.method()), ("sum", &Method::POST));
            assert_eq!(request.headers()["content-type"], "application/json");
            let numbers: Vec<u32> = block_on(request.into_body().json()).unwrap();
            Ok(Response::new(numbers.iter().sum::<u32>().to_string().into()))
        });
        assert_eq!(block_on(invoke::<_, u32>("sum", &[1, 2, 3])).unwrap(), 6);
    }

    #[test]
    fn an_answer_that_is_no_success_is_an_error_with_its_status() {
        let _fake = testing::functions(|_, _| {
            let mut response = Response::new("no such user".into());
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        });
        let error = block_on(invoke::<_, ()>("users", &())).unwrap_err();
        assert_eq!(error.to_string(), "the function \"users\" answered 404 Not Found: no such user");
        assert_eq!(crate::Error::from(error).status(), StatusCode::BAD_GATEWAY);
    }

    #[test]
    fn without_a_fake_there_are_no_functions() {
        let error = block_on(call("mailer", http::Request::new(()))).unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)));
        assert_eq!(crate::Error::from(error).status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
