//! Sends bodies.

use super::incoming::{Incoming, end};
use super::{fetch, reactor};
use crate::body::{Body, Source};
use crate::{Error, Result};
use http::StatusCode;
use wasip2::http::types::OutgoingBody;
use wasip2::io::streams::{OutputStream, StreamError};

/// The most that the host moves from one stream to another at once.
const SPLICE: u64 = 1024 * 1024;

/// Sends a body to its end. If it breaks off, `target` is dropped without being finished, which tells the reader.
///
/// # Errors
/// [`Error::Closed`] if the reader is gone; [`Error::Read`] if the body broke off.
pub(super) async fn send(body: Body, target: OutgoingBody) -> Result<()> {
    let source = body.into_source();
    if !matches!(source, Source::Empty) {
        let stream = target.write().map_err(|()| Error::Closed)?;
        copy(source, &stream).await?;
    }
    OutgoingBody::finish(target, None)
        .map_err(|code| Error::new(StatusCode::INTERNAL_SERVER_ERROR, fetch::explain(&code)))
}

pub(super) async fn copy(source: Source, target: &OutputStream) -> Result<()> {
    match source {
        Source::Empty => Ok(()),
        Source::Bytes(bytes) => write(&bytes, target).await,
        Source::Channel(mut receiver) => {
            while let Some(chunk) = receiver.receive().await? {
                write(&chunk, target).await?;
                target.flush().map_err(closed)?;
            }
            Ok(())
        }
        Source::Host(incoming) => splice(incoming, target).await,
    }
}

async fn write(mut bytes: &[u8], target: &OutputStream) -> Result<()> {
    while !bytes.is_empty() {
        let room = usize::try_from(target.check_write().map_err(closed)?).unwrap_or(usize::MAX);
        if room == 0 {
            reactor::ready(target.subscribe()).await;
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        target.write(now).map_err(closed)?;
        bytes = later;
    }
    Ok(())
}

/// Has the host move the bytes; they never enter this memory.
async fn splice(mut source: Incoming, target: &OutputStream) -> Result<()> {
    let Some(stream) = source.stream()? else { return Ok(()) };
    loop {
        match target.splice(stream, SPLICE) {
            Ok(0) => {
                let blocked = target.check_write().map_err(closed)? == 0;
                let pollable = if blocked { target.subscribe() } else { stream.subscribe() };
                reactor::ready(pollable).await;
            }
            Ok(_) => target.flush().map_err(closed)?,
            // Which of the two ended is not said.
            Err(error) => {
                target.check_write().map_err(closed)?;
                return end(error);
            }
        }
    }
}

fn closed(_: StreamError) -> Error {
    Error::Closed
}
