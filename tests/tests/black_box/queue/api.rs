//! `/api/jobs` and `/api/triggers`: what is refused, and pages.

use super::hook::{hooked, peer, trigger};
use super::{becomes, later, node, result, serve, url};
use serde_json::{Value, json};
use wasmforge_tests::{Node, in_seconds, token};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn assert_error(answer: &wasmforge_tests::Answer, status: u16, code: &str) -> String {
    let body = answer.json();
    assert_eq!((answer.code(), &body["error"]), (status, &json!(code)), "{answer:?}");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nobody_but_an_admin_gets_in() {
    let (_database, node) = node().await;
    let user = token(&json!({ "sub": "a", "role": "authenticated", "exp": in_seconds(60) }));
    let forged = wasmforge_tests::token_signed_with("x", &json!({ "sub": "a", "role": "project_admin" }));
    let job = format!("/api/jobs/{NOBODY}");
    let routes = [
        ("GET", "/api/jobs".to_owned()),
        ("GET", job.clone()),
        ("POST", format!("{job}/replay")),
        ("DELETE", job),
        ("GET", "/api/triggers".to_owned()),
        ("POST", "/api/triggers".to_owned()),
        ("PATCH", format!("/api/triggers/{NOBODY}")),
        ("DELETE", format!("/api/triggers/{NOBODY}")),
    ];
    for (method, path) in routes {
        assert_eq!(node.ask(method, &path, &[], "").await.code(), 401, "{method} {path}");
        for (bearer, status) in [(&user, 403), (&forged, 401)] {
            let headers = [("authorization", &*format!("Bearer {bearer}"))];
            assert_eq!(node.ask(method, &path, &headers, "").await.code(), status, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_database, node) = node().await;
    for id in [NOBODY, "1", "%00", "..%2f"] {
        for (method, path, code) in [
            ("GET", format!("/api/jobs/{id}"), "JOB_NOT_FOUND"),
            ("DELETE", format!("/api/jobs/{id}"), "JOB_NOT_FOUND"),
            ("POST", format!("/api/jobs/{id}/replay"), "JOB_NOT_FOUND"),
            ("GET", format!("/api/triggers/{id}"), "TRIGGER_NOT_FOUND"),
            ("PATCH", format!("/api/triggers/{id}"), "TRIGGER_NOT_FOUND"),
            ("DELETE", format!("/api/triggers/{id}"), "TRIGGER_NOT_FOUND"),
        ] {
            assert_error(&node.admin(method, &path, None).await, 404, code);
        }
    }
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_by_name() {
    let (_database, node) = node().await;
    for (query, name) in [
        ("status=lost", "status"),
        ("source=http", "source"),
        ("trigger=1", "trigger"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("cursor=x", "cursor"),
    ] {
        let answer = node.admin("GET", &format!("/api/jobs?{query}"), None).await;
        assert!(assert_error(&answer, 400, "INVALID_INPUT").starts_with(name), "{query}");
    }
    let none = node.admin("GET", "/api/jobs?slug=nobody%27s&status=&unknown=1", None).await;
    assert_eq!(none.json(), json!({ "jobs": [], "nextCursor": null }));
    assert_error(&node.admin("GET", "/api/jobs?slug=%00", None).await, 400, "INVALID_INPUT");
}

#[tokio::test]
async fn a_list_comes_in_pages_newest_first() {
    let database = wasmforge_tests::Database::create().await;
    let node = serve(&database).var("WASMFORGE_JOBS_WORKERS", 0).start().await;
    super::deploy_probe(&node).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let accepted = later(node.functions, "/probe", &[], "").await;
        ids.insert(0, accepted.json()["id"].clone());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for expected in [2, 2, 1] {
        let page = node.admin("GET", &format!("/api/jobs?limit=2{cursor}"), None).await.json();
        let jobs = page["jobs"].as_array().unwrap();
        assert_eq!(jobs.len(), expected);
        seen.extend(jobs.iter().map(|job| job["id"].clone()));
        cursor = page["nextCursor"].as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    }
    assert!(cursor.is_empty());
    assert_eq!(seen, ids);
    let fields = node.admin("GET", "/api/jobs?limit=1", None).await.json()["jobs"][0].clone();
    let names: Vec<_> = fields.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "id",
        "source",
        "slug",
        "status",
        "attempts",
        "maxAttempts",
        "createdAt",
        "nextAttemptAt",
        "finishedAt",
        "lastError",
        "lastStatus",
        "triggerId",
        "key",
    ];
    expected.sort_unstable();
    let mut names = names;
    names.sort_unstable();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn only_what_is_finished_and_whole_is_run_again() {
    let (database, node) = node().await;
    let replay = async |id: &Value| {
        node.admin("POST", &format!("/api/jobs/{}/replay", id.as_str().unwrap()), None).await
    };
    let slow = later(node.functions, "/probe?do=sleep&ms=60000", &[], "").await.json()["id"].clone();
    assert_error(&replay(&slow).await, 409, "JOB_UNFINISHED");
    let with_token = later(node.functions, "/probe", &[("authorization", "Bearer x")], "").await;
    result(node.functions, &url(&with_token)).await;
    let message = assert_error(&replay(&with_token.json()["id"]).await, 409, "JOB_NOT_REPLAYABLE");
    assert!(message.contains("credential"), "{message}");
    let detail =
        node.admin("GET", &format!("/api/jobs/{}", with_token.json()["id"].as_str().unwrap()), None).await;
    assert!(detail.json()["hadCredential"] == true && !detail.text().contains("Bearer"), "{detail:?}");

    let plain = later(node.functions, "/probe?do=binary", &[], vec![0xff_u8, 0]).await;
    let id = plain.json()["id"].clone();
    result(node.functions, &url(&plain)).await;
    assert_eq!(replay(&id).await.code(), 200);
    assert_eq!(result(node.functions, &url(&plain)).await.body.len(), 256);
    let detail = node.admin("GET", &format!("/api/jobs/{}", id.as_str().unwrap()), None).await.json();
    assert_eq!((&detail["request"]["bodyBase64"], &detail["attempts"]), (&json!("/wA="), &json!(1)));
    database.execute("UPDATE functions.jobs SET erased = true, body = NULL WHERE status = 'succeeded'").await;
    assert_error(&replay(&id).await, 409, "JOB_NOT_REPLAYABLE");

    let path = format!("/api/jobs/{}", slow.as_str().unwrap());
    assert_eq!(node.admin("DELETE", &path, None).await.code(), 204);
    node.health_when("the function being stopped", |_, report| report["running"] == 0).await;
}

async fn refused(node: &Node, fields: Value, field: &str) {
    let answer = trigger(node, fields.clone()).await;
    let message = assert_error(&answer, 400, "INVALID_INPUT");
    assert!(message.contains(field), "{fields}: {message}");
}

#[tokio::test]
async fn a_trigger_that_cannot_be_is_refused_with_the_reason() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    database.execute("CREATE VIEW seen AS SELECT 1 AS one; CREATE SEQUENCE numbers").await;
    for (fields, reason) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "x".repeat(201) }), "name"),
        (json!({ "name": "a\0b" }), "name"),
        (json!({ "table": null }), "table"),
        (json!({ "events": [] }), "events"),
        (json!({ "events": ["TRUNCATE"] }), "events"),
        (json!({ "events": "INSERT" }), "events"),
        (json!({ "columns": [] }), "columns"),
        (json!({ "columns": [1] }), "columns"),
        (json!({ "columns": ["nope", "text"] }), "no column nope"),
        (json!({ "columns": ["text"], "events": ["INSERT"] }), "UPDATE"),
        (json!({ "functionSlug": "a/b" }), "functionSlug"),
        (json!({ "isActive": "yes" }), "isActive"),
        (json!({ "maxAttempts": 0 }), "maxAttempts"),
        (json!({ "maxAttempts": 51 }), "maxAttempts"),
        (json!({ "maxAttempts": 1.5 }), "maxAttempts"),
        (json!({ "table": "nope" }), "There is no table public.nope"),
        (json!({ "table": "notes; DROP TABLE notes" }), "There is no table"),
        (json!({ "table": "seen" }), "no ordinary table"),
        (json!({ "table": "numbers" }), "no ordinary table"),
        (json!({ "schema": "system", "table": "secrets" }), "belongs to the platform"),
        (json!({ "schema": "functions", "table": "jobs" }), "belongs to the platform"),
        (json!({ "schema": "auth", "table": "users" }), "belongs to the platform"),
        (json!({ "schema": "pg_catalog", "table": "pg_class" }), "belongs to the platform"),
    ] {
        let mut other = json!({ "name": "other" });
        other.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        refused(&node, other, reason).await;
    }
    let nothing = node.admin("POST", "/api/triggers", Some(json!({}))).await;
    let issues: Value = serde_json::from_str(&assert_error(&nothing, 400, "INVALID_INPUT")).unwrap();
    assert_eq!(issues.as_array().unwrap().len(), 4, "{issues}");
    let answer = trigger(&node, json!({ "name": "other", "functionSlug": "nope" })).await;
    assert_error(&answer, 404, "FUNCTION_NOT_FOUND");
    assert_error(&trigger(&node, json!({})).await, 409, "TRIGGER_ALREADY_EXISTS");
    assert_eq!(database.number("(SELECT count(*) FROM functions.triggers)").await, 1);
    assert_eq!(database.number("(SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'wasmforge%' AND tgrelid = 'notes'::regclass)").await, 1);
}

#[tokio::test]
async fn a_trigger_is_changed_as_far_as_it_can_be() {
    let peer = peer(|_| 200).await;
    let (_database, node) = hooked(&peer).await;
    let made = trigger(&node, json!({ "name": "other", "maxAttempts": 50 })).await.json();
    let path = format!("/api/triggers/{}", made["id"].as_str().unwrap());
    let patch = async |body: Value| node.admin("PATCH", &path, Some(body)).await;
    for body in [
        json!({ "table": "x" }),
        json!({ "schema": "x" }),
        json!({ "columns": ["nope"] }),
        json!({ "events": [] }),
        json!({ "events": ["DELETE"], "columns": ["text"] }),
        json!({ "maxAttempts": -1 }),
    ] {
        assert_error(&patch(body).await, 400, "INVALID_INPUT");
    }
    assert_error(&patch(json!({ "name": "notes" })).await, 409, "TRIGGER_ALREADY_EXISTS");
    assert_error(&patch(json!({ "functionSlug": "nope" })).await, 404, "FUNCTION_NOT_FOUND");
    assert_eq!(node.admin("GET", &path, None).await.json(), made, "nothing of it was done");
    let changed = patch(json!({ "name": "renamed", "columns": ["text", "n"] })).await.json();
    assert_eq!((&changed["name"], &changed["columns"]), (&json!("renamed"), &json!(["text", "n"])));
    assert_eq!(patch(json!({ "columns": null })).await.json()["columns"], Value::Null);
    let audited = "(SELECT count(*) FROM system.audit_logs WHERE action LIKE '%_TRIGGER')";
    assert_eq!(_database.number(audited).await, 4);
}

#[tokio::test]
async fn a_table_that_somebody_holds_is_not_waited_for_for_ever() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    let mut transaction = database.pool().begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO notes VALUES (1, 1)").execute(&mut *transaction).await.unwrap();
    assert_error(&trigger(&node, json!({ "name": "other" })).await, 409, "TABLE_BUSY");
    transaction.rollback().await.unwrap();
    assert_eq!(trigger(&node, json!({ "name": "other" })).await.code(), 201);
    becomes(&database, "(SELECT count(*) = 2 FROM functions.triggers)").await;
}

#[tokio::test]
async fn an_unmodified_database_has_neither_jobs_nor_triggers() {
    let database = crate::insforge::database().await;
    let node = serve(&database).var("WASMFORGE_MIGRATE", "never").start().await;
    for path in
        ["/api/jobs", "/api/triggers", &format!("/api/jobs/{NOBODY}"), &format!("/api/triggers/{NOBODY}")]
    {
        assert_error(&node.admin("GET", path, None).await, 501, "NOT_SUPPORTED");
    }
}
