//! PostgREST's answer, as InsForge's clients get it.

use axum::body::Body;
use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::response::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error, WasiBody};

/// What an answer without a body says, where an answer may have one.
#[derive(Clone, Copy)]
pub(super) enum Empty {
    /// There are no rows: `[]`.
    Rows,
    /// There is no value: `null`.
    Value,
}

/// Fields of the connection to PostgREST.
const CONNECTION_FIELDS: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_LENGTH,
    PROXY_AUTHENTICATE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Waits for the first bytes of the body, and passes on what comes.
///
/// # Errors
/// Where PostgREST broke off before them. Later than that, the body breaks off.
pub(super) async fn of(
    method: &Method,
    response: Response<WasiBody>,
    empty: Empty,
) -> Result<Response<Body>, Error> {
    let (mut head, mut body) = response.into_parts();
    clean(&mut head);
    let is_bodiless =
        *method == Method::HEAD || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if is_bodiless {
        return Ok(Response::from_parts(head, Body::empty()));
    }
    let Some(first) = first(&mut body).await? else {
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        let text = match empty {
            Empty::Rows => "[]",
            Empty::Value => "null",
        };
        return Ok(Response::from_parts(head, Body::from(text)));
    };
    Ok(Response::from_parts(head, Body::new(Begun { first: Some(first), rest: body })))
}

fn clean(head: &mut Parts) {
    let is_cors = |name: &&HeaderName| name.as_str().starts_with("access-control-");
    let cors: Vec<HeaderName> = head.headers.keys().filter(is_cors).cloned().collect();
    for name in CONNECTION_FIELDS.iter().chain(&cors) {
        head.headers.remove(name);
    }
}

/// The first bytes there are.
async fn first(body: &mut WasiBody) -> Result<Option<Bytes>, Error> {
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) if !data.is_empty() => return Ok(Some(data)),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}

/// A body whose first bytes have come.
struct Begun {
    first: Option<Bytes>,
    rest: WasiBody,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, |first| first.len() as u64);
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(first));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(first)) {
            hint.set_upper(upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{Empty as Nothing, Full};

    async fn answered(method: Method, status: u16, body: &'static [u8], empty: Empty) -> (Vec<u8>, bool) {
        let body = match body.is_empty() {
            true => Nothing::new().map_err(Error::from).boxed_unsync(),
            false => Full::new(Bytes::from_static(body)).map_err(Error::from).boxed_unsync(),
        };
        let response = Response::builder()
            .status(status)
            .header("access-control-allow-origin", "*")
            .header("content-length", "7")
            .header("content-range", "*/0")
            .body(body)
            .unwrap();
        let (head, body) = of(&method, response, empty).await.unwrap().into_parts();
        assert_eq!(head.headers["content-range"], "*/0");
        assert!(!head.headers.contains_key("access-control-allow-origin"));
        assert!(!head.headers.contains_key("content-length"));
        let is_json = head.headers.contains_key("content-type");
        (body.collect().await.unwrap().to_bytes().to_vec(), is_json)
    }

    #[tokio::test]
    async fn an_answer_without_a_body_gets_one_where_it_may_have_one() {
        assert_eq!(answered(Method::POST, 201, b"", Empty::Rows).await, (b"[]".to_vec(), true));
        assert_eq!(answered(Method::POST, 200, b"", Empty::Value).await, (b"null".to_vec(), true));
        assert_eq!(answered(Method::PATCH, 204, b"", Empty::Rows).await, (Vec::new(), false));
        assert_eq!(answered(Method::HEAD, 200, b"", Empty::Rows).await, (Vec::new(), false));
        assert_eq!(answered(Method::GET, 404, b"{}", Empty::Rows).await, (b"{}".to_vec(), false));
    }
}
