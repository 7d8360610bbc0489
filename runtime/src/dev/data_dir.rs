//! The folder that survives restarts: keys, and the database's files.

use super::{DevError, account::Account, env_file};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The data folder, locked: one process at a time.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Released when dropped, or by the kernel when the process dies.
    _lock: File,
}

impl DataDir {
    /// Makes or takes the folder `path`, and closes it to everyone but its owner. When services run as another
    /// user, that user's group may pass through it to files of its own, and read nothing else.
    pub(super) fn open(path: Option<PathBuf>, account: Option<&Account>) -> Result<Self, DevError> {
        let path = match path {
            Some(path) => std::path::absolute(&path).map_err(DevError::file(path))?,
            None => default_path(account.is_some())?,
        };
        if is_foreign(&path)? {
            return Err(DevError::ForeignDataDir(path));
        }
        if let (Some(account), Some(parent)) = (account, path.parent()) {
            account.reach(parent)?;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(DevError::file(parent))?;
        }
        if !path.exists() {
            DirBuilder::new().mode(0o700).create(&path).map_err(DevError::file(&path))?;
        }
        let lock = lock(&path)?;
        let mode = match account {
            Some(account) => {
                std::os::unix::fs::chown(&path, None, Some(account.gid)).map_err(DevError::file(&path))?;
                0o710
            }
            None => 0o700,
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(DevError::file(&path))?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of [`Keys`](super::Keys).
    #[must_use]
    pub fn keys_file(&self) -> PathBuf {
        self.path.join("keys.json")
    }

    /// The variables of the running services, for a shell.
    #[must_use]
    pub fn env_file(&self) -> PathBuf {
        self.path.join("env")
    }

    /// Where compiled modules are kept.
    #[must_use]
    pub fn code_cache(&self) -> PathBuf {
        self.path.join("code")
    }

    /// Where objects are kept.
    #[must_use]
    pub fn storage(&self) -> PathBuf {
        self.path.join("storage")
    }

    /// A folder in it that belongs to the user that services run as, and to that user alone.
    pub(super) fn service_dir(&self, name: &str, account: Option<&Account>) -> Result<PathBuf, DevError> {
        let dir = self.path.join(name);
        if !dir.exists() {
            DirBuilder::new().mode(0o700).create(&dir).map_err(DevError::file(&dir))?;
            if let Some(account) = account {
                account.own(&dir)?;
            }
        }
        Ok(dir)
    }
}

/// Root's home is closed to the user that services run as, hence the second place.
pub(super) fn default_path(root: bool) -> Result<PathBuf, DevError> {
    if root {
        return Ok(PathBuf::from("/var/lib/wasmforge/dev"));
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_DATA_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/share")))
        .map(|share| share.join("wasmforge/dev"))
        .ok_or(DevError::NoDataDir)
}

/// The variables of the services that run for this user's `wasmforge dev` now; `None` while there is none.
#[must_use]
pub fn running_services(path: Option<PathBuf>) -> Option<Vec<(String, String)>> {
    let is_root = rustix::process::geteuid().is_root();
    let path = path.or_else(|| default_path(is_root).ok())?;
    let file = File::open(path.join("lock")).ok()?;
    // Released again with the file: whoever starts at this moment may be told that the folder is in use.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => env_file::read(&path.join("env")).ok(),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// A folder with other things in it is not taken over: its permissions would change.
fn is_foreign(path: &Path) -> Result<bool, DevError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(!path.join("lock").exists() && entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(DevError::File { path: path.to_owned(), source }),
    }
}

fn lock(dir: &Path) -> Result<File, DevError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(DevError::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DevError::DataDirInUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(DevError::File { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn the_folder_is_closed_to_others_and_taken_once() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("data");
        let dir = DataDir::open(Some(path.clone()), None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        assert!(matches!(DataDir::open(Some(path.clone()), None), Err(DevError::DataDirInUse(_))));
        drop(dir);
        DataDir::open(Some(path), None).unwrap();
    }

    #[test]
    fn services_are_known_while_somebody_runs_them() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("data");
        assert_eq!(running_services(Some(path.clone())), None);
        let dir = DataDir::open(Some(path.clone()), None).unwrap();
        let variables = [("DATABASE_URL".to_owned(), "postgres://here".to_owned())];
        env_file::write(&dir.env_file(), &variables).unwrap();
        assert_eq!(running_services(Some(path.clone())).unwrap(), variables);
        drop(dir);
        assert_eq!(running_services(Some(path)), None);
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let temp = tempfile::tempdir().unwrap();
        fs::set_permissions(temp.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(temp.path().join("thesis.tex"), "").unwrap();
        let refused = DataDir::open(Some(temp.path().to_owned()), None);
        assert!(matches!(refused, Err(DevError::ForeignDataDir(_))));
        assert_eq!(fs::metadata(temp.path()).unwrap().mode() & 0o777, 0o755);
    }
}
