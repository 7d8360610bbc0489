//! The response's body on its way in.

use super::error::body_error;
use super::exchange::Exchange;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use wasmtime_wasi_http::Error;

/// The peer's body. It is counted, must keep coming, and gives its connection back at its end.
///
/// Dropped before its end, it cancels the exchange.
pub(super) struct DownloadBody {
    incoming: Incoming,
    /// Gone once the body has ended.
    exchange: Option<Exchange>,
    silence: Silence,
    cancelled: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

/// A timer that costs nothing while bytes keep coming.
struct Silence {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    running: bool,
}

impl Silence {
    fn poll_too_long(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !self.running {
            timer.as_mut().reset(Instant::now() + limit);
            self.running = true;
        }
        timer.as_mut().poll(cx)
    }
}

impl DownloadBody {
    pub(super) fn new(incoming: Incoming, exchange: Exchange, between_bytes: Duration) -> Self {
        let silence = Silence { limit: between_bytes, timer: None, running: false };
        let mut body = Self { incoming, exchange: Some(exchange), silence, cancelled: None };
        body.complete_at_end();
        body
    }

    fn complete_at_end(&mut self) {
        if self.incoming.is_end_stream()
            && let Some(exchange) = self.exchange.take()
        {
            exchange.complete();
        }
    }

    /// Ends the exchange, and with it the connection or the stream.
    fn fail(&mut self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.exchange = None;
        Poll::Ready(Some(Err(error)))
    }

    /// Whether the invocation, or the other half of the exchange, is gone.
    fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(exchange) = &self.exchange else { return Poll::Pending };
        self.cancelled
            .get_or_insert_with(|| Box::pin(exchange.cancellation().clone().cancelled_owned()))
            .as_mut()
            .poll(cx)
    }
}

impl Body for DownloadBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if this.exchange.as_ref().is_some_and(|exchange| exchange.cancellation().is_cancelled()) {
            return this.fail(Error::ConnectionTerminated);
        }
        match Pin::new(&mut this.incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.silence.running = false;
                if let (Some(exchange), Some(data)) = (&this.exchange, frame.data_ref()) {
                    exchange.meter().received(data.len());
                }
                this.complete_at_end();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => this.fail(body_error(&error)),
            Poll::Ready(None) => {
                if let Some(exchange) = this.exchange.take() {
                    exchange.complete();
                }
                Poll::Ready(None)
            }
            Poll::Pending if this.poll_cancelled(cx).is_ready() => this.fail(Error::ConnectionTerminated),
            Poll::Pending if this.exchange.is_some() && this.silence.poll_too_long(cx).is_ready() => {
                this.fail(Error::ConnectionReadTimeout)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
