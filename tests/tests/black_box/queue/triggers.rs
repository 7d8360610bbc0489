//! Rows that call functions when they change.

use super::becomes;
use super::hook::{handed, handed_all, hooked, peer, trigger};
use serde_json::{Value, json};
use wasmforge_tests::{Database, in_seconds, token};

/// Runs statements as PostgREST would for a user who signed in.
async fn as_user(database: &Database, user: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut transaction = database.pool().begin().await?;
    let claims = json!({ "sub": user, "role": "authenticated" }).to_string();
    sqlx::query(
        "SELECT set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
    )
    .bind(claims)
    .execute(&mut *transaction)
    .await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *transaction).await?;
    transaction.commit().await
}

#[tokio::test]
async fn every_change_of_a_row_calls_the_function_with_it() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    database.execute("INSERT INTO notes VALUES (1, 1, 'tea')").await;
    database.execute("UPDATE notes SET text = 'milk'").await;
    database.execute("DELETE FROM notes").await;
    let calls = handed_all(&peer, 3).await;
    let (tea, milk) = (json!({ "id": 1, "n": 1, "text": "tea" }), json!({ "id": 1, "n": 1, "text": "milk" }));
    let expected = [("INSERT", &milk, &tea), ("UPDATE", &tea, &milk), ("DELETE", &milk, &tea)];
    for (call, (kind, old, new)) in calls.iter().zip(expected) {
        let event = &call.event;
        let (record, before) = match kind {
            "INSERT" => (new.clone(), Value::Null),
            "UPDATE" => (new.clone(), old.clone()),
            _ => (Value::Null, old.clone()),
        };
        assert_eq!((&event["type"], &event["record"], &event["oldRecord"]), (&json!(kind), &record, &before));
        assert_eq!((&event["schema"], &event["table"]), (&json!("public"), &json!("notes")));
        assert!(event["occurredAt"].as_str().unwrap().ends_with('Z'), "{event}");
        assert_eq!(event["key"], call.headers["idempotency-key"]);
        assert_eq!(
            (&call.headers["x-wasmforge-attempt"], &call.headers["content-type"]),
            (&json!("1"), &json!("application/json"))
        );
    }
    // The token is good for the platform's own API.
    let bearer = calls[0].headers["authorization"].as_str().unwrap();
    let answer = node.ask("GET", "/api/triggers", &[("authorization", bearer)], "").await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    becomes(
        &database,
        "(SELECT count(*) = 3 FROM functions.jobs WHERE status = 'succeeded' AND attempts = 1)",
    )
    .await;
    let invocations = "(SELECT count(*) FROM functions.invocations WHERE source = 'trigger') = 3";
    becomes(&database, invocations).await;
}

#[tokio::test]
async fn a_function_that_is_for_services_only_lets_the_trigger_in() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    assert_eq!(node.update("hook", json!({ "auth": "service" })).await.code(), 200);
    database.execute("INSERT INTO notes VALUES (1)").await;
    handed_all(&peer, 1).await;
    let user = token(&json!({ "sub": "a", "role": "authenticated", "exp": in_seconds(60) }));
    let refused =
        node.ask("POST", "/functions/hook", &[("authorization", &format!("Bearer {user}"))], "").await;
    assert_eq!(refused.code(), 403);
}

#[tokio::test]
async fn whoever_may_write_the_table_needs_no_other_right() {
    let peer = peer(|_| 200).await;
    let (database, _node) = hooked(&peer).await;
    database
        .execute(
            "ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON notes TO authenticated USING (text = auth.uid()::text)
                WITH CHECK (text = auth.uid()::text);
             GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated",
        )
        .await;
    let (ann, bob) = ("7f1d1e9e-0000-4000-8000-000000000001", "7f1d1e9e-0000-4000-8000-000000000002");
    as_user(&database, ann, &format!("INSERT INTO notes VALUES (1, 1, '{ann}')")).await.unwrap();
    let error =
        as_user(&database, bob, &format!("INSERT INTO notes VALUES (2, 1, '{ann}')")).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    as_user(&database, bob, "UPDATE notes SET n = 2").await.unwrap();
    as_user(&database, ann, "UPDATE notes SET n = 3").await.unwrap();
    let calls = handed_all(&peer, 2).await;
    assert_eq!(calls.iter().map(|call| call.n()).collect::<Vec<_>>(), [1, 3]);
    for sql in [
        "SELECT * FROM functions.jobs",
        "INSERT INTO functions.jobs DEFAULT VALUES",
        "SELECT functions.wasmforge_reap_jobs('0')",
    ] {
        let error = as_user(&database, ann, sql).await.unwrap_err().to_string();
        assert!(error.contains("permission denied"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_change_that_is_rolled_back_calls_nothing() {
    let peer = peer(|_| 200).await;
    let (database, _node) = hooked(&peer).await;
    database.execute("BEGIN; INSERT INTO notes VALUES (1, 1); ROLLBACK").await;
    database.execute("BEGIN; INSERT INTO notes VALUES (2, 2); SAVEPOINT s; UPDATE notes SET n = 3; ROLLBACK TO s; COMMIT").await;
    database.execute("TRUNCATE notes").await;
    database.execute("INSERT INTO notes VALUES (4, 4)").await;
    let calls = handed_all(&peer, 2).await;
    let mut seen: Vec<_> = calls.iter().map(|call| call.n()).collect();
    seen.sort_unstable();
    assert_eq!(seen, [2, 4], "a TRUNCATE tells nothing either");
}

#[tokio::test]
async fn an_update_counts_only_where_a_column_that_was_named_has_changed() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    let made = trigger(&node, json!({ "name": "text", "events": ["UPDATE"], "columns": ["text"] })).await;
    assert_eq!(made.code(), 201, "{made:?}");
    let all = node.admin("GET", "/api/triggers", None).await.json();
    let first = all["triggers"][1]["id"].as_str().unwrap();
    assert_eq!(node.admin("DELETE", &format!("/api/triggers/{first}"), None).await.code(), 204);
    database.execute("INSERT INTO notes VALUES (1, 1, 'a'); UPDATE notes SET n = 2; UPDATE notes SET text = 'a', n = 3").await;
    database.execute("UPDATE notes SET text = NULL, n = 4; UPDATE notes SET n = 5; DELETE FROM notes").await;
    assert_eq!(handed_all(&peer, 1).await[0].n(), 4);
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs)").await, 1);
}

#[tokio::test]
async fn a_trigger_that_is_switched_off_or_taken_away_tells_nothing() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    let all = node.admin("GET", "/api/triggers", None).await.json();
    let path = format!("/api/triggers/{}", all["triggers"][0]["id"].as_str().unwrap());
    let off = node.admin("PATCH", &path, Some(json!({ "isActive": false }))).await;
    assert_eq!((off.code(), &off.json()["isActive"]), (200, &json!(false)));
    database.execute("INSERT INTO notes VALUES (1, 1)").await;
    let on = node.admin("PATCH", &path, Some(json!({ "isActive": true, "events": ["DELETE"] }))).await;
    assert_eq!(on.json()["events"], json!(["DELETE"]));
    database.execute("INSERT INTO notes VALUES (2, 2); DELETE FROM notes WHERE id = 1").await;
    assert_eq!(node.admin("DELETE", &path, None).await.code(), 204);
    assert_eq!(node.admin("GET", &path, None).await.code(), 404);
    database.execute("DELETE FROM notes").await;
    handed_all(&peer, 1).await;
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs)").await, 1);
    assert_eq!(handed(&peer)[0].event["oldRecord"]["n"], 1);
    assert_eq!(
        database.number("(SELECT count(*) FROM pg_trigger WHERE tgrelid = 'notes'::regclass)").await,
        0
    );
}

#[tokio::test]
async fn partitions_tell_of_themselves_as_their_table() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    database
        .execute(
            "CREATE TABLE parts (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
             CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
        )
        .await;
    assert_eq!(trigger(&node, json!({ "name": "parts", "table": "parts" })).await.code(), 201);
    database.execute("CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)").await;
    database.execute("INSERT INTO parts VALUES (1, 1), (11, 2)").await;
    let calls = handed_all(&peer, 2).await;
    assert!(calls.iter().all(|call| call.event["table"] == "parts"), "{calls:?}");
}

#[tokio::test]
async fn a_table_without_a_key_and_values_of_every_kind_are_told() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    database
        .execute(
            r#"CREATE SCHEMA "My Schema"; CREATE TABLE "My Schema"."odd ""table""" (
                "a b" numeric, at timestamptz, bytes bytea, list int[], doc jsonb, raw json, nothing text)"#,
        )
        .await;
    let made =
        trigger(&node, json!({ "name": "odd", "schema": "My Schema", "table": "odd \"table\"" })).await;
    assert_eq!(made.code(), 201, "{made:?}");
    database
        .execute(
            r#"SET timezone = 'Asia/Tokyo'; SET bytea_output = 'escape';
             INSERT INTO "My Schema"."odd ""table""" VALUES ('NaN', '2026-01-02 03:04:05+09', '\x00ff', '{1,2}',
                '{"k": "\\"}', '{"k":  "\u0000"}', NULL); RESET ALL"#,
        )
        .await;
    let event = handed_all(&peer, 1).await[0].event.clone();
    let expected = json!({ "a b": "NaN", "at": "2026-01-01T18:04:05+00:00", "bytes": "\\x00ff", "list": [1, 2],
        "doc": { "k": "\\" }, "raw": { "k": "\0" }, "nothing": null });
    assert_eq!((&event["record"], &event["table"]), (&expected, &json!("odd \"table\"")));
}

#[tokio::test]
async fn a_row_that_is_too_large_is_told_by_its_key() {
    let peer = peer(|_| 200).await;
    let (database, _node) = hooked(&peer).await;
    database.execute("INSERT INTO notes VALUES (7, 1, repeat('x', 7000000))").await;
    database.execute("UPDATE notes SET text = 'short'").await;
    let calls = handed_all(&peer, 2).await;
    assert_eq!((&calls[0].event["record"], &calls[0].event["partial"]), (&json!({ "id": 7 }), &json!(true)));
    assert_eq!(
        (&calls[1].event["oldRecord"], &calls[1].event["partial"]),
        (&json!({ "id": 7 }), &json!(true))
    );
}

#[tokio::test]
async fn a_renamed_table_is_told_by_its_new_name_and_one_that_is_gone_says_so() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    let made = trigger(&node, json!({ "name": "text", "events": ["UPDATE"], "columns": ["text"] })).await;
    let path = format!("/api/triggers/{}", made.json()["id"].as_str().unwrap());
    let error = async || node.admin("GET", &path, None).await.json()["lastError"].clone();
    assert_eq!(error().await, Value::Null);

    database.execute("ALTER TABLE notes RENAME TO memos; INSERT INTO memos VALUES (1, 1)").await;
    assert_eq!(handed_all(&peer, 1).await[0].event["table"], "memos");
    assert_eq!(node.admin("GET", &path, None).await.json()["table"], "memos");

    database.execute("ALTER TABLE memos DROP COLUMN text; UPDATE memos SET n = 2").await;
    assert_eq!(error().await, "the table has no column text");
    database.execute("ALTER TABLE memos DISABLE TRIGGER USER; UPDATE memos SET n = 3").await;
    assert_eq!(error().await, "the trigger is disabled on the table");
    let name = database
        .text("(SELECT max(tgname) FROM pg_trigger WHERE tgrelid = 'memos'::regclass)")
        .await
        .unwrap();
    database.execute(&format!("ALTER TABLE memos ENABLE TRIGGER USER; DROP TRIGGER {name} ON memos")).await;
    let list = node.admin("GET", "/api/triggers", None).await.json();
    assert!(list.to_string().contains("the trigger was taken off the table"), "{list}");
    let put_back = node.admin("PATCH", &path, Some(json!({ "columns": ["n"] }))).await;
    assert_eq!((put_back.code(), &put_back.json()["lastError"]), (200, &Value::Null), "{put_back:?}");

    node.update("hook", json!({ "status": "draft" })).await;
    assert_eq!(error().await, "there is no active function hook");
    database.execute("DROP TABLE memos").await;
    assert_eq!(error().await, "the table public.notes is gone");
    assert_eq!(node.admin("PATCH", &path, Some(json!({ "isActive": false }))).await.code(), 200);
    assert_eq!(node.admin("DELETE", &path, None).await.code(), 204);
}

#[tokio::test]
async fn writers_go_on_when_the_outbox_is_gone() {
    let peer = peer(|_| 200).await;
    let (database, _node) = hooked(&peer).await;
    database.execute("ALTER TABLE functions.jobs RENAME TO lost; INSERT INTO notes VALUES (1, 1)").await;
    database.execute("ALTER TABLE functions.lost RENAME TO jobs; INSERT INTO notes VALUES (2, 2)").await;
    assert_eq!(handed_all(&peer, 1).await[0].n(), 2);
    assert_eq!(database.number("(SELECT count(*) FROM notes)").await, 2);
    database.execute("DROP SCHEMA functions CASCADE; INSERT INTO notes VALUES (3, 3)").await;
}

/// Whoever makes a type may make a cast of it to JSON, which the trigger's function calls.
#[tokio::test]
async fn a_cast_of_somebodys_own_runs_with_no_rights_and_its_failure_is_a_dead_job() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    database
        .execute(
            "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE seen (who text); GRANT INSERT ON seen TO PUBLIC;
             CREATE FUNCTION tell(m mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.seen VALUES (current_user);
                IF m = 'bad' THEN PERFORM 1 FROM system.secrets; END IF;
                RETURN to_json(m::text);
             END $$;
             CREATE CAST (mood AS json) WITH FUNCTION tell(mood);
             CREATE TABLE moods (id int PRIMARY KEY, n int, mood mood)",
        )
        .await;
    assert_eq!(trigger(&node, json!({ "name": "moods", "table": "moods" })).await.code(), 201);
    database.execute("INSERT INTO moods VALUES (1, 1, 'good'); INSERT INTO moods VALUES (2, 2, 'bad')").await;
    assert_eq!(handed_all(&peer, 1).await[0].event["record"]["mood"], "good");
    let who = "(SELECT string_agg(DISTINCT who, ' ') FROM seen)";
    assert_eq!(database.text(who).await.as_deref(), Some("wasmforge_outbox"));
    let dead = node.admin("GET", "/api/jobs?status=dead", None).await.json();
    let error = dead["jobs"][0]["lastError"].as_str().unwrap();
    assert!(error.starts_with("the row cannot be told as JSON: permission denied"), "{error}");
}
