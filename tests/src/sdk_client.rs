//! InsForge's published SDK, in Node, as applications use it.

use crate::in_time;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;

/// A client made by the SDK's `createClient`.
pub struct SdkClient {
    config: Value,
    abort: Value,
}

/// What came of one call.
#[derive(Debug)]
pub struct Outcome {
    /// What it resolved to; `null` where it threw.
    pub result: Value,
    /// What it threw: `name`, `message` and the error's own properties.
    pub thrown: Value,
    /// The requests that it sent: `method`, `url`, `headers`, and the `status` of the answer if there was one.
    pub requests: Vec<Value>,
}

impl SdkClient {
    /// A client with this configuration: `baseUrl`, `anonKey`, `edgeFunctionToken`, `functionsUrl`, `timeout` and others.
    #[must_use]
    pub fn new(config: Value) -> Self {
        Self { config, abort: Value::Null }
    }

    /// The same, which breaks every request off when the head of its answer is there.
    #[must_use]
    pub fn aborting_at_head(self) -> Self {
        Self { abort: json!("head"), ..self }
    }

    /// The same, which breaks every request off that has no answer after so many milliseconds.
    #[must_use]
    pub fn aborting_after(self, milliseconds: u64) -> Self {
        Self { abort: json!(milliseconds), ..self }
    }

    /// Asks one thing of the client: a path of properties and, as arrays, methods with their arguments.
    pub async fn call(&self, path: Value) -> Outcome {
        self.calls(vec![path]).await.remove(0)
    }

    /// `client.functions.invoke(slug, options)`.
    pub async fn invoke(&self, slug: &str, options: Value) -> Outcome {
        self.call(json!(["functions", ["invoke", slug, options]])).await
    }

    /// Asks several things of one client, one after the other.
    pub async fn calls(&self, paths: Vec<Value>) -> Vec<Outcome> {
        let folder = folder();
        let mut node = tokio::process::Command::new("node");
        node.arg(folder.join("client.js")).kill_on_drop(true);
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = node.spawn().unwrap_or_else(|error| panic!("node: {error}"));
        let input = json!({ "config": self.config, "calls": paths, "abort": self.abort }).to_string();
        let mut stdin = child.stdin.take().unwrap();
        let written = async { stdin.write_all(input.as_bytes()).await.map(|()| drop(stdin)) };
        let (written, output) =
            in_time("the SDK's client", async { tokio::join!(written, child.wait_with_output()) }).await;
        let output = output.unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && written.is_ok(), "the SDK's client failed: {complaint}");
        let outcomes: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        outcomes.into_iter().map(Outcome::of).collect()
    }
}

impl Outcome {
    fn of(mut told: Value) -> Self {
        let requests = serde_json::from_value(told["requests"].take()).unwrap();
        Self { result: told["result"].take(), thrown: told["thrown"].take(), requests }
    }

    /// What it was for. Fails where the SDK tells of an error.
    #[must_use]
    pub fn data(&self) -> &Value {
        assert!(self.thrown.is_null() && self.result["error"].is_null(), "{self:?}");
        &self.result["data"]
    }

    /// The error that the SDK tells of.
    #[must_use]
    pub fn error(&self) -> &Value {
        assert!(self.thrown.is_null() && self.result["error"].is_object(), "{self:?}");
        &self.result["error"]
    }

    /// The URLs that were asked for and how each answered.
    #[must_use]
    pub fn asked(&self) -> Vec<(&str, u64)> {
        let of = |request: &'_ Value| request["status"].as_u64().unwrap_or(0);
        self.requests.iter().map(|request| (request["url"].as_str().unwrap(), of(request))).collect()
    }
}

/// Where the client's packages are installed: `WASMFORGE_SDK_CLIENT`, or the client's own folder.
fn folder() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/insforge-sdk");
    let folder = std::env::var_os("WASMFORGE_SDK_CLIENT").map_or_else(own, PathBuf::from);
    let package = folder.join("node_modules/@insforge/sdk");
    assert!(package.is_dir(), "there is no {}; run `npm ci` there, or `cargo xtask test`", package.display());
    folder
}
