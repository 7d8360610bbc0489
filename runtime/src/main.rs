//! The binary `wasmforge`.

use clap::{Parser, Subcommand};
use wasmforge::cli::confine::{self, ConfineArgs};
use wasmforge::cli::dev::{self, DevArgs, Listeners, Server};
use wasmforge::config::Config;
use wasmforge::dev::{Artifact, Deploy, DeployError, Deployed};
use wasmforge::registry::Slug;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Dev(DevArgs),
    #[command(hide = true)]
    Confine(ConfineArgs),
}

/// Takes every function and answers none.
struct Offline;

#[async_trait::async_trait]
impl Deploy for Offline {
    async fn deploy(&self, _: &Slug, _: Artifact) -> Result<Deployed, DeployError> {
        Ok(Deployed::Changed)
    }
}

impl Server for Offline {
    fn announce(&self) -> std::io::Result<()> {
        Ok(())
    }

    async fn stopped(&self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

async fn serve(_: Config, _: Listeners) -> anyhow::Result<Offline> {
    Ok(Offline)
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Verb::Confine(args) => match confine::run(&args)? {},
        Verb::Dev(args) => {
            tracing_subscriber::fmt()
                .with_writer(std::io::stderr)
                .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
                .init();
            tokio::runtime::Runtime::new()?.block_on(dev::run(args, serve))
        }
    }
}
