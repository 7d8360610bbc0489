//! `cleanup-logs` against real log tables.

use serde_json::{Value, json};
use wasmforge_tests::{
    API_KEY, Answer, Database, Guest, Node, Serve, component, encrypt, in_seconds, request, token,
};

wasmforge_tests::twins!(both: "cleanup-logs", "cleanup-logs-js": what_is_old_goes_and_what_is_young_stays, more_rows_than_a_statement_takes_go_all, how_long_rows_are_kept_is_a_setting, a_table_that_is_not_there_is_left_out, nobody_but_the_platform_cleans_up, only_a_post_deletes);

const COUNTS: &str = "(SELECT json_build_object(
    'verification_log', (SELECT count(*) FROM verification_log),
    'api_call_log', (SELECT count(*) FROM api_call_log),
    'admin_logs', (SELECT count(*) FROM admin_logs),
    'admin_audit_log', (SELECT count(*) FROM admin_audit_log)))";

/// One row per table and age in days.
const ROWS: &str = "
    INSERT INTO verification_log (user_id, group_id, channel_id, status, timestamp)
        SELECT 1, 1, 1, 'verified', now() - make_interval(days => d) FROM unnest(array[0, 10, 89, 91, 400]) d;
    INSERT INTO api_call_log (method, timestamp)
        SELECT 'getMe', now() - make_interval(days => d) FROM unnest(array[0, 91]) d;
    INSERT INTO admin_logs (level, logger, message, timestamp)
        SELECT 'INFO', 'bot', 'x', now() - make_interval(days => d) FROM unnest(array[0, 1]) d;
    INSERT INTO admin_audit_log (action, resource_type, created_at)
        SELECT 'LOGIN', 'user', now() - make_interval(days => d) FROM unnest(array[0, 91, 364, 366]) d;";

async fn node(guest: Guest) -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    database.execute(include_str!("bots.sql")).await;
    database.execute(ROWS).await;
    node.deploy_guest("cleanup-logs", guest).await;
    let settings = json!({ "capabilities": { "sql": "service" }, "auth": "service" });
    assert_eq!(node.update("cleanup-logs", settings).await.code(), 200);
    (database, node)
}

async fn cleaned(node: &Node, query: &str) -> Answer {
    let call = request("POST", &format!("/cleanup-logs{query}"))
        .header("authorization", format!("Bearer {API_KEY}"));
    node.functions.send(call.body("").unwrap()).await
}

async fn counts(database: &Database) -> Value {
    serde_json::from_str(&database.text(COUNTS).await.unwrap()).unwrap()
}

async fn what_is_old_goes_and_what_is_young_stays(guest: Guest) {
    let (database, node) = node(guest).await;
    let old = json!({ "verification_log": 2, "api_call_log": 1, "admin_logs": 0, "admin_audit_log": 1 });
    let before = counts(&database).await;
    let dry = cleaned(&node, "?dry_run=true").await;
    assert_eq!((dry.code(), dry.json()), (200, json!({ "deleted": old, "total": 4, "dry_run": true })));
    assert_eq!(counts(&database).await, before);

    let answer = cleaned(&node, "").await;
    assert_eq!((answer.code(), answer.json()), (200, json!({ "deleted": old, "total": 4 })));
    let left = json!({ "verification_log": 3, "api_call_log": 1, "admin_logs": 2, "admin_audit_log": 3 });
    assert_eq!(counts(&database).await, left);
    let oldest = "(SELECT max(now() - timestamp) < interval '90 days' FROM verification_log)";
    assert_eq!(database.text(oldest).await.as_deref(), Some("true"));
    assert_eq!(cleaned(&node, "").await.json()["total"], 0, "a second time there is nothing to do");
}

async fn more_rows_than_a_statement_takes_go_all(guest: Guest) {
    let (database, node) = node(guest).await;
    let many = "INSERT INTO admin_logs (level, logger, message, timestamp)
        SELECT 'INFO', 'bot', 'x', now() - interval '100 days' FROM generate_series(1, 12345)";
    database.execute(many).await;
    let report = cleaned(&node, "").await.json();
    assert_eq!(report["deleted"]["admin_logs"], 12_345, "{report}");
    assert_eq!(counts(&database).await["admin_logs"], 2);
}

async fn how_long_rows_are_kept_is_a_setting(guest: Guest) {
    let (database, node) = node(guest).await;
    node.deploy("env", std::fs::read(component("env")).unwrap()).await;
    let set = async |days: &str| {
        database.write_secret("LOG_RETENTION_DAYS", &encrypt(days)).await;
        node.variable_becomes("LOG_RETENTION_DAYS", Some(days)).await;
    };
    set("5").await;
    let expected = json!({ "verification_log": 4, "api_call_log": 1, "admin_logs": 0, "admin_audit_log": 1 });
    assert_eq!(cleaned(&node, "?dry_run=true").await.json()["deleted"], expected);
    for bad in ["0", "-1", "many", "36501"] {
        set(bad).await;
        let answer = cleaned(&node, "").await;
        let told = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.code(), 500, "{bad}");
        assert!(told.contains("LOG_RETENTION_DAYS") && told.contains(bad), "{bad}: {told}");
    }
    assert_eq!(
        counts(&database).await["verification_log"],
        5,
        "nothing was deleted by a setting that means nothing"
    );
}

async fn a_table_that_is_not_there_is_left_out(guest: Guest) {
    let (database, node) = node(guest).await;
    database.execute("DROP TABLE admin_audit_log").await;
    let answer = cleaned(&node, "").await;
    assert_eq!((answer.code(), &answer.json()["deleted"]["admin_audit_log"]), (200, &Value::Null));
    assert_eq!(answer.json()["deleted"]["verification_log"], 2);
}

async fn nobody_but_the_platform_cleans_up(guest: Guest) {
    let (database, node) = node(guest).await;
    let before = counts(&database).await;
    let user = token(
        &json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": "authenticated", "exp": in_seconds(60) }),
    );
    let call = request("POST", "/cleanup-logs").header("authorization", format!("Bearer {user}"));
    assert_eq!(node.functions.send(call.body("").unwrap()).await.code(), 403);
    assert_eq!(node.functions.post("/cleanup-logs", "").await.code(), 401);
    // Without the grant it cannot act for the platform, whoever calls, and says which grant is missing.
    assert_eq!(node.update("cleanup-logs", json!({ "capabilities": null })).await.code(), 200);
    let refused = cleaned(&node, "").await;
    assert!(refused.status.is_server_error() || refused.code() == 403, "{refused:?}");
    assert!(refused.text().contains("service"), "{refused:?}");
    assert_eq!(counts(&database).await, before);
}

async fn only_a_post_deletes(guest: Guest) {
    let (database, node) = node(guest).await;
    let before = counts(&database).await;
    let get = request("GET", "/cleanup-logs").header("authorization", format!("Bearer {API_KEY}"));
    assert_eq!(node.functions.send(get.body("").unwrap()).await.code(), 405);
    assert_eq!(cleaned(&node, "?dry_run=maybe").await.code(), 400);
    assert_eq!(counts(&database).await, before);
}
