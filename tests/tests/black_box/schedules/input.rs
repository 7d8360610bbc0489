//! Bad input: what is wrong is told in InsForge's words, and nothing is written.

use super::{Schedules, content, never_now};
use serde_json::{Value, json};
use wasmforge_tests::{API_KEY, Database, Serve};

const CRON: &str = "cronSchedule: Invalid cron schedule. Use 5-field cron (e.g., \"*/5 * * * *\") or sub-minute \
                    interval form (1–59 seconds, e.g., \"30 seconds\").";

/// Fields, and what is said of them.
fn faults() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "name": "ab" }), "name: Schedule name must be at least 3 characters long"),
        (json!({ "name": 7 }), "name: Expected string, received number"),
        (json!({ "name": null }), "name: Expected string, received null"),
        (json!({ "name": "a\0b" }), "name: must not contain the NUL character"),
        (json!({ "cronSchedule": "0 * * * * *" }), CRON),
        (json!({ "cronSchedule": "60 seconds" }), CRON),
        (json!({ "cronSchedule": "0 seconds" }), CRON),
        (json!({ "cronSchedule": "5 minutes" }), CRON),
        (json!({ "cronSchedule": "@hourly" }), CRON),
        (json!({ "cronSchedule": "" }), CRON),
        (json!({ "cronSchedule": ["*"] }), "cronSchedule: Expected string, received array"),
        (json!({ "functionUrl": "/functions/x" }), "functionUrl: The function URL must be a valid URL."),
        (json!({ "functionUrl": "report" }), "functionUrl: The function URL must be a valid URL."),
        (
            json!({ "functionUrl": "file:///etc/passwd" }),
            "functionUrl: The function URL must be a valid URL.",
        ),
        (
            json!({ "functionUrl": "http://u:p@peer.example/" }),
            "functionUrl: The function URL must be a valid URL.",
        ),
        (json!({ "functionUrl": "http://a b/" }), "functionUrl: The function URL must be a valid URL."),
        (
            json!({ "httpMethod": "TRACE" }),
            "httpMethod: Invalid enum value. Expected 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', received 'TRACE'",
        ),
        (json!({ "headers": "x" }), "headers: Expected object, received string"),
        (json!({ "headers": { "x-a": 1 } }), "headers.x-a: Expected string, received number"),
        (json!({ "headers": { "a b": "1" } }), "headers.a b: Header \"a b\" cannot be sent"),
        (json!({ "headers": { "x": "a\r\nb: c" } }), "headers.x: Header \"x\" cannot be sent"),
        (json!({ "headers": { "Host": "x" } }), "headers.Host: Header \"Host\" cannot be sent"),
        (json!({ "body": [1] }), "body: Expected object, received array"),
        (json!({ "body": { "a": ["\0"] } }), "body: must not contain the NUL character"),
        (json!({ "timeZone": "Mars/Olympus" }), "timeZone: \"Mars/Olympus\" is no time zone"),
        (json!({ "timeZone": 2 }), "timeZone: Expected string, received number"),
        (json!({ "retries": 11 }), "retries: Expected an integer from 0 to 10, received 11"),
        (json!({ "retries": -1 }), "retries: Expected an integer from 0 to 10, received -1"),
        (json!({ "retries": 1.5 }), "retries: Expected an integer from 0 to 10, received 1.5"),
        (json!({ "missed": "always" }), "missed: Invalid enum value. Expected 'skip' | 'run-once'"),
    ]
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(never_now("http://peer.example/", json!({}))).await;
    let before = node.shown(&id).await;
    for (fields, message) in faults() {
        let mut body = never_now("http://peer.example/", json!({}));
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        for (method, id, body) in [("POST", "", &body), ("PATCH", id.as_str(), &fields)] {
            let path = format!("/api/schedules/{id}");
            let (status, code, found) = node.admin(method, &path, Some(body.clone())).await.api_error();
            assert_eq!((status, code.as_str()), (400, "INVALID_INPUT"), "{method} {fields}: {found}");
            assert!(found.starts_with(message), "{method} {fields}: {found}");
        }
    }
    let active = json!({ "isActive": "yes" });
    let found = node.on_schedule("PATCH", &id, Some(active)).await.api_error();
    assert_eq!(found, (400, "INVALID_INPUT".into(), "isActive: Expected boolean, received string".into()));
    assert_eq!(node.shown(&id).await, before);
    assert_eq!(database.number("(SELECT count(*) FROM schedules.jobs)").await, 1);
}

#[tokio::test]
async fn all_faults_of_a_request_are_told_at_once() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let (_, _, message) =
        node.schedule(json!({ "headers": { "a": null }, "retries": "3" })).await.api_error();
    assert_eq!(
        message,
        "name: Required, cronSchedule: Required, functionUrl: Required, httpMethod: Required, \
         headers.a: Expected string, received null, retries: Expected an integer from 0 to 10, received \"3\""
    );
}

#[tokio::test]
async fn a_line_that_means_nothing_or_never_fires_is_no_expression() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(never_now("http://peer.example/", json!({}))).await;
    for line in ["60 * * * *", "* 25 * * *", "a b c d e", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "*/0 * * * *"] {
        for (method, id) in [("POST", ""), ("PATCH", id.as_str())] {
            let mut body = never_now("http://peer.example/", json!({}));
            body["cronSchedule"] = line.into();
            let path = format!("/api/schedules/{id}");
            let (status, code, message) = node.admin(method, &path, Some(body)).await.api_error();
            assert_eq!((status, code.as_str()), (400, "SCHEDULE_INVALID_CRON"), "{line}");
            assert!(message.starts_with("Invalid cron expression: "), "{line}: {message}");
        }
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("MAX_JSON_BODY_SIZE", "1kb").start().await;
    let json = [("x-api-key", API_KEY), ("content-type", "application/json")];
    let text = [("x-api-key", API_KEY), ("content-type", "text/plain")];
    let huge = json!({ "name": "x".repeat(2000) }).to_string();
    for (headers, body, status) in [
        (json, "[]", 400),
        (json, "{", 400),
        (json, "null", 400),
        (json, "\u{feff}", 400),
        (text, "{}", 415),
        (json, huge.as_str(), 413),
    ] {
        for (method, path) in
            [("POST", "/api/schedules"), ("PATCH", "/api/schedules/x"), ("PATCH", "/api/schedules/config")]
        {
            let answer = node.ask(method, path, &headers, body.to_owned()).await;
            assert_eq!(answer.code(), status, "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_retention_that_is_none_is_refused() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    for (body, message) in [
        (json!({}), "Required"),
        (json!({ "retentionDays": "7" }), "Expected number, received string"),
        (json!({ "retentionDays": 0 }), "Number must be greater than 0"),
        (json!({ "retentionDays": -1 }), "Number must be greater than 0"),
        (json!({ "retentionDays": 1.5 }), "Expected integer, received float"),
        (json!({ "retentionDays": 2_147_483_648_u64 }), "Number must be less than or equal to 2147483647"),
        (json!({ "retentionDays": u64::MAX }), "Number must be less than or equal to 2147483647"),
    ] {
        let error = node.admin("PATCH", "/api/schedules/config", Some(body.clone())).await.api_error();
        assert_eq!(error, (400, "INVALID_INPUT".into(), format!("retentionDays: {message}")), "{body}");
    }
    let config = node.admin("GET", "/api/schedules/config", None).await.json();
    assert_eq!(config, json!({ "retentionDays": 7 }));
}

#[tokio::test]
async fn rows_that_others_wrote_may_hold_anything() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    database
        .execute(&format!(
            "INSERT INTO schedules.jobs (name, cron_schedule, function_url, headers, body) VALUES
                ('nonsense', 'whenever', '{0}', NULL, NULL), ('never', '0 0 30 2 *', '{0}', NULL, NULL),
                ('no url', '1 second', 'nowhere', NULL, NULL), ('odd', '1 second', '{0}', '[1]', '\"text\"'),
                ('header', '1 second', '{0}', '{{\"a b\": \"1\", \"n\": 1}}', NULL)",
            peer.url("/")
        ))
        .await;
    super::received(&peer, 2).await;
    assert!(peer.received().iter().all(|request| request.body == "\"text\""), "only the odd one can be sent");
    let list = node.admin("GET", "/api/schedules", None).await.json();
    assert_eq!(list.as_array().unwrap().len(), 5);
    for schedule in list.as_array().unwrap() {
        let id = schedule["id"].as_str().unwrap();
        match schedule["name"].as_str().unwrap() {
            "nonsense" | "never" => assert_eq!(schedule["nextRun"], Value::Null),
            "no url" => {
                let history = node.history_when(id, "its failure", |history| !history.is_empty()).await;
                assert_eq!(history[0]["message"], "The URL or the method cannot be used");
            }
            "header" => {
                let history = node.history_when(id, "its failure", |history| !history.is_empty()).await;
                assert!(history[0]["message"].as_str().unwrap().contains("\"a b\""), "{history:?}");
            }
            _ => {}
        }
        assert_eq!(node.on_schedule("DELETE", id, None).await.code(), 200);
    }
}

#[tokio::test]
async fn on_an_unmodified_database_there_is_no_place_for_schedules() {
    let database = crate::insforge::database().await;
    let node = Serve::over(&database).var("WASMFORGE_MIGRATE", "never").start().await;
    for (method, path, body) in [
        ("GET", "/api/schedules", None),
        ("POST", "/api/schedules", Some(never_now("http://peer.example/", json!({})))),
        ("GET", "/api/schedules/config", None),
    ] {
        let (status, code, _) = node.admin(method, path, body).await.api_error();
        assert_eq!((status, code.as_str()), (501, "NOT_SUPPORTED"), "{method} {path}");
    }
}
