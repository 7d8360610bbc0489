//! One HTTP connection: opened, asked, and judged fit to be asked again.

use super::destination::Destination;
use super::error::SendError;
use super::socket::{Probe, Socket};
use super::tls::{Tls, chose_http2};
use super::upload::UploadBody;
use http::header::{self, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Bytes of a response's header section, and of what is buffered per connection.
const MAX_HEADER_SECTION: u32 = 64 * 1024;

/// Header fields of one response.
const MAX_HEADERS: usize = 256;

/// Bytes that a peer may send on one HTTP/2 stream before the guest reads them.
const STREAM_WINDOW: u32 = 256 * 1024;

/// The same for a whole connection: 64 streams that nobody reads do not hold up the next one.
const CONNECTION_WINDOW: u32 = 64 * STREAM_WINDOW;

/// How often an HTTP/2 connection with open streams is pinged, and how long the answer may take.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// How long a kept connection may take to be ready again after its last response has ended.
const READY_WAIT: Duration = Duration::from_millis(100);

/// Fields of one connection, which are the host's to write, never a guest's.
const CONNECTION_FIELDS: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
];

/// A connection that can carry a request now.
#[derive(Debug)]
pub(super) enum Connection {
    /// One exchange at a time. Dropping it closes the socket at once.
    Http1(Http1Connection),
    /// Many at once. Dropping an exchange resets its stream; the connection ends with its last holder.
    Http2(Http2Connection),
}

#[derive(Debug)]
pub(super) struct Http1Connection {
    sender: http1::SendRequest<UploadBody>,
    probe: Probe,
    _driver: Driver,
}

#[derive(Clone, Debug)]
pub(super) struct Http2Connection {
    sender: http2::SendRequest<UploadBody>,
    users: Arc<()>,
}

/// The task that moves an HTTP/1.1 connection's bytes; it dies with its connection.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Speaks TLS if the destination wants it, then whichever HTTP the peer chose.
    ///
    /// # Errors
    /// A [`SendError`] about TLS or about the exchange of settings.
    pub(super) async fn open(
        socket: Socket,
        destination: &Destination,
        tls: &Tls,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, SendError> {
        let probe = socket.probe();
        if !destination.tls {
            return Ok(Self::Http1(http1_over(socket, probe, permit).await?));
        }
        let stream = tls.handshake(&destination.host, socket).await?;
        if chose_http2(&stream) {
            return Ok(Self::Http2(http2_over(stream, permit).await?));
        }
        Ok(Self::Http1(http1_over(stream, probe, permit).await?))
    }

    /// Sends `request` to `target` and waits for the response's head.
    ///
    /// # Errors
    /// With the request inside if nothing of it was written.
    pub(super) async fn send(
        &mut self,
        mut request: Request<UploadBody>,
        target: &Uri,
    ) -> Result<Response<Incoming>, TrySendError<Request<UploadBody>>> {
        for name in &CONNECTION_FIELDS {
            request.headers_mut().remove(name);
        }
        match self {
            Self::Http1(connection) => {
                address_http1(&mut request, target);
                connection.sender.try_send_request(request).await
            }
            Self::Http2(connection) => {
                request.headers_mut().remove(header::HOST);
                *request.uri_mut() = target.clone();
                connection.sender.try_send_request(request).await
            }
        }
    }
}

impl Http1Connection {
    /// Whether the peer is known to have gone.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Resolves when both sides have ended the last exchange.
    ///
    /// # Errors
    /// If the connection cannot be used again.
    pub(super) async fn ready(&mut self) -> hyper::Result<()> {
        self.sender.ready().await
    }

    /// Whether the connection can carry another exchange: the last one is over, the peer has not closed it, and has not
    /// said anything unasked (which could only be the answer to somebody else's question, or a farewell).
    pub(super) async fn is_fit(&mut self) -> bool {
        matches!(timeout(READY_WAIT, self.ready()).await, Ok(Ok(()))) && self.probe.is_quiet()
    }
}

impl Http2Connection {
    /// Whether another stream can be opened.
    pub(super) fn is_fit(&self) -> bool {
        !self.sender.is_closed() && self.sender.is_ready()
    }

    /// Whether somebody else holds it too.
    pub(super) fn is_used(&self) -> bool {
        Arc::strong_count(&self.users) > 1
    }
}

/// HTTP/1.1 wants the path in the request line and the authority in `Host`, and they come from one URL here.
fn address_http1(request: &mut Request<UploadBody>, target: &Uri) {
    let path = target.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    let authority = target.authority().map_or("", |authority| authority.as_str());
    if let Ok(host) = HeaderValue::from_str(authority) {
        request.headers_mut().insert(header::HOST, host);
    }
}

async fn http1_over<S>(
    stream: S,
    probe: Probe,
    permit: OwnedSemaphorePermit,
) -> Result<Http1Connection, SendError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, driver) = http1::Builder::new()
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_SECTION as usize)
        .handshake(TokioIo::new(stream))
        .await?;
    let driver = Driver(tokio::spawn(drive(driver, permit)));
    sender.ready().await?;
    Ok(Http1Connection { sender, probe, _driver: driver })
}

async fn http2_over<S>(stream: S, permit: OwnedSemaphorePermit) -> Result<Http2Connection, SendError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    TokioIo<S>: Read + Write,
{
    let (sender, driver) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_SECTION)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
        .handshake(TokioIo::new(stream))
        .await?;
    // It ends by itself when the last sender and the last stream are gone.
    tokio::spawn(drive(driver, permit));
    Ok(Http2Connection { sender, users: Arc::new(()) })
}

/// Moves a connection's bytes until it ends, and holds its place among the process's connections so long.
async fn drive(driver: impl Future<Output = hyper::Result<()>>, permit: OwnedSemaphorePermit) {
    if let Err(error) = driver.await {
        // Whoever waits for a response hears of it too.
        tracing::debug!(%error, "an outbound connection ended in an error");
    }
    drop(permit);
}
