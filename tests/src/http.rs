//! A client over hyper: HTTP/1.1 and HTTP/2 in clear text, one connection at a time.

use crate::{Raw, in_time};
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A request's body.
pub type RequestBody = UnsyncBoxBody<Bytes, Infallible>;

/// A request for `path`, to be completed with headers and a body.
#[must_use]
pub fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path)
}

/// A listener of the server under test.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint(pub SocketAddr);

impl Endpoint {
    /// The listener behind `http://HOST:PORT`, with or without a slash.
    #[must_use]
    pub fn of_url(url: &str) -> Self {
        let addr = url.trim().trim_start_matches("http://").trim_end_matches('/');
        Self(addr.parse().unwrap_or_else(|_| panic!("{url:?} is not a URL of this machine")))
    }

    /// `http://HOST:PORT` and `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0)
    }

    /// `GET`, over a connection of its own, read to its end.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path).body(Bytes::new()).unwrap()).await
    }

    /// `POST`, over a connection of its own, read to its end.
    pub async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(request("POST", path).body(body.into()).unwrap()).await
    }

    /// A request over a connection of its own, whose answer is read to its end.
    pub async fn send(&self, request: Request<impl Into<Bytes>>) -> Answer {
        self.open(request).await.finish().await
    }

    /// A request over a connection of its own, whose answer is read as it comes.
    pub async fn open(&self, request: Request<impl Into<Bytes>>) -> Open {
        let mut connection = self.http1().await;
        let mut open = connection.open(request).await;
        open.connection = Some(connection);
        open
    }

    /// A connection that speaks HTTP/1.1.
    pub async fn http1(&self) -> Connection {
        let (sender, driver) =
            in_time("the connection", http1::handshake(TokioIo::new(self.connect().await))).await.unwrap();
        let driver = tokio::spawn(async move { drop(driver.await) });
        Connection { sender: Sender::Http1(sender), addr: self.0, driver }
    }

    /// A connection that speaks HTTP/2 from its first byte.
    pub async fn http2(&self) -> Connection {
        let io = TokioIo::new(self.connect().await);
        let (sender, driver) =
            in_time("the connection", http2::handshake(TokioExecutor::new(), io)).await.unwrap();
        let driver = tokio::spawn(async move { drop(driver.await) });
        Connection { sender: Sender::Http2(sender), addr: self.0, driver }
    }

    /// A connection that sends what it is told to.
    pub async fn raw(&self) -> Raw {
        Raw::over(self.connect().await)
    }

    async fn connect(&self) -> TcpStream {
        let stream = in_time("the connection", TcpStream::connect(self.0)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

enum Sender {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

/// One connection. Dropping it closes it, whatever is under way.
pub struct Connection {
    sender: Sender,
    addr: SocketAddr,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Sends a request whose body is at hand; its answer is read to its end.
    pub async fn send(&mut self, request: Request<impl Into<Bytes>>) -> Answer {
        self.open(request).await.finish().await
    }

    /// Sends a request whose body is at hand; its answer is read as it comes.
    pub async fn open(&mut self, request: Request<impl Into<Bytes>>) -> Open {
        let response = self.start(request.map(|body| Full::new(body.into()).boxed_unsync()));
        Open::new(in_time("the answer's head", response).await.unwrap())
    }

    /// Sends a request whose body is still to be written. The answer may come before the body is complete.
    pub fn upload(
        &mut self,
        request: http::request::Builder,
    ) -> (Upload, impl Future<Output = hyper::Result<Open>> + Send + use<>) {
        let (sender, receiver) = mpsc::channel(1);
        let frames = futures_util::stream::unfold(receiver, |mut receiver| async {
            let frame: Frame<Bytes> = receiver.recv().await?;
            Some((Ok(frame), receiver))
        });
        let response = self.start(request.body(StreamBody::new(frames).boxed_unsync()).unwrap());
        (Upload(sender), async move { in_time("the answer's head", response).await.map(Open::new) })
    }

    /// Sends a request; nothing is waited for.
    pub fn start(
        &mut self,
        mut request: Request<RequestBody>,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + Send + use<> {
        let sending: std::pin::Pin<Box<dyn Future<Output = _> + Send>> = match &mut self.sender {
            Sender::Http1(sender) => {
                let host = HeaderValue::try_from(self.addr.to_string()).unwrap();
                request.headers_mut().entry(HOST).or_insert(host);
                Box::pin(sender.send_request(request))
            }
            Sender::Http2(sender) => {
                let mut parts = request.uri().clone().into_parts();
                parts.scheme.get_or_insert(http::uri::Scheme::HTTP);
                parts.authority.get_or_insert(self.addr.to_string().parse().unwrap());
                *request.uri_mut() = Uri::from_parts(parts).unwrap();
                *request.version_mut() = Version::HTTP_2;
                Box::pin(sender.send_request(request))
            }
        };
        sending
    }
}

/// The body of a request that is being written. Dropping it ends the body; to break it off, drop the connection.
pub struct Upload(mpsc::Sender<Frame<Bytes>>);

impl Upload {
    /// Sends a chunk; waits while the connection is full. `false` when nobody takes it any more.
    pub async fn write(&self, chunk: impl Into<Bytes>) -> bool {
        in_time("a chunk's departure", self.0.send(Frame::data(chunk.into()))).await.is_ok()
    }

    /// Sends trailers.
    pub async fn trailers(&self, trailers: HeaderMap) -> bool {
        in_time("the trailers' departure", self.0.send(Frame::trailers(trailers))).await.is_ok()
    }
}

/// An answer whose body is still coming.
pub struct Open {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its trailers, once they have come.
    pub trailers: Option<HeaderMap>,
    body: Incoming,
    connection: Option<Connection>,
}

impl Open {
    fn new(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, trailers: None, body, connection: None }
    }

    /// The next bytes of the body: `None` at its end, an error where it was broken off.
    pub async fn chunk(&mut self) -> Option<hyper::Result<Bytes>> {
        loop {
            match in_time("the body's next chunk", self.body.frame()).await? {
                Err(error) => return Some(Err(error)),
                Ok(frame) => match frame.into_data() {
                    Ok(data) => return Some(Ok(data)),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
            }
        }
    }

    /// Reads until the body so far, from here on, is at least `len` bytes.
    pub async fn at_least(&mut self, len: usize) -> Vec<u8> {
        let mut read = Vec::new();
        while read.len() < len {
            match self.chunk().await {
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                other => panic!("the body ended after {} bytes of {len}: {other:?}", read.len()),
            }
        }
        read
    }

    /// Reads the rest; an answer that is broken off fails the test.
    pub async fn finish(self) -> Answer {
        let (answer, cut) = self.finish_or_cut().await;
        match cut {
            None => answer,
            Some(error) => panic!("the answer was broken off: {error}; {answer:?}"),
        }
    }

    /// Reads the rest, and tells why it ended early if it did.
    pub async fn finish_or_cut(mut self) -> (Answer, Option<hyper::Error>) {
        let (mut body, mut cut) = (Vec::new(), None);
        while let Some(chunk) = self.chunk().await {
            match chunk {
                Ok(chunk) => body.extend_from_slice(&chunk),
                Err(error) => {
                    cut = Some(error);
                    break;
                }
            }
        }
        let Self { status, headers, trailers, .. } = self;
        (Answer { status, headers, trailers, body: body.into() }, cut)
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its trailers, where it had any.
    pub trailers: Option<HeaderMap>,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The status as a number.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

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

    /// Status and code of an error that the runtime answered with, whose form is checked.
    #[must_use]
    pub fn failure(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(body["invocationId"], self.invocation(), "{self:?}");
        assert!(body["error"].as_str().is_some_and(|message| !message.is_empty()), "{self:?}");
        (self.code(), body["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The id of the invocation, which every answer of a function names.
    #[must_use]
    pub fn invocation(&self) -> String {
        match self.header("x-wasmforge-invocation-id") {
            Some(id) => id.to_owned(),
            None => panic!("the answer names no invocation: {self:?}"),
        }
    }
}
