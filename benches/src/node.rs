//! `wasmforge serve` on the database of this run.

use crate::code::Code;
use crate::http1::{Answer, Connection, get};
use crate::install::Installation;
use crate::process::{POLL, Program, Running, Stop};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Opens the admin API of a server that lives for one run, on loopback.
const API_KEY: &str = "ik_benches_only_0123456789abcdef0123";

/// The media type of what the admin API reads.
const JSON: &str = "application/json";

/// The folder of a node that runs alone.
const USUAL: &str = "serve";

/// How long a server may take to know its functions.
const READY: Duration = Duration::from_secs(60);

/// A node that knows its functions.
pub(crate) struct Node {
    /// Its process.
    pub(crate) running: Running,
    /// Where functions answer.
    pub(crate) functions: SocketAddr,
    platform: SocketAddr,
}

impl Node {
    /// Starts a node without waiting for anything. Every node of a run has the same database and the same folder of
    /// machine code.
    pub(crate) fn launch(installation: &Installation) -> Result<Running> {
        Self::launch_in(installation, USUAL)
    }

    /// The same with a folder of its own: nodes that run at once, each with its machine code.
    fn launch_in(installation: &Installation, folder: &str) -> Result<Running> {
        let ready = ready_file(installation, folder)?;
        // The last node's, if that did not end well.
        let _ = fs::remove_file(&ready);
        Program::new(&installation.wasmforge, Stop::Term)
            .args(["serve", "--functions-addr", "127.0.0.1:0", "--platform-addr", "127.0.0.1:0"])
            .arg("--ready-file")
            .arg(ready)
            .env("DATABASE_URL", installation.postgres.url())
            .env("JWT_SECRET", "benches-only-secret-of-at-least-32-bytes")
            .env("ACCESS_API_KEY", API_KEY)
            .env("WASMFORGE_CACHE_DIR", installation.folder(&format!("{folder}/code"))?)
            .start_on(installation.cores, &installation.folder(folder)?)
    }

    /// Starts a node and waits until it knows its functions.
    pub(crate) async fn start(installation: &Installation) -> Result<Self> {
        Self::start_in(installation, USUAL).await
    }

    /// The same with a folder of its own.
    pub(crate) async fn start_in(installation: &Installation, folder: &str) -> Result<Self> {
        let mut running = Self::launch_in(installation, folder)?;
        let ready = addresses(&mut running, &ready_file(installation, folder)?).await?;
        let address = |name: &str| {
            let url = ready.get(name).and_then(Value::as_str)?;
            url.strip_prefix("http://")?.trim_end_matches('/').parse().ok()
        };
        let functions = address("functions").context("the ready file has no functions address")?;
        let platform = address("platform").context("the ready file has no platform address")?;
        Ok(Self { running, functions, platform })
    }

    /// Deploys a function and tells how long that took.
    pub(crate) async fn deploy(&self, slug: &str, code: &Code) -> Result<Duration> {
        let (took, answer) = match code {
            Code::Component(module) => {
                let path = format!("/api/functions/{slug}/module");
                self.change("PUT", &path, "application/wasm", module).await?
            }
            Code::Source(text) => self.deploy_source(slug, text).await?,
        };
        match answer.status {
            200 | 201 => Ok(took),
            status => bail!("a deploy was answered {status}: {}", answer.text()),
        }
    }

    /// Makes a schedule.
    pub(crate) async fn schedule(&self, schedule: &str) -> Result<()> {
        let (_, answer) = self.change("POST", "/api/schedules", JSON, schedule.as_bytes()).await?;
        match answer.status {
            201 => Ok(()),
            status => bail!("a schedule was answered {status}: {}", answer.text()),
        }
    }

    /// A new function, or a new version of the one that has this slug.
    async fn deploy_source(&self, slug: &str, code: &str) -> Result<(Duration, Answer)> {
        let function = json!({ "name": slug, "slug": slug, "code": code }).to_string();
        let created = self.change("POST", "/api/functions", JSON, function.as_bytes()).await?;
        match created.1.status {
            409 => {
                let version = json!({ "code": code }).to_string();
                self.change("PUT", &format!("/api/functions/{slug}"), JSON, version.as_bytes()).await
            }
            _ => Ok(created),
        }
    }

    /// One request to the admin API, and the time to its answer.
    async fn change(
        &self,
        method: &str,
        path: &str,
        content: &str,
        body: &[u8],
    ) -> Result<(Duration, Answer)> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {API_KEY}\r\n\
             Content-Type: {content}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let mut connection = Connection::open(self.platform).await?;
        let begin = Instant::now();
        let answer = connection.exchange(&request).await.context("a deploy")?;
        Ok((begin.elapsed(), answer))
    }

    /// One metric's value; 0 where it was never counted. `name` has its labels with it.
    pub(crate) async fn metric(&self, name: &str) -> Result<f64> {
        let answer = Connection::open(self.platform).await?.exchange(&get("/metrics")).await?;
        let text = answer.text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Ok(value.unwrap_or(0.0))
    }

    /// A connection for functions.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        Connection::open(self.functions).await
    }
}

/// Invokes a function on an open connection and tells how long that took.
pub(crate) async fn invoke(connection: &mut Connection, slug: &str) -> Result<Duration> {
    let request = get(&format!("/{slug}"));
    let begin = Instant::now();
    let answer = connection.exchange(&request).await?;
    let took = begin.elapsed();
    check(&answer, slug)?;
    Ok(took)
}

/// An error unless the function answered with success.
pub(crate) fn check(answer: &Answer, slug: &str) -> Result<()> {
    match answer.status {
        200 => Ok(()),
        status => bail!("{slug} answered {status}: {}", answer.text()),
    }
}

fn ready_file(installation: &Installation, folder: &str) -> Result<PathBuf> {
    Ok(installation.folder(folder)?.join("ready.json"))
}

/// Waits for the ready file, which appears whole.
async fn addresses(running: &mut Running, ready: &Path) -> Result<Value> {
    while running.age() < READY {
        if let Ok(text) = fs::read(ready) {
            return serde_json::from_slice(&text).context("the ready file");
        }
        running.check()?;
        tokio::time::sleep(POLL).await;
    }
    bail!("wasmforge serve was not ready within {READY:?}")
}
