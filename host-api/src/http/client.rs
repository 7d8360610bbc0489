//! Sends a request over a kept connection that is still good, or over a new one.

use super::connect::Connector;
use super::connection::Connection;
use super::destination::Destination;
use super::error::{SendError, is_stale_connection};
use super::policy::OutboundPolicy;
use super::pool::{Pool, PoolKey};
use super::tls::Tls;
use super::upload::{Progress, UploadBody};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body::Body;
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

/// How long a request waits for a place when the process has all its connections open.
const ROOM_WAIT: Duration = Duration::from_secs(1);

/// Everything that invocations share.
pub(super) struct Client {
    pub(super) connector: Connector,
    pub(super) tls: Tls,
    pub(super) pool: Arc<Pool>,
    /// One permit per connection, idle ones included.
    pub(super) connections: Arc<Semaphore>,
}

/// One request as the client needs to know it.
pub(super) struct Call<'a> {
    pub(super) policy: &'a OutboundPolicy,
    pub(super) destination: Destination,
    pub(super) target: Uri,
    pub(super) connect_timeout: Duration,
    pub(super) first_byte_timeout: Duration,
    pub(super) progress: Arc<Progress>,
}

impl Call<'_> {
    /// The key under which this request's connections are kept.
    pub(super) fn pool_key(&self) -> PoolKey {
        PoolKey::new(self.policy, self.destination.clone())
    }
}

/// A request without an answer; it is inside if nothing of it was written.
struct Unanswered {
    unsent: Option<Request<UploadBody>>,
    error: SendError,
}

impl Unanswered {
    fn is_stale(&self) -> bool {
        matches!(&self.error, SendError::Exchange(error) if is_stale_connection(error))
    }
}

/// What it takes to send a request a second time: it is idempotent (RFC 9110, section 9.2.2) and has no body.
struct Repeat {
    method: Method,
    headers: HeaderMap,
}

impl Repeat {
    fn of(request: &Request<UploadBody>, connection: &Connection) -> Option<Self> {
        let repeatable = request.method().is_idempotent() && is_bodiless(request, connection);
        repeatable.then(|| Self { method: request.method().clone(), headers: request.headers().clone() })
    }

    fn into_request(self, body: UploadBody) -> Request<UploadBody> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        request
    }
}

/// Whether no byte of a body goes with the request. A guest ends its body after it has sent the head, if at all, so that
/// the body itself rarely tells. HTTP/1.1 has two ways to say so in the head: a length of zero, and no length with a
/// `GET` or `HEAD`, for which hyper sends nothing then.
fn is_bodiless(request: &Request<UploadBody>, connection: &Connection) -> bool {
    let says_so = match request.headers().get(CONTENT_LENGTH) {
        Some(length) => length == "0",
        None => matches!(*request.method(), Method::GET | Method::HEAD),
    };
    request.body().is_end_stream() || (says_so && matches!(connection, Connection::Http1(_)))
}

impl Client {
    /// Sends `request`, whose destination the policy has admitted, and waits for the response's head.
    ///
    /// A kept connection that turns out to be closed is replaced by another if nothing of the request was written. If
    /// something was, the request is sent once more where that is harmless: `empty` makes its body.
    ///
    /// # Errors
    /// [`SendError`]; the connection is closed then.
    pub(super) async fn send(
        &self,
        call: &Call<'_>,
        mut request: Request<UploadBody>,
        empty: impl FnOnce() -> UploadBody,
    ) -> Result<(Connection, Response<Incoming>), SendError> {
        let key = call.pool_key();
        while let Some(mut connection) = self.take_fit(&key).await {
            let repeat = Repeat::of(&request, &connection);
            match ask(&mut connection, request, call).await {
                Ok(response) => return Ok((connection, response)),
                Err(Unanswered { unsent: Some(unsent), .. }) => request = unsent,
                Err(failed) => {
                    let Some(repeat) = repeat.filter(|_| failed.is_stale()) else { return Err(failed.error) };
                    request = repeat.into_request(empty());
                    break;
                }
            }
        }
        let mut connection = self.connect(call).await?;
        if let Connection::Http2(shared) = &connection {
            self.pool.share(key, shared);
        }
        let response = ask(&mut connection, request, call).await.map_err(|failed| failed.error)?;
        Ok((connection, response))
    }

    /// Takes a kept connection that has just been seen to be alive.
    async fn take_fit(&self, key: &PoolKey) -> Option<Connection> {
        loop {
            match self.pool.take(key)? {
                Connection::Http1(mut connection) => {
                    if connection.is_fit().await {
                        return Some(Connection::Http1(connection));
                    }
                }
                connection @ Connection::Http2(_) => return Some(connection),
            }
        }
    }

    /// Takes a place for one more connection. Idle connections make room for one that is needed.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, SendError> {
        if let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() {
            return Ok(permit);
        }
        self.pool.clear();
        match timeout(ROOM_WAIT, Arc::clone(&self.connections).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(SendError::TooManyConnections),
        }
    }

    async fn connect(&self, call: &Call<'_>) -> Result<Connection, SendError> {
        let deadline = Instant::now() + call.connect_timeout;
        let permit = self.permit().await?;
        let socket = self.connector.connect(call.policy, &call.destination, deadline).await?;
        let opened = Connection::open(socket, &call.destination, &self.tls, permit);
        timeout_at(deadline, opened).await.map_err(|_| SendError::ConnectTimeout)?
    }
}

/// Sends a request and waits for the head of its response, for as long as the request makes progress and the timeout
/// after that.
async fn ask(
    connection: &mut Connection,
    request: Request<UploadBody>,
    call: &Call<'_>,
) -> Result<Response<Incoming>, Unanswered> {
    call.progress.touch();
    let mut answer = std::pin::pin!(connection.send(request, &call.target));
    loop {
        let deadline = call.progress.last() + call.first_byte_timeout;
        match timeout_at(deadline, answer.as_mut()).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(mut error)) => {
                let unsent = error.take_message();
                return Err(Unanswered { unsent, error: error.into_error().into() });
            }
            Err(_) if call.progress.last() + call.first_byte_timeout > Instant::now() => {}
            Err(_) => return Err(Unanswered { unsent: None, error: SendError::FirstByteTimeout }),
        }
    }
}
