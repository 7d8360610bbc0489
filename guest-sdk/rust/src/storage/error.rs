//! What can go wrong with storage.

use http::StatusCode;

/// An operation that failed. Nothing was changed then, but for what [`Error::Backend`] says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function is not granted what it asks for; names the grant.
    #[error("the function is not granted {0}")]
    NotGranted(String),
    /// There is no storage behind the runtime; says why.
    #[error("storage is not available: {0}")]
    Unavailable(String),
    /// The caller sent a credential that is not good.
    #[error("the caller's credential is not valid")]
    InvalidCredential,
    /// No bucket has this name.
    #[error("there is no bucket {0:?}")]
    NoSuchBucket(String),
    /// No object has this key, or the caller does not see it.
    #[error("there is no object {0:?}")]
    NoSuchObject(String),
    /// Row-level security does not let the caller do it.
    #[error("{0:?} is not the caller's to change")]
    Forbidden(String),
    /// A name that no bucket can have: letters, digits, `-` and `_` only.
    #[error("{0:?} is no name of a bucket")]
    InvalidBucket(String),
    /// A key that no object can have; says why.
    #[error("the key is not valid: {0}")]
    InvalidKey(String),
    /// A content type that no header can have.
    #[error("the content type is not valid")]
    InvalidContentType,
    /// The object is larger than the platform accepts: so many bytes.
    #[error("the object is larger than {0} bytes")]
    TooLarge(u64),
    /// More or fewer bytes came than the body announced; how many came.
    #[error("the body had {0} bytes, and announced others")]
    WrongSize(u64),
    /// The object has no such bytes; its size.
    #[error("the object has {0} bytes, and not the ones that were asked for")]
    RangeNotSatisfiable(u64),
    /// The invocation's time is over.
    #[error("storage did not answer in time")]
    Timeout,
    /// The body that was to be stored broke off.
    #[error("{0}")]
    Body(String),
    /// The database or the store failed. Of an object that was being replaced, either version is there.
    #[error("storage failed: {0}")]
    Backend(String),
}

impl Error {
    /// The status that it means to a caller.
    fn status(&self) -> StatusCode {
        match self {
            Self::NotGranted(_) | Self::Body(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::InvalidCredential => StatusCode::UNAUTHORIZED,
            Self::NoSuchBucket(_) | Self::NoSuchObject(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::InvalidBucket(_) | Self::InvalidKey(_) | Self::InvalidContentType | Self::WrongSize(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RangeNotSatisfiable(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Backend(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::service(error.status(), error)
    }
}
