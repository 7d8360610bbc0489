//! `wasmforge run FILE`, serving.

use crate::{Answer, Endpoint, Launch, Process, assembled, component, request};
use bytes::Bytes;
use serde_json::Value;
use std::ffi::OsStr;
use std::ops::Deref;
use std::path::Path;

/// How to serve one guest.
pub struct Run(Launch);

impl Run {
    /// The component of an example or of a guest of ours.
    #[must_use]
    pub fn guest(name: &str) -> Self {
        Self::file(&component(name))
    }

    /// A guest that is written as text.
    #[must_use]
    pub fn wat(name: &str) -> Self {
        Self::file(&assembled(name))
    }

    /// Any file.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self(Launch::new([OsStr::new("run"), path.as_os_str()]).var("WASMFORGE_LOG_FORMAT", "json"))
    }

    /// A variable of the guest.
    #[must_use]
    pub fn env(self, name: &str, value: &str) -> Self {
        Self(self.0.arg("--env").arg(format!("{name}={value}")))
    }

    /// A variable of the process, such as a limit.
    #[must_use]
    pub fn var(self, name: &str, value: impl ToString) -> Self {
        Self(self.0.var(name, value.to_string()))
    }

    /// One more argument.
    #[must_use]
    pub fn arg(self, argument: impl AsRef<OsStr>) -> Self {
        Self(self.0.arg(argument))
    }

    /// Lets the guest reach this machine.
    #[must_use]
    pub fn allow_private_network(self) -> Self {
        self.arg("--allow-private-network")
    }

    /// Starts the process and waits until it answers.
    pub async fn start(self) -> Running {
        let ready = tempfile::tempdir().unwrap();
        let file = ready.path().join("ready.json");
        let mut process = self.0.arg("--ready-file").arg(&file).start();
        let text = crate::eventually("the ready file", || {
            assert!(process.is_running(), "the server ended before it was ready");
            std::fs::read_to_string(&file).ok()
        })
        .await;
        let addresses: Value = serde_json::from_str(&text).unwrap();
        Running { http: Endpoint::of_url(addresses["functions"].as_str().unwrap()), process }
    }
}

/// A guest that is being served. Requests go through [`Endpoint`], which it stands for.
pub struct Running {
    /// Its listener.
    pub http: Endpoint,
    /// Its process.
    pub process: Process,
}

impl Deref for Running {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.http
    }
}

impl Running {
    /// Lets the probe do something, and reads its whole answer: `does("status&code=204")`.
    pub async fn does(&self, what: &str) -> Answer {
        self.get(&format!("/?do={what}")).await
    }

    /// The same for an answer that may be broken off, which the second part tells.
    pub async fn does_until_cut(&self, what: &str) -> (Answer, bool) {
        let request = request("GET", &format!("/?do={what}")).body(Bytes::new()).unwrap();
        let (answer, cut) = self.open(request).await.finish_or_cut().await;
        (answer, cut.is_some())
    }

    /// The log's line of one call, once it is there.
    pub async fn call_line(&self, invocation: &str) -> CallLine {
        let what = format!("the line of invocation {invocation}");
        self.process
            .stdout
            .find(&what, |line| CallLine::parse(line).filter(|l| l["invocationId"] == invocation))
            .await
    }

    /// The log's line of the first call that ended like this.
    pub async fn call_that(&self, outcome: &str) -> CallLine {
        let what = format!("a call whose outcome is {outcome}");
        self.process
            .stdout
            .find(&what, |line| CallLine::parse(line).filter(|l| l["outcome"] == outcome))
            .await
    }

    /// The lines that one invocation wrote, `(source, message)`. Complete once its call line is there.
    #[must_use]
    pub fn guest_lines(&self, invocation: &str) -> Vec<(String, String)> {
        let lines = self.process.stdout.all();
        let parsed = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        parsed
            .filter(|line| line["invocationId"] == invocation && line["source"].is_string())
            .map(|line| {
                let text = |key: &str| line[key].as_str().unwrap().to_owned();
                (text("source"), text("message"))
            })
            .collect()
    }

    /// Fails unless a well-behaved request is answered as ever.
    pub async fn is_well(&self) {
        let answer = self.get("/").await;
        assert_eq!(answer.code(), 200, "{answer:?}");
    }
}

/// One line of the log that tells of a completed call.
#[derive(Clone, Debug)]
pub struct CallLine {
    /// As it was written.
    pub text: String,
    value: Value,
}

impl CallLine {
    fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        value["outcome"].is_string().then(|| Self { text: line.to_owned(), value })
    }
}

impl Deref for CallLine {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}
