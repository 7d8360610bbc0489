//! What is sent, and what is remembered of it.

use super::{Schedules, content, every_second, never_now, received};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmforge_tests::{Database, Guest, Peer, Serve, encrypt, in_time};

#[tokio::test]
async fn a_due_schedule_sends_its_request_and_remembers_how_it_went() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    let fields = json!({ "httpMethod": "PUT", "headers": { "X-Kind": "tick" }, "body": { "n": [1, null] } });
    let id = node.scheduled(every_second(&peer.url("/hook?x=1"), fields)).await;
    received(&peer, 3).await;
    let sent = &peer.received()[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("PUT", "/hook?x=1"));
    assert_eq!(sent.json(), json!({ "n": [1, null] }));
    assert_eq!(
        (sent.header("x-kind"), sent.header("content-type")),
        (Some("tick"), Some("application/json"))
    );

    let history = node.history_when(&id, "three entries", |history| history.len() >= 3).await;
    for entry in &history {
        assert_eq!(
            (&entry["statusCode"], &entry["success"], &entry["message"], &entry["attempt"]),
            (&json!(200), &json!(true), &json!("Success"), &json!(1))
        );
        assert_eq!(entry["invocationId"], Value::Null);
        assert!(entry["dueAt"].as_str().unwrap().ends_with(".000Z"), "{entry}");
        assert!(entry["durationMs"].is_u64());
    }
    let mut due: Vec<_> = history.iter().map(|entry| entry["dueAt"].as_str().unwrap()).collect();
    due.sort_unstable();
    due.dedup();
    assert_eq!(due.len(), history.len(), "no due time fires twice");
    assert!(node.shown(&id).await["lastExecutedAt"].is_string());
}

#[tokio::test]
async fn without_a_body_an_empty_object_is_sent_with_every_method() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let id = node.scheduled(never_now(&peer.url("/"), json!({ "httpMethod": method }))).await;
        node.run_now(&id).await;
    }
    received(&peer, 5).await;
    let mut methods: Vec<_> = peer.received().iter().map(|request| request.method.to_string()).collect();
    methods.sort_unstable();
    assert_eq!(methods, ["DELETE", "GET", "PATCH", "POST", "PUT"]);
    assert!(peer.received().iter().all(|request| request.json() == json!({})));
}

#[tokio::test]
async fn a_function_is_invoked_within_the_process_and_its_invocation_is_named() {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    node.deploy_guest("hello", Guest::Component("hello")).await;
    for url in [node.platform().url("/functions/hello"), node.functions.url("/hello")] {
        let id = node.scheduled(never_now(&url, json!({ "body": { "name": "you" } }))).await;
        node.run_now(&id).await;
        let history = node.history_when(&id, "the run", |history| !history.is_empty()).await;
        assert_eq!((&history[0]["statusCode"], &history[0]["success"]), (&json!(200), &json!(true)), "{url}");
        let invocation = history[0]["invocationId"].as_str().unwrap();
        let line = node.call_line(invocation).await;
        assert_eq!(
            (&line["slug"], &line["method"], &line["invokedBy"]),
            (&json!("hello"), &json!("POST"), &json!("schedule"))
        );
    }
}

#[tokio::test]
async fn a_run_without_a_good_answer_failed_and_says_why() {
    let database = Database::create().await;
    let peer = Peer::start(|request| (if request.path == "/moved" { 302 } else { 503 }, String::new())).await;
    let node = Serve::over(&database).start().await;
    let refused = format!("http://127.0.0.1:{}/", closed_port());
    for (url, status, message) in [
        (peer.url("/"), 503, "HTTP 503"),
        (peer.url("/moved"), 302, "HTTP 302"),
        (refused, 500, "the request failed: ConnectionRefused"),
        ("http://169.254.169.254/latest".into(), 500, "the request failed: "),
        ("http://nowhere.invalid/".into(), 500, "the request failed: "),
    ] {
        let id = node.scheduled(never_now(&url, json!({}))).await;
        node.run_now(&id).await;
        let history = node.history_when(&id, "the run", |history| !history.is_empty()).await;
        assert_eq!(
            (&history[0]["statusCode"], &history[0]["success"]),
            (&json!(status), &json!(false)),
            "{url}"
        );
        assert!(history[0]["message"].as_str().unwrap().starts_with(message), "{url}: {}", history[0]);
        assert_eq!(node.history(&id).await.len(), 1, "nobody asked for retries");
    }
}

fn closed_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_failed_run_is_tried_again_as_often_as_it_was_asked_for() {
    let database = Database::create().await;
    let asked = AtomicUsize::new(0);
    let mended = Peer::start(move |_| {
        (if asked.fetch_add(1, Ordering::SeqCst) < 2 { 500 } else { 204 }, String::new())
    })
    .await;
    let broken = Peer::start(|_| (500, String::new())).await;
    let node = Serve::over(&database).start().await;
    let mends = node.scheduled(never_now(&mended.url("/"), json!({ "retries": 5 }))).await;
    let breaks = node.scheduled(never_now(&broken.url("/"), json!({ "retries": 2 }))).await;
    node.run_now(&mends).await;
    node.run_now(&breaks).await;
    for (id, statuses) in [(mends, [500, 500, 204]), (breaks, [500, 500, 500])] {
        let history = node.history_when(&id, "three tries", |history| history.len() >= 3).await;
        let tries: Vec<_> = history.iter().map(|entry| entry["attempt"].as_u64().unwrap()).collect();
        assert_eq!(tries, [1, 2, 3]);
        let found: Vec<_> = history.iter().map(|entry| entry["statusCode"].as_u64().unwrap()).collect();
        assert_eq!(found, statuses);
        assert!(
            history.iter().all(|entry| entry["dueAt"] == history[0]["dueAt"]),
            "they are tries of one run"
        );
    }
    let waiting = "(SELECT count(*) FROM functions.schedule_runs WHERE state IN ('waiting', 'running'))";
    assert_eq!(database.number(waiting).await, 0);
}

#[tokio::test]
async fn headers_hold_the_secrets_of_the_moment_and_nobody_is_shown_them() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    let template = json!({ "headers": { "Authorization": "Bearer ${{secrets.TOKEN}}" } });
    let error = node.schedule(never_now(&peer.url("/"), template.clone())).await.api_error();
    let message = "Secret with key \"TOKEN\" not found for schedule header \"Authorization\".";
    assert_eq!(error, (404, "SECRET_NOT_FOUND".into(), message.into()));

    database.write_secret("TOKEN", &encrypt("first-s3cret")).await;
    let id = in_time("the secret being known", async {
        loop {
            let answer = node.schedule(never_now(&peer.url("/"), template.clone())).await;
            if answer.code() == 201 {
                return answer.json()["id"].as_str().unwrap().to_owned();
            }
        }
    })
    .await;
    assert_eq!(node.shown(&id).await["headers"], template["headers"]);
    let stored = database.text("(SELECT encrypted_headers FROM schedules.jobs)").await.unwrap();
    assert!(!stored.contains("first-s3cret"), "{stored}");
    let run = async |token: &str| {
        let what = format!("a request with {token}");
        in_time(&what, async {
            loop {
                node.run_now(&id).await;
                let count = peer.received().len();
                received(&peer, count + 1).await;
                if peer.received().last().unwrap().header("authorization") == Some(token) {
                    return;
                }
            }
        })
        .await;
    };
    run("Bearer first-s3cret").await;
    database.write_secret("TOKEN", &encrypt("second-s3cret")).await;
    run("Bearer second-s3cret").await;

    database.execute("UPDATE system.secrets SET is_active = false WHERE key = 'TOKEN'").await;
    let failed = in_time("a run without its secret", async {
        loop {
            node.run_now(&id).await;
            let failed = node.history(&id).await.into_iter().find(|entry| entry["success"] == false);
            if let Some(failed) = failed {
                return failed;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!((&failed["statusCode"], &failed["message"]), (&json!(500), &json!(message)));
    let error = node.on_schedule("PATCH", &id, Some(json!({ "name": "other" }))).await.api_error();
    assert_eq!((error.0, error.1.as_str()), (404, "SECRET_NOT_FOUND"));
    assert_eq!(
        node.change(&id, json!({ "isActive": false })).await.code(),
        200,
        "it can be paused all the same"
    );

    let told = format!("{}{:?}", node.written(), node.history(&id).await);
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn a_paused_schedule_runs_when_it_is_asked_to() {
    let (database, peer) = (Database::create().await, content().await);
    let node = Serve::over(&database).start().await;
    let id = node.scheduled(every_second(&peer.url("/"), json!({ "cronSchedule": "0 0 1 1 *" }))).await;
    node.change(&id, json!({ "isActive": false })).await;
    node.run_now(&id).await;
    let history = node.history_when(&id, "the run", |history| !history.is_empty()).await;
    assert_eq!((history.len(), peer.received().len()), (1, 1));
    assert_eq!(node.shown(&id).await["isActive"], false);
}
