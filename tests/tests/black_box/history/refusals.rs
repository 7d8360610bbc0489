//! What is not answered, and why.

use super::{invocation, node, read, read_when};
use std::time::Duration;
use wasmforge_tests::{API_KEY, Database, Postgres, Serve, encrypt, in_time};

#[tokio::test]
async fn bad_queries_are_refused_by_name() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    for path in [
        "/api/invocations?limit=0",
        "/api/invocations?limit=201",
        "/api/invocations?limit=-1",
        "/api/invocations?limit=many",
        "/api/invocations?outcome=fine",
        "/api/invocations?status=600",
        "/api/invocations?status=ok",
        "/api/invocations?since=yesterday",
        "/api/invocations?until=2026-13-01T00:00:00Z",
        "/api/invocations?minDurationMs=-5",
        "/api/invocations?cursor=1",
        "/api/invocations?cursor=%00",
        "/api/invocations?text=%00",
        "/api/invocations?slug=",
        "/api/invocations?slug=a%00",
        "/api/invocations?colour=red",
        "/api/invocations/not-a-uuid",
        "/api/invocations/1%27%20OR%20true",
        "/api/logs/lines?level=fatal",
        "/api/logs/lines?source=pipe",
        "/api/logs/lines?invocation=1",
        "/api/logs/lines?cursor=abc",
        "/api/logs/lines?cursor=99999999999999999999",
        "/api/logs/lines?limit=1000",
        "/api/logs/stream?level=fatal",
        "/api/logs/stream?slug=",
        "/api/logs/stream?text=x",
        "/api/logs/function.logs?before_timestamp=now",
        "/api/logs/function.logs?limit=x",
        "/api/statistics?minutes=0",
        "/api/statistics?minutes=99999",
        "/api/statistics?buckets=201",
        "/api/statistics?slug=",
    ] {
        let (status, code, message) = node.admin("GET", path, None).await.api_error();
        assert_eq!((status, code.as_str()), (400, "INVALID_INPUT"), "{path}: {message}");
    }
    let long = "x".repeat(201);
    for path in [format!("/api/invocations?text={long}"), format!("/api/logs/lines?text={long}")] {
        assert_eq!(node.admin("GET", &path, None).await.api_error().0, 400);
    }
    let headers = [("x-api-key", API_KEY), ("last-event-id", "seven")];
    assert_eq!(node.ask("GET", "/api/logs/stream", &headers, "").await.api_error().0, 400);
}

#[tokio::test]
async fn forged_ids_find_nothing_and_strangers_are_sent_away() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let unknown = "/api/invocations/01890000-0000-7000-8000-000000000000";
    let (status, code, _) = node.admin("GET", unknown, None).await.api_error();
    assert_eq!((status, code.as_str()), (404, "INVOCATION_NOT_FOUND"));
    for path in [
        "/api/invocations",
        unknown,
        "/api/logs/lines",
        "/api/logs/stream",
        "/api/logs/function.logs",
        "/api/statistics",
        "/api/nodes",
    ] {
        assert_eq!(node.ask("GET", path, &[], "").await.api_error().0, 401, "{path}");
        let forged = [("x-api-key", "ik_forged")];
        assert_eq!(node.ask("GET", path, &forged, "").await.api_error().0, 401, "{path}");
        assert_eq!(node.admin("DELETE", path, None).await.code(), 405, "{path}");
    }
}

#[tokio::test]
async fn without_the_database_rows_are_lost_and_counted_and_requests_are_not() {
    let mut server = Postgres::start();
    let database = server.database().await;
    let node = node(&database).await;
    node.functions.get("/probe?do=ok").await;
    server.stop();
    node.health_when("the loss being noticed", |_, report| report["status"] == "degraded").await;
    for _ in 0..20 {
        assert_eq!(node.functions.get("/probe?do=log&line=x").await.code(), 200);
    }
    let counted = async {
        while node.metric("wasmforge_history_rows_dropped_total").await < 20.0
            || node.metric("wasmforge_log_rows_dropped_total").await < 40.0
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    in_time("the rows being counted", counted).await;
    for path in ["/api/invocations", "/api/logs/lines", "/api/statistics"] {
        assert_eq!(node.admin("GET", path, None).await.api_error().0, 503, "{path}");
    }
    let nodes = read(&node, "/api/nodes").await;
    assert_eq!(nodes["nodes"][0]["databaseConnected"], false);
    server.resume();
    node.health_when("the node being well again", |_, report| report["status"] == "ok").await;
    let id = node.functions.get("/probe?do=log&line=again").await.invocation();
    invocation(&node, &id, 2).await;
    // What was counted meanwhile waited.
    let all = |found: &serde_json::Value| found["functions"][0]["calls"].as_u64() == Some(22);
    read_when(&node, "/api/statistics", all).await;
}

#[tokio::test]
async fn an_unmodified_database_has_no_history_and_says_so() {
    let database = Database::create().await;
    database.execute(include_str!("../insforge.sql")).await;
    database.write_secret("API_KEY", &encrypt(API_KEY)).await;
    let node = Serve::over(&database).var("WASMFORGE_MIGRATE", "never").start().await;
    node.health_when("the node being well", |_, report| report["status"] == "ok").await;
    for path in ["/api/invocations", "/api/logs/lines", "/api/logs/function.logs", "/api/statistics"] {
        let (status, code, _) = node.admin("GET", path, None).await.api_error();
        assert_eq!((status, code.as_str()), (501, "NOT_SUPPORTED"), "{path}");
    }
    assert_eq!(read(&node, "/api/nodes").await["nodes"].as_array().unwrap().len(), 1);
}
