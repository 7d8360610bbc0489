//! The database, as functions reach it.

mod attacks;
mod failures;
mod identity;
mod values;

use serde_json::{Value, json};
use wasmforge_tests::{Answer, Database, Node, Serve, component, in_seconds, request, token};

/// Two users.
const ANN: &str = "a0000000-0000-4000-8000-000000000001";
const BOB: &str = "b0000000-0000-4000-8000-000000000002";

/// A table whose rows only their owners see, and one that anybody may write.
const SCHEMA: &str = "
    CREATE TABLE secrets (owner uuid NOT NULL DEFAULT auth.uid(), body text NOT NULL);
    ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON secrets TO authenticated USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    CREATE TABLE open (n int PRIMARY KEY, body text);
    GRANT SELECT, INSERT, UPDATE, DELETE ON secrets, open TO anon, authenticated;
    GRANT ALL ON secrets, open TO project_admin;";

/// A node with the probe, which is deployed as `caller` with the default grant and as `service` with that one.
struct Probe {
    node: Node,
    database: Database,
}

impl Probe {
    async fn start() -> Self {
        Self::over(Database::create().await).await
    }

    async fn over(database: Database) -> Self {
        let serve = Serve::over(&database).var("WASMFORGE_SQL_CALLER_CONNECTIONS", 4);
        Self::of(serve, database).await
    }

    async fn of(serve: Serve, database: Database) -> Self {
        let node = serve.start().await;
        let module = std::fs::read(component("sql-probe")).unwrap();
        node.deploy("caller", module.clone()).await;
        node.deploy("service", module).await;
        let granted = node.update("service", json!({ "capabilities": { "sql": "service" } })).await;
        assert_eq!(granted.code(), 200, "{granted:?}");
        database.execute(SCHEMA).await;
        Self { node, database }
    }

    /// Does steps as whoever has this token; nobody in particular with an empty one. One result for each step.
    async fn steps(&self, path: &str, bearer: &str, steps: Value) -> Vec<Value> {
        let answer = self.call(path, bearer, &steps).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
        answer.json().as_array().unwrap().clone()
    }

    async fn call(&self, path: &str, bearer: &str, steps: &Value) -> Answer {
        let mut call = request("POST", path);
        if !bearer.is_empty() {
            call = call.header("authorization", format!("Bearer {bearer}"));
        }
        self.node.functions.send(call.body(steps.to_string()).unwrap()).await
    }

    /// One step of nobody in particular.
    async fn step(&self, step: Value) -> Value {
        self.steps("/caller", "", json!([step])).await.remove(0)
    }

    /// The rows of a query of nobody in particular, which must succeed.
    async fn rows(&self, sql: &str) -> Value {
        let result = self.step(json!({ "query": sql })).await;
        assert!(result["error"].is_null(), "{sql}: {result}");
        result["ok"].clone()
    }

    /// The kind of the error that a statement of nobody in particular gets, and PostgreSQL's code.
    async fn refusal(&self, sql: &str) -> (String, String) {
        refusal(&self.step(json!({ "query": sql })).await)
    }

    /// How many of the nodes' connections are at work on something like this.
    async fn at_work(&self, like: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND usename LIKE 'wasmforge\\_%' AND state <> 'idle' AND query LIKE '{like}'"
        );
        self.database.number(&format!("({sql})")).await
    }
}

fn refusal(result: &Value) -> (String, String) {
    let error = &result["error"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&error["kind"]), text(&error["code"]))
}

fn database_error(code: &str) -> (String, String) {
    ("Database".to_owned(), code.to_owned())
}

fn user(id: &str) -> String {
    token(&json!({ "sub": id, "role": "authenticated", "email": "x@example.com", "exp": in_seconds(600) }))
}
