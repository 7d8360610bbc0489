//! Servers on this machine that guests send requests to.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server, stopped when it is dropped.
pub struct Upstream {
    addr: SocketAddr,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    open: AtomicUsize,
}

/// Counts one open connection for as long as it is held.
struct OpenConnection(Arc<Counts>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Upstream {
    /// Answers a request with a body by that body, and any other by its method and path.
    pub async fn echoing() -> Self {
        Self::start(|stream| async {
            let service = service_fn(echo);
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        })
        .await
    }

    /// Reads, and never answers.
    pub async fn silent() -> Self {
        Self::start(|mut stream| async move {
            let mut buffer = [0; 4096];
            while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
        })
        .await
    }

    /// Answers with the request's headers, a line each.
    pub async fn telling_headers() -> Self {
        Self::start(|stream| async {
            let service = service_fn(async |request: Request<Incoming>| {
                let line = |(name, value): (&HeaderName, &HeaderValue)| {
                    format!("{name}: {}\n", value.to_str().unwrap())
                };
                let lines: String = request.headers().iter().map(line).collect();
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(lines))))
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        })
        .await
    }

    /// Sends every request elsewhere.
    pub async fn redirecting(location: &str) -> Self {
        let head = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        Self::start(move |mut stream| {
            let head = head.clone();
            async move {
                while next_request(&mut stream).await && stream.write_all(head.as_bytes()).await.is_ok() {}
            }
        })
        .await
    }

    /// Answers one request on each connection as if another could follow, and closes it.
    pub async fn closing_after_each() -> Self {
        Self::start(|mut stream| async move {
            next_request(&mut stream).await;
            let _ = stream.write_all(OK).await;
        })
        .await
    }

    /// Answers one request on each connection, and closes it without a word when the second has come.
    pub async fn closing_on_the_second() -> Self {
        Self::start(|mut stream| async move {
            next_request(&mut stream).await;
            let _ = stream.write_all(OK).await;
            next_request(&mut stream).await;
        })
        .await
    }

    /// Sends half of an answer and resets the connection.
    pub async fn breaking_off() -> Self {
        Self::start(|mut stream| async move {
            next_request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nhalf of it").await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = stream.set_zero_linger();
        })
        .await
    }

    async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let task = tokio::spawn({
            let counts = counts.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    counts.accepted.fetch_add(1, Ordering::SeqCst);
                    counts.open.fetch_add(1, Ordering::SeqCst);
                    let (open, serving) = (OpenConnection(counts.clone()), serve(stream));
                    tokio::spawn(async move {
                        serving.await;
                        drop(open);
                    });
                }
            }
        });
        Self { addr, counts, task }
    }

    /// The address of something there.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Connections that came.
    pub fn accepted(&self) -> usize {
        self.counts.accepted.load(Ordering::SeqCst)
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.counts.open.load(Ordering::SeqCst)
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Reads the head of a request without a body; `false` when there is none.
async fn next_request(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let line = format!("{} {}", request.method(), request.uri());
    let body = request.into_body().collect().await.map_or(Bytes::new(), |body| body.to_bytes());
    Ok(Response::new(Full::new(if body.is_empty() { line.into() } else { body })))
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}
