//! Where fetched programs are kept, outside any project.

use super::account::Account;
use crate::config::Variables;
use std::path::PathBuf;

/// `$WASMFORGE_CACHE`, `$XDG_CACHE_HOME/wasmforge`, `~/.cache/wasmforge` or `/var/cache/wasmforge`: the first that is
/// set and that the account which will run the programs can get at. (Root's home is closed to everyone else.)
pub(super) fn folder(vars: &Variables, account: Option<&Account>) -> Option<PathBuf> {
    let candidates = [
        vars.get("WASMFORGE_CACHE").map(PathBuf::from),
        vars.get("XDG_CACHE_HOME").map(|dir| PathBuf::from(dir).join("wasmforge")),
        vars.get("HOME").map(|home| PathBuf::from(home).join(".cache/wasmforge")),
        Some(PathBuf::from("/var/cache/wasmforge")),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|folder| account.is_none_or(|account| account.reach(folder).is_ok()))
}

/// The same for what this process runs itself.
pub(crate) fn of_user(vars: &Variables) -> Option<PathBuf> {
    folder(vars, None)
}
