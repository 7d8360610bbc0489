//! The command line.

mod build;
mod check;
mod command;
mod completions;
pub mod confine;
mod delete;
mod deploy;
mod dev;
mod doctor;
mod failure;
mod inspect;
mod invocations;
mod invoke;
mod jobs;
mod list;
mod local;
mod logs;
mod moment;
mod needs;
mod new;
mod on_server;
mod output;
mod remote;
mod rollback;
mod run;
mod schedules;
mod secrets;
mod serve;
mod traffic;
mod triggers;
mod versions;

use crate::compile::{WorkerArgs, run_worker};
use crate::config::{LogFormat, Variables, reference};
use crate::registry::Slug;
use crate::telemetry;
use clap::{CommandFactory as _, Parser, Subcommand};
use on_server::OnServer;
use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;

/// Edge functions in WebAssembly sandboxes.
#[derive(Parser)]
#[command(name = "wasmforge", version, about, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 what was checked, built or deployed is not in order; 2 the command line \
makes no sense; 3 the server refused; 4 the server was not reached, or failed; 5 there is no such thing.";

#[derive(Subcommand)]
enum Command {
    /// Make a little project around a new function
    New(new::NewArgs),
    /// Run everything on this machine: PostgreSQL, PostgREST, the platform, and the functions of a folder
    Dev(dev::DevArgs),
    /// Serve one function from a file, or run a command component once; no database
    Run(run::RunArgs),
    /// Find what is wrong with functions, without running them
    Check(check::CheckArgs),
    /// Bundle a source in JavaScript or TypeScript, and what it imports, into one module
    Build(build::BuildArgs),
    /// Tell what a function is, imports and may use
    Inspect(inspect::InspectArgs),
    #[command(flatten)]
    OnServer(OnServer),
    /// Tell what is wrong with this machine's platform, or with a server, and what to do
    Doctor(doctor::DoctorArgs),
    /// Print what a shell completes
    Completions(completions::CompletionsArgs),
    /// Serve the functions of a PostgreSQL database, configured by environment
    Serve(serve::ServeArgs),
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
            Err(error) => failure::report(&error.into()),
        },
        Command::Configuration => ended(configuration()),
        Command::New(args) => ended(new::run(&args)),
        Command::Completions(args) => ended(completions::run(&args, Cli::command())),
        Command::Serve(args) => block_on(LogFormat::Json, serve::run(args)),
        Command::Dev(args) => block_on(LogFormat::Pretty, dev::run(args)),
        Command::Run(args) => block_on(LogFormat::Pretty, run::run(args)),
        Command::Check(args) => block_on(LogFormat::Pretty, check::run(args)),
        Command::Build(args) => block_on(LogFormat::Pretty, build::run(args)),
        Command::Inspect(args) => block_on(LogFormat::Pretty, inspect::run(args)),
        Command::OnServer(command) => block_on(LogFormat::Pretty, on_server::run(command)),
        Command::Doctor(args) => block_on(LogFormat::Pretty, doctor::run(args)),
    }
}

/// Runs a command on a runtime with a thread per core, and tells in one line why it failed.
fn block_on(log: LogFormat, command: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    telemetry::init_process_log(log_format(log));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    ended(runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(command)))
}

fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| failure::report(&error))
}

fn configuration() -> anyhow::Result<ExitCode> {
    write!(std::io::stdout(), "{}", reference::page())?;
    Ok(ExitCode::SUCCESS)
}

/// A slug on the command line.
fn slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|error| error.to_string())
}

/// `WASMFORGE_LOG_FORMAT`, or what suits the command.
fn log_format(default: LogFormat) -> LogFormat {
    match Variables::of_process().get("WASMFORGE_LOG_FORMAT") {
        Some("json") => LogFormat::Json,
        Some("pretty") => LogFormat::Pretty,
        _ => default,
    }
}
