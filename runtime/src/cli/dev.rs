//! `wasmforge dev`: the whole platform on this machine, with the functions of a folder.

use crate::config::{Config, LogFormat, StoreConfig, Variables};
use crate::dev::{self, LocalServices, RegistryDeploy, Session};
use crate::registry::PostgresRegistry;
use crate::server::{Listener, Node, ReadyFile, Shutdown, url_of};
use anyhow::Context as _;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use wasmforge_host_api::files::AssetsRoot;

/// What `dev` is told on the command line.
#[derive(clap::Args)]
pub(super) struct DevArgs {
    /// A folder of functions to deploy and to watch; may be given several times [default: functions]
    #[arg(long)]
    dir: Vec<PathBuf>,
    /// Where the database and the keys are kept [default: wasmforge/dev in your data folder; for root, in /var/lib]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The functions listener; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7133")]
    functions_addr: SocketAddr,
    /// The platform listener; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7130")]
    platform_addr: SocketAddr,
    /// Serve functions only
    #[arg(long)]
    no_platform: bool,
    /// A file that the addresses and the API key are written to once functions answer
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Print where PostgreSQL and PostgREST are, fetching them if need be, and exit
    #[arg(long, hide = true)]
    print_services: bool,
}

/// Bound before anything slow begins: a port that is taken is found at once, and early callers wait in the backlog
/// instead of being refused.
struct Listeners {
    functions: Listener,
    platform: Option<Listener>,
}

pub(super) async fn run(args: DevArgs) -> anyhow::Result<ExitCode> {
    let variables = Variables::of_process();
    if args.print_services {
        let found = dev::find(&variables).await?;
        writeln!(io::stdout(), "{}", serde_json::to_string(&found)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let listeners = args.bind()?;
    let _ = writeln!(io::stderr(), "listening on {}/", url_of(listeners.functions.addr()));
    let session = Session::new(&args.folders());
    let executable = std::env::current_exe().context("this program's own path is not known")?;
    let options = dev::Options { data_dir: args.data_dir.clone(), variables, executable };
    let services = dev::start(options).await?;
    let served = serve(&args, &services, listeners, session).await;
    services.stop().await;
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    args: &DevArgs,
    services: &LocalServices,
    listeners: Listeners,
    session: Session,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    Shutdown::listen().context("signal handlers cannot be installed")?.cancel(stop.clone());
    let node = Node::start(args.config(services, &listeners)?)?;
    let announcement = Announcement {
        ready_file: args.ready_file.clone(),
        functions: url_of(listeners.functions.addr()),
        platform: listeners.platform.as_ref().map(|platform| url_of(platform.addr())),
        keys: services.data_dir().keys_file(),
        owns_database: Variables::of_process().get("DATABASE_URL").is_none(),
    };
    let deploy = RegistryDeploy { registry: node.registry.clone(), loader: node.loader.clone() };
    let deploying = tokio::spawn(deploy_and_follow(session, deploy, announcement));
    node.serve(listeners.functions, listeners.platform, stop).await;
    deploying.abort();
    Ok(())
}

/// Deploys what is in the folders, says that functions answer, and deploys again what is saved.
async fn deploy_and_follow(mut session: Session, deploy: RegistryDeploy, announcement: Announcement) {
    deploy.registry.synced().await;
    session.round(&deploy).await;
    let _ready_file = announcement.make(&deploy.registry);
    session.follow(&deploy).await;
    // The ready file stays for as long as functions answer.
    std::future::pending().await
}

/// What people and scripts are told once functions answer.
struct Announcement {
    ready_file: Option<PathBuf>,
    functions: String,
    platform: Option<String>,
    keys: PathBuf,
    /// Whether the database was made with these keys. Those of a database of the user's own are not kept here.
    owns_database: bool,
}

impl Announcement {
    fn make(&self, registry: &PostgresRegistry) -> Option<ReadyFile> {
        match &self.platform {
            Some(platform) => {
                tracing::info!("functions answer at {platform}/functions/<slug>");
                tracing::info!("the dashboard is at {platform}/dashboard");
            }
            None => tracing::info!("functions answer at {}/<slug>", self.functions),
        }
        tracing::info!("the API key and the administrator's password are in {}", self.keys.display());
        let credentials = registry.credentials();
        if let Some((api_key, anon_key)) = credentials.api_key().zip(credentials.anon_key())
            && self.owns_database
            && let Err(error) = dev::remember_keys(&self.keys, api_key, anon_key)
        {
            tracing::warn!(path = %self.keys.display(), %error, "rotated keys were not written");
        }
        let path: &Path = self.ready_file.as_deref()?;
        ReadyFile::write(path, &self.functions, self.platform.as_deref(), credentials.api_key())
            .inspect_err(|error| {
                tracing::error!(path = %path.display(), %error, "the ready file was not written");
            })
            .ok()
    }
}

impl DevArgs {
    fn folders(&self) -> Vec<PathBuf> {
        match self.dir.is_empty() {
            true => vec![PathBuf::from("functions")],
            false => self.dir.clone(),
        }
    }

    fn bind(&self) -> anyhow::Result<Listeners> {
        let functions = bind(self.functions_addr, "--functions-addr")?;
        let platform = match self.no_platform {
            true => None,
            false => Some(bind(self.platform_addr, "--platform-addr")?),
        };
        Ok(Listeners { functions, platform })
    }

    /// What `serve` would be configured with: the environment, then what local services have to say.
    fn config(&self, services: &LocalServices, listeners: &Listeners) -> anyhow::Result<Config> {
        let environment =
            std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
        let variables: Variables = environment.chain(services.variables()).collect();
        let mut config = Config::from_variables(&variables)?;
        config.functions_addr = listeners.functions.addr();
        config.platform_addr = listeners.platform.as_ref().map(Listener::addr);
        config.dev_mode = true;
        config.files.assets.extend(self.folders().into_iter().map(AssetsRoot::BesideSource));
        config.storage.store.get_or_insert_with(|| StoreConfig::Directory(services.data_dir().storage()));
        if variables.get("WASMFORGE_LOG_FORMAT").is_none() {
            config.log_format = LogFormat::Pretty;
        }
        if variables.get("WASMFORGE_CACHE_DIR").is_none() {
            config.compile.cache_dir = services.data_dir().code_cache();
        }
        Ok(config)
    }
}

fn bind(addr: SocketAddr, option: &str) -> anyhow::Result<Listener> {
    let listener = TcpListener::bind(addr).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "{addr} is taken by another program: stop that one, or give another address with {option} (port 0 takes \
             any free one)"
        ),
        _ => anyhow::anyhow!("cannot listen on {addr} ({option}): {error}"),
    })?;
    Ok(Listener::from_std(listener)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        dev: DevArgs,
    }

    fn parse(args: &[&str]) -> DevArgs {
        Cli::parse_from(["wasmforge"].iter().chain(args)).dev
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_option_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = taken.local_addr().unwrap().to_string();
        let error = parse(&["--functions-addr", &addr]).bind().err().unwrap().to_string();
        assert!(error.contains(&addr) && error.contains("--functions-addr"), "{error}");
        let args = parse(&["--functions-addr", "127.0.0.1:0", "--platform-addr", &addr]);
        let error = args.bind().err().unwrap().to_string();
        assert!(error.contains("--platform-addr"), "{error}");
    }

    #[tokio::test]
    async fn folders_default_to_functions_and_the_platform_can_be_left_out() {
        assert_eq!(parse(&[]).folders(), [PathBuf::from("functions")]);
        let args = parse(&["--dir", "a", "--dir", "b", "--functions-addr", "127.0.0.1:0", "--no-platform"]);
        assert_eq!(args.folders(), [PathBuf::from("a"), PathBuf::from("b")]);
        assert!(args.bind().unwrap().platform.is_none());
    }
}
