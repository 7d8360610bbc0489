//! What the compiler process does: read a module and write machine code, or read a source and write a program.
//!
//! A hang or a crash at compile time is no vulnerability by wasmtime's definition, so a module from anybody is compiled
//! in a process of its own, which can be killed, and which holds no secret.

use super::inspect::{ComponentKind, inspect};
use super::javascript::{SourceError, worker as javascript};
use crate::engine::EngineProfile;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasmtime::Engine;

/// The exit status that says the module is at fault; its message is on standard error.
pub(super) const EXIT_BAD_MODULE: u8 = 3;

/// The exit status that says the compiler itself could not be set up.
pub(super) const EXIT_FAILED: u8 = 4;

/// The exit status that says a source is at fault; standard error has a [`SourceError`] as JSON.
pub(super) const EXIT_BAD_SOURCE: u8 = 5;

/// What the server tells the compiler process on its command line.
#[derive(Debug, Clone, clap::Args)]
pub struct WorkerArgs {
    /// The engine's profile.
    #[arg(long)]
    pub profile: String,
    /// Seconds of CPU time.
    #[arg(long)]
    pub cpu_seconds: u64,
    /// Bytes of address space.
    #[arg(long)]
    pub memory_bytes: u64,
    /// The machine code of the JavaScript engine, where the input is a source for it.
    #[arg(long)]
    pub javascript: Option<PathBuf>,
}

/// Compiles standard input to standard output.
#[must_use]
pub fn run(args: &WorkerArgs) -> ExitCode {
    match compile(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Module(message)) => fail(EXIT_BAD_MODULE, &message),
        Err(Failure::Source(error)) => {
            fail(EXIT_BAD_SOURCE, &serde_json::to_string(&error).unwrap_or_default())
        }
        Err(Failure::Setup(message)) => fail(EXIT_FAILED, &message),
    }
}

enum Failure {
    Module(String),
    Source(SourceError),
    Setup(String),
}

fn fail(code: u8, message: &str) -> ExitCode {
    let _ = std::io::stderr().write_all(message.as_bytes());
    ExitCode::from(code)
}

fn compile(args: &WorkerArgs) -> Result<(), Failure> {
    confine(args).map_err(|error| Failure::Setup(error.to_string()))?;
    let profile = EngineProfile::by_name(&args.profile)
        .ok_or_else(|| Failure::Setup(format!("unknown profile {}", args.profile)))?;
    let mut module = Vec::new();
    std::io::stdin().read_to_end(&mut module).map_err(|error| Failure::Setup(error.to_string()))?;
    let code = match &args.javascript {
        Some(engine) => javascript::compile(profile, engine, module)?,
        None => machine_code(profile, &module)?,
    };
    std::io::stdout().write_all(&code).map_err(|error| Failure::Setup(error.to_string()))
}

fn machine_code(profile: EngineProfile, module: &[u8]) -> Result<Vec<u8>, Failure> {
    inspect(module).map_err(|error| Failure::Module(error.to_string()))?;
    let engine = Engine::new(&profile.config()).map_err(|error| Failure::Setup(format!("{error:#}")))?;
    engine.precompile_component(module).map_err(|error| Failure::Module(format!("{error:#}")))
}

impl From<javascript::Failure> for Failure {
    fn from(failure: javascript::Failure) -> Self {
        match failure {
            javascript::Failure::Source(error) => Self::Source(error),
            javascript::Failure::Setup(message) => Self::Setup(message),
        }
    }
}

/// Sets the limits on this process, before it has read a byte of the module, and dies with the server.
fn confine(args: &WorkerArgs) -> rustix::io::Result<()> {
    let limit = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    // With both alike the kernel would kill outright, which looks like running out of memory.
    let cpu = Rlimit { current: Some(args.cpu_seconds), maximum: Some(args.cpu_seconds.saturating_add(1)) };
    setrlimit(Resource::Cpu, cpu)?;
    setrlimit(Resource::As, limit(args.memory_bytes))?;
    setrlimit(Resource::Core, limit(0))?;
    setrlimit(Resource::Fsize, limit(0))?;
    set_parent_process_death_signal(Some(Signal::KILL))
}

/// Which engine a handler's module is compiled for.
pub(super) fn profile_of(kind: ComponentKind, metered: bool) -> EngineProfile {
    match kind {
        ComponentKind::Handler(wasi) | ComponentKind::Command(wasi) => EngineProfile { wasi, metered },
    }
}
