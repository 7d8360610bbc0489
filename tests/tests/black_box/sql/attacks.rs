//! What a hostile function does to the database, and what of it the next one sees.

use super::{ANN, Probe, database_error, refusal, user};
use serde_json::json;
use wasmforge_tests::{Postgres, in_time};

const DENIED: &str = "42501";

#[tokio::test]
async fn nobody_becomes_what_the_login_role_does_not_allow() {
    let probe = Probe::start().await;
    // The roles are there once somebody needed them.
    probe.steps("/service?as=service", "", json!([{ "query": "SELECT 1" }])).await;
    for role in ["postgres", "project_admin", "wasmforge_service"] {
        for sql in [
            format!("SET ROLE {role}"),
            format!("SET LOCAL ROLE {role}"),
            format!("SET SESSION AUTHORIZATION {role}"),
            format!("SELECT set_config('role', '{role}', false)"),
            format!("SELECT set_config('session_authorization', '{role}', false)"),
            format!("GRANT {role} TO anon"),
        ] {
            assert_eq!(probe.refusal(&sql).await, database_error(DENIED), "{sql}");
        }
    }
    let steps = json!([{ "execute": "SET ROLE postgres" }, { "query": "SELECT current_user::text" }]);
    assert_eq!(probe.steps("/caller", &user(ANN), steps).await[1]["ok"], json!([["authenticated"]]));
    for sql in [
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SELECT set_config('role', 'postgres', false)",
    ] {
        let result = probe.steps("/service?as=service", "", json!([{ "query": sql }])).await.remove(0);
        assert_eq!(refusal(&result), database_error(DENIED), "{sql}");
    }
}

#[tokio::test]
async fn the_login_role_itself_may_do_nothing() {
    let probe = Probe::start().await;
    probe
        .database
        .execute("INSERT INTO open VALUES (1, 'a'); INSERT INTO secrets VALUES (gen_random_uuid(), 'x')")
        .await;
    for leave in [
        "RESET ROLE",
        "SET ROLE NONE",
        "SET SESSION AUTHORIZATION DEFAULT",
        "COMMIT",
        "ROLLBACK",
        "RESET ALL",
    ] {
        let steps = json!([{ "begin": 1 }, { "execute": leave }, { "query": "SELECT current_user::text" }]);
        let results = probe.steps("/caller", "", steps).await;
        let now = results[2]["ok"][0][0].as_str().unwrap();
        assert!(["wasmforge_caller", "anon"].contains(&now), "{leave}: {results:?}");
        for sql in [
            "SELECT * FROM open",
            "SELECT * FROM secrets",
            "SELECT * FROM functions.definitions",
            "SELECT * FROM system.secrets",
            "SELECT rolpassword FROM pg_authid",
            "CREATE TABLE mine (n int)",
            "SET ROLE project_admin",
            "SET ROLE postgres",
        ] {
            let steps = json!([{ "begin": 1 }, { "execute": "RESET ROLE" }, { "query": sql }]);
            assert_eq!(
                refusal(&probe.steps("/caller", "", steps).await[2]),
                database_error(DENIED),
                "{leave}, {sql}"
            );
        }
    }
}

#[tokio::test]
async fn the_machine_behind_the_database_is_out_of_reach() {
    let probe = Probe::start().await;
    for sql in [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY open FROM PROGRAM 'true'",
        "COPY open FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE EXTENSION dblink",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "LOAD '$libdir/dblink'",
    ] {
        let (kind, code) = probe.refusal(sql).await;
        assert_eq!(kind, "Database", "{sql}");
        assert!(["42501", "0A000", "25001", "58P01"].contains(&code.as_str()), "{sql}: {code}");
    }
    for sql in ["COPY open TO STDOUT", "COPY open FROM STDIN"] {
        assert_eq!(probe.refusal(sql).await.0, "Unsupported", "{sql}");
    }
    assert_eq!(probe.rows("SELECT 1").await, json!([[1]]));
}

/// What a guest leaves behind, and a query that would find it.
const LEFTOVERS: &[(&str, &str)] = &[
    ("SET work_mem = '77MB'", "SELECT count(*) FROM pg_settings WHERE setting = '78848'"),
    (
        "SELECT set_config('request.jwt.claims', '{\"sub\":\"x\"}', false)",
        "SELECT count(*) WHERE current_setting('request.jwt.claims') LIKE '%sub%'",
    ),
    (
        "SELECT set_config('my.secret', 'x', false)",
        "SELECT count(*) WHERE current_setting('my.secret', true) = 'x'",
    ),
    ("SET search_path = pg_temp", "SELECT count(*) WHERE current_setting('search_path') = 'pg_temp'"),
    (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SELECT count(*) WHERE current_setting('transaction_read_only') = 'on'",
    ),
    ("SET statement_timeout = 1", "SELECT count(*) WHERE current_setting('statement_timeout') = '1ms'"),
    ("SET client_encoding = 'LATIN1'", "SELECT count(*) WHERE current_setting('client_encoding') <> 'UTF8'"),
    (
        "CREATE TEMP TABLE left_behind AS SELECT 1",
        "SELECT count(*) FROM pg_class WHERE relname = 'left_behind' AND relnamespace = pg_my_temp_schema()",
    ),
    (
        "CREATE TEMP TABLE pg_settings AS SELECT 1",
        "SELECT count(*) FROM pg_class WHERE relname = 'pg_settings' AND relnamespace = pg_my_temp_schema()",
    ),
    ("LISTEN overheard", "SELECT count(*) FROM pg_listening_channels() c WHERE c = 'overheard'"),
    (
        "SELECT pg_advisory_lock(7777)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7777 AND pid = pg_backend_pid()",
    ),
    ("PREPARE stolen AS SELECT 1", "SELECT count(*) FROM pg_prepared_statements WHERE name = 'stolen'"),
    ("DECLARE held CURSOR WITH HOLD FOR SELECT 1", "SELECT count(*) FROM pg_cursors WHERE name = 'held'"),
    ("SET ROLE NONE", "SELECT count(*) WHERE current_user <> 'anon'"),
    ("DEALLOCATE ALL", "SELECT 0"),
    ("BEGIN", "SELECT count(*) WHERE pg_current_xact_id_if_assigned() IS NOT NULL"),
];

#[tokio::test]
async fn the_next_one_finds_nothing_of_what_was_left() {
    let probe = Probe::start().await;
    for (leave, find) in LEFTOVERS {
        for steps in [
            json!([{ "execute": leave }]),
            json!([{ "begin": 1 }, { "execute": leave }, { "commit": true }]),
            json!([{ "begin": 1 }, { "execute": leave }, { "execute": "COMMIT" }]),
            json!([{ "begin": 1 }, { "execute": leave }]),
        ] {
            probe.steps("/caller", "", steps.clone()).await;
            // Every connection there is, twice over.
            let all = futures_util::future::join_all((0..8).map(|_| probe.rows(find)));
            for found in in_time(find, all).await {
                assert_eq!(found, json!([[0]]), "after {steps}");
            }
        }
    }
}

#[tokio::test]
async fn statements_of_one_function_are_not_shown_to_another() {
    let probe = Probe::start().await;
    for _ in 0..4 {
        probe.rows("SELECT 'the text of caller'").await;
    }
    let spy = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%the text of%' AND statement NOT LIKE '%pg_prep%'";
    for _ in 0..8 {
        let found = probe.steps("/service", "", json!([{ "query": spy }])).await.remove(0);
        assert_eq!(found["ok"], json!([[0]]), "{found}");
    }
}

#[tokio::test]
async fn settings_stored_for_the_login_role_reach_nobody() {
    let postgres = Postgres::start();
    let probe = Probe::over(postgres.database().await).await;
    let name = probe.database.name();
    for alter in [
        "ALTER ROLE wasmforge_caller SET search_path = pg_temp".to_owned(),
        format!("ALTER ROLE wasmforge_caller IN DATABASE {name} SET work_mem = '77MB'"),
        "ALTER ROLE wasmforge_caller PASSWORD 'mine'".to_owned(),
    ] {
        let steps =
            json!([{ "begin": 1 }, { "execute": "RESET ROLE" }, { "execute": alter }, { "commit": true }]);
        let results = probe.steps("/caller", "", steps).await;
        assert_eq!(results[2], json!({ "ok": 0 }), "PostgreSQL lets a role alter itself");
        probe.database.cut_connections().await;
        let found = "SELECT count(*) FROM pg_settings WHERE setting IN ('pg_temp', '78848')";
        let found = async {
            loop {
                let result = probe.step(json!({ "query": found })).await;
                if result["error"]["kind"] != "ConnectionLost" {
                    return result;
                }
            }
        };
        let found = in_time("a new connection", found).await;
        assert_eq!(found["ok"], json!([[0]]), "{alter}: {found}");
    }
}

#[tokio::test]
async fn a_function_cannot_take_all_connections_for_itself() {
    let probe = Probe::start().await;
    let results =
        probe.steps("/caller", "", json!([{ "begin": 4 }, { "begin": 1 }, { "stream": "SELECT 1" }])).await;
    assert_eq!(results[0], json!({ "ok": null }));
    for result in &results[1..] {
        assert_eq!(refusal(result).0, "TooManyOpen", "{result}");
    }
    assert_eq!(probe.rows("SELECT 1").await, json!([[1]]), "dropped with their invocation");
}
