//! The services of `wasmforge dev`: real PostgreSQL and PostgREST, started twice on one data folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use sqlx::{Connection, Executor, PgConnection, Row};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wasmforge::config::Variables;
use wasmforge::dev::{DevError, LocalServices, Options, start};

/// Of the environment only what finds programs: a developer's own database is not to be used.
fn variables(more: &[(&str, &str)]) -> Variables {
    ["PATH", "HOME", "XDG_CACHE_HOME", "WASMFORGE_CACHE", "WASMFORGE_POSTGRES_BIN", "WASMFORGE_POSTGREST"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .chain(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .collect()
}

async fn services(data_dir: &Path, more: &[(&str, &str)]) -> Result<LocalServices, DevError> {
    start(Options {
        data_dir: Some(data_dir.to_owned()),
        variables: variables(more),
        executable: PathBuf::from(env!("CARGO_BIN_EXE_wasmforge")),
    })
    .await
}

async fn connect(services: &LocalServices) -> PgConnection {
    PgConnection::connect(services.database_url().expose()).await.unwrap()
}

/// The answer to `GET path`, once there is one.
async fn get(services: &LocalServices, path: &str) -> String {
    let addr = services.postgrest_url().unwrap().strip_prefix("http://").unwrap();
    for _ in 0..200 {
        if let Ok(mut stream) = tokio::net::TcpStream::connect(addr).await {
            let request = format!("GET {path} HTTP/1.0\r\nHost: {addr}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            if answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200") {
                return answer;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("PostgREST does not answer {path}");
}

fn server_pid(data_dir: &Path) -> i32 {
    let file = fs::read_to_string(data_dir.join("postgres/data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn data_and_keys_survive_a_restart_and_postgrest_serves_them() {
    let temp = tempfile::tempdir().unwrap();
    let data_dir = temp.path();
    let first = services(data_dir, &[]).await.unwrap();
    let keys = first.variables();
    let mut database = connect(&first).await;
    database.execute("CREATE TABLE notes (text text)").await.unwrap();
    database.execute("INSERT INTO notes VALUES ('kept')").await.unwrap();
    let roles: Vec<String> = sqlx::query(
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'project_admin') ORDER BY 1",
    )
    .fetch_all(&mut database)
    .await
    .unwrap()
    .iter()
    .map(|row| row.get(0))
    .collect();
    assert_eq!(roles, ["anon", "authenticated", "project_admin"]);
    let server = server_pid(data_dir);
    assert_ne!(fs::read_to_string(format!("/proc/{server}/status")).unwrap().matches("Uid:\t0").count(), 1);
    database.close().await.unwrap();
    first.stop().await;
    assert!(!data_dir.join("postgres/data/postmaster.pid").exists(), "a clean shutdown");

    // As after a hard stop in a container: the file is still there, and its process id is someone else's.
    fs::write(data_dir.join("postgres/data/postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
    let second = services(data_dir, &[("JWT_SECRET", "a seed that comes too late to be one")]).await.unwrap();
    let stable = |variables: &[(String, String)]| -> Vec<(String, String)> {
        variables.iter().filter(|(name, _)| !name.ends_with("_URL")).cloned().collect()
    };
    assert_eq!(stable(&second.variables()), stable(&keys));
    assert!(get(&second, "/notes").await.contains(r#"[{"text":"kept"}]"#));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_is_started_again() {
    let temp = tempfile::tempdir().unwrap();
    let services = services(temp.path(), &[("POSTGREST_BASE_URL", "http://127.0.0.1:1")]).await.unwrap();
    assert_eq!(services.postgrest_url(), Some("http://127.0.0.1:1"));
    let server = rustix::process::Pid::from_raw(server_pid(temp.path())).unwrap();
    rustix::process::kill_process(server, rustix::process::Signal::INT).unwrap();
    let answered = async {
        loop {
            let answer = match PgConnection::connect(services.database_url().expose()).await {
                Ok(mut database) => database.execute("SELECT 1").await.is_ok(),
                Err(_) => false,
            };
            if answer && server_pid(temp.path()) != server.as_raw_nonzero().get() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), answered).await.unwrap();
    services.stop().await;
}

#[tokio::test]
async fn a_database_of_the_users_own_is_used_as_it_is() {
    let temp = tempfile::tempdir().unwrap();
    let url = "postgres://someone@127.0.0.1:1/theirs";
    let more =
        [("DATABASE_URL", url), ("POSTGREST_BASE_URL", "http://127.0.0.1:1"), ("JWT_SECRET", "theirs")];
    let services = services(temp.path(), &more).await.unwrap();
    assert_eq!(services.database_url().expose(), url);
    assert_eq!(services.keys().encryption_key.expose(), "theirs");
    assert!(!temp.path().join("postgres").exists());
    services.stop().await;
}
