//! What cryptography refuses, as script sees it: an error whose `name` is that of the `DOMException` that the layer
//! makes of it.

use rquickjs::{Ctx, Exception, Value};

/// Why an operation was not done. The messages say nothing about secrets.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The operation failed for what it was given: a wrong tag, a bad length, a message that is too long.
    #[error("{0}")]
    Operation(&'static str),
    /// Key data that cannot be read, or that does not fit the algorithm.
    #[error("{0}")]
    Data(&'static str),
    /// A key of another kind than the operation needs.
    #[error("{0}")]
    Access(&'static str),
    /// Known, and not offered.
    #[error("{0}")]
    NotSupported(&'static str),
}

impl Error {
    fn name(&self) -> &'static str {
        match self {
            Self::Operation(_) => "OperationError",
            Self::Data(_) => "DataError",
            Self::Access(_) => "InvalidAccessError",
            Self::NotSupported(_) => "NotSupportedError",
        }
    }

    fn throw(&self, ctx: &Ctx<'_>) -> rquickjs::Error {
        let thrown = Exception::from_message(ctx.clone(), &self.to_string()).and_then(|exception| {
            exception.set("name", self.name()).map(|()| Value::from(exception.into_object()))
        });
        match thrown {
            Ok(value) => ctx.throw(value),
            Err(error) => error,
        }
    }
}

/// From a refusal to an exception.
pub(super) trait OrThrow<T> {
    fn or_throw(self, ctx: &Ctx<'_>) -> rquickjs::Result<T>;
}

impl<T> OrThrow<T> for Result<T, Error> {
    fn or_throw(self, ctx: &Ctx<'_>) -> rquickjs::Result<T> {
        self.map_err(|error| error.throw(ctx))
    }
}
