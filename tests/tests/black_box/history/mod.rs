//! What happened, as the API tells it.

mod invocations;
mod lines;
mod nodes;
mod refusals;

use serde_json::Value;
use std::time::Duration;
use wasmforge_tests::{Database, Node, Serve, component, in_time};

async fn node(database: &Database) -> Node {
    let node = Serve::over(database).var("WASMFORGE_ALLOW_PRIVATE_NETWORK", 1).start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    node
}

/// What an admin reads, which must be there.
async fn read(node: &Node, path: &str) -> Value {
    let answer = node.admin("GET", path, None).await;
    assert_eq!(answer.code(), 200, "{path}: {answer:?}");
    answer.json()
}

/// The same once `is_there` says so.
async fn read_when(node: &Node, path: &str, mut is_there: impl FnMut(&Value) -> bool) -> Value {
    in_time(path, async {
        loop {
            let found = read(node, path).await;
            if is_there(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

/// One invocation, once its row and so many lines are there.
async fn invocation(node: &Node, id: &str, lines: usize) -> Value {
    let path = format!("/api/invocations/{id}");
    in_time(&path, async {
        loop {
            let answer = node.admin("GET", &path, None).await;
            if answer.code() == 200 && answer.json()["logs"].as_array().unwrap().len() >= lines {
                return answer.json();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

fn ids(page: &Value, list: &str) -> Vec<String> {
    let entries = page[list].as_array().unwrap();
    entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}
