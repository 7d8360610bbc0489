//! `wasmforge dev`: the whole platform on this machine, with the functions of a folder.

use crate::config::{Config, LogFormat, Variables};
use crate::dev::{self, Deploy, LocalServices, Session};
use anyhow::Context;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

/// `wasmforge dev [--dir D] [--data-dir D]`
#[derive(Clone, Debug, clap::Args)]
pub struct DevArgs {
    /// A folder of functions to deploy and to watch; may be given several times [default: functions]
    #[arg(long)]
    dir: Vec<PathBuf>,
    /// Where the database and the keys are kept [default: wasmforge/dev in your data folder; /var/lib/wasmforge/dev for root]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Where functions are served; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:7133")]
    functions_addr: SocketAddr,
    /// Where the platform's APIs are served; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:7130")]
    platform_addr: SocketAddr,
    /// Serve functions only
    #[arg(long)]
    no_platform: bool,
    /// Written when ready: the addresses and the administrator's key, as JSON
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Print where PostgreSQL and PostgREST are, fetching them if need be, and exit
    #[arg(long, hide = true)]
    print_services: bool,
}

/// The sockets of a server, bound before anything slow begins: a port that is taken is found at once, and callers
/// wait in the backlog instead of being refused.
#[derive(Debug)]
pub struct Listeners {
    /// For calls of functions; non-blocking.
    pub functions: TcpListener,
    /// For the platform's APIs; non-blocking.
    pub platform: Option<TcpListener>,
}

/// A server that [`run`] has had started.
#[expect(async_fn_in_trait, reason = "awaited in place, never spawned")]
pub trait Server: Deploy {
    /// Tells the world that functions answer: writes the ready file, if one was asked for.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn announce(&self) -> io::Result<()>;

    /// Returns when the process was told to stop and running invocations have ended.
    async fn stopped(&self);
}

/// Runs local services, the server that `serve` starts on them, and the functions of the folders.
///
/// # Errors
/// Whatever keeps it from answering, as a sentence for the person at the terminal.
pub async fn run<S: Server>(
    args: DevArgs,
    serve: impl AsyncFnOnce(Config, Listeners) -> anyhow::Result<S>,
) -> anyhow::Result<()> {
    let variables = Variables::of_process();
    if args.print_services {
        let found = dev::find(&variables).await?;
        return Ok(writeln!(io::stdout(), "{}", serde_json::to_string(&found)?)?);
    }
    let listeners = args.bind()?;
    let mut session = Session::new(&args.folders());
    let executable = std::env::current_exe().context("where is this program?")?;
    let options = dev::Options { data_dir: args.data_dir.clone(), variables, executable };
    let services = dev::start(options).await?;
    let ended = serve_on(&args, &services, listeners, &mut session, serve).await;
    services.stop().await;
    ended
}

async fn serve_on<S: Server>(
    args: &DevArgs,
    services: &LocalServices,
    listeners: Listeners,
    session: &mut Session,
    serve: impl AsyncFnOnce(Config, Listeners) -> anyhow::Result<S>,
) -> anyhow::Result<()> {
    let config = args.config(services, &listeners)?;
    let platform = config.platform_addr;
    let server = serve(config, listeners).await?;
    let work = async {
        session.round(&server).await;
        if let Some(addr) = platform {
            tracing::info!("functions answer at http://{addr}/functions/<slug>");
        }
        tracing::info!(
            "the administrator's key is in {}",
            services.data_dir().path().join("keys.json").display()
        );
        server.announce().context("the ready file")?;
        session.follow(&server).await;
        std::future::pending().await
    };
    tokio::select! {
        result = work => result,
        () = server.stopped() => Ok(()),
    }
}

impl DevArgs {
    fn folders(&self) -> Vec<PathBuf> {
        match self.dir.is_empty() {
            true => vec![PathBuf::from("functions")],
            false => self.dir.clone(),
        }
    }

    /// Takes both ports and says where functions will answer, as the first line on stderr.
    fn bind(&self) -> anyhow::Result<Listeners> {
        let functions = bind(self.functions_addr, "--functions-addr")?;
        let platform = match self.no_platform {
            true => None,
            false => Some(bind(self.platform_addr, "--platform-addr")?),
        };
        eprintln!("listening on http://{}/", functions.local_addr()?);
        Ok(Listeners { functions, platform })
    }

    /// What `serve` would be configured with: the environment, then what local services have to say.
    fn config(&self, services: &LocalServices, listeners: &Listeners) -> anyhow::Result<Config> {
        let environment =
            std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
        let variables: Variables = environment.chain(services.variables()).collect();
        let mut config = Config::from_variables(&variables)?;
        config.functions_addr = listeners.functions.local_addr()?;
        config.platform_addr = listeners.platform.as_ref().map(TcpListener::local_addr).transpose()?;
        config.ready_file = self.ready_file.clone();
        config.dev_mode = true;
        if variables.get("WASMFORGE_LOG_FORMAT").is_none() {
            config.log_format = LogFormat::Pretty;
        }
        if variables.get("WASMFORGE_CACHE_DIR").is_none() {
            config.compile.cache_dir = services.data_dir().code_cache();
        }
        Ok(config)
    }
}

fn bind(addr: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(addr).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "{addr} is taken by another program: stop that one, or give another address with {option} (port 0 takes \
             any free one)"
        ),
        _ => anyhow::anyhow!("cannot listen on {addr} ({option}): {error}"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
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

    #[test]
    fn a_taken_port_is_named_with_the_option_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = taken.local_addr().unwrap().to_string();
        let error = parse(&["--functions-addr", &addr]).bind().unwrap_err().to_string();
        assert!(error.contains(&addr) && error.contains("--functions-addr"), "{error}");
        let error = parse(&["--functions-addr", "127.0.0.1:0", "--platform-addr", &addr]).bind().unwrap_err();
        assert!(error.to_string().contains("--platform-addr"), "{error}");
    }

    #[test]
    fn folders_default_to_functions_and_the_platform_can_be_left_out() {
        assert_eq!(parse(&[]).folders(), [PathBuf::from("functions")]);
        let args = parse(&["--dir", "a", "--dir", "b", "--functions-addr", "127.0.0.1:0", "--no-platform"]);
        assert_eq!(args.folders(), [PathBuf::from("a"), PathBuf::from("b")]);
        assert!(args.bind().unwrap().platform.is_none());
    }
}
