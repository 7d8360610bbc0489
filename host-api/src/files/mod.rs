//! Files: what a function was deployed with, to read, and a place of its own to write.
//!
//! Both are directories that the guest's standard library finds by itself: `/assets`, read-only, and `/scratch`, which is
//! empty at the start of an invocation and gone after it. Nothing else of the file system is there. Paths are resolved by
//! `wasmtime-wasi` below the open directories, as `cap-std` does it, so that no path, link or race leads out of them.
//!
//! `wasi:filesystem` is linked with WASI; here a few of its functions are put in front of WASI's own, which count. A guest
//! of version 0.3 of that interface finds `/assets` only: its writes are not counted. Through version 0.2 of it, which is
//! what standard libraries use, every guest finds both.
//!
//! | limit of an invocation | value | the guest sees |
//! |---|---|---|
//! | bytes in `/scratch` | the grant `scratchMib`, 0 without it | `insufficient-space`; a stream fails |
//! | files in `/scratch`, and folders made there | 64 each | `quota` |
//! | files and folders that are open | 64 | `quota` |
//! | links | none | `not-permitted` |

mod assets;
mod link;
mod quota;
mod scratch;

pub use assets::AssetsRoot;

use self::quota::Quota;
use self::scratch::{Scratch, ScratchRoot};
use crate::{Capability, GrantError, InvocationContext};
use serde::Deserialize;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;
use wasmtime_wasi::filesystem::Dir;
use wasmtime_wasi::{FsPerms, OpenMode};

/// Bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

/// What an operator says of files.
#[derive(Clone, Debug)]
pub struct FilesSettings {
    /// Where functions' assets are looked for, the first that is there.
    pub assets: Vec<AssetsRoot>,
    /// Where scratch directories are made: a folder of this user's alone.
    pub scratch: PathBuf,
    /// Bytes of the largest scratch directory that may be granted.
    pub max_scratch: u64,
}

/// The value of `files` in a function's `capabilities`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FilesGrant {
    /// Whether it sees its assets; yes, where nothing is said and there are any.
    #[serde(default)]
    pub assets: Option<bool>,
    /// MiB of its scratch directory; none, where nothing is said.
    #[serde(default)]
    pub scratch_mib: u64,
}

/// The capability.
pub struct Files {
    assets: Arc<[AssetsRoot]>,
    scratch: Arc<ScratchRoot>,
    max_scratch: u64,
}

impl Files {
    /// Files as the operator set them up. What processes that are gone left in scratch directories is removed.
    #[must_use]
    pub fn new(settings: FilesSettings) -> Self {
        let FilesSettings { assets, scratch, max_scratch } = settings;
        Self { assets: assets.into(), scratch: Arc::new(ScratchRoot::new(scratch)), max_scratch }
    }
}

/// What one version may do.
pub struct FilesConfigured {
    assets: Option<Arc<[AssetsRoot]>>,
    scratch: Option<(Arc<ScratchRoot>, u64)>,
}

/// What one invocation holds.
pub struct FilesSession {
    configured: Arc<FilesConfigured>,
    slug: Arc<str>,
    quota: Arc<Quota>,
    scratch: Option<Scratch>,
}

impl FilesSession {
    /// The directories that the guest sees, under their names. A scratch directory is made when it is first asked for.
    fn directories(&mut self, writable: bool) -> Vec<(Dir, &'static str)> {
        let mut directories = Vec::new();
        let roots = self.configured.assets.iter().flat_map(|roots| roots.iter());
        if let Some(assets) = roots.filter_map(|root| root.open(&self.slug)).next() {
            directories.push((directory(assets, FsPerms::ReadOnly), "/assets"));
        }
        if writable && let Some(scratch) = self.scratch() {
            directories.push((directory(scratch, FsPerms::ReadWrite), "/scratch"));
        }
        directories
    }

    fn scratch(&mut self) -> Option<File> {
        let (root, _) = self.configured.scratch.as_ref()?;
        if self.scratch.is_none() {
            let made = root.make();
            self.scratch =
                made.inspect_err(|error| tracing::error!(%error, "a scratch directory was not made")).ok();
        }
        self.scratch.as_ref()?.open().ok()
    }
}

fn directory(file: File, perms: FsPerms) -> Dir {
    let mode = match perms {
        FsPerms::ReadOnly => OpenMode::READ,
        FsPerms::ReadWrite => OpenMode::READ | OpenMode::WRITE,
    };
    Dir::new(file, perms, mode, false)
}

impl Capability for Files {
    const KEY: &'static str = "files";
    type Grant = FilesGrant;
    type Configured = FilesConfigured;
    type Session = FilesSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        linker.allow_shadowing(true);
        let linked = link::link(linker);
        linker.allow_shadowing(false);
        linked
    }

    fn configure(&self, grant: FilesGrant) -> Result<FilesConfigured, GrantError> {
        let bytes = grant.scratch_mib.saturating_mul(MIB);
        if bytes > self.max_scratch {
            let most = self.max_scratch / MIB;
            return Err(GrantError::new("files.scratchMib", format!("the operator allows {most} at most")));
        }
        let assets = grant.assets.unwrap_or(true).then(|| self.assets.clone());
        let scratch = (bytes > 0).then(|| (self.scratch.clone(), bytes));
        Ok(FilesConfigured { assets, scratch })
    }

    fn prepare(configured: &Arc<FilesConfigured>, invocation: &Arc<InvocationContext>) -> FilesSession {
        let limit = configured.scratch.as_ref().map_or(0, |(_, bytes)| *bytes);
        FilesSession {
            configured: configured.clone(),
            slug: invocation.slug.clone(),
            quota: Arc::new(Quota::new(limit)),
            scratch: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        let scratch = std::env::temp_dir().join("wasmforge-files-test");
        Files::new(FilesSettings { assets: Vec::new(), scratch, max_scratch: 16 * MIB })
    }

    #[test]
    fn without_a_word_there_are_assets_and_no_scratch() {
        let configured = files().configure(FilesGrant::default()).unwrap();
        assert!(configured.assets.is_some() && configured.scratch.is_none());
    }

    #[test]
    fn what_is_granted_is_what_was_asked_for_up_to_the_operators_limit() {
        let grant = |text: &str| files().configure(serde_json::from_str(text).unwrap());
        let configured = grant(r#"{"assets":false,"scratchMib":16}"#).unwrap();
        assert!(configured.assets.is_none());
        assert_eq!(configured.scratch.map(|(_, bytes)| bytes), Some(16 * MIB));
        for too_much in ["17", "18446744073709551615"] {
            let error = grant(&format!(r#"{{"scratchMib":{too_much}}}"#)).err().unwrap();
            assert_eq!(error.path, "files.scratchMib");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for grant in [r#"{"scratchMib":-1}"#, r#"{"scratch":1}"#, r#"{"assets":"/etc"}"#, "true"] {
            assert!(serde_json::from_str::<FilesGrant>(grant).is_err(), "{grant}");
        }
    }
}
