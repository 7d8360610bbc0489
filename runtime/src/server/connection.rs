//! One connection: HTTP/1.1, or HTTP/2 in clear text where the client begins with its preface.

use super::presence::Presence;
use super::routes::Routes;
use super::stall::StallGuard;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use parking_lot::Mutex;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a client may take to send a request's head, and how long an idle connection is kept. Longer than the 65
/// seconds that InsForge's backend keeps its side open, so that it is never we who close first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How long at most a client waits that sends its preface in pieces.
const LONGEST_PEEK_PAUSE: Duration = Duration::from_millis(256);

/// Bytes of an HTTP/2 request's header section.
const HEADER_SECTION: u32 = 64 * 1024;

/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 256;

/// What an HTTP/2 client sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What ends a connection from this side.
pub(super) struct Ending {
    /// It finishes what it is at.
    pub(super) stop: CancellationToken,
    /// It is dropped as it is, and takes its invocations with it.
    pub(super) cut: CancellationToken,
}

/// The client left before there was an answer.
#[derive(Debug, thiserror::Error)]
#[error("the client left in the middle of its request")]
struct ClientGone;

/// Serves a connection in a task of its own.
pub(super) fn serve<R: Routes>(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Arc<R>,
    watcher: Watcher,
    end: Ending,
) {
    // Small answers leave at once; without this, Nagle's algorithm holds them back for up to 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    tokio::spawn(async move {
        let is_http2 = tokio::select! {
            // A connection that has asked for nothing yet has nothing to finish.
            () = end.stop.cancelled() => return,
            first = timeout(HEAD_TIMEOUT, begins_with_preface(&stream)) => match first {
                Ok(Ok(is_http2)) => is_http2,
                Ok(Err(_)) | Err(_) => return,
            },
        };
        let stream = Arc::new(Mutex::new(stream));
        // In HTTP/2 the connection is always read.
        let presence = (!is_http2).then(|| Presence::of(&stream));
        let io = TokioIo::new(StallGuard::new(stream));
        let service = service_fn(move |request: Request<Incoming>| {
            let (routes, presence) = (routes.clone(), presence.clone());
            async move {
                match presence.filter(|_| !request.body().is_end_stream()) {
                    None => Ok(routes.answer(peer, request).await),
                    Some(client) => tokio::select! {
                        response = routes.answer(peer, request) => Ok(response),
                        () = client.ends() => Err(ClientGone),
                    },
                }
            }
        });
        let serving = async {
            if is_http2 {
                let connection = http2::Builder::new(TokioExecutor::new())
                    .timer(TokioTimer::new())
                    .max_concurrent_streams(HTTP2_STREAMS)
                    .max_header_list_size(HEADER_SECTION)
                    .serve_connection(io, service);
                watcher.watch(connection).await
            } else {
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIMEOUT)
                    .serve_connection(io, service);
                watcher.watch(connection).await
            }
        };
        let ended = tokio::select! {
            () = end.cut.cancelled() => return,
            ended = serving => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Looks at the first bytes without taking them. hyper-util's automatic builder takes them and hands them back, which
/// doubles the read buffer of every HTTP/1.1 connection.
async fn begins_with_preface(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    let mut pause = Duration::from_millis(1);
    loop {
        let len = stream.peek(&mut first).await?;
        let (seen, expected) = (first.get(..len).unwrap_or_default(), PREFACE.get(..len).unwrap_or_default());
        if len == PREFACE.len() || len == 0 || seen != expected {
            return Ok(len == PREFACE.len() && seen == expected);
        }
        // Part of a preface: peeking again at once would find the same bytes. Ever longer pauses, so that clients that
        // send a `P` and nothing more cost nothing.
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PEEK_PAUSE);
    }
}
