//! From a running guest to the answer: whole where the guest is done at once, streamed where it is not.

use super::admission::Place;
use super::body::ResponseBody;
use super::delivery::Delivery;
use super::error::InvokeError;
use super::failure::{failure, is_clean_exit};
use super::guest::RunningGuest;
use super::invocation::Invocation;
use super::passing::Passing;
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
use wasmforge_sandbox::{Head, Metered, Usage};
use wasmtime_wasi_http::WasiBody;

/// Bytes of a body that are gathered once its guest is done: more than a guest's own channel holds.
const MAX_BUFFERED: usize = 1024 * 1024;

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
        if parts.status.is_informational() {
            let detail = format!("the function answered {}, which is no final status", parts.status);
            return Err((InvokeError::GuestError(detail), invocation));
        }
        invocation.status = Some(parts.status);
        let (limit, traffic) = (invocation.limits.response_body, invocation.traffic.clone());
        let delivery = Delivery::new(&parts.headers, &body, limit, traffic);
        let has_no_body = has_no_body(&method, parts.status);
        let body = match progress {
            Progress::Ended(result) => {
                drop(place);
                match finish_whole(invocation, result, body, delivery, has_no_body).await {
                    Ok(body) => body,
                    Err(failed) => return Err(*failed),
                }
            }
            Progress::Running(guest) => stream(invocation, guest, body, place, delivery, has_no_body),
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

/// The guest is done, so all of what it wrote is in the channel: the answer has a known length, and its record is
/// complete. Only a body that it passed on from elsewhere may still be coming.
async fn finish_whole(
    invocation: Invocation,
    result: wasmtime::Result<()>,
    mut body: WasiBody,
    mut delivery: Delivery,
    has_no_body: bool,
) -> Result<ResponseBody, Box<(InvokeError, Invocation)>> {
    let (mut frames, mut len) = (VecDeque::new(), 0);
    let end = loop {
        match poll_fn(|cx| Poll::Ready(poll_buffered(&mut body, cx))).await {
            Buffered::Frame(frame) if len < MAX_BUFFERED => {
                len += frame.data_ref().map_or(0, Bytes::len);
                frames.push_back(frame);
            }
            Buffered::Frame(frame) => {
                frames.push_back(frame);
                break Buffered::Pending;
            }
            end => break end,
        }
    };
    let failed = result.err().filter(|error| !is_clean_exit(error));
    match (end, failed) {
        (Buffered::Pending, None) if !has_no_body => {
            let passing = Passing::new(invocation, frames, body, delivery);
            return Ok(ResponseBody::passing(passing));
        }
        (Buffered::Broken(detail), None) => {
            return Err(Box::new((InvokeError::InvalidBody(detail), invocation)));
        }
        (_, failed) => {
            for frame in std::mem::take(&mut frames) {
                match delivery.pass(frame) {
                    Ok(frame) => frames.push_back(frame),
                    Err(cut) => {
                        return Err(Box::new((InvokeError::InvalidBody(cut.to_string()), invocation)));
                    }
                }
            }
            match failed {
                None => invocation.finish(Outcome::Ok, None),
                // The answer was whole before the guest failed: the caller gets it, the author gets the failure.
                Some(error) if delivery.is_complete() => finish_failed(invocation, &error),
                Some(error) => return Err(Box::new((failure(&error, &invocation), invocation))),
            }
        }
    }
    Ok(ResponseBody::whole(frames))
}

enum Buffered {
    Frame(Frame<Bytes>),
    End,
    Pending,
    Broken(String),
}

fn poll_buffered(body: &mut WasiBody, cx: &mut Context<'_>) -> Buffered {
    match Pin::new(body).poll_frame(cx) {
        Poll::Ready(Some(Ok(frame))) => Buffered::Frame(frame),
        Poll::Ready(Some(Err(error))) => Buffered::Broken(error.to_string()),
        Poll::Ready(None) => Buffered::End,
        Poll::Pending => Buffered::Pending,
    }
}

/// Lets the guest run on in a task of its own, while the connection reads what it writes.
fn stream(
    invocation: Invocation,
    guest: Metered<RunningGuest>,
    body: WasiBody,
    place: Place,
    delivery: Delivery,
    has_no_body: bool,
) -> ResponseBody {
    if has_no_body {
        tokio::spawn(run_to_end(invocation, guest, place, Some(body)).in_current_span());
        return ResponseBody::empty();
    }
    let task = tokio::spawn(run_to_end(invocation, guest, place, None).in_current_span());
    ResponseBody::streaming(body, delivery, task.abort_handle())
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
    if ended.is_err() {
        invocation.traffic.break_response();
    }
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
