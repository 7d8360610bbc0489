//! A component that is a program: run once, to completion.

use super::{EngineProfile, GuestState, WasiVersion, linker};
use wasmtime::component::Component;
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::Command as Command02;
use wasmtime_wasi::p3::bindings::Command as Command03;

/// Runs `module`'s `wasi:cli/run` on an engine of its own, without limits of time. `Err(())` is the program's own
/// failure.
///
/// # Errors
/// Where it does not compile or link, or traps; its exit is `wasmtime_wasi::I32Exit`.
pub async fn run_command(
    wasi: WasiVersion,
    module: &[u8],
    state: GuestState,
) -> wasmtime::Result<Result<(), ()>> {
    let mut config = EngineProfile { wasi, metered: false }.config();
    config.epoch_interruption(false);
    let engine = Engine::new(&config)?;
    let component = Component::new(&engine, module)?;
    let linker = linker(&engine, wasi)?;
    let mut store = Store::new(&engine, state);
    store.limiter(|state| &mut state.memory);
    match wasi {
        WasiVersion::V02 => {
            let command = Command02::instantiate_async(&mut store, &component, &linker).await?;
            command.wasi_cli_run().call_run(&mut store).await
        }
        WasiVersion::V03 => {
            let command = Command03::instantiate_async(&mut store, &component, &linker).await?;
            store.run_concurrent(async |accessor| command.wasi_cli_run().call_run(accessor).await).await?
        }
    }
}
