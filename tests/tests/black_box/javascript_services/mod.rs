//! The module `wasmforge`, as functions in JavaScript use it.

mod others;
mod sql;
mod storage;

use crate::own_origin::encode;
use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Guest, Node, Serve, in_seconds, request, token};

/// A user.
const ANN: &str = "a0000000-0000-4000-8000-000000000001";

/// A node whose function `probe` runs scripts.
struct Probe {
    node: Node,
    database: Database,
}

impl Probe {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these variables of the process.
    async fn with(variables: &[(&str, &str)]) -> Self {
        let database = Database::create().await;
        let serve = Serve::over(&database);
        let serve = variables.iter().fold(serve, |serve, (name, value)| serve.var(name, value));
        let node = serve.start().await;
        node.deploy_guest("probe", Guest::Source("services-probe")).await;
        Self { node, database }
    }

    async fn grant(&self, capabilities: Value) {
        let answer = self.node.update("probe", json!({ "capabilities": capabilities })).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
    }

    /// What comes of a script that Ann has run.
    async fn answer(&self, script: &str, body: &'static str) -> Answer {
        let ann = token(&json!({ "sub": ANN, "role": "authenticated", "exp": in_seconds(600) }));
        let call = request("POST", &format!("/probe?do={}", encode(script)))
            .header("authorization", format!("Bearer {ann}"));
        self.node.functions.send(call.body(body).unwrap()).await
    }

    /// What a script returns.
    async fn value(&self, script: &str) -> Value {
        let answer = self.answer(script, "").await;
        assert_eq!(answer.code(), 200, "{script}: {}", answer.text());
        answer.json()
    }

    /// The error that `expression` ends with: class, code and status.
    async fn error(&self, expression: &str) -> Value {
        let script =
            format!("try {{ await {expression}; return 'no error'; }} catch (error) {{ return error; }}");
        self.value(&script).await
    }
}

fn error(name: &str, code: &str, status: u16) -> Value {
    json!({ "name": name, "code": code, "status": status })
}
