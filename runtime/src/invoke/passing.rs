//! A body that the guest passed on without reading it: the guest is done, and the host moves what still comes.

use super::cut::BodyCut;
use super::delivery::Delivery;
use super::error::InvokeError;
use super::invocation::Invocation;
use crate::telemetry::Outcome;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep_until};
use wasmtime_wasi_http::{Error, WasiBody};

/// The rest of an invocation whose guest has returned. It leaves the record; dropped early, that its client left.
pub struct Passing {
    /// What had come when the guest returned.
    arrived: VecDeque<Frame<Bytes>>,
    rest: WasiBody,
    delivery: Delivery,
    deadline: Pin<Box<Sleep>>,
    invocation: Option<Invocation>,
}

impl Passing {
    pub(super) fn new(
        invocation: Invocation,
        arrived: VecDeque<Frame<Bytes>>,
        rest: WasiBody,
        delivery: Delivery,
    ) -> Self {
        let deadline = Box::pin(sleep_until(invocation.deadline()));
        Self { arrived, rest, delivery, deadline, invocation: Some(invocation) }
    }

    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        if self.invocation.is_none() {
            return Poll::Ready(None);
        }
        if let Some(frame) = self.arrived.pop_front() {
            return Poll::Ready(Some(self.pass(frame)));
        }
        if self.deadline.as_mut().poll(cx).is_ready() {
            self.finish(Outcome::Timeout, Some(InvokeError::Timeout.detail()));
            return Poll::Ready(Some(Err(BodyCut::Guest(Error::ConnectionTerminated))));
        }
        match ready!(Pin::new(&mut self.rest).poll_frame(cx)) {
            None => {
                self.finish(Outcome::Ok, None);
                Poll::Ready(None)
            }
            Some(Ok(frame)) => Poll::Ready(Some(self.pass(frame))),
            Some(Err(error)) => {
                self.finish_broken(&error);
                Poll::Ready(Some(Err(BodyCut::Guest(error))))
            }
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.invocation.is_none()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        // Without what has arrived, the rest's own hint is too small; a length that is known stands in the head.
        SizeHint::default()
    }

    fn pass(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, BodyCut> {
        let passed = self.delivery.pass(frame);
        match &passed {
            Ok(_) if self.delivery.is_complete() => self.finish(Outcome::Ok, None),
            Ok(_) => {}
            Err(_too_large) => self.finish(Outcome::ResponseTooLarge, None),
        }
        passed
    }

    fn finish_broken(&mut self, error: &Error) {
        let is_too_large =
            self.invocation.as_ref().is_some_and(|invocation| invocation.traffic.request_was_refused());
        let outcome = if is_too_large { Outcome::RequestTooLarge } else { Outcome::GuestError };
        self.finish(outcome, Some(error.to_string()));
    }

    fn finish(&mut self, outcome: Outcome, error: Option<String>) {
        if let Some(invocation) = self.invocation.take() {
            invocation.finish(outcome, error);
        }
    }
}
