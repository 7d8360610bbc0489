//! The database goes and comes: what was known keeps answering, and everything mends itself.

use serde_json::json;
use std::time::Duration;
use wasmforge_tests::{Database, Node, Postgres, Serve, answering, encrypt, in_time, unseen};

#[tokio::test]
async fn warm_functions_answer_without_the_database_and_all_is_well_when_it_is_back() {
    let mut server = Postgres::start();
    let database = server.database().await;
    let node = Serve::over(&database).start().await;
    node.deploy("f", answering(201)).await;
    node.store_source("script", "export default () => new Response(null, { status: 203 })").await;
    assert_eq!((node.status_of("f").await, node.status_of("script").await), (201, 203));

    server.stop();
    let report = node.health_when("the loss being noticed", |_, report| report["status"] == "degraded").await;
    assert_eq!((&report["database"]["connected"], &report["functions"]), (&json!(false), &json!(2)));
    assert!(report["database"]["error"].as_str().is_some_and(|error| !error.is_empty()), "{report}");
    for _ in 0..50 {
        assert_eq!(node.status_of("f").await, 201);
    }
    assert_eq!(node.status_of("script").await, 203);
    assert_eq!(node.functions.get("/nope").await.failure(), (404, "FUNCTION_NOT_FOUND".into()));
    unavailable(&node).await;

    server.resume();
    node.health_when("the node being well again", |_, report| report["status"] == "ok").await;
    node.deploy("f", answering(202)).await;
    assert_eq!(node.status_of("f").await, 202);
    // Notifications come again too.
    database.write_module("g", &answering(203)).await;
    node.answers_soon("g", 203).await;
}

/// The admin API says that there is no database; credentials are still checked.
async fn unavailable(node: &Node) {
    for (method, path) in
        [("GET", "/api/functions"), ("GET", "/api/functions/f"), ("DELETE", "/api/functions/f")]
    {
        let answer = node.admin(method, path, None).await;
        let (status, code, message) = answer.api_error();
        assert_eq!((status, code.as_str()), (503, "DATABASE_UNAVAILABLE"), "{method} {path}: {message}");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let (status, ..) = node.upload("f", unseen(&answering(204))).await.api_error();
    assert_eq!(status, 503);
    assert_eq!(node.ask("GET", "/api/functions", &[], "").await.code(), 401);
}

#[tokio::test]
async fn a_node_starts_without_its_database_says_so_and_finds_it_later() {
    let mut server = Postgres::start();
    let database = server.database().await;
    let first = Serve::over(&database).start().await;
    first.deploy("f", answering(201)).await;
    drop(first);
    server.stop();

    let node = Serve::over(&database).start().await;
    assert!(node.api_key.is_none(), "the key is in the database");
    let (status, report) = node.health().await;
    assert_eq!((status, &report["status"]), (503, &json!("unavailable")));
    assert_eq!(report["database"]["mode"], "unknown");
    node.health_when("the reason", |_, report| report["database"]["error"].is_string()).await;
    for path in ["/f", "/nope"] {
        let answer = node.functions.get(path).await;
        assert_eq!(answer.failure(), (503, "REGISTRY_UNAVAILABLE".into()), "{path}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        let answer = node.platform().get(&format!("/functions{path}")).await;
        assert_eq!(answer.failure(), (503, "REGISTRY_UNAVAILABLE".into()), "{path}");
    }
    assert_eq!(node.functions.get("/f/sub").await.text(), "Not Found");
    let (status, code, _) = node.admin("GET", "/api/functions", None).await.api_error();
    assert_eq!(
        (status, code.as_str()),
        (503, "DATABASE_UNAVAILABLE"),
        "whether the key is right is not known"
    );

    server.resume();
    node.health_when("the node being well", |status, report| {
        (status, &report["status"]) == (200, &json!("ok"))
    })
    .await;
    assert_eq!(node.status_of("f").await, 201);
    assert_eq!(node.functions.get("/nope").await.code(), 404);
    node.deploy("f", answering(202)).await;
    assert_eq!(node.status_of("f").await, 202);
}

#[tokio::test]
async fn a_cold_function_without_the_database_is_answered_503_and_works_when_it_is_back() {
    let mut server = Postgres::start();
    let database = server.database().await;
    let node = Serve::over(&database).start().await;
    database.write_module("cold", &unseen(&answering(201))).await;
    node.health_when("the function being known", |_, report| report["functions"] == 1).await;
    server.stop();
    node.health_when("the loss being noticed", |_, report| report["status"] == "degraded").await;
    let answer = node.functions.get("/cold").await;
    assert_eq!(answer.failure(), (503, "NOT_BUILT".into()), "its code is nowhere to be had");
    assert_eq!(answer.header("retry-after"), Some("1"));
    server.resume();
    node.answers_soon("cold", 201).await;
}

#[tokio::test]
async fn cut_connections_are_replaced_without_anybody_noticing() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("f", answering(201)).await;
    for status in 202..=206 {
        assert!(database.cut_connections().await > 0);
        assert_eq!(node.status_of("f").await, status - 1);
        let deployed = async { while !node.upload("f", answering(status)).await.status.is_success() {} };
        in_time("a deploy over new connections", deployed).await;
        assert_eq!(node.status_of("f").await, status);
    }
    database.cut_connections().await;
    database.write_module("g", &answering(207)).await;
    node.answers_soon("g", 207).await;
    node.health_when("the node being well", |_, report| report["status"] == "ok").await;
}

/// As the triggers call it, but silent: every notification is lost.
const LOSE_NOTIFICATIONS: &str =
    "CREATE OR REPLACE FUNCTION functions.wasmforge_notice(topic text, name text, payload text)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
        INSERT INTO functions.changes AS c (topic, name, xid) VALUES ($1, $2, pg_current_xact_id())
            ON CONFLICT ON CONSTRAINT changes_pkey DO UPDATE SET xid = EXCLUDED.xid;
    END $$";

#[tokio::test]
async fn a_change_whose_notification_was_lost_is_found_by_the_next_poll() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_POLL_MS", 100).start().await;
    database.execute(LOSE_NOTIFICATIONS).await;
    database.write_module("f", &answering(201)).await;
    node.answers_soon("f", 201).await;
    database.write_module("f", &answering(202)).await;
    node.answers_soon("f", 202).await;
    database.execute("DELETE FROM functions.definitions").await;
    node.answers_soon("f", 404).await;
    database.write_secret("BROKEN", "x").await;
    node.health_when("the secret being seen", |_, report| report["problems"]["BROKEN"].is_string()).await;
}

#[tokio::test]
async fn a_change_is_announced_long_before_the_next_poll() {
    let database = Database::create().await;
    let node = Serve::over(&database).var("WASMFORGE_POLL_MS", 3_600_000).start().await;
    database.write_module("f", &answering(201)).await;
    node.answers_soon("f", 201).await;
    database.execute("UPDATE functions.definitions SET status = 'draft'").await;
    node.answers_soon("f", 404).await;
}

#[tokio::test]
async fn a_deploy_on_one_node_is_answered_by_the_other() {
    let database = Database::create().await;
    let serve = || Serve::over(&database).var("WASMFORGE_POLL_MS", 3_600_000);
    let (one, other) = (serve().start().await, serve().start().await);
    for status in 201..=205 {
        one.deploy("f", answering(status)).await;
        other.answers_soon("f", status).await;
        other.deploy("g", answering(status)).await;
        one.answers_soon("g", status).await;
    }
    one.update("f", json!({"status": "draft"})).await;
    other.answers_soon("f", 404).await;
    one.delete("g").await;
    other.answers_soon("g", 404).await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_delays_no_warm_call() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("f", answering(201)).await;
    let mut transaction = database.pool().begin().await.unwrap();
    let lock =
        "LOCK TABLE functions.definitions, functions.changes, functions.versions, functions.invocations,
        system.secrets IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(&mut *transaction).await.unwrap();
    for _ in 0..20 {
        let call = tokio::time::timeout(Duration::from_secs(5), node.status_of("f")).await;
        assert_eq!(call.unwrap(), 201);
    }
    assert_eq!(node.health().await.0, 200);
    transaction.rollback().await.unwrap();
    node.deploy("f", answering(202)).await;
    assert_eq!(node.status_of("f").await, 202);
}

#[tokio::test]
async fn a_wrong_password_or_name_is_said_in_health_and_holds_no_password() {
    let database = Database::create().await;
    let url = database.url().replace(database.name(), "no_such_database").replace(":postgres@", ":hunter2@");
    let node = Serve::over(&database).var("DATABASE_URL", url).start().await;
    let report = node.health_when("the reason", |_, report| !report["database"]["error"].is_null()).await;
    assert!(report["database"]["error"].as_str().unwrap().contains("no_such_database"), "{report}");
    assert!(!(report.to_string() + &node.written()).contains("hunter2"));
}

#[tokio::test]
async fn rows_that_cannot_be_used_harm_no_other() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy("f", answering(201)).await;
    database.execute(r#"UPDATE functions.definitions SET limits = '{"nonsense": 1}'"#).await;
    let report = node.health_when("the problem", |_, report| report["problems"]["f"].is_string()).await;
    assert!(report["problems"]["f"].as_str().unwrap().contains("nonsense"), "{report}");
    assert_eq!(node.status_of("f").await, 201, "the last usable version keeps serving");
    node.deploy("g", answering(202)).await;
    assert_eq!(node.status_of("g").await, 202);
    database.write_secret("BROKEN", &encrypt("x").replace(':', "-")).await;
    node.health_when("both problems", |_, report| report["problems"].as_object().unwrap().len() == 2).await;
    assert_eq!(node.update("f", json!({"limits": null})).await.code(), 200);
    node.health_when("one problem", |_, report| report["problems"]["f"].is_null()).await;
}
