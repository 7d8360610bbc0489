//! The servers that are compared. Each answers `GET /hello` with the same body.

use crate::code::Language;
use crate::http1::get;
use crate::install::Installation;
use crate::load::Request;
use crate::node::Node;
use crate::process::{Program, Running, Stop};
use crate::{bare, say};
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::path::Path;

/// A server that runs, idle unless it is its turn.
pub(crate) struct Peer {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// Where it answers.
    pub(crate) addr: SocketAddr,
    /// Its process.
    pub(crate) running: Running,
}

/// The name of the peer that costs what HTTP costs.
pub(crate) const BARE: &str = "bare hyper";
/// The name of the peer that does what we do, but for lookup, limits, records and log.
pub(crate) const WASMTIME: &str = "wasmtime serve";

/// The flags with which `wasmtime serve` costs least on components like these. `-S cli` is no choice: Rust's standard
/// library imports it. A fresh instance per request is its default for wasi:http 0.2, and said here to be safe.
const WASMTIME_FLAGS: [&str; 14] = [
    "-S",
    "cli=y",
    "-O",
    "pooling-allocator=y",
    "-O",
    "pooling-memory-keep-resident=1048576",
    "-O",
    "pooling-table-keep-resident=1048576",
    "-O",
    "pooling-pagemap-scan=auto",
    "--max-instance-reuse-count",
    "1",
    "--addr",
    "127.0.0.1:0",
];

/// What every server is asked.
pub(crate) fn hello() -> Request {
    Request { bytes: get("/hello").into(), expected: bare::BODY.as_bytes().into() }
}

/// Starts every peer there is.
pub(crate) async fn start(installation: &Installation) -> Result<Vec<Peer>> {
    let mut peers = vec![bare_hyper(installation).await.context(BARE)?];
    match wasmtime_serve(installation).await {
        Ok(Some(peer)) => peers.push(peer),
        Ok(None) => say(format_args!(
            "there is no `wasmtime`, so its rows are left out: get it with `cargo xtask bench --wasmtime`"
        )),
        Err(error) => say(format_args!("`wasmtime serve` does not run and is left out: {error:#}")),
    }
    peers.push(run(installation, &installation.guest("hello")).await.context("wasmforge run")?);
    peers.push(serve(installation).await.context("wasmforge serve")?);
    Ok(peers)
}

/// The server that does nothing but answer.
pub(crate) async fn bare_hyper(installation: &Installation) -> Result<Peer> {
    let program = Program::new(&std::env::current_exe()?, Stop::Term).arg("bare-hyper");
    let mut running = program.start_on(installation.cores, &installation.folder("bare")?)?;
    Ok(Peer { name: BARE, addr: running.listening().await?, running })
}

async fn wasmtime_serve(installation: &Installation) -> Result<Option<Peer>> {
    let Some(wasmtime) = &installation.wasmtime else { return Ok(None) };
    let program = Program::new(wasmtime, Stop::Term).arg("serve").args(WASMTIME_FLAGS);
    let program = program.arg(installation.guest("hello"));
    let mut running = program.start_on(installation.cores, &installation.folder("wasmtime")?)?;
    Ok(Some(Peer { name: WASMTIME, addr: running.listening().await?, running }))
}

/// `wasmforge run` on a component or a source.
pub(crate) async fn run(installation: &Installation, file: &Path) -> Result<Peer> {
    let program = Program::new(&installation.wasmforge, Stop::Term)
        .args(["run", "--addr", "127.0.0.1:0"])
        .arg(file)
        .env("WASMFORGE_CACHE_DIR", installation.folder("run/code")?);
    let mut running = program.start_on(installation.cores, &installation.folder("run")?)?;
    Ok(Peer { name: "wasmforge run", addr: running.listening().await?, running })
}

/// With everything on: lookup, admission, limits, records in PostgreSQL, log, metrics.
async fn serve(installation: &Installation) -> Result<Peer> {
    let node = Node::start(installation).await?;
    node.deploy("hello", &Language::Rust.hello(installation, "hello")?).await?;
    Ok(Peer { name: "wasmforge serve", addr: node.functions, running: node.running })
}
