//! `cargo xtask bench`

use crate::command::{cargo, run, say};
use crate::{guests, javascript, node, paths, runtime, toolchain};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::process::Command;

/// The version of wasmtime that is embedded, so that the comparison is of what is around it.
const WASMTIME: &str = "48.0.8";

/// The benches of services.
const SERVICES: [&str; 4] = ["outbound", "sql", "storage", "history"];

/// What is measured, and with what beside it.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Measure an invocation's parts instead of servers
    #[arg(long)]
    pub(crate) parts: bool,
    /// Measure functions in JavaScript, beside servers of V8 from npm; with `--parts`, an invocation's parts
    #[arg(long, conflicts_with = "services")]
    pub(crate) javascript: bool,
    /// Measure services of functions beside native clients instead: outbound requests, SQL, storage
    #[arg(long, conflicts_with = "parts", requires = "database_url")]
    pub(crate) services: bool,
    /// The PostgreSQL of `--services`, where we are a superuser
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Install wasmtime's own command first, a peer that is left out where it is missing
    #[arg(long)]
    pub(crate) wasmtime: bool,
    /// Goes to the benches
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// Builds the server as it is deployed, and measures it beside its peers, or an invocation's parts, or services.
pub(crate) fn run_all(options: &Options) -> Result<()> {
    let toolchain = toolchain::provide()?;
    let guests_dir = guests::build(&toolchain)?;
    let wasmforge = runtime::build_release()?;
    let engine = javascript::build(&toolchain, &wasmforge)?;
    let services = runtime::services(&wasmforge)?;
    if options.wasmtime {
        install_wasmtime()?;
    }
    if options.javascript
        && !options.parts
        && let Err(error) = install_peers()
    {
        say(format_args!("the peers from npm are left out: {error:#}"));
    }
    let mut measure = measure(options);
    measure.args(&options.args).current_dir(paths::root());
    measure.env("WASMFORGE_BIN", wasmforge).env("WASMFORGE_GUESTS", guests_dir);
    measure.env("WASMFORGE_JS_ENGINE", engine);
    measure.env("WASMFORGE_POSTGRES_BIN", services.postgres_bin);
    run(&mut measure)
}

/// The bench that is asked for, without what it is told.
fn measure(options: &Options) -> Command {
    let mut measure = cargo();
    if options.parts {
        say(format_args!("measuring an invocation's parts"));
        let bench = if options.javascript { "javascript" } else { "invoke" };
        measure.args(["bench", "-p", "wasmforge-benches", "--bench", bench, "--"]);
    } else if options.services {
        say(format_args!("measuring services beside native clients"));
        let benches = SERVICES.iter().flat_map(|bench| ["--bench", bench]);
        measure.args(["bench", "-p", "wasmforge-benches"]).args(benches).arg("--");
        measure.envs(options.database_url.iter().map(|url| ("DATABASE_URL", url)));
    } else {
        say(format_args!("measuring the server beside its peers"));
        measure.args(["run", "--release", "-p", "wasmforge-benches", "--"]);
        if options.javascript {
            measure.args(["--language", "javascript"]);
        }
    }
    measure
}

/// Where the harness looks: the folder `peers` of the cache.
fn install_peers() -> Result<()> {
    let (from, folder) = (paths::root().join("benches/peers"), paths::cache()?.join("peers"));
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(from.join(name), folder.join(name))
            .with_context(|| from.join(name).display().to_string())?;
    }
    node::install(&folder)
}

/// Where the harness looks: the folder `wasmtime` of the cache.
fn install_wasmtime() -> Result<()> {
    say(format_args!("installing wasmtime {WASMTIME}; the first time, this takes some ten minutes"));
    let root = paths::cache()?.join("wasmtime");
    let mut install = cargo();
    install.args(["install", "wasmtime-cli", "--locked", "--version", WASMTIME]).arg("--root").arg(&root);
    install.env("CARGO_TARGET_DIR", root.join("build"));
    run(&mut install)
        .with_context(|| format!("get wasmtime with `cargo install wasmtime-cli --version {WASMTIME}`"))?;
    match std::fs::remove_dir_all(root.join("build")) {
        // Nothing was built: it was there.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed?),
    }
}
