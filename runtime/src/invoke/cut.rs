//! A response that ends before it is whole.

use wasmtime_wasi_http::Error;

/// Why a response's body ends early; the connection is closed, so that the caller sees that it is not whole.
#[derive(Debug, thiserror::Error)]
pub enum BodyCut {
    /// The guest failed, or was stopped.
    #[error("the function did not finish its response: {0}")]
    Guest(Error),
    /// The limit was reached.
    #[error("the response is larger than its limit")]
    TooLarge,
}

impl From<BodyCut> for Error {
    /// What a function is told that reads the body of another.
    fn from(cut: BodyCut) -> Self {
        match cut {
            BodyCut::Guest(_) => Self::HttpResponseIncomplete,
            BodyCut::TooLarge => Self::HttpResponseBodySize(None),
        }
    }
}
