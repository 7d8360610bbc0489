//! Servers on this machine that guests send requests to.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncReadExt as _;
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
