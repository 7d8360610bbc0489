//! Schedules in a database of InsForge's: its tables and functions are used, and pg_cron keeps what is its.

use super::{Schedules, content, every_second, never_now, received};
use crate::insforge::database;
use serde_json::{Value, json};
use std::time::Duration;
use wasmforge_tests::{Database, Serve, encrypt};

/// A database with pg_cron, as far as it can be seen from SQL.
async fn with_pg_cron() -> Database {
    let database = database().await;
    database.execute(include_str!("pg_cron.sql")).await;
    database
}

async fn cron_jobs(database: &Database) -> Option<String> {
    database.text("(SELECT string_agg(jobid || ' ' || schedule, ', ' ORDER BY jobid) FROM cron.job)").await
}

#[tokio::test]
async fn without_pg_cron_its_rows_are_fired_by_us() {
    let (database, peer) = (database().await, content().await);
    database
        .execute(&format!(
            "INSERT INTO schedules.jobs (name, cron_schedule, function_url, http_method, headers, body, cron_job_id)
             VALUES ('theirs', '1 second', '{}', 'POST', '{{\"x-a\": \"b\"}}', '{{\"n\": 1}}', 77)",
            peer.url("/")
        ))
        .await;
    let node = Serve::over(&database).start().await;
    received(&peer, 2).await;
    let sent = &peer.received()[0];
    assert_eq!((sent.json(), sent.header("x-a")), (json!({ "n": 1 }), Some("b")));
    let list = node.admin("GET", "/api/schedules", None).await.json();
    assert_eq!((&list[0]["name"], &list[0]["cronJobId"]), (&json!("theirs"), &json!("77")));
    let id = list[0]["id"].as_str().unwrap();
    node.history_when(id, "its history", |history| !history.is_empty()).await;
    assert_eq!(node.on_schedule("DELETE", id, None).await.code(), 200);
}

#[tokio::test]
async fn what_pg_cron_can_fire_is_left_to_it() {
    let (database, peer) = (with_pg_cron().await, content().await);
    let node = Serve::over(&database).start().await;
    let made = node.schedule(every_second(&peer.url("/"), json!({ "headers": { "x": "y" } }))).await.json();
    assert_eq!(made["cronJobId"], "1");
    let id = made["id"].as_str().unwrap();
    assert_eq!(cron_jobs(&database).await.as_deref(), Some("1 1 second"));
    let stored = database.text("(SELECT encrypted_headers FROM schedules.jobs)").await.unwrap();
    assert!(stored.starts_with("by insforge: "), "{stored}");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(peer.received().is_empty(), "it is not ours to fire");

    let changed = node.change(id, json!({ "cronSchedule": "*/5 * * * *" })).await.json();
    assert_eq!(changed["cronJobId"], "2");
    assert_eq!(cron_jobs(&database).await.as_deref(), Some("2 */5 * * * *"));
    node.change(id, json!({ "isActive": false })).await;
    assert_eq!(cron_jobs(&database).await, None);
    node.change(id, json!({ "name": "still paused" })).await;
    assert_eq!((cron_jobs(&database).await, &node.shown(id).await["isActive"]), (None, &json!(false)));
    node.change(id, json!({ "isActive": true })).await;
    assert!(cron_jobs(&database).await.is_some());
    node.run_now(id).await;
    received(&peer, 1).await;
    assert_eq!(node.on_schedule("DELETE", id, None).await.code(), 200);
    assert_eq!(cron_jobs(&database).await, None);
    let refused = node.schedule(never_now(&peer.url("/"), json!({}))).await;
    assert_eq!(refused.code(), 201);
    let mut body = never_now(&peer.url("/"), json!({}));
    body["cronSchedule"] = "0 0 L * *".into();
    let (status, _, message) = node.schedule(body).await.api_error();
    assert_eq!(
        (status, message.as_str()),
        (400, "invalid schedule: 0 0 L * *"),
        "pg_cron has its own grammar"
    );
}

#[tokio::test]
async fn what_pg_cron_has_no_notion_of_is_fired_by_us() {
    let (database, peer) = (with_pg_cron().await, content().await);
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(every_second(&peer.url("/"), json!({}))).await;
    assert!(cron_jobs(&database).await.is_some());
    node.change(&id, json!({ "retries": 1 })).await;
    assert_eq!((cron_jobs(&database).await, &node.shown(&id).await["cronJobId"]), (None, &Value::Null));
    received(&peer, 2).await;
    node.change(&id, json!({ "retries": 0 })).await;
    assert!(cron_jobs(&database).await.is_some());
    let sent = peer.received().len();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(peer.received().len() <= sent + 1, "it is pg_cron's again");
}

#[tokio::test]
async fn a_missing_secret_keeps_everything_as_it_was() {
    let (database, peer) = (with_pg_cron().await, content().await);
    database.write_secret("TOKEN", &encrypt("t0ken")).await;
    let node = Serve::over(&database).start().await;
    let headers = json!({ "headers": { "x-token": "${{secrets.TOKEN}}" } });
    let id = node.scheduled(never_now(&peer.url("/"), headers)).await;
    let before = (node.shown(&id).await, cron_jobs(&database).await);
    let (status, code, _) = node
        .on_schedule("PATCH", &id, Some(json!({ "headers": { "x": "${{secrets.NONE}}" }, "name": "other" })))
        .await
        .api_error();
    assert_eq!((status, code.as_str()), (404, "SECRET_NOT_FOUND"));
    assert_eq!((node.shown(&id).await, cron_jobs(&database).await), before);
}
