//! What can go wrong with a statement.

use http::StatusCode;

/// What PostgreSQL said of a statement that it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseError {
    /// The five characters of its SQLSTATE, such as `23505` for a violated unique constraint.
    pub code: String,
    /// The message.
    pub message: String,
    /// More of it.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Where in the statement, counted in characters from 1.
    pub position: Option<u32>,
    /// The schema of what it is about.
    pub schema: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// The constraint that was violated.
    pub constraint: Option<String>,
}

/// Why a statement gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function is not granted what it asks for; names the grant.
    #[error("not granted: {0}")]
    NotGranted(String),
    /// There is no database behind the runtime, it does not answer, or all connections are in use.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The caller's credential is not valid.
    #[error("Invalid token")]
    InvalidCredential,
    /// PostgreSQL refused the statement. It had no effect.
    #[error("{} ({})", .0.message, .0.code)]
    Database(Box<DatabaseError>),
    /// A parameter does not fit.
    #[error("parameter ${index} is {given}, and the statement expects {expected}")]
    InvalidParameter {
        /// Counted from 1.
        index: u32,
        /// The PostgreSQL type that is expected.
        expected: String,
        /// What was given.
        given: String,
    },
    /// Not one statement with as many parameters as were bound.
    #[error("{0}")]
    InvalidStatement(String),
    /// More rows than the limit.
    #[error("the result has more than {0} rows")]
    TooManyRows(u64),
    /// More bytes than the limit, in the result or in the parameters.
    #[error("more than {0} bytes")]
    TooLarge(u64),
    /// More transactions and streams at once than the limit.
    #[error("more than {0} transactions and streams are open")]
    TooManyOpen(u32),
    /// The transaction is executing another statement.
    #[error("the transaction is executing another statement")]
    Busy,
    /// The invocation's time is over.
    #[error("the statement took too long")]
    Timeout,
    /// The connection broke; an open transaction is rolled back.
    #[error("the connection to the database is lost: {0}")]
    ConnectionLost(String),
    /// Something that does not go through this interface, such as COPY.
    #[error("{0}")]
    Unsupported(String),
    /// One row was asked for, and there is none.
    #[error("there is no such row")]
    NoRow,
    /// A row is not what it was to be read as.
    #[error("{0}")]
    Decode(String),
}

impl Error {
    /// PostgreSQL's own error, if it is one.
    #[must_use]
    pub fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }

    /// The status that a caller gets who is told nothing else.
    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidCredential => StatusCode::UNAUTHORIZED,
            Self::NoRow => StatusCode::NOT_FOUND,
            Self::Unavailable(_) | Self::ConnectionLost(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Database(error) => match error.code.as_str() {
                "42501" => StatusCode::FORBIDDEN,
                "23505" => StatusCode::CONFLICT,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The status is `401` for an invalid credential, `403` where PostgreSQL denies a right, `404` for a row that is not
/// there, `409` for a violated unique constraint, `503` and `504` where the database does not answer, and `500` else.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::service(error.status(), error)
    }
}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Decode(message.to_string())
    }
}
