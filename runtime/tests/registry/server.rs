//! A PostgreSQL server of the test process's own, on a socket in a temporary folder.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Who runs the server when the tests run as root, whom PostgreSQL refuses.
const NOBODY: u32 = 65534;

pub struct Server {
    folder: PathBuf,
    /// Stops the server and removes the folder when this process ends, however it ends: its input closes then.
    guard: Child,
}

/// The server that the tests of this process share.
pub fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

impl Server {
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("wasmforge-pg-").unwrap().keep();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
        if is_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        run(unprivileged("initdb")
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(folder.join("data")));
        let stop = format!(
            "read _; '{}' -s -D '{folder}/data' -m immediate stop; rm -rf '{folder}'",
            program("pg_ctl").display(),
            folder = folder.display()
        );
        let guard = as_nobody(Command::new("sh").args(["-c", &stop]))
            // A group of its own: what interrupts the tests must not end what cleans up after them.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { folder, guard };
        server.up();
        server
    }

    /// Starts it, or starts it again.
    pub fn up(&self) {
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=200",
            self.folder.display()
        );
        run(self.control().args(["-w", "-l"]).arg(self.folder.join("log")).args(["-o", &options, "start"]));
    }

    /// Ends it at once, as a crash would.
    pub fn down(&self) {
        run(self.control().args(["-w", "-m", "immediate", "stop"]));
    }

    fn control(&self) -> Command {
        let mut command = unprivileged("pg_ctl");
        command.arg("-s").arg("-D").arg(self.folder.join("data"));
        command
    }

    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@localhost/{database}?host={}", self.folder.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        self.guard.wait().unwrap();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

fn as_nobody(command: &mut Command) -> &mut Command {
    if is_root() { command.uid(NOBODY).gid(NOBODY).current_dir("/") } else { command }
}

fn unprivileged(name: &str) -> Command {
    let mut command = Command::new(program(name));
    as_nobody(&mut command);
    command
}

fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("WASMFORGE_POSTGRES_BIN");
    Path::new(folder.as_deref().unwrap_or("/usr/lib/postgresql/15/bin".as_ref())).join(name)
}

/// Waits for the end. The server inherits no pipe, or waiting for the output would wait for the server.
fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
