//! What an invocation of a JavaScript function costs, in process and without a socket: its steps in time, and what
//! does not depend on the clock: page faults, pages written, instructions.
//!
//! The steps are those of the bench `invoke`. A program's bytecode is loaded by the handler, so that what loading it
//! costs is the difference between functions that answer alike: `hello`; the same with some 10 KiB of bytecode that is
//! loaded and not evaluated; the same evaluated; and the same below a bundle of 60 KB of source. The engine is the one
//! that `WASMFORGE_JS_ENGINE` names.

#[path = "../src/functions.rs"]
mod functions;
mod one_function;
mod pages;
mod steps;

use anyhow::{Context as _, anyhow};
use criterion::Criterion;
use functions::{HELLO, LARGE, MEDIUM, bundle, unused};
use one_function::OneFunction;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use steps::Steps;
use tokio::runtime::Runtime;

/// Requests over which page faults are counted.
const REQUESTS: u32 = 1000;

/// Instances that are held to count the pages that each has written. The first few take places in the pool that have
/// been used before.
const USED: usize = 4;
const HELD: usize = 16;

/// Fuel that no request uses up.
const FUEL: u64 = 100_000_000_000;

fn main() -> ExitCode {
    one_function::main("javascript", bench)
}

fn bench() -> anyhow::Result<()> {
    // One thread, as instances of one core have it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cache = tempfile::tempdir()?;
    let mut functions = Vec::new();
    for (name, source) in [
        ("hello", HELLO.to_owned()),
        ("loaded-10-KiB", unused(MEDIUM)),
        ("evaluated-10-KiB", bundle(MEDIUM, "")),
        ("bundle-60-KB", bundle(LARGE, "")),
    ] {
        functions.push(runtime.block_on(prepare(name, source, cache.path()))?);
    }
    let mut criterion = Criterion::default().configure_from_args();
    measure(&functions, &mut criterion, &runtime);
    criterion.final_summary();
    count(&functions, &runtime)?;
    for function in functions {
        function.0.invoker.recorder.stop();
    }
    Ok(())
}

async fn prepare(name: &str, source: String, cache: &Path) -> anyhow::Result<Steps> {
    let steps = Steps(OneFunction::prepare_source(name, source, cache.to_owned()).await?);
    steps.check().await.map_err(|error| anyhow!("{name} does not run: {error:#}"))?;
    Ok(steps)
}

fn measure(functions: &[Steps], criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("javascript");
    if let Some(any) = functions.first() {
        group.bench_function("1 store", |b| b.to_async(runtime).iter(async || black_box(any.store())));
        group.bench_function("2 store and instance", |b| b.to_async(runtime).iter(|| any.instance()));
    }
    for function in functions {
        let name = function.0.function.slug.as_str();
        let answer = format!("3 store, instance and answer: {name}");
        group.bench_function(answer, |b| b.to_async(runtime).iter(|| function.answer()));
        let whole = format!("4 whole invocation: {name}");
        group.bench_function(whole, |b| b.to_async(runtime).iter(|| function.invoke()));
    }
    group.finish();
}

/// Prints what is counted, a line for each function.
fn count(functions: &[Steps], runtime: &Runtime) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\n| function | bytecode, bytes | fuel, thousands | minor faults/request | engine's pages written | fresh pages \
         written |\n|---|--:|--:|--:|--:|--:|"
    )?;
    for function in functions {
        let program = function.0.code.program.as_ref().context("a function without a program")?;
        let fuel = runtime.block_on(fuel(function)).map_err(|error| anyhow!("{error:#}"))?;
        let faults = runtime.block_on(faults(function)).map_err(|error| anyhow!("{error:#}"))?;
        let written = runtime.block_on(written(function))?;
        writeln!(
            out,
            "| {} | {} | {} | {faults:.1} | {:.1} | {:.1} |",
            function.0.function.slug.as_str(),
            program.bytecode.len(),
            fuel / 1000,
            written.copied,
            written.fresh
        )?;
    }
    Ok(out.flush()?)
}

/// Fuel of one request: wasm instructions, but for those that wasmtime does not count.
async fn fuel(function: &Steps) -> wasmtime::Result<u64> {
    let metered = function.0.invoker.loader.load(&function.0.function, true).await;
    let metered = metered.map_err(|error| wasmtime::Error::msg(error.to_string()))?;
    let store = function.store_of(&metered, Some(FUEL))?;
    let (store, _) = function.answer_in(store, &metered).await?;
    Ok(FUEL - store.get_fuel()?)
}

/// Page faults that the kernel served from memory, for each request.
async fn faults(function: &Steps) -> wasmtime::Result<f64> {
    for _ in 0..REQUESTS / 10 {
        function.answer().await?;
    }
    let before = pages::minor_faults()?;
    for _ in 0..REQUESTS {
        function.answer().await?;
    }
    Ok((pages::minor_faults()? - before) as f64 / f64::from(REQUESTS))
}

/// Pages of its memory that an instance has written when it has answered.
async fn written(function: &Steps) -> anyhow::Result<pages::Written> {
    let answer = async || function.answer().await.map_err(|error| anyhow!("{error:#}"));
    let mut held = Vec::new();
    for _ in 0..USED {
        held.push(answer().await?);
    }
    let before = pages::Written::now()?;
    for _ in 0..HELD {
        held.push(answer().await?);
    }
    let now = pages::Written::now()?;
    drop(held);
    Ok(now.since(before, HELD))
}
