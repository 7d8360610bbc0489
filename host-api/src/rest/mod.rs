//! PostgREST through the host: what a function reaches through `wasmforge:platform/rest`.
//!
//! The guest makes a request of `wasi:http` and hands it over. The host decides where it goes and whom it is from, and
//! sends it with the client of outbound HTTP under a policy that knows one host. Bodies stream both ways.
//!
//! Grant, under `rest`: `"caller"`, the default; `"service"`, which allows both identities; `"none"`.

mod attempts;
mod backend;
mod forward;
mod headers;
mod hooks;
mod path;

pub use backend::{BaseUrlError, Postgrest};
pub use forward::ForwardError;

use crate::auth::{Credentials, Identity, Keys, NoSigningKey, database_token};
use crate::http::{OutboundLimits, OutboundSession};
use crate::{Capability, GrantError, HasView, InvocationContext, View, view};
use backend::Backend;
use bindings::wasmforge::platform::rest::{self, Error, Identity as Asked};
use hooks::RestHooks;
use http::HeaderValue;
use serde::Deserialize;
use std::sync::Arc;
use wasmforge_sandbox::{CallKind, GuestState};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::WasiHttpCtxView;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{Method, Scheme};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world rest { import wasmforge:platform/rest@0.1.0; }",
        world: "wasmforge:host/rest",
        imports: { default: trappable },
        with: { "wasi:http/types": wasmtime_wasi_http::p2::bindings::http::types },
    });
}

/// The capability.
pub struct Rest(Arc<Backend>);

impl Rest {
    /// PostgREST as the operator configured it, for callers whose credentials `keys` can check. Without either, every
    /// call answers `unavailable`.
    #[must_use]
    pub fn new(postgrest: Option<Postgrest>, keys: Option<Arc<dyn Keys>>) -> Self {
        Self(Arc::new(Backend { postgrest, keys }))
    }
}

/// Under which identities a function may ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RestGrant {
    /// Under none.
    None,
    /// As its caller.
    #[default]
    Caller,
    /// As its caller, and as the platform.
    Service,
}

impl RestGrant {
    fn allow(self, asked: Asked) -> Result<(), Error> {
        match (self, asked) {
            (Self::Service, _) | (Self::Caller, Asked::Caller) => Ok(()),
            (Self::None, Asked::Caller) => Err(Error::NotGranted("rest: \"caller\"".to_owned())),
            (_, Asked::Service) => Err(Error::NotGranted("rest: \"service\"".to_owned())),
        }
    }
}

/// What one version may do.
pub struct RestConfigured {
    backend: Arc<Backend>,
    grant: RestGrant,
}

/// What one invocation holds.
pub struct RestSession {
    configured: Arc<RestConfigured>,
    invocation: Arc<InvocationContext>,
    outbound: Option<Arc<OutboundSession>>,
}

impl Capability for Rest {
    const KEY: &'static str = "rest";
    type Grant = RestGrant;
    type Configured = RestConfigured;
    type Session = RestSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        rest::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: RestGrant) -> Result<RestConfigured, GrantError> {
        Ok(RestConfigured { backend: self.0.clone(), grant })
    }

    fn prepare(configured: &Arc<RestConfigured>, invocation: &Arc<InvocationContext>) -> RestSession {
        RestSession { configured: configured.clone(), invocation: invocation.clone(), outbound: None }
    }
}

impl RestSession {
    /// Decides about a request, and says how it is to be sent.
    fn admit(&mut self, asked: Asked, name: String) -> Result<(&Postgrest, RestHooks), Error> {
        let call = self.invocation.usage.begin_call(CallKind::Rest, name);
        let RestConfigured { backend, grant } = &*self.configured;
        grant.allow(asked)?;
        let unavailable = |reason: &str| Error::Unavailable(reason.to_owned());
        let postgrest =
            backend.postgrest.as_ref().ok_or_else(|| unavailable("no PostgREST is configured"))?;
        let keys =
            backend.keys.as_ref().ok_or_else(|| unavailable("there are no keys to check callers with"))?;
        let authorization = authorization(&keys.credentials(), &self.invocation, asked)?;
        let limits = OutboundLimits {
            requests: self.invocation.limits.outbound_requests,
            concurrency: self.invocation.limits.outbound_concurrency,
        };
        let session = self.outbound.get_or_insert_with(|| Arc::new(postgrest.session(limits)));
        let hooks = RestHooks::new(session.clone(), authorization, self.invocation.deadline, call);
        Ok((postgrest, hooks))
    }
}

/// The header that tells PostgREST whom a request is from.
fn authorization(
    credentials: &Credentials,
    invocation: &InvocationContext,
    asked: Asked,
) -> Result<HeaderValue, Error> {
    let service = Identity::service();
    let identity = match asked {
        Asked::Service => &service,
        Asked::Caller => invocation.caller.identity(credentials).map_err(|_| {
            // Whether a key is right is in a table that was never read.
            match credentials.is_loaded() {
                true => Error::InvalidCredential,
                false => Error::Unavailable("the keys were not read yet".to_owned()),
            }
        })?,
    };
    bearer(credentials, identity).map_err(|error| Error::Unavailable(error.to_string()))
}

/// The same, once it is known whom it is from.
fn bearer(credentials: &Credentials, identity: &Identity) -> Result<HeaderValue, NoSigningKey> {
    let token = database_token(credentials, identity)?;
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| NoSigningKey)?;
    value.set_sensitive(true);
    Ok(value)
}

impl rest::Host for View<'_> {
    fn send(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        identity: Asked,
    ) -> wasmtime::Result<Result<Resource<HostFutureIncomingResponse>, Error>> {
        let name = name(self.table.get(&request)?);
        let (postgrest, mut hooks) = match self.services.session::<Rest>()?.admit(identity, name) {
            Ok(admitted) => admitted,
            Err(error) => {
                self.table.delete(request)?;
                return Ok(Err(error));
            }
        };
        if let Err(problem) = address(self.table.get_mut(&request)?, postgrest) {
            self.table.delete(request)?;
            return Ok(Err(Error::InvalidRequest(problem)));
        }
        let mut http = WasiHttpCtxView { ctx: self.http, table: self.table, hooks: &mut hooks };
        match http.handle(request, None) {
            Ok(response) => Ok(Ok(response)),
            Err(error) => Ok(Err(Error::InvalidRequest(error.downcast()?.to_string()))),
        }
    }
}

/// What a request is called in records: its method and path. The query holds values.
fn name(request: &HostOutgoingRequest) -> String {
    let method = match &request.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        Method::Options => "OPTIONS",
        _ => "OTHER",
    };
    let path = request.path_with_query.as_deref().unwrap_or("/");
    format!("{method} {}", path.split(['?', '#']).next().unwrap_or_default())
}

/// Points a request at PostgREST, whatever the guest pointed it at.
fn address(request: &mut HostOutgoingRequest, postgrest: &Postgrest) -> Result<(), String> {
    match &request.method {
        // PostgREST reads no body there, and without one the request can be sent again.
        Method::Get | Method::Head | Method::Options => request.body = None,
        Method::Post | Method::Patch | Method::Put | Method::Delete => {}
        _ => return Err("PostgREST knows GET, HEAD, OPTIONS, POST, PATCH, PUT and DELETE".to_owned()),
    }
    let path = path::checked(request.path_with_query.as_deref())?;
    request.path_with_query = Some(format!("{}{path}", postgrest.path()));
    request.scheme = Some(if postgrest.is_tls() { Scheme::Https } else { Scheme::Http });
    request.authority = Some(postgrest.authority().to_owned());
    Ok(())
}
