//! What can go wrong with a model.

use http::StatusCode;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function is not granted the model; names the grant.
    #[error("not granted: {0}")]
    NotGranted(String),
    /// The platform has no endpoint or no key, or cannot reach it; says which.
    #[error("no language model is available: {0}")]
    Unavailable(String),
    /// The operator does not allow the model.
    #[error("the model {0} is not allowed here")]
    ModelNotAllowed(String),
    /// The request cannot be meant; says why. Nothing was sent.
    #[error("the request makes no sense: {0}")]
    InvalidRequest(String),
    /// The endpoint wants fewer requests.
    #[error("the endpoint wants fewer requests")]
    RateLimited {
        /// Seconds until it wants another, where it says.
        retry_after: Option<u32>,
    },
    /// The endpoint refused or failed.
    #[error("the endpoint answered {status}: {message}")]
    Provider {
        /// Its status.
        status: u16,
        /// Its message.
        message: String,
    },
    /// The endpoint answered what cannot be read; says how.
    #[error("the endpoint's answer cannot be read: {0}")]
    InvalidResponse(String),
    /// The answer broke off; what came before is good.
    #[error("the answer broke off: {0}")]
    Broken(String),
    /// The endpoint was silent for too long.
    #[error("the endpoint did not answer in time")]
    Timeout,
    /// The request or the answer is over its limit; says which.
    #[error("too large: {0}")]
    TooLarge(String),
}

impl From<Error> for crate::Error {
    /// `503` if there is no model or it wants fewer requests, `504` if it was late, `502` if it failed, else `500`.
    fn from(error: Error) -> Self {
        let status = match error {
            Error::Unavailable(_) | Error::RateLimited { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Error::Provider { .. } | Error::InvalidResponse(_) | Error::Broken(_) => StatusCode::BAD_GATEWAY,
            Error::NotGranted(_)
            | Error::ModelNotAllowed(_)
            | Error::InvalidRequest(_)
            | Error::TooLarge(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::service(status, error)
    }
}
