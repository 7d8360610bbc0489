//! `cargo xtask test`

use crate::command::{cargo, run, say};
use crate::{guests, nextest, paths, runtime, toolchain};
use anyhow::Result;
use std::ffi::OsString;

/// Gets what tests need, builds everything and runs all tests: of the parts, and of the built binary over HTTP
/// against real services.
pub(crate) fn run_all(args: &[OsString]) -> Result<()> {
    let toolchain = toolchain::provide()?;
    let mut tests = nextest::provide()?;
    let guests_dir = guests::build(&toolchain)?;
    let wasmforge = runtime::build()?;
    let services = runtime::services(&wasmforge)?;

    say(format_args!("running the tests"));
    tests.current_dir(paths::root()).args(["run", "--workspace"]);
    for package in guests::packages()? {
        tests.args(["--exclude", &package]);
    }
    tests.args(args);
    tests.env("WASMFORGE_BIN", &wasmforge);
    tests.env("WASMFORGE_GUESTS", &guests_dir);
    tests.env("WASMFORGE_POSTGRES_BIN", &services.postgres_bin);
    if let Some(postgrest) = &services.postgrest {
        tests.env("WASMFORGE_POSTGREST", postgrest);
    }
    run(&mut tests)?;
    // The runner knows no documentation tests.
    if args.is_empty() {
        say(format_args!("running the guest SDK's documentation tests"));
        run(cargo().current_dir(paths::root()).args(["test", "--doc", "-p", "wasmforge-sdk"]))?;
    }
    Ok(())
}
