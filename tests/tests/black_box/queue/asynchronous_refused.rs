//! Requests that are not taken into the queue.

use super::{deploy_probe, later, node, result, serve, url};
use serde_json::json;
use wasmforge_tests::{Answer, Database, Postgres, answering, in_seconds, token};

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.failure(), (status, code.to_owned()), "{answer:?}");
}

#[tokio::test]
async fn a_function_that_is_not_there_is_said_at_once() {
    let (database, node) = node().await;
    assert_refused(&later(node.functions, "/nope", &[], "").await, 404, "FUNCTION_NOT_FOUND");
    node.update("probe", json!({ "status": "draft" })).await;
    assert_refused(&later(node.platform(), "/functions/probe", &[], "").await, 404, "FUNCTION_NOT_FOUND");
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs)").await, 0);
}

#[tokio::test]
async fn a_caller_whom_the_function_sends_away_is_sent_away_at_once() {
    let (database, node) = node().await;
    node.update("probe", json!({ "auth": "service" })).await;
    assert_refused(&later(node.functions, "/probe", &[], "").await, 401, "AUTH_INVALID_CREDENTIALS");
    let user = json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": "authenticated", "exp": in_seconds(60) });
    let expired = json!({ "sub": "a", "role": "project_admin", "exp": in_seconds(-60) });
    for (claims, status) in [(user, 403), (expired, 401)] {
        let bearer = format!("Bearer {}", token(&claims));
        let answer = later(node.functions, "/probe", &[("authorization", &bearer)], "").await;
        assert_refused(&answer, status, "AUTH_UNAUTHORIZED");
    }
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs)").await, 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_the_queue_or_by_the_function() {
    let (database, node) = node().await;
    let large = vec![0_u8; 6 * 1024 * 1024 + 1];
    let answer = later(node.functions, "/probe?do=echo", &[], large.clone()).await;
    assert_refused(&answer, 413, "REQUEST_TOO_LARGE");
    node.update("probe", json!({ "limits": { "requestBodyMib": 1 } })).await;
    let answer = later(node.platform(), "/functions/probe?do=echo", &[], large[..1_100_000].to_vec()).await;
    assert_refused(&answer, 413, "REQUEST_TOO_LARGE");
    assert_eq!(database.number("(SELECT count(*) FROM functions.jobs)").await, 0);
}

#[tokio::test]
async fn a_number_of_attempts_that_is_none_is_refused() {
    let (_database, node) = node().await;
    for attempts in ["0", "21", "-1", "three", ""] {
        let answer = later(node.functions, "/probe", &[("x-wasmforge-max-attempts", attempts)], "").await;
        assert_refused(&answer, 400, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_preference_that_is_another_is_no_wish_to_be_answered_later() {
    let (_database, node) = node().await;
    for prefer in ["return=minimal", "respond-asynchronously", "x=\"a, respond-async\""] {
        let request = wasmforge_tests::request("POST", "/probe").header("prefer", prefer);
        let answer = node.functions.send(request.body("").unwrap()).await;
        assert_eq!((answer.code(), answer.text()), (200, "ok"), "{prefer}");
    }
}

#[tokio::test]
async fn a_queue_that_is_full_of_one_function_takes_others_and_says_so() {
    let database = Database::create().await;
    let serve = serve(&database).var("WASMFORGE_JOBS_WORKERS", 0).var("WASMFORGE_JOBS_MAX_WAITING", 2);
    let node = serve.start().await;
    deploy_probe(&node).await;
    node.deploy("other", answering(200)).await;
    for _ in 0..2 {
        assert_eq!(later(node.functions, "/probe", &[], "").await.code(), 202);
    }
    let answer = later(node.functions, "/probe", &[], "").await;
    assert_refused(&answer, 429, "QUEUE_FULL");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(later(node.functions, "/other", &[], "").await.code(), 202);
}

#[tokio::test]
async fn a_queue_whose_database_is_away_says_so_and_goes_on_when_it_is_back() {
    let mut server = Postgres::start();
    let database = server.database().await;
    let node = serve(&database).start().await;
    deploy_probe(&node).await;
    let accepted = later(node.functions, "/probe", &[], "").await;
    result(node.functions, &url(&accepted)).await;
    server.stop();
    node.health_when("the loss being noticed", |_, report| report["status"] == "degraded").await;
    assert_refused(&later(node.functions, "/probe", &[], "").await, 503, "QUEUE_UNAVAILABLE");
    assert_refused(&node.functions.get(&url(&accepted)).await, 503, "QUEUE_UNAVAILABLE");
    assert_eq!(node.functions.get("/probe").await.code(), 200, "other calls do not need it");
    server.resume();
    node.health_when("the node being well again", |_, report| report["status"] == "ok").await;
    assert_eq!(result(node.functions, &url(&accepted)).await.text(), "ok");
    let accepted = later(node.functions, "/probe", &[], "").await;
    assert_eq!(result(node.functions, &url(&accepted)).await.text(), "ok");
}

#[tokio::test]
async fn an_unmodified_database_has_no_queue() {
    let database = crate::insforge::database().await;
    let node = serve(&database).var("WASMFORGE_MIGRATE", "never").start().await;
    node.store_source("f", "export default () => new Response('now')").await;
    assert_refused(&later(node.functions, "/f", &[], "").await, 501, "NOT_SUPPORTED");
    assert_eq!(node.functions.get("/f").await.text(), "now");
}
