//! One invocation: look up → admit → instantiate → run → stream out.
//!
//! The guest runs within the request's own future until it has answered, so that a client that leaves takes the
//! instance with it; a guest that goes on writing is handed to a task, which the response's body stops when it is
//! dropped.

mod admission;
mod authorize;
mod body;
mod chain;
mod check;
mod cut;
mod delivery;
mod error;
mod failure;
mod guest;
mod invocation;
mod linger;
mod passing;
mod ready;
mod request;
mod respond;
mod timing;
mod version;
mod whole;

pub use crate::telemetry::InvocationSource;
pub use admission::{Admission, Overloaded};
pub use authorize::{Authorize, Refused};
pub use body::{Incoming as IncomingBody, ResponseBody};
pub use chain::CallChain;
pub use cut::BodyCut;
pub use error::{Failure, InvokeError};
pub use invocation::Traffic;
pub use version::{STICKY, VERSION};
pub use whole::read_whole;

use crate::compile::Loader;
use crate::engine::LimitPolicy;
use crate::registry::{AuthPolicy, Directory, Function, ModuleStore, Version};
use crate::telemetry::{InvocationId, Recorder, Sampling};
use async_trait::async_trait;
use bytes::Bytes;
use guest::GuestContext;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use invocation::{Invocation, Origin};
use respond::Run;
use std::sync::Arc;
use timing::Timing;
use tokio::time::timeout_at;
use tracing::Instrument as _;
use version::Selected;
use wasmforge_host_api::auth::Caller;
use wasmforge_host_api::{Capabilities, Configured};

/// The header that names the invocation, on every answer.
pub const INVOCATION_ID: HeaderName = HeaderName::from_static("x-wasmforge-invocation-id");

/// Makes sure that what the directory says of a slug is not older than the request, where nothing notifies us.
#[async_trait]
pub trait Revalidate: Send + Sync + 'static {
    /// Brings the directory up to date for one slug.
    async fn revalidate(&self, slug: &str);
}

/// Everything that an invocation needs, shared by all of them.
pub struct Invoker {
    /// Which functions there are.
    pub directory: Arc<Directory>,
    /// Makes their code ready.
    pub loader: Arc<Loader>,
    /// Where older versions are found.
    pub store: Arc<dyn ModuleStore>,
    /// Asked before every lookup, where the database cannot notify us.
    pub revalidate: Option<Arc<dyn Revalidate>>,
    /// Checks callers, where functions ask for it; without it such functions are closed to everybody.
    pub authorize: Option<Arc<dyn Authorize>>,
    /// Who may run.
    pub admission: Admission,
    /// How long and how large.
    pub policy: LimitPolicy,
    /// What functions may call.
    pub capabilities: Arc<Capabilities>,
    /// Where records go.
    pub recorder: Recorder,
    /// Which traces are recorded.
    pub sampling: Sampling,
    /// Whether callers see why a guest failed.
    pub dev_mode: bool,
}

impl Invoker {
    /// Invokes the function with this slug, which was checked to be one, for a request that came over a connection.
    pub async fn invoke<B>(&self, slug: &str, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
    {
        let chain = CallChain::of_headers(request.headers());
        self.invoke_in(chain, slug, request).await
    }

    /// Invokes it as a part of `chain`.
    pub async fn invoke_in<B>(
        &self,
        chain: CallChain,
        slug: &str,
        mut request: Request<B>,
    ) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
    {
        let id = InvocationId::new();
        // Off unless `RUST_LOG` asks for it: formatting its fields costs a tenth of a small invocation.
        let span = tracing::debug_span!("invocation", %id, slug);
        let answer = async {
            match self.find(id, slug, &chain, request.headers_mut()).await {
                Ok(selected) => self.run(id, selected, chain, request).await,
                Err(error) => error.into_response(id, self.dev_mode),
            }
        };
        let mut response = answer.instrument(span).await;
        response.headers_mut().insert(INVOCATION_ID, header(id));
        response
    }

    /// Runs a function that was found. From here on there is a record, whatever happens.
    async fn run<B>(
        &self,
        id: InvocationId,
        selected: Selected,
        chain: CallChain,
        request: Request<B>,
    ) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
    {
        let Selected { function, named } = selected;
        let limits = self.limits(&function, chain.deadline);
        let method = request.method().clone();
        let origin = Origin {
            source: chain.source(request.extensions()),
            trace: self.sampling.trace(id.uuid(), request.headers()),
        };
        let mut timing = Timing::of(request.headers());
        let invocation = Invocation::begin(id, function, limits, origin, method, self.recorder.clone());
        let answer = self.attempt(invocation, named, chain, request, &mut timing).await;
        let (mut response, version) = match answer {
            Ok(answer) => answer,
            Err((error, mut invocation)) => {
                invocation.status = Some(error.status_and_code().0);
                let version = invocation.function.version;
                invocation.finish(error.outcome(), Some(error.detail()));
                (error.into_response(id, self.dev_mode), version)
            }
        };
        response.headers_mut().insert(VERSION, version.into());
        timing.tell(response.headers_mut());
        response
    }

    /// The answer, and the version that gave it.
    async fn attempt<B>(
        &self,
        mut invocation: Invocation,
        named: bool,
        chain: CallChain,
        request: Request<B>,
        timing: &mut Timing,
    ) -> Result<(Response<ResponseBody>, Version), (InvokeError, Invocation)>
    where
        B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
    {
        if chain.is_too_deep() {
            return Err((InvokeError::LoopDetected, invocation));
        }
        let CallChain { depth, caller, is_admitted, deadline: end, .. } = chain;
        let caller = caller.unwrap_or_else(|| Caller::of(request.headers()));
        let asked = invocation.function.version;
        if !is_admitted && let Err(refused) = self.authorize(&invocation.function, named, &caller) {
            return Err((refused.into(), invocation));
        }
        let request = match request::for_guest(request, &invocation) {
            Ok(request) => request,
            Err(error) => return Err((error, invocation)),
        };
        let deadline = invocation.deadline();
        let code = match timeout_at(deadline, self.ready(&mut invocation, named, end)).await {
            Ok(Ok(code)) => code,
            Ok(Err(error)) => return Err((error, invocation)),
            Err(_elapsed) => return Err((InvokeError::Timeout, invocation)),
        };
        let version = invocation.function.version;
        // Another version than was asked for may have another policy.
        if version != asked
            && !is_admitted
            && let Err(refused) = self.authorize(&invocation.function, named, &caller)
        {
            return Err((refused.into(), invocation));
        }
        timing.mark("load");
        let width = invocation.limits.concurrency;
        let place = match self.admission.admit(&invocation.function, width, deadline).await {
            Ok(place) => place,
            Err(Overloaded) => return Err((InvokeError::Overloaded, invocation)),
        };
        timing.mark("queue");
        let configured = match self.configured(&invocation.function) {
            Ok(configured) => configured,
            Err(error) => return Err((error, invocation)),
        };
        let (trace, recorder) = (invocation.trace.clone(), self.recorder.clone());
        let context = GuestContext { configured, caller, depth, trace, recorder };
        let method = request.method().clone();
        match guest::start(code, &invocation, context, request) {
            Ok((guest, head)) => {
                timing.mark("start");
                let run = Run::new(guest, head, place, method, invocation.usage.clone());
                let answer = run.respond(invocation).await;
                timing.mark("guest");
                answer.map(|response| (response, version))
            }
            Err(error) => Err((InvokeError::Internal(format!("{error:#}")), invocation)),
        }
    }

    /// Whether a caller meets a function's policy. An administrator who named the version has proven more than any asks for.
    fn authorize(&self, function: &Function, named: bool, caller: &Caller) -> Result<(), Refused> {
        match (&self.authorize, function.auth) {
            (_, AuthPolicy::Public) => Ok(()),
            _ if named => Ok(()),
            (Some(authorize), policy) => authorize.check(policy, caller),
            (None, _) => Err(Refused::TooWeak),
        }
    }

    fn configured(&self, function: &Function) -> Result<Arc<Configured>, InvokeError> {
        let configured = function.grants.configured(&self.capabilities);
        configured.cloned().map_err(|errors| InvokeError::BadGrants(errors.clone()))
    }
}

fn header(id: InvocationId) -> HeaderValue {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let text = id.uuid().as_hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("-"))
}
