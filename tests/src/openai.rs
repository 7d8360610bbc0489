//! A local server that speaks the wire format of OpenAI's API. The model that a request names decides what it does.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The parts in which its answers are streamed.
const PARTS: [&str; 3] = ["Tea ", "is ", "a drink."];

/// One request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its path.
    pub path: String,
    /// Its `authorization`.
    pub authorization: Option<String>,
    /// Its body.
    pub body: Value,
}

/// The server, stopped when it is dropped.
///
/// | model | what it does |
/// |---|---|
/// | `test/held` | streams the first part, and the rest when it is [released](OpenAi::release) |
/// | `test/cut` | streams two parts and closes the connection; a whole answer is cut in its middle |
/// | `test/unfinished` | streams two parts and ends the stream properly, but not the answer |
/// | `test/fails` | streams a part and then an error |
/// | `test/endless` | streams an event that never ends |
/// | `test/plain` | answers a request for a stream with JSON |
/// | `test/tools` | calls a tool |
/// | `test/busy` | `429` with `retry-after: 7` |
/// | `test/broken` | `500`, whose message repeats the key |
/// | `test/hidden` | `200` with an error in it |
/// | `test/garbage` | `200` with what is no JSON |
/// | `test/large` | an answer of 33 MiB |
/// | `test/silent` | nothing, ever |
/// | any other | answers |
pub struct OpenAi {
    addr: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    asked: Mutex<Vec<Asked>>,
    released: Semaphore,
    waiting: AtomicUsize,
}

/// Counts a request that waits for its answer, for as long as somebody waits for it.
struct Waiting(Arc<State>);

impl Waiting {
    fn new(state: &Arc<State>) -> Self {
        state.waiting.fetch_add(1, Ordering::SeqCst);
        Self(state.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl OpenAi {
    /// Starts it on a free port of this machine.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(State {
            asked: Mutex::default(),
            released: Semaphore::new(0),
            waiting: AtomicUsize::new(0),
        });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                let service = service_fn(move |request| answer(state.clone(), request));
                tokio::spawn(async move {
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { addr, state, task }
    }

    /// What its paths come after.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// The requests that came.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// Lets one held stream go on.
    pub fn release(&self) {
        self.state.released.add_permits(1);
    }

    /// Requests that wait for an answer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.waiting.load(Ordering::SeqCst)
    }
}

impl Drop for OpenAi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reply(status: u16, kind: &str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
    response
}

fn ok(body: &Value) -> Response<Body> {
    reply(200, "application/json", body.to_string())
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let header = request.headers().get(header::AUTHORIZATION);
    let authorization = header.map(|value| value.to_str().unwrap().to_owned());
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let asked = Asked { path, authorization, body };
    state.asked.lock().unwrap().push(asked.clone());
    let key = asked.authorization.as_deref().unwrap_or_default().trim_start_matches("Bearer ");
    Ok(match asked.body["model"].as_str().unwrap() {
        "test/busy" => {
            let mut busy = reply(429, "application/json", r#"{"error":{"message":"slow down"}}"#);
            busy.headers_mut().insert(header::RETRY_AFTER, "7".parse().unwrap());
            busy
        }
        "test/broken" => {
            let message = format!("the key {key} is on fire");
            reply(500, "application/json", json!({"error": {"message": message}}).to_string())
        }
        "test/hidden" => ok(&json!({"error": {"message": "overloaded", "code": 503}})),
        "test/garbage" => reply(200, "text/html", "<html>"),
        "test/large" => reply(200, "application/json", vec![b' '; 33 * 1024 * 1024]),
        "test/silent" => {
            let _waiting = Waiting::new(&state);
            std::future::pending().await
        }
        model => match asked.path.as_str() {
            "/v1/chat/completions" if asked.body["stream"] == true => streamed(state, model),
            "/v1/chat/completions" => whole(model),
            "/v1/embeddings" => embeddings(&asked.body),
            "/v1/images/generations" => images(&asked.body),
            _ => reply(404, "text/plain", "no such path"),
        },
    })
}

fn tool_call(arguments: &str) -> Value {
    json!([{"index": 0, "id": "call-1", "type": "function",
        "function": {"name": "brew", "arguments": arguments}}])
}

fn whole(model: &str) -> Response<Body> {
    let (message, reason) = match model {
        "test/tools" => {
            let calls = tool_call("{\"cups\":2}");
            (json!({"role": "assistant", "content": null, "tool_calls": calls}), "tool_calls")
        }
        _ => (json!({"role": "assistant", "content": PARTS.concat()}), "stop"),
    };
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
    });
    if model != "test/cut" {
        return ok(&body);
    }
    let text = body.to_string();
    let half = text.split_at(text.len() / 2).0.to_owned();
    sent(async move |sender: Sender| {
        sender.text(&half).await;
        sender.cut().await;
    })
}

fn embeddings(body: &Value) -> Response<Body> {
    let count = body["input"].as_array().unwrap().len();
    // In reverse, as the format allows.
    let data: Vec<_> = (0..count)
        .rev()
        .map(|index| json!({"object": "embedding", "index": index, "embedding": [index as f32, 0.5]}))
        .collect();
    ok(&json!({"object": "list", "data": data, "model": body["model"],
        "usage": {"prompt_tokens": 4, "total_tokens": 4}}))
}

fn images(body: &Value) -> Response<Body> {
    let image = json!({"b64_json": "AAEC"});
    let count = usize::try_from(body["n"].as_u64().unwrap()).unwrap();
    ok(&json!({"created": 1, "data": vec![image; count], "usage": {"input_tokens": 2, "output_tokens": 3}}))
}

/// Writes a streamed body.
#[derive(Clone)]
struct Sender(mpsc::Sender<Result<Frame<Bytes>, io::Error>>);

impl Sender {
    async fn text(&self, text: &str) {
        let _ = self.0.send(Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes())))).await;
    }

    async fn event(&self, event: &Value) {
        self.text(&format!("data: {event}\r\n\r\n")).await;
    }

    async fn part(&self, delta: Value, reason: Option<&str>) {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        self.event(&json!({"object": "chat.completion.chunk", "model": "test", "choices": [choice]})).await;
    }

    async fn said(&self, text: &str) {
        self.part(json!({"content": text}), None).await;
    }

    /// Breaks the connection off.
    async fn cut(&self) {
        let _ = self.0.send(Err(io::Error::other("cut"))).await;
    }
}

fn sent<F>(write: impl FnOnce(Sender) -> F) -> Response<Body>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(write(Sender(sender)));
    let frames = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    response
}

fn streamed(state: Arc<State>, model: &str) -> Response<Body> {
    let model = model.to_owned();
    if model == "test/plain" {
        return whole(&model);
    }
    let mut response = sent(move |sender| stream(state, model, sender));
    response.headers_mut().insert(header::CONTENT_TYPE, "text/event-stream; charset=utf-8".parse().unwrap());
    response
}

async fn stream(state: Arc<State>, model: String, sender: Sender) {
    sender.text(": PROCESSING\n\n").await;
    sender.part(json!({"role": "assistant", "content": ""}), None).await;
    if model == "test/tools" {
        sender.part(json!({"tool_calls": tool_call("{\"cups\"")}), None).await;
        sender
            .part(json!({"tool_calls": [{"index": 0, "function": {"arguments": ":2}"}}]}), Some("tool_calls"))
            .await;
        return sender.text("data: [DONE]\n\n").await;
    }
    let [first, second, third] = PARTS;
    sender.said(first).await;
    match model.as_str() {
        "test/held" => drop(state.released.acquire().await.unwrap()),
        "test/fails" => return sender.event(&json!({"error": {"message": "overloaded", "code": 502}})).await,
        "test/endless" => {
            sender.text("data: ").await;
            while !sender.0.is_closed() {
                sender.text(&"x".repeat(64 * 1024)).await;
            }
            return;
        }
        _ => {}
    }
    sender.said(second).await;
    match model.as_str() {
        "test/cut" => return sender.cut().await,
        "test/unfinished" => return,
        _ => {}
    }
    sender.said(third).await;
    sender.part(json!({}), Some("stop")).await;
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16});
    sender.event(&json!({"object": "chat.completion.chunk", "choices": [], "usage": usage})).await;
    sender.text("data: [DONE]\n\n").await;
}
