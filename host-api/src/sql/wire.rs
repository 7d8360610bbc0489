//! The stream of a connection, watched: no message of the server's may be larger than what a guest may get.
//!
//! The driver reads a message whole before it shows it, and one row may hold a gigabyte.

use bytes::Buf;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A kind, and a length that counts itself.
const HEADER: usize = 5;

/// What a message may hold beside a result: names of columns, an error's text.
const SLACK: usize = 1024 * 1024;

/// Any stream to a server.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// How large a message of one connection may be, and whether one was larger.
#[derive(Debug, Default)]
pub(super) struct MessageLimit {
    bytes: AtomicUsize,
    exceeded: AtomicBool,
}

impl MessageLimit {
    /// Sets the limit for what comes next.
    pub(super) fn set(&self, bytes: u64) {
        self.bytes.store(usize::try_from(bytes).unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Whether the connection was given up for a message that was too large.
    pub(super) fn was_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    fn check(&self, message: usize) -> io::Result<()> {
        if message <= self.bytes.load(Ordering::Relaxed).saturating_add(SLACK) {
            return Ok(());
        }
        self.exceeded.store(true, Ordering::Relaxed);
        Err(io::Error::other("a message of the server's is larger than the limit"))
    }
}

/// A stream whose messages are measured as they begin.
pub(super) struct Watched {
    stream: Box<dyn Socket>,
    limit: Arc<MessageLimit>,
    /// Bytes that are left of the message that is being read.
    left: usize,
    /// The part of the next message's header that has come.
    header: Vec<u8>,
}

impl Watched {
    pub(super) fn new(stream: Box<dyn Socket>, limit: Arc<MessageLimit>) -> Self {
        Self { stream, limit, left: 0, header: Vec::with_capacity(HEADER) }
    }

    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                bytes.advance(skipped);
                self.left -= skipped;
                continue;
            }
            let (head, rest) = bytes.split_at((HEADER - self.header.len()).min(bytes.len()));
            self.header.extend_from_slice(head);
            bytes = rest;
            if let [_kind, a, b, c, d] = *self.header {
                self.header.clear();
                let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
                self.left = length.saturating_sub(4);
                self.limit.check(self.left)?;
            }
        }
        Ok(())
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        Poll::Ready(this.follow(buffer.filled().get(before..).unwrap_or_default()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: u32) -> Vec<u8> {
        let mut bytes = vec![b'D'];
        bytes.extend((size + 4).to_be_bytes());
        bytes.resize(bytes.len() + size as usize, 0);
        bytes
    }

    #[test]
    fn messages_are_measured_however_they_are_cut() {
        let limit = Arc::new(MessageLimit::default());
        let mut watched = Watched::new(Box::new(tokio::io::empty()), limit.clone());
        let small: Vec<u8> = [message(0), message(700), message(3)].concat();
        for chunk in small.chunks(3) {
            watched.follow(chunk).unwrap();
        }
        watched.follow(&small).unwrap();
        assert!(!limit.was_exceeded());
        let large = message(SLACK as u32 + 1);
        assert!(watched.follow(&large[..4]).is_ok());
        assert!(watched.follow(&large[4..5]).is_err());
        assert!(limit.was_exceeded());
    }
}
