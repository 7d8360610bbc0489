//! The handler that a component exports: linked once, instantiated and run for each request.

use super::{GuestState, WasiVersion};
use http::{Request, Response};
use std::future::poll_fn;
use tokio::sync::oneshot;
use wasmtime::component::{Component, Linker};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p3::Request as Request03;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

/// The head of the guest's response with a body that is still to come, or the error code it answered with.
pub type Head = Result<Response<WasiBody>, String>;

/// A component with its imports resolved.
pub enum Handler {
    /// Exports `wasi:http/incoming-handler@0.2`.
    V02(ProxyPre<GuestState>),
    /// Exports `wasi:http/handler@0.3`.
    V03(ServicePre<GuestState>),
}

impl Handler {
    /// Resolves the imports of `component`.
    ///
    /// # Errors
    /// Where it imports what the linker does not have, or exports no handler of this version.
    pub fn link(
        wasi: WasiVersion,
        linker: &Linker<GuestState>,
        component: &Component,
    ) -> wasmtime::Result<Self> {
        let pre = linker.instantiate_pre(component)?;
        Ok(match wasi {
            WasiVersion::V02 => Self::V02(ProxyPre::new(pre)?),
            WasiVersion::V03 => Self::V03(ServicePre::new(pre)?),
        })
    }

    /// The engine that it runs on.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        match self {
            Self::V02(pre) => pre.engine(),
            Self::V03(pre) => pre.engine(),
        }
    }

    /// Instantiates it in `store` and runs it to its end. The head goes out through `head` as soon as there is one;
    /// the body is written while this runs.
    ///
    /// # Errors
    /// The guest's trap, a limit's, or a failure to instantiate.
    pub async fn run(
        &self,
        store: &mut Store<GuestState>,
        request: Request<WasiBody>,
        head: oneshot::Sender<Head>,
    ) -> wasmtime::Result<()> {
        match self {
            Self::V02(pre) => run_02(pre, store, request, head).await,
            Self::V03(pre) => run_03(pre, store, request, head).await,
        }
    }
}

async fn run_02(
    pre: &ProxyPre<GuestState>,
    store: &mut Store<GuestState>,
    request: Request<WasiBody>,
    head: oneshot::Sender<Head>,
) -> wasmtime::Result<()> {
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let out = store.data_mut().http().new_response_outparam_from_callback(move |response| {
        // The receiver is gone when the client is; then nobody wants the answer.
        let _ = head.send(response.map_err(|code| format!("{code:?}")));
    })?;
    let proxy = pre.instantiate_async(&mut *store).await.context("instantiation failed")?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, out).await
}

async fn run_03(
    pre: &ServicePre<GuestState>,
    store: &mut Store<GuestState>,
    request: Request<WasiBody>,
    head: oneshot::Sender<Head>,
) -> wasmtime::Result<()> {
    let (request, read) = Request03::from_http(store.data_mut().http().hooks, request);
    let service = pre.instantiate_async(&mut *store).await.context("instantiation failed")?;
    store
        .run_concurrent(async move |accessor| {
            let response = match service.handle(accessor, request).await? {
                Ok(response) => Ok(accessor.with(|mut store| response.into_http(&mut store, read))?),
                Err(code) => Err(format!("{code:?}")),
            };
            let _ = head.send(response);
            // The handler has returned; tasks that it left behind write the body and do what else is to be done.
            poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
            Ok(())
        })
        .await?
}
