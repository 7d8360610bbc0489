//! The body of any answer: a guest's, or one of our own APIs'.

use crate::invoke::ResponseBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error, WasiBody};

/// What a connection writes.
pub enum ServerBody {
    /// From the invoke path.
    Invocation(ResponseBody),
    /// From the APIs beside it.
    Api(axum::body::Body),
}

/// Why a body ended early, in the words of whoever wrote it.
type BodyError = Box<dyn std::error::Error + Send + Sync>;

impl ServerBody {
    /// The same as the body of a response that a guest gets.
    pub fn into_wasi(self) -> WasiBody {
        match self {
            Self::Invocation(body) => body.map_err(Error::from).boxed_unsync(),
            Self::Api(body) => body.map_err(|_broken| Error::HttpResponseIncomplete).boxed_unsync(),
        }
    }
}

impl Body for ServerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Invocation(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::Api(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Invocation(body) => body.is_end_stream(),
            Self::Api(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Invocation(body) => body.size_hint(),
            Self::Api(body) => body.size_hint(),
        }
    }
}
