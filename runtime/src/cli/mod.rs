//! The command line.

mod build;
mod check;
mod command;
pub mod confine;
mod deploy;
mod dev;
mod local;
mod run;
mod serve;

use crate::compile::{WorkerArgs, run_worker};
use crate::config::{LogFormat, Variables, reference};
use crate::telemetry;
use clap::{Parser, Subcommand};
use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

/// Edge functions in WebAssembly sandboxes.
#[derive(Parser)]
#[command(name = "wasmforge", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: PostgreSQL, PostgREST, the platform, and the functions of a folder
    Dev(dev::DevArgs),
    /// Serve the functions of a PostgreSQL database, configured by environment
    Serve(serve::ServeArgs),
    /// Serve one function from a file, or run a command component once; no database
    Run(run::RunArgs),
    /// Find what is wrong with sources in JavaScript or TypeScript, without running them
    Check(check::CheckArgs),
    /// Bundle a source in JavaScript or TypeScript, and what it imports, into one module
    Build(build::BuildArgs),
    /// Deploy functions to a server
    Deploy(deploy::DeployArgs),
    /// Print every variable of the environment that is read, as a page of Markdown
    Configuration,
    /// Compile standard input to standard output under limits
    #[command(hide = true)]
    CompileWorker(WorkerArgs),
    /// Become another program, as an unprivileged user and for as long as the parent lives
    #[command(hide = true)]
    Confine(confine::ConfineArgs),
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::parse().command {
        // The compiler needs neither a log nor a runtime, and is started once per module.
        Command::CompileWorker(args) => run_worker(&args),
        // Credentials are a thread's, so there must be no other one yet.
        Command::Confine(args) => match confine::run(&args) {
            Ok(never) => match never {},
            Err(error) => failed(&error.into()),
        },
        Command::Configuration => configuration(),
        Command::Dev(args) => block_on(LogFormat::Pretty, dev::run(args)),
        Command::Serve(args) => block_on(LogFormat::Json, serve::run(args)),
        Command::Run(args) => block_on(LogFormat::Pretty, run::run(args)),
        Command::Check(args) => block_on(LogFormat::Pretty, check::run(args)),
        Command::Build(args) => block_on(LogFormat::Pretty, build::run(args)),
        Command::Deploy(args) => block_on(LogFormat::Pretty, deploy::run(args)),
    }
}

fn configuration() -> ExitCode {
    match std::io::stdout().write_all(reference::page().as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.into()),
    }
}

/// Runs a command on a runtime with a thread per core, and tells in one line why it failed.
fn block_on(log: LogFormat, command: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    telemetry::init_process_log(log_format(log));
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(command));
    result.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "wasmforge: {error:#}");
    ExitCode::FAILURE
}

/// `WASMFORGE_LOG_FORMAT`, or what suits the command.
fn log_format(default: LogFormat) -> LogFormat {
    match Variables::of_process().get("WASMFORGE_LOG_FORMAT") {
        Some("json") => LogFormat::Json,
        Some("pretty") => LogFormat::Pretty,
        _ => default,
    }
}
