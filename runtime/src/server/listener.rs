//! A bound port and its connections: HTTP/1.1, and HTTP/2 in clear text.

use super::body::ServerBody;
use super::stall::StallGuard;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long a client may take to send a request's head, and how long an idle connection is kept. Longer than the 65
/// seconds that InsForge's backend keeps its side open, so that it is never we who close first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Bytes of an HTTP/2 request's header section.
const HEADER_SECTION: u32 = 64 * 1024;

/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 256;

/// How long to wait after an accept that failed for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What answers the requests of a listener.
pub trait Routes: Send + Sync + 'static {
    /// Answers one request, which came from `peer`.
    fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<ServerBody>> + Send;
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {addr}: {source}")]
pub struct ListenError {
    addr: SocketAddr,
    source: io::Error,
}

/// A bound port.
pub struct Listener {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Listener {
    /// Binds `addr`. `[::]` takes IPv4 too; on a machine without IPv6 it means `0.0.0.0`.
    ///
    /// # Errors
    /// [`ListenError`] names the address.
    pub async fn bind(addr: SocketAddr) -> Result<Self, ListenError> {
        let bound = match TcpListener::bind(addr).await {
            Err(error) if no_ipv6(&error) && addr.ip().is_unspecified() && addr.is_ipv6() => {
                TcpListener::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), addr.port())).await
            }
            bound => bound,
        };
        let listener = bound.map_err(|source| ListenError { addr, source })?;
        let addr = listener.local_addr().map_err(|source| ListenError { addr, source })?;
        Ok(Self { listener, addr })
    }

    /// Takes a socket that was bound before the runtime was there.
    ///
    /// # Errors
    /// Where the runtime cannot watch it.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        Ok(Self { listener: TcpListener::from_std(listener)?, addr })
    }

    /// The address with the port that port 0 became.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves connections until `stop`, then lets them finish what they are at, `drain` long at most.
    pub async fn serve<R: Routes>(self, routes: Arc<R>, stop: CancellationToken, drain: Duration) {
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => serve_connection(stream, peer, routes.clone(), &graceful),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections were still open after {drain:?} and are cut");
        }
    }
}

fn no_ipv6(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(code) if code == rustix::io::Errno::AFNOSUPPORT.raw_os_error()
        || code == rustix::io::Errno::ADDRNOTAVAIL.raw_os_error())
}

fn serve_connection<R: Routes>(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Arc<R>,
    graceful: &GracefulShutdown,
) {
    // Small answers leave at once; without this, Nagle's algorithm holds them back for up to 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let service = service_fn(move |request| {
        let routes = routes.clone();
        async move { Ok::<_, Infallible>(routes.answer(peer, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HEADER_SECTION);
    let io = TokioIo::new(StallGuard::new(stream));
    let connection = graceful.watch(builder.serve_connection(io, service).into_owned());
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error, "a connection ended early");
        }
    });
}
