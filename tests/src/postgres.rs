//! PostgreSQL for tests: one server that all test processes share, and private ones that a test may stop.
//!
//! Every test gets a database of its own. The shared server is started by the first process that needs it and ends
//! by itself a few seconds after the last one.

use rand::Rng as _;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Who runs the server when the tests run as root, whom PostgreSQL refuses.
const NOBODY: u32 = 65534;

/// Ports to choose from: below those that the kernel gives to outgoing connections, so that a server which was stopped
/// finds its port free again.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Settings of a server whose data need not outlive it.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "max_connections=300",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "unix_socket_directories=.",
    "log_min_messages=fatal",
];

/// Runs the server until this process's end closes the supervisor's input.
const WHILE_PARENT_LIVES: &str = r#""$@" & server=$!; read -r _; kill -QUIT $server; wait $server"#;

/// Runs the server until nobody holds a lock on `users`. While `lock` is held, nobody new can come; its data, which is
/// large by then, is removed when others need not wait for that.
const WHILE_USED: &str = r#"
"$@" & server=$!
exec 8<../lock 9<../users
while sleep 5 && kill -0 $server; do
    if flock -n 8; then
        if flock -n 9; then kill -QUIT $server; wait $server; exec 8<&- 9<&-; rm -rf data; exit; fi
        flock -u 8
    fi
done"#;

/// A PostgreSQL server of one test's own, which the test may stop and start again.
pub struct Postgres {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Postgres {
    /// Makes a server and starts it.
    #[must_use]
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("wasmforge-postgres-").unwrap();
        // Another user runs the server.
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        init(&folder.path().join("server"));
        let mut server = Self { folder, port: free_port(), running: None };
        server.resume();
        server
    }

    /// Stops it at once, as a crash would.
    pub fn stop(&mut self) {
        if let Some(mut supervisor) = self.running.take() {
            drop(supervisor.stdin.take());
            supervisor.wait().unwrap();
        }
    }

    /// Starts it again on the same port, with the same data.
    pub fn resume(&mut self) {
        assert!(self.running.is_none(), "the server is running");
        let server = self.folder.path().join("server");
        let mut shell = supervisor(WHILE_PARENT_LIVES, &server, self.port);
        self.running = Some(shell.stdin(Stdio::piped()).spawn().unwrap());
        wait_until_ready(&server);
    }

    /// A new, empty database.
    pub async fn database(&self) -> Database {
        Database::create_on(self.port).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A database that no other test uses.
pub struct Database {
    port: u16,
    name: String,
    pool: PgPool,
}

impl Database {
    /// A new, empty database on the shared server.
    pub async fn create() -> Self {
        let port = tokio::task::spawn_blocking(shared_port).await.unwrap();
        Self::create_on(port).await
    }

    async fn create_on(port: u16) -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(&url(port, "postgres")).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        let pool = PgPoolOptions::new().max_connections(3).connect_lazy(&url(port, &name)).unwrap();
        Self { port, name, pool }
    }

    /// Where it is, with a superuser's name and password.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.port, &self.name)
    }

    /// The port of its server.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Connections to it.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await;
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// The one value of an expression, or of a query in parentheses, as text.
    pub async fn text(&self, sql: &str) -> Option<String> {
        let query = sqlx::query_scalar(AssertSqlSafe(format!("SELECT ({sql})::text")));
        query.fetch_one(&self.pool).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    /// The same as a number; NULL is 0.
    pub async fn number(&self, sql: &str) -> i64 {
        self.text(sql).await.map_or(0, |text| text.parse().unwrap())
    }

    /// Writes a component into a function's row, as a person with `psql` would.
    pub async fn write_module(&self, slug: &str, module: &[u8]) {
        let statement = "INSERT INTO functions.definitions (slug, name, code, module, status)
            VALUES ($1, $1, '', $2, 'active') ON CONFLICT (slug) DO UPDATE SET module = EXCLUDED.module";
        sqlx::query(statement).bind(slug).bind(module).execute(&self.pool).await.unwrap();
    }

    /// Writes an active row of source text, as InsForge's backend would.
    pub async fn write_source(&self, slug: &str, code: &str) {
        let statement = "INSERT INTO functions.definitions (slug, name, code, status)
            VALUES ($1, $1, $2, 'active') ON CONFLICT (slug) DO UPDATE SET code = EXCLUDED.code";
        sqlx::query(statement).bind(slug).bind(code).execute(&self.pool).await.unwrap();
    }

    /// Writes a secret's stored form.
    pub async fn write_secret(&self, key: &str, stored: &str) {
        let statement = "INSERT INTO system.secrets (key, value_ciphertext) VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE SET value_ciphertext = EXCLUDED.value_ciphertext";
        sqlx::query(statement).bind(key).bind(stored).execute(&self.pool).await.unwrap();
    }

    /// Ends every connection that nodes have to it. Returns how many there were.
    pub async fn cut_connections(&self) -> i64 {
        self.number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'wasmforge'",
        )
        .await
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://postgres:postgres@127.0.0.1:{port}/{database}")
}

/// The port of the shared server, which runs at least as long as this process.
fn shared_port() -> u16 {
    static USED: Mutex<Option<(u16, File)>> = Mutex::new(None);
    let mut used = USED.lock().unwrap();
    if let Some((port, _)) = &*used {
        return *port;
    }
    let folder = shared_folder();
    let lock = File::create(folder.join("lock")).unwrap();
    let users = File::create(folder.join("users")).unwrap();
    lock.lock().unwrap();
    users.lock_shared().unwrap();
    let port = running_port(&folder).unwrap_or_else(|| start_shared(&folder));
    *used = Some((port, users));
    port
}

/// A folder of this user's among the system's temporary files, which another user can enter.
fn shared_folder() -> PathBuf {
    let me = fs::metadata("/proc/self").unwrap().uid();
    let folder = std::env::temp_dir().join(format!("wasmforge-test-postgres-{me}"));
    if let Err(error) = fs::create_dir(&folder) {
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists, "{}: {error}", folder.display());
    }
    let found = fs::symlink_metadata(&folder).unwrap();
    assert!(found.is_dir() && found.uid() == me, "{} is somebody else's", folder.display());
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

fn running_port(folder: &Path) -> Option<u16> {
    let port = fs::read_to_string(folder.join("port")).ok()?.parse().ok()?;
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some(port)
}

#[expect(clippy::zombie_processes, reason = "the supervisor outlives this process, which cannot wait for it")]
fn start_shared(folder: &Path) -> u16 {
    for old in fs::read_dir(folder).unwrap().flatten() {
        // What is empty is left of a server that has gone.
        let _ = fs::remove_dir(old.path());
    }
    let port = free_port();
    let server = folder.join(format!("server-{port}"));
    init(&server);
    supervisor(WHILE_USED, &server, port).stdin(Stdio::null()).spawn().unwrap();
    wait_until_ready(&server);
    fs::write(folder.join("port"), port.to_string()).unwrap();
    port
}

/// Makes `folder`, owned by whoever runs the server, and a cluster in it.
fn init(folder: &Path) {
    fs::create_dir(folder).unwrap();
    if is_root() {
        chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let output = unprivileged(&program("initdb"))
        .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D", "data"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let output = output.unwrap_or_else(|error| panic!("initdb in $WASMFORGE_POSTGRES_BIN: {error}"));
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
}

/// A shell that runs a server in `folder` for as long as `life` says, whatever happens to this process's group.
fn supervisor(life: &str, folder: &Path, port: u16) -> Command {
    let mut shell = unprivileged(Path::new("sh"));
    shell.args(["-c", life, "supervisor"]).arg(program("postgres"));
    shell.args(["-D", "data", "-p", &port.to_string()]);
    shell.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    shell.current_dir(folder).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    shell
}

fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("WASMFORGE_POSTGRES_BIN");
    Path::new(folder.as_deref().unwrap_or("/usr/lib/postgresql/15/bin".as_ref())).join(name)
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let mut random = rand::rng();
    let mut ports = std::iter::repeat_with(|| random.random_range(PORTS)).take(1000);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

/// Waits until the server says that it takes queries, in the last line of the file that names its process.
fn wait_until_ready(folder: &Path) {
    let end = Instant::now() + crate::PATIENCE;
    let state = folder.join("data/postmaster.pid");
    while !fs::read_to_string(&state).is_ok_and(|text| text.trim_end().ends_with("ready")) {
        assert!(Instant::now() < end, "PostgreSQL does not start in {}", folder.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}
