//! Evaluates the web platform layer in the JavaScript engine, and writes the engine that has it in memory.
//!
//! The engine's host calls trap here, so that nothing of this machine can be in what every function starts from: no random
//! number, no environment. Those that QuickJS and Rust's hash tables make when they start get a constant answer.

mod state;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser;
use state::Instrumented;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::component::{Component, ComponentType, Linker, Lower};
use wasmtime::{Config, Engine, Store};
use wasmtime_wizer::Wizer;

/// Writes a JavaScript engine that has its web platform in memory.
#[derive(Parser)]
struct Arguments {
    /// The engine's component.
    #[arg(long)]
    engine: PathBuf,
    /// The layer, as one script.
    #[arg(long)]
    layer: PathBuf,
    /// Where the result goes.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let engine = std::fs::read(&arguments.engine).with_context(|| arguments.engine.display().to_string())?;
    let layer =
        std::fs::read_to_string(&arguments.layer).with_context(|| arguments.layer.display().to_string())?;
    let snapshot = block_on(snapshot(&engine, &layer)).map_err(|error| anyhow!("{error:?}"))?;
    std::fs::write(&arguments.out, snapshot).with_context(|| arguments.out.display().to_string())
}

async fn snapshot(engine: &[u8], layer: &str) -> wasmtime::Result<Vec<u8>> {
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument_component(engine)?;
    let engine = Engine::new(&Config::new())?;
    let component = Component::new(&engine, instrumented)?;
    let mut linker = Linker::new(&engine);
    constant_imports(&mut linker)?;
    linker.define_unknown_imports_as_traps(&component)?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate_async(&mut store, &component).await?;
    let initialize = instance.get_typed_func::<(&str,), (Result<(), String>,)>(&mut store, "initialize")?;
    let (initialized,) = initialize.call_async(&mut store, (layer,)).await?;
    initialized.map_err(|message| wasmtime::format_err!("the layer failed: {message}"))?;
    wizer.snapshot_component(&context, &mut Instrumented { store, instance }).await
}

/// QuickJS asks for the time to seed `Math.random` and for `performance`, both of which the layer replaces; tables of Rust's are seeded, and hold nothing that
/// a caller chooses.
fn constant_imports(linker: &mut Linker<()>) -> wasmtime::Result<()> {
    let mut random = linker.instance("wasi:random/insecure-seed@0.2.12")?;
    random.func_wrap("insecure-seed", |_, (): ()| Ok(((0_u64, 0_u64),)))?;
    let mut clock = linker.instance("wasi:clocks/wall-clock@0.2.12")?;
    clock.func_wrap("now", |_, (): ()| Ok((Datetime { seconds: 0, nanoseconds: 0 },)))?;
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    clock.func_wrap("now", |_, (): ()| Ok((0_u64,)))
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Nothing here ever waits: every future is ready when it is first polled.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}
