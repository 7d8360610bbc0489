//! From a running guest to the answer: whole where the guest is done at once, streamed where it is not.

use super::admission::Place;
use super::body::ResponseBody;
use super::error::InvokeError;
use super::guest::RunningGuest;
use super::invocation::Invocation;
use crate::engine::MIB;
use crate::telemetry::Outcome;
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body::{Body, Frame};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tokio::time::{sleep_until, timeout_at};
use tracing::Instrument as _;
use wasmforge_sandbox::{CpuLimitExceeded, Head, Metered, Usage};
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::WasiBody;

/// A guest under its meters, with its place among those that run.
pub struct Run {
    guest: Metered<RunningGuest>,
    head: oneshot::Receiver<Head>,
    place: Place,
    method: Method,
}

/// How far a guest had come when its head was there.
enum Progress {
    /// It has returned, or failed.
    Ended(wasmtime::Result<()>),
    /// It goes on.
    Running(Metered<RunningGuest>),
}

impl Run {
    /// Nothing runs before [`Run::respond`].
    #[must_use]
    pub fn new(
        guest: RunningGuest,
        head: oneshot::Receiver<Head>,
        place: Place,
        method: Method,
        usage: Arc<Usage>,
    ) -> Self {
        Self { guest: Metered::new(usage, guest), head, place, method }
    }

    /// Runs the guest until it has answered, and hands the rest of its run to a task of its own if there is any.
    ///
    /// # Errors
    /// [`InvokeError`] where there is no answer of the guest's own; the record is then left by the caller.
    pub async fn respond(
        self,
        mut invocation: Invocation,
    ) -> Result<Response<ResponseBody>, (InvokeError, Invocation)> {
        let Self { guest, head, place, method } = self;
        let (head, progress) = match run_to_head(guest, head, &invocation).await {
            Ok(arrived) => arrived,
            Err(error) => return Err((error, invocation)),
        };
        let (parts, body) = head.into_parts();
        invocation.status = Some(parts.status);
        let body = match progress {
            Progress::Ended(result) => {
                drop(place);
                match finish_whole(invocation, result, body).await {
                    Ok(body) => body,
                    Err(failed) => return Err(*failed),
                }
            }
            Progress::Running(guest) => {
                stream(invocation, guest, body, place, has_no_body(&method, parts.status))
            }
        };
        Ok(Response::from_parts(parts, body))
    }
}

/// Answers that HTTP gives no body: hyper drops it unread, which must not stop the guest that writes it.
fn has_no_body(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

async fn run_to_head(
    mut guest: Metered<RunningGuest>,
    mut head: oneshot::Receiver<Head>,
    invocation: &Invocation,
) -> Result<(Response<WasiBody>, Progress), InvokeError> {
    let mut ended = None;
    let head = {
        // The timer is registered when it is first polled: not at all for a guest that answers at once.
        let mut timer = pin!(sleep_until(invocation.deadline()));
        poll_fn(|cx| {
            if ended.is_none()
                && let Poll::Ready(result) = Pin::new(&mut guest).poll(cx)
            {
                ended = Some(result);
            }
            if let Poll::Ready(head) = Pin::new(&mut head).poll(cx) {
                return Poll::Ready(Ok(head.ok()));
            }
            timer.as_mut().poll(cx).map(|()| Err(InvokeError::Timeout))
        })
        .await?
    };
    if invocation.traffic.request_was_refused() {
        return Err(InvokeError::RequestTooLarge(invocation.limits.request_body));
    }
    match (head, ended) {
        (Some(Ok(head)), None) => Ok((head, Progress::Running(guest))),
        (Some(Ok(head)), Some(result)) => Ok((head, Progress::Ended(result))),
        (Some(Err(code)), _) => Err(InvokeError::GuestError(code)),
        (None, Some(Err(error))) => Err(failure(&error, invocation)),
        (None, Some(Ok(()))) => Err(InvokeError::NoResponse),
        // The sender lives in the guest's store, so a guest that dropped it is about to end.
        (None, None) => match timeout_at(invocation.deadline(), guest).await {
            Ok(Ok(())) => Err(InvokeError::NoResponse),
            Ok(Err(error)) => Err(failure(&error, invocation)),
            Err(_elapsed) => Err(InvokeError::Timeout),
        },
    }
}

/// The guest is done, so all of its body is in the channel: the answer has a known length, and its record is complete.
async fn finish_whole(
    invocation: Invocation,
    result: wasmtime::Result<()>,
    mut body: WasiBody,
) -> Result<ResponseBody, Box<(InvokeError, Invocation)>> {
    let mut frames = VecDeque::new();
    let mut len = 0;
    loop {
        match poll_fn(|cx| Poll::Ready(poll_buffered(&mut body, cx))).await {
            Buffered::Frame(frame) => {
                len += frame.data_ref().map_or(0, |data| data.len() as u64);
                frames.push_back(frame);
            }
            Buffered::End => break,
            Buffered::Broken(detail) => {
                let error = match &result {
                    Err(error) => failure(error, &invocation),
                    Ok(()) => InvokeError::InvalidBody(detail),
                };
                return Err(Box::new((error, invocation)));
            }
        }
    }
    invocation.traffic.add_response(len);
    if len > invocation.limits.response_body {
        invocation.traffic.refuse_response();
        let error = InvokeError::InvalidBody("the response is larger than its limit".into());
        return Err(Box::new((error, invocation)));
    }
    match result {
        Ok(()) => invocation.finish(Outcome::Ok, None),
        Err(error) if is_clean_exit(&error) => invocation.finish(Outcome::Ok, None),
        // The answer was whole before the guest failed: the caller gets it, the author gets the failure.
        Err(error) => finish_failed(invocation, &error),
    }
    Ok(ResponseBody::Whole(frames))
}

enum Buffered {
    Frame(Frame<Bytes>),
    End,
    Broken(String),
}

fn poll_buffered(body: &mut WasiBody, cx: &mut Context<'_>) -> Buffered {
    match Pin::new(body).poll_frame(cx) {
        Poll::Ready(Some(Ok(frame))) => Buffered::Frame(frame),
        Poll::Ready(Some(Err(error))) => Buffered::Broken(error.to_string()),
        Poll::Ready(None) => Buffered::End,
        Poll::Pending => Buffered::Broken("the body was left unfinished".into()),
    }
}

/// Lets the guest run on in a task of its own, while the connection reads what it writes.
fn stream(
    invocation: Invocation,
    guest: Metered<RunningGuest>,
    body: WasiBody,
    place: Place,
    has_no_body: bool,
) -> ResponseBody {
    let (limit, traffic) = (invocation.limits.response_body, invocation.traffic.clone());
    if has_no_body {
        tokio::spawn(run_to_end(invocation, guest, place, Some(body)).in_current_span());
        return ResponseBody::empty();
    }
    let task = tokio::spawn(run_to_end(invocation, guest, place, None).in_current_span());
    ResponseBody::streaming(body, limit, traffic, task.abort_handle())
}

async fn run_to_end(
    invocation: Invocation,
    mut guest: Metered<RunningGuest>,
    place: Place,
    mut unread: Option<WasiBody>,
) {
    let ended = timeout_at(
        invocation.deadline(),
        poll_fn(|cx| {
            if let Some(body) = &mut unread {
                while let Poll::Ready(Some(Ok(_))) = Pin::new(&mut *body).poll_frame(cx) {}
            }
            Pin::new(&mut guest).poll(cx)
        }),
    )
    .await;
    drop(guest);
    drop(place);
    match ended {
        Ok(Ok(())) => invocation.finish(Outcome::Ok, None),
        Ok(Err(error)) if is_clean_exit(&error) => invocation.finish(Outcome::Ok, None),
        Ok(Err(error)) => finish_failed(invocation, &error),
        Err(_elapsed) => invocation.finish(Outcome::Timeout, Some(InvokeError::Timeout.detail())),
    }
}

fn finish_failed(invocation: Invocation, error: &wasmtime::Error) {
    let failed = failure(error, &invocation);
    invocation.finish(failed.outcome(), Some(failed.detail()));
}

fn is_clean_exit(error: &wasmtime::Error) -> bool {
    error.downcast_ref::<I32Exit>().is_some_and(|exit| exit.0 == 0)
}

/// What a guest's failure was: a limit, or its own.
fn failure(error: &wasmtime::Error, invocation: &Invocation) -> InvokeError {
    let limits = &invocation.limits;
    if error.downcast_ref::<CpuLimitExceeded>().is_some() {
        return InvokeError::CpuLimit(limits.cpu);
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return InvokeError::Overloaded;
    }
    if matches!(error.downcast_ref::<Trap>(), Some(Trap::OutOfFuel)) {
        return InvokeError::FuelExhausted(limits.fuel.unwrap_or_default());
    }
    if invocation.usage.memory_was_refused() {
        return InvokeError::MemoryLimit(limits.memory / MIB);
    }
    match error.downcast_ref::<I32Exit>() {
        Some(I32Exit(0)) => InvokeError::NoResponse,
        Some(I32Exit(status)) => InvokeError::Trap(format!("the function exited with status {status}")),
        None => InvokeError::Trap(format!("{error:?}")),
    }
}
