//! A bound port: accepts connections until it is told to stop, then lets them finish.

use super::connection::{self, Ending};
use super::routes::Routes;
use hyper_util::server::graceful::GracefulShutdown;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long to wait after an accept that failed for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that the kernel keeps until they are accepted; the kernel's own limit is `net.core.somaxconn`. Past it
/// a client's attempt is dropped, and tried again after a second.
const BACKLOG: i32 = 4096;

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
        widen(&listener).map_err(|source| ListenError { addr, source })?;
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
        widen(&listener)?;
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
        let cut = CancellationToken::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let end = Ending { stop: stop.clone(), cut: cut.clone() };
                    connection::serve(stream, peer, routes.clone(), graceful.watcher(), end);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections were still open after {drain:?} and are cut");
            cut.cancel();
        }
    }
}

/// Listens again with a longer queue than the 128 of Rust's standard library.
fn widen(listener: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::listen(listener, BACKLOG)?)
}

fn no_ipv6(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(code) if code == rustix::io::Errno::AFNOSUPPORT.raw_os_error()
        || code == rustix::io::Errno::ADDRNOTAVAIL.raw_os_error())
}
