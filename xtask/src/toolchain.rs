//! The Rust toolchain that guests are built with: one that has the standard library for [`TARGET`].
//!
//! Usually that is the installed one, once rustup has added the target. Where rustup cannot, on machines that reach
//! only their distribution's packages, [`debian`] assembles a toolchain of its own.

use crate::command::{read, run, say};
use crate::{debian, paths};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Components of WASI 0.2.
pub(crate) const TARGET: &str = "wasm32-wasip2";
/// Names a compiler to use as it is.
const RUSTC: &str = "WASMFORGE_GUEST_RUSTC";
/// `debian` assembles the private toolchain even where the installed one would do.
const ROUTE: &str = "WASMFORGE_GUEST_TOOLCHAIN";

/// What compiles guests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that compiles everything else.
    Installed,
    /// One of its own.
    Private {
        /// Its compiler.
        rustc: PathBuf,
    },
}

/// Finds or gets a toolchain for guests.
pub(crate) fn provide() -> Result<Toolchain> {
    if let Some(rustc) = paths::set(RUSTC) {
        if !has_target(&rustc) {
            bail!("{RUSTC}={} has no standard library for {TARGET}", rustc.display());
        }
        return Ok(Toolchain::Private { rustc });
    }
    let debian_wanted = match paths::set(ROUTE) {
        None => false,
        Some(route) if route.as_os_str() == "debian" => true,
        Some(route) => bail!("{ROUTE}={} is unknown: the one route to choose is `debian`", route.display()),
    };
    if !debian_wanted && (has_target(Path::new("rustc")) || rustup_adds_target()) {
        return Ok(Toolchain::Installed);
    }
    let rustc = debian::provide().with_context(|| {
        format!(
            "guests need Rust's standard library for {TARGET}, get it with `rustup target add {TARGET}`; \
             assembling one from Debian's packages did not work either"
        )
    })?;
    Ok(Toolchain::Private { rustc })
}

/// Whether a compiler has the standard library for the target.
pub(crate) fn has_target(rustc: &Path) -> bool {
    sysroot(rustc).is_ok_and(|sysroot| sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

/// The folder that a compiler takes its libraries from.
pub(crate) fn sysroot(rustc: &Path) -> Result<PathBuf> {
    let sysroot = read(Command::new(rustc).args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(sysroot.trim()))
}

fn rustup_adds_target() -> bool {
    say(format_args!("adding the target {TARGET} with rustup"));
    match run(Command::new("rustup").args(["target", "add", TARGET])) {
        Ok(()) => has_target(Path::new("rustc")),
        Err(error) => {
            say(format_args!("{error:#}"));
            false
        }
    }
}
