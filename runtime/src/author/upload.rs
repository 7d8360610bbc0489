//! A server's admin API, as an author's tool speaks to it.

use super::AuthorError;
use crate::registry::Slug;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wasmforge_host_api::http::{Outbound, OutboundLimits, OutboundPolicy, OutboundSession};
use wasmtime_wasi_http::RequestOptions;

/// Bytes of an answer.
const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// How long the server may compile.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server that functions are deployed to.
pub struct Api {
    base: String,
    key: String,
    session: OutboundSession,
}

/// A function that the server has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Where it answers.
    pub url: String,
    /// Its version; `None` where the server counts none.
    pub version: Option<u64>,
}

impl Api {
    /// The platform listener at `base`, such as `http://localhost:7130`.
    ///
    /// # Errors
    /// [`AuthorError::Server`], where there can be no connection over TLS.
    pub fn new(base: &str, key: String) -> Result<Self, AuthorError> {
        let outbound = Outbound::builder().build().map_err(|error| AuthorError::Server(error.to_string()))?;
        let policy = Arc::new(OutboundPolicy::public_internet().allowing_private(true));
        let limits = OutboundLimits { requests: u32::MAX, ..OutboundLimits::default() };
        let session = outbound.session(policy, limits);
        Ok(Self { base: base.trim_end_matches('/').to_owned(), key, session })
    }

    /// Deploys a component.
    ///
    /// # Errors
    /// [`AuthorError::Server`], with the server's reason.
    pub async fn component(&self, slug: &Slug, module: Bytes) -> Result<Uploaded, AuthorError> {
        let path = format!("/api/functions/{slug}/module");
        let (status, answer) = self.send(Method::PUT, &path, "application/wasm", module).await?;
        self.uploaded(slug, status, &answer)
    }

    /// Deploys a source, under a name for people if one is given.
    ///
    /// # Errors
    /// [`AuthorError::Server`], with the server's reason.
    pub async fn source(&self, slug: &Slug, name: Option<&str>, code: &str) -> Result<Uploaded, AuthorError> {
        let mut fields = json!({ "code": code, "status": "active" });
        if let (Some(name), Some(fields)) = (name, fields.as_object_mut()) {
            fields.insert("name".to_owned(), json!(name));
        }
        let (status, answer) = self.json(Method::PUT, &format!("/api/functions/{slug}"), &fields).await?;
        if status != StatusCode::NOT_FOUND {
            return self.uploaded(slug, status, &answer);
        }
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("slug".to_owned(), json!(slug.as_str()));
            fields.insert("name".to_owned(), json!(name.unwrap_or(slug.as_str())));
        }
        let (status, answer) = self.json(Method::POST, "/api/functions", &fields).await?;
        self.uploaded(slug, status, &answer)
    }

    fn uploaded(&self, slug: &Slug, status: StatusCode, answer: &Value) -> Result<Uploaded, AuthorError> {
        if !status.is_success() {
            return Err(AuthorError::Server(refusal(status, answer)));
        }
        Ok(Uploaded {
            url: format!("{}/functions/{slug}", self.base),
            version: answer.pointer("/function/version").and_then(Value::as_u64),
        })
    }

    async fn json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<(StatusCode, Value), AuthorError> {
        self.send(method, path, "application/json", body.to_string().into()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Value), AuthorError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("x-api-key", &self.key)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_LENGTH, body.len())
            .body(Full::new(body).map_err(|never| match never {}).boxed_unsync())
            .map_err(|error| AuthorError::Server(format!("{}: {error}", self.base)))?;
        let options = RequestOptions {
            connect_timeout: Some(Duration::from_secs(10)),
            first_byte_timeout: Some(PATIENCE),
            between_bytes_timeout: Some(PATIENCE),
        };
        let unreached =
            |reason: String| AuthorError::Server(format!("{} does not answer: {reason}", self.base));
        let sent =
            Box::into_pin(self.session.send(request, Some(options), Box::new(std::future::ready(Ok(())))));
        let (response, exchange) = sent.await.map_err(|error| unreached(format!("{error:?}")))?;
        // Dropped, it would cancel the exchange.
        tokio::spawn(Box::into_pin(exchange));
        let (head, body) = response.into_parts();
        let body =
            Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| unreached(error.to_string()))?;
        Ok((head.status, serde_json::from_slice(&body.to_bytes()).unwrap_or_default()))
    }
}

fn refusal(status: StatusCode, answer: &Value) -> String {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    match (text("message"), text("error")) {
        (Some(message), _) => message.to_owned(),
        (None, Some(error)) => error.to_owned(),
        (None, None) => format!("the server answered {status}; is this the address of the admin API?"),
    }
}
