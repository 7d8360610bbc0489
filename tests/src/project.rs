//! A folder in which somebody writes functions.

use crate::Launch;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An author's project, with the bundler that this repository has installed.
pub struct Project {
    folder: TempDir,
    cache: TempDir,
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Project {
    /// A project without functions.
    #[must_use]
    pub fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let bundler = repository.join("guest-sdk/js/layer/node_modules/esbuild");
        assert!(bundler.is_dir(), "there is no {}; run `cargo xtask js`", bundler.display());
        fs::create_dir(project.path("node_modules")).unwrap();
        symlink(bundler, project.path("node_modules/esbuild")).unwrap();
        project
    }

    /// A path in the project.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Writes a file, as an editor does: whole or not at all.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("writing~");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// The same, which returns the project.
    #[must_use]
    pub fn file(self, file: &str, text: &str) -> Self {
        self.write(file, text);
        self
    }

    /// Writes a shell script that can be run.
    #[must_use]
    pub fn program(self, file: &str, text: &str) -> Self {
        self.write(file, &format!("#!/bin/sh\n{text}"));
        fs::set_permissions(self.path(file), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// What a file holds.
    #[must_use]
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// `wasmforge` with these arguments. What it fetches is kept with the project.
    #[must_use]
    pub fn wasmforge<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Launch {
        Launch::new(arguments).var("WASMFORGE_CACHE", self.cache.path())
    }
}
