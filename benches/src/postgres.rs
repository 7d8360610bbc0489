//! A PostgreSQL of our own for one run, reached through a socket in its folder.

use crate::process::{NOBODY, Program, Running, Stop};
use anyhow::{Context as _, Result};
use std::os::unix::fs::chown;
use std::path::Path;
use tempfile::TempDir;

/// The superuser, and the database.
const NAME: &str = "postgres";

/// The running server. Fields are dropped in this order: it stops, then its folder goes.
pub(crate) struct Postgres {
    _server: Running,
    dir: TempDir,
}

impl Postgres {
    /// Makes a cluster with the programs in `bin` and starts its server, on the core of the load generator. Its words
    /// go into `log_dir`.
    pub(crate) async fn start(bin: &Path, log_dir: &Path) -> Result<Self> {
        // Not within our own folder, which nobody else may enter. This one belongs to whom PostgreSQL runs as; as only
        // that user gets at the socket, no password is needed.
        let dir = tempfile::Builder::new().prefix("wasmforge-benches-pg-").tempdir()?;
        if rustix::process::geteuid().is_root() {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).context("the cluster's folder")?;
        }
        let data = dir.path().join("data");
        Program::new(&bin.join("initdb"), Stop::Int)
            .args(["--username", NAME, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .run()?;
        let server = Program::new(&bin.join("postgres"), Stop::Int).arg("-D").arg(&data);
        let sockets = format!("unix_socket_directories={}", dir.path().display());
        let settings = ["listen_addresses=", "fsync=off", "jit=off", "lc_messages=C", &sockets];
        let server = settings.into_iter().fold(server, |server, setting| server.args(["-c", setting]));
        let mut server = server.start(log_dir)?;
        server
            .wait_for(|said| said.contains("database system is ready to accept connections").then_some(()))
            .await?;
        Ok(Self { _server: server, dir })
    }

    /// `postgres://…`
    pub(crate) fn url(&self) -> String {
        // The socket's folder as a parameter: a path cannot stand in a URL's authority.
        format!("postgres://{NAME}@localhost/{NAME}?host={}", self.dir.path().display())
    }
}
