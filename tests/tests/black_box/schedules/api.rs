//! InsForge's wire, and our fields beside it.

use super::{Schedules, content, every_second, never_now};
use serde_json::{Value, json};
use wasmforge_tests::{Database, Serve};

const GONE: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn a_schedule_is_made_shown_changed_and_deleted() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let made = node
        .schedule(json!({ "name": "report", "cronSchedule": "0 9 * * 1-5", "httpMethod": "POST",
            "functionUrl": "http://localhost:7130/functions/report" }))
        .await;
    assert_eq!(made.code(), 201);
    let made = made.json();
    assert_eq!(made["message"], "Schedule created successfully");
    assert_eq!(made["cronJobId"], Value::Null);
    let id = made["id"].as_str().unwrap();

    let shown = node.shown(id).await;
    let mut names: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let insforges = [
        "body",
        "createdAt",
        "cronJobId",
        "cronSchedule",
        "functionUrl",
        "headers",
        "httpMethod",
        "id",
        "isActive",
        "lastExecutedAt",
        "name",
        "nextRun",
        "updatedAt",
    ];
    let ours = ["missed", "nextRuns", "retries", "timeZone"];
    let mut expected: Vec<_> = insforges.into_iter().chain(ours).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!((&shown["headers"], &shown["body"]), (&json!({}), &json!({})));
    assert_eq!((&shown["isActive"], &shown["lastExecutedAt"]), (&json!(true), &Value::Null));
    assert_eq!(
        (&shown["timeZone"], &shown["retries"], &shown["missed"]),
        (&json!("UTC"), &json!(0), &json!("skip"))
    );
    let runs = shown["nextRuns"].as_array().unwrap();
    assert_eq!((runs.len(), &runs[0]), (5, &shown["nextRun"]));
    assert!(runs.iter().all(|run| run.as_str().unwrap().ends_with("T09:00:00.000Z")), "{shown}");

    let changed = node
        .change(
            id,
            json!({ "cronSchedule": "30 seconds", "timeZone": "Asia/Kolkata", "retries": 3,
            "missed": "run-once", "headers": { "x-a": "b" }, "body": { "n": 1 }, "httpMethod": "PUT" }),
        )
        .await;
    assert_eq!(
        changed.json(),
        json!({ "id": id, "cronJobId": null, "message": "Schedule updated successfully" })
    );
    let shown = node.shown(id).await;
    for (field, value) in [
        ("name", json!("report")),
        ("cronSchedule", json!("30 seconds")),
        ("timeZone", json!("Asia/Kolkata")),
        ("retries", json!(3)),
        ("missed", json!("run-once")),
        ("headers", json!({ "x-a": "b" })),
        ("body", json!({ "n": 1 })),
        ("httpMethod", json!("PUT")),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }

    let deleted = node.on_schedule("DELETE", id, None).await;
    assert_eq!(
        (deleted.code(), deleted.json()),
        (200, json!({ "message": "Schedule deleted successfully." }))
    );
    let left = "(SELECT count(*) FROM schedules.jobs) + (SELECT count(*) FROM functions.schedule_settings)";
    assert_eq!(database.number(left).await, 0);
}

#[tokio::test]
async fn the_list_is_a_bare_array_newest_first() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    assert_eq!(node.admin("GET", "/api/schedules", None).await.json(), json!([]));
    for name in ["one", "two", "three"] {
        node.scheduled(never_now("http://peer.example", json!({ "name": name }))).await;
    }
    for path in ["/api/schedules", "/api/schedules/"] {
        let list = node.admin("GET", path, None).await.json();
        let names: Vec<_> =
            list.as_array().unwrap().iter().map(|schedule| schedule["name"].clone()).collect();
        assert_eq!(names, ["three", "two", "one"]);
    }
}

#[tokio::test]
async fn a_schedule_that_is_not_there_is_not_found() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    for id in [GONE, "nonsense", "1"] {
        for (method, path, body, message) in [
            ("GET", format!("/api/schedules/{id}"), None, "Schedule not found."),
            ("PATCH", format!("/api/schedules/{id}"), Some(json!({})), "Schedule not found"),
            ("PATCH", format!("/api/schedules/{id}"), Some(json!({ "name": "new" })), "Schedule not found"),
            (
                "PATCH",
                format!("/api/schedules/{id}"),
                Some(json!({ "isActive": false })),
                "Schedule not found",
            ),
            ("DELETE", format!("/api/schedules/{id}"), None, "Schedule not found"),
            ("POST", format!("/api/schedules/{id}/run"), None, "Schedule not found"),
        ] {
            let error = node.admin(method, &path, body).await.api_error();
            assert_eq!(error, (404, "SCHEDULE_NOT_FOUND".into(), message.into()), "{method} {path}");
        }
        let logs = node.admin("GET", &format!("/api/schedules/{id}/logs"), None).await.json();
        assert_eq!(logs, json!({ "logs": [], "totalCount": 0, "limit": 50, "offset": 0 }));
    }
}

#[tokio::test]
async fn only_an_admin_may_see_or_change_schedules() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    for (method, path) in [
        ("GET", "/api/schedules"),
        ("POST", "/api/schedules"),
        ("GET", "/api/schedules/config"),
        ("PATCH", "/api/schedules/config"),
        ("GET", "/api/schedules/x"),
        ("PATCH", "/api/schedules/x"),
        ("DELETE", "/api/schedules/x"),
        ("GET", "/api/schedules/x/logs"),
        ("POST", "/api/schedules/x/run"),
    ] {
        assert_eq!(node.ask(method, path, &[], "{}").await.code(), 401, "{method} {path}");
        let forged = [("x-api-key", "ik_no")];
        assert_eq!(node.ask(method, path, &forged, "{}").await.code(), 401, "{method} {path}");
    }
}

#[tokio::test]
async fn history_is_paged_as_insforge_pages_it() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(never_now("http://peer.example", json!({}))).await;
    database
        .execute(&format!(
            "INSERT INTO schedules.job_logs (job_id, executed_at, status_code, success, duration_ms, message)
             SELECT '{id}', '2026-01-01 00:00Z'::timestamptz + n * interval '1 minute', 200, true, n, 'Success'
             FROM generate_series(1, 120) n"
        ))
        .await;
    for (query, limit, offset, first) in [
        ("", 50, 0, 120),
        ("?limit=2&offset=1", 2, 1, 119),
        ("?limit=1000", 100, 0, 120),
        ("?limit=0", 50, 0, 120),
        ("?limit=-4", 1, 0, 120),
        ("?limit=x&offset=-3", 50, 0, 120),
        ("?limit=3abc&offset=2.9", 3, 2, 118),
    ] {
        let page = node.admin("GET", &format!("/api/schedules/{id}/logs{query}"), None).await.json();
        assert_eq!((&page["limit"], &page["offset"]), (&json!(limit), &json!(offset)), "{query}");
        assert_eq!(page["totalCount"], 120);
        assert_eq!(page["logs"].as_array().unwrap().len(), limit, "{query}");
        assert_eq!(page["logs"][0]["durationMs"], first, "{query}");
    }
    let entry = &node.history(&id).await[99];
    assert_eq!(
        (
            &entry["scheduleId"],
            &entry["executedAt"],
            &entry["statusCode"],
            &entry["success"],
            &entry["message"]
        ),
        (&json!(id), &json!("2026-01-01T02:00:00.000Z"), &json!(200), &json!(true), &json!("Success"))
    );
}

#[tokio::test]
async fn how_long_history_is_kept_can_be_set() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    let config = async || node.admin("GET", "/api/schedules/config", None).await.json();
    assert_eq!(config().await, json!({ "retentionDays": 7 }));
    for days in [json!(30), json!(null), json!(1)] {
        let answer =
            node.admin("PATCH", "/api/schedules/config", Some(json!({ "retentionDays": days }))).await;
        assert_eq!(
            (answer.code(), answer.json()),
            (200, json!({ "message": "Schedules config updated successfully" }))
        );
        assert_eq!(config().await, json!({ "retentionDays": days }));
    }
}

#[tokio::test]
async fn a_schedule_is_paused_and_resumed_and_other_changes_leave_it_so() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(every_second(&peer.url("/"), json!({}))).await;
    super::received(&peer, 1).await;
    node.change(&id, json!({ "isActive": false })).await;
    let shown = node.shown(&id).await;
    assert_eq!(
        (&shown["isActive"], &shown["nextRun"], &shown["nextRuns"]),
        (&json!(false), &Value::Null, &json!([]))
    );
    node.change(&id, json!({ "name": "still paused" })).await;
    assert_eq!(node.shown(&id).await["isActive"], false);
    let paused_at = peer.received().len();
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    // One may have been on its way.
    assert!(peer.received().len() <= paused_at + 1, "{} after {paused_at}", peer.received().len());
    node.change(&id, json!({ "isActive": true, "name": "resumed" })).await;
    super::received(&peer, paused_at + 3).await;
    assert!(node.history(&id).await.iter().all(|entry| entry["success"] == true), "nothing counts as missed");
}
