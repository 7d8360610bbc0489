//! What an instance costs alone, and what the whole invocation costs around it, in process and without a socket.
//!
//! Each step contains the one before it: a store with a guest's state; an instance in it from a pre-linked component;
//! the handler's answer; the invocation with lookup, admission, limits, record and log line. The differences are
//! whose the microseconds are. The guest is `hello`, from `WASMFORGE_GUESTS`.

mod one_function;

use anyhow::anyhow;
use bytes::Bytes;
use criterion::Criterion;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use one_function::OneFunction;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::time::Instant;
use wasmforge::engine::Prepared;
use wasmforge::invoke::Invoker;
use wasmforge_host_api::auth::Caller;
use wasmforge_host_api::log::{Level, LogSink};
use wasmforge_host_api::{Configured, InvocationContext, Services};
use wasmforge_sandbox::{GuestState, Handler, StoreLimits, Usage, new_store};
use wasmtime::Store;
use wasmtime_wasi::WasiCtx;

fn main() -> ExitCode {
    one_function::main("invoke", bench)
}

fn bench() -> anyhow::Result<()> {
    // One thread, as instances of one core have it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cache = tempfile::tempdir()?;
    let hello = runtime.block_on(Hello::prepare(cache.path().to_owned()))?;
    runtime.block_on(hello.check()).map_err(|error| anyhow!("hello does not run: {error:#}"))?;
    let mut criterion = Criterion::default().configure_from_args();
    hello.bench(&mut criterion, &runtime);
    criterion.final_summary();
    hello.invoker.recorder.stop();
    Ok(())
}

/// The function with everything that runs it.
struct Hello {
    prepared: Arc<Prepared>,
    invoker: Invoker,
}

impl Hello {
    async fn prepare(cache_dir: PathBuf) -> anyhow::Result<Self> {
        let OneFunction { prepared, invoker } = OneFunction::prepare("hello", cache_dir, &[]).await?;
        Ok(Self { prepared, invoker })
    }

    /// What does not work is not measured.
    async fn check(&self) -> wasmtime::Result<()> {
        let mut store = self.store()?;
        self.instantiate(&mut store).await?;
        for length in [self.handle().await?, self.invoke().await?] {
            if length == 0 {
                wasmtime::bail!("it answers nothing");
            }
        }
        Ok(())
    }

    fn bench(&self, criterion: &mut Criterion, runtime: &Runtime) {
        let mut group = criterion.benchmark_group("hello");
        group.bench_function("1 store", |b| b.to_async(runtime).iter(async || black_box(self.store())));
        group.bench_function("2 store and instance", |b| {
            b.to_async(runtime).iter(async || {
                let mut store = self.store()?;
                self.instantiate(&mut store).await
            });
        });
        group.bench_function("3 store, instance and answer", |b| b.to_async(runtime).iter(|| self.handle()));
        group.bench_function("4 whole invocation", |b| b.to_async(runtime).iter(|| self.invoke()));
        group.finish();
    }

    fn store(&self) -> wasmtime::Result<Store<GuestState>> {
        let limits = self.invoker.policy.default;
        let usage = Arc::new(Usage::default());
        let wasi = WasiCtx::builder().build();
        let services = Services::new(self.configured()?, Arc::new(self.context(&usage)));
        let state = GuestState::new(wasi, Box::new(services), limits.memory, &usage);
        new_store(self.prepared.handler.engine(), state, StoreLimits { cpu: limits.cpu, fuel: None }, &usage)
    }

    fn configured(&self) -> wasmtime::Result<Arc<Configured>> {
        let configured = self.invoker.capabilities.configure(None);
        configured.map(Arc::new).map_err(|errors| wasmtime::Error::msg(format!("{errors:?}")))
    }

    fn context(&self, usage: &Arc<Usage>) -> InvocationContext {
        InvocationContext {
            id: uuid::Uuid::nil(),
            slug: "hello".into(),
            version: 1,
            deadline: Instant::now() + self.invoker.policy.default.wall,
            depth: 0,
            caller: Caller::default(),
            limits: self.invoker.policy.default.services,
            usage: usage.clone(),
            log: Arc::new(NoLog),
            program: None,
        }
    }

    async fn instantiate(&self, store: &mut Store<GuestState>) -> wasmtime::Result<()> {
        match &self.prepared.handler {
            Handler::V02(pre) => pre.instance_pre().instantiate_async(store).await.map(drop),
            Handler::V03(pre) => pre.instance_pre().instantiate_async(store).await.map(drop),
        }
    }

    /// The handler's answer and its body's length.
    async fn handle(&self) -> wasmtime::Result<usize> {
        let mut store = self.store()?;
        let (sender, head) = oneshot::channel();
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::get("http://localhost/hello").body(body)?;
        let run = self.prepared.handler.run(&mut store, request, sender);
        let answer = async {
            let response = head.await?.map_err(wasmtime::Error::msg)?;
            wasmtime::error::Ok(response.into_body().collect().await?.to_bytes().len())
        };
        let (run, length) = tokio::join!(run, answer);
        run?;
        length
    }

    /// The same through the whole of the runtime.
    async fn invoke(&self) -> wasmtime::Result<usize> {
        let request = Request::get("http://localhost/hello").body(Empty::<Bytes>::new())?;
        let response = self.invoker.invoke("hello", request).await;
        Ok(response.into_body().collect().await?.to_bytes().len())
    }
}

/// Nobody reads what a benchmark logs.
struct NoLog;

impl LogSink for NoLog {
    fn log(&self, _: Level, _: &str, _: &[(String, String)]) {}
}
