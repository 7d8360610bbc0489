//! Runs a `wasi:cli/command` component once, to completion: programs, and conformance suites.

use crate::config::{Config, Variables};
use crate::engine::{EngineProfile, Environment, GuestState, Limits, Usage, WasiVersion, link_everything};
use crate::server::outbound_access;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::Command as Command02;
use wasmtime_wasi::p3::bindings::Command as Command03;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx};

/// What the command is given.
pub(super) struct Options {
    /// Its arguments; the first is its name.
    pub(super) arguments: Vec<String>,
    /// Its variables.
    pub(super) environment: Environment,
    /// A folder that it sees as `/`.
    pub(super) files: Option<PathBuf>,
    /// Whether it may reach private addresses.
    pub(super) allow_private_network: bool,
}

/// Runs the command with this process's standard streams and ends with its status. It is the caller's own program at
/// the caller's own terminal: no time limit, and the caller's interrupt ends it.
pub(super) async fn run(wasi: WasiVersion, module: &[u8], options: Options) -> anyhow::Result<ExitCode> {
    let state = state(options)?;
    match run_to_completion(wasi, module, state).await {
        Ok(Ok(())) => Ok(ExitCode::SUCCESS),
        Ok(Err(())) => Ok(ExitCode::FAILURE),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(status)) => Ok(ExitCode::from(u8::try_from(*status).unwrap_or(1))),
            None => Err(anyhow::anyhow!("{error:?}")),
        },
    }
}

async fn run_to_completion(
    wasi: WasiVersion,
    module: &[u8],
    state: GuestState,
) -> wasmtime::Result<Result<(), ()>> {
    let profile = EngineProfile { wasi, metered: false };
    let mut config = profile.config();
    config.epoch_interruption(false);
    let engine = Engine::new(&config)?;
    let component = Component::new(&engine, module)?;
    let mut linker = Linker::new(&engine);
    link_everything(&mut linker, profile)?;
    let mut store = Store::new(&engine, state);
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

fn state(options: Options) -> anyhow::Result<GuestState> {
    let mut config = Config::from_variables(&Variables::of_process())?;
    config.allow_private_network |= options.allow_private_network;
    let mut wasi = WasiCtx::builder();
    wasi.inherit_stdio().allow_tcp(false).allow_udp(false);
    if let Some(files) = &options.files {
        wasi.preopened_dir(files, "/", FsPerms::ReadWrite)
            .map_err(|error| anyhow::anyhow!("--files {}: {error}", files.display()))?;
    }
    let limits = Limits { memory: config.limits.maximum.memory, ..config.limits.default };
    let usage = Arc::new(Usage::default());
    let access = outbound_access(&config)?;
    let state = GuestState::new(wasi.build(), Arc::new(options.environment), &limits, access, &usage);
    Ok(state.with_arguments(options.arguments))
}
