//! What wasi:http asks its host: which headers a guest may set, and where its requests go.

use super::error::SendError;
use super::meter::OpenRequest;
use super::own_call;
use super::report::report;
use super::{
    CALL_DEPTH, Call, Destination, HostPattern, HostPatternError, Outbound, OutboundPolicy, OutboundSession,
    OwnOrigin, ResponseFuture, Site,
};
use crate::calls::timed_response;
use crate::{Capability, GrantError, InvocationContext};
use http::{HeaderName, Method, Request};
use serde::Deserialize;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use wasmforge_sandbox::{CallKind, GuestState};
use wasmtime::component::Linker;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

/// Writes of a response that are buffered before its guest waits. With one, as is the default, every guest is
/// suspended once and resumed by the connection; small answers fit into a few without.
const BUFFERED_WRITES: usize = 8;

/// Bytes of one write. Together with [`BUFFERED_WRITES`] it bounds what a slow reader holds in memory: 512 KiB.
const WRITE_SIZE: usize = 64 * 1024;

static FORBIDDEN: LazyLock<ForbiddenHeaderFilter> = LazyLock::new(|| Arc::new(is_forbidden));

/// Headers that a guest neither sets nor sees.
fn is_forbidden(name: &HeaderName) -> bool {
    *name == CALL_DEPTH || DEFAULT_FORBIDDEN_HEADERS.contains(name)
}

/// Outbound HTTP, the capability.
pub struct Http {
    pub(super) outbound: Outbound,
    pub(super) policy: Arc<OutboundPolicy>,
    pub(super) own: Option<Arc<Own>>,
}

/// The platform's own addresses, and how they are reached where they are not ours.
pub(super) struct Own {
    pub(super) origin: Arc<OwnOrigin>,
    policy: Arc<OutboundPolicy>,
}

impl Http {
    /// The process's way out, as the operator allows it.
    #[must_use]
    pub fn new(outbound: Outbound, policy: OutboundPolicy) -> Self {
        Self { outbound, policy: Arc::new(policy), own: None }
    }

    /// The same with a platform that functions may call at its own addresses, private ones included.
    #[must_use]
    pub fn with_own_origin(mut self, origin: Arc<OwnOrigin>) -> Self {
        // Asked about destinations that are the platform's, and no others.
        let policy = Arc::new(OutboundPolicy::public_internet().allowing_private(true));
        self.own = Some(Arc::new(Own { origin, policy }));
        self
    }

    /// The platform's own addresses.
    #[must_use]
    pub fn own_origin(&self) -> Option<&Arc<OwnOrigin>> {
        self.own.as_ref().map(|own| &own.origin)
    }
}

/// Where a function may go. Absent, the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpGrant {
    /// Patterns of the hosts that it may reach, and no others: `api.example.com`, `*.example.com`, `example.com:8443`.
    /// The platform's own addresses are hosts like others.
    pub hosts: Option<Vec<String>>,
}

/// Where one version may go.
pub struct HttpConfigured {
    outbound: Outbound,
    policy: Arc<OutboundPolicy>,
    own: Option<Arc<Own>>,
}

impl Capability for Http {
    const KEY: &'static str = "http";
    type Grant = HttpGrant;
    type Configured = HttpConfigured;
    type Session = Hooks;

    /// Nothing of its own: `wasi:http` is linked with WASI, and calls the session's hooks.
    fn link(_linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn configure(&self, grant: HttpGrant) -> Result<HttpConfigured, GrantError> {
        let policy = match grant.hosts {
            // One policy for all of them: they share its connections.
            None => self.policy.clone(),
            Some(hosts) => Arc::new(self.policy.narrowed_to(patterns(&hosts)?)),
        };
        Ok(HttpConfigured { outbound: self.outbound.clone(), policy, own: self.own.clone() })
    }

    fn prepare(configured: &Arc<HttpConfigured>, invocation: &Arc<InvocationContext>) -> Hooks {
        Hooks::new(configured.clone(), invocation.clone())
    }
}

fn patterns(hosts: &[String]) -> Result<Vec<HostPattern>, GrantError> {
    let parse = |host: &String| {
        host.parse().map_err(|error: HostPatternError| GrantError::new("http.hosts", error.to_string()))
    };
    hosts.iter().map(parse).collect()
}

/// One invocation's hooks. Most invocations send nothing, so the session is made with the first request.
pub struct Hooks {
    configured: Arc<HttpConfigured>,
    invocation: Arc<InvocationContext>,
    session: Option<OutboundSession>,
}

impl Hooks {
    pub(crate) fn new(configured: Arc<HttpConfigured>, invocation: Arc<InvocationContext>) -> Self {
        Self { configured, invocation, session: None }
    }

    /// Takes a place among the requests that the invocation may send, for a call that does not go over the network.
    ///
    /// # Errors
    /// Where it has sent, or has open, as many as it may.
    pub(crate) fn reserve(&mut self) -> Result<OpenRequest, SendError> {
        let place = self.session().reserve();
        self.count();
        place
    }

    fn session(&mut self) -> &OutboundSession {
        let Self { configured, invocation, session } = self;
        session.get_or_insert_with(|| {
            configured.outbound.session_of(configured.policy.clone(), invocation.clone())
        })
    }

    fn count(&self) {
        let requests = self.session.as_ref().map_or(0, |session| session.usage().requests);
        self.invocation.usage.set_outbound_requests(requests);
    }

    /// Which of the platform's own addresses a request goes to, if it does and may. One that may not is refused as a
    /// request to any host is.
    fn site(&self, request: &Request<WasiBody>) -> Option<(Arc<Own>, Site)> {
        let own = self.configured.own.as_ref()?;
        let destination = Destination::of(request.uri()).ok()?;
        let site = own.origin.site(&destination)?;
        let granted = self.configured.policy.admit_name(&destination).is_ok();
        (granted && request.method() != Method::CONNECT).then(|| (own.clone(), site))
    }

    /// Sends a request to the platform: within the process where it is served here, else to where it is.
    fn send_home(
        &mut self,
        own: &Own,
        site: Site,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> ResponseFuture {
        let depth = self.invocation.depth.saturating_add(1);
        let served = own.origin.dispatch().filter(|dispatch| dispatch.serves(site, request.uri()));
        let Some(dispatch) = served else {
            request.headers_mut().insert(CALL_DEPTH, depth.into());
            return self.session().send_under(&own.policy, request, options);
        };
        match self.session().reserve() {
            Ok(place) => {
                let call = Call { request, caller: None, depth, deadline: self.invocation.deadline };
                let patience = options.and_then(|options| options.first_byte_timeout);
                own_call::answer(dispatch, site, call, place, patience)
            }
            Err(error) => {
                report(request.uri(), &error, Some(&self.invocation));
                Box::new(std::future::ready(Err(error.into_guest())))
            }
        }
    }
}

/// What a request is called in records: its method and host. Paths may hold secrets, and so may what stands before the
/// host.
fn name(request: &Request<WasiBody>) -> String {
    let (method, host) = (request.method(), request.uri().host().unwrap_or_default());
    match request.uri().port_u16() {
        Some(port) => format!("{method} {host}:{port}"),
        None => format!("{method} {host}"),
    }
}

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        is_forbidden(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        FORBIDDEN.clone()
    }

    fn send_request(
        &mut self,
        mut request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<
        dyn Future<
                Output = Result<
                    (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>),
                    Error,
                >,
            > + Send,
    > {
        let call = self.invocation.usage.begin_call(CallKind::Http, name(&request));
        let sending = match self.site(&request) {
            Some((own, site)) => {
                self.invocation.trace.hand_on(request.headers_mut(), call.place());
                self.send_home(&own, site, request, options)
            }
            None => {
                self.invocation.trace.hand_out(request.headers_mut(), call.place());
                self.session().send(request, options, processed)
            }
        };
        self.count();
        timed_response(call, sending)
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        BUFFERED_WRITES
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        WRITE_SIZE
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        WRITE_SIZE
    }
}
