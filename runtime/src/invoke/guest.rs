//! Starts one instance for one request.

use super::body::RequestBody;
use super::failure::is_clean_exit;
use super::invocation::Invocation;
use crate::compile::Code;
use crate::telemetry::{GuestLog, GuestOutput, LineSource, LogTag, Recorder};
use bytes::Bytes;
use http::Request;
use http_body::Body;
use http_body_util::BodyExt as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::oneshot;
use wasmforge_host_api::auth::Caller;
use wasmforge_host_api::javascript::Program;
use wasmforge_host_api::trace::Trace;
use wasmforge_host_api::{Configured, InvocationContext, Services};
use wasmforge_sandbox::{GuestState, Head, StoreLimits, new_store};
use wasmtime_wasi::WasiCtx;

/// Bytes of random numbers that a guest may ask for at once: the host makes them before they count as the guest's memory.
const MAX_RANDOM: u64 = 1024 * 1024;

/// A guest that runs. Dropping it drops the instance with everything that it has open.
pub type RunningGuest = Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send>>;

/// What a guest is started with besides its request.
pub struct GuestContext {
    /// What it may call.
    pub configured: Arc<Configured>,
    /// Who sent the request.
    pub caller: Caller,
    /// How many functions called each other to get here.
    pub depth: u32,
    /// Where it stands in its trace.
    pub trace: Trace,
    /// Where its output goes.
    pub recorder: Recorder,
}

/// Makes the guest's store and the future that runs it. Nothing runs before the future is polled.
///
/// # Errors
/// Only by a fault of the runtime.
pub fn start<B>(
    code: Code,
    invocation: &Invocation,
    context: GuestContext,
    request: Request<RequestBody<B>>,
) -> wasmtime::Result<(RunningGuest, oneshot::Receiver<Head>)>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
{
    let Code { prepared, program } = code;
    let (sender, head) = oneshot::channel();
    let request = request.map(|body| body.boxed_unsync());
    let limits = StoreLimits { cpu: invocation.limits.cpu, fuel: invocation.limits.fuel };
    let (usage, traffic) = (invocation.usage.clone(), invocation.traffic.clone());
    let mut store =
        new_store(prepared.handler.engine(), state(invocation, context, program), limits, &usage)?;
    let guest = async move {
        let result = prepared.handler.run(&mut store, request, sender).await;
        if result.as_ref().is_err_and(|error| !is_clean_exit(error)) {
            traffic.break_response();
        }
        if let Some(budget) = limits.fuel {
            usage.set_fuel(budget.saturating_sub(store.get_fuel().unwrap_or_default()));
        }
        result
    };
    Ok((Box::pin(guest), head))
}

fn state(invocation: &Invocation, context: GuestContext, program: Option<Arc<Program>>) -> GuestState {
    let GuestContext { configured, caller, depth, trace, recorder } = context;
    let tag = LogTag {
        id: invocation.id,
        slug: invocation.function.slug.shared(),
        version: invocation.function.version,
    };
    let log = Arc::new(GuestLog::new(tag, invocation.limits.log, recorder));
    let wasi = WasiCtx::builder()
        .stdout(GuestOutput::new(log.clone(), LineSource::Stdout))
        .stderr(GuestOutput::new(log.clone(), LineSource::Stderr))
        .allow_tcp(false)
        .allow_udp(false)
        .max_random_size(MAX_RANDOM)
        .build();
    let context = InvocationContext {
        id: invocation.id.uuid(),
        slug: invocation.function.slug.shared(),
        version: invocation.function.version,
        deadline: invocation.deadline(),
        depth,
        trace,
        caller,
        limits: invocation.limits.services,
        usage: invocation.usage.clone(),
        log,
        program,
    };
    let services = Services::new(configured, Arc::new(context));
    GuestState::new(wasi, Box::new(services), invocation.limits.memory, &invocation.usage)
}
