//! Invocations, their calls and their traces.

use super::{ids, invocation, node, read, read_when};
use serde_json::{Value, json};
use wasmforge_tests::{Database, Peer, component, request};

#[tokio::test]
async fn invocations_are_found_by_what_is_known_of_them() {
    let database = Database::create().await;
    let node = node(&database).await;
    let mut made = Vec::new();
    for what in ["ok", "status&code=418", "trap&message=the-reason", "sleep&ms=300", "ok"] {
        made.push(node.functions.get(&format!("/probe?do={what}")).await.invocation());
    }
    let all = |page: &Value| ids(page, "invocations").len() == 5;
    let page = read_when(&node, "/api/invocations", all).await;
    made.reverse();
    assert_eq!(ids(&page, "invocations"), made, "the newest first");
    assert_eq!(page["nextCursor"], Value::Null);
    let newest = &page["invocations"][0];
    for (field, value) in [
        ("slug", json!("probe")),
        ("version", json!(1)),
        ("method", json!("GET")),
        ("status", json!(200)),
        ("outcome", json!("ok")),
        ("source", json!("http")),
        ("error", Value::Null),
        ("callsByKind", json!({})),
    ] {
        assert_eq!(newest[field], value, "{field}: {newest}");
    }
    assert_eq!(newest["traceId"].as_str().unwrap().len(), 32);
    let since = page["invocations"][1]["startedAt"].as_str().unwrap();
    for (query, found) in [
        ("slug=probe".to_owned(), &made[..]),
        ("slug=other".to_owned(), &[]),
        ("outcome=trap".to_owned(), &made[2..3]),
        ("status=418".to_owned(), &made[3..4]),
        ("status=5xx".to_owned(), &made[2..3]),
        ("text=the-reason".to_owned(), &made[2..3]),
        ("text=the_reason".to_owned(), &[]),
        (format!("text={}", made[1]), &made[1..2]),
        (format!("text={}", newest["traceId"].as_str().unwrap()), &made[..1]),
        ("minDurationMs=250".to_owned(), &made[1..2]),
        (format!("since={since}"), &made[..2]),
        (format!("until={since}"), &made[2..]),
        ("outcome=ok&status=200&limit=1".to_owned(), &made[..1]),
    ] {
        let page = read(&node, &format!("/api/invocations?{query}")).await;
        assert_eq!(ids(&page, "invocations"), found, "{query}");
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = read(&node, &format!("/api/invocations?limit=2{cursor}")).await;
        seen.extend(ids(&page, "invocations"));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made, "page by page");
}

#[tokio::test]
async fn one_invocation_shows_its_calls_and_its_log() {
    let database = Database::create().await;
    let node = node(&database).await;
    let peer = Peer::start(|_| (200, "fetched".to_owned())).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let path = format!("/probe?do=fetch&url={}", peer.url("/secret-path"));
    let asked = request("GET", &path).header("traceparent", parent).body("").unwrap();
    let answer = node.functions.send(asked).await;
    assert_eq!(answer.text(), "fetched");
    let shown = invocation(&node, &answer.invocation(), 0).await;
    assert_eq!(shown["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(shown["callsByKind"], json!({ "http": 1 }));
    assert_eq!((&shown["outboundRequests"], &shown["hostCalls"]), (&json!(1), &json!(0)));
    let call = &shown["calls"][0];
    let host = peer.url("").replace("http://", "");
    assert_eq!((&call["kind"], &call["ok"]), (&json!("http"), &json!(true)));
    assert_eq!(call["name"], format!("GET {host}"), "paths may hold secrets");
    let (start, took) = (call["startUs"].as_u64().unwrap(), call["durationUs"].as_u64().unwrap());
    assert!(start + took <= shown["durationUs"].as_u64().unwrap(), "{shown}");
    let sent = peer.received()[0].header("traceparent").unwrap().to_owned();
    assert!(sent.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && sent.ends_with("-01"), "{sent}");
    assert!(!sent.contains("b7ad6b7169203331"), "the call is a span of its own: {sent}");

    let logged = node.functions.get("/probe?do=log&line=hello").await.invocation();
    let shown = invocation(&node, &logged, 2).await;
    for (at, source, level) in [(0, "stdout", "info"), (1, "stderr", "warn")] {
        let line = &shown["logs"][at];
        assert_eq!((&line["source"], &line["level"]), (&json!(source), &json!(level)), "{shown}");
        assert_eq!(line["message"], "hello");
    }
    assert_eq!(shown["calls"], json!([]));
}

#[tokio::test]
async fn a_trace_of_nobodys_stays_inside_and_a_guests_own_is_left_alone() {
    let database = Database::create().await;
    let node = node(&database).await;
    let peer = Peer::start(|_| (204, String::new())).await;
    node.functions.get(&format!("/probe?do=fetch&url={}", peer.url("/a"))).await;
    assert_eq!(peer.received()[0].header("traceparent"), None);
    let own = "00-11111111111111111111111111111111-2222222222222222-00";
    let path = format!("/probe?do=fetch&url={}&header=traceparent:{own}", peer.url("/b"));
    let forged = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more";
    let asked = request("GET", &path).header("traceparent", forged).body("").unwrap();
    let id = node.functions.send(asked).await.invocation();
    assert_eq!(peer.received()[1].header("traceparent"), Some(own));
    let shown = invocation(&node, &id, 0).await;
    assert_ne!(shown["traceId"], "0af7651916cd43dd8448eb211c80319c", "what is malformed is not honoured");
}

#[tokio::test]
async fn functions_that_call_each_other_are_one_trace() {
    let database = Database::create().await;
    let node = node(&database).await;
    node.deploy("caller", std::fs::read(component("sdk-probe")).unwrap()).await;
    node.update("caller", json!({ "capabilities": { "functions": ["probe"] } })).await;
    let id = node.functions.get("/caller?do=call&slug=probe").await.invocation();
    let caller = invocation(&node, &id, 0).await;
    let trace = caller["traceId"].as_str().unwrap();
    let both = |page: &Value| ids(page, "invocations").len() == 2;
    let found = read_when(&node, &format!("/api/invocations?text={trace}"), both).await;
    let called = &found["invocations"][0];
    assert_eq!((&called["slug"], &called["source"]), (&json!("probe"), &json!("function")));
    let call = &caller["calls"][0];
    assert_eq!((&call["kind"], &call["name"]), (&json!("functions"), &json!("probe")));
    assert_eq!(call["ok"], called["status"].as_u64().unwrap() < 400);
}

#[tokio::test]
async fn the_steps_of_an_invocation_are_told_to_who_asks() {
    let database = Database::create().await;
    let node = node(&database).await;
    assert_eq!(node.functions.get("/probe?do=ok").await.header("server-timing"), None);
    for what in ["ok", "trap&message=x"] {
        let path = format!("/probe?do={what}");
        let asked = request("GET", &path).header("x-wasmforge-timing", "1").body("").unwrap();
        let answer = node.functions.send(asked).await;
        let told = answer.header("server-timing").unwrap();
        let steps: Vec<_> = told.split(", ").map(|step| step.split_once(";dur=").unwrap()).collect();
        let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["load", "queue", "start", "guest"]);
        assert!(steps.iter().all(|(_, millis)| millis.parse::<f64>().is_ok()), "{told}");
    }
}
