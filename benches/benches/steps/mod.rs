//! The steps of one invocation in process, without a socket. Each contains the one before it.

use crate::one_function::OneFunction;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;
use wasmforge::compile::Code;
use wasmforge_host_api::auth::Caller;
use wasmforge_host_api::log::{Level, LogSink};
use wasmforge_host_api::trace::Trace;
use wasmforge_host_api::{Configured, InvocationContext, Services};
use wasmforge_sandbox::{GuestState, Handler, StoreLimits, Usage, new_store};
use wasmtime::Store;
use wasmtime_wasi::WasiCtx;

/// One function, step by step.
pub(crate) struct Steps(pub(crate) OneFunction);

impl Steps {
    /// What does not work is not measured.
    pub(crate) async fn check(&self) -> wasmtime::Result<()> {
        self.instance().await?;
        let (_, answered) = self.answer().await?;
        if answered == 0 || self.invoke().await? != answered {
            wasmtime::bail!("it answers nothing");
        }
        Ok(())
    }

    /// A store with a guest's state.
    pub(crate) fn store(&self) -> wasmtime::Result<Store<GuestState>> {
        self.store_of(&self.0.code, None)
    }

    /// The same for other code of the same function, with so much fuel.
    pub(crate) fn store_of(&self, code: &Code, fuel: Option<u64>) -> wasmtime::Result<Store<GuestState>> {
        let limits = self.0.invoker.policy.default;
        let usage = Arc::new(Usage::default());
        let wasi = WasiCtx::builder().build();
        let services = Services::new(self.configured()?, Arc::new(self.context(code, &usage)));
        let state = GuestState::new(wasi, Box::new(services), limits.memory, &usage);
        new_store(code.prepared.handler.engine(), state, StoreLimits { cpu: limits.cpu, fuel }, &usage)
    }

    fn configured(&self) -> wasmtime::Result<Arc<Configured>> {
        let configured = self.0.invoker.capabilities.configure(None);
        configured.map(Arc::new).map_err(|errors| wasmtime::Error::msg(format!("{errors:?}")))
    }

    fn context(&self, code: &Code, usage: &Arc<Usage>) -> InvocationContext {
        InvocationContext {
            id: uuid::Uuid::nil(),
            slug: self.0.function.slug.as_str().into(),
            version: 1,
            deadline: Instant::now() + self.0.invoker.policy.default.wall,
            depth: 0,
            trace: Trace::of(uuid::Uuid::nil(), None, false, false),
            caller: Caller::default(),
            limits: self.0.invoker.policy.default.services,
            usage: usage.clone(),
            log: Arc::new(NoLog),
            program: code.program.clone(),
        }
    }

    /// A store and an instance in it from a pre-linked component.
    pub(crate) async fn instance(&self) -> wasmtime::Result<()> {
        let mut store = self.store()?;
        match &self.0.code.prepared.handler {
            Handler::V02(pre) => pre.instance_pre().instantiate_async(&mut store).await.map(drop),
            Handler::V03(pre) => pre.instance_pre().instantiate_async(&mut store).await.map(drop),
        }
    }

    /// A store, an instance and the handler's answer: the store as it is then, and the length of the body.
    pub(crate) async fn answer(&self) -> wasmtime::Result<(Store<GuestState>, usize)> {
        self.answer_in(self.store()?, &self.0.code).await
    }

    /// The same in a store of other code.
    pub(crate) async fn answer_in(
        &self,
        mut store: Store<GuestState>,
        code: &Code,
    ) -> wasmtime::Result<(Store<GuestState>, usize)> {
        let (sender, head) = oneshot::channel();
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::get("http://localhost/hello").body(body)?;
        let run = code.prepared.handler.run(&mut store, request, sender);
        let answer = async {
            let response = head.await?.map_err(wasmtime::Error::msg)?;
            if !response.status().is_success() {
                wasmtime::bail!("it answers {}", response.status());
            }
            wasmtime::error::Ok(response.into_body().collect().await?.to_bytes().len())
        };
        let (run, length) = tokio::join!(run, answer);
        run?;
        Ok((store, length?))
    }

    /// The same through the whole of the runtime: lookup, admission, limits, record, log line.
    pub(crate) async fn invoke(&self) -> wasmtime::Result<usize> {
        let request = Request::get("http://localhost/hello").body(Empty::<Bytes>::new())?;
        let response = self.0.invoker.invoke(self.0.function.slug.as_str(), request).await;
        Ok(response.into_body().collect().await?.to_bytes().len())
    }
}

/// Nobody reads what a benchmark logs.
struct NoLog;

impl LogSink for NoLog {
    fn log(&self, _: Level, _: &str, _: &[(String, String)]) {}
}
