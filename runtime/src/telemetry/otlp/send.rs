//! One request to a collector, and when it is made again.

use super::Exporter;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often a request is made.
const TRIES: u32 = 4;

/// The first pause between two tries; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause that a collector may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A collector that took nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotTaken(String);

/// What an answer means.
enum Answer {
    Taken(Bytes),
    /// Worth another try, after a pause where the collector asks for one.
    Later(String, Option<Duration>),
    Refused(String),
}

impl Exporter {
    /// Sends a message, a few times where a collector may still come to its senses; once only after `stop`.
    pub(super) async fn send(&self, message: Bytes, stop: &CancellationToken) -> Result<Bytes, NotTaken> {
        let mut pause = PAUSE;
        for left in (0..TRIES).rev() {
            let (reason, wanted) = match self.send_once(message.clone()).await {
                Answer::Taken(answer) => return Ok(answer),
                Answer::Refused(reason) => return Err(NotTaken(reason)),
                Answer::Later(reason, wanted) => (reason, wanted),
            };
            if left == 0 || stop.is_cancelled() {
                return Err(NotTaken(reason));
            }
            tokio::select! {
                () = sleep(wanted.unwrap_or(pause).min(LONGEST_PAUSE)) => {}
                () = stop.cancelled() => {}
            }
            pause *= 2;
        }
        Err(NotTaken("it was never tried".to_owned()))
    }

    async fn send_once(&self, message: Bytes) -> Answer {
        let endpoint = &self.endpoint;
        match endpoint.url.post(&self.outbound, self.headers(), message, self.timeout).await {
            Ok(response) => answer(response),
            Err(error) => Answer::Later(error.to_string(), None),
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        headers
            .insert(USER_AGENT, HeaderValue::from_static(concat!("wasmforge/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in &self.endpoint.headers {
            if let (Ok(name), Ok(mut value)) =
                (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.expose()))
            {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// Which statuses are worth another try is said by OTLP (section "Failures" of its HTTP transport).
fn answer(response: Response<Bytes>) -> Answer {
    let status = response.status();
    let reason = || format!("the collector answered {status}");
    match status {
        status if status.is_success() => Answer::Taken(response.into_body()),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let after =
                response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
            Answer::Later(reason(), after.map(Duration::from_secs))
        }
        _ => Answer::Refused(reason()),
    }
}
