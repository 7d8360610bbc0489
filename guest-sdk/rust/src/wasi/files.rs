//! Where the sandbox has its directories.

use std::path::PathBuf;

pub(crate) fn assets() -> PathBuf {
    PathBuf::from("/assets")
}

pub(crate) fn scratch() -> PathBuf {
    PathBuf::from("/scratch")
}
