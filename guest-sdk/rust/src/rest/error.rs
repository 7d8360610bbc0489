//! What can go wrong between a function and its rows.

use crate::Response;
use http::StatusCode;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;

/// Why a request to PostgREST has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function is not granted what it asks for. Holds the grant that it would need: `rest: "service"`.
    #[error("the function is not granted {0}")]
    NotGranted(String),
    /// The caller's credential is malformed, expired, or signed by somebody else.
    #[error("the caller's credential is not valid")]
    InvalidCredential,
    /// The request is not one for PostgREST.
    #[error("no request for PostgREST: {0}")]
    InvalidRequest(String),
    /// There is no PostgREST behind this runtime.
    #[error("PostgREST is not available: {0}")]
    Unavailable(String),
    /// PostgREST gave no answer, or not all of it.
    #[error("PostgREST did not answer: {reason}")]
    Unreachable {
        /// What happened.
        reason: Cow<'static, str>,
        /// Whether it ran out of time.
        timeout: bool,
    },
    /// PostgREST or the database refused.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// One row was asked for, and there is none.
    #[error("there is no such row")]
    NoRow,
    /// What is sent or what came is not the JSON that it should be.
    #[error("invalid JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A refusal in PostgREST's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status of the response.
    pub status: StatusCode,
    /// PostgREST's own code, `PGRST116`, or PostgreSQL's, `42501`. Empty where something else answered.
    pub code: String,
    /// What is wrong. Empty where nothing was said.
    pub message: String,
    /// More about it.
    pub details: Option<String>,
    /// What might help.
    pub hint: Option<String>,
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => self.status.fmt(f),
            ("", message) => write!(f, "{}: {message}", self.status),
            (code, message) => write!(f, "{message} ({code})"),
        }
    }
}

/// The body of a refusal.
#[derive(Default, Deserialize)]
struct Words {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    details: Option<String>,
    #[serde(default)]
    hint: Option<String>,
}

impl Failure {
    /// Reads a refusal from a response.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if it broke off.
    pub(super) async fn of(response: Response) -> Result<Self, Error> {
        let status = response.status();
        let body = response.into_body().bytes().await.map_err(Error::of_body)?;
        // A gateway has words of its own, and PostgREST sometimes none: a write to a table that is not there is `{}`.
        let words: Words = serde_json::from_slice(&body).unwrap_or_else(|_| Words {
            message: Some(String::from_utf8_lossy(&body).into_owned()),
            ..Words::default()
        });
        Ok(Self {
            status,
            code: words.code.unwrap_or_default(),
            message: words.message.unwrap_or_default(),
            details: words.details,
            hint: words.hint,
        })
    }
}

impl Error {
    /// A response whose body broke off.
    pub(super) fn of_body(error: crate::Error) -> Self {
        Self::Unreachable { reason: error.to_string().into(), timeout: false }
    }
}

impl From<Error> for crate::Error {
    /// The caller's fault stays the caller's: `401` for its credential, PostgREST's own status where that is below 500.
    /// `404` for a missing row, `502`, `503` and `504` where PostgREST is what failed, `500` for the function's own faults.
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::InvalidCredential => StatusCode::UNAUTHORIZED,
            Error::NoRow => StatusCode::NOT_FOUND,
            Error::Refused(failure) if failure.status.is_client_error() => failure.status,
            Error::Refused(_) | Error::Unreachable { timeout: false, .. } => StatusCode::BAD_GATEWAY,
            Error::Unreachable { timeout: true, .. } => StatusCode::GATEWAY_TIMEOUT,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::NotGranted(_) | Error::InvalidRequest(_) | Error::Json(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::service(status, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, rest, testing};

    fn fetch(status: u16, body: &'static str) -> Error {
        let _fake = testing::rest(move |_| {
            let mut response = Response::new(body.into());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(response)
        });
        block_on(rest::from("posts").fetch_one::<serde_json::Value>()).unwrap_err()
    }

    fn status(error: Error) -> StatusCode {
        crate::Error::from(error).status()
    }

    #[test]
    fn a_refusal_keeps_postgrests_words() {
        let body = r#"{"code":"42501","message":"permission denied","details":null,"hint":"sign in"}"#;
        let Error::Refused(failure) = fetch(403, body) else { panic!("not a refusal") };
        assert_eq!(failure.to_string(), "permission denied (42501)");
        assert_eq!((failure.details, failure.hint.as_deref()), (None, Some("sign in")));
    }

    #[test]
    fn a_refusal_in_other_words_is_shown_as_it_is() {
        let Error::Refused(failure) = fetch(502, "<html>bad gateway</html>") else { panic!("not a refusal") };
        assert_eq!(failure.to_string(), "502 Bad Gateway: <html>bad gateway</html>");
        assert_eq!(fetch(404, "{}").to_string(), "404 Not Found");
    }

    #[test]
    fn the_callers_fault_stays_the_callers() {
        assert_eq!(status(fetch(409, "{}")), StatusCode::CONFLICT);
        assert_eq!(status(fetch(503, "{}")), StatusCode::BAD_GATEWAY);
        assert_eq!(status(fetch(200, "[]")), StatusCode::NOT_FOUND);
        assert_eq!(status(fetch(200, "no JSON")), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(status(Error::InvalidCredential), StatusCode::UNAUTHORIZED);
    }
}
