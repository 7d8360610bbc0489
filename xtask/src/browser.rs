//! Chromium, in which the dashboard is tested.

use crate::command::{read, run, say, succeeds};
use crate::paths;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names another browser of Chromium's kind.
const OTHER: &str = "WASMFORGE_CHROMIUM";
const REMEDY: &str = "the dashboard is tested in Chromium: install Debian's package `chromium`, or set \
                      WASMFORGE_CHROMIUM to a browser of its kind";

/// The browser's program: the one that is named, the one that is installed, or Debian's, which is installed then.
pub(crate) fn provide() -> Result<PathBuf> {
    if let Some(path) = paths::set(OTHER) {
        return named(path);
    }
    if let Some(installed) = installed() {
        return Ok(installed);
    }
    install().context(REMEDY)?;
    installed().context(REMEDY)
}

fn named(path: PathBuf) -> Result<PathBuf> {
    ensure!(runs(&path), "{OTHER}={} does not run", path.display());
    Ok(path)
}

/// With its whole path, which is what drives it asks for.
fn installed() -> Option<PathBuf> {
    let path = read(Command::new("sh").args(["-c", "command -v chromium"])).ok()?;
    Some(PathBuf::from(path.trim())).filter(|path| runs(path))
}

fn runs(program: &Path) -> bool {
    succeeds(Command::new(program).arg("--version"))
}

/// Unlike the compilers, a browser has a hundred libraries to go with it: apt installs them, or nobody.
fn install() -> Result<()> {
    say(format_args!("installing Chromium with apt-get"));
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-q", "--no-install-recommends", "chromium"]);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_is_named_has_to_run() {
        assert_eq!(named(PathBuf::from("/bin/true")).unwrap(), PathBuf::from("/bin/true"));
        let error = named(PathBuf::from("/no/such/browser")).unwrap_err().to_string();
        assert_eq!(error, "WASMFORGE_CHROMIUM=/no/such/browser does not run");
    }
}
