//! Scratch directories: one per invocation that uses it, below one per process.
//!
//! A process holds a lock for as long as it lives, so that the next one can tell what is left of those that are gone.

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use uuid::Uuid;

/// How a process's lock is called, beside its directory.
const LOCK: &str = "lock";

/// Where a process makes scratch directories.
pub(super) struct ScratchRoot {
    base: PathBuf,
    own: OnceLock<Result<Own, String>>,
}

/// What belongs to this process.
struct Own {
    directory: PathBuf,
    lock: PathBuf,
    _held: File,
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
        let _ = std::fs::remove_file(&self.lock);
    }
}

impl ScratchRoot {
    /// Nothing is made yet; what others left is removed in the background.
    pub(super) fn new(base: PathBuf) -> Self {
        if base.is_dir() {
            let left = base.clone();
            std::thread::spawn(move || sweep(&left));
        }
        Self { base, own: OnceLock::new() }
    }

    /// A new, empty directory.
    pub(super) fn make(&self) -> io::Result<Scratch> {
        let own = self.own.get_or_init(|| claim(&self.base).map_err(|error| error.to_string()));
        let own = own.as_ref().map_err(|error| io::Error::other(error.clone()))?;
        let path = own.directory.join(Uuid::new_v4().simple().to_string());
        private().create(&path)?;
        Ok(Scratch(path))
    }
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Makes the directory of this process, in a base that is this user's alone: in a folder that everybody may write to,
/// somebody else may have been there first.
fn claim(base: &Path) -> io::Result<Own> {
    if let Some(parent) = base.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match private().create(base) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = std::fs::symlink_metadata(base)?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() || found.mode() & 0o077 != 0 {
        return Err(io::Error::other(format!("{} is not a folder of this user alone", base.display())));
    }
    let directory = base.join(Uuid::new_v4().simple().to_string());
    let lock = directory.with_extension(LOCK);
    let held = File::create_new(&lock)?;
    flock(&held, FlockOperation::NonBlockingLockExclusive)?;
    private().create(&directory)?;
    Ok(Own { directory, lock, _held: held })
}

/// Removes the directories of processes that are gone.
fn sweep(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let lock = entry.path();
        if lock.extension().is_none_or(|extension| extension != LOCK) {
            continue;
        }
        let Ok(file) = File::open(&lock) else { continue };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = std::fs::remove_dir_all(lock.with_extension(""));
            let _ = std::fs::remove_file(&lock);
        }
    }
}

/// One invocation's directory, removed when it is dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Opens it.
    pub(super) fn open(&self) -> io::Result<File> {
        File::open(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.0);
        let remove = move || {
            if let Err(error) = std::fs::remove_dir_all(&path) {
                tracing::warn!(%error, "a scratch directory was not removed");
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_goes_with_its_invocation_and_the_rest_with_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("scratch");
        let root = ScratchRoot::new(base.clone());
        assert!(!base.exists(), "nobody asked for it");
        let scratch = root.make().unwrap();
        std::fs::write(scratch.0.join("f"), "x").unwrap();
        let path = scratch.0.clone();
        drop(scratch);
        assert!(!path.exists() && base.exists());
        drop(root);
        assert_eq!(std::fs::read_dir(&base).unwrap().count(), 0);
    }

    #[test]
    fn what_a_crash_left_is_removed_and_what_is_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("scratch");
        let alive = ScratchRoot::new(base.clone());
        let scratch = alive.make().unwrap();
        std::fs::write(base.join("dead.lock"), "").unwrap();
        std::fs::create_dir_all(base.join("dead/invocation")).unwrap();
        sweep(&base);
        assert!(!base.join("dead").exists() && !base.join("dead.lock").exists());
        assert!(scratch.0.exists());
    }

    #[test]
    fn a_folder_that_others_can_enter_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("scratch");
        DirBuilder::new().mode(0o755).create(&base).unwrap();
        assert!(ScratchRoot::new(base).make().is_err());
    }
}
