//! Runs one instance: from an empty store to the handler's return.

use super::body::RequestBody;
use super::invocation::Invocation;
use crate::engine::{Environment, GuestState, HandlerPre, OutboundAccess, Prepared, new_store};
use crate::telemetry::{GuestLog, GuestOutput, LineSource, LogTag, Recorder};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::oneshot;
use wasmtime::{Store, error::Context as _};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p3::Request as GuestRequest03;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

/// The head of the guest's response with a body that is still to come, or the error code it answered with.
pub type Head = Result<Response<WasiBody>, String>;

/// A guest that runs. Dropping it drops the instance with everything that it has open.
pub type RunningGuest = Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send>>;

/// What a guest is started with besides its request.
pub struct GuestContext {
    /// Its variables.
    pub environment: Arc<Environment>,
    /// Its way out.
    pub access: OutboundAccess,
    /// Where its output goes.
    pub recorder: Recorder,
}

/// Makes the guest's store and the future that runs it. Nothing runs before the future is polled.
///
/// # Errors
/// Only by a fault of the runtime.
pub fn start<B>(
    prepared: Arc<Prepared>,
    invocation: &Invocation,
    context: GuestContext,
    request: Request<RequestBody<B>>,
) -> wasmtime::Result<(RunningGuest, oneshot::Receiver<Head>)>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
{
    let (sender, head) = oneshot::channel();
    let state = state(invocation, context);
    let engine = match &prepared.handler {
        HandlerPre::V02(pre) => pre.engine(),
        HandlerPre::V03(pre) => pre.engine(),
    };
    let store = new_store(engine, state, &invocation.limits, &invocation.usage)?;
    let usage = invocation.usage.clone();
    let budget = invocation.limits.fuel;
    let guest = async move {
        let mut store = store;
        let result = match &prepared.handler {
            HandlerPre::V02(pre) => run_02(pre, &mut store, request, sender).await,
            HandlerPre::V03(pre) => run_03(pre, &mut store, request, sender).await,
        };
        if let Some(budget) = budget {
            usage.set_fuel(budget.saturating_sub(store.get_fuel().unwrap_or_default()));
        }
        result
    };
    Ok((Box::pin(guest), head))
}

fn state(invocation: &Invocation, context: GuestContext) -> GuestState {
    let GuestContext { environment, access, recorder } = context;
    let tag = LogTag {
        id: invocation.id,
        slug: invocation.function.slug.shared(),
        version: invocation.function.version,
    };
    let log = Arc::new(GuestLog::new(tag, invocation.limits.log, recorder));
    let wasi = WasiCtx::builder()
        .stdout(GuestOutput::new(log.clone(), LineSource::Stdout))
        .stderr(GuestOutput::new(log, LineSource::Stderr))
        .allow_tcp(false)
        .allow_udp(false)
        .build();
    GuestState::new(wasi, environment, &invocation.limits, access, &invocation.usage)
}

async fn run_02<B>(
    pre: &ProxyPre<GuestState>,
    store: &mut Store<GuestState>,
    request: Request<RequestBody<B>>,
    sender: oneshot::Sender<Head>,
) -> wasmtime::Result<()>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
{
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let out = store.data_mut().http().new_response_outparam_from_callback(move |head| {
        // The receiver is gone when the client is; then nobody wants the answer.
        let _ = sender.send(head.map_err(|code| format!("{code:?}")));
    })?;
    let proxy = pre.instantiate_async(&mut *store).await.context("instantiation failed")?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, out).await
}

async fn run_03<B>(
    pre: &ServicePre<GuestState>,
    store: &mut Store<GuestState>,
    request: Request<RequestBody<B>>,
    sender: oneshot::Sender<Head>,
) -> wasmtime::Result<()>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin + Send + 'static,
{
    let (request, read) = GuestRequest03::from_http(store.data_mut().http().hooks, request);
    let service = pre.instantiate_async(&mut *store).await.context("instantiation failed")?;
    store
        .run_concurrent(async move |accessor| {
            let head = match service.handle(accessor, request).await? {
                Ok(response) => Ok(accessor.with(|mut store| response.into_http(&mut store, read))?),
                Err(code) => Err(format!("{code:?}")),
            };
            let _ = sender.send(head);
            // The handler has returned; tasks that it left behind write the body and do what else is to be done.
            poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
            Ok(())
        })
        .await?
}
