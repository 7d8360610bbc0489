//! `wasmforge run FILE`: one file, no database.

use super::local::Local;
use crate::author::{Bundler, Prepared, Problem, is_source, prepare, slug_of};
use crate::compile::{ComponentKind, inspect};
use crate::config::{Config, Variables};
use crate::dev::watch::FileWatch;
use crate::registry::Slug;
use crate::server::{InProcess, Listener, ReadyFile, Shutdown, SingleFunction, url_of};
use anyhow::{Context as _, bail};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use wasmforge_host_api::files::AssetsRoot;
use wasmforge_host_api::secrets::Secret;
use zeroize::Zeroizing;

/// What is run, and what it may reach.
#[derive(clap::Args)]
pub(super) struct RunArgs {
    /// A WebAssembly component (a request handler is served, a command is run once), or a source in JavaScript or
    /// TypeScript, which is bundled if it imports other files or packages
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
    /// Load a source again when it, or a file that it imports, is saved
    #[arg(long)]
    watch: bool,
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
    let name = args.file.display();
    if is_source(&args.file) {
        let Prepared { code, inputs } = prepare(&args.file, &Bundler::new(Variables::of_process())).await?;
        return serve(args, code.into(), Kind::Source { inputs }).await;
    }
    let module: Bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {name}"))?.into();
    match inspect(&module).with_context(|| format!("{name} cannot be run"))? {
        ComponentKind::Handler(_) => serve(args, module, Kind::Component).await,
        ComponentKind::Command(wasi) => super::command::run(wasi, &module, command_options(args)).await,
    }
}

/// What is served.
enum Kind {
    Component,
    Source {
        /// The files that it was made of.
        inputs: Vec<PathBuf>,
    },
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

async fn serve(args: RunArgs, module: Bytes, kind: Kind) -> anyhow::Result<ExitCode> {
    let mut config = Config::from_variables(&Variables::of_process())?;
    config.dev_mode = true;
    if let Some(files) = args.files.as_ref().filter(|files| !files.is_dir()) {
        bail!("--files {}: there is no such folder", files.display());
    }
    config.files.assets = args.files.map(AssetsRoot::One).into_iter().collect();
    config.outbound.allow_private_network |= args.allow_private_network;
    let listener = Listener::bind(args.addr).await?;
    let _ = writeln!(std::io::stderr(), "listening on {}/", url_of(listener.addr()));
    let slug = slug_of(&args.file).context("the file has no name")?;
    let local = Local::start(&config, module, secrets(args.env))?;
    let inputs = match kind {
        Kind::Component => {
            let admitted = local.put_component(&slug).await;
            admitted.with_context(|| format!("{} cannot be run", args.file.display()))?;
            Vec::new()
        }
        Kind::Source { inputs } => {
            local.put_source(&slug).await.map_err(|error| Problem::of_build(&args.file, &error))?;
            inputs
        }
    };
    let Local { recorder, invoker, ticker, .. } = &local;
    let _watch = args.watch.then(|| follow(args.file.clone(), inputs, slug.clone(), local.clone()));
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
    listener.serve(Arc::new(SingleFunction { invoker: invoker.clone(), slug }), stop, config.drain).await;
    ticker.idle(config.drain).await;
    let recorder = recorder.clone();
    let _ = tokio::task::spawn_blocking(move || recorder.stop()).await;
    Ok(ExitCode::SUCCESS)
}

/// Loads the source again whenever one of the files that it is made of is saved. What does not compile replaces nothing.
fn follow(file: PathBuf, mut inputs: Vec<PathBuf>, slug: Slug, local: Local) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let bundler = Bundler::new(Variables::of_process());
        loop {
            let folders: BTreeSet<PathBuf> = inputs.iter().filter_map(folder_of).collect();
            let mut watch = match FileWatch::new(&Vec::from_iter(folders)) {
                Ok(watch) => watch,
                Err(error) => return tracing::warn!("files are not watched: {error}"),
            };
            if watch.changed().await.is_none() {
                return;
            }
            match prepare(&file, &bundler).await {
                Ok(Prepared { code, inputs: now }) => {
                    inputs = now;
                    local.replace(code.into());
                    match local.put_source(&slug).await {
                        Ok(()) => tracing::info!("loaded {} again", file.display()),
                        Err(error) => tracing::error!("not loaded: {}", Problem::of_build(&file, &error)),
                    }
                }
                Err(error) => tracing::error!("not loaded: {error}"),
            }
        }
    }))
}

/// The folder of a file that people write.
fn folder_of(file: &PathBuf) -> Option<PathBuf> {
    let file = std::path::absolute(file).ok()?;
    let is_package = file.components().any(|part| part.as_os_str() == "node_modules");
    file.parent().filter(|_| !is_package).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_need_a_name_and_may_hold_equals_signs() {
        assert_eq!(variable("A=b=c").unwrap(), ("A".into(), "b=c".into()));
        assert!(variable("A").is_err());
        assert!(variable("=b").is_err());
    }
}
