//! The connection to one server.

use super::error::reason;
use super::{Answer, Answered, ClientError};
use crate::config::Secret;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Full};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use wasmforge_host_api::http::{Outbound, OutboundLimits, OutboundPolicy, OutboundSession};
use wasmtime_wasi_http::{RequestOptions, WasiBody};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the server may compile, and a function compute, between two bytes.
const PATIENCE: Duration = Duration::from_secs(900);

/// A server's admin API.
pub struct Api {
    base: String,
    key: Secret,
    session: OutboundSession,
}

/// One request.
pub struct Call {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: WasiBody,
}

impl Call {
    /// A request without a body to a path, with its query.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        let body = Full::default().map_err(|never| match never {}).boxed_unsync();
        Self { method, target: target.into(), headers: HeaderMap::new(), body }
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// A body that is at hand.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        self.body = Full::new(bytes).map_err(|never| match never {}).boxed_unsync();
        self
    }

    /// A body that comes as it is sent.
    #[must_use]
    pub fn stream(mut self, body: WasiBody) -> Self {
        self.body = body;
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.bytes(body.to_string())
    }
}

impl Api {
    /// The platform listener at `base`, such as `http://localhost:7130`. Nothing is connected.
    ///
    /// # Errors
    /// [`ClientError::Address`], where `base` is none; [`ClientError::Request`], where there can be no connection over TLS.
    pub fn new(base: &str, key: Secret) -> Result<Self, ClientError> {
        let base = checked(base)?;
        let outbound =
            Outbound::builder().build().map_err(|error| ClientError::Request(error.to_string()))?;
        let policy = Arc::new(OutboundPolicy::public_internet().allowing_private(true));
        let limits = OutboundLimits { requests: u32::MAX, ..OutboundLimits::default() };
        Ok(Self { base, key, session: outbound.session(policy, limits) })
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The administrator's key, as a header's value.
    ///
    /// # Errors
    /// [`ClientError::Request`], where no header can have it.
    pub fn key(&self) -> Result<HeaderValue, ClientError> {
        let mut value = HeaderValue::from_str(self.key.expose())
            .map_err(|_| ClientError::Request("the key has characters that no key has".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Sends a request without the key. The answer may be an error.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`], [`ClientError::Request`]
    pub async fn send(&self, call: Call) -> Result<Answer, ClientError> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("{}{}", self.base, call.target))
            .body(call.body)
            .map_err(|error| ClientError::Request(error.to_string()))?;
        *request.headers_mut() = call.headers;
        let agent = HeaderValue::from_static(concat!("wasmforge/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().entry(header::USER_AGENT).or_insert(agent);
        let options = RequestOptions {
            connect_timeout: Some(CONNECT),
            first_byte_timeout: Some(PATIENCE),
            between_bytes_timeout: Some(PATIENCE),
        };
        let sent = self.session.send(request, Some(options), Box::new(std::future::ready(Ok(()))));
        let (response, exchange) = Box::into_pin(sent)
            .await
            .map_err(|error| ClientError::Unreachable { base: self.base.clone(), reason: reason(&error) })?;
        // Dropped, it would cancel the exchange.
        tokio::spawn(Box::into_pin(exchange));
        Ok(Answer::new(&self.base, response))
    }

    /// Sends a request with the key. The answer may be an error.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`], [`ClientError::Request`]
    pub async fn ask(&self, call: Call) -> Result<Answer, ClientError> {
        let key = self.key()?;
        self.send(call.header(HeaderName::from_static("x-api-key"), key)).await
    }

    /// `GET`, for JSON.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn get<T: DeserializeOwned>(&self, target: &str) -> Result<Answered<T>, ClientError> {
        self.ask(Call::new(Method::GET, target)).await?.json().await
    }

    /// Any other method, for JSON.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Answered<T>, ClientError> {
        let call = Call::new(method, target);
        let call = match body {
            Some(body) => call.json(body),
            None => call,
        };
        self.ask(call).await?.json().await
    }
}

/// An address without the slash at its end.
fn checked(base: &str) -> Result<String, ClientError> {
    let invalid = |problem| ClientError::Address { url: base.to_owned(), problem };
    let uri: Uri = base.parse().map_err(|_| invalid("it is no URL"))?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(invalid("it begins with http:// or https://")),
    }
    if uri.query().is_some() {
        return Err(invalid("it has no query"));
    }
    Ok(base.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_before_anything_is_sent() {
        assert_eq!(checked("http://localhost:7130/").unwrap(), "http://localhost:7130");
        assert_eq!(checked("https://h/base").unwrap(), "https://h/base");
        for url in ["localhost:7130", "ftp://h", "", "http://h?x", "http:// h"] {
            assert!(matches!(checked(url), Err(ClientError::Address { .. })), "{url}");
        }
    }
}
