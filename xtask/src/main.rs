//! `cargo xtask …`: everything that is done to this repository and is not plain cargo.
//!
//! Each command does its own set-up, says on stderr what it is doing, and ends in one sentence if it cannot go on.

mod bench;
mod browser;
mod clients;
mod command;
mod dashboard;
mod debian;
mod dev;
mod docs;
mod guests;
mod javascript;
mod nextest;
mod node;
mod packages;
mod paths;
mod python;
mod runtime;
mod stamp;
mod test;
mod toolchain;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Set-up, guest builds, tests and benches of this repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Get everything that the other tasks need: the guests' toolchain, the test runner, PostgreSQL, PostgREST, the JavaScript
    /// engine
    Setup,
    /// Build the examples, functions and test guests to WebAssembly, and print the folder they are in
    Guests,
    /// Build the server and beside it the engine of JavaScript functions, and print where that is
    Js {
        /// As they are deployed: with optimisations, in `target/release`
        #[arg(long)]
        release: bool,
    },
    /// Bundle the dashboard, which the server's next build takes in, and print the folder it is in
    Dashboard,
    /// Run all tests; arguments go to the test runner
    Test {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Run the platform on this machine with the examples and functions; arguments go to `wasmforge dev`
    Dev {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Run the benches
    Bench(bench::Options),
    /// Render the platform's interfaces into `docs/platform-api.md`
    Docs,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Setup => setup(),
        Task::Guests => guests::main(),
        Task::Js { release } => javascript::main(release),
        Task::Dashboard => dashboard::main(),
        Task::Test { args } => test::run_all(&args),
        Task::Dev { args } => dev::run(&args),
        Task::Bench(options) => bench::run_all(&options),
        Task::Docs => docs::main(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn setup() -> anyhow::Result<()> {
    let toolchain = toolchain::provide()?;
    nextest::provide()?;
    let binary = runtime::build()?;
    javascript::build(&toolchain, &binary)?;
    let services = runtime::services(&binary)?;
    command::say(format_args!("PostgreSQL: {}", services.postgres_bin.display()));
    if let Some(postgrest) = services.postgrest {
        command::say(format_args!("PostgREST: {}", postgrest.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bench_does_not_know_goes_to_the_benches() {
        let cli = Cli::try_parse_from(["xtask", "bench", "--parts", "--rounds", "1", "--wasmtime"]).unwrap();
        let Task::Bench(options) = cli.task else { panic!("not bench") };
        assert!(options.parts && !options.wasmtime);
        assert_eq!(options.args, ["--rounds", "1", "--wasmtime"]);
    }

    #[test]
    fn javascript_is_measured_by_servers_or_by_parts() {
        let cli = Cli::try_parse_from(["xtask", "bench", "--javascript", "--parts"]).unwrap();
        let Task::Bench(options) = cli.task else { panic!("not bench") };
        assert!(options.javascript && options.parts);
        assert!(Cli::try_parse_from(["xtask", "bench", "--javascript", "--services"]).is_err());
    }

    #[test]
    fn services_are_measured_over_a_database() {
        let url = "postgres://postgres@localhost/postgres";
        let cli = Cli::try_parse_from(["xtask", "bench", "--services", "--database-url", url]).unwrap();
        let Task::Bench(options) = cli.task else { panic!("not bench") };
        assert!(options.services && options.database_url.as_deref() == Some(url));
        assert!(Cli::try_parse_from(["xtask", "bench", "--services", "--parts"]).is_err());
    }
}
