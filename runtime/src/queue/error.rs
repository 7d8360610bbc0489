//! Why a request is not put into the queue, or its result is not told.

use crate::invoke::{INVOCATION_ID, InvokeError, ResponseBody};
use crate::registry::{SecretError, WriteError};
use crate::telemetry::InvocationId;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

/// What is answered in place of `202`, or of a result.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// It could not be invoked now either.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// `x-wasmforge-max-attempts` is no number that is accepted.
    #[error("x-wasmforge-max-attempts is not a number from 1 to {0}")]
    MaxAttempts(u16),
    /// Too many wait.
    #[error("Too many requests of this function wait to be run")]
    Full,
    /// The database has no place for jobs, or there is no key to keep a credential with.
    #[error("Requests cannot be answered later: {0}")]
    Unsupported(&'static str),
    /// The database is away.
    #[error("The queue is unavailable")]
    Unavailable,
    /// There is no such job.
    #[error("There is no such invocation")]
    NotFound,
    /// It was kept as long as it is kept.
    #[error("The answer is no longer kept")]
    Expired,
    /// It was given up without an answer.
    #[error("The function did not answer: {0}")]
    Dead(String),
    /// A result is read and nothing else.
    #[error("A result is read with GET")]
    Method,
}

impl QueueError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Invoke(error) => error.status_and_code(),
            Self::MaxAttempts(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Self::Full => (StatusCode::TOO_MANY_REQUESTS, "QUEUE_FULL"),
            Self::Unsupported(_) => (StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "QUEUE_UNAVAILABLE"),
            Self::NotFound => (StatusCode::NOT_FOUND, "INVOCATION_NOT_FOUND"),
            Self::Expired => (StatusCode::GONE, "INVOCATION_EXPIRED"),
            Self::Dead(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INVOCATION_FAILED"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
        }
    }

    /// The answer, in the form of every other error of an invocation.
    pub(super) fn into_response(self) -> Response<ResponseBody> {
        let (status, code) = self.status_and_code();
        let id = InvocationId::new().to_string();
        let body = json!({ "error": self.to_string(), "code": code, "invocationId": id }).to_string();
        let mut response = Response::new(ResponseBody::full(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(INVOCATION_ID, id);
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(http::header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

impl From<WriteError> for QueueError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Unsupported(_) => Self::Unsupported("the database's schema was not extended"),
            error => {
                tracing::warn!(%error, "the queue is unavailable");
                Self::Unavailable
            }
        }
    }
}

impl From<SecretError> for QueueError {
    fn from(_: SecretError) -> Self {
        Self::Unsupported("there is no key to keep the credential with")
    }
}
