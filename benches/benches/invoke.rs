//! What an instance costs alone, and what the whole invocation costs around it, in process and without a socket.
//!
//! Each step contains the one before it: a store with a guest's state; an instance in it from a pre-linked component;
//! the handler's answer; the invocation with lookup, admission, limits, record and log line. The differences are
//! whose the microseconds are. The guest is `hello`, from `WASMFORGE_GUESTS`.

mod one_function;
mod steps;

use anyhow::anyhow;
use criterion::Criterion;
use one_function::OneFunction;
use std::hint::black_box;
use std::process::ExitCode;
use steps::Steps;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    one_function::main("invoke", bench)
}

fn bench() -> anyhow::Result<()> {
    // One thread, as instances of one core have it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cache = tempfile::tempdir()?;
    let hello = runtime.block_on(OneFunction::prepare("hello", cache.path().to_owned(), &[]))?;
    let hello = Steps(hello);
    runtime.block_on(hello.check()).map_err(|error| anyhow!("hello does not run: {error:#}"))?;
    let mut criterion = Criterion::default().configure_from_args();
    measure(&hello, &mut criterion, &runtime);
    criterion.final_summary();
    hello.0.invoker.recorder.stop();
    Ok(())
}

fn measure(hello: &Steps, criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("hello");
    group.bench_function("1 store", |b| b.to_async(runtime).iter(async || black_box(hello.store())));
    group.bench_function("2 store and instance", |b| b.to_async(runtime).iter(|| hello.instance()));
    group.bench_function("3 store, instance and answer", |b| b.to_async(runtime).iter(|| hello.answer()));
    group.bench_function("4 whole invocation", |b| b.to_async(runtime).iter(|| hello.invoke()));
    group.finish();
}
