//! What is measured and where it runs: programs, guests, a folder, a database.

use crate::cores::Cores;
use crate::postgres::Postgres;
use anyhow::{Context as _, Result};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Everything that outlives a single server. Dropping it stops the database and removes the folder.
pub(crate) struct Installation {
    /// Which core is whose.
    pub(crate) cores: Cores,
    /// The server that is measured.
    pub(crate) wasmforge: PathBuf,
    /// The command line of wasmtime, if there is one.
    pub(crate) wasmtime: Option<PathBuf>,
    /// The folder of packages that has servers of JavaScript, if there is one.
    pub(crate) packages: Option<PathBuf>,
    /// The database of `wasmforge serve`.
    pub(crate) postgres: Postgres,
    guests: PathBuf,
    dir: TempDir,
}

impl Installation {
    /// Finds the programs and starts a database.
    pub(crate) async fn prepare(cores: Cores) -> Result<Self> {
        let target = set("CARGO_TARGET_DIR").unwrap_or_else(|| PathBuf::from("target"));
        let wasmforge = set("WASMFORGE_BIN").unwrap_or_else(|| target.join("release/wasmforge"));
        let wasmforge = wasmforge.canonicalize().with_context(|| {
            format!("there is no {}: build it, or name one in WASMFORGE_BIN", wasmforge.display())
        })?;
        let guests = set("WASMFORGE_GUESTS").unwrap_or_else(|| target.join("wasm32-wasip2/guest"));
        let guests = guests.canonicalize().with_context(|| {
            format!(
                "there is no {}: run `cargo xtask guests`, or name one in WASMFORGE_GUESTS",
                guests.display()
            )
        })?;
        let postgres_bin = set("WASMFORGE_POSTGRES_BIN");
        let postgres_bin = postgres_bin.unwrap_or_else(|| PathBuf::from("/usr/lib/postgresql/15/bin"));
        let dir = tempfile::Builder::new().prefix("wasmforge-benches-").tempdir()?;
        let postgres = Postgres::start(&postgres_bin, dir.path()).await.context("PostgreSQL")?;
        Ok(Self { cores, wasmforge, wasmtime: wasmtime(), packages: packages(), postgres, guests, dir })
    }

    /// A guest's component, by the name of its crate.
    pub(crate) fn guest(&self, name: &str) -> PathBuf {
        self.guests.join(format!("{name}.wasm"))
    }

    /// A guest's bytes.
    pub(crate) fn guest_bytes(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.guest(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// A folder of this run, made if need be.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.dir.path().join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

/// `$WASMFORGE_BENCH_WASMTIME`, or what `PATH` has, or what `cargo xtask bench --wasmtime` put into the cache.
fn wasmtime() -> Option<PathBuf> {
    if let Some(named) = set("WASMFORGE_BENCH_WASMTIME") {
        return Some(named);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(cache().map(|cache| cache.join("wasmtime/bin")));
    folders.map(|folder| folder.join("wasmtime")).find(|file| is_file(file))
}

/// `$WASMFORGE_BENCH_PACKAGES`, or what `cargo xtask bench --javascript` put into the cache.
fn packages() -> Option<PathBuf> {
    let named = set("WASMFORGE_BENCH_PACKAGES");
    named.or_else(|| Some(cache()?.join("peers/node_modules"))).filter(|folder| folder.is_dir())
}

fn cache() -> Option<PathBuf> {
    set("WASMFORGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("wasmforge")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/wasmforge")))
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file())
}

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
