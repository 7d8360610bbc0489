//! Several nodes, and what becomes of jobs when one goes away.

use super::{becomes, deploy_probe, later, result, serve, url};
use std::collections::HashMap;
use wasmforge_tests::{Database, Peer, answering, eventually};

/// Tells `peer` of every run, and answers after a while.
fn slow(peer: &Peer, ms: u32) -> String {
    format!(
        "export default async (request) => {{
            const key = request.headers.get('idempotency-key');
            await fetch('{}', {{ method: 'POST', headers: {{ 'x-key': key }} }});
            await new Promise((done) => setTimeout(done, {ms}));
            return new Response(key);
        }};",
        peer.url("/runs")
    )
}

/// How often each key was run.
fn runs(peer: &Peer) -> HashMap<String, usize> {
    let mut runs = HashMap::new();
    for received in peer.received() {
        *runs.entry(received.header("x-key").unwrap().to_owned()).or_default() += 1;
    }
    runs
}

#[tokio::test]
async fn what_a_killed_node_was_at_is_run_again_by_another_and_nothing_else_is() {
    let database = Database::create().await;
    let peer = Peer::start(|_| (200, String::new())).await;
    let mut doomed = serve(&database).start().await;
    doomed.store_source("slow", &slow(&peer, 1500)).await;
    let mut urls = Vec::new();
    for _ in 0..12 {
        urls.push(url(&later(doomed.functions, "/slow", &[], "").await));
    }
    // One function has half of the workers.
    eventually("eight that run", || (peer.received().len() >= 8).then_some(())).await;
    let other = serve(&database).start().await;
    doomed.process.signal(rustix::process::Signal::KILL);
    doomed.process.exit().await;
    let running = runs(&peer);
    let mut keys = Vec::new();
    for url in &urls {
        let answer = result(other.functions, url).await;
        assert_eq!(answer.code(), 200, "{answer:?}");
        keys.push(answer.text().to_owned());
    }
    let runs = runs(&peer);
    assert_eq!(runs.len(), 12, "every job was run: {runs:?}");
    for key in keys {
        let most = if running.contains_key(&key) { 2 } else { 1 };
        assert!((1..=most).contains(&runs[&key]), "{key} was run {} times", runs[&key]);
    }
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs WHERE status <> 'succeeded')").await, 0);
}

#[tokio::test]
async fn a_node_that_stops_gives_back_what_it_cannot_finish() {
    let database = Database::create().await;
    let peer = Peer::start(|_| (200, String::new())).await;
    let mut first = serve(&database)
        .var("WASMFORGE_DRAIN_MS", 100)
        .var("WASMFORGE_JOBS_LEASE_MS", 3_600_000)
        .start()
        .await;
    first.store_source("slow", &slow(&peer, 3000)).await;
    let url = url(&later(first.functions, "/slow", &[], "").await);
    eventually("the job running", || (!peer.received().is_empty()).then_some(())).await;
    first.process.terminate();
    first.process.exit().await;
    let row = "(SELECT status || ' ' || attempts || ' ' || (lease_owner IS NULL) FROM functions.jobs)";
    assert_eq!(database.text(row).await.as_deref(), Some("retrying 0 true"));
    let second = serve(&database).start().await;
    assert_eq!(result(second.functions, &url).await.code(), 200);
    assert_eq!(peer.received().len(), 2);
}

#[tokio::test]
async fn a_node_that_stops_lets_jobs_finish_that_can() {
    let database = Database::create().await;
    let peer = Peer::start(|_| (200, String::new())).await;
    let mut node = serve(&database).start().await;
    node.store_source("slow", &slow(&peer, 700)).await;
    later(node.functions, "/slow", &[], "").await;
    eventually("the job running", || (!peer.received().is_empty()).then_some(())).await;
    node.process.terminate();
    assert!(node.process.exit().await.success());
    let row = "(SELECT status || ' ' || attempts FROM functions.jobs)";
    assert_eq!(database.text(row).await.as_deref(), Some("succeeded 1"));
}

#[tokio::test]
async fn two_nodes_share_the_work_and_run_nothing_twice() {
    let database = Database::create().await;
    let peer = Peer::start(|_| (200, String::new())).await;
    let (one, other) = (serve(&database).start().await, serve(&database).start().await);
    one.store_source("slow", &slow(&peer, 20)).await;
    let before = peer.received().len();
    let mut urls = Vec::new();
    for _ in 0..60 {
        urls.push(url(&later(one.functions, "/slow", &[], "").await));
    }
    for url in urls {
        assert_eq!(result(other.functions, &url).await.code(), 200);
    }
    let runs: Vec<_> = peer.received().into_iter().skip(before).collect();
    assert_eq!(runs.len(), 60);
    for node in [&one, &other] {
        let done = node.metric("wasmforge_jobs_attempts_total{source=\"async\",result=\"succeeded\"}").await;
        assert!(done > 0.0 && done < 60.0, "one node did it all");
    }
}

#[tokio::test]
async fn a_function_that_takes_for_ever_does_not_keep_others_waiting() {
    let database = Database::create().await;
    let node = serve(&database).var("WASMFORGE_JOBS_WORKERS", 2).start().await;
    deploy_probe(&node).await;
    node.deploy("quick", answering(201)).await;
    for _ in 0..20 {
        later(node.functions, "/probe?do=sleep&ms=60000", &[], "").await;
    }
    becomes(&database, "(SELECT count(*) = 1 FROM functions.jobs WHERE status = 'running')").await;
    for _ in 0..20 {
        let accepted = later(node.functions, "/quick", &[], "").await;
        assert_eq!(result(node.functions, &url(&accepted)).await.code(), 201);
    }
    assert_eq!(
        database.number("(SELECT count(*) FROM functions.jobs WHERE slug = 'probe' AND attempts > 0)").await,
        1
    );
}

#[tokio::test]
async fn a_job_that_is_taken_away_stops_running() {
    let database = Database::create().await;
    let node = serve(&database).var("WASMFORGE_JOBS_LEASE_MS", 600).start().await;
    deploy_probe(&node).await;
    let accepted = later(node.functions, "/probe?do=sleep&ms=60000", &[], "").await;
    becomes(&database, "(SELECT status = 'running' FROM functions.jobs)").await;
    database.execute("DELETE FROM functions.jobs").await;
    node.health_when("the function being stopped", |_, report| report["running"] == 0).await;
    assert_eq!(node.functions.get(&url(&accepted)).await.code(), 404);
}
