//! Several nodes over one database, and nodes that were not there.

use super::{Schedules, content, every_second, never_now, received};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use wasmforge_tests::{Database, Node, Peer, Serve, in_time};

/// How often each path was asked for.
fn counted(peer: &Peer) -> HashMap<String, i64> {
    let mut counts = HashMap::new();
    for request in peer.received() {
        *counts.entry(request.path).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn two_nodes_that_race_fire_every_due_time_once() {
    const SCHEDULES: usize = 200;
    let (database, peer) = (Database::create().await, content().await);
    let nodes = (Serve::over(&database).start().await, Serve::over(&database).start().await);
    // All are due in the same second, and not again for a while.
    database
        .execute(&format!(
            "INSERT INTO schedules.jobs (name, cron_schedule, function_url)
             SELECT 'race ' || n, '20 seconds', '{}' || n FROM generate_series(1, {SCHEDULES}) n",
            peer.url("/")
        ))
        .await;
    received(&peer, SCHEDULES).await;
    // In the order in which nodes lock them.
    database
        .execute(
            "UPDATE schedules.jobs SET is_active = false
             WHERE id IN (SELECT id FROM schedules.jobs ORDER BY id FOR UPDATE)",
        )
        .await;
    in_time("all being recorded", async {
        while database.number("(SELECT count(*) FROM schedules.job_logs WHERE success)").await
            < peer.received().len() as i64
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let counts = counted(&peer);
    assert_eq!(counts.len(), SCHEDULES);
    for (path, count) in counts {
        let due = format!(
            "(SELECT count(*) FROM functions.schedule_runs r JOIN schedules.jobs j ON j.id = r.job_id
              WHERE j.function_url = '{}')",
            peer.url(&path)
        );
        assert_eq!(database.number(&due).await, count, "{path}: as many requests as due times");
    }
    let others = "(SELECT count(*) FROM functions.schedule_runs WHERE state <> 'succeeded')";
    assert_eq!(database.number(others).await, 0);
    let both = "(SELECT count(DISTINCT node) FROM functions.schedule_runs)";
    assert_eq!(database.number(both).await, 2, "the nodes share the work");
    drop(nodes);
}

#[tokio::test]
async fn nodes_share_what_is_due_every_second_and_none_of_it_twice() {
    let (database, peer) = (Database::create().await, content().await);
    let (one, other) = (Serve::over(&database).start().await, Serve::over(&database).start().await);
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(one.scheduled(every_second(&peer.url(&format!("/{n}")), json!({}))).await);
    }
    received(&peer, 20).await;
    // A change through one node holds on the other at once: its row is looked at when a due time is claimed.
    for id in &ids {
        other.change(id, json!({ "isActive": false })).await;
    }
    // What was claimed just before may be on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let recorded = "(SELECT count(*) FROM functions.schedule_runs WHERE state = 'succeeded')";
    in_time("all being recorded", async {
        while database.number(recorded).await != peer.received().len() as i64 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let (sent, due) = (peer.received().len() as i64, "(SELECT count(*) FROM functions.schedule_runs)");
    assert_eq!(database.number(due).await, sent, "as many requests as due times");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(peer.received().len() as i64, sent, "none after the pause");
    for id in &ids {
        let history = one.history(id).await;
        let mut times: Vec<_> = history.iter().map(|entry| entry["dueAt"].to_string()).collect();
        times.sort_unstable();
        times.dedup();
        assert_eq!(times.len(), history.len());
    }
}

#[tokio::test]
async fn a_schedule_deleted_through_one_node_is_fired_by_none() {
    let (database, peer) = (Database::create().await, content().await);
    let (one, other) = (Serve::over(&database).start().await, Serve::over(&database).start().await);
    let id = one.scheduled(every_second(&peer.url("/"), json!({}))).await;
    received(&peer, 2).await;
    assert_eq!(other.on_schedule("DELETE", &id, None).await.code(), 200);
    assert_eq!(one.on_schedule("GET", &id, None).await.code(), 404);
    let sent = peer.received().len();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    // One may have been on its way.
    assert!(peer.received().len() <= sent + 1);
    assert_eq!(database.number("(SELECT count(*) FROM functions.schedule_runs)").await, 0);
}

/// Stops a node and lets its database forget the last hour: what was due in it was missed.
async fn after_an_hour_without(database: &Database, node: Node) -> Node {
    stop(node).await;
    database
        .execute(
            "DELETE FROM functions.schedule_runs; DELETE FROM schedules.job_logs;
             UPDATE functions.schedule_settings SET since = clock_timestamp() - interval '1 hour'",
        )
        .await;
    Serve::over(database).start().await
}

async fn stop(mut node: Node) {
    node.process.terminate();
    assert!(node.process.exit().await.success());
}

#[tokio::test]
async fn due_times_that_were_missed_are_recorded_and_skipped() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    let skipping =
        node.scheduled(every_second(&peer.url("/"), json!({ "cronSchedule": "*/5 * * * *" }))).await;
    let node = after_an_hour_without(&database, node).await;
    let other = Serve::over(&database).start().await;
    let history = node.history_when(&skipping, "the record", |history| !history.is_empty()).await;
    let entry = &history[0];
    assert_eq!((&entry["success"], &entry["statusCode"]), (&json!(false), &json!(0)));
    assert!(entry["message"].as_str().unwrap().starts_with("Missed: "), "{entry}");
    assert_eq!(node.shown(&skipping).await["lastExecutedAt"], Value::Null);
    // The other node settles nothing once more.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let missed = "(SELECT count(*) FROM schedules.job_logs WHERE status_code = 0)";
    assert_eq!(database.number(missed).await, 1);
    drop(other);
}

#[tokio::test]
async fn due_times_that_were_missed_are_run_once_where_that_is_asked_for() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    let fields = json!({ "cronSchedule": "*/5 * * * *", "missed": "run-once" });
    let id = node.scheduled(every_second(&peer.url("/"), fields)).await;
    stop(node).await;
    database
        .execute("UPDATE functions.schedule_settings SET since = clock_timestamp() - interval '1 hour'")
        .await;
    let nodes = futures_util::future::join_all((0..3).map(|_| Serve::over(&database).start())).await;
    let history = nodes[0].history_when(&id, "the run", |history| !history.is_empty()).await;
    assert_eq!((&history[0]["success"], &history[0]["attempt"]), (&json!(true), &json!(1)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let missed = "(SELECT count(*) FROM functions.schedule_runs
        WHERE due_at < clock_timestamp() - interval '30 seconds' AND started_at - due_at > interval '30 seconds')";
    assert_eq!(database.number(missed).await, 1);
}

#[tokio::test]
async fn a_run_whose_node_died_is_recorded_as_lost_and_tried_again_only_if_that_was_asked_for() {
    let database = Database::create().await;
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let node = Serve::over(&database).start().await;
    let once = node.scheduled(never_now(&url, json!({}))).await;
    let again = node.scheduled(never_now(&url, json!({ "retries": 1 }))).await;
    node.run_now(&once).await;
    node.run_now(&again).await;
    for _ in 0..2 {
        in_time("a request", silent.accept()).await.unwrap();
    }
    // As a crash would end it.
    drop(node);
    drop(silent);

    let other = Serve::over(&database).start().await;
    database
        .execute("UPDATE functions.schedule_runs SET lease_until = clock_timestamp() - interval '1 second'")
        .await;
    let history = other.history_when(&again, "the second try", |history| history.len() == 2).await;
    assert!(history[0]["message"].as_str().unwrap().starts_with("Lost: "), "{history:?}");
    assert_eq!((&history[0]["attempt"], &history[1]["attempt"]), (&json!(1), &json!(2)));
    let history = other.history(&once).await;
    assert_eq!(history.len(), 1, "{history:?}");
    assert!(history[0]["message"].as_str().unwrap().starts_with("Lost: "), "{history:?}");
}

#[tokio::test]
async fn a_node_that_is_stopped_lets_its_runs_finish_and_records_them() {
    let database = Database::create().await;
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut node = Serve::over(&database).var("WASMFORGE_DRAIN_MS", 500).start().await;
    let id = node.scheduled(never_now(&url, json!({}))).await;
    node.run_now(&id).await;
    let held = in_time("the request", silent.accept()).await.unwrap();
    node.process.terminate();
    assert!(node.process.exit().await.success());
    drop(held);
    let found = database
        .text(&format!("(SELECT string_agg(status_code || ' ' || message, ';') FROM schedules.job_logs WHERE job_id = '{id}')"))
        .await;
    assert_eq!(found.as_deref(), Some("500 The node was stopped before there was an answer"));
}

#[tokio::test]
async fn while_the_database_is_away_nothing_fires_and_then_it_goes_on() {
    let mut server = wasmforge_tests::Postgres::start();
    let (database, peer) = (server.database().await, content().await);
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(every_second(&peer.url("/"), json!({}))).await;
    received(&peer, 2).await;
    server.stop();
    node.health_when("the loss being noticed", |_, report| report["status"] == "degraded").await;
    let error = node.schedule(never_now(&peer.url("/"), json!({}))).await.api_error();
    assert_eq!((error.0, error.1.as_str()), (503, "DATABASE_UNAVAILABLE"));
    let sent = peer.received().len();
    server.resume();
    received(&peer, sent + 3).await;
    let history = node.history_when(&id, "its records", |history| history.len() >= sent).await;
    let mut times: Vec<_> = history.iter().map(|entry| entry["dueAt"].to_string()).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), history.len(), "no due time fires twice");
}
