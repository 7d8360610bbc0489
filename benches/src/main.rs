//! The load harness: servers side by side in one run, and what Wasmforge costs when it is cold or full.
//!
//! The unit is the server's CPU time per request, which a noisy clock fakes less easily than requests per second. The
//! server has one core and everything else another one. `docs/benchmarks.md` says how to read the tables.

mod bare;
mod code;
mod cold;
mod cores;
mod functions;
mod http1;
mod install;
mod javascript;
mod load;
mod memory;
mod meters;
mod node;
mod nodes;
mod peers;
mod postgres;
mod process;
mod queue;
mod schedules;
mod stats;
mod table;
mod throughput;
mod v8;
mod waits;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand, ValueEnum};
use code::Language;
use cores::Cores;
use install::Installation;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(name = "wasmforge-benches", about = "Measures Wasmforge beside its peers")]
struct Cli {
    #[command(subcommand)]
    server: Option<Server>,
    #[command(flatten)]
    plan: Plan,
}

#[derive(Subcommand)]
enum Server {
    /// Be the bare hyper server that the others are compared with
    #[command(hide = true)]
    BareHyper,
}

/// How much is measured.
#[derive(clap::Args)]
struct Plan {
    /// What the measured functions are written in
    #[arg(long, value_enum, default_value = "rust")]
    language: Language,
    /// Measure only these
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Rounds of the comparison; every server has its turn in each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds of one turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Connections of the comparison
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64],
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: Vec<u16>,
    /// Restarts and deploys of the cold measurements
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    restarts: u32,
    /// Requests that are put into the queue
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u32).range(16..=10_000))]
    jobs: u32,
    /// Functions that are loaded at once [default: 200 components, each of which is compiled for a third of a second,
    /// or 10,000 in JavaScript]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    functions: Option<u32>,
    /// Requests that wait inside a guest at once [default: 1,000, or 200 in JavaScript]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000))]
    waiting: Option<u16>,
    /// Schedules that are due in the same second
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=2000))]
    schedules: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Requests per second and CPU time per request, beside peers
    Throughput,
    /// First requests after a start and after a deploy
    Cold,
    /// Deploys until another node answers
    Nodes,
    /// Resident memory: idle, full, and with many requests waiting
    Memory,
    /// How late the last of many schedules fires, with two nodes; only where it is asked for
    Schedules,
    /// Requests that are answered later
    Queue,
}

impl Plan {
    fn includes(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn functions(&self) -> u32 {
        let usual = match self.language {
            Language::Rust => 200,
            Language::JavaScript => 10_000,
        };
        self.functions.unwrap_or(usual)
    }

    fn waiting(&self) -> u16 {
        let usual = match self.language {
            Language::Rust => 1000,
            Language::JavaScript => 200,
        };
        self.waiting.unwrap_or(usual)
    }

    fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.server {
        Some(Server::BareHyper) => bare::serve(),
        None => measure(&cli.plan),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasmforge-benches: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Everything happens on this one thread: the load generator needs no more, and servers, which are told to stop when
/// the thread that started them ends, are started by one that lives as long as the process.
fn measure(plan: &Plan) -> Result<()> {
    let cores = Cores::split()?;
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            result = measure_all(plan, cores) => result,
            // Returning drops the servers and their folders.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    })
}

async fn measure_all(plan: &Plan, cores: Cores) -> Result<()> {
    let installation = Installation::prepare(cores).await.context("set-up")?;
    if plan.includes(Part::Throughput) {
        match plan.language {
            Language::Rust => throughput::measure(&installation, plan).await,
            Language::JavaScript => javascript::measure(&installation, plan).await,
        }
        .context("throughput")?;
    }
    if plan.includes(Part::Cold) {
        cold::measure(&installation, plan.language, plan.restarts).await.context("cold starts")?;
    }
    if plan.includes(Part::Nodes) {
        nodes::measure(&installation, plan.language, plan.restarts).await.context("two nodes")?;
    }
    if plan.includes(Part::Queue) {
        queue::measure(&installation, plan.language, plan.jobs).await.context("the queue")?;
    }
    if plan.includes(Part::Memory) {
        memory::measure(&installation, plan).await.context("memory")?;
    }
    if plan.only.contains(&Part::Schedules) {
        schedules::measure(&installation, plan.schedules).await.context("schedules")?;
    }
    Ok(())
}

/// A thousand connections are a thousand files here and again in the server, which inherits the limit.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        eprintln!("wasmforge-benches: the limit of open files stays as it is: {error}");
    }
}

/// Tells what is being done; the tables are on standard output.
fn say(what: std::fmt::Arguments<'_>) {
    eprintln!("wasmforge-benches: {what}");
}
