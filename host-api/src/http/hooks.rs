//! What wasi:http asks its host: which headers a guest may set, and where its requests go.

use super::{HostPattern, HostPatternError, Outbound, OutboundLimits, OutboundPolicy, OutboundSession};
use crate::{Capability, GrantError, InvocationContext, ServiceLimits};
use http::HeaderName;
use serde::Deserialize;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

/// Writes of a response that are buffered before its guest waits. With one, as is the default, every guest is
/// suspended once and resumed by the connection; small answers fit into a few without.
const BUFFERED_WRITES: usize = 8;

/// Bytes of one write. Together with [`BUFFERED_WRITES`] it bounds what a slow reader holds in memory: 512 KiB.
const WRITE_SIZE: usize = 64 * 1024;

static FORBIDDEN: LazyLock<ForbiddenHeaderFilter> =
    LazyLock::new(|| Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name)));

/// Outbound HTTP, the capability.
pub struct Http {
    outbound: Outbound,
    policy: Arc<OutboundPolicy>,
}

impl Http {
    /// The process's way out, as the operator allows it.
    #[must_use]
    pub fn new(outbound: Outbound, policy: OutboundPolicy) -> Self {
        Self { outbound, policy: Arc::new(policy) }
    }
}

/// Where a function may go. Absent, the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpGrant {
    /// Patterns of the hosts that it may reach, and no others: `api.example.com`, `*.example.com`, `example.com:8443`.
    pub hosts: Option<Vec<String>>,
}

/// Where one version may go.
pub struct HttpConfigured {
    outbound: Outbound,
    policy: Arc<OutboundPolicy>,
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
        Ok(HttpConfigured { outbound: self.outbound.clone(), policy })
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
}

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        FORBIDDEN.clone()
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
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
        let HttpConfigured { outbound, policy } = &*self.configured;
        let ServiceLimits { outbound_requests: requests, outbound_concurrency: concurrency, .. } =
            self.invocation.limits;
        let limits = OutboundLimits { requests, concurrency };
        let session = self.session.get_or_insert_with(|| outbound.session(policy.clone(), limits));
        let sending = session.send(request, options, processed);
        self.invocation.usage.set_outbound_requests(session.usage().requests);
        sending
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
