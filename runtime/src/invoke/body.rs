//! Bodies on their way in and out: counted, capped, streamed.

use super::cut::BodyCut;
use super::delivery::Delivery;
use super::invocation::Traffic;
use super::linger;
use super::passing::Passing;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::AbortHandle;
use wasmtime_wasi_http::{Error, WasiBody};

/// A request's body as a guest reads it: an error once it exceeds the limit.
pub struct RequestBody<B: Incoming> {
    /// There until this is dropped.
    inner: Option<B>,
    remaining: u64,
    traffic: Arc<Traffic>,
    lingers: bool,
}

/// A body as a connection hands it over.
pub trait Incoming: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static {}

impl<B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static> Incoming for B {}

impl<B: Incoming> RequestBody<B> {
    /// Lets `limit` bytes of `inner` through. One that `lingers` is read to its end, within limits, when it is dropped.
    pub fn new(inner: B, limit: u64, traffic: Arc<Traffic>, lingers: bool) -> Self {
        Self { inner: Some(inner), remaining: limit, traffic, lingers }
    }
}

impl<B: Incoming> Drop for RequestBody<B> {
    fn drop(&mut self) {
        if let Some(rest) = self.inner.take()
            && self.lingers
            && !rest.is_end_stream()
        {
            linger::discard(rest);
        }
    }
}

impl<B: Incoming> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        match ready!(Pin::new(inner).poll_frame(cx)) {
            None => {
                self.lingers = false;
                Poll::Ready(None)
            }
            Some(Err(_client_gone)) => Poll::Ready(Some(Err(Error::ConnectionTerminated))),
            Some(Ok(frame)) => {
                let len = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.traffic.add_request(len);
                match self.remaining.checked_sub(len) {
                    Some(remaining) => {
                        self.remaining = remaining;
                        Poll::Ready(Some(Ok(frame)))
                    }
                    None => {
                        self.traffic.refuse_request();
                        Poll::Ready(Some(Err(Error::HttpRequestBodySize(None))))
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

/// A response's body.
pub struct ResponseBody {
    source: Source,
    /// A cut that waits for the head to be sent.
    cut: Option<BodyCut>,
}

enum Source {
    /// All of it is at hand.
    Whole(VecDeque<Frame<Bytes>>),
    /// The guest is still writing it.
    Streaming(Streaming),
    /// The guest is done and passed on a body that is still coming.
    Passing(Box<Passing>),
}

/// The body of a guest that still runs. Dropped before its end, it stops the guest.
struct Streaming {
    inner: WasiBody,
    delivery: Delivery,
    guest: AbortHandle,
    ended: bool,
}

impl ResponseBody {
    /// A body of these bytes.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self::whole(VecDeque::from([Frame::data(bytes.into())]))
    }

    /// These frames and no more.
    #[must_use]
    pub fn whole(frames: VecDeque<Frame<Bytes>>) -> Self {
        Self { source: Source::Whole(frames), cut: None }
    }

    /// What a guest that is done passed on.
    #[must_use]
    pub fn passing(passing: Passing) -> Self {
        Self { source: Source::Passing(Box::new(passing)), cut: None }
    }

    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::whole(VecDeque::new())
    }

    /// The body of the guest that runs as the task `guest`.
    #[must_use]
    pub fn streaming(inner: WasiBody, delivery: Delivery, guest: AbortHandle) -> Self {
        Self { source: Source::Streaming(Streaming { inner, delivery, guest, ended: false }), cut: None }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyCut;

    /// A cut is held back for one turn, in which the connection sends what it has: hyper drops a head that it has not
    /// sent yet together with the connection.
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        let this = self.get_mut();
        if let Some(cut) = this.cut.take() {
            return Poll::Ready(Some(Err(cut)));
        }
        let polled = match &mut this.source {
            Source::Whole(frames) => Poll::Ready(frames.pop_front().map(Ok)),
            Source::Streaming(streaming) => streaming.poll_frame(cx),
            Source::Passing(passing) => passing.poll_frame(cx),
        };
        match polled {
            Poll::Ready(Some(Err(cut))) => {
                this.cut = Some(cut);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            polled => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            _ if self.cut.is_some() => false,
            Source::Whole(frames) => frames.is_empty(),
            Source::Streaming(streaming) => streaming.ended,
            Source::Passing(passing) => passing.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Whole(frames) => {
                match frames.iter().map(|f| f.data_ref().map(|d| d.len() as u64)).sum() {
                    Some(size) => SizeHint::with_exact(size),
                    None => SizeHint::default(),
                }
            }
            Source::Streaming(streaming) => streaming.inner.size_hint(),
            Source::Passing(passing) => passing.size_hint(),
        }
    }
}

impl Streaming {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            None => {
                self.ended = true;
                // The body of a guest that is gone ends, too.
                let broken = self.delivery.is_broken().then(|| BodyCut::Guest(Error::ConnectionTerminated));
                Poll::Ready(broken.map(Err))
            }
            Some(Err(error)) => {
                self.ended = true;
                Poll::Ready(Some(Err(BodyCut::Guest(error))))
            }
            Some(Ok(frame)) => Poll::Ready(Some(self.delivery.pass(frame))),
        }
    }
}

impl Drop for Streaming {
    /// A guest whose body was delivered may go on working within its limits; one whose reader left is stopped.
    fn drop(&mut self) {
        if !self.ended && !self.delivery.is_complete() {
            self.guest.abort();
        }
    }
}
