//! Takes in requests that are answered later, and tells what became of them.

use super::error::QueueError;
use super::stored::{self, MAX_ATTEMPTS};
use crate::config::QueueConfig;
use crate::invoke::{CallChain, IncomingBody, InvokeError, Invoker, ResponseBody, read_whole};
use crate::registry::{JobRequest, JobResult, JobStatus, NewJob, PostgresRegistry, Slug, StoredAnswer};
use crate::telemetry::Metrics;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// How often a request is tried that says nothing of it, and how often at most.
const ATTEMPTS: (u16, u16) = (3, 20);

/// Requests whose bodies are read at once; each is held in memory until it is stored.
const READ_AT_ONCE: usize = 32;

/// The queue's door.
pub struct Intake {
    invoker: Arc<Invoker>,
    registry: PostgresRegistry,
    config: QueueConfig,
    metrics: Arc<Metrics>,
    readers: Semaphore,
}

impl Intake {
    /// The door to the queue of this registry.
    #[must_use]
    pub fn new(
        invoker: Arc<Invoker>,
        registry: PostgresRegistry,
        config: QueueConfig,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { invoker, registry, config, metrics, readers: Semaphore::new(READ_AT_ONCE) }
    }

    /// Stores a request for the function `slug` and answers `202`. `base` is what stands before the slug in paths of the
    /// listener: nothing, or `/functions`.
    pub async fn accept<B: IncomingBody>(
        &self,
        chain: CallChain,
        slug: &str,
        base: &str,
        request: Request<B>,
    ) -> Response<ResponseBody> {
        match self.store(chain, slug, request).await {
            Ok(id) => accepted(&format!("{base}/{slug}/invocations/{id}"), id),
            Err(error) => error.into_response(),
        }
    }

    async fn store<B: IncomingBody>(
        &self,
        chain: CallChain,
        slug: &str,
        request: Request<B>,
    ) -> Result<Uuid, QueueError> {
        let limits = self.invoker.check(&chain, slug, request.headers()).await?;
        self.registry.require_queue()?;
        let max_attempts = max_attempts(request.headers())?;
        let (parts, body) = request.into_parts();
        let limit = limits.request_body.min(self.config.request_body);
        let reading = async {
            // The semaphore is never closed.
            let reader = self.readers.acquire().await;
            (read_whole(&parts, body, limit).await, reader)
        };
        // What takes longer to come than the function might run is not waited for.
        let Ok((body, _reader)) = tokio::time::timeout(limits.wall, reading).await else {
            return Err(InvokeError::Timeout.into());
        };
        let id = Uuid::new_v4();
        let (headers, secret) = stored::split(&chain, &parts.headers);
        let request = JobRequest {
            method: parts.method.to_string(),
            target: target(&parts),
            headers: with_host(headers, &parts),
            credential: match secret.is_empty() {
                true => None,
                false => Some(self.registry.seal(&json!(secret).to_string())?),
            },
            body: body?,
            depth: chain.depth,
        };
        let slug = Slug::parse(slug).map_err(|_| InvokeError::NotFound)?;
        let key = idempotency_key(&parts.headers).unwrap_or_else(|| Uuid::new_v4().to_string());
        let job = NewJob { id, slug, key, max_attempts, request };
        if !self.registry.enqueue(&job, self.config.max_waiting).await? {
            return Err(QueueError::Full);
        }
        self.metrics.job_accepted();
        Ok(id)
    }

    /// Tells what became of a request.
    pub async fn result(&self, slug: &str, id: Uuid, method: &Method) -> Response<ResponseBody> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return QueueError::Method.into_response();
        }
        match self.registry.job_result(slug, id).await.map_err(QueueError::from) {
            Ok(None) => QueueError::NotFound.into_response(),
            Ok(Some(JobResult::Unfinished(status))) => unfinished(id, status),
            Ok(Some(JobResult::Answered(answer))) => answered(answer),
            Ok(Some(JobResult::Failed(error))) => QueueError::Dead(error).into_response(),
            Ok(Some(JobResult::Expired)) => QueueError::Expired.into_response(),
            Err(error) => error.into_response(),
        }
    }
}

/// Slug and id of a path `/<slug>/invocations/<id>`.
#[must_use]
pub fn result_of(path: &str) -> Option<(&str, Uuid)> {
    let (slug, id) = path.strip_prefix('/')?.split_once("/invocations/")?;
    Slug::check(slug).ok()?;
    // One form of an id and no other: 36 characters in lower case.
    let parsed = Uuid::try_parse(id).ok().filter(|uuid| uuid.to_string() == id)?;
    Some((slug, parsed))
}

fn max_attempts(headers: &HeaderMap) -> Result<u16, QueueError> {
    let (default, most) = ATTEMPTS;
    let Some(value) = headers.get(MAX_ATTEMPTS) else { return Ok(default) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.filter(|number| (1..=most).contains(number)).ok_or(QueueError::MaxAttempts(most))
}

/// The caller's own key, where it has one that a column and a header can hold.
fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(super::IDEMPOTENCY_KEY)?.to_str().ok()?;
    (1..=255).contains(&key.len()).then(|| key.to_owned())
}

fn target(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// A request of HTTP/2 names its host in its target.
fn with_host(mut headers: crate::registry::StoredHeaders, parts: &Parts) -> crate::registry::StoredHeaders {
    if let (Some(authority), false) = (parts.uri.authority(), parts.headers.contains_key(HOST)) {
        headers.push((HOST.as_str().to_owned(), authority.to_string()));
    }
    headers
}

fn accepted(url: &str, id: Uuid) -> Response<ResponseBody> {
    let body = json!({ "id": id, "status": JobStatus::Pending, "url": url });
    let mut response = json_response(StatusCode::ACCEPTED, &body);
    let headers = response.headers_mut();
    headers.insert("preference-applied", HeaderValue::from_static("respond-async"));
    if let Ok(url) = HeaderValue::try_from(url) {
        headers.insert(LOCATION, url);
    }
    response
}

fn unfinished(id: Uuid, status: JobStatus) -> Response<ResponseBody> {
    let mut response = json_response(StatusCode::ACCEPTED, &json!({ "id": id, "status": status }));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::full(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn answered(answer: StoredAnswer) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::full(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = stored::restored(&answer.headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_path_leads_to_a_result() {
        let id = "0b0b6f3c-7c57-4f0e-9a53-0a4d6a3b9a10";
        let path = |path: &str| result_of(path).map(|(slug, _)| slug.to_owned());
        assert_eq!(path(&format!("/hello/invocations/{id}")), Some("hello".to_owned()));
        for wrong in [
            format!("/hello/invocations/{id}/"),
            format!("/hello/invocations/{}", id.to_uppercase()),
            format!("/hello/invocations/{}", id.replace('-', "")),
            format!("/hel.lo/invocations/{id}"),
            format!("//invocations/{id}"),
            format!("/a/b/invocations/{id}"),
            "/hello/invocations/".to_owned(),
            "/hello".to_owned(),
        ] {
            assert_eq!(path(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn attempts_are_between_one_and_twenty() {
        let of = |text: &'static str| {
            let headers = HeaderMap::from_iter([(MAX_ATTEMPTS, HeaderValue::from_static(text))]);
            max_attempts(&headers).ok()
        };
        assert_eq!(max_attempts(&HeaderMap::new()).ok(), Some(3));
        assert_eq!((of("1"), of("20")), (Some(1), Some(20)));
        for wrong in ["0", "21", "-1", "many", "", "99999999999"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
