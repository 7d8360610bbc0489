//! Functions that call functions.

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use wasmforge_tests::{API_KEY, Answer, Database, Guest, Node, Serve, component, in_seconds, request, token};

wasmforge_tests::twins!(example: "functions", "functions-ts": a_body_passes_through_each_function_in_turn);

fn guest(name: &str) -> Vec<u8> {
    std::fs::read(component(name)).unwrap()
}

/// A node with `caller`, the SDK's probe, and `probe`, which does as it is told.
async fn node() -> (Database, Node) {
    node_with(&[]).await
}

async fn node_with(variables: &[(&str, &str)]) -> (Database, Node) {
    let database = Database::create().await;
    let serve = variables.iter().fold(Serve::over(&database), |serve, (name, value)| serve.var(name, value));
    let node = serve.start().await;
    node.deploy("caller", guest("sdk-probe")).await;
    node.deploy("probe", guest("probe")).await;
    (database, node)
}

/// The path that has `caller` call the function `slug` with `path`.
fn via(slug: &str, path: &str) -> String {
    let path: String = path.bytes().map(|b| format!("%{b:02X}")).collect();
    format!("/caller?do=call&slug={slug}&path={path}")
}

async fn call(node: &Node, slug: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let outer =
        headers.iter().fold(request("POST", &via(slug, path)), |r, (name, value)| r.header(*name, *value));
    node.functions.send(outer.body(Bytes::new()).unwrap()).await
}

/// The status and the variant of a call that failed.
async fn failure(node: &Node, slug: &str) -> (u16, String) {
    let answer = call(node, slug, "/", &[]).await;
    (answer.code(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn bearer(expires_in: i64) -> String {
    let claims = json!({ "sub": "7f1d1e9e-0000-4000-8000-000000000001", "role": "authenticated", "exp": in_seconds(expires_in) });
    format!("Bearer {}", token(&claims))
}

async fn a_body_passes_through_each_function_in_turn(guest: Guest) {
    let (_database, node) = node().await;
    node.deploy_guest("functions", guest).await;
    node.deploy_guest("echo", Guest::Component("echo")).await;
    let text = "as it is".repeat(100_000);
    let post = request("POST", "/functions?through=echo,echo,echo").header("content-type", "text/x-y");
    let answer = node.functions.send(post.body(text.clone()).unwrap()).await;
    assert_eq!((answer.code(), answer.header("content-type")), (200, Some("text/x-y")));
    assert!(answer.text() == text);
    assert_eq!(node.functions.post("/functions?through=echo,nobody", "x").await.code(), 502);
}

#[tokio::test]
async fn a_request_arrives_with_its_path_and_query_and_its_callers_credential() {
    let (_database, node) = node().await;
    let bearer = bearer(60);
    let credentials = |seen: &Value| {
        let headers = seen["headers"].to_string();
        (headers.contains(&bearer), headers.contains(API_KEY))
    };
    let seen = call(&node, "probe", "/items/7?do=headers&a=1", &[("authorization", &bearer)]).await.json();
    assert_eq!((&seen["path"], &seen["method"]), (&json!("/probe/items/7?do=headers&a=1"), &json!("POST")));
    assert_eq!(credentials(&seen), (true, false), "{seen}");
    let seen = call(&node, "probe", "/?do=headers", &[("x-api-key", API_KEY)]).await.json();
    assert_eq!(seen["path"], "/probe?do=headers");
    assert_eq!(credentials(&seen), (false, true), "{seen}");
    assert!(!seen.to_string().contains("x-wasmforge"), "the host's own header is seen: {seen}");
    // A credential that the guest chose stands alone.
    let own = format!("{}&header=x-api-key:mine", via("probe", "/?do=headers"));
    let outer = request("POST", &own).header("authorization", &bearer).body(Bytes::new()).unwrap();
    let seen = node.functions.send(outer).await.json();
    assert_eq!(credentials(&seen), (false, false), "{seen}");
}

#[tokio::test]
async fn a_functions_policy_judges_the_callers_caller() {
    let (_database, node) = node().await;
    node.update("probe", json!({ "auth": "authenticated" })).await;
    assert_eq!(call(&node, "probe", "/", &[]).await.code(), 401);
    assert_eq!(call(&node, "probe", "/", &[("authorization", &bearer(60))]).await.code(), 200);
    assert_eq!(call(&node, "probe", "/", &[("authorization", &bearer(-10))]).await.code(), 401);
}

#[tokio::test]
async fn a_call_has_a_record_and_limits_of_its_own() {
    let (_database, node) = node().await;
    let answer = call(&node, "probe", "/?do=status&code=204", &[]).await;
    assert_eq!(answer.code(), 204);
    let line = node.call_line(&answer.invocation()).await;
    assert_eq!((&line["slug"], &line["outboundRequests"]), (&json!("caller"), &json!(1)));
    let called = |line: &str| serde_json::from_str::<Value>(line).ok().filter(|line| line["slug"] == "probe");
    let line = node.process.stdout.find("the record of the function that was called", called).await;
    assert_eq!((&line["status"], &line["outcome"]), (&json!(204), &json!("ok")));
    node.update("probe", json!({ "limits": { "wallMs": 100 } })).await;
    let answer = call(&node, "probe", "/?do=sleep&ms=60000", &[]).await;
    assert_eq!((answer.code(), &answer.json()["code"]), (504, &json!("TIMEOUT")));
}

#[tokio::test]
async fn only_granted_functions_are_called_and_the_error_names_the_grant() {
    let (_database, node) = node().await;
    node.deploy("other", guest("probe")).await;
    let granted = node.update("caller", json!({ "capabilities": { "functions": ["probe"] } })).await;
    assert_eq!(granted.code(), 200, "{granted:?}");
    assert_eq!(call(&node, "probe", "/", &[]).await.code(), 200);
    let refused = call(&node, "other", "/", &[]).await;
    assert_eq!((refused.code(), &refused.json()["error"]), (500, &json!("NotGranted")));
    assert!(refused.json()["message"].as_str().unwrap().contains("functions: [\"other\"]"), "{refused:?}");
    let bad = node.update("caller", json!({ "capabilities": { "functions": ["no/slug"] } })).await;
    assert_eq!(bad.code(), 400);
    assert!(bad.text().contains("no/slug") && bad.text().contains("functions"), "{bad:?}");
}

#[tokio::test]
async fn a_function_that_is_not_there_is_unknown() {
    let (_database, node) = node().await;
    for slug in ["nobody", "no.slug", "a%2Fb", "..%2Fprobe"] {
        assert_eq!(failure(&node, slug).await, (502, "Unknown".into()), "{slug}");
    }
    node.update("probe", json!({ "status": "draft" })).await;
    assert_eq!(failure(&node, "probe").await, (502, "Unknown".into()));
}

#[tokio::test]
async fn a_tunnel_through_a_function_is_refused() {
    let (_database, node) = node().await;
    let answer = node.functions.post(&format!("{}&method=CONNECT", via("probe", "/")), "").await;
    assert_eq!((answer.code(), &answer.json()["error"]), (500, &json!("InvalidRequest")), "{answer:?}");
    let own = node.functions.url("/probe");
    let answer = node.functions.get(&format!("/probe?do=fetch&method=CONNECT&url={own}")).await;
    assert_eq!(answer.json()["error"], "HttpRequestMethodInvalid");
}

#[tokio::test]
async fn calls_by_name_count_like_other_requests() {
    let (_database, node) = node().await;
    let answer = node.functions.get("/caller?do=call-many&slug=probe&n=300").await;
    assert_eq!(answer.json(), json!({ "200": 256, "TooManyCalls": 44 }));
}

#[tokio::test]
async fn a_function_that_calls_itself_is_stopped_after_eight_calls() {
    let (_database, node) = node().await;
    let answer = node.functions.get("/caller?do=descend&slug=caller").await;
    assert_eq!((answer.code(), answer.text()), (200, "8"));
    // Nothing is left behind: nine invocations ended well.
    assert_eq!(node.functions.get("/caller?do=descend&slug=caller").await.text(), "8");
}

#[tokio::test]
async fn two_functions_that_call_each_other_are_stopped_too() {
    let (_database, node) = node().await;
    node.deploy("ping", guest("sdk-probe")).await;
    let answer = node.functions.get("/ping?do=descend&slug=caller&then=ping").await;
    assert_eq!((answer.code(), answer.text()), (200, "8"));
}

#[tokio::test]
async fn chunks_pass_in_both_directions_before_the_next_is_sent() {
    let (_database, node) = node().await;
    let mut connection = node.functions.http1().await;
    let (upload, answer) = connection.upload(request("POST", &via("probe", "/?do=echo")));
    let sent: Vec<u8> = vec![7; 1000];
    assert!(upload.write(sent.clone()).await);
    let mut answer = answer.await.unwrap();
    for _ in 0..5 {
        assert_eq!(answer.at_least(sent.len()).await, sent);
        assert!(upload.write(sent.clone()).await);
    }
    drop(upload);
    assert_eq!(answer.finish().await.body, sent);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_function_that_was_called() {
    let (_database, node) = node().await;
    for path in ["/?do=sleep&ms=50000", "/?do=infinite-body"] {
        let mut raw = node.functions.raw().await;
        assert!(
            raw.write(&format!(
                "POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
                via("probe", path)
            ))
            .await
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(raw);
    }
    let gone = |slug: &str| {
        let lines = node.process.stdout.all();
        let of_slug =
            |line: &&String| line.contains("client_gone") && line.contains(&format!("\"slug\":\"{slug}\""));
        lines.iter().filter(of_slug).count()
    };
    wasmforge_tests::eventually("four records", || (gone("caller") + gone("probe") >= 4).then_some(())).await;
    assert_eq!(node.health_when("nothing runs", |_, report| report["running"] == 0).await["running"], 0);
}

#[tokio::test]
async fn a_function_that_is_called_ends_with_the_time_of_its_caller() {
    let (_database, node) = node().await;
    node.update("caller", json!({ "limits": { "wallMs": 300 } })).await;
    let answer = call(&node, "probe", "/?do=sleep&ms=60000", &[]).await;
    assert_eq!(answer.code(), 504, "{answer:?}");
    node.health_when("nothing runs", |_, report| report["running"] == 0).await;
}

#[tokio::test]
async fn a_full_house_of_callers_is_let_out_in_time() {
    let full = [("WASMFORGE_MAX_CONCURRENCY", "2"), ("WASMFORGE_QUEUE_TIMEOUT_MS", "400")];
    let (_database, node) = node_with(&full).await;
    let answers = join_all((0..8).map(|_| call(&node, "probe", "/?do=sleep&ms=50", &[]))).await;
    for answer in &answers {
        assert!(matches!(answer.code(), 200 | 503), "{answer:?}");
    }
    // Both places are taken by the caller and by the one it calls; a third finds none.
    let third = node.functions.get("/caller?do=descend&slug=caller").await;
    assert_eq!(third.code(), 503, "{third:?}");
    assert!(third.text().contains("busy"), "{third:?}");
    assert_eq!(call(&node, "probe", "/", &[]).await.code(), 200);
    node.health_when("nothing runs", |_, report| report["running"] == 0).await;
}

#[tokio::test]
async fn a_chain_at_its_width_is_told_that_the_function_is_busy() {
    let narrow = [("WASMFORGE_QUEUE_TIMEOUT_MS", "200")];
    let (_database, node) = node_with(&narrow).await;
    node.update("caller", json!({ "limits": { "concurrency": 1 } })).await;
    let answer = call(&node, "caller", "/?do=error", &[]).await;
    assert_eq!((answer.code(), &answer.json()["error"]), (503, &json!("Overloaded")), "{answer:?}");
    assert_eq!(call(&node, "probe", "/", &[]).await.code(), 200);
}
