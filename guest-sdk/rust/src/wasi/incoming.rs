//! Bodies that the sandbox holds.

use super::reactor;
use crate::{Error, Result};
use bytes::Bytes;
use wasip2::http::types::{IncomingBody, IncomingRequest};
use wasip2::io::streams::{InputStream, StreamError};

/// The most that one read takes.
const CHUNK: u64 = 64 * 1024;

/// The body of the request or of a fetched response.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The host is first asked for the body when somebody reads it: most functions never look at that of a `GET`.
    Request(IncomingRequest),
    Open(Open),
    Ended,
}

/// A body that is being read.
#[derive(Debug)]
pub(crate) struct Open {
    // A child of the body: it has to go first, and fields are dropped in their order.
    stream: InputStream,
    _body: Option<IncomingBody>,
}

impl Incoming {
    /// The next chunk; `None` at the end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let Some(stream) = self.stream()? else { return Ok(None) };
        loop {
            match stream.read(CHUNK) {
                Ok(chunk) if chunk.is_empty() => reactor::ready(stream.subscribe()).await,
                Ok(chunk) => return Ok(Some(chunk.into())),
                Err(error) => {
                    *self = Self::Ended;
                    return end(error).map(|()| None);
                }
            }
        }
    }

    /// The stream to read from, opened if it was not; `None` after its end.
    pub(super) fn stream(&mut self) -> Result<Option<&InputStream>> {
        if let Self::Request(request) = self {
            *self = Self::open(request.consume().map_err(|()| taken())?)?;
        }
        match self {
            Self::Open(open) => Ok(Some(&open.stream)),
            _ => Ok(None),
        }
    }

    /// A stream that is nobody's body.
    pub(super) fn of_stream(stream: InputStream) -> Self {
        Self::Open(Open { stream, _body: None })
    }

    pub(super) fn open(body: IncomingBody) -> Result<Self> {
        let stream = body.stream().map_err(|()| taken())?;
        Ok(Self::Open(Open { stream, _body: Some(body) }))
    }
}

fn taken() -> Error {
    Error::Read("it is being read already".into())
}

/// Tells a proper end from a broken one.
pub(super) fn end(error: StreamError) -> Result<()> {
    match error {
        StreamError::Closed => Ok(()),
        StreamError::LastOperationFailed(error) => Err(Error::Read(error.to_debug_string())),
    }
}
