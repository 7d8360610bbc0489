//! Why the registry did not do what it was asked.

use super::connect::{is_unavailable, sqlstate};
use crate::registry::Version;

/// Why the registry did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no function of that name.
    #[error("Function not found")]
    NotFound,
    /// The name is taken.
    #[error("Function with this slug already exists")]
    AlreadyExists,
    /// The function is not in the state that the write is meant for.
    #[error("The function was changed by somebody else; read it again")]
    Changed,
    /// A version that is to be used cannot be.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// InsForge's tables have no place for it, and ours may not be made.
    #[error("{0} cannot be stored: the database's schema was not extended")]
    Unsupported(&'static str),
    /// PostgreSQL refuses a value.
    #[error("{0}")]
    Refused(String),
    /// PostgreSQL does not answer.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Anything else that goes wrong in the database.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        match sqlstate(&error).as_deref() {
            Some("23505") => Self::AlreadyExists,
            // Data exceptions: too long, a NUL in text.
            Some(code) if code.starts_with("22") => {
                Self::Refused(error.as_database_error().map_or_else(String::new, |e| e.message().to_owned()))
            }
            _ if is_unavailable(&error) => Self::Unavailable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

/// Why a version cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// There never was one of this number.
    #[error("There is no version {0} of this function")]
    NotFound(Version),
    /// The version, or its code, was taken by the retention.
    #[error("Version {0} is no longer kept")]
    Gone(Version),
    /// It does not compile.
    #[error("Version {0} does not compile: {1}")]
    NotBuilt(Version, String),
    /// No version before the live one compiles.
    #[error("No version before version {0} is known to compile")]
    NoEarlier(Version),
    /// It gets every request already.
    #[error("Version {0} is the live one")]
    IsLive(Version),
    /// No version gets a part of the requests.
    #[error("The function has no canary")]
    NoCanary,
    /// There is nothing yet that could stay live.
    #[error("There is no live version that a canary could stand beside")]
    NoLive,
}
