//! `cargo xtask bench`

use crate::command::{cargo, run, say};
use crate::{guests, paths, runtime, toolchain};
use anyhow::Result;
use std::ffi::OsString;

/// Builds the server as it is deployed, and measures it.
pub(crate) fn run_all(args: &[OsString]) -> Result<()> {
    let toolchain = toolchain::provide()?;
    let guests_dir = guests::build(&toolchain)?;
    let wasmforge = runtime::build_release()?;
    let services = runtime::services(&wasmforge)?;

    say(format_args!("running the benches"));
    let mut bench = cargo();
    bench.current_dir(paths::root()).args(["bench", "-p", "wasmforge-benches"]);
    if !args.is_empty() {
        bench.arg("--").args(args);
    }
    bench.env("WASMFORGE_BIN", wasmforge).env("WASMFORGE_GUESTS", guests_dir);
    bench.env("WASMFORGE_POSTGRES_BIN", services.postgres_bin);
    run(&mut bench)
}
