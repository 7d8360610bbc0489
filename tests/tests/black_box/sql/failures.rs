//! What goes wrong around a statement: time, the client, the database.

use super::{Probe, database_error, refusal};
use serde_json::json;
use std::time::Duration;
use wasmforge_tests::{Postgres, Serve, in_time};

#[tokio::test]
async fn transactions_are_whole_or_not_at_all() {
    let probe = Probe::start().await;
    let insert = |n: u32| json!({ "execute": format!("INSERT INTO open VALUES ({n})") });
    let count = async || probe.rows("SELECT count(*) FROM open").await[0][0].clone();
    probe.steps("/caller", "", json!([{ "begin": 1 }, insert(1), insert(2), { "commit": true }])).await;
    assert_eq!(count().await, 2);
    probe.steps("/caller", "", json!([{ "begin": 1 }, insert(3), { "rollback": true }])).await;
    probe.steps("/caller", "", json!([{ "begin": 1 }, insert(3), { "drop": true }])).await;
    probe.steps("/caller", "", json!([{ "begin": 1 }, insert(3)])).await;
    assert_eq!(count().await, 2);
    let failed = json!([{ "begin": 1 }, insert(3), insert(1), { "query": "SELECT 1" }, { "commit": true }]);
    let results = probe.steps("/caller", "", failed).await;
    assert_eq!(refusal(&results[2]), database_error("23505"));
    assert_eq!(refusal(&results[3]), database_error("25P02"));
    assert_eq!(refusal(&results[4]), database_error("25P02"), "a commit that is none says so");
    assert_eq!(count().await, 2);
    let recovered = json!([
        { "begin": 1 }, { "execute": "SAVEPOINT s" }, insert(1), { "execute": "ROLLBACK TO s" }, insert(3),
        { "stream": "SELECT n FROM open" }, { "commit": true }
    ]);
    let results = probe.steps("/caller", "", recovered).await;
    assert_eq!((&results[5]["ok"], &results[6]["ok"]), (&json!(3), &json!(null)), "{results:?}");
    assert_eq!(count().await, 3);
}

#[tokio::test]
async fn what_a_commit_checks_is_said_of_a_single_statement_too() {
    let probe = Probe::start().await;
    probe
        .database
        .execute("ALTER TABLE open ADD COLUMN parent int REFERENCES open DEFERRABLE INITIALLY DEFERRED")
        .await;
    for _ in 0..3 {
        let orphan = json!({ "execute": "INSERT INTO open VALUES (1, 'x', 99)" });
        assert_eq!(refusal(&probe.step(orphan).await), database_error("23503"));
        let orphan = json!({ "query": "INSERT INTO open VALUES (1, 'x', 99) RETURNING n" });
        assert_eq!(refusal(&probe.step(orphan).await), database_error("23503"));
    }
    assert_eq!(probe.rows("SELECT count(*) FROM open").await, json!([[0]]));
}

#[tokio::test]
async fn a_statement_ends_with_its_invocation() {
    let probe = Probe::start().await;
    assert_eq!(probe.node.update("caller", json!({ "limits": { "wallMs": 700 } })).await.code(), 200);
    for steps in [
        json!([{ "query": "SELECT pg_sleep(1000000)" }]),
        json!([{ "begin": 1 }, { "execute": "SET LOCAL statement_timeout = 0" }, { "query": "SELECT pg_sleep(1000000)" }]),
        json!([{ "begin": 1 }, { "pause": 60000 }]),
    ] {
        let answer = probe.call("/caller", "", &steps).await;
        match answer.code() {
            504 => {}
            200 => assert_eq!(refusal(answer.json().as_array().unwrap().last().unwrap()).0, "Timeout"),
            _ => panic!("{answer:?}"),
        }
        let stopped = async {
            while probe.at_work("%").await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
        };
        in_time("the statement being stopped", stopped).await;
    }
    assert_eq!(probe.rows("SELECT 1").await, json!([[1]]));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_statement_along() {
    let probe = Probe::start().await;
    for steps in [
        json!([{ "query": "SELECT pg_sleep(1000000)" }]),
        json!([{ "begin": 1 }, { "execute": "SELECT pg_sleep(1000000)" }]),
        json!([{ "stream": "SELECT pg_sleep(1000000)" }]),
    ] {
        let body = steps.to_string();
        let mut raw = probe.node.functions.raw().await;
        let head =
            format!("POST /caller HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        assert!(raw.write(head).await);
        let begun = async {
            while probe.at_work("%pg_sleep%").await == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
        };
        in_time("the statement being at work", begun).await;
        drop(raw);
        let stopped = async {
            while probe.at_work("%").await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
        };
        in_time("the statement being cancelled", stopped).await;
    }
    assert_eq!(probe.rows("SELECT 1").await, json!([[1]]));
}

#[tokio::test]
async fn a_database_that_restarts_in_a_transaction_loses_that_and_no_more() {
    let mut postgres = Postgres::start();
    let probe = Probe::over(postgres.database().await).await;
    let steps = json!([
        { "begin": 1 }, { "execute": "INSERT INTO open VALUES (1)" }, { "pause": 2500 },
        { "execute": "INSERT INTO open VALUES (2)" }, { "commit": true }, { "query": "SELECT count(*) FROM open" }
    ]);
    let call = probe.steps("/caller", "", steps);
    let restart = async {
        while probe.at_work("%INSERT%").await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        postgres.stop();
        postgres.resume();
    };
    let (results, ()) = futures_util::future::join(call, restart).await;
    assert_eq!(refusal(&results[3]).0, "ConnectionLost", "{results:?}");
    assert_eq!(refusal(&results[4]).0, "ConnectionLost", "{results:?}");
    let after = async {
        loop {
            let result = probe.step(json!({ "query": "SELECT count(*) FROM open" })).await;
            if result["ok"].is_array() {
                return result;
            }
            assert!(["Unavailable", "ConnectionLost"].contains(&refusal(&result).0.as_str()), "{result}");
        }
    };
    assert_eq!(in_time("the database being back", after).await["ok"], json!([[0]]));
}

#[tokio::test]
async fn a_dead_database_is_an_error_and_no_hang() {
    let mut postgres = Postgres::start();
    let probe = Probe::over(postgres.database().await).await;
    probe.rows("SELECT 1").await;
    postgres.stop();
    for _ in 0..3 {
        let result = in_time("an answer", probe.step(json!({ "query": "SELECT 1" }))).await;
        assert!(["Unavailable", "ConnectionLost"].contains(&refusal(&result).0.as_str()), "{result}");
    }
    postgres.resume();
    let back = async { while probe.step(json!({ "query": "SELECT 1" })).await["ok"].is_null() {} };
    in_time("the database being back", back).await;
}

#[tokio::test]
async fn a_database_that_may_not_be_changed_says_so_until_a_role_is_given() {
    let postgres = Postgres::start();
    let database = postgres.database().await;
    // Tables as the first node makes them; the roles are taken away again.
    let first = Probe::over(database).await;
    let Probe { node, database } = first;
    drop(node);
    let serve = Serve::over(&database).var("WASMFORGE_MIGRATE", "never").start().await;
    serve.answers_soon("caller", 400).await;
    let steps = json!([{ "query": "SELECT 1" }]);
    let probe = Probe { node: serve, database };
    let result = probe.steps("/caller", "", steps).await.remove(0);
    assert_eq!(refusal(&result).0, "Unavailable", "{result}");
    assert!(result["error"]["text"].as_str().unwrap().contains("WASMFORGE_MIGRATE"), "{result}");
}
