//! The order of a row's changes, failures, dead letters, and functions that are slow.

use super::hook::{Handed, handed, handed_all, hooked, peer, trigger};
use super::{becomes, later, result, serve, url};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use wasmforge_tests::{Database, Node, Peer, answering, eventually};

async fn jobs(node: &Node, query: &str) -> Vec<Value> {
    let answer = node.admin("GET", &format!("/api/jobs?{query}"), None).await;
    assert_eq!(answer.code(), 200, "{answer:?}");
    answer.json()["jobs"].as_array().unwrap().clone()
}

/// A peer that refuses every third event the first time, and the statuses that it answered.
async fn moody() -> (Peer, Arc<Mutex<Vec<(i64, i64, u16)>>>) {
    let answered = Arc::new(Mutex::new(Vec::new()));
    let log = answered.clone();
    let seen = Mutex::new(HashSet::new());
    let peer = peer(move |handed: &Handed| {
        let is_new = seen.lock().unwrap().insert(handed.event["key"].to_string());
        let status = if is_new && handed.n() % 3 == 0 { 503 } else { 200 };
        log.lock().unwrap().push((handed.event["record"]["id"].as_i64().unwrap(), handed.n(), status));
        status
    });
    (peer.await, answered)
}

#[tokio::test]
async fn changes_of_a_row_come_in_their_order_whatever_fails_and_however_many_write() {
    let (peer, answered) = moody().await;
    let (database, _node) = hooked(&peer).await;
    let _other = serve(&database).start().await;
    database.execute("INSERT INTO notes SELECT id, 0 FROM generate_series(1, 4) id").await;
    let writers: Vec<_> = (0..20)
        .map(|writer| {
            let pool = database.pool().clone();
            tokio::spawn(async move {
                for id in 1..=4 {
                    let update = "UPDATE notes SET n = n + 1, text = $2 WHERE id = $1";
                    sqlx::query(update).bind(id).bind(format!("{writer}")).execute(&pool).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    becomes(&database, "(SELECT count(*) = 84 FROM functions.jobs WHERE status = 'succeeded')").await;
    let mut done: HashMap<i64, Vec<i64>> = HashMap::new();
    for (id, n, status) in answered.lock().unwrap().iter() {
        let row = done.entry(*id).or_default();
        assert_eq!(*n, row.len() as i64, "row {id}: every change comes after the one before has succeeded");
        if *status == 200 {
            row.push(*n);
        }
    }
    assert!(done.len() == 4 && done.values().all(|row| row.len() == 21), "{done:?}");
}

#[tokio::test]
async fn events_of_a_killed_node_come_again_with_their_keys_and_in_their_order() {
    let peer = peer(|_| 200).await;
    let (database, mut doomed) = hooked(&peer).await;
    let slow = format!(
        "export default async (request) => {{
            const handed = {{ headers: {{}}, event: await request.json() }};
            await new Promise((done) => setTimeout(done, 400));
            await fetch('{}', {{ method: 'POST', body: JSON.stringify(handed) }});
            return new Response();
        }};",
        peer.url("/hook")
    );
    assert_eq!(doomed.update("hook", json!({ "code": slow })).await.code(), 200);
    database.execute("INSERT INTO notes VALUES (1, 1)").await;
    for n in 2..=6 {
        database.execute(&format!("UPDATE notes SET n = {n}")).await;
    }
    handed_all(&peer, 2).await;
    let other = serve(&database).start().await;
    doomed.process.signal(rustix::process::Signal::KILL);
    doomed.process.exit().await;
    becomes(&database, "(SELECT count(*) = 6 FROM functions.jobs WHERE status = 'succeeded')").await;
    let mut order: Vec<i64> = handed(&peer).iter().map(|call| call.n()).collect();
    order.dedup();
    assert_eq!(order, [1, 2, 3, 4, 5, 6]);
    let keys: HashSet<_> = handed(&peer).iter().map(|call| call.event["key"].to_string()).collect();
    assert_eq!(keys.len(), 6, "an event that comes twice has one key");
    drop(other);
}

#[tokio::test]
async fn what_fails_for_good_steps_aside_is_seen_and_can_be_run_again() {
    let is_broken = Arc::new(Mutex::new(true));
    let broken = is_broken.clone();
    let peer = peer(move |handed| if *broken.lock().unwrap() && handed.n() == 1 { 500 } else { 200 }).await;
    let (database, node) = hooked(&peer).await;
    let all = node.admin("GET", "/api/triggers", None).await.json();
    let trigger = all["triggers"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/triggers/{trigger}");
    assert_eq!(node.admin("PATCH", &path, Some(json!({ "maxAttempts": 2 }))).await.code(), 200);

    database.execute("INSERT INTO notes VALUES (1, 1)").await;
    database.execute("UPDATE notes SET n = 2").await;
    becomes(&database, "(SELECT count(*) = 2 FROM functions.jobs WHERE finished_at IS NOT NULL)").await;
    assert_eq!(handed(&peer).iter().map(|call| call.n()).collect::<Vec<_>>(), [1, 1, 2]);
    let dead = jobs(&node, &format!("status=dead&source=trigger&slug=hook&trigger={trigger}")).await;
    assert_eq!(dead.len(), 1);
    let job = &dead[0];
    assert_eq!(
        (&job["attempts"], &job["lastStatus"], &job["triggerId"]),
        (&json!(2), &json!(500), &json!(trigger))
    );
    assert_eq!(job["lastError"], "the function answered 500");
    assert_eq!(node.admin("GET", &path, None).await.json()["lastError"], "the function answered 500");
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    let detail = node.admin("GET", &path, None).await.json();
    let event: Value = serde_json::from_str(detail["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&event["record"]["n"], &detail["answer"]["status"]), (&json!(1), &json!(500)));

    *is_broken.lock().unwrap() = false;
    let replayed = node.admin("POST", &format!("{path}/replay"), None).await;
    assert_eq!((replayed.code(), &replayed.json()["status"]), (200, &json!("pending")));
    becomes(&database, "(SELECT count(*) = 2 FROM functions.jobs WHERE status = 'succeeded')").await;
    let calls = handed(&peer);
    assert_eq!((calls[3].n(), &calls[3].event["key"]), (1, &calls[0].event["key"]));
    assert_eq!(calls[3].headers["x-wasmforge-attempt"], "1");
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_a_pause_that_is_asked_for_is_made() {
    let peer = peer(|handed| if handed.n() == 1 { 422 } else { 200 }).await;
    let (database, node) = hooked(&peer).await;
    database.execute("INSERT INTO notes VALUES (1, 1)").await;
    becomes(&database, "(SELECT status = 'dead' AND attempts = 1 FROM functions.jobs)").await;
    let busy =
        "export default () => new Response(null, { status: 429, headers: { 'retry-after': '3000' } });";
    assert_eq!(node.update("hook", json!({ "code": busy })).await.code(), 200);
    database.execute("UPDATE notes SET n = 2").await;
    becomes(
        &database,
        "(SELECT next_attempt_at > now() + interval '2990 s' FROM functions.jobs WHERE status = 'retrying')",
    )
    .await;
    let job = &jobs(&node, "status=retrying").await[0];
    assert_eq!((&job["lastStatus"], &job["attempts"]), (&json!(429), &json!(1)));
}

#[tokio::test]
async fn events_wait_for_a_function_that_is_gone_for_a_while() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    node.update("hook", json!({ "status": "draft" })).await;
    database.execute("INSERT INTO notes VALUES (1, 1)").await;
    becomes(&database, "(SELECT attempts >= 2 FROM functions.jobs)").await;
    assert_eq!(node.update("hook", json!({ "status": "active" })).await.code(), 200);
    assert_eq!(handed_all(&peer, 1).await[0].n(), 1);
}

#[tokio::test]
async fn a_function_that_is_slow_or_down_delays_neither_writers_nor_other_functions() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    node.store_source("slow", "export default () => new Promise(() => {});").await;
    node.deploy("down", answering(503)).await;
    for slug in ["slow", "down"] {
        let fields = json!({ "name": slug, "functionSlug": slug, "events": ["INSERT"], "maxAttempts": 50 });
        assert_eq!(trigger(&node, fields).await.code(), 201);
    }
    database.execute("INSERT INTO notes SELECT id, id FROM generate_series(1, 300) id").await;
    handed_all(&peer, 300).await;
    let accepted = later(node.functions, "/down", &[("x-wasmforge-max-attempts", "1")], "").await;
    assert_eq!(result(node.functions, &url(&accepted)).await.code(), 503);
    // Half of the workers, and no more.
    becomes(
        &database,
        "(SELECT count(*) = 8 FROM functions.jobs WHERE slug = 'slow' AND status = 'running')",
    )
    .await;
}

/// Many changes of one row while its function is down keep no other row's waiting.
#[tokio::test]
async fn a_row_with_a_long_queue_does_not_keep_other_rows_waiting() {
    let peer = peer(|handed| if handed.event["record"]["id"] == 1 { 503 } else { 200 }).await;
    let (database, node) = hooked(&peer).await;
    let all = node.admin("GET", "/api/triggers", None).await.json();
    let path = format!("/api/triggers/{}", all["triggers"][0]["id"].as_str().unwrap());
    assert_eq!(node.admin("PATCH", &path, Some(json!({ "maxAttempts": 50 }))).await.code(), 200);
    database.execute("INSERT INTO notes VALUES (1, 0)").await;
    for _ in 0..3 {
        let many =
            "DO $$ BEGIN FOR i IN 1..200 LOOP UPDATE notes SET n = n + 1 WHERE id = 1; END LOOP; END $$";
        database.execute(many).await;
    }
    for id in 2..=30 {
        database.execute(&format!("INSERT INTO notes VALUES ({id}, 0)")).await;
    }
    let others = || {
        Some(())
            .filter(|()| handed(&peer).iter().filter(|call| call.event["record"]["id"] != 1).count() >= 29)
    };
    eventually("the other rows", others).await;
    let ahead = handed(&peer).iter().filter(|call| call.event["record"]["id"] == 1 && call.n() > 0).count();
    assert_eq!(ahead, 0, "the first change of the row is still tried");
}

#[tokio::test]
async fn two_nodes_tell_of_every_change_once_as_long_as_both_live() {
    let peer = peer(|_| 200).await;
    let (database, _node) = hooked(&peer).await;
    let _other = serve(&database).start().await;
    let writers: Vec<_> = (0..10)
        .map(|writer| {
            let pool = database.pool().clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    let insert = "INSERT INTO notes VALUES ($1, $2)";
                    sqlx::query(insert).bind(writer * 100 + n).bind(n).execute(&pool).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    becomes(&database, "(SELECT count(*) = 200 FROM functions.jobs WHERE status = 'succeeded')").await;
    assert_eq!(handed(&peer).len(), 200);
}

#[tokio::test]
async fn changes_that_nobody_announces_are_found_by_the_next_look() {
    let peer = peer(|_| 200).await;
    let (database, node) = hooked(&peer).await;
    let database: &Database = &database;
    assert!(database.cut_connections().await > 0);
    database.execute("INSERT INTO notes VALUES (1, 1)").await;
    handed_all(&peer, 1).await;
    assert_eq!(node.health().await.0, 200);
}
