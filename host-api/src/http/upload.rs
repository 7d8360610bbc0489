//! The request's body on its way out.

use super::meter::Meter;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::{Error, WasiBody};

/// How far a request's body has come; shared by whoever waits for the response.
#[derive(Debug)]
pub(super) struct Progress {
    started: Instant,
    last: AtomicU64,
    finished: AtomicBool,
}

impl Progress {
    fn new(finished: bool) -> Self {
        Self { started: Instant::now(), last: AtomicU64::new(0), finished: AtomicBool::new(finished) }
    }

    /// When a part of the request was last handed to the connection.
    pub(super) fn last(&self) -> Instant {
        self.started + Duration::from_micros(self.last.load(Ordering::Relaxed))
    }

    /// Notes that a part of the request is on its way now.
    pub(super) fn touch(&self) {
        let elapsed = self.started.elapsed().as_micros();
        self.last.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether nothing more of the body is to be sent.
    pub(super) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }
}

/// How the body ended; nothing comes if the peer stopped reading it.
pub(super) type UploadOutcome = oneshot::Receiver<Result<(), Error>>;

/// The guest's body. It is counted, can be cancelled, and tells how it ended.
pub(super) struct UploadBody {
    inner: WasiBody,
    meter: Arc<Meter>,
    progress: Arc<Progress>,
    outcome: Option<oneshot::Sender<Result<(), Error>>>,
    cancel: CancellationToken,
    cancelled: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

/// Stands in for an error that went to [`UploadOutcome`]: the original cannot be in two places.
#[derive(Debug, thiserror::Error)]
#[error("the request's body ended early")]
pub(super) struct UploadBroken;

impl UploadBody {
    pub(super) fn new(
        inner: WasiBody,
        meter: Arc<Meter>,
        cancel: CancellationToken,
    ) -> (Self, Arc<Progress>, UploadOutcome) {
        let (sender, outcome) = oneshot::channel();
        let finished = inner.is_end_stream();
        let progress = Arc::new(Progress::new(finished));
        let mut body = Self {
            inner,
            meter,
            progress: Arc::clone(&progress),
            outcome: Some(sender),
            cancel,
            cancelled: None,
        };
        if finished {
            body.finish(Ok(()));
        }
        (body, progress, outcome)
    }

    fn finish(&mut self, result: Result<(), Error>) {
        self.progress.finished.store(true, Ordering::Release);
        if let Some(outcome) = self.outcome.take() {
            // The other side may no longer want to know.
            let _ = outcome.send(result);
        }
    }

    fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let cancel = &self.cancel;
        self.cancelled.get_or_insert_with(|| Box::pin(cancel.clone().cancelled_owned())).as_mut().poll(cx)
    }
}

impl Drop for UploadBody {
    /// Whoever sends it needs no more of it: a `GET` has none to be sent, or the connection is gone.
    fn drop(&mut self) {
        self.progress.finished.store(true, Ordering::Release);
    }
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = UploadBroken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadBroken>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.progress.touch();
                this.meter.sent(frame.data_ref().map_or(0, Bytes::len));
                if this.inner.is_end_stream() {
                    this.finish(Ok(()));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.finish(Err(error));
                Poll::Ready(Some(Err(UploadBroken)))
            }
            Poll::Ready(None) => {
                this.finish(Ok(()));
                Poll::Ready(None)
            }
            Poll::Pending => this.poll_cancelled(cx).map(|()| Some(Err(UploadBroken))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
