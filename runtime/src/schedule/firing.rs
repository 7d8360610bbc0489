//! One run: the request that a schedule is there for.

use super::backoff::backoff;
use super::template;
use crate::invoke::InvocationSource;
use crate::registry::{ClaimedRun, FinishedRun};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wasmforge_host_api::http::{CALL_DEPTH, Destination, ErrandError, Errands};
use wasmforge_host_api::secrets::SecretSet;

/// InsForge's: how long a connection may take, and everything together.
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(300);

/// What the record of a run without an answer has for a status, as with InsForge.
const NO_ANSWER: u16 = 500;

/// What names the invocation in an answer of ours.
const INVOCATION: &str = "x-wasmforge-invocation-id";

/// Headers that say how a request is sent, not what it says.
const FRAMING: [&str; 8] =
    ["connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"];

/// Sends what schedules ask for.
pub(super) struct Firing {
    pub(super) errands: Errands,
    pub(super) secrets: Arc<ArcSwap<SecretSet>>,
    /// Ends what runs, when the process cannot wait for it any longer.
    pub(super) cut: CancellationToken,
}

/// Why there is no answer. Says nothing of any header's value.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error(transparent)]
    Secret(#[from] template::MissingSecret),
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    #[error("The URL or the method cannot be used")]
    Request,
    #[error("No complete answer within {} seconds", TOTAL.as_secs())]
    Timeout,
    #[error("{0}")]
    Errand(ErrandError),
    #[error("The node was stopped before there was an answer")]
    Stopped,
}

/// A header that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Header \"{name}\" cannot be sent: {problem}")]
pub struct InvalidHeader {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The headers of a request, of names and values.
///
/// # Errors
/// The first [`InvalidHeader`].
pub fn header_map<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<HeaderMap, InvalidHeader> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let invalid = |problem| InvalidHeader { name: name.to_owned(), problem };
        let parsed = HeaderName::try_from(name).map_err(|_| invalid("that is no header's name"))?;
        if FRAMING.contains(&parsed.as_str()) || parsed == CALL_DEPTH {
            return Err(invalid("it is the runtime's to set"));
        }
        let mut value =
            HeaderValue::try_from(value).map_err(|_| invalid("its value holds what no header may"))?;
        value.set_sensitive(true);
        map.append(parsed, value);
    }
    Ok(map)
}

impl Firing {
    /// Sends the request, waits for the whole answer, and tells what came of it.
    pub(super) async fn fire(&self, run: &ClaimedRun) -> FinishedRun {
        let started = Instant::now();
        let answer = tokio::select! {
            answer = self.ask(run) => answer,
            () = self.cut.cancelled() => Err(Unanswered::Stopped),
        };
        let (status, message, invocation) = match answer {
            Ok((status, invocation)) if status.is_success() => {
                (status.as_u16(), "Success".into(), invocation)
            }
            Ok((status, invocation)) => (status.as_u16(), format!("HTTP {}", status.as_u16()), invocation),
            Err(reason) => (NO_ANSWER, reason.to_string(), None),
        };
        let finished = FinishedRun {
            id: run.id,
            schedule: run.schedule,
            success: (200..300).contains(&status),
            status,
            duration: started.elapsed(),
            message,
            invocation,
            backoff: backoff(run.attempt, rand::random()),
        };
        tracing::debug!(
            schedule = %run.schedule, due = %run.due_at, attempt = run.attempt, status, message = finished.message,
            "a schedule was run"
        );
        finished
    }

    async fn ask(&self, run: &ClaimedRun) -> Result<(StatusCode, Option<Uuid>), Unanswered> {
        let request = request(run, &self.secrets.load())?;
        let answer = self.errands.run(request, CONNECT, Instant::now() + TOTAL).await;
        let head = answer.map_err(|error| match error {
            ErrandError::Timeout => Unanswered::Timeout,
            failed => Unanswered::Errand(failed),
        })?;
        let invocation = head.headers.get(INVOCATION).and_then(|id| id.to_str().ok()?.parse().ok());
        Ok((head.status, invocation))
    }
}

fn request(run: &ClaimedRun, secrets: &SecretSet) -> Result<Request<Bytes>, Unanswered> {
    let resolved = template::resolve(&run.headers, secrets)?;
    let mut headers = header_map(resolved.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    let body = match &run.body {
        None | Some(Value::Null) => Bytes::from_static(b"{}"),
        // A text that is stored as JSON is sent as JSON, as InsForge does.
        Some(body) => body.to_string().into(),
    };
    if !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(CONTENT_LENGTH, body.len().into());
    let method = Method::from_bytes(run.method.as_bytes()).map_err(|_| Unanswered::Request)?;
    let uri: Uri = run.url.parse().map_err(|_| Unanswered::Request)?;
    Destination::of(&uri).map_err(|_| Unanswered::Request)?;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request.extensions_mut().insert(InvocationSource::Schedule);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wasmforge_host_api::secrets::Secret;
    use zeroize::Zeroizing;

    fn run(headers: Value, body: Option<Value>) -> ClaimedRun {
        ClaimedRun {
            id: Uuid::nil(),
            schedule: Uuid::nil(),
            due_at: time::OffsetDateTime::UNIX_EPOCH,
            attempt: 1,
            url: "http://peer.example/x?y".into(),
            method: "DELETE".into(),
            headers: headers.as_object().unwrap().clone(),
            body,
        }
    }

    fn secrets() -> SecretSet {
        let secret = |name: &str, value: &str| Secret {
            name: name.into(),
            value: Zeroizing::new(value.into()),
            reserved: false,
        };
        SecretSet::new(vec![secret("KEY", "s3cret"), secret("BROKEN", "two\nlines")])
    }

    #[test]
    fn a_request_is_json_with_the_secrets_of_the_moment() {
        let sent =
            request(&run(json!({ "Authorization": "Bearer ${{secrets.KEY}}" }), None), &secrets()).unwrap();
        assert_eq!(sent.method(), "DELETE");
        assert_eq!(sent.headers()["authorization"], "Bearer s3cret");
        assert_eq!(sent.headers()["content-type"], "application/json");
        assert_eq!((sent.headers()["content-length"].to_str().unwrap(), &sent.body()[..]), ("2", &b"{}"[..]));
        let body = json!({ "a": [1] });
        let sent = request(&run(json!({ "content-type": "text/x" }), Some(body)), &secrets()).unwrap();
        assert_eq!(sent.headers()["content-type"], "text/x");
        assert_eq!(&sent.body()[..], b"{\"a\":[1]}");
    }

    #[test]
    fn what_cannot_be_sent_is_told_without_a_value() {
        let refused = |headers| request(&run(headers, None), &secrets()).unwrap_err().to_string();
        let broken = refused(json!({ "x-a": "${{secrets.BROKEN}}" }));
        assert!(broken.contains("\"x-a\"") && !broken.contains("two"), "{broken}");
        assert!(refused(json!({ "x-a": "${{secrets.NONE}}" })).contains("Secret with key \"NONE\""));
        for name in ["Host", "content-length", "Transfer-Encoding", "x-wasmforge-call-depth", "a b", ""] {
            assert!(refused(json!({ name: "1" })).starts_with("Header"), "{name}");
        }
    }
}
