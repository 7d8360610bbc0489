//! Statistics and nodes.

use super::{node, read, read_when};
use serde_json::{Value, json};
use std::time::Duration;
use wasmforge_tests::{Database, Serve, in_time};

#[tokio::test]
async fn calls_and_errors_are_counted_by_function_on_all_nodes() {
    let database = Database::create().await;
    let first = node(&database).await;
    let second = Serve::over(&database).start().await;
    second.answers_soon("probe", 200).await;
    for node in [&first, &second] {
        for what in ["ok", "status&code=404", "status&code=500", "trap&message=x"] {
            node.functions.get(&format!("/probe?do={what}")).await;
        }
    }
    let found = read_when(&second, "/api/statistics?minutes=10&buckets=5", |found| {
        found["functions"][0]["calls"].as_u64().is_some_and(|calls| calls >= 9)
    })
    .await;
    let probe = &found["functions"][0];
    assert_eq!((&probe["slug"], &probe["errors"]), (&json!("probe"), &json!(4)), "{found}");
    let buckets = probe["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 5);
    let calls: u64 = buckets.iter().map(|bucket| bucket["calls"].as_u64().unwrap()).sum();
    assert_eq!(json!(calls), probe["calls"]);
    assert!(probe["p95Ms"].as_f64() >= probe["p50Ms"].as_f64() && probe["p50Ms"].is_number(), "{found}");
    let other = read(&first, "/api/statistics?slug=other").await;
    assert_eq!(other["functions"], json!([]));
}

#[tokio::test]
async fn nodes_are_shown_while_they_live() {
    let database = Database::create().await;
    let first = node(&database).await;
    let second = Serve::over(&database).start().await;
    let both = |found: &Value| found["nodes"].as_array().unwrap().len() == 2;
    let found = read_when(&first, "/api/nodes", both).await;
    let own = &found["nodes"][0];
    assert_eq!((&own["functions"], &own["databaseConnected"]), (&json!(1), &json!(true)));
    assert_eq!(own["functionsUrl"], first.functions.url(""));
    assert!(own["residentBytes"].as_u64().unwrap() > 1_000_000 && own["cpuSeconds"].as_f64().unwrap() > 0.0);
    assert_eq!(found["nodes"][1]["functionsUrl"], second.functions.url(""));
    let mut process = second.process;
    process.terminate();
    assert!(process.exit().await.success());
    let alone = read(&first, "/api/nodes").await;
    assert_eq!(alone["nodes"].as_array().unwrap().len(), 1, "one that stops says so: {alone}");
    let dead = "INSERT INTO functions.nodes SELECT gen_random_uuid(), 'gone', '0', now(),
        now() - interval '2 minutes', 'http://gone/', 0, 0, 0, 0, 0, '[]'";
    database.execute(dead).await;
    assert_eq!(read(&first, "/api/nodes").await["nodes"].as_array().unwrap().len(), 1);
    let swept = async {
        while database.number("(SELECT count(*) FROM functions.nodes)").await != 1 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    in_time("one that died being swept away", swept).await;
}
