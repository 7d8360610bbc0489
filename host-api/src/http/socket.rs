//! A TCP stream that can be looked at while somebody else drives it.

use rustix::net::{RecvFlags, Shutdown};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP stream for whoever reads and writes; dropping it closes the connection.
#[derive(Debug)]
pub(super) struct Socket(Arc<TcpStream>);

/// Somebody else's [`Socket`], which it does not keep open.
#[derive(Clone, Debug)]
pub(super) struct Probe(Weak<TcpStream>);

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(stream))
    }

    pub(super) fn probe(&self) -> Probe {
        Probe(Arc::downgrade(&self.0))
    }
}

impl Probe {
    /// Whether the connection is open on both sides and the peer has not sent anything that is still unread.
    ///
    /// Asks the kernel, without waiting: a readiness event that has not been delivered yet would be missed otherwise.
    pub(super) fn is_quiet(&self) -> bool {
        let Some(stream) = self.0.upgrade() else { return false };
        let mut byte = [0u8; 1];
        let peeked = rustix::net::recv(&*stream, byte.as_mut_slice(), RecvFlags::PEEK | RecvFlags::DONTWAIT);
        peeked.is_err_and(|error| error == rustix::io::Errno::AGAIN)
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read_buf(buf) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Socket {
    fn poll_write_with(
        &self,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match write(&self.0) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |stream| stream.try_write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |stream| stream.try_write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match rustix::net::shutdown(&*self.0, Shutdown::Write) {
            // Whoever closed first, it is closed.
            Ok(()) | Err(rustix::io::Errno::NOTCONN) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Socket::new(client), listener.accept().await.unwrap().0)
    }

    async fn becomes_loud(probe: &Probe) -> bool {
        for _ in 0..500 {
            if !probe.is_quiet() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    #[tokio::test]
    async fn it_carries_bytes_both_ways() {
        let (mut socket, mut peer) = pair().await;
        socket.write_all(b"ping").await.unwrap();
        let mut got = [0; 4];
        peer.read_exact(&mut got).await.unwrap();
        peer.write_all(b"pong").await.unwrap();
        socket.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"pong");
        socket.shutdown().await.unwrap();
        assert_eq!(peer.read(&mut got).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn it_is_quiet_until_the_peer_speaks_or_leaves() {
        let (socket, mut peer) = pair().await;
        assert!(socket.probe().is_quiet());
        peer.write_all(b"x").await.unwrap();
        assert!(becomes_loud(&socket.probe()).await);

        let (socket, peer) = pair().await;
        drop(peer);
        assert!(becomes_loud(&socket.probe()).await);
    }

    #[tokio::test]
    async fn a_probe_does_not_keep_the_connection_open() {
        let (socket, mut peer) = pair().await;
        let probe = socket.probe();
        drop(socket);
        assert!(!probe.is_quiet());
        assert_eq!(peer.read(&mut [0; 1]).await.unwrap(), 0);
    }
}
