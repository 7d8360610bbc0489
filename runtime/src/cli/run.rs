//! `wasmforge run FILE`: one file, no database.

use crate::compile::{ComponentKind, Loader, inspect, local_seal};
use crate::config::{Config, LogFormat, Variables};
use crate::engine::{Engines, Ticker};
use crate::invoke::{Admission, Invoker};
use crate::registry::{AuthPolicy, Directory, Function, FunctionKind, Grants, ModuleStore, OneModule, Slug};
use crate::server::{
    InProcess, Listener, Platform, ReadyFile, Shutdown, SingleFunction, capabilities, url_of,
};
use crate::telemetry::{LineWriter, Metrics, Recorder};
use anyhow::{Context as _, bail};
use bytes::Bytes;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use wasmforge_host_api::files::AssetsRoot;
use wasmforge_host_api::secrets::{Secret, SecretSet};
use zeroize::Zeroizing;

/// What is run, and what it may reach.
#[derive(clap::Args)]
pub(super) struct RunArgs {
    /// A WebAssembly component (a request handler is served, a command is run once), or a JavaScript source
    file: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    addr: SocketAddr,
    /// A variable of the guest; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// A folder that a command may read and write, as `/`, and a request handler may read, as `/assets`
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// Let the guest reach private addresses, this machine's included
    #[arg(long)]
    allow_private_network: bool,
    /// A file that the address is written to once it answers
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// What a command is given
    #[arg(last = true)]
    arguments: Vec<String>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not NAME=VALUE")),
    }
}

pub(super) async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let module: Bytes =
        std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?.into();
    let name = args.file.display();
    if is_source(&args.file) {
        return serve(args, module, FunctionKind::Source).await;
    }
    match inspect(&module).with_context(|| format!("{name} cannot be run"))? {
        ComponentKind::Handler(_) => serve(args, module, FunctionKind::Component).await,
        ComponentKind::Command(wasi) => super::command::run(wasi, &module, command_options(args)).await,
    }
}

/// Whether a file's name says that it is JavaScript or TypeScript.
fn is_source(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| matches!(extension, "js" | "mjs" | "ts" | "mts"))
}

fn command_options(args: RunArgs) -> super::command::Options {
    let program = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    super::command::Options {
        arguments: std::iter::once(program).chain(args.arguments).collect(),
        secrets: secrets(args.env),
        files: args.files,
        allow_private_network: args.allow_private_network,
    }
}

fn secrets(variables: Vec<(String, String)>) -> Vec<Secret> {
    let secret = |(name, value)| Secret { name, value: Zeroizing::new(value), reserved: false };
    variables.into_iter().map(secret).collect()
}

async fn serve(args: RunArgs, module: Bytes, kind: FunctionKind) -> anyhow::Result<ExitCode> {
    let mut config = Config::from_variables(&Variables::of_process())?;
    config.dev_mode = true;
    if let Some(files) = args.files.as_ref().filter(|files| !files.is_dir()) {
        bail!("--files {}: there is no such folder", files.display());
    }
    config.files.assets = args.files.map(AssetsRoot::One).into_iter().collect();
    config.outbound.allow_private_network |= args.allow_private_network;
    let listener = Listener::bind(args.addr).await?;
    let _ = writeln!(std::io::stderr(), "listening on {}/", url_of(listener.addr()));
    let slug = slug_of(&args.file)?;
    let (recorder, invoker, ticker) = invoker(&config, &slug, (kind, module), secrets(args.env))
        .await
        .with_context(|| format!("{} cannot be run", args.file.display()))?;
    let url = url_of(listener.addr());
    let _ready = match &args.ready_file {
        Some(path) => {
            Some(ReadyFile::write(path, &url, None, None).context("the ready file was not written")?)
        }
        None => None,
    };
    let stop = CancellationToken::new();
    Shutdown::listen()?.cancel(stop.clone());
    let own = InProcess::single(invoker.clone(), slug.clone());
    own.announce(listener.addr(), None);
    listener.serve(Arc::new(SingleFunction { invoker, slug }), stop, config.drain).await;
    ticker.idle(config.drain).await;
    let _ = tokio::task::spawn_blocking(move || recorder.stop()).await;
    Ok(ExitCode::SUCCESS)
}

/// A slug made of the file's name: every other character becomes `-`.
fn slug_of(file: &Path) -> anyhow::Result<Slug> {
    let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(255).collect();
    Slug::parse(&name).context("the file has no name")
}

async fn invoker(
    config: &Config,
    slug: &Slug,
    (kind, module): (FunctionKind, Bytes),
    secrets: Vec<Secret>,
) -> anyhow::Result<(Recorder, Arc<Invoker>, Ticker)> {
    let metrics = Arc::new(Metrics::new()?);
    let recorder =
        Recorder::start(LineWriter::stdout(super::log_format(LogFormat::Pretty)), metrics.clone(), None)?;
    let ticker = Ticker::start()?;
    let directory = Arc::new(Directory::default());
    directory.set_secrets(SecretSet::new(secrets));
    let capabilities = Arc::new(capabilities(Platform::alone(config, directory.secrets()))?);
    let instances = config.admission.concurrency;
    let engines = Arc::new(Engines::new(instances, config.limits, ticker.clone(), capabilities.clone()));
    let store: Arc<dyn ModuleStore> = Arc::new(OneModule::new(module.clone()));
    let seal = local_seal(&config.compile.cache_dir).context("the seal of machine code")?;
    let loader = Arc::new(Loader::new(&config.compile, &seal, engines, store.clone(), metrics)?);
    let hash = match kind {
        FunctionKind::Component => loader.admit(module).await?,
        FunctionKind::Source => loader.admit_source(module).await?,
    };
    directory.fill([Arc::new(Function {
        slug: slug.clone(),
        version: 1,
        kind,
        module: hash,
        limits: Default::default(),
        auth: AuthPolicy::Public,
        grants: Grants::default(),
    })]);
    let invoker = Invoker {
        directory,
        loader,
        store,
        revalidate: None,
        authorize: None,
        admission: Admission::new(config.admission, ticker.clone()),
        policy: config.limits,
        capabilities,
        recorder: recorder.clone(),
        dev_mode: config.dev_mode,
    };
    Ok((recorder, Arc::new(invoker), ticker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_of_file_names() {
        let slug = |file: &str| slug_of(Path::new(file)).unwrap().to_string();
        assert_eq!(slug("/tmp/json_api.wasm"), "json_api");
        assert_eq!(slug("a b.é.wasm"), "a-b--");
        assert!(slug_of(Path::new("/")).is_err());
    }

    #[test]
    fn variables_need_a_name_and_may_hold_equals_signs() {
        assert_eq!(variable("A=b=c").unwrap(), ("A".into(), "b=c".into()));
        assert!(variable("A").is_err());
        assert!(variable("=b").is_err());
    }
}
