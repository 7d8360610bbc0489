//! A component of `wasi:http` 0.3, written against its raw bindings. `?do=` picks what it does:
//!
//! | `do=` | answer |
//! |---|---|
//! | nothing | `Hello from 0.3!`, and `Hello, <name>!` for `?name=` |
//! | `echo` | the request's body, chunk by chunk |
//! | `headers` | the request's headers, a line each, and its method, authority and path as the first line |
//! | `slow-body&chunks=&ms=` | `chunk 0`, `chunk 1`, … a line each, with pauses between them |
//! | `sleep&ms=` | `slept`, after that time |
//! | `spin` | none: it loops |
//! | `trap` | none: it panics |
//! | `body-then-trap` | half of a body |
//! | `error` | the error `internal-error` |
//! | `big-read&mib=` | how many bytes it got, after reading with a buffer as large as that |
//! | `cancel-storm&n=` | `cancelled`, after beginning and cancelling so many writes that nobody reads |

#![cfg(target_arch = "wasm32")]

use std::future::{Future, poll_fn};
use std::task::Poll;
use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, Response};
use wasip3::wit_bindgen::StreamReader;
use wasip3::{spawn_local, wit_future, wit_stream};

const MILLISECOND: u64 = 1_000_000;

struct Hello;

wasip3::http::service::export!(Hello);

impl wasip3::exports::http::handler::Guest for Hello {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        let parameter = |name: &str| {
            let query = path.split_once('?')?.1;
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let number = |name, default| parameter(name).and_then(|value| value.parse().ok()).unwrap_or(default);
        match parameter("do") {
            Some("echo") => Ok(echo(request)),
            Some("headers") => Ok(text(describe(&request))),
            Some("slow-body") => Ok(slow_body(number("chunks", 5), number("ms", 100))),
            Some("sleep") => {
                monotonic_clock::wait_for(number("ms", 100) * MILLISECOND).await;
                Ok(text("slept".into()))
            }
            Some("spin") => loop {
                std::hint::black_box(());
            },
            Some("trap") => trap("p3-hello trapped as it was told to"),
            Some("body-then-trap") => Ok(body_then_trap()),
            Some("big-read") => Ok(big_read(request, number("mib", 64)).await),
            Some("cancel-storm") => Ok(cancel_storm(number("n", 100_000)).await),
            Some("error") => Err(ErrorCode::InternalError(Some("p3-hello failed as it was told to".into()))),
            _ => Ok(text(match parameter("name") {
                Some(name) => format!("Hello, {name}!"),
                None => "Hello from 0.3!".into(),
            })),
        }
    }
}

#[allow(clippy::panic, reason = "a trap is what was asked for")]
fn trap(message: &str) -> ! {
    panic!("{message}")
}

/// A `200` with this body.
fn respond(body: StreamReader<u8>) -> Response {
    let (end, trailers) = wit_future::new(|| Ok(None));
    // Dropped unwritten, the future says what it was made to say: there are no trailers.
    drop(end);
    let (response, _sent) = Response::new(Fields::new(), Some(body), trailers);
    response
}

fn text(text: String) -> Response {
    let (mut writer, body) = wit_stream::new();
    spawn_local(async move {
        writer.write_all(text.into_bytes()).await;
    });
    respond(body)
}

fn body_of(request: Request) -> StreamReader<u8> {
    let (end, received) = wit_future::new(|| Ok(()));
    drop(end);
    let (body, _trailers) = Request::consume_body(request, received);
    body
}

fn echo(request: Request) -> Response {
    respond(body_of(request))
}

async fn big_read(request: Request, mib: u64) -> Response {
    let buffer = Vec::with_capacity(usize::try_from(mib).unwrap_or(1) * 1024 * 1024);
    let (_, read) = body_of(request).read(buffer).await;
    text(format!("{} bytes", read.len()))
}

/// Dropping a write that is under way cancels it.
async fn cancel_storm(n: u64) -> Response {
    let (mut writer, _unread) = wit_stream::new();
    for _ in 0..n {
        let mut write = std::pin::pin!(writer.write(vec![b'x'; 64]));
        poll_fn(|context| {
            let _ = write.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    text("cancelled".into())
}

fn slow_body(chunks: u64, ms: u64) -> Response {
    let (mut writer, body) = wit_stream::new();
    spawn_local(async move {
        for chunk in 0..chunks {
            if chunk > 0 {
                monotonic_clock::wait_for(ms * MILLISECOND).await;
            }
            let unsent = writer.write_all(format!("chunk {chunk}\n").into_bytes()).await;
            if !unsent.is_empty() {
                return; // the reader is gone
            }
        }
    });
    respond(body)
}

fn body_then_trap() -> Response {
    let (mut writer, body) = wit_stream::new();
    spawn_local(async move {
        writer.write_all(b"the first half, and then".to_vec()).await;
        trap("p3-hello trapped in the middle of its body")
    });
    respond(body)
}

fn describe(request: &Request) -> String {
    let method = match request.get_method() {
        Method::Get => "GET",
        Method::Post => "POST",
        _ => "another method",
    };
    let authority = request.get_authority().unwrap_or_default();
    let path = request.get_path_with_query().unwrap_or_default();
    let headers = request.get_headers().copy_all();
    let lines = headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value)));
    std::iter::once(format!("{method} {authority} {path}\n")).chain(lines).collect()
}
