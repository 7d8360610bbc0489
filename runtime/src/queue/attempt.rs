//! One attempt of a job: the invocation, and what follows from its answer.

use super::leases::Lease;
use super::workers::Shared;
use super::{ATTEMPT, IDEMPOTENCY_KEY, backoff, stored};
use crate::invoke::{CallChain, Failure, InvocationSource, Invoker, ResponseBody};
use crate::registry::{Attempt, Ending, JobSource, LeasedJob, Lookup, Slug, StoredAnswer, StoredHeaders};
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use wasmforge_host_api::auth::service_token;

/// Bytes that are kept of what a function answers to a change of a row, where it fails.
const EXCERPT: usize = 64 * 1024;

/// How much longer a token is good than its function may run: clocks differ.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);

/// The first and the longest pause between two tries to write how a job ended.
const WRITE_AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Runs a job and writes how it ended, unless the lease is lost before.
pub(super) async fn run(shared: Arc<Shared>, job: LeasedJob, lease: Lease) {
    let work = async {
        let attempt = perform(&shared, &job).await;
        lease.ends();
        let result = match attempt.ending {
            Ending::Succeeded => "succeeded",
            Ending::Retry(_) => "retried",
            Ending::Postponed(_) => "postponed",
            Ending::Dead => "dead",
        };
        write(&shared, &job, &attempt).await.then_some(result)
    };
    let result = tokio::select! {
        result = work => result,
        () = lease.lost.cancelled() => None,
    };
    shared.metrics.job_attempted(job.source, result.unwrap_or("lost"));
    if result.is_none() {
        tracing::warn!(job = %job.id, slug = job.slug, "the lease of a job was lost");
    }
}

/// Writes how a job ended, for as long as it takes. `false` where it is not ours any more.
async fn write(shared: &Shared, job: &LeasedJob, attempt: &Attempt) -> bool {
    let keep = match attempt.ending {
        Ending::Dead => shared.keep_dead(),
        _ => shared.config.retention,
    };
    let mut pause = WRITE_AGAIN.0;
    loop {
        match shared.registry.finish_job(shared.node, job.id, attempt, keep).await {
            Ok(written) => return written,
            Err(error) => tracing::warn!(job = %job.id, %error, "how a job ended could not be written"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(WRITE_AGAIN.1);
    }
}

/// Invokes the function. Dropping the future stops it.
async fn perform(shared: &Shared, job: &LeasedJob) -> Attempt {
    let request = match request(shared, job) {
        Ok(request) => request,
        Err(error) => return dead(error),
    };
    let chain = CallChain {
        depth: job.request.depth,
        // The policy let the caller in when the request came; its token may have expired since.
        is_admitted: job.source == JobSource::Async,
        ..CallChain::default()
    };
    let response = shared.invoker.invoke_in(chain, &job.slug, request).await;
    judge(shared, job, response).await
}

/// The request as the function sees it.
fn request(shared: &Shared, job: &LeasedJob) -> Result<Request<Full<Bytes>>, String> {
    Slug::check(&job.slug).map_err(|error| error.to_string())?;
    let asked = &job.request;
    let mut headers = stored::restored(&asked.headers);
    if let Some(credential) = &asked.credential {
        let text = shared
            .registry
            .unseal(credential)
            .map_err(|error| format!("the caller's credential cannot be read: {error}"))?;
        let fields: StoredHeaders = serde_json::from_str(&text).unwrap_or_default();
        headers.extend(stored::restored(&fields));
    }
    if job.source == JobSource::Trigger {
        headers.insert(AUTHORIZATION, service(shared, job)?);
    }
    if let Ok(key) = HeaderValue::try_from(job.key.as_str()) {
        headers.insert(IDEMPOTENCY_KEY, key);
    }
    headers.insert(ATTEMPT, job.attempts.into());
    if !asked.body.is_empty() {
        headers.insert(CONTENT_LENGTH, asked.body.len().into());
    }
    let method = Method::from_bytes(asked.method.as_bytes()).map_err(|error| error.to_string())?;
    let request = Request::builder().method(method).uri(asked.target.as_str());
    let mut request = request.body(Full::new(asked.body.clone())).map_err(|error| error.to_string())?;
    *request.headers_mut() = headers;
    // There is no connection to be kept in order.
    *request.version_mut() = Version::HTTP_2;
    request.extensions_mut().insert(match job.source {
        JobSource::Async => InvocationSource::Async,
        JobSource::Trigger => InvocationSource::Trigger,
    });
    Ok(request)
}

/// The platform's own token, for a little longer than the function may run.
fn service(shared: &Shared, job: &LeasedJob) -> Result<HeaderValue, String> {
    let credentials = shared.registry.credentials();
    let trigger = job.trigger_id.unwrap_or_default();
    let Invoker { directory, policy, .. } = &*shared.invoker;
    let wall = match directory.lookup(&job.slug) {
        Lookup::Found(function) => policy.resolve(&function.limits).wall,
        Lookup::Unknown | Lookup::Unavailable => policy.default.wall,
    };
    let lifetime = wall + TOKEN_MARGIN;
    let token = service_token(&credentials, &format!("trigger:{trigger}"), lifetime);
    let token = token.map_err(|error| error.to_string())?;
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|error| error.to_string())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads an answer and decides what follows from it.
async fn judge(shared: &Shared, job: &LeasedJob, response: Response<ResponseBody>) -> Attempt {
    let (parts, body) = response.into_parts();
    let failure = parts.extensions.get::<Failure>().map(|failure| failure.0);
    let status = parts.status;
    let limit = match job.source {
        JobSource::Async => usize::try_from(shared.config.answer_body).unwrap_or(usize::MAX),
        JobSource::Trigger => EXCERPT,
    };
    let (body, end) = read(body, limit, job.source).await;
    let random = rand::random::<f64>();
    if is_postponed(failure, status) {
        let pause = backoff::pause(shared.config.backoff, 1, random);
        let error = format!("the function could not be run ({})", failure.unwrap_or_default());
        return Attempt { ending: Ending::Postponed(pause), error: Some(error), status: None, answer: None };
    }
    let verdict = verdict(job.source, status, failure, &end);
    let ending = match verdict {
        Verdict::Good => Ending::Succeeded,
        Verdict::Again if job.attempts < job.max_attempts => {
            let asked = backoff::asked(&parts.headers).unwrap_or_default();
            Ending::Retry(backoff::pause(shared.config.backoff, job.attempts, random).max(asked))
        }
        Verdict::Again | Verdict::Bad => Ending::Dead,
    };
    let error = match (&end, verdict) {
        (BodyEnd::TooLarge, _) => Some(format!("the answer is larger than the {limit} bytes that are kept")),
        (BodyEnd::Cut(why), _) => Some(format!("the answer was cut: {why}")),
        (BodyEnd::Whole, Verdict::Good) => None,
        (BodyEnd::Whole, _) => Some(match failure {
            Some(code) => format!("the function answered {} ({code})", status.as_u16()),
            None => format!("the function answered {}", status.as_u16()),
        }),
    };
    let is_kept = end == BodyEnd::Whole && (job.source == JobSource::Async || verdict != Verdict::Good);
    let answer = is_kept.then(|| answer(status, &parts.headers, body));
    Attempt { ending, error, status: Some(status.as_u16()), answer }
}

fn answer(status: StatusCode, headers: &HeaderMap, body: Bytes) -> StoredAnswer {
    StoredAnswer { status: status.as_u16(), headers: stored::of_answer(headers), body }
}

/// Whether the function was not run because this node had no place for it, or could not get at it.
fn is_postponed(failure: Option<&str>, status: StatusCode) -> bool {
    match failure {
        Some("OVERLOADED" | "REGISTRY_UNAVAILABLE") => true,
        Some("NOT_BUILT") => status == StatusCode::SERVICE_UNAVAILABLE,
        _ => false,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Again,
    Bad,
}

/// What an answer means. To a caller who waits for it every answer is one; a change of a row is handled only by an answer
/// that says so.
fn verdict(source: JobSource, status: StatusCode, failure: Option<&str>, end: &BodyEnd) -> Verdict {
    match (end, failure) {
        // The function was run, and would answer the same again.
        (BodyEnd::TooLarge, _) | (_, Some("LOOP_DETECTED")) => Verdict::Bad,
        // It may be on its way to this node, or be deployed again.
        (BodyEnd::Cut(_), _) | (_, Some("FUNCTION_NOT_FOUND")) => Verdict::Again,
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Verdict::Again,
        _ if source == JobSource::Trigger && status.is_client_error() => Verdict::Bad,
        _ => Verdict::Good,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum BodyEnd {
    Whole,
    TooLarge,
    Cut(String),
}

/// Reads an answer's body to its end. Beyond `limit` that of a request is given up; of a row's change only the beginning
/// is kept.
async fn read(mut body: ResponseBody, limit: usize, source: JobSource) -> (Bytes, BodyEnd) {
    let mut bytes = BytesMut::new();
    loop {
        let frame = match body.frame().await {
            None => return (bytes.freeze(), BodyEnd::Whole),
            Some(Ok(frame)) => frame,
            Some(Err(cut)) => return (Bytes::new(), BodyEnd::Cut(cut.to_string())),
        };
        let Some(data) = frame.data_ref() else { continue };
        let room = limit.saturating_sub(bytes.len());
        if data.len() > room && source == JobSource::Async {
            return (Bytes::new(), BodyEnd::TooLarge);
        }
        bytes.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
    }
}

/// A job that no attempt can help.
fn dead(error: String) -> Attempt {
    Attempt { ending: Ending::Dead, error: Some(error), status: None, answer: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: JobSource, status: u16, failure: Option<&str>) -> Verdict {
        verdict(source, StatusCode::from_u16(status).unwrap(), failure, &BodyEnd::Whole)
    }

    #[test]
    fn a_caller_gets_every_answer_that_is_no_failure() {
        for status in [200, 204, 302, 400, 401, 404, 409] {
            assert_eq!(of(JobSource::Async, status, None), Verdict::Good, "{status}");
        }
        for status in [429, 500, 503, 504] {
            assert_eq!(of(JobSource::Async, status, None), Verdict::Again, "{status}");
        }
    }

    #[test]
    fn a_change_that_the_function_refuses_is_dead_at_once() {
        assert_eq!(of(JobSource::Trigger, 200, None), Verdict::Good);
        assert_eq!(of(JobSource::Trigger, 400, None), Verdict::Bad);
        assert_eq!(of(JobSource::Trigger, 503, None), Verdict::Again);
    }

    #[test]
    fn a_function_that_is_not_there_may_come_back() {
        for source in [JobSource::Async, JobSource::Trigger] {
            assert_eq!(of(source, 404, Some("FUNCTION_NOT_FOUND")), Verdict::Again);
            assert_eq!(of(source, 508, Some("LOOP_DETECTED")), Verdict::Bad);
        }
    }

    #[test]
    fn only_what_was_not_run_is_postponed() {
        let at = |failure, status| is_postponed(failure, StatusCode::from_u16(status).unwrap());
        assert!(at(Some("OVERLOADED"), 503) && at(Some("NOT_BUILT"), 503));
        assert!(!at(Some("NOT_BUILT"), 500) && !at(Some("TIMEOUT"), 504) && !at(None, 503));
    }
}
