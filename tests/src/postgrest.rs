//! PostgREST over a test's own database.

use crate::postgres::free_port;
use crate::{Database, in_time};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A PostgREST of one test's own, which the test starts and stops.
pub struct Postgrest {
    port: u16,
    database: String,
    secret: String,
    running: Option<Child>,
}

impl Postgrest {
    /// One that would serve the schema `public` of `database` to whoever has a token signed with `secret`, which must have 32
    /// bytes at least. It is not started: the roles that it needs may have to be made first.
    #[must_use]
    pub fn beside(database: &Database, secret: &str) -> Self {
        Self { port: free_port(), database: database.url(), secret: secret.to_owned(), running: None }
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it knows the database's tables.
    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "PostgREST is running");
        let program = std::env::var_os("WASMFORGE_POSTGREST").unwrap_or_else(|| "postgrest".into());
        let child = Command::new(program)
            .env_clear()
            .env("PGRST_DB_URI", &self.database)
            .env("PGRST_DB_SCHEMAS", "public")
            .env("PGRST_DB_ANON_ROLE", "anon")
            .env("PGRST_DB_POOL", "3")
            .env("PGRST_JWT_SECRET", &self.secret)
            .env("PGRST_SERVER_HOST", "127.0.0.1")
            .env("PGRST_SERVER_PORT", self.port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("postgrest, or $WASMFORGE_POSTGREST: {error}"));
        self.running = Some(child);
        in_time("PostgREST being ready", async {
            while !self.is_ready().await.unwrap_or(false) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Whether it describes its tables, which it does once it has read the database's schema.
    async fn is_ready(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(b"HEAD / HTTP/1.0\r\n\r\n").await?;
        let mut head = Vec::new();
        stream.read_to_end(&mut head).await?;
        Ok(head.starts_with(b"HTTP/1.0 200") || head.starts_with(b"HTTP/1.1 200"))
    }

    /// Kills it.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Postgrest {
    fn drop(&mut self) {
        self.stop();
    }
}
