//! What wasi:http asks its host: which headers a guest may set, and where its requests go.

use super::Usage;
use http::HeaderName;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use wasmforge_host_api::http::{Outbound, OutboundLimits, OutboundPolicy, OutboundSession};
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

/// How requests go out, the same for all invocations of a version.
#[derive(Clone)]
pub struct OutboundAccess {
    /// The process's connections.
    pub outbound: Outbound,
    /// Where the function may go.
    pub policy: Arc<OutboundPolicy>,
    /// How often.
    pub limits: OutboundLimits,
}

/// One invocation's hooks. Most invocations send nothing, so the session is made with the first request.
pub(super) struct Hooks {
    access: OutboundAccess,
    usage: Arc<Usage>,
    session: Option<OutboundSession>,
}

impl Hooks {
    pub(super) fn new(access: OutboundAccess, usage: Arc<Usage>) -> Self {
        Self { access, usage, session: None }
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
        let OutboundAccess { outbound, policy, limits } = &self.access;
        let session = self.session.get_or_insert_with(|| outbound.session(policy.clone(), *limits));
        let sending = session.send(request, options, processed);
        self.usage.set_outbound_requests(session.usage().requests);
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
