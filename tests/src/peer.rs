//! A server on this machine that remembers what it was sent.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Received {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's only value, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

type Reply = dyn Fn(&Received) -> (u16, Bytes) + Send + Sync;

/// The server, stopped when it is dropped.
pub struct Peer {
    addr: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Peer {
    /// Answers every request with the status and the text that `reply` chooses.
    pub async fn start(reply: impl Fn(&Received) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::start_with_bytes(move |request| {
            let (status, text) = reply(request);
            (status, text.into())
        })
        .await
    }

    /// Answers every request with the status and the bytes that `reply` chooses.
    pub async fn start_with_bytes(reply: impl Fn(&Received) -> (u16, Bytes) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (reply, log): (Arc<Reply>, _) = (Arc::new(reply), received.clone());
        let task = tokio::spawn(async move {
            // Ends with this task, so that a peer that is gone leaves no connection open.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, log) = (reply.clone(), log.clone());
                let service = service_fn(move |request| take(request, reply.clone(), log.clone()));
                connections.spawn(async move {
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { addr, received, task }
    }

    /// The address of something there.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Everything that came, in its order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(
    request: Request<Incoming>,
    reply: Arc<Reply>,
    log: Arc<Mutex<Vec<Received>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_or(Bytes::new(), |body| body.to_bytes());
    let (method, path) = (head.method, head.uri.to_string());
    let received = Received { method, path, headers: head.headers, body };
    let (status, text) = reply(&received);
    log.lock().unwrap().push(received);
    let is_json = text.starts_with(b"{") || text.starts_with(b"[");
    let content_type = if is_json { "application/json" } else { "text/plain" };
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    Ok(response.body(Full::new(text)).unwrap())
}
