//! A call that is answered within the process.

use super::meter::OpenRequest;
use super::own_origin::{Call, Dispatch, Undelivered};
use super::{RequestFuture, ResponseFuture, Site};
use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, WasiBody};

/// Has a request to one of the platform's addresses answered.
///
/// Whoever answers runs within the future, and then within the response's body: dropping either ends it.
pub(super) fn answer(
    dispatch: Arc<dyn Dispatch>,
    site: Site,
    call: Call,
    place: OpenRequest,
    patience: Option<Duration>,
) -> ResponseFuture {
    Box::new(async move {
        let answering = dispatch.answer(site, call);
        let response = match patience {
            Some(patience) => timeout(patience, answering).await.map_err(|_| Error::ConnectionReadTimeout)?,
            None => answering.await,
        };
        Ok((held(response, place), nothing_more()))
    })
}

/// Invokes a function by its name.
pub(crate) fn invoke(
    dispatch: Arc<dyn Dispatch>,
    slug: String,
    call: Call,
    place: OpenRequest,
) -> ResponseFuture {
    Box::new(async move {
        match dispatch.invoke(&slug, call).await {
            Ok(response) => Ok((held(response, place), nothing_more())),
            Err(Undelivered::Unknown) => Err(Error::DestinationNotFound),
            Err(Undelivered::Overloaded) => Err(Error::DestinationUnavailable),
            Err(Undelivered::TooDeep) => Err(Error::LoopDetected),
        }
    })
}

fn nothing_more() -> RequestFuture {
    Box::new(std::future::ready(Ok(())))
}

fn held(response: Response<WasiBody>, place: OpenRequest) -> Response<WasiBody> {
    response.map(|inner| HeldBody { inner, place: Some(place) }.boxed_unsync())
}

/// A response's body that counts as open until its end.
struct HeldBody {
    inner: WasiBody,
    place: Option<OpenRequest>,
}

impl Body for HeldBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(place), Some(data)) = (&self.place, frame.data_ref()) {
                    place.meter().received(data.len());
                }
                if self.inner.is_end_stream() {
                    self.place = None;
                }
            }
            Poll::Ready(None | Some(Err(_))) => self.place = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
