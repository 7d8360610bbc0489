//! `cargo xtask dev`

use crate::command::{program, say};
use crate::toolchain::{self, Toolchain};
use crate::{guests, javascript, paths, runtime};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;

/// Builds everything, then becomes `wasmforge dev` over the examples and functions.
pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let toolchain = toolchain::provide()?;
    let wasmforge = runtime::build()?;
    guests::build(&toolchain)?;
    javascript::build(&toolchain, &wasmforge)?;

    let root = paths::root();
    let mut dev = program(&wasmforge);
    dev.arg("dev");
    for folder in ["examples", "functions"].map(|folder| root.join(folder)) {
        if folder.is_dir() {
            dev.arg("--dir").arg(folder);
        }
    }
    dev.args(args);
    if let Toolchain::Private { rustc } = &toolchain {
        dev.env("WASMFORGE_GUEST_RUSTC", rustc);
    }
    say(format_args!("starting wasmforge dev"));
    Err(dev.exec()).with_context(|| format!("cannot run {}", wasmforge.display()))
}
