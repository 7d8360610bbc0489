//! Runs a `wasi:cli/command` component once, to completion: programs, and conformance suites.

use crate::config::{Config, Variables};
use crate::engine::WasiVersion;
use crate::server::{Platform, capabilities};
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;
use wasmforge_host_api::auth::Caller;
use wasmforge_host_api::log::{Level, LogSink};
use wasmforge_host_api::secrets::{Secret, SecretSet};
use wasmforge_host_api::trace::Trace;
use wasmforge_host_api::{InvocationContext, Services};
use wasmforge_sandbox::{GuestState, Usage, run_command};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx};

/// What the command is given.
pub(super) struct Options {
    /// Its arguments; the first is its name.
    pub(super) arguments: Vec<String>,
    /// Its variables.
    pub(super) secrets: Vec<Secret>,
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
    config.outbound.allow_private_network |= options.allow_private_network;
    let mut wasi = WasiCtx::builder();
    wasi.inherit_stdio().allow_tcp(false).allow_udp(false);
    if let Some(files) = &options.files {
        wasi.preopened_dir(files, "/", FsPerms::ReadWrite)
            .map_err(|error| anyhow::anyhow!("--files {}: {error}", files.display()))?;
    }
    let memory = config.limits.maximum.memory;
    let usage = Arc::new(Usage::default());
    let session = session(&config, options.secrets, usage.clone())?;
    let state = GuestState::new(wasi.build(), Box::new(session), memory, &usage);
    Ok(state.with_arguments(options.arguments))
}

/// A command has a way out and variables, and no platform behind it.
fn session(config: &Config, secrets: Vec<Secret>, usage: Arc<Usage>) -> anyhow::Result<Services> {
    let secrets = Arc::new(ArcSwap::from_pointee(SecretSet::new(secrets)));
    let configured = capabilities(Platform::alone(config, secrets))?.configure(None);
    let configured = configured.map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let forever = Duration::from_secs(365 * 24 * 3600);
    let invocation = InvocationContext {
        id: Uuid::now_v7(),
        slug: "command".into(),
        version: 1,
        deadline: Instant::now() + forever,
        depth: 0,
        trace: Trace::of(Uuid::nil(), None, false, false),
        caller: Caller::default(),
        limits: config.limits.default.services,
        usage,
        log: Arc::new(NoLog),
        program: None,
    };
    Ok(Services::new(Arc::new(configured), Arc::new(invocation)))
}

/// A command writes to its terminal.
struct NoLog;

impl LogSink for NoLog {
    fn log(&self, _: Level, _: &str, _: &[(String, String)]) {}
}
