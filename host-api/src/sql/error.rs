//! What the driver's errors mean to a guest.

use super::wit::{DatabaseError, Error};
use tokio_postgres::error::{DbError, ErrorPosition};

/// A result of this module's calls.
pub(super) type Result<T, E = Error> = std::result::Result<T, E>;

/// The guest's error for the driver's.
pub(super) fn of_driver(error: &tokio_postgres::Error) -> Error {
    if let Some(error) = error.as_db_error() {
        return of_database(error);
    }
    if error.is_closed() {
        return Error::ConnectionLost("the connection to PostgreSQL is gone".to_owned());
    }
    match std::error::Error::source(error) {
        Some(source) if source.is::<std::io::Error>() => Error::ConnectionLost(source.to_string()),
        _ => Error::Unsupported(format!("PostgreSQL answered what this interface has no use for ({error})")),
    }
}

fn of_database(error: &DbError) -> Error {
    match error.code().code() {
        // `statement_timeout` is set to the time that is left, and a cancelled call has nobody waiting for it.
        "57014" if error.message().contains("timeout") => Error::Timeout,
        // The server ends the connection: it shuts down, crashed, or an administrator ended it.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => Error::ConnectionLost(error.message().to_owned()),
        code if code.starts_with("08") => Error::ConnectionLost(error.message().to_owned()),
        "42601" if error.message().starts_with("cannot insert multiple commands") => {
            Error::InvalidStatement("one statement is run at a time, and these are several".to_owned())
        }
        code => Error::Database(DatabaseError {
            code: code.to_owned(),
            message: error.message().to_owned(),
            detail: error.detail().map(str::to_owned),
            hint: error.hint().map(str::to_owned),
            position: match error.position() {
                Some(ErrorPosition::Original(position)) => Some(*position),
                _ => None,
            },
            schema: error.schema().map(str::to_owned),
            table: error.table().map(str::to_owned),
            column: error.column().map(str::to_owned),
            constraint: error.constraint().map(str::to_owned),
        }),
    }
}

/// Whether a statement failed before it began because what was known of it from before no longer holds: its prepared
/// form is gone, or a table has changed its shape.
pub(super) fn is_stale(error: &Error) -> bool {
    match error {
        Error::Database(error) => match error.code.as_str() {
            "26000" => true,
            "0A000" => error.message.starts_with("cached plan"),
            _ => false,
        },
        _ => false,
    }
}
