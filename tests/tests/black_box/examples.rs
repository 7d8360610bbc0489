//! The examples do what they say.

use crate::upstream::Upstream;
use serde_json::json;
use wasmforge_tests::{Guest, Run, request};

wasmforge_tests::twins!(hello: "hello", "hello-js": hello_greets_by_body_by_query_or_the_world);
wasmforge_tests::twins!(echo: "echo", "echo-js": echo_sends_body_and_content_type_back);
wasmforge_tests::twins!(fetch: "fetch", "fetch-js": fetch_passes_on_what_it_gets, fetch_does_not_reach_this_machine_unless_allowed);
wasmforge_tests::twins!(json_api: "json-api", "json-api-ts": json_api_lists_prices_and_refuses);
wasmforge_tests::twins!(sse: "sse", "sse-ts": sse_sends_each_event_when_it_happens);

async fn hello_greets_by_body_by_query_or_the_world(guest: Guest) {
    let hello = guest.run().start().await;
    assert_eq!(hello.get("/").await.json(), json!({ "message": "Hello, world!" }));
    assert_eq!(hello.get("/?name=J%C3%BCrgen").await.json(), json!({ "message": "Hello, Jürgen!" }));
    let answer = hello.post("/", r#"{"name":"you"}"#).await;
    assert_eq!(answer.json(), json!({ "message": "Hello, you!" }));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let bad = hello.post("/", r#"{"name":"#).await;
    assert_eq!(bad.code(), 400);
    assert!(bad.json()["error"].as_str().unwrap().contains("invalid JSON"), "{bad:?}");
}

async fn echo_sends_body_and_content_type_back(guest: Guest) {
    let echo = guest.run().start().await;
    let request = request("PUT", "/").header("content-type", "text/x-y").body("as it is").unwrap();
    let answer = echo.send(request).await;
    assert_eq!((answer.text(), answer.header("content-type")), ("as it is", Some("text/x-y")));
    assert_eq!(echo.get("/").await.body.len(), 0);
}

#[tokio::test]
async fn env_shows_what_is_set_and_says_what_is_not() {
    let env = Run::guest("env").env("GREETING", "good morning").start().await;
    assert_eq!(env.get("/?name=GREETING").await.text(), "good morning");
    assert_eq!(env.get("/?name=PATH").await.code(), 404);
    assert_eq!(env.get("/").await.code(), 400);
}

async fn fetch_passes_on_what_it_gets(guest: Guest) {
    let upstream = Upstream::echoing().await;
    let fetch = guest.run().allow_private_network().start().await;
    let answer = fetch.get(&format!("/?url={}", upstream.url("/there"))).await;
    assert_eq!((answer.code(), answer.text()), (200, "GET /there"));
    assert_eq!(fetch.get("/?url=no%20url").await.code(), 400);
    assert_eq!(fetch.get("/?url=http://127.0.0.1:1/").await.code(), 502);
}

async fn fetch_does_not_reach_this_machine_unless_allowed(guest: Guest) {
    let upstream = Upstream::echoing().await;
    let fetch = guest.run().start().await;
    let answer = fetch.get(&format!("/?url={}", upstream.url("/"))).await;
    assert_eq!(answer.code(), 502, "{answer:?}");
    assert_eq!(upstream.accepted(), 0);
}

async fn json_api_lists_prices_and_refuses(guest: Guest) {
    let api = guest.run().start().await;
    let tea = json!({ "sku": "tea", "cents": 450 });
    assert_eq!(api.get("/").await.json()[0], tea);
    assert_eq!(api.get("/?sku=tea").await.json(), tea);
    assert_eq!(api.get("/?sku=oil").await.code(), 404);
    let quote = api.post("/", r#"{"items":[{"sku":"tea","quantity":2}]}"#).await;
    assert_eq!((quote.code(), quote.json()), (201, json!({ "items": 2, "total_cents": 900 })));
    assert_eq!(api.post("/", r#"{"items":[]}"#).await.code(), 422);
    assert_eq!(api.post("/", "no JSON").await.code(), 400);
    let refused = api.send(request("DELETE", "/").body("").unwrap()).await;
    assert_eq!((refused.code(), refused.header("allow")), (405, Some("GET, POST")));
}

async fn sse_sends_each_event_when_it_happens(guest: Guest) {
    let sse = guest.run().start().await;
    let whole = sse.get("/?events=3&ms=5").await;
    assert_eq!(whole.header("content-type"), Some("text/event-stream"));
    let expected: String = (1..=3).map(|n| format!("id: {n}\ndata: event {n} of 3\n\n")).collect();
    assert_eq!(whole.text(), expected);
    // The second event is due in ten minutes; the first does not wait for it.
    let mut first = sse.open(request("GET", "/?events=2&ms=600000").body("").unwrap()).await;
    let event = b"id: 1\ndata: event 1 of 2\n\n";
    assert_eq!(first.at_least(event.len()).await, event);
}
