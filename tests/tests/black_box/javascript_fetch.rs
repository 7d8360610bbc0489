//! `fetch` of functions in JavaScript: `tests/guests/script-http`, whose server is its own upstream.

use crate::upstream::Upstream;
use serde_json::json;
use wasmforge_tests::{Answer, Run, Running, eventually, request, source};

async fn start() -> Running {
    Run::file(&source("script-http")).allow_private_network().start().await
}

/// Has `case` fetch a path of the same server.
async fn fetches(running: &Running, case: &str, path: &str) -> Answer {
    running.get(&format!("{case}?to={}", running.url(path))).await
}

#[tokio::test]
async fn a_response_has_everything_of_the_answer() {
    let running = start().await;
    let seen = fetches(&running, "/fetch-text", "/request").await.json();
    let sent = serde_json::from_str::<serde_json::Value>(seen["text"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&seen["status"], &seen["statusText"], &seen["ok"]),
        (&json!(200), &json!("OK"), &json!(true))
    );
    assert_eq!((&seen["url"], &seen["redirected"]), (&json!(running.url("/request")), &json!(false)));
    assert_eq!(seen["type"], "application/json");
    assert_eq!((&sent["method"], &sent["body"]), (&json!("POST"), &json!("sent")));
    assert_eq!(sent["headers"]["x-own"], "yes");
    assert_eq!(sent["headers"]["content-type"], "text/plain;charset=UTF-8");
    assert_eq!(sent["headers"]["accept"], "*/*");
    assert!(sent["headers"]["user-agent"].as_str().unwrap().starts_with("Wasmforge"), "{sent}");
}

#[tokio::test]
async fn bodies_stream_through_both_ways() {
    let running = start().await;
    let path = format!("/fetch?to={}", running.url("/echo-through-script"));
    let mut connection = running.http1().await;
    let (upload, answer) = connection.upload(request("POST", &path));
    assert!(upload.write("first").await);
    let mut answer = answer.await.unwrap();
    assert_eq!(answer.at_least(5).await, b"first");
    assert!(upload.write("then").await);
    assert_eq!(answer.at_least(4).await, b"then");
    drop(upload);
    assert!(answer.finish().await.body.is_empty());
}

#[tokio::test]
async fn redirects_are_followed_refused_or_handed_over_as_asked() {
    let running = start().await;
    let seen = fetches(&running, "/fetch-redirected", "/redirect").await.json();
    assert_eq!(seen["manual"], json!([307, running.url("/json")]));
    assert_eq!((&seen["error"], &seen["stream"]), (&json!("TypeError"), &json!("TypeError")));
    assert_eq!(seen["follow"], json!([true, running.url("/json"), { "a": [1, "zwei", null] }]));
}

#[tokio::test]
async fn a_fetch_that_fails_says_why() {
    let running = start().await;
    let seen = running.get("/fetch-refused?to=http://127.0.0.1:1/").await.json();
    assert_eq!(seen, json!(["TypeError", "fetch http://127.0.0.1:1/: connection refused"]));
    let (upstream, confined) = (Upstream::echoing().await, Run::file(&source("script-http")).start().await);
    let seen = confined.get(&format!("/fetch-refused?to={}", upstream.url("/"))).await.json();
    let message = seen[1].as_str().unwrap();
    assert!(message.contains("the address is not allowed"), "{message}");
    assert_eq!(running.get("/fetch-scheme").await.json(), "TypeError");
}

#[tokio::test]
async fn an_abort_closes_the_request() {
    let running = start().await;
    let upstream = Upstream::silent().await;
    let seen = running.get(&format!("/fetch-aborted?to={}", upstream.url("/"))).await.json();
    assert_eq!(seen, json!({ "already": "AbortError", "later": "AbortError", "timeout": "TimeoutError" }));
    assert_eq!(upstream.accepted(), 2);
    eventually("the outbound connections are closed", || (upstream.open() == 0).then_some(())).await;
}

#[tokio::test]
async fn compressed_answers_are_unpacked_and_data_urls_read() {
    let running = start().await;
    let seen = fetches(&running, "/fetch-gzip", "/gzip").await.json();
    assert_eq!(seen, json!([null, null, "unpacked"]));
    assert_eq!(running.get("/fetch-data").await.text(), "hello");
}
