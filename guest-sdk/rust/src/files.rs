//! Files: what the function was deployed with, to read, and a place of its own to write.
//!
//! Both are ordinary directories, for [`std::fs`] and for every crate that uses it. Nothing else of the file system is there.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use std::fs;
//! use wasmforge::{Result, files};
//!
//! fn render(name: &str) -> Result<String> {
//!     let template = fs::read_to_string(files::assets().join("hello.txt"))?;
//!     fs::write(files::scratch().join("last"), name)?;
//!     Ok(template.replace("NAME", name))
//! }
//! # let folder = std::env::temp_dir().join(format!("files-doc-{}", std::process::id()));
//! # fs::create_dir_all(&folder).unwrap();
//! # fs::write(folder.join("hello.txt"), "Hello, NAME").unwrap();
//! # let _assets = wasmforge::testing::assets(&folder);
//! # assert_eq!(render("you").unwrap(), "Hello, you");
//! # assert_eq!(fs::read(files::scratch().join("last")).unwrap(), b"you");
//! # fs::remove_dir_all(&folder).unwrap();
//! ```
//!
//! In tests on the host the assets are in the crate's folder `assets`, unless [`testing::assets`](crate::testing::assets) says
//! otherwise, and each thread has a scratch directory that goes with it.

use crate::host;
use std::path::PathBuf;

/// The function's assets, which it can only read: `/assets`. It is there if the function was deployed with any.
#[must_use]
pub fn assets() -> PathBuf {
    host::files::assets()
}

/// A directory that is empty at first and gone after the invocation: `/scratch`. It is there if the function is granted
/// one, as by `"files": {"scratchMib": 16}`, and holds at most so many bytes, in at most 64 files. Making more files fails with
/// [`QuotaExceeded`](std::io::ErrorKind::QuotaExceeded), writing more bytes with an error that the standard library
/// has no name for.
#[must_use]
pub fn scratch() -> PathBuf {
    host::files::scratch()
}
