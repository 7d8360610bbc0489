//! What can go wrong in a function, and what its caller is told.

use crate::{Body, IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::borrow::Cow;

/// What handlers return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a function. As a response it is `{"error":"<message>"}` with the status of [`Error::status`].
///
/// `?` turns strings, boxed errors and the common errors of the standard library and of `http` into one. For any other
/// error there is [`Error::other`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A status and a message that the handler chose.
    #[error("{message}")]
    Status {
        /// The response's status.
        status: StatusCode,
        /// What the caller reads.
        message: Cow<'static, str>,
    },
    /// A body that is not the JSON that was asked for.
    #[error("invalid JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// A body that was asked for as text and is not UTF-8.
    #[error("invalid UTF-8: {0}")]
    Text(#[source] std::str::Utf8Error),
    /// A body that could not be read to its end.
    #[error("the body broke off: {0}")]
    Read(String),
    /// A body that nobody reads any more.
    #[error("the reader of the body is gone")]
    Closed,
    /// An outbound request that got no response.
    #[error("fetch {url}: {reason}")]
    Fetch {
        /// Where it went.
        url: String,
        /// What the sandbox said.
        reason: Cow<'static, str>,
        /// Whether it ran out of time.
        timeout: bool,
    },
    /// A redirect that was not followed.
    #[error("redirect to {url}: {reason}")]
    Redirect {
        /// Where it leads.
        url: String,
        /// Why not.
        reason: Cow<'static, str>,
    },
    /// An environment variable that is not set, or not UTF-8.
    #[error("the environment variable {0} is not set")]
    Variable(String),
    /// A header that HTTP does not allow, or that the sandbox does not.
    #[error("the header {0} cannot be sent")]
    Header(String),
    /// A service of the platform that refused or failed.
    #[error("{source}")]
    Service {
        /// The status that a caller gets who is told nothing else.
        status: StatusCode,
        /// The service's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Everything else.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// An error with a status of its own.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Status { status, message: message.into() }
    }

    /// `400`: the caller's request makes no sense.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// `404`: there is nothing there.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// Any error at all, as a `500`.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// A service's error, with the status that it means to a caller.
    pub(crate) fn service(
        status: StatusCode,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Service { status, source: source.into() }
    }

    /// The status that the caller gets: `502` or `504` for an outbound request that failed, the handler's own choice for
    /// [`Error::Status`], `500` for everything else.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Status { status, .. } | Self::Service { status, .. } => *status,
            Self::Fetch { timeout: true, .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Fetch { timeout: false, .. } | Self::Redirect { .. } => StatusCode::BAD_GATEWAY,
            Self::Json(_)
            | Self::Text(_)
            | Self::Read(_)
            | Self::Closed
            | Self::Variable(_)
            | Self::Header(_)
            | Self::Other(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The same error, where what could not be read is the caller's request: then it is the caller's fault.
    pub(crate) fn of_request(self) -> Self {
        match self {
            Self::Json(_) | Self::Text(_) | Self::Read(_) => Self::bad_request(self.to_string()),
            other => other,
        }
    }
}

#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
}

impl IntoResponse for Error {
    /// An error of 500 and above is also written to stderr, which is the function's log.
    fn into_response(self) -> Response {
        let status = self.status();
        let message = self.to_string();
        if status.is_server_error() {
            eprintln!("{message}");
        }
        let body = serde_json::to_vec(&Failure { error: &message }).unwrap_or_default();
        let mut response = Response::new(Body::from(Bytes::from(body)));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<&'static str> for Error {
    fn from(message: &'static str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Error {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::Other(error)
    }
}

impl From<Box<dyn std::error::Error>> for Error {
    fn from(error: Box<dyn std::error::Error>) -> Self {
        Self::from(error.to_string())
    }
}

/// A blanket implementation would rule out `Error` being a standard error itself.
macro_rules! from_errors {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::other(error)
            }
        }
    )+};
}

from_errors!(
    http::Error,
    http::header::InvalidHeaderName,
    http::header::InvalidHeaderValue,
    http::header::ToStrError,
    http::uri::InvalidUri,
    serde_json::Error,
    std::env::VarError,
    std::fmt::Error,
    std::io::Error,
    std::num::ParseFloatError,
    std::num::ParseIntError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;

    fn answer(error: Error) -> (StatusCode, String) {
        let response = error.into_response();
        (response.status(), block_on(response.into_body().text()).unwrap())
    }

    #[test]
    fn a_handlers_error_is_a_500_with_its_message() {
        let error: Error = "no \"luck\"".parse::<u8>().unwrap_err().into();
        assert_eq!(
            answer(error),
            (StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"invalid digit found in string"}"#.into())
        );
        assert_eq!(answer("no \"luck\"".into()).1, r#"{"error":"no \"luck\""}"#);
    }

    #[test]
    fn a_chosen_status_is_kept() {
        assert_eq!(
            answer(Error::not_found("no such pet")),
            (StatusCode::NOT_FOUND, r#"{"error":"no such pet"}"#.into())
        );
    }

    #[test]
    fn a_failed_fetch_is_a_gateway_error() {
        let fetch = |timeout| Error::Fetch { url: "http://x/".into(), reason: "gone".into(), timeout };
        assert_eq!(
            answer(fetch(false)),
            (StatusCode::BAD_GATEWAY, r#"{"error":"fetch http://x/: gone"}"#.into())
        );
        assert_eq!(fetch(true).status(), StatusCode::GATEWAY_TIMEOUT);
    }

    #[test]
    fn unreadable_input_is_the_callers_fault_only_in_a_request() {
        let broken = || Error::Read("reset".into());
        assert_eq!(broken().status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(broken().of_request().status(), StatusCode::BAD_REQUEST);
        assert_eq!(Error::Closed.of_request().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
