//! `wasmforge serve`: a node over a database.

use crate::{Database, Endpoint, Launch, Process, eventually, in_time};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The key of [`Node`]'s admin API.
pub const API_KEY: &str = "ik_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The key that anonymous callers of the platform have.
pub const ANON_KEY: &str = "anon_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// What secrets are encrypted with.
pub const ENCRYPTION_KEY: &str = "the-encryption-key-of-tests";
/// What signs tokens.
pub const JWT_SECRET: &str = "the-token-secret-of-tests";

/// How long the first migration of a database may take on a busy machine.
const SETTLING: std::time::Duration = std::time::Duration::from_secs(10);

/// How to serve a database.
pub struct Serve {
    launch: Launch,
    ready: TempDir,
    has_database: bool,
}

impl Serve {
    /// A node over `database` with both listeners, with the keys of this module.
    #[must_use]
    pub fn over(database: &Database) -> Self {
        let serve = Self::without_database().var("DATABASE_URL", database.url());
        Self { has_database: true, ..serve }
    }

    /// A node that is told where its database is by other variables.
    #[must_use]
    pub fn without_database() -> Self {
        let ready = tempfile::tempdir().unwrap();
        let launch = Launch::new(["serve", "--functions-addr", "127.0.0.1:0"])
            .arg("--ready-file")
            .arg(ready.path().join("ready.json"))
            .var("ENCRYPTION_KEY", ENCRYPTION_KEY)
            .var("JWT_SECRET", JWT_SECRET)
            .var("ACCESS_API_KEY", API_KEY)
            .var("ACCESS_ANON_KEY", ANON_KEY)
            .var("INSFORGE_DISABLE_WRITE_RATE_LIMIT", "1")
            .var("WASMFORGE_PLATFORM_ADDR", "127.0.0.1:0");
        Self { launch, ready, has_database: false }
    }

    /// `wasmforge dev` over a folder of functions, with services of its own in `data`, and the keys of this module.
    #[must_use]
    pub fn development(functions: &Path, data: &Path) -> Self {
        let ready = tempfile::tempdir().unwrap();
        let addresses = ["dev", "--functions-addr", "127.0.0.1:0", "--platform-addr", "127.0.0.1:0"];
        let mut launch = Launch::new(addresses)
            .arg("--ready-file")
            .arg(ready.path().join("ready.json"))
            .arg("--dir")
            .arg(functions)
            .arg("--data-dir")
            .arg(data)
            .var("ACCESS_API_KEY", API_KEY);
        for name in ["WASMFORGE_POSTGRES_BIN", "WASMFORGE_POSTGREST", "PATH"] {
            if let Ok(value) = std::env::var(name) {
                launch = launch.var(name, value);
            }
        }
        Self { launch, ready, has_database: false }
    }

    /// A variable of the process; the last of a name counts.
    #[must_use]
    pub fn var(self, name: &str, value: impl ToString) -> Self {
        Self { launch: self.launch.var(name, value.to_string()), ..self }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(self, argument: &str) -> Self {
        Self { launch: self.launch.arg(argument), ..self }
    }

    /// A folder of its own for machine code.
    #[must_use]
    pub fn code_cache(self, dir: &Path) -> Self {
        Self { launch: self.launch.code_cache(dir), ..self }
    }

    /// Starts the process and waits until its ready file is there.
    pub async fn start(self) -> Node {
        let file = self.ready.path().join("ready.json");
        let mut process = self.launch.start();
        let text = eventually("the ready file", || {
            assert!(process.is_running(), "the node ended before it was ready: {}", process.stderr);
            std::fs::read_to_string(&file).ok()
        })
        .await;
        let ready: Value = serde_json::from_str(&text).unwrap();
        let endpoint = |name: &str| ready[name].as_str().map(Endpoint::of_url);
        let node = Node {
            functions: endpoint("functions").unwrap(),
            platform: endpoint("platform"),
            api_key: ready["apiKey"].as_str().map(str::to_owned),
            process,
            ready: self.ready,
        };
        if self.has_database && node.api_key.is_none() {
            node.settle().await;
        }
        node
    }
}

/// A running node.
pub struct Node {
    /// Its functions listener.
    pub functions: Endpoint,
    /// Its platform listener, where it has one.
    pub platform: Option<Endpoint>,
    /// The key that the ready file told.
    pub api_key: Option<String>,
    /// Its process.
    pub process: Process,
    ready: TempDir,
}

impl Node {
    /// The platform listener.
    #[must_use]
    pub fn platform(&self) -> Endpoint {
        self.platform.expect("the node has no platform listener")
    }

    /// Where the process wrote its addresses.
    #[must_use]
    pub fn ready_file(&self) -> PathBuf {
        self.ready.path().join("ready.json")
    }

    /// A node does not wait for its database for long before it says that it is ready, and a busy machine takes longer to
    /// migrate one. Where the database is away, nobody waits much longer than that.
    async fn settle(&self) {
        let patience = tokio::time::Instant::now() + SETTLING;
        while self.health().await.1["database"]["connected"] != true && tokio::time::Instant::now() < patience
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// What `/health` of the functions listener says, with its status.
    pub async fn health(&self) -> (u16, Value) {
        let answer = self.functions.get("/health").await;
        (answer.code(), answer.json())
    }

    /// Asks `/health` until it says what `holds` wants to hear.
    pub async fn health_when(&self, what: &str, mut holds: impl FnMut(u16, &Value) -> bool) -> Value {
        in_time(what, async {
            loop {
                let (status, report) = self.health().await;
                if holds(status, &report) {
                    return report;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await
    }

    /// Invokes a function until its status is `status`. A change that this node did not make comes a moment later.
    pub async fn answers_soon(&self, slug: &str, status: u16) {
        let what = format!("{slug} answering {status}");
        let asked = async {
            while self.status_of(slug).await != status {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        in_time(&what, asked).await;
    }

    /// The status that a function answers `GET` with, on the functions listener.
    pub async fn status_of(&self, slug: &str) -> u16 {
        self.functions.get(&format!("/{slug}")).await.code()
    }

    /// One metric's value; 0 where it was never counted. `name` has its labels with it, as Prometheus writes them.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.platform().get("/metrics").await;
        let value =
            text.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or(0.0)
    }

    /// How often machine code was made ready from `source`.
    pub async fn code_loads(&self, source: &str) -> u64 {
        let value = self.metric(&format!("wasmforge_code_loads_total{{source=\"{source}\"}}")).await;
        value.round() as u64
    }

    /// The log's line of one call, once it is there.
    pub async fn call_line(&self, invocation: &str) -> Value {
        let what = format!("the line of invocation {invocation}");
        let parse = |line: &str| serde_json::from_str::<Value>(line).ok();
        let of_call = |line: &Value| line["invocationId"] == invocation && line["outcome"].is_string();
        self.process.stdout.find(&what, |line| parse(line).filter(of_call)).await
    }

    /// Everything that the process wrote so far.
    #[must_use]
    pub fn written(&self) -> String {
        [self.process.stdout.all(), self.process.stderr.all()].concat().join("\n")
    }
}
