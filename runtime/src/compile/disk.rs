//! Machine code on the local disk (L2): one sealed file per module and engine.

use super::seal::{BrokenSeal, SEAL_LEN, Sealer};
use crate::engine::PooledEngine;
use crate::registry::ArtifactKey;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::component::Component;

/// Why a file was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// It is not what this installation wrote.
    #[error(transparent)]
    Broken(#[from] BrokenSeal),
    /// wasmtime refuses it.
    #[error("{0}")]
    Refused(String),
    /// The disk fails.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder of `.cwasm` files, readable by this user alone.
#[derive(Clone)]
pub struct DiskCache {
    dir: Arc<Path>,
    most_bytes: u64,
    sealer: Sealer,
}

impl DiskCache {
    /// A cache in `dir`, which holds at most `most_bytes`. The folder is made when the first file is written.
    #[must_use]
    pub fn new(dir: &Path, most_bytes: u64, sealer: Sealer) -> Self {
        Self { dir: Arc::from(dir), most_bytes, sealer }
    }

    /// Loads a file, memory-mapped; `None` where there is none. Blocks.
    ///
    /// # Errors
    /// [`DiskError`]; a file that fails its check was removed.
    pub fn load(
        &self,
        engine: &PooledEngine,
        key: &ArtifactKey,
    ) -> Result<Option<(Component, usize)>, DiskError> {
        let path = self.path(key);
        let sealed = match fs::read(&path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let loaded = self.open(engine, key, &path, &sealed);
        if matches!(loaded, Err(DiskError::Broken(_) | DiskError::Refused(_))) {
            let _ = fs::remove_file(&path);
        }
        loaded.map(Some)
    }

    /// Where a file is whose seal is intact; `None` where there is none. Blocks.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn checked(&self, key: &ArtifactKey) -> Result<Option<PathBuf>, DiskError> {
        Ok(self.read(key)?.map(|_| self.path(key)))
    }

    /// What a file holds; `None` where there is none. Blocks.
    ///
    /// # Errors
    /// [`DiskError`]; a file that fails its check was removed.
    pub fn read(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, DiskError> {
        let path = self.path(key);
        let mut sealed = match fs::read(&path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match self.sealer.open(key, &sealed) {
            Ok(bytes) => {
                let length = bytes.len();
                sealed.truncate(length);
                Ok(Some(sealed))
            }
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(error.into())
            }
        }
    }

    fn open(
        &self,
        engine: &PooledEngine,
        key: &ArtifactKey,
        path: &Path,
        sealed: &[u8],
    ) -> Result<(Component, usize), DiskError> {
        let size = self.sealer.open(key, sealed)?.len();
        // SAFETY: the seal shows that this installation's compiler made these bytes for this engine. The folder is
        // writable by this user alone, files in it are only ever renamed into place, so the mapping cannot change.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize_file(&engine.engine, path) };
        Ok((component.map_err(|error| DiskError::Refused(format!("{error:#}")))?, size))
    }

    /// Writes a file, then makes room for it. Blocks.
    ///
    /// # Errors
    /// Where the disk is full or not writable; nothing is left behind.
    pub fn store(&self, key: &ArtifactKey, code: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let path = self.path(key);
        let temporary = path.with_extension(format!("{}.tmp", uuid::Uuid::new_v4().simple()));
        let written = write_sealed(&temporary, code, &self.sealer.seal(key, code))
            .and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
        self.make_room()
    }

    /// Removes the files that were written longest ago until the rest fits.
    fn make_room(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            files.push((meta.modified()?, meta.len(), entry.path()));
        }
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        files.sort();
        for (_, len, path) in files {
            if total <= self.most_bytes {
                break;
            }
            fs::remove_file(path)?;
            total -= len;
        }
        Ok(())
    }

    fn path(&self, key: &ArtifactKey) -> PathBuf {
        let engine: String = key.engine.iter().take(8).map(|b| format!("{b:02x}")).collect();
        self.dir.join(format!("{}.{engine}.cwasm", key.module.to_hex()))
    }
}

fn write_sealed(path: &Path, code: &[u8], seal: &[u8; SEAL_LEN]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(code)?;
    file.write_all(seal)?;
    file.sync_data()
}
