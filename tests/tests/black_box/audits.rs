//! The audit log, and what there is in a project.

use serde_json::{Value, json};
use wasmforge_tests::{ANON_KEY, API_KEY, Answer, Database, Node, Serve, answering};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

async fn get(node: &Node, path: &str) -> Answer {
    node.admin("GET", path, None).await
}

async fn audits(node: &Node, query: &str) -> (u16, String, Vec<Value>) {
    let answer = get(node, &format!("/api/logs/audits{query}")).await;
    assert_eq!(answer.header("preference-applied"), Some("count=exact"), "{answer:?}");
    let range = answer.header("content-range").unwrap().to_owned();
    (answer.code(), range, answer.json().as_array().unwrap().clone())
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

/// A node whose log tells of a function and a secret.
async fn with_deeds() -> (Database, Node) {
    let (database, node) = node().await;
    node.deploy("f", answering(204)).await;
    node.admin("POST", "/api/secrets", Some(json!({"key": "A", "value": "v"}))).await;
    node.delete("f").await;
    (database, node)
}

#[tokio::test]
async fn the_audit_log_tells_who_did_what_newest_first_and_in_parts() {
    let (database, node) = with_deeds().await;
    let (status, range, all) = audits(&node, "").await;
    assert_eq!((status, range.as_str()), (200, "0-2/3"));
    assert_eq!(actions(&all), ["DELETE_FUNCTION", "CREATE_SECRET", "CREATE_FUNCTION"]);
    let entry = all[1].as_object().unwrap();
    let fields: Vec<_> = entry.keys().map(String::as_str).collect();
    assert_eq!(fields, ["action", "actor", "createdAt", "details", "id", "ipAddress", "module", "updatedAt"]);
    assert_eq!((&entry["actor"], &entry["module"]), (&json!("api-key"), &json!("SECRETS")));
    assert_eq!((&entry["ipAddress"], &entry["details"]["key"]), (&json!("127.0.0.1"), &json!("A")));

    let (status, range, some) = audits(&node, "?limit=1&offset=1").await;
    assert_eq!((status, range.as_str(), actions(&some)), (206, "1-1/3", vec!["CREATE_SECRET"]));
    let (status, range, none) = audits(&node, "?offset=7").await;
    assert_eq!((status, range.as_str(), none.len()), (206, "7-2/3", 0));
    for (query, found) in [
        ("?module=FUNCTIONS", 2),
        ("?action=CREATE_SECRET", 1),
        ("?actor=api-key&module=SECRETS", 1),
        ("?actor=nobody", 0),
        ("?start_date=2999-01-01", 0),
        ("?end_date=2999-01-01T00:00:00.000Z", 3),
        ("?start_date=&end_date=&actor=", 3),
        ("?actor=%27%20OR%20true--", 0),
    ] {
        assert_eq!(audits(&node, query).await.2.len(), found, "{query}");
    }
    database.execute("DROP TABLE system.audit_logs").await;
    assert_eq!(audits(&node, "").await, (200, "0--1/0".to_owned(), Vec::new()), "an older InsForge has none");
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let (_database, node) = node().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=ten",
        "limit=-1",
        "offset=-1",
        "offset=99999999999",
        "limit=1&limit=2",
        "start_date=tomorrow",
        "end_date=2026-02-30",
        "actor=%00",
    ] {
        let answer = get(&node, &format!("/api/logs/audits?{query}")).await;
        assert_eq!(answer.api_error().1, "INVALID_INPUT", "{query}: {answer:?}");
    }
    assert_eq!(get(&node, "/api/metadata?format=xml").await.api_error().1, "INVALID_INPUT");
}

#[tokio::test]
async fn there_is_the_log_of_functions_and_no_remote_builds() {
    let (_database, node) = node().await;
    let sources = get(&node, "/api/logs/sources").await.json();
    assert_eq!(sources, json!([{"id": "1", "name": "function.logs", "token": "function.logs.jsonl"}]));
    let builds = get(&node, "/api/logs/functions/build-logs").await;
    assert!(builds.json()["nextActions"].as_str().unwrap().contains("/versions"));
    assert_eq!(builds.api_error().1, "LOG_NOT_FOUND");
}

#[tokio::test]
async fn the_metadata_tell_what_there_is() {
    let (database, node) = with_deeds().await;
    node.deploy("kept", answering(204)).await;
    database
        .execute(
            "CREATE TABLE public.\"odd \"\"name\" (id int); INSERT INTO public.\"odd \"\"name\" VALUES (1), (2);
             INSERT INTO storage.buckets (name, public) VALUES ('b', false);
             INSERT INTO storage.objects (bucket, key, size) VALUES ('b', 'k', 1073741824);
             INSERT INTO realtime.channels (pattern, description) VALUES ('room:%', 'Rooms');
             CREATE POLICY readers ON realtime.channels FOR SELECT TO authenticated USING (true)",
        )
        .await;
    let all = get(&node, "/api/metadata").await.json();
    assert_eq!(all["database"]["tables"], json!([{"tableName": "odd \"name", "recordCount": 2}]));
    assert!(all["database"]["totalSizeInGB"].as_f64().unwrap() > 0.0);
    let bucket = &all["storage"]["buckets"][0];
    assert_eq!(
        (&bucket["name"], &bucket["public"], &bucket["objectCount"]),
        (&json!("b"), &json!(false), &json!(1))
    );
    assert_eq!(all["storage"]["totalSizeInGB"], 1.0);
    let kept = json!([{"slug": "kept", "name": "kept", "description": null, "status": "active"}]);
    assert_eq!(all["functions"], kept);
    assert_eq!(all["realtime"]["channels"][0]["pattern"], "room:%");
    let policy = json!({"policyName": "readers", "tableName": "channels", "command": "SELECT",
        "roles": ["authenticated"], "using": "true", "withCheck": null});
    let permissions = json!({"subscribe": {"policies": [policy]}, "publish": {"policies": []}});
    assert_eq!(all["realtime"]["permissions"], permissions);
    for part in ["database", "storage", "functions", "realtime"] {
        assert_eq!(get(&node, &format!("/api/metadata/{part}")).await.json(), all[part], "{part}");
    }
    assert_eq!(get(&node, "/api/metadata/api-key").await.json(), json!({"apiKey": API_KEY}));
    assert_eq!(get(&node, "/api/metadata/anon-key").await.json(), json!({"anonKey": ANON_KEY}));
    assert_eq!(get(&node, "/api/metadata/project-id").await.json(), json!({"projectId": null}));
    let page = get(&node, "/api/metadata?format=markdown").await;
    assert_eq!(page.header("content-type"), Some("text/markdown; charset=utf-8"));
    for line in ["| odd \"name | 2 |", "- `b`: private, 1 objects", "- `kept`: active", "- `room:%`: Rooms"] {
        assert!(page.text().contains(line), "{line} is not in {}", page.text());
    }
}

#[tokio::test]
async fn none_of_it_is_for_others() {
    let (_database, node) = node().await;
    for path in [
        "/api/logs/audits",
        "/api/logs/sources",
        "/api/logs/functions/build-logs",
        "/api/metadata",
        "/api/metadata/database",
        "/api/metadata/api-key",
    ] {
        assert_eq!(node.ask("GET", path, &[], "").await.code(), 401, "{path}");
        let anon = format!("Bearer {ANON_KEY}");
        assert_eq!(node.ask("GET", path, &[("authorization", &anon)], "").await.code(), 401, "{path}");
    }
}
