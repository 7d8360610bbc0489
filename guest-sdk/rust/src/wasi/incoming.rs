//! Bodies that the sandbox holds.

use super::{fetch, reactor};
use crate::{Error, Result};
use bytes::Bytes;
use wasip2::http::types::{IncomingBody, IncomingRequest, IncomingResponse, http_error_code};
use wasip2::io::streams::{InputStream, StreamError};

/// The most that one read takes.
const CHUNK: u64 = 64 * 1024;

/// The body of a request or of a fetched response. The host is first asked for it when somebody reads: most functions
/// never look at the body of a `GET`.
#[derive(Debug)]
pub(crate) enum Incoming {
    Request(IncomingRequest),
    Response(IncomingResponse),
    Open(Open),
    Ended,
}

/// A body that is being read.
#[derive(Debug)]
pub(crate) struct Open {
    // A child of the body: it has to go first, and fields are dropped in their order.
    stream: InputStream,
    _body: IncomingBody,
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
        let body = match self {
            Self::Request(request) => request.consume(),
            Self::Response(response) => response.consume(),
            Self::Open(_) | Self::Ended => Err(()),
        };
        if let Ok(body) = body {
            let stream = body.stream().map_err(|()| Error::Read("it is being read already".into()))?;
            *self = Self::Open(Open { stream, _body: body });
        }
        match self {
            Self::Open(open) => Ok(Some(&open.stream)),
            _ => Ok(None),
        }
    }
}

/// Tells a proper end from a broken one.
pub(super) fn end(error: StreamError) -> Result<()> {
    match error {
        StreamError::Closed => Ok(()),
        StreamError::LastOperationFailed(error) => Err(Error::Read(match http_error_code(&error) {
            Some(code) => fetch::explain(&code).into_owned(),
            None => error.to_debug_string(),
        })),
    }
}
