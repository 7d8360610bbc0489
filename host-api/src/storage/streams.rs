//! The guest's ends of an object's bytes.

use super::StorageError;
use super::database::in_time;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::time::Instant;
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// Bytes of the largest chunk that a guest hands over at once.
const CHUNK: usize = 64 * 1024;

/// Bytes that come.
pub(super) struct Download {
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    /// How many are still to come.
    left: u64,
    until: Instant,
    state: State,
}

enum State {
    /// Nothing is here that was not read.
    Waiting,
    Here(Bytes),
    Failed(StorageError),
    Ended,
}

impl Download {
    pub(super) fn new(
        bytes: BoxStream<'static, object_store::Result<Bytes>>,
        size: u64,
        until: Instant,
    ) -> Self {
        Self { bytes, left: size, until, state: State::Waiting }
    }

    async fn next(&mut self) -> State {
        let next = async { Ok(self.bytes.next().await) };
        match in_time(self.until, next).await {
            Ok(Some(Ok(chunk))) => {
                self.left = self.left.saturating_sub(chunk.len() as u64);
                State::Here(chunk)
            }
            Ok(Some(Err(error))) => State::Failed(StorageError::of_store(error)),
            Ok(None) if self.left > 0 => {
                State::Failed(StorageError::Backend(format!("{} bytes are missing", self.left)))
            }
            Ok(None) => State::Ended,
            Err(error) => State::Failed(error),
        }
    }
}

#[async_trait::async_trait]
impl Pollable for Download {
    async fn ready(&mut self) {
        while matches!(&self.state, State::Waiting) {
            self.state = match self.next().await {
                State::Here(chunk) if chunk.is_empty() => State::Waiting,
                state => state,
            };
        }
    }
}

impl InputStream for Download {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Waiting => {
                self.state = State::Waiting;
                Ok(Bytes::new())
            }
            State::Here(mut chunk) => {
                let read = chunk.split_to(size.min(chunk.len()));
                self.state = if chunk.is_empty() { State::Waiting } else { State::Here(chunk) };
                Ok(read)
            }
            State::Failed(error) => Err(StreamError::LastOperationFailed(error.into())),
            State::Ended => Err(StreamError::Closed),
        }
    }
}

/// A guest that did not ask how much it may write.
fn too_much() -> StreamError {
    StreamError::trap("more was written than check-write allowed")
}

/// Bytes that go to an upload.
pub(super) struct Feed(pub(super) mpsc::Sender<Bytes>);

#[async_trait::async_trait]
impl Pollable for Feed {
    async fn ready(&mut self) {
        // An error means that the upload failed, which the next write tells.
        let _ = self.0.reserve().await;
    }
}

impl OutputStream for Feed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > CHUNK {
            return Err(too_much());
        }
        match self.0.try_send(bytes) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(StreamError::Closed),
            Err(TrySendError::Full(_)) => Err(too_much()),
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match self.0.capacity() {
            _ if self.0.is_closed() => Err(StreamError::Closed),
            0 => Ok(0),
            _ => Ok(CHUNK),
        }
    }
}
