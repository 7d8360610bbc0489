//! Invocations that are made later.

mod api;
mod asynchronous;
mod asynchronous_refused;
mod guide;
mod hook;
mod nodes;
mod order;
mod triggers;

use serde_json::Value;
use wasmforge_tests::{Answer, Database, Endpoint, Node, Serve, component, in_time, request};

/// A node whose queue does not take its time.
pub(crate) fn serve(database: &Database) -> Serve {
    Serve::over(database)
        .var("WASMFORGE_JOBS_BACKOFF_MS", 20)
        .var("WASMFORGE_JOBS_LEASE_MS", 2000)
        .var("WASMFORGE_POLL_MS", 200)
        .var("WASMFORGE_ALLOW_PRIVATE_NETWORK", "1")
}

/// A node with the function `probe`, which does as it is told.
async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = serve(&database).start().await;
    deploy_probe(&node).await;
    (database, node)
}

async fn deploy_probe(node: &Node) {
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
}

/// `POST` that asks to be answered later.
async fn later(
    endpoint: Endpoint,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<bytes::Bytes>,
) -> Answer {
    let request = request("POST", path).header("prefer", "respond-async");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    endpoint.send(request.body(body.into()).unwrap()).await
}

/// The URL of an answer `202`.
fn url(answer: &Answer) -> String {
    assert_eq!(answer.code(), 202, "{answer:?}");
    answer.json()["url"].as_str().unwrap().to_owned()
}

/// Asks a result's URL until the job is finished.
async fn result(endpoint: Endpoint, url: &str) -> Answer {
    let asked = async {
        loop {
            let answer = endpoint.get(url).await;
            if answer.code() != 202 {
                return answer;
            }
            let status = answer.json()["status"].clone();
            assert!(["pending", "running", "retrying"].map(Value::from).contains(&status), "{status}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    in_time(&format!("the result at {url}"), asked).await
}

/// Asks the database until an expression is true.
pub(crate) async fn becomes(database: &Database, condition: &str) {
    let asked = async {
        while database.text(condition).await.as_deref() != Some("true") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    in_time(condition, asked).await;
}
