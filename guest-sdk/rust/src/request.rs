//! What a handler asks of its request beyond `http`'s own methods.

use crate::query::{Pairs, pairs};
use crate::{Request, Result};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::future::Future;

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::Request {}
}

/// Reads a request's body and query. The methods that read the body take the request: look at headers first, or split
/// it with [`into_parts`](http::Request::into_parts).
///
/// Where the body cannot be read as asked, the error is a `400`.
pub trait RequestExt: sealed::Sealed {
    /// The whole body as a value, whatever the content type says.
    fn json<T: DeserializeOwned>(self) -> impl Future<Output = Result<T>>;

    /// The whole body as UTF-8.
    fn text(self) -> impl Future<Output = Result<String>>;

    /// The whole body.
    fn bytes(self) -> impl Future<Output = Result<Bytes>>;

    /// The first value of a query parameter, decoded: `%20` and `+` are spaces.
    fn query(&self, name: &str) -> Option<Cow<'_, str>>;

    /// All query parameters in their order, decoded.
    fn queries(&self) -> Pairs<'_>;
}

impl RequestExt for Request {
    async fn json<T: DeserializeOwned>(self) -> Result<T> {
        self.into_body().json().await.map_err(crate::Error::of_request)
    }

    async fn text(self) -> Result<String> {
        self.into_body().text().await.map_err(crate::Error::of_request)
    }

    async fn bytes(self) -> Result<Bytes> {
        self.into_body().bytes().await.map_err(crate::Error::of_request)
    }

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.queries().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn queries(&self) -> Pairs<'_> {
        pairs(self.uri().query().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, block_on};
    use http::StatusCode;

    fn request(uri: &str, body: &str) -> Request {
        http::Request::builder().uri(uri).body(Body::from(body.to_owned())).unwrap()
    }

    #[test]
    fn json_is_read_into_a_type() {
        let name: std::collections::HashMap<String, u8> =
            block_on(request("/", r#"{"a":1}"#).json()).unwrap();
        assert_eq!(name["a"], 1);
    }

    #[test]
    fn json_that_does_not_fit_is_a_400_that_says_where() {
        let error = block_on(request("/", "{\"a\":}").json::<serde_json::Value>()).unwrap_err();
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        assert_eq!(error.to_string(), "invalid JSON: expected value at line 1 column 6");
    }

    #[test]
    fn text_that_is_not_utf_8_is_a_400() {
        let request = http::Request::new(Body::from(vec![0xff, 0xfe]));
        assert_eq!(block_on(request.text()).unwrap_err().status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn query_parameters_are_decoded() {
        let request = request("http://h/p?name=J%C3%BCrgen+K&empty=&flag&name=second", "");
        assert_eq!(request.query("name").as_deref(), Some("Jürgen K"));
        assert_eq!(request.query("empty").as_deref(), Some(""));
        assert_eq!(request.query("flag").as_deref(), Some(""));
        assert_eq!(request.query("absent"), None);
    }
}
