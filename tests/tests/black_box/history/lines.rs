//! Log lines.

use super::{ids, node, read, read_when};
use serde_json::{Value, json};
use wasmforge_tests::{Database, Serve, component, eventually};

#[tokio::test]
async fn lines_are_found_by_what_is_known_of_them() {
    let database = Database::create().await;
    let node = node(&database).await;
    let first = node.functions.get("/probe?do=log&line=ab_one").await.invocation();
    let second = node.functions.get("/probe?do=log&line=two").await.invocation();
    let page = read_when(&node, "/api/logs/lines", |page| ids(page, "lines").len() == 4).await;
    let all = ids(&page, "lines");
    let newest = &page["lines"][0];
    assert_eq!((&newest["message"], &newest["level"]), (&json!("two"), &json!("warn")));
    assert_eq!((&newest["invocationId"], &newest["slug"]), (&json!(second), &json!("probe")));
    assert_eq!(newest["fields"], json!({}));
    for (query, found) in [
        ("slug=probe".to_owned(), all.clone()),
        ("slug=other".to_owned(), vec![]),
        (format!("invocation={first}"), all[2..].to_vec()),
        ("level=warn".to_owned(), vec![all[0].clone(), all[2].clone()]),
        ("level=error".to_owned(), vec![]),
        ("source=stdout".to_owned(), vec![all[1].clone(), all[3].clone()]),
        ("text=TWO".to_owned(), all[..2].to_vec()),
        ("text=b_o".to_owned(), all[2..].to_vec()),
        ("text=a_o".to_owned(), vec![]),
        ("text=a%25o".to_owned(), vec![]),
        (format!("cursor={}", all[1]), all[2..].to_vec()),
        ("since=2020-01-01T00:00:00Z".to_owned(), all.clone()),
        ("until=2020-01-01T00:00:00Z".to_owned(), vec![]),
    ] {
        let page = read(&node, &format!("/api/logs/lines?{query}")).await;
        assert_eq!(ids(&page, "lines"), found, "{query}");
    }
    let page = read(&node, "/api/logs/lines?limit=3").await;
    assert_eq!(page["nextCursor"], json!(all[2]));
}

#[tokio::test]
async fn insforges_log_of_functions_is_served_and_written() {
    let database = Database::create().await;
    let folder = tempfile::tempdir().unwrap();
    let node = Serve::over(&database).var("LOGS_DIR", folder.path().display()).start().await;
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
    let id = node.functions.get("/probe?do=log&line=hello").await.invocation();
    let entries = |found: &Value| found["logs"].as_array().unwrap().len() == 3;
    let found = read_when(&node, "/api/logs/function.logs", entries).await;
    assert_eq!(found["total"], 3);
    let logs = found["logs"].as_array().unwrap();
    let messages: Vec<_> = logs.iter().map(|log| log["eventMessage"].as_str().unwrap()).collect();
    assert!(messages.contains(&"info - hello") && messages.contains(&"warn - hello"), "{messages:?}");
    let call = &logs[2];
    assert!(messages[2].starts_with("GET /probe 200 "), "{call}");
    assert_eq!((&call["id"], &call["body"]["metadata"]["slug"]), (&json!(id), &json!("probe")));
    assert_eq!(call["timestamp"], call["body"]["timestamp"]);
    assert_eq!(read(&node, "/api/logs/function.logs?limit=1").await["logs"][0], *call);
    let first = logs[0]["timestamp"].as_str().unwrap();
    let before = read(&node, &format!("/api/logs/function.logs?before_timestamp={first}")).await;
    assert_eq!(before["total"], 0);

    let file = folder.path().join("function.logs.jsonl");
    let written = || std::fs::read_to_string(&file).ok().filter(|text| text.lines().count() == 3);
    for line in eventually("the file", written).await.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["message"].is_string());
        assert_eq!(line["metadata"]["invocationId"], json!(id));
    }
}
