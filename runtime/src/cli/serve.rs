//! `wasmforge serve`: production, configured by its environment.

use crate::config::{Config, Variables};
use crate::registry::PostgresRegistry;
use crate::server::{Listener, Node, ReadyFile, Shutdown, url_of};
use anyhow::Context as _;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the ready file waits for the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// What overrides the environment.
#[derive(clap::Args)]
pub(super) struct ServeArgs {
    /// The functions listener; port 0 takes a free one [default: $HOST:$PORT, [::]:7133]
    #[arg(long)]
    functions_addr: Option<SocketAddr>,
    /// The platform listener [default: $WASMFORGE_PLATFORM_ADDR, 127.0.0.1:7130]
    #[arg(long)]
    platform_addr: Option<SocketAddr>,
    /// Serve functions only: InsForge's own backend serves the platform
    #[arg(long, conflicts_with = "platform_addr")]
    no_platform: bool,
    /// A file that the addresses are written to once they answer
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

pub(super) async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let mut config = Config::from_variables(&Variables::of_process())?;
    config.functions_addr = args.functions_addr.unwrap_or(config.functions_addr);
    config.platform_addr = match args.no_platform {
        true => None,
        false => args.platform_addr.or(config.platform_addr),
    };
    config.ready_file = args.ready_file.or(config.ready_file);
    let functions = Listener::bind(config.functions_addr).await?;
    let platform = match config.platform_addr {
        Some(addr) => Some(Listener::bind(addr).await?),
        None => None,
    };
    // A port that was chosen by the system is known from here on.
    config.platform_addr = platform.as_ref().map(Listener::addr);
    let _ = writeln!(std::io::stderr(), "listening on {}/", url_of(functions.addr()));
    serve(config, functions, platform).await
}

async fn serve(config: Config, functions: Listener, platform: Option<Listener>) -> anyhow::Result<ExitCode> {
    let stop = CancellationToken::new();
    Shutdown::listen().context("signal handlers cannot be installed")?.cancel(stop.clone());
    let ready_file = config.ready_file.clone();
    let node = Node::start(config)?;
    let announced = ready_file.map(|path| {
        let (functions, platform) = (url_of(functions.addr()), platform.as_ref().map(|p| url_of(p.addr())));
        tokio::spawn(announce(path, node.registry.clone(), functions, platform))
    });
    node.serve(functions, platform, stop).await;
    if let Some(announced) = announced {
        announced.abort();
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the ready file once functions are known. While the database does not answer, the listeners do, so it is
/// written without a key after [`PATIENCE`].
async fn announce(path: PathBuf, registry: PostgresRegistry, functions: String, platform: Option<String>) {
    let _ = tokio::time::timeout(PATIENCE, registry.synced()).await;
    let credentials = registry.credentials();
    match ReadyFile::write(&path, &functions, platform.as_deref(), credentials.api_key()) {
        // Held until the process stops; then the file goes.
        Ok(_file) => std::future::pending().await,
        Err(error) => tracing::error!(path = %path.display(), %error, "the ready file was not written"),
    }
}
