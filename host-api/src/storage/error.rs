//! What can go wrong with storage.

use crate::auth::InvalidToken;
use std::fmt::Display;

/// Why an operation failed. One case for each of the interface's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The function is not granted what it asks for.
    #[error("not granted: {0}")]
    NotGranted(String),
    /// There is no storage behind this process.
    #[error("storage is not available: {0}")]
    Unavailable(String),
    /// The caller's credential is not good.
    #[error("the caller's credential is not valid")]
    InvalidCredential,
    /// No bucket has this name.
    #[error("there is no bucket {0:?}")]
    NoSuchBucket(String),
    /// No object has this key, or the caller does not see it.
    #[error("there is no object {0:?}")]
    NoSuchObject(String),
    /// The database does not let the caller do it.
    #[error("forbidden: {0:?}")]
    Forbidden(String),
    /// No bucket can have this name.
    #[error("{0:?} is no name of a bucket")]
    InvalidBucket(String),
    /// No object can have this key.
    #[error("invalid key: {0}")]
    InvalidKey(String),
    /// No media type.
    #[error("invalid content type")]
    InvalidContentType,
    /// Larger than the platform accepts.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// Not as many bytes as announced.
    #[error("{0} bytes came, and others were announced")]
    WrongSize(u64),
    /// The object has no such bytes.
    #[error("no such bytes in an object of {0}")]
    RangeNotSatisfiable(u64),
    /// The invocation's time is over.
    #[error("the time is over")]
    Timeout,
    /// The database or the store failed.
    #[error("{0}")]
    Backend(String),
}

impl StorageError {
    /// A failure of the database or the store.
    pub(super) fn backend(error: impl Display) -> Self {
        Self::Backend(error.to_string())
    }

    /// What the store said of an object that its row says is there.
    pub(super) fn of_store(error: object_store::Error) -> Self {
        match error {
            object_store::Error::InvalidPath { source } => Self::InvalidKey(source.to_string()),
            other => Self::backend(other),
        }
    }
}

impl From<InvalidToken> for StorageError {
    fn from(_: InvalidToken) -> Self {
        Self::InvalidCredential
    }
}
