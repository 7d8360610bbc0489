//! The entry: what a process holds, what an invocation holds, and the call that `wasi:http` makes.

use super::client::{Call, Client};
use super::connect::{Connector, Resolve, SystemResolver, TcpDialer};
use super::destination::Destination;
use super::download::DownloadBody;
use super::error::SendError;
use super::exchange::{Exchange, keep_alive};
use super::meter::{Meter, OpenRequest, OutboundLimits, OutboundUsage};
use super::policy::OutboundPolicy;
use super::pool::Pool;
use super::report::report;
use super::tls::Tls;
use super::upload::{UploadBody, UploadOutcome};
use crate::{InvocationContext, ServiceLimits};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use rustls::RootCertStore;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// What [`OutboundSession::send`] gives beside the response: it resolves when the request's body has ended, and
/// dropping it before that cancels the exchange.
pub type RequestFuture = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// What `wasmtime_wasi_http::WasiHttpHooks::send_request` returns.
pub type ResponseFuture = Box<dyn Future<Output = Result<(Response<WasiBody>, RequestFuture), Error>> + Send>;

/// How long a request may take, unless it says otherwise itself.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(60);
const BETWEEN_BYTES_TIMEOUT: Duration = Duration::from_secs(60);

/// What a request may ask for at most. An invocation's own deadline is shorter.
const MAX_TIMEOUT: Duration = Duration::from_secs(900);

/// How long an idle connection is kept by default. Servers commonly close theirs after 5 to 75 seconds.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How many connections a process has open by default.
const MAX_CONNECTIONS: usize = 4096;

/// Settings of [`Outbound`].
pub struct OutboundBuilder {
    resolver: Arc<dyn Resolve>,
    roots: Option<RootCertStore>,
    idle_timeout: Duration,
    max_connections: usize,
}

impl OutboundBuilder {
    /// Resolves names otherwise than the operating system does.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Trusts these certificates instead of the platform's.
    #[must_use]
    pub fn roots(mut self, roots: RootCertStore) -> Self {
        self.roots = Some(roots);
        self
    }

    /// Keeps connections so long without a request (15 seconds by default; zero keeps none).
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Opens no more connections at once (4096 by default), those of all invocations and idle ones together.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// # Errors
    /// If the cryptography that was compiled in offers no usable TLS version.
    pub fn build(self) -> Result<Outbound, rustls::Error> {
        let tls = match self.roots {
            Some(roots) => Tls::of_roots(roots)?,
            None => Tls::of_platform(),
        };
        Ok(Outbound(Arc::new(Client {
            connector: Connector::new(self.resolver, Arc::new(TcpDialer)),
            tls,
            pool: Pool::new(self.idle_timeout),
            connections: Arc::new(Semaphore::new(self.max_connections.min(Semaphore::MAX_PERMITS))),
        })))
    }
}

/// The process's side of outbound HTTP: resolver, TLS, and the connections that are kept alive. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Client>);

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").finish_non_exhaustive()
    }
}

impl Outbound {
    /// The operating system's resolver, the platform's roots, the default limits.
    #[must_use]
    pub fn builder() -> OutboundBuilder {
        OutboundBuilder {
            resolver: Arc::new(SystemResolver::default()),
            roots: None,
            idle_timeout: IDLE_TIMEOUT,
            max_connections: MAX_CONNECTIONS,
        }
    }

    /// Prepares one invocation. Opens nothing.
    #[must_use]
    pub fn session(&self, policy: Arc<OutboundPolicy>, limits: OutboundLimits) -> OutboundSession {
        OutboundSession {
            client: Arc::clone(&self.0),
            policy,
            meter: Arc::new(Meter::new(limits)),
            cancel: CancellationToken::new(),
            invocation: None,
        }
    }

    /// Prepares this invocation: its limits hold, and its log hears of what is refused.
    pub(super) fn session_of(
        &self,
        policy: Arc<OutboundPolicy>,
        invocation: Arc<InvocationContext>,
    ) -> OutboundSession {
        let ServiceLimits { outbound_requests: requests, outbound_concurrency: concurrency, .. } =
            invocation.limits;
        let mut session = self.session(policy, OutboundLimits { requests, concurrency });
        session.invocation = Some(invocation);
        session
    }
}

/// One invocation's side of outbound HTTP. Dropping it cancels whatever the invocation still has open.
pub struct OutboundSession {
    client: Arc<Client>,
    policy: Arc<OutboundPolicy>,
    meter: Arc<Meter>,
    cancel: CancellationToken,
    invocation: Option<Arc<InvocationContext>>,
}

impl Drop for OutboundSession {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl fmt::Debug for OutboundSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundSession").field("usage", &self.usage()).finish_non_exhaustive()
    }
}

impl OutboundSession {
    /// What the invocation has used so far.
    #[must_use]
    pub fn usage(&self) -> OutboundUsage {
        self.meter.usage()
    }

    /// Sends one request: the whole of `wasmtime_wasi_http::WasiHttpHooks::send_request`.
    ///
    /// Nothing of a redirect is followed here. A guest that follows one sends a new request, which is vetted as this
    /// one is. `processed`, by which the guest tells how it liked the response, is of no use to HTTP.
    ///
    /// Dropping the future, or the response's body before its end, closes the connection or resets the stream.
    pub fn send(
        &self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> ResponseFuture {
        drop(processed);
        self.send_under(&self.policy, request, options)
    }

    /// Takes a place among the requests of the invocation, for one that does not go over the network.
    pub(super) fn reserve(&self) -> Result<OpenRequest, SendError> {
        self.meter.open()
    }

    /// The same under a policy of its own.
    pub(super) fn send_under(
        &self,
        policy: &Arc<OutboundPolicy>,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> ResponseFuture {
        let place = self.meter.open();
        let (client, policy) = (Arc::clone(&self.client), Arc::clone(policy));
        let invocation = self.invocation.clone();
        let cancel = self.cancel.child_token();
        Box::new(async move {
            let url = request.uri().clone();
            let timeouts = Timeouts::of(options);
            let sent = cancel.run_until_cancelled(async {
                exchange(client, policy, request, timeouts, place?, cancel.clone()).await
            });
            sent.await.unwrap_or(Err(SendError::Cancelled)).map_err(|error| {
                report(&url, &error, invocation.as_deref());
                error.into_guest()
            })
        })
    }
}

/// The timeouts of one request.
#[derive(Clone, Copy)]
struct Timeouts {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Timeouts {
    fn of(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        let pick = |asked: Option<Duration>, default: Duration| asked.unwrap_or(default).min(MAX_TIMEOUT);
        Self {
            connect: pick(options.connect_timeout, CONNECT_TIMEOUT),
            first_byte: pick(options.first_byte_timeout, FIRST_BYTE_TIMEOUT),
            between_bytes: pick(options.between_bytes_timeout, BETWEEN_BYTES_TIMEOUT),
        }
    }
}

async fn exchange(
    client: Arc<Client>,
    policy: Arc<OutboundPolicy>,
    request: Request<WasiBody>,
    timeouts: Timeouts,
    place: OpenRequest,
    cancel: CancellationToken,
) -> Result<(Response<WasiBody>, RequestFuture), SendError> {
    if request.method() == Method::CONNECT {
        return Err(SendError::Tunnel);
    }
    let destination = Destination::of(request.uri())?;
    policy.admit(&destination)?;

    // Whatever ends this early also stops the request's body, which a connection of others may be reading.
    let cancel_on_drop = cancel.clone().drop_guard();
    let (head, body) = request.into_parts();
    let target = head.uri.clone();
    let upload = |body| UploadBody::new(body, Arc::clone(place.meter()), cancel.clone());
    let (body, progress, mut outcome) = upload(body);
    let call = Call {
        policy: &policy,
        destination,
        target,
        connect_timeout: timeouts.connect,
        first_byte_timeout: timeouts.first_byte,
        progress: Arc::clone(&progress),
    };
    let empty = || upload(Empty::new().map_err(Error::from).boxed_unsync()).0;
    let sent = client.send(&call, Request::from_parts(head, body), empty).await;
    let (connection, response) = sent.map_err(|error| blame_body(error, &mut outcome))?;

    let key = call.pool_key();
    let request_done = Box::new(request_done(outcome, cancel.clone().drop_guard()));
    let keep_alive = keep_alive(response.headers());
    let pool = Arc::clone(&client.pool);
    let exchange = Exchange { connection, pool, key, keep_alive, progress, place, cancel, cancel_on_drop };
    let response =
        response.map(|incoming| DownloadBody::new(incoming, exchange, timeouts.between_bytes).boxed_unsync());
    Ok((response, request_done))
}

/// If the guest's own body was what failed, that is what it hears.
fn blame_body(error: SendError, outcome: &mut UploadOutcome) -> SendError {
    match (error, outcome.try_recv()) {
        (SendError::Exchange(_), Ok(Err(broken))) => SendError::RequestBody(broken),
        (error, _) => error,
    }
}

/// Waits until the request's body has ended, and cancels the exchange if nobody waits any more.
async fn request_done(outcome: UploadOutcome, cancel_on_drop: DropGuard) -> Result<(), Error> {
    let outcome = outcome.await;
    cancel_on_drop.disarm();
    // A peer that has heard enough is no error; one that has gone fails the response.
    outcome.unwrap_or(Ok(()))
}
