//! Runs a `wasi:cli/command` component once, to completion: programs, and conformance suites.

use crate::config::{Config, Variables};
use crate::engine::{Environment, WasiVersion};
use crate::server::outbound_access;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use wasmforge_sandbox::{GuestState, Usage, run_command};
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
    match run_command(wasi, module, state).await {
        Ok(Ok(())) => Ok(ExitCode::SUCCESS),
        Ok(Err(())) => Ok(ExitCode::FAILURE),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(status)) => Ok(ExitCode::from(u8::try_from(*status).unwrap_or(1))),
            None => Err(anyhow::anyhow!("{error:?}")),
        },
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
    let memory = config.limits.maximum.memory;
    let usage = Arc::new(Usage::default());
    let access = outbound_access(&config)?;
    let state = GuestState::new(wasi.build(), Arc::new(options.environment), memory, access, &usage);
    Ok(state.with_arguments(options.arguments))
}
