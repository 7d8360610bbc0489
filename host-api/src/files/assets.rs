//! Where functions' assets are.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// A place to look for a function's assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssetsRoot {
    /// `<folder>/<slug>`.
    PerFunction(PathBuf),
    /// `<folder>/<slug>/assets`, beside the function's source.
    BesideSource(PathBuf),
    /// The folder itself, whatever the function.
    One(PathBuf),
}

impl AssetsRoot {
    /// The directory of a function, if there is one. A slug holds no slash and is not `..`.
    pub(super) fn open(&self, slug: &str) -> Option<File> {
        let path = match self {
            Self::PerFunction(folder) => folder.join(slug),
            Self::BesideSource(folder) => folder.join(slug).join("assets"),
            Self::One(folder) => folder.clone(),
        };
        let directory = rustix::fs::OFlags::DIRECTORY.bits().cast_signed();
        OpenOptions::new().read(true).custom_flags(directory).open(path).ok()
    }
}
