//! Peers to talk to, and short ways to talk to them.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use wasmforge_host_api::http::{
    Outbound, OutboundLimits, OutboundPolicy, OutboundSession, RequestFuture, Resolve,
};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// Long enough for anything that happens at all, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A TCP server on loopback. Dropping it closes its listener and its connections.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Runs `handle` for each connection, told which one it is, from 0.
    pub(crate) async fn start<F, R>(handle: F) -> Self
    where
        F: Fn(usize, TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(handle(counter.fetch_add(1, Ordering::SeqCst), stream));
            }
        });
        Self { address, accepted, task }
    }

    /// Answers every request of every connection with `response`.
    pub(crate) async fn answering(response: &'static str) -> Self {
        Self::start(move |_, mut stream| async move {
            while read_head(&mut stream).await.is_some() {
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        })
        .await
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Reads one request's head; `None` if the client is gone.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Waits until the client has closed the connection.
pub(crate) async fn read_to_close(stream: &mut TcpStream) {
    let mut rest = [0; 4096];
    while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {}
}

/// A policy under which loopback can be reached.
pub(crate) fn loopback() -> Arc<OutboundPolicy> {
    Arc::new(OutboundPolicy::public_internet().allowing_private(true))
}

pub(crate) fn session() -> OutboundSession {
    Outbound::builder().build().unwrap().session(loopback(), OutboundLimits::default())
}

pub(crate) fn public_session() -> OutboundSession {
    let policy = Arc::new(OutboundPolicy::public_internet());
    Outbound::builder().build().unwrap().session(policy, OutboundLimits::default())
}

pub(crate) fn empty() -> WasiBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> WasiBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body that is written by hand; it ends when the sender is dropped.
pub(crate) fn written() -> (mpsc::Sender<Result<Bytes, Error>>, WasiBody) {
    let (sender, receiver) = mpsc::channel(1);
    let frames = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let item: Result<Bytes, Error> = receiver.recv().await?;
        Some((item.map(Frame::data), receiver))
    });
    (sender, StreamBody::new(frames).boxed_unsync())
}

pub(crate) fn request(method: Method, url: &str, body: WasiBody) -> Request<WasiBody> {
    Request::builder().method(method).uri(url).body(body).unwrap()
}

pub(crate) type Sent = Result<(Response<WasiBody>, RequestFuture), Error>;

pub(crate) async fn send(session: &OutboundSession, request: Request<WasiBody>) -> Sent {
    send_with(session, request, RequestOptions::default()).await
}

pub(crate) async fn send_with(
    session: &OutboundSession,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Sent {
    let future = session.send(request, Some(options), Box::new(async { Ok(()) }));
    tokio::time::timeout(PATIENCE, Box::into_pin(future)).await.expect("no answer at all")
}

/// Sends a GET and reads the whole body.
pub(crate) async fn get(session: &OutboundSession, url: &str) -> Result<Bytes, Error> {
    fetch(session, request(Method::GET, url, empty())).await
}

/// Sends a request and reads the whole body.
pub(crate) async fn fetch(session: &OutboundSession, request: Request<WasiBody>) -> Result<Bytes, Error> {
    let (response, _request_done) = send(session, request).await?;
    let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await;
    Ok(body.expect("no end of the body")?.to_bytes())
}

/// The error of something that must fail, as its name without fields.
pub(crate) fn error_of<T>(result: Result<T, Error>) -> String {
    let error = result.err().expect("it succeeded");
    format!("{error:?}").split([' ', '(', '{']).next().unwrap().to_owned()
}

/// Gives every name the same addresses, and counts the questions.
#[derive(Default)]
pub(crate) struct FixedResolver {
    pub(crate) addresses: Mutex<Vec<IpAddr>>,
    pub(crate) asked: AtomicUsize,
}

impl FixedResolver {
    pub(crate) fn to(addresses: &[&str]) -> Arc<Self> {
        let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self { addresses: Mutex::new(addresses), ..Self::default() })
    }
}

impl Resolve for FixedResolver {
    fn resolve(&self, _name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let addresses = self.addresses.lock().unwrap().clone();
        Box::pin(async move { Ok(addresses) })
    }
}
