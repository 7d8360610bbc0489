//! A PostgreSQL of our own, on loopback, whose cluster lives in the data folder.

use super::launcher::{Launcher, Program};
use super::services::{POSTGRES_MAJOR, PostgresBinaries};
use super::supervise::{Output, Service};
use super::{DataDir, DevError, Keys, account::Account, postmaster};
use crate::cli::confine::DeathSignal;
use crate::config::Secret;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The superuser.
const USER: &str = "postgres";
/// The database that InsForge uses too.
const DATABASE: &str = "insforge";
/// How long the server may take to answer; recovery after a crash takes a while.
const START: Duration = Duration::from_secs(60);
/// The longest path of a socket's folder: `sun_path` holds 107 bytes, the file's name takes up to 20.
const SOCKET_DIR_MAX: usize = 86;
/// An `SQLSTATE` class: the password is wrong.
const INVALID_PASSWORD: &str = "28P01";

/// Few connections and no replication, so that it starts at once. A crash may lose the last moments' commits, never
/// the cluster.
const SETTINGS: [&str; 9] = [
    "listen_addresses=127.0.0.1",
    "shared_buffers=32MB",
    "max_connections=60",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "huge_pages=off",
    "jit=off",
    "log_min_messages=warning",
];

/// The running server.
pub(super) struct Postgres {
    service: Service,
    options: PgConnectOptions,
    url: Secret,
}

impl Postgres {
    /// Starts the server, on a new cluster the first time, and waits until it answers.
    pub(super) async fn start(
        launcher: Arc<Launcher>,
        data_dir: &DataDir,
        account: Option<&Account>,
        binaries: &PostgresBinaries,
        keys: &Keys,
    ) -> Result<Self, DevError> {
        let home = data_dir.service_dir("postgres", account)?;
        let cluster = home.join("data");
        postmaster::clear(&cluster).await?;
        if !cluster.exists() {
            tracing::info!("making a PostgreSQL cluster in {}", cluster.display());
            create_cluster(&launcher, &home, account, binaries, &keys.postgres_password).await?;
        }
        check_version(&cluster)?;

        let port =
            free_port().map_err(|source| DevError::Run { program: "PostgreSQL".to_owned(), source })?;
        let program = server(&home, &cluster, binaries, port);
        let service = Service::start(launcher, program)
            .await
            .map_err(|source| DevError::Run { program: "PostgreSQL".to_owned(), source })?;
        let password = keys.postgres_password.expose();
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(USER)
            .password(password)
            .disable_statement_logging();
        let url = Secret::new(format!("postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"));
        let postgres = Self { service, options, url };
        match postgres.prepare().await {
            Ok(()) => Ok(postgres),
            Err(error) => {
                postgres.stop().await;
                Err(error)
            }
        }
    }

    /// `postgres://…` of the superuser.
    pub(super) fn url(&self) -> Secret {
        self.url.clone()
    }

    /// A fast shutdown: open transactions are rolled back, the cluster is left clean.
    pub(super) async fn stop(self) {
        self.service.stop().await;
    }

    /// Waits until it answers, then makes the database and its roles where they are missing.
    async fn prepare(&self) -> Result<(), DevError> {
        let mut first = tokio::select! {
            connection = self.first_connection() => connection?,
            output = self.service.ended() => return Err(DevError::PostgresExited(output)),
        };
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'insforge')")
                .fetch_one(&mut first)
                .await?;
        if !exists {
            first.execute(sqlx::raw_sql("CREATE DATABASE insforge")).await?;
        }
        first.close().await?;
        let mut database = PgConnection::connect_with(&self.options.clone().database(DATABASE)).await?;
        database.execute(sqlx::raw_sql(include_str!("bootstrap.sql"))).await?;
        Ok(database.close().await?)
    }

    async fn first_connection(&self) -> Result<PgConnection, DevError> {
        let options = self.options.clone().database("postgres");
        let deadline = tokio::time::Instant::now() + START;
        let mut pause = Duration::from_millis(10);
        loop {
            let error = match tokio::time::timeout_at(deadline, PgConnection::connect_with(&options)).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) if is_final(&error) => return Err(error.into()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it accepts connections and does not answer".to_owned(),
            };
            if tokio::time::Instant::now() + pause >= deadline {
                return Err(DevError::PostgresSilent { seconds: START.as_secs(), last: error });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }
}

/// Whether asking again is of no use.
fn is_final(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == INVALID_PASSWORD)
}

fn server(home: &Path, cluster: &Path, binaries: &PostgresBinaries, port: u16) -> Program {
    let socket_dir = if home.as_os_str().len() <= SOCKET_DIR_MAX { home.as_os_str() } else { "".as_ref() };
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(socket_dir);
    let mut args: Vec<OsString> = vec!["-D".into(), cluster.into(), "-p".into(), port.to_string().into()];
    for setting in SETTINGS.map(OsString::from).into_iter().chain([sockets]) {
        args.extend(["-c".into(), setting]);
    }
    program("postgres", binaries, args, home)
}

/// Not the caller's environment: `PGDATA` and its like would be taken for ours.
fn program(name: &'static str, binaries: &PostgresBinaries, args: Vec<OsString>, dir: &Path) -> Program {
    let env = vec![("LC_ALL", "C.UTF-8".into()), ("PATH", "/usr/bin:/bin".into()), ("TZ", "UTC".into())];
    Program { name, path: binaries.program(name), args, env, dir: dir.to_owned(), stop: DeathSignal::Int }
}

/// Made under another name and renamed when whole, so that an interrupted start leaves nothing half-made.
async fn create_cluster(
    launcher: &Launcher,
    home: &Path,
    account: Option<&Account>,
    binaries: &PostgresBinaries,
    password: &Secret,
) -> Result<(), DevError> {
    let (beside, password_file) = (home.join("data.new"), home.join("password"));
    remove_dir(&beside)?;
    write_password(&password_file, account, password)?;
    let mut args: Vec<OsString> =
        ["-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync", "-D"]
            .map(OsString::from)
            .into();
    args.push(beside.clone().into());
    args.push({
        let mut flag = OsString::from("--pwfile=");
        flag.push(&password_file);
        flag
    });
    let initdb = program("initdb", binaries, args, home);
    let mut child = launcher
        .spawn(&initdb)
        .await
        .map_err(|source| DevError::Run { program: "initdb".to_owned(), source })?;
    let output = Output::new("initdb");
    output.follow(&mut child).await;
    let status = child.wait().await;
    fs::remove_file(&password_file).map_err(DevError::file(&password_file))?;
    match status {
        Ok(status) if status.success() => {
            let cluster = home.join("data");
            fs::rename(&beside, &cluster).map_err(DevError::file(cluster))
        }
        _ => Err(DevError::Initdb(output.recent())),
    }
}

fn write_password(path: &Path, account: Option<&Account>, password: &Secret) -> Result<(), DevError> {
    let written = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(password.expose().as_bytes()));
    written.map_err(DevError::file(path))?;
    account.map_or(Ok(()), |account| account.own(path))
}

fn remove_dir(path: &Path) -> Result<(), DevError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DevError::File { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

fn check_version(cluster: &Path) -> Result<(), DevError> {
    let file: PathBuf = cluster.join("PG_VERSION");
    let found = fs::read_to_string(&file).map_err(DevError::file(&file))?;
    if found.trim() == POSTGRES_MAJOR.to_string() {
        return Ok(());
    }
    Err(DevError::DataVersion {
        path: cluster.to_owned(),
        found: found.trim().to_owned(),
        expected: POSTGRES_MAJOR,
    })
}

/// A port that is free now. Another program could take it before the service does; the service then fails to start
/// and says so.
pub(super) fn free_port() -> io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr().map(|addr| addr.port())
}
